"""The periodic report to the city: grounds, results, gaps, sharing, sites, requests, annexes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from layers.exchange.paper.block import Block, Break, Paper, Paragraph, Table
from planning import data
from planning.plate.theme import REPORTED
from planning.report import figure, head, part
from planning.report.brief import Brief
from planning.runs import ANY
from planning.scorecard import job as scorecard
from planning.text import day, share_text, tr

SHARED = ("G6", "G7")
"""Starts of the keys of targets about sharing and power."""
WORST = 10
NAMED = 5
CALLED = 5


def build(brief: Brief) -> Paper:
    """
    The periodic report.

    Parameters
    ----------
    brief
        What it tells of.

    Returns
    -------
    paper
        Parts I to VI, then three annexes: maps, hamlets, formulas (DOMAIN §8.4).
    """
    language = brief.language
    return head.paper(
        brief,
        [block for part_of in _PARTS for block in part_of(brief)],
        kind=tr("report.periodic.kind", language),
        subject=tr("report.periodic.subject", language, name=brief.name, day=day(brief.now.date())),
        addressee=tr("report.addressee", language, who=tr("office.city", language)),
        recipients=(
            tr("office.city", language),
            tr("report.recipient.party", language),
            tr("report.recipient.leaders", language),
        ),
    )


def _grounds(brief: Brief) -> Iterator[Block]:
    yield part.heading(brief, "report.periodic.grounds")
    yield part.says(brief, "report.periodic.grounds.lead")
    for row in data.rule_rows("grounds"):
        yield Paragraph(text="- " + row[f"text_{brief.language}"])


def _results(brief: Brief) -> Iterator[Block]:
    yield part.heading(brief, "report.periodic.results")
    yield from part.basis(brief)
    if brief.result is not None:
        figures = brief.result.operators[ANY]
        facts = {
            "covered": part.count(brief, figures.covered),
            "uncovered": part.count(brief, figures.uncovered),
            "unknown": part.count(brief, figures.unknown),
            "total": part.count(brief, figures.total),
            "share": share_text(figures.share, brief.language),
        }
        yield part.says(brief, "report.people", **facts)
    operators = part.operators(brief)
    if operators is not None:
        yield part.heading(brief, "report.periodic.operators", 2)
        yield operators
    yield part.heading(brief, "report.periodic.targets", 2)
    yield part.targets(brief, [row for row in brief.card.rows if row.target.threshold_share is not None])
    yield part.says(brief, "report.published")
    yield part.heading(brief, "report.periodic.unknown", 2)
    yield from part.unknowns(brief, limit=NAMED)
    differing = list(part.disagreements(brief, limit=NAMED))
    if differing:
        yield part.heading(brief, "report.periodic.disagreements", 2)
        yield from differing


def _gaps(brief: Brief) -> Iterator[Block]:
    yield part.heading(brief, "report.periodic.gaps")
    areas = () if brief.result is None else brief.result.areas_of(ANY)
    if brief.result is None:
        yield part.says(brief, "report.no_estimate")
    elif areas:
        yield part.says(brief, "report.periodic.gaps.lead", n=len(areas))
        yield part.gaps(brief, areas[:WORST])
    else:
        yield part.says(brief, "report.periodic.gaps.none")
    for row in brief.card.rows:
        if part.is_missed(row) and row.reading.uncovered and row.target.unit == "place":
            named = row.reading.uncovered[:WORST]
            sentence = row.target.texts[brief.language]
            yield part.says(brief, "report.periodic.lacking", target=sentence, places="; ".join(named))


def _sharing(brief: Brief) -> Iterator[Block]:
    yield part.heading(brief, "report.periodic.sharing")
    yield figure.sharing(brief, [row for row in brief.card.rows if row.target.id.startswith(SHARED)])


def _sites(brief: Brief) -> Iterator[Block]:
    yield part.heading(brief, "report.periodic.sites")
    proposals = brief.stock.tables["proposal"]
    if proposals.empty:
        yield part.says(brief, "report.periodic.sites.none")
        return
    language = brief.language
    lines = [
        (
            str(place),
            str(row["name"] or row["id"]),
            part.operator_name(str(row["operator"]), language),
            str(row["hamlet"] or part.DASH),
            _date(row["submitted_on"]),
        )
        for place, row in enumerate(
            proposals.astype(object).where(proposals.notna(), None).to_dict("records"), 1
        )
    ]
    names = ("number", "proposal", "operator", "hamlet", "submitted")
    yield Table(
        headings=tuple(tr(f"report.column.{name}", language) for name in names),
        rows=tuple(lines),
        widths=(6, 36, 26, 18, 14),
        size_pt=10.5,
    )


def _date(value: object) -> str:
    return day(dt.date.fromisoformat(str(value)[:10])) if value else part.DASH


def _asks(brief: Brief) -> Iterator[Block]:
    yield part.heading(brief, "report.periodic.asks")
    areas = () if brief.result is None else brief.result.areas_of(ANY)
    if areas:
        yield part.says(brief, "report.periodic.ask.gaps", n=len(areas))
    called = [scorecard.who(call.asked, brief.language) for call in brief.card.calls[:CALLED]]
    if called:
        yield part.says(brief, "report.periodic.ask.data", who="; ".join(called))
    yield part.says(brief, "report.periodic.ask.sharing")
    yield part.says(brief, "report.periodic.closing", name=brief.name)


def _annexes(brief: Brief) -> Iterator[Block]:
    yield Break()
    yield part.heading(brief, "report.annex.maps")
    for theme in REPORTED:
        yield part.picture(brief, theme)
    hamlets = part.hamlets(brief)
    if hamlets is not None:
        yield Break()
        yield part.heading(brief, "report.annex.hamlets")
        yield hamlets
    yield Break(is_landscape=True)
    yield part.heading(brief, "report.annex.formulas")
    yield figure.formulas(brief, brief.card.rows)


_PARTS = (_grounds, _results, _gaps, _sharing, _sites, _asks, _annexes)
