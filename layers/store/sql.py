"""The tables of a workspace by way of SQL: what a GeoPackage file and a PostGIS database do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from geo.errors import ColumnError, InputError, StaleVersionError, StoreError
from layers.catalogue import CATALOGUE, spec_of
from layers.check import Shapes
from layers.spec import Geometry, LayerSpec
from layers.store import ledger, schema, undoing
from layers.store.packed import as_table
from layers.store.record import Batch, Change, Kept, Note, RowChange, Snapshot
from layers.store.table import digest_of, to_rows, to_table, versions_of

CHUNK = 5_000
"""Ids asked for at once."""
LARGE = 5_000
"""Rows from which on a spatial index is made anew rather than row by row."""
BY_PROGRAM = MappingProxyType(
    {name: Note(action=name) for name in ("replace", "append", "upsert", "delete", "properties", "edit")}
)
Parameters = list[dict[str, Any]]
Rows = dict[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a transaction does to one layer; shapes are as the store keeps them."""

    rows: Parameters = field(default_factory=list)
    removed: tuple[str, ...] = ()
    expected: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    is_whole: bool = False
    is_new: bool = False


class SqlStore(ABC):
    """
    The tables of a workspace behind SQLAlchemy.

    Parameters
    ----------
    folder
        Folder of the workspace.
    engine
        Maker of connections.
    """

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self._folder = folder
        self._engine = engine

    @abstractmethod
    def _transaction(self, *, write: bool = False) -> AbstractContextManager[sa.Connection]:
        """One transaction; a writing one holds the workspace alone from its first moment."""

    @abstractmethod
    def _column_names(self, connection: sa.Connection, table: str) -> frozenset[str]:
        """Columns that a table has; none where there is no such table."""

    @abstractmethod
    def _encode(self, shapes: Shapes, geometry: Geometry) -> list[bytes | None]:
        """Shapes as the store keeps them."""

    @abstractmethod
    def _body(self, stored: bytes | None) -> bytes | None:
        """Well-known binary of a stored shape."""

    @abstractmethod
    def _decode(self, stored: Sequence[bytes | None]) -> Shapes:
        """Shapes from what the store keeps."""

    @abstractmethod
    def _within(self, layer: str, bounds: tuple[float, float, float, float]) -> sa.ColumnElement[bool]:
        """Condition: the rectangle of a row may touch another, by the spatial index."""

    @abstractmethod
    def _describe(self, connection: sa.Connection, layer: str) -> None:
        """Keep what the store says about a layer right after a change."""

    @abstractmethod
    def _at_once(self, connection: sa.Connection, layer: str) -> AbstractContextManager[None]:
        """Very many rows are written: the spatial index is made once at the end."""

    @property
    def folder(self) -> Path:
        """Folder of the workspace."""
        return self._folder

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """
        A transaction that writes, for what moves whole workspaces.

        Returns
        -------
        transaction
            Context of an open connection; it holds the workspace alone.
        """
        return self._transaction(write=True)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """
        A transaction that reads, for what moves whole workspaces.

        Returns
        -------
        transaction
            Context of an open connection; it sees one moment.
        """
        return self._transaction()

    def unlocked(self, connection: sa.Connection) -> AbstractContextManager[None]:  # noqa: ARG002
        """
        The layers that are only added to may be replaced as a whole, by the restoring of a backup.

        Parameters
        ----------
        connection
            Open write transaction.

        Returns
        -------
        unlocked
            Context within which they may.
        """
        return nullcontext()

    def values(self, connection: sa.Connection, layer: str) -> dict[str, list[Any]]:
        """
        A layer as history keeps it.

        Parameters
        ----------
        connection
            Open transaction.
        layer
            Layer name.

        Returns
        -------
        values
            Column to values; shapes as well-known binary.
        """
        names, rows = self._present(connection, layer)
        if not rows:
            return {"id": []}
        return {
            name: list(column) for name, column in zip(names, zip(*rows.values(), strict=True), strict=True)
        }

    def fill(self, connection: sa.Connection, layer: str, values: Mapping[str, Sequence[Any]]) -> None:
        """
        Add rows as history keeps them to an empty layer.

        Parameters
        ----------
        connection
            Open write transaction.
        layer
            Layer name.
        values
            As of :meth:`values`.
        """
        rows = self._stored(layer, values)
        if rows:
            insert_or_update(connection, schema.TABLES[layer], rows, key=None)
        self._describe(connection, layer)

    def properties(self) -> Mapping[str, str]:
        """Facts about the workspace itself; see ``Store``."""
        with self._transaction() as connection:
            return facts_of(connection)

    def set_properties(self, values: Mapping[str, str], *, note: Note | None = None) -> None:
        """Add or change facts about the workspace; see ``Store``."""
        rows = [{"key": key, "value": value} for key, value in sorted(values.items())]
        with self._transaction(write=True) as connection:
            present = facts_of(connection)
            for key in schema.RESERVED_PROPERTIES:
                if values.get(key, present.get(key)) != present.get(key):
                    raise InputError("property_reserved", key=key)
            changed = [row for row in rows if present.get(row["key"]) != row["value"]]
            if changed:
                insert_or_update(connection, schema.PROPERTY, changed, key="key")
                ledger.begin(connection, note or BY_PROGRAM["properties"])

    def read(
        self,
        layer: str,
        *,
        bounds: tuple[float, float, float, float] | None = None,
        columns: Collection[str] | None = None,
    ) -> gpd.GeoDataFrame:
        """Rows of a layer in the order they were added; see ``Store``."""
        spec = _with_only(spec_of(layer), columns)
        table = schema.TABLES[layer]
        wanted = {"fid", schema.GEOMETRY_COLUMN, *(column.name for column in spec.columns)}
        with self._transaction() as connection:
            there = wanted & self._column_names(connection, layer)
            kept = [column for column in table.columns if column.name in there]
            query = sa.select(*kept).order_by(table.c.fid)
            if bounds is not None and spec.geometry is not Geometry.NONE:
                query = query.where(self._within(layer, bounds))
            rows = connection.execute(query).fetchall() if there else []
        values = dict(zip((column.name for column in kept), zip(*rows, strict=True), strict=False))
        shapes = self._decode(values.get(schema.GEOMETRY_COLUMN, (None,) * len(rows)))
        if bounds is not None:
            touching = _touches(shapes, bounds)
            shapes = shapes[touching]
            values = {name: tuple(compress(column, touching.tolist())) for name, column in values.items()}
        return to_table(values, shapes, spec)

    def count(self, layer: str) -> int:
        """Number of rows of a layer; see ``Store``."""
        spec_of(layer)
        with self._transaction() as connection:
            return self._count(connection, layer)

    def replace(self, tables: Mapping[str, gpd.GeoDataFrame], *, note: Note | None = None) -> None:
        """Put these rows in the place of all rows of their layers; see ``Store``."""
        works = {layer: Work(rows=self._rows_of(layer, t), is_whole=True) for layer, t in tables.items()}
        self._write(works, note or BY_PROGRAM["replace"])

    def append(self, tables: Mapping[str, gpd.GeoDataFrame], *, note: Note | None = None) -> None:
        """Add rows; see ``Store``."""
        works = {layer: Work(rows=self._rows_of(layer, t), is_new=True) for layer, t in tables.items()}
        self._write(works, note or BY_PROGRAM["append"])

    def upsert(self, tables: Mapping[str, gpd.GeoDataFrame], *, note: Note | None = None) -> None:
        """Add rows or put them in the place of those with the same id; see ``Store``."""
        works = {layer: Work(rows=self._rows_of(layer, table)) for layer, table in tables.items()}
        self._write(works, note or BY_PROGRAM["upsert"])

    def delete(self, layer: str, ids: Collection[str], *, note: Note | None = None) -> int:
        """Remove rows; see ``Store``."""
        spec_of(layer)
        if not ids:
            return 0
        return self._write({layer: Work(removed=tuple(sorted(ids)))}, note or BY_PROGRAM["delete"])[1]

    def commit(self, batches: Mapping[str, Batch], *, note: Note | None = None) -> int:
        """Add, change and remove rows of several layers at once, unless one was changed; see ``Store``."""
        works = {
            layer: Work(
                rows=[] if batch.rows is None else self._rows_of(layer, batch.rows),
                removed=tuple(batch.removed),
                expected=batch.expected,
                is_new=layer in schema.APPEND_ONLY,
            )
            for layer, batch in batches.items()
        }
        return self._write(works, note or BY_PROGRAM["edit"])[0]

    def versions(self, layer: str, ids: Collection[str] | None = None) -> Mapping[str, str]:
        """Version of each row; see ``Store``."""
        spec = spec_of(layer)
        with self._transaction() as connection:
            names, rows = self._present(connection, layer, ids)
        return MappingProxyType(_versions(names, list(rows.values()), spec))

    def history(self, *, limit: int | None = None) -> tuple[Change, ...]:
        """Changes, the last first; see ``Store``."""
        with self._transaction() as connection:
            return ledger.changes(connection, limit=limit) if self.has_history(connection) else ()

    def last_change(self) -> int:
        """Number of the last change; see ``Store``."""
        with self._transaction() as connection:
            return ledger.last(connection) if self.has_history(connection) else 0

    def changed_rows(self, number: int) -> tuple[RowChange, ...]:
        """Rows that a change kept one by one; see ``Store``."""
        with self._transaction() as connection:
            return ledger.rows_of(connection, number)

    def undo(self, number: int, *, note: Note) -> int:
        """Take a change back; see ``Store``."""
        with self._transaction(write=True) as connection:
            change = undoing.require(ledger.changes(connection), number)
            works = {}
            for part in change.layers:
                values, removed, expected = undoing.inverse(connection, number, part)
                works[part.layer] = Work(
                    rows=self._stored(part.layer, values),
                    removed=removed,
                    expected=expected,
                    is_whole=part.kept is Kept.TABLE,
                )
            return self._apply_all(connection, works, note, undoes=number)[0]

    def save_snapshot(self, name: str, *, note: Note) -> None:
        """Keep the present state of all layers under a name; see ``Store``."""
        with self._transaction(write=True) as connection:
            if any(one.name == name for one in ledger.snapshots(connection)):
                raise StoreError("snapshot_exists", name=name)
            digests = {}
            for spec in CATALOGUE:
                names, rows = self._present(connection, spec.name)
                if rows:
                    digest = ledger.keep_table(connection, spec, names, list(rows.values()))
                    digests[spec.name] = (digest, len(rows))
            ledger.save_snapshot(connection, name, note, digests)
            ledger.begin(connection, note)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Snapshots, the oldest first; see ``Store``."""
        with self._transaction() as connection:
            return ledger.snapshots(connection) if self.has_history(connection) else ()

    def snapshot_table(self, name: str, layer: str) -> gpd.GeoDataFrame:
        """Rows of a layer as a snapshot keeps them; see ``Store``."""
        spec = spec_of(layer)
        with self._transaction() as connection:
            digest = ledger.snapshot_digest(connection, name, layer)
            values = {"id": []} if digest is None else ledger.kept_values(connection, digest, layer)
        return as_table(values, spec)

    def digest(self, layer: str) -> str:
        """Fingerprint of a layer's content; see ``Store``."""
        return digest_of(self.read(layer), spec_of(layer))

    def close(self) -> None:
        """Let go of the file; see ``Store``."""
        self._engine.dispose()

    def has_history(self, connection: sa.Connection) -> bool:
        """
        Tell whether the store keeps history.

        Parameters
        ----------
        connection
            Open transaction.

        Returns
        -------
        has_history
            False for an older edition that could not be brought on, because nobody may write it.
        """
        return bool(self._column_names(connection, ledger.CHANGE.name))

    def _count(self, connection: sa.Connection, layer: str) -> int:
        """Number of rows of a layer; 0 where an older file lacks it."""
        if not self._column_names(connection, layer):
            return 0
        n_rows: int = connection.execute(
            sa.select(sa.func.count()).select_from(schema.TABLES[layer])
        ).scalar_one()
        return n_rows

    def _rows_of(self, layer: str, table: gpd.GeoDataFrame) -> Parameters:
        """Rows of a table with their shapes, as the layer's SQL table takes them."""
        spec = spec_of(layer)
        rows, shapes = to_rows(table, spec)
        return self._with_shapes(rows, shapes, spec)

    def _stored(self, layer: str, values: Mapping[str, Sequence[Any]]) -> Parameters:
        """Rows that history kept, as the layer's SQL table takes them."""
        spec = spec_of(layer)
        n_rows = len(values["id"])
        unknown = [None] * n_rows
        columns = [values.get(column.name, unknown) for column in spec.columns]
        names = [column.name for column in spec.columns]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        return self._with_shapes(rows, undoing.shapes_of(values, n_rows), spec)

    def _with_shapes(self, rows: Parameters, shapes: Shapes, spec: LayerSpec) -> Parameters:
        if spec.geometry is Geometry.NONE:
            return rows
        stored = self._encode(shapes, spec.geometry)
        return [row | {schema.GEOMETRY_COLUMN: one} for row, one in zip(rows, stored, strict=True)]

    def _write(self, works: Mapping[str, Work], note: Note) -> tuple[int, int]:
        """Write several layers and their history in one transaction."""
        with self._transaction(write=True) as connection:
            return self._apply_all(connection, works, note)

    def _apply_all(
        self, connection: sa.Connection, works: Mapping[str, Work], note: Note, *, undoes: int | None = None
    ) -> tuple[int, int]:
        """Number of the change and of the rows removed by their ids."""
        number = ledger.begin(connection, note, undoes=undoes)
        n_removed = sum(self._apply(connection, number, layer, work) for layer, work in works.items())
        return number, n_removed

    def _apply(self, connection: sa.Connection, number: int, layer: str, work: Work) -> int:
        """Change one layer and keep what its undoing needs."""
        table, spec = schema.TABLES[layer], spec_of(layer)
        ids = [row["id"] for row in work.rows]
        n_touched = len(ids) + len(work.removed)
        keeps_all = work.is_whole or n_touched > ledger.MOST_ROWS
        asked = None if keeps_all else {*ids, *work.removed, *work.expected}
        names, present = self._present(connection, layer, asked)
        _require_unchanged(spec, names, present, work.expected)
        if work.is_new:
            _require_new(layer, ids, present)
        before = present if work.is_whole else {k: present[k] for k in (*ids, *work.removed) if k in present}
        is_large = n_touched + len(before) > LARGE and (work.is_whole or work.is_new)
        with self._at_once(connection, layer) if is_large else nullcontext():
            _execute(connection, table, work)
        ledger.keep(
            connection,
            number,
            spec,
            names,
            before=before,
            after=self._after(names, work.rows) if before or not keeps_all else dict.fromkeys(ids, ()),
            previous=list(present.values()) if keeps_all else None,
        )
        self._describe(connection, layer)
        return sum(key in present for key in set(work.removed) - set(ids))

    def _after(self, names: Sequence[str], rows: Parameters) -> Rows:
        """Rows written, as history compares them."""
        shape = schema.GEOMETRY_COLUMN
        return {
            row["id"]: tuple(self._body(row[name]) if name == shape else row[name] for name in names)
            for row in rows
        }

    def _present(
        self, connection: sa.Connection, layer: str, ids: Collection[str] | None = None
    ) -> tuple[list[str], Rows]:
        """Rows as they are: names of the columns, id to values, shapes as well-known binary."""
        table = schema.TABLES[layer]
        there = self._column_names(connection, layer)
        kept = [column for column in table.columns if column.name in there and column.name != "fid"]
        names = [column.name for column in kept]
        if not kept or (ids is not None and not ids):
            return names, {}
        query = sa.select(*kept).order_by(table.c.fid)
        wanted: list[str] = [] if ids is None else sorted(ids)
        chunks = [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
        queries = [query] if ids is None else [query.where(table.c.id.in_(chunk)) for chunk in chunks]
        rows = [tuple(row) for one in queries for row in connection.execute(one)]
        if schema.GEOMETRY_COLUMN in names:
            at = names.index(schema.GEOMETRY_COLUMN)
            rows = [(*row[:at], self._body(row[at]), *row[at + 1 :]) for row in rows]
        key = names.index("id")
        return names, {row[key]: row for row in rows}


def _execute(connection: sa.Connection, table: sa.Table, work: Work) -> None:
    """Remove and add rows."""
    if work.is_whole:
        connection.execute(sa.delete(table))
    elif work.removed:
        gone = sa.delete(table).where(table.c.id == sa.bindparam("gone"))
        connection.execute(gone, [{"gone": key} for key in work.removed])
    if work.rows:
        insert_or_update(connection, table, work.rows, key=None if work.is_whole or work.is_new else "id")


def insert_or_update(
    connection: sa.Connection, table: sa.Table, rows: Parameters, *, key: str | None
) -> None:
    """
    Add rows; where a key is given, a row that has it already takes the new values.

    Parameters
    ----------
    connection
        Open write transaction.
    table
        Its table.
    rows
        At least one row.
    key
        Unique column, or None to add only.
    """
    if key is None and connection.dialect.name == "sqlite":
        _insert_plain(connection, table, rows)
        return
    if key is None:
        connection.execute(sa.insert(table), rows)
        return
    builder = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    insert = builder(table)
    values = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in {"fid", key}}
    connection.execute(insert.on_conflict_do_update(index_elements=[key], set_=values), rows)


