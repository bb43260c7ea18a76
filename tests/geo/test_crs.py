"""Coordinate systems of Vietnam: published vectors, zone guesses, hints in titles."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from geo.crs import (
    convergence_deg,
    from_wkt,
    hint,
    is_metres,
    parse_epsg,
    propose_calc_epsg,
    transform,
)
from geo.errors import CrsError
from geo.reading import detect

HA_DONG = shapely.box(106.439064, 20.799702, 106.515957, 20.880340)
LON, LAT = 106.472975, 20.836092


@pytest.mark.parametrize(
    ("epsg", "east_m", "north_m"),
    [
        (9210, 575047.716, 2304977.138),
        (9209, 601067.964, 2305113.829),
        (5897, 653113.173, 2305508.448),
        (3405, 653067.234, 2304816.726),
        (32648, 653263.742, 2304708.519),
    ],
)
def test_the_reference_point_of_ha_dong_is_met_within_a_centimetre(
    epsg: int, east_m: float, north_m: float
) -> None:
    x_m, y_m = transform(LON, LAT, epsg_from=4326, epsg_to=epsg)
    assert math.hypot(float(x_m) - east_m, float(y_m) - north_m) < 0.01
    lon, lat = transform(x_m, y_m, epsg_from=epsg, epsg_to=4326)
    assert float(lon) == pytest.approx(LON, abs=5e-8)
    assert float(lat) == pytest.approx(LAT, abs=5e-8)


@pytest.mark.parametrize("epsg", [9209, 9210])
@pytest.mark.parametrize("is_swapped", [False, True])
def test_the_zone_and_the_order_of_axes_are_found_from_the_place(epsg: int, is_swapped: bool) -> None:
    lon, lat = np.array([106.45, 106.47, 106.50]), np.array([20.82, 20.84, 20.86])
    x_m, y_m = transform(lon, lat, epsg_from=4326, epsg_to=epsg)
    pair = (y_m, x_m) if is_swapped else (x_m, y_m)
    best = detect(*pair, area=HA_DONG)[0]
    assert (best.epsg, best.is_swapped, best.inside_share) == (epsg, is_swapped, 1.0)


def test_systems_that_agree_within_a_kilometre_form_one_family() -> None:
    x_m, y_m = transform(np.array([LON]), np.array([LAT]), epsg_from=4326, epsg_to=5897)
    families = {one.epsg: one.family for one in detect(x_m, y_m, area=HA_DONG)}
    assert families[5897] == families[3405] == families[32648]


@pytest.mark.parametrize(
    ("text", "epsg"),
    [
        ("BẢNG KÊ CỘT ANTEN – hệ VN-2000, KTT 105°30', múi 3°", 9209),
        ("VN-2000 kinh tuyến trục 105 độ 45", 9210),
        ("EPSG:9210", 9210),
        ("hệ WGS84", 4326),
        ("VN2000, UTM 48", 3405),
        ("hệ VN-2000", None),
        ("Danh sách 105 trạm", None),
        ("VN-2000, KTT 105°30', múi 6°", None),
    ],
)
def test_a_title_determines_the_system_only_where_it_leaves_no_choice(text: str, epsg: int | None) -> None:
    assert hint(text).epsg == epsg


@pytest.mark.parametrize("text", ["9210", "EPSG:9210", "urn:ogc:def:crs:EPSG::9210", " epsg:9210 "])
def test_codes_are_read_with_and_without_their_authority(text: str) -> None:
    assert parse_epsg(text) == 9210


@pytest.mark.parametrize("text", ["", "abc", "999999", "9210; DROP TABLE"])
def test_an_unknown_code_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(CrsError) as caught:
        parse_epsg(text)
    assert caught.value.code == "crs_unknown"
    assert caught.value.facts["given"] == text


def test_convergence_at_ha_dong_turns_grid_north_to_the_east() -> None:
    expected = math.degrees(math.atan(math.tan(math.radians(LON - 105.75)) * math.sin(math.radians(LAT))))
    assert convergence_deg(9210, lon_deg=LON, lat_deg=LAT) == pytest.approx(expected, abs=1e-3)
    assert convergence_deg(4326, lon_deg=LON, lat_deg=LAT) == 0.0


def test_hai_phong_computes_in_its_own_zone_and_other_places_in_theirs() -> None:
    assert propose_calc_epsg(LON, LAT) == 9210
    assert propose_calc_epsg(103.9, 21.3) == 9206
    assert propose_calc_epsg(-74.0, 40.7) == 32618


def test_metres_are_told_from_degrees() -> None:
    assert is_metres(np.array([2304977.1]), np.array([575047.7]))
    assert not is_metres(np.array([106.47]), np.array([20.83]))


def test_a_zone_with_a_name_of_its_own_is_known_by_its_parameters() -> None:
    text = (
        'PROJCS["mui 3 do Hai Phong",GEOGCS["VN-2000",DATUM["D_Vietnam_2000",SPHEROID["WGS_1984",6378137,'
        '298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],'
        'PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000],PARAMETER["False_Northing",0],'
        'PARAMETER["Central_Meridian",105.75],PARAMETER["Scale_Factor",0.9999],'
        'PARAMETER["Latitude_Of_Origin",0],UNIT["Meter",1]]'
    )
    assert from_wkt(text)[0] == 9210
    assert from_wkt(text.replace("0.9999", "0.9996"))[0] is None
    assert from_wkt("nonsense") == (None, None)
