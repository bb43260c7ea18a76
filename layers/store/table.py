"""Tables as the application holds them <-> rows and values as SQL holds them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any
from unicodedata import is_normalized

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import ColumnError, CrsError, GeometryError, InputError, SchemaError
from layers.check import DTYPES, GEOMETRY_TYPES, Misfit, Shapes, Value, to_canonical, to_value
from layers.spec import Column, Kind, LayerSpec
from layers.store.geometry import SRS_ID

DIGEST_DECIMALS = 9
VERSION_CHARACTERS = 16


def to_rows(table: gpd.GeoDataFrame, spec: LayerSpec) -> tuple[list[dict[str, Any]], Shapes]:
    """
    Values to write, checked against their layer.

    Parameters
    ----------
    table
        Rows in EPSG:4326; columns may be missing.
    spec
        Their layer.

    Returns
    -------
    rows
        Column name to value, one dict a row; texts in NFC.
    shapes
        Canonical shape of each row or None, shape (n,).

    Raises
    ------
    InputError
        ``ColumnError``, ``CrsError``, ``GeometryError``, or ids missing or repeated.
    """
    shape_column = table.active_geometry_name if isinstance(table, gpd.GeoDataFrame) else None
    unknown = [str(n) for n in table.columns if n != shape_column and spec.column(str(n)) is None]
    if unknown:
        raise ColumnError("columns_unknown", layer=spec.name, columns=", ".join(unknown))
    columns = {c.name: _values(table[c.name], c, spec.name) for c in spec.columns if c.name in table.columns}
    _require_ids(columns.get("id", [None] * len(table)), spec.name)
    shapes = _shapes(table, shape_column, spec)
    missing: dict[str, Value] = {c.name: None for c in spec.columns}
    names = list(columns)
    rows = [missing | dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return rows, shapes


def _require_ids(ids: Sequence[Value], layer: str) -> None:
    """Every row has an id and no two rows share one."""
    missing = [position for position, value in enumerate(ids, start=1) if not value]
    if missing:
        raise InputError("ids_missing", layer=layer, rows=_short(missing), n=len(missing))
    seen: set[Value] = set()
    repeated = {value: None for value in ids if value in seen or seen.add(value)}  # type: ignore[func-returns-value]
    if repeated:
        raise InputError("ids_repeated", layer=layer, ids=_short(list(repeated)), n=len(repeated))


def _short(values: Sequence[object]) -> str:
    """The first ten of many values, as text."""
    return ", ".join(str(value) for value in values[:10]) + (", …" if len(values) > 10 else "")


def _values(series: pd.Series[Any], column: Column, layer: str) -> list[Value]:
    """Values of one column as SQL takes them."""
    absent = series.isna().tolist()
    if _is_fit(series, column):
        return [None if gone else one for one, gone in zip(series.tolist(), absent, strict=True)]
    values: list[Value] = []
    known: dict[tuple[type, Any], Value | Misfit] = {}  # a day or a word stands in many rows
    for position, (raw, is_absent) in enumerate(zip(series.tolist(), absent, strict=True), start=1):
        key = (type(raw), raw if isinstance(raw, Hashable) else position)
        if key not in known:
            known[key] = None if is_absent else to_value(raw, column.kind)
        value = known[key]
        if isinstance(value, Misfit):
            facts = {"layer": layer, "column": column.name, "kind": column.kind.value, "value": str(raw)[:80]}
            raise ColumnError("column_type", issues=(), row=position, **facts)
        values.append(value)
    return values


def _is_fit(series: pd.Series[Any], column: Column) -> bool:
    """True where the type of a column says already that every value fits it: large tables come so."""
    if series.dtype != DTYPES[column.kind]:
        return False
    if column.kind in (Kind.INTEGER, Kind.BOOLEAN):
        return True
    if column.kind is Kind.REAL:
        return bool(np.isfinite(series.dropna().to_numpy(dtype=float)).all())
    is_text = column.kind in (Kind.TEXT, Kind.LIST)
    return is_text and all(
        one.isascii() or (is_normalized("NFC", one) and one.isprintable()) for one in series.dropna().tolist()
    )


def _shapes(table: gpd.GeoDataFrame, column: str | None, spec: LayerSpec) -> Shapes:
    """Shapes of a table, canonical and fit for the layer."""
    if column is None:
        return np.full(len(table), None, dtype=object)
    raw = np.asarray(table.geometry.to_numpy(), dtype=object)
    if bool((~shapely.is_missing(raw)).any()):
        crs = table.crs
        if crs is None or crs.to_epsg() != SRS_ID:
            raise CrsError("table_crs", layer=spec.name, crs="" if crs is None else crs.name)
    _require_finite(raw, spec.name)
    shapes = to_canonical(raw)
    there = ~shapely.is_missing(shapes)
    unfit = there & ~np.isin(shapely.get_type_id(shapes), list(GEOMETRY_TYPES[spec.geometry]))
    _refuse("geometry_type", unfit, spec.name, geometry=spec.geometry.value)
    bounds = shapely.bounds(shapes)
    beyond = there & (np.abs(np.nan_to_num(bounds)) > np.array([180.0, 90.0, 180.0, 90.0])).any(axis=1)
    _refuse("geometry_not_degrees", beyond, spec.name)
    _refuse("geometry_invalid", there & ~shapely.is_valid(shapes), spec.name)
    return shapes


def _require_finite(shapes: Shapes, layer: str) -> None:
    """Every coordinate is a number."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=bool)
    bad[owner[~np.isfinite(xy).all(axis=1)]] = True
    _refuse("geometry_not_finite", bad, layer)


