"""What a file must answer before it comes in without a dialogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from geo.errors import ColumnError, FileError, InputError
from layers.catalogue import CATALOGUE, spec_of
from layers.exchange.headings import COMPOUND, POSITION
from layers.issue import Issue, Severity
from planning.intake import Preview, Question, Topic

MADE = ("coverage5g",)
"""Filled layers whose rows only the program makes."""
NEEDS_ANSWER = (Topic.SHEET, Topic.ENCODING, Topic.COLUMNS, Topic.CRS, Topic.AXES)
LEFT_EMPTY = (
    "coord_incomplete",
    "position_unknown",
    "position_by_hamlet",
    "hamlet_ambiguous",
    "value_unstated",
    "proposal_incomplete",
)
"""Doubts that without a dialogue are answered by leaving the cell or the position empty."""
FAR = ("place_far", "place_outside_vietnam", "position_outside_vietnam")
"""Doubts that a stated coordinate system settles, unless another zone fits."""


def require_filled(layer: str) -> None:
    """
    Refuse layers that no file fills.

    Parameters
    ----------
    layer
        Layer name.

    Raises
    ------
    InputError
        ``layer_not_importable``.
    """
    if not (spec_of(layer).filled and layer not in MADE):
        known = ", ".join(spec.name for spec in CATALOGUE if spec.filled and spec.name not in MADE)
        raise InputError("layer_not_importable", layer=layer, known=known)


def require_known(mapping: Mapping[str, str | None], shown: Preview) -> None:
    """
    Refuse headings and columns that do not exist.

    Parameters
    ----------
    mapping
        Heading to column, as the user assigned them.
    shown
        The file.

    Raises
    ------
    ColumnError
        ``heading_unknown`` or ``field_unknown``.
    """
    fields = {*(column.name for column in shown.spec.columns), *POSITION, *COMPOUND}
    for heading, field in mapping.items():
        if shown.raw is not None and heading not in shown.raw.headings:
            raise ColumnError("heading_unknown", heading=heading, known=", ".join(shown.raw.headings))
        if field is not None and field not in fields:
            raise ColumnError("field_unknown", field=field, known=", ".join(sorted(fields)))


def require_answers(shown: Preview, path: Path) -> None:
    """
    Raise with every error and every open question, errors first.

    Parameters
    ----------
    shown
        The file as it would come in.
    path
        Where it lies, for the message.

    Raises
    ------
    FileError
        ``import_refused`` or ``import_questions``.
    """
    settled = LEFT_EMPTY if shown.answers.epsg is None else (*LEFT_EMPTY, *FAR)
    errors = [one for one in shown.issues if one.severity is Severity.ERROR]
    doubts = [one for one in shown.issues if one.severity is Severity.ASK and one.code not in settled]
    is_zone_told = any(one.code.startswith("crs_zone_") for one in doubts)
    asked = [
        _as_issue(one)
        for one in shown.questions
        if one.topic in NEEDS_ANSWER and not _is_told(one) and not (one.topic is Topic.CRS and is_zone_told)
    ]
    if doubts or asked:
        code = "import_refused" if errors else "import_questions"
        raise FileError(code, issues=[*errors, *asked, *doubts], file=path.name)


def _is_told(question: Question) -> bool:
    # A title of the file itself names the system, or the things on the ground speak for one alone.
    return question.topic is Topic.CRS and question.facts.get("basis") in ("title", "evidence")


def _as_issue(question: Question) -> Issue:
    options = ", ".join(str(one) for one in question.options[:8])
    proposed = "–" if question.proposed is None else str(question.proposed)
    facts = {"proposed": proposed, "options": options}
    return Issue(code=f"question_{question.topic}", severity=Severity.ASK, facts=facts)


def answered(one: Issue) -> Issue:
    """
    What was open and is written now was answered: the user reads it as a warning.

    Parameters
    ----------
    one
        A fault.

    Returns
    -------
    issue
        The same; a question as a warning.
    """
    return replace(one, severity=Severity.WARNING) if one.severity is Severity.ASK else one
