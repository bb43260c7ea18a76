"""
The door out: any layer, in any format of offices and maps.

Every file is built beside its place, read back and compared (rows, ids, coordinates within 5 mm; GeoJSON and
KML 1 cm), put on disk and only then renamed: the target holds what it held before, or the whole new file.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import TM3, WGS84, propose_calc_epsg
from geo.errors import FileError
from layers.exchange.cog import CoverageRaster, write_cog
from layers.exchange.feature import write_gpkg, write_shapefiles
from layers.exchange.frame import Frame, accept_crs, describe_crs, prepare
from layers.exchange.placemark import write_kml
from layers.exchange.rfc7946 import write_geojson
from layers.exchange.sheet import lay_out, write_csv, write_xlsx
from layers.exchange.staging import CHUNK_BYTES, damaged, publish
from layers.spec import LayerSpec

RASTER = "cog"
FORMATS = ("gpkg", "geojson", "shp", "kml", "csv", "xlsx", RASTER)
GEOGRAPHIC_ONLY = ("geojson", "kml")
README = "README.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """
    What was written.

    Parameters
    ----------
    path
        The file.
    format
        One of ``FORMATS``.
    epsg
        CRS of the shapes in it; for tables, the zone of X and Y where one was asked for.
    n_rows
        Rows in the file.
    n_left_out
        Rows that could not go in (no shape, where the format needs one) or were not to be shared.
    columns
        Column names, of the first layer where there are several.
    alias_table
        Short name to column name (Shapefile), else empty.
    sha256
        Digest of the file.
    n_cut
        Texts and shapes too long for a cell of the format.
    layers
        Layer name to its rows in the file.
    n_blanked
        Phone and identity numbers that the caller took out of free texts.
    """

    path: Path
    format: str
    epsg: int
    n_rows: int
    n_left_out: int
    columns: tuple[str, ...]
    alias_table: Mapping[str, str]
    sha256: str
    n_cut: int = 0
    layers: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    n_blanked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One layer of an export.

    Parameters
    ----------
    spec
        The layer.
    table
        Its rows, in any CRS that is stated.
    labels
        Column name to heading in the user's language; ``layer.<name>`` to the layer's; the keys
        ``export.*`` are the texts of the file itself. What is missing keeps its technical name.
    n_left_out
        Rows already left out by the caller (not to be shared).
    """

    spec: LayerSpec
    table: gpd.GeoDataFrame
    labels: Mapping[str, str]
    n_left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    files: tuple[Path, ...]
    n_rows: int
    n_left_out: int = 0
    n_cut: int = 0
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notes:
    labels: Mapping[str, str]
    notice: str
    now: dt.datetime
    grid_epsg: int | None


def write(
    table: gpd.GeoDataFrame,
    path: Path,
    *,
    format: str,  # noqa: A002 - the word of the command line and of the screens
    spec: LayerSpec,
    epsg: int,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
    grid_epsg: int | None = None,
) -> ExportReport:
    """
    Write one layer.

    Parameters
    ----------
    table
        Its rows, in any CRS that is stated.
    path
        Where the file shall appear.
    format
        One of ``FORMATS`` except ``cog``.
    spec
        The layer.
    epsg
        4326 or a VN-2000 zone of three degrees. GeoJSON and KML are always 4326.
    labels
        As in ``Part``.
    notice
        Label of synthetic data, carried by every row; empty for real data.
    now
        Moment of writing, with its time zone.
    grid_epsg
        Zone of X and Y in tables when ``epsg`` is 4326; None: the zone proposed for the place.

    Returns
    -------
    report
        What was written.

    Raises
    ------
    InputError
        ``FileError`` for an unknown format, ``CrsError``, ``GeometryError``.
    StoreError
        ``DiskFullError``, or the file does not read back; nothing is left over and an older file stays.
    """
    part = Part(spec=spec, table=table, labels=labels)
    return write_parts([part], path, format=format, epsg=epsg, notice=notice, now=now, grid_epsg=grid_epsg)


def write_parts(
    parts: Sequence[Part],
    path: Path,
    *,
    format: str,  # noqa: A002
    epsg: int,
    notice: str,
    now: dt.datetime,
    grid_epsg: int | None = None,
    is_bundle: bool | None = None,
) -> ExportReport:
    """
    Write several layers: one GeoPackage, or one zip with a file for each layer and a README.

    Parameters
    ----------
    parts
        The layers, at least one.
    path, format, epsg, notice, now, grid_epsg
        As in ``write``.
    is_bundle
        True for a zip even of one layer; None: where there are several.

    Returns
    -------
    report
        What was written.

    Raises
    ------
    InputError
        As for ``write``.
    StoreError
        As for ``write``.
    """
    if format not in FORMATS or format == RASTER:
        known = ", ".join(name for name in FORMATS if name != RASTER)
        raise FileError(
            "export_not_raster" if format == RASTER else "export_format", format=format, known=known
        )
    file_epsg = WGS84 if format in GEOGRAPHIC_ONLY else accept_crs(epsg)
    shape_epsg = file_epsg if format in ("gpkg", "shp") else WGS84
    frames = [
        prepare(part.table, spec=part.spec, epsg=shape_epsg, labels=part.labels, notice=notice)
        for part in parts
    ]
    zone = (file_epsg if file_epsg in TM3 else grid_epsg) or _zone_of(frames)
    notes = [_Notes(labels=part.labels, notice=notice, now=now, grid_epsg=zone) for part in parts]
    as_zip = format == "shp" or (format != "gpkg" and (len(parts) > 1 if is_bundle is None else is_bundle))
    job = partial(_build, frames=frames, notes=notes, format=format, epsg=file_epsg, as_zip=as_zip)
    written, sha256 = publish(path, job)
    return _report(
        path, format, file_epsg, frames, written, sha256, n_withheld=sum(p.n_left_out for p in parts)
    )


