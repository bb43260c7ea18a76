"""Positions that no heading names: a column whose cells hold pairs of degrees, in words or in a map link."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType

from geo.crs import VIETNAM_DEG
from layers.exchange.coordinates import parse_pair
from layers.exchange.headings import POSITION, ColumnMap
from layers.exchange.raw import Cell, RawTable

_LOOKED_AT = 50
_MOST_WRONG = 0.2
_MAY_HOLD = (None, "note")
"""What a heading may mean without its cells being spoken for."""


def with_pairs(columns: ColumnMap, table: RawTable, *, given: Collection[str] = ()) -> ColumnMap:
    """
    The meaning of headings, with a column of pairs where none names a position.

    Parameters
    ----------
    columns
        What the headings mean.
    table
        Table as read.
    given
        Headings that the user assigned; they stay.

    Returns
    -------
    columns
        The same, or with one more heading of both latitude and longitude.
    """
    if table.shapes is not None or any(columns.heading_of(field) for field in POSITION):
        return columns
    for place, heading in enumerate(table.headings):
        if heading in given or columns.fields.get(heading) not in _MAY_HOLD:
            continue
        cells = [row[place] for row in table.rows[: 4 * _LOOKED_AT] if row[place] is not None][:_LOOKED_AT]
        n_pairs = sum(_is_pair(cell) for cell in cells)
        if cells and n_pairs >= (1 - _MOST_WRONG) * len(cells):
            return replace(columns, fields=MappingProxyType({**columns.fields, heading: "_latlon"}))
    return columns


def _is_pair(cell: Cell) -> bool:
    """True for two numbers of which one is a latitude and the other a longitude of Vietnam."""
    west, south, east, north = VIETNAM_DEG
    if not isinstance(cell, str):
        return False
    low, high = sorted(one.value for one in parse_pair(cell))
    return south <= low <= north and west <= high <= east
