"""Ước tính vùng phủ sóng (estimate coverage)."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from contextlib import nullcontext

from planning import plausible, spread
from planning.cli.faults import issue_lines, issues_json
from planning.cluster import executor_at
from planning.scenario import CoverageOptions
from planning.text import share_text, tr
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
    parser.add_argument("--operator", default=None)
    parser.add_argument("--technology", default="5G")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--cell-m", type=float, default=None)
    parser.add_argument("--assume-flat-m", type=float, default=None)
    parser.add_argument("--assume-clutter-m", type=float, default=None)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--indoor", action="store_true")
    parser.add_argument("--spread", action="store_true")
    parser.add_argument("--scheduler", default=None, metavar="tcp://HOST:PORT")
    parser.add_argument("--calibration", default=None, metavar="NAME")


def run(options: argparse.Namespace) -> Result:
    """
    Estimate.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    workspace = open_workspace(options.workspace)
    chosen = CoverageOptions(
        operator=options.operator,
        technology=options.technology,
        model=options.model,
        cell_m=options.cell_m,
        assume_flat_m=options.assume_flat_m,
        assume_clutter_m=options.assume_clutter_m,
        speed=options.speed,
        calibration=options.calibration,
        indoor=options.indoor,
    )
    show = _show if sys.stderr.isatty() else None
    moment = dt.datetime.now(dt.UTC)
    with executor_at(options.scheduler) if options.scheduler else nullcontext() as executor:
        found = spread.estimate(
            workspace, chosen, now=moment, progress=show, executor=executor, always=options.spread
        )
    issues = plausible.of_estimate(workspace, chosen)
    record = {
        "run": found.digest,
        "operators": list(found.operators),
        "n_cells": found.n_cells,
        "n_assumed_cells": found.n_assumed_cells,
        "n_urban_masts": found.n_urban_masts,
        "assumptions": list(found.assumptions),
        "spread": {model: dict(shares) for model, shares in found.spread.items()},
        "area": {
            name: {"covered": shares[0], "uncovered": shares[1], "unknown": shares[2]}
            for name, shares in found.area_share.items()
        },
        "calibration": chosen.calibration,
        "rasters": {name: str(path) for name, path in found.state_paths.items()},
        "issues": issues_json(issues, options.language),
    }
    lines = [
        f"{name}: {' / '.join(share_text(share, options.language) for share in shares)}"
        for name, shares in found.area_share.items()
    ]
    assumed = [tr(key, options.language) for key in found.assumptions]
    if chosen.calibration is not None:
        assumed.append(tr("cli.coverage.calibration", options.language, name=chosen.calibration))
    assumed += issue_lines(issues, options.language)
    return 0, record, "\n".join([tr("cli.coverage.head", options.language), *lines, *assumed])


def _show(share: float) -> None:
    print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)
