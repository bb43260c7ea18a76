"""Probability that the best server covers, cell by cell."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Values = npt.NDArray[np.float32]
Servers = npt.NDArray[np.int16]
Percents = npt.NDArray[np.uint8]
Blocked = npt.NDArray[np.bool_]
Table = npt.NDArray[np.float64]


@compiled
def percent(
    cell_m: float,
    west_m: float,
    north_m: float,
    threshold_dbm: float,
    table: Table,
    power_dbm: Values,
    server: Servers,
    blocked: Blocked,
    out: Percents,
) -> None:
    """
    Q((threshold − median) / σ) of every cell.

    Parameters
    ----------
    cell_m, west_m, north_m
        Side of a cell, western and northern edge of the grid [m].
    threshold_dbm
        Level needed [dBm].
    table
        One row for each server: place [m], σ near and far with line of sight and σ without it [dB], distance
        from which far begins [m]. Shape (n, 6).
    power_dbm, server, blocked
        Median of the best server [dBm], its row, −1 for none, and whether it is received without line of
        sight.
    out
        Written: probability [%], 0 where there is no server.
    """
    for row in range(server.shape[0]):
        y_m = north_m - (row + 0.5) * cell_m
        for col in range(server.shape[1]):
            k = server[row, col]
            if k < 0:
                out[row, col] = 0
                continue
            dx, dy = west_m + (col + 0.5) * cell_m - table[k, 0], y_m - table[k, 1]
            far = dx * dx + dy * dy > table[k, 5] * table[k, 5]
            sigma_db = table[k, 4] if blocked[row, col] else (table[k, 3] if far else table[k, 2])
            above_db = power_dbm[row, col] - threshold_dbm
            if sigma_db > 0.0:
                share = 0.5 * math.erfc(-above_db / (sigma_db * math.sqrt(2.0)))
            else:
                share = 1.0 if above_db >= 0.0 else 0.0
            out[row, col] = int(100.0 * share + 0.5)
