"""Runs of the 5G coverage estimate; their rasters lie beside the tables."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

SPEC = LayerSpec(
    name="coverage5g",
    geometry=Geometry.POLYGON,
    columns=columns(
        Column(name="run", required=True),
        Column(name="operator", required=True),
        Column(name="technology"),
        Column(name="model"),
        Column(name="cell_m", kind=Kind.REAL, unit="m", low=0.5, high=1000),
        Column(name="power_path", technical=True),
        Column(name="level_path", technical=True),
        Column(name="state_path", technical=True),
        Column(name="flag_path", technical=True),
        Column(name="probability_path", technical=True),
        Column(name="server_path", technical=True),
        Column(name="sinr_path", technical=True),
        Column(name="speed_path", technical=True),
        Column(name="count_path", technical=True),
        Column(name="second_path", technical=True),
        Column(name="lead_path", technical=True),
        Column(name="fast_path", technical=True),
        Column(name="indoor_path", technical=True),
        Column(name="indoor_efficient_path", technical=True),
        Column(name="servers", technical=True),
        Column(name="spread", technical=True),
        Column(name="sequence", kind=Kind.INTEGER, low=0, high=1_000_000_000, technical=True),
        Column(name="made_at"),
        Column(name="options", technical=True),
        Column(name="assumptions", technical=True),
        Column(name="n_cells", kind=Kind.INTEGER, low=0, high=1_000_000),
        Column(name="n_assumed_cells", kind=Kind.INTEGER, low=0, high=1_000_000),
        Column(name="n_urban_masts", kind=Kind.INTEGER, low=0, high=1_000_000),
        Column(name="area_covered_share", kind=Kind.REAL, low=0, high=1),
        Column(name="area_uncovered_share", kind=Kind.REAL, low=0, high=1),
        Column(name="area_unknown_share", kind=Kind.REAL, low=0, high=1),
    ),
    style=Style(colour="#21918c", fill_opacity=0.0),
    group="mobile",
)
