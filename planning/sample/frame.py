"""The frame of the fictional commune: where it lies, how its shapes are made, where its chance comes from."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

EPSG = 9210
ORIGIN_E_M = 590_000.0
ORIGIN_N_M = 2_290_000.0

Floats: TypeAlias = npt.NDArray[np.float64]


def stream(seed: int, topic: str) -> np.random.Generator:
    """
    Chance for one topic, so that a change in one table leaves the others as they were.

    Parameters
    ----------
    seed
        Seed of the whole sample, 0 or above.
    topic
        Name of the topic.

    Returns
    -------
    rng
        Equal for equal arguments.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(topic.encode())])))


def placed(points_m: Sequence[tuple[float, float]] | Floats) -> Floats:
    """
    Points of the made-up map on the projected plane.

    Parameters
    ----------
    points_m
        East and north of the commune's middle [m], shape (n, 2).

    Returns
    -------
    xy_m
        Coordinates in EPSG:9210 [m], shape (n, 2).
    """
    origin_m = np.array([ORIGIN_E_M, ORIGIN_N_M])
    xy_m: Floats = np.asarray(points_m, dtype=np.float64).reshape(-1, 2) + origin_m
    return xy_m


def point(x_m: float, y_m: float) -> shapely.Point:
    """
    One point of the made-up map.

    Parameters
    ----------
    x_m, y_m
        East and north of the commune's middle [m].

    Returns
    -------
    point
        In EPSG:9210.
    """
    return shapely.Point(x_m + ORIGIN_E_M, y_m + ORIGIN_N_M)


def curve(points_m: Sequence[tuple[float, float]], *, n_rounds: int = 3) -> shapely.LineString:
    """
    A smooth line near the given points (Chaikin's corner cutting; the ends stay).

    Parameters
    ----------
    points_m
        East and north of the commune's middle [m], two or more.
    n_rounds
        How often the corners are cut.

    Returns
    -------
    line
        In EPSG:9210.
    """
    xy = placed(points_m)
    for _ in range(n_rounds):
        near, far = 0.75 * xy[:-1] + 0.25 * xy[1:], 0.25 * xy[:-1] + 0.75 * xy[1:]
        xy = np.vstack([xy[:1], np.stack([near, far], axis=1).reshape(-1, 2), xy[-1:]])
    return shapely.LineString(xy)


def turned(along_m: Floats, across_m: Floats, *, centre_m: tuple[float, float], bearing_deg: float) -> Floats:
    """
    Points given along and across a direction.

    Parameters
    ----------
    along_m, across_m
        Distances from the centre along the direction and to its right [m], shape (n,).
    centre_m
        Centre in EPSG:9210 [m].
    bearing_deg
        Direction, clockwise from grid north [°].

    Returns
    -------
    xy_m
        Coordinates in EPSG:9210 [m], shape (n, 2).
    """
    sine, cosine = math.sin(math.radians(bearing_deg)), math.cos(math.radians(bearing_deg))
    east = centre_m[0] + along_m * sine + across_m * cosine
    north = centre_m[1] + along_m * cosine - across_m * sine
    return np.stack([east, north], axis=1)


def lines_of(shape: shapely.Geometry, *, shortest_m: float = 0.0) -> list[shapely.LineString]:
    """
    Single lines of a cut shape, from west to east.

    Parameters
    ----------
    shape
        Line, several lines or a mixture.
    shortest_m
        Shorter pieces are left out [m].

    Returns
    -------
    lines
        Sorted by their western end.
    """
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.LineString)]
    return sorted((part for part in parts if part.length > shortest_m), key=lambda part: part.bounds)


def spaced(line: shapely.LineString, *, step_m: float, start_m: float = 0.0) -> list[shapely.Point]:
    """
    Points along a line.

    Parameters
    ----------
    line
        Line in EPSG:9210.
    step_m
        Distance between two points along the line [m].
    start_m
        Distance of the first one from the beginning [m].

    Returns
    -------
    points
        From the beginning to the end.
    """
    return [line.interpolate(distance) for distance in np.arange(start_m, line.length, step_m)]
