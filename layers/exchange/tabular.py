"""Spreadsheets and delimited text: headings found among titles, row numbers kept, nothing dropped unsaid."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import python_calamine

from layers.exchange import habit
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable, Skipped
from layers.exchange.word import fold, tidy
from layers.issue import Issue, Severity

Grid = list[tuple[int, list[Cell]]]
Merged = Iterable[tuple[tuple[int, int], tuple[int, int]]]

DELIMITERS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d[\d.,\s]*(?:e[-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_TOTAL = re.compile(r"(?:tong cong|tong so|tong|cong|total|sum)(?: \d.*)?")
_HEADER_DEPTH = 40
_SPACES = "  "
_GAPS = re.compile(r"(?<=\S) {2,}(?=\S)")


def read_workbook(path: Path, limits: Limits) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Sheets of an XLSX or XLS file.

    Parameters
    ----------
    path
        Server-made path.
    limits
        Largest numbers of rows and columns.

    Returns
    -------
    tables, issues
        Sheets with content, and faults found.

    Raises
    ------
    FileError
        The file is damaged, too large or empty, or no sheet has headings.
    """
    tables: list[RawTable] = []
    faults: list[Issue] = []
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        for name, sheet in sheets:
            if sheet.height > limits.rows or sheet.width > limits.columns:
                raise refusal(
                    "table_too_large", n_rows=sheet.height, n_columns=sheet.width, limit=limits.rows
                )
            values = sheet.to_python(skip_empty_area=False)
            grid: Grid = [
                (number, [_plain(cell) for cell in row]) for number, row in enumerate(values, start=1)
            ]
            if any(cell is not None for _, row in grid for cell in row):
                table, found = to_table(tidy(name), grid, merged=sheet.merged_cell_ranges or ())
                tables.append(table)
                faults += found
    except (python_calamine.CalamineError, OSError):
        raise refusal("workbook_corrupt", detail="book_unreadable") from None
    if not tables:
        raise refusal("file_empty")
    n_unrun = habit.n_unrun_formulas(path)
    if n_unrun:
        faults.append(issue("formula_unrun", Severity.ASK, n=n_unrun))
    return tuple(tables), tuple(faults)


