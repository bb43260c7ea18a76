"""Rules about fibre: where spans end, how long they are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from layers.rule.subject import Floats, Found, Subject, number, positions, subject_of, words

ENDS = ("start_node", "end_node")


def fiber_node_unknown(subject: Subject, limit: float) -> Iterable[Found]:  # noqa: ARG001
    """
    Spans that name a node which the data set lacks.

    Parameters
    ----------
    subject
        Fibre spans.
    limit
        Not used.

    Yields
    ------
    found
        Rows with the id named, by end.
    """
    nodes = subject.around.tables.get("fiber_node")
    if nodes is None:
        return
    known = set(words(nodes, "id"))
    for column in ENDS:
        named = words(subject.table, column)
        rows = positions((named != "") & ~named.isin(known))
        if len(rows):
            yield Found(rows=rows, column=column, each={"id": named[rows].tolist()})


def fiber_end_off_node(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Spans that do not end where their node stands, or at no node at all.

    Parameters
    ----------
    subject
        Fibre spans.
    limit
        Longest distance that passes [m].

    Yields
    ------
    found
        Rows with the distance: to the node named, to the nearest one where none is named. The order of the
        two ends does not matter.
    """
    nodes = subject.around.tables.get("fiber_node")
    if nodes is None or nodes.empty:
        return
    at = subject_of("fiber_node", nodes, subject.around)
    placed = at.is_placed
    if not placed.any():
        return
    points = pd.DataFrame({"x": at.x_m, "y": at.y_m}, index=words(nodes, "id"))[placed]
    tree = cKDTree(points.to_numpy())
    points = points[~points.index.duplicated()]
    ends = _ends(subject)
    named = [points.reindex(words(subject.table, column)).to_numpy() for column in ENDS]
    straight = np.array([_apart(ends[place], named[place]) for place in (0, 1)])
    crossed = np.array([_apart(ends[1 - place], named[place]) for place in (0, 1)])
    is_crossed = np.nansum(crossed, axis=0) < np.nansum(straight, axis=0)
    for place, column in enumerate(ENDS):
        nearest_m = np.full(len(subject.table), np.nan)
        is_there = np.isfinite(ends[place]).all(axis=1)
        nearest_m[is_there] = tree.query(ends[place][is_there])[0]
        apart_m = np.where(is_crossed, crossed[place], straight[place])
        is_named = (words(subject.table, column) != "").to_numpy()
        off_m = np.where(is_named, apart_m, nearest_m)
        rows = positions(off_m > limit)
        if len(rows):
            yield Found(
                rows=rows,
                column=column,
                facts={"limit": limit},
                each={"distance": np.round(off_m[rows]).tolist()},
            )


def _ends(subject: Subject) -> tuple[Floats, Floats]:
    """First and last coordinate of each line [m], shape (n, 2) each; not-a-number where there is no line."""
    ends = []
    lines = subject.shapes_m.copy()
    lines[shapely.get_type_id(lines) != 1] = None
    for place in (0, -1):
        point = shapely.get_point(lines, place)
        ends.append(np.column_stack([shapely.get_x(point), shapely.get_y(point)]))
    return ends[0], ends[1]


def _apart(a: Floats, b: Floats) -> Floats:
    apart_m: Floats = np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1])
    return apart_m


def span_length_differs(subject: Subject, limit: float) -> Iterable[Found]:
    """
    Spans whose stated length is not that of their line.

    Parameters
    ----------
    subject
        Fibre spans.
    limit
        Largest difference that passes, as a share of the line's length; slack and rises are within it. Under
        20 m a difference passes in any case.

    Returns
    -------
    found
        Rows with both lengths.
    """
    stated_m = number(subject.table, "length_m")
    drawn_m = np.where(subject.is_placed, shapely.length(subject.shapes_m), np.nan)
    off_m = np.abs(stated_m - drawn_m)
    rows = positions((off_m > limit * drawn_m) & (off_m > 20.0))
    each = {"length": stated_m[rows].tolist(), "drawn": np.round(drawn_m[rows]).tolist()}
    return [Found(rows=rows, column="length_m", each=each)] if len(rows) else []