def _insert_plain(connection: sa.Connection, table: sa.Table, rows: Parameters) -> None:
    """Add rows of plain values as they are; SQLAlchemy would look at every value of every row first."""
    names = [column.name for column in table.columns if column.name in rows[0]]
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    values = [tuple([row[name] for name in names]) for row in rows]
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, values)


def facts_of(connection: sa.Connection) -> dict[str, str]:
    """
    Facts about a workspace.

    Parameters
    ----------
    connection
        Open transaction.

    Returns
    -------
    facts
        Key to value, sorted by key.
    """
    table = schema.PROPERTY
    rows = connection.execute(sa.select(table.c.key, table.c.value).order_by(table.c.key))
    return {key: value for key, value in rows}  # noqa: C416  (rows are not pairs to a type checker)


def _with_only(spec: LayerSpec, columns: Collection[str] | None) -> LayerSpec:
    """The layer as if it had these columns alone."""
    if columns is None:
        return spec
    unknown = sorted(name for name in columns if spec.column(name) is None)
    if unknown:
        raise ColumnError("columns_unknown", layer=spec.name, columns=", ".join(unknown))
    return replace(spec, columns=tuple(column for column in spec.columns if column.name in columns))


def _touches(shapes: Shapes, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    """True for each shape whose rectangle touches another; False for None."""
    west, south, east, north = bounds
    x_min, y_min, x_max, y_max = shapely.bounds(shapes).reshape(-1, 4).T
    touching: npt.NDArray[np.bool_] = (x_max >= west) & (x_min <= east) & (y_max >= south) & (y_min <= north)
    return touching


def _versions(names: Sequence[str], rows: Sequence[tuple[Any, ...]], spec: LayerSpec) -> dict[str, str]:
    """Versions of rows as the store holds them."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _name in names]
    values = dict(zip(names, columns, strict=True))
    return versions_of(as_table(values, spec), spec) if rows else {}


def _require_unchanged(
    spec: LayerSpec, names: Sequence[str], present: Rows, expected: Mapping[str, str | None]
) -> None:
    """Every row is as its actor saw it."""
    now = _versions(names, [present[key] for key in expected if key in present], spec)
    stale = [key for key, version in expected.items() if now.get(key) != version]
    if stale:
        raise StaleVersionError("row_stale", layer=spec.name, ids=", ".join(sorted(stale)[:10]), n=len(stale))


def _require_new(layer: str, ids: Sequence[str], present: Rows) -> None:
    """No id is there yet."""
    known = sorted(key for key in ids if key in present)
    if known:
        raise InputError("ids_exist", layer=layer, ids=", ".join(known[:10]), n=len(known))
