"""Map files that only GDAL knows: one driver, one server-made path, its warnings taken as faults."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely

from geo.crs import from_wkt, parse_epsg
from geo.errors import CrsError
from layers.exchange.driver import VECTOR
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

_PLACE = re.compile(r"(?:/[\w.\-]+)+/?")
_MOST_TEXT = 2000


def read(
    path: Path,
    found: str,
    limits: Limits,
    *,
    options: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    All layers of a map file.

    Parameters
    ----------
    path
        Server-made path.
    found
        Format, a key of ``driver.VECTOR``.
    limits
        Largest numbers of rows and columns.
    options
        Open options of the driver.

    Returns
    -------
    tables, issues
        Layers with rows, and faults found.

    Raises
    ------
    FileError
        The file is damaged (``vector_corrupt``), too large, or holds no row (``layer_empty``).
    """
    faults: list[Issue] = []
    tables = []
    for name in layer_names(path, found):
        table = read_layer(path, found, name, limits, faults, options=options)
        if table is not None:
            tables.append(table)
    if not tables:
        raise refusal("layer_empty")
    return tuple(tables), tuple(faults)


def layer_names(path: Path, found: str) -> tuple[str, ...]:
    """
    Layers of a map file.

    Parameters
    ----------
    path, found
        As for :func:`read`.

    Returns
    -------
    names
        As the file spells them.

    Raises
    ------
    FileError
        The file is damaged.
    """
    with _opened(found) as pyogrio:
        return tuple(str(name) for name, _ in pyogrio.list_layers(str(path)))


def read_layer(
    path: Path,
    found: str,
    name: str,
    limits: Limits,
    faults: list[Issue],
    *,
    columns: Sequence[str] | None = None,
    where: str | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
) -> RawTable | None:
    """
    One layer of a map file.

    Parameters
    ----------
    path, found, limits, options
        As for :func:`read`.
    name
        Its name.
    faults
        Faults are added here.
    columns
        Columns wanted, all unless given.
    where
        Condition in OGR SQL, written by us; all rows unless given.

    Returns
    -------
    table
        None where the layer is empty.

    Raises
    ------
    FileError
        The file is damaged or too large.
    """
    with _opened(found) as pyogrio:
        meta, _, wkb, cells = pyogrio.raw.read(
            str(path), layer=name, columns=columns, where=where, max_features=limits.rows + 1, **options
        )
    n_rows = len(wkb) if wkb is not None else len(cells[0]) if len(cells) else 0
    if n_rows > limits.rows or len(cells) > limits.columns:
        raise refusal("table_too_large", n_rows=n_rows, n_columns=len(cells), limit=limits.rows)
    if n_rows == 0:
        return None
    epsg, crs_name = (None, None) if wkb is None else crs_of(meta["crs"])
    if wkb is not None and epsg is None:
        faults.append(issue("crs_unknown" if crs_name else "crs_missing", Severity.ASK, found=crs_name or ""))
    values = [[cell_of(value) for value in column.tolist()] for column in cells]
    return RawTable(
        name=re.sub(r"[^\w .-]", "_", tidy(name))[:63],
        headings=tuple(tidy(str(one)) for one in meta["fields"]),
        rows=tuple(zip(*values, strict=True)) if values else ((),) * n_rows,
        row_numbers=tuple(range(1, n_rows + 1)),
        shapes=None if wkb is None else plain_shapes(wkb),
        epsg=epsg,
        is_crs_declared=bool(wkb is not None and meta["crs"]),
        crs_name=crs_name,
    )


def plain_shapes(wkb: Sequence[bytes | None]) -> tuple[bytes | None, ...]:
    """
    Shapes as plain well-known binary.

    Parameters
    ----------
    wkb
        As the library gives them.

    Returns
    -------
    shapes
        None for absent and empty ones.

    Raises
    ------
    FileError
        A shape is curved or a solid (``geom_type_unsupported``).
    """
    try:
        shapes = shapely.from_wkb(np.asarray(wkb, dtype=object))
    except shapely.errors.ShapelyError:
        raise refusal("geom_type_unsupported", found="curved") from None
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    plain = shapely.to_wkb(shapes)
    return tuple(None if gone else bytes(one) for gone, one in zip(empty.tolist(), plain, strict=True))


def crs_of(text: str | None) -> tuple[int | None, str | None]:
    """
    Reference system that the library found in a file.

    Parameters
    ----------
    text
        ``EPSG:4326``, well-known text, or None.

    Returns
    -------
    epsg, name
        Code, or None where the file names none or an unknown one; its name.
    """
    if not text:
        return None, None
    code = re.fullmatch(r"EPSG:(\d+)", text)
    if code is None:
        epsg, name = from_wkt(text)
        return epsg, name or "–"
    try:
        return parse_epsg(int(code.group(1))), text
    except CrsError:
        return None, text


def cell_of(value: object) -> Cell:
    """
    Plain cell.

    Parameters
    ----------
    value
        Value as the library gives it.

    Returns
    -------
    cell
        Texts in NFC, days, numbers; lists and bytes as text; None for what is no value.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return tidy(value)[:_MOST_TEXT] or None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.datetime):
        return value.date()
    if value is None or isinstance(value, bool | int | dt.date):
        return value
    if isinstance(value, bytes):
        return None
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value, ensure_ascii=False, default=str)[:_MOST_TEXT]


@contextmanager
def warnings_as_faults(module: str) -> Iterator[None]:
    """
    Take what the format library warns of as a fault of the file.

    Parameters
    ----------
    module
        Part of the path of the library whose warnings count.

    Raises
    ------
    FileError
        ``library_warning``, with the first warning.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for item in caught:
        if module in item.filename and not issubclass(item.category, DeprecationWarning):
            raise refusal("library_warning", detail=without_places(str(item.message)))


def without_places(text: str) -> str:
    """
    Message of a library without the places on this computer that it names.

    Parameters
    ----------
    text
        The message.

    Returns
    -------
    text
        At most 160 characters.
    """
    return tidy(_PLACE.sub("…", text))[:160]


@contextmanager
def _opened(found: str) -> Iterator[Any]:
    import pyogrio  # noqa: PLC0415 - loaded once its drivers are narrowed

    if VECTOR[found] not in pyogrio.list_drivers():
        raise refusal("format_not_allowed", found=found.upper(), name=found.upper())
    try:
        with warnings_as_faults("pyogrio"):
            yield pyogrio
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError):
        raise refusal("vector_corrupt", found=VECTOR[found]) from None
    except (UnicodeDecodeError, LookupError):
        raise refusal("encoding_invalid", encoding="UTF-8") from None
