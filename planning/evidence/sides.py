"""Four kinds of evidence side by side, never mixed: declared, estimated, measured, reported by hamlets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geo.gap import Figures, tally_zones
from geo.units import Floats
from layers.issue import Issue, Severity
from layers.spec import ALL_OPERATORS
from planning import data
from planning.evidence.measure import MOBILE, Tally, Tracker
from planning.scorecard.evidence import Evidence
from planning.workspace import Workspace

POOR = ("no_signal", "weak", "indoor")
"""What a report may say that speaks against a signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """
    What is known of one operator's 5G in one hamlet, by kind of evidence.

    Parameters
    ----------
    hamlet, operator
        Name and operator id.
    people
        People of the hamlet.
    declared_share
        People inside the area that the operator declares, 0–1; None where it has declared none.
    estimated
        People in three states by our estimate; None where the operator was not estimated.
    measured
        Samples of the mobile network; None where there are none.
    n_reports
        Reports of the last ``report_fresh_months`` months that speak against a signal.
    """

    hamlet: str
    operator: str
    people: float
    declared_share: float | None
    estimated: Figures | None
    measured: Tally | None
    n_reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """
    Two kinds of evidence that do not go together: something to look at.

    Parameters
    ----------
    code
        Its text is ``disagreement.<code>``.
    sides
        What each says.
    """

    code: str
    sides: Sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """
    All evidence of an area.

    Parameters
    ----------
    sides
        Every hamlet and operator.
    disagreements
        The work list, most people first.
    issues
        Declared areas that reach nobody, reports without a hamlet or in the future: left out, and said.
    """

    sides: tuple[Sides, ...]
    disagreements: tuple[Disagreement, ...]
    issues: tuple[Issue, ...]

    def of_operator(self, operator: str) -> tuple[Disagreement, ...]:
        """
        Work list to be sent to one operator.

        Parameters
        ----------
        operator
            Operator id.

        Returns
        -------
        disagreements
            Its own only.
        """
        return tuple(one for one in self.disagreements if one.sides.operator == operator)


def put(workspace: Workspace, evidence: Evidence, tracker: Tracker, *, today: dt.date) -> Beside:
    """
    Put the four kinds of evidence side by side.

    Parameters
    ----------
    workspace
        The workspace.
    evidence
        What the indicators read.
    tracker
        Measurements of the same area.
    today
        Present day.

    Returns
    -------
    beside
        For every hamlet and every operator of which any kind of evidence speaks.
    """
    declared, out_of_place = _declared(workspace, evidence)
    reported, unread = _reported(workspace, evidence, today)
    measured = {
        (one.hamlet, one.operator): one for one in tracker.tallies if one.network == MOBILE and one.n_samples
    }
    estimated = _estimated(evidence)
    operators = sorted({key[1] for part in (declared, reported, measured, estimated) for key in part} - {""})
    people = _people(evidence)
    sides = tuple(
        Sides(
            hamlet=hamlet,
            operator=operator,
            people=people[hamlet],
            declared_share=declared.get((hamlet, operator)),
            estimated=estimated.get((hamlet, operator)),
            measured=measured.get((hamlet, operator)),
            n_reports=reported.get((hamlet, operator), 0) + reported.get((hamlet, ALL_OPERATORS), 0),
        )
        for hamlet in evidence.hamlet_names
        for operator in operators
        if operator != ALL_OPERATORS
    )
    found = [Disagreement(code=code, sides=one) for one in sides for code in _codes(one)]
    ranked = sorted(found, key=lambda one: (-np.nan_to_num(one.sides.people), one.sides.hamlet, one.code))
    return Beside(sides=sides, disagreements=tuple(ranked), issues=(*out_of_place, *unread))


def _people(evidence: Evidence) -> Mapping[str, float]:
    return {hamlet.name: hamlet.n_people for hamlet in evidence.settlement.hamlets}


def _by_hamlet(evidence: Evidence, weight: Floats) -> Floats:
    zone = evidence.settlement.people.zone
    inside = zone >= 0
    sums: Floats = np.bincount(zone[inside], weights=weight[inside], minlength=evidence.n_hamlets).astype(
        np.float64
    )
    return sums


