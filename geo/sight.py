"""Line of sight over a surface: which places one mast sees, and what stands in between."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geo.errors import InputError
from geo.grid import Grid
from geo.kernels import sight as kernel
from geo.terrain import Surface
from geo.units import EFFECTIVE_EARTH_RADIUS_M, Array, Bytes, Floats32

METHODS = ("radial", "exact")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """
    A surface as the kernels take it.

    Parameters
    ----------
    grid
        Where the cells lie.
    ground_m, top_m
        Ground, and top of the clutter above sea level [m], shape (rows, cols). A cell of which either is
        unknown has NaN in ``top_m``.
    assumed
        1 where a height is an assumption, same shape.
    """

    grid: Grid
    ground_m: Floats32
    top_m: Floats32
    assumed: Bytes

    @classmethod
    def of(cls, surface: Surface) -> Blocks:
        """
        Blocks of a surface.

        Parameters
        ----------
        surface
            Ground and clutter.

        Returns
        -------
        blocks
            On the same grid.
        """
        return cls(
            grid=surface.grid,
            ground_m=surface.ground_m,
            top_m=surface.top_m,
            assumed=surface.assumed.astype(np.uint8),
        )

    def cut(self, *, row: int, col: int, radius_cells: int) -> Blocks:
        """
        Square around a cell; beyond the grid nothing is known.

        Parameters
        ----------
        row, col
            Central cell, also outside the grid.
        radius_cells
            Cells on each side, at least 1.

        Returns
        -------
        blocks
            On a grid of 2 radius_cells + 1 rows and columns.
        """
        side = 2 * radius_cells + 1
        grid = Grid(
            epsg=self.grid.epsg,
            west_m=self.grid.west_m + (col - radius_cells) * self.grid.cell_m,
            north_m=self.grid.north_m - (row - radius_cells) * self.grid.cell_m,
            cell_m=self.grid.cell_m,
            rows=side,
            cols=side,
        )
        return Blocks(
            grid=grid,
            ground_m=_cut(self.ground_m, row - radius_cells, col - radius_cells, side, fill=np.nan),
            top_m=_cut(self.top_m, row - radius_cells, col - radius_cells, side, fill=np.nan),
            assumed=_cut(self.assumed, row - radius_cells, col - radius_cells, side, fill=0),
        )

    def inner(self, radius_cells: int) -> Blocks:
        """
        The middle of a square.

        Parameters
        ----------
        radius_cells
            Cells on each side of the central one, at most as many as there are.

        Returns
        -------
        blocks
            This square itself if it is not larger.
        """
        middle = self.grid.rows // 2
        if radius_cells == middle:
            return self
        return self.cut(row=middle, col=middle, radius_cells=radius_cells)

    def marks(
        self,
        *,
        east_m: float,
        north_m: float,
        altitude_m: float,
        receiver_height_m: float,
        method: str,
        rim_cells: int = 0,
    ) -> Bytes:
        """
        Line of sight from above the central cell to every cell of the inscribed disc.

        Parameters
        ----------
        east_m, north_m
            Mast relative to the centre of the central cell [m]; ``radial`` takes it as standing there.
        altitude_m
            Antenna above sea level [m].
        receiver_height_m
            Receivers above the ground [m].
        method
            ``"radial"`` (fast) or ``"exact"``.
        rim_cells
            Where the rays of ``radial`` end [cells] if beyond this square: discs of several sizes that share
            it have the same marks.

        Returns
        -------
        marks
            Bits of ``kernels.sight``, shape (rows, cols); 0 where not looked at.

        Raises
        ------
        InputError
            ``method`` is not known.
        """
        marks = np.zeros(self.grid.shape, dtype=np.uint8)
        cell_m, earth_m = self.grid.cell_m, EFFECTIVE_EARTH_RADIUS_M
        arrays = (self.ground_m, self.top_m, self.assumed, marks)
        if method == "radial":
            rim = max(rim_cells, self.grid.rows // 2)
            kernel.sweep(cell_m, altitude_m, receiver_height_m, earth_m, rim, *arrays)
        elif method == "exact":
            row = self.grid.rows // 2 - north_m / cell_m
            col = self.grid.cols // 2 + east_m / cell_m
            kernel.walk(cell_m, row, col, altitude_m, receiver_height_m, earth_m, *arrays)
        else:
            raise InputError("sight_method_unknown", method=method, known=", ".join(METHODS))
        return marks


def visible(
    surface: Surface,
    *,
    x_m: float,
    y_m: float,
    height_m: float,
    receiver_height_m: float,
    radius_m: float,
    method: str = "exact",
) -> tuple[Grid, Bytes]:
    """
    Line of sight from one antenna to all places around it.

    Parameters
    ----------
    surface
        Ground and clutter; the clutter of the antenna's and of each receiver's own cell never blocks.
    x_m, y_m
        Place of the antenna [m], inside the grid.
    height_m, receiver_height_m
        Antenna and receivers above the ground [m].
    radius_m
        How far to look [m].
    method
        ``"exact"`` or ``"radial"``.

    Returns
    -------
    grid
        Square around the antenna.
    marks
        Bits VISITED, BLOCKED, UNKNOWN, ASSUMED of ``kernels.sight``; 0 where not looked at.

    Raises
    ------
    InputError
        The ground under the antenna is unknown, or ``method`` is.
    """
    row, col, east_m, north_m = place(surface.grid, x_m, y_m)
    radius = max(math.ceil(radius_m / surface.grid.cell_m), 1)
    blocks = Blocks.of(surface).cut(row=row, col=col, radius_cells=radius)
    ground_m = float(blocks.ground_m[radius, radius])
    if math.isnan(ground_m):
        raise InputError("ground_unknown", x_m=x_m, y_m=y_m)
    marks = blocks.marks(
        east_m=east_m,
        north_m=north_m,
        altitude_m=ground_m + height_m,
        receiver_height_m=receiver_height_m,
        method=method,
    )
    return blocks.grid, marks


def mark_to(
    surface: Surface,
    *,
    x_m: float,
    y_m: float,
    height_m: float,
    to_x_m: float,
    to_y_m: float,
    receiver_height_m: float,
) -> int:
    """
    Line of sight from one antenna to one place.

    Parameters
    ----------
    surface
        Ground and clutter.
    x_m, y_m
        Place of the antenna [m].
    height_m, receiver_height_m
        Antenna and receiver above the ground [m].
    to_x_m, to_y_m
        Receiver [m]; the centre of its cell is taken.

    Returns
    -------
    mark
        Bits of ``kernels.sight``; VISITED | UNKNOWN where a height at either end is unknown or an end lies
        beyond the grid.
    """
    grid, known = surface.grid, surface.known
    row, col, east_m, north_m = place(grid, x_m, y_m)
    to_row, to_col, _, _ = place(grid, to_x_m, to_y_m)
    ends = ((row, col), (to_row, to_col))
    if not all(0 <= r < grid.rows and 0 <= c < grid.cols and known[r, c] for r, c in ends):
        return kernel.VISITED | kernel.UNKNOWN
    blocks = Blocks.of(surface)
    mark = kernel.line(
        grid.cell_m,
        row - north_m / grid.cell_m,
        col + east_m / grid.cell_m,
        float(blocks.ground_m[row, col]) + height_m,
        to_row,
        to_col,
        float(blocks.ground_m[to_row, to_col]) + receiver_height_m,
        EFFECTIVE_EARTH_RADIUS_M,
        blocks.top_m,
        blocks.assumed,
    )
    at_ends = blocks.assumed[row, col] or blocks.assumed[to_row, to_col]
    return int(mark) | (kernel.ASSUMED if at_ends else 0)


def place(grid: Grid, x_m: float, y_m: float) -> tuple[int, int, float, float]:
    """
    Cell of a point, and the point relative to the cell's centre.

    Parameters
    ----------
    grid
        Where the cells lie.
    x_m, y_m
        Easting and northing [m].

    Returns
    -------
    row, col
        Cell, also outside the grid.
    east_m, north_m
        Point relative to the centre of the cell [m].
    """
    rows, cols = grid.to_rowcol(x_m, y_m)
    row, col = int(rows), int(cols)
    centre_x, centre_y = grid.to_xy(row, col)
    return row, col, x_m - float(centre_x), y_m - float(centre_y)


def _cut(values: Array, row: int, col: int, side: int, *, fill: float) -> Array:
    part = np.full((side, side), fill, dtype=values.dtype)
    top, left = max(row, 0), max(col, 0)
    bottom, right = min(row + side, values.shape[0]), min(col + side, values.shape[1])
    if bottom > top and right > left:
        part[top - row : bottom - row, left - col : right - col] = values[top:bottom, left:right]
    return part
