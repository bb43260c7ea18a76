"""The outdoor cells around a building speak for it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import receiver
from geo.coverage import Levels, State
from geo.grid import Grid
from geo.receiver import OutdoorCells, outdoor_cells, states_at

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


def test_distance_counts_from_every_wall_of_every_part() -> None:
    yard = shapely.Polygon(shapely.box(20, 20, 180, 180).exterior, [shapely.box(50, 50, 150, 150).exterior])
    parts = shapely.multipolygons([shapely.box(20, 20, 36, 36), shapely.box(164, 164, 180, 180)])
    rng = np.random.default_rng(4)
    odd = shapely.convex_hull(shapely.multipoints(rng.uniform(60, 140, (9, 2))))
    for shape in (yard, parts, odd):
        cells = outdoor_cells(GRID, [shape], ring_m=25)
        points = shapely.points(*(axis.ravel() for axis in np.meshgrid(*GRID.centres())))
        expected = shapely.dwithin(shape, points, 25) & ~shapely.intersects(shape, points)
        found = np.zeros(GRID.shape, dtype=bool)
        found[cells.row, cells.col] = True
        assert found.ravel().tolist() == expected.tolist()
        assert len(cells.row) == expected.sum() > 0


def test_a_city_looked_at_in_parts_is_the_same_city(monkeypatch: pytest.MonkeyPatch) -> None:
    homes = [shapely.box(x_m, y_m, x_m + 12, y_m + 9) for x_m in (15, 60, 120) for y_m in (22, 38, 90, 140)]
    whole = outdoor_cells(GRID, homes, ring_m=25)
    monkeypatch.setattr(receiver, "AT_ONCE", 5)
    parts = outdoor_cells(GRID, homes, ring_m=25)
    for name in ("building", "row", "col"):
        assert getattr(parts, name).tolist() == getattr(whole, name).tolist()


@given(st.lists(st.tuples(st.integers(-120, -100), st.sampled_from([0, 1, 2, 255])), min_size=1, max_size=24))
def test_a_house_is_covered_where_the_lower_median_covers(cells: list[tuple[int, int]]) -> None:
    rows = np.arange(len(cells))
    pairs = OutdoorCells(building=np.zeros_like(rows), row=rows, col=rows * 0, n_buildings=1)
    level_dbm = np.array([float(level) for level, _ in cells])
    state = np.array([state for _, state in cells], dtype=np.uint8)
    hidden = (state == State.UNKNOWN) | ((state == 255) & (level_dbm < -105.0))
    worst, best = (np.sort(np.where(hidden, value, level_dbm)) for value in (-np.inf, np.inf))
    middle = (len(cells) - 1) // 2
    uncertain = State.UNKNOWN if best[middle] >= -105.0 else State.UNCOVERED
    expected = State.COVERED if worst[middle] >= -105.0 else uncertain
    found = states_at(pairs, level_dbm[:, None], state[:, None], levels=LEVELS)
    assert found.tolist() == [expected]
