"""Places that the plan names: agencies, schools, clinics, cultural houses and others."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="place",
    geometry=Geometry.POINT,
    geometry_required=False,
    columns=columns(
        Column(
            name="kind",
            required=True,
            vocabulary=(
                "agency",
                "school",
                "clinic",
                "cultural_house",
                "commune_centre",
                "relic",
                "tourism",
                "transport",
                "market",
            ),
        ),
        Column(name="hamlet"),
        Column(name="hamlet_id"),
        Column(name="wifi_status", vocabulary=("yes", "weak", "installing", "no")),
        Column(name="wifi_mbps", kind=Kind.REAL, unit="Mbit/s", low=0, high=100_000),
        Column(name="wifi_since", kind=Kind.DATE),
        Column(name="has_fiber", kind=Kind.BOOLEAN),
        Column(name="position_basis", vocabulary=("given", "hamlet", "landmark")),
    ),
    style=Style(colour="#00695c", shape="square", radius_px=5.0),
    group="place",
)
