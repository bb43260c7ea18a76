"""Buildings of the sample city: a third of the real number, along lanes in villages and streets in towns."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from planning.sample import frame
from planning.sample.city_land import BUILDINGS, Land
from planning.sample.city_rows import columns_table, numbered
from planning.sample.frame import Floats
from planning.sample.rows import Manner

Ints = npt.NDArray[np.int64]

LANE_GAP_M, PITCH_M = (54.0, 46.0), (14.0, 24.0)
"""Distance of two lanes and of two plots along a lane, in villages and in towns [m]."""

SETBACK_M = (10.0, 12.0)
BORDER_M, BANK_M = 14.0, 25.0
EXTRA = 2.6
HALF_WIDTH_M = ((4.0, 6.0), (6.5, 10.0))
HALF_DEPTH_M = ((3.0, 5.0), (4.5, 8.0))
FLOORS = ((0.52, 0.36, 0.12), (0.0, 0.0, 0.52, 0.32, 0.16))
FLOOR_M, ROOF_M = 3.4, (0.6, 2.0)
HIGHEST_M = (12.0, 20.0)
PEOPLE_LIKE = 0.85
APARTMENT_FLOORS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plots:
    """
    Where the buildings stand.

    Parameters
    ----------
    xy_m
        Middles in EPSG:9210 [m], shape (n, 2).
    hamlet
        Hamlet of each, rising, shape (n,).
    bearing_deg
        Direction of its lane, clockwise from grid north [°], shape (n,).
    """

    xy_m: Floats
    hamlet: Ints
    bearing_deg: Floats


def plots(land: Land) -> Plots:
    """
    Plots of all buildings.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    plots
        Grouped by hamlet, the middle of the hamlet first; none near a river or a neighbour's land.
    """
    chance = frame.stream(land.seed, "city plots")
    bearing_deg = chance.uniform(0.0, 180.0, len(land.hamlet_xy_m))
    wanted = _wanted(land)
    xy_m, hamlet, rank = _candidates(land, np.ceil(EXTRA * wanted).astype(np.int64), bearing_deg)
    inside = _is_free(land, xy_m, hamlet)
    xy_m, hamlet, rank = xy_m[inside], hamlet[inside], rank[inside]
    order = np.lexsort((rank + chance.uniform(0.0, 0.25, len(rank)), hamlet))
    xy_m, hamlet = xy_m[order], hamlet[order]
    first = np.searchsorted(hamlet, np.arange(len(wanted)))
    place = np.arange(len(hamlet)) - first[hamlet]
    # Where a hamlet has too little room its buildings go to the hamlets with most room left.
    picked = np.sort(np.argsort(place / wanted[hamlet], kind="stable")[: land.size.part(BUILDINGS)])
    return Plots(xy_m=xy_m[picked], hamlet=hamlet[picked], bearing_deg=bearing_deg[hamlet[picked]])


def _wanted(land: Land) -> Ints:
    """Buildings wanted in each hamlet, nearly in proportion to its people."""
    like = land.people**PEOPLE_LIKE
    found: Ints = np.maximum(np.round(like / like.sum() * land.size.part(BUILDINGS)), 4).astype(np.int64)
    return found


def _candidates(land: Land, n_slots: Ints, bearing_deg: Floats) -> tuple[Floats, Ints, Floats]:
    """Middles (n, 2), hamlet and remoteness (n,) of plots on both sides of parallel lanes."""
    kind = land.is_urban.astype(np.int64)
    gap_m, pitch_m, setback_m = (np.array(pair)[kind] for pair in (LANE_GAP_M, PITCH_M, SETBACK_M))
    n_lanes = np.ceil(np.sqrt(n_slots * pitch_m / (2.0 * gap_m))).astype(np.int64)
    n_along = np.ceil(n_slots / (2.0 * n_lanes)).astype(np.int64)
    n_each = 2 * n_lanes * n_along
    hamlet = np.repeat(np.arange(len(n_each)), n_each)
    slot = np.arange(len(hamlet)) - np.repeat(np.cumsum(n_each) - n_each, n_each)
    side, rest = slot % 2, slot // 2
    lane, step = rest // n_along[hamlet], rest % n_along[hamlet]
    across_m = (lane - (n_lanes[hamlet] - 1) / 2.0) * gap_m[hamlet] + (2 * side - 1) * setback_m[hamlet]
    along_m = (step - (n_along[hamlet] - 1) / 2.0) * pitch_m[hamlet]
    turn = np.radians(bearing_deg)[hamlet]
    sine, cosine = np.sin(turn), np.cos(turn)
    offset_m = np.stack([along_m * sine + across_m * cosine, along_m * cosine - across_m * sine], axis=1)
    size_m = np.sqrt(n_each * pitch_m * gap_m / 2.0)[hamlet]
    return land.hamlet_xy_m[hamlet] + offset_m, hamlet, np.hypot(across_m, along_m) / size_m


def _is_free(land: Land, xy_m: Floats, hamlet: Ints) -> npt.NDArray[np.bool_]:
    """True for plots within their hamlet's land and away from the water."""
    homes = shapely.buffer(land.hamlet_shapes, -BORDER_M)
    banks = land.water.buffer(BANK_M)
    shapely.prepare(homes)
    shapely.prepare(banks)
    inside: npt.NDArray[np.bool_] = shapely.contains_xy(homes[hamlet], xy_m[:, 0], xy_m[:, 1])
    inside &= ~shapely.intersects_xy(banks, xy_m[:, 0], xy_m[:, 1])
    return inside


