"""Tables of how figures are reckoned, and of shared infrastructure."""

from __future__ import annotations

from collections.abc import Sequence

from layers.exchange.paper.block import Table
from planning.report.brief import Brief
from planning.report.part import DASH, headings, value
from planning.scorecard import job as scorecard
from planning.scorecard.job import Row
from planning.text import number, tr


def formulas(brief: Brief, rows: Sequence[Row]) -> Table:
    """
    How each figure is reckoned.

    Parameters
    ----------
    brief
        What the paper tells of.
    rows
        Rows of the scorecard.

    Returns
    -------
    table
        Three states in the unit of the denominator, and the formula in words and numbers.
    """
    language = brief.language
    lines = []
    for row in rows:
        figures = row.reading.figures
        digits = 2 if row.target.unit in scorecard.MEASURED else 0
        parts = (
            (DASH,) * 4
            if figures is None
            else tuple(
                number(part, language, digits=digits)
                for part in (figures.covered, figures.uncovered, figures.unknown, figures.total)
            )
        )
        unit = tr(f"unit.{row.target.unit}", language)
        said = scorecard.sentence(row, language)
        lines.append((row.target.clause, said, *parts, unit, scorecard.formula(row, language)))
    return Table(
        headings=headings(brief, "clause", "target", "met", "unmet", "unknown", "total", "unit", "formula"),
        rows=tuple(lines),
        widths=(8, 30, 9, 9, 9, 9, 8, 42),
        numeric=frozenset({2, 3, 4, 5}),
        size_pt=9.5,
    )


def sharing(brief: Brief, rows: Sequence[Row]) -> Table:
    """
    Shared infrastructure.

    Parameters
    ----------
    brief
        What the paper tells of.
    rows
        Rows of the scorecard about sharing and power.

    Returns
    -------
    table
        Figure and its formula.
    """
    language = brief.language
    return Table(
        headings=headings(brief, "number", "figure", "today", "formula"),
        rows=tuple(
            (
                str(place),
                scorecard.sentence(row, language),
                value(row, language),
                scorecard.formula(row, language),
            )
            for place, row in enumerate(rows, start=1)
        ),
        widths=(5, 33, 14, 48),
        numeric=frozenset({2}),
        size_pt=10.5,
    )