def write_rasters(
    rasters: Sequence[CoverageRaster],
    path: Path,
    *,
    epsg: int,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
) -> ExportReport:
    """
    Write coverage rasters: one GeoTIFF for one operator, a zip of them for several.

    Parameters
    ----------
    rasters
        One for each operator, at least one.
    path
        Where the file shall appear.
    epsg
        4326 or a VN-2000 zone of three degrees.
    labels
        Texts of the README under ``export.*``.
    notice
        Label of synthetic data, kept in every file; empty for real data.
    now
        Moment of writing, with its time zone.

    Returns
    -------
    report
        What was written; ``n_rows`` counts the rasters.

    Raises
    ------
    CrsError
        The CRS is not one in which files leave.
    NotFoundError
        A raster is not there.
    StoreError
        As for ``write``.
    """
    accept_crs(epsg)
    notes = _Notes(labels=labels, notice=notice, now=now, grid_epsg=None)
    n_rasters, sha256 = publish(path, partial(_build_rasters, rasters=rasters, epsg=epsg, notes=notes))
    return ExportReport(
        path=path,
        format=RASTER,
        epsg=epsg,
        n_rows=n_rasters,
        n_left_out=0,
        columns=(),
        alias_table=MappingProxyType({}),
        sha256=sha256,
        layers=MappingProxyType({raster.name: 1 for raster in rasters}),
    )


def _report(
    path: Path,
    format: str,  # noqa: A002
    epsg: int,
    frames: Sequence[Frame],
    written: Sequence[_Written],
    sha256: str,
    *,
    n_withheld: int,
) -> ExportReport:
    layers = {frame.spec.name: one.n_rows for frame, one in zip(frames, written, strict=True)}
    return ExportReport(
        path=path,
        format=format,
        epsg=epsg,
        n_rows=sum(layers.values()),
        n_left_out=sum(one.n_left_out for one in written) + n_withheld,
        columns=tuple(column.name for column in frames[0].fields),
        alias_table=MappingProxyType({k: v for one in written for k, v in one.aliases.items()}),
        sha256=sha256,
        n_cut=sum(one.n_cut for one in written),
        layers=MappingProxyType(layers),
    )


def _build_rasters(
    folder: Path, *, rasters: Sequence[CoverageRaster], epsg: int, notes: _Notes
) -> tuple[Path, int]:
    tags = {"hatangso_made_at": notes.now.isoformat(timespec="seconds"), "hatangso_notice": notes.notice}
    files = [folder / f"{raster.name}.tif" for raster in rasters]
    for raster, file in zip(rasters, files, strict=True):
        write_cog(raster, file, epsg=epsg, tags=tags)
    if len(files) == 1:
        return files[0], 1
    counts = {file.name: 1 for file in files}
    readme = _readme(folder, notes, epsg=epsg, counts=counts, n_left_out=0, n_cut=0)
    return _zip([*files, readme], folder, now=notes.now), len(files)


def _build(
    folder: Path,
    *,
    frames: Sequence[Frame],
    notes: Sequence[_Notes],
    format: str,  # noqa: A002
    epsg: int,
    as_zip: bool,
) -> tuple[Path, list[_Written]]:
    writer = _WRITERS[format]
    written = [writer(frame, folder, note) for frame, note in zip(frames, notes, strict=True)]
    if not as_zip:
        return written[0].files[0], written
    counts = {frame.spec.name: one.n_rows for frame, one in zip(frames, written, strict=True)}
    readme = _readme(
        folder,
        notes[0],
        epsg=epsg,
        counts=counts,
        n_left_out=sum(one.n_left_out for one in written),
        n_cut=sum(one.n_cut for one in written),
    )
    members = [file for one in written for file in one.files]
    return _zip([*members, readme], folder, now=notes[0].now), written


def _gpkg(frame: Frame, folder: Path, notes: _Notes) -> _Written:  # noqa: ARG001 - one signature for all
    path = folder / "layers.gpkg"
    write_gpkg(frame, path)
    return _Written(files=(path,), n_rows=len(frame.source))


