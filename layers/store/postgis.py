"""A workspace in a PostGIS database: tables in one schema, grids and caches in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType

import psycopg
import shapely
import sqlalchemy as sa

from geo.errors import (
    BusyError,
    DiskFullError,
    NotFoundError,
    PlannerError,
    SchemaError,
    StoreError,
)
from layers.check import Shapes
from layers.exchange.scratch import scratch_folder, scratch_name
from layers.spec import Geometry
from layers.store import migrate, portable, schema
from layers.store.address import Address, remember
from layers.store.geometry import SRS_ID, from_bodies, to_multi
from layers.store.gpkg import FILE_NAME, SUBFOLDERS, backup_folder, copy_out, create_folder, open_copy
from layers.store.record import Note
from layers.store.sql import SqlStore, facts_of
from layers.store.sqlite_file import FULL_ERRNO

BUSY_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 5

_BUSY = ("55P03", "57014", "40001", "40P01")
_GUARDED = MappingProxyType({"HT001": "append_only", "HT002": "state_unrecorded"})
_FULL = ("53100",)
_READONLY = ("42501", "25006")
_ABSENT = ("42P01", "3F000", "42703")


_GUARD = """CREATE OR REPLACE FUNCTION hatangso_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{append_only}' USING ERRCODE = 'HT001'; END $$;
CREATE OR REPLACE FUNCTION hatangso_recorded() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF TG_OP = 'UPDATE' THEN IF NEW.state IS NOT DISTINCT FROM OLD.state
AND NEW.version IS NOT DISTINCT FROM OLD.version THEN RETURN NEW; END IF; END IF;
IF NEW.state IS NOT NULL AND NOT EXISTS (SELECT 1 FROM audit WHERE proposal_id = NEW.id
AND proposal_version = NEW.version AND state_to = NEW.state)
THEN RAISE EXCEPTION '{unrecorded}' USING ERRCODE = 'HT002'; END IF; RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER hatangso_recorded BEFORE INSERT OR UPDATE ON proposal
FOR EACH ROW EXECUTE FUNCTION hatangso_recorded();"""
_KEEP = """CREATE OR REPLACE TRIGGER hatangso_keep BEFORE UPDATE OR DELETE ON "{table}"
FOR EACH ROW EXECUTE FUNCTION hatangso_append_only();
CREATE OR REPLACE TRIGGER hatangso_keep_all BEFORE TRUNCATE ON "{table}"
FOR EACH STATEMENT EXECUTE FUNCTION hatangso_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM PUBLIC, CURRENT_USER"""
_UNLOCK = """GRANT DELETE ON "{table}" TO CURRENT_USER;
ALTER TABLE "{table}" DISABLE TRIGGER hatangso_keep"""


class PostgisStore(SqlStore):
    """
    The tables of a workspace in a PostGIS database.

    Every method connects, works, and lets go again. Writers take turns by a lock of the database, so that
    what is said of ``Store`` holds for programs on several computers.
    """

    def backup(self, path: Path) -> None:
        """Copy all tables into one GeoPackage; see ``Store``."""
        if not path.parent.is_dir():
            raise NotFoundError("backup_folder", folder=path.parent.name)
        with scratch_folder(path.parent) as draft:
            dump = create_folder(draft, {})
            portable.copy(self, dump)
            dump.close()
            copy_out(draft / FILE_NAME, path, self._folder)

    def restore(self, path: Path, *, note: Note) -> None:
        """Take all tables from a backup; see ``Store``."""
        with scratch_folder(self._folder) as draft:
            source = open_copy(path, draft, note)
            portable.copy(source, self)
            source.close()

    @contextmanager
    def unlocked(self, connection: sa.Connection) -> Iterator[None]:
        """Let a restored backup take the place of the layers that are only added to."""
        for table in schema.APPEND_ONLY:
            connection.exec_driver_sql(_UNLOCK.format(table=table))
        yield
        for table in schema.APPEND_ONLY:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER hatangso_keep')
            connection.exec_driver_sql(_KEEP.format(table=table))

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sa.Connection]:
        with errors(self._folder), self._engine.begin() as connection:
            if write:
                lock(connection)
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    def _column_names(self, connection: sa.Connection, table: str) -> frozenset[str]:
        return column_names(connection, table)

    def _encode(self, shapes: Shapes, geometry: Geometry) -> list[bytes | None]:
        found: list[bytes | None] = shapely.to_wkb(to_multi(shapes, geometry), byte_order=1).tolist()
        return found

    def _body(self, stored: bytes | None) -> bytes | None:
        return None if stored is None else bytes(stored)

    def _decode(self, stored: Sequence[bytes | None]) -> Shapes:
        return from_bodies([self._body(one) for one in stored])

    def _within(self, layer: str, bounds: tuple[float, float, float, float]) -> sa.ColumnElement[bool]:
        column = sa.type_coerce(schema.TABLES[layer].c[schema.GEOMETRY_COLUMN], sa.types.NullType())
        return column.op("&&")(sa.func.ST_MakeEnvelope(*bounds, SRS_ID))

    def _at_once(self, connection: sa.Connection, layer: str) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def _describe(self, connection: sa.Connection, layer: str) -> None:
        """The database keeps counts and extents by itself."""


def lock(connection: sa.Connection) -> None:
    """
    Hold the workspace alone until the transaction ends.

    Parameters
    ----------
    connection
        Open transaction.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(BUSY_TIMEOUT_S * 1000)}ms'")
    connection.exec_driver_sql(
        "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' hatangso', 0))"
    )


