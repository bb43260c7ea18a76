"""
What a workspace file contains: its tables, their registration as GeoPackage, and the triggers that are ours.

References
----------
OGC 12-128r19 (GeoPackage 1.4), clauses 1.1.2, 2.1 and 2.4; Annex F.3 for the spatial index; the table
``gpkg_ogr_contents`` as GDAL keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from string import Template
from types import MappingProxyType
from typing import Any

import pyproj
import sqlalchemy as sa
from sqlalchemy.types import TypeEngine, UserDefinedType

from geo.errors import SchemaError
from layers.catalogue import BY_NAME, CATALOGUE
from layers.spec import Geometry, Kind, LayerSpec
from layers.store.geometry import COLUMN_TYPES, SRS_ID

PRODUCT = "hatangso"
SCHEMA_VERSION = 2
"""Edition of the tables, as the last revision of ``layers/store/migrations`` leaves it."""
FIRST_VERSION = 1
"""Edition with which a new workspace begins; the revisions bring it on."""
APPLICATION_ID = 0x47504B47
USER_VERSION = 10400
GEOMETRY_COLUMN = "geom"
RESERVED_PROPERTIES = ("product", "schema_version")
APPEND_ONLY = ("audit", "evaluation")
"""Layers whose rows are added and never changed nor removed, whoever writes."""
APPEND_ONLY_MARK, UNRECORDED_MARK = "hatangso_append_only", "hatangso_unrecorded"
"""What a refusal by one of our triggers says."""
GEOGRAPHIC_EPSG = (4326,)
PROJECTED_EPSG = (9209, 9210)


class Geom(UserDefinedType[bytes]):
    """
    Column of shapes in GeoPackage binary form; whole tables are turned at once in ``layers.store.geometry``.

    Parameters
    ----------
    declared
        Type written into the schema, by which GDAL and QGIS know the column.
    """

    cache_ok = True

    def __init__(self, declared: str) -> None:
        self.declared = declared

    def get_col_spec(self, **_kwargs: object) -> str:
        """Type name in the schema."""
        return self.declared


class PostgisGeom(UserDefinedType[bytes]):
    """
    Column of shapes in PostGIS; on their way they are plain well-known binary.

    Parameters
    ----------
    declared
        Kind of shape that the column holds.
    """

    cache_ok = True

    def __init__(self, declared: str) -> None:
        self.declared = declared

    def get_col_spec(self, **_kwargs: object) -> str:
        """Type name in the schema."""
        return f"geometry({self.declared}, {SRS_ID})"

    def bind_expression(self, bindvalue: sa.BindParameter[bytes]) -> sa.ColumnElement[bytes]:
        """From well-known binary."""
        return sa.func.ST_GeomFromWKB(sa.cast(bindvalue, sa.LargeBinary), SRS_ID)

    def column_expression(self, column: sa.ColumnElement[bytes]) -> sa.ColumnElement[bytes]:
        """To well-known binary, little-endian."""
        return sa.func.ST_AsBinary(column, "NDR", type_=sa.LargeBinary)


class IsoDay(UserDefinedType[str]):
    """A day: ISO 8601 text for us, DATE for GDAL and QGIS."""

    cache_ok = True

    def get_col_spec(self, **_kwargs: object) -> str:
        """Type name in the schema."""
        return "DATE"


class PostgresDay(IsoDay):
    """A day that the database hands out as a day."""

    cache_ok = True

    def result_processor(self, _dialect: object, _coltype: object) -> Callable[[date | None], str | None]:
        """To ISO 8601 text."""
        return lambda day: None if day is None else day.isoformat()


_TYPES: Mapping[Kind, TypeEngine[Any]] = MappingProxyType(
    {
        Kind.TEXT: sa.TEXT(),
        Kind.LIST: sa.TEXT(),
        Kind.INTEGER: sa.INTEGER().with_variant(sa.BIGINT(), "postgresql"),
        Kind.REAL: sa.REAL().with_variant(sa.DOUBLE_PRECISION(), "postgresql"),
        Kind.BOOLEAN: sa.BOOLEAN(),
        Kind.DATE: IsoDay().with_variant(PostgresDay(), "postgresql"),
    }
)
METADATA = sa.MetaData()


def _shape_type(declared: str) -> TypeEngine[bytes]:
    """Type of a column of shapes in either store."""
    return Geom(declared).with_variant(PostgisGeom(declared), "postgresql")


def _table(spec: LayerSpec) -> sa.Table:
    """Table of a layer: ``fid``, the shape where there is one, then the layer's columns."""
    shape = (
        []
        if spec.geometry is Geometry.NONE
        else [sa.Column(GEOMETRY_COLUMN, _shape_type(COLUMN_TYPES[spec.geometry]))]
    )
    own = [
        sa.Column(
            column.name, _TYPES[column.kind], nullable=column.name != "id", unique=column.name == "id" or None
        )
        for column in spec.columns
    ]
    key: sa.Column[int] = sa.Column("fid", sa.INTEGER(), primary_key=True)
    return sa.Table(spec.name, METADATA, key, *shape, *own, sqlite_autoincrement=True)


