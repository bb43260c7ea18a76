"""People brought to houses and land."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.errors import ShapeError
from geo.zones import People, assign, inside, join, land_points, share_out
from tests import build


def test_polygon_first_then_the_nearest_point_within_reach() -> None:
    zones = [shapely.box(0, 0, 100, 100), shapely.Point(300, 50), None]
    zone, by_convention = assign(
        np.array([50.0, 290.0, 5000.0]), np.array([50.0, 50.0, 50.0]), zones, max_distance_m=1000
    )
    assert zone.tolist() == [0, 1, -1]
    assert by_convention.tolist() == [False, True, False]


def test_people_are_shared_out_whole() -> None:
    assert share_out(10, np.array([1.0, 3.0])).tolist() == [2.5, 7.5]
    assert share_out(9, np.array([np.nan, np.nan, np.nan])).tolist() == [3, 3, 3]
    assert share_out(9, np.array([5.0, np.nan, np.nan])).tolist() == [3, 3, 3]


def test_land_points_lie_inside_and_stand_for_equal_areas() -> None:
    x_m, y_m = land_points(shapely.box(0, 0, 500, 300), spacing_m=50)
    assert len(x_m) == 60
    assert x_m.min() == 25
    assert y_m.max() == 275


def test_a_sliver_still_gets_one_point() -> None:
    x_m, _ = land_points(shapely.box(10, 10, 11, 11), spacing_m=50)
    assert len(x_m) == 1


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ShapeError):
        People(
            x_m=np.zeros(2),
            y_m=np.zeros(2),
            n_people=np.zeros(3),
            zone=np.zeros(2, dtype=np.int64),
            building=np.zeros(2, dtype=np.int64),
            assumed=np.zeros(2, dtype=bool),
        )
    assert len(join([]).x_m) == 0


def test_a_cell_is_inside_where_its_centre_is() -> None:
    grid = build.grid()
    west_m, south_m, east_m, north_m = grid.bounds
    area = shapely.Polygon(
        [(west_m + 13.0, south_m + 7.0), (east_m - 111.0, south_m + 57.0), (west_m + 407.0, north_m + 90.0)]
    )
    assert np.array_equal(inside(grid, area), shapely.contains_xy(area, *np.meshgrid(*grid.centres())))
    assert not inside(grid, shapely.Polygon()).any()
