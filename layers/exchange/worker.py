"""The process that opens strangers' files: it gives up what it does not need, reads, and ends."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from geo.errors import FileError
from layers.exchange import geojson, geopackage, markup, raster_header, shape, shapefile, sniff, tabular
from layers.exchange.encoding import Decoded, decode
from layers.exchange.fault import issue
from layers.exchange.raw import Limits, RawFile, RawTable, to_message
from layers.issue import Issue, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    path: Path
    folder: Path
    limits: Limits
    encoding: str | None


def main() -> None:
    """Read the request from standard input and the file it names; write ``result.json``, ``shapes.bin``."""
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
    Give up memory, time and room beyond the limits.

    Parameters
    ----------
    limits
        Means of this process.
    """
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
        return _READERS[found](_Job(path=path, folder=folder, limits=limits, encoding=encoding))
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
    found: str,
    tables: tuple[RawTable, ...],
    faults: tuple[Issue, ...],
    limits: Limits,
    *,
    decoded: Decoded | None = None,
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
    return RawFile(
        format=found,
        tables=tuple(judged),
        issues=tuple(issues),
        encoding=decoded.encoding if decoded else None,
        encodings=decoded.choices if decoded else (),
    )


def _csv(job: _Job) -> RawFile:
    decoded = decode(job.path.read_bytes(), encoding=job.encoding)
    table, faults = tabular.read_text(decoded.text, job.limits)
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


def _workbook(job: _Job) -> RawFile:
    tables, faults = tabular.read_workbook(job.path, job.limits)
    return RawFile(format="xlsx", tables=tables, issues=faults)


def _geojson(job: _Job) -> RawFile:
    table, faults = geojson.read(job.path.read_bytes(), job.limits)
    return _judged("geojson", (table,), faults, job.limits)


def _kml(job: _Job) -> RawFile:
    table, faults = markup.read_kml(job.path.read_bytes(), job.limits)
    return _judged("kml", (table,), faults, job.limits)


def _kmz(job: _Job) -> RawFile:
    table, faults = markup.read_kmz(job.path, job.folder, job.limits)
    return _judged("kmz", (table,), faults, job.limits)


def _gpx(job: _Job) -> RawFile:
    table, faults = markup.read_gpx(job.path.read_bytes(), job.limits)
    return _judged("gpx", (table,), faults, job.limits)


def _geopackage(job: _Job) -> RawFile:
    tables, faults = geopackage.read(job.path, job.limits)
    return _judged("gpkg", tables, faults, job.limits)


def _shapefile(job: _Job) -> RawFile:
    tables, faults, decoded = shapefile.read(job.path, job.folder, job.limits, encoding=job.encoding)
    if decoded is None or not decoded.choices:
        return _judged("shp", tables, faults, job.limits)
    faults = (*_doubt(decoded.encoding), *faults)
    return _judged("shp", tables, faults, job.limits, decoded=decoded)


def _raster(job: _Job) -> RawFile:
    n_cells, faults = raster_header.judge(job.path, job.limits)
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