TABLES: Mapping[str, sa.Table] = MappingProxyType({spec.name: _table(spec) for spec in CATALOGUE})
PROPERTY = sa.Table(
    "hatangso_property",
    METADATA,
    sa.Column("fid", sa.INTEGER(), primary_key=True),
    sa.Column("key", sa.TEXT(), nullable=False, unique=True),
    sa.Column("value", sa.TEXT(), nullable=False),
    sqlite_autoincrement=True,
)

# The tables that every GeoPackage has; the standard's own definitions.
_SYSTEM = (
    """CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
    description TEXT)""",
    """CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,
    identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
    definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
    """CREATE TABLE gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY,
    feature_count INTEGER DEFAULT NULL)""",
)
# Names of a table's triggers and what they do. $t table, $c its shape, $i its key, $r its spatial index;
# $box the envelope of the new shape; $full, $void: the new shape is there or not; $was, $lacked: the old one.
_INDEX = 'CREATE VIRTUAL TABLE "$r" USING rtree(id, minx, maxx, miny, maxy)'
_FILL = (
    'INSERT INTO "$r" SELECT "$i", ST_MinX("$c"), ST_MaxX("$c"), ST_MinY("$c"), ST_MaxY("$c") '
    'FROM "$t" WHERE "$c" NOT NULL AND NOT ST_IsEmpty("$c")'
)
_PREDICATES = {
    "box": 'ST_MinX(NEW."$c"), ST_MaxX(NEW."$c"), ST_MinY(NEW."$c"), ST_MaxY(NEW."$c")',
    "full": '(NEW."$c" NOT NULL AND NOT ST_IsEmpty(NEW."$c"))',
    "void": '(NEW."$c" ISNULL OR ST_IsEmpty(NEW."$c"))',
    "was": '(OLD."$c" NOT NULL AND NOT ST_IsEmpty(OLD."$c"))',
    "lacked": '(OLD."$c" ISNULL OR ST_IsEmpty(OLD."$c"))',
}
_COUNT_TRIGGERS = {
    "trigger_insert_feature_count_$t": """AFTER INSERT ON "$t" BEGIN
    UPDATE gpkg_ogr_contents SET feature_count = feature_count + 1
    WHERE lower(table_name) = lower('$t'); END""",
    "trigger_delete_feature_count_$t": """AFTER DELETE ON "$t" BEGIN
    UPDATE gpkg_ogr_contents SET feature_count = feature_count - 1
    WHERE lower(table_name) = lower('$t'); END""",
}
_INDEX_TRIGGERS = {
    "${r}_insert": """AFTER INSERT ON "$t" WHEN $full BEGIN
    INSERT OR REPLACE INTO "$r" VALUES (NEW."$i", $box); END""",
    "${r}_update6": """AFTER UPDATE OF "$c" ON "$t" WHEN OLD."$i" = NEW."$i" AND $full AND $was BEGIN
    UPDATE "$r" SET minx = ST_MinX(NEW."$c"), maxx = ST_MaxX(NEW."$c"), miny = ST_MinY(NEW."$c"),
    maxy = ST_MaxY(NEW."$c") WHERE id = NEW."$i"; END""",
    "${r}_update7": """AFTER UPDATE OF "$c" ON "$t" WHEN OLD."$i" = NEW."$i" AND $full AND $lacked BEGIN
    INSERT INTO "$r" VALUES (NEW."$i", $box); END""",
    "${r}_update2": """AFTER UPDATE OF "$c" ON "$t" WHEN OLD."$i" = NEW."$i" AND $void BEGIN
    DELETE FROM "$r" WHERE id = OLD."$i"; END""",
    "${r}_update5": """AFTER UPDATE ON "$t" WHEN OLD."$i" != NEW."$i" AND $full BEGIN
    DELETE FROM "$r" WHERE id = OLD."$i"; INSERT OR REPLACE INTO "$r" VALUES (NEW."$i", $box); END""",
    "${r}_update4": """AFTER UPDATE ON "$t" WHEN OLD."$i" != NEW."$i" AND $void BEGIN
    DELETE FROM "$r" WHERE id IN (OLD."$i", NEW."$i"); END""",
    "${r}_delete": """AFTER DELETE ON "$t" WHEN OLD."$c" NOT NULL BEGIN
    DELETE FROM "$r" WHERE id = OLD."$i"; END""",
}
# What must hold for every program that writes: kept rows stay; no state of a proposal without its record.
_KEEPING = {
    f"hatangso_{table}_{event.lower()}": f"""BEFORE {event} ON "{table}" BEGIN
    SELECT RAISE(ABORT, '{APPEND_ONLY_MARK}'); END"""
    for table in APPEND_ONLY
    for event in ("UPDATE", "DELETE")
}
_RECORDED = (
    "NOT EXISTS (SELECT 1 FROM audit WHERE proposal_id = NEW.id AND proposal_version = NEW.version "
    "AND state_to = NEW.state)"
)
_RECORDING = {
    "hatangso_proposal_insert": f"""BEFORE INSERT ON proposal WHEN NEW.state IS NOT NULL AND {_RECORDED} BEGIN
    SELECT RAISE(ABORT, '{UNRECORDED_MARK}'); END""",
    "hatangso_proposal_update": f"""BEFORE UPDATE ON proposal
    WHEN (NEW.state IS NOT OLD.state OR NEW.version IS NOT OLD.version) AND {_RECORDED} BEGIN
    SELECT RAISE(ABORT, '{UNRECORDED_MARK}'); END""",
}
_GUARDS = {name: f'CREATE TRIGGER "{name}" {body}' for name, body in (_KEEPING | _RECORDING).items()}
_PLAIN_NAME = re.compile(r"\w[\w .-]*")
# Guards that GDAL adds to tables we never write (tiles, notes about the data): they can only refuse.
_FOREIGN_GUARD = re.compile(
    r"CREATE TRIGGER ['\"]?gpkg_\w+['\"]? BEFORE (INSERT|UPDATE)\b[^;]* BEGIN "
    r"SELECT RAISE ?\((ABORT|ROLLBACK), ?'[^;]*'\) WHERE [^;]*; ?END",
    re.IGNORECASE | re.DOTALL,
)
_FOREIGN_GUARDED = ("gpkg_tile_matrix", "gpkg_metadata", "gpkg_metadata_reference")


def create(connection: sa.Connection, properties: Mapping[str, str]) -> None:
    """
    Fill an empty file: the GeoPackage tables, every layer, the properties.

    Parameters
    ----------
    connection
        Open transaction on the empty file.
    properties
        Facts about the workspace.
    """
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")
    for statement in _SYSTEM:
        connection.exec_driver_sql(statement)
    for row in _reference_systems():
        connection.exec_driver_sql("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", row)
    add_missing(connection)
    facts = {**properties, "product": PRODUCT, "schema_version": str(FIRST_VERSION)}
    rows = [{"key": key, "value": value} for key, value in sorted(facts.items())]
    connection.execute(PROPERTY.insert(), rows)


def _reference_systems() -> list[tuple[str, int, str, int, str, str]]:
    """Rows of gpkg_spatial_ref_sys: the three required ones, then the zones used around Hải Phòng."""
    known = [
        (
            "Undefined Cartesian SRS",
            -1,
            "NONE",
            -1,
            "undefined",
            "undefined Cartesian coordinate reference system",
        ),
        (
            "Undefined geographic SRS",
            0,
            "NONE",
            0,
            "undefined",
            "undefined geographic coordinate reference system",
        ),
    ]
    for epsg in (*GEOGRAPHIC_EPSG, *PROJECTED_EPSG):
        crs = pyproj.CRS.from_epsg(epsg)
        known.append((crs.name, epsg, "EPSG", epsg, crs.to_wkt("WKT1_GDAL"), crs.name))
    return known


def add_missing(connection: sa.Connection) -> None:
    """
    Create what an older file lacks: layers, columns, registration, spatial index, triggers.

    Parameters
    ----------
    connection
        Open write transaction.
    """
    names = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    for name, table in ((PROPERTY.name, PROPERTY), *TABLES.items()):
        if name not in names:
            table.create(connection)
            _register(connection, name)
        else:
            _add_columns(connection, table)
        for trigger, statement in _triggers(name, _shape_of(name), "fid").items():
            if trigger not in names:
                connection.exec_driver_sql(statement)
    for trigger, statement in _GUARDS.items():
        if trigger not in names:
            connection.exec_driver_sql(statement)


def _shape_of(name: str) -> str | None:
    """Geometry column of one of our tables, or None."""
    spec = BY_NAME.get(name)
    return None if spec is None or spec.geometry is Geometry.NONE else GEOMETRY_COLUMN


def _register(connection: sa.Connection, name: str) -> None:
    """Make a new table known to readers of GeoPackage, with its spatial index."""
    shape = _shape_of(name)
    connection.exec_driver_sql(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)",
        (name, "attributes" if shape is None else "features", name, 0 if shape is None else SRS_ID),
    )
    connection.exec_driver_sql("INSERT INTO gpkg_ogr_contents VALUES (?, 0)", (name,))
    if shape is None:
        return
    connection.exec_driver_sql(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)",
        (name, shape, COLUMN_TYPES[BY_NAME[name].geometry], SRS_ID),
    )
    connection.exec_driver_sql(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', "
        "'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
        (name, shape),
    )
    connection.exec_driver_sql(Template(_INDEX).substitute(r=_index_name(name, shape)))


def _add_columns(connection: sa.Connection, table: sa.Table) -> None:
    """Add the columns that an older edition of the table lacks."""
    there = column_names(connection, table.name)
    for column in table.columns:
        if column.name not in there:
            declared = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN "{column.name}" {declared}')


def column_names(connection: sa.Connection, table: str) -> frozenset[str]:
    """
    Columns that a table has in the file.

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
    return frozenset(
        row[0] for row in connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (table,))
    )


