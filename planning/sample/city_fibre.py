"""Fibre of the sample city: trunks between hamlets, then from box to box within each."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.spatial import Delaunay

from planning.sample import frame
from planning.sample.city_house import PITCH_M, Plots
from planning.sample.city_land import SPANS, Land
from planning.sample.city_rows import columns_table, numbered
from planning.sample.frame import Floats
from planning.sample.rows import Manner

Ints = npt.NDArray[np.int64]

UNSERVED_SHARE = 0.04
TRUNK_FIBRES, BRANCH_FIBRES = 48, 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plant:
    """
    The cable plant. Node 0 is the exchange; every other node hangs on its parent.

    Parameters
    ----------
    xy_m
        Positions in EPSG:9210 [m], shape (n, 2).
    kind
        ``olt``, ``cabinet``, ``splitter`` or ``terminal_box``, shape (n,).
    parent
        Node that it hangs on, shape (n,); −1 for the exchange.
    ids
        Stable keys, shape (n,).
    """

    xy_m: Floats
    kind: npt.NDArray[np.object_]
    parent: Ints
    ids: npt.NDArray[np.object_]


def tree(land: Land) -> Ints:
    """
    The shortest tree that joins the middles of all hamlets; roads and trunk cables follow it.

    Parameters
    ----------
    land
        The city's land.

    Returns
    -------
    parent
        Hamlet before each on the way from the densest one, shape (n_hamlets,); −1 for that one itself.
    """
    triangles = Delaunay(land.hamlet_xy_m).simplices
    one, two = np.vstack([triangles[:, pair] for pair in ((0, 1), (1, 2), (2, 0))]).T
    n_hamlets = len(land.hamlet_xy_m)
    pairs = np.unique(np.stack([np.minimum(one, two), np.maximum(one, two)]), axis=1)
    length_m = np.hypot(*(land.hamlet_xy_m[pairs[0]] - land.hamlet_xy_m[pairs[1]]).T)
    joined = minimum_spanning_tree(coo_array((length_m, tuple(pairs)), shape=(n_hamlets, n_hamlets)).tocsr())
    root = int(np.argmax(land.density))
    found = np.asarray(breadth_first_order(joined, root, directed=False)[1], dtype=np.int64)
    found[root] = -1
    return found


def unserved(land: Land, parent: Ints) -> npt.NDArray[np.bool_]:
    """
    Hamlets that fibre does not reach: village ends of the tree.

    Parameters
    ----------
    land
        The city's land.
    parent
        As ``tree`` gives it.

    Returns
    -------
    is_unserved
        Shape (n_hamlets,).
    """
    chance = frame.stream(land.seed, "city unserved")
    is_end = np.bincount(parent[parent >= 0], minlength=len(parent)) == 0
    may = np.flatnonzero(is_end & ~land.is_urban & (parent >= 0))
    found = np.zeros(len(parent), dtype=bool)
    found[chance.permutation(may)[: round(UNSERVED_SHARE * len(parent))]] = True
    return found


def plant(land: Land, places: Plots, parent: Ints) -> Plant:
    """
    Nodes and how they hang together.

    Parameters
    ----------
    land
        The city's land.
    places
        Where the buildings stand; boxes stand before them.
    parent
        Tree of the hamlets.

    Returns
    -------
    plant
        30,001 nodes, so 30,000 cables, in the full city.
    """
    served = np.flatnonzero(~unserved(land, parent))
    node_of = np.full(len(parent), -1)
    root = int(np.flatnonzero(parent < 0)[0])
    served = np.concatenate([[root], served[served != root]])
    node_of[served] = np.arange(len(served))
    trunk = np.where(parent[served] < 0, -1, node_of[np.maximum(parent[served], 0)])
    xy_m, kind, above = [land.hamlet_xy_m[served]], [_cabinet_kinds(land, served, root)], [trunk]
    n_boxes = _box_counts(places, served, land.size.part(SPANS) + 1 - len(served), len(parent))
    ends = np.searchsorted(places.hamlet, np.arange(len(parent) + 1))
    n_nodes = len(served)
    for hamlet in served:
        own = places.xy_m[ends[hamlet] : ends[hamlet + 1]]
        turn = np.radians(places.bearing_deg[ends[hamlet]])
        step_m = PITCH_M[int(land.is_urban[hamlet])] / 2.0 * np.array([np.sin(turn), np.cos(turn)])
        boxes = _boxes(own, int(n_boxes[hamlet]), step_m)
        before = _nearest_before(np.vstack([land.hamlet_xy_m[hamlet : hamlet + 1], boxes]))
        xy_m.append(boxes)
        above.append(np.where(before == 0, node_of[hamlet], n_nodes + before - 1))
        has_branch = np.isin(np.arange(1, len(boxes) + 1), before)
        kind.append(np.where(has_branch, "splitter", "terminal_box").astype(object))
        n_nodes += len(boxes)
    return Plant(
        xy_m=np.vstack(xy_m),
        kind=np.concatenate(kind),
        parent=np.concatenate(above),
        ids=numbered("TPM-NUT-", n_nodes, n_digits=5),
    )


def _cabinet_kinds(land: Land, served: Ints, root: int) -> npt.NDArray[np.object_]:
    """An exchange in the first hamlet of each commune, and in the root; cabinets elsewhere."""
    _, first = np.unique(land.commune_of[served], return_index=True)
    kinds = np.full(len(served), "cabinet", dtype=object)
    kinds[first] = "olt"
    kinds[served == root] = "olt"
    return kinds


def _box_counts(places: Plots, served: Ints, n_boxes: int, n_hamlets: int) -> Ints:
    """Boxes of each hamlet, in proportion to its buildings."""
    houses = np.zeros(n_hamlets)
    houses[served] = np.bincount(places.hamlet, minlength=n_hamlets)[served]
    exact = houses / houses.sum() * n_boxes
    found: Ints = np.floor(exact).astype(np.int64)
    found[np.argsort(found - exact, kind="stable")[: n_boxes - found.sum()]] += 1
    return found


def _boxes(houses_m: Floats, n_boxes: int, step_m: Floats) -> Floats:
    """Boxes between every so many-th building and the next, those near the middle first."""
    picked = np.linspace(0, len(houses_m) - 1, n_boxes).round().astype(int)
    found: Floats = houses_m[picked] + step_m
    return found


def _nearest_before(points_m: Floats) -> Ints:
    """For each point but the first: the nearest of those before it."""
    apart_m = np.hypot(*(points_m[:, None] - points_m[None]).transpose(2, 0, 1))
    apart_m[np.triu_indices(len(points_m))] = np.inf
    found: Ints = np.argmin(apart_m[1:], axis=1)
    return found


def nodes(land: Land, found: Plant) -> gpd.GeoDataFrame:
    """
    Access points with technology, speed and ports.

    Parameters
    ----------
    land
        The city's land.
    found
        Its cable plant.

    Returns
    -------
    table
        Layer ``fiber_node``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city fiber_node")
    n_rows = len(found.ids)
    is_big = np.isin(found.kind.astype(str), ("olt", "cabinet"))
    total = np.where(
        found.kind == "olt", 256, np.where(is_big, 64, np.where(found.kind == "splitter", 32, 16))
    )
    used = np.floor(total * chance.uniform(0.4, 0.95, n_rows))
    owner = np.where(chance.random(n_rows) < 0.6, "mau_a", "mau_b").astype(object)
    columns: dict[str, object] = {
        "id": found.ids,
        "name": found.ids,
        "kind": found.kind,
        "operators": owner,
        "owner": owner,
        "technology": np.where(is_big, "XGS-PON", "GPON").astype(object),
        "speed_gbps": np.where(is_big, 10.0, 2.5),
        "n_ports_total": total,
        "n_ports_used": np.where(chance.random(n_rows) < 0.85, used, np.nan),
    }
    manner = Manner(layer="fiber_node", sharing="internal", accuracy_m=5.0)
    return columns_table(manner, columns, shapely.points(found.xy_m), chance)


