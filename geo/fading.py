"""Shadow fading on a coverage estimate: how probable it is that the best server covers a place."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from geo import field
from geo.coverage import Coverage
from geo.probability import coverage_probability, shadow_sigma_db
from geo.radio import Transmitter
from geo.units import BREAKPOINT_SPEED_M_PER_S, Booleans, Floats, Floats32

WITHOUT = "free_space"
"""Model without fading of its own: there a place is covered or not."""


ROWS = 256
"""Rows worked on at a time, so that a city needs no more memory than its rasters."""


def served_probability(
    coverage: Coverage,
    operator: str,
    servers: Sequence[Transmitter],
    *,
    receiver_height_m: float,
    model: str = field.AUTO,
    dense: bool = False,
) -> Floats32:
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
    probability
        0 to 1, float32, shape of the grid; 0 where nothing is received for certain. The median is compared
        with the lowest level that counts as covered: the probability stands in place of the margin.

    References
    ----------
    TR 38.901 Table 7.4.1-1, column σ_SF, and note 1 for the breakpoint distance.
    """
    chance: Floats32 = np.zeros(coverage.grid.shape, dtype=np.float32)
    place_m = np.array([(one.x_m, one.y_m) for one in servers]).reshape(-1, 2)
    breakpoints_m = np.array([_breakpoint_m(one, receiver_height_m) for one in servers])
    names = np.array(
        [_model(one, model=model, dense=dense, receiver_height_m=receiver_height_m) for one in servers]
    )
    for top in range(0, coverage.grid.rows, ROWS):
        part = slice(top, top + ROWS)
        rows, cols = np.nonzero(coverage.server[operator][part] >= 0)
        index = coverage.server[operator][part][rows, cols]
        x_m, y_m = coverage.grid.to_xy(rows + top, cols)
        away_m = np.hypot(x_m - place_m[index, 0], y_m - place_m[index, 1])
        los = ~coverage.blocked[operator][part][rows, cols]
        chance[part][rows, cols] = coverage_probability(
            coverage.power_dbm[operator][part][rows, cols],
            threshold_dbm=coverage.levels.lowest_covered_dbm,
            sigma_db=_sigma_db(names[index], los, away_m > breakpoints_m[index]),
        )
    return chance


def _sigma_db(names: np.ndarray[tuple[int], np.dtype[np.str_]], los: Booleans, far: Booleans) -> Floats:
    sigma_db = np.zeros(len(names))
    for name in set(names.tolist()) - {WITHOUT}:
        here = names == name
        sigma_db[here] = shadow_sigma_db(name, los=los[here], beyond_breakpoint=far[here])
    return sigma_db


def _breakpoint_m(sector: Transmitter, receiver_height_m: float) -> float:
    carrier_hz = sector.frequency_mhz * 1e6
    return 2 * math.pi * sector.height_m * receiver_height_m * carrier_hz / BREAKPOINT_SPEED_M_PER_S


def _model(sector: Transmitter, *, model: str, dense: bool, receiver_height_m: float) -> str:
    chosen = field.choose(sector, model=model, dense=dense, receiver_height_m=receiver_height_m)
    return WITHOUT if chosen is None else chosen.name