def _triggers(table: str, shape: str | None, key: str) -> dict[str, str]:
    """Standard triggers of a table: name to statement."""
    names = {"t": table, "i": key}
    parts = _COUNT_TRIGGERS
    if shape is not None:
        parts = parts | _INDEX_TRIGGERS
        names |= {"c": shape, "r": _index_name(table, shape)}
        names |= {name: Template(text).substitute(c=shape) for name, text in _PREDICATES.items()}
    return {
        (
            name := Template(title).substitute(names)
        ): f'CREATE TRIGGER "{name}" {Template(body).substitute(names)}'
        for title, body in parts.items()
    }


@contextmanager
def indexed_at_end(connection: sa.Connection, layer: str) -> Iterator[None]:
    """
    Write a layer without its triggers; its spatial index is made anew at the end, its triggers come back.

    Parameters
    ----------
    connection
        Open write transaction; what describes the layer is to be brought up to date afterwards.
    layer
        Layer that is written.

    Yields
    ------
    nothing
        The block writes.
    """
    shape = _shape_of(layer)
    triggers = _triggers(layer, shape, "fid")
    for name in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{name}"')
    yield
    if shape is not None:
        index = _index_name(layer, shape)
        connection.exec_driver_sql(f'DROP TABLE "{index}"')
        connection.exec_driver_sql(Template(_INDEX).substitute(r=index))
        connection.exec_driver_sql(Template(_FILL).substitute(r=index, t=layer, c=shape, i="fid"))
    for statement in triggers.values():
        connection.exec_driver_sql(statement)


