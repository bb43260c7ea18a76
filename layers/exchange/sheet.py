"""Layers as tables: CSV and XLSX with degrees and VN-2000 X (north) and Y (east)."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from geo.crs import WGS84, move
from geo.errors import InputError
from layers.exchange.bundle import date_workbook
from layers.exchange.feature import TOLERANCE_M
from layers.exchange.frame import XML_FORBIDDEN, Frame, Shapes, describe_crs, distance_m, is_placeable, unique
from layers.exchange.staging import damaged

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""ASCII and full-width = + - @, tabulator and line ends."""
CELL_CHARS = 32_767
SHEET_ROWS = 1_048_576
DEGREE_DECIMALS = 9
METRE_DECIMALS = 3
PLACE_COLUMNS = ("lon", "lat", "x_north_m", "y_east_m", "grid", "wkt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    Cells of one table.

    Parameters
    ----------
    headings
        Texts of the first row.
    rows
        Values of the others: text, number, truth, day or None.
    n_cut
        Cells that were too long for a spreadsheet: texts cut, shapes left out.
    at_place
        Index of the first column of the place (longitude).
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    n_cut: int
    at_place: int


def lay_out(frame: Frame, *, grid_epsg: int | None, labels: Mapping[str, str]) -> Sheet:
    """
    Cells of a layer, its place as degrees and as X (north), Y (east).

    Parameters
    ----------
    frame
        The layer.
    grid_epsg
        Zone of X and Y; None where no zone fits: X and Y stay empty.
    labels
        Headings of the place columns under ``export.column.<name>``.

    Returns
    -------
    sheet
        Headings and rows, values in the words of the user's language. Lines and areas give a point on them,
        and their whole shape as WKT [deg].

    Raises
    ------
    InputError
        More rows than a spreadsheet holds.
    """
    if len(frame.source) >= SHEET_ROWS:
        raise InputError("export_too_many_rows", n_rows=len(frame.source), n_allowed=SHEET_ROWS - 1)
    point = shapely.point_on_surface(frame.source)
    is_simple = all(shape is None or shape.geom_type == "Point" for shape in frame.source)
    place = [*_degrees(point), *_grid(point, grid_epsg), _zone_texts(frame, grid_epsg)]
    names = PLACE_COLUMNS[:-1] if is_simple else PLACE_COLUMNS
    columns = [*(field.told for field in frame.fields), *place]
    n_cut = sum(isinstance(value, str) and len(value) > CELL_CHARS for column in columns for value in column)
    if not is_simple:
        shapes = _wkt(frame.source)
        n_cut += sum(shape is None for shape in shapes) - int((~frame.has_shape).sum())
        columns.append(shapes)
    rows = tuple(tuple(plain_cell(value) for value in row) for row in zip(*columns, strict=True))
    headings = [field.heading for field in frame.fields]
    headings += [labels.get(f"export.column.{name}", name) for name in names]
    return Sheet(
        headings=tuple(str(plain_cell(heading)) for heading in unique(headings)),
        rows=rows,
        n_cut=n_cut,
        at_place=len(frame.fields),
    )


def write_csv(sheet: Sheet, path: Path, *, source: Shapes) -> None:
    """
    Write CSV (UTF-8 with BOM, comma, decimal point) and read it back cell by cell.

    Parameters
    ----------
    sheet
        The cells.
    path
        File to make.
    source
        Shapes in EPSG:4326 [deg], shape (n,), for the comparison.

    Raises
    ------
    StoreError
        ``export_damaged``: a cell does not read back.
    """
    lines = [list(sheet.headings), *(_csv_row(row, at_place=sheet.at_place) for row in sheet.rows)]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(lines)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.reader(stream))
    if found != lines:
        raise damaged("cells differ")
    _check_places([row[sheet.at_place : sheet.at_place + 2] for row in found[1:]], source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One layer of a workbook.

    Parameters
    ----------
    title
        Name of its sheet.
    sheet
        Its cells.
    source
        Its shapes in EPSG:4326 [deg], shape (n,), for the comparison.
    """

    title: str
    sheet: Sheet
    source: Shapes


def write_xlsx(
    pages: Sequence[Page],
    path: Path,
    *,
    about: Sequence[tuple[str, object]],
    about_title: str,
    now: dt.datetime,
) -> None:
    """
    Write a workbook with a sheet for each layer and one about them, and read it back.

    Parameters
    ----------
    pages
        The layers.
    path
        File to make.
    about
        Rows of the last sheet: what and its value.
    about_title
        Its name.
    now
        Moment of writing, kept in the file's properties.

    Raises
    ------
    StoreError
        ``export_damaged``: rows or places do not read back.
    """
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = now.astimezone(dt.UTC).replace(tzinfo=None)
    titles = unique([_sheet_title(page.title) for page in pages])
    for title, page in zip(titles, pages, strict=True):
        data = book.create_sheet(_sheet_title(title))
        data.freeze_panes = "A2"
        data.append([_bold(data, heading) for heading in page.sheet.headings])
        for row in page.sheet.rows:
            data.append(list(row))
    notes = book.create_sheet(_sheet_title(about_title))
    for name, value in about:
        notes.append([_bold(notes, name), plain_cell(value)])
    book.save(path)
    book.close()
    date_workbook(path, now=now)
    book = load_workbook(path, read_only=True)
    try:
        for page, found in zip(pages, book.worksheets, strict=False):
            _check_xlsx(page.sheet, list(found.iter_rows(values_only=True)), page.source)
    finally:
        book.close()


def _check_xlsx(sheet: Sheet, found: Sequence[tuple[Any, ...]], source: Shapes) -> None:
    if len(found) != len(sheet.rows) + 1 or tuple(found[0]) != sheet.headings:
        raise damaged(f"{len(sheet.rows)} rows meant, {len(found) - 1} read back")
    width = len(sheet.headings)
    lines = [(*line, *(None,) * (width - len(line))) for line in found[1:]]
    for meant, read in zip(sheet.rows, lines, strict=True):
        if any(isinstance(a, str) and a != (b or "") for a, b in zip(meant, read, strict=True)):
            raise damaged("cells differ")
    at = sheet.at_place
    _check_places([["" if v is None else str(v) for v in line[at : at + 2]] for line in lines], source)


def _check_places(pairs: Sequence[Sequence[str]], source: Shapes) -> None:
    found = [shapely.Point(float(lon), float(lat)) if lon else None for lon, lat in pairs]
    apart_m = distance_m(shapely.point_on_surface(source), np.array(found, dtype=object))
    if not (apart_m <= TOLERANCE_M).all():
        raise damaged("places differ")


def _degrees(point: Shapes) -> list[tuple[float | None, ...]]:
    return [_rounded(axis(point), DEGREE_DECIMALS) for axis in (shapely.get_x, shapely.get_y)]


def _grid(point: Shapes, epsg: int | None) -> list[tuple[float | None, ...]]:
    """X is the northing, Y the easting, as Vietnamese papers write them."""
    if epsg is None:
        return [(None,) * len(point)] * 2
    placed = move(point, epsg_from=WGS84, epsg_to=epsg)
    sound = is_placeable(point, placed, epsg=epsg)
    return [
        _rounded(np.where(sound, axis(placed), np.nan), METRE_DECIMALS)
        for axis in (shapely.get_y, shapely.get_x)
    ]


def _zone_texts(frame: Frame, epsg: int | None) -> tuple[str | None, ...]:
    if epsg is None:
        return (None,) * len(frame.source)
    text = describe_crs(epsg)
    return tuple(text if there else None for there in frame.has_shape)


def _rounded(values: npt.NDArray[np.float64], decimals: int) -> tuple[float | None, ...]:
    return tuple(round(float(value), decimals) if np.isfinite(value) else None for value in values)


def _wkt(shapes: Shapes) -> tuple[str | None, ...]:
    texts = shapely.to_wkt(shapes, rounding_precision=DEGREE_DECIMALS)
    return tuple(text if text and len(text) <= CELL_CHARS else None for text in texts)


def plain_cell(value: object) -> object:
    """
    A value that a spreadsheet only shows.

    Parameters
    ----------
    value
        A text, a number, or None.

    Returns
    -------
    value
        Texts that would run as a formula get an apostrophe; numbers stay numbers.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n").translate(XML_FORBIDDEN)
    if text.lstrip(" ").startswith(FORMULA_STARTS):
        text = f"'{text}"
    return text[:CELL_CHARS]


def _csv_row(row: Sequence[object], *, at_place: int) -> list[str]:
    return [_csv_text(value, at - at_place) for at, value in enumerate(row)]


def _csv_text(value: object, place: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if place >= 0 and isinstance(value, float):
        return f"{value:.{DEGREE_DECIMALS if place < 2 else METRE_DECIMALS}f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _bold(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    cell = WriteOnlyCell(sheet, value=str(plain_cell(text)))
    cell.font = Font(bold=True)
    return cell


def _sheet_title(text: str) -> str:
    return text.translate({ord(char): " " for char in "[]:*?/\\'"})[:31] or "1"
