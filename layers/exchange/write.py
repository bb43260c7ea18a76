"""
The door out: any layer, in any format of offices and maps.

Every file is built beside its place, read back and compared (rows, ids, coordinates within 5 mm; GeoJSON and
KML 1 cm), put on disk and only then renamed: the target holds what it held before, or the whole new file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import TM3, WGS84, is_projected, propose_calc_epsg
from geo.errors import CrsError, FileError
from layers.exchange.bundle import Notes, readme, zip_files
from layers.exchange.cog import CoverageRaster, write_cog
from layers.exchange.frame import Frame, Shapes, accept_crs, prepare
from layers.exchange.staging import publish
from layers.exchange.writer.format import ALWAYS_ZIPPED, GEOGRAPHIC_ONLY, PLACED, WHOLE, Written, build
from layers.exchange.writer.format import FORMATS as TABLES
from layers.exchange.writer.overlay import Picture, write_overlays
from layers.spec import LayerSpec

RASTER = "cog"
FORMATS = (*TABLES, RASTER)


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
    palette: Mapping[str, tuple[str, str]] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
) -> ExportReport:
    """
    Write several layers: one file where the format holds them, else a zip with a file for each and a README.

    Parameters
    ----------
    parts
        The layers, at least one.
    path, format, epsg, notice, now, grid_epsg
        As in ``write``.
    is_bundle
        True for a zip even of one layer; None: where there are several. A workbook holds all layers unless
        ``path`` ends in ``.zip``.
    palette
        Operator id to its colour ``#rrggbb`` and its symbol, for QGIS.
    names
        Layer name to its name in drawings.

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
    file_epsg = _file_epsg(parts, format, epsg=epsg, grid_epsg=grid_epsg)
    shape_epsg = file_epsg if format in PLACED else WGS84
    frames = [
        prepare(part.table, spec=part.spec, epsg=shape_epsg, labels=part.labels, notice=notice)
        for part in parts
    ]
    zone = (file_epsg if is_projected(file_epsg) else grid_epsg) or _zone_of([one.source for one in frames])
    notes = [
        Notes(labels=part.labels, notice=notice, now=now, grid_epsg=zone, palette=palette) for part in parts
    ]
    has_several = len(parts) > 1 if is_bundle is None else is_bundle
    job = partial(
        _built,
        path=path,
        frames=frames,
        notes=notes,
        format=format,
        epsg=file_epsg,
        as_zip=_is_zip(path, format, has_several=has_several),
        names=names,
    )
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
    notes = Notes(labels=labels, notice=notice, now=now, grid_epsg=None)
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
    written: Sequence[Written],
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


def _built(
    folder: Path,
    *,
    path: Path,
    frames: Sequence[Frame],
    notes: Sequence[Notes],
    format: str,  # noqa: A002
    epsg: int,
    as_zip: bool,
    names: Mapping[str, str],
) -> tuple[Path, list[Written]]:
    job = partial(build, folder, frames=frames, notes=notes, format=format, epsg=epsg, names=names)
    if format != "qgz" or path.suffix.lower() != ".qgz":
        return job(as_zip=as_zip)
    beside = path.with_suffix(".gpkg")
    built, written = job(as_zip=False, data_name=beside.name)
    # the data stand before the project that shows them
    publish(beside, lambda _: (folder / beside.name, None))
    return built, written


def _file_epsg(parts: Sequence[Part], format: str, *, epsg: int, grid_epsg: int | None) -> int:  # noqa: A002
    if format in GEOGRAPHIC_ONLY:
        return WGS84
    if format != "dxf" or is_projected(accept_crs(epsg)):
        return accept_crs(epsg)
    for part in parts:
        if part.table.crs is None:
            raise CrsError("export_crs_missing", layer=part.spec.name)
    shapes = [np.asarray(part.table.geometry.to_crs(WGS84).to_numpy(), dtype=object) for part in parts]
    zone = grid_epsg or _zone_of(shapes)
    if zone is None:
        raise CrsError("export_dxf_metres", epsg=str(epsg))
    return zone


def _is_zip(path: Path, format: str, *, has_several: bool) -> bool:  # noqa: A002
    if format in ALWAYS_ZIPPED:
        return True
    if format == "xlsx":
        return has_several and path.suffix.lower() != ".xlsx"
    return format not in WHOLE and has_several


def _build_rasters(
    folder: Path, *, rasters: Sequence[CoverageRaster], epsg: int, notes: Notes
) -> tuple[Path, int]:
    tags = {"hatangso_made_at": notes.now.isoformat(timespec="seconds"), "hatangso_notice": notes.notice}
    files = [folder / f"{raster.name}.tif" for raster in rasters]
    for raster, file in zip(rasters, files, strict=True):
        write_cog(raster, file, epsg=epsg, tags=tags)
    if len(files) == 1:
        return files[0], 1
    counts = {file.name: 1 for file in files}
    about = readme(folder, notes, epsg=epsg, counts=counts, n_left_out=0, n_cut=0)
    return zip_files([*files, about], folder / "bundle.zip", now=notes.now), len(files)


def write_pictures(
    pictures: Sequence[Picture], path: Path, *, labels: Mapping[str, str], notice: str, now: dt.datetime
) -> ExportReport:
    """
    Write coverage as pictures on the ground: one KMZ.

    Parameters
    ----------
    pictures
        One for each operator, at least one.
    path
        Where the file shall appear.
    labels
        Texts of the file under ``export.*``, the layer's name under ``layer.coverage5g``.
    notice
        Label of synthetic data; empty for real data.
    now
        Moment of writing, with its time zone.

    Returns
    -------
    report
        What was written; ``n_rows`` counts the pictures.

    Raises
    ------
    NotFoundError
        A raster is not there.
    StoreError
        As for ``write``.
    """
    notes = Notes(labels=labels, notice=notice, now=now, grid_epsg=None)
    told = "\n".join(f"{what}: {value}" for what, value in notes.about(crs="WGS 84 (EPSG:4326)", counts={}))

    def job(folder: Path) -> tuple[Path, None]:
        built = folder / "coverage.kmz"
        title = labels.get("layer.coverage5g", "coverage5g")
        write_overlays(pictures, folder, built, title=title, about=told, now=now)
        return built, None

    _, sha256 = publish(path, job)
    return ExportReport(
        path=path,
        format="kmz",
        epsg=WGS84,
        n_rows=len(pictures),
        n_left_out=0,
        columns=(),
        alias_table=MappingProxyType({}),
        sha256=sha256,
        layers=MappingProxyType({picture.name: 1 for picture in pictures}),
    )


def _zone_of(shapes: Sequence[Shapes]) -> int | None:
    corners = shapely.get_coordinates(np.concatenate(list(shapes)))
    if not len(corners):
        return None
    lon_deg, lat_deg = (corners.min(axis=0) + corners.max(axis=0)) / 2
    proposed = propose_calc_epsg(float(lon_deg), float(lat_deg))
    return proposed if proposed in TM3 else None
