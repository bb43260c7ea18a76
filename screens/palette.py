"""Colours and classes of what an estimate holds, shared by the map and its legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from geo.coverage import State
from planning import compare, data
from planning import palette as shared
from planning.runs import CENTI, LEAST_POWER, UNKNOWN_LEVEL, UNKNOWN_PERCENT
from screens import tiles

STATE_COLOURS, FAST_COLOURS = shared.STATE_COLOURS, shared.FAST_COLOURS
UNKNOWN_COLOUR = shared.UNKNOWN_COLOUR
CHANGES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "gained": (compare.GAINED, "#1b7837"),
        "lost": (compare.LOST, "#9b2226"),
        "opened": (compare.OPENED, "#b3a2c8"),
        "closed": (compare.CLOSED, "#e0a458"),
        "same": (compare.SAME, "#e8e6df"),
    }
)
"""Class of a difference to its value in the raster and its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """
    Classes of a measured quantity.

    Parameters
    ----------
    classes
        Lower bound and colour of each, the highest first; the bound names the text
        ``class.<quantity>.<bound>``.
    step
        What one step of the raster is worth [unit of the bounds].
    unknown
        Value of the raster that stands for unknown, or None where such cells hold no data.
    """

    classes: tuple[tuple[int, str], ...]
    step: float = 1.0
    unknown: int | None = None


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "probability": Scale(
            classes=((90, "#01665e"), (75, "#5ab4ac"), (50, "#f1e3a6"), (25, "#d8a15d"), (0, "#8c3b2a")),
            unknown=UNKNOWN_PERCENT,
        ),
        "speed": Scale(
            classes=((300, "#253494"), (100, "#2c7fb8"), (50, "#41b6c4"), (10, "#a1dab4"), (0, "#efe3a0"))
        ),
        "count": Scale(
            classes=((4, "#54278f"), (3, "#756bb1"), (2, "#9e9ac8"), (1, "#cbc9e2"), (0, "#f3ead6"))
        ),
        "lead": Scale(
            classes=((20, "#00441b"), (10, "#1b7837"), (6, "#5aae61"), (3, "#a6dba0"), (0, "#f1e3a6")),
            step=1 / CENTI,
        ),
        "sinr": Scale(
            classes=((20, "#253494"), (13, "#2c7fb8"), (6, "#41b6c4"), (0, "#a1dab4"), (-30, "#efe3a0")),
            step=1 / CENTI,
        ),
    }
)
"""Quantity in dB, %, Mbit/s or sectors to its classes."""


def of_levels() -> tiles.TileStyle:
    """
    Levels of received power.

    Returns
    -------
    style
        For the rasters of the level's index.
    """
    shown = [(index, tiles.rgba(row.colour)) for index, row in enumerate(data.level_rows())]
    return tiles.TileStyle(states=(*shown, (UNKNOWN_LEVEL, tiles.rgba(UNKNOWN_COLOUR))))


def of_power() -> tiles.TileStyle:
    """
    Levels of a raster of power.

    Returns
    -------
    style
        For rasters in hundredths of a decibel in which ``UNKNOWN_POWER`` stands for unknown.
    """
    least_dbm = LEAST_POWER / CENTI
    levels = tuple((max(row.lower_dbm, least_dbm), tiles.rgba(row.colour)) for row in data.level_rows())
    return tiles.TileStyle(levels=levels, scale=1 / CENTI, below=tiles.rgba(UNKNOWN_COLOUR))


def of_states(colours: Mapping[str, str]) -> tiles.TileStyle:
    """
    The three states.

    Parameters
    ----------
    colours
        Name of a state in lower case to its colour ``#rrggbb``.

    Returns
    -------
    style
        For the rasters of ``geo.coverage.State``.
    """
    return tiles.TileStyle(
        states=tuple((int(State[name.upper()]), tiles.rgba(colour)) for name, colour in colours.items())
    )


def of_scale(quantity: str) -> tiles.TileStyle:
    """
    A measured quantity.

    Parameters
    ----------
    quantity
        Key of ``SCALES``.

    Returns
    -------
    style
        For its rasters; what lies under the lowest class has the colour of that class.
    """
    scale = SCALES[quantity]
    levels = [(float(lower), tiles.rgba(colour)) for lower, colour in scale.classes]
    if scale.unknown is not None:
        levels.insert(0, (float(scale.unknown), tiles.rgba(UNKNOWN_COLOUR)))
    return tiles.TileStyle(levels=tuple(levels), scale=scale.step, below=levels[-1][1])


def of_changes() -> tiles.TileStyle:
    """
    The difference between two estimates.

    Returns
    -------
    style
        For the rasters of ``planning.compare``.
    """
    return tiles.TileStyle(states=tuple((value, tiles.rgba(colour)) for value, colour in CHANGES.values()))
