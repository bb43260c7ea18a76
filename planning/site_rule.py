"""Rules for the place of a mast, as rows of data: each passes, warns, fails, or cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planning import data

SENSITIVE = ("school", "clinic")


class Verdict(StrEnum):
    """What a rule says; texts ``proposal.verdict.<verdict>``."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    A row of ``data/rules/proposal.csv``.

    Parameters
    ----------
    code
        Key of its text ``proposal.rule.<code>``.
    area
        Kind of zone or class of mast that it is about; empty: any.
    limit
        Its number, or None where nobody has stated one.
    unit
        Of the number.
    verdict
        What it says where it is not met.
    source, valid_from
        Where it comes from, and since when.
    is_checking
        True where nobody has confirmed yet that it is in force.
    """

    code: str
    area: str
    limit: float | None
    unit: str
    verdict: Verdict
    source: str
    valid_from: str
    is_checking: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What a rule says of a place.

    Parameters
    ----------
    rule
        The rule.
    verdict
        What it says.
    value
        The number found, in the unit of the rule's limit, or None.
    what
        Name of the object concerned; empty: none.
    """

    rule: Rule
    verdict: Verdict
    value: float | None = None
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """
    Where a mast would stand, and what stands around it; shapes in the CRS of the calculation.

    Parameters
    ----------
    point
        The position.
    row
        Row of the layer ``proposal``.
    boundary
        Outline of the area.
    tables
        Layers around: site, building, road, zone, place, power, fiber_node, operator_plan, proposal.
    """

    point: shapely.Point
    row: Mapping[str, object]
    boundary: shapely.Geometry
    tables: Mapping[str, gpd.GeoDataFrame]

    def nearest(self, layer: str, wanted: Callable[[gpd.GeoDataFrame], object] | None = None) -> Near:
        """
        The nearest row of a layer.

        Parameters
        ----------
        layer
            One of ``tables``.
        wanted
            Table to the truth for each row; None: every row counts.

        Returns
        -------
        near
            Distance and name.
        """
        table = self.tables[layer]
        table = table[table.geometry.notna()]
        n_all = len(table)
        if wanted is not None and n_all:
            table = table[np.asarray(wanted(table), dtype=bool)]
        if table.empty:
            return Near(distance_m=None, name="", n_known=n_all)
        distance_m = shapely.distance(table.geometry.to_numpy(), self.point)
        at = int(np.argmin(distance_m))
        name = table["name"].iloc[at]
        key = str(table["id"].iloc[at])
        return Near(
            distance_m=float(distance_m[at]), name=name if isinstance(name, str) else key, n_known=n_all
        )

    def height_m(self) -> float | None:
        """
        Height of the mast.

        Returns
        -------
        height_m
            [m], or None where it is not stated.
        """
        value = self.row.get("height_m")
        return None if value is None or pd.isna(value) else float(str(value))  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """
    The nearest of some objects.

    Parameters
    ----------
    distance_m
        How far it is [m]; None: there is none.
    name
        Its name.
    n_known
        Rows of its layer, wanted or not.
    """

    distance_m: float | None
    name: str
    n_known: int


def rules() -> tuple[Rule, ...]:
    """
    The rules in use.

    Returns
    -------
    rules
        Active rows of ``data/rules/proposal.csv``.
    """
    return tuple(
        Rule(
            code=row["code"],
            area=row["area"],
            limit=float(row["value"]) if row["value"] else None,
            unit=row["unit"],
            verdict=Verdict(row["verdict"]),
            source=row["source"],
            valid_from=row["valid_from"],
            is_checking=row["is_checking"] == "1",
        )
        for row in data.rule_rows("proposal")
        if row["is_active"] == "1"
    )


def judge(place: Place) -> tuple[Finding, ...]:
    """
    Ask every rule.

    Parameters
    ----------
    place
        The place.

    Returns
    -------
    findings
        One for each rule in use, in their order.
    """
    return tuple(_JUDGES[rule.code](rule, place) for rule in rules())


def _inside(rule: Rule, place: Place) -> Finding:
    off_m = float(place.boundary.distance(place.point))
    return Finding(rule=rule, verdict=rule.verdict if off_m > 0 else Verdict.PASS, value=off_m)


def _plan(rule: Rule, place: Place) -> Finding:
    near = place.nearest("operator_plan", lambda table: table["operator"] == place.row["operator"])
    if near.distance_m is not None and rule.limit is not None and near.distance_m <= rule.limit:
        return Finding(rule=rule, verdict=Verdict.PASS, value=near.distance_m, what=near.name)
    return Finding(rule=rule, verdict=Verdict.UNKNOWN, value=near.distance_m, what=near.name)


def _class_in_zone(rule: Rule, place: Place) -> Finding:
    within = _zones(rule, place)
    if within is None:
        return Finding(rule=rule, verdict=Verdict.UNKNOWN)
    if not within:
        return Finding(rule=rule, verdict=Verdict.PASS)
    mast_class = place.row.get("mast_class")
    if not isinstance(mast_class, str):
        return Finding(rule=rule, verdict=Verdict.UNKNOWN, what=within[0])
    verdict = Verdict.PASS if mast_class.startswith("A1") else rule.verdict
    return Finding(rule=rule, verdict=verdict, what=within[0])


