"""Rasters come back as they were written, and a failed write leaves nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from geo import io
from geo.errors import CrsError, DiskFullError, FileError, NotFoundError, PlannerError, ShapeError
from geo.grid import Grid
from geo.raster import Raster
from tests import build


def sample(dtype: str, grid: Grid | None = None) -> Raster:
    on = grid or build.grid()
    values = (np.arange(on.rows * on.cols) % 200).reshape(on.shape).astype(dtype)
    return Raster(grid=on, values=values, unit="m")


@pytest.mark.parametrize(("dtype", "nodata"), [("float32", np.nan), ("int16", -32768.0), ("uint8", 255.0)])
def test_a_raster_comes_back_with_grid_unit_and_nodata(tmp_path: Path, dtype: str, nodata: float) -> None:
    raster = sample(dtype)
    io.write_cog(tmp_path / "new" / "a.tif", raster)
    back = io.read(tmp_path / "new" / "a.tif")
    np.testing.assert_array_equal(back.values, raster.values)
    assert (back.grid, back.unit) == (raster.grid, "m")
    np.testing.assert_equal(back.nodata, nodata)


def test_the_file_is_a_cloud_optimised_geotiff(tmp_path: Path) -> None:
    io.write_cog(tmp_path / "a.tif", sample("int16", build.grid(rows=1100, cols=1100)))
    with rasterio.open(tmp_path / "a.tif") as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.overviews(1)
        assert source.crs.to_epsg() == 9210


def test_a_window_is_read_alone(tmp_path: Path) -> None:
    raster = sample("float32")
    io.write_cog(tmp_path / "a.tif", raster)
    bounds = (
        raster.grid.west_m + 105,
        raster.grid.north_m - 95,
        raster.grid.west_m + 200,
        raster.grid.north_m - 40,
    )
    part = io.read(tmp_path / "a.tif", bounds=bounds)
    np.testing.assert_array_equal(part.values, raster.values[4:10, 10:20])
    with pytest.raises(ShapeError):
        io.read(tmp_path / "a.tif", bounds=(0, 0, 1, 1))


def test_files_that_are_not_what_they_say_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.tif").write_text("not a raster")
    with pytest.raises(FileError):
        io.read(tmp_path / "text.tif")
    with pytest.raises(NotFoundError):
        io.read(tmp_path / "absent.tif")
    _write(tmp_path / "picture.tif", driver="PNG")
    with pytest.raises(FileError):
        io.read(tmp_path / "picture.tif")


def _write(path: Path, *, driver: str = "GTiff", epsg: int | None = None, transform: object = None) -> None:
    shape = {"width": 4, "height": 4, "count": 1, "dtype": "uint8", "crs": epsg and f"EPSG:{epsg}"}
    place = transform or rasterio.Affine(10, 0, 0, 0, -10, 0)
    with rasterio.open(path, "w", driver=driver, transform=place, **shape) as target:
        target.write(np.ones((4, 4), dtype=np.uint8), 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, CrsError),
        ({"epsg": 4326}, CrsError),
        ({"epsg": 9210, "transform": rasterio.Affine(10, 0, 0, 0, -5, 0)}, ShapeError),
    ],
)
def test_rasters_the_engine_cannot_place_are_refused(
    tmp_path: Path, changes: dict[str, object], error: type[PlannerError]
) -> None:
    _write(tmp_path / "a.tif", **changes)  # type: ignore[arg-type]
    with pytest.raises(error):
        io.read(tmp_path / "a.tif")


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    io.write_cog(tmp_path / "a.tif", sample("uint8"))
    before = io.digest(tmp_path / "a.tif")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError):
        io.write_cog(tmp_path / "a.tif", sample("int16"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
    assert io.digest(tmp_path / "a.tif") == before
    assert io.digest(tmp_path / "absent.tif") is None


def test_finer_heights_are_averaged_and_nothing_is_invented_outside(tmp_path: Path) -> None:
    fine = build.grid(rows=20, cols=20, cell_m=5.0)
    heights = np.repeat(np.arange(20, dtype=np.float32)[None, :], 20, axis=0)
    io.write_cog(tmp_path / "terrain.tif", Raster(grid=fine, values=heights, unit="m"))
    surface = io.read_surface(tmp_path / "terrain.tif", None, build.grid(rows=15, cols=15))
    np.testing.assert_allclose(
        surface.ground_m[:10, :10], np.tile(np.arange(10) * 2 + 0.5, (10, 1)), atol=1e-5
    )
    assert np.isnan(surface.ground_m[11:]).all()
    assert np.isnan(surface.ground_m[:, 11:]).all()
    assert np.isnan(surface.clutter_height_m).all()


def test_cells_without_a_value_stay_unknown(tmp_path: Path) -> None:
    grid = build.grid(rows=10, cols=10)
    heights = np.full(grid.shape, 300, dtype=np.int16)
    heights[3, 4] = -32768
    io.write_cog(tmp_path / "terrain.tif", Raster(grid=grid, values=heights, unit="m", nodata=-32768))
    surface = io.read_surface(tmp_path / "terrain.tif", tmp_path / "terrain.tif", grid)
    assert np.isnan(surface.ground_m[3, 4])
    assert np.isnan(surface.clutter_height_m[3, 4])
    assert int(surface.known.sum()) == 99
    assert (surface.ground_m[surface.known] == 300).all()


def test_a_source_in_degrees_or_elsewhere_is_placed_right(tmp_path: Path) -> None:
    # A slope rising 1 m for each 0.001 degree eastwards, around 106.47 E 20.83 N.
    transform = rasterio.Affine(0.0005, 0, 106.4, 0, -0.0005, 20.9)
    heights = np.tile(np.arange(300, dtype=np.float32) / 2, (300, 1))
    shape = {"width": 300, "height": 300, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(tmp_path / "d.tif", "w", driver="GTiff", transform=transform, **shape) as target:
        target.write(heights, 1)
    surface = io.read_surface(
        tmp_path / "d.tif",
        None,
        Grid(epsg=9210, west_m=575_000, north_m=2_305_000, cell_m=10, rows=40, cols=40),
    )
    # E 575047.716 N 2304977.138 is 106.472975 E: (0.072975 / 0.001) m less half a source cell.
    row, col = surface.grid.to_rowcol(575_047.716, 2_304_977.138)
    assert float(surface.ground_m[row, col]) == pytest.approx(72.975 - 0.25, abs=0.1)
    far = Grid(epsg=9210, west_m=100_000, north_m=2_000_000, cell_m=10, rows=4, cols=4)
    assert np.isnan(io.read_surface(tmp_path / "d.tif", None, far).ground_m).all()


def test_shapes_are_burnt_by_cell_centre_and_the_higher_wins() -> None:
    grid = build.grid(rows=10, cols=10)
    west, north = grid.west_m, grid.north_m
    low = shapely.box(west, north - 50, west + 50, north)
    high = shapely.box(west + 26, north - 50, west + 50, north)
    values = io.burn(grid, [(high, 12.0), (low, 6.0), (shapely.Polygon(), 99.0)])
    np.testing.assert_array_equal(values[:5, :5], np.tile([6.0, 6.0, 6.0, 12.0, 12.0], (5, 1)))
    values[:5, :5] = np.nan
    assert np.isnan(values).all()
    assert (io.burn(grid, [], fill=0.0) == 0.0).all()
