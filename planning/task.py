"""Tasks of the plan: who does what until when, what is late, and whom to remind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd

from geo.errors import InputError, NotFoundError
from layers.cell import split
from layers.store import Note, RowChange
from layers.store import documents as shelf
from planning import data, edit
from planning.workspace import Workspace

LAYER = "task"


class Standing(StrEnum):
    """How a task stands on a given day."""

    LATE = "late"
    DUE = "due"
    OPEN = "open"
    NO_DEADLINE = "no_deadline"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    One task.

    Parameters
    ----------
    id, clause, text
        Key, clause of the plan, what is to be done.
    lead, partners
        Who leads, and who helps; "" where nobody is named.
    due_on
        Deadline, or None where nobody has entered one.
    standing
        How it stands.
    days
        Days left until the deadline, below 0 where it is past; None without a deadline.
    state
        ``open``, ``doing`` or ``done``, as the office has said.
    cost_mvnd
        Cost [million VND], or None where nobody has named one.
    funding
        Where the money comes from, or "".
    documents
        Files of evidence, as ``digest:kind:name``.
    note
        Remark, or "".
    """

    id: str
    clause: str
    text: str
    lead: str
    partners: str
    due_on: dt.date | None
    standing: Standing
    days: int | None
    state: str
    cost_mvnd: float | None
    funding: str
    documents: tuple[str, ...]
    note: str


def read(workspace: Workspace, *, commune: str | None = None, today: dt.date) -> tuple[Task, ...]:
    """
    Tasks of a workspace.

    Parameters
    ----------
    workspace
        The workspace; where its layer ``task`` is empty, the tasks shipped with the plan stand for it,
        without deadlines.
    commune
        Code of one commune: its own tasks and those of no commune; None: all.
    today
        Present day.

    Returns
    -------
    tasks
        The late ones first, the latest of them first; then those due next; those done last.
    """
    table = workspace.store.read(LAYER)
    rows: Sequence[Mapping[str, object]] = table.to_dict("records") if len(table) else data.task_rows()
    own = [row for row in rows if commune is None or _word(row.get("commune")) in ("", commune)]
    return ranked([_task(row, today) for row in own])


def ranked(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """
    Tasks in the order in which an officer looks at them.

    Parameters
    ----------
    tasks
        In any order.

    Returns
    -------
    tasks
        By standing, then by deadline, then by key.
    """
    order = list(Standing)
    return tuple(
        sorted(
            tasks,
            key=lambda task: (
                order.index(task.standing),
                math.inf if task.days is None else task.days,
                task.id,
            ),
        )
    )


def _task(row: Mapping[str, object], today: dt.date) -> Task:
    due_on = _day(row.get("due_on"))
    days = None if due_on is None else (due_on - today).days
    return Task(
        id=str(row["id"]),
        clause=_word(row.get("clause")),
        text=_word(row.get("text")),
        lead=_word(row.get("lead")),
        partners=_word(row.get("partners")),
        due_on=due_on,
        standing=_standing(_word(row.get("state")), days),
        days=days,
        state=_word(row.get("state")) or "open",
        cost_mvnd=_number(row.get("cost_mvnd")),
        funding=_word(row.get("funding")),
        documents=split(row.get("documents")),
        note=_word(row.get("note")),
    )


def _standing(state: str, days: int | None) -> Standing:
    if state == "done":
        return Standing.DONE
    if days is None:
        return Standing.NO_DEADLINE
    if days < 0:
        return Standing.LATE
    return Standing.DUE if days <= data.setting("task_due_days") else Standing.OPEN


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None


def _day(value: object) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) and value else None


def require_after_plan(due_on: dt.date) -> None:
    """
    Refuse a deadline before the plan began.

    Parameters
    ----------
    due_on
        The deadline.

    Raises
    ------
    InputError
        ``task_before_plan``.
    """
    first = int(data.setting("plan_first_year"))
    if due_on.year < first:
        raise InputError("task_before_plan", due_on=due_on.strftime("%d/%m/%Y"), year=str(first))


