"""Houses of the sample: in villages, along dykes, behind an orchard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from planning.sample import frame, land
from planning.sample.frame import Floats
from planning.sample.rows import Manner, table
from planning.sample.settlement import (
    HAMLETS,
    PITCH_M,
    Hamlet,
    building_counts,
    centre,
    half_lane_m,
    lane_offsets_m,
    territories,
)

DYKE_PITCH_M = 26.0
DYKE_SHARE = 0.10
ORCHARD_PITCH_M = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """
    Where houses may stand.

    Parameters
    ----------
    xy_m
        Middles in EPSG:9210 [m], shape (n, 2).
    bearing_deg
        Direction of each house, clockwise from grid north [°], shape (n,).
    """

    xy_m: Floats
    bearing_deg: Floats


def _village_slots(hamlet: Hamlet) -> tuple[Floats, Floats]:
    """Middles (n, 2) of all possible house plots of a hamlet and how central each is."""
    half = half_lane_m(hamlet)
    steps = np.arange(14.0, half, PITCH_M)
    across = np.concatenate([-steps[::-1], steps])
    along = (lane_offsets_m(hamlet)[:, None] + np.array([-10.0, 10.0])).ravel()
    grid_along, grid_across = (values.ravel() for values in np.meshgrid(along, across, indexing="ij"))
    middle = centre(hamlet)
    xy = frame.turned(grid_along, grid_across, centre_m=(middle.x, middle.y), bearing_deg=hamlet.bearing_deg)
    reach = np.hypot(grid_along / (np.abs(along).max() + 1), grid_across / half)
    return xy, reach


@cache
def _dyke_plots() -> Plots:
    """Plots on the land side of the dykes."""
    xy_m, bearing_deg = [], []
    for _, dyke in land.dykes():
        for at_m in np.arange(20.0, dyke.length - 20.0, DYKE_PITCH_M):
            one, two = dyke.interpolate(at_m - 5), dyke.interpolate(at_m + 5)
            east, north = (two.x - one.x) / 10, (two.y - one.y) / 10
            middle = dyke.interpolate(at_m)
            sides = [shapely.Point(middle.x + s * 20 * north, middle.y - s * 20 * east) for s in (1, -1)]
            dry = max(sides, key=lambda side: float(land.water().distance(side)))
            xy_m.append((dry.x, dry.y))
            bearing_deg.append(np.degrees(np.arctan2(east, north)))
    return Plots(xy_m=np.array(xy_m), bearing_deg=np.array(bearing_deg))


@cache
def _forbidden() -> shapely.Geometry:
    """Where no house may stand: water and its banks, orchards, dykes, the main road, outside."""
    dykes = shapely.union_all([line for _, line in land.dykes()]).buffer(10)
    banks = land.water().buffer(34)
    orchards = shapely.union_all(land.orchards()).buffer(8)
    outside = land.outline().buffer(800).difference(land.outline().buffer(-15))
    found = shapely.union_all([dykes, banks, orchards, outside, land.main_road().buffer(16)])
    shapely.prepare(found)
    return found


def _free(xy: Floats, *, territory: shapely.Polygon) -> npt.NDArray[np.bool_]:
    inside = shapely.contains_xy(territory, xy[:, 0], xy[:, 1])
    free: npt.NDArray[np.bool_] = inside & ~shapely.intersects_xy(_forbidden(), xy[:, 0], xy[:, 1])
    return free


def _in_village(hamlet: Hamlet, n_plots: int, rng: np.random.Generator) -> Plots:
    xy, reach = _village_slots(hamlet)
    free = _free(xy, territory=territories()[hamlet.number - 1])
    xy, reach = xy[free], reach[free]
    order = np.argsort(reach + rng.uniform(0.0, 0.35, len(reach)), kind="stable")
    picked = np.sort(order[:n_plots])
    return Plots(xy_m=xy[picked], bearing_deg=np.full(len(picked), hamlet.bearing_deg))


def _on_dykes(hamlet: Hamlet, rng: np.random.Generator) -> Plots:
    dykes = _dyke_plots()
    apart = shapely.distance(shapely.MultiPoint(_village_slots(hamlet)[0]), shapely.points(dykes.xy_m)) > 24.0
    usable = np.flatnonzero(_free(dykes.xy_m, territory=territories()[hamlet.number - 1]) & apart)
    n_most = int(DYKE_SHARE * building_counts()[hamlet.number])
    picked = np.sort(rng.permutation(usable)[:n_most])
    return Plots(xy_m=dykes.xy_m[picked], bearing_deg=dykes.bearing_deg[picked])


def _behind_orchard(hamlet: Hamlet) -> Plots:
    """One row of houses beyond a lane beside the story's orchard."""
    if hamlet.number != land.ORCHARD_HAMLET:
        return Plots(xy_m=np.empty((0, 2)), bearing_deg=np.empty(0))
    row = frame.spaced(land.orchard_lane().offset_curve(12.0), step_m=ORCHARD_PITCH_M, start_m=8.0)
    return Plots(xy_m=shapely.get_coordinates(row), bearing_deg=np.zeros(len(row)))


