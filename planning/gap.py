"""Who misses the 100 % targets, where and why: the figures that screens, scripts and exports share."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import io
from geo.coverage import State, combine
from geo.errors import NotFoundError
from geo.gap import Area, Figures, find_areas, tally, tally_zones
from geo.grid import Grid
from geo.reason import Obstacle, Why, explain
from geo.receiver import outdoor_cells, states_at
from planning import coverage, data
from planning.coverage import ANY, TWO_OR_MORE, CoverageRun
from planning.people import Settlement, settle
from planning.scenario import CoverageOptions
from planning.workspace import Workspace

Bytes = NDArray[np.uint8]
Booleans = NDArray[np.bool_]
WIFI_KINDS = ("cultural_house", "commune_centre")
STATE_NAMES = MappingProxyType(
    {State.COVERED: "covered", State.UNCOVERED: "uncovered", State.UNKNOWN: "unknown"}
)


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
        Value of ``geo.gap.Reason``; its text is ``gap.reason.<reason>``.
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
class PlaceState:
    """
    A place and whether it is served.

    Parameters
    ----------
    id, name, kind
        Key, name, kind of place.
    hamlet
        Hamlet, or "".
    state
        ``covered``, ``uncovered`` or ``unknown``.
    note_key
        Text key of what decided, or "".
    """

    id: str
    name: str
    kind: str
    hamlet: str
    state: str
    note_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """
    A target counted in three states.

    Parameters
    ----------
    figures
        Counts of places or households.
    items
        The places counted; empty for households.
    note_key
        Text key of what the count rests on.
    """

    figures: Figures
    items: tuple[PlaceState, ...]
    note_key: str


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
    operators: Mapping[str, Figures]
    hamlets: tuple[HamletFigures, ...]
    areas: tuple[GapArea, ...]
    places: tuple[PlaceState, ...]
    wifi: TargetState
    fiber: TargetState
    registered: float | None
    basis: str
    assumptions: Mapping[str, float]


def run(workspace: Workspace, *, commune: str | None = None, now: dt.datetime) -> GapResult:
    """
    Analyse the gaps that the latest coverage estimate leaves; estimate first where none exists.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Administrative code asked for; None: the area of the workspace.
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
    settlement = settle(workspace)
    grid, states, assumed = _at_people(found, settlement)
    hamlets = _hamlets(settlement, states, assumed)
    people = settlement.people
    return GapResult(
        run=found.digest,
        made_at=found.made_at,
        operators=MappingProxyType(
            {name: tally(states[name], people.n_people, assumed[name]) for name in states}
        ),
        hamlets=hamlets,
        areas=_areas(workspace, found, settlement, grid, states[ANY]),
        places=_places(workspace, found),
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
    first = io.read(found.state_paths[ANY])
    grid = first.grid
    pairs = outdoor_cells(grid, settlement.outlines, ring_m=data.setting("outdoor_ring_m"))
    at_home = people.building >= 0
    states: dict[str, Bytes] = {}
    assumed: dict[str, Booleans] = {}
    for operator in found.operators:
        state = io.read(found.state_paths[operator]).values
        power = io.read(found.power_paths[operator]).values
        flags = io.read(found.flag_paths[operator]).values
        here = sample(grid, state, people.x_m, people.y_m, outside=State.UNKNOWN)
        power_dbm = np.where(power == -32768, -np.inf, power / coverage.CENTI)
        at_houses = states_at(pairs, power_dbm, state, levels=data.levels())
        here[at_home] = at_houses[people.building[at_home]]
        flag = sample(grid, flags, people.x_m, people.y_m, outside=0)
        states[operator] = here
        assumed[operator] = people.assumed | (flag & coverage.FLAG_ASSUMED > 0)
    states[ANY], states[TWO_OR_MORE] = combine([states[name] for name in found.operators])
    for name in (ANY, TWO_OR_MORE):
        assumed[name] = _joint(states, assumed, found.operators, states[name])
    return grid, states, assumed


def _joint(
    states: Mapping[str, Bytes], assumed: Mapping[str, Booleans], operators: tuple[str, ...], state: Bytes
) -> Booleans:
    firm = np.zeros(len(state), dtype=np.int64)
    firmly_without = np.ones(len(state), dtype=bool)
    for operator in operators:
        firm += (states[operator] == State.COVERED) & ~assumed[operator]
        firmly_without &= ~assumed[operator]
    result: Booleans = np.where(state == State.COVERED, firm == 0, ~firmly_without)
    return result


def sample(
    grid: Grid,
    values: NDArray[np.generic],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    *,
    outside: int,
) -> Bytes:
    """
    Value of the cell under each point.

    Parameters
    ----------
    grid
        Grid of the values.
    values
        Shape of the grid; 255 counts as outside.
    x_m, y_m
        Points [m], shape (n,).
    outside
        Value for points outside.

    Returns
    -------
    values
        Shape (n,).
    """
    row, column = grid.to_rowcol(x_m, y_m)
    inside = (row >= 0) & (row < grid.rows) & (column >= 0) & (column < grid.cols)
    found = np.full(len(x_m), outside, dtype=np.uint8)
    found[inside] = values[row[inside], column[inside]]
    found[found == coverage.NOTHING] = outside
    return found


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
        levels=data.levels(),
        limits=coverage.limits(),
        receiver_height_m=data.setting("receiver_height_m"),
        convergence_deg=inputs.surface.grid.convergence_deg(),
    )
    hamlet_of = people.zone[missed]
    return tuple(
        _area_record(workspace, area, why, rank, _main_hamlet(settlement, hamlet_of[area.members]), near)
        for rank, (area, why, near) in enumerate(
            zip(areas, reasons, _nearest(workspace, areas), strict=True), start=1
        )
    )


