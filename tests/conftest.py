"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.grid import Grid
from geo.radio import Transmitter
from geo.terrain import Surface
from tests import build


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
