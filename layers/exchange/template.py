"""Forms to be filled in: a workbook of one sheet with lists, comments and the rows that are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from layers.exchange.sheet import FORMULA_STARTS
from layers.exchange.staging import publish
from layers.spec import Kind

ROWS_READY = 2_000
"""Rows that carry the lists, so that a long table can be pasted."""
LIST_CHARS = 255
"""Longest list that a spreadsheet takes inside a cell's rule."""
_HEAD = PatternFill("solid", start_color="FFDCE9EE")
_NEEDED = PatternFill("solid", start_color="FFFCE4B6")
_ASKED = PatternFill("solid", start_color="FFFFF6BF")
_THIN = Border(*(Side(style="thin", color="FFB8C4CA"),) * 4)
CellValue = str | int | float | dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormColumn:
    """
    One column of a form.

    Parameters
    ----------
    heading
        Text of the first row; the import knows what it means.
    comment
        What to write there.
    kind
        Type of its values.
    low, high
        Range allowed, or None.
    words
        Words to choose from; empty: free.
    is_needed
        True where every row must have a value.
    """

    heading: str
    comment: str
    kind: Kind = Kind.TEXT
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    is_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """
    A form.

    Parameters
    ----------
    title
        Name of its sheet.
    columns
        Columns in order.
    rows
        Rows already filled in.
    asked
        Cells to be filled in by whoever gets the form, as (row, column) counted from 0.
    now
        Moment of writing.
    messages
        Title and text of the spreadsheet's own message where a value is not one of the list.
    """

    title: str
    columns: tuple[FormColumn, ...]
    rows: tuple[tuple[CellValue, ...], ...]
    now: dt.datetime
    asked: frozenset[tuple[int, int]] = frozenset()
    messages: tuple[str, str] = ("", "")


def write_form(form: Form, path: Path) -> str:
    """
    Write a form as XLSX, whole or not at all.

    Parameters
    ----------
    form
        The form.
    path
        Where the file shall appear.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full.
    """
    _, sha256 = publish(path, partial(_build, name=path.name, form=form))
    return sha256


def _build(folder: Path, *, name: str, form: Form) -> tuple[Path, int]:
    book = Workbook()
    moment = form.now.replace(tzinfo=None)
    book.properties.created = book.properties.modified = moment
    book.remove(book.worksheets[0])
    sheet: Worksheet = book.create_sheet(form.title[:31])
    for place, column in enumerate(form.columns, start=1):
        _head(sheet, place, column)
        _rule(sheet, place, column, form.messages)
    for number, row in enumerate(form.rows):
        for place, value in enumerate(row):
            cell = sheet.cell(row=number + 2, column=place + 1, value=_inert(value))
            cell.border = _THIN
            if isinstance(value, dt.date):
                cell.number_format = "dd/mm/yyyy"
            if (number, place) in form.asked:
                cell.fill = _ASKED
    sheet.freeze_panes = "A2"
    sheet.row_dimensions[1].height = 48
    built = folder / name
    book.save(built)
    return built, len(form.rows)


def _head(sheet: Worksheet, place: int, column: FormColumn) -> None:
    cell = sheet.cell(row=1, column=place, value=column.heading)
    cell.font = Font(bold=True)
    cell.fill = _NEEDED if column.is_needed else _HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    cell.border = _THIN
    cell.comment = Comment(column.comment, "hatangso", width=320, height=130)
    sheet.column_dimensions[get_column_letter(place)].width = max(12, min(28, len(column.heading) + 4))


def _rule(sheet: Worksheet, place: int, column: FormColumn, messages: tuple[str, str]) -> None:
    rule = _validation(column)
    if rule is None:
        return
    rule.allow_blank = True
    rule.errorTitle, rule.error = messages[0], messages[1]
    rule.errorStyle = "warning"
    rule.showErrorMessage = True
    letter = get_column_letter(place)
    rule.add(f"{letter}2:{letter}{ROWS_READY + 1}")
    sheet.add_data_validation(rule)


def _validation(column: FormColumn) -> DataValidation | None:
    words = ",".join(word.replace(",", "") for word in column.words)
    if words and len(words) <= LIST_CHARS and column.kind is not Kind.LIST:
        return DataValidation(type="list", formula1=f'"{words}"')
    if column.kind is Kind.DATE:
        return DataValidation(type="date", operator="between", formula1="18264", formula2="73050")
    if column.kind in (Kind.INTEGER, Kind.REAL) and column.low is not None and column.high is not None:
        low, high = f"{column.low:.10g}", f"{column.high:.10g}"
        if column.kind is Kind.INTEGER:
            return DataValidation(type="whole", operator="between", formula1=low, formula2=high)
        return DataValidation(type="decimal", operator="between", formula1=low, formula2=high)
    return None


def _inert(value: CellValue) -> CellValue:
    """A text that a spreadsheet cannot take for a formula."""
    is_risky = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if is_risky else value


def plain_words(words: Sequence[str]) -> tuple[str, ...]:
    """
    Words as a list of a spreadsheet can hold them.

    Parameters
    ----------
    words
        Words, some with commas.

    Returns
    -------
    words
        Without commas; the import takes them for the same.
    """
    return tuple(word.replace(",", "") for word in words)
