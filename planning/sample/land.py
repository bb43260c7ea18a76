"""The made-up land: outline, rivers, dykes, main road, orchards."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely

from planning.sample import frame

AREA_M2 = 33.0e6
_LARGE = ((3600, 9000), (3300, 5600), (2950, 3000), (2600, 1500), (2430, 700), (2430, -400))
_LARGE_LOWER = ((2600, -1250), (2450, -2400), (2900, -4500), (2600, -9000))
_SMALL = ((-2200, 9000), (-1700, 5000), (-1150, 2900), (-1050, 1900), (-1040, 800), (-1010, -100))
_SMALL_LOWER = ((-1190, -1000), (-850, -2000), (-800, -3000), (-1500, -5200), (-1200, -9000))
RIVERS = (
    ("Sông Cái Mẫu", 160.0, (*_LARGE, *_LARGE_LOWER)),
    ("Sông Ngòi Mẫu", 60.0, (*_SMALL, *_SMALL_LOWER)),
)
MAIN_ROAD = (
    (-3900, -250),
    (-2750, -80),
    (-1600, -330),
    (-520, -640),
    (640, -260),
    (1880, -560),
    (3000, 150),
    (4100, 260),
)
ORCHARD_HAMLET = 13
ORCHARD_LANE = ((-2612, -1060), (-2596, -380))
STORY_ORCHARD = ((-2580, -1120), (-2420, -1080), (-2400, -330), (-2560, -310))
ORCHARDS = (
    STORY_ORCHARD,
    ((-2300, 1000), (-1950, 1100), (-2000, 1330), (-2350, 1200)),
    ((-700, 1500), (-380, 1560), (-420, 1850), (-690, 1800)),
    ((1350, 2050), (1700, 2120), (1640, 2420), (1320, 2330)),
    ((1150, 700), (1480, 760), (1450, 1000), (1120, 960)),
    ((-250, -1700), (160, -1650), (120, -1420), (-260, -1440)),
    ((1300, -1450), (1560, -1400), (1520, -1120), (1290, -1160)),
    ((-2150, -1700), (-1850, -1660), (-1880, -1420), (-2180, -1480)),
    ((-4900, 1500), (-4200, 1600), (-4300, 2100), (-4950, 2000)),
    ((4300, -2400), (4900, -2300), (4850, -1900), (4250, -2000)),
)


@cache
def outline() -> shapely.Polygon:
    """
    Border of the commune.

    Returns
    -------
    outline
        Polygon in EPSG:9210 of exactly 33.0 km² on the plane.
    """
    angle = np.linspace(0.0, 2.0 * np.pi, 144, endpoint=False)
    radius = (
        1.0
        + 0.16 * np.cos(2 * (angle - 0.35))
        + 0.05 * np.cos(3 * angle + 1.1)
        + 0.03 * np.cos(5 * angle - 0.6)
        + 0.015 * np.cos(9 * angle + 2.0)
    )
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    unit_area = shapely.Polygon(ring).area
    return shapely.Polygon(frame.placed(ring * np.sqrt(AREA_M2 / unit_area)))


@cache
def rivers() -> tuple[shapely.Polygon, ...]:
    """
    Water surfaces, far beyond the border.

    Returns
    -------
    rivers
        One polygon in EPSG:9210 for each river.
    """
    return tuple(frame.curve(path).buffer(width_m / 2, cap_style="flat") for _, width_m, path in RIVERS)


@cache
def water() -> shapely.Geometry:
    """
    All water surfaces as one shape.

    Returns
    -------
    water
        In EPSG:9210.
    """
    return shapely.union_all(rivers())


@cache
def dykes() -> tuple[tuple[str, shapely.LineString], ...]:
    """
    Dyke crests within the commune, 45 m from the water on both sides.

    Returns
    -------
    dykes
        Name and line in EPSG:9210.
    """
    found = []
    inside = outline().buffer(-30)
    for name, width_m, path in RIVERS:
        for side, bank in ((1, "tả"), (-1, "hữu")):
            crest = frame.curve(path).offset_curve(side * (width_m / 2 + 45))
            pieces = frame.lines_of(crest.intersection(inside), shortest_m=200)
            found += [(f"Đê {bank} {name}", piece) for piece in pieces]
    return tuple(found)


@cache
def main_road() -> shapely.LineString:
    """
    The provincial road through the commune, from west to east.

    Returns
    -------
    road
        Line in EPSG:9210, cut at the border.
    """
    pieces = frame.lines_of(frame.curve(MAIN_ROAD).intersection(outline()))
    return max(pieces, key=lambda piece: piece.length)


@cache
def orchards() -> tuple[shapely.Polygon, ...]:
    """
    Lychee orchards; the first one casts the planted radio shadow.

    Returns
    -------
    orchards
        Polygons in EPSG:9210.
    """
    return tuple(shapely.Polygon(frame.placed(ring)) for ring in ORCHARDS)


def orchard_lane() -> shapely.LineString:
    """
    The lane west of the first orchard, with one row of houses beyond it.

    Returns
    -------
    lane
        Line in EPSG:9210, from south to north.
    """
    return shapely.LineString(frame.placed(ORCHARD_LANE))
