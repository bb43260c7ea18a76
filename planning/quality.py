"""How good the data are: every rule asked about a file on its way in, or about the whole workspace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import shapely

from geo.crs import propose_calc_epsg, transform
from layers.catalogue import CATALOGUE, spec_of
from layers.check import check
from layers.exchange.headings import ColumnMap
from layers.issue import Issue, Outcome, Severity, worst
from layers.rule.judge import judge, needs
from layers.rule.subject import Around, items, words
from planning import data, rulebook
from planning.workspace import Workspace, stale_before

MADE = ("coverage5g", "calibration", "audit", "evaluation")
"""Layers that only the program fills."""
ORDER = MappingProxyType({severity: rank for rank, severity in enumerate(Severity)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    A fault with everything its reader needs to find the row.

    Parameters
    ----------
    issue
        The fault.
    name
        Name of the row, or "".
    lon, lat
        Where it lies [°], or None.
    whom
        Ids of the operators concerned; empty where it is for the commune itself.
    stops
        What it stops; text ``check.stops.<word>``.
    """

    issue: Issue
    name: str
    lon: float | None
    lat: float | None
    whom: tuple[str, ...]
    stops: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """
    Judgement on a workspace or a file.

    Parameters
    ----------
    title
        Name of the workspace or the file.
    day
        Day of the check.
    n_rows
        Rows judged, by layer; a file judged alone counts as the layer "".
    findings
        Everything found, the gravest first.
    is_sample
        True where the data are synthetic.
    """

    title: str
    day: dt.date
    n_rows: Mapping[str, int]
    findings: tuple[Finding, ...]
    is_sample: bool = False

    @property
    def outcome(self) -> Outcome:
        """What the gravest finding leads to."""
        return worst(tuple(one.issue for one in self.findings))

    @property
    def counts(self) -> Mapping[Severity, int]:
        """Findings by severity."""
        found = [one.issue.severity for one in self.findings]
        return MappingProxyType({severity: found.count(severity) for severity in Severity})


def around(
    workspace: Workspace | None, layer: str, table: gpd.GeoDataFrame, *, today: dt.date | None
) -> Around:
    """
    What the rules of a layer need to know beside its rows.

    Parameters
    ----------
    workspace
        The workspace, or None for a file judged alone.
    layer
        Layer name.
    table
        Rows to be judged, EPSG:4326.
    today
        Present day, or None.

    Returns
    -------
    around
        Only the layers that its rules look into; without a workspace none.
    """
    if workspace is None:
        return _around({}, _epsg_of(table), is_sample=None, today=today)
    names = needs(layer, rulebook.check_rules())
    tables = {name: workspace.store.read(name) for name in names}
    return _around(tables, workspace.calc_epsg, is_sample=workspace.is_sample, today=today)


def _around(
    tables: Mapping[str, gpd.GeoDataFrame], epsg: int, *, is_sample: bool | None, today: dt.date | None
) -> Around:
    return Around(
        today="9999" if today is None else today.isoformat(),
        stale_before="" if today is None else stale_before(today),
        epsg=epsg,
        tables=MappingProxyType(dict(tables)),
        spectrum=rulebook.spectrum(),
        mast_classes=rulebook.mast_classes(),
        is_sample=is_sample,
    )


def _epsg_of(table: gpd.GeoDataFrame) -> int:
    west, south, east, north = table.total_bounds if len(table) else (float("nan"),) * 4
    is_on_earth = -180 <= west <= east <= 180 and -80 <= south <= north <= 84
    return propose_calc_epsg((west + east) / 2, (south + north) / 2) if is_on_earth else 9210


def incoming(
    workspace: Workspace | None,
    layer: str,
    table: gpd.GeoDataFrame,
    *,
    row_numbers: Sequence[int],
    today: dt.date | None,
) -> tuple[Issue, ...]:
    """
    What the rules say of rows on their way into a layer.

    Parameters
    ----------
    workspace
        The workspace that they are for, or None for a file judged alone.
    layer
        Layer name.
    table
        The rows, EPSG:4326, with the columns of the layer.
    row_numbers
        Row of each as its user sees it.
    today
        Present day; None leaves out the rules that ask how old a record is.

    Returns
    -------
    issues
        Warnings and notices; none of them keeps a row out.
    """
    asked = [rule for rule in rulebook.check_rules() if rule.is_asked_at_import]
    known = around(workspace, layer, table, today=today)
    return judge(layer, table, known, asked, row_numbers=row_numbers)


def headed(one: Issue, columns: ColumnMap) -> Issue:
    """
    A fault with the heading of the file, which its reader knows, in place of the layer's column.

    Parameters
    ----------
    one
        The fault.
    columns
        What the headings of the file mean.

    Returns
    -------
    issue
        The fault; its facts name the column of the layer.
    """
    heading = None if one.column is None else columns.heading_of(one.column)
    if heading is None:
        return one
    return replace(one, column=heading, facts=MappingProxyType({"column": one.column, **one.facts}))


