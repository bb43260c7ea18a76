"""A layer made ready to leave: plain values, headings and shapes in the CRS asked for."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crs import GEOGRAPHIC, TM3, UTM, WGS84, in_box, move, name_of
from geo.errors import CrsError, GeometryError
from layers.spec import Kind, LayerSpec

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Value = str | int | float | bool | dt.date | None

NOTICE_COLUMN = "du_lieu"
M_PER_DEG = 111_320.0
ROUND_TRIP_M = 0.004
XML_FORBIDDEN = MappingProxyType({code: None for code in range(32) if code not in (9, 10, 13)})
"""Control characters that XML does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One column of values.

    Parameters
    ----------
    name
        Column name.
    heading
        Its heading in the user's language, unique within the layer.
    kind
        Type that all the values have.
    values
        One for each row; None where there is none.
    words
        Value to the word that people read for it; values without one stay as they are.
    """

    name: str
    heading: str
    kind: Kind
    values: tuple[Any, ...]
    words: Mapping[str, str] = attribute(default_factory=lambda: MappingProxyType({}))

    @property
    def told(self) -> tuple[Any, ...]:
        """The values as people read them; several in one cell stay parted by ";"."""
        return tuple(self._word(value) for value in self.values) if self.words else self.values

    def _word(self, value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
        if value is None or self.kind not in (Kind.TEXT, Kind.LIST, Kind.BOOLEAN):
            return value
        parts = [str(value)] if self.kind is Kind.BOOLEAN else str(value).split(";")
        is_known = any(part in self.words for part in parts)
        return "; ".join(self.words.get(part, part) for part in parts) if is_known else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """
    One layer, ready to be written.

    Parameters
    ----------
    spec
        The layer.
    title
        Its name in the user's language.
    fields
        Columns in the order of the description.
    source
        Shapes in EPSG:4326 [deg], shape (n,), None where a row has none.
    placed
        The same shapes in ``epsg``.
    epsg
        CRS of ``placed``.
    """

    spec: LayerSpec
    title: str
    fields: tuple[Field, ...]
    source: Shapes
    placed: Shapes
    epsg: int

    @property
    def id_index(self) -> int:
        """Position of the column ``id``; of the first column where there is none."""
        return next((at for at, field in enumerate(self.fields) if field.name == "id"), 0)

    @property
    def ids(self) -> tuple[Any, ...]:
        """Values of the column ``id``."""
        return self.fields[self.id_index].values

    @property
    def has_shape(self) -> npt.NDArray[np.bool_]:
        """True for rows with a shape, shape (n,)."""
        present: npt.NDArray[np.bool_] = ~(shapely.is_missing(self.source) | shapely.is_empty(self.source))
        return present

    def take(self, rows: npt.NDArray[np.bool_]) -> Frame:
        """
        Some of the rows.

        Parameters
        ----------
        rows
            True for those kept, shape (n,).

        Returns
        -------
        frame
            The same columns, fewer rows.
        """
        kept = np.flatnonzero(rows)
        return Frame(
            spec=self.spec,
            title=self.title,
            fields=tuple(
                replace(field, values=tuple(field.values[row] for row in kept)) for field in self.fields
            ),
            source=self.source[kept],
            placed=self.placed[kept],
            epsg=self.epsg,
        )


def accept_crs(epsg: int) -> int:
    """
    Code of a CRS in which files may leave: WGS 84, VN-2000, their zones of three and of six degrees.

    Parameters
    ----------
    epsg
        Code asked for.

    Returns
    -------
    epsg
        The same code.

    Raises
    ------
    CrsError
        Any other code.
    """
    if epsg not in (*GEOGRAPHIC, *TM3, *UTM):
        raise CrsError("export_crs", epsg=str(epsg))
    return epsg


def describe_crs(epsg: int) -> str:
    """
    A CRS in words, with the central meridian as maps write it.

    Parameters
    ----------
    epsg
        Code accepted by ``accept_crs``.

    Returns
    -------
    text
        For instance ``VN-2000 / TM-3 105-45, 105°45' (EPSG:9210)``.
    """
    if epsg not in TM3:
        return f"{name_of(epsg)} (EPSG:{epsg})"
    minutes = round(TM3[epsg] * 60)
    return f"{name_of(epsg)}, {minutes // 60}°{minutes % 60:02d}' (EPSG:{epsg})"


def prepare(
    table: gpd.GeoDataFrame, *, spec: LayerSpec, epsg: int, labels: Mapping[str, str], notice: str
) -> Frame:
    """
    Make a table ready to be written.

    Parameters
    ----------
    table
        Rows of the layer, in any CRS that is stated.
    spec
        Description of the layer; its columns lead, others follow.
    epsg
        CRS of the shapes that leave.
    labels
        Column name to heading; a column without one keeps its name. ``value.<column>.<value>`` to the word
        that people read for a value.
    notice
        Text that every row carries in the column ``du_lieu``; empty for none.

    Returns
    -------
    frame
        Values, headings and shapes.

    Raises
    ------
    CrsError
        The table states no CRS, or shapes lie where ``epsg`` cannot place them.
    GeometryError
        A coordinate is not a number.
    """
    accept_crs(epsg)
    if table.crs is None:
        raise CrsError("export_crs_missing", layer=spec.name)
    source = np.asarray(shapely.force_2d(table.geometry.to_crs(WGS84).to_numpy()), dtype=object)
    placed = move(source, epsg_from=WGS84, epsg_to=epsg)
    _check_places(source, placed, epsg=epsg)
    return Frame(
        spec=spec,
        title=labels.get(f"layer.{spec.name}", spec.name),
        fields=_fields(table, spec, labels=labels, notice=notice),
        source=source,
        placed=placed,
        epsg=epsg,
    )


def distance_m(expected: Shapes, found: Shapes) -> npt.NDArray[np.float64]:
    """
    Greatest distance between vertices of shapes that should be equal.

    Parameters
    ----------
    expected, found
        Shapes in EPSG:4326 [deg], shape (n,), None for none.

    Returns
    -------
    distance_m
        Distance [m] for each pair, shape (n,); infinity where one is absent; where the numbers of vertices
        differ (doubled vertices), the Hausdorff distance.
    """
    blank = np.array(
        [shapely.is_missing(side) | shapely.is_empty(side) for side in (expected, found)], dtype=np.bool_
    )
    result = np.where(blank[0] != blank[1], np.inf, 0.0)
    both = ~blank.any(axis=0)
    counts = shapely.get_num_coordinates(expected), shapely.get_num_coordinates(found)
    uneven = both & (counts[0] != counts[1])
    result[uneven] = shapely.hausdorff_distance(expected[uneven], found[uneven]) * M_PER_DEG
    even = np.flatnonzero(both & ~uneven)
    corners, row = shapely.get_coordinates(expected[even], return_index=True)
    step = shapely.get_coordinates(found[even]) - corners
    apart_m = np.hypot(step[:, 0] * np.cos(np.radians(corners[:, 1])), step[:, 1]) * M_PER_DEG
    np.fmax.at(result, even[row], np.where(np.isnan(apart_m), np.inf, apart_m))
    return result


def is_placeable(source: Shapes, placed: Shapes, *, epsg: int) -> npt.NDArray[np.bool_]:
    """
    Tell shapes that a zone of VN-2000 can hold from those it cannot.

    Parameters
    ----------
    source
        Shapes in EPSG:4326 [deg], shape (n,), None for none.
    placed
        The same shapes in ``epsg``.
    epsg
        CRS of ``placed``.

    Returns
    -------
    is_placeable
        True where the shape lies in Vietnam and comes back from ``epsg`` to its place, shape (n,); True
        where there is none.
    """
    back = move(placed, epsg_from=epsg, epsg_to=WGS84)
    corners, row = shapely.get_coordinates(source, return_index=True)
    inside = distance_m(source, back) < ROUND_TRIP_M
    np.logical_and.at(inside, row, in_box(corners[:, 0], corners[:, 1]))
    return inside


def _check_places(source: Shapes, placed: Shapes, *, epsg: int) -> None:
    if not np.isfinite(shapely.get_coordinates(source)).all():
        raise GeometryError("export_not_finite")
    if epsg == WGS84:
        return
    astray = ~is_placeable(source, placed, epsg=epsg)
    if astray.any():
        raise CrsError("export_outside_zone", epsg=str(epsg), n_rows=int(astray.sum()))


def _fields(
    table: gpd.GeoDataFrame, spec: LayerSpec, *, labels: Mapping[str, str], notice: str
) -> tuple[Field, ...]:
    described = [column.name for column in spec.columns if column.name in table.columns]
    others = [str(name) for name in table.columns if name not in described and name != table.geometry.name]
    headings = unique([labels.get(name, name) for name in (*described, *others)])
    fields = [
        _field(
            table[name],
            name=name,
            heading=heading,
            kind=_kind(table[name], spec, name),
            words=words_of(name, labels),
        )
        for name, heading in zip((*described, *others), headings, strict=True)
        if name != NOTICE_COLUMN
    ]
    if notice:
        heading = labels.get("export.column.du_lieu", NOTICE_COLUMN)
        fields.append(
            Field(name=NOTICE_COLUMN, heading=heading, kind=Kind.TEXT, values=(notice,) * len(table))
        )
    return tuple(fields)


def words_of(column: str, labels: Mapping[str, str]) -> Mapping[str, str]:
    """
    Words that people read for the values of a column.

    Parameters
    ----------
    column
        Column name.
    labels
        Texts, those of values under ``value.<column>.<value>``.

    Returns
    -------
    words
        Value to word.
    """
    start = f"value.{column}."
    return MappingProxyType(
        {key.removeprefix(start): text for key, text in labels.items() if key.startswith(start)}
    )


def unique(texts: list[str]) -> list[str]:
    """
    The same texts, told apart where two are equal.

    Parameters
    ----------
    texts
        Headings or names.

    Returns
    -------
    texts
        Later ones get " (2)", " (3)".
    """
    seen: dict[str, int] = {}
    result = []
    for text in texts:
        key = text.casefold()
        seen[key] = seen.get(key, 0) + 1
        result.append(text if seen[key] == 1 else f"{text} ({seen[key]})")
    return result


def _kind(series: pd.Series[Any], spec: LayerSpec, name: str) -> Kind:
    column = spec.column(name)
    if column is not None:
        return column.kind
    if pd.api.types.is_bool_dtype(series):
        return Kind.BOOLEAN
    if pd.api.types.is_integer_dtype(series):
        return Kind.INTEGER
    return Kind.REAL if pd.api.types.is_float_dtype(series) else Kind.TEXT


def _field(series: pd.Series[Any], *, name: str, heading: str, kind: Kind, words: Mapping[str, str]) -> Field:
    blank = series.isna().to_numpy()
    raw = [None if empty else value for value, empty in zip(series.tolist(), blank, strict=True)]
    fitting = kind if all(value is None or _fits(value, kind) for value in raw) else Kind.TEXT
    values = tuple(None if value is None else _plain(value, fitting) for value in raw)
    return Field(name=name, heading=heading, kind=fitting, values=values, words=words)


def _fits(value: object, kind: Kind) -> bool:
    match kind:
        case Kind.BOOLEAN:
            return isinstance(value, bool | np.bool_)
        case Kind.INTEGER:
            return _is_number(value) and float(value).is_integer()  # type: ignore[arg-type]
        case Kind.REAL:
            return _is_number(value)
        case Kind.DATE:
            return isinstance(value, dt.date) or _is_iso_day(str(value))
        case _:
            return True


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _is_iso_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _plain(value: Any, kind: Kind) -> object:  # noqa: ANN401 - whatever a table held
    match kind:
        case Kind.BOOLEAN:
            return bool(value)
        case Kind.INTEGER:
            return int(value)
        case Kind.REAL:
            return float(value) if math.isfinite(value) else None
        case Kind.DATE if isinstance(value, dt.datetime):
            return value.date()
        case Kind.DATE:
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        case _:
            return str(value)
