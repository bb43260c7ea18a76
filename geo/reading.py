"""
The detective of coordinate systems: in which of them coordinates without a name fall where they should.

Systems whose results lie closer together than ``FAMILY_M`` form a family. Position alone tells families
apart; within one only known things on the ground do, and where they do not, a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from geo.crs import (
    CANDIDATES,
    FAMILY_M,
    GEOGRAPHIC,
    HAI_PHONG_DEG,
    TM3,
    VIETNAM_DEG,
    WGS84,
    distances_m,
    in_box,
    spans_m,
    transform,
)

Floats = npt.NDArray[np.float64]

VN2000_DEG = 4756
FALSE_EASTING_M = 500_000.0
SCALE_3_DEG, SCALE_6_DEG = 0.9999, 0.9996
EVIDENCE_POINTS = 30
"""So many points at least decide within a family."""
EVIDENCE_M = 30.0
"""Median distance [m] to known things up to which a reading is believed."""
EVIDENCE_RATIO = 3.0
"""So many times nearer than the next reading it has to be."""
NEAR_M = 30_000.0
_QUICK, _FULL = 12, 2000
_M_PER_DEG = 111_320.0


class Variant(StrEnum):
    """What was done otherwise than the code says when coordinates were made."""

    PLAIN = ""
    UNSHIFTED = "unshifted"  # WGS 84 projected with the zone's numbers, the datum shift forgotten
    WIDE = "wide"  # the 6° zone (k0 = 0.9996) on the meridian of the province, which has no code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    One way to read coordinates.

    Parameters
    ----------
    epsg
        Code of the system.
    is_swapped
        True where the first number is the northing or latitude.
    variant
        What differs from the code.
    """

    epsg: int
    is_swapped: bool = False
    variant: Variant = Variant.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A reading and how well it fits.

    Parameters
    ----------
    epsg, is_swapped, variant
        The reading.
    inside_share
        Share of the points that fall into the area, 0–1.
    distance_m
        Median distance of the points from the area [m]; 0 inside.
    family
        Equal for candidates whose results lie less than 1 km apart.
    fit_m
        Median distance of the points from known things [m]; infinite where none are known.
    n_points
        Number of points judged.
    """

    epsg: int
    is_swapped: bool
    variant: Variant = Variant.PLAIN
    inside_share: float
    distance_m: float
    family: int
    fit_m: float = np.inf
    n_points: int = 0

    @property
    def reading(self) -> Reading:
        """The reading alone."""
        return Reading(epsg=self.epsg, is_swapped=self.is_swapped, variant=self.variant)


def read(x: Floats, y: Floats, reading: Reading) -> tuple[Floats, Floats]:
    """
    Coordinates read one way.

    Parameters
    ----------
    x, y
        Coordinates as given, shape (n,).
    reading
        How to read them.

    Returns
    -------
    lon, lat
        EPSG:4326 [°], shape (n,); infinite where undefined.

    Raises
    ------
    CrsError
        There is no such system.

    References
    ----------
    TT 47/2014/TT-BTNMT for the 6° zone with k0 = 0.9996; both scales share axis and false easting, so that
    their coordinates are proportional.
    """
    first, second = (y, x) if reading.is_swapped else (x, y)
    if reading.variant is Variant.WIDE:
        scale = SCALE_3_DEG / SCALE_6_DEG
        first, second = FALSE_EASTING_M + (first - FALSE_EASTING_M) * scale, second * scale
    target = VN2000_DEG if reading.variant is Variant.UNSHIFTED else WGS84
    return transform(first, second, epsg_from=reading.epsg, epsg_to=target)


def write(lon: Floats, lat: Floats, reading: Reading) -> tuple[Floats, Floats]:
    """
    Numbers that a reading would read as these points: the way back of :func:`read`.

    Parameters
    ----------
    lon, lat
        EPSG:4326 [°], shape (n,).
    reading
        The reading.

    Returns
    -------
    x, y
        Coordinates, shape (n,).

    Raises
    ------
    CrsError
        There is no such system.
    """
    source = VN2000_DEG if reading.variant is Variant.UNSHIFTED else WGS84
    x, y = transform(lon, lat, epsg_from=source, epsg_to=reading.epsg)
    if reading.variant is Variant.WIDE:
        scale = SCALE_6_DEG / SCALE_3_DEG
        x, y = FALSE_EASTING_M + (x - FALSE_EASTING_M) * scale, y * scale
    return (y, x) if reading.is_swapped else (x, y)


def readings(*, degrees: bool) -> Iterator[Reading]:
    """
    Every way of reading that is met in Vietnam, the usual ones first.

    Parameters
    ----------
    degrees
        True for coordinates as small as degrees.

    Yields
    ------
    reading
        Systems of ``geo.crs.CANDIDATES`` in both orders; without the datum shift; in the 6° zone.
    """
    for is_swapped in (False, True):
        for epsg in CANDIDATES:
            if (epsg in GEOGRAPHIC) == degrees:
                yield Reading(epsg=epsg, is_swapped=is_swapped)
    if degrees:
        return
    for is_swapped in (False, True):
        for epsg, meridian_deg in TM3.items():
            yield Reading(epsg=epsg, is_swapped=is_swapped, variant=Variant.UNSHIFTED)
            if meridian_deg != 105.0:  # the 6° zone on 105° is 3405 itself
                yield Reading(epsg=epsg, is_swapped=is_swapped, variant=Variant.WIDE)


def detect(
    x: Floats, y: Floats, *, area: BaseGeometry | None, known: Floats | None = None, near_m: float = NEAR_M
) -> tuple[Candidate, ...]:
    """
    Rank the ways of reading by how many points fall where they should.

    Parameters
    ----------
    x, y
        Coordinates as the file gives them, shape (n,), finite.
    area
        Area in which the points are expected, EPSG:4326; None: the city of Hải Phòng, else Vietnam.
    known
        Longitude and latitude of things on the ground near which points are expected (roads, buildings,
        masts), shape (m, 2); None or empty: none.
    near_m
        Candidates whose median distance from the area is larger [m] are left out.

    Returns
    -------
    candidates
        The best family first: most points inside, then nearest to known things, then nearest to the area.
        Within a family the usual order, except where :func:`decide` finds evidence. Empty where nothing fits.
    """
    if len(x) == 0:
        return ()
    if area is None:
        city = detect(x, y, area=shapely.box(*HAI_PHONG_DEG), known=known, near_m=0.0)
        return city or detect(x, y, area=shapely.box(*VIETNAM_DEG), known=known, near_m=0.0)
    shapely.prepare(area)
    degrees = bool(np.median(np.abs(x)) <= 360 and np.median(np.abs(y)) <= 360)
    quick, full = _sample(len(x), _QUICK), _sample(len(x), _FULL)
    tree = None if known is None or len(known) == 0 else cKDTree(_flat(known[:, 0], known[:, 1]))
    found: list[Candidate] = []
    centres: list[tuple[float, float]] = []
    for reading in readings(degrees=degrees):
        if _judge(x[quick], y[quick], reading, area, 2 * near_m) is None:
            continue
        judged = _judge(x[full], y[full], reading, area, near_m)
        if judged is None:
            continue
        lon, lat, distance_m = judged
        centres.append((float(np.median(lon)), float(np.median(lat))))
        fit_m = np.inf if tree is None else float(np.median(tree.query(_flat(lon, lat))[0]))
        found.append(
            Candidate(
                epsg=reading.epsg,
                is_swapped=reading.is_swapped,
                variant=reading.variant,
                inside_share=float(np.mean(distance_m == 0)),
                distance_m=float(np.median(distance_m)),
                family=_family(centres),
                fit_m=fit_m,
                n_points=len(x),
            )
        )
    return _ranked(found)


def decide(candidates: Sequence[Candidate]) -> Candidate | None:
    """
    The one reading that the things on the ground speak for.

    Parameters
    ----------
    candidates
        As found by :func:`detect`.

    Returns
    -------
    candidate
        One with 30 points or more whose median distance from known things is at most 30 m and a third of
        that of every other; None where a person has to say.
    """
    ordered = sorted(candidates, key=lambda one: one.fit_m)
    if not ordered or ordered[0].n_points < EVIDENCE_POINTS or ordered[0].fit_m > EVIDENCE_M:
        return None
    best, others = ordered[0], ordered[1:]
    if others and others[0].fit_m < EVIDENCE_RATIO * max(best.fit_m, 0.1):
        return None
    return best if best.inside_share >= 0.5 else None


def _judge(
    x: Floats, y: Floats, reading: Reading, area: BaseGeometry, near_m: float
) -> tuple[Floats, Floats, Floats] | None:
    lon, lat = read(x, y, reading)
    box = np.array(area.bounds) + np.array([-1, -1, 1, 1]) * (near_m / 50_000.0)
    if np.mean(in_box(lon, lat, box_deg=(box[0], box[1], box[2], box[3]))) < 0.5:
        return None
    there = np.isfinite(lon) & np.isfinite(lat)
    distance_m = np.full(len(lon), np.inf)
    distance_m[there] = distances_m(lon[there], lat[there], area=area)
    return (lon, lat, distance_m) if float(np.median(distance_m)) <= near_m and there.all() else None


def _sample(n_points: int, n_most: int) -> npt.NDArray[np.int_]:
    return np.unique(np.linspace(0, n_points - 1, min(n_points, n_most)).astype(np.int_))


def _flat(lon: Floats, lat: Floats) -> Floats:
    """Metres east and north at the latitude of Hải Phòng, good enough to tell near from far."""
    return np.column_stack([lon * np.cos(np.radians(20.8)), lat]) * _M_PER_DEG


def _family(centres: list[tuple[float, float]]) -> int:
    lon, lat = centres[-1]
    others = np.array(centres)
    away_m = spans_m(np.full(len(others), lon), np.full(len(others), lat), others[:, 0], others[:, 1])
    return int(np.flatnonzero(away_m < FAMILY_M)[0])


def _ranked(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    sure = decide(found)
    families: dict[int, list[Candidate]] = {}
    for one in found:
        families.setdefault(one.family, []).append(one)

    def rank(members: list[Candidate]) -> tuple[bool, float, float, float]:
        inside = max(one.inside_share for one in members)
        nearest = min(one.distance_m for one in members)
        return sure not in members, -round(inside, 1), min(one.fit_m for one in members), nearest - inside

    ordered = sorted(families.values(), key=rank)
    return tuple(one for members in ordered for one in sorted(members, key=lambda one: one is not sure))
