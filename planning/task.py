"""Tasks of the plan: who does what until when, what is late, and whom to remind."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd

from geo.errors import InputError
from planning import data
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
    """

    id: str
    clause: str
    text: str
    lead: str
    partners: str
    due_on: dt.date | None
    standing: Standing
    days: int | None


def read(workspace: Workspace, *, today: dt.date) -> tuple[Task, ...]:
    """
    Tasks of a workspace.

    Parameters
    ----------
    workspace
        The workspace; where its layer ``task`` is empty, the tasks shipped with the plan stand for it,
        without deadlines.
    today
        Present day.

    Returns
    -------
    tasks
        The late ones first, the latest of them first; then those due next; those done last.
    """
    table = workspace.store.read(LAYER)
    rows: Sequence[Mapping[str, object]] = table.to_dict("records") if len(table) else data.task_rows()
    return ranked([_task(row, today) for row in rows])


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
