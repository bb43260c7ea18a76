"""Biểu mẫu Excel của một lớp, nhập lại được (the form of a layer, which the import reads back)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning import template

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--layer", required=True)
    parser.add_argument("--out", required=True, type=Path, metavar="F.xlsx")


def run(options: argparse.Namespace) -> Result:
    """
    Write the form.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    sha256 = template.write(
        options.layer, options.out, language=options.language, now=dt.datetime.now(dt.UTC)
    )
    return 0, {"layer": options.layer, "file": str(options.out), "sha256": sha256}, str(options.out)
