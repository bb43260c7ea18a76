"""Shared passive infrastructure of every sector: poles, ducts, manholes, trenches, tunnels, roofs."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="passive",
    geometry=Geometry.ANY,
    columns=columns(
        Column(
            name="kind",
            required=True,
            vocabulary=("pole", "duct", "manhole", "trench", "tunnel", "roof"),
        ),
        Column(name="sector", vocabulary=("telecom", "power", "lighting", "water", "road", "other")),
        Column(name="operators", kind=Kind.LIST),
        Column(name="line"),
        Column(name="number"),
        Column(name="height_m", kind=Kind.REAL, unit="m", low=0, high=150),
        Column(name="n_total", kind=Kind.INTEGER, low=0, high=10_000),
        Column(name="n_used", kind=Kind.INTEGER, low=0, high=10_000),
        Column(name="note"),
    ),
    style=Style(colour="#8d6e63", shape="cross", radius_px=3.0),
    group="fixed",
)
