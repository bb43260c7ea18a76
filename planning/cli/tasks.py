"""Nhiệm vụ của kế hoạch: việc muộn, việc sắp đến hạn (tasks of the plan: late and due)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning import task
from planning.text import day, tr
from planning.workspace import open_workspace

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--today", type=dt.date.fromisoformat, default=None, metavar="YYYY-MM-DD")
    parser.add_argument("--commune", default=None, metavar="CODE")


def run(options: argparse.Namespace) -> Result:
    """
    List the tasks.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    workspace = open_workspace(options.workspace)
    today = options.today or dt.datetime.now(dt.UTC).date()
    found = task.read(workspace, commune=options.commune, today=today)
    language = options.language
    records = [
        {
            "id": one.id,
            "clause": one.clause,
            "text": one.text,
            "lead": one.lead,
            "partners": one.partners,
            "due_on": None if one.due_on is None else one.due_on.isoformat(),
            "standing": str(one.standing),
            "days": one.days,
            "state": one.state,
            "cost_mvnd": one.cost_mvnd,
            "funding": one.funding,
            "documents": list(one.documents),
            "note": one.note,
        }
        for one in found
    ]
    lines = [
        f"{tr(f'task.{one.standing}', language)} · {one.id} {one.text}"
        + (f" · {day(one.due_on)}" if one.due_on is not None else "")
        + f" · {one.lead}"
        for one in found
    ]
    return 0, {"date": today.isoformat(), "tasks": records}, "\n".join(lines)
