"""Công văn và biểu mẫu điền sẵn gửi nhà mạng (letter and pre-filled forms for an operator)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from geo.errors import NotFoundError
from planning import request
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
    parser.add_argument("--operator", default=None, help="mã nhà mạng; không nêu thì mọi nhà mạng còn thiếu")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")


def run(options: argparse.Namespace) -> Result:
    """
    Write the letters and forms.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.

    Raises
    ------
    NotFoundError
        ``export_folder``: the folder does not exist.
    """
    if not options.out.is_dir():
        raise NotFoundError("export_folder", folder=str(options.out))
    workspace = open_workspace(options.workspace)
    chosen = [options.operator] if options.operator else request.operators(workspace)
    now = dt.datetime.now(dt.UTC)
    record: dict[str, list[str]] = {}
    for operator in chosen:
        if options.operator or request.needs(workspace, operator):
            paths = request.write(workspace, operator, options.out, language=options.language, now=now)
            record[operator] = [path.name for path in paths]
    return 0, record, "\n".join(name for names in record.values() for name in names)
