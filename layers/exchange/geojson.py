"""GeoJSON (RFC 7946), read by its own rules: every fault with the number of its feature."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from geo.crs import parse_epsg
from geo.errors import CrsError
from layers.exchange.encoding import decode_utf8
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_COLLECTION = "GeometryCollection"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OPENING, _CLOSING = list(b"[{"), list(b"]}")
_CHUNK = 1 << 22
_SAFE_NAME = re.compile(r"[^\w .,:()/%°-]")
_JSON_FAULTS = (
    ("Expecting ',' delimiter", "json_comma"),
    ("Expecting ':' delimiter", "json_colon"),
    ("Expecting property name", "json_name"),
    ("Illegal trailing comma", "json_trailing_comma"),
    ("Expecting value", "json_value"),
    ("Extra data", "json_extra"),
    ("Unterminated string", "json_open_quote"),
    ("Invalid control character", "json_control"),
    ("Invalid", "json_escape"),
)
"""Beginnings of the messages of Python's JSON reader, and the product's words for them."""
RESERVED = ("geom", "geometry", "fid", "rowid", "ogc_fid", "select", "table", "index", "group", "order")


class _NotFiniteError(Exception):
    """A literal NaN or Infinity, which JSON does not have."""


def read(data: bytes, limits: Limits) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Features of a GeoJSON text.

    Parameters
    ----------
    data
        Content of the file.
    limits
        Largest depth and numbers of features and vertices.

    Returns
    -------
    table, issues
        One row for each feature, and faults found.

    Raises
    ------
    FileError
        The text is not JSON, too deep, not GeoJSON, or a coordinate is no number.
    """
    document, faults = parse(data, limits)
    table, found = read_document(document, limits)
    return table, (*faults, *found)


def parse(data: bytes, limits: Limits) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """
    Outermost object of a JSON text, or one collection of the features that its lines hold.

    Parameters
    ----------
    data
        Content of the file: one object, or one feature a line (GeoJSON text sequence, RFC 8142).
    limits
        Largest depth.

    Returns
    -------
    document, issues
        The object, and keys that stand in one object twice.

    Raises
    ------
    FileError
        The text is not JSON, or too deep.
    """
    _check_depth(data, limits.depth)
    text = decode_utf8(data)
    repeated: list[str] = []
    document = _sequence(text, repeated) or _parse(text, repeated)
    return document, tuple(issue("json_duplicate_key", column=key) for key in dict.fromkeys(repeated))


