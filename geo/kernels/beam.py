"""
What the sectors of a mast radiate towards a row of receivers.

The loops hold no branch and keep to single precision, so that the compiler works on many receivers at once:
ten times the speed of one receiver after the other. Angles come from a polynomial of 11th order, to 2
millionths of a radian; the attenuation differs from ``kernels.field.pattern_db`` by less than 0.002 dB.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Row = npt.NDArray[np.float32]
Chosen = npt.NDArray[np.int16]
Sector = npt.NDArray[np.float64]
Single: TypeAlias = np.float32

ZERO, ONE, TWELVE, THIRTY = np.float32(0.0), np.float32(1.0), np.float32(12.0), np.float32(30.0)
TINY = np.float32(1e-12)
NOTHING = np.float32(-1e9)
"""Less than any power [dBm]."""

HALF_TURN, QUARTER_TURN = np.float32(math.pi), np.float32(0.5 * math.pi)
DEGREES = np.float32(180.0 / math.pi)
A1, A3, A5 = np.float32(0.999_977_26), np.float32(-0.332_623_47), np.float32(0.193_543_46)
A7, A9, A11 = np.float32(-0.116_432_87), np.float32(0.052_653_32), np.float32(-0.011_721_20)


@compiled
def angle(side: Single, along: Single) -> Single:
    """
    Unsigned angle between a vector and an axis.

    Parameters
    ----------
    side, along
        Its components across and along the axis, float32; not both 0.

    Returns
    -------
    angle_rad
        0 to π [rad], float32, to 2e-6.
    """
    across, ahead = abs(side), abs(along)
    least = min(ahead, across)
    most = max(ahead, across)
    ratio = least / max(TINY, most)
    square = ratio * ratio
    turn = ratio * (A1 + square * (A3 + square * (A5 + square * (A7 + square * (A9 + square * A11)))))
    turn = QUARTER_TURN - turn if across > ahead else turn
    return HALF_TURN - turn if along < ZERO else turn


@compiled
def directed(
    dx: Row,
    dy: Single,
    dz: Row,
    level: Row,
    per_length: Row,
    sector: Sector,
    index: int,
    best: Row,
    chosen: Chosen,
) -> None:
    """
    Take a sector into account that looks in one direction.

    Parameters
    ----------
    dx, dy, dz
        Receivers relative to the antenna [m], float32.
    level, per_length
        Horizontal distance [m], and one over the distance [1/m].
    sector
        A row of the table of ``kernels.field.sectors``.
    index
        Its number.
    best, chosen
        Updated: strongest radiated power towards each receiver [dBm], and the number of its sector.
    """
    sent, reach_m = np.float32(sector[0]), np.float32(sector[1])
    cos_azimuth, sin_azimuth = np.float32(sector[2]), np.float32(sector[3])
    cos_tilt, sin_tilt = np.float32(sector[4]), np.float32(sector[5])
    electrical_deg = np.float32(sector[6])
    per_wide, per_high = ONE / np.float32(sector[7]), ONE / np.float32(sector[8])
    number = np.int16(index)
    for col in range(dx.size):
        forward = (dx[col] * sin_azimuth + dy * cos_azimuth) * per_length[col]
        right = (dx[col] * cos_azimuth - dy * sin_azimuth) * per_length[col]
        up = dz[col] * per_length[col]
        turned = forward * cos_tilt - up * sin_tilt
        risen = forward * sin_tilt + up * cos_tilt
        steepness = angle(risen, np.float32(math.sqrt(turned * turned + right * right))) * DEGREES
        below_deg = -steepness if risen > ZERO else steepness
        off_high = (below_deg - electrical_deg) * per_high
        off_wide = angle(right, turned) * DEGREES * per_wide
        high_db = TWELVE * off_high * off_high
        wide_db = TWELVE * off_wide * off_wide
        high_db = min(THIRTY, high_db)
        wide_db = min(THIRTY, wide_db)
        total_db = high_db + wide_db
        power = sent - min(THIRTY, total_db)
        better = (level[col] <= reach_m) and (power > best[col])
        best[col] = power if better else best[col]
        chosen[col] = number if better else chosen[col]


@compiled
def everywhere(
    dz: Row, level: Row, per_length: Row, sector: Sector, index: int, best: Row, chosen: Chosen
) -> None:
    """
    Take a sector into account whose azimuth is unknown: its downtilt then holds in every direction.

    Parameters
    ----------
    dz, level, per_length, sector, index, best, chosen
        As in ``directed``.
    """
    sent, reach_m = np.float32(sector[0]), np.float32(sector[1])
    tilt_deg = np.float32(sector[6] + math.atan2(sector[5], sector[4]) * 180.0 / math.pi)
    per_high = ONE / np.float32(sector[8])
    number = np.int16(index)
    for col in range(dz.size):
        up = dz[col] * per_length[col]
        steepness = angle(up, level[col] * per_length[col]) * DEGREES
        below_deg = -steepness if up > ZERO else steepness
        off_high = (below_deg - tilt_deg) * per_high
        total_db = TWELVE * off_high * off_high
        power = sent - min(THIRTY, total_db)
        better = (level[col] <= reach_m) and (power > best[col])
        best[col] = power if better else best[col]
        chosen[col] = number if better else chosen[col]
