"""Zion, Utah: steep land, terrain and land cover in two reference systems, coverage by P.1812."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import Resampling, reproject

from geo.coverage import estimate
from geo.grid import Grid
from geo.io import read_surface
from geo.p1812 import area_loss_db
from geo.terrain import Surface
from tests import build

pytestmark = pytest.mark.real

EPSG, CELL_M, HALF_M = 26912, 30.0, 6_000.0
FOREST_M = {2: 5.0, 4: 10.0, 5: 1.5, 8: 3.0}
"""Heights assumed for built land, forest, shrubs and wetland [m]; all others 0."""


@pytest.fixture(scope="module")
def canyon(shared: Path) -> Surface:
    data = shared / "data"
    with rasterio.open(data / "landcover" / "nlcd2011_zion_utah_epsg26912.tif") as source:
        middle = [(low + high) / 2 for low, high in zip(source.bounds[:2], source.bounds[2:], strict=True)]
        west_m, south_m = (np.floor((value - HALF_M) / CELL_M) * CELL_M for value in middle)
        grid = Grid.from_bounds(
            (west_m, south_m, west_m + 2 * HALF_M, south_m + 2 * HALF_M), cell_m=CELL_M, epsg=EPSG
        )
        classes = np.zeros(grid.shape, dtype=np.uint8)
        reproject(
            rasterio.band(source, 1), classes, dst_transform=grid.transform, dst_crs=f"EPSG:{EPSG}",
            resampling=Resampling.nearest,
        )  # fmt: skip
    ground = read_surface(data / "dem" / "srtm90_zion_utah.tif", None, grid).ground_m
    clutter_m = np.zeros(grid.shape, dtype=np.float32)
    for kind, height_m in FOREST_M.items():
        clutter_m[classes == kind] = height_m
    return Surface(grid=grid, ground_m=ground, clutter_height_m=clutter_m)


def test_the_land_is_steep_and_wooded(canyon: Surface) -> None:
    assert canyon.known.mean() > 0.99
    assert float(np.nanmax(canyon.ground_m) - np.nanmin(canyon.ground_m)) > 500.0
    assert 0.1 < (canyon.clutter_height_m > 5.0).mean() < 0.98


def test_radial_and_exact_agree_in_the_mean(canyon: Surface) -> None:
    row, col = np.unravel_index(np.nanargmax(canyon.ground_m[150:250, 150:250]), (100, 100))
    x_m, y_m = (float(value) for value in canyon.grid.to_xy(row + 150, col + 150))
    exact, radial = (
        area_loss_db(
            canyon, x_m=x_m, y_m=y_m, tx_height_m=30.0, frequency_mhz=2550.0, radius_m=4_000.0, method=method
        )[0]
        for method in ("exact", "radial")
    )
    known = ~np.isnan(exact) & ~np.isnan(radial)
    difference_db = (radial - exact)[known]
    assert known.sum() > 50_000
    assert abs(np.median(difference_db)) < 0.4
    assert np.percentile(np.abs(difference_db), 75) < 1.6


def test_hills_cost_coverage_and_p1812_tells_it_apart_from_distance_alone(canyon: Surface) -> None:
    sector = build.sector(row=200, col=200, on=canyon.grid, azimuth_deg=None, height_m=36.0)
    sector = replace(sector, tx_power_dbm=46.0)
    run = {"levels": build.levels(), "limits": {"default": 4_000.0}, "model": "p1812"}
    hills = estimate([sector], canyon, **run)
    plain = Surface(
        grid=canyon.grid,
        ground_m=np.full(canyon.grid.shape, float(canyon.ground_m[200, 200]), dtype=np.float32),
        clutter_height_m=np.zeros(canyon.grid.shape, dtype=np.float32),
    )
    level = estimate([sector], plain, **run)
    covered = [(found.state("A") == 1).sum() for found in (hills, level)]
    assert 0 < covered[0] < 0.8 * covered[1]
    assert hills.blocked["A"].sum() > 10_000