def _chosen(hamlet: Hamlet, rng: np.random.Generator) -> tuple[Plots, int]:
    """Plots of all houses of a hamlet in a stable order, and how many at the end must stay low."""
    edge, row = _on_dykes(hamlet, rng), _behind_orchard(hamlet)
    n_village = building_counts()[hamlet.number] - len(edge.bearing_deg) - len(row.bearing_deg)
    parts = (_in_village(hamlet, n_village, rng), edge, row)
    plots = Plots(
        xy_m=np.vstack([part.xy_m for part in parts]),
        bearing_deg=np.concatenate([part.bearing_deg for part in parts]),
    )
    return plots, len(row.bearing_deg)


def _rectangles(xy: Floats, bearing_deg: Floats, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """House outlines: 6–10 m along the lane, 8–13 m deep."""
    along, across = rng.uniform(4.0, 6.5, len(xy)), rng.uniform(3.0, 5.0, len(xy))
    shift = rng.uniform(-1.0, 1.0, (len(xy), 2))
    sine, cosine = np.sin(np.radians(bearing_deg)), np.cos(np.radians(bearing_deg))
    corners = np.empty((len(xy), 4, 2))
    for corner, (a, c) in enumerate(((-1, -1), (-1, 1), (1, 1), (1, -1))):
        corners[:, corner, 0] = xy[:, 0] + shift[:, 0] + a * along * sine + c * across * cosine
        corners[:, corner, 1] = xy[:, 1] + shift[:, 1] + a * along * cosine - c * across * sine
    return np.asarray(shapely.polygons(corners), dtype=np.object_)


def _people(hamlet: Hamlet, n_houses: int, rng: np.random.Generator) -> list[float | None]:
    if hamlet.n_people is None:
        return [None] * n_houses
    return [float(n) for n in rng.multinomial(hamlet.n_people, np.full(n_houses, 1.0 / n_houses))]


def buildings(seed: int) -> gpd.GeoDataFrame:
    """
    The 9 000 buildings with heights of 4–12 m and the people in them.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``building``, EPSG:4326.
    """
    rng = frame.stream(seed, "building")
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for hamlet in HAMLETS:
        plots, n_low = _chosen(hamlet, rng)
        xy = plots.xy_m
        floors = rng.choice([1, 2, 3], len(xy), p=[0.52, 0.36, 0.12])
        floors[len(xy) - n_low :] = 1
        heights = np.clip(np.round(3.4 * floors + rng.uniform(0.8, 1.9, len(xy)), 1), 4.0, 12.0)
        people = _people(hamlet, len(xy), rng)
        shapes += list(_rectangles(xy, plots.bearing_deg, rng))
        rows += [
            {
                "id": f"MAU-NHA-{hamlet.number:02d}-{index:04d}",
                "kind": "house",
                "height_m": float(heights[index]),
                "n_floors": int(floors[index]),
                "n_people": people[index],
                "hamlet_id": hamlet.id,
            }
            for index in range(len(xy))
        ]
    return table(Manner(layer="building", sharing="internal", accuracy_m=2.0), rows, shapes, rng)
