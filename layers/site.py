"""Mast sites: the structure and who stands on it. What each operator transmits is in the layer `cell`."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="site",
    geometry=Geometry.POINT,
    geometry_required=False,
    columns=columns(
        Column(name="operators", kind=Kind.LIST),
        Column(name="technologies", kind=Kind.LIST, vocabulary=("2G", "3G", "4G", "5G")),
        Column(name="mast_class", vocabulary=("A1a", "A1b", "A2a", "A2b", "A2c", "other")),
        Column(name="structure", vocabulary=("self_supporting", "guyed", "monopole", "disguised", "other")),
        Column(name="standing", vocabulary=("ground", "roof")),
        Column(name="height_m", kind=Kind.REAL, unit="m", low=3, high=150),
        Column(name="n_tenants", kind=Kind.INTEGER, low=0, high=10),
        Column(name="n_slots", kind=Kind.INTEGER, low=0, high=20),
        Column(name="shared_with"),
        Column(name="commissioned", kind=Kind.DATE),
        Column(name="power", vocabulary=("grid", "grid_battery", "generator", "solar", "other")),
        Column(name="backup_h", kind=Kind.REAL, unit="h", low=0, high=240),
        Column(name="backhaul", vocabulary=("fiber", "microwave", "satellite", "other")),
        Column(name="hamlet"),
        Column(name="position_basis", vocabulary=("given", "hamlet", "landmark")),
        Column(name="note"),
    ),
    style=Style(colour="#7b1fa2", by_operator=True, radius_px=7.0),
    group="mobile",
)
