"""Tạo gói nộp cho thành phố hoặc gói trả lời cho xã (write a package for the city, or back to a commune)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning import parcel
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
    parser.add_argument("--reply", default=None, metavar="CODE", help="gói trả lời cho xã có mã này")
    parser.add_argument("--out", type=Path, required=True, metavar="PATH")


def run(options: argparse.Namespace) -> Result:
    """
    Write a package.

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
    who = {"actor": options.actor, "now": dt.datetime.now(dt.UTC)}
    if options.reply is None:
        made = parcel.submit(workspace, options.out, **who)
    else:
        made = parcel.reply(workspace, options.out, code=options.reply, **who)
    record = {
        "path": str(made.path),
        "kind": made.kind,
        "code": made.code,
        "version": made.version,
        "digest": made.digest,
        "layers": dict(made.layers),
        "left_out": made.n_left_out,
    }
    rows = sum(made.layers.values())
    return 0, record, tr("parcel.made", options.language, path=str(made.path), n=rows, version=made.version)
