"""Every format of files with layers: how its file is built in a scratch folder and read back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyogrio
import shapely

from geo.crs import WGS84, move
from layers.exchange.bundle import Notes, readme, zip_files
from layers.exchange.feature import write_gpkg, write_shapefiles
from layers.exchange.frame import Field, Frame, describe_crs, is_placeable, unique
from layers.exchange.placemark import write_kml
from layers.exchange.rfc7946 import write_geojson
from layers.exchange.sheet import Page, lay_out, write_csv, write_xlsx
from layers.exchange.writer.drawing import write_dxf
from layers.exchange.writer.gis import add_to_geodatabase, write_flatgeobuf, write_parquet, write_tab
from layers.exchange.writer.network import LAYERS as FIBRE
from layers.exchange.writer.network import write_ofds
from layers.exchange.writer.qgis import add_styles, write_project
from layers.spec import Kind

GEOGRAPHIC_ONLY = ("geojson", "kml", "kmz", "tab", "ofds")
"""Formats that hold degrees of WGS 84 and nothing else."""
PLACED = ("gpkg", "qgz", "fgb", "parquet", "shp", "gdb", "dxf")
"""Formats whose shapes are in the CRS asked for."""
SHAPES_ONLY = ("shp", "kml", "kmz", "fgb", "tab", "dxf", "ofds")
"""Formats that hold no row without a shape."""
ALWAYS_ZIPPED = ("shp", "tab", "gdb")
WHOLE = ("gpkg", "qgz", "gdb", "dxf", "xlsx", "ofds", "kmz")
"""Formats of which one file holds several layers."""
DATA = "du_lieu.gpkg"
GEODATABASE = "du_lieu.gdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    What one writer did with one layer.

    Parameters
    ----------
    files
        The files made; empty where the layer shares a file with others.
    n_rows
        Rows in them.
    n_left_out
        Rows without a shape, where the format needs one.
    n_cut
        Texts and shapes too long for a cell of the format.
    aliases
        Short column name to column name.
    """

    files: tuple[Path, ...]
    n_rows: int
    n_left_out: int = 0
    n_cut: int = 0
    aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def build(
    folder: Path,
    *,
    frames: Sequence[Frame],
    notes: Sequence[Notes],
    format: str,  # noqa: A002 - the word of the command line and of the screens
    epsg: int,
    as_zip: bool,
    names: Mapping[str, str],
    data_name: str = DATA,
) -> tuple[Path, list[Written]]:
    """
    Build the file of an export.

    Parameters
    ----------
    folder
        Empty scratch folder.
    frames, notes
        The layers, and what the files say of each.
    format
        Name of the format.
    epsg
        CRS told in the README.
    as_zip
        True for a zip with a README and, where the format holds one layer, a file for each.
    names
        Layer name to its name in drawings.
    data_name
        Name that a QGIS project gives the GeoPackage beside it.

    Returns
    -------
    path, written
        The file, and what was done with each layer.

    Raises
    ------
    StoreError
        ``export_damaged``: a file does not read back.
    """
    _date(notes[0].now)
    is_apart = format not in WHOLE or (format == "xlsx" and as_zip)
    if is_apart:
        writer = _EACH[format]
        written = [writer(frame, folder, note) for frame, note in zip(frames, notes, strict=True)]
    else:
        written = _TOGETHER[format](frames, folder, notes, _Options(names=names, data=data_name))
    members = [file for one in written for file in one.files]
    if not as_zip and not (format == "qgz" and data_name == DATA):
        return members[0], written
    counts = {frame.spec.name: one.n_rows for frame, one in zip(frames, written, strict=True)}
    members.append(
        readme(
            folder,
            notes[0],
            epsg=epsg,
            counts=counts,
            n_left_out=sum(one.n_left_out for one in written),
            n_cut=sum(one.n_cut for one in written),
        )
    )
    root = folder if format == "gdb" else None
    return zip_files(members, folder / "bundle.zip", now=notes[0].now, root=root), written


