"""Cells of a stranger's raster on a grid of ours: any reference system, any empty value, read by window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

GROUND, COVER, PEOPLE = "terrain", "clutter", "population"
CELLS = "cells.bin"
"""File in the private folder that takes the cells, float32, row by row from the north."""
PLACE = "cells.json"

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    Where the cells of a raster are wanted.

    Parameters
    ----------
    kind
        terrain (heights, interpolated), clutter (classes or heights, never mixed), population (counts, the
        total kept).
    epsg
        Projected system of the grid.
    west_m, south_m, east_m, north_m
        Bounds [m].
    finest_m
        Smallest cell [m]; a coarser raster keeps its own size, rounded to whole metres.
    most_cells
        Largest number of cells; the cell grows until they fit.
    """

    kind: str
    epsg: int
    west_m: float
    south_m: float
    east_m: float
    north_m: float
    finest_m: float
    most_cells: int

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Target | None:
        """
        Target from its plain values.

        Parameters
        ----------
        values
            As of ``dataclasses.asdict``, or None.

        Returns
        -------
        target
            None for None.
        """
        return None if values is None else cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """
    Cells brought onto a grid.

    Parameters
    ----------
    values
        Heights [m], classes or people of each cell, NaN where the raster has none; shape (rows, cols).
    west_m, north_m, cell_m
        Place and size of the grid [m].
    is_whole
        True where the raster holds whole numbers only, as classes are.
    """

    values: Floats32
    west_m: float
    north_m: float
    cell_m: float
    is_whole: bool


def collect(folder: Path) -> Cells | None:
    """
    Cells that the reading process left.

    Parameters
    ----------
    folder
        Its private folder.

    Returns
    -------
    cells
        None where it left none.
    """
    if not (folder / PLACE).exists():
        return None
    west_m, north_m, cell_m, rows, cols, is_whole = map(float, (folder / PLACE).read_text("ascii").split(","))
    values = np.fromfile(folder / CELLS, dtype="<f4").reshape(int(rows), int(cols))
    return Cells(values=values, west_m=west_m, north_m=north_m, cell_m=cell_m, is_whole=bool(is_whole))
