"""Three versions of the same rows: what both sides had, what one sent, what the other holds. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

Marks = Mapping[str, str]
"""Id of a row to the digest of its content."""
DECIMALS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What becomes of the rows of one layer.

    Parameters
    ----------
    added, changed, removed
        Ids taken from the sender.
    kept
        Ids that only this side changed: they stay.
    conflicts
        Id to ``changed_both``, ``added_both``, ``removed_here`` or ``removed_there``: this side's row stays
        until somebody decides.
    n_same
        Rows equal on both sides.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    conflicts: Mapping[str, str]
    n_same: int


def marks(table: gpd.GeoDataFrame, columns: Collection[str]) -> Marks:
    """
    Digest of the content of each row.

    Parameters
    ----------
    table
        Rows with ids, EPSG:4326.
    columns
        Columns that count.

    Returns
    -------
    marks
        Id to digest; coordinates count to 1e-9 degree.
    """
    lists = []
    for name in sorted(columns):
        values = table[name] if name in table else pd.Series([None] * len(table))
        lists.append(
            [None if blank else one for one, blank in zip(values.tolist(), values.isna(), strict=True)]
        )
    shapes = shapely.to_wkb(shapely.transform(table.geometry.to_numpy(), _rounded), hex=True).tolist()
    ids = table["id"].astype(str).tolist()
    rows = zip(*lists, shapes, strict=True)
    return {
        key: hashlib.blake2b(
            json.dumps(row, ensure_ascii=False, default=str).encode(), digest_size=16
        ).hexdigest()
        for key, row in zip(ids, rows, strict=True)
    }


def compare(*, base: Marks, theirs: Marks, ours: Marks, open_ids: Collection[str] = ()) -> Outcome:
    """
    Decide row by row.

    Parameters
    ----------
    base
        Rows of the version merged last; empty where there was none.
    theirs
        Rows sent.
    ours
        Rows held here, those of the two others at least.
    open_ids
        Ids whose conflict of an earlier merge nobody decided: they have no common base.

    Returns
    -------
    outcome
        What happens to each row; nothing that both sides changed is lost.
    """
    found: dict[str, list[str]] = {name: [] for name in ("added", "changed", "removed", "kept")}
    conflicts, n_same = {}, 0
    for key in sorted({*base, *theirs}):
        before = None if key in open_ids else base.get(key)
        there, here = theirs.get(key), ours.get(key)
        if there == here:
            n_same += there is not None
        elif before is not None and before == there:
            found["kept"].append(key)
        elif before == here:
            found["removed" if there is None else "added" if here is None else "changed"].append(key)
        else:
            conflicts[key] = _kind(before, there, here)
    return Outcome(
        **{name: tuple(ids) for name, ids in found.items()},
        conflicts=MappingProxyType(conflicts),
        n_same=n_same,
    )


def _kind(before: str | None, there: str | None, here: str | None) -> str:
    if there is None:
        return "removed_there"
    if here is None:
        return "removed_here"
    return "added_both" if before is None else "changed_both"


def _rounded(
    corners: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.round(corners, DECIMALS)
