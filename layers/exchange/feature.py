"""Layers as map files: GeoPackage and Shapefile, each read back after it is written."""

from __future__ import annotations

import csv
import io
import sqlite3
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import shapely

from geo.crs import WGS84
from layers.exchange.frame import Field, Frame, Shapes, distance_m
from layers.exchange.staging import damaged
from layers.spec import Geometry, Kind

TOLERANCE_M = 0.005
TOLERANCE_GEOGRAPHIC_TEXT_M = 0.01
DEGREE_DECIMALS = 9
DBF_NAME_BYTES = 10
DBF_TEXT_BYTES = 254
FAMILIES: Mapping[str, tuple[str, str]] = {
    "point": ("Point", "MultiPoint"),
    "line": ("LineString", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
}
GPKG_VERSION = "1.2"
"""Younger versions make the programs of offices warn."""
_LOCK = threading.Lock()


def write_gpkg(frame: Frame, path: Path) -> None:
    """
    Add a layer to a GeoPackage, headings as the columns' titles, words as lists of values, and read it back.

    Parameters
    ----------
    frame
        The layer.
    path
        The GeoPackage; made if absent.

    Raises
    ------
    StoreError
        ``export_damaged``: the layer does not read back.
    """
    geometry_type = None if frame.spec.geometry is Geometry.NONE else common_type(frame.placed)
    write_layer(
        frame,
        path,
        driver="GPKG",
        layer=frame.spec.name,
        geometry_type=geometry_type,
        layer_options={"IDENTIFIER": frame.title, "GEOMETRY_NAME": "geom"},
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        _add_titles(connection, frame)
    verify(frame, path, layer=frame.spec.name, id_name=frame.fields[frame.id_index].name)


def write_shapefiles(frame: Frame, folder: Path) -> tuple[tuple[Path, ...], dict[str, str], int]:
    """
    Write one Shapefile for each kind of shape, with the table of shortened names, and read them back.

    Parameters
    ----------
    frame
        The layer; rows without a shape are left to the caller to count.
    folder
        Where the files go.

    Returns
    -------
    files
        All the files made.
    alias_table
        Ten-byte name to the full column name.
    n_cut
        Texts longer than 254 bytes, which a Shapefile cannot hold, cut at a letter.

    Raises
    ------
    StoreError
        ``export_damaged``: a file does not read back (the driver itself says nothing on a full disk).
    """
    short_names = short(tuple(field.name for field in frame.fields))
    cut, n_cut = cut_texts(frame.take(frame.has_shape))
    family = families_of(cut)
    kinds = sorted(set(family)) or [empty_family(frame)]
    for kind in kinds:
        part = cut.take(family == kind)
        stem = frame.spec.name if len(kinds) == 1 else f"{frame.spec.name}_{kind}"
        target = folder / f"{stem}.shp"
        write_layer(
            part,
            target,
            driver="ESRI Shapefile",
            layer=stem,
            geometry_type=common_type(part.placed) if len(part.placed) else FAMILIES[kind][0],
            layer_options={},
            names=short_names,
            exterior_cw=True,
        )
        verify(part, target, layer=None, id_name=short_names[part.id_index], exterior_cw=True)
    aliases = dict(zip(short_names, (field.name for field in frame.fields), strict=True))
    names = folder / f"{frame.spec.name}_ten_cot.csv"
    names.write_bytes(_alias_csv(frame, short_names))
    words = folder / f"{frame.spec.name}_gia_tri.csv"
    words.write_bytes(_words_csv(frame, short_names))
    files = [file for file in sorted(folder.iterdir()) if file.stem.startswith(frame.spec.name)]
    return tuple(files), aliases, n_cut


def verify(
    frame: Frame,
    path: Path,
    *,
    layer: str | None,
    id_name: str,
    tolerance_m: float = TOLERANCE_M,
    exterior_cw: bool | None = None,
    is_reordered: bool = False,
) -> None:
    """
    Read a layer back and compare rows, ids and places with what was meant.

    Parameters
    ----------
    frame
        What was meant.
    path, layer
        What was written; None for the only layer.
    id_name
        Column that carries the ids in the file.
    tolerance_m
        Greatest distance allowed [m].
    exterior_cw
        Turn of exterior rings in the file: clockwise, anticlockwise, or None for as they came.
    is_reordered
        True where the format keeps rows in an order of its own: they are matched by their ids.

    Raises
    ------
    StoreError
        ``export_damaged``: anything differs.
    """
    with strict_gdal():
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, columns=[id_name])
    n_rows = len(columns[0]) if len(columns) else 0
    if n_rows != len(frame.source):
        raise damaged(f"{len(frame.source)} rows meant, {n_rows} read back")
    if n_rows == 0:
        return
    ids = [None if value is None or value != value else str(value) for value in columns[0]]
    meant = [None if value is None else str(value) for value in frame.ids]
    order = _order(ids, meant) if is_reordered else list(range(n_rows))
    if [ids[row] for row in order] != meant:
        raise damaged("ids differ")
    if wkb is None:
        return
    found = _in_degrees(shapely.from_wkb(wkb[order]), meta["crs"])
    expected = frame.source if exterior_cw is None else turned(frame.source, exterior_cw=exterior_cw)
    apart_m = distance_m(expected, found)
    if not (apart_m <= tolerance_m).all():
        raise damaged(f"row {int(np.argmax(apart_m))} lies {float(np.max(apart_m))} m off")


def _order(ids: Sequence[str | None], meant: Sequence[str | None]) -> list[int]:
    """Places at which the ids meant were found; as they lie where they do not fit each other."""
    places = {key: place for place, key in enumerate(ids)}
    if len(places) != len(ids) or set(places) != set(meant):
        return list(range(len(ids)))
    return [places[key] for key in meant]


@contextmanager
def strict_gdal() -> Iterator[None]:
    """
    Take warnings of the format library as faults.

    Raises
    ------
    StoreError
        ``export_damaged``, with the first warning.
    """
    with _LOCK, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for item in caught:
        if "pyogrio" in item.filename:
            raise damaged(str(item.message))


def short(names: Sequence[str]) -> tuple[str, ...]:
    """
    Names of at most ten bytes, all different, as a Shapefile needs them.

    Parameters
    ----------
    names
        Column names.

    Returns
    -------
    short
        In the same order; a name met before ends in a number.
    """
    taken: set[str] = set()
    result = []
    for name in names:
        stem = name.encode("ascii", "ignore").decode() or "field"
        candidate, number = stem[:DBF_NAME_BYTES], 1
        while candidate.casefold() in taken:
            number += 1
            tail = f"_{number}"
            candidate = stem[: DBF_NAME_BYTES - len(tail)] + tail
        taken.add(candidate.casefold())
        result.append(candidate)
    return tuple(result)


def write_layer(
    frame: Frame,
    path: Path,
    *,
    driver: str,
    layer: str,
    geometry_type: str | None,
    layer_options: Mapping[str, str],
    names: Sequence[str] | None = None,
    exterior_cw: bool | None = None,
) -> None:
    """
    Hand a layer to a driver of the format library.

    Parameters
    ----------
    frame
        The layer.
    path, layer
        File, and the name of the layer in it.
    driver
        Name of the driver.
    geometry_type
        Type of all shapes; None for a table without shapes.
    layer_options
        Options of the driver.
    names
        Column names in the file; those of the layer unless given.
    exterior_cw
        Turn of exterior rings: clockwise, anticlockwise, or None for as they are.

    Raises
    ------
    StoreError
        ``export_damaged``: the driver warned.
    """
    shapes = frame.placed if exterior_cw is None else turned(frame.placed, exterior_cw=exterior_cw)
    arrays, masks = zip(*(_array(field) for field in frame.fields), strict=True)
    is_table = geometry_type is None
    with strict_gdal():
        pyogrio.raw.write(
            path,
            None if is_table else shapely.to_wkb(shapes),
            list(arrays),
            np.array(names or [field.name for field in frame.fields], dtype=object),
            field_mask=list(masks),
            layer=layer,
            driver=driver,
            geometry_type=geometry_type,
            crs=None if is_table else f"EPSG:{frame.epsg}",
            encoding="UTF-8",
            promote_to_multi=bool(geometry_type and geometry_type.startswith("Multi")),
            layer_options=dict(layer_options),
            dataset_options={"VERSION": GPKG_VERSION} if driver == "GPKG" else None,
        )


def _array(field: Field) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]:
    blank = np.array([value is None for value in field.values], dtype=np.bool_)
    match field.kind:
        case Kind.INTEGER:
            return np.array([value or 0 for value in field.values], dtype=np.int64), blank
        case Kind.BOOLEAN:
            return np.array([bool(value) for value in field.values], dtype=np.bool_), blank
        case Kind.REAL:
            return np.array(field.values, dtype=np.float64), blank
        case Kind.DATE:
            return np.array(field.values, dtype="datetime64[D]"), blank
        case _:
            return np.array(field.values, dtype=object), None


