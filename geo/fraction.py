"""Exact statistics of zones: the part of every cell that a polygon covers, found once and used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.grid import Grid
from geo.units import Array, Booleans, Floats, Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fractions:
    """
    Parts of cells in zones.

    Parameters
    ----------
    cell
        Flat index of the cell, row by row, shape (n,).
    zone
        Index of the zone, rising, shape (n,).
    share
        Part of the cell's area inside the zone, 0–1, shape (n,).
    n_zones
        Number of zones, those outside the grid included.

    Raises
    ------
    ShapeError
        The arrays differ in length.
    """

    cell: Integers
    zone: Integers
    share: Floats
    n_zones: int

    def __post_init__(self) -> None:
        if not self.cell.shape == self.zone.shape == self.share.shape:
            raise ShapeError("fraction_shapes", n=len(self.cell))


def fractions(grid: Grid, zones: Sequence[shapely.Geometry]) -> Fractions:
    """
    Part of every cell in every zone.

    Parameters
    ----------
    grid
        Grid of the cells.
    zones
        Polygons in the CRS of the grid; may overlap, reach outside or be empty.

    Returns
    -------
    fractions
        Cells that a zone touches; what lies outside the grid is in no cell.
    """
    west_m, south_m, east_m, north_m = grid.bounds
    shapes = gpd.GeoSeries(list(zones), crs=grid.epsg)
    present = np.flatnonzero(~(shapes.is_empty | shapes.isna()).to_numpy())
    if not len(present):
        nothing = np.empty(0, dtype=np.int64)
        return Fractions(cell=nothing, zone=nothing, share=np.empty(0), n_zones=len(zones))
    blank = NumPyRasterSource(
        np.zeros(grid.shape, dtype=np.int8),
        xmin=west_m,
        ymin=south_m,
        xmax=east_m,
        ymax=north_m,
        srs_wkt=shapes.crs.to_wkt(),
    )
    table = gpd.GeoDataFrame(geometry=shapes.iloc[present])
    found = exact_extract(blank, table, ["cell_id", "coverage"], output="pandas")
    cells: list[NDArray[np.int64]] = [np.asarray(one, dtype=np.int64) for one in found["cell_id"]]
    return Fractions(
        cell=np.concatenate(cells),
        zone=np.repeat(present, [len(one) for one in cells]),
        share=np.concatenate([np.asarray(one, dtype=np.float64) for one in found["coverage"]]),
        n_zones=len(zones),
    )


def zone_sums(parts: Fractions, values: Array) -> Floats:
    """
    Sum over each zone, a cell counting by its part inside.

    Parameters
    ----------
    parts
        What ``fractions`` found on the grid of ``values``.
    values
        One value for each cell, shape (rows, cols); a masked cell is 0 or False.

    Returns
    -------
    sums
        Shape (n_zones,), in the unit of ``values``.
    """
    weights = parts.share * values.ravel()[parts.cell]
    sums: Floats = np.bincount(parts.zone, weights=weights, minlength=parts.n_zones).astype(np.float64)
    return sums


def zone_share(parts: Fractions, weight: Array, chosen: Booleans) -> Floats:
    """
    Share of a weight that lies in chosen cells, by zone.

    Parameters
    ----------
    parts
        What ``fractions`` found on the grid.
    weight
        Weight of each cell, such as its people, shape (rows, cols).
    chosen
        Cells counted, such as those covered, shape (rows, cols).

    Returns
    -------
    share
        Shape (n_zones,), 0–1; not-a-number where a zone has no weight.
    """
    inside = parts.share * weight.ravel()[parts.cell]
    total = np.bincount(parts.zone, weights=inside, minlength=parts.n_zones)
    part = np.bincount(parts.zone, weights=inside * chosen.ravel()[parts.cell], minlength=parts.n_zones)
    share: Floats = np.divide(part, total, out=np.full(parts.n_zones, np.nan), where=total > 0)
    return share
