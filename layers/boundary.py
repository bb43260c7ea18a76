"""The outline of the commune, ward or city that a workspace is about."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="boundary",
    geometry=Geometry.POLYGON,
    columns=columns(
        Column(name="code"),
        Column(name="area_stated_km2", kind=Kind.REAL, unit="km²", low=0, high=100_000),
        Column(name="population_registered", kind=Kind.INTEGER, low=0, high=20_000_000),
    ),
    style=Style(colour="#37474f", weight_px=2.5, dash="8 4"),
    group="place",
)
