"""Tạo bộ dữ liệu mẫu (giả lập) "Xã Mẫu" hoặc "Thành phố Mẫu" (make a synthetic sample workspace)."""

from __future__ import annotations

import argparse
import datetime as dt

from geo.errors import InputError
from planning import sample
from planning.sample import city
from planning.text import tr

Result = tuple[int, object, str]
MADE_FOR = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)  # a fixed day, so that equal seeds give equal tables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--size", choices=("commune", city.SIZE), default="commune")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--if-absent", action="store_true", help="không làm gì nếu đã có")


def run(options: argparse.Namespace) -> Result:
    """
    Make the sample.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    if isinstance(options.workspace, str):
        raise InputError("sample_needs_folder")
    if options.if_absent and (options.workspace / "workspace.gpkg").exists():
        return 0, {"workspace": str(options.workspace), "made": False}, str(options.workspace)
    is_city = options.size == city.SIZE
    make = city.make if is_city else sample.make
    report = make(options.workspace, seed=options.seed, now=MADE_FOR)
    record = {
        "workspace": str(options.workspace),
        "made": True,
        "seed": options.seed,
        "size": report.size,
        "counts": dict(report.counts),
        "digests": dict(report.digests),
    }
    lines = [f"{name}: {count}" for name, count in report.counts.items()]
    if is_city:
        record["building_share"] = city.BUILDING_SHARE
        lines.append(tr("cli.sample.city", options.language))
    return 0, record, "\n".join([f"dữ liệu mẫu (giả lập) → {options.workspace}", *lines])
