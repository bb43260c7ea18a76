"""A stranger's file on its way in: judged, shown with questions, accepted whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geo.crs import CANDIDATES, WGS84, is_projected
from geo.errors import ColumnError, FileError
from layers.catalogue import spec_of
from layers.check import check
from layers.exchange import guard
from layers.exchange.convert import FILE_SPEC, Context, Converted, to_layer
from layers.exchange.headings import Aliases, ColumnMap, guess
from layers.exchange.raw import Limits, RawFile, RawTable
from layers.exchange.values import text_of
from layers.issue import Issue, Outcome, Severity, worst
from layers.spec import LayerSpec

SAMPLE_ROWS = 8
_SHAPES_JUDGED = ("geometry_", "position_")
"""Codes of ``layers.check`` about shapes, which the reader has judged before in files that hold shapes."""
_ALONE_IGNORED = ("position_outside_vietnam", "geometry_unused")


class Topic(StrEnum):
    """What a question is about."""

    SHEET = "sheet"
    ENCODING = "encoding"
    COLUMNS = "columns"
    CRS = "crs"
    AXES = "axes"
    OPERATOR = "operator"
    PLACEMENT = "placement"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    One thing that the user has to confirm or choose.

    Parameters
    ----------
    topic
        What it is about; texts ``question.<topic>`` exist in every language.
    proposed
        Answer proposed, or None where nothing speaks for any.
    options
        Answers to choose from; empty for yes or no.
    rows
        Rows concerned; empty for the whole file.
    facts
        Values that the text names.
    """

    topic: Topic
    proposed: object = None
    options: tuple[object, ...] = ()
    rows: tuple[int, ...] = ()
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """
    What the user chose; the defaults are the proposals.

    Parameters
    ----------
    columns
        Heading to column of the layer, position field, or None to leave it out.
    epsg
        System of the coordinates.
    encoding
        Encoding of the text.
    sheet
        Name of the sheet or layer of the file.
    operator
        Operator of all rows where no column names one; empty for none.
    place_by_hamlet
        False to leave rows without coordinates without a position.
    leave_out
        Rows not to be taken.
    is_confirmed
        True once the user has seen the questions and agrees with what is shown.
    """

    columns: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    epsg: int | None = None
    encoding: str | None = None
    sheet: str | None = None
    operator: str | None = None
    place_by_hamlet: bool = True
    leave_out: frozenset[int] = frozenset()
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """
    Judgement on a file.

    Parameters
    ----------
    outcome
        What may happen to it.
    n_rows
        Number of rows read.
    issues
        All faults found.
    """

    outcome: Outcome
    n_rows: int
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    A file as it would come in: what a screen shows before anything is written.

    Parameters
    ----------
    name
        Name of the file given by the sender.
    spec
        Layer.
    answers
        What it rests on.
    raw
        Table as read, or None where the file is refused.
    columns
        What the headings mean.
    converted
        Rows of the layer, or None where the file is refused.
    issues
        All faults found, with their rows.
    questions
        What the user has to confirm or choose, with proposals.
    """

    name: str
    spec: LayerSpec
    answers: Answers
    raw: RawTable | None
    columns: ColumnMap
    converted: Converted | None
    issues: tuple[Issue, ...]
    questions: tuple[Question, ...]

    @property
    def outcome(self) -> Outcome:
        """What may happen to the file, rows left out aside."""
        return worst(tuple(one for one in self.issues if one.row not in self.answers.leave_out))

    @property
    def rows(self) -> Mapping[int, Outcome]:
        """What may happen to each row."""
        found: dict[int, list[Issue]] = {row: [] for row in (self.raw.row_numbers if self.raw else ())}
        for one in self.issues:
            if one.row in found:
                found[one.row].append(one)
        return MappingProxyType({row: worst(tuple(issues)) for row, issues in found.items()})

    @property
    def sample(self) -> tuple[tuple[str, ...], ...]:
        """First rows of the table as text, for the user to recognise them."""
        rows = self.raw.rows[:SAMPLE_ROWS] if self.raw else ()
        return tuple(tuple(text_of(cell) or "" for cell in row) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """
    Rows ready for the store.

    Parameters
    ----------
    table
        Rows of the layer, typed, EPSG:4326.
    row_numbers
        Row of each as its user sees it.
    issues
        Warnings and notices that go with them.
    epsg
        System in which coordinates were read, or None without coordinates.
    columns
        Heading to column.
    n_skipped
        Rows of the file that were left out: titles, totals, notes, and those that the user chose.
    """

    table: gpd.GeoDataFrame
    row_numbers: tuple[int, ...]
    issues: tuple[Issue, ...]
    epsg: int | None
    columns: Mapping[str, str | None]
    n_skipped: int


def check_file(
    path: Path,
    *,
    layer: str | None = None,
    epsg: int | None = None,
    area: BaseGeometry | None = None,
    aliases: Aliases,
    operators: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    limits: Mapping[str, float] = MappingProxyType({}),
) -> CheckReport:
    """
    Judge a file; nothing is written and no workspace is needed.

    Parameters
    ----------
    path
        The file.
    layer
        Layer that it is meant for; without it the file is judged alone.
    epsg
        System of its coordinates, where the user knows it.
    area
        Area in which places are expected, EPSG:4326.
    aliases, operators
        Spellings known.
    limits
        Rows of the table of limits.

    Returns
    -------
    report
        Outcome, number of rows and all faults.

    Raises
    ------
    NotFoundError
        There is no such file or layer.
    CrsError
        The system does not exist.
    """
    spec = FILE_SPEC if layer is None else spec_of(layer)
    raw = guard.read(path, limits=Limits.of(limits))
    context = Context(aliases=aliases, operators=operators, area=area)
    issues = list(_file_issues(raw, spec, epsg))
    if not _is_refused(raw):
        for table in raw.tables:
            columns = guess(table.headings, spec, aliases)
            issues += _judged(table, spec, columns, context, Answers(epsg=epsg))[1]
    if layer is not None and raw.format == "tiff":
        issues.append(Issue(code="raster_for_table", severity=Severity.ERROR, layer=layer))
    return CheckReport(
        outcome=worst(tuple(issues)),
        n_rows=sum(len(table.rows) for table in raw.tables),
        issues=_in_order(issues, spec),
    )


def preview(
    path: Path,
    spec: LayerSpec,
    context: Context,
    *,
    answers: Answers | None = None,
    name: str | None = None,
    limits: Mapping[str, float] = MappingProxyType({}),
    raw: RawFile | None = None,
) -> Preview:
    """
    Show how a file would come in.

    Parameters
    ----------
    path
        The file.
    spec
        Layer.
    context
        What the office knows beside the file.
    answers
        What the user chose so far; the proposals unless given.
    name
        Name given by the sender; that of ``path`` unless given.
    limits
        Rows of the table of limits.
    raw
        The file as read before, to spare reading it again after an answer that is not the encoding.

    Returns
    -------
    preview
        Headings, rows, faults and questions. A refused file has faults and no rows.

    Raises
    ------
    NotFoundError
        There is no such file.
    CrsError
        The system chosen does not exist.
    """
    chosen = answers or Answers()
    sender = name or path.name
    read = raw or guard.read(path, name=sender, limits=Limits.of(limits), encoding=chosen.encoding)
    issues = list(_file_issues(read, spec, chosen.epsg))
    if chosen.encoding:
        issues = [one for one in issues if one.code != "encoding_legacy_vn"]
    table = _table_of(read, spec, context.aliases, chosen)
    if _is_refused(read) or table is None:
        columns = ColumnMap(fields=MappingProxyType({}), implied=MappingProxyType({}))
        if table is None and not issues:
            issues.append(Issue(code="raster_for_table", severity=Severity.ERROR))
        return Preview(
            name=sender,
            spec=spec,
            answers=chosen,
            raw=table,
            columns=columns,
            converted=None,
            issues=_in_order(issues, spec),
            questions=(),
        )
    columns = guess(table.headings, spec, context.aliases, overrides=chosen.columns)
    converted, found = _judged(table, spec, columns, context, chosen, source=sender)
    issues += found
    return Preview(
        name=sender,
        spec=spec,
        answers=chosen,
        raw=table,
        columns=columns,
        converted=converted,
        issues=_in_order(issues, spec),
        questions=tuple(_questions(read, columns, converted, context, issues, chosen)),
    )


def accept(shown: Preview, *, operators: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> Accepted:
    """
    Rows of a preview that the user agreed with.

    Parameters
    ----------
    shown
        The preview.
    operators
        Operator id to spellings.

    Returns
    -------
    accepted
        All rows but those left out by the user, ready for the store.

    Raises
    ------
    FileError
        Rows with errors are left (``import_refused``), or questions are open (``import_questions``).
    ColumnError
        A required column is missing (``column_missing``).
    """
    left = tuple(one for one in shown.issues if one.row not in shown.answers.leave_out)
    errors = tuple(one for one in left if one.severity is Severity.ERROR)
    asked = tuple(one for one in left if one.severity is Severity.ASK)
    if errors or shown.converted is None or shown.raw is None:
        raise FileError("import_refused", issues=(*errors, *asked) or left, file=shown.name)
    missing = [one for one in left if one.code == "column_missing"]
    if missing:
        raise ColumnError("column_missing", issues=missing, column=missing[0].facts.get("missing", ""))
    if (asked or shown.questions) and not shown.answers.is_confirmed:
        raise FileError("import_questions", issues=asked, file=shown.name)
    numbers = pd.Series(shown.converted.row_numbers)
    wanted = (~numbers.isin(list(shown.answers.leave_out))).to_numpy()
    table = shown.converted.table[wanted].reset_index(drop=True)
    row_numbers = tuple(numbers[wanted])
    checked = check(table, shown.spec, row_numbers=row_numbers, operators=tuple(operators))
    return Accepted(
        table=checked.rows,
        row_numbers=row_numbers,
        issues=left,
        epsg=shown.converted.proposal.epsg,
        columns=shown.columns.fields,
        n_skipped=int((~wanted).sum()) + len(shown.raw.skipped),
    )


def _judged(
    table: RawTable,
    spec: LayerSpec,
    columns: ColumnMap,
    context: Context,
    answers: Answers,
    *,
    source: str | None = None,
) -> tuple[Converted, list[Issue]]:
    """Rows of the layer from a table, and all that is to be said about them."""
    converted = to_layer(
        table,
        spec,
        columns,
        context,
        epsg=answers.epsg,
        source=source,
        place_by_hamlet=answers.place_by_hamlet,
    )
    converted = _with_operator(converted, answers)
    checked = _checked(converted, spec, table, columns, context.operators)
    return converted, [*converted.issues, *checked.issues, *_unrecognised(columns, table, spec)]


def _is_refused(raw: RawFile) -> bool:
    return not raw.tables


def _file_issues(raw: RawFile, spec: LayerSpec, epsg: int | None) -> list[Issue]:
    """Faults of the reader, seen in the light of the layer and of a system that the user named."""
    issues = []
    for one in raw.issues:
        if epsg is not None and one.code in ("crs_missing", "crs_unknown"):
            continue
        if epsg is not None and one.code == "coord_metres_as_degrees" and is_projected(epsg):
            continue
        if one.code == "geom_null" and not spec.geometry_required and spec.name != FILE_SPEC.name:
            issues.append(Issue(code=one.code, severity=Severity.WARNING, row=one.row, facts=one.facts))
        else:
            issues.append(one)
    return issues


def _checked(
    converted: Converted,
    spec: LayerSpec,
    table: RawTable,
    columns: ColumnMap,
    operators: Mapping[str, tuple[str, ...]],
) -> Converted:
    found = check(converted.table, spec, row_numbers=converted.row_numbers, operators=tuple(operators)).issues
    told = {one.row for one in converted.issues if one.severity in (Severity.ERROR, Severity.ASK)}
    is_judged = table.shapes is not None or converted.proposal.epsg is None
    kept = [
        one
        for one in found
        if not (spec.name == FILE_SPEC.name and one.code in _ALONE_IGNORED)
        and not (
            is_judged
            and one.code.startswith(_SHAPES_JUDGED)
            and one.code not in ("geometry_type", "geometry_mixed")
        )
        and not (one.code == "geometry_missing" and one.row in told)
    ]
    return Converted(
        table=converted.table,
        row_numbers=converted.row_numbers,
        issues=tuple(_as_headed(one, columns) for one in kept),
        proposal=converted.proposal,
    )


def _as_headed(one: Issue, columns: ColumnMap) -> Issue:
    """The fault with the heading of the file, which its reader knows, in place of the layer's column."""
    heading = None if one.column is None else columns.heading_of(one.column)
    if heading is None:
        return one
    words = {"column": one.column} if "allowed" in one.facts else {}
    return replace(one, column=heading, facts={**one.facts, **words})