def _declared(
    workspace: Workspace, evidence: Evidence
) -> tuple[dict[tuple[str, str], float], tuple[Issue, ...]]:
    table = workspace.store.read("declared_coverage").to_crs(workspace.calc_epsg)
    table = table[table["technology"].isna() | (table["technology"] == "5G")]
    people = evidence.settlement.people
    points = shapely.points(people.x_m, people.y_m)
    whole = _by_hamlet(evidence, people.n_people)
    found: dict[tuple[str, str], float] = {}
    away = 0
    for operator, rows in table.groupby("operator"):
        shapes = rows.geometry.to_numpy()
        away += int((~shapely.intersects(shapes, evidence.outline)).sum())
        area = shapely.union_all(shapely.make_valid(shapes))
        shapely.prepare(area)
        inside = shapely.intersects(area, points)
        part = _by_hamlet(evidence, np.where(inside, people.n_people, 0.0))
        for name, n_inside, n_all in zip(evidence.hamlet_names, part, whole, strict=True):
            if n_all > 0:
                found[name, str(operator)] = float(n_inside / n_all)
    return found, _said("declared_outside", "declared_coverage", away)


def _reported(
    workspace: Workspace, evidence: Evidence, today: dt.date
) -> tuple[dict[tuple[str, str], int], tuple[Issue, ...]]:
    table = workspace.store.read("report")
    names = {hamlet.id: hamlet.name for hamlet in evidence.settlement.hamlets}
    day = table["reported_on"].fillna("").astype(str)
    months = int(data.setting("report_fresh_months"))
    first = (pd.Timestamp(today) - pd.DateOffset(months=months)).date().isoformat()
    future = day > today.isoformat()
    hamlet = table["hamlet_id"].map(names)
    lost = hamlet.isna() & table["hamlet_id"].isna()
    kept = table[(day >= first) & ~future & hamlet.notna() & table["fails"].isin(POOR)]
    counts: dict[tuple[str, str], int] = {}
    for place, operator in zip(hamlet[kept.index], kept["operator"].fillna(ALL_OPERATORS), strict=True):
        counts[str(place), str(operator)] = counts.get((str(place), str(operator)), 0) + 1
    issues = (
        *_said("report_future", "report", int(future.sum())),
        *_said("report_without_hamlet", "report", int(lost.sum())),
    )
    return counts, issues


def _said(code: str, layer: str, number: int) -> tuple[Issue, ...]:
    if not number:
        return ()
    return (Issue(code=code, severity=Severity.WARNING, layer=layer, facts={"n": number}),)


def _estimated(evidence: Evidence) -> dict[tuple[str, str], Figures]:
    if evidence.mobile is None:
        return {}
    people = evidence.settlement.people
    found = {}
    for operator in evidence.mobile.found.operators:
        figures = tally_zones(
            evidence.mobile.states[operator],
            people.n_people,
            evidence.mobile.assumed[operator],
            people.zone,
            n_zones=evidence.n_hamlets,
        )
        for name, part in zip(evidence.hamlet_names, figures, strict=True):
            if part.total:
                found[name, operator] = part
    return found


def _codes(sides: Sides) -> Iterator[str]:
    served, poor = data.setting("hamlet_served_share"), data.setting("hamlet_poor_share")
    says = sides.declared_share is not None and sides.declared_share >= served
    estimate = sides.estimated
    known = estimate is not None and estimate.total > 0
    has = known and estimate is not None and estimate.covered >= served * estimate.total
    lacks = known and estimate is not None and estimate.uncovered >= (1 - poor) * estimate.total
    tests = sides.measured
    if says and lacks:
        yield "declared_not_estimated"
    if says and sides.n_reports:
        yield "declared_but_reported"
    if has and sides.n_reports:
        yield "estimated_but_reported"
    if tests is not None and tests.download_mbps is not None:
        if lacks and tests.download_mbps >= data.setting("speed_target_mbps"):
            yield "measured_not_estimated"
        if says and tests.download_mbps < data.setting("speed_target_mbps"):
            yield "declared_but_slow"
