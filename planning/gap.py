"""Who misses the 100 % targets, where and why: the figures that screens, scripts and exports share."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo import io
from geo.coverage import State, combine
from geo.errors import NotFoundError
from geo.gap import Area, Figures, find_areas, tally, tally_zones
from geo.grid import Grid
from geo.reason import Obstacle, Why, explain
from geo.receiver import outdoor_cells, states_at
from geo.units import Booleans, Bytes, Integers
from planning import coverage, data
from planning.coverage import ANY, TWO_OR_MORE, CoverageRun
from planning.people import Settlement, settle
from planning.scenario import CoverageOptions, digest
from planning.target import PlaceState, TargetState, fiber, places, wifi
from planning.workspace import Workspace


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
class GapArea:
    """
    A connected inhabited area that no operator serves.

    Parameters
    ----------
    id, rank
        Key that stays while the place stays; 1 is the area with most people.
    people
        People in it.
    reason
        Value of ``geo.reason.Reason``; its text is ``gap.reason.<reason>``.
    facts
        Values that the text names.
    geometry
        Outline, EPSG:4326.
    lon, lat
        Where most of its people are [°].
    hamlet
        Hamlet of most of its people, or "".
    nearest_site, nearest_site_m
        Nearest mast with the technology, or "", and its distance [m].
    nearest_road, nearest_road_m
        Nearest road, or "", and its distance [m].
    """

    id: str
    rank: int
    people: float
    reason: str
    facts: Mapping[str, object]
    geometry: shapely.Geometry
    lon: float
    lat: float
    hamlet: str
    nearest_site: str
    nearest_site_m: float
    nearest_road: str
    nearest_road_m: float


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
    areas
        Gaps of ``any``, those with most people first.
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
    areas: tuple[GapArea, ...]
    places: tuple[PlaceState, ...]
    wifi: TargetState
    fiber: TargetState
    registered: float | None
    basis: str
    assumptions: Mapping[str, float]


def run(
    workspace: Workspace, *, commune: str | None = None, refresh: bool = False, now: dt.datetime
) -> GapResult:
    """
    Analyse the gaps that the latest coverage estimate leaves; estimate first where none exists.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Administrative code asked for; None: the area of the workspace.
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
    if commune is not None and commune != workspace.code:
        raise NotFoundError("commune_unknown", commune=commune, known=workspace.code)
    found = coverage.latest(workspace) or coverage.run(workspace, CoverageOptions(), now=now)
    if refresh:
        found = coverage.run(workspace, found.options, now=now)
    settlement = settle(workspace)
    grid, states, assumed = _at_people(found, settlement)
    hamlets = _hamlets(settlement, states, assumed)
    people = settlement.people
    return GapResult(
        run=found.digest,
        made_at=found.made_at,
        is_current=found.digest == digest(workspace, found.options),
        options=found.options,
        operators=MappingProxyType(
            {name: tally(states[name], people.n_people, assumed[name]) for name in states}
        ),
        hamlets=hamlets,
        areas=_areas(workspace, found, settlement, grid, states[ANY]),
        places=places(workspace, found),
        wifi=wifi(workspace),
        fiber=fiber(workspace, settlement),
        registered=settlement.registered,
        basis=settlement.basis,
        assumptions=MappingProxyType({**settlement.assumptions, **dict.fromkeys(found.assumptions, -1.0)}),
    )


def _at_people(
    found: CoverageRun, settlement: Settlement
) -> tuple[Grid, dict[str, Bytes], dict[str, Booleans]]:
    people = settlement.people
    grid = io.read(found.state_paths[ANY]).grid
    pairs = outdoor_cells(grid, settlement.outlines, ring_m=data.setting("outdoor_ring_m"))
    at_home = people.building >= 0
    states: dict[str, Bytes] = {}
    assumed: dict[str, Booleans] = {}
    for operator in found.operators:
        state, power, flag = (
            io.read(paths[operator]) for paths in (found.state_paths, found.power_paths, found.flag_paths)
        )
        here = np.nan_to_num(state.sample(people.x_m, people.y_m), nan=float(State.UNKNOWN)).astype(np.uint8)
        planning_dbm = np.where(power.valid, power.values / coverage.CENTI, -np.inf)
        at_houses = states_at(pairs, planning_dbm, state.values, levels=data.levels())
        here[at_home] = at_houses[people.building[at_home]]
        flags = np.nan_to_num(flag.sample(people.x_m, people.y_m), nan=0.0).astype(np.uint8)
        states[operator] = here
        assumed[operator] = people.assumed | (flags & coverage.FLAG_ASSUMED > 0)
    states[ANY], states[TWO_OR_MORE] = combine([states[name] for name in found.operators])
    for name, needed in ((ANY, 1), (TWO_OR_MORE, 2)):
        assumed[name] = rests_on_assumption(
            [states[operator] for operator in found.operators],
            [assumed[operator] for operator in found.operators],
            needed=needed,
        )
    return grid, states, assumed


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


