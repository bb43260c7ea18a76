"""Poles, ducts and manholes of the sample."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from planning.sample import fibre, frame, settlement, way
from planning.sample.frame import Floats
from planning.sample.rows import Manner, table

POLE_STEP_M, POLE_SIDE_M = 37.5, 2.0
NEAREST_POLES_M = 15.0
MANHOLE_STEP_M = 110.0
_SHARED: dict[str, object] = {"sector": "telecom", "owner": "mau_a", "operators": "mau_a;mau_b"}
SECTORS = (("power", "Điện lực mẫu", 8.5), ("telecom", "mau_a", 7.0), ("lighting", "UBND Xã Mẫu", 6.5))


def passives(seed: int) -> gpd.GeoDataFrame:
    """
    Poles every 35–40 m along lanes with fibre, ducts and manholes on the main road.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``passive``, EPSG:4326; how much is in use is unknown on some rows.
    """
    rng = frame.stream(seed, "passive")
    points = _pole_points()
    rows = [_pole_row(number, rng) for number in range(1, len(points) + 1)]
    shapes: list[shapely.Geometry] = list(shapely.points(points))
    for number, span in enumerate((span for span in fibre.plant().spans if span.in_duct), start=1):
        rows.append(_duct_row(number, rng))
        shapes.append(span.line)
        for index, point in enumerate(frame.spaced(span.line, step_m=MANHOLE_STEP_M), start=1):
            rows.append(_manhole_row(number, index))
            shapes.append(point)
    return table(Manner(layer="passive", sharing="internal", accuracy_m=3.0), rows, shapes, rng)


def _duct_row(number: int, rng: np.random.Generator) -> dict[str, object]:
    used = int(rng.integers(1, 4)) if number % 3 else None
    row: dict[str, object] = {"id": f"MAU-CONG-{number:02d}", "name": f"Cống cáp {number}", "kind": "duct"}
    return row | _SHARED | {"n_total": 4, "n_used": used}


def _manhole_row(number: int, index: int) -> dict[str, object]:
    key, name = f"MAU-BE-{number:02d}-{index:02d}", f"Bể cáp {number}.{index}"
    return {"id": key, "name": name, "kind": "manhole"} | _SHARED


def _courses() -> list[shapely.LineString]:
    """Lines along which poles stand: lanes of hamlets with fibre and the commune roads that feed them."""
    lanes = [way.dry(lane) for hamlet in fibre.served() for lane in settlement.lanes(hamlet)]
    numbers = {hamlet.number for hamlet in fibre.served()}
    return lanes + [link.line for link in way.links() if link.hamlet_number in numbers]


def _pole_points() -> Floats:
    """Positions (n, 2), 35–40 m apart along each course; none beside a pole of another course."""
    found: list[Floats] = []
    for course in _courses():
        n_steps = max(1, round(course.length / POLE_STEP_M))
        at_m = np.linspace(0.0, course.length, n_steps + 1)
        row = shapely.get_coordinates(shapely.line_interpolate_point(course.offset_curve(POLE_SIDE_M), at_m))
        if found:
            other = shapely.MultiPoint(np.vstack(found))
            row = row[shapely.distance(other, shapely.points(row)) > NEAREST_POLES_M]
        if len(row):
            found.append(row)
    return np.vstack(found)


def _pole_row(number: int, rng: np.random.Generator) -> dict[str, object]:
    sector, owner, height_m = SECTORS[int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    total, used, known = 6, int(rng.integers(0, 6)), rng.random()
    return {
        "id": f"MAU-COT-{number:04d}",
        "name": f"Cột {number}",
        "owner": owner,
        "kind": "pole",
        "sector": sector,
        "operators": "mau_a" if used < 4 else "mau_a;mau_b",
        "height_m": height_m,
        "n_total": total if known < 0.9 else None,
        "n_used": used if known < 0.7 else None,
    }
