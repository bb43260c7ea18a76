"""Rasters of strangers: any system, any empty value, brought onto the commune, people kept to the person."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from geo import io
from geo.crs import transform
from geo.errors import FileError, InputError
from geo.raster import Raster
from planning import density, people, raster
from planning.cli.main import main
from planning.workspace import Workspace
from tests import commune

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
WEST, NORTH = 106.40, 20.90


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return commune.empty(tmp_path / "w", population=1000)


def tiff(
    path: Path,
    values: np.ndarray,
    *,
    crs: int = 4326,
    west: float = WEST,
    north: float = NORTH,
    cell: float = 0.0005,
    nodata: float | None = None,
) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=from_origin(west, north, cell, cell),
        nodata=nodata,
    ) as target:
        target.write(values, 1)
    return path


def ramp(dtype: str = "float32") -> np.ndarray:
    """Ground that rises 1 m a cell to the east."""
    return np.tile(np.arange(360), (280, 1)).astype(dtype)


def taken(workspace: Workspace, layer: str) -> Raster:
    return io.read(workspace.rasters / f"{layer}.tif")


def test_degrees_become_metres_of_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    path = tiff(tmp_path / "dem.tif", ramp(), nodata=-1.0)
    done = raster.import_file(workspace, path, layer="terrain", now=NOW)
    assert done.covered_share == 1.0
    found = taken(workspace, "terrain")
    assert (found.grid.epsg, found.unit) == (workspace.calc_epsg, "m")
    assert 45 < found.grid.cell_m < 60
    row, col = (found.grid.rows // 2, found.grid.cols // 2)
    x_m = found.grid.west_m + (col + 0.5) * found.grid.cell_m
    y_m = found.grid.north_m - (row + 0.5) * found.grid.cell_m
    lon, _ = transform(x_m, y_m, epsg_from=commune.EPSG, epsg_to=4326)
    assert found.values[row, col] == pytest.approx((float(lon) - WEST) / 0.0005 - 0.5, abs=0.6)
    record = json.loads(workspace.store.properties()["raster.terrain"])
    assert (record["file"], len(record["sha256"])) == ("dem.tif", 64)


def test_an_empty_value_that_the_file_forgets_to_name_is_no_height(
    workspace: Workspace, tmp_path: Path
) -> None:
    values = ramp("int16")
    values[:140] = -32768  # down to the latitude of 20.83, through the commune
    done = raster.import_file(workspace, tiff(tmp_path / "a.tif", values), layer="terrain", now=NOW)
    assert done.low >= 0
    assert [one.code for one in done.issues if one.code == "raster_empty_value"]
    assert [one.code for one in done.issues if one.code == "raster_partial"]
    assert 0.2 < done.covered_share < 0.8


def test_a_raster_of_another_place_is_refused_and_the_old_one_stays(
    workspace: Workspace, tmp_path: Path
) -> None:
    raster.import_file(workspace, tiff(tmp_path / "a.tif", ramp()), layer="terrain", now=NOW)
    before = (workspace.rasters / "terrain.tif").read_bytes()
    with pytest.raises(FileError) as caught:
        raster.import_file(workspace, tiff(tmp_path / "b.tif", ramp(), west=10.0), layer="terrain", now=NOW)
    assert [one.code for one in caught.value.issues] == ["raster_elsewhere"]
    assert (workspace.rasters / "terrain.tif").read_bytes() == before


@pytest.mark.parametrize(
    ("classes", "scheme", "heights"),
    [((10, 50, 80, 95), "worldcover", {15, 10, 0, 8}), ((11, 24, 52, 90), "nlcd", {0, 20, 3, 10}),
     ((111, 213, 311, 512), "corine", {20, 0, 15})],
)  # fmt: skip
def test_land_cover_becomes_heights_by_the_table(
    workspace: Workspace, tmp_path: Path, classes: tuple[int, ...], scheme: str, heights: set[int]
) -> None:
    values = np.tile(np.repeat(classes, 2), (280, 45)).astype("uint16")
    done = raster.import_file(workspace, tiff(tmp_path / "a.tif", values), layer="clutter", now=NOW)
    found = taken(workspace, "clutter").values
    assert done.scheme == scheme
    assert set(np.unique(found[np.isfinite(found)]).tolist()) == heights


def test_whole_numbers_that_could_be_either_are_asked_about(workspace: Workspace, tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", np.full((280, 360), 12, dtype="uint8"))
    with pytest.raises(FileError) as caught:
        raster.import_file(workspace, path, layer="clutter", now=NOW)
    assert [one.code for one in caught.value.issues] == ["landcover_scheme"]
    done = raster.import_file(workspace, path, layer="clutter", scheme="height", now=NOW)
    assert (done.low, done.high) == (12.0, 12.0)


def test_a_surface_model_less_the_ground_is_what_stands_on_it(workspace: Workspace, tmp_path: Path) -> None:
    raster.import_file(workspace, tiff(tmp_path / "a.tif", ramp()), layer="terrain", now=NOW)
    surface = tiff(tmp_path / "b.tif", ramp() + 7)
    done = raster.import_file(workspace, surface, layer="clutter", scheme="dsm", now=NOW)
    assert float(np.nanmedian(taken(workspace, "clutter").values)) == pytest.approx(7.0, abs=0.6)
    assert done.scheme == "dsm"


def test_people_of_a_raster_are_kept_and_lead_where_they_live(workspace: Workspace, tmp_path: Path) -> None:
    values = np.zeros((280, 360), dtype="float32")
    values[60:220, 60:180] = 2.0
    raster.import_file(
        workspace, tiff(tmp_path / "a.tif", values, nodata=-99999.0), layer="population", now=NOW
    )
    found = taken(workspace, "population")
    x_m, y_m = transform(
        np.array([106.47, 106.4705]), np.array([20.83, 20.8305]), epsg_from=4326, epsg_to=commune.EPSG
    )
    per_m2 = 2.0 / float((x_m[1] - x_m[0]) * (y_m[1] - y_m[0]))
    full = np.isfinite(found.values) & (found.values > 0.5)
    assert float(np.median(found.values[full])) / found.grid.cell_m**2 == pytest.approx(per_m2, rel=0.02)
    settled = people.settle(workspace).people
    weight = density.of(workspace).at(settled.x_m, settled.y_m)
    assert settled.n_people.sum() == pytest.approx(1000.0)
    assert (settled.n_people[weight == 0] == 0).all()


def test_layers_and_schemes_unknown_are_named(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        raster.import_file(workspace, tmp_path / "a.tif", layer="clutter", scheme="x", now=NOW)
    assert caught.value.code == "scheme_unknown"


def test_the_command_line_brings_a_raster_in(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiff(tmp_path / "dem.tif", ramp())
    workspace.store.close()
    words = ["import", str(path), "--layer", "terrain", "--workspace", str(workspace.folder), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["covered_share"] == 1.0
    text = tmp_path / "a.tif"
    text.write_text("no raster", "utf-8")
    assert main([*words[:1], str(text), *words[2:]]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["issues"][0]["code"] == "format_mismatch"
