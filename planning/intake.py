"""A stranger's file on its way in: judged, shown with questions, accepted whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geo.crs import is_projected
from geo.errors import ColumnError, FileError
from geo.reading import Variant
from layers.catalogue import spec_of
from layers.check import check
from layers.exchange import guard
from layers.exchange.convert import FILE_SPEC, Context, Converted, to_layer
from layers.exchange.headings import Aliases, ColumnMap, guess
from layers.exchange.paired import with_pairs
from layers.exchange.placing import apart
from layers.exchange.raw import Limits, RawFile, RawTable
from layers.exchange.values import text_of
from layers.issue import Issue, Outcome, Severity, worst
from layers.spec import Geometry, LayerSpec
from planning import plausible
from planning.question import Answers, Question, Topic, questions

__all__ = (
    "ANTENNA_FORMAT",
    "SAMPLE_ROWS",
    "Accepted",
    "Answers",
    "CheckReport",
    "Decision",
    "Preview",
    "Question",
    "Topic",
    "accept",
    "check_file",
    "preview",
)

SAMPLE_ROWS = 8
_SHAPES_JUDGED = ("geometry_", "position_")
"""Codes of ``layers.check`` about shapes, which the reader has judged before in files that hold shapes."""
ANTENNA_FORMAT = "msi"
"""Antennas are no rows of a layer; the reader has judged them whole."""
_ALONE_IGNORED = ("position_outside_vietnam", "geometry_unused")


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
    aside
        Rows whose shapes belong to another layer: its name and the rows for it.
    decodings
        First rows of the text in each encoding in question, to choose by reading.
    sha256
        Digest of the file as it came, hexadecimal.
    is_remembered
        True where the meaning of the headings was kept from an earlier file.
    """

    name: str
    spec: LayerSpec
    answers: Answers
    raw: RawTable | None
    columns: ColumnMap
    converted: Converted | None
    issues: tuple[Issue, ...]
    questions: tuple[Question, ...]
    aside: tuple[str, Converted] | None = None
    decodings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    sha256: str = ""
    is_remembered: bool = False

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
class Decision:
    """
    How the coordinates of a file were read, for the record.

    Parameters
    ----------
    declared
        Code that the file itself names, or None.
    detected
        Code that fits best by the place, or None.
    chosen, variant
        What was taken.
    basis
        What spoke for it (see ``Proposal``).
    encoding
        Encoding of the text, empty for formats that have none.
    n_mended
        Rows read another way than the others.
    """

    declared: int | None
    detected: int | None
    chosen: int | None
    variant: Variant
    basis: str
    encoding: str
    n_mended: int


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
    aside
        Layer to rows that belong there instead.
    decision
        How the coordinates were read and on whose word.
    sha256
        Digest of the file as it came, hexadecimal.
    licence
        Whose data these are and under which terms, where the format tells.
    """

    table: gpd.GeoDataFrame
    row_numbers: tuple[int, ...]
    issues: tuple[Issue, ...]
    epsg: int | None
    columns: Mapping[str, str | None]
    n_skipped: int
    aside: Mapping[str, gpd.GeoDataFrame] = field(default_factory=lambda: MappingProxyType({}))
    decision: Decision | None = None
    sha256: str = ""
    licence: str = ""


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
    if not _is_refused(raw) and raw.format != ANTENNA_FORMAT:
        for table in raw.tables:
            columns = with_pairs(guess(table.headings, spec, aliases), table)
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
    issues = [one for one in issues if one.facts.get("sheet", table.name) == table.name]
    sender_credited = f"{sender} · {table.licence}" if table.licence else sender
    guessed = guess(table.headings, spec, context.aliases, overrides=chosen.columns)
    columns = with_pairs(guessed, table, given=chosen.columns)
    own, others, sibling = apart(table, spec)
    converted, found = _judged(own, spec, columns, context, chosen, source=sender_credited)
    issues += found
    aside = None
    if sibling is not None:
        aside, more = _aside(others, sibling, context, chosen, source=sender_credited)
        issues += more
    return Preview(
        name=sender,
        spec=spec,
        answers=chosen,
        raw=table,
        columns=columns,
        converted=converted,
        issues=_in_order(issues, spec),
        questions=tuple(
            questions(read, columns, converted, context, issues, chosen, is_named=table.name == spec.name)
        ),
        aside=None if aside is None or sibling is None else (sibling, aside),
        decodings=read.decodings,
        sha256=read.sha256,
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
    rows = shown.converted.checked
    if rows is None or len(rows) != len(table):
        rows = check(table, shown.spec, row_numbers=row_numbers, operators=tuple(operators)).rows
    return Accepted(
        table=rows,
        row_numbers=row_numbers,
        issues=left,
        epsg=shown.converted.proposal.epsg,
        columns=shown.columns.fields,
        n_skipped=int((~wanted).sum()) + len(shown.raw.skipped),
        aside=MappingProxyType(_taken_aside(shown, operators)),
        decision=_decision(shown),
        sha256=shown.sha256,
        licence=shown.raw.licence,
    )


def _decision(shown: Preview) -> Decision | None:
    if shown.converted is None or shown.raw is None:
        return None
    proposal = shown.converted.proposal
    return Decision(
        declared=shown.raw.epsg if shown.raw.is_crs_declared else None,
        detected=next((one.epsg for one in proposal.candidates), None),
        chosen=proposal.epsg,
        variant=proposal.variant,
        basis=proposal.basis,
        encoding=shown.answers.encoding or "",
        n_mended=len(set(shown.converted.mended_rows) - shown.answers.leave_out),
    )


def _taken_aside(shown: Preview, operators: Mapping[str, tuple[str, ...]]) -> dict[str, gpd.GeoDataFrame]:
    if shown.aside is None:
        return {}
    layer, rows = shown.aside
    wanted = [number not in shown.answers.leave_out for number in rows.row_numbers]
    table = rows.table[wanted].reset_index(drop=True)
    return {layer: check(table, spec_of(layer), operators=tuple(operators)).rows}


def _aside(
    table: RawTable, layer: str, context: Context, answers: Answers, *, source: str
) -> tuple[Converted, list[Issue]]:
    """Rows for the sibling layer, each with a notice that it goes there."""
    spec = spec_of(layer)
    columns = guess(table.headings, spec, context.aliases)
    alone = replace(answers, columns=MappingProxyType({}))
    converted, found = _judged(table, spec, columns, context, alone, source=source)
    told = [
        Issue(code="row_other_layer", severity=Severity.WARNING, row=row, facts={"other": f"layer.{layer}"})
        for row in table.row_numbers
    ]
    return converted, [*(one for one in found if one.row is not None), *told]


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
        variant=answers.variant,
        source=source,
        place_by_hamlet=answers.place_by_hamlet,
        mend_rows=answers.mend_rows,
    )
    converted = _with_operator(converted, answers)
    possible, doubts = plausible.of_rows(converted.table, spec, converted.row_numbers)
    converted = replace(converted, table=possible)
    checked = _checked(converted, spec, table, columns, context.operators)
    converted = replace(converted, checked=checked.checked)
    told = [_as_headed(one, columns) for one in doubts]
    return converted, [*converted.issues, *told, *checked.issues, *_unrecognised(columns, table, spec)]


def _is_refused(raw: RawFile) -> bool:
    return not raw.tables


def _file_issues(raw: RawFile, spec: LayerSpec, epsg: int | None) -> list[Issue]:
    """Faults of the reader, seen in the light of the layer and of a system that the user named."""
    issues = []
    for one in raw.issues:
        if one.code == "geom_mixed" and spec.geometry is Geometry.ANY and spec.name != FILE_SPEC.name:
            continue
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
    checked = check(converted.table, spec, row_numbers=converted.row_numbers, operators=tuple(operators))
    told = {one.row for one in converted.issues if one.severity in (Severity.ERROR, Severity.ASK)}
    is_judged = table.shapes is not None or converted.proposal.epsg is None
    kept = [
        one
        for one in checked.issues
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
        checked=checked.rows,
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
    once = {(one.code, one.row, one.column): one for one in reversed(issues) if one.row is not None}
    kept = [one for one in issues if one.row is None or once[one.code, one.row, one.column] is one]
    placed = [replace(one, layer=layer) for one in kept]
    return tuple(sorted(placed, key=lambda one: (ranks[one.severity], one.row or 0)))


def _table_of(raw: RawFile, spec: LayerSpec, aliases: Aliases, answers: Answers) -> RawTable | None:
    """The sheet chosen, else the one whose headings say most about the layer."""
    wanted = answers.sheet or spec.name
    named = [table for table in raw.tables if table.name == wanted]
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
    return replace(converted, table=table)
