"""Where people are: hamlets, buildings and land turned into weighted points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from scipy.spatial import cKDTree

from geo.errors import ShapeError
from geo.grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """
    People as weighted points.

    Parameters
    ----------
    x_m, y_m
        Positions in the projected CRS of the calculation [m], shape (n,).
    n_people
        People at each point, shape (n,), not negative.
    zone
        Index of the hamlet of each point, −1 for none, shape (n,).
    building
        Index of the building of each point, −1 where people were spread over land, shape (n,).
    assumed
        True where the position or the number is an assumption, shape (n,).

    Raises
    ------
    ShapeError
        The arrays differ in length.
    """

    x_m: Floats
    y_m: Floats
    n_people: Floats
    zone: Ints
    building: Ints
    assumed: Booleans

    def __post_init__(self) -> None:
        arrays = (self.y_m, self.n_people, self.zone, self.building, self.assumed)
        if any(array.shape != self.x_m.shape for array in arrays):
            raise ShapeError("people_shapes", n=len(self.x_m))


def join(parts: Sequence[People]) -> People:
    """
    Several groups of people as one.

    Parameters
    ----------
    parts
        Groups; may be empty.

    Returns
    -------
    people
        All points, in order.
    """
    empty: list[NDArray[Any]] = [np.empty(0)]
    return People(
        x_m=np.concatenate([part.x_m for part in parts] or empty),
        y_m=np.concatenate([part.y_m for part in parts] or empty),
        n_people=np.concatenate([part.n_people for part in parts] or empty),
        zone=np.concatenate([part.zone for part in parts] or empty).astype(np.int64),
        building=np.concatenate([part.building for part in parts] or empty).astype(np.int64),
        assumed=np.concatenate([part.assumed for part in parts] or empty).astype(bool),
    )


def assign(
    x_m: Floats, y_m: Floats, zones: Sequence[shapely.Geometry | None], *, max_distance_m: float
) -> tuple[Ints, Booleans]:
    """
    Zone of each point: the polygon around it, else the nearest zone given only as a point.

    Parameters
    ----------
    x_m, y_m
        Points [m], shape (n,).
    zones
        Polygon, point or None for each zone, in the same CRS.
    max_distance_m
        Points farther than this from every zone point belong to none [m].

    Returns
    -------
    zone
        Index of the zone, −1 for none, shape (n,).
    by_convention
        True where the nearest point decided, not a polygon (*ranh giới quy ước*), shape (n,).
    """
    zone = np.full(len(x_m), -1, dtype=np.int64)
    areas = [index for index, shape in enumerate(zones) if shape is not None and shape.area > 0]
    if areas and len(x_m):
        tree = shapely.STRtree([zones[index] for index in areas])
        hit_point, hit_area = tree.query(shapely.points(x_m, y_m), predicate="intersects")
        zone[hit_point[::-1]] = np.asarray(areas)[hit_area[::-1]]
    dots = [index for index, shape in enumerate(zones) if shape is not None and shape.area == 0]
    left = np.flatnonzero(zone < 0)
    if dots and len(left):
        centres = np.array([zones[index].centroid.coords[0] for index in dots])  # type: ignore[union-attr]
        distance_m, nearest = cKDTree(centres).query(np.column_stack([x_m[left], y_m[left]]))
        zone[left] = np.where(distance_m <= max_distance_m, np.asarray(dots)[nearest], -1)
    by_convention = np.zeros(len(x_m), dtype=bool)
    by_convention[left] = zone[left] >= 0
    return zone, by_convention


def land_points(area: shapely.Geometry, *, spacing_m: float) -> tuple[Floats, Floats]:
    """
    Centres of the square cells of an area.

    Parameters
    ----------
    area
        Polygon or multipolygon in a projected CRS.
    spacing_m
        Side of a cell [m]; cells are aligned to multiples of it.

    Returns
    -------
    x_m, y_m
        Centres inside the area [m], shape (n,); the representative point where no centre lies inside.
    """
    west_m, south_m, east_m, north_m = area.bounds
    columns = np.arange(np.floor(west_m / spacing_m), np.ceil(east_m / spacing_m)) * spacing_m + spacing_m / 2
    rows = np.arange(np.floor(south_m / spacing_m), np.ceil(north_m / spacing_m)) * spacing_m + spacing_m / 2
    x_m, y_m = (axis.ravel() for axis in np.meshgrid(columns, rows))
    shapely.prepare(area)
    inside = shapely.contains_xy(area, x_m, y_m)
    if not inside.any():
        point = area.representative_point()
        return np.array([point.x]), np.array([point.y])
    return x_m[inside], y_m[inside]


def inside(grid: Grid, area: shapely.Geometry) -> Booleans:
    """
    Cells of a grid whose centre lies inside an area.

    Parameters
    ----------
    grid
        The grid.
    area
        Polygon or multipolygon in the grid's system; may be empty.

    Returns
    -------
    inside
        Shape ``grid.shape``.
    """
    if area.is_empty:
        return np.zeros(grid.shape, dtype=bool)
    within: Booleans = geometry_mask([area], out_shape=grid.shape, transform=grid.transform, invert=True)
    return within


def share_out(total: float, weights: Floats) -> Floats:
    """
    A number of people shared out in proportion to weights.

    Parameters
    ----------
    total
        People to share out, not negative.
    weights
        Shape (n,), not negative; a missing one counts as the median of those known. All zero or missing:
        equal shares.

    Returns
    -------
    n_people
        Shape (n,); adds up to ``total``.
    """
    stated = weights[~np.isnan(weights)]
    known = np.nan_to_num(weights, nan=float(np.median(stated)) if len(stated) else 1.0)
    known = known if known.sum() > 0 else np.ones(len(weights))
    shares: Floats = total * known / known.sum()
    return shares
