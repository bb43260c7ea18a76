"""Chỉ tiêu của kế hoạch hôm nay (targets of the plan today)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning.scorecard import job
from planning.text import share_text
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
    parser.add_argument("--commune", default=None, metavar="CODE")


def run(options: argparse.Namespace) -> Result:
    """
    Read every target.

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
    lines = [
        f"{row.id} {job.sentence(row, language)}: "
        + (share_text(row.share, language) if row.share is not None else "–")
        + f" · {job.formula(row, language)}"
        for row in card.rows
    ]
    return 0, job.to_json(card, language), "\n".join(lines)
