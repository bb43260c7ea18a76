"""From cells to a layer's table: values, positions, links to hamlets; every doubt with its row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.crs import WGS84, detect, is_projected, move
from layers.exchange import shape as shape_judge
from layers.exchange.fault import issue
from layers.exchange.hamlet_link import Hamlet, bare_name, find
from layers.exchange.headings import POSITION, Aliases, ColumnMap
from layers.exchange.position import Proposal, judge_place, numbers_of, propose, to_points
from layers.exchange.raw import Cell, RawTable
from layers.exchange.tabular import is_number_text
from layers.exchange.values import Parsed, Value, meaning_elsewhere, operators_in, parse, text_of, word_in
from layers.exchange.word import fold
from layers.issue import Issue, Severity
from layers.spec import Column, Geometry, LayerSpec

FILE_SPEC = LayerSpec(
    name="file",
    geometry=Geometry.ANY,
    geometry_required=False,
    filled=False,
    columns=(Column(name="id"), Column(name="name"), Column(name="is_assumed"), Column(name="source")),
)
"""Stands for "any layer" where a file is judged alone; it is in no catalogue."""

_NOT_FINITE = ("nan", "inf", "infinity")
_KEPT_AS_NOTE = ("value_unknown", "value_unreadable")
"""Faults whose text goes into the note, so that it is not lost with the cell."""
_BY_NAME = ("site", "place", "wifi")
"""Layers whose rows may be placed by the hamlet they name."""

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    What the office knows beside the file.

    Parameters
    ----------
    aliases
        Spellings of headings and values.
    operators
        Operator id to spellings.
    hamlets
        Hamlets of the workspace; empty where none are known.
    area
        Area of the workspace, EPSG:4326, or None.
    """

    aliases: Aliases
    operators: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    hamlets: tuple[Hamlet, ...] = ()
    area: BaseGeometry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """
    A table turned into rows of a layer.

    Parameters
    ----------
    table
        Columns of the layer and ``geometry``, EPSG:4326, one row for each row read.
    row_numbers
        Row of each as its user sees it.
    issues
        Faults found.
    proposal
        System in which coordinates were read.
    placed_rows
        Rows whose position is that of their hamlet.
    title_operator
        Operator that the titles name where no column does, or None.
    """

    table: gpd.GeoDataFrame
    row_numbers: tuple[int, ...]
    issues: tuple[Issue, ...]
    proposal: Proposal
    placed_rows: tuple[int, ...] = ()
    title_operator: str | None = None


def to_layer(
    raw: RawTable,
    spec: LayerSpec,
    columns: ColumnMap,
    context: Context,
    *,
    epsg: int | None = None,
    source: str | None = None,
    place_by_hamlet: bool = True,
) -> Converted:
    """
    Rows of a layer from a table as read.

    Parameters
    ----------
    raw
        Table of a file.
    spec
        Layer.
    columns
        What the headings mean.
    context
        What the office knows beside the file.
    epsg
        System chosen by the user, or None.
    source
        Name of the file, kept where the table names no source.
    place_by_hamlet
        False where rows without coordinates are to stay without a position.

    Returns
    -------
    converted
        All rows, faults included: nothing is left out here.

    Raises
    ------
    CrsError
        The system chosen does not exist.
    """
    values, faults = _values(raw, spec, columns, context.aliases)
    if spec.name == "hamlet":
        faults = _mend_hamlets(values, raw.row_numbers, faults)
    shapes, proposal, found = _shapes(raw, spec, columns, context, epsg=epsg)
    faults += found
    title_operator = _name_operators(values, raw, spec, context.operators, faults)
    faults += _absent(values, raw, spec, columns)
    _infer_kind(values, raw, spec, columns, context.aliases, faults)
    placed: list[int] = []
    if spec.name in _BY_NAME and context.hamlets:
        placed = _link_hamlets(values, shapes, raw, spec, context.hamlets, faults, is_placing=place_by_hamlet)
    if "position_basis" in values:
        values["position_basis"] = [
            basis or (None if shape is None else "given")
            for basis, shape in zip(values["position_basis"], shapes, strict=True)
        ]
    if source and "source" in values:
        values["source"] = [value or source for value in values["source"]]
    _make_ids(values, spec, shapes, faults)
    unmapped = [one for one in columns.unmapped if any(_cells(raw, one))]
    faults += [issue("column_unmapped", Severity.INFO, column=heading) for heading in unmapped]
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in values.items()})
    return Converted(
        table=gpd.GeoDataFrame(frame, geometry=list(shapes), crs=WGS84),
        row_numbers=raw.row_numbers,
        issues=tuple(faults),
        proposal=proposal,
        placed_rows=tuple(placed),
        title_operator=title_operator,
    )


