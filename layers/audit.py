"""The record of what was done with proposals: rows are added, each bound to the one before it."""

from __future__ import annotations

from layers.spec import SHARING, Column, Geometry, Kind, LayerSpec

SPEC = LayerSpec(
    name="audit",
    geometry=Geometry.NONE,
    geometry_required=False,
    filled=False,
    group="record",
    columns=(
        Column(name="id", required=True),
        Column(name="entry", kind=Kind.INTEGER, low=1, high=1_000_000_000),
        Column(name="at"),
        Column(name="actor"),
        Column(name="role"),
        Column(name="action"),
        Column(name="proposal_id"),
        Column(name="proposal_version", kind=Kind.INTEGER, low=0, high=1_000_000),
        Column(name="state_from"),
        Column(name="state_to"),
        Column(name="reason"),
        Column(name="shown_digest", technical=True),
        Column(name="previous_digest", technical=True),
        Column(name="digest", technical=True),
        Column(name="sharing", vocabulary=SHARING),
    ),
)
