"""
History within a workspace: written in the transaction of the change that it tells, on either store.

``hatangso_change`` is one line a change; ``hatangso_layer_change`` what it did to each layer; a small edit
keeps its rows before and after in ``hatangso_row_change``; an import keeps the previous version of the whole
table in ``hatangso_kept`` by its digest. ``hatangso_snapshot`` names such versions.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from geo.errors import NotFoundError
from layers.spec import LayerSpec
from layers.store.packed import pack, to_text, unpack
from layers.store.record import Change, Kept, LayerChange, Note, RowChange, Snapshot
from layers.store.schema import METADATA

MOST_ROWS = 1000
"""Rows that an edit may touch before the whole table is kept instead."""
RECKONED = ("coverage5g",)
"""Layers that the program makes and can make again."""

Values = Mapping[str, tuple[Any, ...]]

CHANGE = sa.Table(
    "hatangso_change",
    METADATA,
    sa.Column("number", sa.INTEGER(), primary_key=True),
    sa.Column("at", sa.TEXT(), nullable=False),
    sa.Column("actor", sa.TEXT(), nullable=False),
    sa.Column("action", sa.TEXT(), nullable=False),
    sa.Column("source", sa.TEXT(), nullable=False),
    sa.Column("reason", sa.TEXT(), nullable=False),
    sa.Column("undoes", sa.INTEGER()),
    sqlite_autoincrement=True,
)
LAYER_CHANGE = sa.Table(
    "hatangso_layer_change",
    METADATA,
    sa.Column("number", sa.INTEGER(), primary_key=True, autoincrement=False),
    sa.Column("layer", sa.TEXT(), primary_key=True),
    sa.Column("n_added", sa.INTEGER(), nullable=False),
    sa.Column("n_changed", sa.INTEGER(), nullable=False),
    sa.Column("n_removed", sa.INTEGER(), nullable=False),
    sa.Column("kept", sa.TEXT(), nullable=False),
    sa.Column("digest", sa.TEXT()),
)
ROW_CHANGE = sa.Table(
    "hatangso_row_change",
    METADATA,
    sa.Column("number", sa.INTEGER(), primary_key=True, autoincrement=False),
    sa.Column("layer", sa.TEXT(), primary_key=True),
    sa.Column("id", sa.TEXT(), primary_key=True),
    sa.Column("before", sa.TEXT()),
    sa.Column("after", sa.TEXT()),
)
KEPT = sa.Table(
    "hatangso_kept",
    METADATA,
    sa.Column("digest", sa.TEXT(), primary_key=True),
    sa.Column("content", sa.LargeBinary(), nullable=False),
)
SNAPSHOT = sa.Table(
    "hatangso_snapshot",
    METADATA,
    sa.Column("name", sa.TEXT(), primary_key=True),
    sa.Column("layer", sa.TEXT(), primary_key=True),
    sa.Column("at", sa.TEXT(), nullable=False),
    sa.Column("actor", sa.TEXT(), nullable=False),
    sa.Column("n_rows", sa.INTEGER(), nullable=False),
    sa.Column("digest", sa.TEXT()),
)
TABLES = (CHANGE, LAYER_CHANGE, ROW_CHANGE, KEPT, SNAPSHOT)


def begin(connection: sa.Connection, note: Note, *, undoes: int | None = None) -> int:
    """
    Begin the record of a change.

    Parameters
    ----------
    connection
        The transaction of the change.
    note
        Who, when, what, from where.
    undoes
        Change that this one takes back.

    Returns
    -------
    number
        Number of the change.
    """
    values = {
        "at": note.at or moment(connection),
        "actor": note.actor,
        "action": note.action,
        "source": note.source,
        "reason": note.reason,
        "undoes": undoes,
    }
    number: int = connection.execute(sa.insert(CHANGE).values(values).returning(CHANGE.c.number)).scalar_one()
    return number


def moment(connection: sa.Connection) -> str:
    """
    The clock of the database.

    Parameters
    ----------
    connection
        Open transaction.

    Returns
    -------
    moment
        ISO 8601 in universal time, whole seconds.
    """
    found = connection.execute(sa.select(sa.func.current_timestamp())).scalar_one()
    aware = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return str(aware.astimezone(dt.UTC).replace(microsecond=0).isoformat())


def keep(
    connection: sa.Connection,
    number: int,
    spec: LayerSpec,
    names: Sequence[str],
    *,
    before: Values,
    after: Values,
    previous: Sequence[tuple[Any, ...]] | None,
) -> None:
    """
    Keep what undoing a change of a layer needs.

    Parameters
    ----------
    connection
        The transaction of the change.
    number
        The change.
    spec
        The layer.
    names
        Columns of the values.
    before, after
        Id to the values of each row touched; an id is missing where there was, or is, no such row.
    previous
        All rows before the change, where they shall be kept; None: the rows touched are enough.
    """
    touched = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    kept = Kept.ROWS if previous is None else Kept.TABLE
    digest = None
    if spec.name in RECKONED:
        kept = Kept.NOTHING
    elif previous:
        digest = keep_table(connection, spec, names, previous)
    row = {
        "number": number,
        "layer": spec.name,
        "n_added": sum(key not in before for key in touched),
        "n_changed": sum(key in before and key in after for key in touched),
        "n_removed": sum(key not in after for key in touched),
        "kept": kept.value,
        "digest": digest,
    }
    connection.execute(sa.insert(LAYER_CHANGE), [row])
    if kept is Kept.ROWS and touched:
        rows = [
            {
                "number": number,
                "layer": spec.name,
                "id": key,
                "before": _text(names, before.get(key)),
                "after": _text(names, after.get(key)),
            }
            for key in touched
        ]
        connection.execute(sa.insert(ROW_CHANGE), rows)


def _text(names: Sequence[str], values: tuple[Any, ...] | None) -> str | None:
    return None if values is None else to_text(dict(zip(names, values, strict=True)))


def keep_table(
    connection: sa.Connection, spec: LayerSpec, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> str:
    """
    Keep a version of a table, once.

    Parameters
    ----------
    connection
        Open write transaction.
    spec
        The layer.
    names
        Columns of the rows.
    rows
        Its rows.

    Returns
    -------
    digest
        Digest under which it is kept.
    """
    digest, content = pack(names, rows, spec)
    there = connection.execute(sa.select(KEPT.c.digest).where(KEPT.c.digest == digest)).first()
    if there is None:
        connection.execute(sa.insert(KEPT), [{"digest": digest, "content": content}])
    return digest


def kept_values(connection: sa.Connection, digest: str, layer: str) -> dict[str, list[Any]]:
    """
    A version of a table that was kept.

    Parameters
    ----------
    connection
        Open transaction.
    digest
        Its digest.
    layer
        Its layer.

    Returns
    -------
    values
        Column to values; shapes as well-known binary.

    Raises
    ------
    NotFoundError
        ``kept_missing``: nothing is kept under that digest.
    SchemaError
        ``kept_damaged``.
    """
    content = connection.execute(sa.select(KEPT.c.content).where(KEPT.c.digest == digest)).scalar()
    if content is None:
        raise NotFoundError("kept_missing", layer=layer)
    return unpack(digest, bytes(content), layer)


def changes(connection: sa.Connection, *, limit: int | None = None) -> tuple[Change, ...]:
    """
    The history.

    Parameters
    ----------
    connection
        Open transaction.
    limit
        At most so many; None: all.

    Returns
    -------
    changes
        The last first.
    """
    rows = (
        connection.execute(sa.select(CHANGE).order_by(CHANGE.c.number.desc()).limit(limit)).mappings().all()
    )
    lowest = rows[-1]["number"] if rows else 0
    parts = connection.execute(sa.select(LAYER_CHANGE).where(LAYER_CHANGE.c.number >= lowest)).mappings()
    by_number: dict[int, list[LayerChange]] = defaultdict(list)
    for part in parts:
        fields = {key: value for key, value in part.items() if key != "number"}
        by_number[part["number"]].append(LayerChange(**(fields | {"kept": Kept(part["kept"])})))
    undone = _undone((row["number"], row["undoes"]) for row in rows)
    return tuple(
        Change(
            number=row["number"],
            note=Note(**{name: row[name] for name in ("action", "actor", "at", "source", "reason")}),
            layers=tuple(sorted(by_number[row["number"]], key=lambda one: one.layer)),
            undoes=row["undoes"],
            is_undone=row["number"] in undone,
        )
        for row in rows
    )


def _undone(pairs: Iterable[tuple[int, int | None]]) -> frozenset[int]:
    """Changes that are taken back: an undo counts only while it was not taken back itself."""
    found: set[int] = set()
    for number, undoes in sorted(pairs, reverse=True):
        if undoes is not None and number not in found:
            found.add(undoes)
    return frozenset(found)


def last(connection: sa.Connection) -> int:
    """
    Number of the last change.

    Parameters
    ----------
    connection
        Open transaction.

    Returns
    -------
    number
        0 where there was none.
    """
    return int(connection.execute(sa.select(sa.func.max(CHANGE.c.number))).scalar() or 0)


def rows_of(connection: sa.Connection, number: int) -> tuple[RowChange, ...]:
    """
    The rows that a change kept one by one.

    Parameters
    ----------
    connection
        Open transaction.
    number
        The change.

    Returns
    -------
    rows
        Sorted by layer and id.
    """
    t = ROW_CHANGE
    found = connection.execute(sa.select(t).where(t.c.number == number).order_by(t.c.layer, t.c.id))
    return tuple(
        RowChange(layer=row.layer, id=row.id, before=_mapping(row.before), after=_mapping(row.after))
        for row in found
    )


def _mapping(text: str | None) -> Mapping[str, object] | None:
    return None if text is None else MappingProxyType(json.loads(text))


def row_texts(connection: sa.Connection, number: int, layer: str) -> list[tuple[str, str | None, str | None]]:
    """
    The rows of one layer that a change kept one by one, as text.

    Parameters
    ----------
    connection
        Open transaction.
    number
        The change.
    layer
        Layer name.

    Returns
    -------
    rows
        Id, row before, row after; None where there was none.
    """
    t = ROW_CHANGE
    query = sa.select(t.c.id, t.c.before, t.c.after).where(t.c.number == number, t.c.layer == layer)
    return [(row.id, row.before, row.after) for row in connection.execute(query)]


def save_snapshot(
    connection: sa.Connection, name: str, note: Note, digests: Mapping[str, tuple[str, int]]
) -> None:
    """
    Name the versions of all layers.

    Parameters
    ----------
    connection
        Open write transaction.
    name
        Its name.
    note
        Who and when.
    digests
        Layer to the digest of the version kept, and its rows.
    """
    at = note.at or moment(connection)
    rows = [
        {"name": name, "layer": layer, "at": at, "actor": note.actor, "n_rows": n_rows, "digest": digest}
        for layer, (digest, n_rows) in digests.items()
    ]
    # A snapshot of an empty workspace is one too.
    head = {"name": name, "layer": "", "at": at, "actor": note.actor, "n_rows": 0, "digest": None}
    connection.execute(sa.insert(SNAPSHOT), [head, *rows])


def snapshots(connection: sa.Connection) -> tuple[Snapshot, ...]:
    """
    The snapshots.

    Parameters
    ----------
    connection
        Open transaction.

    Returns
    -------
    snapshots
        The oldest first.
    """
    found: dict[str, dict[str, Any]] = {}
    order = (SNAPSHOT.c.at, SNAPSHOT.c.name, SNAPSHOT.c.layer)
    for row in connection.execute(sa.select(SNAPSHOT).order_by(*order)):
        one = found.setdefault(row.name, {"at": row.at, "actor": row.actor, "n_rows": {}})
        if row.layer:
            one["n_rows"][row.layer] = row.n_rows
    return tuple(
        Snapshot(name=name, at=one["at"], actor=one["actor"], n_rows=MappingProxyType(one["n_rows"]))
        for name, one in found.items()
    )


def snapshot_digest(connection: sa.Connection, name: str, layer: str) -> str | None:
    """
    Version of a layer that a snapshot names.

    Parameters
    ----------
    connection
        Open transaction.
    name
        Its name.
    layer
        Layer name.

    Returns
    -------
    digest
        None where the layer was empty.

    Raises
    ------
    NotFoundError
        ``snapshot_missing``: there is no such snapshot.
    """
    t = SNAPSHOT
    found = {row.layer: row.digest for row in connection.execute(sa.select(t).where(t.c.name == name))}
    if not found:
        raise NotFoundError("snapshot_missing", name=name)
    digest: str | None = found.get(layer)
    return digest