def _index_name(table: str, shape: str) -> str:
    """Name of a table's spatial index."""
    return f"rtree_{table}_{shape}"


def require_passive(connection: sa.Connection) -> None:
    """
    Refuse a file that would do something by itself: views, unknown triggers, unknown virtual tables.

    Parameters
    ----------
    connection
        Open transaction.

    Raises
    ------
    SchemaError
        ``workspace_active_content``, with the names found.
    """
    allowed = {_plain(text) for text in _standard_statements(connection)}
    rows = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') "
        "OR (type = 'table' AND sql LIKE 'CREATE VIRTUAL%')"
    )
    found = [
        name
        for name, table, sql in rows
        if _plain(sql) not in allowed and not (table in _FOREIGN_GUARDED and _FOREIGN_GUARD.fullmatch(sql))
    ]
    if found:
        raise SchemaError("workspace_active_content", names=", ".join(sorted(found)), n=len(found))


def _standard_statements(connection: sa.Connection) -> list[str]:
    """Triggers and spatial indexes that the standard gives the tables registered in this file."""
    rows = connection.exec_driver_sql(
        "SELECT c.table_name, g.column_name, (SELECT name FROM pragma_table_info(c.table_name) WHERE pk = 1) "
        "FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name"
    )
    statements: list[str] = [*_GUARDS.values()]
    for table, shape, key in rows:
        if all(_PLAIN_NAME.fullmatch(name) for name in (table, shape or "none", key or "")):
            statements += _triggers(table, shape, key).values()
            if shape is not None:
                statements.append(Template(_INDEX).substitute(r=_index_name(table, shape)))
    return statements


