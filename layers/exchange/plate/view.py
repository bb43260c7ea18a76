"""A map frame on paper: which ground it shows, at which scale, and the round figures that go with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.units import Floats

ROUND = (1.0, 2.0, 5.0)
SCALES = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5)
"""Steps of round lengths, and of round scales, in each power of ten."""
MM_PER_M = 1000.0
GRID_MM = 25.0
BAR_MM = 40.0
ROOM_SHARE = 0.02

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """
    A map frame.

    Parameters
    ----------
    epsg
        Projected CRS, in metres.
    west_m, south_m
        Lower left corner [m].
    width_mm, height_mm
        Size on paper.
    scale
        Metres on the ground for a metre on paper: 10 000 for 1:10,000.
    """

    epsg: int
    west_m: float
    south_m: float
    width_mm: float
    height_mm: float
    scale: float

    @property
    def east_m(self) -> float:
        """Right edge [m]."""
        return self.west_m + self.width_mm * self.scale / MM_PER_M

    @property
    def north_m(self) -> float:
        """Upper edge [m]."""
        return self.south_m + self.height_mm * self.scale / MM_PER_M

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north [m]."""
        return self.west_m, self.south_m, self.east_m, self.north_m

    def to_mm(self, places: Floats) -> Floats:
        """
        Places on the ground as places on paper.

        Parameters
        ----------
        places
            East and north [m], shape (n, 2).

        Returns
        -------
        places_mm
            To the right and downwards from the upper left corner [mm], shape (n, 2).
        """
        right = (places[:, 0] - self.west_m) * MM_PER_M / self.scale
        down = (self.north_m - places[:, 1]) * MM_PER_M / self.scale
        return np.column_stack([right, down])


def fit(bounds: Bounds, *, epsg: int, width_mm: float, height_mm: float, scale: float | None = None) -> View:
    """
    A frame around an extent.

    Parameters
    ----------
    bounds
        West, south, east, north [m].
    epsg
        Projected CRS of the extent.
    width_mm, height_mm
        Size on paper.
    scale
        Scale asked for; None: the largest round one at which the extent fits with a little room.

    Returns
    -------
    view
        The extent in its middle. At a scale asked for, what does not fit stays outside.
    """
    west_m, south_m, east_m, north_m = bounds
    needed = max((east_m - west_m) / width_mm, (north_m - south_m) / height_mm, 0.05) * MM_PER_M
    chosen = scale or round_up(needed * (1 + 2 * ROOM_SHARE), steps=SCALES)
    return View(
        epsg=epsg,
        west_m=(west_m + east_m) / 2 - width_mm * chosen / MM_PER_M / 2,
        south_m=(south_m + north_m) / 2 - height_mm * chosen / MM_PER_M / 2,
        width_mm=width_mm,
        height_mm=height_mm,
        scale=chosen,
    )


def round_up(value: float, *, steps: Sequence[float] = ROUND) -> float:
    """
    The next round number.

    Parameters
    ----------
    value
        Above 0.
    steps
        Round numbers from 1 to below 10.

    Returns
    -------
    round
        One of the steps times a power of ten, at least ``value``.
    """
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (*steps, 10.0) if step * power >= value * (1 - 1e-9)), 10 * power)


def grid_lines_m(low_m: float, high_m: float, *, scale: float) -> tuple[float, ...]:
    """
    Round coordinates between two edges.

    Parameters
    ----------
    low_m, high_m
        The edges [m].
    scale
        Scale of the map; lines lie at least ``GRID_MM`` apart on paper.

    Returns
    -------
    lines_m
        Multiples of one round step [m].
    """
    step_m = round_up(GRID_MM * scale / MM_PER_M)
    first = math.ceil(low_m / step_m)
    return tuple(number * step_m for number in range(first, math.floor(high_m / step_m) + 1))


def bar_m(scale: float) -> float:
    """
    Length that a scale bar shows.

    Parameters
    ----------
    scale
        Scale of the map.

    Returns
    -------
    length_m
        A round length of at most ``BAR_MM`` on paper [m].
    """
    longest_m = BAR_MM * scale / MM_PER_M
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in ROUND if step * power <= longest_m * (1 + 1e-9))
