"""Hamlets (thôn, tổ dân phố): where people are counted."""

from __future__ import annotations

from layers.spec import Column, Geometry, Kind, LayerSpec, Style, with_name

SPEC = LayerSpec(
    name="hamlet",
    geometry=Geometry.ANY,
    geometry_required=False,
    columns=with_name(
        Column(name="former_commune"),
        Column(name="population", kind=Kind.INTEGER, low=0, high=200_000),
        Column(name="population_basis", vocabulary=("registered", "census", "estimate")),
        Column(name="households", kind=Kind.INTEGER, low=0, high=60_000),
        Column(name="poor_households", kind=Kind.INTEGER, low=0, high=60_000),
        Column(name="adults", kind=Kind.INTEGER, low=0, high=200_000),
        Column(name="men", kind=Kind.INTEGER, low=0, high=200_000),
        Column(name="women", kind=Kind.INTEGER, low=0, high=200_000),
        Column(name="adults_smartphone", kind=Kind.INTEGER, low=0, high=200_000),
        Column(name="households_fiber", kind=Kind.INTEGER, low=0, high=60_000),
        Column(name="note"),
    ),
    style=Style(colour="#6d4c41", weight_px=1.0, shape="circle", radius_px=3.0, label="name"),
    group="people",
)