def _refuse(code: str, bad: np.ndarray[Any, np.dtype[np.bool_]], layer: str, **facts: str) -> None:
    """Raise where any row is bad, naming the rows counted from 1."""
    if bad.any():
        rows = (np.flatnonzero(bad) + 1).tolist()
        raise GeometryError(code, issues=(), layer=layer, rows=_short(rows), n=len(rows), **facts)


def to_table(values: Mapping[str, Sequence[Any]], shapes: Shapes, spec: LayerSpec) -> gpd.GeoDataFrame:
    """
    Columns read from SQL as a table.

    Parameters
    ----------
    values
        Column name to its values, each shape (n,); a column that the file lacks is unknown everywhere.
    shapes
        Canonical shapes or None, shape (n,).
    spec
        Their layer.

    Returns
    -------
    table
        Columns of the layer in order and typed, ``geometry`` last, EPSG:4326, index 0..n-1.

    Raises
    ------
    SchemaError
        ``workspace_damaged``: another program stored a value that is not of its column's type.
    """
    absent = (None,) * len(shapes)
    data = {
        column.name: _series(values.get(column.name, absent), column, spec.name) for column in spec.columns
    }
    frame = pd.DataFrame(data, index=pd.RangeIndex(len(shapes)))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index, crs=SRS_ID), crs=SRS_ID)


def _series(values: Sequence[Any], column: Column, layer: str) -> pd.Series[Any]:
    """One typed column."""
    dtype = DTYPES[column.kind]
    try:
        if dtype != "str":
            return pd.Series(values, dtype=dtype)
        if set(map(type, values)) <= {str, type(None)}:
            return pd.Series(values, dtype="str")
    except (TypeError, ValueError) as error:
        raise SchemaError("workspace_damaged", detail=f"{layer}.{column.name}") from error
    raise SchemaError("workspace_damaged", detail=f"{layer}.{column.name}")


def digest_of(table: gpd.GeoDataFrame, spec: LayerSpec) -> str:
    """
    Fingerprint of a table's content.

    Parameters
    ----------
    table
        Table as ``to_table`` makes it.
    spec
        Its layer.

    Returns
    -------
    digest
        SHA-256 in hexadecimal of the rows sorted by id.
    """
    shapes = to_canonical(np.asarray(table.geometry.to_numpy(), dtype=object))
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DIGEST_DECIMALS) + 0.0)
    bodies = shapely.to_wkb(shapely.normalize(rounded), byte_order=1, hex=True)
    columns = [_values(table[column.name], column, spec.name) for column in spec.columns]
    heading = [spec.name, *(f"{column.name}:{column.kind.value}" for column in spec.columns)]
    lines = sorted(zip(*columns, bodies, strict=True), key=lambda line: str(line[0]))
    sha = hashlib.sha256(json.dumps(heading).encode())
    for line in lines:
        values = [value + 0.0 if isinstance(value, float) else value for value in line]
        sha.update(b"\n" + json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    return sha.hexdigest()


def versions_of(table: gpd.GeoDataFrame, spec: LayerSpec) -> dict[str, str]:
    """
    Version of each row: a mark of its content, whoever wrote it and in whatever form it is stored.

    Parameters
    ----------
    table
        Table as ``to_table`` makes it.
    spec
        Its layer.

    Returns
    -------
    versions
        Id to the beginning of a SHA-256, hexadecimal; a column that the layer gains later changes none.
    """
    shapes = to_canonical(np.asarray(table.geometry.to_numpy(), dtype=object))
    columns = {column.name: _values(table[column.name], column, spec.name) for column in spec.columns}
    columns["geometry"] = shapely.to_wkb(shapes, byte_order=1, hex=True).tolist()
    versions = {}
    for values in zip(*columns.values(), strict=True):
        known = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        text = json.dumps(known, ensure_ascii=False, sort_keys=True)
        versions[str(known.get("id"))] = hashlib.sha256(text.encode()).hexdigest()[:VERSION_CHARACTERS]
    return versions
