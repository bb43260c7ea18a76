"""A link explained: the same figures as the estimate's, and the section between its ends."""

from __future__ import annotations

import numpy as np
import pytest

from geo.coverage import estimate
from geo.grid import Grid
from geo.link import budget, profile_to
from geo.radio import Transmitter
from geo.terrain import Surface
from tests import build

CENTI_DB = 0.006  # losses are held in hundredths of a decibel


def ridge(grid: Grid) -> Surface:
    clutter_m = np.zeros(grid.shape, dtype=np.float32)
    clutter_m[:, 40] = 60.0
    ground_m = np.tile(np.linspace(0.0, 20.0, grid.cols, dtype=np.float32), (grid.rows, 1))
    return Surface(grid=grid, ground_m=ground_m, clutter_height_m=clutter_m)


def directed(**changes: object) -> Transmitter:
    return build.sector(
        row=30, col=10, azimuth_deg=75.0, horizontal_beamwidth_deg=65.0, vertical_beamwidth_deg=8.0,
        mechanical_tilt_deg=2.0, electrical_tilt_deg=4.0, **changes,
    )  # fmt: skip


@pytest.mark.parametrize(("row", "col", "los"), [(30, 30, True), (12, 25, True), (44, 55, False)])
def test_the_terms_add_up_to_the_power_of_the_estimate(
    tiny_grid: Grid, row: int, col: int, los: bool
) -> None:
    surface, sector = ridge(tiny_grid), directed()
    found = estimate([sector], surface, levels=build.levels(), limits=build.LIMITS_M, sight="exact")
    assert bool(found.blocked["A"][row, col]) is not los
    x_m, y_m = (float(value) for value in tiny_grid.to_xy(row, col))
    terms = budget(
        sector, x_m, y_m, los=los, receiver_height_m=1.5, convergence_deg=tiny_grid.convergence_deg(),
        rise_m=float(surface.ground_m[row, col] - surface.ground_m[30, 10]),
    )  # fmt: skip
    assert terms.power_dbm == pytest.approx(float(found.power_dbm["A"][row, col]), abs=CENTI_DB)
    assert terms.eirp_per_re_dbm == pytest.approx(sector.eirp_per_re_dbm)
    assert 0.0 <= terms.attenuation_db <= 30.0


def test_the_section_shows_ground_clutter_bulge_and_fresnel_zone(tiny_grid: Grid) -> None:
    surface, sector = ridge(tiny_grid), directed()
    x_m, y_m = (float(value) for value in tiny_grid.to_xy(30, 50))
    section = profile_to(surface, sector, x_m, y_m, receiver_height_m=1.5)
    assert section.distance_m[[0, -1]] == pytest.approx([0.0, 400.0])
    assert section.line_m[0] == pytest.approx(section.ground_m[0] + sector.height_m)
    assert section.line_m[-1] == pytest.approx(section.ground_m[-1] + 1.5)
    middle = len(section.distance_m) // 2
    wavelength_m = 299.792458 / sector.frequency_mhz
    assert section.fresnel_m[middle] == pytest.approx(np.sqrt(wavelength_m * 400.0) / 2, rel=1e-3)
    assert section.bulge_m[middle] == pytest.approx(400.0**2 / (8 * 6_371_000 * 4 / 3), rel=1e-6)
    assert section.obstacle is not None
    assert section.obstacle.clutter_height_m == 60.0
    assert section.obstacle.distance_m == pytest.approx(100.0, abs=10.0)


def test_beyond_the_grid_nothing_is_known(tiny_grid: Grid) -> None:
    section = profile_to(
        ridge(tiny_grid), directed(), tiny_grid.west_m - 500, tiny_grid.north_m, receiver_height_m=1.5
    )
    assert np.isnan(section.ground_m[-1])
    assert section.obstacle is None