def _plain(sql: str) -> str:
    """A statement without blanks and quotes, in lower case: programs differ in these only."""
    return re.sub(r"[\s\"'`\[\]]+", "", sql).lower()


def describe_change(connection: sa.Connection, layer: str) -> None:
    """
    Keep what the file says about a layer right: number of rows, extent, time of the last change.

    Parameters
    ----------
    connection
        Open write transaction.
    layer
        Layer that was written.
    """
    count = connection.execute(sa.select(sa.func.count()).select_from(TABLES[layer])).scalar_one()
    connection.exec_driver_sql(
        "UPDATE gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?", (count, layer)
    )
    extent: tuple[float | None, ...] = (None,) * 4
    if _shape_of(layer) is not None:
        index = index_of(layer)
        found = sa.select(
            sa.func.min(index.c.minx),
            sa.func.min(index.c.miny),
            sa.func.max(index.c.maxx),
            sa.func.max(index.c.maxy),
        )
        extent = tuple(connection.execute(found).one())
    connection.exec_driver_sql(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?, "
        "last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE table_name = ?",
        (*extent, layer),
    )


def index_of(layer: str) -> sa.TableClause:
    """
    Spatial index of a layer.

    Parameters
    ----------
    layer
        Name of a layer with shapes.

    Returns
    -------
    index
        Table of id, minx, maxx, miny, maxy [degrees], rounded outwards to 32 bits.
    """
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("id", "minx", "maxx", "miny", "maxy")]
    return sa.table(_index_name(layer, GEOMETRY_COLUMN), *columns)