def _cells(raw: RawTable, heading: str) -> list[Cell]:
    place = raw.headings.index(heading)
    return [row[place] for row in raw.rows]


def _values(
    raw: RawTable, spec: LayerSpec, columns: ColumnMap, aliases: Aliases
) -> tuple[dict[str, list[Value]], list[Issue]]:
    values: dict[str, list[Value]] = {column.name: [None] * len(raw.rows) for column in spec.columns}
    faults: list[Issue] = []
    extra: list[list[str]] = [[] for _ in raw.rows]
    for heading, target in columns.fields.items():
        cells = _cells(raw, heading)
        faults += _not_finite(heading, cells, raw.row_numbers)
        column = spec.column(target) if target else None
        if column is None:
            continue
        own = aliases.of(spec.name, column.name)
        for place, cell in enumerate(cells):
            parsed = parse(cell, column, layer=spec.name, aliases=own)
            values[column.name][place] = parsed.value
            other = meaning_elsewhere(cell, spec=spec, aliases=aliases) if _is_word_unknown(parsed) else None
            if other and not columns.heading_of(other[0]):
                values[other[0]][place] = other[1]
            elif parsed.fault:
                number = raw.row_numbers[place]
                faults.append(
                    Issue(
                        code=parsed.fault.code,
                        severity=parsed.fault.severity,
                        row=number,
                        column=heading,
                        facts=parsed.fault.facts,
                    )
                )
                if parsed.fault.code in _KEPT_AS_NOTE:
                    extra[place].append(f"{heading}: {text_of(cell)}")
    _settle(values, spec, columns.implied)
    if "note" in values:
        values["note"] = ["; ".join([*([str(note)] if note else []), *more]) or None
                          for note, more in zip(values["note"], extra, strict=True)]  # fmt: skip
    return values, faults


def _is_word_unknown(parsed: Parsed) -> bool:
    return parsed.fault is not None and parsed.fault.code == "value_unknown"


def _settle(values: dict[str, list[Value]], spec: LayerSpec, implied: Mapping[str, str]) -> None:
    for name, value in implied.items():
        if spec.column(name) is not None:
            values[name] = [one if one is not None else value for one in values[name]]


def _not_finite(heading: str, cells: Sequence[Cell], rows: Sequence[int]) -> list[Issue]:
    texts = [text_of(cell) or "" for cell in cells]
    odd = [fold(text) in _NOT_FINITE for text in texts]
    others = [text for text, is_odd in zip(texts, odd, strict=True) if text and not is_odd]
    if not any(odd) or not others or not all(is_number_text(text) for text in others):
        return []
    return [
        issue("value_not_finite", row=row, column=heading, value=text)
        for row, text, is_odd in zip(rows, texts, odd, strict=True)
        if is_odd
    ]


def _mend_hamlets(values: dict[str, list[Value]], rows: Sequence[int], faults: list[Issue]) -> list[Issue]:
    """A count that Excel took for a decimal is mended where men and women agree with it."""
    heading = next((one.column for one in faults if one.code == "thousands_misread"), None)
    names = values["name"] = [bare_name(str(name)) if name else None for name in values["name"]]
    shared = {name for name, count in Counter(fold(str(name)) for name in names if name).items() if count > 1}
    kept = [one for one in faults if not (one.code == "thousands_misread" and one.column == heading)]
    by_row = {one.row: one for one in faults if one.code == "thousands_misread" and one.column == heading}
    for place, row in enumerate(rows):
        men, women, total = (values[name][place] for name in ("men", "women", "population"))
        both = men + women if isinstance(men, int) and isinstance(women, int) else None
        misread = by_row.get(row)
        if misread is not None:
            proposed = misread.facts["proposed"]
            is_sure = total is None and both is not None and proposed == both
            if is_sure and isinstance(proposed, int):
                values["population"][place] = total = proposed
            severity = Severity.WARNING if is_sure else Severity.ASK
            kept.append(issue(misread.code, severity, row=row, column=heading, **misread.facts))
        if both is not None and isinstance(total, int) and total != both:
            kept.append(
                issue("sum_mismatch", Severity.WARNING, row=row, total=total, both=both, off=both - total)
            )
        if fold(str(names[place])) in shared:
            kept.append(issue("hamlet_name_shared", Severity.WARNING, row=row, value=names[place]))
    return kept