def _kind(workspace: Workspace, obstacle: Obstacle) -> str:
    if obstacle.clutter_height_m < 1:
        return "ground"
    point = gpd.GeoSeries([shapely.Point(obstacle.x_m, obstacle.y_m)], crs=workspace.calc_epsg)
    west, south, east, north = point.buffer(data.setting("coverage_cell_m")).to_crs(4326).total_bounds
    near = workspace.store.read("building", bounds=(west, south, east, north))
    return "trees" if near.empty else "building"


def _main_hamlet(settlement: Settlement, zone: NDArray[np.int64]) -> str:
    known = zone[zone >= 0]
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
        facts |= {
            "obstacle": _kind(workspace, why.obstacle),
            "obstacle_height_m": why.obstacle.clutter_height_m,
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
        nearest_site=why.mast_id,
        nearest_site_m=why.distance_m,
        nearest_road=road[0],
        nearest_road_m=road[1],
    )


def _places(workspace: Workspace, found: CoverageRun) -> tuple[PlaceState, ...]:
    table = workspace.store.read("place")
    raster = io.read(found.state_paths[ANY])
    placed = table.geometry.notna().to_numpy()
    state = np.full(len(table), State.UNKNOWN, dtype=np.uint8)
    points = table.geometry[placed].to_crs(workspace.calc_epsg)
    state[placed] = sample(
        raster.grid, raster.values, points.x.to_numpy(), points.y.to_numpy(), outside=State.UNKNOWN
    )
    return tuple(
        _place(row, STATE_NAMES[State(int(value))], "" if has_place else "gap.place.no_position")
        for row, value, has_place in zip(table.to_dict("records"), state, placed, strict=True)
    )


