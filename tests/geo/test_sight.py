"""Line of sight: exact against its definition, radial against exact, unknown and assumed ground."""

from __future__ import annotations

import numpy as np
import pytest

from geo.errors import InputError
from geo.grid import Grid
from geo.kernels.sight import ASSUMED, BLOCKED, UNKNOWN, VISITED
from geo.sight import visible
from geo.terrain import Surface
from geo.units import Bytes
from tests import build, sight_profile


def look(
    surface: Surface,
    *,
    row: float,
    col: float,
    height_m: float = 20.0,
    radius_m: float = 250.0,
    method: str = "exact",
) -> Bytes:
    x_m, y_m = surface.grid.to_xy(row, col)
    _, marks = visible(
        surface,
        x_m=float(x_m),
        y_m=float(y_m),
        height_m=height_m,
        receiver_height_m=1.5,
        radius_m=radius_m,
        method=method,
    )
    return marks


@pytest.mark.parametrize("place", [(30.0, 30.0), (29.7, 30.4), (30.49, 29.51)])
def test_exact_equals_the_definition_in_every_cell(tiny_grid: Grid, place: tuple[float, float]) -> None:
    surface = build.rough(tiny_grid, seed=5)
    marks = look(surface, row=place[0], col=place[1])
    start_m = float(surface.ground_m[30, 30]) + 20.0
    for row, col in np.argwhere(marks):
        target = (int(row) + 5, int(col) + 5)
        wanted = sight_profile.is_blocked(
            surface.top_m, place, start_m, target, float(surface.ground_m[target]) + 1.5, cell_m=10.0
        )
        assert bool(marks[row, col] & BLOCKED) == wanted, target


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_radial_agrees_with_exact_nearly_everywhere(seed: int) -> None:
    surface = build.village(build.grid(rows=201, cols=201), seed=seed, houses=400)
    exact = look(surface, row=100, col=100, height_m=36, radius_m=1000)
    radial = look(surface, row=100, col=100, height_m=36, radius_m=1000, method="radial")
    seen = exact > 0
    assert (seen == (radial > 0)).all()
    assert (exact == radial)[seen].mean() >= 0.97
    assert 0.02 < ((exact & BLOCKED) > 0)[seen].mean() < 0.98


@pytest.mark.parametrize("method", ["radial", "exact"])
def test_a_wall_shadows_what_lies_behind_and_only_that(ridge: Surface, method: str) -> None:
    marks = look(ridge, row=30, col=30, method=method)
    middle = marks[25]
    assert (middle[:36] == VISITED).all()
    assert (middle[36:] == VISITED | BLOCKED).all()


@pytest.mark.parametrize("method", ["radial", "exact"])
def test_shadow_of_an_eight_metre_house_is_as_long_as_geometry_says(method: str) -> None:
    # 36 m mast, house 8 m high ending 1005 m away: (36-8)/1005 = (8-1.5)/shadow, so 233 m over a flat earth.
    surface = build.ridge(build.grid(rows=3, cols=160), col=100, height_m=8.0)
    marks = look(surface, row=1, col=0, height_m=36, radius_m=1500, method=method)
    line = marks[150, 150:]
    shadow = np.flatnonzero(line & BLOCKED)
    assert shadow[0] == 101
    assert 223 <= shadow[-1] * 10 - 1005 <= 243


@pytest.mark.parametrize("method", ["radial", "exact"])
def test_clutter_of_the_two_ends_never_blocks(tiny_grid: Grid, method: str) -> None:
    clutter = np.zeros(tiny_grid.shape, dtype=np.float32)
    clutter[30, 30], clutter[30, 45] = 60.0, 60.0
    surface = Surface(grid=tiny_grid, ground_m=np.zeros_like(clutter), clutter_height_m=clutter)
    marks = look(surface, row=30, col=30, method=method)
    assert marks[25, 40] == VISITED
    assert marks[25, 41] == VISITED | BLOCKED


def test_the_round_earth_hides_far_low_places() -> None:
    # From 3 m up, the horizon of an earth of 4/3 radius lies 7.1 km away, that of a 1.5 m receiver 5.0 km.
    surface = build.surface(build.grid(rows=3, cols=200, cell_m=100.0))
    line = look(surface, row=1, col=0, height_m=3, radius_m=19_000)[190, 190:]
    last_seen_m = 100 * np.flatnonzero(line == VISITED)[-1]
    assert 11_500 <= last_seen_m <= 12_300


def test_line_of_sight_is_the_same_from_the_other_end(tiny_grid: Grid) -> None:
    surface = build.rough(tiny_grid, seed=9)
    rng = np.random.default_rng(4)
    for row, col, other_row, other_col in rng.integers(0, 60, (60, 4)):
        there, back = (
            visible(
                surface,
                x_m=float(surface.grid.to_xy(*start)[0]),
                y_m=float(surface.grid.to_xy(*start)[1]),
                height_m=9.0,
                receiver_height_m=9.0,
                radius_m=900.0,
            )[1][90 + end[0] - start[0], 90 + end[1] - start[1]]
            for start, end in (
                ((row, col), (other_row, other_col)),
                ((other_row, other_col), (row, col)),
            )
        )
        assert there & BLOCKED == back & BLOCKED


@pytest.mark.parametrize("method", ["radial", "exact"])
def test_paths_over_unknown_or_assumed_cells_are_marked(tiny_grid: Grid, method: str) -> None:
    clutter = np.zeros(tiny_grid.shape, dtype=np.float32)
    clutter[:, 35] = np.nan
    surface = Surface(grid=tiny_grid, ground_m=np.zeros_like(clutter), clutter_height_m=clutter)
    line = look(surface, row=30, col=30, method=method)[25]
    assert (line[:30] == VISITED).all()
    assert line[30] == 0
    assert (line[31:] == VISITED | UNKNOWN).all()
    filled = look(surface.filled(clutter_m=0.0), row=30, col=30, method=method)[25]
    assert (filled[:30] == VISITED).all()
    assert (filled[30:] == VISITED | ASSUMED).all()


def test_unknown_method_and_unknown_ground_are_refused(flat: Surface, tiny_grid: Grid) -> None:
    with pytest.raises(InputError):
        look(flat, row=1, col=1, method="guess")
    with pytest.raises(InputError):
        look(Surface.unknown(tiny_grid), row=1, col=1)
