"""Grid: the only place where metres and rows, columns are turned into each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS

from geo.crs import WGS84, convergence_deg, is_projected, name_of, transform
from geo.errors import CrsError, RangeError, ShapeError
from geo.units import Array, Booleans, Floats, Integers

MAX_CELLS = 400_000_000
"""Largest number of cells of one grid: above it a rasters' set no longer fits an office computer."""

_SNAP_SHARE = 1e-6
"""Part of a cell by which a bound may miss a cell edge and still count as lying on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """
    Square cells in a projected reference system; row 0 is the northernmost.

    Parameters
    ----------
    epsg
        EPSG code of a projected system whose axes are in metres.
    west_m, north_m
        Outer corner of the cell (row 0, column 0): easting and northing [m].
    cell_m
        Side of a cell [m], above 0.
    rows, cols
        Number of rows and columns, at least 1.

    Raises
    ------
    CrsError
        ``epsg`` is unknown, geographic, or not in metres.
    RangeError
        ``cell_m``, ``rows`` or ``cols`` is not positive, or the grid has too many cells.
    """

    epsg: int
    west_m: float
    north_m: float
    cell_m: float
    rows: int
    cols: int

    def __post_init__(self) -> None:
        require_metres(self.epsg)
        if not 0.0 < self.cell_m < math.inf:
            raise RangeError("cell_m", self.cell_m, 0.0, math.inf, "m")
        for quantity, count in (("rows", self.rows), ("cols", self.cols)):
            if count < 1:
                raise RangeError(quantity, count, 1, MAX_CELLS, "")
        if self.rows * self.cols > MAX_CELLS:
            raise RangeError("cells", self.rows * self.cols, 1, MAX_CELLS, "")

    @classmethod
    def from_bounds(cls, bounds: tuple[float, float, float, float], *, cell_m: float, epsg: int) -> Grid:
        """
        Smallest grid which holds a rectangle, its edges on multiples of the cell.

        Parameters
        ----------
        bounds
            (xmin, ymin, xmax, ymax) [m] in ``epsg``, finite.
        cell_m
            Side of a cell [m], above 0.
        epsg
            EPSG code of a projected system in metres.

        Returns
        -------
        grid
            At least one row and one column.

        Raises
        ------
        CrsError, RangeError
            As the constructor; also for bounds that are not finite or turned around.
        """
        xmin, ymin, xmax, ymax = bounds
        if not 0.0 < cell_m < math.inf:
            raise RangeError("cell_m", cell_m, 0.0, math.inf, "m")
        if not all(math.isfinite(value) for value in bounds) or xmax < xmin or ymax < ymin:
            raise RangeError("bounds", xmax - xmin, 0.0, math.inf, "m")
        west = math.floor(xmin / cell_m + _SNAP_SHARE)
        south = math.floor(ymin / cell_m + _SNAP_SHARE)
        east = max(math.ceil(xmax / cell_m - _SNAP_SHARE), west + 1)
        north = max(math.ceil(ymax / cell_m - _SNAP_SHARE), south + 1)
        return cls(
            epsg=epsg,
            west_m=west * cell_m,
            north_m=north * cell_m,
            cell_m=cell_m,
            rows=north - south,
            cols=east - west,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.rows, self.cols

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Outer edges (xmin, ymin, xmax, ymax) [m]."""
        east_m = self.west_m + self.cols * self.cell_m
        return self.west_m, self.north_m - self.rows * self.cell_m, east_m, self.north_m

    @property
    def transform(self) -> Affine:
        """Affine map from (column, row) of a cell's corner to (x, y) [m], as rasterio uses it."""
        return Affine(self.cell_m, 0.0, self.west_m, 0.0, -self.cell_m, self.north_m)

    @property
    def cell_area_m2(self) -> float:
        """Area of one cell on the projection plane [m²]."""
        return self.cell_m * self.cell_m

    def to_xy(self, row: npt.ArrayLike, col: npt.ArrayLike) -> tuple[Floats, Floats]:
        """
        Centres of cells.

        Parameters
        ----------
        row, col
            Row and column, any equal shape; may be fractional and may lie outside.

        Returns
        -------
        x_m, y_m
            Easting and northing [m] of the centres, shape of the input.
        """
        x_m = self.west_m + (np.asarray(col, dtype=np.float64) + 0.5) * self.cell_m
        y_m = self.north_m - (np.asarray(row, dtype=np.float64) + 0.5) * self.cell_m
        return x_m, y_m

    def to_rowcol(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Integers, Integers]:
        """
        Cells that hold points; not clipped to the grid.

        Parameters
        ----------
        x_m, y_m
            Easting and northing [m], any equal shape, finite.

        Returns
        -------
        row, col
            Cell indices, int64, shape of the input; negative or beyond the last where outside.
        """
        col = np.floor((np.asarray(x_m, dtype=np.float64) - self.west_m) / self.cell_m)
        row = np.floor((self.north_m - np.asarray(y_m, dtype=np.float64)) / self.cell_m)
        return row.astype(np.int64), col.astype(np.int64)

    def contains(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Booleans:
        """
        Whether points lie in a cell of the grid.

        Parameters
        ----------
        x_m, y_m
            Easting and northing [m], any equal shape, finite.

        Returns
        -------
        inside
            True where the point falls in a cell, shape of the input.
        """
        row, col = self.to_rowcol(x_m, y_m)
        return np.asarray((row >= 0) & (row < self.rows) & (col >= 0) & (col < self.cols))

    def centres(self) -> tuple[Floats, Floats]:
        """
        Coordinates of all cell centres.

        Returns
        -------
        x_m, y_m
            Eastings [m], shape (cols,), rising; northings [m], shape (rows,), falling.
        """
        x_m, _ = self.to_xy(np.zeros(self.cols), np.arange(self.cols))
        _, y_m = self.to_xy(np.arange(self.rows), np.zeros(self.rows))
        return x_m, y_m

    def window(self, bounds: tuple[float, float, float, float]) -> tuple[Grid, tuple[slice, slice]]:
        """
        Part of the grid that touches a rectangle.

        Parameters
        ----------
        bounds
            (xmin, ymin, xmax, ymax) [m].

        Returns
        -------
        grid
            Grid of the cells which share area with the rectangle.
        slices
            Row and column slices: ``values[slices]`` are the values of these cells.

        Raises
        ------
        ShapeError
            The rectangle does not touch the grid.
        """
        xmin, ymin, xmax, ymax = bounds
        col0 = max(math.floor((xmin - self.west_m) / self.cell_m + _SNAP_SHARE), 0)
        row0 = max(math.floor((self.north_m - ymax) / self.cell_m + _SNAP_SHARE), 0)
        col1 = min(math.ceil((xmax - self.west_m) / self.cell_m - _SNAP_SHARE), self.cols)
        row1 = min(math.ceil((self.north_m - ymin) / self.cell_m - _SNAP_SHARE), self.rows)
        if col1 <= col0 or row1 <= row0:
            raise ShapeError("grid_window_outside", bounds=bounds, grid=self.bounds)
        part = Grid(
            epsg=self.epsg,
            west_m=self.west_m + col0 * self.cell_m,
            north_m=self.north_m - row0 * self.cell_m,
            cell_m=self.cell_m,
            rows=row1 - row0,
            cols=col1 - col0,
        )
        return part, (slice(row0, row1), slice(col0, col1))

    def require_shape(self, values: Array) -> None:
        """
        Refuse an array that has not one value for each cell.

        Parameters
        ----------
        values
            Array to judge.

        Raises
        ------
        ShapeError
            Its shape is not (rows, cols).
        """
        if values.shape != self.shape:
            raise ShapeError("grid_shape", met=values.shape, needed=self.shape)

    def convergence_deg(self) -> float:
        """
        Angle at the middle of the grid from true north clockwise to grid north.

        Returns
        -------
        convergence_deg
            Grid azimuth = true azimuth − convergence [°].
        """
        xmin, ymin, xmax, ymax = self.bounds
        lon_deg, lat_deg = transform(
            (xmin + xmax) / 2.0, (ymin + ymax) / 2.0, epsg_from=self.epsg, epsg_to=WGS84
        )
        return convergence_deg(self.epsg, lon_deg=float(lon_deg), lat_deg=float(lat_deg))


@lru_cache(maxsize=64)
def require_metres(epsg: int) -> None:
    """
    Refuse a reference system in which a square cell has no meaning.

    Parameters
    ----------
    epsg
        EPSG code.

    Raises
    ------
    CrsError
        The code is unknown, the system is geographic, or an axis is not in metres.
    """
    if not is_projected(epsg) or any(axis.unit_name != "metre" for axis in CRS.from_epsg(epsg).axis_info):
        raise CrsError("grid_crs_not_projected", epsg=epsg, name=name_of(epsg))
