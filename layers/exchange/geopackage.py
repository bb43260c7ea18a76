"""GeoPackage read as plain SQLite, read-only: no view, trigger or function of the file ever runs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import shapely

from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

_STANDARD_TRIGGER = re.compile(r"(?:gpkg_|rtree_|trigger_(?:insert|delete)_feature_count_|fgti_|fgtu_|fgtd_)")
_STANDARD_VIEW = ("st_spatial_ref_sys", "spatial_ref_sys", "st_geometry_columns", "geometry_columns")
_STANDARD_STEP = re.compile(
    r"""(?:SELECT\s+RAISE\s*\(
    |(?:INSERT\s+(?:OR\s+REPLACE\s+)?INTO|DELETE\s+FROM|UPDATE(?:\s+OR\s+REPLACE)?)\s+["'`]?rtree_
    |UPDATE\s+["'`]?gpkg_ogr_contents["'`]?\s+SET\s+feature_count\b
    |UPDATE\s+["'`]?gpkg_contents["'`]?\s+SET\s+last_change\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_BEGIN = re.compile(r"\bBEGIN\b", re.IGNORECASE)
_TEXT = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_CALLED = re.compile(r"(\w+)\s*\(")
_HARMLESS_CALLS = (
    "raise",
    "values",
    "lower",
    "strftime",
    "in",
    "not",
    "and",
    "or",
    "where",
    "when",
    "exists",
)
_CALL = re.compile(r"\w\s*\(")
_READ_FROM = re.compile(r"\b(?:from|join)\s+(\S+)", re.IGNORECASE)
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_SIMPLE_TYPES = range(1, 8)
STYLES = "layer_styles"
"""Table in which QGIS keeps how layers are drawn: no data."""


def read(path: Path, limits: Limits) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Feature and attribute tables of a GeoPackage.

    Parameters
    ----------
    path
        Server-made path.
    limits
        Largest number of rows.

    Returns
    -------
    tables, issues
        Tables with content, and faults found.

    Raises
    ------
    FileError
        The file is damaged (``gpkg_corrupt``), holds active content (``gpkg_active_content``), a shape
        that is not simple (``geom_type_unsupported``), or no table (``layer_empty``).
    """
    faults: list[Issue] = []
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema=0")
            connection.execute("PRAGMA query_only=1")
            _check_harmless(connection)
            tables = tuple(_tables(connection, limits, faults))
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError):
        raise refusal("gpkg_corrupt", detail="gpkg_unreadable") from None
    if not any(table.rows for table in tables):
        raise refusal("layer_empty")
    return tuple(table for table in tables if table.rows), tuple(faults)


def _check_harmless(connection: sqlite3.Connection) -> None:
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind == "trigger" and not (_STANDARD_TRIGGER.match(name) and _is_standard(str(sql))):
            raise refusal("gpkg_active_content", name=tidy(name)[:60])
        if kind == "view" and not (name in _STANDARD_VIEW and _is_plain(str(sql))):
            raise refusal("gpkg_active_content", name=tidy(name)[:60])


def _is_plain(sql: str) -> bool:
    """Views of the oldest GeoPackage templates rename columns of its own registers and call no function."""
    sources = _READ_FROM.findall(sql)
    return bool(sources) and not _CALL.search(sql) and all(one.lower().startswith("gpkg_") for one in sources)


def _is_standard(sql: str) -> bool:
    """
    Tell by its whole text a trigger of the standard: it keeps an index or a count, or raises, and no more.

    References
    ----------
    OGC 12-128r19 (GeoPackage 1.4), Annex D and F.3; ``gpkg_ogr_contents`` as GDAL keeps it.
    """
    parts = _BEGIN.split(sql, maxsplit=1)
    head, body = parts[0], parts[-1]
    inner = re.sub(r"\s*END\s*;?\s*$", "", body, flags=re.IGNORECASE)
    steps = [step.strip() for step in inner.split(";") if step.strip()]
    calls = {one.lower() for one in _CALLED.findall(_TEXT.sub("''", f"{head} {inner}"))}
    is_known = all(one in _HARMLESS_CALLS or one.startswith("st_") for one in calls)
    return bool(len(parts) == 2 and steps and is_known) and all(_STANDARD_STEP.match(step) for step in steps)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _tables(connection: sqlite3.Connection, limits: Limits, faults: list[Issue]) -> Iterator[RawTable]:
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    contents = connection.execute("SELECT table_name, data_type, srs_id FROM gpkg_contents").fetchall()
    shapes_of = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    for name, kind, srs_id in contents:
        if name not in known or kind not in ("features", "attributes") or name == STYLES:
            continue
        (n_rows,) = connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()  # noqa: S608 - quoted
        if n_rows > limits.rows:
            raise refusal("table_too_large", n_rows=n_rows, n_columns=0, limit=limits.rows)
        if n_rows:
            yield _table(connection, name, shapes_of.get(name), srs_id, faults)


def _table(
    connection: sqlite3.Connection, name: str, shape_column: str | None, srs_id: int, faults: list[Issue]
) -> RawTable:
    info = connection.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    key = [column for _, column, declared, _, _, is_key in info if is_key and "INT" in declared.upper()]
    columns = [(column, declared) for _, column, declared, *_ in info if column not in (shape_column, *key)]
    if tidy(name) != name or not re.fullmatch(r"[\w .-]+", name):
        faults.append(
            issue("name_sanitised", Severity.INFO, column=re.sub(r"[^\w .-]", "_", tidy(name))[:63])
        )
    wanted = ", ".join(
        _quoted(column) for column in [*(one for one, _ in columns), *filter(None, [shape_column])]
    )
    records = connection.execute(f"SELECT {wanted or '1'} FROM {_quoted(name)}").fetchall()  # noqa: S608 - quoted
    epsg, is_declared, crs_name = _crs(connection, srs_id) if shape_column else (None, False, None)
    shapes = None
    if shape_column:
        shapes = tuple(_shape(record[-1], number) for number, record in enumerate(records, start=1))
        if epsg is None:
            faults.append(
                issue("crs_unknown" if crs_name else "crs_missing", Severity.ASK, found=crs_name or "")
            )
    return RawTable(
        name=re.sub(r"[^\w .-]", "_", tidy(name))[:63],
        headings=tuple(tidy(column) for column, _ in columns),
        rows=tuple(
            tuple(_cell(value, declared) for value, (_, declared) in zip(record, columns, strict=False))
            for record in records
        ),
        row_numbers=tuple(range(1, len(records) + 1)),
        shapes=shapes,
        epsg=epsg,
        is_crs_declared=is_declared,
        crs_name=crs_name,
    )


def _crs(connection: sqlite3.Connection, srs_id: int) -> tuple[int | None, bool, str | None]:
    found = connection.execute(
        "SELECT organization, organization_coordsys_id, srs_name FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if found is None or srs_id in (-1, 0):
        return None, False, None
    organisation, code, name = found
    if str(organisation).upper() == "EPSG" and isinstance(code, int) and code > 0:
        return code, True, tidy(str(name))
    return None, True, tidy(str(name))[:80]


def _shape(blob: object, number: int) -> bytes | None:
    if blob is None:
        return None
    if not isinstance(blob, bytes) or len(blob) < 13 or blob[:2] != b"GP":
        raise refusal("gpkg_corrupt", row=number, detail="gpkg_shape")
    envelope = (blob[3] >> 1) & 0b111
    if envelope > 4:
        raise refusal("gpkg_corrupt", row=number, detail="gpkg_shape")
    wkb = blob[8 + _ENVELOPE_BYTES[envelope] :]
    kind = int.from_bytes(wkb[1:5], "little" if wkb[:1] == b"\x01" else "big") & 0x0FFFFFFF
    if kind % 1000 not in _SIMPLE_TYPES:
        raise refusal("geom_type_unsupported", row=number, found="curved")
    try:
        shape = shapely.from_wkb(wkb)
    except shapely.errors.ShapelyError:
        raise refusal("gpkg_corrupt", row=number, detail="gpkg_shape") from None
    return None if shape is None or shape.is_empty else bytes(shapely.to_wkb(shape))


def _cell(value: object, declared: str) -> Cell:
    if isinstance(value, str):
        return tidy(value) or None
    if declared.upper().startswith("BOOL") and value in (0, 1):
        return bool(value)
    return value if isinstance(value, int | float) else None
