"""
The end of ITU-R P.1812-8 at the median for a whole ray of pixels at once.

The loops hold no branch and keep to single precision, so that the compiler works on many pixels at a time;
logarithms and powers of two come from polynomials, to 1e-5 dB. Where ducting or troposcatter might add to
diffraction by more than a bound allows, the pixel is marked for ``kernels.p1812_median.combined``.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812 import CLEAR_NU
from geo.kernels.p1812_median import APART_DB, STEEP_M_PER_KM, Median, floor_of

Single: TypeAlias = np.float32
Row = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]

ZERO, TENTH, HALF, ONE = np.float32(0.0), np.float32(0.1), np.float32(0.5), np.float32(1.0)
SIX, THIRD, THOUSANDTH = np.float32(1.0 / 6.0), np.float32(1.0 / 3.0), np.float32(1e-3)
DB, HALF_DB = np.float32(20.0 * math.log10(2.0)), np.float32(10.0 * math.log10(2.0))
"""20 and 10 times the logarithm of 2 [dB]."""
MRAD = np.float32(1000.0)
MILLIONTH = np.float32(1e-6)
CLEAR, APART, STEEP = np.float32(CLEAR_NU), np.float32(APART_DB), np.float32(STEEP_M_PER_KM)
LEAST_V = np.float32(-0.9)
EDGE_DB, NEAR_DB, PER_KM_DB = np.float32(6.9), np.float32(10.0), np.float32(0.02)
NEPERS = np.float32(-1.0 / (6.0 * math.log(2.0)))
"""Power of two that is exp(-1 dB / 6)."""
HORIZON, SHIELD, SCATTER = np.float32(0.1), np.float32(0.361), np.float32(0.573)

MIDDLE, EXPONENT, BIAS = np.int32(0x3F3504F3), np.int32(23), np.int32(127)
"""Bits of sqrt(1/2); where the exponent of a float32 begins, and what is added to it."""
L1, L3 = np.float32(2.0 / math.log(2.0)), np.float32(2.0 / (3.0 * math.log(2.0)))
L5, L7 = np.float32(2.0 / (5.0 * math.log(2.0))), np.float32(2.0 / (7.0 * math.log(2.0)))
E1, E2, E3 = np.float32(0.693_147_18), np.float32(0.240_226_51), np.float32(0.055_504_11)
E4, E5, E6 = np.float32(0.009_618_13), np.float32(0.001_333_36), np.float32(0.000_154_04)
LEAST_POWER = np.float32(-100.0)


class Pixels(NamedTuple):
    """
    What the ray tells about its pixels; arrays of float32, one number for each pixel.

    Parameters
    ----------
    d_km, rx_m
        Distance [km]; receiver over the ground under the mast [m].
    first_m, second_m, third_m
        Rises over ground and clutter (``kernels.p1812``) [m]; the third matters where the first is negative.
    sphere_db
        What the spherical earth adds [dB].
    bare_first_m, bare_second_m
        Rises over bare ground [m].
    first_share, second_share
        Parts of the way where those are reached.
    tx_height_m, rx_height_m
        Antennas over the smooth earth [m].
    loss_db
        Written: loss [dB], good where not marked.
    free_db
        Written: part of it in free space [dB].
    """

    d_km: Row
    rx_m: Row
    first_m: Row
    second_m: Row
    third_m: Row
    sphere_db: Row
    bare_first_m: Row
    bare_second_m: Row
    first_share: Row
    second_share: Row
    tx_height_m: Row
    rx_height_m: Row
    loss_db: Row
    free_db: Row


@compiled
def pixels_of(rows: npt.NDArray[np.float32]) -> Pixels:
    """
    Rows of a table under their names.

    Parameters
    ----------
    rows
        Shape (14 or more, n).

    Returns
    -------
    pixels
        Its first rows, in the order of ``Pixels``.
    """
    return Pixels(
        rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8], rows[9], rows[10],
        rows[11], rows[12], rows[13],
    )  # fmt: skip


@compiled
def log2(value: Single) -> Single:
    """
    Logarithm to base 2.

    Parameters
    ----------
    value
        Above 0, float32.

    Returns
    -------
    power
        Of two that is ``value``, to 2e-7 of the fraction.
    """
    bits = np.float32(value).view(np.int32)
    exponent = (bits - MIDDLE) >> EXPONENT
    fraction = np.int32(bits - (exponent << EXPONENT)).view(np.float32)
    x = (fraction - ONE) / (fraction + ONE)
    square = x * x
    return np.float32(exponent) + x * (L1 + square * (L3 + square * (L5 + square * L7)))


@compiled
def exp2(power: Single) -> Single:
    """
    Two to a power.

    Parameters
    ----------
    power
        -100 to 100, float32.

    Returns
    -------
    value
        To 3e-7 of itself.
    """
    whole = np.floor(power + HALF)
    x = power - whole
    size = ONE + x * (E1 + x * (E2 + x * (E3 + x * (E4 + x * (E5 + x * E6)))))
    scale = np.int32((np.int32(whole) + BIAS) << EXPONENT).view(np.float32)
    return np.float32(size * scale)


@compiled
def least_angle(rise_ratio: Single) -> Single:
    """
    Bound under the elevation of a slope.

    Parameters
    ----------
    rise_ratio
        Metres of rise for each metre, float32.

    Returns
    -------
    angle_mrad
        At most 0.01 mrad too small up to slopes of 0.1 [mrad].
    """
    upward = max(rise_ratio, ZERO)
    return MRAD * rise_ratio / (ONE + THIRD * upward * upward)


@compiled
def diffracted(
    wavelength_m: float, n_pixels: int, d_km: Row, first_m: Row, second_m: Row, third_m: Row, loss_db: Row
) -> None:
    """
    Bullington loss of each pixel.

    Parameters
    ----------
    wavelength_m
        Wavelength [m].
    n_pixels
        How many there are.
    d_km, first_m, second_m, third_m
        As in ``Pixels``.
    loss_db
        Written: L_bulla [dB].

    References
    ----------
    P.1812-8 §4.3.1, as ``kernels.p1812.bullington``.
    """
    knife = np.float32(0.002 / wavelength_m)
    for t in range(n_pixels):
        first, d = first_m[t], d_km[t]
        product = first * second_m[t]
        root = np.sqrt(max(product, ZERO))
        rise = third_m[t] if first < ZERO else root
        nu = rise * np.sqrt(knife / d)
        v = max(nu - TENTH, LEAST_V)
        edge_db = EDGE_DB + DB * log2(np.sqrt(v * v + ONE) + v)
        power = max(NEPERS * edge_db, LEAST_POWER)
        whole_db = edge_db + (ONE - exp2(power)) * (NEAR_DB + PER_KM_DB * d)
        loss_db[t] = whole_db if nu > CLEAR else ZERO


@compiled
def _free(median: Median, n_pixels: int, d_km: Row, rx_m: Row, free_db: Row) -> None:
    base, tx_m = np.float32(median.free_db), np.float32(median.tx_m)
    for t in range(n_pixels):
        rise = rx_m[t] - tx_m
        free_db[t] = base + HALF_DB * log2(d_km[t] * d_km[t] + MILLIONTH * rise * rise)


@compiled
def _mark_visible(
    median: Median, n_pixels: int, d_km: Row, rx_m: Row, bare_first_m: Row, loss_db: Row, marks: Marks
) -> None:
    floor_db, tx_m = np.float32(floor_of(median)), np.float32(median.tx_m)
    for t in range(n_pixels):
        steep = (abs(rx_m[t] - tx_m) > STEEP * d_km[t]) and (loss_db[t] > ZERO)
        marks[t] = (bare_first_m[t] < ZERO) and ((loss_db[t] > floor_db) or steep)


@compiled
def _mark_hidden(
    median: Median, n_pixels: int, d_km: Row, rx_m: Row, bare_first_m: Row, bare_second_m: Row,
    first_share: Row, second_share: Row, bound_db: Row,
) -> None:  # fmt: skip
    # Loss below which neither ducting nor troposcatter can add to diffraction.
    f, tx_m, bulge = (
        np.float32(median.link.frequency_ghz),
        np.float32(median.tx_m),
        np.float32(median.bulge_m),
    )
    duct_db, scatter_db = np.float32(median.duct_db), np.float32(median.scatter_db - APART_DB)
    bend_db, twice = np.float32(median.bend_db), np.float32(2.0 * median.bulge_m)
    for t in range(n_pixels):
        d = d_km[t]
        per = ONE / d
        slope, bend = (rx_m[t] - tx_m) * per, bulge * d
        tx_mrad = least_angle(THOUSANDTH * (bare_first_m[t] * per + slope - bend))
        rx_mrad = least_angle(THOUSANDTH * (bare_second_m[t] * per - slope - bend))
        dt, dr = first_share[t] * d, (ONE - second_share[t]) * d
        tx_over, rx_over = max(tx_mrad - HORIZON * dt, ZERO), max(rx_mrad - HORIZON * dr, ZERO)
        product = (dt + dr) * (ONE + SHIELD * tx_over * np.sqrt(f * dt))
        product *= ONE + SHIELD * rx_over * np.sqrt(f * dr)
        inner = twice * d + min(tx_mrad, HORIZON * dt) + min(rx_mrad, HORIZON * dr)
        least_duct = duct_db + DB * log2(product) + bend_db * inner
        least_scatter = scatter_db + DB * log2(d) + SCATTER * (twice * d + tx_mrad + rx_mrad)
        bound_db[t] = min(least_duct, least_scatter)


@compiled
def finish(median: Median, n_pixels: int, pixels: Pixels, bound_db: Row, marks: Marks) -> None:
    """
    Loss of each pixel, and which of them are not settled by it.

    Parameters
    ----------
    median
        The antenna.
    n_pixels
        How many pixels there are.
    pixels
        Read, and its two last rows written.
    bound_db
        Scratch.
    marks
        Written: whether other mechanisms than diffraction may count.
    """
    loss_db, free_db, sphere_db = pixels.loss_db, pixels.free_db, pixels.sphere_db
    diffracted(
        median.link.wavelength_m, n_pixels, pixels.d_km, pixels.first_m, pixels.second_m, pixels.third_m,
        loss_db,
    )  # fmt: skip
    _free(median, n_pixels, pixels.d_km, pixels.rx_m, free_db)
    for t in range(n_pixels):
        loss_db[t] += sphere_db[t]
    _mark_visible(median, n_pixels, pixels.d_km, pixels.rx_m, pixels.bare_first_m, loss_db, marks)
    for t in range(n_pixels):
        loss_db[t] += free_db[t]
    _mark_hidden(
        median, n_pixels, pixels.d_km, pixels.rx_m, pixels.bare_first_m, pixels.bare_second_m,
        pixels.first_share, pixels.second_share, bound_db,
    )  # fmt: skip
    for t in range(n_pixels):
        marks[t] = marks[t] or ((pixels.bare_first_m[t] >= ZERO) and (bound_db[t] < loss_db[t]))
