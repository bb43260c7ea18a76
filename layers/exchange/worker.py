"""The process that opens strangers' files: first it gives up what it does not need, then it reads, then it ends."""

from __future__ import annotations

import ctypes
import json
import resource
import sys
from pathlib import Path
from typing import Any

from geo.errors import FileError
from layers.exchange import geojson, geopackage, markup, raster_header, shape, shapefile, sniff, tabular
from layers.exchange.encoding import decode
from layers.exchange.fault import issue
from layers.exchange.raw import Limits, RawFile, RawTable, to_message
from layers.issue import Issue, Severity

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def main() -> None:
    """Read the request from standard input, the file named in it, and write ``result.json`` and ``shapes.bin``."""
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    confine(limits)
    folder = Path(request["folder"])
    raw = read(Path(request["path"]), request["name"], folder, limits, encoding=request["encoding"])
    message, block = to_message(raw)
    (folder / "shapes.bin").write_bytes(block)
    (folder / "result.json").write_text(json.dumps(message, ensure_ascii=False), encoding="utf-8")


def confine(limits: Limits) -> None:
    """
    Give up network, memory, time and room beyond the limits.

    Parameters
    ----------
    limits
        Means of this process.
    """
    ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.inflated_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def read(path: Path, name: str, folder: Path, limits: Limits, *, encoding: str | None = None) -> RawFile:
    """
    Content of one file.

    Parameters
    ----------
    path
        Server-made path of the bytes.
    name
        Name given by the sender.
    folder
        Private folder for parts of archives.
    limits
        Largest sizes.
    encoding
        Encoding chosen by the user, or None.

    Returns
    -------
    raw
        Tables and faults; a refusal is the fault that led to it.
    """
    found = ""
    try:
        found = _sniff(path, name, limits)
        return _READERS[found](path, folder, limits, encoding)
    except FileError as error:
        issues = tuple(one for one in error.issues if isinstance(one, Issue))
        return RawFile(format=found, issues=issues)
    except MemoryError:
        return RawFile(format=found, issues=(issue("read_memory", limit=limits.memory_bytes),))


def _sniff(path: Path, name: str, limits: Limits) -> str:
    with path.open("rb") as file:
        start = file.read(1 << 16).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        markup.check_safe(start.decode("latin-1"))
    return sniff.sniff(path, name, limits)


def _judged(
    found: str, tables: tuple[RawTable, ...], faults: tuple[Issue, ...], limits: Limits, **facts: Any
) -> RawFile:
    judged, issues = [], list(faults)
    for table in tables:
        if table.shapes is None:
            judged.append(table)
            continue
        flat, more = shape.judge(table, limits, is_mixed_usual=found in ("kml", "kmz", "gpx"))
        judged.append(flat)
        told = {one.row for one in faults if one.severity is Severity.ERROR}
        issues += [one for one in more if not (one.code == "geom_null" and one.row in told)]
    return RawFile(format=found, tables=tuple(judged), issues=tuple(issues), **facts)


def _csv(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    decoded = decode(path.read_bytes(), encoding=encoding)
    table, faults = tabular.read_text(decoded.text, limits)
    doubt = _doubt(decoded.encoding) if decoded.choices else ()
    return RawFile(
        format="csv",
        tables=(table,),
        issues=(*doubt, *faults),
        encoding=decoded.encoding,
        encodings=decoded.choices,
    )


def _doubt(encoding: str) -> tuple[Issue, ...]:
    return (issue("encoding_legacy_vn", Severity.ASK, encoding=encoding.upper()),)


def _workbook(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    tables, faults = tabular.read_workbook(path, limits)
    return RawFile(format="xlsx", tables=tables, issues=faults)


def _geojson(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    table, faults = geojson.read(path.read_bytes(), limits)
    return _judged("geojson", (table,), faults, limits)


def _kml(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    table, faults = markup.read_kml(path.read_bytes(), limits)
    return _judged("kml", (table,), faults, limits)


def _kmz(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    table, faults = markup.read_kmz(path, folder, limits)
    return _judged("kmz", (table,), faults, limits)


def _gpx(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    table, faults = markup.read_gpx(path.read_bytes(), limits)
    return _judged("gpx", (table,), faults, limits)


def _geopackage(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    tables, faults = geopackage.read(path, limits)
    return _judged("gpkg", tables, faults, limits)


def _shapefile(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    tables, faults, decoded = shapefile.read(path, folder, limits, encoding=encoding)
    if decoded is None or not decoded.choices:
        return _judged("shp", tables, faults, limits)
    faults = (*_doubt(decoded.encoding), *faults)
    return _judged("shp", tables, faults, limits, encoding=decoded.encoding, encodings=decoded.choices)


def _raster(path: Path, folder: Path, limits: Limits, encoding: str | None) -> RawFile:
    n_cells, faults = raster_header.judge(path, limits)
    return RawFile(format="tiff", issues=faults, n_raster_cells=n_cells)


_READERS = {
    "csv": _csv,
    "xlsx": _workbook,
    "xls": _workbook,
    "geojson": _geojson,
    "kml": _kml,
    "kmz": _kmz,
    "gpx": _gpx,
    "gpkg": _geopackage,
    "shp": _shapefile,
    "tiff": _raster,
}
