"""A surface tells known heights from assumed and unknown ones."""

from __future__ import annotations

import numpy as np
import pytest

from geo.errors import RangeError, ShapeError
from geo.grid import Grid
from geo.terrain import Surface
from tests import build


def test_flat_surface_is_known_and_wholly_assumed(tiny_grid: Grid) -> None:
    flat = Surface.flat(tiny_grid, ground_m=2, clutter_m=6)
    assert flat.known.all()
    assert flat.assumed.all()
    assert (flat.top_m == 8).all()


def test_unknown_surface_is_known_nowhere_and_assumes_nothing(tiny_grid: Grid) -> None:
    assert not Surface.unknown(tiny_grid).known.any()
    assert not Surface.unknown(tiny_grid).assumed.any()


def test_filling_remembers_which_cells_were_filled(tiny_grid: Grid) -> None:
    ground = np.full(tiny_grid.shape, 3, dtype=np.float32)
    ground[0] = np.nan
    clutter = np.zeros(tiny_grid.shape, dtype=np.float32)
    clutter[:, 0] = np.nan
    surface = Surface(grid=tiny_grid, ground_m=ground, clutter_height_m=clutter)
    half = surface.filled(ground_m=2)
    assert (half.known.sum(), half.assumed.sum()) == (60 * 59, 60)
    full = half.filled(clutter_m=6)
    assert full.known.all()
    assert full.assumed.sum() == 60 + 59
    assert full.top_m[0, 0] == 8
    assert np.isnan(surface.ground_m[0]).all()


def test_impossible_heights_and_shapes_are_refused(tiny_grid: Grid) -> None:
    with pytest.raises(RangeError):
        build.surface(tiny_grid, clutter_m=-1)
    with pytest.raises(RangeError):
        build.surface(tiny_grid, ground_m=32_000)
    with pytest.raises(ShapeError):
        Surface(grid=tiny_grid, ground_m=np.zeros((2, 2), "f4"), clutter_height_m=np.zeros((2, 2), "f4"))
