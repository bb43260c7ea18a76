"""Tables of figures as one workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from layers.exchange.bundle import date_workbook
from layers.exchange.sheet import plain_cell
from layers.exchange.staging import publish

Value = str | float | int | None
WIDEST = 60
SHADE = "DDE7EA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    One table.

    Parameters
    ----------
    title
        Name of its sheet.
    headings
        A heading for each column.
    rows
        Texts and numbers; None where nothing is known.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def write_book(sheets: Sequence[Sheet], path: Path, *, now: dt.datetime) -> str:
    """
    Write tables as XLSX, whole or not at all.

    Parameters
    ----------
    sheets
        The tables.
    path
        Where the file shall appear.
    now
        Date that the file carries: the same tables give the same bytes.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full.
    """
    _, sha256 = publish(path, partial(_build, name=path.name, sheets=sheets, now=now))
    return sha256


def _build(folder: Path, *, name: str, sheets: Sequence[Sheet], now: dt.datetime) -> tuple[Path, int]:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.created = book.properties.modified = now.astimezone(dt.UTC).replace(tzinfo=None)
    book.properties.creator = ""
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title[:31]), sheet)
    built = folder / name
    book.save(built)
    book.close()
    date_workbook(built, now=now)
    return built, sum(len(sheet.rows) for sheet in sheets)


def _fill(page: Worksheet, sheet: Sheet) -> None:
    page.append([plain_cell(heading) for heading in sheet.headings])
    for row in sheet.rows:
        page.append([plain_cell(value) for value in row])
    page.freeze_panes = "A2"
    for cell in page[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=SHADE)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for place, heading in enumerate(sheet.headings):
        longest = max([len(str(row[place] or "")) for row in sheet.rows] + [len(heading)])
        page.column_dimensions[get_column_letter(place + 1)].width = min(longest + 2, WIDEST)
