"""Parts of cells in zones: areas kept, overlap counted for each zone, a second scenario from them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.fraction import fractions, zone_share, zone_sums
from geo.grid import Grid
from tests import build

GRID = build.grid(rows=50, cols=40, cell_m=10.0)


def _zones() -> list[shapely.Geometry]:
    west_m, south_m, _, _ = GRID.bounds
    disc = shapely.Point(west_m + 203.0, south_m + 251.0).buffer(117.0)
    return [disc, shapely.box(west_m + 5, south_m + 5, west_m + 25, south_m + 15), shapely.Polygon(), disc]


def test_areas_are_kept() -> None:
    """Parts of cells add up to the area of the polygon, also where it crosses cells."""
    zones = _zones()
    parts = fractions(GRID, zones)
    areas_m2 = zone_sums(parts, np.full(GRID.shape, GRID.cell_area_m2))
    assert areas_m2 == pytest.approx([zone.area for zone in zones], rel=1e-6)


def test_what_lies_outside_is_in_no_cell() -> None:
    """A zone that reaches over the edge counts only what the grid holds."""
    west_m, south_m, _, _ = GRID.bounds
    parts = fractions(GRID, [shapely.box(west_m - 500, south_m - 500, west_m + 15, south_m + 10)])
    assert zone_sums(parts, np.ones(GRID.shape)) == pytest.approx([1.5])


def test_shares_of_a_second_scenario() -> None:
    """The same parts serve any other raster; an empty zone has no share."""
    parts = fractions(GRID, _zones())
    rng = np.random.default_rng(1)
    people, covered = rng.random(GRID.shape), rng.random(GRID.shape) < 0.5
    share = zone_share(parts, people, covered)
    expected = zone_sums(parts, people * covered)[0] / zone_sums(parts, people)[0]
    assert share[[0, 3]] == pytest.approx([expected, expected])
    assert np.isnan(share[2])


def test_no_zones() -> None:
    """Nothing in, nothing out."""
    empty = Grid.from_bounds(GRID.bounds, cell_m=10, epsg=GRID.epsg)
    assert zone_sums(fractions(empty, []), np.ones(empty.shape)).shape == (0,)
