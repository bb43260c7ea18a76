"""Đưa một tệp vào một lớp (bring a file into a layer; all rows or none)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from geo.crs import parse_epsg
from planning import exchange
from planning.cli.report import issue_lines, issues_json
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
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--layer", required=True)
    parser.add_argument("--crs", default=None, metavar="N")
    parser.add_argument("--map", action="append", default=[], type=_pair, metavar="col=field", dest="mapping")
    parser.add_argument("--sheet", default=None, help="trang tính hoặc lớp của tệp")
    parser.add_argument("--replace", action="store_true", help="thay cả lớp thay vì thêm dòng")
    parser.add_argument("--yes", action="store_true", help="đồng ý với mọi đề xuất")


def _pair(text: str) -> str:
    """A heading and its field; anything else is wrong usage."""
    if "=" not in text:
        raise argparse.ArgumentTypeError(tr("error.mapping_malformed", "vi", text=text))
    return text


def run(options: argparse.Namespace) -> Result:
    """
    Import the file.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    done = exchange.import_file(
        open_workspace(options.workspace),
        options.file,
        layer=options.layer,
        epsg=None if options.crs is None else parse_epsg(options.crs),
        mapping=exchange.parse_mapping(options.mapping),
        sheet=options.sheet,
        replace=options.replace,
        confirmed=options.yes,
        now=dt.datetime.now(dt.UTC),
    )
    record = {
        "layer": options.layer,
        "rows": len(done.table),
        "skipped": done.n_skipped,
        "epsg": done.epsg,
        "columns": dict(done.columns),
        "issues": issues_json(done.issues, options.language),
    }
    return (
        0,
        record,
        "\n".join([f"{options.layer}: {len(done.table)}", *issue_lines(done.issues, options.language)]),
    )
