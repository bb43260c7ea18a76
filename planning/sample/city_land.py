"""The made-up land of the sample city: outline, rivers, hills, where people live, hamlets and communes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from planning.sample import frame
from planning.sample.frame import Floats

COMMUNES, AREA_KM2, PEOPLE = 114, 3_200.0, 4_700_000
HAMLETS, BUILDINGS = 3_040, 400_000
MASTS, CELLS, SPANS = 1_700, 15_000, 30_000
AROUND_M = 5_000.0
WARD_PEOPLE_PER_KM2 = 2_500.0
N_ROUNDS = 8
SAMPLES_FOR_EACH = 50
DRAWN_AT_ONCE = 400_000

HILL_DIRECTION, HILL_START, HILL_WIDTH = (-0.55, 0.83), 0.42, 0.07
VILLAGE_PEOPLE_PER_KM2, HILL_LOSS = 1_150.0, 0.88
TOWNS = ((0.12, -0.10, 0.17, 11_000.0), (-0.52, -0.40, 0.07, 5_000.0), (0.60, 0.42, 0.07, 5_000.0))
"""Middle (east, north), radius, each in parts of the city's radius, and people for each km² on top."""

RIVERS = (
    (
        350.0,
        ((-0.10, 2.4), (-0.30, 1.1), (-0.05, 0.55), (0.18, 0.18), (0.05, -0.35), (0.40, -0.8), (0.6, -2.4)),
    ),
    (180.0, ((-2.4, 0.30), (-1.0, 0.12), (-0.55, -0.12), (-0.35, -0.55), (-0.50, -1.0), (-0.4, -2.4))),
    (120.0, ((0.18, 0.18), (0.45, 0.25), (0.80, 0.10), (1.20, 0.22), (2.4, 0.1))),
)
"""Width [m] and course in parts of the city's radius."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """
    How large a city is; everything else follows in proportion.

    Parameters
    ----------
    n_communes
        Communes and wards, 3 or more; 114 is the full city.
    """

    n_communes: int = COMMUNES

    def part(self, total: float) -> int:
        """
        What the full city's figure becomes in a city of this size.

        Parameters
        ----------
        total
            Figure of the full city.

        Returns
        -------
        part
            In proportion to the communes, rounded.
        """
        return round(total * self.n_communes / COMMUNES)

    @property
    def area_m2(self) -> float:
        """Area on the plane [m²]."""
        return AREA_KM2 * 1e6 * self.n_communes / COMMUNES

    @property
    def radius_m(self) -> float:
        """Radius of a disc of the same area [m]."""
        return float(np.sqrt(self.area_m2 / np.pi))


@dataclass(frozen=True, kw_only=True, eq=False)
class Land:
    """
    The city's land and its division. Everything lies in EPSG:9210.

    Parameters
    ----------
    seed
        Seed of the sample.
    size
        How large the city is.
    outline
        Border, of exactly ``size.area_m2`` on the plane.
    rivers
        Water surfaces, far beyond the border.
    dry_xy_m
        Places scattered as densely as people live [m], all on dry land within the border, shape (n, 2).
    hamlet_xy_m
        Middles of the hamlets [m], shape (n_hamlets, 2).
    hamlet_shapes
        Their areas; together the outline, shape (n_hamlets,).
    commune_of
        Commune of each hamlet, 0 to n_communes − 1, shape (n_hamlets,).
    commune_shapes
        Areas of the communes, shape (n_communes,).
    """

    seed: int
    size: Size
    outline: shapely.Polygon
    rivers: tuple[shapely.Polygon, ...]
    dry_xy_m: Floats
    hamlet_xy_m: Floats
    hamlet_shapes: npt.NDArray[np.object_]
    commune_of: npt.NDArray[np.int64]
    commune_shapes: npt.NDArray[np.object_]

    @cached_property
    def water(self) -> shapely.Geometry:
        """All water surfaces as one shape."""
        return shapely.union_all(self.rivers)

    @cached_property
    def people(self) -> npt.NDArray[np.int64]:
        """People of each hamlet, whether anybody has handed in their number or not, shape (n_hamlets,)."""
        nearest = cKDTree(self.hamlet_xy_m).query(self.dry_xy_m)[1]
        held = np.bincount(nearest, minlength=len(self.hamlet_xy_m)) + 5.0
        chance = frame.stream(self.seed, "city people")
        found: npt.NDArray[np.int64] = chance.multinomial(self.size.part(PEOPLE), held / held.sum())
        return found

    @cached_property
    def density(self) -> Floats:
        """People for each km² in each hamlet, shape (n_hamlets,)."""
        found: Floats = self.people / (shapely.area(self.hamlet_shapes) / 1e6)
        return found

    @cached_property
    def is_ward(self) -> npt.NDArray[np.bool_]:
        """True for communes as dense as a ward, shape (n_communes,)."""
        people = np.bincount(self.commune_of, weights=self.people, minlength=self.size.n_communes)
        found: npt.NDArray[np.bool_] = (
            people / (shapely.area(self.commune_shapes) / 1e6) > WARD_PEOPLE_PER_KM2
        )
        return found

    @cached_property
    def is_urban(self) -> npt.NDArray[np.bool_]:
        """True for hamlets as dense as a ward, in wards and in the towns of communes, shape (n_hamlets,)."""
        found: npt.NDArray[np.bool_] = self.density > WARD_PEOPLE_PER_KM2
        return found


def lay_out(size: Size, seed: int) -> Land:
    """
    Divide a made-up city.

    Parameters
    ----------
    size
        How large it is.
    seed
        Seed of the sample.

    Returns
    -------
    land
        Hamlets are small where people live densely; a commune is a group of neighbouring hamlets.
    """
    chance = frame.stream(seed, "city land")
    border = _outline(size)
    rivers = tuple(_river(width_m, course, size) for width_m, course in RIVERS)
    dry_xy_m = _scatter(size, border, shapely.union_all(rivers), chance)
    middles = snapped(centres(dry_xy_m, size.part(HAMLETS), chance), dry_xy_m)
    communes = centres(middles, size.n_communes, chance)
    commune_of = np.asarray(cKDTree(communes).query(middles)[1], dtype=np.int64)
    hamlets = _territories(middles, border)
    return Land(
        seed=seed,
        size=size,
        outline=border,
        rivers=rivers,
        dry_xy_m=dry_xy_m,
        hamlet_xy_m=middles,
        hamlet_shapes=hamlets,
        commune_of=commune_of,
        commune_shapes=_joined(hamlets, commune_of, size.n_communes),
    )


def _outline(size: Size) -> shapely.Polygon:
    angle = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    square = (np.abs(np.cos(angle)) ** 3 + np.abs(np.sin(angle)) ** 3) ** (-1 / 3)
    radius = square * (
        1.0
        + 0.030 * np.cos(5 * angle + 1.0)
        + 0.020 * np.cos(9 * angle)
        + 0.010 * np.cos(17 * angle + 0.5)
        + 0.006 * np.cos(41 * angle + 2.0)
    )
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return shapely.Polygon(frame.placed(ring * np.sqrt(size.area_m2 / shapely.Polygon(ring).area)))


def _river(width_m: float, course: Sequence[tuple[float, float]], size: Size) -> shapely.Polygon:
    points_m = [(x * size.radius_m, y * size.radius_m) for x, y in course]
    return frame.curve(points_m, n_rounds=5).buffer(width_m / 2, cap_style="flat")


def hilliness(xy_m: Floats, size: Size) -> Floats:
    """
    How much of the hills stands at each place.

    Parameters
    ----------
    xy_m
        Places [m], shape (..., 2).
    size
        How large the city is.

    Returns
    -------
    share
        0 in the delta, 1 in the middle of the hills, shape (...).
    """
    east, north = (
        (xy_m - frame.placed([(0.0, 0.0)])[0])[..., 0],
        (xy_m - frame.placed([(0.0, 0.0)])[0])[..., 1],
    )
    along = (east * HILL_DIRECTION[0] + north * HILL_DIRECTION[1]) / size.radius_m
    found: Floats = 1.0 / (1.0 + np.exp(-(along - HILL_START) / HILL_WIDTH))
    return found


def _density(xy_m: Floats, size: Size) -> Floats:
    """People for each km² that the plan of the city wants at each place, shape (n,)."""
    found: Floats = VILLAGE_PEOPLE_PER_KM2 * (1.0 - HILL_LOSS * hilliness(xy_m, size))
    for x, y, radius, people_per_km2 in TOWNS:
        middle = frame.placed([(x * size.radius_m, y * size.radius_m)])[0]
        away = np.hypot(*(xy_m - middle).T) / (radius * size.radius_m)
        found = found + people_per_km2 * np.exp(-(away**2))
    return found


def _scatter(
    size: Size, border: shapely.Polygon, water: shapely.Geometry, chance: np.random.Generator
) -> Floats:
    """Dry places within the border, as dense as the people."""
    banks = water.buffer(60)
    shapely.prepare(border)
    shapely.prepare(banks)
    wanted = size.part(HAMLETS) * SAMPLES_FOR_EACH
    west_m, south_m, east_m, north_m = border.bounds
    most = VILLAGE_PEOPLE_PER_KM2 + max(people for *_, people in TOWNS)
    found: list[Floats] = []
    while sum(map(len, found)) < wanted:
        xy_m = chance.uniform((west_m, south_m), (east_m, north_m), (DRAWN_AT_ONCE, 2))
        xy_m = xy_m[chance.random(DRAWN_AT_ONCE) * most < _density(xy_m, size)]
        inside = shapely.contains_xy(border, xy_m[:, 0], xy_m[:, 1])
        found.append(xy_m[inside & ~shapely.intersects_xy(banks, xy_m[:, 0], xy_m[:, 1])])
    return np.vstack(found)[:wanted]


def centres(places_m: Floats, n_centres: int, chance: np.random.Generator) -> Floats:
    """
    Centres spread over places: many where the places are dense (Lloyd's method).

    Parameters
    ----------
    places_m
        Places [m], shape (n, 2), more than ``n_centres``.
    n_centres
        How many centres are wanted.
    chance
        Picks the first centres.

    Returns
    -------
    centres_m
        Means of the places nearest to each [m], shape (n_centres, 2).
    """
    found: Floats = places_m[np.sort(chance.permutation(len(places_m))[:n_centres])]
    for _ in range(N_ROUNDS):
        nearest = cKDTree(found).query(places_m)[1]
        held = np.bincount(nearest, minlength=n_centres)
        sums = [np.bincount(nearest, weights=places_m[:, axis], minlength=n_centres) for axis in (0, 1)]
        means = np.stack(sums, axis=1) / np.maximum(held, 1)[:, None]
        found = np.where(held[:, None] > 0, means, found)
    return found


def snapped(points_m: Floats, places_m: Floats) -> Floats:
    """
    The place nearest to each point, none used twice.

    Parameters
    ----------
    points_m
        Points [m], shape (n, 2).
    places_m
        Places allowed [m], shape (m, 2), m at least n.

    Returns
    -------
    xy_m
        Places [m], shape (n, 2), in the order of the points.
    """
    taken = np.asarray(cKDTree(places_m).query(points_m)[1])
    _, first = np.unique(taken, return_index=True)
    again = np.setdiff1d(np.arange(len(taken)), first)
    taken[again] = np.setdiff1d(np.arange(len(places_m)), taken)[: len(again)]
    found: Floats = places_m[taken]
    return found


def _territories(middles_m: Floats, border: shapely.Polygon) -> npt.NDArray[np.object_]:
    """Land nearest to each middle, cut at the border; neighbours share their corners exactly."""
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(middles_m), extend_to=border.buffer(10_000), only_edges=True
    )
    noded = shapely.union_all([cells, border.exterior])
    pieces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)
    inner = shapely.get_coordinates(shapely.point_on_surface(pieces))
    kept = shapely.contains_xy(border, inner[:, 0], inner[:, 1])
    owner = cKDTree(middles_m).query(inner[kept])[1]
    return _joined(pieces[kept], owner, len(middles_m))


def _joined(
    shapes: npt.NDArray[np.object_], group: npt.NDArray[np.int64], n_groups: int
) -> npt.NDArray[np.object_]:
    """Union of the shapes of each group."""
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(n_groups + 1))
    found = np.empty(n_groups, dtype=object)
    for index in range(n_groups):
        found[index] = shapely.union_all(shapes[order[ends[index] : ends[index + 1]]])
    return found
