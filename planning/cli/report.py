"""Soạn báo cáo, công văn (write a report or a letter in draft)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning.report import job
from planning.report.head import LETTERHEADS
from planning.report.job import ALL_KINDS, Order
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
    parser.add_argument("--kind", required=True, choices=ALL_KINDS, help="loại văn bản")
    parser.add_argument("--letterhead", default="committee", choices=LETTERHEADS, help="đơn vị ban hành")
    parser.add_argument("--edition", default="", metavar="E", help="bản: public, internal hoặc operator:X")
    parser.add_argument("--hamlet", default="", metavar="H", help="thôn (phiếu thôn)")
    parser.add_argument("--operator", default="", metavar="O", help="nhà mạng (công văn kiến nghị)")
    parser.add_argument("--area", default="", metavar="ID", help="một khu chưa có sóng (công văn kiến nghị)")
    parser.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="ID",
        help="nhiệm vụ (công văn nhắc việc); nêu được nhiều lần",
    )
    parser.add_argument("--commune", default=None, metavar="CODE")
    parser.add_argument("--date", type=dt.date.fromisoformat, default=None, metavar="YYYY-MM-DD")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".docx, .pdf, .xlsx hoặc .zip"
    )


def run(options: argparse.Namespace) -> Result:
    """
    Write.

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
        kind=options.kind,
        letterhead=options.letterhead,
        edition=options.edition,
        hamlet=options.hamlet,
        operator=options.operator,
        area=options.area,
        tasks=tuple(options.task),
        commune=options.commune,
    )
    written = job.run(
        open_workspace(options.workspace),
        order,
        options.out,
        now=job.noon(options.date or dt.datetime.now(dt.UTC).astimezone().date()),
        language=options.language,
    )
    record = {
        "path": str(written.path),
        "kind": written.kind,
        "maps": written.n_maps,
        "sha256": written.sha256,
    }
    return 0, record, str(written.path)