def _areas(
    workspace: Workspace, found: CoverageRun, settlement: Settlement, grid: Grid, state: Bytes
) -> tuple[GapArea, ...]:
    people = settlement.people
    missed = np.flatnonzero((state == State.UNCOVERED) & (people.n_people > 0))
    if not len(missed):
        return ()
    areas = find_areas(
        grid,
        people.x_m[missed],
        people.y_m[missed],
        people.n_people[missed],
        join_m=data.setting("gap_join_m"),
    )
    inputs = coverage.read_inputs(workspace, found.options)
    reasons = explain(
        areas,
        inputs.transmitters,
        inputs.surface,
        model=found.options.model,
        dense=workspace.is_dense(),
        levels=data.levels(),
        limits=coverage.limits(),
        receiver_height_m=data.setting("receiver_height_m"),
        convergence_deg=inputs.surface.grid.convergence_deg(),
        allowance_db=data.setting("radius_allowance_db"),
    )
    hamlet_of = people.zone[missed]
    return tuple(
        _area_record(workspace, area, why, rank, _main_hamlet(settlement, hamlet_of[area.members]), near)
        for rank, (area, why, near) in enumerate(
            zip(areas, reasons, _nearest(workspace, areas), strict=True), start=1
        )
    )


def _stands(workspace: Workspace, obstacle: Obstacle) -> tuple[str, float]:
    if not (workspace.rasters / "clutter.tif").exists():
        return "assumed", obstacle.clutter_height_m
    if obstacle.clutter_height_m < 1:
        return "ground", obstacle.clutter_height_m
    point = gpd.GeoSeries([shapely.Point(obstacle.x_m, obstacle.y_m)], crs=workspace.calc_epsg)
    west, south, east, north = point.buffer(data.setting("coverage_cell_m")).to_crs(4326).total_bounds
    near = workspace.store.read("building", bounds=(west, south, east, north))
    heights_m = near["height_m"].dropna()
    if near.empty:
        return "trees", obstacle.clutter_height_m
    return "building", float(heights_m.max()) if len(heights_m) else obstacle.clutter_height_m


def _main_hamlet(settlement: Settlement, zone: Integers) -> str:
    located = np.array([hamlet.located for hamlet in settlement.hamlets] or [False])
    known = zone[(zone >= 0) & located[np.maximum(zone, 0)]]
    return settlement.hamlets[int(np.bincount(known).argmax())].name if len(known) else ""


def _nearest(workspace: Workspace, areas: tuple[Area, ...]) -> list[tuple[str, float]]:
    roads = workspace.store.read("road").to_crs(workspace.calc_epsg)
    if roads.empty:
        return [("", math.nan)] * len(areas)
    tree = shapely.STRtree(roads.geometry.to_numpy())
    points = shapely.points([area.x_m for area in areas], [area.y_m for area in areas])
    index, distance_m = tree.query_nearest(points, return_distance=True, all_matches=False)
    names = roads["name"].fillna("").to_numpy()
    return [(str(names[road]), float(away)) for road, away in zip(index[1], distance_m, strict=True)]


def _area_record(
    workspace: Workspace, area: Area, why: Why, rank: int, hamlet: str, road: tuple[str, float]
) -> GapArea:
    place = gpd.GeoSeries([area.shape, shapely.Point(area.x_m, area.y_m)], crs=workspace.calc_epsg).to_crs(
        4326
    )
    facts = {"mast": why.mast_id, "distance_m": why.distance_m, "assumed": why.assumed}
    if why.obstacle is not None:
        kind, height_m = _stands(workspace, why.obstacle)
        facts |= {
            "obstacle": kind,
            "obstacle_height_m": height_m,
            "obstacle_distance_m": why.obstacle.distance_m,
        }
    return GapArea(
        id=f"{hamlet or workspace.name}-{round(area.x_m / 50)}-{round(area.y_m / 50)}",
        rank=rank,
        people=area.people,
        reason=str(why.reason),
        facts=MappingProxyType(facts),
        geometry=place.iloc[0],
        lon=float(place.iloc[1].x),
        lat=float(place.iloc[1].y),
        hamlet=hamlet,
        nearest_site=why.nearest_id,
        nearest_site_m=why.nearest_m,
        nearest_road=road[0],
        nearest_road_m=road[1],
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
        "hamlets": [
            {
                "id": hamlet.id,
                "name": hamlet.name,
                "located": hamlet.located,
                "operators": {name: _figures_json(figures) for name, figures in hamlet.figures.items()},
            }
            for hamlet in result.hamlets
        ],
        "areas": [
            {
                "id": area.id,
                "rank": area.rank,
                "people": area.people,
                "reason": area.reason,
                "facts": {key: _plain(value) for key, value in area.facts.items()},
                "lon": area.lon,
                "lat": area.lat,
                "hamlet": area.hamlet,
                "nearest_site": area.nearest_site,
                "nearest_site_m": _plain(area.nearest_site_m),
                "nearest_road": area.nearest_road,
                "nearest_road_m": _plain(area.nearest_road_m),
            }
            for area in result.areas
        ],
        "places": [_place_json(place) for place in result.places],
        "wifi": {
            **_figures_json(result.wifi.figures),
            "places": [_place_json(item) for item in result.wifi.items],
        },
        "fiber": _figures_json(result.fiber.figures),
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
