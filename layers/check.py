"""
Judge a table against its layer: every fault is collected as a value, none is raised.

======================== ======== ====================================================================
Code                     Severity Meaning
======================== ======== ====================================================================
table_empty              warning  there is no row
column_missing           ask      a required column is not there at all
value_missing            error    a required value is empty
value_type               error    the value is not of the column's type
value_not_finite         error    the number is infinite
value_range              error    the number is outside the column's range
value_vocabulary         error    the value is none of those allowed
operator_unknown         ask      no operator of that name is known
id_duplicate             error    rows share an id
id_similar               error    ids differ only in capitals, blanks or the way of writing accents
name_duplicate           info     rows share a name
geometry_none            ask      no row has a shape although the layer needs one
geometry_missing         error    a row has no shape although the layer needs one
geometry_some_missing    info     some rows have no shape, which the layer allows
geometry_unused          warning  the layer keeps no shapes; those given are left out
geometry_type            error    the shape is of the wrong kind
geometry_mixed           error    points, lines and areas stand in one table
geometry_self_crossing   error    the outline crosses itself
geometry_invalid         error    the shape is broken in another way
position_not_finite      error    a coordinate is not a number
position_metres          error    the coordinates are metres, not degrees
position_swapped         error    longitude and latitude are exchanged
position_impossible      error    the coordinates are no place on Earth
position_zero            ask      the position is 0, 0
position_outside_vietnam ask      the place lies outside Vietnam
======================== ======== ====================================================================
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.issue import Issue, Severity, reason_code
from layers.spec import ALL_OPERATORS, Column, Geometry, Kind, LayerSpec

STORAGE_EPSG = 4326
VIETNAM_DEG = (102.0, 6.0, 118.0, 24.0)
"""West, south, east, north of a rectangle around Vietnam and its islands."""
METRES = (100_000.0, 3_000_000.0)
"""Size of easting and northing in Vietnam's projected systems [m]."""
INTEGER_LIMIT = 2**63
DTYPES: Mapping[Kind, Literal["str", "Int64", "Float64", "boolean"]] = MappingProxyType(
    {
        Kind.TEXT: "str",
        Kind.LIST: "str",
        Kind.DATE: "str",
        Kind.INTEGER: "Int64",
        Kind.REAL: "Float64",
        Kind.BOOLEAN: "boolean",
    }
)
GEOMETRY_TYPES: Mapping[Geometry, frozenset[int]] = MappingProxyType(
    {
        Geometry.POINT: frozenset({0}),
        Geometry.LINE: frozenset({1, 5}),
        Geometry.POLYGON: frozenset({3, 6}),
        Geometry.ANY: frozenset({0, 1, 3, 4, 5, 6}),
        Geometry.NONE: frozenset(),
    }
)
"""shapely's type numbers that a layer may hold, once collections of one part are that part."""
_FAMILY = MappingProxyType(
    {0: "point", 4: "point", 1: "line", 2: "line", 5: "line", 3: "polygon", 6: "polygon"}
)
_MULTI_TYPES = (4, 5, 6)
_REASON = re.compile(r"(?P<reason>[^\[]*)\[(?P<x>[^ \]]+) (?P<y>[^ \]]+).*\]")
_ROWS_NAMED = 20

Shapes = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Value = str | int | float | bool | None


