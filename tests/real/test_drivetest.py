"""A real drive test around one transmitter: it runs without terrain, and says that there is none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geo.crs import transform
from geo.grid import Grid
from geo.io import write_cog
from geo.raster import Raster
from planning.cli.main import main

pytestmark = pytest.mark.real
NAME = "cloudrf_415mhz_somerset"


@pytest.fixture
def words(shared: Path) -> list[str]:
    folder = shared / "data" / "drivetest"
    return [
        "calibrate", "--measurements", str(folder / f"{NAME}_measured.csv"),
        "--transmitter", str(folder / f"{NAME}_transmitter.json"), "--json",
    ]  # fmt: skip


def test_somerset_runs_and_says_that_terrain_is_missing(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    record = json.loads(capsys.readouterr().out)
    print({key: record[key] for key in ("model", "before", "after", "correction", "n_fitted", "n_held_out")})
    assert record["n_measured"] == 1351
    assert {"assumption.terrain_missing", "assumption.clutter_missing"} <= set(record["assumptions"])
    assert record["model"] == "p1812"
    # only the method's 250 m are broken, not its carrier nor its heights
    assert 0 < record["outside_model"] < 30
    assert record["n_fitted"] + record["n_held_out"] + sum(record["left_out"].values()) == 1351
    assert record["after"]["rmse_db"] < record["before"]["rmse_db"]
    assert main(words[:-1]) == 0
    assert "Không có dữ liệu địa hình" in capsys.readouterr().out


def test_a_model_out_of_its_range_is_used_and_flagged(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # the table of RMa begins at 500 MHz and at masts of 10 m; the transmitter has 415 MHz at 5 m
    assert main([*words, "--model", "rma"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["outside_model"] == 1351
    assert "assumption.outside_range" in record["assumptions"]


def test_terrain_is_used_where_it_is_given(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x_m, y_m = transform(-2.746155, 51.059692, epsg_from=4326, epsg_to=32630)
    grid = Grid.from_bounds(
        (float(x_m) - 11_000, float(y_m) - 11_000, float(x_m) + 11_000, float(y_m) + 11_000),
        cell_m=90,
        epsg=32630,
    )
    east_m, _ = grid.centres()
    ridge_m = np.where(np.abs(east_m - float(x_m) - 600.0) < 200.0, 60.0, 10.0)
    values = np.broadcast_to(ridge_m, grid.shape).astype(np.float32)
    path = tmp_path / "ridge.tif"
    write_cog(path, Raster(grid=grid, values=values, unit="m", nodata=-9999))
    assert main(words) == 0
    flat = json.loads(capsys.readouterr().out)
    assert main([*words, "--terrain", str(path)]) == 0
    hilly = json.loads(capsys.readouterr().out)
    assert "assumption.terrain_missing" not in hilly["assumptions"]
    assert hilly["sources"][-1] == "ridge.tif"
    # the ridge hides what lies behind it: the prediction falls below what was measured on real ground
    assert hilly["before"]["bias_db"] > flat["before"]["bias_db"] + 3.0
