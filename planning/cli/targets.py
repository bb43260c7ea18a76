"""Chỉ tiêu của kế hoạch hôm nay (targets of the plan today)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning.scorecard import job
from planning.text import share_text
from planning.workspace import Workspace, open_workspace

Result = tuple[int, object, str]
EACH = "all"
HEADLINE = "T5a"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--commune", default=None, metavar="CODE", help="mã xã; all: từng xã của thành phố")


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
    language, now = options.language, dt.datetime.now(dt.UTC)
    if options.commune == EACH:
        return _city(workspace, now, language)
    card = job.run(workspace, commune=options.commune, now=now)
    lines = [
        f"{row.id} {job.sentence(row, language)}: "
        + (share_text(row.share, language) if row.share is not None else "–")
        + f" · {job.formula(row, language)}"
        for row in card.rows
    ]
    return 0, job.to_json(card, language), "\n".join(lines)


def _city(workspace: Workspace, now: dt.datetime, language: str) -> Result:
    """Every commune of a city, the least covered first."""
    cards = job.city(workspace, now=now)
    shares = {
        code: next((row.share for row in card.rows if row.id == HEADLINE), None)
        for code, card in cards.items()
    }
    order = sorted(cards, key=lambda code: (shares[code] is None, shares[code] or 0.0, code))
    told = [(code, shares[code]) for code in order]
    lines = [f"{code}: {share_text(share, language)}" for code, share in told if share is not None]
    record = [{"commune": code, **job.to_json(cards[code], language)} for code in order]
    return 0, {"communes": record}, "\n".join(lines)
