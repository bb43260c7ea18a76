"""In bản đồ khổ A4, A3 (print map sheets)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning.plate import sheet
from planning.plate.sheet import LAYOUTS, SERIES, Order
from planning.plate.theme import THEMES
from planning.report.job import noon
from planning.runs import ANY
from planning.text import number
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
    parser.add_argument("--theme", default="overview", choices=tuple(THEMES), help="bản đồ nào")
    parser.add_argument("--layout", default="A3", choices=tuple(LAYOUTS), help="khổ giấy")
    parser.add_argument("--scale", type=float, default=None, metavar="N", help="10000 là 1:10.000")
    parser.add_argument(
        "--edition", default="internal", metavar="E", help="bản: public, internal hoặc operator:X"
    )
    parser.add_argument("--operator", default=ANY, metavar="O", help="vùng phủ của nhà mạng nào")
    parser.add_argument("--hamlet", default="", metavar="H", help="chỉ một thôn")
    parser.add_argument(
        "--centre", type=float, nargs=2, default=None, metavar=("LON", "LAT"), help="tâm bản đồ"
    )
    parser.add_argument("--series", choices=(SERIES,), default=None, help="mỗi thôn một tờ")
    parser.add_argument("--preparer", default="", metavar="TEXT", help="đơn vị lập")
    parser.add_argument("--date", type=dt.date.fromisoformat, default=None, metavar="YYYY-MM-DD")
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help=".pdf, .png hoặc .zip")


def run(options: argparse.Namespace) -> Result:
    """
    Print.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    order = Order(
        theme=options.theme,
        layout=options.layout,
        scale=options.scale,
        edition=options.edition,
        operator=options.operator,
        preparer=options.preparer,
        hamlet=options.hamlet,
        centre=None if options.centre is None else (options.centre[0], options.centre[1]),
        is_series=options.series == SERIES,
    )
    printed = sheet.run(
        open_workspace(options.workspace),
        order,
        options.out,
        now=noon(options.date or dt.datetime.now(dt.UTC).astimezone().date()),
        language=options.language,
    )
    record = {
        "path": str(printed.path),
        "sheets": printed.n_sheets,
        "scale": printed.scale,
        "sha256": printed.sha256,
    }
    scale = number(printed.scale, options.language)
    return 0, record, f"{printed.path}: {printed.n_sheets} · 1:{scale}"