def _shapes(
    raw: RawTable, spec: LayerSpec, columns: ColumnMap, context: Context, *, epsg: int | None
) -> tuple[Shapes, Proposal, list[Issue]]:
    wkt = columns.heading_of("_wkt")
    if raw.shapes is not None:
        return _own_shapes(raw, context, epsg=epsg)
    if wkt is not None:
        return _from_wkt(raw, wkt, epsg)
    numbers = numbers_of(raw, columns)
    proposal = propose(numbers, raw, epsg=epsg, area=context.area)
    points, found = to_points(numbers, proposal, raw.row_numbers, area=context.area)
    if spec.name == "file":
        found = tuple(one for one in found if one.code != "place_outside_vietnam")
    return points, proposal, [*numbers.issues, *found]


def _own_shapes(raw: RawTable, context: Context, *, epsg: int | None) -> tuple[Shapes, Proposal, list[Issue]]:
    shapes = shape_judge.load(raw)
    there = ~shapely.is_missing(shapes)
    pairs = shapely.get_coordinates(shapely.centroid(shapes[there]))
    chosen = epsg or raw.epsg
    proposal = Proposal(
        epsg=chosen, basis="given" if epsg else "declared" if raw.is_crs_declared else "headings"
    )
    is_metric = bool(np.abs(pairs).max(initial=0) > 360)
    if chosen is None or (len(pairs) and is_projected(chosen) != is_metric):
        candidates = () if context.area is None else detect(pairs[:, 0], pairs[:, 1], area=context.area)
        best = next((one.epsg for one in candidates if not one.is_swapped), None)
        proposal = Proposal(epsg=best, basis="place" if best else "", candidates=candidates)
    if proposal.epsg is None:
        return np.full(len(shapes), None, dtype=object), proposal, []
    moved = move(shapes, epsg_from=proposal.epsg, epsg_to=WGS84)
    centres = shapely.centroid(moved[there])
    solid = ~shapely.is_empty(centres)
    middle = shapely.get_coordinates(centres[solid])
    rows = np.array(raw.row_numbers)[there][solid]
    faults = (
        judge_place(middle[:, 0], middle[:, 1], rows, proposal, area=context.area) if context.area else []
    )
    return moved, proposal, faults


def _from_wkt(raw: RawTable, heading: str, epsg: int | None) -> tuple[Shapes, Proposal, list[Issue]]:
    shapes: Shapes = np.full(len(raw.rows), None, dtype=object)
    faults: list[Issue] = []
    for place, cell in enumerate(_cells(raw, heading)):
        if cell is None:
            continue
        try:
            shapes[place] = shapely.force_2d(shapely.from_wkt(str(cell)))
        except shapely.errors.ShapelyError:
            faults.append(issue("geom_wkt", row=raw.row_numbers[place], column=heading))
    chosen = epsg or WGS84
    return move(shapes, epsg_from=chosen, epsg_to=WGS84), Proposal(epsg=chosen, basis="given"), faults


def _name_operators(
    values: dict[str, list[Value]],
    raw: RawTable,
    spec: LayerSpec,
    operators: Mapping[str, tuple[str, ...]],
    faults: list[Issue],
) -> str | None:
    if spec.column("operators") is None:
        return None
    names = values["operators"]
    for place, owner in enumerate(values["owner"]):
        said = names[place] or owner
        found = operators_in(str(said) if said else None, operators)
        if found:
            names[place] = ";".join(found)
        elif said and spec.name in ("site", "cell"):
            faults.append(
                issue("operator_unrecognised", Severity.WARNING, row=raw.row_numbers[place], value=said)
            )
    if any(names) or any(values["owner"]):
        return None
    found = operators_in(" ".join(raw.titles), operators)
    if len(found) != 1:
        return None
    values["operators"] = [found[0]] * len(names)
    _assume(values, range(len(names)), "operators")
    return found[0]


def _absent(
    values: Mapping[str, list[Value]], raw: RawTable, spec: LayerSpec, columns: ColumnMap
) -> list[Issue]:
    """Columns that the layer can do without, and its map or its figures cannot."""
    if not raw.rows:
        return []
    is_placed = raw.shapes is not None or any(columns.heading_of(field) for field in POSITION)
    is_owned = any(columns.heading_of(field) for field in ("operators", "owner")) or any(
        values.get("operators", ())
    )
    faults = []
    if spec.name in _BY_NAME and not is_placed:
        faults.append(issue("column_position_absent", Severity.WARNING, n=len(raw.rows)))
    if spec.name == "site" and not is_owned:
        faults.append(issue("column_operator_absent", Severity.WARNING, n=len(raw.rows)))
    return faults


