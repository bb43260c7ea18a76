"""What was done to a workspace, and the ways back: undo, snapshots, backups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import CATALOGUE
from layers.store import (
    Change,
    Note,
    backup_folder,
    backups_of,
    can_undo,
    create_store,
    exists,
    folder_of,
    require_backup,
)
from planning.workspace import Workspace, file_slug, open_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    How a layer differs between two moments.

    Parameters
    ----------
    layer
        Layer name.
    added, changed, removed
        Ids of the rows, sorted.
    columns
        Column, or ``geometry``, to the number of rows in which it changed.
    """

    layer: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    columns: Mapping[str, int]


def undo(workspace: Workspace, number: int, *, actor: str, now: dt.datetime, reason: str = "") -> int:
    """
    Take a change back.

    Parameters
    ----------
    workspace
        The workspace.
    number
        The change.
    actor
        Who does it.
    now
        Present moment.
    reason
        Why.

    Returns
    -------
    number
        Number of the change that took it back.

    Raises
    ------
    StoreError
        As for ``Store.undo``; nothing is changed.
    """
    note = Note(action="undo", actor=actor, at=_stamp(now), reason=reason)
    return workspace.store.undo(number, note=note)


def undoable(history: tuple[Change, ...]) -> tuple[Change, ...]:
    """
    Changes that can be taken back now.

    Parameters
    ----------
    history
        All changes, the last first.

    Returns
    -------
    changes
        In the same order.
    """
    return tuple(change for change in history if can_undo(history, change.number))


def save_snapshot(workspace: Workspace, name: str, *, actor: str, now: dt.datetime) -> str:
    """
    Keep the present state of all layers.

    Parameters
    ----------
    workspace
        The workspace.
    name
        Its name; empty: day and time.
    actor
        Who does it.
    now
        Present moment.

    Returns
    -------
    name
        Its name.

    Raises
    ------
    StoreError
        ``snapshot_exists``.
    """
    chosen = name.strip() or f"{now:%Y-%m-%d %H:%M}"
    workspace.store.save_snapshot(chosen, note=Note(action="snapshot", actor=actor, at=_stamp(now)))
    return chosen


def compare(workspace: Workspace, before: str, after: str | None = None) -> tuple[Difference, ...]:
    """
    What changed between two snapshots, or since one.

    Parameters
    ----------
    workspace
        The workspace.
    before
        The earlier snapshot.
    after
        The later one; None: the present state.

    Returns
    -------
    differences
        Layers that differ, in the order of the catalogue.

    Raises
    ------
    NotFoundError
        ``snapshot_missing``.
    """
    store = workspace.store
    found = []
    for spec in CATALOGUE:
        old = store.snapshot_table(before, spec.name)
        new = store.read(spec.name) if after is None else store.snapshot_table(after, spec.name)
        one = difference(spec.name, old, new)
        if one.added or one.changed or one.removed:
            found.append(one)
    return tuple(found)


def difference(layer: str, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Difference:
    """
    Rows that differ between two states of a layer.

    Parameters
    ----------
    layer
        Layer name.
    before, after
        Its tables, with equal columns and unique ids.

    Returns
    -------
    difference
        Rows added, changed and removed.
    """
    old, new = before.set_index("id"), after.set_index("id")
    both = old.index.intersection(new.index, sort=False)
    left, right = old.loc[both], new.loc[both]
    differs = {
        name: (left[name].ne(right[name]) & ~(left[name].isna() & right[name].isna()))
        .fillna(value=True)
        .to_numpy(dtype=bool)
        for name in left.columns
        if name != "geometry"
    }
    shapes = [np.asarray(table.geometry.to_numpy(), dtype=object) for table in (left, right)]
    missing = [shapely.is_missing(one) for one in shapes]
    differs["geometry"] = ~(shapely.equals_exact(*shapes, tolerance=0.0) | (missing[0] & missing[1]))
    changed = np.logical_or.reduce(list(differs.values())) if len(both) else np.zeros(0, dtype=bool)
    return Difference(
        layer=layer,
        added=_sorted(new.index.difference(old.index)),
        changed=_sorted(both[changed]),
        removed=_sorted(old.index.difference(new.index)),
        columns={name: int(flags.sum()) for name, flags in differs.items() if flags.any()},
    )


def _sorted(ids: pd.Index[str]) -> tuple[str, ...]:
    return tuple(sorted(str(key) for key in ids))


def backup(workspace: Workspace, *, path: Path | None, now: dt.datetime) -> Path:
    """
    Copy all tables with their history into one file.

    Parameters
    ----------
    workspace
        The workspace.
    path
        The file; None: one in the folder ``backups`` of the workspace.
    now
        Present moment.

    Returns
    -------
    path
        The file.

    Raises
    ------
    StoreError
        It cannot be written; nothing is left over.
    """
    name = f"{file_slug(workspace.name)}-{now:%Y%m%d-%H%M%S}.gpkg"
    target = path or backup_folder(workspace.folder) / name
    workspace.store.backup(target)
    return target


def backups(workspace: Workspace) -> tuple[Path, ...]:
    """
    Backups in the workspace's own folder.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    paths
        The last one first.
    """
    return backups_of(workspace.folder)


def restore(workspace: Workspace, path: Path, *, actor: str, now: dt.datetime) -> Path:
    """
    Put a backup in the place of all tables; the present state is backed up before.

    Parameters
    ----------
    workspace
        The workspace.
    path
        The backup.
    actor
        Who does it.
    now
        Present moment.

    Returns
    -------
    path
        Backup of the state that was replaced.

    Raises
    ------
    StoreError
        As for ``Store.restore``; nothing is changed.
    """
    saved = backup(workspace, path=None, now=now)
    note = Note(action="restore", actor=actor, at=_stamp(now), source=path.name)
    workspace.store.restore(path, note=note)
    return saved


def restore_at(
    place: Path | str, path: Path, *, actor: str, now: dt.datetime
) -> tuple[Workspace, Path | None]:
    """
    Put a backup into a workspace, which is made where there is none: so data move from one store to another.

    Parameters
    ----------
    place
        Folder, or ``postgresql://…?files=/folder``.
    path
        The backup.
    actor
        Who does it.
    now
        Present moment.

    Returns
    -------
    workspace
        The workspace as it is now.
    saved
        Backup of the state that was replaced, or None for a new workspace.

    Raises
    ------
    StoreError
        As for ``Store.restore``; nothing is changed, nothing is made.
    """
    if exists(folder_of(place)):
        saved = restore(open_workspace(place), path, actor=actor, now=now)
        return open_workspace(place), saved
    require_backup(path)
    note = Note(action="restore", actor=actor, at=_stamp(now), source=path.name)
    made = create_store(place, {})
    made.restore(path, note=note)
    made.close()
    return open_workspace(place), None


def _stamp(now: dt.datetime) -> str:
    return now.replace(microsecond=0).isoformat()
