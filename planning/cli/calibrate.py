"""Hiệu chỉnh mô hình theo số đo (calibrate the model by measurements)."""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from geo.errors import InputError
from planning import calibration, drivetest
from planning.calibration import Fitted
from planning.scenario import CoverageOptions
from planning.text import number, tr
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
    parser.add_argument("--model", default=None)
    parser.add_argument("--name", default=None, help="tên của bản hiệu chỉnh được giữ lại")
    parser.add_argument("--cell-m", type=float, default=None)
    parser.add_argument("--assume-flat-m", type=float, default=None)
    parser.add_argument("--assume-clutter-m", type=float, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by", default=None, help="người thực hiện")
    alone = parser.add_argument_group("không cần bộ dữ liệu (without a workspace)")
    alone.add_argument("--measurements", type=Path, default=None, metavar="CSV")
    alone.add_argument("--transmitter", type=Path, default=None, metavar="JSON")
    alone.add_argument("--terrain", type=Path, default=None, metavar="TIF")


def run(options: argparse.Namespace) -> Result:
    """
    Calibrate.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    now = dt.datetime.now(dt.UTC)
    actor = options.by if options.by is not None else os.environ.get("USER", "")
    if (options.measurements is None) != (options.transmitter is None):
        raise InputError("calibration_files")
    if options.measurements is not None:
        fitted = drivetest.run(
            options.measurements,
            options.transmitter,
            terrain=options.terrain,
            model=options.model,
            actor=actor,
            seed=options.seed,
            now=now,
        )
    else:
        chosen = CoverageOptions(
            operator=options.operator,
            technology=options.technology,
            model=options.model or "auto",
            cell_m=options.cell_m,
            assume_flat_m=options.assume_flat_m,
            assume_clutter_m=options.assume_clutter_m,
        )
        name = options.name or f"{options.operator or 'all'} {now.date().isoformat()}"
        fitted = calibration.run(
            open_workspace(options.workspace), chosen, name=name, actor=actor, seed=options.seed, now=now
        )
    return 0, to_json(fitted), _text(fitted, options.language)


def to_json(fitted: Fitted) -> Mapping[str, object]:
    """
    A calibration as scripts read it.

    Parameters
    ----------
    fitted
        The calibration.

    Returns
    -------
    record
        Correction, accuracy before and after, counts, rules, where it comes from.
    """
    found = fitted.calibration
    return {
        "name": fitted.name or None,
        "operator": fitted.operator,
        "technology": fitted.technology or None,
        "model": fitted.model,
        "correction": asdict(found.correction),
        "has_slope": found.has_slope,
        "before": asdict(found.before),
        "after": asdict(found.after),
        "is_better": found.is_better,
        "spread_db": found.spread_db,
        "n_measured": fitted.n_measured,
        "n_fitted": found.n_fitted,
        "n_held_out": found.n_held_out,
        "n_near_floor": found.n_near_floor,
        "n_blocks": found.n_blocks,
        "n_blocks_held_out": found.n_blocks_held_out,
        "class_counts": list(found.class_counts),
        "left_out": dict(fitted.left_out),
        "outside_model": fitted.facts.get("n_outside"),
        "rules": asdict(fitted.rules),
        "seed": fitted.seed,
        "sources": list(fitted.sources),
        "data_digest": fitted.data_digest,
        "fitted_at": fitted.fitted_at,
        "fitted_by": fitted.fitted_by,
        "assumptions": list(fitted.assumptions),
    }


def _text(fitted: Fitted, language: str) -> str:
    found = fitted.calibration

    def decibels(value: float) -> str:
        return number(value, language, digits=1)

    lines = [
        tr(
            "cli.calibrate.head",
            language,
            n=found.n_fitted + found.n_held_out,
            measured=fitted.n_measured,
            model=fitted.model,
        ),
        tr(
            "cli.calibrate.accuracy",
            language,
            blocks=found.n_blocks_held_out,
            of=found.n_blocks,
            rmse_before=decibels(found.before.rmse_db),
            rmse_after=decibels(found.after.rmse_db),
            bias_before=decibels(found.before.bias_db),
            bias_after=decibels(found.after.bias_db),
        ),
        tr(
            "cli.calibrate.correction",
            language,
            offset=decibels(found.correction.offset_db),
            slope=decibels(found.correction.slope_db_per_decade),
            classes=" · ".join(decibels(value) for value in found.correction.class_db),
        ),
    ]
    lines += [] if found.is_better else [tr("cli.calibrate.worse", language)]
    lines += [tr(f"calibration.left_out.{reason}", language, n=n) for reason, n in fitted.left_out.items()]
    lines += [tr(key, language, **fitted.facts) for key in fitted.assumptions]
    lines += [tr("cli.calibrate.kept", language, name=fitted.name)] if fitted.name else []
    return "\n".join(lines)
