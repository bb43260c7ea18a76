"""Tính suy hao cho bảng trường hợp (path loss of the cases of a CSV file)."""

from __future__ import annotations

import argparse
from pathlib import Path

from planning import pathloss, pathloss_p1812
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
    parser.add_argument("--model", default=None)
    parser.add_argument("--add", action="append", default=[], metavar="MODEL", dest="added")
    parser.add_argument("--cases", type=Path, required=True, metavar="CSV")
    parser.add_argument("--profiles", type=Path, default=None, metavar="NPZ|CSV")
    parser.add_argument("--lapse-rate", type=float, default=None, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV")


def run(options: argparse.Namespace) -> Result:
    """
    Compute.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    if options.model == pathloss_p1812.NAME:
        report = pathloss_p1812.run(
            options.cases,
            options.profiles,
            options.out,
            lapse_rate=options.lapse_rate,
            added=options.added,
        )
    else:
        report = pathloss.run(options.cases, options.out, model=options.model, added=options.added)
    record = {
        "out": str(options.out),
        "rows": report.n_rows,
        "in_range": report.n_in_range,
        "not_read": list(report.not_read),
    }
    lines = [f"{options.out}: {report.n_rows} ({report.n_in_range} in_range)"]
    lines += [tr("cli.pathloss.not_read", options.language, column=name) for name in report.not_read]
    return 0, record, "\n".join(lines)
