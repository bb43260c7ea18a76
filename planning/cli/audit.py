"""Nhật ký rà soát: kiểm tra chuỗi ghi nhận (record of the reviews: verify its chain)."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from layers.exchange.note import read_note
from planning import proposal
from planning.audit import head_of
from planning.text import tr
from planning.workspace import open_workspace

Result = tuple[int, object, str]
BROKEN = 3
HEAD_BYTES = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("what", choices=("verify",))
    parser.add_argument(
        "--head",
        type=Path,
        default=None,
        metavar="FILE",
        help="kết quả JSON của lần kiểm tra trước, giữ ở nơi khác: để thấy nhật ký bị cắt đuôi",
    )


def run(options: argparse.Namespace) -> Result:
    """
    Look through the record.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, 3 where the record is broken; JSON value; text.
    """
    head = None if options.head is None else head_of(read_note(options.head, most_bytes=HEAD_BYTES))
    found = proposal.verify(open_workspace(options.workspace), head)
    key = "cli.audit.ok" if found.ok else "cli.audit.broken"
    text = tr(key, options.language, n=found.entries, first=found.first_bad or 0, head=found.head)
    return (0 if found.ok else BROKEN), asdict(found), text
