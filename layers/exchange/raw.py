"""What a stranger's file holds, before it means anything: plain cells, shapes as WKB, faults found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from layers.issue import Issue, Severity

Cell = str | int | float | bool | dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """
    A row that is no feature.

    Parameters
    ----------
    row
        Row as its user sees it.
    kind
        One of title, blank, header, section, total, note.
    text
        First words of the row.
    """

    row: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """
    One table of a file.

    Parameters
    ----------
    name
        Name of the sheet, layer or file inside.
    headings
        Headings as shown to the user; two-level headings joined by " / ".
    rows
        Cells of each row, as many as headings.
    row_numbers
        Number of each row as its user sees it: spreadsheet row, line of a CSV file, feature from 1.
    shapes
        WKB of each row (None where there is none), or None for a table without shapes.
    epsg
        Code declared by the file, or None.
    is_crs_declared
        True where the file itself names its system; GeoJSON without a ``crs`` member does not.
    crs_name
        Name of a declared system without a code, or None.
    titles
        Texts above the headings.
    skipped
        Rows left out with the reason.
    licence
        Whose data these are and under which terms, where the format tells; empty where it does not.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    row_numbers: tuple[int, ...]
    shapes: tuple[bytes | None, ...] | None = None
    epsg: int | None = None
    is_crs_declared: bool = False
    crs_name: str | None = None
    titles: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """
    One file as read by the guarded reader.

    Parameters
    ----------
    format
        csv, xlsx, xls, geojson, gpkg, shp, kml, kmz, gpx, tiff, osm, pbf, tab, gdb, dxf, fgb,
        parquet, msi (an antenna); empty where it was refused unread.
    tables
        Its tables; empty for a raster or a refused file.
    issues
        Faults of the file alone.
    encoding
        Encoding of the text, or None.
    encodings
        Encodings that the user may choose from, best first; empty where there is no doubt.
    n_raster_cells
        Size of a raster, 0 for other files.
    sha256
        Digest of the file as it came, hexadecimal; empty where it was refused unread.
    decodings
        First telling lines of the text in each of ``encodings``.
    """

    format: str
    tables: tuple[RawTable, ...] = ()
    issues: tuple[Issue, ...] = ()
    encoding: str | None = None
    encodings: tuple[str, ...] = ()
    n_raster_cells: int = 0
    sha256: str = ""
    decodings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    How large a file, and the work on it, may be.

    Parameters
    ----------
    bytes, inflated_bytes
        Size of the file, and of an archive after inflation.
    members
        Members of an archive.
    ratio
        Inflated size by packed size of one member.
    depth
        Nesting of JSON.
    rows, columns, vertices, raster_cells
        Size of tables, layers and rasters.
    memory_bytes, cpu_s, wall_s
        Means of the reading process.
    """

    bytes: int = 300_000_000
    inflated_bytes: int = 500_000_000
    members: int = 200
    ratio: int = 100
    depth: int = 40
    rows: int = 1_000_000
    columns: int = 500
    vertices: int = 20_000_000
    raster_cells: int = 400_000_000
    memory_bytes: int = 2_000_000_000
    cpu_s: int = 300
    wall_s: int = 600

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Limits:
        """
        Limits from the rows of a settings table.

        Parameters
        ----------
        values
            Name to value; names that are no limit of reading are ignored, absent ones keep the default.

        Returns
        -------
        limits
            Frozen limits.
        """
        known = {name: int(values[f"read_{name}"]) for name in cls.__slots__ if f"read_{name}" in values}
        return cls(**known)


def to_message(raw: RawFile) -> tuple[dict[str, Any], bytes]:
    """
    File as a JSON object and one block of shapes, for the way between two processes.

    Parameters
    ----------
    raw
        File as read.

    Returns
    -------
    message, block
        JSON values, and the WKB of all shapes one after the other.
    """
    parts: list[bytes] = []
    tables = []
    for table in raw.tables:
        lengths = (
            None if table.shapes is None else [-1 if shape is None else len(shape) for shape in table.shapes]
        )
        parts += [shape for shape in table.shapes or () if shape is not None]
        tables.append(
            {
                "name": table.name,
                "headings": table.headings,
                "rows": [list(map(_pack, row)) for row in table.rows],
                "row_numbers": table.row_numbers,
                "lengths": lengths,
                "epsg": table.epsg,
                "is_crs_declared": table.is_crs_declared,
                "crs_name": table.crs_name,
                "titles": table.titles,
                "skipped": [[one.row, one.kind, one.text] for one in table.skipped],
                "licence": table.licence,
            }
        )
    message = {
        "format": raw.format,
        "tables": tables,
        "issues": [
            {
                "code": issue.code,
                "severity": issue.severity.value,
                "row": issue.row,
                "column": issue.column,
                "facts": dict(issue.facts),
            }
            for issue in raw.issues
        ],
        "encoding": raw.encoding,
        "encodings": raw.encodings,
        "n_raster_cells": raw.n_raster_cells,
        "decodings": {name: list(lines) for name, lines in raw.decodings.items()},
    }
    return message, b"".join(parts)


def from_message(message: Mapping[str, Any], block: bytes) -> RawFile:
    """
    File from its JSON object and block of shapes.

    Parameters
    ----------
    message, block
        As made by ``to_message``.

    Returns
    -------
    raw
        File as read.
    """
    place = _Place(block=block)
    return RawFile(
        format=message["format"],
        tables=tuple(_table(one, place) for one in message["tables"]),
        issues=tuple(
            Issue(
                code=one["code"],
                severity=Severity(one["severity"]),
                row=one["row"],
                column=one["column"],
                facts=one["facts"],
            )
            for one in message["issues"]
        ),
        encoding=message["encoding"],
        encodings=tuple(message["encodings"]),
        n_raster_cells=message["n_raster_cells"],
        decodings=MappingProxyType({name: tuple(lines) for name, lines in message["decodings"].items()}),
    )


@dataclass(slots=True)
class _Place:
    block: bytes
    at: int = field(default=0)

    def take(self, length: int) -> bytes | None:
        if length < 0:
            return None
        start, self.at = self.at, self.at + length
        return self.block[start : self.at]


def _table(message: Mapping[str, Any], place: _Place) -> RawTable:
    lengths = message["lengths"]
    return RawTable(
        name=message["name"],
        headings=tuple(message["headings"]),
        rows=tuple(map(_row, message["rows"])),
        row_numbers=tuple(message["row_numbers"]),
        shapes=None if lengths is None else tuple(place.take(length) for length in lengths),
        epsg=message["epsg"],
        is_crs_declared=message["is_crs_declared"],
        crs_name=message["crs_name"],
        titles=tuple(message["titles"]),
        skipped=tuple(Skipped(row=row, kind=kind, text=text) for row, kind, text in message["skipped"]),
        licence=message["licence"],
    )


def _row(cells: list[Any]) -> tuple[Cell, ...]:
    return tuple(map(_unpack, cells)) if dict in map(type, cells) else tuple(cells)


def _pack(cell: Cell) -> object:
    return {"date": cell.isoformat()[:10]} if isinstance(cell, dt.date) else cell


def _unpack(cell: Cell | dict[str, str]) -> Cell:
    return dt.date.fromisoformat(cell["date"]) if isinstance(cell, dict) else cell
