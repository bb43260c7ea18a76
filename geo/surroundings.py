"""What stands around a mast: whether its model is the urban or the rural one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.errors import RangeError
from geo.propagation import MODELS
from geo.radio import Transmitter
from geo.sight import place
from geo.terrain import Surface


@dataclass(frozen=True, slots=True, kw_only=True)
class UrbanRule:
    """
    When the surroundings of a mast count as urban.

    Parameters
    ----------
    around_m
        How far is looked around [m].
    clutter_m
        Clutter of this height and more counts as houses of a town [m].
    from_share, to_share
        Share of the known ground under such clutter, 0–1, between which the place is urban: above, it is a
        wood.

    Raises
    ------
    RangeError
        A number is impossible, or the shares do not rise.
    """

    around_m: float
    clutter_m: float
    from_share: float
    to_share: float

    def __post_init__(self) -> None:
        if not self.around_m > 0.0:
            raise RangeError("around_m", self.around_m, 0.0, math.inf, "m")
        if not self.clutter_m > 0.0:
            raise RangeError("clutter_m", self.clutter_m, 0.0, math.inf, "m")
        if not 0.0 <= self.from_share < self.to_share <= 1.0:
            raise RangeError("from_share", self.from_share, 0.0, self.to_share, "")


def built_share(surface: Surface, *, x_m: float, y_m: float, rule: UrbanRule) -> float:
    """
    Share of the ground around a place under high clutter.

    Parameters
    ----------
    surface
        Ground and clutter.
    x_m, y_m
        The place [m].
    rule
        Distance and height.

    Returns
    -------
    share
        0–1; NaN where no clutter is known there.
    """
    row, col, _, _ = place(surface.grid, x_m, y_m)
    radius = math.ceil(rule.around_m / surface.grid.cell_m)
    rows = slice(max(row - radius, 0), max(row + radius + 1, 0))
    cols = slice(max(col - radius, 0), max(col + radius + 1, 0))
    clutter_m = surface.clutter_height_m[rows, cols]
    down = np.arange(rows.start, rows.start + clutter_m.shape[0]) - row
    along = np.arange(cols.start, cols.start + clutter_m.shape[1]) - col
    near = np.hypot(down[:, None], along[None, :]) * surface.grid.cell_m <= rule.around_m
    known = clutter_m[near & ~np.isnan(clutter_m)]
    return float((known >= rule.clutter_m).mean()) if known.size else math.nan


def judged(transmitters: Sequence[Transmitter], surface: Surface, rule: UrbanRule) -> tuple[Transmitter, ...]:
    """
    Sectors that know whether they stand in a town.

    Parameters
    ----------
    transmitters
        The sectors.
    surface
        Ground and clutter.
    rule
        When surroundings are urban.

    Returns
    -------
    transmitters
        The same with ``urban`` set: where the share of high clutter lies within the rule, and the urban model
        admits the antenna's height.
    """
    low_m, high_m = MODELS["uma"].extended_tx_height_m
    share: dict[tuple[float, float], float] = {}
    for one in transmitters:
        where = (one.x_m, one.y_m)
        if where not in share:
            share[where] = built_share(surface, x_m=one.x_m, y_m=one.y_m, rule=rule)
    return tuple(
        replace(
            one,
            urban=rule.from_share <= share[one.x_m, one.y_m] <= rule.to_share
            and low_m <= one.height_m <= high_m,
        )
        for one in transmitters
    )
