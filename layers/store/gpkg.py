"""A workspace in a folder: tables in ``workspace.gpkg``, grids in ``rasters``, the rest in ``cache``."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from geo.errors import (
    BusyError,
    ColumnError,
    DiskFullError,
    InputError,
    NotFoundError,
    PlannerError,
    SchemaError,
    StoreError,
)
from layers.catalogue import spec_of
from layers.check import Shapes
from layers.exchange.scratch import scratch_name, sweep
from layers.spec import Geometry, LayerSpec
from layers.store import schema
from layers.store.geometry import from_blobs, register_functions
from layers.store.table import digest_of, to_rows, to_table

FILE_NAME = "workspace.gpkg"
SUBFOLDERS = ("rasters", "cache")
BUSY_TIMEOUT_S = 5.0
SQLITE_MAGIC = b"SQLite format 3\x00"
NEARLY_FULL_BYTES = 1 << 16

FULL_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# A limit on the size of files is no "full" to SQLite; its spatial index tells a failed write as plain IOERR.
FULL_SQLITE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
)

Parameters = list[dict[str, Any]]
Writer = Callable[[sa.Connection, str, Parameters], None]


class GpkgStore:
    """
    The tables of a workspace in a GeoPackage file.

    Every method opens the file, works, and lets it go again, so that QGIS or another process can work between
    two calls and a copied folder is complete. Use ``open_store`` and ``create_store``.

    Parameters
    ----------
    folder
        Folder of the workspace.
    engine
        Maker of connections to its file.
    """

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self._folder = folder
        self._engine = engine

    @property
    def folder(self) -> Path:
        """Folder of the workspace."""
        return self._folder

    def properties(self) -> Mapping[str, str]:
        """Facts about the workspace itself; see ``Store``."""
        with _transaction(self._folder, self._engine) as connection:
            return _properties(connection)

    def set_properties(self, values: Mapping[str, str]) -> None:
        """Add or change facts about the workspace; see ``Store``."""
        rows = [{"key": key, "value": value} for key, value in sorted(values.items())]
        with _transaction(self._folder, self._engine, write=True) as connection:
            present = _properties(connection)
            for key in schema.RESERVED_PROPERTIES:
                if values.get(key, present.get(key)) != present.get(key):
                    raise InputError("property_reserved", key=key)
            insert = sqlite.insert(schema.PROPERTY)
            statement = insert.on_conflict_do_update(
                index_elements=["key"], set_={"value": insert.excluded.value}
            )
            if rows:
                connection.execute(statement, rows)

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
        with _transaction(self._folder, self._engine) as connection:
            there = wanted & schema.column_names(connection, layer)
            kept = [column for column in table.columns if column.name in there]
            query = sa.select(*kept).order_by(table.c.fid)
            if bounds is not None and spec.geometry is not Geometry.NONE:
                query = query.where(table.c.fid.in_(_within(layer, bounds)))
            rows = connection.execute(query).fetchall() if there else []
        values = dict(zip((column.name for column in kept), zip(*rows, strict=True), strict=False))
        shapes = from_blobs(values.get(schema.GEOMETRY_COLUMN, (None,) * len(rows)))
        if bounds is not None:
            touching = _touches(shapes, bounds)
            shapes = shapes[touching]
            values = {name: tuple(compress(column, touching.tolist())) for name, column in values.items()}
        return to_table(values, shapes, spec)

    def count(self, layer: str) -> int:
        """Number of rows of a layer; see ``Store``."""
        spec_of(layer)
        with _transaction(self._folder, self._engine) as connection:
            return _count(connection, layer)

    def replace(self, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
        """Put these rows in the place of all rows of their layers; see ``Store``."""
        self._write(tables, _replace)

    def append(self, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
        """Add rows; see ``Store``."""
        self._write(tables, _append)

    def upsert(self, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
        """Add rows or put them in the place of those with the same id; see ``Store``."""
        self._write(tables, _upsert)

    def delete(self, layer: str, ids: Collection[str]) -> int:
        """Remove rows; see ``Store``."""
        spec_of(layer)
        table = schema.TABLES[layer]
        with _transaction(self._folder, self._engine, write=True) as connection:
            before = _count(connection, layer)
            if ids:
                statement = sa.delete(table).where(table.c.id == sa.bindparam("gone"))
                connection.execute(statement, [{"gone": value} for value in sorted(ids)])
                schema.describe_change(connection, layer)
            return before - _count(connection, layer)

    def digest(self, layer: str) -> str:
        """Fingerprint of a layer's content; see ``Store``."""
        return digest_of(self.read(layer), spec_of(layer))

    def close(self) -> None:
        """Let go of the file; see ``Store``."""
        self._engine.dispose()

    def _write(self, tables: Mapping[str, gpd.GeoDataFrame], writer: Writer) -> None:
        """Write several layers in one transaction."""
        rows = {layer: _to_parameters(layer, table) for layer, table in tables.items()}
        with _transaction(self._folder, self._engine, write=True) as connection:
            for layer, parameters in rows.items():
                writer(connection, layer, parameters)
                schema.describe_change(connection, layer)


