"""What can be done about a place that is not served: what stands nearby, and remedies, sharing first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.coverage import State
from layers.cell import split
from planning import data
from planning.area import GapArea
from planning.runs import ANY, TWO_OR_MORE
from planning.scorecard.evidence import Evidence
from planning.workspace import Workspace

FREE, FULL, UNKNOWN = "free", "full", "unknown"
NEARBY = ("mast", "own_mast", "plan", "pole", "fiber", "transformer", "land", "place")
MOSTLY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """
    Something near a place that could help to serve it.

    Parameters
    ----------
    kind
        One of ``NEARBY``; its text is ``nearby.<kind>``.
    id, name
        Row and name.
    distance_m
        From the middle of the place's people [m], in a straight line.
    room
        ``free``, ``full`` or ``unknown``; "" where room says nothing.
    asked
        Whom to ask about it: operator id or owner, "" where nobody is named.
    """

    kind: str
    id: str
    name: str
    distance_m: float
    room: str
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """
    One way to serve a place.

    Parameters
    ----------
    kind
        Row of ``data/rules/remedies.csv``; its text is ``remedy.<kind>``.
    by
        What it uses, or None.
    score
        Weight of its kind, less for distance and for room not known, 0–1.
    """

    kind: str
    by: Neighbour | None
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Actionable:
    """
    A gap area with all that a planner needs.

    Parameters
    ----------
    area
        The area.
    houses, places
        Houses in it, and names of public places in it.
    road_km
        Kilometres of main road through it.
    n_reports
        Reports of its hamlet.
    kinds
        Kinds of evidence that speak of it: ``estimated``, ``reported``, ``declared``.
    nearby
        Nearest of each kind.
    remedies
        In the order of ``data/rules/remedies.csv``: what shares comes before what builds.
    terms
        Parts of the score, each weighted; they add up to ``score``.
    score
        Rank among the areas, greater is more urgent.
    """

    area: GapArea
    houses: int
    places: tuple[str, ...]
    road_km: float
    n_reports: int
    kinds: tuple[str, ...]
    nearby: tuple[Neighbour, ...]
    remedies: tuple[Remedy, ...]
    terms: Mapping[str, float]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Around:
    """
    Things that could help, read once for all places.

    Parameters
    ----------
    tables
        Kind of neighbour to the rows, projected.
    roads, places, houses, zones, reports
        Main roads, public places, buildings, priority zones, reports of hamlets.
    evidence
        What the indicators read.
    """

    tables: Mapping[str, gpd.GeoDataFrame]
    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    houses: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    reports: pd.Series
    evidence: Evidence


def read(workspace: Workspace, evidence: Evidence) -> Around:
    """
    Read what could help.

    Parameters
    ----------
    workspace
        The workspace; what stands outside the area counts too.
    evidence
        What the indicators of the area read.

    Returns
    -------
    around
        For :func:`act` and :func:`nearest`.
    """
    names = (
        "site",
        "operator_plan",
        "passive",
        "fiber_node",
        "power",
        "public_land",
        "place",
        "zone",
        "road",
    )
    tables = {name: workspace.store.read(name).to_crs(workspace.calc_epsg) for name in names}
    passive, power, place = tables["passive"], tables["power"], tables["place"]
    report = workspace.store.read("report")
    road = tables["road"]
    return Around(
        tables=MappingProxyType(
            {
                "mast": tables["site"],
                "own_mast": tables["site"],
                "plan": tables["operator_plan"],
                "pole": passive[passive["kind"].isin(("pole", "roof"))],
                "fiber": tables["fiber_node"][tables["fiber_node"]["kind"] != "closure"],
                "transformer": power[power["kind"] == "transformer"],
                "land": tables["public_land"],
                "place": place[place["kind"].isin(("cultural_house", "commune_centre"))],
            }
        ),
        roads=road[road["is_main"].fillna(value=False).astype(bool)],
        places=place,
        houses=evidence.settlement.buildings,
        zones=tables["zone"][tables["zone"]["weight"].notna()],
        reports=report.groupby("hamlet_id").size(),
        evidence=evidence,
    )


def nearest(around: Around, x_m: float, y_m: float, operators: frozenset[str]) -> tuple[Neighbour, ...]:
    """
    Nearest thing of each kind.

    Parameters
    ----------
    around
        Things that could help.
    x_m, y_m
        The place in the CRS of the calculation [m].
    operators
        Operators that lack a signal there; empty: all of them. A mast of theirs is ``own_mast``, a mast
        without them ``mast``.

    Returns
    -------
    nearby
        In the order of ``NEARBY``; kinds of which nothing is known are left out.
    """
    found = []
    for kind in NEARBY:
        table = around.tables[kind]
        table = table[table.geometry.notna()]
        if kind in ("mast", "own_mast") and operators:
            own = np.array([bool(operators & set(split(value))) for value in table["operators"]], dtype=bool)
            table = table[own if kind == "own_mast" else ~own]
        if table.empty:
            continue
        away_m = shapely.distance(table.geometry.to_numpy(), shapely.Point(x_m, y_m))
        row = table.iloc[int(np.argmin(away_m))]
        found.append(
            Neighbour(
                kind=kind,
                id=str(row["id"]),
                name=_word(row["name"]) or str(row["id"]),
                distance_m=float(away_m.min()),
                room=_room(kind, row),
                asked=_asked(row),
            )
        )
    return tuple(found)


def _room(kind: str, row: pd.Series) -> str:
    columns = {
        "mast": ("n_slots", "n_tenants"),
        "pole": ("n_total", "n_used"),
        "fiber": ("n_ports_total", "n_ports_used"),
    }.get(kind)
    if columns is None:
        return ""
    total, used = (row.get(name) for name in columns)
    if pd.isna(total) or pd.isna(used):
        return UNKNOWN
    return FREE if used < total else FULL


def _asked(row: pd.Series) -> str:
    named = split(row["operators"]) if "operators" in row else ()
    if named:
        return str(named[0])
    return _word(row.get("operator")) or _word(row["owner"])


def act(around: Around, areas: Sequence[GapArea]) -> tuple[Actionable, ...]:
    """
    Turn gap areas into something a planner can act on.

    Parameters
    ----------
    around
        Things that could help.
    areas
        Gap areas of ``any``, of one operator or of two or more.

    Returns
    -------
    actionable
        Most urgent first, by the sum of visible terms: people, priority zones, road, reports, a mast near
        that could be shared, each against the greatest of the areas.
    """
    epsg = around.evidence.hamlets.crs
    shapes = gpd.GeoSeries([area.geometry for area in areas], crs=4326).to_crs(epsg)
    middles = gpd.GeoSeries([shapely.Point(area.lon, area.lat) for area in areas], crs=4326).to_crs(epsg)
    drawn = [_drawn(around, area, shape) for area, shape in zip(areas, shapes, strict=True)]
    most = {
        name: max((terms[name] for *_, terms in drawn), default=0.0)
        for name in ("people", "zone", "road", "report")
    }
    found = []
    for area, middle, (houses, places, road_km, n_reports, raw) in zip(areas, middles, drawn, strict=True):
        nearby = nearest(around, middle.x, middle.y, _lacking(area))
        remedies = tuple(_remedies(around, area, nearby, places))
        terms = {
            name: data.setting(f"gap_weight_{name}") * (raw[name] / most[name] if most[name] else 0.0)
            for name in most
        }
        terms["sharing"] = data.setting("gap_weight_sharing") * max(
            (one.score for one in remedies if one.kind == "cell_on_mast"), default=0.0
        )
        found.append(
            Actionable(
                area=area,
                houses=houses,
                places=places,
                road_km=road_km,
                n_reports=n_reports,
                kinds=("estimated", "reported") if n_reports else ("estimated",),
                nearby=nearby,
                remedies=remedies,
                terms=MappingProxyType(terms),
                score=math.fsum(terms.values()),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.score, one.area.id)))


def _lacking(area: GapArea) -> frozenset[str]:
    return frozenset() if area.operator in (ANY, TWO_OR_MORE) else frozenset((area.operator,))


def _drawn(
    around: Around, area: GapArea, shape: shapely.Geometry
) -> tuple[int, tuple[str, ...], float, int, dict[str, float]]:
    wide = shapely.buffer(shape, data.setting("gap_around_m"))
    houses = len(around.houses.sindex.query(shape, predicate="intersects")) if len(around.houses) else 0
    inside = around.places[shapely.intersects(around.places.geometry.to_numpy(), wide)]
    road_km = float(shapely.length(shapely.intersection(around.roads.geometry.to_numpy(), wide)).sum()) / 1000
    touched = around.zones[shapely.intersects(around.zones.geometry.to_numpy(), wide)]
    ids = {hamlet.name: hamlet.id for hamlet in around.evidence.settlement.hamlets}
    n_reports = int(around.reports.get(ids.get(area.hamlet, ""), 0))
    raw = {
        "people": area.people,
        "zone": float(touched["weight"].astype(float).sum()),
        "road": road_km,
        "report": float(n_reports),
    }
    names = tuple(_word(name) for name in inside["name"])
    return houses, names, road_km, n_reports, raw


def _remedies(
    around: Around, area: GapArea, nearby: Sequence[Neighbour], places: Sequence[str]
) -> Iterator[Remedy]:
    by_kind = {one.kind: one for one in nearby}
    for row in sorted(data.rule_rows("remedies"), key=lambda one: int(one["rank"])):
        kind, needs, weight = row["kind"], row["needs"], float(row["weight"])
        if needs == "other_operator":
            if _served_by_another(around, area):
                yield Remedy(kind=kind, by=None, score=weight)
            continue
        if not needs:
            yield Remedy(kind=kind, by=None, score=weight)
            continue
        by = by_kind.get(needs)
        within_m = float(row["within_m"])
        if by is None or by.distance_m > within_m or by.room == FULL or (kind == "wifi" and not places):
            continue
        doubt = 0.9 if by.room == UNKNOWN else 1.0
        yield Remedy(kind=kind, by=by, score=weight * doubt * (1 - 0.5 * by.distance_m / within_m))


def _served_by_another(around: Around, area: GapArea) -> bool:
    mobile = around.evidence.mobile
    if mobile is None or area.operator in (ANY, TWO_OR_MORE):
        return False
    people = around.evidence.settlement.people
    shape = gpd.GeoSeries([area.geometry], crs=4326).to_crs(around.evidence.hamlets.crs).iloc[0]
    inside = shapely.contains_xy(shape, people.x_m, people.y_m)
    if not inside.any():
        return False
    return bool((mobile.states[ANY][inside] == State.COVERED).mean() > MOSTLY)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
