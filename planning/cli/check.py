"""Kiểm tra một tệp, không ghi gì (judge a file; nothing is written, no workspace needed)."""

from __future__ import annotations

import argparse
from pathlib import Path

from geo.crs import parse_epsg
from layers.issue import Outcome
from planning import exchange
from planning.cli.report import issue_lines, issues_json
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
    parser.add_argument("--layer", default=None)
    parser.add_argument("--crs", default=None, metavar="N")


def run(options: argparse.Namespace) -> Result:
    """
    Judge the file.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status (3 only for a rejected file), JSON value, text.
    """
    report = exchange.check(
        options.file, layer=options.layer, epsg=None if options.crs is None else parse_epsg(options.crs)
    )
    record = {
        "outcome": str(report.outcome),
        "rows": report.n_rows,
        "issues": issues_json(report.issues, options.language),
    }
    headline = tr(f"outcome.{report.outcome}", options.language, n=report.n_rows)
    text = "\n".join([headline, *issue_lines(report.issues, options.language)])
    return 3 if report.outcome == Outcome.REJECT else 0, record, text