def _zones(rule: Rule, place: Place) -> tuple[str, ...] | None:
    table = place.tables["zone"]
    if table.empty:
        return None
    own = table[(table["kind"] == rule.area).to_numpy() & table.geometry.notna().to_numpy()]
    here = own[shapely.intersects(own.geometry.to_numpy(), place.point)]
    return tuple(
        name if isinstance(name, str) else str(key)
        for name, key in zip(here["name"], here["id"], strict=True)
    )


def _in_zone(rule: Rule, place: Place) -> Finding:
    within = _zones(rule, place)
    if within is None:
        return Finding(rule=rule, verdict=Verdict.UNKNOWN)
    return Finding(
        rule=rule, verdict=rule.verdict if within else Verdict.PASS, what=within[0] if within else ""
    )


def _most(column: str) -> Callable[[Rule, Place], Finding]:
    def asked(rule: Rule, place: Place) -> Finding:
        if place.row.get("mast_class") != rule.area:
            return Finding(rule=rule, verdict=Verdict.PASS)
        value = place.row.get(column)
        if value is None or pd.isna(value) or rule.limit is None:  # type: ignore[call-overload]
            return Finding(rule=rule, verdict=Verdict.UNKNOWN)
        number = float(str(value))
        return Finding(
            rule=rule, verdict=Verdict.PASS if number <= rule.limit else rule.verdict, value=number
        )

    return asked


def _apart(
    layer: str, wanted: Callable[[gpd.GeoDataFrame], object] | None = None, *, is_complete: bool = False
) -> Callable[[Rule, Place], Finding]:
    """The nearest object must not be nearer than the limit; not known where nobody has stated one."""

    def asked(rule: Rule, place: Place) -> Finding:
        near = place.nearest(layer, wanted)
        if rule.limit is None or (near.n_known == 0 and not is_complete):
            return Finding(rule=rule, verdict=Verdict.UNKNOWN, value=near.distance_m, what=near.name)
        is_near = near.distance_m is not None and near.distance_m < rule.limit
        verdict = rule.verdict if is_near else Verdict.PASS
        return Finding(rule=rule, verdict=verdict, value=near.distance_m, what=near.name)

    return asked


def _fall(layer: str) -> Callable[[Rule, Place], Finding]:
    """The mast must not reach the object where it falls; the limit is in heights of the mast."""

    def asked(rule: Rule, place: Place) -> Finding:
        near, height_m = place.nearest(layer), place.height_m()
        if height_m is None or near.n_known == 0 or near.distance_m is None or rule.limit is None:
            return Finding(rule=rule, verdict=Verdict.UNKNOWN)
        heights = near.distance_m / height_m
        verdict = rule.verdict if heights < rule.limit else Verdict.PASS
        return Finding(rule=rule, verdict=verdict, value=heights, what=near.name)

    return asked


def _reach(
    layer: str, wanted: Callable[[gpd.GeoDataFrame], object] | None = None
) -> Callable[[Rule, Place], Finding]:
    """An object must lie within the limit; not known where the layer is empty."""

    def asked(rule: Rule, place: Place) -> Finding:
        near = place.nearest(layer, wanted)
        if near.n_known == 0 or rule.limit is None:
            return Finding(rule=rule, verdict=Verdict.UNKNOWN)
        is_far = near.distance_m is None or near.distance_m > rule.limit
        verdict = rule.verdict if is_far else Verdict.PASS
        return Finding(rule=rule, verdict=verdict, value=near.distance_m, what=near.name)

    return asked


def _airport(rule: Rule, place: Place) -> Finding:
    height_m = place.height_m()
    if height_m is None or rule.limit is None:
        return Finding(rule=rule, verdict=Verdict.UNKNOWN)
    return Finding(
        rule=rule, verdict=rule.verdict if height_m >= rule.limit else Verdict.PASS, value=height_m
    )


def has_free_port(table: gpd.GeoDataFrame) -> object:
    """
    Fibre access points with a free port.

    Parameters
    ----------
    table
        Rows of the layer ``fiber_node``.

    Returns
    -------
    has_free
        One truth for each row; False where nobody has told.
    """
    free = table["n_ports_total"] - table["n_ports_used"]
    return free.fillna(0).gt(0).to_numpy()


_JUDGES: Mapping[str, Callable[[Rule, Place], Finding]] = {
    "inside": _inside,
    "plan": _plan,
    "class_in_zone": _class_in_zone,
    "a1_height": _most("height_m"),
    "a1_width": _most("width_m"),
    "spacing": _apart("site"),
    "share_radius": _apart("site"),
    "fall_house": _fall("building"),
    "fall_road": _fall("road"),
    "fall_power": _fall("power"),
    "protected": _in_zone,
    "water": _in_zone,
    "flood": _in_zone,
    "airport": _airport,
    "sensitive": _apart("place", lambda table: table["kind"].isin(SENSITIVE)),
    "duplicate": _apart("proposal", is_complete=True),
    "near_mast": _apart("site"),
    "fibre": _reach("fiber_node", has_free_port),
    "transformer": _reach("power", lambda table: table["kind"] == "transformer"),
    "access": _reach("road"),
}
