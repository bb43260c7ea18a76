"""Terrain and clutter of the sample city at 10 m, up to 5 km beyond the border."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely

from geo.grid import Grid
from geo.raster import Raster
from planning.sample import frame
from planning.sample.city_land import AROUND_M, Land, hilliness

CELL_M = 10.0
STEP_M = 0.1
ROWS_AT_ONCE = 512
RIVER_BED_M, TOP_M, FOREST_M = -1.5, 340.0, 9.0
HILL_WAVES = ((5_000.0, 0.55), (1_900.0, 0.30), (600.0, 0.15))
"""Length [m] and part of each wave of the hills."""

PLAIN_WAVES = ((2_500.0, 0.6), (300.0, 0.3))
FOREST_FROM = 0.5
ORCHARD_WAVE_M, ORCHARD_OVER, ORCHARD_TOP_M = 420.0, 0.50, 7.0
VILLAGE_M2, N_HOUSES_OUTSIDE, HOUSE_SPREAD_M = 2_600_000.0, 90, 110.0

Floats32 = npt.NDArray[np.float32]


def grid(land: Land) -> Grid:
    """
    Grid of both rasters.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    grid
        Cells of 10 m in EPSG:9210 over the city and 5 km around it.
    """
    west_m, south_m, east_m, north_m = land.outline.bounds
    bounds = (west_m - AROUND_M, south_m - AROUND_M, east_m + AROUND_M, north_m + AROUND_M)
    return Grid.from_bounds(bounds, cell_m=CELL_M, epsg=frame.EPSG)


def terrain(land: Land) -> Raster:
    """
    Height of the ground above sea level.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    raster
        [m], steps of 0.1 m: a delta of 0.4–2.4 m with river beds, hills up to some 300 m in one corner.
    """
    where = grid(land)
    chance = frame.stream(land.seed, "city terrain")
    hills = [(_Wave.of(where, wave_m, chance), part) for wave_m, part in HILL_WAVES]
    plain = [(_Wave.of(where, wave_m, chance), part) for wave_m, part in PLAIN_WAVES]
    height_m = np.empty(where.shape, dtype=np.float32)
    for rows in _bands(where):
        # Ridges stand where a wave passes zero.
        ridge = sum((1.0 - np.abs(wave.rows(rows))) * part for wave, part in hills)
        delta_m = 1.4 + sum(wave.rows(rows) * part for wave, part in plain)
        share = _hilliness(land, where, rows)
        height_m[rows] = delta_m + share**1.5 * TOP_M * np.maximum(ridge - 0.12, 0.0)
    beds = [(river, RIVER_BED_M) for river in land.rivers]
    rasterio.features.rasterize(beds, out=height_m, transform=where.transform)
    return Raster(grid=where, values=_stepped(height_m), unit="m", nodata=None)


def clutter(land: Land, houses: npt.NDArray[np.object_], heights_m: npt.NDArray[np.float64]) -> Raster:
    """
    Height of houses and trees above the ground.

    Parameters
    ----------
    land
        The city's land.
    houses
        Outlines of the buildings in EPSG:9210, shape (n,).
    heights_m
        Their heights [m], shape (n,).

    Returns
    -------
    raster
        [m], steps of 0.1 m: forest on the hills, orchards in the delta, buildings,
        villages beyond the border.
    """
    where = grid(land)
    chance = frame.stream(land.seed, "city clutter")
    woods, orchards = _Wave.of(where, 900.0, chance), _Wave.of(where, ORCHARD_WAVE_M, chance)
    height_m = np.empty(where.shape, dtype=np.float32)
    for rows in _bands(where):
        share = _hilliness(land, where, rows)
        wood, orchard = woods.rows(rows), orchards.rows(rows)
        trees_m = np.where(orchard > ORCHARD_OVER, ORCHARD_TOP_M + 2.0 * (orchard - ORCHARD_OVER), 0.0)
        height_m[rows] = np.where(share + 0.3 * wood > FOREST_FROM, FOREST_M + 3.0 * wood, trees_m)
    _clear(height_m, where, land)
    _villages_outside(height_m, where, land, chance)
    order = np.argsort(heights_m, kind="stable")
    pairs = zip(houses[order], heights_m[order].tolist(), strict=True)
    rasterio.features.rasterize(pairs, out=height_m, transform=where.transform)
    # A house smaller than a cell may hold no middle of one: it fills the cell that its own middle lies in.
    middles = shapely.get_coordinates(shapely.centroid(houses[order]))
    cell = where.to_rowcol(middles[:, 0], middles[:, 1])
    height_m[cell] = np.maximum(height_m[cell], heights_m[order])
    return Raster(grid=where, values=_stepped(height_m), unit="m", nodata=None)


class _Wave:
    """Smooth chance between −1 and 1 on a grid: knots some way apart, linear between them."""

    def __init__(self, where: Grid, knots: Floats32, per_knot: float) -> None:
        self._knots, self._per_knot = knots, np.float32(per_knot)
        col, self._col_part = np.divmod(np.arange(where.cols, dtype=np.float32) / self._per_knot, 1.0)
        self._col = col.astype(np.int64)

    @classmethod
    def of(cls, where: Grid, wave_m: float, chance: np.random.Generator) -> _Wave:
        """A wave with knots ``wave_m`` apart."""
        per_knot = wave_m / where.cell_m
        shape = (int(where.rows / per_knot) + 2, int(where.cols / per_knot) + 2)
        return cls(where, chance.uniform(-1.0, 1.0, shape).astype(np.float32), per_knot)

    def rows(self, part: slice) -> Floats32:
        """Its values in some rows."""
        row, row_part = np.divmod(np.arange(part.start, part.stop, dtype=np.float32) / self._per_knot, 1.0)
        low = row.astype(np.int64)
        along = self._knots[low] * (1 - row_part[:, None]) + self._knots[low + 1] * row_part[:, None]
        found: Floats32 = (
            along[:, self._col] * (1 - self._col_part) + along[:, self._col + 1] * self._col_part
        )
        return found


def _bands(where: Grid) -> list[slice]:
    """The rows of a grid in parts that fit the memory."""
    return [slice(top, min(top + ROWS_AT_ONCE, where.rows)) for top in range(0, where.rows, ROWS_AT_ONCE)]


def _hilliness(land: Land, where: Grid, rows: slice) -> Floats32:
    x_m, y_m = where.centres()
    places = np.stack(np.meshgrid(x_m, y_m[rows]), axis=-1)
    return hilliness(places, land.size).astype(np.float32)


def _stepped(height_m: Floats32) -> Floats32:
    found: Floats32 = np.round(height_m / np.float32(STEP_M)) * np.float32(STEP_M)
    return found


def _clear(height_m: Floats32, where: Grid, land: Land) -> None:
    """No trees on water, in towns, or around the middles of hamlets."""
    yards = shapely.buffer(shapely.points(land.hamlet_xy_m), 150.0, quad_segs=4)
    shapes = [(shape, 0.0) for shape in (*land.rivers, *yards, *land.hamlet_shapes[land.is_urban])]
    rasterio.features.rasterize(shapes, out=height_m, transform=where.transform)


def _villages_outside(height_m: Floats32, where: Grid, land: Land, chance: np.random.Generator) -> None:
    """Villages of the neighbours: houses of one cell around scattered middles."""
    inner, outer = land.outline.buffer(350), land.outline.buffer(AROUND_M)
    taken = shapely.union_all([inner, land.water.buffer(300)])
    for shape in (outer, taken):
        shapely.prepare(shape)
    west_m, south_m, east_m, north_m = where.bounds
    n_middles = int((east_m - west_m) * (north_m - south_m) / VILLAGE_M2)
    middles = chance.uniform((west_m + 500, south_m + 500), (east_m - 500, north_m - 500), (n_middles, 2))
    x_m, y_m = middles.T
    middles = middles[shapely.contains_xy(outer, x_m, y_m) & ~shapely.intersects_xy(taken, x_m, y_m)]
    spread_m = chance.normal(0.0, HOUSE_SPREAD_M, (len(middles), N_HOUSES_OUTSIDE, 2)).clip(-290, 290)
    houses = (middles[:, None, :] + spread_m).reshape(-1, 2)
    row, col = where.to_rowcol(houses[:, 0], houses[:, 1])
    height_m[row, col] = np.round(chance.uniform(4.0, 9.0, len(row)), 1)