def read_text(text: str, limits: Limits) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Table of a delimited text.

    Parameters
    ----------
    text
        Content of the file, NFC.
    limits
        Largest numbers of rows and columns.

    Returns
    -------
    table, issues
        The table, and faults found.

    Raises
    ------
    FileError
        The text is empty, too large or without headings.
    """
    if not text.strip():
        raise refusal("file_empty")
    csv.field_size_limit(1 << 20)
    line = 1
    grid: Grid = []
    try:
        delimiter = _delimiter(text)
        is_parted = delimiter == _SPACES
        if is_parted:
            text, delimiter = _GAPS.sub("\t", text), "\t"
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for cells in reader:
            if any("\n" in cell and cell.count(delimiter) >= max(2, len(cells) - 1) for cell in cells):
                raise refusal("csv_unclosed_quote", row=line)
            grid.append((line, [_plain(cell) for cell in cells]))
            line = reader.line_num + 1
            if len(grid) > limits.rows or len(cells) > limits.columns:
                raise refusal("table_too_large", n_rows=len(grid), n_columns=len(cells), limit=limits.rows)
    except csv.Error as error:
        raise refusal("csv_syntax", row=line, detail=_csv_fault(str(error))) from None
    grid, joined = _rejoin(grid) if is_parted else (grid, {})
    table, faults = to_table("", grid)
    broken = tuple(Skipped(row=before, kind="continued", text="") for before in joined.values())
    told = [issue("row_joined", Severity.WARNING, row=row, before=before) for row, before in joined.items()]
    table = replace(table, skipped=(*table.skipped, *broken))
    return table, (*faults, *told, *_decimal_commas(table, delimiter))


def _rejoin(grid: Grid) -> tuple[Grid, dict[int, int]]:
    """Rows broken within a cell on a copied page: number of the joined row to that of its first part."""
    width = _usual_width([len(_filled(row)) for _, row in grid])
    out: Grid = []
    joined: dict[int, int] = {}
    for number, row in grid:
        cells = _filled(row)
        before = _filled(out[-1][1]) if out else []
        fits = len(before) < width and len(before) + len(cells) == width + 1 and len(cells) > 1
        if fits and is_number_text(str(before[0])) and not is_number_text(str(cells[0])):
            joined[number] = out[-1][0]
            out[-1] = number, [*before[:-1], f"{before[-1]} {cells[0]}", *cells[1:]]
        else:
            out.append((number, row))
    return out, joined


def _csv_fault(said: str) -> str:
    """Word of the product for what the CSV reader says."""
    words = (("field larger", "csv_long_cell"), ("nul", "csv_nul"), ("unexpected end", "csv_open_quote"))
    return next((code for start, code in words if start in said.lower()), "csv_quotes")


def to_table(name: str, grid: Grid, *, merged: Merged = ()) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Table in a grid of cells.

    Parameters
    ----------
    name
        Name of the sheet.
    grid
        Rows with their numbers as the user sees them.
    merged
        Merged ranges ((row, column), (row, column)), counted from 0, ends included.

    Returns
    -------
    table, issues
        Headings, data rows and what was left out; rows with too many cells as faults.

    Raises
    ------
    FileError
        No row looks like headings (``csv_header``), or nothing stands under them (``table_empty``).
    """
    merged = tuple(merged)
    at = _header_at(grid, merged)
    headings, n_levels = _headings(grid, at, merged)
    columns = [number for number, heading in enumerate(headings) if heading]
    shown = _unique([headings[number] for number in columns])
    grid, n_filled = habit.fill_merged(grid, merged, top=at + n_levels, headings=headings)
    skipped = [
        Skipped(row=number, kind="title" if _texts(row) else "blank", text=" ".join(_texts(row))[:80])
        for number, row in grid[:at]
    ]
    rows: list[tuple[Cell, ...]] = []
    numbers: list[int] = []
    faults = [issue("cell_merged", Severity.INFO, n=n_filled)] if n_filled else []
    body = grid[at + n_levels :]
    last = _last_full(body, n_columns=len(columns))
    folded = [fold(heading) for heading in headings]
    for place, (number, row) in enumerate(body):
        kind = _kind(row, folded, n_columns=len(columns), is_inside=place < last)
        if kind:
            skipped.append(Skipped(row=number, kind=kind, text=" ".join(_texts(row))[:80]))
            continue
        cells, fault = _fit(row, len(headings), number)
        faults += fault
        rows.append(tuple(cells[column] for column in columns))
        numbers.append(number)
    if not rows:
        raise refusal("table_empty", sheet=name)
    titles = tuple(text for _, row in grid[:at] for text in _texts(row))
    names, cells_of = habit.join_angles(shown, rows)
    table = RawTable(
        name=name,
        headings=names,
        rows=cells_of,
        row_numbers=tuple(numbers),
        titles=titles,
        skipped=tuple(skipped),
    )
    return table, tuple(faults)


