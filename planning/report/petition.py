"""The letter that asks one operator to serve the homes it does not reach, with map, table and shapes."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

from geo.errors import InputError
from layers.exchange.paper.block import Block, Break, Paper, Paragraph
from planning import data, reason
from planning.area import GapArea
from planning.evidence import published
from planning.report import head, part
from planning.report.brief import Brief
from planning.report.shape import SPEC
from planning.runs import ANY, TWO_OR_MORE
from planning.text import tr

WORST = 12
DIFFERING = 3
MAP_MM = 150.0


def areas(brief: Brief, operator: str, area_id: str) -> tuple[GapArea, ...]:
    """
    Areas that the letter is about.

    Parameters
    ----------
    brief
        What it tells of.
    operator
        Id of the operator.
    area_id
        One area, by its key; "" for all of the operator's own.

    Returns
    -------
    areas
        The one asked for, else those with most people first.

    Raises
    ------
    InputError
        ``operator_unknown``, ``gap_unknown``; ``petition_nothing``: nobody is left without its signal.
    """
    known = [one.id for one in data.operators() if one.is_sample == brief.is_sample]
    if operator not in known or brief.result is None or operator not in brief.result.operators:
        raise InputError("operator_unknown", operator=operator, known=", ".join(known))
    if area_id:
        found = tuple(one for one in brief.result.areas if one.id == area_id)
        if not found:
            raise InputError("gap_unknown", area=area_id)
        return found
    own = brief.result.areas_of(operator)
    if not own:
        raise InputError("petition_nothing", operator=operator)
    return own


def build(brief: Brief, operator: str, area_id: str = "") -> Paper:
    """
    A letter to one operator about the homes that it does not serve.

    Parameters
    ----------
    brief
        What it tells of; its audience is that operator.
    operator
        Id of the operator.
    area_id
        One area; "" for all of the operator's.

    Returns
    -------
    paper
        The letter, and an annex with the map.

    Raises
    ------
    InputError
        As of :func:`areas`.
    """
    found = areas(brief, operator, area_id)
    language = brief.language
    name = part.operator_name(operator, language)
    result = brief.result
    if result is None:
        raise InputError("petition_nothing", operator=operator)
    figures = result.operators[operator]
    counts = {
        "covered": part.count(brief, figures.covered),
        "uncovered": part.count(brief, figures.uncovered),
        "unknown": part.count(brief, figures.unknown),
        "total": part.count(brief, figures.total),
    }
    blocks: list[Block] = [
        part.says(brief, "report.petition.ground", name=brief.name),
        part.says(brief, "report.petition.figures", operator=name, **counts),
        _published(brief, operator),
        *part.basis(brief),
        part.says(brief, "report.petition.areas", n=len(found)),
        part.gaps(brief, found[:WORST]),
        *([part.says(brief, "report.petition.more", n=WORST)] if len(found) > WORST else []),
        *part.disagreements(brief, operator=operator, limit=DIFFERING),
        part.says(brief, "report.petition.ask", name=brief.name, operator=name),
        *_asks(brief),
        part.says(brief, "report.petition.closing", operator=name),
        Break(),
        part.heading(brief, "report.petition.annex"),
        _map(brief, operator, found, is_single=bool(area_id)),
        Paragraph(text=tr("report.petition.kml", language), is_note=True),
    ]
    return head.paper(
        brief,
        blocks,
        subject=tr("report.petition.subject", language, n=len(found), name=brief.name),
        addressee=tr("report.addressee", language, who=name),
        recipients=(tr("report.recipient.above", language), tr("office.city", language)),
    )


def _published(brief: Brief, operator: str) -> Paragraph:
    name = part.operator_name(operator, brief.language)
    if operator not in published.shares(brief.beside):
        return part.says(brief, "report.petition.not_published", operator=name)
    share = part.published_share(brief, operator)
    return part.says(brief, "report.petition.published", operator=name, share=share)


def _asks(brief: Brief) -> list[Paragraph]:
    return [part.says(brief, f"report.petition.ask.{number_}") for number_ in (1, 2, 3)]


def _map(brief: Brief, operator: str, found: Sequence[GapArea], *, is_single: bool) -> Block:
    """The whole area; of a single gap, its surroundings up to the nearest mast."""
    whose = found[0].operator if found[0].operator in (ANY, TWO_OR_MORE) else operator
    if not is_single:
        return part.picture(brief, "gap", operator=whose, height_mm=MAP_MM)
    bounds_m = part.surroundings(brief, found[0])
    return part.picture(brief, "gap", operator=whose, bounds_m=bounds_m, chosen=found[0].id, height_mm=MAP_MM)


def shapes(brief: Brief, found: Sequence[GapArea]) -> gpd.GeoDataFrame:
    """
    The areas for the operator's own planning tool.

    Parameters
    ----------
    brief
        What the letter tells of.
    found
        The areas.

    Returns
    -------
    table
        Name and description of each, shapes in EPSG:4326.
    """
    language = brief.language
    rows = [
        {
            "id": area.id,
            "name": tr(
                "report.petition.area",
                language,
                rank=str(area.rank),
                place=area.hamlet or tr("screen.gap.no_hamlet", language),
            ),
            "rank": area.rank,
            "n_people": float(round(area.people)),
            "hamlet": area.hamlet,
            "note": reason.words(area, language, masts=brief.masts),
            "source": tr("report.evidence.estimated", language),
            "as_of": brief.now.date().isoformat(),
            "is_sample": brief.is_sample,
            "sharing": "operator",
        }
        for area in found
    ]
    columns = [column.name for column in SPEC.columns]
    table = gpd.GeoDataFrame(rows, geometry=[area.geometry for area in found], crs=4326)
    return table.reindex(columns=[*columns, "geometry"])
