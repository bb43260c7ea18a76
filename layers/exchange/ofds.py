"""
Open Fibre Data Standard: networks as JSON packages, nodes and spans as GeoJSON.

References
----------
Open Fibre Data Standard 0.3 and 0.4, "Network schema": nodes, spans, organisations, phases.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely

from layers.exchange.fault import issue, refusal
from layers.exchange.geojson import shape_of
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

_MARKS = (
    "accessPoint",
    "darkFibre",
    "fibreCount",
    "fibreLength",
    "internationalConnections",
    "networkProviders",
    "physicalInfrastructureProvider",
    "transmissionMedium",
)
"""Words of the standard that no other GeoJSON uses for its properties."""

Placed = tuple[dict[str, Cell], object]
"""Row and its geometry object."""

_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "proposed": "proposed",
        "planned": "planned",
        "underConstruction": "underConstruction",
        "operational": "operational",
        "inactive": "inactive",
        "decommissioned": "decommissioned",
    }
)
_KINDS = (("olt", "olt"), ("cabinet", "cabinet"), ("splitter", "splitter"), ("distributionFrame", "odf"))
_DEPLOYMENTS: Mapping[str, str] = MappingProxyType(
    {
        "aboveGround": "aboveGround",
        "belowGround": "belowGround",
        "underwater": "underwater",
        "inBuilding": "inBuilding",
    }
)
_MOST_FAULTS = 200
_VALIDATOR = "from libcoveofds.cli import main; main()"


def is_package(document: Mapping[str, Any]) -> bool:
    """
    Tell a network package from other JSON.

    Parameters
    ----------
    document
        Outermost object of a JSON text.

    Returns
    -------
    is_package
        True where it lists networks.
    """
    return isinstance(document.get("networks"), list) and "type" not in document


def read(document: Mapping[str, Any], limits: Limits) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Nodes and spans of a network package.

    Parameters
    ----------
    document
        Outermost object.
    limits
        Largest numbers of rows and vertices.

    Returns
    -------
    tables, issues
        Tables ``fiber_node`` and ``fiber_span`` in the words of those layers, and faults found, those of the
        standard's own rules among them.

    Raises
    ------
    FileError
        The package is not built as the standard says (``ofds_structure``), or too large.
    """
    nodes: list[Placed] = []
    spans: list[Placed] = []
    faults: list[Issue] = []
    for network in document["networks"]:
        if not isinstance(network, dict):
            raise refusal("ofds_structure", detail="ofds_networks")
        names = _organisations(network)
        nodes += [(node_row(one, names), one.get("location")) for one in _listed(network, "nodes")]
        spans += [(span_row(one, names), one.get("route")) for one in _listed(network, "spans")]
    if len(nodes) + len(spans) > limits.rows:
        raise refusal("table_too_large", n_rows=len(nodes) + len(spans), n_columns=0, limit=limits.rows)
    if not nodes and not spans:
        raise refusal("layer_empty")
    faults += _ends(nodes, spans)
    pairs = (("fiber_node", nodes), ("fiber_span", spans))
    tables = tuple(_table(name, rows, limits, faults) for name, rows in pairs if rows)
    return tables, tuple(faults)