def is_number_text(text: str) -> bool:
    """
    Tell whether a text is nothing but a number.

    Parameters
    ----------
    text
        Text of a cell.

    Returns
    -------
    is_number
        True for digits with signs, points, commas and spaces, and for nan and inf.
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def _plain(cell: object) -> Cell:
    if isinstance(cell, str):
        return tidy(cell) or None
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    if cell is None or isinstance(cell, bool | int | float | dt.date):
        return cell
    return tidy(str(cell)) or None


def _filled(row: list[Cell]) -> list[Cell]:
    return [cell for cell in row if cell is not None]


def _texts(row: list[Cell]) -> list[str]:
    return [str(cell) for cell in row if cell is not None]


def _header_at(grid: Grid, merged: Merged) -> int:
    top = grid[:_HEADER_DEPTH]
    width = _usual_width([len(_filled(row)) for _, row in top])
    covered = {
        place: sum(
            end[1] - start[1] for start, end in merged if start[0] == place and end[1] - start[1] < width - 1
        )
        for place in range(len(top))
    }
    for place, (_, row) in enumerate(top):
        cells = _filled(row)
        words = [cell for cell in cells if isinstance(cell, str) and not is_number_text(cell)]
        if cells and len(cells) + covered[place] >= 0.6 * width and len(words) >= 0.7 * len(cells):
            return place
    raise refusal("csv_header", row=grid[0][0] if grid else 1)


def _usual_width(widths: list[int]) -> int:
    """Largest width, unless a single row sticks out a little from rows that agree with each other."""
    largest = max(widths, default=0)
    repeated = max((width for width, count in Counter(widths).items() if count > 1), default=largest)
    return repeated if largest <= 2 * repeated else largest


def _headings(grid: Grid, at: int, merged: Merged) -> tuple[list[str], int]:
    first = ["" if cell is None else str(cell) for cell in grid[at][1]]
    wide = [(start, end) for start, end in merged if start[0] == at and end[1] > start[1] and end[0] == at]
    if not wide or at + 1 >= len(grid):
        return first, 1
    second = ["" if cell is None else str(cell) for cell in grid[at + 1][1]]
    second += [""] * (len(first) - len(second))
    for start, end in wide:
        for column in range(start[1], min(end[1] + 1, len(first))):
            first[column] = first[start[1]]
    return [
        f"{over} / {under}" if over and under else over or under
        for over, under in zip(first, second, strict=False)
    ], 2


def _unique(headings: list[str]) -> list[str]:
    counts: Counter[str] = Counter()
    out = []
    for heading in headings:
        counts[heading] += 1
        out.append(heading if counts[heading] == 1 else f"{heading} ({counts[heading]})")
    return out


def _kind(row: list[Cell], headings: list[str], *, n_columns: int, is_inside: bool) -> str | None:
    cells = _filled(row)
    if not cells:
        return "blank"
    folded = [fold(str(cell)) if cell is not None else "" for cell in row]
    if [text for text in folded if text] == [heading for heading in headings if heading]:
        return "header"
    if isinstance(cells[0], str) and _TOTAL.fullmatch(fold(cells[0])):
        return "total"
    if len(cells) == 1 and n_columns >= 3:
        return "section" if is_inside else "note"
    if is_inside:
        return "section" if habit.is_section(cells, n_columns=n_columns) else None
    return "note" if habit.is_footer(cells, n_columns=n_columns) else None


def _last_full(body: Grid, *, n_columns: int) -> int:
    """Place of the last row that is no signature, -1 where there is none."""
    rows = [(place, _filled(row)) for place, (_, row) in enumerate(body)]
    full = (
        place for place, cells in rows if len(cells) > 1 and not habit.is_footer(cells, n_columns=n_columns)
    )
    return max(full, default=-1)


def _fit(row: list[Cell], width: int, number: int) -> tuple[list[Cell], list[Issue]]:
    """Cells as many as headings: an unquoted comma within a text is mended, other surplus is a fault."""
    extra = len(row) - width
    if extra <= 0:
        return [*row, *([None] * -extra)], []
    if all(cell is None for cell in row[width:]):
        return row[:width], []
    words = [isinstance(cell, str) and not is_number_text(cell) for cell in row]
    joints = [place for place in range(1, len(row)) if words[place] and words[place - 1]]
    if len(joints) == extra:
        cells: list[Cell] = []
        for place, cell in enumerate(row):
            if place in joints:
                cells[-1] = f"{cells[-1]}, {cell}"
            else:
                cells.append(cell)
        return cells, [issue("csv_unquoted_comma", Severity.WARNING, row=number, n_extra=extra)]
    return row[:width], [issue("csv_row_width", row=number, n_cells=len(row), n_headings=width)]


def _delimiter(text: str) -> str:
    lines = [line for line in text.splitlines()[:30] if line.strip()]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        width, n_rows = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        score = (n_rows / len(lines) if width > 1 else 0.0, width)
        if score > best_score:
            best, best_score = delimiter, score
    parted = sum(_GAPS.search(line) is not None for line in lines) / len(lines)
    return _SPACES if best_score[0] < 0.6 and parted > 0.6 else best


def _decimal_commas(table: RawTable, delimiter: str) -> tuple[Issue, ...]:
    pattern = re.compile(r"-?\d+,\d+")
    cells = [cell for row in table.rows for cell in row if isinstance(cell, str)]
    found = next((cell for cell in cells if pattern.fullmatch(cell)), None)
    if delimiter == "," or found is None:
        return ()
    return (issue("csv_decimal_comma", Severity.WARNING, example=found),)
