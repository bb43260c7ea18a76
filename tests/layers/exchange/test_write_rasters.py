"""Coverage rasters leave with their values, unit, nodata and place."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio

from geo.errors import NotFoundError
from layers.exchange.cog import CoverageRaster
from layers.exchange.write import write_rasters

NOW = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
WEST, NORTH, CELL = 575_000.0, 2_305_000.0, 10.0
CENTI = np.array([[-9512, -32768], [-7001, -12000], [-11000, -8050]], dtype=np.int16)
STATE = np.array([[1, 255], [1, 0], [2, 1]], dtype=np.uint8)


def save(path: Path, values: np.ndarray, nodata: float, unit: str) -> Path:
    profile = {"count": 1, "height": 3, "width": 2, "dtype": values.dtype.name, "nodata": nodata}
    transform = rasterio.transform.from_origin(WEST, NORTH, CELL, CELL)
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:9210", transform=transform, **profile) as raster:
        raster.write(values, 1)
        raster.units = (unit,)
    return path


@pytest.fixture
def coverage(tmp_path: Path) -> CoverageRaster:
    power = save(tmp_path / "power.tif", CENTI, -32768, "0.01 dBm")
    state = save(tmp_path / "state.tif", STATE, 255, "state")
    return CoverageRaster(name="a", bands=(("power_dbm", power), ("state", state)))


def test_one_operator_is_one_cog_with_dbm_and_state(tmp_path: Path, coverage: CoverageRaster) -> None:
    path = tmp_path / "x.tif"
    write_rasters([coverage], path, epsg=9210, labels={}, notice="mẫu", now=NOW)
    with rasterio.open(path) as found:
        power, state = found.read()
        assert found.crs.to_epsg() == 9210
        assert (found.transform.c, found.transform.f, found.transform.a) == (WEST, NORTH, CELL)
        assert np.isnan(found.nodata)
        assert found.descriptions == ("power_dbm", "state")
        assert found.tags()["hatangso_notice"] == "mẫu"
        assert found.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert np.array_equal(np.isnan(power), CENTI == -32768)
    assert np.allclose(power[CENTI != -32768], CENTI[CENTI != -32768] / 100, atol=1e-4)
    assert np.array_equal(state[STATE != 255], STATE[STATE != 255])


def test_another_crs_moves_cells_and_invents_no_value(tmp_path: Path, coverage: CoverageRaster) -> None:
    write_rasters([coverage], tmp_path / "x.tif", epsg=4326, labels={}, notice="", now=NOW)
    with rasterio.open(tmp_path / "x.tif") as found:
        power = found.read(1)
        lon, lat = found.lnglat()
        assert found.crs.to_epsg() == 4326
    assert (round(lon, 3), round(lat, 3)) == (106.473, 20.836)
    assert set(np.rint(power[~np.isnan(power)] * 100)) <= set(CENTI.ravel().astype(float))


def test_several_operators_are_a_zip(tmp_path: Path, coverage: CoverageRaster) -> None:
    other = CoverageRaster(name="b", bands=coverage.bands[1:])
    report = write_rasters([coverage, other], tmp_path / "x.zip", epsg=9210, labels={}, notice="mẫu", now=NOW)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.namelist() == ["a.tif", "b.tif", "README.txt"]
        assert "mẫu" in archive.read("README.txt").decode()
    assert report.n_rows == 2


def test_a_missing_raster_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    lost = CoverageRaster(name="a", bands=(("power_dbm", tmp_path / "gone.tif"),))
    with pytest.raises(NotFoundError) as caught:
        write_rasters([lost], tmp_path / "x.tif", epsg=9210, labels={}, notice="", now=NOW)
    assert caught.value.facts["file"] == "gone.tif"
    assert not list(tmp_path.iterdir())
