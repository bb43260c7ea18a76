"""One mast reported by several operators: proposed to be joined, decided by a person, remembered."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geo.errors import NotFoundError
from layers.rule.subject import Floats, items, words
from layers.store import Batch, Note
from planning import rulebook
from planning.workspace import Workspace

APART = "masts_apart"
"""Fact of a workspace: pairs of masts that a person keeps apart, as JSON."""
_JOINED = ("operators", "technologies", "shared_with", "source")
"""Columns whose texts of all rows are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    Masts that may be one.

    Parameters
    ----------
    ids
        The masts; the first is the one that would stay, the best documented.
    names
        Their names.
    operators
        Operators of each.
    spread_m
        Largest distance between two of them [m].
    lon, lat
        Middle [°].
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    operators: tuple[tuple[str, ...], ...]
    spread_m: float
    lon: float
    lat: float


def proposals(workspace: Workspace) -> tuple[Proposal, ...]:
    """
    Masts of different operators that stand so close together that they may be one.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    proposals
        The closest first; pairs that a person keeps apart are left out.
    """
    sites = workspace.store.read("site")
    sites = sites[sites.geometry.notna()].reset_index(drop=True)
    if len(sites) < 2:
        return ()
    points = sites.to_crs(workspace.calc_epsg).geometry.centroid
    xy = np.column_stack([points.x, points.y])
    limit_m = next(rule.limit for rule in rulebook.check_rules() if rule.code == "mast_shared")
    ids = words(sites, "id").tolist()
    who = [items(text) for text in words(sites, "operators")]
    apart = kept_apart(workspace)
    pairs = [
        (int(a), int(b))
        for a, b in cKDTree(xy).query_pairs(limit_m, output_type="ndarray")
        if not who[a] & who[b] and frozenset((ids[a], ids[b])) not in apart
    ]
    found = [_proposal(sites, xy, group) for group in _groups(pairs, xy)]
    return tuple(sorted(found, key=lambda one: (one.spread_m, one.ids)))


def _groups(pairs: Sequence[tuple[int, int]], xy: Floats) -> list[list[int]]:
    """Masts every two of which form a pair; the closest pairs decide, a mast stands in one group."""
    known = {frozenset(pair) for pair in pairs}
    groups: list[list[int]] = []
    taken: dict[int, int] = {}
    for a, b in sorted(pairs, key=lambda pair: (float(np.hypot(*(xy[pair[0]] - xy[pair[1]]))), pair)):
        if a not in taken and b not in taken:
            taken[a] = taken[b] = len(groups)
            groups.append([a, b])
            continue
        new, old = (b, a) if a in taken else (a, b)
        if new not in taken and all(frozenset((new, other)) in known for other in groups[taken[old]]):
            groups[taken[old]].append(new)
            taken[new] = taken[old]
    return groups


def _proposal(sites: gpd.GeoDataFrame, xy: Floats, group: Sequence[int]) -> Proposal:
    known = sites.drop(columns="geometry").notna().sum(axis=1)
    order = sorted(group, key=lambda place: (-int(known[place]), str(sites["id"][place])))
    spread = max(float(np.hypot(*(xy[a] - xy[b]))) for a in group for b in group)
    middle = sites.iloc[order].geometry
    return Proposal(
        ids=tuple(str(sites["id"][place]) for place in order),
        names=tuple(words(sites, "name")[order]),
        operators=tuple(tuple(sorted(items(text))) for text in words(sites, "operators")[order]),
        spread_m=round(spread, 1),
        lon=float(middle.x.mean()),
        lat=float(middle.y.mean()),
    )


def kept_apart(workspace: Workspace) -> frozenset[frozenset[str]]:
    """
    Pairs of masts that a person decided are two.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    pairs
        Ids of both.
    """
    pairs = json.loads(workspace.store.properties().get(APART, "[]"))
    return frozenset(frozenset(str(one) for one in pair) for pair in pairs)


