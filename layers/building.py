"""Buildings: clutter for the radio estimate and the place where people live."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="building",
    geometry=Geometry.POLYGON,
    columns=columns(
        Column(name="kind", vocabulary=("house", "apartment", "public", "industrial", "other")),
        Column(name="height_m", kind=Kind.REAL, unit="m", low=0, high=400),
        Column(name="n_floors", kind=Kind.INTEGER, low=0, high=100),
        Column(name="n_people", kind=Kind.REAL, low=0, high=20_000),
        Column(name="hamlet_id"),
    ),
    style=Style(colour="#9e9e9e", fill_opacity=0.5, weight_px=0.5),
    group="people",
)
