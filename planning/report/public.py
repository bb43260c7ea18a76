"""The edition for the public portal: general figures, nothing about few people, only maps anybody may see."""

from __future__ import annotations

from collections.abc import Iterator

from layers.exchange.paper.block import Block, Break, Paper
from planning.report import head, part
from planning.report.brief import Brief
from planning.runs import ANY
from planning.text import day, share_text, tr

MAP_MM = 140.0


def build(brief: Brief) -> Paper:
    """
    The public edition.

    Parameters
    ----------
    brief
        What it tells of; its audience is the public.

    Returns
    -------
    paper
        Nobody signs it; counts from one to four are written "< 5".
    """
    language = brief.language
    return head.paper(
        brief,
        [*_figures(brief), *_maps(brief)],
        kind=tr("report.public.kind", language),
        subject=tr("report.public.subject", language, name=brief.name, day=day(brief.now.date())),
        is_signed=False,
    )


def _figures(brief: Brief) -> Iterator[Block]:
    yield part.says(brief, "report.public.lead", name=brief.name)
    yield from part.basis(brief)
    if brief.result is not None:
        figures = brief.result.operators[ANY]
        facts = {
            "covered": part.count(brief, figures.covered),
            "uncovered": part.count(brief, figures.uncovered),
            "unknown": part.count(brief, figures.unknown),
            "total": part.count(brief, figures.total),
        }
        share = share_text(figures.share, brief.language)
        yield part.says(brief, "report.people", share=share, **facts)
    yield part.heading(brief, "report.public.targets")
    rows = [row for row in brief.card.rows if row.target.threshold_share is not None and not row.operator]
    yield part.targets(brief, rows)
    hamlets = part.hamlets(brief)
    if hamlets is not None:
        yield part.heading(brief, "report.public.hamlets")
        yield hamlets
    else:
        yield part.says(brief, "report.public.no_hamlets")


def _maps(brief: Brief) -> Iterator[Block]:
    yield Break()
    yield part.heading(brief, "report.annex.maps")
    if ANY not in brief.stock.operators:
        yield part.says(brief, "report.public.no_coverage")
    for theme, is_seen in (("overview", True), ("served", bool(part.seen_hamlets(brief)))):
        if is_seen:
            yield part.picture(brief, theme, height_mm=MAP_MM)
