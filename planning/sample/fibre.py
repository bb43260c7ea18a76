"""Fibre of the sample: exchange, cabinets, splitters, boxes and the cables between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import nearest_points, substring

from planning.sample import frame, land, settlement, way
from planning.sample.rows import Manner, table
from planning.sample.settlement import HAMLETS, Hamlet

SPLITTER_STEP_M = 190.0
OLD_NODE_ID = "MAU-TU-CU-18"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """
    One access point or junction.

    Parameters
    ----------
    id
        Stable key.
    kind
        Kind, of the layer's vocabulary.
    point
        Position in EPSG:9210.
    speed_gbps
        Speed of its technology [Gbit/s]; 0 where it only joins cables.
    """

    id: str
    kind: str
    point: shapely.Point
    speed_gbps: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """
    One cable between two nodes.

    Parameters
    ----------
    start, end
        Keys of the two nodes.
    line
        Course in EPSG:9210.
    in_duct
        True where it lies in a duct, False where it hangs on poles.
    """

    start: str
    end: str
    line: shapely.LineString
    in_duct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """
    The whole cable plant.

    Parameters
    ----------
    nodes, spans
        Its nodes and the cables between them.
    """

    nodes: tuple[Node, ...]
    spans: tuple[Span, ...]


def served() -> tuple[Hamlet, ...]:
    """
    Hamlets that fibre reaches.

    Returns
    -------
    hamlets
        In the order of the list.
    """
    return tuple(hamlet for hamlet in HAMLETS if hamlet.number not in settlement.WITHOUT_FIBRE)


@cache
def plant() -> Plant:
    """
    The cable plant: trunk in ducts on the main road, feeders and lanes on poles.

    Returns
    -------
    plant
        Every node is joined to the exchange.
    """
    nodes, spans = _trunk()
    for hamlet in served():
        feeder = next(link for link in way.links() if link.hamlet_number == hamlet.number)
        start = _closure_id(hamlet) if feeder.from_number is None else f"MAU-TU-{feeder.from_number:02d}"
        spans.append(Span(start=start, end=f"MAU-TU-{hamlet.number:02d}", line=feeder.line))
        inner_nodes, inner_spans = _hamlet_plant(hamlet)
        nodes += inner_nodes
        spans += inner_spans
    return Plant(nodes=tuple(nodes), spans=tuple(spans))


def _closure_id(hamlet: Hamlet) -> str:
    return f"MAU-MX-{hamlet.number:02d}"


def _trunk() -> tuple[list[Node], list[Span]]:
    """The exchange, a closure where each feeder leaves the main road, and the cable between them."""
    main = land.main_road()
    exchange_m = main.project(frame.point(700, -280))
    stops = [
        (exchange_m, Node(id="MAU-OLT-01", kind="olt", point=main.interpolate(exchange_m), speed_gbps=10.0))
    ]
    for link in way.links():
        hamlet = HAMLETS[link.hamlet_number - 1]
        if link.from_number is None and hamlet in served():
            at_m = main.project(shapely.Point(link.line.coords[0]))
            node = Node(id=_closure_id(hamlet), kind="closure", point=main.interpolate(at_m), speed_gbps=0.0)
            stops.append((at_m, node))
    stops.sort(key=lambda stop: stop[0])
    spans = [
        Span(start=one.id, end=two.id, line=substring(main, one_m, two_m), in_duct=True)
        for (one_m, one), (two_m, two) in pairwise(stops)
    ]
    return [node for _, node in stops], spans


def _hamlet_plant(hamlet: Hamlet) -> tuple[list[Node], list[Span]]:
    """Cabinet in the middle, splitters along the main lane, one box at the end of each lane."""
    spine, *across = (way.dry(lane) for lane in settlement.lanes(hamlet))
    cabinet_id = f"MAU-TU-{hamlet.number:02d}"
    middle_m = spine.project(settlement.centre(hamlet))
    nodes = [Node(id=cabinet_id, kind="cabinet", point=settlement.centre(hamlet), speed_gbps=10.0)]
    stops = [(middle_m, cabinet_id)]
    for index, at_m in enumerate(
        np.arange(middle_m % SPLITTER_STEP_M, spine.length, SPLITTER_STEP_M), start=1
    ):
        if abs(at_m - middle_m) > 1.0:
            key = f"MAU-BC-{hamlet.number:02d}-{index:02d}"
            nodes.append(Node(id=key, kind="splitter", point=spine.interpolate(at_m)))
            stops.append((float(at_m), key))
    stops.sort()
    spans = [
        Span(start=one, end=two, line=substring(spine, one_m, two_m))
        for (one_m, one), (two_m, two) in pairwise(stops)
    ]
    for index, lane in enumerate(across, start=1):
        box, cable = _lane_plant(hamlet, index, lane, spine, stops)
        nodes.append(box)
        spans.append(cable)
    return nodes, spans


def _lane_plant(
    hamlet: Hamlet,
    index: int,
    lane: shapely.LineString,
    spine: shapely.LineString,
    stops: Sequence[tuple[float, str]],
) -> tuple[Node, Span]:
    """The box at the farther end of a lane and its cable from the nearest splitter."""
    turn_m = spine.project(shapely.Point(nearest_points(spine, lane)[0]))
    from_m, from_id = min(stops, key=lambda stop: abs(stop[0] - turn_m))
    ends = [shapely.Point(lane.coords[0]), shapely.Point(lane.coords[-1])]
    end = max(ends, key=lambda point: (point.distance(spine), point.x))
    box = Node(id=f"MAU-HOP-{hamlet.number:02d}-{index:02d}", kind="terminal_box", point=end)
    along = substring(spine, from_m, turn_m)
    course = [*along.coords] if isinstance(along, shapely.LineString) else [along.coords[0]]
    return box, Span(start=from_id, end=box.id, line=shapely.LineString([*course, end.coords[0]]))


def nodes(seed: int) -> gpd.GeoDataFrame:
    """
    Access points with technology, speed and ports.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``fiber_node``, EPSG:4326. One old cabinet of 0.1 Gbit/s stands in a hamlet without fibre.
    """
    rng = frame.stream(seed, "fiber_node")
    old = Node(id=OLD_NODE_ID, kind="cabinet", point=settlement.centre(HAMLETS[17]), speed_gbps=0.1)
    found = (*plant().nodes, old)
    rows = [_node_row(node, rng) for node in found]
    manner = Manner(layer="fiber_node", sharing="internal", accuracy_m=5.0)
    return table(manner, rows, [node.point for node in found], rng)


def _node_row(node: Node, rng: np.random.Generator) -> dict[str, object]:
    row: dict[str, object] = {"id": node.id, "name": node.id, "kind": node.kind}
    owner = "mau_a" if rng.random() < 0.6 else "mau_b"
    row |= {"operators": owner, "owner": owner}
    if node.speed_gbps == 0.0:
        return row
    technology = "XGS-PON" if node.speed_gbps >= 10 else "GPON" if node.speed_gbps >= 1 else "other"
    total = {"olt": 256, "cabinet": 64, "splitter": 32}.get(node.kind, 16)
    used = int(total * rng.uniform(0.4, 0.95))
    known = rng.random() < 0.85
    return row | {
        "technology": technology,
        "speed_gbps": node.speed_gbps,
        "n_ports_total": total,
        "n_ports_used": used if known else None,
    }


def spans(seed: int) -> gpd.GeoDataFrame:
    """
    Cables with their ends, their kind of laying and their fibres.

    Parameters
    ----------
    seed
        Seed of the sample.

    Returns
    -------
    table
        Layer ``fiber_span``, EPSG:4326.
    """
    rng = frame.stream(seed, "fiber_span")
    found = plant().spans
    rows = []
    for number, span in enumerate(found, start=1):
        n_fibers = 48 if span.in_duct else 24 if span.end.startswith("MAU-TU") else 12
        rows.append(
            {
                "id": f"MAU-CAP-{number:03d}",
                "name": f"{span.start} – {span.end}",
                "owner": "mau_a",
                "start_node": span.start,
                "end_node": span.end,
                "operators": "mau_a;mau_b" if span.in_duct else "mau_a",
                "deployment": "belowGround" if span.in_duct else "aboveGround",
                "n_fibers_total": n_fibers,
                "n_fibers_used": int(n_fibers * rng.uniform(0.3, 0.9)) if rng.random() < 0.8 else None,
                "length_m": round(span.line.length, 1),
            }
        )
    manner = Manner(layer="fiber_span", sharing="internal", accuracy_m=5.0)
    return table(manner, rows, [span.line for span in found], rng)
