"""Where people live in the sample: hamlets, lanes, houses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from planning.sample import frame, land
from planning.sample.frame import Floats
from planning.sample.rows import Manner, table

N_BUILDINGS = 9_000
N_PEOPLE = 33_000
N_BUILDINGS_NO_DATA = 220
LANE_GAP_M = 54.0
PITCH_M = 13.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hamlet:
    """
    One made-up hamlet.

    Parameters
    ----------
    number
        Number in the commune's list, from 1.
    name
        Invented name.
    x_m, y_m
        Middle, east and north of the commune's middle [m].
    bearing_deg
        Direction of its main lane [°].
    n_people
        People counted, or None where nobody has handed in a number.
    has_outline
        False where only its point is known.
    """

    number: int
    name: str
    x_m: float
    y_m: float
    bearing_deg: float
    n_people: int | None
    has_outline: bool = True

    @property
    def id(self) -> str:
        """Stable key of the hamlet."""
        return f"MAU-THON-{self.number:02d}"


_LIST = (
    ("Cồn Mây", -380, 2280, 80, 1640),
    ("Gò Lụa", 980, 2520, 100, 1520),
    ("Bến Đậu", -1760, 1540, 20, 1780),
    ("Vườn Cau", 960, 1400, 60, 1610),
    ("Lạch Ngọc", 1960, 1620, 150, 1490),
    ("Đống Sậy", -2650, 590, 75, 1350),
    ("Ao Sấu", -360, 1130, 10, 1740),
    ("Bãi Nhót", 3080, 830, 165, 920),
    ("Đồng Ngô", -1620, 330, 95, 1790),
    ("Quán Lau", -430, -30, 120, 1850),
    ("Cầu Trám", 650, 330, 85, 2260),
    ("Đình Sung", 1780, 170, 140, 1690),
    ("Vải Ngọt", -2960, -760, 0, 1310),
    ("Bờ Thị", -1830, -960, 70, 1580),
    ("Giếng Mít", -520, -1270, 110, 1730),
    ("Cửa Lác", 720, -900, 60, 1950),
    ("Đê Quai", 1960, -1300, 20, 1450),
    ("Xóm Diều", 3060, -520, 5, 1120),
    ("Lũng Rươi", -2620, -1990, 50, 1180),
    ("Ngòi Bạc", -120, -2170, 95, 1690),
    ("Ruộng Thơm", 1050, -1900, 80, 470),
    ("Tân Sậy", -1520, -2270, 100, None),
)
POINT_ONLY = (19, 22)
NOT_SURVEYED = 22
WITHOUT_FIBRE = (18, 19)
HAMLETS = tuple(
    Hamlet(number=i, name=name, x_m=x, y_m=y, bearing_deg=b, n_people=n, has_outline=i not in POINT_ONLY)
    for i, (name, x, y, b, n) in enumerate(_LIST, start=1)
)


def centre(hamlet: Hamlet) -> shapely.Point:
    """
    Middle of a hamlet.

    Parameters
    ----------
    hamlet
        The hamlet.

    Returns
    -------
    point
        In EPSG:9210.
    """
    return frame.point(hamlet.x_m, hamlet.y_m)


@cache
def territories() -> tuple[shapely.Polygon, ...]:
    """
    Land nearest to each hamlet's middle, cut at the border.

    Returns
    -------
    territories
        One polygon in EPSG:9210 for each hamlet, in the order of the list.
    """
    middles = [centre(hamlet) for hamlet in HAMLETS]
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(middles), extend_to=land.outline().buffer(2000), ordered=True
    )
    return tuple(cell.intersection(land.outline()) for cell in shapely.get_parts(cells))


@cache
def building_counts() -> Mapping[int, int]:
    """
    Number of buildings of each hamlet, in proportion to its people.

    Returns
    -------
    counts
        Hamlet number to buildings; 9 000 in all.
    """
    people = np.array([hamlet.n_people or 0 for hamlet in HAMLETS])
    exact = people / people.sum() * (N_BUILDINGS - N_BUILDINGS_NO_DATA)
    counts = np.floor(exact).astype(int)
    counts[people == 0] = N_BUILDINGS_NO_DATA
    for index in np.argsort(np.floor(exact) - exact, kind="stable")[: N_BUILDINGS - counts.sum()]:
        counts[index] += 1
    return MappingProxyType({hamlet.number: int(n) for hamlet, n in zip(HAMLETS, counts, strict=True)})


def half_lane_m(hamlet: Hamlet) -> float:
    """
    Length of a lane on either side of the main lane.

    Parameters
    ----------
    hamlet
        The hamlet.

    Returns
    -------
    length_m
        Length [m].
    """
    return 150.0 + 0.14 * building_counts()[hamlet.number]


def lane_offsets_m(hamlet: Hamlet) -> Floats:
    """
    Where the lanes leave the main lane.

    Parameters
    ----------
    hamlet
        The hamlet.

    Returns
    -------
    along_m
        Distances from the middle along the main lane [m], shape (n_lanes,).
    """
    slots_of_a_lane = 4 * int((half_lane_m(hamlet) - 14.0) / PITCH_M)
    n_lanes = int(np.ceil(1.35 * building_counts()[hamlet.number] / slots_of_a_lane)) + 1
    return np.linspace(-0.5, 0.5, n_lanes) * (n_lanes - 1) * LANE_GAP_M


@cache
def lanes(hamlet: Hamlet) -> tuple[shapely.LineString, ...]:
    """
    Lanes of a hamlet: the main lane first, then those across it.

    Parameters
    ----------
    hamlet
        The hamlet.

    Returns
    -------
    lanes
        Lines in EPSG:9210, not cut.
    """
    offsets, half = lane_offsets_m(hamlet), half_lane_m(hamlet)
    middle = centre(hamlet)
    place = partial(frame.turned, centre_m=(middle.x, middle.y), bearing_deg=hamlet.bearing_deg)
    ends = place(np.array([offsets[0] - 20, offsets[-1] + 20]), np.zeros(2))
    across = [place(np.full(2, offset), np.array([-half, half])) for offset in offsets]
    return (shapely.LineString(ends), *(shapely.LineString(pair) for pair in across))


def hamlets(seed: int) -> gpd.GeoDataFrame:
    """
    The 22 hamlets: 20 outlines, two points, one of them without any number.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``hamlet``, EPSG:4326.
    """
    rng = frame.stream(seed, "hamlet")
    rows = [_hamlet_row(hamlet, rng) for hamlet in HAMLETS]
    shapes = [
        territory if hamlet.has_outline else centre(hamlet)
        for hamlet, territory in zip(HAMLETS, territories(), strict=True)
    ]
    manner = Manner(layer="hamlet", sharing="internal", accuracy_m=20.0, owner="UBND Xã Mẫu")
    return table(manner, rows, shapes, rng)


def _hamlet_row(hamlet: Hamlet, rng: np.random.Generator) -> dict[str, object]:
    row: dict[str, object] = {"id": hamlet.id, "name": f"Thôn {hamlet.name}"}
    row["former_commune"] = "Mẫu Thượng" if hamlet.y_m > 0 else "Mẫu Hạ"
    if hamlet.n_people is None:
        return row | {"note": "Thôn mới tách, chưa nộp biểu dân cư", "accuracy_m": 200.0}
    people = hamlet.n_people
    households = round(people / rng.uniform(3.3, 3.7))
    adults, men = round(people * rng.uniform(0.70, 0.75)), round(people * rng.uniform(0.485, 0.505))
    return row | {
        "population": people,
        "population_basis": "registered",
        "households": households,
        "poor_households": round(households * rng.uniform(0.01, 0.04)),
        "adults": adults,
        "men": men,
        "women": people - men,
        "adults_smartphone": round(adults * rng.uniform(0.72, 0.93)),
        "households_fiber": round(households * rng.uniform(0.55, 0.85)),
        "note": None if hamlet.has_outline else "Chưa có ranh giới thôn, chỉ có một điểm",
    }