def common_type(shapes: Shapes) -> str:
    """
    Geometry type that fits all shapes.

    Parameters
    ----------
    shapes
        Shape (n,), None for none.

    Returns
    -------
    name
        Single or multi type of one family; ``Unknown`` for mixed ones.
    """
    types = {shape.geom_type for shape in shapes if shape is not None}
    for single, multi in FAMILIES.values():
        if types and types <= {single, multi}:
            return single if types == {single} else multi
    return "Unknown"


def families_of(frame: Frame) -> npt.NDArray[np.str_]:
    """
    Family of each row's shape; every row must have one.

    Parameters
    ----------
    frame
        The layer.

    Returns
    -------
    family
        ``point``, ``line`` or ``polygon``, shape (n,).
    """
    dimension = shapely.get_dimensions(frame.source)
    return (
        np.array(tuple(FAMILIES), dtype=np.str_)[dimension] if len(dimension) else np.array([], dtype=np.str_)
    )


def empty_family(frame: Frame) -> str:
    """
    Family of a layer without rows.

    Parameters
    ----------
    frame
        The layer.

    Returns
    -------
    family
        That of its description; ``point`` where it allows several.
    """
    kind = str(frame.spec.geometry)
    return kind if kind in FAMILIES else "point"


def turned(shapes: Shapes, *, exterior_cw: bool) -> Shapes:
    """
    The same shapes with their rings turned one way.

    Parameters
    ----------
    shapes
        Shape (n,), None for none.
    exterior_cw
        True for clockwise exterior rings, holes the other way.

    Returns
    -------
    shapes
        New shapes; points and lines as they were.
    """
    result: Shapes = shapely.orient_polygons(shapes, exterior_cw=exterior_cw)
    return result