def _sequence(text: str, repeated: list[str]) -> dict[str, Any] | None:
    """Features that stand one in a line, as Microsoft's building footprints come; None for other texts."""
    lines = [line.strip("\x1e \t\r") for line in text.split("\n")]
    lines = [line for line in lines if line]
    if len(lines) < 2 or not all(line.startswith("{") and line.endswith("}") for line in lines[:2]):
        return None
    if not all(_is_whole(line) for line in lines[:2]):
        return None
    return {"type": "FeatureCollection", "features": [_parse(line, repeated) for line in lines]}


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def read_document(document: dict[str, Any], limits: Limits) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Features of a GeoJSON object.

    Parameters
    ----------
    document
        Outermost object.
    limits
        Largest numbers of features and vertices.

    Returns
    -------
    table, issues
        One row for each feature, and faults found.

    Raises
    ------
    FileError
        The object is not GeoJSON, or a coordinate is no number.
    """
    features = list(features_of(document))
    if len(features) > limits.rows:
        raise refusal("table_too_large", n_rows=len(features), n_columns=0, limit=limits.rows)
    faults: list[Issue] = []
    counter = _Counter(limits.vertices)
    shapes, properties = [], []
    for number, feature in enumerate(features, start=1):
        shape, found = _shape(feature, number, counter)
        shapes.append(shape)
        faults += found
        properties.append(_properties(feature, number, faults))
    epsg, is_declared, name = _crs(document, faults)
    headings, renamed = _headings(properties, has_ids=any("id" in feature for feature in features))
    faults += [issue("name_sanitised", Severity.INFO, column=heading) for heading in renamed]
    rows = tuple(_row(one, feature, headings) for one, feature in zip(properties, features, strict=True))
    table = RawTable(
        name=_safe(str(document.get("name", "")))[0],
        headings=tuple(headings.values()),
        rows=rows,
        row_numbers=tuple(range(1, len(rows) + 1)),
        shapes=tuple(
            None if one is None else bytes(one) for one in shapely.to_wkb(np.array(shapes, dtype=object))
        ),
        epsg=epsg,
        is_crs_declared=is_declared,
        crs_name=name,
    )
    return table, tuple(faults)


def shape_of(geometry: object, number: int, limits: Limits, faults: list[Issue]) -> shapely.Geometry | None:
    """
    Shape of one geometry object.

    Parameters
    ----------
    geometry
        As it stands in the file.
    number
        Number of the feature, counted from 1.
    limits
        Largest number of vertices.
    faults
        Faults are added here.

    Returns
    -------
    shape
        None where it has no coordinates, or a fault keeps it from being one.

    Raises
    ------
    FileError
        It is no geometry, or a coordinate is no number.
    """
    return _geometry(geometry, number, _Counter(limits.vertices), faults)


class _Counter:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.n_vertices = 0

    def add(self, count: int) -> None:
        self.n_vertices += count
        if self.n_vertices > self.limit:
            raise refusal("too_many_vertices", limit=self.limit)


def _check_depth(data: bytes, limit: int) -> None:
    signs = np.frombuffer(_STRING.sub(b"", data), dtype=np.uint8)
    depth = 0
    for start in range(0, len(signs), _CHUNK):
        part = signs[start : start + _CHUNK]
        steps = np.isin(part, _OPENING).astype(np.int32) - np.isin(part, _CLOSING)
        if depth + int(np.cumsum(steps).max(initial=0)) > limit:
            raise refusal("json_too_deep", limit=limit)
        depth += int(steps.sum())


def _parse(text: str, repeated: list[str]) -> dict[str, Any]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) < len(items):
            names = [name for name, _ in items]
            repeated.extend(name for name in result if names.count(name) > 1)
        return result

    def constant(literal: str) -> float:
        raise _NotFiniteError(literal)

    try:
        document = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise refusal("json_syntax", row=error.lineno, detail=_json_fault(error.msg)) from None
    except _NotFiniteError as error:
        row = text.count("\n", 0, text.find(str(error))) + 1
        raise refusal("coord_not_finite", row=row, value=str(error)) from None
    except (RecursionError, ValueError):
        raise refusal("json_syntax", detail="json_too_large") from None
    if not isinstance(document, dict):
        raise refusal("geojson_structure", detail="geojson_outermost")
    if document.get("type") == "Topology":
        raise refusal("format_not_allowed", found="TopoJSON")
    return document


def _json_fault(said: str) -> str:
    """Word of the product for what the JSON reader says."""
    return next((code for start, code in _JSON_FAULTS if said.startswith(start)), "json_other")


def features_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """
    Features of a GeoJSON object, whatever its own type.

    Parameters
    ----------
    document
        Outermost object.

    Yields
    ------
    feature
        As it stands in the file.

    Raises
    ------
    FileError
        The object is not GeoJSON (``geojson_structure``), or lists no feature (``layer_empty``).
    """
    kind = document.get("type")
    if kind == "FeatureCollection":
        members = document.get("features")
        if not isinstance(members, list):
            raise refusal("geojson_structure", detail="geojson_features")
        if not members:
            raise refusal("layer_empty")
        for number, feature in enumerate(members, start=1):
            if not isinstance(feature, dict) or feature.get("type") != "Feature":
                raise refusal("geojson_structure", row=number, detail="geojson_feature")
            yield feature
    elif kind == "Feature":
        yield document
    elif kind in DEPTH or kind == _COLLECTION:
        yield {"type": "Feature", "properties": {}, "geometry": document}
    else:
        raise refusal("geojson_structure", detail="geojson_type")


def _properties(feature: dict[str, Any], number: int, faults: list[Issue]) -> dict[str, Any]:
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise refusal("geojson_structure", row=number, column="properties", detail="geojson_properties")
    if "id" in feature and (
        isinstance(feature["id"], bool) or not isinstance(feature["id"], str | int | float)
    ):
        faults.append(issue("feature_id_invalid", row=number, column="id"))
    return properties or {}


def _shape(
    feature: dict[str, Any], number: int, counter: _Counter
) -> tuple[shapely.Geometry | None, list[Issue]]:
    if "geometry" not in feature:
        raise refusal("geojson_structure", row=number, detail="geojson_no_geometry")
    geometry = feature["geometry"]
    if geometry is None:
        return None, []
    faults: list[Issue] = []
    return _geometry(geometry, number, counter, faults), faults


def _geometry(
    geometry: object, number: int, counter: _Counter, faults: list[Issue]
) -> shapely.Geometry | None:
    if not isinstance(geometry, dict):
        raise refusal("geojson_structure", row=number, detail="geojson_geometry")
    kind = geometry.get("type")
    if kind == _COLLECTION:
        members = geometry.get("geometries")
        if not isinstance(members, list):
            raise refusal("geojson_structure", row=number, detail="geojson_geometries")
        parts = [_geometry(member, number, counter, faults) for member in members]
        return shapely.GeometryCollection([part for part in parts if part is not None])
    if kind not in DEPTH:
        raise refusal("geom_type_unsupported", row=number, found=str(kind)[:40])
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        raise refusal("geom_coord_invalid", row=number, value=str(coordinates)[:40])
    if not coordinates:
        return None
    pairs = _Pairs(number=number, counter=counter)
    nested = pairs.nest(coordinates, DEPTH[kind])
    if pairs.widest > 3:
        faults.append(issue("geom_dim_dropped", Severity.WARNING, row=number, n_dimensions=pairs.widest))
    elif pairs.widest == 3:
        faults.append(issue("geom_height_dropped", Severity.INFO, row=number))
    return _build(kind, nested, number, faults)


class _Pairs:
    def __init__(self, *, number: int, counter: _Counter) -> None:
        self.number = number
        self.counter = counter
        self.widest = 0

    def nest(self, value: object, depth: int) -> list[Any] | tuple[float, float]:
        if depth == 0:
            return self.pair(value)
        if not isinstance(value, list):
            raise refusal("geom_coord_nesting", row=self.number)
        return [self.nest(one, depth - 1) for one in value]

    def pair(self, value: object) -> tuple[float, float]:
        if not isinstance(value, list):
            raise refusal("geom_coord_nesting", row=self.number)
        if value and isinstance(value[0], list):
            raise refusal("geom_coord_nesting", row=self.number)
        good = len(value) >= 2 and all(
            isinstance(one, int | float) and not isinstance(one, bool) for one in value
        )
        if not good:
            raise refusal("geom_coord_invalid", row=self.number, value=str(value)[:40])
        self.counter.add(1)
        self.widest = max(self.widest, len(value))
        try:
            x, y = float(value[0]), float(value[1])
        except OverflowError:
            x = y = math.inf
        if not (math.isfinite(x) and math.isfinite(y)):
            raise refusal("coord_not_finite", row=self.number, value=str(value)[:40])
        return x, y


def _build(kind: str, nested: Sequence[Any], number: int, faults: list[Issue]) -> shapely.Geometry | None:
    rings: Sequence[Any] = (
        nested
        if kind == "Polygon"
        else [ring for part in nested for ring in part]
        if kind == "MultiPolygon"
        else []
    )
    for ring in rings:
        if len(ring) < 4:
            faults.append(issue("geom_ring_short", row=number, n_points=len(ring)))
            return None
        if ring[0] != ring[-1]:
            faults.append(issue("geom_ring_unclosed", row=number))
            return None
    lines = [nested] if kind == "LineString" else nested if kind == "MultiLineString" else []
    if any(len(line) < 2 for line in lines):
        faults.append(issue("geom_line_short", row=number))
        return None
    if kind.endswith("Polygon"):
        _check_winding(nested if kind == "MultiPolygon" else [nested], number, faults)
    return _MAKERS[kind](nested)


def _check_winding(polygons: Sequence[Any], number: int, faults: list[Issue]) -> None:
    for rings in polygons:
        turns = [_is_ccw(ring) for ring in rings]
        if turns and (not turns[0] or any(turns[1:])):
            faults.append(issue("geom_rewound", Severity.WARNING, row=number))
            return


def _is_ccw(ring: Sequence[tuple[float, float]]) -> bool:
    x, y = ring[0]
    return sum((a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y) for a, b in pairwise(ring)) > 0


def _polygon(rings: Sequence[Any]) -> shapely.Polygon:
    return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()


_MAKERS: dict[str, Callable[[Any], shapely.Geometry]] = {
    "Point": shapely.Point,
    "MultiPoint": shapely.MultiPoint,
    "LineString": shapely.LineString,
    "MultiLineString": shapely.MultiLineString,
    "Polygon": _polygon,
    "MultiPolygon": lambda polygons: shapely.MultiPolygon([_polygon(rings) for rings in polygons]),
}


def _crs(document: dict[str, Any], faults: list[Issue]) -> tuple[int | None, bool, str | None]:
    member = document.get("crs")
    if member is None:
        return 4326, False, None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    code = re.search(r"(?:EPSG|epsg)\D{1,3}(?:[\d.]+:)?(\d{4,6})$", name)
    if code and _exists(int(code.group(1))):
        return int(code.group(1)), True, name
    if "CRS84" in name:
        return 4326, True, name
    faults.append(issue("crs_unknown", Severity.ASK, found=name[:80]))
    return None, True, name or None


def _exists(epsg: int) -> bool:
    try:
        return parse_epsg(epsg) == epsg
    except CrsError:
        return False


def _safe(name: str) -> tuple[str, bool]:
    clean = _SAFE_NAME.sub("_", tidy(name))[:63]
    return clean, clean != name or name.lower() in RESERVED


def _headings(properties: list[dict[str, Any]], *, has_ids: bool) -> tuple[dict[str, str], list[str]]:
    names = dict.fromkeys(name for one in properties for name in one)
    result: dict[str, str] = {"": "id"} if has_ids and "id" not in {name.lower() for name in names} else {}
    renamed = []
    for name in names:
        clean, changed = _safe(name)
        while clean in result.values():
            clean, changed = f"{clean}_", True
        result[name] = clean
        renamed += [clean] if changed else []
    return result, renamed


def _row(properties: dict[str, Any], feature: dict[str, Any], headings: dict[str, str]) -> tuple[Cell, ...]:
    return tuple(_cell(feature.get("id") if name == "" else properties.get(name)) for name in headings)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return tidy(value) or None
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, float) or np.isfinite(value) else None
    return json.dumps(value, ensure_ascii=False)[:2000]
