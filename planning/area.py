"""Gap areas: where people live whom an operator, or all of them together, does not serve, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo.coverage import State
from geo.gap import Area, find_areas
from geo.grid import Grid
from geo.link import Obstacle
from geo.radio import Transmitter
from geo.reason import Why, explain
from geo.units import Booleans, Bytes, Floats, Integers
from planning import coverage, data
from planning.coverage import Inputs
from planning.people import Settlement
from planning.runs import ANY, TWO_OR_MORE, CoverageRun
from planning.workspace import Workspace

MOSTLY = 0.5  # an operator that covers more than this share of an area's people is not the one it lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class GapArea:
    """
    A connected inhabited area that is not served.

    Parameters
    ----------
    operator
        Operator that does not serve it; ``any``: none does; ``two_or_more``: fewer than two do.
    id, rank
        Key that stays while the place stays; 1 is the operator's area with most people.
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
        Nearest mast with the technology that could serve it, or "", and its distance [m].
    nearest_road, nearest_road_m
        Nearest road, or "", and its distance [m].
    """

    operator: str
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


def find(
    workspace: Workspace,
    found: CoverageRun,
    settlement: Settlement,
    grid: Grid,
    states: Mapping[str, Bytes],
) -> tuple[GapArea, ...]:
    """
    Gap areas of all operators together, of each operator, and of two or more.

    Parameters
    ----------
    workspace
        The workspace.
    found
        The coverage estimate.
    settlement
        Its people.
    grid
        Grid of the estimate.
    states
        Operator, ``any`` or ``two_or_more`` to the values of ``geo.coverage.State`` at the people points.

    Returns
    -------
    areas
        Those of ``any`` first, then each operator's, then those of ``two_or_more``; each group by rank. The
        reason of an area is judged by the masts which could serve it: the operator's own; for
        ``two_or_more`` those of the operators which the area lacks.
    """
    names = (ANY, *found.operators, TWO_OR_MORE)
    gaps = {name: _gaps(settlement, grid, states[name]) for name in names}
    if not any(gaps.values()):
        return ()
    inputs = coverage.read_inputs(workspace, found.options)
    every = [(name, area) for name, areas in gaps.items() for area in areas]
    reasons = _why(found, inputs, states, every, dense=workspace.is_dense())
    return tuple(_records(workspace, settlement, every, reasons))


def _gaps(settlement: Settlement, grid: Grid, state: Bytes) -> tuple[Area, ...]:
    people = settlement.people
    missed = np.flatnonzero((state == State.UNCOVERED) & (people.n_people > 0))
    areas = find_areas(
        grid,
        people.x_m[missed],
        people.y_m[missed],
        people.n_people[missed],
        join_m=data.setting("gap_join_m"),
    )
    return tuple(
        Area(people=area.people, shape=area.shape, x_m=area.x_m, y_m=area.y_m, members=missed[area.members])
        for area in areas
    )


def _why(
    found: CoverageRun,
    inputs: Inputs,
    states: Mapping[str, Bytes],
    gaps: Sequence[tuple[str, Area]],
    *,
    dense: bool,
) -> tuple[Why, ...]:
    groups: dict[frozenset[str], list[int]] = {}
    for index, (name, area) in enumerate(gaps):
        groups.setdefault(_lacking(found.operators, states, name, area), []).append(index)
    reasons: dict[int, Why] = {}
    for lacking, indices in groups.items():
        explained = explain(
            [gaps[index][1] for index in indices],
            _of_operators(inputs.transmitters, lacking),
            inputs.surface,
            model=found.options.model,
            dense=dense,
            levels=data.levels(),
            limits=coverage.limits(),
            receiver_height_m=data.setting("receiver_height_m"),
            convergence_deg=inputs.surface.grid.convergence_deg(),
            allowance_db=data.setting("radius_allowance_db"),
        )
        reasons |= zip(indices, explained, strict=True)
    return tuple(reasons[index] for index in range(len(gaps)))


def _lacking(operators: Sequence[str], states: Mapping[str, Bytes], name: str, area: Area) -> frozenset[str]:
    if name not in (ANY, TWO_OR_MORE):
        return frozenset((name,))
    served = (states[operator][area.members] == State.COVERED for operator in operators)
    lacking = [operator for operator, here in zip(operators, served, strict=True) if here.mean() <= MOSTLY]
    return frozenset(lacking)


def _of_operators(transmitters: Sequence[Transmitter], operators: frozenset[str]) -> list[Transmitter]:
    return [sector for sector in transmitters if operators.intersection(sector.operators)]


def _records(
    workspace: Workspace,
    settlement: Settlement,
    gaps: Sequence[tuple[str, Area]],
    reasons: Sequence[Why],
) -> Iterator[GapArea]:
    areas = [area for _, area in gaps]
    outlines = gpd.GeoSeries([area.shape for area in areas], crs=workspace.calc_epsg).to_crs(4326)
    tops = gpd.GeoSeries(
        gpd.points_from_xy([area.x_m for area in areas], [area.y_m for area in areas]),
        crs=workspace.calc_epsg,
    ).to_crs(4326)
    houses = _houses(workspace, settlement.buildings)
    located = np.array([hamlet.located for hamlet in settlement.hamlets] or [False])
    rank = dict.fromkeys((name for name, _ in gaps), 0)
    for (name, area), why, road, outline, top in zip(
        gaps, reasons, _nearest(workspace, areas), outlines, tops, strict=True
    ):
        rank[name] += 1
        hamlet = _main_hamlet(settlement, located, settlement.people.zone[area.members])
        place = f"{hamlet or workspace.name}-{round(area.x_m / 50)}-{round(area.y_m / 50)}"
        yield GapArea(
            operator=name,
            id=place if name == ANY else f"{name}-{place}",
            rank=rank[name],
            people=area.people,
            reason=str(why.reason),
            facts=MappingProxyType(_facts(why, houses)),
            geometry=outline,
            lon=float(top.x),
            lat=float(top.y),
            hamlet=hamlet,
            nearest_site=why.nearest_id,
            nearest_site_m=why.nearest_m,
            nearest_road=road[0],
            nearest_road_m=road[1],
        )


def _facts(why: Why, houses: _Houses | None) -> dict[str, object]:
    facts: dict[str, object] = {"mast": why.mast_id, "distance_m": why.distance_m, "assumed": why.assumed}
    if why.obstacle is not None:
        kind, height_m = _stands(why.obstacle, houses)
        facts |= {
            "obstacle": kind,
            "obstacle_height_m": height_m,
            "obstacle_distance_m": why.obstacle.distance_m,
        }
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Houses:
    tree: shapely.STRtree
    heights_m: Floats


def _houses(workspace: Workspace, buildings: gpd.GeoDataFrame) -> _Houses | None:
    """Houses that may stand in the way; None where no map of heights tells what does."""
    if not (workspace.rasters / "clutter.tif").exists():
        return None
    heights_m = buildings["height_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    return _Houses(tree=shapely.STRtree(buildings.geometry.to_numpy()), heights_m=heights_m)


def _stands(obstacle: Obstacle, houses: _Houses | None) -> tuple[str, float]:
    if houses is None:
        return "assumed", obstacle.clutter_height_m
    if obstacle.clutter_height_m < 1:
        return "ground", obstacle.clutter_height_m
    near_m = data.setting("coverage_cell_m")
    box = shapely.box(
        obstacle.x_m - near_m, obstacle.y_m - near_m, obstacle.x_m + near_m, obstacle.y_m + near_m
    )
    near = houses.heights_m[houses.tree.query(box)]
    if not len(near):
        return "trees", obstacle.clutter_height_m
    known = near[np.isfinite(near)]
    return "building", float(known.max()) if len(known) else obstacle.clutter_height_m


def _main_hamlet(settlement: Settlement, located: Booleans, zone: Integers) -> str:
    known = zone[(zone >= 0) & located[np.maximum(zone, 0)]]
    return settlement.hamlets[int(np.bincount(known).argmax())].name if len(known) else ""


def _nearest(workspace: Workspace, areas: Sequence[Area]) -> list[tuple[str, float]]:
    roads = workspace.store.read("road").to_crs(workspace.calc_epsg)
    if roads.empty:
        return [("", math.nan)] * len(areas)
    tree = shapely.STRtree(roads.geometry.to_numpy())
    points = shapely.points([area.x_m for area in areas], [area.y_m for area in areas])
    index, distance_m = tree.query_nearest(points, return_distance=True, all_matches=False)
    names = roads["name"].fillna("").to_numpy()
    return [(str(names[road]), float(away)) for road, away in zip(index[1], distance_m, strict=True)]
