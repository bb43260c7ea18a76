"""Kết xuất lớp ra tệp (write layers to a file)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from geo.crs import parse_epsg
from layers.exchange.write import FORMATS
from planning import dossier, exchange
from planning.export import PLAIN, TT04
from planning.release import edition
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
    parser.add_argument("--layer", required=True, help="tên lớp hoặc all")
    parser.add_argument("--format", required=True, choices=(*FORMATS, dossier.FORMAT))
    parser.add_argument("--crs", default="4326", metavar="N")
    parser.add_argument(
        "--edition", default=None, metavar="E", help="bản: public, internal hoặc operator:X (thay --sharing)"
    )
    parser.add_argument("--sharing", choices=("public", "internal", "operator"), default="internal")
    parser.add_argument(
        "--for-operator", default=None, metavar="O", help="nhà mạng nhận tệp; cần có khi --sharing operator"
    )
    parser.add_argument(
        "--names", choices=(PLAIN, TT04), default=PLAIN, help="tt04: tên bản vẽ theo TT 04/2022"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PATH")


def run(options: argparse.Namespace) -> Result:
    """
    Export.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    sharing, operator = options.sharing, options.for_operator
    if options.edition is not None:
        sharing, operator = edition(options.edition)
    report = exchange.export(
        open_workspace(options.workspace),
        layer=options.layer,
        format=options.format,
        epsg=parse_epsg(options.crs),
        out=options.out,
        sharing=sharing,
        for_operator=operator,
        language=options.language,
        now=dt.datetime.now(dt.UTC),
        names=options.names,
    )
    record = {
        "path": str(report.path),
        "format": report.format,
        "epsg": report.epsg,
        "rows": report.n_rows,
        "left_out": report.n_left_out,
        "blanked": report.n_blanked,
        "sha256": report.sha256,
        "layers": dict(report.layers),
    }
    facts = {"path": report.path, "rows": report.n_rows, "left_out": report.n_left_out}
    return 0, record, tr("cli.export.done", options.language, **facts)
