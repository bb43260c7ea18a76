"""What a store remembers of its own changes: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import geopandas as gpd


class Kept(StrEnum):
    """What is kept of a layer so that a change of it can be undone."""

    ROWS = "rows"  # each row touched, before and after
    TABLE = "table"  # the whole previous version, by its digest
    NOTHING = "nothing"  # what the program reckoned and can reckon again


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """
    Why rows are written, told by whoever writes them.

    Parameters
    ----------
    action
        Text key ``action.<action>``: import, edit, delete, place, restore and so on.
    actor
        Who does it; empty: the program itself.
    at
        When, ISO 8601 with zone; empty: the clock of the database.
    source
        From where: name of the file, or of the screen.
    reason
        In the words of the actor.
    """

    action: str
    actor: str = ""
    at: str = ""
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Changes of one layer that belong together.

    Parameters
    ----------
    rows
        Rows to add or to put in the place of those with the same id; None: none.
    removed
        Ids of rows to remove.
    expected
        Id to the version that the actor saw (see ``Store.versions``), or None where there was no such row;
        rows not named here are not compared.
    """

    rows: gpd.GeoDataFrame | None = None
    removed: tuple[str, ...] = ()
    expected: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """
    What one change did to one layer.

    Parameters
    ----------
    layer
        Layer name.
    n_added, n_changed, n_removed
        Rows.
    kept
        What is kept of it.
    digest
        SHA-256 of the previous version where that is kept whole and was not empty, else None.
    """

    layer: str
    n_added: int
    n_changed: int
    n_removed: int
    kept: Kept
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One change of a workspace, as its history tells it.

    Parameters
    ----------
    number
        Counted up from 1 in the order of the changes.
    note
        Who, when, what, from where.
    layers
        What it did; empty for a change of the facts about the workspace.
    undoes
        Number of the change that it took back, or None.
    is_undone
        True where a later change took it back.
    """

    number: int
    note: Note
    layers: tuple[LayerChange, ...]
    undoes: int | None
    is_undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """
    One row before and after a change.

    Parameters
    ----------
    layer, id
        Layer and id of the row.
    before, after
        Column to value, unknown ones left out, ``geom`` as well-known binary in hexadecimal; None where
        there was, or is, no such row.
    """

    layer: str
    id: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    A state of all layers, kept under a name.

    Parameters
    ----------
    name
        Its name.
    at, actor
        When and by whom it was kept.
    n_rows
        Layer to its number of rows; empty layers are left out.
    """

    name: str
    at: str
    actor: str
    n_rows: Mapping[str, int]
