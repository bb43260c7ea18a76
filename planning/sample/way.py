"""Ways of the sample: the main road, commune roads, lanes and dyke roads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import shapely

from planning.sample import frame, land, settlement
from planning.sample.rows import Manner, table
from planning.sample.settlement import HAMLETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """
    A commune road to a hamlet.

    Parameters
    ----------
    hamlet_number
        The hamlet that it reaches.
    from_number
        The hamlet that it comes from, or None where it leaves the main road.
    line
        From its beginning to the hamlet's middle, in EPSG:9210.
    """

    hamlet_number: int
    from_number: int | None
    line: shapely.LineString


@cache
def links() -> tuple[Link, ...]:
    """
    The shortest set of commune roads that joins all hamlets to the main road (Prim's method).

    Returns
    -------
    links
        One for each hamlet, in the order in which they join; none starts in a hamlet without fibre.
    """
    main = land.main_road()
    best: dict[int, tuple[float, int | None]] = {
        hamlet.number: (main.distance(settlement.centre(hamlet)), None) for hamlet in HAMLETS
    }
    middles = {hamlet.number: settlement.centre(hamlet) for hamlet in HAMLETS}
    found: list[Link] = []
    while best:
        number = min(best, key=lambda key: (best[key][0], key))
        origin = best.pop(number)[1]
        start = main.interpolate(main.project(middles[number])) if origin is None else middles[origin]
        line = shapely.LineString([start, middles[number]])
        found.append(Link(hamlet_number=number, from_number=origin, line=line))
        for other, (distance_m, _) in best.items():
            if (
                number not in settlement.WITHOUT_FIBRE
                and middles[number].distance(middles[other]) < distance_m
            ):
                best[other] = (middles[number].distance(middles[other]), number)
    return tuple(found)


def roads(seed: int) -> gpd.GeoDataFrame:
    """
    All ways of the commune.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``road``, EPSG:4326.
    """
    rng = frame.stream(seed, "road")
    rows: list[dict[str, object]] = [
        {
            "id": "MAU-DUONG-TINH",
            "name": "Đường tỉnh 900M (mẫu)",
            "kind": "provincial",
            "is_main": True,
            "width_m": 9.0,
        }
    ]
    shapes: list[shapely.Geometry] = [land.main_road()]
    for link in links():
        hamlet = HAMLETS[link.hamlet_number - 1]
        row = {"id": f"MAU-DUONG-XA-{hamlet.number:02d}", "name": f"Đường xã vào thôn {hamlet.name}"}
        rows.append(row | {"kind": "commune", "is_main": True, "width_m": 5.5})
        shapes.append(link.line)
    for number, (name, dyke) in enumerate(land.dykes(), start=1):
        rows.append(
            {"id": f"MAU-DE-{number:02d}", "name": name, "kind": "dyke", "is_main": False, "width_m": 5.0}
        )
        shapes.append(dyke)
    for hamlet in HAMLETS:
        for index, lane in enumerate(settlement.lanes(hamlet)):
            kind, name = ("lane", f"Ngõ {index}") if index else ("hamlet", "Đường trục")
            row = {"id": f"MAU-NGO-{hamlet.number:02d}-{index:02d}", "name": f"{name} thôn {hamlet.name}"}
            rows.append(row | {"kind": kind, "is_main": False, "width_m": 2.5 if index else 3.5})
            shapes.append(dry(lane))
    orchard_hamlet = HAMLETS[land.ORCHARD_HAMLET - 1]
    row = {"id": "MAU-NGO-VUON", "name": f"Ngõ vườn vải thôn {orchard_hamlet.name}"}
    rows.append(row | {"kind": "lane", "is_main": False, "width_m": 2.5})
    shapes.append(land.orchard_lane())
    return table(
        Manner(layer="road", sharing="public", accuracy_m=3.0, owner="UBND Xã Mẫu"), rows, shapes, rng
    )


def dry(lane: shapely.LineString) -> shapely.LineString:
    """
    The longest part of a lane on dry land within the border.

    Parameters
    ----------
    lane
        Line in EPSG:9210.

    Returns
    -------
    part
        Line in EPSG:9210.
    """
    kept = lane.intersection(land.outline()).difference(land.water().buffer(30))
    return max(frame.lines_of(kept), key=lambda part: part.length)
