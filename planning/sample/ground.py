"""Terrain and clutter of the sample at 5 m, up to 5 km beyond the border."""

from __future__ import annotations

import hashlib
import math
from functools import cache

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely

from geo.grid import Grid
from geo.raster import Raster
from planning.sample import frame, land, settlement

CELL_M = 5.0
AROUND_M = 5_000.0
STEP_M = 0.1
VILLAGE_STEP_M = 1_350.0
N_HOUSES_OUTSIDE = 260
DYKE_TOP_M, ROAD_TOP_M, RIVER_BED_M = 4.2, 1.9, -1.4

Floats32 = npt.NDArray[np.float32]


@cache
def grid() -> Grid:
    """
    Grid of both rasters.

    Returns
    -------
    grid
        Cells of 5 m in EPSG:9210 over the commune and 5 km around it.
    """
    west_m, south_m, east_m, north_m = land.outline().bounds
    bounds = (west_m - AROUND_M, south_m - AROUND_M, east_m + AROUND_M, north_m + AROUND_M)
    return Grid.from_bounds(bounds, cell_m=CELL_M, epsg=frame.EPSG)


def terrain(seed: int) -> Raster:
    """
    Height of the ground above sea level.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    raster
        [m], steps of 0.1 m: a plain of 0.5–1.8 m, raised villages and roads, dykes, river beds.
    """
    rng = frame.stream(seed, "terrain")
    height_m = 1.0 + 0.5 * _waves(rng, wave_m=900.0) + 0.2 * _waves(rng, wave_m=150.0)
    _raise(height_m, [(hull, 0.6) for hull in _hulls()])
    dykes = [frame.curve(path).buffer(width_m / 2 + 51) for _, width_m, path in land.RIVERS]
    feet = [frame.curve(path).buffer(width_m / 2 + 39) for _, width_m, path in land.RIVERS]
    banks = [(outer.difference(inner), DYKE_TOP_M) for outer, inner in zip(dykes, feet, strict=True)]
    beds = [(river, RIVER_BED_M) for river in land.rivers()]
    _put(height_m, [(land.main_road().buffer(6), ROAD_TOP_M), *banks, *beds])
    return Raster(grid=grid(), values=_stepped(height_m), unit="m", nodata=None)


def clutter(seed: int, houses: list[shapely.Geometry], heights_m: npt.NDArray[np.float64]) -> Raster:
    """
    Height of houses and trees above the ground.

    Rice 0 m, lychee 6–8 m, houses as in their layer; unknown on the land of the hamlet not surveyed.

    Parameters
    ----------
    seed
        Seed of the sample.
    houses
        Outlines of the buildings in EPSG:9210, n of them.
    heights_m
        Their heights [m], shape (n,).

    Returns
    -------
    raster
        [m], steps of 0.1 m.
    """
    rng = frame.stream(seed, "clutter")
    height_m = np.zeros(grid().shape, dtype=np.float32)
    trees = np.zeros(grid().shape, dtype=np.float32)
    _put(trees, [(orchard, 1.0) for orchard in land.orchards()])
    canopy_m = np.clip(7.0 + 2.0 * _waves(rng, wave_m=40.0), 6.0, 8.0)
    height_m = np.where(trees > 0, canopy_m, height_m).astype(np.float32)
    _put(height_m, list(zip(houses, heights_m.tolist(), strict=True)))
    _outside_villages(height_m, rng)
    _put(height_m, [(settlement.territories()[settlement.NOT_SURVEYED - 1], math.nan)])
    return Raster(grid=grid(), values=_stepped(height_m), unit="m", nodata=None)


def digest(raster: Raster) -> str:
    """
    Digest of a raster's content, whatever its file.

    Parameters
    ----------
    raster
        The raster.

    Returns
    -------
    digest
        SHA-256 over grid, unit and values, hexadecimal.
    """
    where = raster.grid
    head = (where.epsg, where.west_m, where.north_m, where.cell_m, *raster.values.shape, raster.unit)
    return hashlib.sha256(repr(head).encode() + raster.values.tobytes()).hexdigest()


def _stepped(height_m: Floats32) -> Floats32:
    return (np.round(height_m / STEP_M) * STEP_M).astype(np.float32)


def _waves(rng: np.random.Generator, *, wave_m: float) -> Floats32:
    """Smooth chance between −1 and 1 on the grid: knots ``wave_m`` apart, linear between them."""
    rows, cols = grid().shape
    per_knot = wave_m / CELL_M
    knots = rng.uniform(-1.0, 1.0, (int(rows / per_knot) + 2, int(cols / per_knot) + 2)).astype(np.float32)
    row, row_part = np.divmod(np.arange(rows, dtype=np.float32) / np.float32(per_knot), 1.0)
    col, col_part = np.divmod(np.arange(cols, dtype=np.float32) / np.float32(per_knot), 1.0)
    low, high = row.astype(int), col.astype(int)
    along = knots[low] * (1 - row_part[:, None]) + knots[low + 1] * row_part[:, None]
    found: Floats32 = along[:, high] * (1 - col_part) + along[:, high + 1] * col_part
    return found


def _hulls() -> list[shapely.Geometry]:
    return [
        shapely.MultiLineString(settlement.lanes(hamlet)).convex_hull.buffer(25)
        for hamlet in settlement.HAMLETS
    ]


def _put(values: Floats32, shapes: list[tuple[shapely.Geometry, float]]) -> None:
    """Write the value of each shape into its cells."""
    rasterio.features.rasterize(shapes, out=values, transform=grid().transform)


def _raise(values: Floats32, shapes: list[tuple[shapely.Geometry, float]]) -> None:
    """Add the value of each shape to its cells."""
    added = np.zeros_like(values)
    _put(added, shapes)
    values += added


def _outside_villages(height_m: Floats32, rng: np.random.Generator) -> None:
    """Villages of the neighbouring communes: houses of two by two cells around scattered middles."""
    taken = shapely.union_all(
        [
            land.outline().buffer(350),
            land.water().buffer(300),
            *(orchard.buffer(420) for orchard in land.orchards()),
        ]
    )
    shapely.prepare(taken)
    west_m, south_m, east_m, north_m = grid().bounds
    x_m, y_m = np.meshgrid(
        np.arange(west_m + 600, east_m - 600, VILLAGE_STEP_M),
        np.arange(south_m + 600, north_m - 600, VILLAGE_STEP_M),
    )
    middles = np.stack([x_m.ravel(), y_m.ravel()], axis=1) + rng.uniform(-250, 250, (x_m.size, 2))
    middles = middles[~shapely.intersects_xy(taken, middles[:, 0], middles[:, 1])]
    houses = middles[:, None, :] + rng.normal(0.0, 120.0, (len(middles), N_HOUSES_OUTSIDE, 2)).clip(-290, 290)
    row, col = grid().to_rowcol(houses[..., 0].ravel(), houses[..., 1].ravel())
    tall_m = np.round(rng.uniform(4.0, 9.0, len(row)), 1).astype(np.float32)
    for down in (0, 1):
        for right in (0, 1):
            height_m[row + down, col + right] = tall_m
