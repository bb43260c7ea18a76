"""Shadow fading on a coverage estimate: how probable it is that the best server covers a place."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from geo import field
from geo.coverage import Coverage
from geo.kernels import fading as kernel
from geo.probability import shadow_sigma_db
from geo.radio import Transmitter
from geo.units import BREAKPOINT_SPEED_M_PER_S, Bytes


def served_percent(
    coverage: Coverage,
    operator: str,
    servers: Sequence[Transmitter],
    *,
    receiver_height_m: float,
    model: str = field.AUTO,
    dense: bool = False,
) -> Bytes:
    """
    Probability that the best server of an operator covers.

    Parameters
    ----------
    coverage
        The estimate.
    operator
        One of ``coverage.operators``.
    servers
        Transmitters in the order of ``coverage.transmitter_ids``.
    receiver_height_m
        Receivers above the ground [m].
    model, dense
        Path-loss model, as for ``coverage.estimate``.

    Returns
    -------
    percent
        0 to 100 [%], uint8, shape of the grid; 0 where nothing is received for certain. The median is
        compared with the lowest level that counts as covered: the probability stands in place of the margin.
        Over the profile (P.1812) the deviation of the model near the mast is taken; in free space none.

    References
    ----------
    TR 38.901 Table 7.4.1-1, column σ_SF, and note 1 for the breakpoint distance.
    """
    grid = coverage.grid
    rows = [_row(one, model=model, dense=dense, receiver_height_m=receiver_height_m) for one in servers]
    percent = np.empty(grid.shape, dtype=np.uint8)
    kernel.percent(
        grid.cell_m,
        grid.west_m,
        grid.north_m,
        coverage.levels.lowest_covered_dbm,
        np.array(rows, dtype=np.float64).reshape(-1, 6),
        coverage.power_dbm[operator],
        coverage.server[operator],
        coverage.blocked[operator],
        percent,
    )
    return percent


def _row(sector: Transmitter, *, model: str, dense: bool, receiver_height_m: float) -> tuple[float, ...]:
    chosen = field.choose(sector, model=model, dense=dense, receiver_height_m=receiver_height_m)
    sigma_db = (0.0, 0.0, 0.0)
    if chosen is not None and chosen.name != "free_space":
        near, far, nlos = shadow_sigma_db(
            chosen.name, los=[True, True, False], beyond_breakpoint=[False, True, False]
        )
        sigma_db = (float(near), float(far), float(nlos))
    carrier_hz = sector.frequency_mhz * 1e6
    breakpoint_m = 2 * math.pi * sector.height_m * receiver_height_m * carrier_hz / BREAKPOINT_SPEED_M_PER_S
    return (sector.x_m, sector.y_m, *sigma_db, breakpoint_m)
