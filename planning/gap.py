"""Who misses the 100 % targets, where and why: the figures that screens, scripts and exports share."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np

from geo import io
from geo.coverage import State, combine
from geo.gap import Figures, tally, tally_zones
from geo.grid import Grid
from geo.probability import ExpectedPeople
from geo.raster import Raster
from geo.receiver import OutdoorCells, outdoor_cells, states_of
from geo.units import Booleans, Bytes
from layers.cell import TECHNOLOGIES
from planning import area, coverage, data, indicators, runs
from planning.area import GapArea
from planning.people import Settlement, settle
from planning.runs import ANY, TWO_OR_MORE, CoverageRun, Range
from planning.scenario import CoverageOptions, digest
from planning.target import PlaceState, TargetState, fiber, places, wifi
from planning.workspace import Workspace

TARGET = "5G"
"""Technology that the targets are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HamletFigures:
    """
    One hamlet's figures.

    Parameters
    ----------
    id, name
        Key and name.
    located
        True where it is known where the hamlet lies.
    figures
        Operator, ``any`` or ``two_or_more`` to figures.
    """

    id: str
    name: str
    located: bool
    figures: Mapping[str, Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """
    Who is served by one technology.

    Parameters
    ----------
    run, made_at, is_current
        As in ``GapResult``, of that technology's estimate.
    operators
        Operator, ``any`` or ``two_or_more`` to the figures of the area.
    hamlets
        One record for each hamlet.
    """

    run: str
    made_at: str
    is_current: bool
    operators: Mapping[str, Figures]
    hamlets: tuple[HamletFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapResult:
    """
    The gap analysis of a workspace.

    Parameters
    ----------
    run
        Digest of the coverage estimate it rests on.
    made_at
        Moment of that estimate, ISO 8601.
    is_current
        False where the inputs of the estimate have changed since.
    options
        Choices that the estimate was made with.
    operators
        Operator, ``any`` or ``two_or_more`` to the figures of the area.
    hamlets
        One record for each hamlet.
    expected
        Operator or ``any`` to the people to be expected covered by probability; empty where the estimate
        holds no probabilities.
    speed
        Operator or ``any`` to people who reach ``speed_target_mbps`` outdoors, an indicator of its own beside
        presence; empty where no speed was estimated.
    speed_target_mbps
        Target of speed [Mbit/s].
    indoor
        Class of houses to operator, ``any`` or ``two_or_more`` to people served inside such houses; empty
        unless indoors was estimated. Never mixed with the figures outdoors.
    technologies
        Technology to who is served by it, for each of which an estimate is kept; ``5G`` is what all other
        figures are about.
    spread
        Other models' shares, as in ``CoverageRun``; empty for one commune of several.
    areas
        Gaps of ``any``, then of each operator and of ``two_or_more``; in each group those with most people
        first.
    places
        5G at places.
    wifi
        Free Wi-Fi at cultural houses and the commune centre.
    fiber
        Households within reach of fibre of the target speed.
    registered
        Registered population, where known.
    basis
        Text key of what the number of people rests on.
    assumptions
        Text key of each assumption to the people it concerns; −1 where it concerns all.
    """

    run: str
    made_at: str
    is_current: bool
    options: CoverageOptions
    operators: Mapping[str, Figures]
    hamlets: tuple[HamletFigures, ...]
    expected: Mapping[str, ExpectedPeople]
    speed: Mapping[str, Figures]
    speed_target_mbps: float
    indoor: Mapping[str, Mapping[str, Figures]]
    technologies: Mapping[str, Presence]
    spread: Mapping[str, Mapping[str, float]]
    areas: tuple[GapArea, ...]
    places: tuple[PlaceState, ...]
    wifi: TargetState
    fiber: TargetState
    registered: float | None
    basis: str
    assumptions: Mapping[str, float]

    def areas_of(self, operator: str) -> tuple[GapArea, ...]:
        """
        Gaps of one operator.

        Parameters
        ----------
        operator
            Operator id, ``any`` or ``two_or_more``.

        Returns
        -------
        areas
            By rank.
        """
        return tuple(area for area in self.areas if area.operator == operator)


def run(
    workspace: Workspace, *, commune: str | None = None, refresh: bool = False, now: dt.datetime
) -> GapResult:
    """
    Analyse the gaps that the latest 5G estimate leaves; estimate first where none exists.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Code of the workspace, or of one commune of several in it: only its people and places are judged.
        None: all.
    refresh
        True where an estimate whose inputs have changed since is made again, with the same options.
    now
        Present moment, for an estimate made now.

    Returns
    -------
    result
        Figures, hamlets, areas, places, Wi-Fi and fibre.

    Raises
    ------
    NotFoundError
        Another commune is asked for, the outline is missing, or no site is known.
    """
    settlement = settle(workspace, commune=commune)
    found = runs.latest(workspace, technology=TARGET) or coverage.run(workspace, CoverageOptions(), now=now)
    found, is_current = _refreshed(workspace, found, now=now, refresh=refresh)
    pairs = around_houses(found, settlement)
    grid, states, assumed = at_people(found, settlement, pairs=pairs)
    presence = _presence(found, settlement, states, assumed, is_current=is_current)
    others = _others(workspace, settlement, grid, pairs, now=now, refresh=refresh)
    return GapResult(
        run=found.digest,
        made_at=found.made_at,
        is_current=presence.is_current,
        options=found.options,
        operators=presence.operators,
        hamlets=presence.hamlets,
        expected=indicators.expected(found, settlement, pairs=pairs),
        speed=indicators.fast(found, settlement, pairs=pairs),
        speed_target_mbps=data.setting("speed_target_mbps"),
        indoor=indicators.indoors(found, settlement, pairs=pairs),
        technologies=MappingProxyType({TARGET: presence, **others}),
        spread=found.spread if settlement.outline is None else MappingProxyType({}),
        areas=area.find(workspace, found, settlement, grid, states),
        places=places(workspace, found, settlement),
        wifi=wifi(workspace, settlement),
        fiber=fiber(workspace, settlement),
        registered=settlement.registered,
        basis=settlement.basis,
        assumptions=MappingProxyType({**settlement.assumptions, **dict.fromkeys(found.assumptions, -1.0)}),
    )


def _refreshed(
    workspace: Workspace, found: CoverageRun, *, now: dt.datetime, refresh: bool
) -> tuple[CoverageRun, bool]:
    # Whether its inputs are still the same; made again where that is asked for.
    if found.digest == digest(workspace, found.options):
        return found, True
    return (coverage.run(workspace, found.options, now=now), True) if refresh else (found, False)


def _others(
    workspace: Workspace,
    settlement: Settlement,
    grid: Grid,
    pairs: OutdoorCells,
    *,
    now: dt.datetime,
    refresh: bool,
) -> dict[str, Presence]:
    told = {}
    for technology in TECHNOLOGIES:
        kept = None if technology == TARGET else runs.latest(workspace, technology=technology)
        if kept is None:
            continue
        found, is_current = _refreshed(workspace, kept, now=now, refresh=refresh)
        same = pairs if io.read(found.state_paths[ANY]).grid == grid else None
        _, states, assumed = at_people(found, settlement, pairs=same)
        told[technology] = _presence(found, settlement, states, assumed, is_current=is_current)
    return told


def _presence(
    found: CoverageRun,
    settlement: Settlement,
    states: Mapping[str, Bytes],
    assumed: Mapping[str, Booleans],
    *,
    is_current: bool,
) -> Presence:
    n_people = settlement.people.n_people
    return Presence(
        run=found.digest,
        made_at=found.made_at,
        is_current=is_current,
        operators=MappingProxyType({name: tally(states[name], n_people, assumed[name]) for name in states}),
        hamlets=_hamlets(settlement, states, assumed),
    )


def around_houses(found: CoverageRun, settlement: Settlement) -> OutdoorCells:
    """
    Outdoor cells around every house, which the rasters of an estimate share.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.

    Returns
    -------
    pairs
        Of a building of ``settlement.outlines`` and a cell.
    """
    grid = io.read(found.state_paths[ANY]).grid
    return outdoor_cells(grid, settlement.outlines, ring_m=data.setting("outdoor_ring_m"))


def at_people(
    found: CoverageRun, settlement: Settlement, *, pairs: OutdoorCells | None = None
) -> tuple[Grid, dict[str, Bytes], dict[str, Booleans]]:
    """
    State of every people point in an estimate.

    Parameters
    ----------
    found
        The estimate.
    settlement
        People points and houses.
    pairs
        What ``around_houses`` found; None: it is found here.

    Returns
    -------
    grid
        Grid of the estimate's rasters.
    states
        Operator, ``any`` or ``two_or_more`` to values of ``geo.coverage.State``, shape (n,).
    assumed
        The same keys to whether the verdict rests on an assumption, shape (n,).
    """

    def read(operator: str) -> tuple[Raster, Raster, Raster]:
        paths = (found.state_paths, found.power_paths, found.flag_paths)
        state, power, flag = (io.read(part[operator]) for part in paths)
        return state, power, flag

    grid = io.read(found.state_paths[ANY]).grid
    pairs = pairs or around_houses(found, settlement)
    return grid, *judge(read, found.operators, found.options, settlement, pairs=pairs)


def judge(
    read: Callable[[str], tuple[Raster, Raster, Raster]],
    operators: Sequence[str],
    options: CoverageOptions,
    settlement: Settlement,
    *,
    pairs: OutdoorCells,
) -> tuple[dict[str, Bytes], dict[str, Booleans]]:
    """
    State of every people point from rasters, wherever they come from.

    Parameters
    ----------
    read
        Operator to the rasters of state, power and flags, as a kept estimate holds them.
    operators
        Operators estimated.
    options
        Choices of the estimate.
    settlement
        People points and houses.
    pairs
        Cells around the houses on the grid of the rasters.

    Returns
    -------
    states, assumed
        As of :func:`at_people`.
    """
    people = settlement.people
    at_home = people.building >= 0
    states: dict[str, Bytes] = {}
    assumed: dict[str, Booleans] = {}
    for operator in operators:
        state, power, flag = read(operator)
        here = np.nan_to_num(state.sample(people.x_m, people.y_m), nan=float(State.UNKNOWN)).astype(np.uint8)
        centi = power.values[pairs.row, pairs.col]
        planning_dbm = np.where(centi == power.nodata, -np.inf, centi / runs.CENTI)
        at_houses = states_of(pairs, planning_dbm, state.values[pairs.row, pairs.col], levels=data.levels())
        here[at_home] = at_houses[people.building[at_home]]
        flags = np.nan_to_num(flag.sample(people.x_m, people.y_m), nan=0.0).astype(np.uint8)
        states[operator] = here
        assumed[operator] = people.assumed | (flags & runs.FLAG_ASSUMED > 0)
    others = runs.not_estimated(options, people.x_m.shape)
    states[ANY], states[TWO_OR_MORE] = combine([*(states[name] for name in operators), *others])
    for name, needed in ((ANY, 1), (TWO_OR_MORE, 2)):
        assumed[name] = rests_on_assumption(
            [states[operator] for operator in operators],
            [assumed[operator] for operator in operators],
            needed=needed,
        )
    return states, assumed


def rests_on_assumption(states: Sequence[Bytes], assumed: Sequence[Booleans], *, needed: int) -> Booleans:
    """
    Whether the verdict of all operators together could turn if their assumptions were wrong.

    Parameters
    ----------
    states
        Values of ``geo.coverage.State`` for each operator, shape (n,).
    assumed
        Whether each of these verdicts rests on an assumption, shape (n,).
    needed
        Operators needed to be covered, 1 or 2.

    Returns
    -------
    assumed
        Shape (n,). A place covered by enough operators without assumptions is firm; so is one where too
        few could cover even if every assumed verdict were wrong.
    """
    firm, hopeful = np.zeros((2, len(states[0])), dtype=np.int64)
    for state, doubtful in zip(states, assumed, strict=True):
        firm += (state == State.COVERED) & ~doubtful
        hopeful += (state != State.UNCOVERED) | doubtful
    result: Booleans = (firm < needed) & (hopeful >= needed)
    return result


def _hamlets(
    settlement: Settlement, states: Mapping[str, Bytes], assumed: Mapping[str, Booleans]
) -> tuple[HamletFigures, ...]:
    people = settlement.people
    n_zones = len(settlement.hamlets)
    counted = {
        name: tally_zones(states[name], people.n_people, assumed[name], people.zone, n_zones=n_zones)
        for name in states
    }
    return tuple(
        HamletFigures(
            id=hamlet.id,
            name=hamlet.name,
            located=hamlet.located,
            figures=MappingProxyType({name: counted[name][index] for name in counted}),
        )
        for index, hamlet in enumerate(settlement.hamlets)
    )


def to_json(result: GapResult) -> dict[str, object]:
    """
    The figures as scripts read them.

    Parameters
    ----------
    result
        The analysis.

    Returns
    -------
    json
        Plain values, keys stable; not-a-number becomes null.
    """
    return {
        "run": result.run,
        "made_at": result.made_at,
        "is_current": result.is_current,
        "technology": result.options.technology,
        "operator": result.options.operator,
        "population": {"basis": result.basis, "registered": result.registered},
        "assumptions": {key: None if n < 0 else n for key, n in result.assumptions.items()},
        "operators": {name: _figures_json(figures) for name, figures in result.operators.items()},
        "expected": _expected_json(result),
        "speed": _speed_json(result),
        "spread": {model: dict(shares) for model, shares in result.spread.items()} or None,
        "spread_range": {name: asdict(one) for name, one in _ranges(result).items()} or None,
        "indoor": _indoor_json(result),
        "technologies": {name: _presence_json(one) for name, one in result.technologies.items()},
        "hamlets": _hamlets_json(result.hamlets),
        "areas": [_area_json(found) for found in result.areas],
        "places": [_place_json(place) for place in result.places],
        "wifi": {
            **_figures_json(result.wifi.figures),
            "places": [_place_json(item) for item in result.wifi.items],
        },
        "fiber": {
            **_figures_json(result.fiber.figures),
            "hamlets": [
                {"id": hamlet.id, "name": hamlet.name, **_figures_json(hamlet.figures)}
                for hamlet in result.fiber.hamlets
            ],
        },
    }


def _ranges(result: GapResult) -> dict[str, Range]:
    found = {name: runs.spread_range(result.spread, name) for name in result.operators}
    return {name: one for name, one in found.items() if one is not None}


def _hamlets_json(hamlets: Sequence[HamletFigures]) -> list[dict[str, object]]:
    return [
        {
            "id": hamlet.id,
            "name": hamlet.name,
            "located": hamlet.located,
            "operators": {name: _figures_json(figures) for name, figures in hamlet.figures.items()},
        }
        for hamlet in hamlets
    ]


def _presence_json(one: Presence) -> dict[str, object]:
    return {
        "run": one.run,
        "made_at": one.made_at,
        "is_current": one.is_current,
        "operators": {name: _figures_json(figures) for name, figures in one.operators.items()},
        "hamlets": _hamlets_json(one.hamlets),
    }


def _indoor_json(result: GapResult) -> dict[str, object] | None:
    if not result.indoor:
        return None
    return {
        name: {
            "model": data.walls()[name].model,
            "operators": {operator: _figures_json(one) for operator, one in figures.items()},
        }
        for name, figures in result.indoor.items()
    }


def _expected_json(result: GapResult) -> dict[str, object] | None:
    if not result.expected:
        return None
    return {
        name: asdict(result.expected[name]) if name in result.expected else None for name in result.operators
    }


def _speed_json(result: GapResult) -> dict[str, object] | None:
    if not result.speed:
        return None
    return {
        "target_mbps": result.speed_target_mbps,
        "operators": {
            name: _figures_json(result.speed[name]) if name in result.speed else None
            for name in result.operators
        },
    }


def _area_json(found: GapArea) -> dict[str, object]:
    return {
        "operator": found.operator,
        "id": found.id,
        "rank": found.rank,
        "people": found.people,
        "reason": found.reason,
        "facts": {key: _plain(value) for key, value in found.facts.items()},
        "lon": found.lon,
        "lat": found.lat,
        "hamlet": found.hamlet,
        "nearest_site": found.nearest_site,
        "nearest_site_m": _plain(found.nearest_site_m),
        "nearest_road": found.nearest_road,
        "nearest_road_m": _plain(found.nearest_road_m),
    }


def _place_json(place: PlaceState) -> dict[str, object]:
    return {
        "id": place.id,
        "name": place.name,
        "kind": place.kind,
        "hamlet": place.hamlet,
        "state": place.state,
        "note": place.note_key,
    }


def _figures_json(figures: Figures) -> dict[str, object]:
    return {
        "total": figures.total,
        "covered": figures.covered,
        "uncovered": figures.uncovered,
        "unknown": figures.unknown,
        "share": _plain(figures.share),
        "assumed_share": _plain(figures.assumed_share),
    }


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
