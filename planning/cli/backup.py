"""Sao lưu mọi bảng vào một tệp (copy all tables into one file)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning import history
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
    parser.add_argument("--out", type=Path, default=None, metavar="FILE", help="không có: thư mục backups")


def run(options: argparse.Namespace) -> Result:
    """
    Back up.

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
    path = history.backup(workspace, path=options.out, now=dt.datetime.now(dt.UTC))
    return 0, {"path": str(path)}, str(path)
