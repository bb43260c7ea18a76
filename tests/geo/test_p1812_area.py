"""P.1812 round a mast: the fast kernels against the complete method pixel by pixel, and unknown terrain."""

from __future__ import annotations

import numpy as np
import pytest

from geo.errors import InputError, RangeError
from geo.p1812 import Conditions, area_loss_db, path_loss
from geo.terrain import Surface
from tests import build

SIDE = 61


def hills(*, houses: float = 0.0, relief_m: float = 60.0, seed: int = 3) -> Surface:
    rng = np.random.default_rng(seed)
    on = build.grid(rows=SIDE, cols=SIDE, cell_m=60.0)
    rows, cols = np.mgrid[:SIDE, :SIDE] / SIDE * 2.0 * np.pi
    ground = relief_m * (np.sin(3 * rows + 1) * np.cos(2 * cols) + 1.0) + rng.uniform(0.0, 5.0, on.shape)
    clutter = np.where(rng.random(on.shape) < houses, 8.0, 0.0)
    return Surface(grid=on, ground_m=ground.astype(np.float32), clutter_height_m=clutter.astype(np.float32))


def area(surface: Surface, **given: object) -> np.ndarray:
    x_m, y_m = surface.grid.to_xy(SIDE // 2, SIDE // 2)
    usual = {"tx_height_m": 30.0, "frequency_mhz": 2550.0, "radius_m": 1770.0, "method": "exact"}
    loss_db, window = area_loss_db(surface, x_m=float(x_m), y_m=float(y_m), **(usual | given))
    assert loss_db.dtype == np.float32
    assert loss_db.shape == window.shape
    return loss_db


@pytest.mark.parametrize("rx_height_m", [1.5, 20.0])
@pytest.mark.parametrize("houses", [0.0, 0.2])
@pytest.mark.parametrize("method", ["exact", "radial"])
def test_the_fast_kernel_equals_the_complete_method(method: str, houses: float, rx_height_m: float) -> None:
    # A share of locations next to one half calls the complete method for each pixel.
    given = {"method": method, "rx_height_m": rx_height_m}
    for relief_m in (0.0, 15.0, 120.0):
        surface = hills(houses=houses, relief_m=relief_m)
        fast, complete = area(surface, **given), area(surface, location_share=0.5 + 1e-9, **given)
        np.testing.assert_array_equal(np.isnan(fast), np.isnan(complete))
        difference = np.abs(fast - complete)[~np.isnan(fast)]
        # Exactly half-way between two cells either may be the nearer one: rounding decides, and rarely.
        assert np.quantile(difference, 0.995) < 0.005
        assert difference.size > 2500


@pytest.mark.parametrize("houses", [0.0, 0.3])
def test_far_from_the_mast_rays_find_what_a_look_along_the_whole_profile_finds(houses: float) -> None:
    # Long profiles: hulls with many corners, points above them between the corners, spheres that count.
    rng = np.random.default_rng(8)
    on = build.grid(rows=261, cols=261, cell_m=60.0)
    rows, cols = np.mgrid[:261, :261] / 261 * 2.0 * np.pi
    ground = 30.0 * (np.sin(3 * rows) * np.cos(5 * cols) + np.sin(11 * cols)) + rng.normal(0.0, 2.0, on.shape)
    clutter = np.where(rng.random(on.shape) < houses, 8.0, 0.0)
    surface = Surface(
        grid=on, ground_m=(ground + 100.0).astype(np.float32), clutter_height_m=clutter.astype(np.float32)
    )
    x_m, y_m = on.to_xy(130, 130)
    given = {"tx_height_m": 60.0, "frequency_mhz": 700.0, "radius_m": 7_500.0, "method": "radial"}
    fast, _ = area_loss_db(surface, x_m=float(x_m), y_m=float(y_m), **given)
    complete, _ = area_loss_db(surface, x_m=float(x_m), y_m=float(y_m), location_share=0.5 + 1e-9, **given)
    difference = np.abs(fast - complete)[np.isfinite(complete)]
    assert difference.size > 45_000
    assert np.quantile(difference, 0.9) < 0.01
    # The smooth earth of the fast kernels has its points infinitely close.
    assert difference.max() < 0.3


def test_a_pixel_along_a_row_is_the_profile_of_that_row() -> None:
    surface = hills(houses=0.3)
    middle = SIDE // 2
    found = area(surface)
    for col in (4, 45, 59):
        cols = np.arange(middle, col + (1 if col > middle else -1), 1 if col > middle else -1)
        wanted = path_loss(
            np.arange(cols.size) * 60.0,
            surface.ground_m[middle, cols],
            clutter_m=surface.clutter_height_m[middle, cols],
            tx_height_m=30.0,
            rx_height_m=1.5,
            latitude_deg=20.8,
            conditions=Conditions(frequency_mhz=2550.0),
        )
        edge = (found.shape[0] - SIDE) // 2
        assert found[middle + edge, col + edge] == pytest.approx(wanted.loss_db, abs=0.005)


def test_rays_and_own_profiles_agree() -> None:
    surface = hills()
    difference = area(surface, method="radial") - area(surface, method="exact")
    known = difference[np.isfinite(difference)]
    assert abs(np.median(known)) < 0.05
    assert np.quantile(np.abs(known), 0.9) < 1.6


@pytest.mark.parametrize("method", ["exact", "radial"])
def test_behind_unknown_terrain_nothing_is_known(method: str) -> None:
    surface = hills()
    ground = surface.ground_m.copy()
    ground[:, 40] = np.nan
    holed = Surface(grid=surface.grid, ground_m=ground, clutter_height_m=surface.clutter_height_m)
    before, after = area(surface, method=method), area(holed, method=method)
    edge = (before.shape[0] - SIDE) // 2
    east = slice(41 + edge, None)
    assert np.isnan(after[SIDE // 2 + edge, east]).all()
    west = slice(None, 30 + edge)
    np.testing.assert_array_equal(after[:, west], before[:, west])


def test_outside_the_disc_and_beside_the_mast_there_is_no_value() -> None:
    found = area(hills(), radius_m=600.0)
    assert found.shape == (21, 21)
    rows, cols = np.mgrid[-10:11, -10:11]
    away = np.maximum(np.abs(rows), np.abs(cols))
    inside = (np.hypot(rows, cols) <= 10.0) & (away > 1)
    np.testing.assert_array_equal(np.isfinite(found), inside)


def test_shares_reach_the_area() -> None:
    surface = hills()
    median, rare, safe = area(surface), area(surface, time_share=0.01), area(surface, location_share=0.9)
    known = np.isfinite(median)
    assert (rare[known] <= median[known] + 1e-3).all()
    assert (safe[known] > median[known]).all()


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(InputError, match="area_method_unknown"):
        area(hills(), method="magic")
    with pytest.raises(RangeError):
        area(hills(), radius_m=0.0)
    with pytest.raises(InputError, match="ground_unknown"):
        area_loss_db(hills(), x_m=0.0, y_m=0.0, tx_height_m=30, frequency_mhz=2550, radius_m=500)