def spans(land: Land, found: Plant) -> gpd.GeoDataFrame:
    """
    Cables with their ends, their kind of laying and their fibres.

    Parameters
    ----------
    land
        The city's land.
    found
        Its cable plant.

    Returns
    -------
    table
        Layer ``fiber_span``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city fiber_span")
    end = np.flatnonzero(found.parent >= 0)
    start = found.parent[end]
    shapes = shapely.linestrings(np.stack([found.xy_m[start], found.xy_m[end]], axis=1))
    is_trunk = np.isin(found.kind[end].astype(str), ("olt", "cabinet"))
    total = np.where(is_trunk, TRUNK_FIBRES, BRANCH_FIBRES)
    used = np.floor(total * chance.uniform(0.3, 0.9, len(end)))
    ends = zip(found.ids[start], found.ids[end], strict=True)
    columns: dict[str, object] = {
        "id": numbered("TPM-CAP-", len(end), n_digits=5),
        "name": [f"{one} – {two}" for one, two in ends],
        "owner": "mau_a",
        "start_node": found.ids[start],
        "end_node": found.ids[end],
        "operators": np.where(is_trunk, "mau_a;mau_b", "mau_a").astype(object),
        "deployment": np.where(is_trunk, "belowGround", "aboveGround").astype(object),
        "n_fibers_total": total,
        "n_fibers_used": np.where(chance.random(len(end)) < 0.8, used, np.nan),
        "length_m": shapely.length(shapes).round(1),
    }
    manner = Manner(layer="fiber_span", sharing="internal", accuracy_m=5.0)
    return columns_table(manner, columns, shapes, chance)