def validated(path: Path, folder: Path) -> tuple[Issue, ...]:
    """
    What the standard's own validator, libcoveofds, says of a package; run as the program that it is.

    Parameters
    ----------
    path
        Server-made path of the package.
    folder
        Private folder in which the program may run.

    Returns
    -------
    issues
        Breaches of its schema and of its further rules, as warnings, ``_MOST_FAULTS`` at most; one notice
        where the program cannot run here.
    """
    faults: list[Issue] = []
    for verb in ("jsv", "pv"):
        done = subprocess.run(  # noqa: S603 - our own interpreter and words only
            [sys.executable, "-I", "-c", _VALIDATOR, verb, str(path)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        found = _answer(done.stdout) if done.returncode == 0 else None
        if found is None:
            return (issue("ofds_not_validated", Severity.INFO),)
        faults += [_breach(one) for one in found]
    return tuple(faults[:_MOST_FAULTS])


def _answer(text: str) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None


def _breach(said: Mapping[str, Any]) -> Issue:
    path = said.get("path")
    parts = path if isinstance(path, list) else str(path or "").strip("/").split("/")
    at = "/".join(str(part) for part in parts)[-80:]
    place = next((int(parts[n + 1]) for n, part in enumerate(parts[:-1]) if part in ("nodes", "spans")
                  and str(parts[n + 1]).isdecimal()), None)  # fmt: skip
    rule = str(said.get("validator") or said.get("type") or "–")
    row = None if place is None else place + 1
    return issue("ofds_breach", Severity.WARNING, row=row, column=at or None, rule=rule[:60])


def is_feature(feature: Mapping[str, Any]) -> bool:
    """
    Tell a node or span of the standard's GeoJSON form from other features.

    Parameters
    ----------
    feature
        A GeoJSON feature.

    Returns
    -------
    is_feature
        True where it names its network and at least one thing that only the standard names.
    """
    properties = feature.get("properties")
    return (
        isinstance(properties, dict)
        and isinstance(properties.get("network"), dict)
        and (
            properties.get("featureType") in ("node", "span")
            or any(key in properties for key in _MARKS)
            or "fibre-data-standard" in json.dumps(properties["network"])
        )
    )


def read_features(
    features: Sequence[Mapping[str, Any]], limits: Limits
) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Nodes and spans in the standard's GeoJSON form.

    Parameters
    ----------
    features
        All of one file.
    limits
        Largest numbers of rows and vertices.

    Returns
    -------
    tables, issues
        As for :func:`read`; ends of spans are not held against nodes, which stand in a file of their own.

    Raises
    ------
    FileError
        There are too many, or a shape is none.
    """
    if len(features) > limits.rows:
        raise refusal("table_too_large", n_rows=len(features), n_columns=0, limit=limits.rows)
    nodes: list[Placed] = []
    spans: list[Placed] = []
    for feature in features:
        properties, geometry = feature.get("properties") or {}, feature.get("geometry")
        is_point = isinstance(geometry, dict) and geometry.get("type") == "Point"
        if is_point or (geometry is None and "accessPoint" in properties):
            nodes.append((node_row(properties, {}), geometry))
        else:
            spans.append((span_row(properties, {}), geometry))
    faults: list[Issue] = []
    pairs = (("fiber_node", nodes), ("fiber_span", spans))
    return tuple(_table(name, rows, limits, faults) for name, rows in pairs if rows), tuple(faults)


def node_row(node: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Cell]:
    """
    Node in the words of the layer ``fiber_node``.

    Parameters
    ----------
    node
        As the standard writes it.
    names
        Id of an organisation to its name.

    Returns
    -------
    row
        Column to cell.
    """
    kinds = [str(one) for one in _list(node.get("type"))]
    kind = next((ours for theirs, ours in _KINDS if theirs in kinds), "other" if kinds else None)
    return {
        "id": _text(node.get("id")),
        "name": _text(node.get("name")),
        "kind": kind,
        "owner": _organisation(node.get("physicalInfrastructureProvider"), names),
        "operators": _organisations_of(node.get("networkProviders"), names),
        "status": _STATUS.get(str(node.get("status"))),
    }


def span_row(span: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Cell]:
    """
    Span in the words of the layer ``fiber_span``.

    Parameters
    ----------
    span, names
        As for :func:`node_row`.

    Returns
    -------
    row
        Column to cell; a length in kilometres becomes metres.
    """
    said = [str(one) for one in _list(span.get("deployment"))]
    deployment = next((_DEPLOYMENTS[one] for one in said if one in _DEPLOYMENTS), None)
    count, length_km = _number(span.get("fibreCount")), _number(span.get("fibreLength"))
    return {
        "id": _text(span.get("id")),
        "name": _text(span.get("name")),
        "start_node": _text(_id(span.get("start"))),
        "end_node": _text(_id(span.get("end"))),
        "owner": _organisation(span.get("physicalInfrastructureProvider"), names),
        "operators": _organisations_of(span.get("networkProviders"), names),
        "deployment": deployment or ("other" if said else None),
        "n_fibers_total": None if count is None else int(count),
        "length_m": None if length_km is None else length_km * 1000.0,
        "status": _STATUS.get(str(span.get("status"))),
    }


def _table(name: str, rows: list[Placed], limits: Limits, faults: list[Issue]) -> RawTable:
    shapes = []
    n_vertices = 0
    for number, (_, geometry) in enumerate(rows, start=1):
        shape = None if geometry is None else shape_of(geometry, number, limits, faults)
        n_vertices += 0 if shape is None else int(shapely.get_num_coordinates(shape))
        if n_vertices > limits.vertices:
            raise refusal("too_many_vertices", limit=limits.vertices)
        shapes.append(None if shape is None else bytes(shapely.to_wkb(shape)))
    headings = tuple(rows[0][0])
    return RawTable(
        name=name,
        headings=headings,
        rows=tuple(tuple(row[key] for key in headings) for row, _ in rows),
        row_numbers=tuple(range(1, len(rows) + 1)),
        shapes=tuple(shapes),
        epsg=4326,
        is_crs_declared=True,
        crs_name="EPSG:4326",
    )


def _ends(nodes: list[Placed], spans: list[Placed]) -> Iterator[Issue]:
    """The standard's rule that a span starts and ends at nodes of its network."""
    known = {row["id"] for row, _ in nodes}
    told = 0
    for number, (row, _) in enumerate(spans, start=1):
        for end in ("start_node", "end_node"):
            if row[end] is not None and row[end] not in known and told < _MOST_FAULTS:
                told += 1
                yield issue("ofds_end_unknown", Severity.WARNING, row=number, column=end, value=row[end])


def _listed(network: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = network.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise refusal("ofds_structure", detail=f"ofds_{key}")
    return found


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _organisations(network: Mapping[str, Any]) -> dict[str, str]:
    listed = _listed(network, "organisations")
    return {str(one.get("id")): tidy(str(one.get("name") or one.get("id"))) for one in listed}


def _organisation(value: object, names: Mapping[str, str]) -> str | None:
    if not isinstance(value, dict):
        return _text(value)
    return _text(value.get("name")) or names.get(str(value.get("id"))) or _text(value.get("id"))


def _organisations_of(value: object, names: Mapping[str, str]) -> str | None:
    found = [_organisation(one, names) for one in _list(value)]
    return ";".join(dict.fromkeys(one for one in found if one)) or None


def _id(value: object) -> object:
    return value.get("id") if isinstance(value, dict) else value


def _text(value: object) -> str | None:
    if value is None or isinstance(value, dict | list | bool):
        return None
    return tidy(str(value))[:500] or None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
