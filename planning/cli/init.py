"""Tạo bộ dữ liệu mới từ địa giới (make a new workspace from a boundary file)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning import exchange

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--boundary", type=Path, required=True, metavar="FILE")
    parser.add_argument("--epsg", default=None, metavar="N")
    parser.add_argument("--name", default=None)
    parser.add_argument("--code", default=None)
    parser.add_argument("--population", type=int, default=None)


def run(options: argparse.Namespace) -> Result:
    """
    Make the workspace.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    made = exchange.init(
        options.workspace,
        options.boundary,
        epsg=options.epsg,
        name=options.name,
        code=options.code,
        population=options.population,
        now=dt.datetime.now(dt.UTC),
    )
    area_km2 = made.boundary().area / 1e6
    record = {
        "workspace": str(made.folder),
        "name": made.name,
        "code": made.code,
        "calc_epsg": made.calc_epsg,
        "area_km2": area_km2,
    }
    return 0, record, f"{made.name} ({made.code}): {area_km2:.3f} km², EPSG:{made.calc_epsg} → {made.folder}"