def _unrecognised(columns: ColumnMap, table: RawTable, spec: LayerSpec) -> list[Issue]:
    """Doubt about a table of which no heading means anything to the layer, and which holds no shapes."""
    meant = [field for field in columns.fields.values() if field]
    if spec.name == FILE_SPEC.name or meant or table.shapes is not None or not table.rows:
        return []
    return [Issue(code="columns_unrecognised", severity=Severity.ASK, facts={"n": len(columns.fields)})]


def _in_order(issues: list[Issue], spec: LayerSpec) -> tuple[Issue, ...]:
    layer = None if spec.name == FILE_SPEC.name else spec.name
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    placed = [
        Issue(
            code=one.code,
            severity=one.severity,
            layer=layer,
            row=one.row,
            column=one.column,
            facts=one.facts,
        )
        for one in issues
    ]
    return tuple(sorted(placed, key=lambda one: (ranks[one.severity], one.row or 0)))


def _table_of(raw: RawFile, spec: LayerSpec, aliases: Aliases, answers: Answers) -> RawTable | None:
    """The sheet chosen, else the one whose headings say most about the layer."""
    named = [table for table in raw.tables if table.name == answers.sheet]
    if named:
        return named[0]

    def n_known(table: RawTable) -> int:
        return sum(one is not None for one in guess(table.headings, spec, aliases).fields.values())

    return max(raw.tables, key=n_known, default=None)


