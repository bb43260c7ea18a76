"""Positions that operators propose for masts; what was decided about them is in the layer `audit`."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

REQUIRED = (
    "operator",
    "id",
    "geometry",
    "accuracy_m",
    "structure",
    "height_m",
    "bands",
    "sharing_statement",
    "expected_on",
)
"""The eight things without which a proposal is not taken: a position comes with its accuracy."""
SHARING_STATEMENTS = ("on_existing", "open_to_others", "none_shareable", "not_considered")

SPEC = LayerSpec(
    name="proposal",
    geometry=Geometry.POINT,
    geometry_required=False,
    group="plan",
    columns=columns(
        Column(name="operator", required=True),
        Column(name="technologies", kind=Kind.LIST, vocabulary=("2G", "3G", "4G", "5G")),
        Column(name="bands", kind=Kind.LIST),
        Column(name="mast_class", vocabulary=("A1a", "A1b", "A2a", "A2b", "A2c", "other")),
        Column(name="structure", vocabulary=("self_supporting", "guyed", "monopole", "disguised", "other")),
        Column(name="standing", vocabulary=("ground", "roof")),
        Column(name="height_m", kind=Kind.REAL, unit="m", low=3, high=150),
        Column(name="width_m", kind=Kind.REAL, unit="m", low=0, high=100),
        Column(name="sharing_statement", vocabulary=SHARING_STATEMENTS),
        Column(name="shared_with"),
        Column(name="expected_on", kind=Kind.DATE),
        Column(name="search_radius_m", kind=Kind.REAL, unit="m", low=0, high=500),
        Column(name="azimuths_deg", kind=Kind.LIST),
        Column(name="tx_power_dbm", kind=Kind.REAL, unit="dBm", low=0, high=60),
        Column(name="gain_dbi", kind=Kind.REAL, unit="dBi", low=-5, high=35),
        Column(name="mechanical_tilt_deg", kind=Kind.REAL, unit="°", low=-5, high=20),
        Column(name="electrical_tilt_deg", kind=Kind.REAL, unit="°", low=-5, high=20),
        Column(name="land"),
        Column(name="power", vocabulary=("grid", "grid_battery", "generator", "solar", "other")),
        Column(name="backhaul", vocabulary=("fiber", "microwave", "satellite", "other")),
        Column(name="cost_million_vnd", kind=Kind.REAL, low=0, high=1_000_000),
        Column(name="n_tenants", kind=Kind.INTEGER, low=0, high=10),
        Column(name="submitted_on", kind=Kind.DATE),
        Column(name="hamlet"),
        Column(name="note"),
        Column(name="documents", technical=True),
        Column(name="author", technical=True),
        Column(name="state", technical=True),
        Column(name="version", kind=Kind.INTEGER, low=0, high=1_000_000, technical=True),
    ),
    style=Style(shape="ring", colour="#ad1457", radius_px=8.0, label="id"),
)
