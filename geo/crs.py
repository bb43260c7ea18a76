"""
Coordinate reference systems in use in Vietnam: codes, transformation, guesses with their evidence.

Horizontal order is always (x, y) = (easting, northing) or (longitude, latitude). Vietnamese papers write
X for the northing; such files are turned when they are read, never here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Geod, Proj, Transformer
from pyproj.exceptions import CRSError as ProjCrsError
from shapely.geometry.base import BaseGeometry

from geo.errors import CrsError

Floats = npt.NDArray[np.float64]
Coordinate = float | Floats

WGS84 = 4326
GEOGRAPHIC = (4326, 4756)
TM3 = MappingProxyType(
    {
        9205: 103.0,
        9206: 104.0,
        9207: 104.5,
        9208: 104.75,
        5897: 105.0,
        9209: 105.5,
        9210: 105.75,
        9211: 106.0,
        9212: 106.25,
        9213: 106.5,
        9214: 107.0,
        9215: 107.25,
        9216: 107.5,
        5899: 107.75,
        5898: 108.0,
        9217: 108.25,
        9218: 108.5,
        5896: 102.0,
    }
)
"""EPSG code to central meridian [°] of the 3° zones of VN-2000 (k0 = 0.9999)."""
UTM = (3405, 3406, 32648, 32649)
CANDIDATES = (*GEOGRAPHIC, *TM3, *UTM, 3857)

VIETNAM_DEG = (102.0, 6.0, 118.0, 24.0)
"""West, south, east, north [°] of the mainland, the islands and the sea of Vietnam."""
HAI_PHONG_DEG = (106.0, 20.2, 107.8, 21.3)
"""Box [°] around the city of Hải Phòng, Bạch Long Vĩ included, within its borders since 1 July 2025."""

FAMILY_M = 1000.0
"""Candidates whose results lie closer together than this [m] cannot be told apart by position alone."""

_PARAMETERS = ("Longitude of natural origin", "Scale factor at natural origin")
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """
    What a text says about the system of the coordinates near it.

    Parameters
    ----------
    epsg
        Code that the text determines, or None.
    meridian_deg
        Central meridian named [°], or None.
    is_vn2000
        True where VN-2000 is named.
    """

    epsg: int | None = None
    meridian_deg: float | None = None
    is_vn2000: bool = False


def parse_epsg(text: str | int) -> int:
    """
    Code from "9210", "EPSG:9210" or 9210.

    Parameters
    ----------
    text
        Code as a user or a file writes it.

    Returns
    -------
    epsg
        Code known to the coordinate library.

    Raises
    ------
    CrsError
        The text is no code, or there is no such system.
    """
    found = re.fullmatch(
        r"\s*(?:urn:ogc:def:crs:)?(?:epsg:{1,2}(?:[\d.]*:)?)?(\d{4,6})\s*", str(text), re.IGNORECASE
    )
    if found is None:
        raise CrsError("crs_unknown", given=str(text)[:80])
    epsg = int(found.group(1))
    _crs(epsg)
    return epsg


def from_wkt(text: str) -> tuple[int | None, str | None]:
    """
    Code and name of a system given as text, as in the ``.prj`` part of a Shapefile.

    Parameters
    ----------
    text
        WKT of any dialect.

    Returns
    -------
    epsg, name
        Code, or None where the system is none of the register; name, or None where the text is no system.
        A 3° zone of VN-2000 is known by datum, meridian and scale even where its name is spelt freely.
    """
    try:
        crs = CRS.from_wkt(text)
    except ProjCrsError:
        return None, None
    epsg = crs.to_epsg(min_confidence=70)
    if epsg is not None:
        return epsg, str(crs.name)
    said = text.lower().replace("_", "").replace("-", "")
    operation = crs.coordinate_operation
    params = () if operation is None else operation.params
    values = {one.name: float(one.value) for one in params if one.name in _PARAMETERS}
    is_zone = math.isclose(values.get("Scale factor at natural origin", 0.0), 0.9999)
    if is_zone and ("vn2000" in said or "vietnam2000" in said):
        meridian_deg = values.get("Longitude of natural origin", math.nan)
        epsg = next((key for key, value in TM3.items() if math.isclose(value, meridian_deg)), None)
    return epsg, str(crs.name)


def name_of(epsg: int) -> str:
    """
    Name of a system.

    Parameters
    ----------
    epsg
        EPSG code.

    Returns
    -------
    name
        English name of the register, such as ``VN-2000 / TM-3 105-45``.

    Raises
    ------
    CrsError
        There is no such system.
    """
    return str(_crs(epsg).name)


def is_projected(epsg: int) -> bool:
    """
    Tell metres from degrees.

    Parameters
    ----------
    epsg
        EPSG code.

    Returns
    -------
    is_projected
        True where coordinates are plane.

    Raises
    ------
    CrsError
        There is no such system.
    """
    return bool(_crs(epsg).is_projected)


def transform(x: Coordinate, y: Coordinate, *, epsg_from: int, epsg_to: int) -> tuple[Floats, Floats]:
    """
    Carry coordinates from one system into another, datum shift included.

    Parameters
    ----------
    x, y
        Easting and northing [m] or longitude and latitude [°], numbers or arrays of one shape.
    epsg_from, epsg_to
        EPSG codes.

    Returns
    -------
    x, y
        Coordinates in the target system, shape as given; infinite where undefined.

    Raises
    ------
    CrsError
        One of the systems does not exist.

    References
    ----------
    QĐ 05/2007/QĐ-BTNMT, VN-2000 to WGS 84: the seven parameters of EPSG "VN-2000 to WGS 84 (2)", 1 m.
    """
    if epsg_from == epsg_to:
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    new_x, new_y = _transformer(epsg_from, epsg_to).transform(x, y)
    return np.asarray(new_x, dtype=np.float64), np.asarray(new_y, dtype=np.float64)


def move(shapes: npt.NDArray[np.object_], *, epsg_from: int, epsg_to: int) -> npt.NDArray[np.object_]:
    """
    Carry shapes from one system into another.

    Parameters
    ----------
    shapes
        Geometries or None, shape (n,).
    epsg_from, epsg_to
        EPSG codes.

    Returns
    -------
    shapes
        New geometries, shape (n,).

    Raises
    ------
    CrsError
        One of the systems does not exist.
    """
    if epsg_from == epsg_to:
        return shapes

    def carry(pairs: Floats) -> Floats:
        return np.column_stack(transform(pairs[:, 0], pairs[:, 1], epsg_from=epsg_from, epsg_to=epsg_to))

    return np.asarray(shapely.transform(shapes, carry), dtype=object)


def distances_m(lon: Floats, lat: Floats, *, area: BaseGeometry) -> Floats:
    """
    Distance of points from an area.

    Parameters
    ----------
    lon, lat
        Points [°], EPSG:4326, shape (n,).
    area
        Area, EPSG:4326.

    Returns
    -------
    distance_m
        Distance [m], shape (n,); 0 inside, measured along the geodesic to the nearest point by degrees.
    """
    points = shapely.points(lon, lat)
    result = np.zeros(len(points), dtype=np.float64)
    outside = np.flatnonzero(~shapely.intersects(area, points))
    if len(outside):
        ends = shapely.get_point(shapely.shortest_line(points[outside], area), 1)
        _, _, length_m = _GEOD.inv(lon[outside], lat[outside], shapely.get_x(ends), shapely.get_y(ends))
        result[outside] = length_m
    return result


def spans_m(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """
    Distance between pairs of points.

    Parameters
    ----------
    lon, lat, other_lon, other_lat
        Points [°], EPSG:4326, shape (n,).

    Returns
    -------
    distance_m
        Length of the geodesic [m], shape (n,).
    """
    _, _, length_m = _GEOD.inv(lon, lat, other_lon, other_lat)
    return np.asarray(length_m, dtype=np.float64)


def hint(text: str) -> Hint:
    """
    Read what a title says about the system, such as ``VN-2000, KTT 105°30', múi 3°``.

    Parameters
    ----------
    text
        Titles and headings of a table.

    Returns
    -------
    hint
        What the text determines; the code only where it leaves no choice.
    """
    said = text.lower().replace("\u2019", "'").replace("\u2032", "'").replace("º", "°")
    code = re.search(r"epsg\s*:?\s*(\d{4,5})", said)
    if code and int(code.group(1)) in CANDIDATES:
        return Hint(epsg=int(code.group(1)), is_vn2000=int(code.group(1)) not in (WGS84, 3857, 32648, 32649))
    is_vn2000 = re.search(r"vn\s*-?\s*2000", said) is not None
    meridian = re.search(
        r"(?:ktt|kinh tuy[^\d]{0,20}|tm-?3|múi chiếu|105-)\D{0,12}(10[2-9])\s*(?:°|độ|-|\s)?\s*(\d{1,2})?",
        said,
    )
    if meridian:
        meridian_deg = int(meridian.group(1)) + int(meridian.group(2) or 0) / 60
        epsg = next((key for key, value in TM3.items() if math.isclose(value, meridian_deg)), None)
        wide = re.search(r"múi\s*6|6\s*°", said) is not None
        return Hint(epsg=None if wide else epsg, meridian_deg=meridian_deg, is_vn2000=True)
    utm = re.search(r"utm\D{0,12}(48|49)", said)
    if utm:
        return Hint(epsg={"48": 3405, "49": 3406}[utm.group(1)] if is_vn2000 else 32600 + int(utm.group(1)))
    if re.search(r"wgs\s*-?\s*84", said) and not is_vn2000:
        return Hint(epsg=WGS84)
    return Hint(is_vn2000=is_vn2000)


def is_metres(x: Floats, y: Floats) -> bool:
    """
    Tell whether coordinates can only be metres of a zone used in Vietnam.

    Parameters
    ----------
    x, y
        Coordinates in either order, shape (n,).

    Returns
    -------
    is_metres
        True where nearly all pairs hold an easting of 10 to 1200 km and a northing of 600 to 2700 km, or the
        two numbers of the web map of Vietnam.
    """
    if len(x) == 0:
        return False
    low, high = np.minimum(x, y), np.maximum(x, y)
    fits = (low > 10_000) & (low < 1_200_000) & (high > 600_000) & (high < 2_700_000)
    fits |= (low > 660_000) & (low < 2_800_000) & (high > 11_300_000) & (high < 13_200_000)
    return bool(np.mean(fits) > 0.9)


def in_box(
    lon: Floats, lat: Floats, *, box_deg: tuple[float, float, float, float] = VIETNAM_DEG
) -> npt.NDArray[np.bool_]:
    """
    Tell which points lie in a box.

    Parameters
    ----------
    lon, lat
        Points [°], shape (n,).
    box_deg
        West, south, east, north [°]; Vietnam unless given.

    Returns
    -------
    inside
        Shape (n,); False for coordinates that are not finite.
    """
    west, south, east, north = box_deg
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north), dtype=np.bool_)


def convergence_deg(epsg: int, *, lon_deg: float, lat_deg: float) -> float:
    """
    Angle from true north to grid north.

    Parameters
    ----------
    epsg
        Projected system.
    lon_deg, lat_deg
        Place [°], EPSG:4326.

    Returns
    -------
    convergence_deg
        Positive where grid north lies east of true north [°]: grid azimuth = true azimuth − convergence.
        Zero in a geographic system.

    Raises
    ------
    CrsError
        There is no such system.
    """
    if not is_projected(epsg):
        return 0.0
    return float(_projection(epsg).get_factors(lon_deg, lat_deg).meridian_convergence)


def propose_calc_epsg(lon_deg: float, lat_deg: float) -> int:
    """
    Projected system to compute in, to be confirmed by the user.

    Parameters
    ----------
    lon_deg, lat_deg
        Middle of the area [°], EPSG:4326.

    Returns
    -------
    epsg
        9210 (105°45') in Hải Phòng. Elsewhere in Vietnam the provincial zone whose stated extent holds
        the place and whose central meridian is nearest, else the 3° zone of the country-wide series;
        outside Vietnam the WGS 84 / UTM zone.

    References
    ----------
    EPSG register, extents of 9205–9218 and 5896–5899. No circular has fixed the meridians of the
    34 provinces of 1 July 2025, therefore only a proposal.
    """
    lon, lat = np.array([lon_deg]), np.array([lat_deg])
    if bool(in_box(lon, lat, box_deg=HAI_PHONG_DEG)[0]):
        return 9210
    if not bool(in_box(lon, lat)[0]):
        zone = min(60, int((lon_deg + 180) // 6) + 1)
        return (32600 if lat_deg >= 0 else 32700) + zone
    fitting = [epsg for epsg in TM3 if _holds(epsg, lon_deg=lon_deg, lat_deg=lat_deg)]
    return min(fitting or TM3, key=lambda epsg: abs(TM3[epsg] - lon_deg))


def _holds(epsg: int, *, lon_deg: float, lat_deg: float) -> bool:
    extent = _crs(epsg).area_of_use
    return extent is not None and bool(
        extent.west <= lon_deg <= extent.east and extent.south <= lat_deg <= extent.north
    )


@lru_cache(maxsize=256)
def _crs(epsg: int) -> CRS:
    try:
        return CRS.from_epsg(epsg)
    except ProjCrsError:
        raise CrsError("crs_unknown", given=str(epsg)) from None


@lru_cache(maxsize=256)
def _transformer(epsg_from: int, epsg_to: int) -> Transformer:
    return Transformer.from_crs(_crs(epsg_from), _crs(epsg_to), always_xy=True)


@lru_cache(maxsize=64)
def _projection(epsg: int) -> Proj:
    return Proj(_crs(epsg))