def _place(row: Mapping[str, object], state: str, note_key: str) -> PlaceState:
    return PlaceState(
        id=str(row["id"]),
        name=_word(row["name"]),
        kind=_word(row["kind"]),
        hamlet=_word(row["hamlet"]),
        state=state,
        note_key=note_key,
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def wifi(workspace: Workspace) -> TargetState:
    """
    Free Wi-Fi at cultural houses and the commune centre.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    target
        A place counts where an active free hotspot is linked to it or stands within its radius, or where
        the office states that it has one; as uncovered where it is stated or seen to have none; else as
        unknown.
    """
    places = workspace.store.read("place")
    places = places[places["kind"].isin(WIFI_KINDS)]
    spots = workspace.store.read("wifi").to_crs(workspace.calc_epsg)
    on_air = spots["status"].isna() | (spots["status"] == "operational")
    free = spots[on_air & spots["is_free"].fillna(value=True).astype(bool)]
    radius_m = free["radius_m"].astype(float).fillna(data.setting("wifi_radius_m")).to_numpy()
    tree = shapely.STRtree(free.geometry.to_numpy())
    items = []
    for row, point in zip(
        places.to_dict("records"), places.geometry.to_crs(workspace.calc_epsg), strict=True
    ):
        linked = bool((free["place_id"] == row["id"]).any())
        near = False
        if point is not None and len(free):
            index = tree.query(point.buffer(float(radius_m.max())))
            near = any(free.geometry.iloc[spot].distance(point) <= radius_m[spot] for spot in index)
        items.append(
            _place(row, *_wifi_state(row, found=linked or near, listed=len(spots) > 0 and point is not None))
        )
    return TargetState(figures=_count(items), items=tuple(items), note_key="gap.wifi.note")


def _wifi_state(row: Mapping[str, object], *, found: bool, listed: bool) -> tuple[str, str]:
    stated = _word(row["wifi_status"])
    if found or stated in ("yes", "weak"):
        return "covered", "gap.wifi.weak" if stated == "weak" and not found else ""
    if stated in ("no", "installing"):
        return "uncovered", f"gap.wifi.{stated}"
    return ("uncovered", "gap.wifi.none_near") if listed else ("unknown", "gap.wifi.not_stated")


def _count(items: list[PlaceState]) -> Figures:
    number = {name: float(sum(item.state == name for item in items)) for name in STATE_NAMES.values()}
    return Figures(
        total=float(len(items)),
        covered=number["covered"],
        uncovered=number["uncovered"],
        unknown=number["unknown"],
        assumed=0.0,
    )


def fiber(workspace: Workspace, settlement: Settlement) -> TargetState:
    """
    Households within drop distance of a fibre access point of the target speed.

    Parameters
    ----------
    workspace
        The workspace.
    settlement
        Its people; households are placed like the people of their hamlet.

    Returns
    -------
    target
        Households near an access point fast enough are covered; near one of unknown speed only, unknown;
        all others uncovered; all unknown where no access point is known.
    """
    nodes = workspace.store.read("fiber_node").to_crs(workspace.calc_epsg)
    nodes = nodes[nodes["status"].isna() | (nodes["status"] == "operational")]
    usual = nodes["technology"].map(dict(data.fiber_speeds()))
    speed_gbps = nodes["speed_gbps"].astype(float).fillna(usual.astype(float)).to_numpy()
    hamlets = workspace.store.read("hamlet")
    people = settlement.people
    households = _households(hamlets, settlement)
    reach_m = data.setting("drop_distance_m")
    fast = _within(people.x_m, people.y_m, nodes[speed_gbps >= data.setting("fiber_speed_gbps")], reach_m)
    perhaps = _within(people.x_m, people.y_m, nodes[np.isnan(speed_gbps)], reach_m)
    state = np.where(fast, State.COVERED, np.where(perhaps, State.UNKNOWN, State.UNCOVERED)).astype(np.uint8)
    if nodes.empty:
        state[:] = State.UNKNOWN
    return TargetState(figures=tally(state, households, people.assumed), items=(), note_key="gap.fiber.note")


def _households(hamlets: gpd.GeoDataFrame, settlement: Settlement) -> NDArray[np.float64]:
    stated = hamlets["households"].astype(float).fillna(0.0).to_numpy() if len(hamlets) else np.empty(0)
    people = settlement.people
    held = np.bincount(
        np.maximum(people.zone, 0), weights=people.n_people * (people.zone >= 0), minlength=len(stated)
    )
    each = np.divide(stated, held[: len(stated)], out=np.zeros_like(stated), where=held[: len(stated)] > 0)
    return (
        np.where(people.zone >= 0, people.n_people * each[people.zone], 0.0)
        if len(each)
        else people.n_people * 0
    )


def _within(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], nodes: gpd.GeoDataFrame, reach_m: float
) -> Booleans:
    near = np.zeros(len(x_m), dtype=bool)
    if len(nodes):
        tree = shapely.STRtree(nodes.geometry.to_numpy())
        hit, _ = tree.query(shapely.points(x_m, y_m), predicate="dwithin", distance=reach_m)
        near[hit] = True
    return near


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
        "population": {"basis": result.basis, "registered": result.registered},
        "assumptions": dict(result.assumptions),
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
