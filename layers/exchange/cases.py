"""Tables of path-loss cases: plain CSV in, plain CSV out."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pandas as pd

from geo.errors import FileError

MAX_BYTES = 512 * 2**20


def read(path: Path) -> pd.DataFrame:
    """
    Read a CSV file with all cells as text.

    Parameters
    ----------
    path
        File with a header row, UTF-8, comma or semicolon.

    Returns
    -------
    table
        Headings as written, cells as text, empty text where a cell is empty.

    Raises
    ------
    FileError
        The file is missing, empty, too large, not UTF-8 text, or a row has more cells than the header,
        or a heading stands twice.
    """
    if not path.is_file():
        raise FileError("file_missing", file=path.name)
    if not 0 < path.stat().st_size <= MAX_BYTES:
        raise FileError("file_size", file=path.name, n_bytes=path.stat().st_size)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError("file_not_utf8", file=path.name, byte=error.start) from None
    head = text.partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ","))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise FileError("file_empty", file=path.name)
    headings = [cell.strip() for cell in rows[0]]
    twice = next((heading for heading in headings if headings.count(heading) > 1), None)
    if twice is not None:
        raise FileError("column_twice", file=path.name, column=twice)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > len(headings):
            raise FileError("row_too_long", file=path.name, row=number)
    cells = [[cell.strip() for cell in row] + [""] * (len(headings) - len(row)) for row in rows[1:]]
    return pd.DataFrame(cells, columns=headings, dtype=str)


def write(table: pd.DataFrame, path: Path) -> None:
    """
    Write a CSV file beside its place, then put it there.

    Parameters
    ----------
    table
        Columns in order.
    path
        Target file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as stream:
            table.to_csv(stream, index=False, lineterminator="\n")
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
