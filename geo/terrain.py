"""Surface: the ground and what stands on it, on one Grid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.errors import RangeError
from geo.grid import Grid
from geo.units import Booleans, Floats32

HEIGHT_LIMITS_M = (-500.0, 9000.0)
CLUTTER_LIMITS_M = (0.0, 600.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """
    Ground height and clutter height; NaN where unknown. The arrays are held read-only.

    Parameters
    ----------
    grid
        Where the cells lie.
    ground_m
        Height of the bare ground above sea level [m], shape (rows, cols), float32; NaN where unknown.
    clutter_height_m
        Height of houses and trees above the ground [m], at least 0, same shape; NaN where unknown.
    assumed_ground, assumed_clutter
        True where the whole array is an assumption instead of data.
    filled_cells
        True in cells where an unknown value was replaced by an assumption. None: in no cell.

    Raises
    ------
    ShapeError
        An array has another shape than the grid.
    RangeError
        A known height is impossible.
    """

    grid: Grid
    ground_m: Floats32
    clutter_height_m: Floats32
    assumed_ground: bool = False
    assumed_clutter: bool = False
    filled_cells: Booleans | None = None

    def __post_init__(self) -> None:
        for name, limits in (("ground_m", HEIGHT_LIMITS_M), ("clutter_height_m", CLUTTER_LIMITS_M)):
            values = getattr(self, name)
            self.grid.require_shape(values)
            _require_heights(name, values, limits)
            held = np.asarray(values, dtype=np.float32).view()
            held.flags.writeable = False
            object.__setattr__(self, name, held)
        if self.filled_cells is not None:
            self.grid.require_shape(self.filled_cells)

    @classmethod
    def flat(cls, grid: Grid, *, ground_m: float, clutter_m: float) -> Surface:
        """
        A plane with clutter of one height, marked as assumed.

        Parameters
        ----------
        grid
            Where the cells lie.
        ground_m
            Height of the ground above sea level [m].
        clutter_m
            Height of the clutter above the ground [m], at least 0.

        Returns
        -------
        surface
            Every cell known and assumed.
        """
        return cls(
            grid=grid,
            ground_m=np.full(grid.shape, ground_m, dtype=np.float32),
            clutter_height_m=np.full(grid.shape, clutter_m, dtype=np.float32),
            assumed_ground=True,
            assumed_clutter=True,
        )

    @classmethod
    def unknown(cls, grid: Grid) -> Surface:
        """
        A surface about which nothing is known.

        Parameters
        ----------
        grid
            Where the cells lie.

        Returns
        -------
        surface
            Every height NaN.
        """
        nothing = np.full(grid.shape, np.nan, dtype=np.float32)
        return cls(grid=grid, ground_m=nothing, clutter_height_m=nothing.copy())

    @property
    def known(self) -> Booleans:
        """True where both heights are known or assumed, shape (rows, cols)."""
        return ~(np.isnan(self.ground_m) | np.isnan(self.clutter_height_m))

    @property
    def assumed(self) -> Booleans:
        """True where a height is an assumption, shape (rows, cols)."""
        everywhere = self.assumed_ground or self.assumed_clutter
        cells = np.full(self.grid.shape, everywhere, dtype=np.bool_)
        return cells if self.filled_cells is None else cells | self.filled_cells

    @property
    def top_m(self) -> Floats32:
        """Height of the top of clutter above sea level [m], shape (rows, cols); NaN where unknown."""
        return np.asarray(self.ground_m + self.clutter_height_m, dtype=np.float32)

    def filled(self, *, ground_m: float | None = None, clutter_m: float | None = None) -> Surface:
        """
        The same surface with unknown cells replaced by assumptions, which are remembered.

        Parameters
        ----------
        ground_m
            Assumed height of unknown ground above sea level [m]. None: stays unknown.
        clutter_m
            Assumed height of unknown clutter above the ground [m], at least 0. None: stays unknown.

        Returns
        -------
        surface
            A new surface; ``filled_cells`` marks every cell that got an assumed height.
        """
        ground, without_ground = _fill(self.ground_m, ground_m)
        clutter, without_clutter = _fill(self.clutter_height_m, clutter_m)
        filled = without_ground | without_clutter
        if self.filled_cells is not None:
            filled |= self.filled_cells
        return replace(self, ground_m=ground, clutter_height_m=clutter, filled_cells=filled)

    def cut(self, rows: slice, cols: slice) -> Surface:
        """
        A rectangle of the surface.

        Parameters
        ----------
        rows, cols
            Rows and columns of the grid, with both ends, inside it.

        Returns
        -------
        surface
            A copy of that part, on its own grid.
        """
        grid = Grid(
            epsg=self.grid.epsg,
            west_m=self.grid.west_m + cols.start * self.grid.cell_m,
            north_m=self.grid.north_m - rows.start * self.grid.cell_m,
            cell_m=self.grid.cell_m,
            rows=rows.stop - rows.start,
            cols=cols.stop - cols.start,
        )
        return replace(
            self,
            grid=grid,
            ground_m=self.ground_m[rows, cols].copy(),
            clutter_height_m=self.clutter_height_m[rows, cols].copy(),
            filled_cells=None if self.filled_cells is None else self.filled_cells[rows, cols].copy(),
        )


def _fill(heights_m: Floats32, value_m: float | None) -> tuple[Floats32, Booleans]:
    missing = np.isnan(heights_m)
    if value_m is None:
        return heights_m, np.zeros_like(missing)
    return np.where(missing, np.float32(value_m), heights_m), missing


def _require_heights(name: str, heights_m: Floats32, limits_m: tuple[float, float]) -> None:
    low_m, high_m = limits_m
    wrong = heights_m[(heights_m < low_m) | (heights_m > high_m)]
    if wrong.size:
        raise RangeError(name, float(wrong[0]), low_m, high_m, "m")
