"""Which cells a mast may still win: where even free space to it leaves more than what is received already."""

from __future__ import annotations

import math

import numpy as np

from geo.kernels.compiled import compiled
from geo.kernels.field import Marks, Row, Sectors, Values, chord, radiated, row_geometry
from geo.kernels.lobe import Lobes
from geo.kernels.p1812_radial import OF_SIGHT
from geo.kernels.p1812_tail import HALF_DB, log2

NEVER, ALWAYS, IN_SIGHT = np.uint8(0), np.uint8(1), np.uint8(OF_SIGHT)

SLACK_DB = 0.1
"""By so much a path may lose less than free space [dB]: rounding only."""

GRAZING_DB = 12.3
"""Bullington loss of an edge on the line of sight [dB], rounded down."""


@compiled
def hope(
    row0: int,
    col0: int,
    cell_m: float,
    east_m: float,
    north_m: float,
    near_m: float,
    mast_altitude_m: float,
    receiver_m: float,
    free_db: float,
    hidden_db: float,
    covering_dbm: float,
    lowest_dbm: float,
    table: Sectors,
    lobes: Lobes,
    ground_m: Values,
    all_power_dbm: Values,
    wanted: Marks,
) -> None:
    """
    Mark the cells of a disc that a mast may win, or whose state it may change.

    Parameters
    ----------
    row0, col0
        Place in the whole grid of the upper left cell of the mast's square; may lie outside.
    cell_m, east_m, north_m, mast_altitude_m, receiver_m, table, lobes, ground_m
        As in ``kernels.field.sectors``; the altitude is known.
    near_m
        Up to this horizontal distance [m] no cell is marked: what lies there has been looked at. At least so
        far that no path beyond loses less than free space.
    free_db
        Loss in free space over 1 m [dB].
    hidden_db
        What a path without line of sight loses more, at least [dB].
    covering_dbm, lowest_dbm
        Median powers [dBm] from which a cell is covered, and below which nothing is of interest.
    all_power_dbm
        Best certain power so far on the whole grid [dBm]; NaN: none.
    wanted
        Written: 1 where a loss is wanted, ``OF_SIGHT`` where it is in sight only; what is wanted stays so.
    """
    radius = wanted.shape[0] // 2
    rows, cols = all_power_dbm.shape
    scratch = np.empty((5, wanted.shape[1]), dtype=np.float32)
    numbers = np.empty(wanted.shape[1], dtype=np.int16)
    for row in range(max(0, -row0), min(wanted.shape[0], rows - row0)):
        inner = chord(radius, row)
        first, last = max(inner.start, -col0), min(inner.stop, cols - col0)
        if last <= first:
            continue
        part = slice(first, last)
        dx, dz, level = scratch[0][part], scratch[1][part], scratch[2][part]
        per_length, most, number = scratch[3][part], scratch[4][part], numbers[part]
        dy = np.float32((radius - row) * cell_m - north_m)
        first_m = (first - radius) * cell_m - east_m
        row_geometry(
            cell_m,
            first_m,
            dy,
            receiver_m - mast_altitude_m,
            0.0,
            ground_m[row][part],
            dx,
            dz,
            level,
            per_length,
        )
        radiated(table, lobes, dx, dy, dz, level, per_length, most, number)
        _compare(
            near_m, free_db - SLACK_DB, hidden_db, covering_dbm, lowest_dbm, level, per_length, most,
            all_power_dbm[row + row0][first + col0 : last + col0], wanted[row][part],
        )  # fmt: skip


@compiled
def _compare(
    near_m: float, free_db: float, hidden_db: float, covering_dbm: float, lowest_dbm: float, level_m: Row,
    per_length: Row, radiated_dbm: Row, power_dbm: Row, wanted: Marks,
) -> None:  # fmt: skip
    near, base = np.float32(near_m), np.float32(free_db)
    covering, lowest, more = np.float32(covering_dbm), np.float32(lowest_dbm), np.float32(hidden_db)
    for k in range(wanted.size):
        bound = radiated_dbm[k] - base + np.float32(2.0) * HALF_DB * log2(per_length[k])
        covered = power_dbm[k] >= covering
        lost = (level_m[k] <= near) or ((bound < power_dbm[k]) and (covered or (bound < lowest)))
        hidden = bound - more
        lost_hidden = (hidden < power_dbm[k]) and (covered or (hidden < lowest))
        found = (IN_SIGHT if lost_hidden else ALWAYS) if not lost else NEVER
        wanted[k] = ALWAYS if wanted[k] == ALWAYS else max(wanted[k], found)


def hidden_db(reach_m: float) -> float:
    """
    What diffraction adds to free space at least on a path without line of sight, at the median.

    Parameters
    ----------
    reach_m
        Longest path [m].

    Returns
    -------
    loss_db
        [dB]. Of the 12.3 dB of an edge just on the line, ducting may spare a part that grows with distance.

    References
    ----------
    ITU-R P.1812-8 §4.3.1 at nu = 0; §4.6, F_k (eq. 59) and eq. (61).
    """
    return GRAZING_DB * 0.5 * (1.0 - math.tanh(1.5 * (reach_m / 1000.0 - 20.0) / 20.0))


def free_space_db(frequency_mhz: float) -> float:
    """
    Loss in free space over 1 m.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz].

    Returns
    -------
    loss_db
        [dB].

    References
    ----------
    ITU-R P.1812-8 eq. (8), with its rounded constant, which is the least of those in use here.
    """
    return 92.4 + 20.0 * math.log10(frequency_mhz / 1000.0) - 60.0
