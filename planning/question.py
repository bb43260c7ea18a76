"""What a user has to confirm or choose before a file comes in, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from geo.crs import CANDIDATES, WGS84
from geo.reading import Variant
from layers.exchange.convert import Context, Converted
from layers.exchange.headings import ColumnMap
from layers.exchange.raw import RawFile
from layers.issue import Issue, Severity


class Topic(StrEnum):
    """What a question is about."""

    SHEET = "sheet"
    ENCODING = "encoding"
    COLUMNS = "columns"
    CRS = "crs"
    AXES = "axes"
    OPERATOR = "operator"
    PLACEMENT = "placement"
    MENDING = "mending"
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
    epsg, variant
        System of the coordinates, and what was done otherwise than its code says.
    encoding
        Encoding of the text.
    sheet
        Name of the sheet or layer of the file.
    operator
        Operator of all rows where no column names one; empty for none.
    place_by_hamlet
        False to leave rows without coordinates without a position.
    mend_rows
        False to leave rows whose coordinates fit only in another reading without a position.
    leave_out
        Rows not to be taken.
    is_confirmed
        True once the user has seen the questions and agrees with what is shown.
    """

    columns: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    epsg: int | None = None
    variant: Variant = Variant.PLAIN
    encoding: str | None = None
    sheet: str | None = None
    operator: str | None = None
    place_by_hamlet: bool = True
    mend_rows: bool = True
    leave_out: frozenset[int] = frozenset()
    is_confirmed: bool = False


def to_option(epsg: int, variant: Variant) -> int | str:
    """
    Answer to the question about the system.

    Parameters
    ----------
    epsg, variant
        Code, and what differs from it.

    Returns
    -------
    option
        The code alone where nothing differs, else ``code:variant``.
    """
    return f"{epsg}:{variant.value}" if variant else epsg


def from_option(option: object) -> tuple[int, Variant]:
    """
    Code and variant of an answer.

    Parameters
    ----------
    option
        As made by :func:`to_option`.

    Returns
    -------
    epsg, variant
        Code, and what differs from it.
    """
    epsg, _, variant = str(option).partition(":")
    return int(epsg), Variant(variant)


def questions(
    raw: RawFile,
    columns: ColumnMap,
    converted: Converted,
    context: Context,
    issues: list[Issue],
    answers: Answers,
    *,
    is_named: bool,
) -> list[Question]:
    """
    What the user has to confirm or choose.

    Parameters
    ----------
    raw
        File as read.
    columns
        What its headings mean.
    converted
        Rows of the layer.
    context
        What the office knows beside the file.
    issues
        Faults found.
    answers
        What was answered before; that is not asked again.
    is_named
        True where a table of the file carries the name of the layer itself.

    Returns
    -------
    questions
        With proposals, in the order of the screen.
    """
    found = []
    if len(raw.tables) > 1 and answers.sheet is None and not is_named:
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
    if converted.mended_rows:
        facts = {"n": len(converted.mended_rows)}
        found.append(Question(topic=Topic.MENDING, proposed=True, rows=converted.mended_rows, facts=facts))
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
    near = dict.fromkeys(to_option(one.epsg, one.variant) for one in proposal.candidates)
    options = (*near, *(one for one in CANDIDATES if one not in near))
    own = best is not None and best == proposal.epsg
    chosen = None if best is None else to_option(best, proposal.variant if own else Variant.PLAIN)
    questions = [
        Question(topic=Topic.CRS, proposed=chosen, options=options, facts={"basis": proposal.basis or "none"})
    ]
    if proposal.is_swapped:
        questions.append(Question(topic=Topic.AXES, proposed=True))
    return questions
