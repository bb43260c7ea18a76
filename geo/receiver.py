"""A building's receiver: the outdoor cells around its outline stand for the people in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.coverage import Levels, State
from geo.grid import Grid
from geo.units import Array, Booleans, Bytes, Floats, Integers

AT_ONCE = 50_000  # buildings looked at together: memory stays small however large the city


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutdoorCells:
    """
    Pairs of a building and an outdoor cell beside it.

    Parameters
    ----------
    building
        Index of the building, rising, shape (n,).
    row, col
        Its cell, shape (n,).
    n_buildings
        Number of buildings, those without any cell included.
    """

    building: Integers
    row: Integers
    col: Integers
    n_buildings: int


def outdoor_cells(grid: Grid, outlines: Sequence[shapely.Geometry], *, ring_m: float) -> OutdoorCells:
    """
    Outdoor cells near each building.

    Parameters
    ----------
    grid
        Grid of the estimate.
    outlines
        Polygons of the buildings, in the CRS of the grid.
    ring_m
        Cells whose centre lies within this distance of the outline [m], and outside every building.

    Returns
    -------
    cells
        Pairs; a building wholly outside the grid, or with no outdoor cell near, has none.
    """
    shapes = np.asarray(outlines, dtype=object)
    empty = np.empty(0, dtype=np.int64)
    if not len(shapes):
        return OutdoorCells(building=empty, row=empty, col=empty, n_buildings=0)
    starts = range(0, len(shapes), AT_ONCE)
    indoors = np.zeros(grid.shape, dtype=bool)
    for start in starts:
        _mark_indoors(grid, shapes[start : start + AT_ONCE], indoors)
    rings = [_ring(grid, shapes[start : start + AT_ONCE], indoors, ring_m=ring_m) for start in starts]
    return OutdoorCells(
        building=np.concatenate([ring[0] + start for start, ring in zip(starts, rings, strict=True)]),
        row=np.concatenate([ring[1] for ring in rings]),
        col=np.concatenate([ring[2] for ring in rings]),
        n_buildings=len(shapes),
    )


def _mark_indoors(grid: Grid, shapes: Array, indoors: Booleans) -> None:
    building, row, col = _candidates(grid, shapely.bounds(shapes), 0.0)
    inside = shapely.intersects_xy(shapes[building], *grid.to_xy(row, col))
    indoors[row[inside], col[inside]] = True


def _ring(
    grid: Grid, shapes: Array, indoors: Booleans, *, ring_m: float
) -> tuple[Integers, Integers, Integers]:
    building, row, col = _candidates(grid, shapely.bounds(shapes), ring_m)
    free = ~indoors[row, col]
    building, row, col = building[free], row[free], col[free]
    walls, owner = _walls(shapes)
    first, last = (np.searchsorted(owner, np.arange(len(shapes)), side) for side in ("left", "right"))
    near = np.zeros(len(building), dtype=bool)
    # One wall of every building at a time, for the cells that no wall has been near yet.
    left, turn = np.arange(len(building)), 0
    while len(left := left[first[building[left]] + turn < last[building[left]]]):
        x_m, y_m = grid.to_xy(row[left], col[left])
        near[left] = _distance_m(walls[first[building[left]] + turn], x_m, y_m) <= ring_m
        left, turn = left[~near[left]], turn + 1
    return building[near], row[near], col[near]


def _walls(shapes: Array) -> tuple[Floats, Integers]:
    # Ends of every stretch of outline, (x, y, x, y), and the shape that it belongs to, rising.
    polygons, of_polygon = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(polygons, return_index=True)
    xy, owner = shapely.get_coordinates(rings, return_index=True)
    joined = owner[1:] == owner[:-1]
    walls: Floats = np.hstack([xy[:-1], xy[1:]])[joined]
    return walls, of_polygon[of_ring[owner[1:][joined]]]


def _distance_m(walls: Floats, x_m: Floats, y_m: Floats) -> Floats:
    x0_m, y0_m, x1_m, y1_m = walls.T
    along_m, up_m = x1_m - x0_m, y1_m - y0_m
    square_m2 = along_m**2 + up_m**2
    share = ((x_m - x0_m) * along_m + (y_m - y0_m) * up_m) / np.where(square_m2 > 0.0, square_m2, 1.0)
    share = np.clip(share, 0.0, 1.0)
    distance_m: Floats = np.hypot(x0_m + share * along_m - x_m, y0_m + share * up_m - y_m)
    return distance_m


def _candidates(grid: Grid, bounds: Floats, ring_m: float) -> tuple[Integers, Integers, Integers]:
    top, left = grid.to_rowcol(bounds[:, 0] - ring_m, bounds[:, 3] + ring_m)
    bottom, right = grid.to_rowcol(bounds[:, 2] + ring_m, bounds[:, 1] - ring_m)
    n_rows, n_cols = bottom - top + 1, right - left + 1
    building = np.repeat(np.arange(len(bounds)), n_rows * n_cols)
    start = np.repeat(np.cumsum(n_rows * n_cols) - n_rows * n_cols, n_rows * n_cols)
    within = np.arange(len(building)) - start
    row = top[building] + within // n_cols[building]
    col = left[building] + within % n_cols[building]
    kept = (row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols)
    return building[kept], row[kept], col[kept]


def states_at(cells: OutdoorCells, planning_dbm: Array, state: Bytes, *, levels: Levels) -> Bytes:
    """
    State of each building from its outdoor cells.

    Parameters
    ----------
    cells
        Pairs of :func:`outdoor_cells`.
    planning_dbm
        Planning level on the grid [dBm], shape (rows, cols); NaN or −inf where nothing certain is received.
    state
        Values of ``State`` on the grid; other values mean outside, where only a covering level is certain.
    levels
        What counts as covered.

    Returns
    -------
    state
        Values of ``State``, shape (n_buildings,): covered where the median level over the cells covers;
        else unknown where as many cells are unknown as could turn the median; else uncovered. Unknown
        without any cell.
    """
    return states_of(cells, planning_dbm[cells.row, cells.col], state[cells.row, cells.col], levels=levels)


def states_of(cells: OutdoorCells, planning_dbm: Array, state: Bytes, *, levels: Levels) -> Bytes:
    """
    State of each building from values at its outdoor cells.

    Parameters
    ----------
    cells
        Pairs of :func:`outdoor_cells`.
    planning_dbm, state
        As in :func:`states_at`, at each pair's cell, shape (n,).
    levels
        What counts as covered.

    Returns
    -------
    state
        As in :func:`states_at`.
    """
    covers = planning_dbm >= levels.lowest_covered_dbm
    is_unknown = (state == State.UNKNOWN) | (~np.isin(state, list(State)) & ~covers)
    count = np.bincount(cells.building, minlength=cells.n_buildings)
    at_least = _median_covers(cells, covers & ~is_unknown, count)
    at_most = _median_covers(cells, covers | is_unknown, count)
    found = np.where(at_least, State.COVERED, np.where(at_most, State.UNKNOWN, State.UNCOVERED))
    found[count == 0] = State.UNKNOWN
    return found.astype(np.uint8)


def _median_covers(cells: OutdoorCells, covers: Booleans, count: Integers) -> Booleans:
    # The lower median, never better than the true one, covers where at most the lower half but one does not.
    missed = np.bincount(cells.building[~covers], minlength=cells.n_buildings)
    result: Booleans = missed <= (count - 1) // 2
    return result
