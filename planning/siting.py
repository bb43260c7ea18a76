"""Where a survey for sites is worth most: candidates, what each would gain, the best of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import crs
from geo.coverage import State
from geo.covering import Cover, merge, of_lists
from geo.errors import CancelledError, InfeasibleError, NotFoundError
from geo.radio import Transmitter
from geo.siting import Answer, Problem, solve
from geo.siting_sharing import needed
from geo.units import Booleans, Integers
from planning import addition, alternative, data, planned, window
from planning.effect import Baseline

EXISTING = ("mast", "roof", "pole", "proposal")
KINDS = (*EXISTING, "plan", "public_land", "gap")
EXCLUDED_ZONES = ("protected", "flood")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What is looked for.

    Parameters
    ----------
    operator
        Whose network is to reach more people.
    n_sites
        Most sites; None: no such limit.
    budget_million
        Most that they may cost together [million đồng]; None: no such limit.
    kinds
        Kinds of candidates, of :data:`KINDS`.
    kept_share
        A new mast is considered only where no existing structure keeps this share of its gain, above 0 to 1.
    """

    operator: str
    n_sites: int | None
    budget_million: float | None
    kinds: tuple[str, ...] = KINDS
    kept_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A place where antennas may stand.

    Parameters
    ----------
    id, name
        Key and name.
    kind
        Of :data:`KINDS`.
    lon, lat
        Where [°].
    x_m, y_m
        Where [m].
    height_m
        Height of the antennas [m]; None: the usual one, an assumption.
    cost_million
        Assumed cost [million đồng].
    """

    id: str
    name: str
    kind: str
    lon: float
    lat: float
    x_m: float
    y_m: float
    height_m: float | None
    cost_million: float

    @property
    def is_existing(self) -> bool:
        """True where something stands there already."""
        return self.kind in EXISTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """
    Where to survey.

    Parameters
    ----------
    wish
        What was looked for.
    candidates
        All that were tried.
    answer
        The choice; candidates and people are those of the search. People of it are uncovered now.
    chosen
        Candidates of the choice, in its order.
    n_kept_out
        New masts left aside because an existing structure would do.
    price_of_sharing
        People that a choice without that rule covers more.
    uncovered, unknown, covered
        People of the area by their state now; the three are everybody.
    """

    wish: Wish
    candidates: tuple[Candidate, ...]
    answer: Answer
    chosen: tuple[Candidate, ...]
    n_kept_out: int
    price_of_sharing: float
    uncovered: float
    unknown: float
    covered: float


def suggest(
    found: Baseline,
    wish: Wish,
    *,
    seconds_s: float,
    clock: Callable[[], float],
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Suggestion:
    """
    Try every candidate with the engine, then choose.

    Parameters
    ----------
    found
        From ``evaluation.baseline``: the latest estimate with all around it.
    wish
        What is looked for.
    seconds_s
        Time allowed for the choice itself [s], by ``clock``.
    clock
        Seconds, ascending.
    progress
        Told the share done, 0 to 1.
    cancelled
        Asked between candidates and during the search, which then gives its best so far.

    Returns
    -------
    suggestion
        A recommendation for a survey, no decision.

    Raises
    ------
    NotFoundError
        The operator is not in the estimate.
    InfeasibleError
        No candidate gains anybody.
    CancelledError
        Stopped before every candidate was tried.
    """
    if wish.operator not in found.ready.run.operators:
        known = ", ".join(found.ready.run.operators)
        raise NotFoundError("siting_operator_unknown", operator=wish.operator, known=known)
    people = found.ready.settlement.people.n_people
    states = found.ready.states[wish.operator]
    places = candidates(found, wish)
    if not places:
        raise InfeasibleError("siting_nobody_gained", n=0)
    lists = _served(found, wish, places, progress, cancelled)
    cover = of_lists(lists, np.where(states == State.UNCOVERED, people, 0.0))
    if not any(cover.weight[one].any() for one in lists):
        raise InfeasibleError("siting_nobody_gained", n=len(places))
    is_existing = np.array([one.is_existing for one in places])
    left = needed(merge(cover, np.zeros(0, np.int64)), is_existing, wish.kept_share)
    free, first = (
        _solved(cover, wish, places, allowed, seconds_s / 2, clock, cancelled)
        for allowed in (np.ones_like(left), left)
    )
    return Suggestion(
        wish=wish,
        candidates=places,
        answer=first,
        chosen=tuple(places[one] for one in first.selected),
        n_kept_out=int((~left).sum()),
        price_of_sharing=max(0.0, free.covered - first.covered),
        uncovered=float(people[states == State.UNCOVERED].sum()),
        unknown=float(people[states == State.UNKNOWN].sum()),
        covered=float(people[states == State.COVERED].sum()),
    )


def candidates(found: Baseline, wish: Wish) -> tuple[Candidate, ...]:
    """
    Places where antennas of an operator may stand.

    Parameters
    ----------
    found
        The estimate with all around it.
    wish
        Whose antennas, and which kinds.

    Returns
    -------
    candidates
        Within the outline and outside protected and flooded zones: masts on which the operator is not yet,
        tall or public roofs, poles, agreed proposals, operators' plans, public land, and the middle of people
        without coverage on squares of ``siting_square_m``.
    """
    outline = found.ready.inputs.boundary
    structures = alternative.structures(found.tables, outline.centroid, radius_m=np.inf, own_id="")
    rows = [
        (one.id, one.name, one.kind, one.x_m, one.y_m, one.height_m)
        for one in structures
        if wish.operator not in one.operators
    ]
    rows += _of_layer(found.tables["operator_plan"], "plan")
    rows += _of_layer(found.tables["public_land"], "public_land")
    rows += _middles(found, wish.operator)
    zones = found.tables["zone"]
    closed = zones.geometry[zones["kind"].isin(EXCLUDED_ZONES).to_numpy()].union_all()
    made = [_candidate(found, row) for row in rows if row[2] in wish.kinds]
    points = shapely.points(np.array([(one.x_m, one.y_m) for one in made]).reshape(-1, 2))
    keep = shapely.intersects(outline, points) & ~shapely.intersects(closed, points)
    return tuple(one for one, is_kept in zip(made, keep, strict=True) if is_kept)


_Row = tuple[str, str, str, float, float, float | None]


def _candidate(found: Baseline, row: _Row) -> Candidate:
    key, name, kind, x_m, y_m, height_m = row
    lon, lat = crs.transform(np.array([x_m]), np.array([y_m]), epsg_from=found.epsg, epsg_to=crs.WGS84)
    shared = kind in EXISTING
    return Candidate(
        id=key,
        name=name,
        kind=kind,
        lon=float(lon[0]),
        lat=float(lat[0]),
        x_m=x_m,
        y_m=y_m,
        height_m=height_m,
        cost_million=data.setting("proposal_share_cost_million" if shared else "proposal_mast_cost_million"),
    )


def _of_layer(table: gpd.GeoDataFrame, kind: str) -> list[_Row]:
    placed = table[table.geometry.notna().to_numpy()]
    return [
        (
            str(row["id"]),
            str(row["id"]) if pd.isna(row.get("name")) else str(row["name"]),
            kind,
            float(row["geometry"].representative_point().x),
            float(row["geometry"].representative_point().y),
            None,
        )
        for row in placed.to_dict("records")
    ]


def _middles(found: Baseline, operator: str) -> list[_Row]:
    people = found.ready.settlement.people
    wanted = np.flatnonzero((found.ready.states[operator] == State.UNCOVERED) & (people.n_people > 0))
    side_m = data.setting("siting_square_m")
    x_m, y_m, n_people = people.x_m[wanted], people.y_m[wanted], people.n_people[wanted]
    squares = np.stack([x_m // side_m, y_m // side_m], axis=1).astype(np.int64)
    _, place = np.unique(squares, axis=0, return_inverse=True)
    total = np.bincount(place.ravel(), n_people)
    middle_x_m = np.bincount(place.ravel(), n_people * x_m) / total
    middle_y_m = np.bincount(place.ravel(), n_people * y_m) / total
    return [
        (f"gap:{x:.0f}:{y:.0f}", f"{x:.0f}, {y:.0f}", "gap", float(x), float(y), None)
        for x, y in zip(middle_x_m, middle_y_m, strict=True)
    ]


def _served(
    found: Baseline,
    wish: Wish,
    places: Sequence[Candidate],
    progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> list[Integers]:
    # People whom the operator would cover with antennas there, beside those it covers now.
    lists = []
    for number, place in enumerate(places, start=1):
        if cancelled is not None and cancelled():
            raise CancelledError("cancelled")
        cells = _cells(found, wish.operator, place)
        here = addition.around(found.ready, window.reach(cells))
        lists.append(here.people[addition.served(found.ready, cells, here) == State.COVERED])
        if progress is not None:
            progress(number / len(places))
    return lists


def _cells(found: Baseline, operator: str, place: Candidate) -> tuple[Transmitter, ...]:
    row = {
        "id": place.id,
        "operator": operator,
        "height_m": place.height_m,
        "geometry": shapely.Point(place.lon, place.lat),
    }
    return planned.cells_of(row, found.ready.inputs, epsg=found.epsg)


def _solved(
    cover: Cover,
    wish: Wish,
    places: Sequence[Candidate],
    allowed: Booleans,
    seconds_s: float,
    clock: Callable[[], float],
    cancelled: Callable[[], bool] | None,
) -> Answer:
    lists = [
        cover.idx[cover.ptr[one] : cover.ptr[one + 1]] if allowed[one] else cover.idx[:0]
        for one in range(cover.n_candidates)
    ]
    n_sites = None if wish.n_sites is None else min(wish.n_sites, cover.n_candidates)
    problem = Problem(
        cover=of_lists(lists, cover.weight),
        n_sites=n_sites,
        budget=wish.budget_million,
        cost=np.array([one.cost_million for one in places]),
    )
    return solve(problem, seconds_s=seconds_s, clock=clock, cancelled=cancelled)
