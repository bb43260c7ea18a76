"""Habits of office sheets: merged cells, angles in three columns, signatures, formulas never run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from layers.exchange.raw import Cell
from layers.exchange.word import fold

Grid = list[tuple[int, list[Cell]]]
Range = tuple[tuple[int, int], tuple[int, int]]

_POSITION = re.compile(r"\b(?:kinh|vi|toa do|lat|lon|lng|x|y|e|n|bac|dong)\b")
_PART = re.compile(r"(?P<stem>.+?) (?P<part>do|phut|giay|deg|min|sec|d|m|s)")
_PARTS = {"do": 0, "deg": 0, "d": 0, "phut": 1, "min": 1, "m": 1, "giay": 2, "sec": 2, "s": 2}
_SIGNS = ("°", "'", '"')
_ANGLE_STEM = re.compile(r"\b(?:kinh do|vi do|kinh tuyen|vi tuyen|lat\w*|lon\w*|lng)\b")
_ROMAN = re.compile(r"(?:[IVXLC]+|[A-ZĐ])[.)]?")
_FOOTER = re.compile(
    r"\b(?:nguoi lap|lap bieu|chu tich|uy ban nhan dan|thu truong|ke toan|noi nhan|xac nhan|ky ten|"
    r"nguoi kiem tra|thang \d* ?nam)\b"
)
_UNRUN = re.compile(rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_CHUNK_BYTES = 1 << 20
_OVERLAP_BYTES = 1 << 12


def fill_merged(
    grid: Grid, merged: Iterable[Range], *, top: int, headings: Sequence[str]
) -> tuple[Grid, int]:
    """
    The grid with each cell merged over several rows read as standing in every one of them.

    Parameters
    ----------
    grid
        Rows with their numbers, all rows of the sheet.
    merged
        Merged ranges ((row, column), (row, column)), counted from 0, ends included.
    top
        First row under the headings, counted from 0.
    headings
        Heading of each column.

    Returns
    -------
    grid
        A new grid. Numbers are repeated for positions only: a count is said once for all the rows together.
    n_filled
        Cells that took a value.
    """
    rows = [(number, list(row)) for number, row in grid]
    n_filled = 0
    for (first, column), (last, end) in merged:
        if column != end or first < top or last <= first or last >= len(rows) or column >= len(headings):
            continue
        value = rows[first][1][column] if column < len(rows[first][1]) else None
        is_repeated = isinstance(value, str) or _POSITION.search(fold(headings[column])) is not None
        if value is None or not is_repeated:
            continue
        for place in range(first + 1, last + 1):
            if column < len(rows[place][1]) and rows[place][1][column] is None:
                rows[place][1][column] = value
                n_filled += 1
    return rows, n_filled


def join_angles(
    headings: Sequence[str], rows: Sequence[tuple[Cell, ...]]
) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """
    Degrees, minutes and seconds in columns of their own as one column.

    Parameters
    ----------
    headings
        Headings, for instance ``Kinh độ / Độ``, ``Kinh độ / Phút``, ``Kinh độ / Giây``.
    rows
        Cells of each row.

    Returns
    -------
    headings, rows
        ``Kinh độ`` with ``106°39'12.5"`` in the place of the three; all else as it was.
    """
    found: dict[str, dict[int, int]] = {}
    for place, heading in enumerate(headings):
        match = _PART.fullmatch(fold(heading))
        if match and _ANGLE_STEM.search(match["stem"]):
            found.setdefault(match["stem"], {})[_PARTS[match["part"]]] = place
    groups = [[parts[0], parts[1], *([parts[2]] if 2 in parts else [])]
              for parts in found.values() if {0, 1} <= parts.keys()]  # fmt: skip
    if not groups:
        return tuple(headings), tuple(rows)
    lead = {group[0]: group for group in groups}
    gone = {place for group in groups for place in group[1:]}
    kept = [place for place in range(len(headings)) if place not in gone]
    names = [re.split(r"\s*[/(]", headings[p], maxsplit=1)[0] if p in lead else headings[p] for p in kept]
    joined = [tuple(_angle(row, lead[p]) if p in lead else row[p] for p in kept) for row in rows]
    return tuple(names), tuple(joined)


def _angle(row: tuple[Cell, ...], places: Sequence[int]) -> Cell:
    parts = [row[place] for place in places]
    if parts[0] is None:
        return None
    return "".join(
        f"{_bare(part)}{sign}" for part, sign in zip(parts, _SIGNS, strict=False) if part is not None
    )


def _bare(cell: Cell) -> str:
    whole = int(cell) if isinstance(cell, float) and cell.is_integer() else cell
    return str(whole).strip(" °'\"")


def is_section(cells: Sequence[Cell], *, n_columns: int) -> bool:
    """
    Tell a row that opens a part of a list: ``II`` and a name.

    Parameters
    ----------
    cells
        Filled cells of the row.
    n_columns
        Columns of the table.

    Returns
    -------
    is_section
        True for a Roman number or capital and one text.
    """
    if len(cells) != 2 or n_columns < 4:
        return False
    return _ROMAN.fullmatch(str(cells[0])) is not None and isinstance(cells[1], str)


def is_footer(cells: Sequence[Cell], *, n_columns: int) -> bool:
    """
    Tell the words under a list: who made it, who signs it, when.

    Parameters
    ----------
    cells
        Filled cells of a row below the last full one.
    n_columns
        Columns of the table.

    Returns
    -------
    is_footer
        True for a few texts of which one is such a word.
    """
    return len(cells) <= max(2, n_columns // 2) and any(_FOOTER.search(fold(str(cell))) for cell in cells)


def n_unrun_formulas(path: Path) -> int:
    """
    Cells of a workbook whose formula was never computed: the file holds no value for them.

    Parameters
    ----------
    path
        Server-made path of an XLSX file; any other kind has none.

    Returns
    -------
    n_cells
        Number of such cells.
    """
    if not zipfile.is_zipfile(path):
        return 0
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(_count(book, name) for name in sheets)


def _count(book: zipfile.ZipFile, name: str) -> int:
    n_cells, kept = 0, b""
    with book.open(name) as sheet:
        while block := sheet.read(_CHUNK_BYTES):
            text = kept + block
            last = 0
            for match in _UNRUN.finditer(text):
                n_cells += 1
                last = match.end()
            kept = text[max(last, len(text) - _OVERLAP_BYTES) :]
    return n_cells
