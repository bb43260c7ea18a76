"""DXF drawings: one table for each drawing layer and kind of shape; blocks as points with their texts."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import shapely

from layers.exchange import vector
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.shape import kinds_of
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

OPTIONS = MappingProxyType({"INLINE_BLOCKS": "NO", "CLOSED_LINE_AS_POLYGON": "NO"})
_ENTITIES = "entities"
_KEPT = ("Layer", "Text", "BlockName", "EntityHandle")
_TAGGED = re.compile(r"^\s*(\S+)\s+(.*)$")
_MOST_TAGS = 60
_LOOK_BYTES, _TAIL_BYTES = 1 << 16, 64
_VERSION = re.compile(rb"\$ACADVER\s+1\s+(AC\d{4})")
_UTF8_SINCE = b"AC1021"


def read(path: Path, limits: Limits) -> tuple[tuple[RawTable, ...], tuple[Issue, ...]]:
    """
    Entities of a DXF drawing.

    Parameters
    ----------
    path
        Server-made path.
    limits
        Largest numbers of rows and columns.

    Returns
    -------
    tables, issues
        One table for each drawing layer and kind of shape (point, line, polygon), and faults found. A drawing
        names no reference system: that is always asked.

    Raises
    ------
    FileError
        The drawing is damaged or empty.
    """
    faults: list[Issue] = []
    _check_whole(path)
    whole = vector.read_layer(path, "dxf", _ENTITIES, limits, faults, options=OPTIONS)
    if whole is None or whole.shapes is None:
        raise refusal("layer_empty")
    index = {heading: place for place, heading in enumerate(whole.headings)}
    shapes = shapely.from_wkb(np.array(whole.shapes, dtype=object))
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    n_left = 0
    for place, kind in enumerate(kinds_of(shapes)):
        if kind in (None, "collection"):
            n_left += 1
            continue
        groups[str(whole.rows[place][index["Layer"]] or "0"), str(kind)].append(place)
    if n_left:
        faults.append(issue("drawing_left_out", Severity.WARNING, n=n_left))
    if not groups:
        raise refusal("layer_empty")
    n_kinds = {layer: sum(one == layer for one, _ in groups) for layer, _ in groups}
    tables = tuple(
        replace(
            _table(whole, places, index),
            name=tidy(layer if n_kinds[layer] == 1 else f"{layer} ({kind})")[:63],
        )
        for (layer, kind), places in sorted(groups.items())
    )
    return tables, tuple(faults)


def _check_whole(path: Path) -> None:
    """The library reads a drawing up to where it is cut without a word; texts since 2007 are UTF-8."""
    with path.open("rb") as file:
        head = file.read(_LOOK_BYTES)
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = file.read()
    if b"EOF" not in tail:
        raise refusal("vector_corrupt", found="DXF")
    version = _VERSION.search(head)
    if version and version.group(1) >= _UTF8_SINCE:
        os.environ["DXF_ENCODING"] = "UTF-8"


def _table(whole: RawTable, places: list[int], index: dict[str, int]) -> RawTable:
    """Rows of one group; the texts of a block's attributes in columns of their own."""
    texts = [_tags(whole.rows[place][index["BlockAttributes"]]) if "BlockAttributes" in index else {}
             for place in places]  # fmt: skip
    names = list(dict.fromkeys(name for one in texts for name in one))[:_MOST_TAGS]
    kept = [one for one in _KEPT if one in index]
    rows = [
        (*(whole.rows[place][index[name]] for name in kept), *(one.get(name) for name in names))
        for place, one in zip(places, texts, strict=True)
    ]
    return RawTable(
        name="",
        headings=(*kept, *names),
        rows=tuple(rows),
        row_numbers=tuple(whole.row_numbers[place] for place in places),
        shapes=tuple((whole.shapes or ())[place] for place in places),
    )


def _tags(cell: Cell) -> dict[str, Cell]:
    """Attributes of a block insert, which the library lists as ``["TAG text", ...]``."""
    if not isinstance(cell, str):
        return {}
    found = (_TAGGED.match(one) for one in re.findall(r'"((?:[^"\\]|\\.)*)"', cell))
    return {one.group(1): tidy(one.group(2)) or None for one in found if one}
