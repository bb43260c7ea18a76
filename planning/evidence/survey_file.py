"""The survey as a workbook: one row a hamlet, one column a question; written empty, read back judged."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from geo.errors import FileError
from layers.exchange import guard, hamlet_link
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.template import Form, FormColumn, write_form
from layers.exchange.word import fold
from layers.issue import Issue, Severity
from layers.spec import Kind
from planning import data
from planning.evidence.survey import LAYER, Entry, Question, latest
from planning.text import tr
from planning.workspace import Workspace

HAMLET, DAY = "hamlet", "day"


def headings(asked: Sequence[Question], language: str) -> Mapping[str, str]:
    """
    Headings of the workbook.

    Parameters
    ----------
    asked
        What is asked for.
    language
        ``vi`` or ``en``.

    Returns
    -------
    headings
        ``hamlet``, ``day`` and each question by hamlet to its heading.
    """
    own = [question.indicator for question in asked if question.by_hamlet]
    return {
        HAMLET: tr("survey.form.hamlet", language),
        DAY: tr("survey.form.day", language),
        **{name: tr(f"survey.{name}", language) for name in own},
    }


def write(
    workspace: Workspace, asked: Sequence[Question], path: Path, *, language: str, now: dt.datetime
) -> str:
    """
    Write the empty workbook.

    Parameters
    ----------
    workspace
        The workspace: a row for each of its hamlets.
    asked
        What is asked for.
    path
        Where it shall appear.
    language
        ``vi`` or ``en``.
    now
        Moment of writing.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full.
    """
    names = headings(asked, language)
    kinds = {HAMLET: Kind.TEXT, DAY: Kind.DATE}
    whole = {question.indicator: question.whole for question in asked}
    columns = [
        FormColumn(
            heading=heading,
            comment=tr("survey.form.part", language, whole=tr(f"column.{whole[name]}", language))
            if name in whole
            else heading,
            kind=kinds.get(name, Kind.INTEGER),
            low=0 if name in whole else None,
            is_needed=name == HAMLET,
        )
        for name, heading in names.items()
    ]
    rows = [
        (str(name), now.date(), *([None] * (len(columns) - 2)))
        for name in latest(workspace, asked, today=now.date())["name"]
    ]
    form = Form(
        title=tr("survey.form.title", language),
        columns=tuple(columns),
        rows=tuple(rows),
        now=now,
        messages=(tr("template.wrong.title", language), tr("template.wrong", language)),
    )
    return write_form(form, path)


def read(
    workspace: Workspace, asked: Sequence[Question], path: Path, *, name: str | None = None, today: dt.date
) -> tuple[tuple[Entry, ...], tuple[Issue, ...]]:
    """
    Read a filled workbook.

    Parameters
    ----------
    workspace
        The workspace, whose hamlets the rows name.
    asked
        What is asked for.
    path
        The file: XLSX, XLS or CSV.
    name
        Name given by the sender; None: that of the path.
    today
        Day of rows that state none.

    Returns
    -------
    entries
        Cells with a number, each with the row it stands in; empty cells are no answers.
    issues
        Rows whose hamlet or day is not understood, and cells that are no numbers: errors, left out.

    Raises
    ------
    FileError
        ``survey_file_unread``: it cannot be opened, or has no column of hamlets.
    """
    raw = guard.read(path, name=name, limits=Limits.of(data.limits()))
    for table in raw.tables:
        at = _columns(table, asked)
        if HAMLET in at and len(at) > 1:
            return _entries(workspace, table, at, today)
    raise FileError("survey_file_unread", issues=list(raw.issues), file=name or path.name)


def _columns(table: RawTable, asked: Sequence[Question]) -> dict[str, int]:
    told: dict[str, int] = {}
    for language in data.LANGUAGES:
        known = {fold(heading): name for name, heading in headings(asked, language).items()}
        for place, heading in enumerate(table.headings):
            name = known.get(fold(heading))
            if name is not None:
                told.setdefault(name, place)
    for place, heading in enumerate(table.headings):
        if heading.strip() in {question.indicator for question in asked if question.by_hamlet}:
            told.setdefault(heading.strip(), place)
    return told


def _entries(
    workspace: Workspace, table: RawTable, at: Mapping[str, int], today: dt.date
) -> tuple[tuple[Entry, ...], tuple[Issue, ...]]:
    hamlets = hamlet_link.from_table(workspace.store.read("hamlet"))
    entries, issues = [], []
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        answers = {
            indicator: row[place]
            for indicator, place in at.items()
            if indicator not in (HAMLET, DAY) and str("" if row[place] is None else row[place]).strip()
        }
        if not answers:
            continue
        name = str(row[at[HAMLET]] or "").strip()
        link = hamlet_link.find([name], hamlets)
        day = _day(row[at[DAY]], today) if DAY in at else today
        if len(link.hamlets) != 1:
            issues.append(_fault("survey_hamlet_unknown", number, table.headings[at[HAMLET]], name=name))
            continue
        if day is None:
            issues.append(
                _fault("survey_day_unread", number, table.headings[at[DAY]], value=str(row[at[DAY]]))
            )
            continue
        for indicator, cell in answers.items():
            heading = table.headings[at[indicator]]
            value = _number(cell)
            if value is None:
                issues.append(_fault("survey_no_number", number, heading, value=str(cell)))
                continue
            entries.append(
                Entry(
                    indicator=indicator,
                    hamlet_id=link.hamlets[0].id,
                    value=value,
                    surveyed_on=day,
                    row=number,
                    heading=heading,
                )
            )
    return tuple(entries), tuple(issues)


def _fault(code: str, row: int, column: str, **facts: object) -> Issue:
    return Issue(
        code=code,
        severity=Severity.ERROR,
        layer=LAYER,
        row=row,
        column=column,
        facts={"indicator": column, **facts},
    )


def _number(cell: Cell) -> float | None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell) if math.isfinite(cell) else None
    text = str(cell).strip().replace("\u00a0", "").replace(" ", "")
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+", text):
        text = text.replace(".", "")
    return float(text.replace(",", ".")) if re.fullmatch(r"-?\d+([.,]\d+)?", text) else None


def _day(cell: Cell, today: dt.date) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    text = str(cell or "").strip()
    if not text:
        return today
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(text[:10], pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    return None
