"""An SQLite file: its connections, its transactions, and what goes wrong with them."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from geo.errors import BusyError, DiskFullError, PlannerError, SchemaError, StoreError
from layers.store import schema
from layers.store.geometry import register_functions

BUSY_TIMEOUT_S = 5.0
NEARLY_FULL_BYTES = 1 << 16
RETRY_S = 0.1

FULL_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# A limit on the size of files is no "full" to SQLite; its spatial index tells a failed write as plain IOERR.
FULL_SQLITE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
)


def engine_of(path: Path, *, busy_timeout_s: float) -> sa.Engine:
    """
    Engine whose connections know the index functions and start transactions by themselves.

    Parameters
    ----------
    path
        The file; it must exist.
    busy_timeout_s
        How long a statement waits for another program [s].

    Returns
    -------
    engine
        Maker of connections.
    """
    engine = sa.create_engine(
        "sqlite://", creator=partial(connect, path, busy_timeout_s), poolclass=sa.pool.NullPool
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """
    Connection to an existing file; SQLAlchemy alone decides where transactions start and end.

    Parameters
    ----------
    path
        The file.
    busy_timeout_s
        How long a statement waits for another program [s].

    Returns
    -------
    connection
        Open connection that knows the functions of the spatial index.
    """
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
    if pragma(connection, "journal_mode = DELETE") != "delete":
        raise BusyError("workspace_busy", folder=folder.name)


def pragma(connection: sa.Connection, setting: str) -> object:
    """
    Answer to a PRAGMA outside any transaction, None where it answers nothing.

    Parameters
    ----------
    connection
        Open connection.
    setting
        Name of the setting, with ``= value`` to change it; never a text from outside.

    Returns
    -------
    answer
        First value of the answer.
    """
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise sqlite3.ProgrammingError(type(raw))
    with closing(raw.execute(f"PRAGMA {setting}")) as cursor:
        row = cursor.fetchone()
    return None if row is None else row[0]


@contextmanager
def errors(folder: Path) -> Iterator[None]:
    """
    Turn what SQLite and the system report into the product's errors.

    Parameters
    ----------
    folder
        Folder of the workspace, for the message.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise translated(error.orig, folder) from error
    except sqlite3.Error as error:
        raise translated(error, folder) from error
    except (OSError, UnicodeDecodeError) as error:  # the latter: names or messages of a damaged file
        raise translated(error, folder) from error


def translated(error: BaseException | None, folder: Path) -> PlannerError:
    """
    The product's error for one of SQLite or of the system.

    Parameters
    ----------
    error
        What was raised.
    folder
        Folder of the workspace, for the message.

    Returns
    -------
    error
        To be raised instead.
    """
    facts = {"folder": folder.name}
    for mark in (schema.APPEND_ONLY_MARK, schema.UNRECORDED_MARK):
        if isinstance(error, sqlite3.IntegrityError) and mark in str(error):
            return StoreError(
                "append_only" if mark == schema.APPEND_ONLY_MARK else "state_unrecorded", **facts
            )
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


@contextmanager
def transaction(folder: Path, engine: sa.Engine, *, write: bool = False) -> Iterator[sa.Connection]:
    """
    One transaction; a writing one holds the file alone from its first moment.

    Parameters
    ----------
    folder
        Folder of the workspace, for messages.
    engine
        As of :func:`engine_of`.
    write
        True where it writes.

    Yields
    ------
    connection
        Open connection; what the block did is kept unless it raises.
    """
    with errors(folder), engine.connect() as opened:
        connection = opened.execution_options(is_write=write)
        # What is stored in the file as SQL runs only when writing, after it was looked through.
        pragma(connection, f"trusted_schema = {'ON' if write else 'OFF'}")
        if write:
            _require_rollback_journal(connection, folder)
        with connection.begin():
            if write:
                schema.require_passive(connection)
                schema.add_missing(connection)
            yield connection


def copy_pages(source: sqlite3.Connection, target: sqlite3.Connection, folder: Path) -> None:
    """
    Copy one database over another by SQLite's backup interface: all of it, or nothing.

    Parameters
    ----------
    source, target
        Open connections; readers of the target see the old content or the new.
    folder
        Folder of the workspace, for the message.

    Raises
    ------
    BusyError
        ``workspace_busy``: another program holds one of them.
    """
    tries = 0

    def watch(status: int, _remaining: int, _total: int) -> None:
        nonlocal tries
        tries += status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        if tries * RETRY_S > BUSY_TIMEOUT_S:
            raise BusyError("workspace_busy", folder=folder.name)

    source.backup(target, progress=watch, sleep=RETRY_S)


def copy_file(path: Path, target: Path, folder: Path) -> None:
    """
    Copy a database that may be in use into a new file.

    Parameters
    ----------
    path
        The database.
    target
        The new file; it must not exist.
    folder
        Folder of the workspace, for messages.

    Raises
    ------
    BusyError, DiskFullError, StoreError
        It cannot be read, or there is no room.
    """
    with errors(folder):
        target.touch(exist_ok=False)
        with (
            closing(connect(path, BUSY_TIMEOUT_S)) as source,
            closing(connect(target, BUSY_TIMEOUT_S)) as copied,
        ):
            copy_pages(source, copied, folder)
