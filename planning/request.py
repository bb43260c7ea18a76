"""What is missing and who has it: a letter and pre-filled forms for each operator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo.errors import InputError
from layers.catalogue import spec_of
from layers.exchange.paper.block import Paper, Paragraph, Table
from layers.exchange.paper.word import write_word
from layers.exchange.template import CellValue, Form, plain_words, write_form
from layers.rule.subject import items, words
from layers.spec import Column, Kind, LayerSpec
from planning import data, rulebook, template
from planning.report.brief import Cover
from planning.report.head import LETTERHEADS, paper
from planning.text import number, tr
from planning.workspace import Workspace, file_slug

LAYERS = ("site", "cell", "fiber_node", "fiber_span", "wifi")
"""Layers that operators fill, in the order in which they are asked for."""
ALWAYS = ("id", "name", "site_id", "technology", "technologies", "start_node", "end_node")
"""Columns that a form shows beside those asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """
    Something that an operator is asked for.

    Parameters
    ----------
    layer
        Layer name.
    column
        Column, or None for the rows themselves: the data set holds none of this operator.
    n_missing, n_rows
        Rows of the operator without a value, and all of its rows.
    """

    layer: str
    column: str | None
    n_missing: int
    n_rows: int


def operators(workspace: Workspace) -> tuple[str, ...]:
    """
    Operators that are expected to hand in data.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    operators
        Ids: of a sample the fictional ones.
    """
    known = data.operators()
    return tuple(row.id for row in known if row.is_sample == workspace.is_sample and row.bands)


def rows_of(workspace: Workspace, layer: str, operator: str) -> gpd.GeoDataFrame:
    """
    Rows that an operator may see and complete: those that are its own.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name.
    operator
        Operator id.

    Returns
    -------
    rows
        Rows where it is among the operators; rows private to operators only where it is the only one.
    """
    table = workspace.store.read(layer)
    who = [items(text) for text in words(table, "operators")]
    private = words(table, "sharing") == "operator"
    wanted = [
        one == {operator} if is_private else operator in one
        for one, is_private in zip(who, private, strict=True)
    ]
    return table[pd.Series(wanted, index=table.index, dtype=bool)].reset_index(drop=True)


def needs(workspace: Workspace, operator: str) -> tuple[Need, ...]:
    """
    What the data set lacks of an operator.

    Parameters
    ----------
    workspace
        The workspace.
    operator
        Operator id.

    Returns
    -------
    needs
        By layer; within a layer in the order of the columns asked for.

    Raises
    ------
    InputError
        ``operator_unknown``: there is no such operator.
    """
    known = [row.id for row in data.operators()]
    if operator not in known:
        raise InputError("operator_unknown", operator=operator, known=", ".join(known))
    found = []
    for layer in LAYERS:
        rows = rows_of(workspace, layer, operator)
        if rows.empty:
            found.append(Need(layer=layer, column=None, n_missing=0, n_rows=0))
            continue
        for column in _asked(layer):
            n = int(rows[column].isna().sum())
            if n:
                found.append(Need(layer=layer, column=column, n_missing=n, n_rows=len(rows)))
    return tuple(found)


def _asked(layer: str) -> tuple[str, ...]:
    rows = rulebook.asked_columns()
    return tuple(column for one, column, whom in rows if one == layer and whom == "operator")


def write(
    workspace: Workspace, operator: str, folder: Path, *, language: str, now: dt.datetime
) -> tuple[Path, ...]:
    """
    Write the letter to an operator and one form for each layer of which something is missing.

    Parameters
    ----------
    workspace
        The workspace.
    operator
        Operator id.
    folder
        Folder that exists.
    language
        ``vi`` or ``en``.
    now
        Moment of writing.

    Returns
    -------
    paths
        The letter first. The forms come back through the import with ``--update``.

    Raises
    ------
    InputError
        ``operator_unknown``; ``request_nothing``: nothing is missing.
    """
    asked = needs(workspace, operator)
    if not asked:
        raise InputError("request_nothing", operator=operator)
    start = f"{file_slug(workspace.name)}_{operator}"
    letter = folder / f"{start}_{tr('request.file', language)}.docx"
    write_word(_letter(workspace, operator, asked, language, now), letter)
    paths = [letter]
    for layer in dict.fromkeys(need.layer for need in asked):
        path = folder / f"{start}_{layer}.xlsx"
        write_form(_form(workspace, layer, operator, language, now), path)
        paths.append(path)
    return tuple(paths)


