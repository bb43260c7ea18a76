"""From cells to a layer's table: values, positions, links to hamlets; every doubt with its row."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crs import WGS84
from geo.reading import Variant
from layers.exchange import cable, complaint, listing, placing, sector
from layers.exchange.context import Context
from layers.exchange.fault import issue
from layers.exchange.hamlet_link import Hamlet, Link, bare_name, find, guess_hamlet
from layers.exchange.headings import POSITION, Aliases, ColumnMap
from layers.exchange.particular import Filled, Rows
from layers.exchange.personal import scrub
from layers.exchange.position import Proposal
from layers.exchange.quantity import heading_unit
from layers.exchange.raw import Cell, RawTable
from layers.exchange.tabular import is_number_text
from layers.exchange.values import Parsed, Value, meaning_elsewhere, operators_in, parse, text_of, word_in
from layers.exchange.word import fold, holds
from layers.issue import Issue, Severity
from layers.spec import ALL_OPERATORS, Column, Geometry, Kind, LayerSpec

__all__ = ("FILE_SPEC", "Context", "Converted", "to_layer")

FILE_SPEC = LayerSpec(
    name="file",
    geometry=Geometry.ANY,
    geometry_required=False,
    filled=False,
    columns=(Column(name="id"), Column(name="name"), Column(name="is_assumed"), Column(name="source")),
)
"""Stands for "any layer" where a file is judged alone; it is in no catalogue."""

_PERSON_LETTERS = 5
_NO_PERSONS = ("id", "site_id", "place_id", "hamlet_id", "is_assumed", "source", "operator", "code")
"""Texts in which no person is looked for."""
_KIND_BY_NAME = ("fiber_node",)
"""Layers that can do without a kind, and whose names often tell it."""
_FORMULA = re.compile(r"[=@]\s*\S|[+-]\s*[A-Za-z_]\w*\s*\(|[+-]\s*cmd\|")
_NOT_FINITE = ("nan", "inf", "infinity")
_KEPT_AS_NOTE = ("value_unknown", "value_unreadable")
"""Faults whose text goes into the note, so that it is not lost with the cell."""
_BY_NAME = ("site", "place", "wifi", "report")
"""Layers whose rows may be placed by the hamlet they name."""

Shapes = npt.NDArray[np.object_]


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
    mended_rows
        Rows whose position rests on another reading of their coordinates than the others.
    checked
        The rows of ``table`` as ``layers.check`` passed them, once it has; errors are left out there.
    """

    table: gpd.GeoDataFrame
    row_numbers: tuple[int, ...]
    issues: tuple[Issue, ...]
    proposal: Proposal
    placed_rows: tuple[int, ...] = ()
    title_operator: str | None = None
    mended_rows: tuple[int, ...] = ()
    checked: gpd.GeoDataFrame | None = None


_PARTICULAR: Mapping[str, Callable[[Rows], Filled]] = MappingProxyType(
    {
        "cell": sector.fill,
        "fiber_span": cable.fill,
        "report": complaint.fill,
        "passive": listing.fill_passive,
        "proposal": listing.fill_proposal,
        "measurement": listing.fill_measurement,
    }
)
"""What completes the rows of single layers."""


