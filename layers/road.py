"""Roads, lanes and dyke roads."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="road",
    geometry=Geometry.LINE,
    columns=columns(
        Column(
            name="kind",
            vocabulary=("national", "provincial", "commune", "hamlet", "lane", "dyke", "other"),
        ),
        Column(name="is_main", kind=Kind.BOOLEAN),
        Column(name="width_m", kind=Kind.REAL, unit="m", low=0, high=100),
    ),
    style=Style(colour="#b0a090", weight_px=1.5),
    group="place",
)