def keep_apart(workspace: Workspace, ids: Sequence[str], *, actor: str, now: dt.datetime) -> None:
    """
    Remember that masts are not one; they are not proposed again.

    Parameters
    ----------
    workspace
        The workspace.
    ids
        The masts.
    actor
        Who decides.
    now
        When.
    """
    pairs = kept_apart(workspace) | {frozenset((a, b)) for a in ids for b in ids if a != b}
    text = json.dumps(sorted(sorted(pair) for pair in pairs), ensure_ascii=False)
    workspace.store.set_properties({APART: text}, note=_note("edit", actor, now, ", ".join(ids)))


def _note(action: str, actor: str, now: dt.datetime, reason: str) -> Note:
    return Note(
        action=action, actor=actor, at=now.isoformat(timespec="seconds"), source="mast", reason=reason
    )


def join(workspace: Workspace, ids: Sequence[str], *, actor: str, now: dt.datetime) -> str:
    """
    Make several masts one: its tenants joined, the cells linked to it, all sources kept; one transaction.

    Parameters
    ----------
    workspace
        The workspace.
    ids
        The masts; the first one stays and takes what it lacks from the others.
    actor
        Who decides.
    now
        When.

    Returns
    -------
    id
        The mast that stays.

    Raises
    ------
    NotFoundError
        ``rows_missing``: one of them is not there any more.
    StaleVersionError
        Somebody changed one of them meanwhile; nothing is written.
    """
    store = workspace.store
    seen = store.versions("site", ids)
    sites, cells = store.read("site"), store.read("cell")
    rows = sites.set_index("id", drop=False).reindex(list(ids))
    lost = sorted(set(ids) - set(sites["id"]))
    if lost:
        raise NotFoundError("rows_missing", layer="site", ids=", ".join(lost), n=len(lost))
    linked = cells[cells["site_id"].isin(list(ids[1:]))].reset_index(drop=True)
    batches: dict[str, Batch] = {
        "site": Batch(rows=_joined(rows, sites), removed=tuple(ids[1:]), expected=dict(seen))
    }
    if len(linked):
        expected = dict(store.versions("cell", linked["id"].tolist()))
        batches["cell"] = Batch(rows=linked.assign(site_id=ids[0]), expected=expected)
    store.commit(batches, note=_note("merge", actor, now, ", ".join(ids)))
    return ids[0]


def _joined(rows: gpd.GeoDataFrame, like: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row: what the first states, else the next; lists joined; the better position."""
    values: dict[str, object] = {
        name: next((value for value in rows[name] if not pd.isna(value)), None)
        for name in rows.columns
        if name != "geometry"
    }
    for name in _JOINED:
        parts = [part.strip() for text in rows[name].dropna() for part in str(text).split(";")]
        values[name] = ";".join(dict.fromkeys(part for part in parts if part)) or None
    operators = items(str(values["operators"] or ""))
    values["n_tenants"] = len(operators) or values["n_tenants"]
    dates = rows["as_of"].dropna()
    values["as_of"] = max(dates) if len(dates) else None
    values["note"] = _noted(rows)
    best = _best_placed(rows)
    values["accuracy_m"] = rows["accuracy_m"].iloc[best]
    values["is_assumed"] = rows["is_assumed"].iloc[best]
    frame = pd.DataFrame({name: pd.Series([values[name]], dtype=like[name].dtype) for name in values})
    return gpd.GeoDataFrame(frame, geometry=[rows.geometry.iloc[best]], crs=like.crs)


def _best_placed(rows: gpd.GeoDataFrame) -> int:
    accuracy: Mapping[int, float] = {
        place: float(value) if not pd.isna(value) else float("inf")
        for place, value in enumerate(rows["accuracy_m"])
    }
    return min(accuracy, key=lambda place: (accuracy[place], place))


def _noted(rows: gpd.GeoDataFrame) -> str:
    notes = [str(text) for text in rows["note"].dropna()]
    return "; ".join([*notes, f"= {', '.join(rows['id'].iloc[1:])}"])