def _in_degrees(shapes: Shapes, crs: str | None) -> Shapes:
    series = gpd.GeoSeries(shapes, crs=crs or WGS84)
    degrees: Shapes = series.to_crs(WGS84).to_numpy()
    return degrees


def cut_texts(frame: Frame) -> tuple[Frame, int]:
    """
    A layer whose texts fit into the cells of a DBF table.

    Parameters
    ----------
    frame
        The layer.

    Returns
    -------
    frame
        The same layer, texts of at most 254 bytes.
    n_cut
        How many were longer.
    """
    n_cut = 0
    fields = []
    for field in frame.fields:
        values = field.values
        if field.kind in (Kind.TEXT, Kind.LIST):
            values = tuple(None if value is None else _cut(value) for value in values)
            n_cut += sum(new != old for new, old in zip(values, field.values, strict=True))
        fields.append(replace(field, values=values))
    return replace(frame, fields=tuple(fields)), n_cut


def _cut(text: str) -> str:
    return text.encode()[:DBF_TEXT_BYTES].decode(errors="ignore")


def _alias_csv(frame: Frame, short_names: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("ten_ngan", "ten_day_du", "tieu_de"))
    writer.writerows(
        (name, field.name, field.heading) for name, field in zip(short_names, frame.fields, strict=True)
    )
    return text.getvalue().encode("utf-8-sig")


def _words_csv(frame: Frame, short_names: Sequence[str]) -> bytes:
    """What the values of the Shapefile mean, for each column with a vocabulary."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("ten_ngan", "gia_tri", "nghia"))
    for name, field in zip(short_names, frame.fields, strict=True):
        writer.writerows((name, value, word) for value, word in words_used(field).items())
    return text.getvalue().encode("utf-8-sig")


def words_used(field: Field) -> dict[str, str]:
    """
    Words for the values of a column of texts.

    Parameters
    ----------
    field
        The column.

    Returns
    -------
    words
        Value to word; empty for numbers, days, truth and texts without a vocabulary.
    """
    return dict(field.words) if field.kind in (Kind.TEXT, Kind.LIST) else {}


def _add_titles(connection: sqlite3.Connection, frame: Frame) -> None:
    """GeoPackage 1.3 Annex F.9 (Schema): QGIS shows titles for column names and words for values."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,"
        " name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,"
        " CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),"
        " CONSTRAINT gdc_tn UNIQUE (table_name, name))"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL,"
        " constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,"
        " max_is_inclusive BOOLEAN, description TEXT,"
        " CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT,"
        " extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,"
        " CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    for table in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        connection.execute(
            "INSERT INTO gpkg_extensions SELECT ?, NULL, 'gpkg_schema',"
            " 'http://www.geopackage.org/spec/#extension_schema', 'read-write'"
            " WHERE NOT EXISTS (SELECT 1 FROM gpkg_extensions WHERE table_name = ?)",
            (table, table),
        )
    rows = []
    for field in frame.fields:
        words = words_used(field)
        told = "; ".join(f"{value} = {word}" for value, word in words.items()) or None
        listed = f"{frame.spec.name}_{field.name}" if words and field.kind is Kind.TEXT else None
        rows.append((frame.spec.name, field.name, field.heading, field.heading, told, listed))
        if listed:
            connection.executemany(
                "INSERT INTO gpkg_data_column_constraints"
                " (constraint_name, constraint_type, value, description) VALUES (?, 'enum', ?, ?)",
                [(listed, value, word) for value, word in words.items()],
            )
    connection.executemany(
        "INSERT INTO gpkg_data_columns"
        " (table_name, column_name, name, title, description, constraint_name) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