def _with_operator(converted: Converted, answers: Answers) -> Converted:
    if converted.title_operator is None or answers.operator is None:
        return converted
    table = converted.table.copy()
    table["operators"] = answers.operator or None
    return Converted(
        table=table,
        row_numbers=converted.row_numbers,
        issues=converted.issues,
        proposal=converted.proposal,
        placed_rows=converted.placed_rows,
        title_operator=converted.title_operator,
    )


def _questions(
    raw: RawFile,
    columns: ColumnMap,
    converted: Converted,
    context: Context,
    issues: list[Issue],
    answers: Answers,
) -> list[Question]:
    found = []
    if len(raw.tables) > 1 and answers.sheet is None:
        found.append(Question(topic=Topic.SHEET, options=tuple(table.name for table in raw.tables)))
    if raw.encodings and answers.encoding is None:
        found.append(Question(topic=Topic.ENCODING, proposed=raw.encoding, options=raw.encodings))
    if any(one.code in ("column_missing", "geometry_none") for one in issues):
        found.append(Question(topic=Topic.COLUMNS, options=tuple(columns.fields)))
    found += _position_questions(converted, issues)
    if converted.title_operator and answers.operator is None:
        options = tuple(context.operators)
        found.append(Question(topic=Topic.OPERATOR, proposed=converted.title_operator, options=options))
    if converted.placed_rows:
        facts = {"n": len(converted.placed_rows)}
        found.append(Question(topic=Topic.PLACEMENT, proposed=True, rows=converted.placed_rows, facts=facts))
    asked = sorted({one.row for one in issues if one.severity is Severity.ASK and one.row is not None})
    if asked:
        found.append(Question(topic=Topic.ROWS, proposed=True, rows=tuple(asked), facts={"n": len(asked)}))
    return found


def _position_questions(converted: Converted, issues: list[Issue]) -> list[Question]:
    proposal = converted.proposal
    doubted = {"crs_missing", "crs_unknown", "coord_metres_as_degrees", "crs_other_zone"}
    doubt = next((one for one in issues if one.code in doubted), None)
    if not proposal.is_question and doubt is None:
        return []
    best = proposal.epsg
    if doubt is not None and doubt.code == "crs_other_zone":
        proposed = doubt.facts["proposed"]
        best = proposed if isinstance(proposed, int) else best
    elif doubt is not None and doubt.code == "coord_metres_as_degrees" and best == WGS84:
        best = next((one.epsg for one in proposal.candidates if not one.is_swapped), None)
    near = tuple(dict.fromkeys(one.epsg for one in proposal.candidates))
    options = (*near, *(one for one in CANDIDATES if one not in near))
    questions = [
        Question(topic=Topic.CRS, proposed=best, options=options, facts={"basis": proposal.basis or "none"})
    ]
    if proposal.is_swapped:
        questions.append(Question(topic=Topic.AXES, proposed=True))
    return questions