def _form(workspace: Workspace, layer: str, operator: str, language: str, now: dt.datetime) -> Form:
    """A form with the rows that are known; what is missing is marked."""
    spec = spec_of(layer)
    rows = rows_of(workspace, layer, operator)
    shown = template.columns(spec)
    if len(rows):
        wanted = {*ALWAYS, *_asked(layer), "as_of", *(c.name for c in shown if c.required)}
        shown = tuple(column for column in shown if column.name in wanted)
    columns = template.form_columns(spec, shown, language)
    cells = [_cells(row, spec, shown, language) for row in rows.to_dict("records")]
    if not cells:
        today = now.date()
        cells = [template.example(spec, language, workspace=workspace, today=today)]
    places = {column.name: place for place, column in enumerate(shown)}
    asked = {
        (number_, places[name])
        for number_, row in enumerate(cells)
        for name in _asked(layer)
        if name in places and row[places[name]] is None
    }
    return Form(
        title=tr(f"layer.{layer}", language),
        columns=columns,
        rows=tuple(cells),
        now=now,
        asked=frozenset(asked),
        messages=(tr("template.wrong.title", language), tr("template.wrong", language)),
    )


def _cells(
    row: dict[str, object], spec: LayerSpec, shown: Sequence[Column], language: str
) -> tuple[CellValue, ...]:
    values = [_cell(row[column.name], column, language) for column in shown if column.name != "as_of"]
    at = next(place for place, column in enumerate(shown) if column.name == "as_of")
    values.insert(at, None)
    return (*values, *template.place_cells(row["geometry"], spec))


def _cell(value: object, column: Column, language: str) -> CellValue:
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if column.name in ("operators", "operator"):
        names = {row.id: row.names[language] for row in data.operators()}
        return "; ".join(names.get(one, one) for one in sorted(items(str(value))))
    if column.vocabulary:
        parts = [tr(f"value.{column.name}.{one}", language) for one in str(value).split(";")]
        return "; ".join(plain_words(parts))
    if column.kind is Kind.BOOLEAN:
        return tr("common.yes" if value else "common.no", language)
    if column.kind is Kind.DATE:
        return dt.date.fromisoformat(str(value)[:10])
    if column.kind in (Kind.INTEGER, Kind.REAL):
        whole = float(str(value))
        return int(whole) if whole.is_integer() else whole
    return str(value)


def _letter(
    workspace: Workspace, operator: str, asked: Sequence[Need], language: str, now: dt.datetime
) -> Paper:
    """The letter, under the letterhead of the committee (NĐ 30/2020/NĐ-CP)."""
    name = next(row.names[language] for row in data.operators() if row.id == operator)
    rows = [
        (str(place_ + 1), tr(f"layer.{need.layer}", language), _what(need, language))
        for place_, need in enumerate(asked)
    ]
    texts = {
        key: tr(f"request.{key}", language, name=workspace.name, operator=name)
        for key in ("subject", "addressee", *_OPENING, *_CLOSING)
    }
    table = Table(
        headings=tuple(tr(f"request.table.{key}", language) for key in ("number", "layer", "what")),
        rows=tuple(rows),
        widths=(8, 32, 60),
        size_pt=12.0,
    )
    cover = Cover(
        name=workspace.name,
        letterhead=LETTERHEADS[0],
        is_sample=workspace.is_sample,
        now=now,
        language=language,
    )
    return paper(
        cover,
        [
            *(Paragraph(text=texts[key]) for key in _OPENING),
            table,
            *(Paragraph(text=texts[key]) for key in _CLOSING),
        ],
        subject=texts["subject"],
        addressee=texts["addressee"],
        recipients=(tr("report.recipient.above", language),),
    )


def lines(asked: Sequence[Need], language: str) -> tuple[str, ...]:
    """
    What is asked for, one line for each layer.

    Parameters
    ----------
    asked
        As of :func:`needs`.
    language
        ``vi`` or ``en``.

    Returns
    -------
    lines
        The layer, then what it lacks.
    """
    layers = dict.fromkeys(need.layer for need in asked)
    return tuple(
        f"{tr(f'layer.{layer}', language)}: "
        + "; ".join(_what(need, language) for need in asked if need.layer == layer)
        for layer in layers
    )


_OPENING = ("opening.ground", "opening.ask")
_CLOSING = ("closing.how", "closing.secret", "closing.thanks")


def _what(need: Need, language: str) -> str:
    if need.column is None:
        return tr("request.all", language)
    missing, total = (number(n, language) for n in (need.n_missing, need.n_rows))
    title = tr(f"column.{need.column}", language)
    return tr("request.column", language, title=title, missing=missing, total=total)
