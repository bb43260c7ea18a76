"""The outdoor cells around a building speak for it."""

from __future__ import annotations

import numpy as np
import shapely

from geo.coverage import Levels, State
from geo.grid import Grid
from geo.receiver import outdoor_cells, states_at

LEVELS = Levels(
    names=("good", "limited", "weak", "none"),
    lower_dbm=(-95.0, -105.0, -110.0, -np.inf),
    covered=(True, True, False, False),
    margin_db=8.0,
)
GRID = Grid(epsg=9210, west_m=0, north_m=200, cell_m=10, rows=20, cols=20)
HOUSE = shapely.box(92, 92, 108, 108)


def test_cells_lie_outside_every_building_and_within_the_ring() -> None:
    neighbour = shapely.box(112, 92, 128, 108)
    cells = outdoor_cells(GRID, [HOUSE, neighbour], ring_m=25)
    x_m, y_m = GRID.to_xy(cells.row, cells.col)
    points = shapely.points(x_m, y_m)
    both = shapely.union(HOUSE, neighbour)
    assert not shapely.intersects(both, points).any()
    outlines = np.array([HOUSE, neighbour])[cells.building]
    assert (shapely.distance(outlines, points) <= 25).all()
    brute = [
        (row, col)
        for row in range(20)
        for col in range(20)
        if (point := shapely.Point(*GRID.to_xy(row, col))).distance(HOUSE) <= 25
        and not both.intersects(point)
    ]
    own = cells.building == 0
    assert sorted(zip(cells.row[own].tolist(), cells.col[own].tolist(), strict=True)) == brute


def test_median_of_the_ring_decides() -> None:
    cells = outdoor_cells(GRID, [HOUSE], ring_m=25)
    level_dbm, state = np.full(GRID.shape, -120.0), np.zeros(GRID.shape, dtype=np.uint8)
    few = len(cells.row) // 2 - 1
    level_dbm[cells.row[:few], cells.col[:few]] = -80
    assert states_at(cells, level_dbm, state, levels=LEVELS).tolist() == [State.UNCOVERED]
    many = len(cells.row) // 2 + 2
    level_dbm[cells.row[:many], cells.col[:many]] = -80
    assert states_at(cells, level_dbm, state, levels=LEVELS).tolist() == [State.COVERED]


def test_unknown_cells_that_could_turn_the_median_leave_it_unknown() -> None:
    cells = outdoor_cells(GRID, [HOUSE], ring_m=25)
    level_dbm, state = np.full(GRID.shape, -120.0), np.zeros(GRID.shape, dtype=np.uint8)
    many = len(cells.row) // 2 + 2
    state[cells.row[:many], cells.col[:many]] = State.UNKNOWN
    assert states_at(cells, level_dbm, state, levels=LEVELS).tolist() == [State.UNKNOWN]
    state[:] = State.UNCOVERED
    state[cells.row[0], cells.col[0]] = State.UNKNOWN
    assert states_at(cells, level_dbm, state, levels=LEVELS).tolist() == [State.UNCOVERED]


def test_a_building_off_the_grid_is_unknown() -> None:
    cells = outdoor_cells(GRID, [shapely.box(900, 900, 910, 910)], ring_m=25)
    state = states_at(cells, np.full(GRID.shape, -50.0), np.ones(GRID.shape, dtype=np.uint8), levels=LEVELS)
    assert state.tolist() == [State.UNKNOWN]


def test_beyond_the_border_only_a_covering_level_is_certain() -> None:
    cells = outdoor_cells(GRID, [HOUSE], ring_m=25)
    level_dbm, state = np.full(GRID.shape, -120.0), np.full(GRID.shape, 255, dtype=np.uint8)
    assert states_at(cells, level_dbm, state, levels=LEVELS).tolist() == [State.UNKNOWN]
    assert states_at(cells, level_dbm + 40, state, levels=LEVELS).tolist() == [State.COVERED]