def to_layer(
    raw: RawTable,
    spec: LayerSpec,
    columns: ColumnMap,
    context: Context,
    *,
    epsg: int | None = None,
    variant: Variant = Variant.PLAIN,
    source: str | None = None,
    place_by_hamlet: bool = True,
    mend_rows: bool = True,
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
    epsg, variant
        System chosen by the user, or None; what differs from its code.
    source
        Name of the file, kept where the table names no source.
    place_by_hamlet
        False where rows without coordinates are to stay without a position.
    mend_rows
        False where rows whose coordinates fit only in another reading are to stay without a position.

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
    found = placing.place(raw, spec, columns, context, epsg=epsg, variant=variant)
    shapes = found.shapes.copy()
    faults += found.issues
    if not mend_rows:
        shapes[list(found.mended)] = None
    title_operator = _name_operators(values, raw, spec, context, faults)
    faults = _complete(values, shapes, raw, spec, columns, context, faults)
    faults += _absent(values, raw, spec, columns)
    _infer_kind(values, raw, spec, columns, context.aliases, faults)
    placed: list[int] = []
    if spec.name in _BY_NAME and context.hamlets:
        placed = _link_hamlets(values, shapes, raw, spec, context.hamlets, faults, is_placing=place_by_hamlet)
    elif spec.column("hamlet") is not None and context.hamlets:
        _name_hamlets(values, context.hamlets)
    faults += _without_persons(values, raw, spec)
    if "position_basis" in values:
        values["position_basis"] = [
            basis or (None if shape is None else "given")
            for basis, shape in zip(values["position_basis"], shapes, strict=True)
        ]
    if source and "source" in values:
        values["source"] = [value or source for value in values["source"]]
    _make_ids(values, spec, shapes, raw, faults)
    unmapped = [one for one in columns.unmapped if any(_cells(raw, one))]
    faults += [issue("column_unmapped", Severity.INFO, column=heading) for heading in unmapped]
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in values.items()})
    return Converted(
        table=gpd.GeoDataFrame(frame, geometry=list(shapes), crs=WGS84),
        row_numbers=raw.row_numbers,
        issues=tuple(faults),
        proposal=found.proposal,
        placed_rows=tuple(placed),
        title_operator=title_operator,
        mended_rows=tuple(raw.row_numbers[place] for place in found.mended if shapes[place] is not None),
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
        if spec.name != FILE_SPEC.name:
            faults += _formulas(heading, cells, raw.row_numbers)
        column = spec.column(target) if target else None
        if column is None:
            continue
        own = aliases.of(spec.name, column.name)
        is_free = column.kind is Kind.TEXT and not column.vocabulary
        if is_free and not any(one.field == column.name for one in own.values):
            known = values[column.name]
            values[column.name] = [_joined(*one) for one in zip(known, map(text_of, cells), strict=True)]
            continue
        understand = _once(
            partial(parse, column=column, layer=spec.name, aliases=own, unit=heading_unit(heading))
        )
        for place, cell in enumerate(cells):
            parsed = understand(cell)
            values[column.name][place] = _joined(values[column.name][place], parsed.value)
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


def _joined(known: Value, new: Value) -> Value:
    """Texts of several headings that mean one column, in the order of the file."""
    if isinstance(known, str) and isinstance(new, str):
        return f"{known}; {new}"
    return known if new is None else new


def _once(read: Callable[[Cell], Parsed]) -> Callable[[Cell], Parsed]:
    """The same reading, done once for cells that say the same: a list repeats its words."""
    known: dict[tuple[type, Cell], Parsed] = {}

    def remembered(cell: Cell) -> Parsed:
        key = (type(cell), cell)
        if key not in known:
            known[key] = read(cell)
        return known[key]

    return remembered


def _is_word_unknown(parsed: Parsed) -> bool:
    return parsed.fault is not None and parsed.fault.code == "value_unknown"


def _settle(values: dict[str, list[Value]], spec: LayerSpec, implied: Mapping[str, str]) -> None:
    for name, value in implied.items():
        if spec.column(name) is not None:
            values[name] = [one if one is not None else value for one in values[name]]


def _not_finite(heading: str, cells: Sequence[Cell], rows: Sequence[int]) -> list[Issue]:
    words = {cell for cell in cells if isinstance(cell, str) and len(cell) < 12 and not cell[-1:].isdigit()}
    if not any(fold(word) in _NOT_FINITE for word in words):
        return []
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


def _formulas(heading: str, cells: Sequence[Cell], rows: Sequence[int]) -> list[Issue]:
    return [
        issue("cell_formula", Severity.WARNING, row=row, column=heading)
        for row, cell in zip(rows, cells, strict=True)
        if isinstance(cell, str) and cell[0] in "=@+-" and _FORMULA.match(cell)
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


def _name_operators(
    values: dict[str, list[Value]],
    raw: RawTable,
    spec: LayerSpec,
    context: Context,
    faults: list[Issue],
) -> str | None:
    column = next((name for name in ("operators", "operator") if spec.column(name)), None)
    if column is None:
        return None
    names = values[column]
    known: dict[Value, tuple[str, ...]] = {None: (), ALL_OPERATORS: (ALL_OPERATORS,)}
    for place, owner in enumerate(values["owner"]):
        said = names[place] or owner
        if said not in known:
            known[said] = operators_in(str(said) if said else None, context.operators)
        found = known[said]
        if found:
            names[place] = ";".join(found)
        told = spec.name in ("site", "cell") and said and not found
        if told or (found and context.inactive.issuperset(found)):
            code = "operator_unrecognised" if told else "operator_inactive"
            faults.append(issue(code, Severity.WARNING, row=raw.row_numbers[place], value=said))
    if any(names) or any(values["owner"]):
        return None
    if column != "operators" or _name_by_section(values, raw, context):
        return None
    found = operators_in(" ".join(raw.titles), context.operators)
    if len(found) == 1:
        values["operators"] = [found[0]] * len(names)
        _assume(values, range(len(names)), "operators")
    return found[0] if len(found) == 1 else None


def _name_by_section(values: dict[str, list[Value]], raw: RawTable, context: Context) -> bool:
    """Operators that the headings between the rows name, each for the rows under it; True where any does."""
    parts = [
        (one.row, operators_in(one.text, context.operators)) for one in raw.skipped if one.kind == "section"
    ]
    starts = [row for row, _ in parts]
    for place, number in enumerate(raw.row_numbers):
        at = bisect(starts, number) - 1
        if at >= 0 and len(parts[at][1]) == 1:
            values["operators"][place] = parts[at][1][0]
            _assume(values, [place], "operators")
    return any(values["operators"])


def _complete(
    values: dict[str, list[Value]],
    shapes: Shapes,
    raw: RawTable,
    spec: LayerSpec,
    columns: ColumnMap,
    context: Context,
    faults: list[Issue],
) -> list[Issue]:
    """What is particular to the layer, and what its titles say of sharing."""
    own = spec.column("sharing")
    level = next((one.value for one in context.aliases.values
                  if own and one.field == "sharing" and " " in one.alias
                  and holds(fold(" ".join(raw.titles)), one.alias)), None)  # fmt: skip
    if level:
        values["sharing"] = [one or level for one in values["sharing"]]
    step = _PARTICULAR.get(spec.name)
    if step is None:
        return faults
    rows = Rows(
        raw=raw,
        columns=columns,
        values=values,
        shapes=shapes,
        aliases=context.aliases,
        operators=context.operators,
        hamlets=context.hamlets,
        masts=context.masts,
        poles=context.poles,
        near_mast_m=context.near_mast_m,
        is_alone=not context.has_workspace,
    )
    filled = step(rows)
    values.update(filled.values)
    for place, shape in filled.shapes.items():
        shapes[place] = shape
    for place, names in enumerate(filled.assumed):
        for name in sorted(names):
            _assume(values, [place], name)
    kept = [one for one in faults if (one.row, one.column) not in filled.withdrawn]
    return [*kept, *filled.faults]


def _without_persons(values: dict[str, list[Value]], raw: RawTable, spec: LayerSpec) -> list[Issue]:
    """Names and telephone numbers of people are not kept, in whatever text they stand."""
    rows: dict[int, int] = {}
    for column in spec.columns:
        if column.kind is not Kind.TEXT or column.vocabulary or column.name in _NO_PERSONS:
            continue
        texts = values[column.name]
        found = {
            text: scrub(text) for text in set(texts) if isinstance(text, str) and len(text) >= _PERSON_LETTERS
        }
        named = {text: one for text, one in found.items() if one[1]}
        for place, text in enumerate(texts if named else ()):
            if isinstance(text, str) and text in named:
                texts[place], n_removed = named[text]
                rows[raw.row_numbers[place]] = rows.get(raw.row_numbers[place], 0) + n_removed
    return [issue("personal_data_removed", Severity.INFO, row=row, n=n) for row, n in rows.items()]


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
    if column is None or columns.implied.get("kind") or not (column.required or spec.name in _KIND_BY_NAME):
        return
    around = [text_of(cell) for cell in (*raw.titles[:1], raw.name)]
    known: dict[str | None, str | None] = {}
    for place, kind in enumerate(values["kind"]):
        if kind is not None:
            continue
        name = text_of(values["name"][place])
        if name not in known:
            words = (
                word_in(text, field="kind", layer=spec.name, aliases=aliases) for text in (name, *around)
            )
            known[name] = next((word for word in words if word), None)
        found = known[name]
        if found:
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
        if link.hamlet is None and not link.hamlets:
            link = guess_hamlet(texts, hamlets)
            if link.hamlet is not None:
                _note_hamlet(values, place, link.hamlet)
                told.add(row)
                facts = {"value": texts[0], "hamlet": link.hamlet.name}
                faults.append(issue("hamlet_guessed", Severity.ASK, row=row, **facts))
        if link.hamlet is None:
            code = "hamlet_ambiguous" if link.hamlets else "position_unknown"
            faults.append(issue(code, Severity.ASK, row=row, value=texts[0] if texts else ""))
            continue
        if is_gap and row not in told:
            faults.append(issue("position_by_hamlet", Severity.ASK, row=row, value=link.hamlet.name))
        elif row not in told and not is_gap:
            faults.append(issue("position_by_hamlet", Severity.INFO, row=row, value=link.hamlet.name))
        if link.hamlet.point is not None and is_placing:
            shapes[place] = link.hamlet.point
            values["accuracy_m"][place] = link.hamlet.accuracy_m
            if "position_basis" in values:
                values["position_basis"][place] = "hamlet"
            _assume(values, [place], "geometry")
            placed.append(row)
    return placed


def _name_hamlets(values: dict[str, list[Value]], hamlets: tuple[Hamlet, ...]) -> None:
    """Rows of layers that are not placed by their hamlet still say which one they mean."""
    for place, said in enumerate(values["hamlet"]):
        link = find([str(said)], hamlets) if said else Link()
        if link.hamlet is not None:
            _note_hamlet(values, place, link.hamlet)


def _note_hamlet(values: dict[str, list[Value]], place: int, hamlet: Hamlet) -> None:
    if "hamlet" in values:
        values["hamlet"][place] = values["hamlet"][place] or hamlet.name
    if "hamlet_id" in values:
        values["hamlet_id"][place] = values["hamlet_id"][place] or hamlet.id


def _assume(values: dict[str, list[Value]], places: Sequence[int] | range, column: str) -> None:
    for place in places:
        known = [one for one in str(values["is_assumed"][place] or "").split(";") if one]
        values["is_assumed"][place] = ";".join(dict.fromkeys([*known, column]))


def _part_copies(ids: list[Value], raw: RawTable, faults: list[Issue]) -> None:
    """Of rows with one id, those asked about anyway get an id of their own where one is beyond doubt."""
    asked = {one.row for one in faults if one.severity is Severity.ASK and one.row is not None}
    if not asked:
        return
    by_id: dict[Value, list[int]] = {}
    for place, one in enumerate(ids):
        by_id.setdefault(one, []).append(place)
    for name, places in by_id.items():
        copies = [place for place in places if raw.row_numbers[place] in asked]
        if name is None or len(places) - len(copies) != 1:
            continue
        for number, place in enumerate(copies, start=2):
            row = raw.row_numbers[place]
            ids[place] = f"{name}-{number}"
            faults.append(issue("id_repeated", Severity.ASK, row=row, value=name, proposed=ids[place]))


def _make_ids(
    values: dict[str, list[Value]], spec: LayerSpec, shapes: Shapes, raw: RawTable, faults: list[Issue]
) -> None:
    """Rows without an id get one from their content, the same for the same content."""
    column = spec.column("id")
    if column is None or spec.name == "file":
        return
    _part_copies(values["id"], raw, faults)
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