def with_grid(frame: Frame, epsg: int | None) -> Frame:
    """
    A layer of points with its X (north) and Y (east) as columns.

    Parameters
    ----------
    frame
        The layer in EPSG:4326.
    epsg
        Zone of X and Y; None where no zone fits.

    Returns
    -------
    frame
        The same layer, with the columns ``x_north_m`` and ``y_east_m`` where all its shapes are points.
    """
    if epsg is None or not all(shape is None or shape.geom_type == "Point" for shape in frame.source):
        return frame
    placed = move(frame.source, epsg_from=WGS84, epsg_to=epsg)
    sound = is_placeable(frame.source, placed, epsg=epsg) & frame.has_shape
    columns = []
    for name, axis in (("x_north_m", shapely.get_y), ("y_east_m", shapely.get_x)):
        metres = np.where(sound, axis(placed), np.nan)
        values = tuple(round(float(one), 3) if np.isfinite(one) else None for one in metres)
        columns.append(Field(name=name, heading=name, kind=Kind.REAL, values=values))
    return replace(frame, fields=(*frame.fields, *columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    names: Mapping[str, str]
    data: str


def _date(now: dt.datetime) -> None:
    """The format library writes this moment instead of the clock's."""
    stamp = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})


def _geojson(frame: Frame, folder: Path, notes: Notes) -> Written:  # noqa: ARG001 - one signature for all
    path = folder / f"{frame.spec.name}.geojson"
    write_geojson(frame, path)
    return Written(files=(path,), n_rows=len(frame.source))


def _parquet(frame: Frame, folder: Path, notes: Notes) -> Written:  # noqa: ARG001
    path = folder / f"{frame.spec.name}.parquet"
    write_parquet(frame, path)
    return Written(files=(path,), n_rows=len(frame.source))


def _fgb(frame: Frame, folder: Path, notes: Notes) -> Written:  # noqa: ARG001
    path = folder / f"{frame.spec.name}.fgb"
    write_flatgeobuf(frame, path)
    return _shaped(frame, (path,))


def _shp(frame: Frame, folder: Path, notes: Notes) -> Written:  # noqa: ARG001
    files, aliases, n_cut = write_shapefiles(frame, folder)
    return replace(_shaped(frame, files), n_cut=n_cut, aliases=aliases)


def _tab(frame: Frame, folder: Path, notes: Notes) -> Written:
    files, n_cut = write_tab(with_grid(frame, notes.grid_epsg), folder)
    return replace(_shaped(frame, files), n_cut=n_cut)


def _kml(frame: Frame, folder: Path, notes: Notes) -> Written:
    path = folder / f"{frame.spec.name}.kml"
    description = "\n".join(filter(None, (notes.now.isoformat(timespec="seconds"), notes.notice)))
    write_kml(frame.take(frame.has_shape), path, description=description)
    return _shaped(frame, (path,))


def _csv(frame: Frame, folder: Path, notes: Notes) -> Written:
    path = folder / f"{frame.spec.name}.csv"
    sheet = lay_out(frame, grid_epsg=notes.grid_epsg, labels=notes.labels)
    write_csv(sheet, path, source=frame.source)
    return Written(files=(path,), n_rows=len(sheet.rows), n_cut=sheet.n_cut)


def _xlsx(frame: Frame, folder: Path, notes: Notes) -> Written:
    (written,) = _book((frame,), folder / f"{frame.spec.name}.xlsx", (notes,))
    return written


def _shaped(frame: Frame, files: tuple[Path, ...]) -> Written:
    n_rows = int(frame.has_shape.sum())
    return Written(files=files, n_rows=n_rows, n_left_out=len(frame.source) - n_rows)


_EACH: Mapping[str, Callable[[Frame, Path, Notes], Written]] = {
    "geojson": _geojson,
    "parquet": _parquet,
    "fgb": _fgb,
    "shp": _shp,
    "tab": _tab,
    "kml": _kml,
    "csv": _csv,
    "xlsx": _xlsx,
}


def _book(frames: Sequence[Frame], path: Path, notes: Sequence[Notes]) -> list[Written]:
    sheets = [
        lay_out(frame, grid_epsg=note.grid_epsg, labels=note.labels)
        for frame, note in zip(frames, notes, strict=True)
    ]
    first = notes[0]
    sources = {
        str(value)
        for frame in frames
        for one in frame.fields
        if one.name == "source"
        for value in one.values
        if value
    }
    counts = {frame.title: len(sheet.rows) for frame, sheet in zip(frames, sheets, strict=True)}
    about = [
        *first.about(crs=describe_crs(WGS84), counts=counts),
        (first.text("grid"), describe_crs(first.grid_epsg) if first.grid_epsg else "–"),
        (first.text("source"), "; ".join(sorted(sources)) or "–"),
        (first.text("cut"), sum(sheet.n_cut for sheet in sheets)),
    ]
    pages = [
        Page(title=frame.title, sheet=sheet, source=frame.source)
        for frame, sheet in zip(frames, sheets, strict=True)
    ]
    write_xlsx(pages, path, about=about, about_title=first.text("about"), now=first.now)
    written = [Written(files=(), n_rows=len(sheet.rows), n_cut=sheet.n_cut) for sheet in sheets]
    return [replace(written[0], files=(path,)), *written[1:]]


