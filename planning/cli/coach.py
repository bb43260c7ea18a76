"""Gọi ai hôm nay: ai còn thiếu số liệu gì, đổi được mấy điểm (whom to call today)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning.scorecard import job
from planning.text import number, tr
from planning.workspace import open_workspace

Result = tuple[int, object, str]
SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--commune", default=None, metavar="CODE")


def run(options: argparse.Namespace) -> Result:
    """
    Rank whom to ask.

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
    card = job.run(workspace, commune=options.commune, now=dt.datetime.now(dt.UTC))
    language = options.language
    lines = []
    for rank, call in enumerate(card.calls[:SHOWN], start=1):
        points = number(100 * call.share, language, digits=1)
        lines.append(
            tr("cli.coach.call", language, rank=rank, who=job.who(call.asked, language), points=points)
        )
        lines += [f"   - {row.id}: {job.missing_text(missing, language)}" for row, missing in call.wants[:3]]
    return 0, {"calls": job.calls_json(card, language)}, "\n".join(lines)
