"""Sharing tried first: every mast, roof, pole and agreed proposal nearby, with the same antennas on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coverage import State
from geo.radio import LIMITS, Transmitter
from layers.cell import split
from planning import addition, data, planned
from planning.addition import Added, Around
from planning.trial import Ready

SQUARE_M = 200.0
"""Of the poles, and of the roofs, on one square of this size the tallest stands for all."""
ROOF_MIN_M = 9.0
"""Houses lower than this are no roofs for antennas; public and tall buildings are."""
REACH_MORE_CELLS = 4
REACH_MORE_CELLS = 4
STANDING = ("agreed", "passed_up", "building", "inspected", "on_air")
"""States of proposals that count as structures to come."""


class Fit(StrEnum):
    """Whether a structure takes the antennas; texts ``proposal.fit.<fit>``."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a check of a claim says; texts ``proposal.outcome.<outcome>``."""

    FOUNDED = "founded"  # có căn cứ
    NOT_YET = "not_yet"  # chưa đủ căn cứ
    OTHER = "other"  # có phương án khác


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """
    Something that could carry the antennas.

    Parameters
    ----------
    id, name
        Key and name in its layer.
    kind
        ``mast``, ``roof``, ``pole`` or ``proposal``.
    x_m, y_m
        Where it stands [m].
    height_m
        Its height [m]; None: not known.
    operators
        Who stands on it.
    n_alike
        How many it stands for.
    distance_m
        How far from the position proposed.
    """

    id: str
    name: str
    kind: str
    x_m: float
    y_m: float
    height_m: float | None
    operators: tuple[str, ...]
    n_alike: int
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """
    A structure tried.

    Parameters
    ----------
    structure
        The structure.
    antenna_m
        Height at which the antennas were tried [m].
    has_height, has_load
        Whether height is free, and whether it bears the load; what is not known stays unknown.
    kept_share
        Share of the people gained at the position proposed that it keeps, 0–1; NaN where nobody is gained.
    gained
        People whom the operator gains from there, of those that it would gain at the position proposed.
    cost_million_vnd
        What it costs to stand there, by assumption.
    """

    structure: Structure
    antenna_m: float
    has_height: Fit
    has_load: Fit
    kept_share: float
    gained: float
    cost_million_vnd: float


def structures(
    tables: Mapping[str, gpd.GeoDataFrame], point: shapely.Point, *, radius_m: float, own_id: str
) -> tuple[Structure, ...]:
    """
    What stands around a position.

    Parameters
    ----------
    tables
        Layers site, building, passive and proposal, in the CRS of the calculation.
    point
        The position.
    radius_m
        How far is looked [m].
    own_id
        Proposal that is judged, left out.

    Returns
    -------
    structures
        The nearest first; of poles and of roofs the tallest of each square.
    """
    found = [
        *_of(tables["site"], "mast", point, radius_m),
        *_thinned(_of(_roofs(tables["building"]), "roof", point, radius_m)),
        *_thinned(_of(_poles(tables["passive"]), "pole", point, radius_m)),
        *_of(_agreed(tables["proposal"], own_id), "proposal", point, radius_m),
    ]
    return tuple(sorted(found, key=lambda one: (one.distance_m, one.id)))


