"""Rows of a list -> points: which columns, which system, which order; nothing is mended unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import (
    VIETNAM_DEG,
    WGS84,
    distances_m,
    hint,
    in_box,
    is_metres,
    is_projected,
    transform,
)
from geo.reading import VN2000_DEG, Candidate, Reading, Variant, decide, detect, read
from layers.exchange.coordinates import Ordinate, parse_ordinate, parse_pair
from layers.exchange.fault import issue
from layers.exchange.headings import ColumnMap
from layers.exchange.raw import RawTable
from layers.issue import Issue, Severity

NEIGHBOURHOOD_M = 5_000.0
"""Sites up to this distance [m] outside the border belong to the workspace."""
FAR_M = 50_000.0
"""A single row farther off than this [m], while the others are near, is an error."""
MENDED_ROWS = 300
"""For so many rows at most another reading is looked for, one by one."""
WEB_MAP = 3857
ZONES = (9210, 9209)
"""Zones that the offices of Hải Phòng use, tried on metres whose system nobody named."""
_PAIRS = (("_lon", "_lat"), ("_e", "_n"), ("_x", "_y"))
_MENDABLE = ("coord_swapped", "coord_metres_row", "coord_axes_turned", "coord_degrees_row", "place_far")
"""Faults of single rows that another reading may explain."""

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    System in which a table's coordinates are best read.

    Parameters
    ----------
    epsg
        Code proposed, or None where nothing speaks for any.
    is_swapped
        True where bare X is the northing.
    variant
        What was done otherwise than the code says.
    basis
        What speaks for it: given, declared, headings, title, evidence, place, size; empty for nothing.
    candidates
        Readings that fall near the area, best first.
    """

    epsg: int | None
    is_swapped: bool = False
    variant: Variant = Variant.PLAIN
    basis: str = ""
    candidates: tuple[Candidate, ...] = ()

    @property
    def is_question(self) -> bool:
        """True where the user has to confirm."""
        return self.basis not in ("given", "declared", "headings", "none")

    @property
    def reading(self) -> Reading:
        """The reading alone; of degrees where no system is proposed."""
        return Reading(epsg=self.epsg or WGS84, is_swapped=self.is_swapped, variant=self.variant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    Coordinates read and held against the place where they should fall.

    Parameters
    ----------
    lon, lat
        EPSG:4326 [°], NaN where a row cannot be trusted, shape (n,).
    issues
        Faults by row.
    mends
        Place of a row to another reading that would bring it where it should be: a proposal.
    """

    lon: Floats
    lat: Floats
    issues: tuple[Issue, ...] = ()
    mends: Mapping[int, Reading] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """
    Coordinates as the table gives them.

    Parameters
    ----------
    x, y
        Easting or longitude and northing or latitude by heading, NaN where absent, shape (n,).
    field
        Kind of the columns: lonlat, metres, bare, none.
    issues
        Faults of single cells.
    """

    x: Floats
    y: Floats
    field: str
    issues: tuple[Issue, ...]


def numbers_of(table: RawTable, columns: ColumnMap) -> Numbers:
    """
    Read the coordinate columns of a table.

    Parameters
    ----------
    table
        Table without shapes.
    columns
        What its headings mean.

    Returns
    -------
    numbers
        Coordinates by row. A pair with one number missing is asked about, and stays without a position.
    """
    n_rows = len(table.rows)
    x, y = np.full(n_rows, np.nan), np.full(n_rows, np.nan)
    index = {heading: place for place, heading in enumerate(table.headings)}
    pair = next((one for one in _PAIRS if all(columns.heading_of(field) for field in one)), None)
    single = columns.heading_of("_latlon")
    faults: list[Issue] = []
    headings = [columns.heading_of(field) or "" for field in pair or ()]
    sides = [index[one] for one in headings]
    for place, row in enumerate(table.rows):
        number = table.row_numbers[place]
        ends = (Ordinate(), Ordinate())
        heading = None
        if pair:
            ends = (parse_ordinate(row[sides[0]]), parse_ordinate(row[sides[1]]))
            heading = headings[0] if ends[0].code or np.isnan(ends[0].value) else headings[1]
        if single and _is_empty(ends):
            second, first = parse_pair(row[index[single]])
            ends, heading = _ordered(first, second), single
        fault = _fault(ends, number, heading)
        if fault:
            faults.append(fault)
        else:
            x[place], y[place] = ends[0].value, ends[1].value
    field = (
        {"_lon": "lonlat", "_e": "metres", "_x": "bare"}[pair[0]] if pair else "lonlat" if single else "none"
    )
    return Numbers(x=x, y=y, field=field, issues=tuple(faults))


def propose(
    numbers: Numbers,
    table: RawTable,
    *,
    epsg: int | None = None,
    variant: Variant = Variant.PLAIN,
    area: BaseGeometry | None = None,
    known: Floats | None = None,
) -> Proposal:
    """
    Find the system in which coordinates are best read.

    Parameters
    ----------
    numbers
        Coordinates as given.
    table
        Table whose titles and headings may name the system.
    epsg, variant
        System chosen by the user, or None; what differs from its code.
    area
        Area in which the points are expected, EPSG:4326, or None.
    known
        Longitude and latitude of things on the ground near which points are expected, shape (m, 2), or None.

    Returns
    -------
    proposal
        What the user chose, else what titles say, else what the things on the ground speak for, else what
        falls into the area, else what the size allows.
    """
    there = np.isfinite(numbers.x) & np.isfinite(numbers.y)
    x, y = numbers.x[there], numbers.y[there]
    if numbers.field == "none" or not len(x):
        return Proposal(epsg=None, basis="none")
    metric = is_metres(x, y)
    is_swapped = bool(
        numbers.field == "bare" and (np.median(x) > np.median(y) if metric else np.median(x) < np.median(y))
    )
    if metric and np.median(np.maximum(x, y)) > 3e6:
        # The web map: there the easting is the larger number.
        is_swapped = bool(numbers.field == "bare" and np.median(x) < np.median(y))
    candidates = detect(x, y, area=area, known=known) if area is not None else ()
    if epsg is not None:
        return Proposal(
            epsg=epsg, is_swapped=is_swapped, variant=variant, basis="given", candidates=candidates
        )
    said = hint(" ".join((*table.titles, *table.headings)))
    if numbers.field == "lonlat" and not metric:
        return _of_degrees(candidates, is_vn2000=said.is_vn2000)
    if numbers.field == "lonlat":
        return Proposal(epsg=WGS84, basis="headings", candidates=candidates)
    if said.epsg is not None and (said.epsg == WGS84) != metric:
        return Proposal(epsg=said.epsg, is_swapped=is_swapped, basis="title", candidates=candidates)
    sure = decide(candidates)
    best = sure or next((one for one in candidates if one.is_swapped == is_swapped), None)
    if best is not None and best.is_swapped == is_swapped:
        basis = "place" if sure is None else "evidence"
        return Proposal(
            epsg=best.epsg, is_swapped=is_swapped, variant=best.variant, basis=basis, candidates=candidates
        )
    if not metric and bool(in_box(x, y).mean() > 0.9 or in_box(y, x).mean() > 0.9):
        return Proposal(epsg=WGS84, is_swapped=is_swapped, basis="size")
    return Proposal(epsg=None, is_swapped=is_swapped)


def _of_degrees(candidates: tuple[Candidate, ...], *, is_vn2000: bool) -> Proposal:
    """Headings that say degrees say WGS 84, unless the title or the ground says VN-2000: 200 m apart."""
    sure = decide(candidates)
    if sure is not None and sure.epsg == VN2000_DEG and not sure.is_swapped:
        return Proposal(epsg=VN2000_DEG, basis="evidence", candidates=candidates)
    if is_vn2000 and sure is None:
        return Proposal(epsg=VN2000_DEG, basis="title", candidates=candidates)
    return Proposal(epsg=WGS84, basis="headings", candidates=candidates)


def to_points(
    numbers: Numbers, proposal: Proposal, row_numbers: tuple[int, ...], *, area: BaseGeometry | None = None
) -> tuple[Shapes, tuple[Issue, ...], tuple[int, ...]]:
    """
    Points of a list.

    Parameters
    ----------
    numbers
        Coordinates as given.
    proposal
        How to read them.
    row_numbers
        Row of each as its user sees it.
    area
        Area in which the points are expected, EPSG:4326, or None.

    Returns
    -------
    points, issues, mended
        Points in EPSG:4326, None where there is none or it cannot be trusted, shape (n,); faults; places of
        rows whose point rests on another reading, which their fault tells and the user has to confirm.
    """
    rows = np.array(row_numbers)
    points: Shapes = np.full(len(rows), None, dtype=object)
    there = np.isfinite(numbers.x) & np.isfinite(numbers.y)
    if not there.any():
        return points, (), ()
    if proposal.epsg is None:
        return points, (issue("crs_missing", Severity.ASK, found=""),), ()
    judged = judge(numbers.x, numbers.y, rows, proposal, area=area)
    good = np.isfinite(judged.lon)
    points[good] = shapely.points(judged.lon[good], judged.lat[good])
    for place, other in judged.mends.items():
        lon, lat = read(numbers.x[[place]], numbers.y[[place]], other)
        points[place] = shapely.Point(float(lon[0]), float(lat[0]))
    return points, judged.issues, tuple(judged.mends)


def judge(
    x: Floats,
    y: Floats,
    rows: npt.NDArray[np.int_],
    proposal: Proposal,
    *,
    area: BaseGeometry | None,
) -> Judged:
    """
    Read coordinates one way and hold each against the place where it should fall.

    Parameters
    ----------
    x, y
        Coordinates as given, NaN where absent, shape (n,).
    rows
        Row of each as its user sees it, shape (n,).
    proposal
        How to read them.
    area
        Area in which the points are expected, EPSG:4326, or None.

    Returns
    -------
    judged
        Points; axes turned, metres among degrees, zero, another zone, far off: by row, each with another
        reading where exactly one brings the row where it should be.
    """
    there = np.isfinite(x) & np.isfinite(y)
    lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if not there.any() or proposal.epsg is None:
        return Judged(lon=lon, lat=lat)
    first, second = (y, x) if proposal.is_swapped else (x, y)
    if is_projected(proposal.epsg):
        faults, good = _judge_metres(first, second, there, rows, proposal)
    else:
        faults, good = _judge_degrees(first, second, there, rows, area)
    lon[good], lat[good] = read(x[good], y[good], proposal.reading)
    faults += _judge_place(lon, lat, good, rows, proposal, area)
    mends = _mends(x, y, rows, faults, proposal, area)
    told = [_with_mend(one, mends.get(int(np.flatnonzero(rows == one.row)[0]))) if one.row else one
            for one in faults]  # fmt: skip
    out = np.isin(np.arange(len(x)), list(mends))
    return Judged(
        lon=np.where(out, np.nan, lon), lat=np.where(out, np.nan, lat), issues=tuple(told), mends=mends
    )


def _mends(
    x: Floats,
    y: Floats,
    rows: npt.NDArray[np.int_],
    faults: list[Issue],
    proposal: Proposal,
    area: BaseGeometry | None,
) -> dict[int, Reading]:
    """Another reading of single rows, where exactly one family brings a row into the area."""
    if area is None:
        return {}
    wanted = {one.row for one in faults if one.code in _MENDABLE and one.severity is not Severity.ERROR}
    wanted |= {one.row for one in faults if one.code == "place_far_off"}
    found: dict[int, Reading] = {}
    places = [place for place, row in enumerate(rows) if int(row) in wanted]
    for place in places[:MENDED_ROWS]:
        near = detect(x[[place]], y[[place]], area=area, near_m=NEIGHBOURHOOD_M)
        inside = [one for one in near if one.inside_share == 1.0] or list(near)
        own = [one for one in inside if one.is_swapped == proposal.is_swapped and one.epsg == proposal.epsg]
        best = next(iter(own), next(iter(inside), None))
        if best is not None and len({one.family for one in inside}) == 1:
            found[place] = best.reading
    return found


def _with_mend(one: Issue, mend: Reading | None) -> Issue:
    if one.code not in (*_MENDABLE, "place_far_off"):
        return one
    facts: dict[str, Any] = dict(one.facts)
    if mend is None:
        return one
    if one.code in ("place_far", "place_far_off"):
        facts["proposed"] = mend.epsg
        return issue("crs_other_zone_row", Severity.ASK, row=one.row, **facts)
    return issue(one.code, one.severity, row=one.row, **{**facts, "proposed": mend.epsg})


def _judge_place(
    lon: Floats,
    lat: Floats,
    good: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.int_],
    proposal: Proposal,
    area: BaseGeometry | None,
) -> list[Issue]:
    """Another zone fits better (once); outside the border, far away, outside Vietnam (by row)."""
    places = np.flatnonzero(good & np.isfinite(lon) & np.isfinite(lat))
    if area is None:
        outside = ~in_box(lon[places], lat[places], box_deg=VIETNAM_DEG)
        return [issue("place_outside_vietnam", Severity.ASK, row=int(row)) for row in rows[places[outside]]]
    distance_m = distances_m(lon[places], lat[places], area=area)
    middle_m = float(np.median(distance_m)) if len(places) else 0.0
    if middle_m > NEIGHBOURHOOD_M:
        other = next((one for one in proposal.candidates if one.inside_share >= 0.5), None)
        if other is not None and other.epsg != proposal.epsg:
            facts: dict[str, Any] = {"epsg": proposal.epsg, "proposed": other.epsg}
            facts["distance_km"] = _km(middle_m)
            severity = Severity.ERROR if proposal.basis in ("given", "declared") else Severity.ASK
            return [issue("crs_other_zone", severity, **facts)]
    return [
        _place_fault(int(row), float(off_m), is_stray=middle_m <= NEIGHBOURHOOD_M)
        for row, off_m in zip(rows[places], distance_m, strict=True)
        if off_m > 0
    ]


def _place_fault(row: int, off_m: float, *, is_stray: bool) -> Issue:
    facts: dict[str, Any] = {"distance_km": _km(off_m)}
    if off_m <= NEIGHBOURHOOD_M:
        return issue("place_outside_area", Severity.WARNING, row=row, **facts)
    if is_stray and off_m > FAR_M:
        return issue("place_far_off", row=row, **facts)
    return issue("place_far", Severity.ASK, row=row, **facts)


def _km(distance_m: float | np.floating) -> float:
    return round(float(distance_m) / 1000, 1)


def _is_empty(ends: tuple[Ordinate, Ordinate]) -> bool:
    return all(end.code is None and np.isnan(end.value) for end in ends)


def _ordered(lon: Ordinate, lat: Ordinate) -> tuple[Ordinate, Ordinate]:
    """One cell leaves no doubt inside Vietnam: the larger number of degrees is the longitude."""
    if 102 <= lat.value <= 118 and 6 <= lon.value <= 24:
        return lat, lon
    return lon, lat


def _fault(ends: tuple[Ordinate, Ordinate], number: int, heading: str | None) -> Issue | None:
    code = ends[0].code or ends[1].code
    if code:
        return issue(code, row=number, column=heading)
    if np.isnan(ends[0].value) != np.isnan(ends[1].value):
        return issue("coord_incomplete", Severity.ASK, row=number, column=heading)
    return None


def _judge_degrees(
    x: Floats,
    y: Floats,
    there: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.int_],
    area: BaseGeometry | None,
) -> tuple[list[Issue], npt.NDArray[np.bool_]]:
    if is_metres(x[there], y[there]):
        first = int(np.flatnonzero(there)[0])
        fault = issue("coord_metres_as_degrees", row=int(rows[first]), x=float(x[first]), y=float(y[first]))
        return [fault, _zones(x[there], y[there], area)], np.zeros_like(there)
    zero = there & (x == 0) & (y == 0)
    out = there & ((np.abs(x) > 180) | (np.abs(y) > 90))
    turned = there & ~in_box(x, y) & in_box(y, x)
    severity = Severity.ERROR if turned.sum() > 0.5 * there.sum() else Severity.ASK
    faults = [issue("coord_zero", Severity.ASK, row=int(row)) for row in rows[zero]]
    faults += [issue("coord_swapped", severity, row=int(row)) for row in rows[turned]]
    for place in map(int, np.flatnonzero(out & ~turned)):
        pair = np.array([x[place]]), np.array([y[place]])
        facts: dict[str, Any] = {"x": float(x[place]), "y": float(y[place])}
        if is_metres(*pair):
            faults.append(issue("coord_metres_row", Severity.ASK, row=int(rows[place]), proposed=0, **facts))
        else:
            faults.append(issue("coord_out_of_range", row=int(rows[place]), **facts))
    return faults, there & ~zero & ~out & ~turned


def _zones(x: Floats, y: Floats, area: BaseGeometry | None) -> Issue:
    """Where metres would fall in the two zones that they most likely belong to."""
    east, north = np.minimum(x, y), np.maximum(x, y)
    near = () if area is None else detect(east, north, area=area)
    fitting = [one.epsg for one in near if not one.is_swapped][:1]
    first, second = list(dict.fromkeys([*fitting, *ZONES]))[:2]
    places = [transform(east, north, epsg_from=epsg, epsg_to=WGS84) for epsg in (first, second)]
    middles = [[round(float(np.median(one)), 4) for one in place] for place in places]
    facts: dict[str, Any] = {"epsg": first, "proposed": second}
    facts |= {"lon": middles[0][0], "lat": middles[0][1]}
    facts |= {"other_lon": middles[1][0], "other_lat": middles[1][1]}
    if area is None:
        return issue("crs_zone_at", Severity.ASK, **facts)
    apart_km = [_km(np.median(distances_m(*place, area=area))) for place in places]
    return issue("crs_zone_away", Severity.ASK, distance_km=apart_km[0], other_km=apart_km[1], **facts)


def _judge_metres(
    x: Floats, y: Floats, there: npt.NDArray[np.bool_], rows: npt.NDArray[np.int_], proposal: Proposal
) -> tuple[list[Issue], npt.NDArray[np.bool_]]:
    degrees = there & (np.abs(x) <= 360) & (np.abs(y) <= 360)
    if degrees.sum() > 0.5 * there.sum():
        place = int(np.flatnonzero(degrees)[0])
        facts: dict[str, Any] = {"x": float(x[place]), "y": float(y[place]), "epsg": proposal.epsg}
        return [issue("coord_degrees_as_metres", row=int(rows[place]), **facts)], np.zeros_like(there)
    turned = there & ~degrees & ((x < y) if proposal.epsg == WEB_MAP else (x > y))
    faults = [issue("coord_axes_turned", Severity.ASK, row=int(row)) for row in rows[turned]]
    if turned.sum() > 0.5 * there.sum():
        faults = [issue("coord_axes_turned", row=int(rows[turned][0]))]
    faults += [
        issue("coord_degrees_row", Severity.ASK, row=int(rows[place]), x=float(x[place]), y=float(y[place]))
        for place in np.flatnonzero(degrees)
    ]
    return faults, there & ~degrees & ~turned
