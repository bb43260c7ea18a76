"""The sheet of one hamlet: people, coverage by operator, places, targets, a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from layers.exchange.paper.block import Block, Paper, Table
from layers.exchange.plate.view import Bounds
from planning.gap import HamletFigures
from planning.plate.sheet import around, hamlet_row
from planning.report import head, part
from planning.report.brief import Brief
from planning.runs import ANY
from planning.scorecard import job as scorecard
from planning.target import PlaceState
from planning.text import number, share_text, tr

MAP_MM = 100.0


def build(brief: Brief, asked: str) -> Paper:
    """
    The sheet of a hamlet.

    Parameters
    ----------
    brief
        What it tells of.
    asked
        Its id, or its name with or without diacritics.

    Returns
    -------
    paper
        Two pages.

    Raises
    ------
    InputError
        ``hamlet_unknown``.
    """
    row = hamlet_row(brief.stock.tables["hamlet"], asked)
    blocks = [*_people(brief, row), *_coverage(brief, row), *_places(brief, row), *_targets(brief, row)]
    blocks += [*_map(brief, row)]
    return head.paper(
        brief,
        blocks,
        kind=tr("report.hamlet.kind", brief.language),
        subject=tr("report.hamlet.subject", brief.language, hamlet=str(row["name"]), name=brief.name),
    )


def _people(brief: Brief, row: pd.Series) -> Iterator[Block]:
    language = brief.language
    facts = {
        name: tr("state.unknown", language) if pd.isna(row[name]) else part.count(brief, float(row[name]))
        for name in ("population", "households")
    }
    basis = row["population_basis"]
    told = (
        tr("state.unknown", language) if pd.isna(basis) else tr(f"value.population_basis.{basis}", language)
    )
    yield part.says(brief, "report.hamlet.people", basis=told, **facts)


def _figures(brief: Brief, row: pd.Series) -> HamletFigures | None:
    return next((one for one in part.seen_hamlets(brief) if one.id == row["id"]), None)


def _coverage(brief: Brief, row: pd.Series) -> Iterator[Block]:
    yield part.heading(brief, "report.hamlet.coverage")
    found = _figures(brief, row)
    if found is None:
        yield part.says(brief, "report.no_estimate")
        return
    language = brief.language
    declared = {
        one.operator: share_text(one.declared_share, language)
        for one in brief.beside.sides
        if one.hamlet == row["name"] and one.declared_share is not None
    }
    headings = ("operator", "covered", "uncovered", "unknown", "total", "share", "published")
    yield Table(
        headings=tuple(tr(f"report.column.{name}", language) for name in headings),
        rows=tuple(
            (
                part.operator_name(name, language),
                *(
                    part.count(brief, value)
                    for value in (figures.covered, figures.uncovered, figures.unknown, figures.total)
                ),
                share_text(figures.share, language)
                if figures.total > figures.unknown
                else tr("state.unknown", language),
                declared.get(name, part.DASH),
            )
            for name, figures in found.figures.items()
        ),
        widths=(30, 13, 14, 13, 11, 11, 13),
        numeric=frozenset(range(1, 7)),
    )
    areas = (
        [area for area in brief.result.areas_of(ANY) if area.hamlet == row["name"]] if brief.result else []
    )
    if areas:
        yield part.gaps(brief, areas)


def _places(brief: Brief, row: pd.Series) -> Iterator[Block]:
    if brief.result is None:
        return
    wifi = {one.id: one for one in brief.result.wifi.items}
    own = [one for one in brief.result.places if one.hamlet == row["name"]]
    if not own:
        return
    yield part.heading(brief, "report.hamlet.places")
    yield _place_table(brief, own, wifi)


def _place_table(brief: Brief, own: Sequence[PlaceState], wifi: dict[str, PlaceState]) -> Table:
    language = brief.language
    return Table(
        headings=tuple(
            tr(f"report.column.{name}", language) for name in ("place_name", "kind", "signal", "wifi")
        ),
        rows=tuple(
            (
                one.name,
                tr(f"value.kind.{one.kind}", language),
                tr(f"state.{one.state}", language),
                tr(f"screen.met.{wifi[one.id].state}", language) if one.id in wifi else part.DASH,
            )
            for one in own
        ),
        widths=(44, 22, 17, 17),
    )


def _targets(brief: Brief, row: pd.Series) -> Iterator[Block]:
    language = brief.language
    names = list(brief.card.hamlets)
    if str(row["name"]) not in names:
        return
    at = names.index(str(row["name"]))
    lines = []
    for one in brief.card.rows:
        if at < len(one.reading.hamlets) and one.reading.hamlets[at].total:
            figures = one.reading.hamlets[at]
            is_known = figures.total > figures.unknown
            digits = 2 if one.target.unit in scorecard.MEASURED else 0
            lines.append(
                (
                    scorecard.sentence(one, language),
                    share_text(figures.share, language) if is_known else tr("state.unknown", language),
                    number(figures.total, language, digits=digits),
                    tr(f"unit.{one.target.unit}", language),
                )
            )
    if lines:
        yield part.heading(brief, "report.hamlet.targets")
        yield Table(
            headings=tuple(
                tr(f"report.column.{name}", language) for name in ("target", "today", "total", "unit")
            ),
            rows=tuple(lines),
            widths=(60, 15, 13, 12),
            numeric=frozenset({1, 2}),
            size_pt=10.5,
        )


def _map(brief: Brief, row: pd.Series) -> Iterator[Block]:
    if row.geometry is None:
        yield part.says(brief, "report.hamlet.nowhere")
        return
    bounds_m: Bounds = around(row.geometry)
    yield part.picture(brief, "gap", bounds_m=bounds_m, height_mm=MAP_MM)
