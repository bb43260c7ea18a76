"""
GeoParquet and plain Parquet tables: judged by their footer, then read without nested columns.

References
----------
GeoParquet 1.1, "File metadata": ``primary_column``, ``columns.<name>.encoding``, ``columns.<name>.crs``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.vector import cell_of, crs_of, plain_shapes
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

_NAMES = "names"
"""Column of Overture files whose member ``primary`` is the name."""
_BLANK_CRS = "OGC:CRS84"


def read(path: Path, limits: Limits) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Rows of a Parquet file.

    Parameters
    ----------
    path
        Server-made path.
    limits
        Largest sizes; the footer is held against them before a row is read.

    Returns
    -------
    tables, issues
        One table, and faults found.

    Raises
    ------
    FileError
        The file is damaged (``vector_corrupt``), too large, or empty.
    """
    import pyarrow as pa  # noqa: PLC0415 - a heavy library that only this format needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    try:
        file = pq.ParquetFile(path, memory_map=False)
        _check_footer(file.metadata, limits)
        geo = _geo(file.metadata.metadata or {})
        wanted = _columns(file.schema_arrow)
        content = file.read(columns=wanted, use_threads=False)
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise refusal("vector_corrupt", found="Parquet") from None
    if content.num_rows == 0:
        raise refusal("layer_empty")
    faults: list[Issue] = []
    primary = _primary(content, geo)
    cells = _cells(content, primary)
    epsg, name = (None, None) if primary is None else _crs(geo, primary)
    if primary is not None and epsg is None:
        faults.append(issue("crs_unknown" if name else "crs_missing", Severity.ASK, found=name or ""))
    table = RawTable(
        name="",
        headings=tuple(cells),
        rows=tuple(zip(*cells.values(), strict=True)) if cells else ((),) * content.num_rows,
        row_numbers=tuple(range(1, content.num_rows + 1)),
        shapes=None if primary is None else plain_shapes(content[primary].to_pylist()),
        epsg=epsg,
        is_crs_declared=primary is not None and epsg is not None,
        crs_name=name,
    )
    return (table,), tuple(faults)


def _check_footer(metadata: Any, limits: Limits) -> None:  # noqa: ANN401 - of a library loaded late
    if metadata.num_rows > limits.rows or metadata.num_columns > limits.columns:
        raise refusal(
            "table_too_large", n_rows=metadata.num_rows, n_columns=metadata.num_columns, limit=limits.rows
        )
    inflated = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if inflated > limits.inflated_bytes:
        raise refusal("file_too_large", n_bytes=inflated, limit=limits.inflated_bytes)


def _geo(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    text = metadata.get(b"geo")
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise refusal("vector_corrupt", found="GeoParquet") from None
    return found if isinstance(found, dict) else {}


def _columns(schema: Any) -> list[str]:  # noqa: ANN401 - of a library loaded late
    """Columns with plain values; of nested ones only the primary name."""
    import pyarrow as pa  # noqa: PLC0415

    plain = [field.name for field in schema if not pa.types.is_nested(field.type)]
    if _NAMES in schema.names and pa.types.is_struct(schema.field(_NAMES).type):
        plain.append(f"{_NAMES}.primary")
    return plain


def _primary(content: Any, geo: dict[str, Any]) -> str | None:  # noqa: ANN401 - of a library loaded late
    named = geo.get("primary_column")
    if isinstance(named, str) and named in content.column_names:
        columns = geo.get("columns")
        entry = columns.get(named, {}) if isinstance(columns, dict) else {}
        if str(entry.get("encoding", "WKB")).upper() != "WKB":
            raise refusal("geom_type_unsupported", found="GeoArrow")
        return named
    loose = [name for name in ("geometry", "geom") if name in content.column_names]
    return next((name for name in loose if "binary" in str(content.schema.field(name).type)), None)


def _crs(geo: dict[str, Any], primary: str) -> tuple[int | None, str | None]:
    columns = geo.get("columns")
    entry = columns.get(primary, {}) if isinstance(columns, dict) else {}
    if not geo:
        return None, None
    if "crs" not in entry:
        return 4326, _BLANK_CRS
    crs = entry["crs"]
    if not isinstance(crs, dict):
        return None, None
    identity = crs.get("id")
    known = identity if isinstance(identity, dict) else {}
    if str(known.get("authority")) == "OGC" and str(known.get("code")) == "CRS84":
        return 4326, _BLANK_CRS
    if str(known.get("authority")) == "EPSG" and str(known.get("code")).isdigit():
        return crs_of(f"EPSG:{known['code']}")
    return None, tidy(str(crs.get("name", "–")))[:80]


def _cells(content: Any, primary: str | None) -> dict[str, list[Cell]]:  # noqa: ANN401 - as above
    found: dict[str, list[Cell]] = {}
    for name in content.column_names:
        if name == primary:
            continue
        values = content[name].to_pylist()
        if name == _NAMES:
            values = [None if one is None else one.get("primary") for one in values]
            name = "name" if "name" not in content.column_names else _NAMES  # noqa: PLW2901 - its own name here
        found[tidy(str(name)) or "–"] = [cell_of(value) for value in values]
    return found
