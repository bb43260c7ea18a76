"""Public Wi-Fi hotspots."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="wifi",
    geometry=Geometry.POINT,
    geometry_required=False,
    columns=columns(
        Column(name="place_id"),
        Column(name="hamlet"),
        Column(name="hamlet_id"),
        Column(name="ssid"),
        Column(name="operators", kind=Kind.LIST),
        Column(name="is_free", kind=Kind.BOOLEAN),
        Column(name="speed_mbps", kind=Kind.REAL, unit="Mbit/s", low=0, high=100_000),
        Column(name="radius_m", kind=Kind.REAL, unit="m", low=0, high=1000),
        Column(name="position_basis", vocabulary=("given", "hamlet", "landmark")),
    ),
    style=Style(colour="#ef6c00", shape="triangle", radius_px=5.0),
    group="fixed",
)
