"""Metres and cells are turned into each other in one place, and degrees are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import CrsError, RangeError, ShapeError
from geo.grid import Grid
from geo.raster import Raster, require_aligned
from tests import build


def test_bounds_are_snapped_outwards_to_multiples_of_the_cell() -> None:
    grid = Grid.from_bounds((1003.0, 2001.0, 1049.0, 2030.0), cell_m=10, epsg=9210)
    assert grid.bounds == (1000.0, 2000.0, 1050.0, 2030.0)
    assert grid.shape == (3, 5)


def test_bounds_on_cell_edges_stay_as_they_are() -> None:
    assert Grid.from_bounds((0.3, 0.6, 0.9, 1.2), cell_m=0.1, epsg=9210).shape == (6, 6)


def test_transform_agrees_with_to_xy(tiny_grid: Grid) -> None:
    assert tiny_grid.transform @ (7.5, 3.5) == tuple(float(value) for value in tiny_grid.to_xy(3, 7))


@pytest.mark.parametrize("epsg", [4326, 4756, 2263])
def test_degrees_and_feet_are_refused(epsg: int) -> None:
    with pytest.raises(CrsError) as refused:
        Grid(epsg=epsg, west_m=0, north_m=0, cell_m=10, rows=1, cols=1)
    assert refused.value.code == "grid_crs_not_projected"


def test_unknown_code_is_refused() -> None:
    with pytest.raises(CrsError):
        Grid(epsg=999_999, west_m=0, north_m=0, cell_m=10, rows=1, cols=1)


@pytest.mark.parametrize("changes", [{"cell_m": 0}, {"cell_m": -1}, {"cell_m": float("nan")}, {"rows": 0}])
def test_sizes_must_be_positive(changes: dict[str, float]) -> None:
    with pytest.raises(RangeError):
        Grid(**{"epsg": 9210, "west_m": 0, "north_m": 0, "cell_m": 10, "rows": 1, "cols": 1} | changes)  # type: ignore[arg-type]


def test_a_grid_of_too_many_cells_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(RangeError):
        Grid.from_bounds((0, 0, 1e6, 1e6), cell_m=1, epsg=9210)


def test_window_holds_the_cells_that_touch(tiny_grid: Grid) -> None:
    x_m, y_m = tiny_grid.to_xy(np.array([5, 9]), np.array([20, 30]))
    part, slices = tiny_grid.window((x_m[0], y_m[1], x_m[1], y_m[0]))
    assert slices == (slice(5, 10), slice(20, 31))
    assert part.shape == (5, 11)
    assert [float(value) for value in part.to_xy(0, 0)] == [float(v) for v in tiny_grid.to_xy(5, 20)]


def test_window_beside_the_grid_is_refused(tiny_grid: Grid) -> None:
    with pytest.raises(ShapeError):
        tiny_grid.window((0.0, 0.0, 10.0, 10.0))


def test_convergence_is_positive_east_of_the_meridian_in_the_north() -> None:
    # Meridian 105.75°, so 577 km east is about 0.72° east of it: 0.72° sin(20.8°) = 0.26°.
    east = Grid(epsg=9210, west_m=575_000, north_m=2_305_000, cell_m=10, rows=10, cols=10)
    assert 0.2 < east.convergence_deg() < 0.3


@given(st.integers(-50, 200), st.integers(-50, 200), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_metres_to_cells_and_back_is_identity(row: int, col: int, down: float, right: float) -> None:
    grid = build.grid(cell_m=2.5)
    x_m, y_m = grid.to_xy(row - 0.5 + down, col - 0.5 + right)
    found = grid.to_rowcol(x_m, y_m)
    assert (int(found[0]), int(found[1])) == (row, col)
    assert bool(grid.contains(x_m, y_m)) == (0 <= row < 60 and 0 <= col < 60)


def test_raster_samples_cells_and_knows_what_has_no_value(tiny_grid: Grid) -> None:
    values = np.arange(3600, dtype=np.int16).reshape(60, 60)
    raster = Raster(grid=tiny_grid, values=values, unit="0.01 dB", nodata=61.0)
    x_m, y_m = tiny_grid.to_xy([0, 1, 1, 70], [3, 1, 2, 0])
    np.testing.assert_array_equal(raster.sample(x_m, y_m), [3.0, np.nan, 62.0, np.nan])
    figures = raster.statistics()
    assert (figures.n_valid, figures.minimum, figures.maximum) == (3599, 0.0, 3599.0)
    assert figures.mean == pytest.approx((3599 * 1800 - 61) / 3599)


def test_raster_values_are_read_only(tiny_grid: Grid) -> None:
    raster = Raster(grid=tiny_grid, values=np.zeros((60, 60), dtype=np.uint8), unit="")
    with pytest.raises(ValueError, match="read-only"):
        raster.values[0, 0] = 1


def test_raster_of_other_shape_type_or_grid_is_refused(tiny_grid: Grid) -> None:
    with pytest.raises(ShapeError):
        Raster(grid=tiny_grid, values=np.zeros((59, 60), dtype=np.uint8), unit="")
    with pytest.raises(ShapeError):
        Raster(grid=tiny_grid, values=np.zeros((60, 60)), unit="m")
    one = Raster(grid=tiny_grid, values=np.zeros((60, 60), dtype=np.uint8), unit="")
    other = Raster(grid=build.grid(cell_m=5), values=np.zeros((60, 60), dtype=np.uint8), unit="")
    with pytest.raises(ShapeError):
        require_aligned(one, other)
