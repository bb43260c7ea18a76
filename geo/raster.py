"""Raster: one value for each cell of a Grid, with its unit and its sign for "no value"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.errors import ShapeError
from geo.grid import Grid
from geo.units import Array, Booleans

ALLOWED_TYPES = ("float32", "int16", "uint8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """
    Figures of the cells that have a value.

    Parameters
    ----------
    n_valid
        Number of cells with a value.
    minimum, maximum, mean
        In the raster's unit; NaN where no cell has a value.
    """

    n_valid: int
    minimum: float
    maximum: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raster:
    """
    Values of the cells of a grid. The values are held read-only.

    Parameters
    ----------
    grid
        Where the cells lie.
    values
        Shape (rows, cols); float32, int16 or uint8.
    unit
        Unit of a value with its scale, such as ``"m"``, ``"dBm"`` or ``"0.01 dB"``; empty for classes.
    nodata
        Value that means "no value". None: NaN for float32, every value counts otherwise.

    Raises
    ------
    ShapeError
        The shape is not the grid's, or the type is not allowed.
    """

    grid: Grid
    values: Array
    unit: str
    nodata: float | None = None

    def __post_init__(self) -> None:
        self.grid.require_shape(self.values)
        if self.values.dtype.name not in ALLOWED_TYPES:
            raise ShapeError("raster_type", met=self.values.dtype.name, needed=", ".join(ALLOWED_TYPES))
        held = self.values.view()
        held.flags.writeable = False
        object.__setattr__(self, "values", held)

    @property
    def valid(self) -> Booleans:
        """True where the cell has a value, shape (rows, cols)."""
        return self._known(self.values)

    def _known(self, values: Array) -> Booleans:
        known = np.ones(values.shape, dtype=np.bool_)
        if values.dtype.kind == "f":
            known &= ~np.isnan(values)
        if self.nodata is not None and not np.isnan(self.nodata):
            known &= values != self.nodata
        return known

    def sample(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Array:
        """
        Value of the cell that holds each point.

        Parameters
        ----------
        x_m, y_m
            Easting and northing [m], any equal shape.

        Returns
        -------
        values
            Float64, shape of the input; NaN outside the grid and where the cell has no value.
        """
        row, col = self.grid.to_rowcol(x_m, y_m)
        inside = self.grid.contains(x_m, y_m)
        row, col = np.where(inside, row, 0), np.where(inside, col, 0)
        values = self.values[row, col]
        return np.where(inside & self._known(values), values.astype(np.float64), np.nan)

    def statistics(self) -> Statistics:
        """
        Figures of the cells that have a value.

        Returns
        -------
        statistics
            In the raster's unit.
        """
        known = self.values[self.valid].astype(np.float64)
        if known.size == 0:
            return Statistics(n_valid=0, minimum=np.nan, maximum=np.nan, mean=np.nan)
        return Statistics(
            n_valid=int(known.size),
            minimum=float(known.min()),
            maximum=float(known.max()),
            mean=float(known.mean()),
        )


def require_aligned(first: Raster, second: Raster) -> None:
    """
    Refuse two rasters whose cells are not the same.

    Parameters
    ----------
    first, second
        Rasters to compare.

    Raises
    ------
    ShapeError
        Their grids differ.
    """
    if first.grid != second.grid:
        raise ShapeError("raster_not_aligned", met=second.grid.bounds, needed=first.grid.bounds)