def outlines(land: Land, places: Plots) -> tuple[npt.NDArray[np.object_], Ints, Floats]:
    """
    Shape of every building.

    Parameters
    ----------
    land
        The city's land.
    places
        Where the buildings stand, n of them.

    Returns
    -------
    shapes
        Rectangles in EPSG:9210, shape (n,); no two touch.
    n_floors
        Floors, shape (n,).
    height_m
        Heights [m], 4–12 in villages and 10–20 in towns, shape (n,).
    """
    chance = frame.stream(land.seed, "city building")
    kind = land.is_urban[places.hamlet].astype(np.int64)
    n_rows = len(kind)
    low, high = np.array(HALF_WIDTH_M)[kind].T
    along_m = chance.uniform(low, high)
    low, high = np.array(HALF_DEPTH_M)[kind].T
    across_m = chance.uniform(low, high)
    sine, cosine = np.sin(np.radians(places.bearing_deg)), np.cos(np.radians(places.bearing_deg))
    corners = np.empty((n_rows, 4, 2))
    for corner, (a, c) in enumerate(((-1, -1), (-1, 1), (1, 1), (1, -1))):
        corners[:, corner, 0] = places.xy_m[:, 0] + a * along_m * sine + c * across_m * cosine
        corners[:, corner, 1] = places.xy_m[:, 1] + a * along_m * cosine - c * across_m * sine
    drawn = [chance.choice(len(odds), n_rows, p=odds) + 1 for odds in FLOORS]
    n_floors = np.where(kind == 1, drawn[1], drawn[0])
    height_m = FLOOR_M * n_floors + chance.uniform(*ROOF_M, n_rows)
    height_m = np.clip(np.round(height_m, 1), 4.0, np.array(HIGHEST_M)[kind])
    return np.asarray(shapely.polygons(corners), dtype=object), n_floors, height_m


def buildings(
    land: Land,
    places: Plots,
    shapes: npt.NDArray[np.object_],
    n_floors: Ints,
    height_m: Floats,
    hamlet_ids: npt.NDArray[np.object_],
) -> gpd.GeoDataFrame:
    """
    The buildings with the people in them.

    Parameters
    ----------
    land
        The city's land.
    places
        Where they stand, n of them.
    shapes, n_floors, height_m
        As ``outlines`` gives them.
    hamlet_ids
        Keys of the hamlets.

    Returns
    -------
    table
        Layer ``building``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city household")
    columns: dict[str, object] = {
        "id": numbered("TPM-NHA-", len(shapes), n_digits=6),
        "kind": np.where(n_floors >= APARTMENT_FLOORS, "apartment", "house").astype(object),
        "height_m": height_m,
        "n_floors": n_floors,
        "n_people": _people(land, places.hamlet, n_floors, chance),
        "hamlet_id": hamlet_ids[places.hamlet],
    }
    manner = Manner(layer="building", sharing="internal", accuracy_m=2.0)
    return columns_table(manner, columns, shapes, chance)


def _people(land: Land, hamlet: Ints, n_floors: Ints, chance: np.random.Generator) -> Floats:
    """People of each building; those of a hamlet add up to its people."""
    ends = np.searchsorted(hamlet, np.arange(len(land.people) + 1))
    found = np.zeros(len(hamlet))
    for index, total in enumerate(land.people):
        own = n_floors[ends[index] : ends[index + 1]].astype(np.float64)
        found[ends[index] : ends[index + 1]] = chance.multinomial(total, own / own.sum())
    return found
