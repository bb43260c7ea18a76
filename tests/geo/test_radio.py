"""Transmitters, antenna pattern and link budget."""

from __future__ import annotations

import numpy as np
import pytest

from geo import radio, units
from geo.errors import RangeError
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
