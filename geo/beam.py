"""Beams of an active antenna: an array of elements, steered, and the envelope of a set of beams."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.antenna import turn
from geo.errors import RangeError
from geo.radio import FRONT_BACK_LIMIT_DB, SIDE_LOBE_LIMIT_DB, antenna_gain_dbi
from geo.units import Floats

_LIMITS = {
    "n_rows": (1, 64, ""),
    "n_columns": (1, 64, ""),
    "row_spacing_ratio": (0.1, 4.0, "λ"),
    "column_spacing_ratio": (0.1, 4.0, "λ"),
    "element_gain_dbi": (-5.0, 15.0, "dBi"),
    "horizontal_beamwidth_deg": (1.0, 360.0, "°"),
    "vertical_beamwidth_deg": (1.0, 180.0, "°"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """
    Elements in rows and columns, fed with equal amplitude.

    Parameters
    ----------
    n_rows, n_columns
        Elements of one polarisation below and beside each other, 1 to 64.
    row_spacing_ratio, column_spacing_ratio
        Distance between neighbours in wavelengths.
    element_gain_dbi
        Largest gain of one element [dBi].
    horizontal_beamwidth_deg, vertical_beamwidth_deg
        Half-power widths of one element [°].
    side_lobe_limit_db, front_back_limit_db
        Largest attenuations of one element [dB].

    Raises
    ------
    RangeError
        A value lies outside its range.

    References
    ----------
    ITU-R M.2101 clause 5; TR 38.901 Table 7.3-1 for the element.
    """

    n_rows: int
    n_columns: int
    row_spacing_ratio: float = 0.5
    column_spacing_ratio: float = 0.5
    element_gain_dbi: float = 8.0
    horizontal_beamwidth_deg: float = 65.0
    vertical_beamwidth_deg: float = 65.0
    side_lobe_limit_db: float = SIDE_LOBE_LIMIT_DB
    front_back_limit_db: float = FRONT_BACK_LIMIT_DB

    def __post_init__(self) -> None:
        for quantity, (low, high, unit) in _LIMITS.items():
            if not low <= getattr(self, quantity) <= high:
                raise RangeError(quantity, getattr(self, quantity), low, high, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """
    Where an array is steered to.

    Parameters
    ----------
    right_deg
        Clockwise from the azimuth of the array [°].
    down_deg
        Below the horizon of the array [°].
    """

    right_deg: float
    down_deg: float


def codebook(*, right_deg: Sequence[float], down_deg: Sequence[float]) -> tuple[Beam, ...]:
    """
    Beams towards every pair of angles.

    Parameters
    ----------
    right_deg, down_deg
        Clockwise from the azimuth, and below the horizon [°].

    Returns
    -------
    beams
        Row by row. Synchronisation beams (SSB) are few and made with few columns, so that they are wide;
        traffic beams are many and made with the whole array.
    """
    return tuple(Beam(right_deg=right, down_deg=down) for down in down_deg for right in right_deg)


def beam_gain_dbi(
    array: Array, beam: Beam, right_deg: npt.ArrayLike, down_deg: npt.ArrayLike, *, normalised: bool = True
) -> Floats:
    """
    Gain of one beam, in the frame of the array.

    Parameters
    ----------
    array
        Elements.
    beam
        Where it is steered to.
    right_deg, down_deg
        Direction: clockwise from the azimuth [°], below the horizon [°], broadcast against each other.
    normalised
        Whether the gain is lowered or raised so that the beam radiates just the power that is fed to it (its
        mean over the sphere is 1). Without it the formula of the Recommendation stands as it is, in which
        the coupling of the elements is left out.

    Returns
    -------
    gain_dbi
        Gain [dBi].

    References
    ----------
    ITU-R M.2101 clause 5, Table 4: element and composite pattern, correlation 1.
    """
    phi, delta = np.broadcast_arrays(
        np.asarray(right_deg, dtype=np.float64), np.asarray(down_deg, dtype=np.float64)
    )
    ratio = np.power(10.0, _element_dbi(array, phi, delta) / 10.0) * _array_factor(array, beam, phi, delta)
    with np.errstate(divide="ignore"):
        gain_dbi = 10.0 * np.log10(ratio)
    return np.asarray(gain_dbi - (normalisation_db(array, beam) if normalised else 0.0))


def normalisation_db(array: Array, beam: Beam) -> float:
    """
    By how much the formula gives more than the power fed, over all directions.

    Parameters
    ----------
    array
        Elements.
    beam
        Where it is steered to.

    Returns
    -------
    excess_db
        10 log10 of the mean of the gain over the sphere [dB].
    """
    # Gauss-Legendre in the sine of the elevation, equal steps round the circle
    sines, weights = np.polynomial.legendre.leggauss(max(96, 4 * array.n_rows))
    around = np.arange(0.0, 360.0, 1.0) - 180.0
    down_deg = np.degrees(np.arcsin(sines))[:, np.newaxis]
    gain_dbi = beam_gain_dbi(array, beam, around[np.newaxis, :], down_deg, normalised=False)
    mean = np.power(10.0, gain_dbi / 10.0).mean(axis=1) @ weights / 2.0
    return 10.0 * math.log10(mean)


def envelope_gain_dbi(
    array: Array,
    beams: Iterable[Beam],
    right_deg: npt.ArrayLike,
    down_deg: npt.ArrayLike,
    *,
    mechanical_tilt_deg: float = 0.0,
    normalised: bool = True,
) -> Floats:
    """
    Gain of the best beam in each direction.

    Parameters
    ----------
    array
        Elements.
    beams
        At least one.
    right_deg, down_deg
        Direction: clockwise from the azimuth [°], below the horizon [°], broadcast against each other.
    mechanical_tilt_deg
        Downwards positive [°]: turns the array.
    normalised
        As in ``beam_gain_dbi``, for each beam.

    Returns
    -------
    gain_dbi
        Gain [dBi]; minus infinity without any beam.
    """
    phi, delta = turn(right_deg, down_deg, mechanical_tilt_deg=mechanical_tilt_deg)
    best_dbi = np.full(np.broadcast(phi, delta).shape, -np.inf)
    for beam in beams:
        best_dbi = np.maximum(best_dbi, beam_gain_dbi(array, beam, phi, delta, normalised=normalised))
    return best_dbi


def _element_dbi(array: Array, phi: Floats, delta: Floats) -> Floats:
    return antenna_gain_dbi(
        90.0 + delta,
        phi,
        gain_dbi=array.element_gain_dbi,
        horizontal_beamwidth_deg=array.horizontal_beamwidth_deg,
        vertical_beamwidth_deg=array.vertical_beamwidth_deg,
        side_lobe_limit_db=array.side_lobe_limit_db,
        front_back_limit_db=array.front_back_limit_db,
    )


def _array_factor(array: Array, beam: Beam, phi: Floats, delta: Floats) -> Floats:
    # |sum of w v|^2 for a rectangle of equal amplitudes is a product of two closed sums
    level, tilt, scan = np.radians(delta), math.radians(beam.down_deg), math.radians(beam.right_deg)
    down = array.row_spacing_ratio * (math.sin(tilt) - np.sin(level))
    side = array.column_spacing_ratio * (
        np.cos(level) * np.sin(np.radians(phi)) - math.cos(tilt) * math.sin(scan)
    )
    n = array.n_rows * array.n_columns
    return np.asarray(n * (_closed_sum(down, array.n_rows) * _closed_sum(side, array.n_columns)) ** 2)


def _closed_sum(turns: Floats, n_elements: int) -> Floats:
    # sin(n x) / (n sin x) with x = pi turns; ±1 where x is a multiple of pi
    below = np.sin(math.pi * turns)
    is_peak = np.abs(below) < 1e-9
    value = np.sin(n_elements * math.pi * turns) / np.where(is_peak, 1.0, n_elements * below)
    return np.asarray(np.where(is_peak, 1.0, value))