def _geojson(frame: Frame, folder: Path, notes: _Notes) -> _Written:  # noqa: ARG001
    path = folder / f"{frame.spec.name}.geojson"
    write_geojson(frame, path)
    return _Written(files=(path,), n_rows=len(frame.source))


def _shp(frame: Frame, folder: Path, notes: _Notes) -> _Written:  # noqa: ARG001
    files, aliases, n_cut = write_shapefiles(frame, folder)
    n_rows = int(frame.has_shape.sum())
    return _Written(
        files=files, n_rows=n_rows, n_left_out=len(frame.source) - n_rows, n_cut=n_cut, aliases=aliases
    )


def _kml(frame: Frame, folder: Path, notes: _Notes) -> _Written:
    path = folder / f"{frame.spec.name}.kml"
    kept = frame.take(frame.has_shape)
    description = "\n".join(filter(None, (notes.now.isoformat(timespec="seconds"), notes.notice)))
    write_kml(kept, path, description=description)
    return _Written(files=(path,), n_rows=len(kept.source), n_left_out=len(frame.source) - len(kept.source))


def _csv(frame: Frame, folder: Path, notes: _Notes) -> _Written:
    path = folder / f"{frame.spec.name}.csv"
    sheet = lay_out(frame, grid_epsg=notes.grid_epsg, labels=notes.labels)
    write_csv(sheet, path, source=frame.source)
    return _Written(files=(path,), n_rows=len(sheet.rows), n_cut=sheet.n_cut)


def _xlsx(frame: Frame, folder: Path, notes: _Notes) -> _Written:
    path = folder / f"{frame.spec.name}.xlsx"
    sheet = lay_out(frame, grid_epsg=notes.grid_epsg, labels=notes.labels)
    sources = next((one.values for one in frame.fields if one.name == "source"), ())
    about = [
        *_about(notes, crs=describe_crs(WGS84), counts={frame.title: len(sheet.rows)}),
        (_text(notes, "grid"), describe_crs(notes.grid_epsg) if notes.grid_epsg else "–"),
        (_text(notes, "source"), "; ".join(sorted({str(value) for value in sources if value})) or "–"),
        (_text(notes, "cut"), sheet.n_cut),
    ]
    write_xlsx(
        sheet,
        path,
        source=frame.source,
        title=frame.title,
        about=about,
        about_title=_text(notes, "about"),
        now=notes.now,
    )
    return _Written(files=(path,), n_rows=len(sheet.rows), n_cut=sheet.n_cut)


_WRITERS: Mapping[str, Callable[[Frame, Path, _Notes], _Written]] = {
    "gpkg": _gpkg,
    "geojson": _geojson,
    "shp": _shp,
    "kml": _kml,
    "csv": _csv,
    "xlsx": _xlsx,
}


def _zone_of(frames: Sequence[Frame]) -> int | None:
    corners = shapely.get_coordinates(np.concatenate([frame.source for frame in frames]))
    if not len(corners):
        return None
    lon_deg, lat_deg = (corners.min(axis=0) + corners.max(axis=0)) / 2
    proposed = propose_calc_epsg(float(lon_deg), float(lat_deg))
    return proposed if proposed in TM3 else None


def _text(notes: _Notes, key: str) -> str:
    return notes.labels.get(f"export.readme.{key}", key)


def _about(notes: _Notes, *, crs: str, counts: Mapping[str, int]) -> list[tuple[str, object]]:
    return [
        (_text(notes, "sample"), notes.notice or _text(notes, "real")),
        (_text(notes, "made_at"), notes.now.strftime("%d/%m/%Y %H:%M %z").strip()),
        (_text(notes, "crs"), crs),
        *((f"{_text(notes, 'rows')}: {name}", n_rows) for name, n_rows in counts.items()),
        (_text(notes, "warning"), _text(notes, "not_for_staking")),
    ]


def _readme(
    folder: Path, notes: _Notes, *, epsg: int, counts: Mapping[str, int], n_left_out: int, n_cut: int
) -> Path:
    rows = [
        *_about(notes, crs=describe_crs(epsg), counts=counts),
        (_text(notes, "left_out"), n_left_out),
        (_text(notes, "cut"), n_cut),
    ]
    path = folder / README
    lines = "".join(f"{name}: {value}\r\n" for name, value in rows)
    path.write_bytes(lines.encode("utf-8-sig"))
    return path


def _zip(files: Sequence[Path], folder: Path, *, now: dt.datetime) -> Path:
    path = folder / "bundle.zip"
    moment = (max(now.year, 1980), now.month, now.day, now.hour, now.minute, now.second)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            member = zipfile.ZipInfo(file.name, date_time=moment)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            with file.open("rb") as source, archive.open(member, "w") as target:
                while block := source.read(CHUNK_BYTES):
                    target.write(block)
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        if archive.testzip() is not None or sizes != {file.name: file.stat().st_size for file in files}:
            raise damaged("zip differs")
    return path
