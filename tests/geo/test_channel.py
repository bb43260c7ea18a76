"""Channel numbers and bands, both ways."""

from __future__ import annotations

import numpy as np
import pytest

from geo.channel import TOP_MHZ, arfcn_range, bands_at, bands_of_arfcn, mhz_to_nr_arfcn
from geo.errors import RangeError
from geo.radio import nr_arfcn_to_mhz
from planning import data

BANDS = {"n28": (758.0, 803.0), "n41": (2496.0, 2690.0), "n77": (3300.0, 4200.0), "n78": (3300.0, 3800.0)}


def test_every_number_comes_back_from_its_frequency() -> None:
    ends = [0, 599_999, 600_000, 2_016_666, 2_016_667, 3_279_165]
    numbers = np.concatenate([ends, np.random.default_rng(1).integers(0, 3_279_166, 20_000)])
    assert (mhz_to_nr_arfcn(nr_arfcn_to_mhz(numbers)) == numbers).all()


@pytest.mark.parametrize("frequency_mhz", [2999.999, 24_250.0, 24_250.05, TOP_MHZ, 2550.0012])
def test_a_frequency_between_steps_goes_to_a_neighbour(frequency_mhz: float) -> None:
    number = mhz_to_nr_arfcn(frequency_mhz)
    allowed_mhz = 0.0025 if frequency_mhz < 3000 else 0.045
    assert abs(float(nr_arfcn_to_mhz(number)) - frequency_mhz) <= allowed_mhz + 1e-9


@pytest.mark.parametrize("frequency_mhz", [-1.0, 100_001.0, float("nan")])
def test_no_number_outside_the_raster(frequency_mhz: float) -> None:
    with pytest.raises(RangeError):
        mhz_to_nr_arfcn(frequency_mhz)


def test_bands_of_a_frequency_the_narrowest_first() -> None:
    assert bands_at(3750.0, BANDS) == ("n78", "n77")
    assert bands_at(3850.0, BANDS) == ("n77",)
    assert bands_at(2000.0, BANDS) == ()
    assert bands_of_arfcn(650_000, BANDS) == ("n78", "n77")


@pytest.mark.parametrize(
    ("band", "first", "last"),
    [
        ("n28", 151_600, 160_600),
        ("n41", 499_200, 538_000),
        ("n77", 620_000, 680_000),
        ("n78", 620_000, 653_333),
    ],
)
def test_numbers_of_a_band_as_in_the_standard(band: str, first: int, last: int) -> None:
    """TS 38.104 Table 5.4.2.3-1 (n41 ends at 537 999 there: its own raster steps by 3)."""
    assert arfcn_range(BANDS[band]) == (first, last)


def test_the_carriers_of_the_table_lie_in_their_bands() -> None:
    table = {band.name: (band.low_mhz, band.high_mhz) for band in data.bands().values()}
    for band in data.bands().values():
        assert band.name in bands_at(band.frequency_mhz, table)
