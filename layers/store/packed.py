"""
Rows in the forms in which history keeps them: one row as text, a whole table as bytes.

Both hold shapes as plain well-known binary, so that what a GeoPackage kept a PostGIS database can read.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq

from geo.errors import SchemaError
from layers.spec import Kind, LayerSpec
from layers.store.geometry import from_bodies
from layers.store.table import to_table

SHAPE = "geom"
_ARROW = {
    Kind.TEXT: pa.string(),
    Kind.LIST: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.string(),
}


def to_text(row: Mapping[str, Any]) -> str:
    """
    A row as text: equal for equal content, whatever columns the layer gains later.

    Parameters
    ----------
    row
        Column to value; the shape as well-known binary.

    Returns
    -------
    text
        JSON, keys sorted, unknown values left out, the shape in hexadecimal.
    """
    known = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in row.items()
        if value is not None
    }
    return json.dumps(known, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def pack(names: Sequence[str], rows: Sequence[Sequence[Any]], spec: LayerSpec) -> tuple[str, bytes]:
    """
    A whole table as bytes.

    Parameters
    ----------
    names
        Columns of the rows.
    rows
        Values; shapes as well-known binary.
    spec
        Their layer.

    Returns
    -------
    digest
        SHA-256 of the bytes, hexadecimal.
    content
        Parquet.
    """
    kinds = {column.name: _ARROW[column.kind] for column in spec.columns} | {SHAPE: pa.binary()}
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    arrays = {name: pa.array(values, type=kinds[name]) for name, values in zip(names, columns, strict=True)}
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, compression="zstd")
    content = sink.getvalue()
    return hashlib.sha256(content).hexdigest(), content


def unpack(digest: str, content: bytes, layer: str) -> dict[str, list[Any]]:
    """
    The values that were packed.

    Parameters
    ----------
    digest
        Digest under which they were kept.
    content
        The bytes.
    layer
        Their layer, for the message.

    Returns
    -------
    values
        Column to its values; shapes as well-known binary under ``geom``.

    Raises
    ------
    SchemaError
        ``kept_damaged``: the bytes are not those that were kept.
    """
    if hashlib.sha256(content).hexdigest() != digest:
        raise SchemaError("kept_damaged", layer=layer)
    found = pq.read_table(io.BytesIO(content))
    return {name: found[name].to_pylist() for name in found.column_names}


def from_texts(texts: Sequence[str], spec: LayerSpec) -> dict[str, list[Any]]:
    """
    The values of rows that were kept as text.

    Parameters
    ----------
    texts
        Rows as :func:`to_text` gave them.
    spec
        Their layer.

    Returns
    -------
    values
        As of :func:`unpack`.
    """
    rows = [json.loads(text) for text in texts]
    bodies = [None if row.get(SHAPE) is None else bytes.fromhex(row[SHAPE]) for row in rows]
    return {column.name: [row.get(column.name) for row in rows] for column in spec.columns} | {SHAPE: bodies}


def as_table(values: Mapping[str, list[Any]], spec: LayerSpec) -> gpd.GeoDataFrame:
    """
    Kept values as a table.

    Parameters
    ----------
    values
        Column to values, as of :func:`unpack`.
    spec
        Their layer as it is now; columns that it lost are left out, new ones are unknown.

    Returns
    -------
    table
        Rows in their order, EPSG:4326.
    """
    n_rows = len(values["id"])
    return to_table(values, from_bodies(values.get(SHAPE) or [None] * n_rows), spec)