def _with_only(spec: LayerSpec, columns: Collection[str] | None) -> LayerSpec:
    """The layer as if it had these columns alone."""
    if columns is None:
        return spec
    unknown = sorted(name for name in columns if spec.column(name) is None)
    if unknown:
        raise ColumnError("columns_unknown", layer=spec.name, columns=", ".join(unknown))
    return replace(spec, columns=tuple(column for column in spec.columns if column.name in columns))


@contextmanager
def _transaction(folder: Path, engine: sa.Engine, *, write: bool = False) -> Iterator[sa.Connection]:
    """One transaction; a writing one holds the file alone from its first moment."""
    with _errors(folder), engine.connect() as opened:
        connection = opened.execution_options(is_write=write)
        # What is stored in the file as SQL runs only when writing, after it was looked through.
        _pragma(connection, f"trusted_schema = {'ON' if write else 'OFF'}")
        if write:
            _require_rollback_journal(connection, folder)
        with connection.begin():
            if write:
                schema.require_passive(connection)
                schema.add_missing(connection)
            yield connection


def _to_parameters(layer: str, table: gpd.GeoDataFrame) -> Parameters:
    """Rows of a table with their shapes, as the layer's SQL table takes them."""
    spec = spec_of(layer)
    rows, blobs = to_rows(table, spec)
    if spec.geometry is Geometry.NONE:
        return rows
    return [row | {schema.GEOMETRY_COLUMN: blob} for row, blob in zip(rows, blobs, strict=True)]


def _replace(connection: sa.Connection, layer: str, rows: Parameters) -> None:
    """Remove all rows, then add these."""
    connection.execute(sa.delete(schema.TABLES[layer]))
    if rows:
        connection.execute(schema.TABLES[layer].insert(), rows)


def _append(connection: sa.Connection, layer: str, rows: Parameters) -> None:
    """Add rows whose ids are new."""
    table = schema.TABLES[layer]
    there = set(connection.execute(sa.select(table.c.id)).scalars())
    known = sorted(row["id"] for row in rows if row["id"] in there)
    if known:
        raise InputError("ids_exist", layer=layer, ids=", ".join(known[:10]), n=len(known))
    if rows:
        connection.execute(table.insert(), rows)


def _upsert(connection: sa.Connection, layer: str, rows: Parameters) -> None:
    """Add rows; where the id is there, change every value of that row."""
    table = schema.TABLES[layer]
    insert = sqlite.insert(table)
    values = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in {"fid", "id"}}
    if rows:
        connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values), rows)


def _count(connection: sa.Connection, layer: str) -> int:
    """Number of rows of a layer; 0 where an older file lacks it."""
    if not schema.column_names(connection, layer):
        return 0
    n_rows: int = connection.execute(
        sa.select(sa.func.count()).select_from(schema.TABLES[layer])
    ).scalar_one()
    return n_rows


def _properties(connection: sa.Connection) -> dict[str, str]:
    """Key to value, sorted by key."""
    table = schema.PROPERTY
    rows = connection.execute(sa.select(table.c.key, table.c.value).order_by(table.c.key))
    return {key: value for key, value in rows}  # noqa: C416  (rows are not pairs to a type checker)


def _within(layer: str, bounds: tuple[float, float, float, float]) -> sa.Select[Any]:
    """Rows whose rectangle may touch another, by the spatial index."""
    west, south, east, north = bounds
    index = schema.index_of(layer)
    c = index.c
    return sa.select(c.id).where(c.maxx >= west, c.minx <= east, c.maxy >= south, c.miny <= north)