def _xlsx_whole(
    frames: Sequence[Frame],
    folder: Path,
    notes: Sequence[Notes],
    options: _Options,  # noqa: ARG001
) -> list[Written]:
    return _book(frames, folder / "layers.xlsx", notes)


def _gpkg(frames: Sequence[Frame], folder: Path, notes: Sequence[Notes], options: _Options) -> list[Written]:
    path = folder / options.data
    for frame in frames:
        write_gpkg(frame, path)
    add_styles(frames, path, notes[0])
    written = [Written(files=(), n_rows=len(frame.source)) for frame in frames]
    return [replace(written[0], files=(path,)), *written[1:]]


def _qgz(frames: Sequence[Frame], folder: Path, notes: Sequence[Notes], options: _Options) -> list[Written]:
    written = _gpkg(frames, folder, notes, options)
    path = folder / "du_an.qgz"
    title = notes[0].labels.get("export.title", "hatangso")
    write_project(frames, path, data=options.data, title=title, notes=notes[0])
    return [replace(written[0], files=(path, *written[0].files)), *written[1:]]


def _gdb(frames: Sequence[Frame], folder: Path, notes: Sequence[Notes], options: _Options) -> list[Written]:  # noqa: ARG001
    path = folder / GEODATABASE
    counts = [add_to_geodatabase(frame, path) for frame in frames]
    files = tuple(sorted(one for one in path.iterdir() if one.is_file()))
    return [
        Written(files=files if at == 0 else (), n_rows=n_rows, n_left_out=len(frame.source) - n_rows)
        for at, (frame, n_rows) in enumerate(zip(frames, counts, strict=True))
    ]


def _dxf(frames: Sequence[Frame], folder: Path, notes: Sequence[Notes], options: _Options) -> list[Written]:
    path = folder / "layers.dxf"
    n_cut = write_dxf(frames, path, notes[0], names=options.names)
    first, *others = [_shaped(frame, ()) for frame in frames]
    return [replace(first, files=(path,), n_cut=n_cut), *others]


def _ofds(frames: Sequence[Frame], folder: Path, notes: Sequence[Notes], options: _Options) -> list[Written]:  # noqa: ARG001
    path = folder / "network.json"
    fibre = [frame for frame in frames if frame.spec.name in FIBRE]
    counts = write_ofds(fibre, path, notes[0])
    return [
        Written(
            files=(path,) if at == 0 else (),
            n_rows=counts.get(frame.spec.name, 0),
            n_left_out=len(frame.source) - counts.get(frame.spec.name, 0),
        )
        for at, frame in enumerate(frames)
    ]


def _kmz(frames: Sequence[Frame], folder: Path, notes: Sequence[Notes], options: _Options) -> list[Written]:  # noqa: ARG001
    """One layer is the document itself; several are files that the document links to."""
    each = [_kml(frame, folder, note) for frame, note in zip(frames, notes, strict=True)]
    files = [file for one in each for file in one.files]
    document = folder / "doc.kml"
    if len(files) == 1:
        files[0].rename(document)
        members = [document]
    else:
        titles = unique([frame.title for frame in frames])
        document.write_text(_links(files, titles), encoding="utf-8")
        members = [document, *files]
    path = zip_files(members, folder / "layers.kmz", now=notes[0].now)
    first, *others = [replace(one, files=()) for one in each]
    return [replace(first, files=(path,)), *others]


def _links(files: Sequence[Path], titles: Sequence[str]) -> str:
    links = "".join(
        f"<NetworkLink><name>{title.replace('&', '&amp;').replace('<', '&lt;')}</name>"
        f"<Link><href>{file.name}</href></Link></NetworkLink>\n"
        for file, title in zip(files, titles, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>\n{links}</Document></kml>\n"
    )


_TOGETHER: Mapping[str, Callable[[Sequence[Frame], Path, Sequence[Notes], _Options], list[Written]]] = {
    "gpkg": _gpkg,
    "qgz": _qgz,
    "gdb": _gdb,
    "dxf": _dxf,
    "xlsx": _xlsx_whole,
    "ofds": _ofds,
    "kmz": _kmz,
}
FORMATS = (*_EACH, *(name for name in _TOGETHER if name not in _EACH))
