"""Every kind of paper: which builder, which endings, whom it is for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from geo.errors import InputError
from layers.exchange.document import write_document, write_documents
from layers.exchange.paper.block import Figure, Paper
from layers.exchange.paper.book import write_book
from layers.exchange.paper.press import to_pdf, to_png
from layers.exchange.paper.word import write_word
from layers.exchange.transit import made
from layers.exchange.write import write as write_layer
from planning import data, task
from planning import export as export_job
from planning.release import audience_of, edition
from planning.report import book, hamlet, periodic, petition, public, reminder, shape
from planning.report.brief import Brief, Cover, Known, read
from planning.surroundings import operator_spellings
from planning.task import Standing, Task
from planning.text import tr
from planning.workspace import Workspace, file_slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What is to be written.

    Parameters
    ----------
    kind
        Key of ``KINDS``.
    letterhead
        ``committee`` or ``office``.
    edition
        ``public``, ``internal`` or ``operator:X``; "" for what the kind is meant for.
    hamlet
        Id or name, for the hamlet sheet.
    operator
        Id, for the petition.
    area
        Id of a gap area, for the petition; "" for all of the operator's.
    tasks
        Keys of tasks, for the reminder: a letter for each.
    commune
        Code of one commune; None: the whole workspace.
    """

    kind: str
    letterhead: str = "committee"
    edition: str = ""
    hamlet: str = ""
    operator: str = ""
    area: str = ""
    tasks: tuple[str, ...] = ()
    commune: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    What was written.

    Parameters
    ----------
    path
        The file.
    kind
        Kind of paper.
    sha256
        Digest of the file, hexadecimal.
    n_maps
        Maps in it.
    """

    path: Path
    kind: str
    sha256: str
    n_maps: int


KINDS: Mapping[str, Callable[[Brief, Order], Paper]] = MappingProxyType(
    {
        "periodic": lambda brief, _: periodic.build(brief),
        "hamlet": lambda brief, order: hamlet.build(brief, order.hamlet),
        "petition": lambda brief, order: petition.build(brief, order.operator, order.area),
        "public": lambda brief, _: public.build(brief),
    }
)
"""Kinds of paper that are written as DOCX and PDF."""
REMINDER, FIGURES = "reminder", "figures"
"""The letters that need no figures, and the kind that is a workbook of all figures."""
ALL_KINDS = (*KINDS, REMINDER, FIGURES)
MEANT_FOR = MappingProxyType({"public": "public"})
PAPERS, BUNDLE = (".docx", ".pdf"), ".zip"


def run(workspace: Workspace, order: Order, out: Path, *, now: dt.datetime, language: str) -> Written:
    """
    Write a paper.

    Parameters
    ----------
    workspace
        The workspace.
    order
        What is to be written.
    out
        DOCX or PDF; XLSX for the figures; a zip holds all files of a letter: DOCX, PDF, map, table, shapes.
    now
        Moment that the paper carries.
    language
        ``vi`` or ``en``.

    Returns
    -------
    written
        The file. The same data, order and moment give the same bytes.

    Raises
    ------
    InputError
        There is no such kind, hamlet, operator, area, task or letterhead; the ending does not fit the kind.
    NotFoundError
        ``fonts_missing``.
    StoreError
        The file could not be written.
    """
    if order.kind == REMINDER:
        cover = Cover(
            name=workspace.name,
            letterhead=order.letterhead,
            is_sample=workspace.is_sample,
            now=now,
            language=language,
        )
        return remind(cover, task.read(workspace, today=now.date()), order, out)
    return write(brief_of(workspace, order, now=now, language=language), order, out)


def remind(cover: Cover, tasks: Sequence[Task], order: Order, out: Path) -> Written:
    """
    Write reminders.

    Parameters
    ----------
    cover
        Who writes them, when, in which language.
    tasks
        Tasks of the plan.
    order
        Which tasks; none named: every late one.
    out
        DOCX or PDF of one letter; a zip of several, each as both.

    Returns
    -------
    written
        The file.

    Raises
    ------
    InputError
        ``task_unknown``, ``task_not_pressing``, ``report_many``; ``report_format``.
    """
    ending = out.suffix.lower()
    _require(ending, (*PAPERS, BUNDLE), order.kind)
    letters = reminders(cover, tasks, order)
    if ending in PAPERS and len(letters) != 1:
        raise InputError("report_many", n=len(letters))
    if ending in PAPERS:
        return _single(letters[0][1], out, kind=order.kind)
    found = [file for name, paper in letters for file in both(name, paper)]
    return Written(path=out, kind=order.kind, sha256=write_documents(out, found, now=cover.now), n_maps=0)


def reminders(cover: Cover, tasks: Sequence[Task], order: Order) -> tuple[tuple[str, Paper], ...]:
    """
    A reminder for each task asked for.

    Parameters
    ----------
    cover
        Who writes them, when, in which language.
    tasks
        Tasks of the plan.
    order
        Which tasks; none named: every late one.

    Returns
    -------
    letters
        Name of the file without ending, and the letter.

    Raises
    ------
    InputError
        ``task_unknown``, ``task_not_pressing``.
    """
    keys = order.tasks or tuple(one.id for one in tasks if one.standing is Standing.LATE)
    return tuple((file_name(cover, order, key), reminder.build(cover, tasks, key)) for key in keys)


def brief_of(
    workspace: Workspace,
    order: Order,
    *,
    now: dt.datetime,
    language: str,
    known: Known | None = None,
) -> Brief:
    """
    What an order tells of.

    Parameters
    ----------
    workspace
        The workspace.
    order
        What is to be written.
    now
        Moment that the paper carries.
    language
        ``vi`` or ``en``.
    known
        Results of today, where they were reckoned already.

    Returns
    -------
    brief
        Read for the audience of the order.

    Raises
    ------
    InputError
        ``report_kind``, ``operator_unknown``.
    """
    if order.kind not in ALL_KINDS:
        raise InputError("report_kind", kind=order.kind, known=", ".join(ALL_KINDS))
    meant = f"operator:{order.operator}" if order.operator else MEANT_FOR.get(order.kind, "internal")
    sharing, operator = edition(order.edition or meant)
    return read(
        workspace,
        audience=audience_of(sharing, operator, operator_spellings()),
        letterhead=order.letterhead,
        now=now,
        language=language,
        commune=order.commune,
        known=known,
    )


def noon(day: dt.date) -> dt.datetime:
    """
    The moment that a paper carries.

    Parameters
    ----------
    day
        Day of the paper.

    Returns
    -------
    moment
        Noon of it, so that a paper made twice in a day is the same file.
    """
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def write(brief: Brief, order: Order, out: Path) -> Written:
    """
    Write a paper from what was read.

    Parameters
    ----------
    brief
        What it tells of.
    order
        What is to be written.
    out
        As of :func:`run`.

    Returns
    -------
    written
        The file.

    Raises
    ------
    InputError
        As of :func:`run`.
    """
    ending = out.suffix.lower()
    if order.kind == FIGURES:
        _require(ending, (".xlsx",), order.kind)
        return Written(
            path=out, kind=order.kind, sha256=write_book(book.build(brief), out, now=brief.now), n_maps=0
        )
    _require(ending, (*PAPERS, BUNDLE), order.kind)
    paper = KINDS[order.kind](brief, order)
    if ending in PAPERS:
        return _single(paper, out, kind=order.kind)
    sha256 = write_documents(out, files(brief, order, paper), now=brief.now)
    return Written(path=out, kind=order.kind, sha256=sha256, n_maps=len(_figures(paper)))


def _single(paper: Paper, out: Path, *, kind: str) -> Written:
    is_word = out.suffix.lower() == PAPERS[0]
    sha256 = write_word(paper, out) if is_word else write_document(out, to_pdf(paper))
    return Written(path=out, kind=kind, sha256=sha256, n_maps=len(_figures(paper)))


def _figures(paper: Paper) -> list[Figure]:
    return [block for block in paper.blocks if isinstance(block, Figure)]


def both(name: str, paper: Paper) -> list[tuple[str, bytes]]:
    """
    A paper in both its forms.

    Parameters
    ----------
    name
        Name of the files without ending.
    paper
        The paper.

    Returns
    -------
    files
        Name and bytes of the DOCX, then of the PDF.
    """
    word, _ = made(f"{name}.docx", lambda path: write_word(paper, path))
    return [(f"{name}.docx", word), (f"{name}.pdf", to_pdf(paper))]


def _require(ending: str, known: tuple[str, ...], kind: str) -> None:
    if ending not in known:
        raise InputError("report_format", ending=ending, kind=kind, known=", ".join(known))


def files(brief: Brief, order: Order, paper: Paper) -> list[tuple[str, bytes]]:
    """
    All files of a paper.

    Parameters
    ----------
    brief
        What it tells of.
    order
        What was to be written.
    paper
        The paper.

    Returns
    -------
    files
        Name and bytes: DOCX, PDF, each map as PNG; of a petition also the areas as KML and XLSX.
    """
    found = both(file_name(brief, order, order.hamlet or order.operator), paper)
    found += [
        (f"{tr('report.file.map', brief.language)}_{place}.png", to_png(one, language=brief.language))
        for place, one in enumerate(_figures(paper), 1)
    ]
    return found + (_shapes(brief, order) if order.kind == "petition" else [])


def _shapes(brief: Brief, order: Order) -> list[tuple[str, bytes]]:
    table = petition.shapes(brief, petition.areas(brief, order.operator, order.area))
    texts = data.texts(brief.language)
    labels = {**texts, **export_job.headings(shape.SPEC, texts)}
    notice = tr("common.sample", brief.language) if brief.is_sample else ""
    found = []
    for ending in ("kml", "xlsx"):
        name = f"{tr('report.file.areas', brief.language)}.{ending}"
        content, _ = made(
            name,
            lambda path, ending=ending: write_layer(  # type: ignore[misc]
                table,
                path,
                format=ending,
                spec=shape.SPEC,
                epsg=4326,
                labels=labels,
                notice=notice,
                now=brief.now,
                grid_epsg=brief.stock.epsg,
            ),
        )
        found.append((name, content))
    return found


def file_name(cover: Cover, order: Order, what: str = "") -> str:
    """
    Name of the file of a paper.

    Parameters
    ----------
    cover
        Who writes it, when, in which language.
    order
        What is to be written.
    what
        Hamlet, operator or task that it is about; "" for none.

    Returns
    -------
    name
        ASCII, without ending.
    """
    parts = (tr(f"report.file.{order.kind}", cover.language), what, cover.name, f"{cover.now:%Y%m%d}")
    return "_".join(file_slug(one) for one in parts if one)
