"""Evaluations of proposals: one row each, as it was shown, never changed."""

from __future__ import annotations

from layers.spec import SHARING, Column, Geometry, LayerSpec

SPEC = LayerSpec(
    name="evaluation",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="record",
    columns=(
        Column(name="id", required=True),
        Column(name="proposal_id"),
        Column(name="at"),
        Column(name="actor"),
        Column(name="inputs", technical=True),
        Column(name="content", technical=True),
        Column(name="digest", technical=True),
        Column(name="sharing", vocabulary=SHARING),
    ),
)
