"""Layers for other programs: FlatGeobuf, GeoParquet, MapInfo TAB, File Geodatabase, each read back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.crs import WGS84
from layers.exchange.feature import (
    FAMILIES,
    TOLERANCE_GEOGRAPHIC_TEXT_M,
    TOLERANCE_M,
    common_type,
    cut_texts,
    empty_family,
    families_of,
    strict_gdal,
    verify,
    write_layer,
)
from layers.exchange.frame import Field, Frame, distance_m
from layers.exchange.staging import damaged
from layers.spec import Kind

TAB_BOUNDS = "102,6,118,24"
"""Box of Vietnam [°]: MapInfo keeps whole numbers within it, so a smaller box keeps finer places (2 mm)."""
GDB_OPTIONS = MappingProxyType({"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"})
"""Else large whole numbers would turn into decimals."""
_PANDAS = MappingProxyType({Kind.INTEGER: "Int64", Kind.REAL: "Float64", Kind.BOOLEAN: "boolean"})


def write_flatgeobuf(frame: Frame, path: Path) -> None:
    """
    Write FlatGeobuf, and read it back; the format orders rows by place.

    Parameters
    ----------
    frame
        The layer; rows without a shape stay out.
    path
        File to make.

    Raises
    ------
    StoreError
        ``export_damaged``: the file does not read back.
    """
    kept = frame.take(frame.has_shape)
    write_layer(
        kept,
        path,
        driver="FlatGeobuf",
        layer=frame.spec.name,
        geometry_type=common_type(kept.placed),
        layer_options={"SPATIAL_INDEX": "YES"},
    )
    verify(kept, path, layer=None, id_name=frame.fields[frame.id_index].name, is_reordered=True)


def write_parquet(frame: Frame, path: Path) -> None:
    """
    Write GeoParquet, and read it back.

    Parameters
    ----------
    frame
        The layer; rows without a shape stay in.
    path
        File to make.

    Raises
    ------
    StoreError
        ``export_damaged``: the file does not read back.

    References
    ----------
    GeoParquet 1.1.0.
    """
    table = gpd.GeoDataFrame(
        {field.name: _series(field) for field in frame.fields},
        geometry=gpd.GeoSeries(list(frame.placed), crs=f"EPSG:{frame.epsg}"),
    )
    table.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0")
    found = gpd.read_parquet(path)
    name = frame.fields[frame.id_index].name
    if len(found) != len(frame.source) or found[name].tolist() != table[name].tolist():
        raise damaged("rows differ")
    places = np.asarray(found.geometry.to_crs(WGS84).to_numpy(), dtype=object)
    if not (distance_m(frame.source, places) <= TOLERANCE_M).all():
        raise damaged("places differ")


def write_tab(frame: Frame, folder: Path) -> tuple[tuple[Path, ...], int]:
    """
    Write MapInfo TAB in degrees of WGS 84, one table for each kind of shape, and read them back.

    MapInfo's own VN-2000 comes back 224 m off from other programs, and it knows no empty number: a column in
    which numbers are missing is a column of texts.

    Parameters
    ----------
    frame
        The layer in EPSG:4326.
    folder
        Where the files go.

    Returns
    -------
    files
        All the files made.
    n_cut
        Texts longer than 254 bytes, cut at a letter.

    Raises
    ------
    StoreError
        ``export_damaged``: a file does not read back.
    """
    kept = frame.take(frame.has_shape)
    cut, n_cut = cut_texts(replace(kept, fields=tuple(_never_empty(field) for field in kept.fields)))
    family = families_of(cut)
    kinds = sorted(set(family)) or [empty_family(frame)]
    for kind in kinds:
        part = cut.take(family == kind)
        stem = frame.spec.name if len(kinds) == 1 else f"{frame.spec.name}_{kind}"
        path = folder / f"{stem}.tab"
        write_layer(
            part,
            path,
            driver="MapInfo File",
            layer=stem,
            geometry_type=common_type(part.placed) if len(part.placed) else FAMILIES[kind][0],
            layer_options={"BOUNDS": TAB_BOUNDS},
        )
        verify(
            part,
            path,
            layer=None,
            id_name=frame.fields[frame.id_index].name,
            tolerance_m=TOLERANCE_GEOGRAPHIC_TEXT_M,
        )
    return tuple(_named(folder, frame.spec.name, kinds)), n_cut


def add_to_geodatabase(frame: Frame, path: Path) -> int:
    """
    Add a layer to a File Geodatabase, one feature class for each kind of shape, and read it back.

    Parameters
    ----------
    frame
        The layer.
    path
        Folder ``*.gdb``; made if absent.

    Returns
    -------
    n_rows
        Rows written: those with a shape; all, where the layer has no shapes at all.

    Raises
    ------
    StoreError
        ``export_damaged``: a feature class does not read back.
    """
    kept = frame.take(frame.has_shape)
    if not len(kept.source):
        _add_class(frame, path, frame.spec.name, None)
        return len(frame.source)
    family = families_of(kept)
    kinds = sorted(set(family))
    for kind in kinds:
        part = kept.take(family == kind)
        layer = frame.spec.name if len(kinds) == 1 else f"{frame.spec.name}_{kind}"
        _add_class(part, path, layer, common_type(part.placed))
    return len(kept.source)


def _named(folder: Path, name: str, kinds: Sequence[str]) -> list[Path]:
    stems = {name} if len(kinds) == 1 else {f"{name}_{kind}" for kind in kinds}
    return sorted(file for file in folder.iterdir() if file.stem in stems)


def _add_class(frame: Frame, path: Path, layer: str, geometry_type: str | None) -> None:
    """A geodatabase turns rings its own way and starts them where it likes: both sides are put in order."""
    write_layer(
        frame,
        path,
        driver="OpenFileGDB",
        layer=layer,
        geometry_type=geometry_type,
        layer_options=GDB_OPTIONS,
    )
    id_name = frame.fields[frame.id_index].name
    with strict_gdal():
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, columns=[id_name])
    if [str(value) for value in columns[0]] != [str(value) for value in frame.ids]:
        raise damaged("ids differ")
    if geometry_type is None:
        return
    series = gpd.GeoSeries(shapely.from_wkb(wkb), crs=meta["crs"])
    found = shapely.normalize(np.asarray(series.to_crs(WGS84).to_numpy(), dtype=object))
    meant = shapely.normalize(frame.source)
    apart_m = distance_m(meant, found)
    doubtful = apart_m > TOLERANCE_M
    # rounding may start a ring at another corner, or order its parts anew
    hausdorff_m = shapely.hausdorff_distance(meant[doubtful], found[doubtful]) * 111_320.0
    if not (hausdorff_m <= TOLERANCE_M).all():
        raise damaged(f"{int(doubtful.sum())} rows lie elsewhere")


def _series(field: Field) -> pd.Series[Any]:
    return pd.Series(list(field.values), dtype=_PANDAS.get(field.kind, "object"))


def _never_empty(field: Field) -> Field:
    if field.kind in (Kind.TEXT, Kind.LIST) or all(value is not None for value in field.values):
        return field
    texts = tuple(None if value is None else _text(value) for value in field.values)
    return replace(field, kind=Kind.TEXT, values=texts)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
