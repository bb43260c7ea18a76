"""The process that opens strangers' files: it gives up what it does not need, reads, and ends."""

from __future__ import annotations

import gc
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from geo.errors import FileError
from layers.exchange import (
    antenna,
    drawing,
    geojson,
    geopackage,
    markup,
    ofds,
    osm,
    parquet,
    raster,
    raster_header,
    shape,
    shapefile,
    sniff,
    tabular,
    vector,
    warp,
    zipped,
)
from layers.exchange.archive import gunzip
from layers.exchange.driver import Skipped, allow_only
from layers.exchange.encoding import Decoded, decode
from layers.exchange.fault import issue
from layers.exchange.opendata import named_cells, recognise
from layers.exchange.raw import Limits, RawFile, RawTable, to_message
from layers.issue import Issue, Severity

_NONE_SKIPPED = Skipped()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    path: Path
    folder: Path
    limits: Limits
    encoding: str | None
    target: raster.Target | None


def main() -> None:
    """Read the request from standard input and the file it names; write ``result.json``, ``shapes.bin``."""
    gc.disable()  # a short life without cycles
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    confine(limits)
    folder = Path(request["folder"])
    raw = read(
        Path(request["path"]),
        request["name"],
        folder,
        limits,
        encoding=request["encoding"],
        target=raster.Target.of(request["target"]),
        skipped=Skipped(vector=tuple(request["skip_vector"]), raster=tuple(request["skip_raster"])),
    )
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


def read(
    path: Path,
    name: str,
    folder: Path,
    limits: Limits,
    *,
    encoding: str | None = None,
    target: raster.Target | None = None,
    skipped: Skipped = _NONE_SKIPPED,
) -> RawFile:
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
    target
        Grid on which the cells of a raster are wanted, or None to judge it only.
    skipped
        Drivers of the map library to be left out.

    Returns
    -------
    raw
        Tables and faults; a refusal is the fault that led to it.
    """
    found = ""
    try:
        path, name = gunzip(path, name, folder / "inflated.upload", limits)
        found = _sniff(path, name, limits)
        allow_only(found, skipped)
        return _READERS[found](
            _Job(path=path, folder=folder, limits=limits, encoding=encoding, target=target)
        )
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
    for given in tables:
        table, told_of = recognise(given)
        issues += told_of
        if table.shapes is None:
            judged.append(table)
            continue
        flat, more = shape.judge(table, limits, is_mixed_usual=found in _MIXED_USUAL)
        judged.append(flat)
        told = {one.row for one in faults if one.severity is Severity.ERROR}
        kept = [one for one in more if not (one.code == "geom_null" and one.row in told)]
        issues += [_of_sheet(one, table.name) for one in kept] if len(tables) > 1 else kept
    return RawFile(
        format=found,
        tables=tuple(judged),
        issues=tuple(issues),
        encoding=decoded.encoding if decoded else None,
        encodings=decoded.choices if decoded else (),
        decodings=decoded.previews if decoded else {},
    )


def _of_sheet(fault: Issue, name: str) -> Issue:
    """A fault of one of several tables, whose rows are counted apart."""
    return replace(fault, facts={**fault.facts, "sheet": name})


def _csv(job: _Job) -> RawFile:
    decoded = decode(job.path.read_bytes(), encoding=job.encoding)
    given, faults = tabular.read_text(named_cells(decoded.text), job.limits)
    table, more = recognise(given)
    doubt = _doubt(decoded.encoding) if decoded.choices else ()
    return RawFile(
        format="csv",
        tables=(table,),
        issues=(*doubt, *faults, *more),
        encoding=decoded.encoding,
        encodings=decoded.choices,
        decodings=decoded.previews,
    )


def _doubt(encoding: str) -> tuple[Issue, ...]:
    return (issue("encoding_legacy_vn", Severity.ASK, encoding=encoding.upper()),)


def _workbook(job: _Job) -> RawFile:
    tables, faults = tabular.read_workbook(job.path, job.limits)
    return RawFile(format="xlsx", tables=tables, issues=faults)


def _geojson(job: _Job) -> RawFile:
    document, repeated = geojson.parse(job.path.read_bytes(), job.limits)
    if ofds.is_package(document):
        tables, faults = ofds.read(document, job.limits)
        faults += ofds.validated(job.path, job.folder)
        return _judged("geojson", tables, (*repeated, *faults), job.limits)
    if document.get("type") == "FeatureCollection":
        features = list(geojson.features_of(document))
        if features and ofds.is_feature(features[0]):
            tables, faults = ofds.read_features(features, job.limits)
            return _judged("geojson", tables, (*repeated, *faults), job.limits)
    table, faults = geojson.read_document(document, job.limits)
    return _judged("geojson", (table,), (*repeated, *faults), job.limits)


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


def _vector(found: str, job: _Job) -> RawFile:
    tables, faults = vector.read(job.path, found, job.limits)
    return _judged(found, tables, faults, job.limits)


def _osm(found: str, job: _Job) -> RawFile:
    tables, faults = osm.read(job.path, found, job.folder, job.limits)
    return _judged(found, tables, faults, job.limits)


def _mapinfo(job: _Job) -> RawFile:
    tables, faults = zipped.read_mapinfo(job.path, job.folder, job.limits)
    return _judged("tab", tables, faults, job.limits)


def _geodatabase(job: _Job) -> RawFile:
    tables, faults = zipped.read_geodatabase(job.path, job.folder, job.limits)
    return _judged("gdb", tables, faults, job.limits)


def _drawing(job: _Job) -> RawFile:
    tables, faults = drawing.read(job.path, job.limits)
    return _judged("dxf", tables, faults, job.limits)


def _parquet(job: _Job) -> RawFile:
    tables, faults = parquet.read(job.path, job.limits)
    return _judged("parquet", tables, faults, job.limits)


def _raster(job: _Job) -> RawFile:
    n_cells, faults = raster_header.judge(job.path, job.limits)
    if job.target is not None and not any(one.severity is Severity.ERROR for one in faults):
        faults = (*faults, *warp.bring(job.path, job.folder, job.target))
    return RawFile(format="tiff", issues=faults, n_raster_cells=n_cells)


def _antenna(job: _Job) -> RawFile:
    return RawFile(format="msi", tables=(antenna.read_table(job.path),))


_READERS: dict[str, Callable[[_Job], RawFile]] = {
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
    "msi": _antenna,
    "ods": _workbook,
    "tab": _mapinfo,
    "gdb": _geodatabase,
    "dxf": _drawing,
    "fgb": partial(_vector, "fgb"),
    "parquet": _parquet,
    "osm": partial(_osm, "osm"),
    "pbf": partial(_osm, "pbf"),
}
_MIXED_USUAL = ("kml", "kmz", "gpx", "tab", "osm", "pbf")
"""Formats whose tables hold points, lines and polygons side by side."""
