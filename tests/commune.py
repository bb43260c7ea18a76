"""A commune of 3 × 3 km made by hand, small enough to reckon with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo.grid import Grid
from geo.io import write_cog
from geo.raster import Raster
from planning.workspace import Workspace, create

EPSG = 9210
WEST_M, SOUTH_M = 575_000.0, 2_302_000.0
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def table(rows: list[dict[str, object]], shapes: list[shapely.Geometry | None]) -> gpd.GeoDataFrame:
    """Rows in metres, returned in degrees."""
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=EPSG).to_crs(4326)


def at(east_m: float, north_m: float) -> shapely.Point:
    """A point by its distance from the south-west corner."""
    return shapely.Point(WEST_M + east_m, SOUTH_M + north_m)


def block(east_m: float, north_m: float, width_m: float, height_m: float | None = None) -> shapely.Polygon:
    """A rectangle by its south-west corner and size."""
    west_m, south_m = WEST_M + east_m, SOUTH_M + north_m
    return shapely.box(west_m, south_m, west_m + width_m, south_m + (height_m or width_m))


def empty(folder: Path, *, population: int | None = None) -> Workspace:
    """The commune with nothing but its outline."""
    outline = gpd.GeoDataFrame(geometry=[block(0, 0, 3000)], crs=EPSG)
    return create(
        folder, boundary=outline, name="Xã Thử", code="99999", calc_epsg=EPSG, population=population, now=NOW
    )


def houses(east_m: float, north_m: float, n_side: int) -> list[shapely.Polygon]:
    """Houses of 10 m, 30 m apart, in a square."""
    return [block(east_m + 30 * i, north_m + 30 * j, 10) for i in range(n_side) for j in range(n_side)]


def with_ground(workspace: Workspace, *, clutter_m: float = 0.0) -> None:
    """Flat terrain and even clutter, 6 km beyond the outline."""
    west_m, south_m = WEST_M - 6000, SOUTH_M - 6000
    grid = Grid.from_bounds((west_m, south_m, west_m + 15_000, south_m + 15_000), cell_m=50, epsg=EPSG)
    for name, value in (("terrain", 2.0), ("clutter", clutter_m)):
        values = np.full(grid.shape, value, dtype=np.float32)
        write_cog(workspace.rasters / f"{name}.tif", Raster(grid=grid, values=values, unit="m", nodata=-9999))


def site(
    number: int, point: shapely.Point | None, **values: object
) -> tuple[dict[str, object], shapely.Point | None]:
    """A position-only site of Viettel with 5G, unless told otherwise."""
    row = {
        "id": f"S{number}",
        "name": f"Trạm {number}",
        "operators": "viettel",
        "technologies": "4G;5G",
        **values,
    }
    return row, point
