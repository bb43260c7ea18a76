"""Who lives where: the hamlets' numbers brought to houses, or spread over land where houses are unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import NotFoundError
from geo.zones import Booleans, Floats, Ints, People, assign, join, land_points, share_out
from planning import data, density
from planning.density import Density
from planning.workspace import Workspace

LIVED_IN = ("house", "apartment", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hamlet:
    """
    One hamlet as the gap analysis sees it.

    Parameters
    ----------
    id, name
        Key and name.
    located
        True where a polygon, a point or houses of its own say where it is.
    n_people
        People counted; not-a-number where nobody knows.
    """

    id: str
    name: str
    located: bool
    n_people: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """
    The people of a workspace, their hamlets and houses.

    Parameters
    ----------
    people
        Weighted points; ``people.zone`` indexes ``hamlets``.
    hamlets
        Hamlets in the order of the table.
    outlines
        Polygons of the buildings that ``people.building`` indexes, in the CRS of the calculation.
    buildings
        All buildings with their ``height_m``, in the CRS of the calculation.
    basis
        Text key of what the numbers rest on.
    assumptions
        Text key of each assumption made to the number of people it concerns.
    registered
        Registered population of the area, where known.
    outline
        Outline of the one commune that the people are of, in the CRS of the calculation; None: of all.
    """

    people: People
    hamlets: tuple[Hamlet, ...]
    outlines: tuple[shapely.Geometry, ...]
    buildings: gpd.GeoDataFrame
    basis: str
    assumptions: Mapping[str, float]
    registered: float | None
    outline: shapely.Geometry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Houses:
    x_m: Floats
    y_m: Floats
    weight: Floats
    zone: Ints
    by_convention: Booleans

    def part(self, *, total: float, rows: Ints, zone: int, assumed: bool) -> People:
        guessed = np.isnan(self.weight[rows])
        guessed &= not guessed.all()
        return People(
            x_m=self.x_m[rows],
            y_m=self.y_m[rows],
            n_people=share_out(total, self.weight[rows]),
            zone=np.full(len(rows), zone),
            building=rows,
            assumed=self.by_convention[rows] | guessed | assumed,
        )


def settle(workspace: Workspace, *, commune: str | None = None) -> Settlement:
    """
    Bring the people of a workspace to points.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Code of a row of the layer ``boundary``: the people of that commune only, each where the whole
        workspace has them. A hamlet belongs to the commune where more than half of its people live.
        None, or the code of the workspace: all.

    Returns
    -------
    settlement
        Houses first; people of a hamlet without houses are spread over its polygon, over the land nearest
        to its point, or, where nothing says where it lies, over the land of no other hamlet. Each such
        step is counted in ``assumptions``. A hamlet without a number takes what its houses hold, else an
        equal part of what the registered population leaves over.

    Raises
    ------
    NotFoundError
        There is no outline, or no commune of that code.
    """
    area = workspace.boundary()
    commune = None if commune == workspace.code else commune
    communes = workspace.store.read("boundary")
    own = communes if commune is None else _only(communes, commune, known=workspace.code)
    outline = None if commune is None else own.to_crs(workspace.calc_epsg).union_all()
    hamlets = workspace.store.read("hamlet").to_crs(workspace.calc_epsg)
    shapes = [None if shape is None or shape.is_empty else shape for shape in hamlets.geometry]
    buildings = workspace.store.read("building", columns=("kind", "height_m", "n_people", "hamlet_id"))
    buildings = buildings.to_crs(workspace.calc_epsg)
    houses, outlines = _houses(buildings, area, hamlets, shapes)
    registered = _registered(communes)
    totals, guessed = _totals(hamlets, houses, registered)
    squares = density.of(workspace)
    if hamlets.empty:
        everybody = registered if registered is not None else float(np.nansum(houses.weight))
        everybody = everybody or squares.total(area)
        parts = [_of_area(area, houses, everybody, squares)] if everybody > 0 else []
        return _settlement(
            join(parts),
            (),
            outlines,
            houses.by_convention,
            buildings=buildings,
            basis="area",
            outline=outline,
            registered=_registered(own),
        )
    parts = []
    for index, total in enumerate(totals):
        if np.isfinite(total) and total > 0:
            is_guessed = bool(guessed[index])
            parts.append(_of_hamlet(index, total, shapes, area, houses, squares, guessed=is_guessed))
    records = tuple(
        Hamlet(
            id=str(row.id),
            name=str(row.name),
            located=shapes[index] is not None or bool((houses.zone == index).any()),
            n_people=float(totals[index]),
        )
        for index, row in enumerate(hamlets[["id", "name"]].itertuples(index=False))
    )
    return _settlement(
        join(parts),
        records,
        outlines,
        houses.by_convention,
        buildings=buildings,
        basis="hamlet",
        outline=outline,
        registered=_registered(own),
    )


def _only(communes: gpd.GeoDataFrame, code: str, *, known: str) -> gpd.GeoDataFrame:
    own = communes[communes["code"] == code]
    if own.empty:
        raise NotFoundError("commune_unknown", commune=code, known=known)
    return own


def _members(
    people: People, hamlets: tuple[Hamlet, ...], outline: shapely.Geometry
) -> tuple[Booleans, Booleans]:
    """People points, and hamlets, of a commune: a hamlet belongs where more than half of its people live."""
    shapely.prepare(outline)
    inside = shapely.contains_xy(outline, people.x_m, people.y_m)
    placed = people.zone >= 0
    zone, n_people = people.zone[placed], people.n_people[placed]
    everybody = np.bincount(zone, weights=n_people, minlength=len(hamlets))
    own = np.bincount(zone, weights=n_people * inside[placed], minlength=len(hamlets)) > everybody / 2
    kept = inside & ~placed
    kept[placed] = own[zone]
    return kept, own


def _of_commune(
    people: People, hamlets: tuple[Hamlet, ...], outline: shapely.Geometry
) -> tuple[People, tuple[Hamlet, ...]]:
    kept, own = _members(people, hamlets, outline)
    number = np.append(np.cumsum(own) - 1, -1)
    return (
        People(
            x_m=people.x_m[kept],
            y_m=people.y_m[kept],
            n_people=people.n_people[kept],
            zone=number[people.zone[kept]],
            building=people.building[kept],
            assumed=people.assumed[kept],
        ),
        tuple(hamlet for hamlet, is_own in zip(hamlets, own.tolist(), strict=True) if is_own),
    )


def part(
    settlement: Settlement, outline: shapely.Geometry, *, registered: float | None
) -> tuple[Settlement, Booleans]:
    """
    The people of one commune out of those of a whole workspace.

    Parameters
    ----------
    settlement
        People of the whole workspace.
    outline
        Outline of the commune, in the CRS of the calculation.
    registered
        Its registered population, where known.

    Returns
    -------
    settlement
        As :func:`settle` would give it for the commune; the assumptions of the whole are not split.
    kept
        Which people points these are, shape (n,).
    """
    kept, _ = _members(settlement.people, settlement.hamlets, outline)
    people, hamlets = _of_commune(settlement.people, settlement.hamlets, outline)
    return (
        replace(settlement, people=people, hamlets=hamlets, outline=outline, registered=registered),
        kept,
    )


def _settlement(
    people: People,
    hamlets: tuple[Hamlet, ...],
    outlines: tuple[shapely.Geometry, ...],
    by_convention: Booleans,
    *,
    buildings: gpd.GeoDataFrame,
    basis: str,
    outline: shapely.Geometry | None,
    registered: float | None,
) -> Settlement:
    if outline is not None:
        people, hamlets = _of_commune(people, hamlets, outline)
    spread = people.building < 0
    located = np.array([hamlet.located for hamlet in hamlets] or [True])
    lost = spread & ~located[np.maximum(people.zone, 0)]
    conventional = np.zeros(len(people.x_m), dtype=bool)
    conventional[~spread] = by_convention[people.building[~spread]]
    counted = {
        "spread_everywhere": float(people.n_people[lost].sum()),
        "spread_land": float(people.n_people[spread & ~lost].sum()),
        "nearest_hamlet": float(people.n_people[conventional].sum()),
        "people_guessed": float(people.n_people[~spread & ~conventional & people.assumed].sum()),
    }
    return Settlement(
        people=people,
        hamlets=hamlets,
        outlines=outlines,
        buildings=buildings,
        basis=f"people.basis.{basis}",
        assumptions=MappingProxyType({f"assumption.{key}": value for key, value in counted.items() if value}),
        registered=registered,
        outline=outline,
    )


def _registered(table: gpd.GeoDataFrame) -> float | None:
    column = table["population_registered"].dropna()
    return float(column.sum()) if len(column) else None


def lived_in(buildings: gpd.GeoDataFrame, area: shapely.Geometry) -> gpd.GeoDataFrame:
    """
    Buildings of an area in which people live.

    Parameters
    ----------
    buildings
        Buildings with their ``kind``, in the CRS of the area.
    area
        Polygon or multipolygon.

    Returns
    -------
    buildings
        Those of a kind with people, or of unknown kind, of which a point inside lies in the area.
    """
    table = buildings[buildings["kind"].isna() | buildings["kind"].isin(LIVED_IN)]
    centre = shapely.point_on_surface(table.geometry.to_numpy())
    shapely.prepare(area)
    return table[shapely.contains_xy(area, shapely.get_x(centre), shapely.get_y(centre))]


def _houses(
    buildings: gpd.GeoDataFrame,
    area: shapely.Geometry,
    hamlets: gpd.GeoDataFrame,
    shapes: list[shapely.Geometry | None],
) -> tuple[_Houses, tuple[shapely.Geometry, ...]]:
    table = lived_in(buildings, area)
    centre = shapely.point_on_surface(table.geometry.to_numpy())
    x_m, y_m = shapely.get_x(centre), shapely.get_y(centre)
    zone, by_convention = assign(x_m, y_m, shapes, max_distance_m=data.setting("near_hamlet_max_m"))
    stated = table["hamlet_id"].map({key: index for index, key in enumerate(hamlets["id"])})
    known = stated.notna().to_numpy()
    zone[known] = stated.dropna().to_numpy(dtype=np.int64)
    houses = _Houses(
        x_m=x_m,
        y_m=y_m,
        weight=table["n_people"].to_numpy(dtype=np.float64, na_value=np.nan),
        zone=zone,
        by_convention=by_convention & ~known,
    )
    return houses, tuple(table.geometry)


def _totals(hamlets: gpd.GeoDataFrame, houses: _Houses, registered: float | None) -> tuple[Floats, Booleans]:
    totals = pd.to_numeric(hamlets["population"]).to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(totals)
    for index in np.flatnonzero(missing):
        held = np.nansum(houses.weight[houses.zone == index])
        totals[index] = held if held > 0 else np.nan
    left = np.isnan(totals)
    if registered is not None and left.any():
        rest = registered - float(np.nansum(totals))
        totals[left] = rest / left.sum() if rest > 0 else np.nan
    return totals, missing


def _of_hamlet(
    index: int,
    total: float,
    shapes: list[shapely.Geometry | None],
    area: shapely.Geometry,
    houses: _Houses,
    squares: Density,
    *,
    guessed: bool,
) -> People:
    own = np.flatnonzero(houses.zone == index)
    if len(own):
        return houses.part(total=total, rows=own, zone=index, assumed=guessed)
    shape = shapes[index]
    if shape is None:
        free = np.flatnonzero(houses.zone < 0)
        if len(free):
            return houses.part(total=total, rows=free, zone=index, assumed=True)
        return _spread(_unclaimed(area, shapes), total, index, squares)
    if shape.area > 0:
        return _spread(shape, total, index, squares)
    return _spread_nearest(area, shapes, total, index, squares)


def _of_area(area: shapely.Geometry, houses: _Houses, total: float, squares: Density) -> People:
    if len(houses.x_m):
        return houses.part(total=total, rows=np.arange(len(houses.x_m)), zone=-1, assumed=False)
    return _spread(area, total, -1, squares)


def _unclaimed(area: shapely.Geometry, shapes: list[shapely.Geometry | None]) -> shapely.Geometry:
    taken = shapely.union_all([shape for shape in shapes if shape is not None and shape.area > 0])
    rest = shapely.difference(area, taken)
    return area if rest.is_empty else rest


def _spread_nearest(
    area: shapely.Geometry,
    shapes: list[shapely.Geometry | None],
    total: float,
    index: int,
    squares: Density,
) -> People:
    x_m, y_m = land_points(_unclaimed(area, shapes), spacing_m=data.setting("spread_cell_m"))
    zone, _ = assign(x_m, y_m, shapes, max_distance_m=data.setting("near_hamlet_max_m"))
    own = zone == index
    point = shapes[index]
    if not own.any() and point is not None:
        return _points(np.array([point.centroid.x]), np.array([point.centroid.y]), total, index, squares)
    return _points(x_m[own], y_m[own], total, index, squares)


def _spread(area: shapely.Geometry, total: float, zone: int, squares: Density) -> People:
    x_m, y_m = land_points(area, spacing_m=data.setting("spread_cell_m"))
    return _points(x_m, y_m, total, zone, squares)


def _points(x_m: Floats, y_m: Floats, total: float, zone: int, squares: Density) -> People:
    """People over points: by the population raster where there is one, else alike."""
    n_points = len(x_m)
    return People(
        x_m=x_m,
        y_m=y_m,
        n_people=share_out(total, squares.at(x_m, y_m)),
        zone=np.full(n_points, zone),
        building=np.full(n_points, -1),
        assumed=np.ones(n_points, dtype=bool),
    )
