"""A workspace in a folder: tables in ``workspace.gpkg``, grids in ``rasters``, the rest in ``cache``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from geo.errors import NotFoundError, SchemaError, StoreError
from layers.check import Shapes
from layers.exchange.scratch import scratch_folder, scratch_name, sweep
from layers.spec import Geometry
from layers.store import ledger, migrate, schema
from layers.store.drive import require_local
from layers.store.geometry import body_of, from_blobs, to_blobs
from layers.store.record import Note
from layers.store.sql import SqlStore, facts_of
from layers.store.sqlite_file import (
    BUSY_TIMEOUT_S,
    connect,
    copy_file,
    copy_pages,
    engine_of,
    errors,
    transaction,
)

FILE_NAME = "workspace.gpkg"
SUBFOLDERS = ("rasters", "cache")
BACKUPS = "backups"
SQLITE_MAGIC = b"SQLite format 3\x00"


class GpkgStore(SqlStore):
    """
    The tables of a workspace in a GeoPackage file.

    Every method opens the file, works, and lets it go again, so that QGIS or another process can work between
    two calls and a copied folder is complete. Use ``open_store`` and ``create_store``.
    """

    def backup(self, path: Path) -> None:
        """Copy all tables into one file; see ``Store``."""
        copy_out(self._folder / FILE_NAME, path, self._folder)

    def restore(self, path: Path, *, note: Note) -> None:
        """Take all tables from a backup; see ``Store``."""
        with errors(self._folder), scratch_folder(self._folder) as draft:
            open_copy(path, draft, note).close()
            with (
                closing(connect(draft / FILE_NAME, BUSY_TIMEOUT_S)) as source,
                closing(connect(self._folder / FILE_NAME, BUSY_TIMEOUT_S)) as target,
            ):
                copy_pages(source, target, self._folder)

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sa.Connection]:
        with transaction(self._folder, self._engine, write=write) as connection:
            yield connection

    def _column_names(self, connection: sa.Connection, table: str) -> frozenset[str]:
        return schema.column_names(connection, table)

    def _encode(self, shapes: Shapes, geometry: Geometry) -> list[bytes | None]:
        return to_blobs(shapes, geometry)

    def _body(self, stored: bytes | None) -> bytes | None:
        return body_of(stored)

    def _decode(self, stored: Sequence[bytes | None]) -> Shapes:
        return from_blobs(stored)

    def _within(self, layer: str, bounds: tuple[float, float, float, float]) -> sa.ColumnElement[bool]:
        west, south, east, north = bounds
        c = schema.index_of(layer).c
        rows = sa.select(c.id).where(c.maxx >= west, c.minx <= east, c.maxy >= south, c.miny <= north)
        return schema.TABLES[layer].c.fid.in_(rows)

    def _at_once(self, connection: sa.Connection, layer: str) -> AbstractContextManager[None]:
        return schema.indexed_at_end(connection, layer)

    def _describe(self, connection: sa.Connection, layer: str) -> None:
        schema.describe_change(connection, layer)


def _require_ours(connection: sa.Connection, folder: Path) -> int:
    """Edition of a file; refused is one that is not ours, not to be understood, or damaged."""
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if application != schema.APPLICATION_ID or not schema.column_names(connection, schema.PROPERTY.name):
        raise SchemaError("workspace_not_ours", folder=folder.name)
    schema.require_passive(connection)
    facts = facts_of(connection)
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
    return int(version)


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
    require_local(folder)
    sweep(folder)
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
            raise SchemaError("workspace_not_ours", folder=folder.name)
    engine = engine_of(path, busy_timeout_s=busy_timeout_s)
    with transaction(folder, engine) as connection:
        version = _require_ours(connection, folder)
    store = GpkgStore(folder, engine)
    if version < schema.SCHEMA_VERSION:
        _bring_on(store, engine, version)
    return store


def _bring_on(store: GpkgStore, engine: sa.Engine, version: int) -> None:
    """Bring an older edition to this one after a backup; one that nobody may write is read as it is."""
    folder = store.folder
    try:
        with transaction(folder, engine) as connection:
            stamp = "".join(filter(str.isdigit, ledger.moment(connection)))[:14]
        store.backup(backup_folder(folder) / f"edition-{version}-{stamp}.gpkg")
        with transaction(folder, engine, write=True) as connection:
            migrate.upgrade(connection)
    except StoreError as error:
        if error.code != "workspace_readonly":
            raise


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
    require_local(folder)
    draft = folder / scratch_name()
    with errors(folder):
        for name in SUBFOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        try:
            draft.touch(exist_ok=False)
            engine = engine_of(draft, busy_timeout_s=BUSY_TIMEOUT_S)
            with engine.connect() as opened, opened.execution_options(is_write=True).begin():
                schema.create(opened, properties)
                migrate.upgrade(opened)
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


def backup_folder(folder: Path) -> Path:
    """
    Folder of a workspace's own backups, made where it does not exist.

    Parameters
    ----------
    folder
        Folder of the workspace.

    Returns
    -------
    folder
        The folder.

    Raises
    ------
    StoreError
        It cannot be made.
    """
    with errors(folder):
        (folder / BACKUPS).mkdir(parents=True, exist_ok=True)
    return folder / BACKUPS


def backups_of(folder: Path) -> tuple[Path, ...]:
    """
    Backups in a workspace's own folder.

    Parameters
    ----------
    folder
        Folder of the workspace.

    Returns
    -------
    paths
        The last one first.
    """
    found = [(path.stat().st_mtime_ns, path) for path in (folder / BACKUPS).glob("*.gpkg")]
    return tuple(path for _moment, path in sorted(found, reverse=True))


def copy_out(path: Path, target: Path, folder: Path) -> None:
    """
    Copy a workspace's file, in use or not, to another place, where it appears whole or not at all.

    Parameters
    ----------
    path
        The file.
    target
        The copy; one that is there is replaced.
    folder
        Folder of the workspace, for messages.

    Raises
    ------
    NotFoundError
        ``backup_folder``: the folder of the target does not exist.
    BusyError, DiskFullError, StoreError
        It cannot be read, or not be written; nothing is left over.
    """
    if not target.parent.is_dir():
        raise NotFoundError("backup_folder", folder=target.parent.name)
    draft = target.parent / scratch_name()
    with errors(folder):
        try:
            copy_file(path, draft, folder)
            draft.replace(target)
            _sync(target.parent)
        finally:
            draft.unlink(missing_ok=True)
            draft.with_name(f"{draft.name}-journal").unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Put the name of a file on the disk; SQLite itself has put its content there."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def require_backup(path: Path) -> None:
    """
    Look through a backup without using it.

    Parameters
    ----------
    path
        The backup.

    Raises
    ------
    StoreError
        As for ``Store.restore``.
    """
    with errors(path.parent), scratch_folder() as draft:
        open_copy(path, draft, Note(action="restore")).close()


def open_copy(path: Path, draft: Path, note: Note) -> GpkgStore:
    """
    Look through a backup in a folder of its own, brought on to this edition, with the note in its history.

    Parameters
    ----------
    path
        The backup.
    draft
        Empty folder.
    note
        Who restores it, when.

    Returns
    -------
    store
        The copy.

    Raises
    ------
    NotFoundError
        ``backup_missing``: there is no such file.
    SchemaError
        It is no backup of this product, or damaged, or of a newer edition.
    """
    if not path.is_file():
        raise NotFoundError("backup_missing", file=path.name)
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
            raise SchemaError("backup_not_ours", file=path.name)
    (draft / FILE_NAME).write_bytes(path.read_bytes())
    store = open_folder(draft)
    with store.writing() as connection:
        ledger.begin(connection, note)
    return store