def column_names(connection: sa.Connection, table: str) -> frozenset[str]:
    """
    Columns that a table of the workspace has.

    Parameters
    ----------
    connection
        Open transaction.
    table
        Table name.

    Returns
    -------
    names
        Column names; none where there is no such table.
    """
    query = sa.text(
        "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() "
        "AND c.relname = :name AND a.attnum > 0 AND NOT a.attisdropped"
    )
    return frozenset(connection.execute(query, {"name": table}).scalars())


def open_database(address: Address) -> PostgisStore:
    """
    Open the workspace in a database.

    Parameters
    ----------
    address
        Where it is.

    Returns
    -------
    store
        Its tables.

    Raises
    ------
    NotFoundError
        ``workspace_missing``: there is none.
    StoreError
        ``database_unreachable``: the server does not answer or refuses the user.
    SchemaError
        ``workspace_not_ours`` or ``workspace_newer``.
    BusyError
        ``workspace_busy``: it is being written all the time.
    """
    engine = _engine(address)
    store = PostgisStore(address.folder, engine)
    with errors(address.folder), engine.begin() as connection:
        version = _require_ours(connection, address)
        is_behind = version < schema.SCHEMA_VERSION or _lacks(connection)
    if is_behind:
        _bring_on(store, version)
    _prepare_folder(address)
    return store


def _require_ours(connection: sa.Connection, address: Address) -> int:
    """Edition of the workspace in a schema."""
    name = address.folder.name
    if connection.exec_driver_sql("SELECT current_schema()").scalar() != address.schema:
        raise NotFoundError("workspace_missing", folder=name)
    if not column_names(connection, schema.PROPERTY.name):
        raise NotFoundError("workspace_missing", folder=name)
    facts = facts_of(connection)
    version = facts.get("schema_version", "")
    if facts.get("product") != schema.PRODUCT or not version.isdecimal():
        raise SchemaError("workspace_not_ours", folder=name)
    if int(version) > schema.SCHEMA_VERSION:
        raise SchemaError("workspace_newer", folder=name, version=version, known=schema.SCHEMA_VERSION)
    return int(version)


def _lacks(connection: sa.Connection) -> bool:
    """True where the catalogue has a layer or a column that the database lacks."""
    tables = schema.TABLES.items()
    return any({c.name for c in table.columns} - column_names(connection, name) for name, table in tables)


def _bring_on(store: PostgisStore, version: int) -> None:
    """Add what an older edition lacks, after a backup where its tables change."""
    try:
        if version < schema.SCHEMA_VERSION:
            store.backup(
                backup_folder(store.folder) / f"edition-{version}-{scratch_name().rpartition('-')[2]}.gpkg"
            )
        with store.writing() as connection:
            add_missing(connection)
            migrate.upgrade(connection)
    except StoreError as error:
        if error.code != "workspace_readonly":  # nobody may write here: it is read as it is
            raise


