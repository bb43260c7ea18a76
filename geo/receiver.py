"""A building's receiver: the outdoor cells around its outline stand for the people in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.coverage import Levels, State
from geo.grid import Grid
from geo.units import Array, Bytes, Floats, Integers


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
    building, row, col = _candidates(grid, shapely.bounds(shapes), ring_m)
    key, place = np.unique(row * grid.cols + col, return_inverse=True)
    points = shapely.points(*grid.to_xy(key // grid.cols, key % grid.cols))
    indoors = np.zeros(len(key), dtype=bool)
    indoors[shapely.STRtree(shapes).query(points, predicate="intersects")[0]] = True
    near = shapely.dwithin(shapes[building], points[place], ring_m) & ~indoors[place]
    return OutdoorCells(building=building[near], row=row[near], col=col[near], n_buildings=len(shapes))


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
    level_dbm = np.nan_to_num(planning_dbm[cells.row, cells.col], nan=-np.inf).astype(np.float64)
    here = state[cells.row, cells.col]
    outside = ~np.isin(here, list(State)) & (level_dbm < levels.lowest_covered_dbm)
    is_unknown = (here == State.UNKNOWN) | outside
    certain = np.where(is_unknown, np.minimum(level_dbm, levels.lowest_covered_dbm - 1.0), level_dbm)
    hopeful = np.where(is_unknown, np.inf, level_dbm)
    at_least = _median(cells, certain) >= levels.lowest_covered_dbm
    at_most = _median(cells, hopeful) >= levels.lowest_covered_dbm
    found = np.where(at_least, State.COVERED, np.where(at_most, State.UNKNOWN, State.UNCOVERED))
    found[np.bincount(cells.building, minlength=cells.n_buildings) == 0] = State.UNKNOWN
    return found.astype(np.uint8)


def _median(cells: OutdoorCells, values: Floats) -> Floats:
    # Lower median of each building's values: never better than the true one.
    order = np.lexsort((values, cells.building))
    count = np.bincount(cells.building, minlength=cells.n_buildings)
    first = np.cumsum(count) - count
    middle = np.minimum(first + (count - 1) // 2, len(values) - 1)
    if not len(values):
        return np.full(cells.n_buildings, -np.inf)
    median: Floats = np.where(count > 0, values[order][middle], -np.inf)
    return median