class Misfit(Enum):
    """Why a value cannot stand in a column."""

    TYPE = "value_type"
    NOT_FINITE = "value_not_finite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    A table that was judged.

    Parameters
    ----------
    rows
        The rows without errors, as the store takes them: columns of the layer in order and typed,
        ``geometry`` last, EPSG:4326; the index is that of the table given.
    issues
        All faults, in the order of the rows; those of the whole table first.
    """

    rows: gpd.GeoDataFrame
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """A fault and the position of its row in the table, None for the whole table."""

    code: str
    severity: Severity
    position: int | None
    column: str | None
    facts: Mapping[str, object]


def check(
    table: gpd.GeoDataFrame,
    spec: LayerSpec,
    *,
    row_numbers: Sequence[int] | None = None,
    operators: Collection[str] = (),
) -> Checked:
    """
    Judge a table against its layer.

    Parameters
    ----------
    table
        Rows with coordinates in longitude and latitude; columns that the layer lacks are passed over.
    spec
        The layer.
    row_numbers
        Row of each as its user sees it; counted from 1 where not given.
    operators
        Ids of the operators known; empty: any is accepted.

    Returns
    -------
    checked
        The rows without errors, and all faults.
    """
    numbers = list(range(1, len(table) + 1)) if row_numbers is None else list(row_numbers)
    columns = {c.name: _typed(table[c.name], c) for c in spec.columns if c.name in table.columns}
    shapes = _shapes_of(table)
    faults = [
        *_of_table(table, spec),
        *(fault for c in spec.columns if c.name in columns for fault in _of_column(columns[c.name], c)),
        *_of_operators(columns, operators),
        *_of_ids(columns.get("id", []), numbers),
        *_of_names(columns.get("name", []), numbers),
        *_of_shapes(shapes, spec),
    ]
    bad = {
        fault.position for fault in faults if fault.severity is Severity.ERROR and fault.position is not None
    }
    kept = [position for position in range(len(table)) if position not in bad]
    faults.sort(key=lambda fault: -1 if fault.position is None else fault.position)
    return Checked(
        rows=_kept_rows(table, columns, shapes, spec, kept),
        issues=tuple(_issue(fault, spec, numbers) for fault in faults),
    )


def _issue(fault: _Fault, spec: LayerSpec, numbers: Sequence[int]) -> Issue:
    """A fault as its user sees it."""
    return Issue(
        code=fault.code,
        severity=fault.severity,
        layer=spec.name,
        row=None if fault.position is None else numbers[fault.position],
        column=fault.column,
        facts=MappingProxyType(dict(fault.facts)),
    )


def _kept_rows(
    table: gpd.GeoDataFrame,
    columns: Mapping[str, list[Value | Misfit]],
    shapes: Shapes,
    spec: LayerSpec,
    kept: list[int],
) -> gpd.GeoDataFrame:
    """The rows at these positions with all columns of the layer, typed."""
    index = table.index[kept]
    absent: list[Value | Misfit] = [None] * len(table)
    given = {c.name: columns.get(c.name, absent) for c in spec.columns}
    if len(kept) < len(table):
        given = {name: [values[i] for i in kept] for name, values in given.items()}
    data = {c.name: pd.Series(given[c.name], index=index, dtype=DTYPES[c.kind]) for c in spec.columns}
    canonical = to_canonical(shapes[kept])
    if spec.geometry is Geometry.NONE:
        canonical[:] = None
    geometry = gpd.GeoSeries(canonical, index=index, crs=STORAGE_EPSG)
    return gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=geometry, crs=STORAGE_EPSG)


def to_canonical(shapes: Shapes) -> Shapes:
    """
    The one form in which a shape is compared, stored and handed out.

    Parameters
    ----------
    shapes
        Shapes or None, shape (n,).

    Returns
    -------
    canonical
        Without heights, collections of one part as that part, empty ones as None; shape (n,).
    """
    flat = np.asarray(shapely.force_2d(np.asarray(shapes, dtype=object)), dtype=object).copy()
    single = np.isin(shapely.get_type_id(flat), _MULTI_TYPES) & (shapely.get_num_geometries(flat) == 1)
    flat[single] = shapely.get_geometry(flat[single], 0)
    flat[shapely.is_empty(flat)] = None
    return flat


def to_value(value: object, kind: Kind) -> Value | Misfit:
    """
    A value as a column of that kind holds it.

    Parameters
    ----------
    value
        Any value, not missing.
    kind
        Kind of the column.

    Returns
    -------
    fitting
        Text in NFC, a finite number, truth, or a day as YYYY-MM-DD; a ``Misfit`` where it is none of these.
    """
    return _CONVERT[kind](value)


def _typed(series: pd.Series[Any], column: Column) -> list[Value | Misfit]:
    """Values of a column; missing and blank ones as None."""
    absent = series.isna()
    if absent.all():
        return [None] * len(series)
    given = [None if gone else one for one, gone in zip(series.tolist(), absent.tolist(), strict=True)]
    convert = partial(_converted, kind=column.kind)
    if not all(issubclass(one, Hashable) for one in set(map(type, given))):
        return [convert(value) for value in given]
    keys = list(zip(map(type, given), given, strict=True))  # 1, 1.0 and True are equal, and are not the same
    known = {key: convert(key[1]) for key in set(keys)}
    return [known[key] for key in keys]


def _converted(value: object, kind: Kind) -> Value | Misfit:
    """A value as a column of that kind holds it; missing and blank ones as None."""
    is_blank = value is None or (isinstance(value, str) and not value.strip())
    return None if is_blank else _CONVERT[kind](value)


def _text(value: object) -> str | Misfit:
    """Text in NFC; whole numbers count, as many files keep ids so."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str):
        return Misfit.TYPE
    if value.isascii():
        return str(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        return Misfit.TYPE
    return unicodedata.normalize("NFC", str(value))


def _real(value: object) -> float | Misfit:
    """A finite number."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        return Misfit.TYPE
    number = float(value)
    return number if math.isfinite(number) else Misfit.NOT_FINITE


def _integer(value: object) -> int | Misfit:
    """A whole number of at most 64 bits."""
    number = _real(value)
    if isinstance(number, Misfit):
        return number
    whole = int(value) if isinstance(value, int | np.integer) else int(number)
    is_fit = number.is_integer() and -INTEGER_LIMIT <= whole < INTEGER_LIMIT
    return whole if is_fit else Misfit.TYPE


def _boolean(value: object) -> bool | Misfit:
    """True or false; 1 and 0 count."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = _real(value)
    return bool(number) if number in {0.0, 1.0} else Misfit.TYPE


def _day(value: object) -> str | Misfit:
    """A day as YYYY-MM-DD."""
    if isinstance(value, datetime | date):
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    text = _text(value)
    try:
        return text if isinstance(text, Misfit) else date.fromisoformat(text).isoformat()
    except ValueError:
        return Misfit.TYPE


_CONVERT: Mapping[Kind, Callable[[object], Value | Misfit]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.LIST: _text,
        Kind.INTEGER: _integer,
        Kind.REAL: _real,
        Kind.BOOLEAN: _boolean,
        Kind.DATE: _day,
    }
)


