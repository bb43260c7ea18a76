"""Khôi phục từ một tệp sao lưu; trạng thái trước đó được sao lưu (put a backup back)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning import history
from planning.text import tr

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("file", type=Path, metavar="FILE")


def run(options: argparse.Namespace) -> Result:
    """
    Restore; where there is no workspace yet, make one.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    workspace, saved = history.restore_at(
        options.workspace, options.file, actor=options.actor, now=dt.datetime.now(dt.UTC)
    )
    record = {"workspace": str(workspace.folder), "saved": None if saved is None else str(saved)}
    text = tr("history.restore.done", options.language, name=workspace.name)
    return 0, record, text if saved is None else f"{text}\n{saved}"
