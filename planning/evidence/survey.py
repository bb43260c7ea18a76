"""Surveys: what is asked of each hamlet and of the commune, judged before it is kept."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import InputError
from layers.issue import Issue, Severity
from layers.store import Batch, Note
from planning import data
from planning.scorecard.row import Target
from planning.workspace import Workspace

LAYER = "survey"
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    One number that is asked for.

    Parameters
    ----------
    indicator
        Its name; its text is ``survey.<indicator>``.
    whole
        What it is a part of: a column of the layer ``hamlet``, or another question of the commune; "" where
        it stands alone.
    by_hamlet
        True where each hamlet answers, False where the commune does.
    """

    indicator: str
    whole: str
    by_hamlet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One answer.

    Parameters
    ----------
    indicator
        What was asked.
    hamlet_id
        Hamlet, or "" for the commune.
    value
        Number told.
    surveyed_on
        Day to which it belongs.
    row, heading
        Row and heading in the file it came from, or None and "".
    """

    indicator: str
    hamlet_id: str
    value: float
    surveyed_on: dt.date
    row: int | None = None
    heading: str = ""


def questions(targets: Sequence[Target]) -> tuple[Question, ...]:
    """
    Numbers that the targets need from people.

    Parameters
    ----------
    targets
        Targets of the workspace.

    Returns
    -------
    questions
        In the order of the targets, each once: the number, then what it is a part of where the commune tells
        that too.
    """
    found: dict[str, Question] = {}
    for target in targets:
        part, _, whole = target.argument.partition("/")
        if target.indicator == "survey":
            found.setdefault(part, Question(indicator=part, whole=whole, by_hamlet=True))
        elif target.indicator == "commune":
            found.setdefault(part, Question(indicator=part, whole=whole, by_hamlet=False))
            found.setdefault(whole, Question(indicator=whole, whole="", by_hamlet=False))
        elif target.indicator == "number":
            found.setdefault(part, Question(indicator=part, whole="", by_hamlet=False))
    return tuple(found.values())


def judge(
    workspace: Workspace, entries: Sequence[Entry], asked: Sequence[Question], *, today: dt.date
) -> tuple[Issue, ...]:
    """
    Faults of answers, before anything is written.

    Parameters
    ----------
    workspace
        The workspace.
    entries
        The answers.
    asked
        What is asked for.
    today
        Present day.

    Returns
    -------
    issues
        Errors: a negative number, more than all of it, a day in the future, a hamlet or a question nobody
        knows, two answers for one day, given here or kept before. Warnings: a hamlet whose whole is not
        known, so that the answer moves no share yet; a day before the plan.
    """
    hamlets = workspace.store.read("hamlet").set_index("id", drop=False)
    by_name = {question.indicator: question for question in asked}
    kept = _kept(workspace)
    here: dict[tuple[str, str, str], float] = {}
    issues = []
    for entry in entries:
        key = (entry.indicator, entry.hamlet_id, entry.surveyed_on.isoformat())
        earlier = here.get(key, kept.get(key))
        here[key] = entry.value
        question = by_name.get(entry.indicator)
        if question is None:
            known = ", ".join(by_name)
            issues.append(_issue("survey_question_unknown", entry, name=entry.indicator, known=known))
            continue
        issues += [_issue(code, entry, **facts) for code, facts in _of_entry(entry, earlier, today)]
        issues += _of_whole(entry, question, hamlets, entries)
    return tuple(issues)


def _of_entry(
    entry: Entry, earlier: float | None, today: dt.date
) -> Iterator[tuple[str, Mapping[str, object]]]:
    day = entry.surveyed_on.strftime("%d/%m/%Y")
    if not math.isfinite(entry.value) or entry.value < 0:
        yield "survey_negative", {"value": entry.value}
    if entry.surveyed_on > today:
        yield "survey_future", {"day": day}
    if entry.surveyed_on.year < data.setting("plan_first_year"):
        yield "survey_before_plan", {"day": day}
    if earlier is not None and abs(earlier - entry.value) > ROUNDING:
        yield "survey_twice", {"day": day, "earlier": earlier, "value": entry.value}


def _of_whole(
    entry: Entry, question: Question, hamlets: gpd.GeoDataFrame, entries: Sequence[Entry]
) -> list[Issue]:
    if question.by_hamlet:
        if entry.hamlet_id not in hamlets.index:
            return [_issue("survey_hamlet_unknown", entry, name=entry.hamlet_id)]
        row = hamlets.loc[entry.hamlet_id]
        whole = _number(row[question.whole])
        name = str(row["name"])
        if whole is None or whole == 0:
            return [_issue("survey_no_whole", entry, name=name, column=question.whole)]
        facts = {"name": name, "value": entry.value, "whole": whole}
        return [_issue("survey_above_whole", entry, **facts)] if entry.value > whole else []
    whole = next(
        (one.value for one in entries if one.indicator == question.whole and not one.hamlet_id), None
    )
    if whole is None or entry.value <= whole:
        return []
    return [_issue("survey_above_whole", entry, name="", value=entry.value, whole=whole)]


def _issue(code: str, entry: Entry, **facts: object) -> Issue:
    soft = code in ("survey_no_whole", "survey_before_plan")
    return Issue(
        code=code,
        severity=Severity.WARNING if soft else Severity.ERROR,
        layer=LAYER,
        row=entry.row,
        column=entry.heading or None,
        facts={"indicator": entry.indicator, **facts},
    )


def _kept(workspace: Workspace) -> dict[tuple[str, str, str], float]:
    table = workspace.store.read(LAYER)
    columns = (table[name] for name in ("indicator", "hamlet_id", "surveyed_on", "value"))
    return {
        (str(indicator), hamlet if isinstance(hamlet, str) else "", str(day)): float(value)
        for indicator, hamlet, day, value in zip(*columns, strict=True)
        if not pd.isna(value)
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float, np.number)) and value == value else None


def keep(
    workspace: Workspace,
    entries: Sequence[Entry],
    issues: Sequence[Issue],
    *,
    source: str,
    actor: str,
    now: dt.datetime,
) -> int:
    """
    Add answers to the layer ``survey``; earlier rounds stay.

    Parameters
    ----------
    workspace
        The workspace.
    entries
        The answers.
    issues
        What :func:`judge` found of them.
    source
        Where they come from.
    actor
        Who does it.
    now
        Present moment.

    Returns
    -------
    n_rows
        Rows written; an answer that is there already with the same number is written once.

    Raises
    ------
    InputError
        ``survey_refused``: one of them has an error; nothing is written.
    """
    errors = [issue for issue in issues if issue.severity is Severity.ERROR]
    if errors:
        raise InputError("survey_refused", issues=errors, n=len(errors))
    today = now.date().isoformat()
    rows = {
        f"ks-{entry.indicator}-{entry.hamlet_id or 'xa'}-{entry.surveyed_on.isoformat()}": entry
        for entry in entries
    }
    table = gpd.GeoDataFrame(
        [
            {
                "id": key,
                "indicator": entry.indicator,
                "hamlet_id": entry.hamlet_id or None,
                "value": entry.value,
                "surveyed_on": entry.surveyed_on.isoformat(),
                "source": source,
                "as_of": today,
                "sharing": "internal",
                "is_sample": workspace.is_sample,
            }
            for key, entry in rows.items()
        ],
        geometry=[None] * len(rows),
        crs=4326,
    )
    if len(table):
        note = Note(action="survey", actor=actor, at=now.replace(microsecond=0).isoformat(), source=source)
        workspace.store.commit({LAYER: Batch(rows=table)}, note=note)
    return len(table)


def latest(workspace: Workspace, asked: Sequence[Question], *, today: dt.date) -> pd.DataFrame:
    """
    The last answer of each hamlet to each question, to begin a new round from.

    Parameters
    ----------
    workspace
        The workspace.
    asked
        What is asked for.
    today
        Present day; later answers are left out.

    Returns
    -------
    table
        A row for each hamlet, indexed by its id: its name, then the questions by hamlet as columns.
    """
    hamlets = workspace.store.read("hamlet")
    rows = workspace.store.read(LAYER)
    rows = rows[rows["surveyed_on"].fillna("").astype(str) <= today.isoformat()].sort_values("surveyed_on")
    frame = pd.DataFrame({"name": hamlets["name"].to_numpy()}, index=pd.Index(hamlets["id"], name="id"))
    for question in asked:
        if question.by_hamlet:
            own = rows[rows["indicator"] == question.indicator].groupby("hamlet_id")["value"].last()
            told = own.reindex(frame.index).to_numpy(dtype=np.float64, na_value=np.nan)
            frame[question.indicator] = told
    return frame
