"""Tables, sentences and maps that several papers share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from geo.gap import Figures
from layers.exchange.paper.block import WIDTH_MM, Block, Figure, Heading, Paragraph, Table
from layers.exchange.plate.view import Bounds
from planning import data, reason
from planning.area import GapArea
from planning.evidence import published
from planning.gap import HamletFigures
from planning.plate import job as plates
from planning.release import UNSTATED
from planning.report.brief import Brief, Cover
from planning.runs import ANY, TWO_OR_MORE
from planning.scorecard import job as scorecard
from planning.scorecard.job import Row
from planning.scorecard.standing import lacking_share, standing, unknown_share
from planning.text import day, number, points_text, share_text, tr

DASH = "–"
MAP_MM = 150.0


def targets(brief: Brief, rows: Sequence[Row]) -> Table:
    """
    Targets against today.

    Parameters
    ----------
    brief
        What the paper tells of.
    rows
        Rows of the scorecard.

    Returns
    -------
    table
        Target – wanted by 2030 – today – lacking – not known – published by the operator – evidence and date.
    """
    return Table(
        headings=headings(
            brief, "number", "target", "wanted", "today", "lacking", "unknown", "published", "source"
        ),
        rows=tuple(_target(brief, place, row) for place, row in enumerate(rows, start=1)),
        widths=(5, 33, 11, 12, 11, 11, 11, 18),
        numeric=frozenset({2, 3, 4, 5, 6}),
        size_pt=10.0,
    )


def headings(brief: Brief, *names: str) -> tuple[str, ...]:
    """
    Headings of a table.

    Parameters
    ----------
    brief
        What the paper tells of.
    names
        Their keys ``report.column.<name>``.

    Returns
    -------
    headings
        In the paper's language.
    """
    return tuple(tr(f"report.column.{name}", brief.language) for name in names)


def _target(brief: Brief, place: int, row: Row) -> tuple[str, ...]:
    language = brief.language
    return (
        str(place),
        f"{scorecard.sentence(row, language)} ({row.target.clause})",
        _share(row.target.threshold_share, language),
        value(row, language),
        _share(lacking_share(row), language),
        _share(unknown_share(row), language),
        published_share(brief, row.operator),
        _kind_and_date(brief, row),
    )


def published_share(brief: Brief, operator: str) -> str:
    """
    What an operator publishes of its coverage, never mixed with ours.

    Parameters
    ----------
    brief
        What the paper tells of.
    operator
        Operator id; "" for a figure that is no operator's.

    Returns
    -------
    text
        Share of the people inside the area that it declares; words where it declares none.
    """
    if operator in ("", ANY, TWO_OR_MORE):
        return DASH
    share = published.shares(brief.beside).get(operator)
    return tr("report.not_published", brief.language) if share is None else share_text(share, brief.language)


def _kind_and_date(brief: Brief, row: Row) -> str:
    """Kind of evidence, and the date of the oldest row it rests on."""
    told = tr(f"report.evidence.{evidence(row)}", brief.language)
    oldest = row.oldest_input
    return f"{told}; {day(dt.date.fromisoformat(oldest[:10]))}" if oldest else told


def evidence(row: Row) -> str:
    """
    Kind of evidence that a figure is.

    Parameters
    ----------
    row
        A row of the scorecard.

    Returns
    -------
    kind
        ``estimated`` where it rests on the coverage estimate, ``surveyed`` where hamlets or offices were
        asked, else ``counted`` in the data set.
    """
    if "cell" in row.target.layers:
        return "estimated"
    return "surveyed" if "survey" in row.target.layers else "counted"


def value(row: Row, language: str) -> str:
    """
    What a target reads today.

    Parameters
    ----------
    row
        A row of the scorecard.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        The share, or the figure itself where it is none; words where there are no data.
    """
    if row.reading.value is not None:
        digits = 0 if row.reading.value.is_integer() else 2
        return number(row.reading.value, language, digits=digits)
    return tr("state.unknown", language) if row.share is None else share_text(row.share, language)


def _share(share: float | None, language: str) -> str:
    return DASH if share is None else share_text(share, language)


def count(brief: Brief, people: float) -> str:
    """
    A number of people as this audience may read it.

    Parameters
    ----------
    brief
        What the paper tells of.
    people
        The number.

    Returns
    -------
    text
        Whole; in papers that leave the office, "< 5" for one to four.
    """
    fewest = data.setting("sharing_fewest")
    if brief.audience.sharing != UNSTATED and 0 < people < fewest:
        return f"< {number(fewest, brief.language)}"
    return number(people, brief.language)


def operators(brief: Brief) -> Table | None:
    """
    People by operator.

    Parameters
    ----------
    brief
        What the paper tells of.

    Returns
    -------
    table
        Three states of each operator, of any and of two or more; None where nothing was estimated.
    """
    if brief.result is None:
        return None
    return Table(
        headings=headings(brief, "operator", "covered", "uncovered", "unknown", "total", "share", "assumed"),
        rows=tuple(
            (operator_name(name, brief.language), *_states(brief, figures), _assumed(brief, figures))
            for name, figures in brief.result.operators.items()
        ),
        widths=(30, 13, 13, 13, 13, 11, 16),
        numeric=frozenset(range(1, 7)),
        size_pt=10.5,
    )


def _assumed(brief: Brief, figures: Figures) -> str:
    return share_text(figures.assumed_share, brief.language)


def _states(brief: Brief, figures: Figures) -> tuple[str, ...]:
    parts = (figures.covered, figures.uncovered, figures.unknown, figures.total)
    is_known = figures.total > figures.unknown
    share = share_text(figures.share, brief.language) if is_known else tr("state.unknown", brief.language)
    return (*(count(brief, part) for part in parts), share)


def operator_name(operator: str, language: str) -> str:
    """
    Name of an operator, of ``any`` or of ``two_or_more``.

    Parameters
    ----------
    operator
        Operator id or one of the two words.
    language
        ``vi`` or ``en``.

    Returns
    -------
    name
        In words.
    """
    if operator in (ANY, TWO_OR_MORE):
        return tr(f"operator.{operator}", language)
    return scorecard.who(operator, language)


def gaps(brief: Brief, areas: Sequence[GapArea]) -> Table:
    """
    Areas without signal, ranked by people.

    Parameters
    ----------
    brief
        What the paper tells of.
    areas
        The areas.

    Returns
    -------
    table
        Where, how many people, why, and the nearest road.
    """
    language = brief.language
    return Table(
        headings=headings(brief, "number", "where", "people", "place", "why", "evidence"),
        rows=tuple(
            (
                str(area.rank),
                area.hamlet or tr("screen.gap.no_hamlet", language),
                count(brief, area.people),
                coordinates(area, language),
                reason.words(area, language, masts=brief.masts),
                tr("report.evidence.estimated", language),
            )
            for area in areas
        ),
        widths=(5, 18, 9, 20, 34, 12),
        numeric=frozenset({2}),
        size_pt=10.5,
    )


def coordinates(area: GapArea, language: str) -> str:
    """
    Where an area is, so that a surveyor finds it.

    Parameters
    ----------
    area
        The area.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        Latitude and longitude (WGS 84), five decimals: about a metre.
    """
    north, east = (number(one, language, digits=5) for one in (area.lat, area.lon))
    return tr("report.coordinates", language, north=north, east=east)


def hamlets(brief: Brief, operator: str = ANY) -> Table | None:
    """
    People by hamlet.

    Parameters
    ----------
    brief
        What the paper tells of.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    table
        Hamlets that the audience may see, those with most people without signal first; None where there is
        none.
    """
    rows = [row for row in seen_hamlets(brief) if row.figures[operator].total]
    if not rows:
        return None
    rows.sort(key=lambda row: (-row.figures[operator].uncovered, -row.figures[operator].unknown, row.name))
    return Table(
        headings=headings(brief, "hamlet", "covered", "uncovered", "unknown", "total", "share"),
        rows=tuple((row.name, *_states(brief, row.figures[operator])) for row in rows),
        widths=(30, 14, 16, 16, 12, 12),
        numeric=frozenset(range(1, 6)),
        size_pt=10.5,
    )


def seen_hamlets(brief: Brief) -> list[HamletFigures]:
    """
    Hamlets whose rows the audience may see.

    Parameters
    ----------
    brief
        What the paper tells of.

    Returns
    -------
    hamlets
        As in the gap analysis.
    """
    if brief.result is None:
        return []
    seen = set(brief.stock.tables["hamlet"]["id"].astype(str))
    return [row for row in brief.result.hamlets if row.id in seen]


def basis(brief: Brief) -> Iterator[Block]:
    """
    What the figures rest on: how people were counted, what was assumed.

    Parameters
    ----------
    brief
        What the paper tells of.

    Yields
    ------
    block
        Sentences.
    """
    language = brief.language
    registered = brief.result.registered if brief.result is not None else None
    stated = tr("report.basis.unknown", language)
    if registered is not None:
        stated = tr("report.basis.registered", language, n=number(registered, language))
    said = tr(brief.card.basis, language)
    yield Paragraph(text=tr("report.basis", language, basis=said, registered=stated))
    if brief.result is None:
        yield Paragraph(text=tr("report.no_estimate", language))
        return
    made = day(dt.datetime.fromisoformat(brief.result.made_at).date())
    yield Paragraph(text=tr("report.estimate", language, day=made))
    for key in brief.result.assumptions:
        yield Paragraph(text="- " + tr(key, language))
    if not brief.result.is_current:
        yield Paragraph(text=tr("report.outdated", language))


def unknowns(brief: Brief, *, limit: int) -> Iterator[Block]:
    """
    What is not known, by name, the weightiest first.

    Parameters
    ----------
    brief
        What the paper tells of.
    limit
        How many are named.

    Yields
    ------
    block
        One sentence for each who could tell, or that nothing is missing.
    """
    language = brief.language
    if not brief.card.calls:
        yield Paragraph(text=tr("report.nothing_missing", language))
    for call in brief.card.calls[:limit]:
        points = points_text(call.share, language)
        wanted = list(dict.fromkeys(scorecard.missing_text(one, language) for _, one in call.wants))
        yield Paragraph(
            text=tr(
                "report.missing",
                language,
                who=scorecard.who(call.asked, language),
                points=points,
                what="; ".join(wanted[:2]),
            )
        )


def disagreements(brief: Brief, *, operator: str = "", limit: int) -> Iterator[Block]:
    """
    Kinds of evidence that do not go together, most people first.

    Parameters
    ----------
    brief
        What the paper tells of.
    operator
        Only those of one operator; "" for all.
    limit
        How many are named.

    Yields
    ------
    block
        A sentence for each; nothing where all agree.
    """
    found = brief.beside.of_operator(operator) if operator else brief.beside.disagreements
    for one in found[:limit]:
        yield Paragraph(
            text=tr(
                "report.disagreement",
                brief.language,
                hamlet=one.sides.hamlet,
                operator=one.sides.operator,
                what=tr(f"disagreement.{one.code}", brief.language),
            )
        )


def picture(
    brief: Brief,
    theme: str,
    *,
    operator: str = ANY,
    bounds_m: Bounds | None = None,
    chosen: str = "",
    height_mm: float = MAP_MM,
) -> Figure:
    """
    A map as wide as the text.

    Parameters
    ----------
    brief
        What the paper tells of.
    theme
        Key of ``planning.plate.theme.THEMES``.
    operator
        Operator id, ``any`` or ``two_or_more``.
    bounds_m
        What to show [m]; None: the whole area.
    chosen
        Id of the gap area that it is about; "" for none.
    height_mm
        Height on paper.

    Returns
    -------
    figure
        The map.
    """
    return plates.figure(
        brief.stock,
        theme,
        width_mm=WIDTH_MM,
        height_mm=height_mm,
        operator=operator,
        bounds_m=bounds_m,
        chosen=chosen,
    )


def surroundings(brief: Brief, area: GapArea) -> Bounds:
    """
    Extent that shows a gap area and the mast nearest to it.

    Parameters
    ----------
    brief
        What the paper tells of.
    area
        The area.

    Returns
    -------
    bounds_m
        In the CRS of the maps [m].
    """
    return plates.around(brief.stock, area)


def heading(cover: Cover, key: str, level: int = 1, **facts: object) -> Heading:
    """
    A heading in the paper's language.

    Parameters
    ----------
    cover
        Whose language it is.
    key
        Text key.
    level
        1 for a part, 2 below.
    facts
        Values that it names.

    Returns
    -------
    heading
        The heading.
    """
    return Heading(text=tr(key, cover.language, **facts), level=level)


def says(cover: Cover, key: str, **facts: object) -> Paragraph:
    """
    A paragraph in the paper's language.

    Parameters
    ----------
    cover
        Whose language it is.
    key
        Text key.
    facts
        Values that it names.

    Returns
    -------
    paragraph
        The paragraph.
    """
    return Paragraph(text=tr(key, cover.language, **facts))


def is_missed(row: Row) -> bool:
    """
    Tell whether a target is certainly not reached.

    Parameters
    ----------
    row
        A row of the scorecard.

    Returns
    -------
    is_missed
        True where even all that is unknown could not reach it.
    """
    return standing(row) == "missed"
