"""All figures as tables of numbers, to be reckoned with further."""

from __future__ import annotations

import math
from collections.abc import Iterator

from geo.gap import Figures
from layers.exchange.paper.book import Sheet, Value
from planning import reason
from planning.plate.job import edition_words
from planning.report import part
from planning.report.brief import Brief
from planning.scorecard import job as scorecard
from planning.text import day, tr

STATES = ("covered", "uncovered", "unknown", "total", "share")


def build(brief: Brief) -> tuple[Sheet, ...]:
    """
    All figures.

    Parameters
    ----------
    brief
        What they are read from.

    Returns
    -------
    sheets

    """
    found = [_targets(brief)]
    if brief.result is not None:
        found += [_operators(brief), _hamlets(brief)]
        found += [] if brief.stock.is_public else [_gaps(brief)]
    found += [] if brief.stock.is_public else [_tasks(brief)]
    return (*found, _about(brief))


def _sheet(brief: Brief, name: str, columns: tuple[str, ...], rows: Iterator[tuple[Value, ...]]) -> Sheet:
    return Sheet(
        title=tr(f"report.sheet.{name}", brief.language),
        headings=tuple(tr(f"report.column.{one}", brief.language) for one in columns),
        rows=tuple(rows),
    )


def _states(brief: Brief, figures: Figures | None) -> tuple[Value, ...]:
    if figures is None:
        return (None,) * len(STATES)
    parts = (figures.covered, figures.uncovered, figures.unknown, figures.total)
    is_known = figures.total > figures.unknown
    return (*(_count(brief, part_) for part_ in parts), _finite(figures.share) if is_known else None)


def _count(brief: Brief, value: float) -> Value:
    told = part.count(brief, value)
    return told if told.startswith("<") else value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _targets(brief: Brief) -> Sheet:
    language = brief.language
    columns = ("id", "clause", "target", "unit", *STATES, "low", "high", "assumed", "wanted")
    rows = (
        (
            row.id,
            row.target.clause,
            scorecard.sentence(row, language),
            tr(f"unit.{row.target.unit}", language),
            *_states(brief, row.reading.figures),
            _finite(row.reading.low),
            _finite(row.reading.high),
            None if row.reading.figures is None else _finite(row.reading.figures.assumed_share),
            row.target.threshold_share,
            row.reading.value,
            scorecard.formula(row, language),
            row.target.source,
            row.oldest_input or None,
        )
        for row in brief.card.rows
    )
    return _sheet(brief, "targets", (*columns, "figure", "formula", "ground", "oldest"), rows)


def _operators(brief: Brief) -> Sheet:
    operators = {} if brief.result is None else brief.result.operators
    rows = (
        (part.operator_name(name, brief.language), *_states(brief, figures), _finite(figures.assumed_share))
        for name, figures in operators.items()
    )
    return _sheet(brief, "operators", ("operator", *STATES, "assumed"), rows)


def _hamlets(brief: Brief) -> Sheet:
    rows = (
        (row.id, row.name, part.operator_name(operator, brief.language), *_states(brief, figures))
        for row in part.seen_hamlets(brief)
        for operator, figures in row.figures.items()
    )
    return _sheet(brief, "hamlets", ("id", "hamlet", "operator", *STATES), rows)


def _gaps(brief: Brief) -> Sheet:
    areas = () if brief.result is None else brief.result.areas
    rows = (
        (
            part.operator_name(area.operator, brief.language),
            area.rank,
            area.hamlet,
            _count(brief, area.people),
            reason.words(area, brief.language, masts=brief.masts),
            area.lat,
            area.lon,
            brief.masts.get(area.nearest_site, area.nearest_site),
            _finite(area.nearest_site_m),
        )
        for area in areas
    )
    columns = ("operator", "number", "where", "people", "why", "lat", "lon", "nearest", "distance")
    return _sheet(brief, "gaps", columns, rows)


def _tasks(brief: Brief) -> Sheet:
    rows = (
        (
            one.id,
            one.clause,
            one.text,
            one.lead,
            one.partners,
            None if one.due_on is None else day(one.due_on),
            tr(f"task.{one.standing}", brief.language),
        )
        for one in brief.tasks
    )
    return _sheet(brief, "tasks", ("id", "clause", "task", "lead", "partners", "due", "standing"), rows)


def _about(brief: Brief) -> Sheet:
    language = brief.language
    facts = {
        "area": brief.name,
        "day": day(brief.now.date()),
        "edition": edition_words(brief.stock),
        "basis": tr(brief.card.basis, language),
        "run": brief.card.run,
        "notice": tr("common.sample", language) if brief.is_sample else tr("report.real", language),
    }
    rows = ((tr(f"report.about.{name}", language), said) for name, said in facts.items())
    return _sheet(brief, "about", ("what", "said"), rows)