def _of_table(table: gpd.GeoDataFrame, spec: LayerSpec) -> Iterable[_Fault]:
    """Faults of the table as a whole."""
    if not len(table):
        yield _fault("table_empty", Severity.WARNING)
    for column in spec.columns:
        if column.required and column.name not in table.columns:
            yield _fault("column_missing", Severity.ASK, column=column.name, facts={"missing": column.name})


def _fault(
    code: str,
    severity: Severity = Severity.ERROR,
    position: int | None = None,
    column: str | None = None,
    facts: Mapping[str, object] = MappingProxyType({}),
) -> _Fault:
    """A fault; an error of the whole table where nothing else is said."""
    return _Fault(code=code, severity=severity, position=position, column=column, facts=facts)


def _of_column(values: Sequence[Value | Misfit], column: Column) -> Iterable[_Fault]:
    """Faults of the single values of a column; a required one without any value counts as missing."""
    if column.required and values and all(value is None for value in values):
        yield _fault("column_missing", Severity.ASK, column=column.name, facts={"missing": column.name})
        return
    if not column.required and all(value is None for value in values):
        return
    found = {value: tuple(_of_value(value, column)) for value in set(values)}
    if any(found.values()):
        for position, value in enumerate(values):
            yield from (replace(fault, position=position) for fault in found[value])


def _of_value(value: Value | Misfit, column: Column) -> Iterable[_Fault]:
    """Faults of one value, wherever it stands."""
    if isinstance(value, Misfit):
        yield _fault(value.value, column=column.name, facts={"kind": column.kind.value})
    elif value is None:
        if column.required:
            yield _fault("value_missing", column=column.name)
    elif isinstance(value, str):
        yield from _of_words(value, column)
    elif not _is_within(value, column):
        facts = {
            "value": value,
            "low": column.low,
            "high": column.high,
            "unit": f" {column.unit}" if column.unit else "",
        }
        yield _fault("value_range", column=column.name, facts=facts)


def _is_within(value: float, column: Column) -> bool:
    """True where a number lies in its column's range."""
    low = -math.inf if column.low is None else column.low
    high = math.inf if column.high is None else column.high
    return low <= value <= high


