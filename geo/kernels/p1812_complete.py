"""ITU-R P.1812-8 round a mast for any shares of time and locations: the complete method pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812_path import INLAND, location_loss, profile_losses
from geo.kernels.p1812_record import Link

Singles = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

EXACT, RADIAL = 0, 1


@compiled
def complete_wedge(
    sign: int,
    strides: tuple[int, int],
    reach_cells: float,
    cell_km: float,
    rx_height_m: float,
    tx_height_m: float,
    latitude_deg: float,
    link: Link,
    location_share: float,
    square_m: float,
    ground_m: Singles,
    clutter_m: Singles,
    loss_db: Singles,
    code: int,
) -> None:
    """
    One quarter of the disc round the mast, sampled as ``kernels.p1812_exact`` tells.

    Parameters
    ----------
    sign, strides, reach_cells, cell_km, rx_height_m, ground_m
        As in ``p1812_exact.exact_wedge``.
    tx_height_m
        Antenna above the ground [m].
    latitude_deg
        Where the mast stands [°].
    link
        Frequency, polarisation, time share, air.
    location_share, square_m
        As in ``p1812.location_loss``.
    clutter_m
        Clutter above the ground [m], flat, a value for each cell.
    loss_db
        Written: L_b [dB], flat; only pixels of this wedge.
    code
        EXACT: each pixel over its own profile; RADIAL: over that of the nearest ray.
    """
    side = round(math.sqrt(ground_m.size))
    radius = side // 2
    d = np.zeros(radius + 1)
    h, c, zones = np.zeros(radius + 1), np.zeros(radius + 1), np.full(radius + 1, INLAND, dtype=np.int8)
    for n in range(2, radius + 1):
        if n > reach_cells:
            break
        rim = min(n, int(math.sqrt(reach_cells * reach_cells - n * n)))
        if strides[1] != 1 and rim == n:
            rim -= 1
        for j in range(-rim, rim + 1):
            cell = (radius + sign * n) * side + radius + j
            tilt = math.floor(j * radius / n + 0.5) / radius if code == RADIAL else j / n
            for k in range(n + 1):
                d[k] = cell_km * math.hypot(n, j) * k / n
                _point(tilt * k, (radius + sign * k) * side + radius, ground_m, clutter_m, h, c, k)
            h[n], c[n] = ground_m[cell], clutter_m[cell]
            loss = np.float32(np.nan)
            if not math.isnan(h[: n + 1].sum()):
                ends = slice(0, n + 1)
                _, _, found = profile_losses(
                    d[ends], h[ends], c[ends], zones[ends], tx_height_m, rx_height_m, latitude_deg,
                    (link.tx_coast_km, link.rx_coast_km), link,
                )  # fmt: skip
                extra_db = location_loss(
                    link.frequency_ghz, location_share, rx_height_m, c[n], square_m, 0.0, 0.0
                )
                loss = np.float32(max(found.lb0p_db, found.lbc_db + extra_db))
            loss_db[(radius + sign * n) * strides[0] + (radius + j) * strides[1]] = loss


@compiled
def _point(
    across_cells: float,
    line_index: int,
    ground_m: Singles,
    clutter_m: Singles,
    h: Doubles,
    c: Doubles,
    k: int,
) -> None:
    # Ground between two cells of a line_index, clutter of the nearer one.
    low = math.floor(across_cells)
    part = across_cells - low
    if part > 1.0 - 1e-6:
        low, part = low + 1, 0.0
    h[k] = ground_m[line_index + low]
    if part > 1e-4:
        h[k] += part * (ground_m[line_index + low + 1] - h[k])
    c[k] = clutter_m[line_index + low + (1 if part >= 0.5 else 0)]
