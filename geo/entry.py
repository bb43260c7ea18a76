"""Building entry: what a wall, and the way behind it, take from the signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import ndtri

from geo.terminal import ABOVE_0, BELOW_1, Kind, TerminalLoss
from geo.units import Floats

INDOOR_M: Final = 25.0
"""Largest way indoors [m] (TR 38.901 clause 7.4.3.1)."""

SINGLE_WALL_DB: Final = 20.0
"""Wall loss of the single-frequency model [dB] (TR 38.901 Table 7.4.3-3)."""

INDOOR_DB_PER_M: Final = 0.5
"""Loss of each metre indoors [dB/m] (TR 38.901 Tables 7.4.3-2 and 7.4.3-3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facade:
    """
    Coefficients of one class of buildings, letters as in the Recommendation.

    Parameters
    ----------
    r, s, t
        Median loss at horizontal incidence [dB].
    u, v
        Standard deviation of the first distribution [dB].
    w, x
        Mean of the second distribution [dB].
    y, z
        Standard deviation of the second distribution [dB].

    References
    ----------
    ITU-R P.2109 Table 1.
    """

    r: float
    s: float
    t: float
    u: float
    v: float
    w: float
    x: float
    y: float
    z: float


TRADITIONAL: Final = Facade(r=12.64, s=3.72, t=0.96, u=9.6, v=2.0, w=9.1, x=-3.0, y=4.5, z=-2.0)
"""Buildings without thermal insulation."""

THERMALLY_EFFICIENT: Final = Facade(r=28.19, s=-3.0, t=8.48, u=13.5, v=3.8, w=27.8, x=-2.9, y=9.4, z=-2.1)
"""Buildings with metallised glass and foil-backed panels."""


def wall_low_db(frequency_mhz: Floats, indoor_m: Floats) -> Floats:
    """
    Low-loss building: three tenths plain glass, the rest concrete.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].
    indoor_m
        Horizontal way indoors [m].

    Returns
    -------
    loss_db
        Wall and way indoors [dB], median.

    References
    ----------
    TR 38.901 Tables 7.4.3-1 and 7.4.3-2.
    """
    f_ghz = frequency_mhz / 1000.0
    glass, concrete = np.power(10.0, -(2.0 + 0.2 * f_ghz) / 10.0), np.power(10.0, -(5.0 + 4.0 * f_ghz) / 10.0)
    through_db = 5.0 - 10.0 * np.log10(0.3 * glass + 0.7 * concrete)
    return np.asarray(through_db + _way_db(indoor_m))


def wall_high_db(frequency_mhz: Floats, indoor_m: Floats) -> Floats:
    """
    High-loss building: seven tenths infrared-reflecting glass, the rest concrete.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].
    indoor_m
        Horizontal way indoors [m].

    Returns
    -------
    loss_db
        Wall and way indoors [dB], median.

    References
    ----------
    TR 38.901 Tables 7.4.3-1 and 7.4.3-2.
    """
    f_ghz = frequency_mhz / 1000.0
    coated, concrete = (
        np.power(10.0, -(23.0 + 0.3 * f_ghz) / 10.0),
        np.power(10.0, -(5.0 + 4.0 * f_ghz) / 10.0),
    )
    through_db = 5.0 - 10.0 * np.log10(0.7 * coated + 0.3 * concrete)
    return np.asarray(through_db + _way_db(indoor_m))


def wall_single_db(frequency_mhz: Floats, indoor_m: Floats) -> Floats:
    """
    One wall for all carriers below 6 GHz.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz]; the loss does not depend on it.
    indoor_m
        Horizontal way indoors [m].

    Returns
    -------
    loss_db
        Wall and way indoors [dB].

    References
    ----------
    TR 38.901 Table 7.4.3-3.
    """
    return np.broadcast_to(SINGLE_WALL_DB + _way_db(indoor_m), frequency_mhz.shape)


def _way_db(indoor_m: Floats) -> Floats:
    return np.asarray(np.where(indoor_m >= 0.0, INDOOR_DB_PER_M * indoor_m, np.nan))


def entry_loss_db(
    frequency_mhz: Floats, probability: Floats, elevation_deg: Floats, *, facade: Facade
) -> Floats:
    """
    Building entry loss that is not exceeded with a probability.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].
    probability
        Above 0, below 1.
    elevation_deg
        Of the path at the face of the building [°], −90 to 90.
    facade
        Class of building.

    Returns
    -------
    loss_db
        Loss [dB]; small probabilities give negative values, as the Recommendation has it.

    References
    ----------
    ITU-R P.2109 clause 3, eq. (1) to (10).
    """
    log_f = np.log10(frequency_mhz / 1000.0)
    inverse = np.where((probability > 0.0) & (probability < 1.0), ndtri(probability), np.nan)
    horizontal_db = facade.r + facade.s * log_f + facade.t * log_f**2
    first = horizontal_db + 0.212 * np.abs(elevation_deg) + (facade.u + facade.v * log_f) * inverse
    second = facade.w + facade.x * log_f + (facade.y + facade.z * log_f) * inverse
    powers = np.power(10.0, first / 10.0) + np.power(10.0, second / 10.0) + np.power(10.0, -0.3)
    return np.asarray(10.0 * np.log10(powers))


_WALL_RANGES: Final = MappingProxyType({"frequency_mhz": (500.0, 100_000.0), "indoor_m": (0.0, INDOOR_M)})
_ENTRY_RANGES: Final = MappingProxyType(
    {
        "frequency_mhz": (80.0, 100_000.0),
        "probability": (ABOVE_0, BELOW_1),
        "elevation_deg": (-90.0, 90.0),
    }
)
_OUTER_WALL: Final = MappingProxyType({"indoor_m": 0.0})
_MEDIAN: Final = MappingProxyType({"probability": 0.5, "elevation_deg": 0.0})

ENTRIES: Final[Mapping[str, TerminalLoss]] = MappingProxyType(
    {
        "o2i_low": TerminalLoss(
            name="o2i_low",
            kind=Kind.ENTRY,
            source="3GPP TR 38.901, clause 7.4.3.1, Table 7.4.3-2, low-loss",
            formula=wall_low_db,
            ranges=_WALL_RANGES,
            usual=_OUTER_WALL,
            sigma_db=4.4,
        ),
        "o2i_high": TerminalLoss(
            name="o2i_high",
            kind=Kind.ENTRY,
            source="3GPP TR 38.901, clause 7.4.3.1, Table 7.4.3-2, high-loss",
            formula=wall_high_db,
            ranges=_WALL_RANGES,
            usual=_OUTER_WALL,
            sigma_db=6.5,
        ),
        "o2i_sub6_single_freq": TerminalLoss(
            name="o2i_sub6_single_freq",
            kind=Kind.ENTRY,
            source="3GPP TR 38.901, clause 7.4.3.1, Table 7.4.3-3",
            formula=wall_single_db,
            ranges=_WALL_RANGES | {"frequency_mhz": (500.0, 6_000.0)},
            usual=_OUTER_WALL,
            sigma_db=0.0,
        ),
        "p2109_traditional": TerminalLoss(
            name="p2109_traditional",
            kind=Kind.ENTRY,
            source="ITU-R P.2109, clause 3, Table 1, traditional",
            formula=partial(entry_loss_db, facade=TRADITIONAL),
            ranges=_ENTRY_RANGES,
            usual=_MEDIAN,
        ),
        "p2109_thermally_efficient": TerminalLoss(
            name="p2109_thermally_efficient",
            kind=Kind.ENTRY,
            source="ITU-R P.2109, clause 3, Table 1, thermally-efficient",
            formula=partial(entry_loss_db, facade=THERMALLY_EFFICIENT),
            ranges=_ENTRY_RANGES,
            usual=_MEDIAN,
        ),
    }
)
"""Building entry models by name."""
