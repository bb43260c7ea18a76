"""People in three states, connected gaps, and the land beyond the border."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from geo.coverage import State, combine
from geo.errors import ShapeError
from geo.gap import Figures, find_areas, open_border, tally, tally_zones
from geo.grid import Grid

EPSG = 9210


def grid(cell_m: float = 10.0, size: int = 200) -> Grid:
    return Grid(epsg=EPSG, west_m=575_000, north_m=2_305_000, cell_m=cell_m, rows=size, cols=size)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 2]), st.floats(0, 1e4), st.booleans(), st.integers(0, 4)),
        min_size=1,
        max_size=60,
    )
)
def test_three_states_add_up_for_the_whole_and_for_each_hamlet(
    rows: list[tuple[int, float, bool, int]],
) -> None:
    state = np.array([row[0] for row in rows], dtype=np.uint8)
    people = np.array([row[1] for row in rows])
    assumed = np.array([row[2] for row in rows])
    zone = np.array([row[3] for row in rows])
    whole = tally(state, people, assumed)
    assert whole.covered + whole.uncovered + whole.unknown == pytest.approx(whole.total)
    parts = tally_zones(state, people, assumed, zone, n_zones=5)
    for name in ("total", "covered", "uncovered", "unknown", "assumed"):
        assert sum(getattr(part, name) for part in parts) == pytest.approx(getattr(whole, name))


def test_figures_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ShapeError, match="states_do_not_add_up"):
        Figures(total=10, covered=5, uncovered=4, unknown=0, assumed=0)


@pytest.mark.parametrize(
    ("states", "anyone", "two"),
    [
        ((1, 0, 0), State.COVERED, State.UNCOVERED),
        ((1, 1, 0), State.COVERED, State.COVERED),
        ((1, 2, 0), State.COVERED, State.UNKNOWN),
        ((0, 0, 0), State.UNCOVERED, State.UNCOVERED),
        ((0, 0, 2), State.UNKNOWN, State.UNCOVERED),
        ((0, 2, 2), State.UNKNOWN, State.UNKNOWN),
        ((2, 2, 2), State.UNKNOWN, State.UNKNOWN),
    ],
)
def test_operators_together_follow_the_rules(states: tuple[int, ...], anyone: State, two: State) -> None:
    found = combine([np.array([state], dtype=np.uint8) for state in states])
    assert (found[0][0], found[1][0]) == (anyone, two)


def test_areas_join_near_houses_and_rank_by_people() -> None:
    x_m = np.array([575_105.0, 575_145.0, 575_905.0])
    y_m = np.array([2_304_895.0, 2_304_895.0, 2_304_095.0])
    areas = find_areas(grid(), x_m, y_m, np.array([3.0, 4.0, 5.0]), join_m=80)
    assert [area.people for area in areas] == [7.0, 5.0]
    assert sorted(areas[0].members) == [0, 1]
    assert areas[0].shape.contains(shapely.Point(x_m[0], y_m[0]))


def test_no_uncovered_people_means_no_area() -> None:
    assert find_areas(grid(), np.empty(0), np.empty(0), np.empty(0), join_m=80) == ()


def test_without_masts_outside_only_the_rim_is_open() -> None:
    whole = grid()
    boundary = shapely.box(*whole.bounds)
    cells = open_border(whole, boundary, (), known_m=5000, reach_m=300)
    assert cells[0, 0]
    assert cells[100, 5]
    assert not cells[100, 100]
    assert cells[100].sum() == pytest.approx(60, abs=12)  # 300 m on either side of 2 km


def test_a_known_mast_outside_closes_its_side() -> None:
    whole = grid()
    boundary = shapely.box(*whole.bounds)
    west = (whole.bounds[0] - 200, (whole.bounds[1] + whole.bounds[3]) / 2)
    cells = open_border(whole, boundary, (west,), known_m=1500, reach_m=300)
    assert not cells[100, 5]
    assert cells[100, 195]


def test_areas_are_those_of_the_whole_grid_dilated_at_once() -> None:
    whole, rng = grid(size=160), np.random.default_rng(5)
    x_m, y_m = 575_000 + rng.uniform(0, 1600, 90), 2_305_000 - rng.uniform(0.01, 1600, 90)
    row, col = whole.to_rowcol(x_m, y_m)
    joined = np.zeros(whole.shape, dtype=bool)
    for down, right in np.argwhere(np.hypot(*np.mgrid[-4:5, -4:5]) <= 4) - 4:
        inside = (row + down >= 0) & (row + down < 160) & (col + right >= 0) & (col + right < 160)
        joined[(row + down)[inside], (col + right)[inside]] = True
    label, n_areas = ndimage.label(joined, structure=np.ones((3, 3)))
    areas = find_areas(whole, x_m, y_m, np.ones(90), join_m=80)
    assert 5 < len(areas) == n_areas
    assert sorted(member for area in areas for member in area.members) == list(range(90))
    for area in areas:
        (value,) = set(label[row[area.members], col[area.members]])
        assert area.shape.area == pytest.approx((label == value).sum() * 100.0)


def test_the_top_of_an_area_does_not_depend_on_places_elsewhere() -> None:
    x_m, y_m = np.array([575_505.0, 575_525.0, 575_505.0]), np.array([2_304_495.0, 2_304_495.0, 2_304_515.0])
    rng = np.random.default_rng(2)
    for _ in range(20):
        people = np.append(np.full(3, 1.0 / 3.0), rng.uniform(0.1, 9.0, 40))
        far_x_m, far_y_m = 575_000 + rng.uniform(0, 300, 40), 2_305_000 - rng.uniform(0.01, 1999, 40)
        areas = find_areas(grid(), np.append(x_m, far_x_m), np.append(y_m, far_y_m), people, join_m=80)
        (own,) = (area for area in areas if 0 in area.members)
        assert (own.x_m, own.y_m) == (x_m[0], y_m[0])