def _words(value: str, column: Column) -> list[str]:
    """The single values that a text stands for."""
    if column.kind is not Kind.LIST:
        return [value]
    return [word.strip() for word in value.split(";") if word.strip()]


def _of_words(value: str, column: Column) -> Iterable[_Fault]:
    """Words that are not in a column's vocabulary."""
    if not column.vocabulary:
        return
    for word in _words(value, column):
        if word not in column.vocabulary:
            facts = {"value": word[:80], "allowed": ", ".join(column.vocabulary)}
            yield _fault("value_vocabulary", column=column.name, facts=facts)


def _of_operators(
    columns: Mapping[str, Sequence[Value | Misfit]], operators: Collection[str]
) -> Iterable[_Fault]:
    """Operators that nobody knows."""
    if not operators:
        return
    for name, kind in (("operators", Kind.LIST), ("operator", Kind.TEXT)):
        values, column = columns.get(name, []), Column(name=name, kind=kind)
        said = {value: _words(value, column) for value in set(values) if isinstance(value, str)}
        unknown = {
            value: [word for word in found if word not in operators]
            for value, found in said.items()
            if value != ALL_OPERATORS and value not in operators
        }
        for position, value in enumerate(values if any(unknown.values()) else ()):
            for word in unknown.get(value, ()) if isinstance(value, str) else ():
                facts = {"value": word[:80], "allowed": ", ".join(operators)}
                yield _fault("operator_unknown", Severity.ASK, position, name, facts)


def _groups(keys: Iterable[str | None]) -> list[list[int]]:
    """Positions that share a key, where several do."""
    texts = pd.Series(list(keys), dtype=object)
    found: dict[str, list[int]] = {}
    for position in np.flatnonzero(texts.duplicated(keep=False) & texts.notna()).tolist():
        if texts[position]:
            found.setdefault(texts[position], []).append(position)
    return list(found.values())


def _folded(value: Value | Misfit) -> str | None:
    """A text without what people do not see as a difference: capitals, blanks, ways of writing accents."""
    if not isinstance(value, str):
        return None
    if value.isascii():
        return "".join(value.lower().split())
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())


def _named(positions: Sequence[int], numbers: Sequence[int]) -> str:
    """Row numbers as text, the first of them where they are many."""
    more = ", …" if len(positions) > _ROWS_NAMED else ""
    return ", ".join(str(numbers[position]) for position in positions[:_ROWS_NAMED]) + more


def _of_ids(ids: Sequence[Value | Misfit], numbers: Sequence[int]) -> Iterable[_Fault]:
    """Rows that share an id, or nearly."""
    for positions in _groups(_folded(value) for value in ids):
        words = [ids[position] for position in positions]
        for position in positions:
            code = "id_duplicate" if words.count(ids[position]) > 1 else "id_similar"
            facts = {"value": ids[position], "rows": _named(positions, numbers), "n": len(positions)}
            yield _fault(code, position=position, column="id", facts=facts)


def _of_names(names: Sequence[Value | Misfit], numbers: Sequence[int]) -> Iterable[_Fault]:
    """Rows that share a name, told once for each name."""
    for positions in _groups(_folded(value) for value in names):
        facts = {"value": names[positions[0]], "rows": _named(positions, numbers), "n": len(positions)}
        yield _fault("name_duplicate", Severity.INFO, positions[0], "name", facts)


def _shapes_of(table: pd.DataFrame) -> Shapes:
    """Shapes of a table as given, None everywhere where it has no shape column."""
    name = table.active_geometry_name if isinstance(table, gpd.GeoDataFrame) else None
    shapes: Shapes = np.full(len(table), None, dtype=object)
    if name is not None:
        shapes[:] = table[name].to_numpy()
    return shapes


def _of_shapes(shapes: Shapes, spec: LayerSpec) -> Iterable[_Fault]:
    """Faults of the shapes and of where they lie."""
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if spec.geometry is Geometry.NONE:
        if there.any():
            yield _fault("geometry_unused", Severity.WARNING, facts={"n": int(there.sum())})
        return
    yield from _of_missing(there, spec)
    yield from _of_kinds(shapes, there, spec)
    finite = there & _is_finite(shapes)
    for position in np.flatnonzero(there & ~finite).tolist():
        yield _fault("position_not_finite", position=position)
    yield from _of_validity(shapes, finite)
    yield from _of_positions(shapes, finite)


