"""Names of arrays, constants with their source, and the steps between decibels and ratios."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]
Floats32: TypeAlias = npt.NDArray[np.float32]
Integers: TypeAlias = npt.NDArray[np.int64]
Indices16: TypeAlias = npt.NDArray[np.int16]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Booleans: TypeAlias = npt.NDArray[np.bool_]

SPEED_OF_LIGHT_M_PER_S: Final = 299_792_458.0
"""Speed of light in vacuum [m/s], exact (SI)."""

BREAKPOINT_SPEED_M_PER_S: Final = 3.0e8
"""Propagation velocity that TR 38.901 Table 7.4.1-1, note 1, sets for breakpoint distances [m/s]."""

BOLTZMANN_J_PER_K: Final = 1.380649e-23
"""Boltzmann constant [J/K], exact (SI)."""

EFFECTIVE_EARTH_RADIUS_M: Final = 6_371_000.0 * 4.0 / 3.0
"""Mean earth radius times the median factor k = 4/3 [m] (ITU-R P.310, P.834)."""


def ratio_to_db(ratio: Floats | float) -> Floats:
    """
    Decibels of a ratio of powers.

    Parameters
    ----------
    ratio
        Ratio of two powers, above 0.

    Returns
    -------
    ratio_db
        10 log10(ratio) [dB], shape of the input.
    """
    return np.asarray(10.0 * np.log10(ratio), dtype=np.float64)


def db_to_ratio(ratio_db: Floats | float) -> Floats:
    """
    Ratio of powers from decibels.

    Parameters
    ----------
    ratio_db
        Ratio [dB], any shape.

    Returns
    -------
    ratio
        10^(ratio_db / 10), shape of the input.
    """
    return np.asarray(np.power(10.0, np.asarray(ratio_db, dtype=np.float64) / 10.0), dtype=np.float64)


def watt_to_dbm(power_w: Floats | float) -> Floats:
    """
    Power relative to one milliwatt.

    Parameters
    ----------
    power_w
        Power [W], above 0.

    Returns
    -------
    power_dbm
        Power [dBm], shape of the input.
    """
    return ratio_to_db(np.asarray(power_w, dtype=np.float64) * 1000.0)


def dbm_to_watt(power_dbm: Floats | float) -> Floats:
    """
    Power in watt.

    Parameters
    ----------
    power_dbm
        Power [dBm], any shape.

    Returns
    -------
    power_w
        Power [W], shape of the input.
    """
    return db_to_ratio(power_dbm) / 1000.0
