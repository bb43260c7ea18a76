"""What a map on paper shows: shapes in a style, names, a picture of cells; and the lines of its legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.units import Floats
from layers.spec import Style

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """
    Shapes in one style.

    Parameters
    ----------
    shapes
        Shapely geometries in the CRS of the view; empty or absent ones are left out.
    style
        How they are drawn.
    hatch
        True for areas that are hatched instead of filled.
    """

    shapes: Shapes
    style: Style
    hatch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """
    Names beside places; where two would overlap, the earlier one stays.

    Parameters
    ----------
    places_m
        East and north [m], shape (n, 2).
    texts
        A text for each place.
    size_mm
        Height of the letters on paper.
    colour
        Colour ``#rrggbb``.
    is_bold
        True for bold letters.
    """

    places_m: Floats
    texts: Sequence[str]
    size_mm: float = 2.4
    colour: str = "#1c2a30"
    is_bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """
    A picture of cells.

    Parameters
    ----------
    png
        The picture, one pixel a cell, north up.
    bounds_m
        West, south, east, north of it [m].
    """

    png: bytes
    bounds_m: tuple[float, float, float, float]


Mark = Drawn | Names | Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One line of a legend.

    Parameters
    ----------
    words
        What it means.
    style
        How it is drawn.
    kind
        ``point``, ``line``, ``area`` or ``hatch``.
    """

    words: str
    style: Style
    kind: str
