"""The detective on files made by chance: the right family first, evidence or a question, never wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import shapely

from geo.crs import spans_m, transform
from geo.reading import Candidate, Reading, Variant, decide, detect, read, readings, write

N_FILES = 1000
LON, LAT = 106.472975, 20.836092
ALL = (*readings(degrees=False), *readings(degrees=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A made file: its numbers, what they mean, and what is known of its commune."""

    reading: Reading
    lon: np.ndarray
    lat: np.ndarray
    x: np.ndarray
    y: np.ndarray
    area: shapely.Polygon
    known: np.ndarray | None


def _commune(rng: np.random.Generator) -> tuple[shapely.Polygon, np.ndarray]:
    """An uneven outline of 6 to 10 km with scattered houses on a few hundred metres between each other."""
    lon, lat = rng.uniform(106.3, 106.8), rng.uniform(20.65, 21.0)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 24))
    radius = rng.uniform(0.03, 0.05, 24)
    area = shapely.Polygon(np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)]))
    spread = rng.uniform(-0.05, 0.05, (900, 2)) + np.array([lon, lat])
    inside = shapely.contains_xy(area.buffer(0), spread[:, 0], spread[:, 1])
    return area.buffer(0).convex_hull, spread[inside]


def _files() -> Iterator[File]:
    rng = np.random.default_rng(20_261_122)
    for number in range(N_FILES):
        area, houses = _commune(rng)
        reading = ALL[number % len(ALL)]
        n_points = int(rng.integers(3, 120))
        at = houses[rng.integers(0, len(houses), n_points)]
        off = rng.normal(0, rng.uniform(2, 12), (n_points, 2)) / 111_320
        lon, lat = at[:, 0] + off[:, 0], at[:, 1] + off[:, 1]
        x, y = write(lon, lat, reading)
        decimals = 6 if abs(x[0]) < 360 else 2
        known = houses if number % 3 else None
        yield File(
            reading=reading,
            lon=lon,
            lat=lat,
            x=np.round(x, decimals),
            y=np.round(y, decimals),
            area=area,
            known=known,
        )


@cache
def _judged() -> tuple[tuple[File, tuple[Candidate, ...]], ...]:
    return tuple((file, detect(file.x, file.y, area=file.area, known=file.known)) for file in _files())


def _off_m(file: File, one: Candidate) -> float:
    lon, lat = read(file.x, file.y, one.reading)
    return float(np.median(spans_m(file.lon, file.lat, lon, lat)))


def test_the_right_family_comes_first_in_99_of_100_files() -> None:
    right = 0
    for file, candidates in _judged():
        family = candidates[0].family if candidates else -1
        mine = [one.family for one in candidates if one.reading == file.reading]
        right += mine == [family]
    assert right >= 0.99 * N_FILES


def test_no_file_is_decided_wrongly_and_some_are_decided() -> None:
    decided = [(file, decide(candidates)) for file, candidates in _judged()]
    sure = [(file, one) for file, one in decided if one is not None]
    assert len(sure) > 0.2 * N_FILES
    assert all(_off_m(file, one) < 1.0 for file, one in sure)


def test_a_person_is_asked_where_there_is_little_evidence_or_none() -> None:
    for file, candidates in _judged():
        if file.known is None or len(file.x) < 30:
            assert decide(candidates) is None


@pytest.mark.parametrize("reading", ALL, ids=str)
def test_writing_and_reading_are_each_others_way_back(reading: Reading) -> None:
    lon, lat = np.array([LON, LON + 0.02]), np.array([LAT, LAT - 0.01])
    back = read(*write(lon, lat, reading), reading)
    assert np.allclose(back, (lon, lat), atol=2e-8)


def test_a_forgotten_datum_shift_is_224_metres_at_ha_dong() -> None:
    pair = transform(np.array([LON]), np.array([LAT]), epsg_from=4326, epsg_to=9210)
    plain = read(*pair, Reading(epsg=9210))
    unshifted = read(*pair, Reading(epsg=9210, variant=Variant.UNSHIFTED))
    assert float(spans_m(*plain, *unshifted)[0]) == pytest.approx(224.0, abs=1.0)


def test_the_6_degree_zone_of_105_is_the_registered_one() -> None:
    pair = transform(np.array([LON]), np.array([LAT]), epsg_from=4326, epsg_to=3405)
    wide = read(*pair, Reading(epsg=5897, variant=Variant.WIDE))
    assert float(spans_m(*wide, np.array([LON]), np.array([LAT]))[0]) < 0.01


def test_without_an_area_the_city_comes_before_the_rest_of_vietnam() -> None:
    x, y = transform(np.array([LON]), np.array([LAT]), epsg_from=4326, epsg_to=9210)
    assert detect(x, y, area=None)[0].epsg in (9209, 9210)
    assert detect(np.array([1.0]), np.array([1.0]), area=None) == ()
