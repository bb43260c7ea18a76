"""The reminder of a task that is late or due."""

from __future__ import annotations

from collections.abc import Sequence

from geo.errors import InputError
from layers.exchange.paper.block import Paper, Table
from planning.report import head, part
from planning.report.brief import Cover
from planning.task import Standing, Task
from planning.text import day, number, tr

PRESSING = (Standing.LATE, Standing.DUE)


def pressing(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """
    Tasks that a reminder may be written about, the latest first.

    Parameters
    ----------
    tasks
        Tasks in their order.

    Returns
    -------
    tasks
        Those late or due soon.
    """
    return tuple(one for one in tasks if one.standing in PRESSING)


def build(cover: Cover, tasks: Sequence[Task], task_id: str) -> Paper:
    """
    A reminder to the office that leads a task.

    Parameters
    ----------
    cover
        Who writes it, when, in which language.
    tasks
        Tasks of the plan.
    task_id
        Key of the task.

    Returns
    -------
    paper
        A letter of one page.

    Raises
    ------
    InputError
        ``task_unknown``; ``task_not_pressing``: it is neither late nor due.
    """
    known = {one.id: one for one in tasks}
    if task_id not in known:
        raise InputError("task_unknown", task=task_id, known=", ".join(sorted(known)))
    one = known[task_id]
    if one.due_on is None or one.standing not in PRESSING:
        raise InputError("task_not_pressing", task=task_id)
    language = cover.language
    lead = one.lead or tr("report.reminder.nobody", language)
    is_late = one.standing is Standing.LATE
    key = "report.reminder.late" if is_late else "report.reminder.due"
    names = ("clause", "task", "lead", "partners", "due")
    table = Table(
        headings=tuple(tr(f"report.column.{name}", language) for name in names),
        rows=((one.clause, one.text, lead, one.partners or part.DASH, day(one.due_on)),),
        widths=(12, 38, 18, 18, 14),
        size_pt=11.5,
    )
    partners = tuple(who.strip() for who in one.partners.split(";") if who.strip())
    return head.paper(
        cover,
        [
            part.says(cover, "report.reminder.ground", name=cover.name),
            part.says(cover, key, due=day(one.due_on), days=number(abs(one.days or 0), language)),
            table,
            part.says(cover, "report.reminder.ask"),
            part.says(cover, "report.reminder.closing"),
        ],
        subject=tr("report.reminder.subject", language, clause=one.clause),
        addressee=tr("report.addressee", language, who=lead),
        recipients=(tr("report.recipient.above", language), *partners),
    )
