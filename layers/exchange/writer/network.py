"""Fibre routes and access points written as one network of the Open Fibre Data Standard."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping

from layers.exchange.bundle import Notes
from layers.exchange.feature import DEGREE_DECIMALS, TOLERANCE_GEOGRAPHIC_TEXT_M
from layers.exchange.frame import Floats, Frame, distance_m
from layers.exchange.staging import damaged

LAYERS = ("fiber_node", "fiber_span")
SCHEMA = (
    "https://raw.githubusercontent.com/Open-Telecoms-Data/open-fibre-data-standard/0__3__0/schema/"
    "network-schema.json"
)
STATUS = MappingProxyType({"approved": "planned"})
"""Words of the product that the standard's list does not have."""
SPACE = uuid.UUID("6f0a4c1e-3a58-5c7e-9d6b-2f3f0c0de001")
"""Names of networks and organisations are made unique within this space."""
PART = "#"
"""Between the id of a route and the number of one of its pieces."""


def write_ofds(frames: Sequence[Frame], path: Path, notes: Notes) -> Mapping[str, int]:
    """
    Write a network package, and read it back.

    Parameters
    ----------
    frames
        The layers ``fiber_node`` and ``fiber_span`` in EPSG:4326, one of them at least.
    path
        File to make.
    notes
        Title, date and notice.

    Returns
    -------
    layers
        Layer name to its rows in the file. A route in several pieces becomes several spans.

    Raises
    ------
    StoreError
        ``export_damaged``: the file does not read back.

    References
    ----------
    Open Fibre Data Standard 0.3, network schema.
    """
    by_name = {frame.spec.name: frame for frame in frames}
    nodes = list(_nodes(by_name["fiber_node"])) if "fiber_node" in by_name else []
    known = {node["id"]: node for node in nodes}
    spans = list(_spans(by_name["fiber_span"], known)) if "fiber_span" in by_name else []
    title = notes.labels.get("export.title", "hatangso")
    network = {
        "id": str(uuid.uuid5(SPACE, title)),
        "name": title,
        "publicationDate": notes.now.date().isoformat(),
        "collectionDate": _latest(frames),
        "crs": {"name": "urn:ogc:def:crs:OGC::CRS84", "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        "accuracyDetails": notes.notice,
        "language": "vi",
        "organisations": _organisations([*nodes, *spans]),
        "nodes": nodes,
        "spans": spans,
        "links": [{"rel": "describedby", "href": SCHEMA}],
    }
    content = {name: value for name, value in network.items() if value}
    path.write_text(json.dumps({"networks": [content]}, ensure_ascii=False, indent=1), encoding="utf-8")
    for frame in frames:
        _check(frame, path)
    return {name: int(frame.has_shape.sum()) for name, frame in by_name.items()}


def _rows(frame: Frame) -> Iterator[tuple[dict[str, Any], shapely.Geometry]]:
    values = {field.name: field.values for field in frame.fields}
    told = {field.name: field.told for field in frame.fields}
    for row in np.flatnonzero(frame.has_shape):
        facts = {name: column[row] for name, column in values.items()}
        facts["providers"] = told["operators"][row] if "operators" in told else None
        yield facts, frame.source[row]


def _shared(facts: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": str(facts["id"])}
    if facts.get("name"):
        found["name"] = facts["name"]
    if facts.get("status"):
        found["status"] = STATUS.get(facts["status"], facts["status"])
    if facts.get("owner"):
        found["physicalInfrastructureProvider"] = _organisation(facts["owner"])
    if facts.get("providers"):
        names = [name.strip() for name in str(facts["providers"]).split(";")]
        found["networkProviders"] = [_organisation(name) for name in names if name]
    return found


def _organisation(name: str) -> dict[str, str]:
    return {"id": str(uuid.uuid5(SPACE, name)), "name": name}


def _organisations(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    found = {}
    for row in rows:
        for one in (row.get("physicalInfrastructureProvider"), *row.get("networkProviders", ())):
            if one is not None:
                found[one["id"]] = one
    return [found[key] for key in sorted(found)]


def _nodes(frame: Frame) -> Iterator[dict[str, Any]]:
    for facts, shape in _rows(frame):
        node = _shared(facts) | {"location": _geometry(shape)}
        if facts.get("kind"):
            node["type"] = [facts["kind"]]
        if facts.get("technology"):
            node["technologies"] = [facts["technology"]]
        yield node


def _spans(frame: Frame, nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for facts, shape in _rows(frame):
        parts = _parts(shape)
        for number, part in enumerate(parts, start=1):
            span = _shared(facts)
            span["id"] = span["id"] if len(parts) == 1 else f"{span['id']}{PART}{number}"
            for end, column in (("start", "start_node"), ("end", "end_node")):
                node = nodes.get(str(facts.get(column)))
                if node is not None:
                    span[end] = {name: node[name] for name in ("id", "name") if name in node}
            span["route"] = _geometry(part)
            if facts.get("n_fibers_total") is not None:
                span["fibreCount"] = facts["n_fibers_total"]
            if facts.get("length_m") is not None:
                span["fibreLength"] = facts["length_m"] / 1000  # the standard counts kilometres
            if facts.get("deployment"):
                span["deployment"] = [facts["deployment"]]
            yield span


def _parts(shape: shapely.Geometry) -> list[shapely.Geometry]:
    return list(shape.geoms) if hasattr(shape, "geoms") else [shape]


def _geometry(shape: shapely.Geometry) -> dict[str, Any]:
    found: dict[str, Any] = mapping(shapely.transform(shape, _rounded))
    return found


def _rounded(corners: Floats) -> Floats:
    return np.round(corners, DEGREE_DECIMALS)


def _latest(frames: Sequence[Frame]) -> str | None:
    days = [
        value.isoformat()
        for frame in frames
        for field in frame.fields
        if field.name == "as_of"
        for value in field.values
        if isinstance(value, dt.date)
    ]
    return max(days, default=None)


def _check(frame: Frame, path: Path) -> None:
    (network,) = json.loads(path.read_text(encoding="utf-8"))["networks"]
    key, place = ("nodes", "location") if frame.spec.name == "fiber_node" else ("spans", "route")
    rows = network.get(key, [])
    meant = [
        (str(frame.ids[row]), part)
        for row in np.flatnonzero(frame.has_shape)
        for part in _parts(frame.source[row])
    ]
    ids = [
        key if row["id"] == key else row["id"].rpartition(PART)[0]
        for row, (key, _) in zip(rows, meant, strict=False)
    ]
    if len(rows) != len(meant) or ids != [key for key, _ in meant]:
        raise damaged("network rows differ")
    found = shapely.from_geojson(np.array([json.dumps(row[place]) for row in rows], dtype=object))
    expected = np.array([part for _, part in meant], dtype=object)
    if not (distance_m(expected, found) <= TOLERANCE_GEOGRAPHIC_TEXT_M).all():
        raise damaged("network places differ")