def _touches(shapes: Shapes, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    """True for each shape whose rectangle touches another; False for None."""
    west, south, east, north = bounds
    x_min, y_min, x_max, y_max = shapely.bounds(shapes).reshape(-1, 4).T
    touching: npt.NDArray[np.bool_] = (x_max >= west) & (x_min <= east) & (y_max >= south) & (y_min <= north)
    return touching


def _require_ours(connection: sa.Connection, folder: Path) -> None:
    """Refuse a file that this product did not make, or cannot understand, or that is damaged."""
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if application != schema.APPLICATION_ID or not schema.column_names(connection, schema.PROPERTY.name):
        raise SchemaError("workspace_not_ours", folder=folder.name)
    schema.require_passive(connection)
    facts = _properties(connection)
    if facts.get("product") != schema.PRODUCT:
        raise SchemaError("workspace_not_ours", folder=folder.name)
    version = facts.get("schema_version", "")
    if not version.isdecimal():
        raise SchemaError("workspace_damaged", folder=folder.name, detail="schema_version")
    if int(version) > schema.SCHEMA_VERSION:
        raise SchemaError("workspace_newer", folder=folder.name, version=version, known=schema.SCHEMA_VERSION)
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise SchemaError("workspace_damaged", folder=folder.name, detail=found)


def open_folder(folder: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> GpkgStore:
    """
    Open the workspace in a folder.

    Parameters
    ----------
    folder
        Folder of the workspace.
    busy_timeout_s
        How long a method waits for another program to finish [s].

    Returns
    -------
    store
        Its tables.

    Raises
    ------
    NotFoundError
        ``workspace_missing``: there is none.
    SchemaError
        ``workspace_not_ours``, ``workspace_newer``, ``workspace_damaged`` or ``workspace_active_content``.
    BusyError
        ``workspace_busy``: another program holds the file.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NotFoundError("workspace_missing", folder=folder.name)
    sweep(folder)
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
            raise SchemaError("workspace_not_ours", folder=folder.name)
    engine = _engine(path, busy_timeout_s=busy_timeout_s)
    with _transaction(folder, engine) as connection:
        _require_ours(connection, folder)
    return GpkgStore(folder, engine)


def create_folder(folder: Path, properties: Mapping[str, str]) -> GpkgStore:
    """
    Make a new workspace; its file appears complete or not at all.

    Parameters
    ----------
    folder
        Folder, made where it does not exist.
    properties
        Facts about the workspace: ``name``, ``commune_code``, ``calc_epsg`` and so on.

    Returns
    -------
    store
        Its empty tables.

    Raises
    ------
    StoreError
        ``workspace_exists``: the folder holds one already.
    DiskFullError
        There is no room.
    """
    path = folder / FILE_NAME
    if path.exists():
        raise StoreError("workspace_exists", folder=folder.name)
    draft = folder / scratch_name()
    with _errors(folder):
        for name in SUBFOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        try:
            draft.touch(exist_ok=False)
            engine = _engine(draft, busy_timeout_s=BUSY_TIMEOUT_S)
            with engine.connect() as opened, opened.execution_options(is_write=True).begin():
                schema.create(opened, properties)
            engine.dispose()
            _publish(draft, path)
        finally:
            draft.unlink(missing_ok=True)
            draft.with_name(f"{draft.name}-journal").unlink(missing_ok=True)
    return open_folder(folder)


def _publish(draft: Path, path: Path) -> None:
    """Give a finished file its name; refuse where another process was faster."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise StoreError("workspace_exists", folder=path.parent.name) from None
    except OSError:
        draft.replace(path)  # file systems without hard links (FAT, some shares)


def _engine(path: Path, *, busy_timeout_s: float) -> sa.Engine:
    """Engine whose connections know the index functions and start transactions by themselves."""
    engine = sa.create_engine(
        "sqlite://", creator=partial(_connect, path, busy_timeout_s), poolclass=sa.pool.NullPool
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Connection to an existing file; SQLAlchemy alone decides where transactions start and end."""
    uri = f"{path.resolve().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        register_functions(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(connection: sa.Connection) -> None:
    """Writers take the file at once, so that reading first and writing then cannot collide."""
    is_write = connection.get_execution_options().get("is_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _require_rollback_journal(connection: sa.Connection, folder: Path) -> None:
    """Bring a file that QGIS left in write-ahead mode back to one file, unless QGIS still has it open."""
    if _pragma(connection, "journal_mode = DELETE") != "delete":
        raise BusyError("workspace_busy", folder=folder.name)


def _pragma(connection: sa.Connection, setting: str) -> object:
    """Answer to a PRAGMA outside any transaction, None where it answers nothing."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise sqlite3.ProgrammingError(type(raw))
    with closing(raw.execute(f"PRAGMA {setting}")) as cursor:
        row = cursor.fetchone()
    return None if row is None else row[0]


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the system report into the product's errors."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _translated(error.orig, folder) from error
    except sqlite3.Error as error:
        raise _translated(error, folder) from error
    except (OSError, UnicodeDecodeError) as error:  # the latter: names or messages of a damaged file
        raise _translated(error, folder) from error


def _translated(error: BaseException | None, folder: Path) -> PlannerError:
    """The product's error for one of SQLite or of the system."""
    facts = {"folder": folder.name}
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return BusyError("workspace_busy", **facts)
    if code in FULL_SQLITE or _is_full(error, folder):
        return DiskFullError("disk_full", **facts)
    if primary in {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    }:
        return StoreError("workspace_readonly", **facts)
    if primary is None and isinstance(error, PermissionError):
        return StoreError("workspace_readonly", **facts)
    if primary == sqlite3.SQLITE_IOERR or isinstance(error, OSError):
        return StoreError("workspace_io", **facts)
    return SchemaError("workspace_damaged", **facts, detail=str(error))


def _is_full(error: BaseException | None, folder: Path) -> bool:
    """True where the system said, or the free space shows, that nothing more can be written."""
    if isinstance(error, OSError):
        return error.errno in FULL_ERRNO
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary not in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} or not folder.exists():
        return False
    return shutil.disk_usage(folder).free < NEARLY_FULL_BYTES
