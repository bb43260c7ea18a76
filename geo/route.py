"""Ways along streets, poles and ducts, and the light that is lost in fibre: graphs of lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.errors import ShapeError
from geo.units import Floats, Integers

SHORTEST_M = 1e-3  # an edge of no length would be none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """
    Lines as points a few metres apart and the ways between them.

    Parameters
    ----------
    x_m, y_m
        Points in a projected CRS [m], shape (n,).
    start, end
        Point at either end of each way, shape (m,).
    length_m
        Its length [m], shape (m,), above 0.

    Raises
    ------
    ShapeError
        The arrays differ in length.
    """

    x_m: Floats
    y_m: Floats
    start: Integers
    end: Integers
    length_m: Floats

    def __post_init__(self) -> None:
        if self.x_m.shape != self.y_m.shape or not (
            self.start.shape == self.end.shape == self.length_m.shape
        ):
            raise ShapeError("network_shapes", n=len(self.x_m), m=len(self.start))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """
    Shortest ways from many places to the nearest of some sources.

    Parameters
    ----------
    length_m
        Length of the way [m], shape (n,); infinite where there is none within the limit.
    source
        Index of the source, shape (n,); -1 where there is none.
    off_m
        Distance from the place to the network [m], a part of the way, shape (n,).
    """

    length_m: Floats
    source: Integers
    off_m: Floats


def network(lines: NDArray[np.object_], *, step_m: float, join_m: float) -> Network:
    """
    Points along lines, joined along each line and to whatever comes close.

    Parameters
    ----------
    lines
        Lines in a projected CRS, shape (n,); empty and absent ones take no part.
    step_m
        Longest distance between neighbours on a line [m], above 0.
    join_m
        Points closer than this are joined [m]; at least ``step_m``, so that crossing lines are.

    Returns
    -------
    network
        Loose ends, crossings and parallel lines within ``join_m`` are one network.
    """
    parts = shapely.get_parts(np.array([line for line in lines if line is not None], dtype=object))
    parts = parts[(shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)]
    if not len(parts):
        nothing, none = np.empty(0), np.empty(0, dtype=np.int64)
        return Network(x_m=nothing, y_m=nothing, start=none, end=none, length_m=nothing)
    points, line = shapely.get_coordinates(shapely.segmentize(parts, step_m), return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    tree = cKDTree(points)
    near = tree.query_pairs(join_m, output_type="ndarray")
    start = np.concatenate([follows, near[:, 0]])
    end = np.concatenate([follows + 1, near[:, 1]])
    length_m = np.hypot(*(points[end] - points[start]).T)
    return Network(
        x_m=points[:, 0],
        y_m=points[:, 1],
        start=start,
        end=end,
        length_m=np.maximum(length_m, SHORTEST_M),
    )


def ways(found: Network, sources_m: Floats, places_m: Floats, *, limit_m: float, off_limit_m: float) -> Ways:
    """
    Shortest way along the network from each place to the nearest source.

    Parameters
    ----------
    found
        The network.
    sources_m, places_m
        Coordinates [m], shapes (k, 2) and (n, 2).
    limit_m
        Longest way looked for [m].
    off_limit_m
        Farthest that a source or a place may stand from the network [m].

    Returns
    -------
    ways
        The way to the network, along it and from it; infinite where there is none within the limits.

    References
    ----------
    E. W. Dijkstra, "A note on two problems in connexion with graphs", 1959; one search from all sources at
    once.
    """
    n_places, n_points = len(places_m), len(found.x_m)
    blank = Ways(
        length_m=np.full(n_places, np.inf),
        source=np.full(n_places, -1, dtype=np.int64),
        off_m=np.full(n_places, np.inf),
    )
    if not n_points or not len(sources_m) or not n_places:
        return blank
    tree = cKDTree(np.column_stack([found.x_m, found.y_m]))
    to_m, at = tree.query(sources_m)
    off_m, place_at = tree.query(places_m)
    joined = np.flatnonzero(to_m <= off_limit_m)
    if not len(joined):
        return Ways(length_m=blank.length_m, source=blank.source, off_m=off_m)
    outside = n_points + np.arange(len(joined))
    graph = _graph(
        np.concatenate([found.start, outside]),
        np.concatenate([found.end, at[joined]]),
        np.concatenate([found.length_m, np.maximum(to_m[joined], SHORTEST_M)]),
        n_points=n_points + len(joined),
    )
    along_m, _, origin = dijkstra(
        graph, directed=False, indices=outside, limit=limit_m, min_only=True, return_predecessors=True
    )
    length_m = np.where(off_m <= off_limit_m, along_m[place_at] + off_m, np.inf)
    length_m = np.where(length_m <= limit_m, length_m, np.inf)
    reached = np.isfinite(length_m)
    source = np.full(n_places, -1, dtype=np.int64)
    source[reached] = joined[origin[place_at][reached] - n_points]
    return Ways(length_m=length_m, source=source, off_m=off_m)


def _graph(start: Integers, end: Integers, weight: Floats, *, n_points: int) -> csr_array:
    """Ways as a sparse matrix; of two between the same points the shorter one."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((weight, high, low))
    low, high, weight = low[order], high[order], weight[order]
    first = np.ones(len(low), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    kept = first & (low != high)
    return csr_array((weight[kept], (low[kept], high[kept])), shape=(n_points, n_points))


def attenuation(
    start: Integers, end: Integers, span_loss_db: Floats, node_loss_db: Floats, roots: Integers
) -> Floats:
    """
    Least loss of light from any exchange to each node of a fibre plant.

    Parameters
    ----------
    start, end
        Node at either end of each span, shape (m,).
    span_loss_db
        Loss of the span [dB], shape (m,), not negative.
    node_loss_db
        Loss on passing into a node [dB], shape (n,), not negative: splices and connectors.
    roots
        Nodes where the light starts, shape (k,).

    Returns
    -------
    loss_db
        Loss [dB], shape (n,); infinite where no span leads from an exchange.
    """
    n = len(node_loss_db)
    if not len(roots) or not n:
        return np.full(n, np.inf)
    here, there = np.concatenate([start, end]), np.concatenate([end, start])
    weight = np.maximum(np.concatenate([span_loss_db, span_loss_db]) + node_loss_db[there], 1e-9)
    order = np.lexsort((weight, there, here))
    here, there, weight = here[order], there[order], weight[order]
    first = np.ones(len(here), dtype=bool)
    first[1:] = (here[1:] != here[:-1]) | (there[1:] != there[:-1])
    graph = csr_array((weight[first], (here[first], there[first])), shape=(n, n))
    loss_db: Floats = dijkstra(graph, directed=True, indices=np.unique(roots), min_only=True)
    return loss_db
