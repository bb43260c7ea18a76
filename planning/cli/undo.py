"""Hoàn tác một thay đổi (take a change back)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning import history
from planning.text import tr
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
    parser.add_argument("number", type=int, metavar="NUMBER", help="số của thay đổi, xem verb history")
    parser.add_argument("--reason", default="", help="lý do, ghi vào lịch sử")


def run(options: argparse.Namespace) -> Result:
    """
    Undo.

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
    number = history.undo(
        workspace, options.number, actor=options.actor, now=dt.datetime.now(dt.UTC), reason=options.reason
    )
    text = tr("history.undo.done", options.language, number=options.number)
    return 0, {"undone": options.number, "number": number}, text