def from_plan(workspace: Workspace, *, today: dt.date) -> gpd.GeoDataFrame:
    """
    The tasks shipped with the plan as rows of the layer ``task``.

    Parameters
    ----------
    workspace
        The workspace, which says whether they are sample rows.
    today
        Day noted as that of the rows.

    Returns
    -------
    table
        Without deadlines: these are the office's to enter.
    """
    rows = [
        {**row, "name": row["text"], "state": "open", "as_of": today.isoformat(), "sharing": "internal"}
        | {"is_sample": workspace.is_sample}
        for row in data.task_rows()
    ]
    return gpd.GeoDataFrame(rows, geometry=[None] * len(rows), crs=4326)


def adopt(workspace: Workspace, *, actor: str, now: dt.datetime) -> None:
    """
    Put the tasks of the plan into the workspace, where it has none yet, so that they can be changed.

    Parameters
    ----------
    workspace
        The workspace.
    actor
        Who does it.
    now
        Present moment.
    """
    if workspace.store.count(LAYER) == 0:
        note = Note(
            action="add", actor=actor, at=now.replace(microsecond=0).isoformat(), source="data/targets"
        )
        workspace.store.append({LAYER: from_plan(workspace, today=now.date())}, note=note)


def update(
    workspace: Workspace,
    task_id: str,
    values: Mapping[str, object],
    *,
    actor: str,
    now: dt.datetime,
    reason: str = "",
) -> int:
    """
    Change a task; the earlier values stay in its history.

    Parameters
    ----------
    workspace
        The workspace; the tasks of the plan are taken over into it where it has none.
    task_id
        Key of the task.
    values
        Column to new value, None to empty it.
    actor
        Who does it.
    now
        Present moment.
    reason
        What was done, for the log.

    Returns
    -------
    number
        Number of the change in the history.

    Raises
    ------
    NotFoundError
        ``task_missing``.
    InputError
        ``task_before_plan``, or ``edit_refused`` for values that do not fit.
    """
    due_on = _day(values.get("due_on"))
    if due_on is not None:
        require_after_plan(due_on)
    adopt(workspace, actor=actor, now=now)
    table = workspace.store.read(LAYER)
    seen = table[table["id"] == task_id].reset_index(drop=True)
    if seen.empty:
        raise NotFoundError("task_missing", id=task_id)
    prepared = edit.change(workspace, LAYER, seen, values, today=now.date())
    return edit.keep(workspace, prepared, actor=actor, now=now, reason=reason)


def log(workspace: Workspace, task_id: str) -> tuple[tuple[Note, RowChange], ...]:
    """
    What was done to a task.

    Parameters
    ----------
    workspace
        The workspace.
    task_id
        Key of the task.

    Returns
    -------
    entries
        The last one first: who, when and why, with the row before and after.
    """
    store = workspace.store
    changes = [one for one in store.history() if any(part.layer == LAYER for part in one.layers)]
    return tuple(
        (change.note, row)
        for change in changes
        for row in store.changed_rows(change.number)
        if (row.layer, row.id) == (LAYER, task_id)
    )


def attach(
    workspace: Workspace, task_id: str, content: bytes, name: str, *, actor: str, now: dt.datetime
) -> str:
    """
    Keep a file as evidence of a task.

    Parameters
    ----------
    workspace
        The workspace.
    task_id
        Key of the task.
    content
        The file, byte by byte.
    name
        Its name as given.
    actor
        Who does it.
    now
        Present moment.

    Returns
    -------
    digest
        SHA-256 of the content, under which it is kept.

    Raises
    ------
    FileError
        ``document_large`` or ``document_kind``; nothing is kept.
    NotFoundError
        ``task_missing``.
    """
    most_bytes = int(data.setting("task_document_mb") * 1e6)
    kind = shelf.require(content, name, most_bytes=most_bytes)
    seen = next((one for one in read(workspace, today=now.date()) if one.id == task_id), None)
    if seen is None:
        raise NotFoundError("task_missing", id=task_id)
    digest = shelf.keep(workspace.folder, content)
    line = f"{digest}:{kind}:{name.replace(';', ',')}"
    values = {"documents": ";".join(dict.fromkeys([*seen.documents, line]))}
    update(workspace, task_id, values, actor=actor, now=now, reason=name)
    return digest