def _infer_kind(
    values: dict[str, list[Value]],
    raw: RawTable,
    spec: LayerSpec,
    columns: ColumnMap,
    aliases: Aliases,
    faults: list[Issue],
) -> None:
    column = spec.column("kind")
    if column is None or not column.required or columns.implied.get("kind"):
        return
    for place, kind in enumerate(values["kind"]):
        texts = [text_of(cell) for cell in (values["name"][place], *raw.titles[:1], raw.name)]
        words = (word_in(text, field="kind", layer=spec.name, aliases=aliases) for text in texts)
        found = next((word for word in words if word), None)
        if kind is None and found:
            values["kind"][place] = found
            faults.append(
                issue("value_inferred", Severity.INFO, row=raw.row_numbers[place], column="kind", value=found)
            )


def _link_hamlets(
    values: dict[str, list[Value]],
    shapes: Shapes,
    raw: RawTable,
    spec: LayerSpec,
    hamlets: tuple[Hamlet, ...],
    faults: list[Issue],
    *,
    is_placing: bool,
) -> list[int]:
    n_given = sum(shape is not None for shape in shapes)
    is_gap = n_given >= 0.5 * len(shapes) and spec.name == "site"
    told = {one.row for one in faults if one.code == "coord_incomplete"}
    doubted = {one.row for one in faults if one.code.startswith(("coord_", "angle_", "crs_"))} - told
    placed = []
    for place, row in enumerate(raw.row_numbers):
        texts = [
            str(values[name][place])
            for name in ("hamlet", "note", "name")
            if name in values and values[name][place]
        ]
        link = find(texts, hamlets)
        if link.hamlet is not None:
            _note_hamlet(values, place, link.hamlet)
        if shapes[place] is not None or row in doubted or None in doubted:
            continue
        if link.hamlet is None:
            code = "hamlet_ambiguous" if link.hamlets else "position_unknown"
            faults.append(issue(code, Severity.ASK, row=row, value=texts[0] if texts else ""))
            continue
        if is_gap and row not in told:
            faults.append(issue("position_by_hamlet", Severity.ASK, row=row, value=link.hamlet.name))
        elif not is_gap:
            faults.append(issue("position_by_hamlet", Severity.INFO, row=row, value=link.hamlet.name))
        if link.hamlet.point is not None and is_placing:
            shapes[place] = link.hamlet.point
            values["accuracy_m"][place] = link.hamlet.accuracy_m
            if "position_basis" in values:
                values["position_basis"][place] = "hamlet"
            _assume(values, [place], "geometry")
            placed.append(row)
    return placed


def _note_hamlet(values: dict[str, list[Value]], place: int, hamlet: Hamlet) -> None:
    if "hamlet" in values:
        values["hamlet"][place] = values["hamlet"][place] or hamlet.name
    if "hamlet_id" in values:
        values["hamlet_id"][place] = values["hamlet_id"][place] or hamlet.id


def _assume(values: dict[str, list[Value]], places: Sequence[int] | range, column: str) -> None:
    for place in places:
        known = [one for one in str(values["is_assumed"][place] or "").split(";") if one]
        values["is_assumed"][place] = ";".join(dict.fromkeys([*known, column]))


def _make_ids(values: dict[str, list[Value]], spec: LayerSpec, shapes: Shapes, faults: list[Issue]) -> None:
    """Rows without an id get one from their content, the same for the same content."""
    column = spec.column("id")
    if column is None or spec.name == "file":
        return
    taken = {str(one) for one in values["id"] if one}
    for place, known in enumerate(values["id"]):
        if known:
            continue
        content = "|".join(str(values[name][place]) for name in values if name not in ("id", "source"))
        shape = "" if shapes[place] is None else shapely.to_wkt(shapes[place], rounding_precision=6)
        made = f"{spec.name}-{hashlib.sha256(f'{content}|{shape}'.encode()).hexdigest()[:10]}"
        number = 1
        while (made if number == 1 else f"{made}-{number}") in taken:
            number += 1
        values["id"][place] = made if number == 1 else f"{made}-{number}"
        taken.add(str(values["id"][place]))
    n_made = sum(str(one).startswith(f"{spec.name}-") for one in values["id"])
    if n_made:
        faults.append(issue("id_made", Severity.INFO, n=n_made))
