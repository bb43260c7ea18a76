"""The recommended model follows the land and the people, and is one that the engine takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo.grid import Grid
from geo.io import write_cog
from geo.raster import Raster
from planning import coverage
from planning.advice import advise
from planning.scenario import CoverageOptions
from tests import commune


def test_flat_land_takes_the_automatic_choice(tmp_path: Path) -> None:
    made = commune.empty(tmp_path / "w", population=900)
    commune.with_ground(made)
    found = advise(made)
    assert (found.model, found.reason) == ("auto", "flat")
    assert found.relief_m == pytest.approx(0.0)


def test_without_terrain_nothing_is_claimed_of_hills(tmp_path: Path) -> None:
    found = advise(commune.empty(tmp_path / "w", population=900))
    assert (found.model, found.reason) == ("auto", "no_terrain")
    assert np.isnan(found.relief_m)


def test_a_dense_ward_is_told_apart(tmp_path: Path) -> None:
    assert advise(commune.empty(tmp_path / "w", population=90_000)).reason == "dense"


def test_hills_ask_for_the_profile_and_the_engine_takes_it(tmp_path: Path) -> None:
    made = commune.empty(tmp_path / "w", population=900)
    grid = Grid(
        epsg=commune.EPSG, west_m=commune.WEST_M, north_m=commune.SOUTH_M + 3000, cell_m=100, rows=30, cols=30
    )
    slope = np.broadcast_to(np.linspace(5, 205, 30, dtype=np.float32), (30, 30)).copy()
    write_cog(made.rasters / "terrain.tif", Raster(grid=grid, values=slope, unit="m", nodata=None))
    found = advise(made)
    assert found.reason == "hills"
    assert found.relief_m == pytest.approx(180, abs=10)
    row, point = commune.site(1, commune.at(700, 700))
    made.store.append({"site": commune.table([row], [point])})
    assert coverage.read_inputs(made, CoverageOptions(model=found.model, cell_m=50)).operators == ("viettel",)
