"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.grid import Grid
from geo.radio import Transmitter
from geo.terrain import Surface
from layers.store import Store, create_store
from tests import build, postgres


@pytest.fixture
def tiny_grid() -> Grid:
    return build.grid()


@pytest.fixture
def flat(tiny_grid: Grid) -> Surface:
    return build.surface(tiny_grid)


@pytest.fixture
def ridge(tiny_grid: Grid) -> Surface:
    return build.ridge(tiny_grid, col=40, height_m=30.0)


@pytest.fixture
def two_sites(tiny_grid: Grid) -> tuple[Transmitter, Transmitter]:
    return build.two_sites(tiny_grid)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data and reference values beside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the folder of shared data is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Address of a PostGIS server; where HATANGSO_REQUIRE_POSTGIS is set, its absence is a failure."""
    if postgres.binaries() is None:
        reason = "no PostgreSQL with PostGIS on this machine (Debian: postgresql postgresql-15-postgis-3)"
        if os.environ.get("HATANGSO_REQUIRE_POSTGIS"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = postgres.new_folder()
    try:
        with postgres.server(folder) as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["gpkg", "postgis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a workspace may be made: a folder, or a schema of its own in a database."""
    if request.param == "gpkg":
        return tmp_path / "xa"
    address = request.getfixturevalue("database")
    return f"{address}?files={tmp_path / 'xa'}&schema=w{uuid.uuid4().hex[:12]}"


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    """An empty workspace in each kind of store."""
    made = create_store(place, {"name": "Xã Mẫu", "calc_epsg": "9210"})
    yield made
    made.close()