def _of_missing(there: Flags, spec: LayerSpec) -> Iterable[_Fault]:
    """Rows without a shape."""
    if there.all():
        return
    if not spec.geometry_required:
        yield _fault("geometry_some_missing", Severity.INFO, facts={"n": int((~there).sum())})
    elif not there.any():
        yield _fault("geometry_none", Severity.ASK, facts={"n": len(there)})
    else:
        for position in np.flatnonzero(~there).tolist():
            yield _fault("geometry_missing", position=position)


def _of_kinds(shapes: Shapes, there: Flags, spec: LayerSpec) -> Iterable[_Fault]:
    """Shapes of a kind that the layer does not hold."""
    kinds = shapely.get_type_id(to_canonical(shapes))
    unfit = there & ~np.isin(kinds, list(GEOMETRY_TYPES[spec.geometry]))
    for position in np.flatnonzero(unfit).tolist():
        found = _FAMILY.get(int(kinds[position]), "collection")
        yield _fault(
            "geometry_type", position=position, facts={"found": found, "expected": spec.geometry.value}
        )
    families = [_FAMILY.get(int(kind), "collection") for kind in kinds[there]]
    if spec.geometry is not Geometry.ANY and len(set(families)) > 1:
        counts = {f"n_{name}": families.count(name) for name in ("point", "line", "polygon", "collection")}
        yield _fault("geometry_mixed", facts={"expected": spec.geometry.value, **counts})


def _is_finite(shapes: Shapes) -> Flags:
    """True where every coordinate of a shape is a number."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _of_validity(shapes: Shapes, finite: Flags) -> Iterable[_Fault]:
    """Broken shapes, with the reason and the place."""
    for position in np.flatnonzero(finite & ~shapely.is_valid(shapes)).tolist():
        text = str(shapely.is_valid_reason(shapes[position]))
        match = _REASON.fullmatch(text)
        reason = match["reason"] if match else text
        place = (float(match["x"]), float(match["y"])) if match else _corner(shapes[position])
        is_crossing = "self-intersection" in reason.lower()
        code = "geometry_self_crossing" if is_crossing else "geometry_invalid"
        facts = {"reason": reason_code(reason), "x": round(place[0], 6), "y": round(place[1], 6)}
        yield _fault(code, position=position, facts=facts)


def _corner(shape: object) -> tuple[float, float]:
    """First coordinate of a shape."""
    x, y = shapely.get_coordinates(shape)[0]
    return float(x), float(y)


def _of_positions(shapes: Shapes, finite: Flags) -> Iterable[_Fault]:
    """Shapes that lie where they hardly can."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    inside = _lies_within(bounds, VIETNAM_DEG)
    for position in np.flatnonzero(finite & ~inside).tolist():
        box = bounds[position]
        code, severity = _place_code(box)
        facts = {"x": round(float(box[0]), 6), "y": round(float(box[1]), 6)}
        yield _fault(code, severity, position, facts=facts)


def _lies_within(bounds: npt.NDArray[np.float64], area: tuple[float, float, float, float]) -> Flags:
    """True where rectangles, shape (..., 4), lie in another."""
    low = bounds[..., :2] >= np.array(area[:2])
    high = bounds[..., 2:] <= np.array(area[2:])
    within: Flags = np.asarray(low.all(axis=-1) & high.all(axis=-1))
    return within


def _place_code(box: npt.NDArray[np.float64]) -> tuple[str, Severity]:
    """What is wrong with a rectangle that does not lie in Vietnam."""
    if _lies_within(box[[1, 0, 3, 2]], VIETNAM_DEG):
        return "position_swapped", Severity.ERROR
    if _lies_within(box, (METRES[0], METRES[0], METRES[1], METRES[1])):
        return "position_metres", Severity.ERROR
    if not _lies_within(box, (-180.0, -90.0, 180.0, 90.0)):
        return "position_impossible", Severity.ERROR
    if not box.any():
        return "position_zero", Severity.ASK
    return "position_outside_vietnam", Severity.ASK
