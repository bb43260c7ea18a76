"""KML, KMZ and GPX: parsed without document types, entities or links; descriptions become plain text."""

from __future__ import annotations

import html
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree as ET
from xml.parsers.expat import errors as expat

import shapely

from layers.exchange.archive import extract, members
from layers.exchange.encoding import decode_utf8
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Limits, RawTable
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

_FORBIDDEN = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TAG = re.compile(r"<[^>]*>")
_SHAPES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack", "Model")
_MAX_DEPTH = 100
_XML_FAULTS = MappingProxyType(
    {
        expat.codes[expat.XML_ERROR_TAG_MISMATCH]: "xml_tag",
        expat.codes[expat.XML_ERROR_INVALID_TOKEN]: "xml_token",
        expat.codes[expat.XML_ERROR_NO_ELEMENTS]: "xml_empty",
        expat.codes[expat.XML_ERROR_UNCLOSED_TOKEN]: "xml_end",
        expat.codes[expat.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "xml_junk",
        expat.codes[expat.XML_ERROR_UNDEFINED_ENTITY]: "xml_entity",
        expat.codes[expat.XML_ERROR_UNBOUND_PREFIX]: "xml_prefix",
        expat.codes[expat.XML_ERROR_DUPLICATE_ATTRIBUTE]: "xml_attribute",
    }
)

Fields = dict[str, str]
Feature = tuple[Fields, shapely.Geometry | None]


def check_safe(text: str) -> None:
    """
    Refuse what a harmless XML file never holds.

    Parameters
    ----------
    text
        Content of the file.

    Raises
    ------
    FileError
        A document type or an entity is declared (``xml_dtd_forbidden``).
    """
    found = _FORBIDDEN.search(text)
    if found:
        raise refusal("xml_dtd_forbidden", row=text.count("\n", 0, found.start()) + 1)


def read_kml(data: bytes, limits: Limits) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Placemarks of a KML text.

    Parameters
    ----------
    data
        Content of the file.
    limits
        Largest number of rows.

    Returns
    -------
    table, issues
        One row for each placemark, and faults found.

    Raises
    ------
    FileError
        The text is no XML, declares entities, or holds no placemark.
    """
    root = _parse(data)
    faults: list[Issue] = []
    if any(_local(node.tag) == "NetworkLink" for node in root.iter()):
        faults.append(issue("kml_network_link", Severity.WARNING))
    features = [
        _placemark(node, number, faults)
        for number, node in enumerate((one for one in root.iter() if _local(one.tag) == "Placemark"), start=1)
    ]
    return _table(features, faults, limits)


def read_kmz(path: Path, folder: Path, limits: Limits) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Placemarks of the first KML file in a KMZ archive.

    Parameters
    ----------
    path
        Server-made path of the archive.
    folder
        Where to extract to.
    limits
        Largest sizes.

    Returns
    -------
    table, issues
        One row for each placemark, and faults found.

    Raises
    ------
    FileError
        The archive or the text in it is refused.
    """
    inside: list[zipfile.ZipInfo] = [
        one for one in members(path, limits) if one.filename.lower().endswith(".kml")
    ]
    main = next((one for one in inside if one.filename.lower() == "doc.kml"), inside[0])
    target = folder / "inside.kml"
    extract(path, main, target, limits)
    return read_kml(target.read_bytes(), limits)


def read_gpx(data: bytes, limits: Limits) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    Waypoints, routes and tracks of a GPX text.

    Parameters
    ----------
    data
        Content of the file.
    limits
        Largest number of rows.

    Returns
    -------
    table, issues
        One row for each of them, and faults found.

    Raises
    ------
    FileError
        The text is no XML, declares entities, or holds nothing.
    """
    faults: list[Issue] = []
    features: list[Feature] = []
    for node in _parse(data):
        kind = _local(node.tag)
        number = len(features) + 1
        if kind == "wpt":
            point = _pair(node.get("lon"), node.get("lat"), number)
            features.append((_gpx_fields(node), shapely.Point(point)))
        elif kind in ("rte", "trk"):
            parts = [node] if kind == "rte" else [one for one in node if _local(one.tag) == "trkseg"]
            lines = [_gpx_line(part, number) for part in parts]
            features.append((_gpx_fields(node), _lines(lines, number, faults)))
    return _table(features, faults, limits)


def _parse(data: bytes) -> ET.Element:
    text = decode_utf8(data)
    check_safe(text)
    try:
        root = ET.fromstring(_DECLARATION.sub("", text))  # noqa: S314 - entities were refused above
    except ET.ParseError as error:
        raise refusal(
            "xml_syntax", row=error.position[0], detail=_XML_FAULTS.get(error.code, "xml_other")
        ) from None
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            raise refusal("xml_syntax", detail="xml_deep")
        level = [child for node in level for child in node]
    return root


def _table(
    features: list[Feature], faults: list[Issue], limits: Limits
) -> tuple[RawTable, tuple[Issue, ...]]:
    if not features:
        raise refusal("layer_empty")
    if len(features) > limits.rows:
        raise refusal("table_too_large", n_rows=len(features), n_columns=0, limit=limits.rows)
    headings = tuple(dict.fromkeys(name for fields, _ in features for name in fields))
    table = RawTable(
        name="",
        headings=headings,
        rows=tuple(tuple(fields.get(name) or None for name in headings) for fields, _ in features),
        row_numbers=tuple(range(1, len(features) + 1)),
        shapes=tuple(None if shape is None else bytes(shapely.to_wkb(shape)) for _, shape in features),
        epsg=4326,
        is_crs_declared=True,
    )
    return table, tuple(faults)


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def _placemark(node: ET.Element, number: int, faults: list[Issue]) -> Feature:
    fields: Fields = {}
    shape: shapely.Geometry | None = None
    for child in node:
        kind = _local(child.tag)
        if kind in ("name", "description"):
            fields[kind] = _plain(child.text)
        elif kind == "ExtendedData":
            for entry in child.iter():
                name = tidy(entry.get("name", ""))
                if name and _local(entry.tag) in ("Data", "SimpleData"):
                    value = next((one.text for one in entry if _local(one.tag) == "value"), entry.text)
                    fields[name] = _plain(value)
        elif kind in _SHAPES:
            shape = _kml_shape(child, number, faults)
    return fields, shape


def _plain(text: str | None) -> str:
    return tidy(html.unescape(_TAG.sub(" ", text or "")))


def _kml_shape(node: ET.Element, number: int, faults: list[Issue]) -> shapely.Geometry | None:
    kind = _local(node.tag)
    if kind == "MultiGeometry":
        parts = [_kml_shape(child, number, faults) for child in node if _local(child.tag) in _SHAPES]
        return _gather([part for part in parts if part is not None])
    if kind == "Polygon":
        rings = [
            (_local(side.tag), _kml_pairs(ring, number))
            for side in node
            for ring in side
            if _local(ring.tag) == "LinearRing"
        ]
        outer = [ring for side, ring in rings if side == "outerBoundaryIs"]
        if not outer or any(len(ring) < 4 for _, ring in rings):
            faults.append(
                issue(
                    "geom_ring_short", row=number, n_points=min((len(ring) for _, ring in rings), default=0)
                )
            )
            return None
        return shapely.Polygon(outer[0], [ring for side, ring in rings if side == "innerBoundaryIs"])
    if kind in ("LineString", "LinearRing"):
        return _lines([_kml_pairs(node, number)], number, faults)
    if kind == "Point":
        pairs = _kml_pairs(node, number)
        return shapely.Point(pairs[0]) if pairs else None
    faults.append(issue("geom_type_unsupported", row=number, found=kind))
    return None


def _gather(parts: list[shapely.Geometry]) -> shapely.Geometry | None:
    makers = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    kinds = {part.geom_type for part in parts}
    if len(kinds) == 1 and (kind := kinds.pop()) in makers:
        return makers[kind](parts)
    return shapely.GeometryCollection(parts) if parts else None


def _kml_pairs(node: ET.Element, number: int) -> list[tuple[float, float]]:
    text = next((child.text for child in node if _local(child.tag) == "coordinates"), "") or ""
    pairs = []
    for token in re.sub(r"\s*,\s*", ",", text).split():
        parts = token.split(",")
        pairs.append(_pair(parts[0], parts[1] if len(parts) > 1 else None, number))
    return pairs


def _pair(x: str | None, y: str | None, number: int) -> tuple[float, float]:
    try:
        pair = float(x or ""), float(y or "")
    except ValueError:
        raise refusal("geom_coord_invalid", row=number, value=f"{x},{y}"[:40]) from None
    if not (math.isfinite(pair[0]) and math.isfinite(pair[1])):
        raise refusal("coord_not_finite", row=number, value=f"{x},{y}"[:40])
    return pair


def _lines(
    lines: list[list[tuple[float, float]]], number: int, faults: list[Issue]
) -> shapely.Geometry | None:
    if not lines or any(len(line) < 2 for line in lines):
        faults.append(issue("geom_line_short", row=number))
        return None
    return shapely.LineString(lines[0]) if len(lines) == 1 else shapely.MultiLineString(lines)


def _gpx_line(node: ET.Element, number: int) -> list[tuple[float, float]]:
    points: Iterator[ET.Element] = (one for one in node if _local(one.tag) in ("rtept", "trkpt"))
    return [_pair(one.get("lon"), one.get("lat"), number) for one in points]


def _gpx_fields(node: ET.Element) -> Fields:
    wanted = ("name", "desc", "cmt", "ele", "time", "type", "sym")
    return {_local(child.tag): _plain(child.text) for child in node if _local(child.tag) in wanted}
