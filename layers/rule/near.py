"""Which points lie so close together that they may be one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from layers.rule.subject import Flags, Floats, Found, Integers, Subject, subject_of, words

SAME_M = 0.5
"""Points on one square of this size [m] count as lying at one place."""
APART_M = 1e6
"""How far things of two kinds are taken to be apart [m]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """
    Rows with another row close by.

    Parameters
    ----------
    row, other
        Positions in ``table`` of the rows judged and of their neighbours, shape (n,).
    apart_m
        Distance between them [m], shape (n,).
    table
        ``id``, ``operators`` and ``kind`` of the rows judged, then of those that the workspace holds.
    """

    row: Integers
    other: Integers
    apart_m: Floats
    table: pd.DataFrame

    def found(self, wanted: Flags, *, column: str | None) -> list[Found]:
        """
        The pairs that count.

        Parameters
        ----------
        wanted
            One truth for each pair.
        column
            Column concerned, or None.

        Returns
        -------
        found
            Rows with the other's id and the distance.
        """
        if not wanted.any():
            return []
        each = {
            "other": self.table["id"].to_numpy()[self.other[wanted]].tolist(),
            "distance": np.round(self.apart_m[wanted]).tolist(),
        }
        return [Found(rows=self.row[wanted], column=column, each=each)]


def twins(subject: Subject, *, limit_m: float, is_by_kind: bool = False) -> Twins:
    """
    Each row with its nearest neighbour, where that is close by.

    Parameters
    ----------
    subject
        Rows of points, judged against each other and against those of the workspace.
    limit_m
        Longest distance [m].
    is_by_kind
        True where only rows of one ``kind`` can be neighbours.

    Returns
    -------
    twins
        One pair for each row with a neighbour. Rows of the workspace with the same id are the row itself.
    """
    stored = subject.around.tables.get(subject.layer)
    own = words(subject.table, "id")
    if stored is not None and len(stored):
        known = set(own)
        stored = stored[[one not in known for one in words(stored, "id")]]
    parts = [subject] if stored is None else [subject, subject_of(subject.layer, stored, subject.around)]
    table = pd.concat([_sides(part) for part in parts], ignore_index=True)
    x_m = np.concatenate([part.x_m for part in parts])
    y_m = np.concatenate([part.y_m for part in parts])
    kind = pd.factorize(table["kind"])[0] if is_by_kind else np.zeros(len(table), dtype=int)
    row, other = _nearest(x_m, y_m, kind, n_own=len(own), limit_m=limit_m)
    apart_m = np.hypot(x_m[row] - x_m[other], y_m[row] - y_m[other])
    return Twins(row=row, other=other, apart_m=apart_m, table=table)


def _sides(subject: Subject) -> pd.DataFrame:
    return pd.DataFrame({name: words(subject.table, name) for name in ("id", "operators", "kind")})


def _nearest(
    x_m: Floats, y_m: Floats, kind: Integers, *, n_own: int, limit_m: float
) -> tuple[Integers, Integers]:
    """Each row and its nearest neighbour of the same kind; many rows on one spot are searched as one."""
    placed = np.flatnonzero(np.isfinite(x_m))
    if len(placed) < 2:
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    points = np.column_stack([x_m, y_m, kind * APART_M])[placed]
    _, spot = np.unique(np.round(points / SAME_M).astype(np.int64), axis=0, return_inverse=True)
    order = np.argsort(spot, kind="stable")
    n_here = np.bincount(spot)
    start = np.cumsum(n_here) - n_here
    first = order[start]
    second = np.where(n_here > 1, order[np.minimum(start + 1, len(order) - 1)], -1)
    distance_m, beside = cKDTree(points[first]).query(points[first], k=2, distance_upper_bound=limit_m)
    away = np.where(np.isfinite(distance_m[:, 1]), first[np.minimum(beside[:, 1], len(first) - 1)], -1)
    is_first = first[spot] == np.arange(len(placed))
    mate = np.where(is_first, np.where(second[spot] >= 0, second[spot], away[spot]), first[spot])
    is_pair = (mate >= 0) & (placed < n_own)
    return placed[is_pair], placed[mate[is_pair]]
