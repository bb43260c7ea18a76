"""Areas without signal as a layer of their own, for an operator's planning tool."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, with_name
from planning.palette import GAP_COLOUR

SPEC = LayerSpec(
    name="gap_area",
    geometry=Geometry.POLYGON,
    columns=with_name(
        Column(name="rank", kind=Kind.INTEGER, low=1, high=1_000_000),
        Column(name="n_people", kind=Kind.REAL, low=0, high=10_000_000),
        Column(name="hamlet"),
        Column(name="note"),
    ),
    style=Style(colour=GAP_COLOUR, fill_opacity=0.2),
    filled=False,
    group="mobile",
)
"""Made for a letter, never kept in a workspace."""
