"""
Shapes as GeoPackage keeps them: a header, an envelope, and the well-known binary form.

References
----------
OGC 12-128r18 (GeoPackage 1.3), clause 2.1.3 "StandardGeoPackageBinary"; the SQL functions of Annex F.3.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely

from geo.errors import SchemaError
from layers.check import STORAGE_EPSG, Shapes, to_canonical
from layers.spec import Geometry

SRS_ID = STORAGE_EPSG
HEADER = np.dtype(
    [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("envelope", "<f8", (4,))]
)
LITTLE_ENDIAN_WITH_ENVELOPE = 0b0000_0011
EMPTY_FLAG = 0b0001_0000
EXTENDED_FLAG = 0b0010_0000
ENVELOPE_BYTES = (0, 32, 48, 48, 64)
COLUMN_TYPES = {
    Geometry.POINT: "POINT",
    Geometry.LINE: "MULTILINESTRING",
    Geometry.POLYGON: "MULTIPOLYGON",
    Geometry.ANY: "GEOMETRY",
}


def to_blobs(shapes: Shapes, geometry: Geometry) -> list[bytes | None]:
    """
    Shapes in GeoPackage binary form, each with its envelope.

    Parameters
    ----------
    shapes
        Canonical shapes or None, shape (n,); lines and areas are written as multi-part shapes where the
        layer holds only these.
    geometry
        Shapes that the layer holds.

    Returns
    -------
    blobs
        Binary form of each, None for None.
    """
    present = ~shapely.is_missing(shapes)
    parts = to_multi(shapes[present], geometry)
    bounds = shapely.bounds(parts).reshape(-1, 4)
    headers = np.zeros(len(parts), dtype=HEADER)
    headers["magic"] = b"GP"
    headers["flags"] = LITTLE_ENDIAN_WITH_ENVELOPE
    headers["srs_id"] = SRS_ID
    headers["envelope"] = bounds[:, [0, 2, 1, 3]]
    packed = headers.tobytes()
    bodies = shapely.to_wkb(parts, byte_order=1)
    size = HEADER.itemsize
    found = iter([packed[i * size : (i + 1) * size] + body for i, body in enumerate(bodies)])
    return [next(found) if is_there else None for is_there in present.tolist()]


def to_multi(shapes: Shapes, geometry: Geometry) -> Shapes:
    """
    Multi-part shapes where the layer's column is declared so.

    Parameters
    ----------
    shapes
        Shapes, shape (n,).
    geometry
        Shapes that the layer holds.

    Returns
    -------
    shapes
        Lines and areas with several parts, others as they are.
    """
    builders: dict[Geometry, tuple[int, Callable[..., Any]]] = {
        Geometry.LINE: (1, shapely.multilinestrings),
        Geometry.POLYGON: (3, shapely.multipolygons),
    }
    if geometry not in builders:
        return shapes
    single_type, build = builders[geometry]
    single = shapely.get_type_id(shapes) == single_type
    result = shapes.copy()
    if single.any():
        result[single] = build(shapes[single], indices=np.arange(int(single.sum())))
    return result


def from_blobs(blobs: Sequence[bytes | None]) -> Shapes:
    """
    Shapes from their GeoPackage binary form, whoever wrote it.

    Parameters
    ----------
    blobs
        Binary forms or None.

    Returns
    -------
    shapes
        Canonical shapes or None, shape (n,).

    Raises
    ------
    SchemaError
        ``workspace_damaged``: a value is not in that form.
    """
    return from_bodies([body_of(blob) for blob in blobs])


def body_of(blob: bytes | None) -> bytes | None:
    """
    The well-known binary form within a GeoPackage blob.

    Parameters
    ----------
    blob
        Binary form with its header, or None.

    Returns
    -------
    body
        The same without the header.

    Raises
    ------
    SchemaError
        ``workspace_damaged``: the value is not in that form.
    """
    return None if blob is None else blob[_header_bytes(blob) :]


def from_bodies(bodies: Sequence[bytes | None]) -> Shapes:
    """
    Shapes from their well-known binary form.

    Parameters
    ----------
    bodies
        Binary forms or None.

    Returns
    -------
    shapes
        Canonical shapes or None, shape (n,).

    Raises
    ------
    SchemaError
        ``workspace_damaged``: a value is not in that form.
    """
    given = np.full(len(bodies), None, dtype=object)
    given[:] = bodies
    try:
        return to_canonical(shapely.from_wkb(given))
    except shapely.errors.GEOSException as error:
        raise SchemaError("workspace_damaged", detail="geometry") from error


def _header_bytes(blob: object) -> int:
    """Length of a blob's header with its envelope [bytes]."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8 or blob[3] & EXTENDED_FLAG:
        raise SchemaError("workspace_damaged", detail="geometry")
    kind = (blob[3] >> 1) & 0b111
    if kind >= len(ENVELOPE_BYTES):
        raise SchemaError("workspace_damaged", detail="geometry")
    return 8 + ENVELOPE_BYTES[kind]


def register_functions(connection: sqlite3.Connection) -> None:
    """
    Give a connection the five functions that the standard spatial index triggers call.

    Parameters
    ----------
    connection
        Open connection; plain SQLite has none of them.
    """
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)
    for position, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, _bound(position), deterministic=True)


def _is_empty(blob: bytes | None) -> int | None:
    """1 for an empty shape, 0 for another, NULL for NULL."""
    return None if blob is None else int(bool(blob[3] & EMPTY_FLAG))


def _bound(position: int) -> Callable[[bytes | None], float | None]:
    """Reader of one number of the envelope: min x, max x, min y, max y."""
    little, big = struct.Struct("<d").unpack_from, struct.Struct(">d").unpack_from
    offset = 8 + 8 * position
    corner = (0, 2, 1, 3)[position]

    def bound(blob: bytes | None) -> float | None:
        if blob is None:
            return None
        if blob[3] & 0b1110:
            value: float = (little if blob[3] & 1 else big)(blob, offset)[0]
            return value
        return float(shapely.bounds(shapely.from_wkb(blob[_header_bytes(blob) :]))[corner])

    return bound
