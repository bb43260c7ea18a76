"""Transmitters, antenna pattern and link budget."""

from __future__ import annotations

import numpy as np
import pytest

from geo import radio, units
from geo.errors import RangeError
from geo.kernels import beam
from geo.kernels.field import pattern_db
from tests import build


@pytest.mark.parametrize(
    ("number", "frequency_mhz"),
    [
        (0, 0.0),
        (151_600, 758.0),
        (518_598, 2592.99),
        (600_000, 3000.0),
        (650_000, 3750.0),
        (2_016_667, 24_250.08),
    ],
)
def test_channel_numbers_of_the_global_raster(number: int, frequency_mhz: float) -> None:
    assert float(radio.nr_arfcn_to_mhz(number)) == pytest.approx(frequency_mhz, abs=1e-9)


@pytest.mark.parametrize("number", [-1, 3_279_166, np.nan])
def test_channel_numbers_outside_are_refused(number: float) -> None:
    with pytest.raises(RangeError):
        radio.nr_arfcn_to_mhz([0, number])


def test_power_for_each_resource_element_of_100_mhz() -> None:
    # 53 dBm over 12 x 273 subcarriers (-35.153 dB), 22 dBi, 1 dB of cable.
    power_dbm = radio.eirp_per_re_dbm(tx_power_dbm=53, n_rb=273, gain_dbi=22, cable_loss_db=1)
    assert power_dbm == pytest.approx(38.846561, abs=1e-6)
    assert build.sector(cable_loss_db=1.0).eirp_per_re_dbm == pytest.approx(power_dbm)


def test_gain_is_largest_ahead_and_3_db_less_at_half_the_beamwidth() -> None:
    widths = {"gain_dbi": 17.0, "horizontal_beamwidth_deg": 65.0, "vertical_beamwidth_deg": 8.0}
    gains = radio.antenna_gain_dbi([90, 90, 94, 90], [0, 32.5, 0, 180], **widths)
    np.testing.assert_allclose(gains, [17.0, 14.0, 14.0, -13.0])


@pytest.mark.parametrize(
    "changes",
    [
        {"height_m": 2.9},
        {"height_m": float("nan")},
        {"azimuth_deg": 361.0},
        {"azimuth_deg": -1.0},
        {"n_rb": 0},
        {"gain_dbi": 60.0},
        {"x_m": float("inf")},
        {"operators": ()},
    ],
)
def test_parameters_out_of_range_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(RangeError):
        build.sector(**changes)


def test_an_unknown_azimuth_is_an_assumption_and_not_north() -> None:
    assert build.sector(azimuth_deg=None).is_assumed
    assert not build.sector(azimuth_deg=0.0).is_assumed
    assert build.sector(assumed=frozenset({"height_m"})).is_assumed


def test_decibels_and_watts_return() -> None:
    powers_w = np.array([1e-12, 0.5, 200.0])
    np.testing.assert_allclose(units.dbm_to_watt(units.watt_to_dbm(powers_w)), powers_w)
    assert float(units.watt_to_dbm(200.0)) == pytest.approx(53.0103, abs=1e-4)


def test_reach_in_free_space_turns_the_loss_around() -> None:
    loss_db = float(radio.free_space_loss_db(1234.0, frequency_mhz=763))
    assert radio.free_space_reach_m(loss_db, frequency_mhz=763) == pytest.approx(1234.0)


@pytest.mark.parametrize("azimuth_deg", [0.0, 75.0, None])
def test_rows_of_receivers_get_the_attenuation_of_single_ones(azimuth_deg: float | None) -> None:
    rng = np.random.default_rng(8)
    for tilt_deg, electrical_deg, wide_deg, high_deg in ((0, 0, 65, 65), (3, 4, 65, 8), (-5, 8, 30, 5)):
        n = 4000
        dx, dz = rng.uniform(-5e3, 5e3, n).astype(np.float32), rng.uniform(-80, 40, n).astype(np.float32)
        dy = np.float32(rng.uniform(-3e3, 3e3))
        azimuth, tilt = np.radians(azimuth_deg or 0.0), np.radians(tilt_deg)
        sector = np.array(
            (40.0, 1e6, np.cos(azimuth), np.sin(azimuth), np.cos(tilt), np.sin(tilt),
             electrical_deg, wide_deg, high_deg, azimuth_deg is None), dtype=np.float64,
        )  # fmt: skip
        level = np.hypot(dx, dy)
        per_length = (1 / np.hypot(level, dz)).astype(np.float32)
        best, chosen = np.full(n, beam.NOTHING, np.float32), np.full(n, -1, np.int16)
        if azimuth_deg is None:
            beam.everywhere(dz, level, per_length, sector, 3, best, chosen)
        else:
            beam.directed(dx, dy, dz, level, per_length, sector, 3, best, chosen)
        exact_db = [
            pattern_db(
                (dx[i] * sector[3] + dy * sector[2]) * per_length[i],
                (dx[i] * sector[2] - dy * sector[3]) * per_length[i],
                dz[i] * per_length[i],
                *sector[4:],
            )
            for i in range(n)
        ]
        assert np.abs(40.0 - best - exact_db).max() < 0.002
        assert (chosen == 3).all()