def _roofs(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    height_m = table["height_m"].fillna(0.0).astype(float)
    wanted = table["kind"].isin(("public", "apartment", "industrial")) | (height_m >= ROOF_MIN_M)
    return table[wanted.to_numpy(dtype=bool)]


def _poles(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table[table["kind"].isin(("pole", "roof")).to_numpy()]


def _agreed(table: gpd.GeoDataFrame, own_id: str) -> gpd.GeoDataFrame:
    return table[(table["state"].isin(STANDING) & (table["id"] != own_id)).to_numpy(dtype=bool)]


def _of(table: gpd.GeoDataFrame, kind: str, point: shapely.Point, radius_m: float) -> list[Structure]:
    placed = table[table.geometry.notna().to_numpy()]
    distance_m = shapely.distance(placed.geometry.to_numpy(), point)
    near = placed[distance_m <= radius_m]
    return [
        Structure(
            id=str(row["id"]),
            name=_word(row.get("name")) or str(row["id"]),
            kind="roof" if row.get("kind") == "roof" else kind,
            x_m=float(row["geometry"].centroid.x),
            y_m=float(row["geometry"].centroid.y),
            height_m=_number(row.get("height_m")),
            operators=tuple(sorted({*split(row.get("operators")), *split(row.get("operator"))})),
            n_alike=1,
            distance_m=float(row["geometry"].distance(point)),
        )
        for row in near.to_dict("records")
    ]


def _thinned(found: Sequence[Structure]) -> list[Structure]:
    squares: dict[tuple[int, int], list[Structure]] = {}
    for pole in found:
        key = int(pole.x_m // SQUARE_M), int(pole.y_m // SQUARE_M)
        squares.setdefault(key, []).append(pole)
    tallest = [
        (max(group, key=lambda one: (one.height_m or 0.0, -one.distance_m, one.id)), len(group))
        for group in squares.values()
    ]
    return [replace(pole, n_alike=n) for pole, n in tallest]


def tried(
    ready: Ready, cells: Sequence[Transmitter], added: Added, here: Around, found: Sequence[Structure]
) -> tuple[Alternative, ...]:
    """
    Try the antennas of a proposal on structures nearby.

    Parameters
    ----------
    ready
        What every trial on the estimate needs.
    cells
        Transmitters at the position proposed.
    added
        What they add there.
    here
        The part of the area that it rests on.
    found
        From :func:`structures`.

    Returns
    -------
    alternatives
        In their order; followed just so far that everybody gained at the position proposed is reached.
    """
    name = added.operator
    is_gained = (added.people_after[name] == State.COVERED) & (added.people_before[name] != State.COVERED)
    if not is_gained.any():
        return tuple(_alternative(one, cells[0].height_m, kept=0.0, total=0.0) for one in found)
    people = ready.settlement.people
    own = added.people[is_gained]
    wanted = addition.wanted(ready, here, name, is_gained)
    n_people = people.n_people[own]
    told = []
    for one in found:
        antenna_m, _ = _antenna(one, cells[0].height_m)
        far_m = float(np.hypot(people.x_m[own] - one.x_m, people.y_m[own] - one.y_m).max())
        moved = planned.moved(ready.inputs, cells, (one.x_m, one.y_m), height_m=antenna_m, key=f"@{one.id}")
        limits_m = {"default": far_m + REACH_MORE_CELLS * ready.grid.cell_m}
        kept = float(n_people[addition.serves(ready, moved, wanted, limits_m=limits_m)].sum())
        told.append(_alternative(one, cells[0].height_m, kept=kept, total=float(n_people.sum())))
    return tuple(told)


def _alternative(one: Structure, wanted_m: float, *, kept: float, total: float) -> Alternative:
    antenna_m, has_height = _antenna(one, wanted_m)
    return Alternative(
        structure=one,
        antenna_m=antenna_m,
        has_height=has_height,
        has_load=Fit.UNKNOWN,
        kept_share=kept / total if total > 0 else np.nan,
        gained=kept,
        cost_million_vnd=data.setting("proposal_share_cost_million"),
    )


def _antenna(one: Structure, wanted_m: float) -> tuple[float, Fit]:
    # Below those who stand there already; what is not known is tried as wished and stays unknown.
    low_m, high_m, _ = LIMITS["height_m"]
    if one.height_m is None:
        return wanted_m, Fit.UNKNOWN
    room_m = data.setting("proposal_headroom_m") * len(one.operators) if one.kind != "roof" else 0.0
    top_m = one.height_m + (data.setting("proposal_headroom_m") if one.kind == "roof" else -room_m)
    if top_m < low_m:
        return low_m, Fit.NO
    return float(np.clip(min(top_m, wanted_m), low_m, high_m)), Fit.YES


def outcome(found: Sequence[Alternative], *, share: float) -> Outcome:
    """
    What the structures tried say of the claim that none can be shared.

    Parameters
    ----------
    found
        From :func:`tried`.
    share
        Share of the gain from which a structure is another way, 0–1.

    Returns
    -------
    outcome
        Another way where one keeps that share and has the height; not yet founded where one might, if its
        height were known; else founded. Loads are not known to the data: they are asked about, and decide
        nothing.
    """
    enough = [one for one in found if one.kept_share >= share]
    if any(one.has_height is Fit.YES for one in enough):
        return Outcome.OTHER
    return Outcome.NOT_YET if any(one.has_height is Fit.UNKNOWN for one in enough) else Outcome.FOUNDED


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(str(value))  # type: ignore[call-overload]
