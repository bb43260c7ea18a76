"""Layers whose shape is fixed now and which later work fills: records, plans, surveys, decisions."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

MEASUREMENT = LayerSpec(
    name="measurement",
    geometry=Geometry.POINT,
    geometry_required=False,
    group="record",
    columns=columns(
        Column(name="measured_at"),
        Column(name="operator"),
        Column(name="technology", vocabulary=("2G", "3G", "4G", "5G", "fixed")),
        Column(name="rsrp_dbm", kind=Kind.REAL, unit="dBm", low=-156, high=-31),
        Column(name="download_mbps", kind=Kind.REAL, unit="Mbit/s", low=0, high=100_000),
        Column(name="upload_mbps", kind=Kind.REAL, unit="Mbit/s", low=0, high=100_000),
        Column(name="latency_ms", kind=Kind.REAL, unit="ms", low=0, high=100_000),
        Column(name="fixed_download_mbps", kind=Kind.REAL, unit="Mbit/s", low=0, high=100_000),
        Column(name="fixed_upload_mbps", kind=Kind.REAL, unit="Mbit/s", low=0, high=100_000),
        Column(name="fixed_latency_ms", kind=Kind.REAL, unit="ms", low=0, high=100_000),
        Column(name="n_samples", kind=Kind.INTEGER, low=0, high=100_000_000),
        Column(name="hamlet_id"),
        Column(name="method", vocabulary=("i_speed", "i_speed_month", "walk", "drive", "qcvn_126")),
        Column(name="report_number"),
        Column(name="hdop", kind=Kind.REAL, low=0, high=100, technical=True),
        Column(name="nr_arfcn", kind=Kind.INTEGER, low=0, high=3_279_165, technical=True),
        Column(name="pci", kind=Kind.INTEGER, low=0, high=1007, technical=True),
    ),
    style=Style(colour="#762a83", radius_px=3.0),
)
CALIBRATION = LayerSpec(
    name="calibration",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="record",
    columns=columns(
        Column(name="operator"),
        Column(name="technology"),
        Column(name="model"),
        Column(name="fitted_at"),
        Column(name="fitted_by"),
        Column(name="offset_db", kind=Kind.REAL, unit="dB", low=-100, high=100),
        Column(name="slope_db_per_decade", kind=Kind.REAL, unit="dB", low=-100, high=100),
        Column(name="class_db", technical=True),
        Column(name="from_m", kind=Kind.REAL, unit="m", low=0, high=100_000),
        Column(name="to_m", kind=Kind.REAL, unit="m", low=0, high=100_000),
        Column(name="n_measured", kind=Kind.INTEGER, low=0, high=100_000_000),
        Column(name="n_fitted", kind=Kind.INTEGER, low=0, high=100_000_000),
        Column(name="n_held_out", kind=Kind.INTEGER, low=0, high=100_000_000),
        Column(name="rmse_before_db", kind=Kind.REAL, unit="dB", low=0, high=300),
        Column(name="rmse_after_db", kind=Kind.REAL, unit="dB", low=0, high=300),
        Column(name="bias_before_db", kind=Kind.REAL, unit="dB", low=-300, high=300),
        Column(name="bias_after_db", kind=Kind.REAL, unit="dB", low=-300, high=300),
        Column(name="data_digest", technical=True),
        Column(name="provenance", technical=True),
    ),
)
DECLARED_COVERAGE = LayerSpec(
    name="declared_coverage",
    geometry=Geometry.POLYGON,
    filled=False,
    group="mobile",
    columns=columns(
        Column(name="operator", required=True),
        Column(name="technology", vocabulary=("2G", "3G", "4G", "5G")),
        Column(name="level"),
    ),
)
REPORT = LayerSpec(
    name="report",
    geometry=Geometry.POINT,
    geometry_required=False,
    group="record",
    columns=columns(
        Column(name="hamlet"),
        Column(name="hamlet_id"),
        Column(name="operator"),
        Column(name="fails", vocabulary=("no_signal", "weak", "slow", "calls", "indoor", "other")),
        Column(name="reported_on", kind=Kind.DATE),
        Column(name="position_basis", vocabulary=("given", "hamlet", "landmark")),
        Column(name="note"),
    ),
)
CAMERA = LayerSpec(
    name="camera",
    geometry=Geometry.POINT,
    filled=False,
    group="place",
    columns=columns(
        Column(name="azimuth_deg", kind=Kind.REAL, unit="°", low=0, high=360),
        Column(name="range_m", kind=Kind.REAL, unit="m", low=0, high=1000),
    ),
)
SENSOR = LayerSpec(
    name="sensor",
    geometry=Geometry.POINT,
    filled=False,
    group="place",
    columns=columns(
        Column(name="kind", vocabulary=("lighting", "security", "waste", "alert", "water", "other")),
        Column(name="connection"),
    ),
)
POWER = LayerSpec(
    name="power",
    geometry=Geometry.ANY,
    group="fixed",
    columns=columns(
        Column(name="kind", vocabulary=("transformer", "medium_voltage", "low_voltage", "other")),
        Column(name="feeder"),
        Column(name="n_outages_year", kind=Kind.INTEGER, low=0, high=10_000),
    ),
)
PLANNED_WORK = LayerSpec(
    name="planned_work",
    geometry=Geometry.LINE,
    filled=False,
    group="plan",
    columns=columns(
        Column(name="sector", vocabulary=("telecom", "power", "lighting", "water", "road", "other")),
        Column(name="starts_on", kind=Kind.DATE),
        Column(name="ends_on", kind=Kind.DATE),
    ),
)
PUBLIC_LAND = LayerSpec(
    name="public_land",
    geometry=Geometry.POLYGON,
    filled=False,
    group="plan",
    columns=columns(Column(name="use"), Column(name="area_m2", kind=Kind.REAL, unit="m²", low=0, high=1e9)),
)
OPERATOR_PLAN = LayerSpec(
    name="operator_plan",
    geometry=Geometry.POINT,
    filled=False,
    group="plan",
    columns=columns(Column(name="operator", required=True), Column(name="due_on", kind=Kind.DATE)),
)
SURVEY = LayerSpec(
    name="survey",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="record",
    columns=columns(
        Column(name="hamlet_id"),
        Column(name="indicator", required=True),
        Column(name="value", kind=Kind.REAL),
        Column(name="surveyed_on", kind=Kind.DATE),
    ),
)
TASK = LayerSpec(
    name="task",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="plan",
    columns=columns(
        Column(name="clause"),
        Column(name="text"),
        Column(name="lead"),
        Column(name="partners"),
        Column(name="due_on", kind=Kind.DATE),
        Column(name="state", vocabulary=("open", "doing", "done", "late")),
        Column(name="cost_mvnd", kind=Kind.REAL, unit="triệu đồng", low=0, high=1e9),
        Column(name="funding"),
        Column(name="documents", kind=Kind.LIST),
        Column(name="note"),
        Column(name="commune"),
    ),
)
TARGET = LayerSpec(
    name="target",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="plan",
    columns=columns(
        Column(name="clause"),
        Column(name="text_vi", required=True),
        Column(name="text_en"),
        Column(name="indicator", required=True),
        Column(name="argument"),
        Column(name="unit", required=True),
        Column(name="threshold_share", kind=Kind.REAL, low=0, high=1),
        *(Column(name=f"path_{year}", kind=Kind.REAL, low=0, high=1) for year in range(2026, 2031)),
        Column(name="source_date", kind=Kind.DATE),
        Column(name="office"),
        Column(name="layers", kind=Kind.LIST),
        Column(name="is_active", kind=Kind.BOOLEAN),
    ),
)
INDICATOR = LayerSpec(
    name="indicator",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="record",
    columns=columns(
        Column(name="snapshot", required=True),
        Column(name="made_on", kind=Kind.DATE),
        Column(name="commune"),
        Column(name="target_id"),
        Column(name="hamlet"),
        Column(name="unit"),
        Column(name="covered", kind=Kind.REAL, low=0, high=1e12),
        Column(name="uncovered", kind=Kind.REAL, low=0, high=1e12),
        Column(name="unknown", kind=Kind.REAL, low=0, high=1e12),
        Column(name="total", kind=Kind.REAL, low=0, high=1e12),
        Column(name="value", kind=Kind.REAL),
        Column(name="low", kind=Kind.REAL),
        Column(name="high", kind=Kind.REAL),
        Column(name="threshold_share", kind=Kind.REAL, low=0, high=1),
        Column(name="run", technical=True),
        Column(name="model", technical=True),
        Column(name="settings_digest", technical=True),
        Column(name="population_basis"),
    ),
)
SPECS = (
    MEASUREMENT,
    CALIBRATION,
    DECLARED_COVERAGE,
    REPORT,
    CAMERA,
    SENSOR,
    POWER,
    PLANNED_WORK,
    PUBLIC_LAND,
    OPERATOR_PLAN,
    SURVEY,
    TASK,
    TARGET,
    INDICATOR,
)
