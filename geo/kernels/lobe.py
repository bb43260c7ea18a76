"""What an antenna given as a table of directions radiates."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Row = npt.NDArray[np.float32]
Chosen = npt.NDArray[np.int16]
Sector = npt.NDArray[np.float64]
Lobe = npt.NDArray[np.float32]
Lobes: TypeAlias = npt.NDArray[np.float32]
Single: TypeAlias = np.float32

DEGREES = 180.0 / math.pi


@compiled
def lobe_db(
    forward: float,
    right: float,
    up: float,
    cos_tilt: float,
    sin_tilt: float,
    omni_share: float,
    lobe: Lobe,
) -> float:
    """
    Attenuation of a tabulated antenna towards a direction, linear between whole degrees.

    Parameters
    ----------
    forward, right, up
        Unit vector to the receiver; forward is the azimuth of the antenna.
    cos_tilt, sin_tilt
        Of the mechanical tilt, downwards positive: it turns the antenna.
    omni_share
        Above 0.5: the azimuth is unknown; what the antenna radiates straight ahead then holds all around.
    lobe
        Attenuation [dB], shape (181, 361): rows from 90° up to 90° down, columns from −180° to 180°.

    Returns
    -------
    attenuation_db
        [dB].
    """
    if omni_share > 0.5:
        tilt_deg = math.atan2(sin_tilt, cos_tilt) * DEGREES
        down_deg = -math.asin(max(-1.0, min(1.0, up))) * DEGREES - tilt_deg
        phi_deg = 0.0
    else:
        turned = forward * cos_tilt - up * sin_tilt
        risen = forward * sin_tilt + up * cos_tilt
        down_deg = -math.asin(max(-1.0, min(1.0, risen))) * DEGREES
        phi_deg = math.atan2(right, turned) * DEGREES
    row = min(max(down_deg + 90.0, 0.0), 180.0)
    col = min(max(phi_deg + 180.0, 0.0), 360.0)
    top, left = min(int(row), 179), min(int(col), 359)
    down, along = row - top, col - left
    above = (1.0 - along) * lobe[top, left] + along * lobe[top, left + 1]
    below = (1.0 - along) * lobe[top + 1, left] + along * lobe[top + 1, left + 1]
    return float((1.0 - down) * above + down * below)


@compiled
def tabled(
    dx: Row,
    dy: Single,
    dz: Row,
    level: Row,
    per_length: Row,
    sector: Sector,
    index: int,
    lobe: Lobe,
    best: Row,
    chosen: Chosen,
) -> None:
    """
    Take a sector into account whose antenna is a table.

    Parameters
    ----------
    dx, dy, dz, level, per_length, sector, index, best, chosen
        As in ``kernels.beam.directed``.
    lobe
        As in ``lobe_db``.
    """
    for col in range(dx.size):
        if level[col] > sector[1]:
            continue
        forward = (dx[col] * sector[3] + dy * sector[2]) * per_length[col]
        right = (dx[col] * sector[2] - dy * sector[3]) * per_length[col]
        up = dz[col] * per_length[col]
        power = np.float32(sector[0] - lobe_db(forward, right, up, sector[4], sector[5], sector[9], lobe))
        if power > best[col]:
            best[col] = power
            chosen[col] = np.int16(index)