def of_workspace(workspace: Workspace, *, today: dt.date) -> QualityReport:
    """
    Check every layer of a workspace, by itself and against the others.

    Parameters
    ----------
    workspace
        The workspace.
    today
        Present day.

    Returns
    -------
    report
        Everything found, the gravest first.
    """
    specs = [one for one in CATALOGUE if one.name not in MADE]
    tables = {one.name: workspace.store.read(one.name) for one in specs if workspace.store.count(one.name)}
    # a layer without rows is known to be empty: what names its rows is told
    empty = {one.name: workspace.store.read(one.name) for one in specs if one.name not in tables}
    known = _around({**empty, **tables}, workspace.calc_epsg, is_sample=workspace.is_sample, today=today)
    findings = [
        finding
        for name, table in tables.items()
        for finding in _located(_of_layer(name, table, known), table, workspace.calc_epsg)
    ]
    return QualityReport(
        title=workspace.name,
        day=today,
        n_rows=MappingProxyType({name: len(table) for name, table in tables.items()}),
        findings=_gravest_first(findings),
        is_sample=workspace.is_sample,
    )


def _of_layer(name: str, table: gpd.GeoDataFrame, known: Around) -> list[Issue]:
    names = tuple(row.id for row in data.operators())
    ids = words(table, "id")
    shape = [_as_stored(one, ids) for one in check(table, spec_of(name), operators=names).issues]
    return [*shape, *judge(name, table, known, rulebook.check_rules())]


def _as_stored(one: Issue, ids: pd.Series[str]) -> Issue:
    """A fault of the layer's own check, its row named by the id."""
    feature = None if one.row is None else str(ids[one.row - 1])
    return Issue(
        code=one.code,
        severity=one.severity,
        layer=one.layer,
        column=one.column,
        facts=one.facts,
        feature=feature,
    )


def of_file(
    title: str,
    issues: Sequence[Issue],
    *,
    n_rows: int,
    today: dt.date,
    layer: str | None = None,
    table: gpd.GeoDataFrame | None = None,
    row_numbers: Sequence[int] = (),
) -> QualityReport:
    """
    Faults of a file as a report.

    Parameters
    ----------
    title
        Name of the file.
    issues
        Its faults.
    n_rows
        Rows read.
    today
        Present day.
    layer
        Layer that it is meant for, or None.
    table, row_numbers
        Its rows as understood, and the number of each, where there are any.

    Returns
    -------
    report
        Findings with the place of their row where that is known.
    """
    places: dict[int, tuple[str, float | None, float | None]] = {}
    if table is not None:
        places = dict(zip(row_numbers, _places(table), strict=True))
    findings = []
    for one in issues:
        name, lon, lat = places.get(one.row or -1, ("", None, None))
        findings.append(Finding(issue=one, name=name, lon=lon, lat=lat, whom=(), stops=stops_of(one)))
    return QualityReport(
        title=title,
        day=today,
        n_rows=MappingProxyType({layer or "": n_rows}),
        findings=_gravest_first(findings),
    )


def stops_of(issue: Issue) -> str:
    """
    What a fault stops.

    Parameters
    ----------
    issue
        The fault.

    Returns
    -------
    word
        As its rule says; for faults of files that stand in no rule table, what their severity means.
    """
    by_code = {rule.code: rule.stops for rule in rulebook.check_rules()}
    by_severity = {Severity.ERROR: "import", Severity.ASK: "confirm"}
    if issue.severity in by_severity:
        return by_severity[issue.severity]
    word = by_code.get(issue.code, "nothing")
    return "nothing" if word in ("import", "confirm") else word


def _gravest_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (ORDER[one.issue.severity], one.issue.row or 0)))


def _places(table: gpd.GeoDataFrame) -> list[tuple[str, float | None, float | None]]:
    """Name and place of each row."""
    points = shapely.point_on_surface(table.geometry.to_numpy())
    names = words(table, "name")
    return [
        (name, None if point is None else point.x, None if point is None else point.y)
        for name, point in zip(names, points, strict=True)
    ]


def _located(issues: Sequence[Issue], table: gpd.GeoDataFrame, epsg: int) -> list[Finding]:
    ids = words(table, "id")
    wanted = table[ids.isin({one.feature for one in issues if one.feature}).to_numpy()]
    places = dict(zip(words(wanted, "id"), _places(wanted), strict=True))
    owners = dict(zip(words(wanted, "id"), words(wanted, "operators"), strict=True))
    found = []
    for one in issues:
        name, lon, lat = places.get(one.feature or "", ("", None, None))
        if lon is None and "x_m" in one.facts:
            lon, lat = (
                float(part)
                for part in transform(
                    float(str(one.facts["x_m"])), float(str(one.facts["y_m"])), epsg_from=epsg, epsg_to=4326
                )
            )
        whom = tuple(sorted(items(owners.get(one.feature or "", ""))))
        found.append(Finding(issue=one, name=name, lon=lon, lat=lat, whom=whom, stops=stops_of(one)))
    return found