def create_database(address: Address, properties: Mapping[str, str]) -> PostgisStore:
    """
    Make a new workspace in a schema of its own.

    Parameters
    ----------
    address
        Where; the database must exist.
    properties
        Facts about the workspace.

    Returns
    -------
    store
        Its empty tables.

    Raises
    ------
    StoreError
        ``workspace_exists``, ``database_unreachable``, or ``postgis_missing``: the extension is not there and
        this user may not add it.
    """
    if (address.folder / FILE_NAME).exists():
        raise StoreError("workspace_exists", folder=address.folder.name)
    engine = _engine(address)
    with errors(address.folder), engine.begin() as connection:
        _require_postgis(connection, address)
        there = connection.execute(
            sa.text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": address.schema}
        ).scalar()
        if there and column_names(connection, schema.PROPERTY.name):
            raise StoreError("workspace_exists", folder=address.folder.name)
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {address.schema}")
        lock(connection)
        add_missing(connection)
        facts = {**properties, "product": schema.PRODUCT, "schema_version": str(schema.FIRST_VERSION)}
        rows = [{"key": key, "value": value} for key, value in sorted(facts.items())]
        connection.execute(sa.insert(schema.PROPERTY), rows)
        migrate.upgrade(connection)
    engine.dispose()
    return open_database(address)


def _require_postgis(connection: sa.Connection, address: Address) -> None:
    """The extension is there, or can be added."""
    query = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")
    if connection.execute(query).scalar():
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION postgis SCHEMA public")
    except sa.exc.DBAPIError as error:
        raise StoreError("postgis_missing", folder=address.folder.name) from error


def add_missing(connection: sa.Connection) -> None:
    """
    Create what an older edition lacks: layers, columns, spatial indexes.

    Parameters
    ----------
    connection
        Open write transaction.
    """
    for name, table in ((schema.PROPERTY.name, schema.PROPERTY), *schema.TABLES.items()):
        there = column_names(connection, name)
        if not there:
            table.create(connection)
            if schema.GEOMETRY_COLUMN in table.columns:
                shape = schema.GEOMETRY_COLUMN
                connection.exec_driver_sql(f'CREATE INDEX ON "{name}" USING gist ("{shape}")')
            continue
        for column in table.columns:
            if column.name not in there:
                declared = column.type.compile(connection.dialect)
                connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD COLUMN "{column.name}" {declared}')
    marks = {"append_only": schema.APPEND_ONLY_MARK, "unrecorded": schema.UNRECORDED_MARK}
    connection.exec_driver_sql(_GUARD.format(**marks))
    for name in schema.APPEND_ONLY:
        connection.exec_driver_sql(_KEEP.format(table=name))


def _prepare_folder(address: Address) -> None:
    """The folder has its parts and remembers the database."""
    with errors(address.folder):
        for name in SUBFOLDERS:
            (address.folder / name).mkdir(parents=True, exist_ok=True)
        remember(address)


def _engine(address: Address) -> sa.Engine:
    """Maker of connections whose tables are those of the workspace's schema."""
    return sa.create_engine(
        address.url.replace("postgresql://", "postgresql+psycopg://", 1),
        poolclass=sa.pool.NullPool,
        connect_args={
            "options": f"-csearch_path={address.schema},public -ctimezone=UTC",
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": schema.PRODUCT,
        },
    )


@contextmanager
def errors(folder: Path) -> Iterator[None]:
    """
    Turn what the database and the system report into the product's errors.

    Parameters
    ----------
    folder
        Folder of the workspace, for the message: an address may hold a password.

    Yields
    ------
    nothing
        The block runs.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _translated(error, folder) from error
    except PermissionError as error:
        raise StoreError("workspace_readonly", folder=folder.name) from error
    except OSError as error:
        code = DiskFullError if error.errno in FULL_ERRNO else StoreError
        raise code("disk_full" if code is DiskFullError else "workspace_io", folder=folder.name) from error


def _translated(error: sa.exc.DBAPIError, folder: Path) -> PlannerError:
    """The product's error for one of the database."""
    facts = {"folder": folder.name}
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state in _GUARDED:
        return StoreError(_GUARDED[state], **facts)
    if state in _BUSY:
        return BusyError("workspace_busy", **facts)
    if state in _FULL:
        return DiskFullError("disk_full", **facts)
    if state in _READONLY:
        return StoreError("workspace_readonly", **facts)
    if state in _ABSENT:
        return NotFoundError("workspace_missing", **facts)
    if isinstance(error.orig, psycopg.OperationalError):
        return StoreError("database_unreachable", **facts)
    return StoreError("workspace_io", **facts)
