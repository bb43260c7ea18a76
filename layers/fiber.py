"""Fibre access points and cable routes, in the words of the Open Fibre Data Standard."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, columns

NODE = LayerSpec(
    name="fiber_node",
    geometry=Geometry.POINT,
    columns=columns(
        Column(
            name="kind", vocabulary=("olt", "odf", "cabinet", "splitter", "terminal_box", "closure", "other")
        ),
        Column(name="operators", kind=Kind.LIST),
        Column(name="technology", vocabulary=("GPON", "XGS-PON", "AON", "other")),
        Column(name="speed_gbps", kind=Kind.REAL, unit="Gbit/s", low=0, high=1000),
        Column(name="n_ports_total", kind=Kind.INTEGER, low=0, high=100_000),
        Column(name="n_ports_used", kind=Kind.INTEGER, low=0, high=100_000),
    ),
    style=Style(colour="#1565c0", shape="diamond", radius_px=5.0),
    group="fixed",
)
SPAN = LayerSpec(
    name="fiber_span",
    geometry=Geometry.LINE,
    geometry_required=False,
    columns=columns(
        Column(name="start_node"),
        Column(name="end_node"),
        Column(name="start_pole"),
        Column(name="end_pole"),
        Column(name="operators", kind=Kind.LIST),
        Column(
            name="deployment", vocabulary=("aboveGround", "belowGround", "underwater", "inBuilding", "other")
        ),
        Column(name="n_fibers_total", kind=Kind.INTEGER, low=0, high=10_000),
        Column(name="n_fibers_used", kind=Kind.INTEGER, low=0, high=10_000),
        Column(name="length_m", kind=Kind.REAL, unit="m", low=0, high=1_000_000),
        Column(name="note"),
    ),
    style=Style(colour="#1565c0", weight_px=2.0, dash="6 3"),
    group="fixed",
)
