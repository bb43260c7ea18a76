"""Zones: 5G priority areas of the plan, areas for small masts only, protected and flooded land."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="zone",
    geometry=Geometry.ANY,
    columns=columns(
        Column(
            name="kind",
            required=True,
            vocabulary=(
                "HCC",
                "DTDL",
                "YTE",
                "DMGT",
                "TDB",
                "KDC",
                "KCN",
                "GD",
                "NVH",
                "a1_only",
                "protected",
                "flood",
                "water",
            ),
        ),
        Column(name="weight", kind=Kind.REAL, low=0, high=1),
    ),
    style=Style(colour="#5e35b1", fill_opacity=0.08, weight_px=1.5, dash="4 3"),
    group="place",
)
