"""Clutter at one end of a path over bare ground, and woodland around a receiver."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import ndtri

from geo.terminal import ABOVE_0, BELOW_1, Kind, TerminalLoss
from geo.units import Floats

STREET_WIDTH_M: Final = 27.0
"""Default width of streets w_s [m] (ITU-R P.2108 clause 3.1)."""

FAR_M: Final = 2000.0
"""Beyond it the statistical loss no longer grows [m] (ITU-R P.2108 clause 3.2, eq. (6))."""

WOODLAND: Final = (
    (105.9, 0.04, 9.4),
    (466.475, 0.12, 18.0),
    (949.0, 0.17, 26.5),
    (1852.2, 0.30, 29.0),
    (2117.5, 0.34, 34.1),
)
"""Carrier [MHz], specific [dB/m] and largest attenuation [dB], measured (ITU-R P.833 clause 2.1)."""


class Environment(IntEnum):
    """Clutter type of the height-gain correction (ITU-R P.2108 Table 3)."""

    WATER = 1
    OPEN = 2
    SUBURBAN = 3
    URBAN = 4
    TREES = 5
    DENSE_URBAN = 6


REPRESENTATIVE_HEIGHT_M: Final[Mapping[Environment, float]] = MappingProxyType(
    {
        Environment.WATER: 10.0,
        Environment.OPEN: 10.0,
        Environment.SUBURBAN: 10.0,
        Environment.URBAN: 15.0,
        Environment.TREES: 15.0,
        Environment.DENSE_URBAN: 20.0,
    }
)
"""Default clutter height R of each type [m] (ITU-R P.2108 Table 3)."""


def height_gain_db(
    frequency_mhz: Floats,
    rx_height_m: Floats,
    street_width_m: Floats,
    clutter_height_m: Floats,
    environment: Floats,
) -> Floats:
    """
    Loss of a terminal below the clutter around it.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].
    rx_height_m
        Terminal above the ground [m].
    street_width_m
        Width of the street w_s [m].
    clutter_height_m
        Representative clutter height R [m]; NaN: the default of the type.
    environment
        Value of ``Environment``.

    Returns
    -------
    loss_db
        A_h [dB]; 0 at or above the clutter.

    References
    ----------
    ITU-R P.2108 clause 3.1, eq. (1) to (2g).
    """
    usual_m = np.select(
        [environment == one for one in Environment], list(REPRESENTATIVE_HEIGHT_M.values()), np.nan
    )
    top_m = np.where(np.isnan(clutter_height_m), usual_m, clutter_height_m)
    log_f = np.log10(frequency_mhz / 1000.0)
    # (2b), (2f): the terminal looks over open ground
    open_db = -(21.8 + 6.2 * log_f) * np.log10(rx_height_m / top_m)
    # (2a), (2c) to (2e): diffraction over the last roof or crown, its angle in degrees
    drop_m = np.maximum(top_m - rx_height_m, 0.0)
    angle_deg = np.degrees(np.arctan(drop_m / street_width_m))
    nu = 0.342 * np.sqrt(frequency_mhz / 1000.0) * np.sqrt(drop_m * angle_deg)
    edge_db = 6.9 + 20.0 * np.log10(np.sqrt((nu - 0.1) ** 2 + 1.0) + nu - 0.1) - 6.03
    below_db = np.where(environment <= Environment.OPEN, open_db, edge_db)
    defined = (frequency_mhz > 0.0) & (rx_height_m > 0.0) & (street_width_m > 0.0) & (top_m > 0.0)
    defined &= np.isin(environment, list(Environment))
    return np.asarray(np.where(defined, np.where(rx_height_m >= top_m, 0.0, below_db), np.nan))


def statistical_db(frequency_mhz: Floats, distance_m: Floats, location_share: Floats) -> Floats:
    """
    Clutter loss of towns and suburbs that is not exceeded at a share of locations, for one end.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].
    distance_m
        Length of the whole path [m].
    location_share
        Above 0, below 1.

    Returns
    -------
    loss_db
        L_ctt [dB]; at most its value at 2 km.

    References
    ----------
    ITU-R P.2108 clause 3.2, eq. (3) to (6).
    """
    at_distance_db = _statistical_db(frequency_mhz, distance_m, location_share)
    far_db = _statistical_db(frequency_mhz, np.full_like(distance_m, FAR_M), location_share)
    return np.minimum(at_distance_db, far_db)


def _statistical_db(frequency_mhz: Floats, distance_m: Floats, location_share: Floats) -> Floats:
    log_f = np.log10(frequency_mhz / 1000.0)
    # (4a) long and (5a) short paths
    long_db = -2.0 * np.log10(np.power(10.0, -5.0 * log_f - 12.5) + 10.0**-16.5)
    short_db = 32.98 + 23.9 * np.log10(distance_m / 1000.0) + 3.0 * log_f
    long_weight, short_weight = np.power(10.0, -0.2 * long_db), np.power(10.0, -0.2 * short_db)
    # (3b) with sigma_l = 4 dB (4b) and sigma_s = 6 dB (5b)
    sigma_db = np.sqrt((16.0 * long_weight + 36.0 * short_weight) / (long_weight + short_weight))
    # (3a): Q^-1(p) is minus the inverse normal distribution
    return np.asarray(-5.0 * np.log10(long_weight + short_weight) + sigma_db * ndtri(location_share))


def woodland_db(
    frequency_mhz: Floats,
    woodland_depth_m: Floats,
    specific_db_per_m: Floats,
    largest_db: Floats,
) -> Floats:
    """
    Loss of a terminal inside woodland.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].
    woodland_depth_m
        Length of the path inside the woodland [m].
    specific_db_per_m, largest_db
        Attenuation of very short paths [dB/m], and the largest of all [dB]. NaN: from ``WOODLAND``, between
        its rows along straight lines of the logarithms, outside by the power law through the first and last.

    Returns
    -------
    loss_db
        A_ev [dB].

    References
    ----------
    ITU-R P.833 clause 2.1, eq. (1).
    """
    usual_per_m, usual_db = (_measured(frequency_mhz, index) for index in (1, 2))
    specific = np.where(np.isnan(specific_db_per_m), usual_per_m, specific_db_per_m)
    largest = np.where(np.isnan(largest_db), usual_db, largest_db)
    loss_db = largest * -np.expm1(-woodland_depth_m * specific / largest)
    defined = (frequency_mhz > 0.0) & (woodland_depth_m >= 0.0) & (specific >= 0.0) & (largest > 0.0)
    return np.asarray(np.where(defined, loss_db, np.nan))


def _measured(frequency_mhz: Floats, index: int) -> Floats:
    log_f = np.array([math.log(row[0]) for row in WOODLAND])
    log_value = np.array([math.log(row[index]) for row in WOODLAND])
    wanted = np.log(frequency_mhz)
    slope = (log_value[-1] - log_value[0]) / (log_f[-1] - log_f[0])
    beyond = slope * (wanted - np.clip(wanted, log_f[0], log_f[-1]))
    return np.asarray(np.exp(np.interp(wanted, log_f, log_value) + beyond))


CLUTTERS: Final[Mapping[str, TerminalLoss]] = MappingProxyType(
    {
        "p2108_height_gain": TerminalLoss(
            name="p2108_height_gain",
            kind=Kind.CLUTTER,
            source="ITU-R P.2108, clause 3.1",
            formula=height_gain_db,
            ranges=MappingProxyType(
                {
                    "frequency_mhz": (30.0, 3_000.0),
                    "rx_height_m": (ABOVE_0, math.inf),
                    "street_width_m": (ABOVE_0, math.inf),
                    "clutter_height_m": (ABOVE_0, math.inf),
                    "environment": (float(Environment.WATER), float(Environment.DENSE_URBAN)),
                }
            ),
            usual=MappingProxyType({"street_width_m": STREET_WIDTH_M, "clutter_height_m": math.nan}),
        ),
        "p2108_statistical": TerminalLoss(
            name="p2108_statistical",
            kind=Kind.CLUTTER,
            source="ITU-R P.2108, clause 3.2",
            formula=statistical_db,
            ranges=MappingProxyType(
                {
                    "frequency_mhz": (500.0, 67_000.0),
                    "distance_m": (250.0, math.inf),
                    "location_share": (ABOVE_0, BELOW_1),
                }
            ),
            usual=MappingProxyType({"location_share": 0.5}),
        ),
        "p833": TerminalLoss(
            name="p833",
            kind=Kind.WOODLAND,
            source="ITU-R P.833, clause 2.1",
            formula=woodland_db,
            ranges=MappingProxyType(
                {
                    "frequency_mhz": (WOODLAND[0][0], WOODLAND[-1][0]),
                    "woodland_depth_m": (0.0, math.inf),
                    "specific_db_per_m": (0.0, math.inf),
                    "largest_db": (ABOVE_0, math.inf),
                }
            ),
            usual=MappingProxyType({"specific_db_per_m": math.nan, "largest_db": math.nan}),
        ),
    }
)
"""Clutter and woodland models by name."""
