"""Channel numbers and bands of NR: from a frequency to its number, and which band holds it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geo.errors import RangeError
from geo.radio import nr_arfcn_to_mhz
from geo.units import Integers

TOP_MHZ = 100_000.0
"""Upper end of the global frequency raster [MHz] (TS 38.104 Table 5.4.2.1-1)."""

# from where the range is the nearest [MHz], its lower end [MHz], step [MHz], first and last number
_RANGES = (
    (0.0, 0.0, 0.005, 0, 599_999),
    (2999.9975, 3000.0, 0.015, 600_000, 2_016_666),
    (24_250.035, 24_250.08, 0.06, 2_016_667, 3_279_165),
)


def mhz_to_nr_arfcn(frequency_mhz: npt.ArrayLike) -> Integers:
    """
    Channel number of a frequency, rounded to the nearest step of the global raster.

    Parameters
    ----------
    frequency_mhz
        Reference frequency [MHz], 0 to 100 000, any shape.

    Returns
    -------
    n_ref
        NR-ARFCN, shape of the input. Its frequency is within half a step: 2.5, 7.5 or 30 kHz; within 45 kHz
        at the seam at 24.25 GHz and at the upper end.

    Raises
    ------
    RangeError
        A frequency lies outside the raster.

    References
    ----------
    TS 38.104 clause 5.4.2.1, Table 5.4.2.1-1.
    """
    mhz = np.asarray(frequency_mhz, dtype=np.float64)
    outside = mhz[~((mhz >= 0.0) & (mhz <= TOP_MHZ))]
    if outside.size:
        raise RangeError("frequency_mhz", float(outside[0]), 0.0, TOP_MHZ, "MHz")
    chosen = np.zeros(mhz.shape)
    for start_mhz, low_mhz, step_mhz, first, last in _RANGES:
        number = np.clip(first + np.rint((mhz - low_mhz) / step_mhz), first, last)
        chosen = np.where(mhz >= start_mhz, number, chosen)
    return np.asarray(chosen, dtype=np.int64)


def bands_at(frequency_mhz: float, bands: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """
    Bands that hold a frequency.

    Parameters
    ----------
    frequency_mhz
        Frequency [MHz].
    bands
        Lower and upper edge of each band [MHz].

    Returns
    -------
    names
        The narrowest band first, since bands overlap (n78 lies in n77); empty where none holds it.
    """
    found = [name for name, (low, high) in bands.items() if low <= frequency_mhz <= high]
    return tuple(sorted(found, key=lambda name: bands[name][1] - bands[name][0]))


def bands_of_arfcn(n_ref: int, bands: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """
    Bands that hold a channel number.

    Parameters
    ----------
    n_ref
        NR-ARFCN.
    bands
        Lower and upper edge of each band [MHz].

    Returns
    -------
    names
        As in ``bands_at``.

    Raises
    ------
    RangeError
        The number lies outside the global raster.
    """
    return bands_at(float(nr_arfcn_to_mhz(n_ref)), bands)


def arfcn_range(band_mhz: tuple[float, float]) -> tuple[int, int]:
    """
    First and last channel number inside a band.

    Parameters
    ----------
    band_mhz
        Lower and upper edge [MHz].

    Returns
    -------
    first, last
        NR-ARFCN of the global raster, both inside; a band's own raster may skip some.

    Raises
    ------
    RangeError
        An edge lies outside the raster.
    """
    first, last = (int(number) for number in mhz_to_nr_arfcn(band_mhz))
    low_mhz, high_mhz = nr_arfcn_to_mhz([first, last])
    slack_mhz = 1e-6
    return first + int(low_mhz < band_mhz[0] - slack_mhz), last - int(high_mhz > band_mhz[1] + slack_mhz)
