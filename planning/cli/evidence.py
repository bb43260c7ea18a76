"""Bốn nguồn số liệu cạnh nhau, chỗ chưa khớp, tiến độ đo i-Speed (evidence side by side, tests)."""

from __future__ import annotations

import argparse
import datetime as dt

from planning.cli.faults import issue_lines, issues_json
from planning.evidence import measure, sides
from planning.evidence.sides import Sides
from planning.scorecard import job
from planning.text import tr
from planning.workspace import open_workspace

Result = tuple[int, object, str]
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument("--commune", default=None, metavar="CODE")
    parser.add_argument("--operator", default=None, metavar="ID", help="chỉ nhà mạng này")


def run(options: argparse.Namespace) -> Result:
    """
    Put the evidence side by side.

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
    now, language = dt.datetime.now(dt.UTC), options.language
    evidence = job.gather(workspace, commune=options.commune, now=now)
    tracker = measure.track(workspace, commune=options.commune, today=now.date())
    found = sides.put(workspace, evidence, tracker, today=now.date())
    chosen = found.disagreements if options.operator is None else found.of_operator(options.operator)
    issues = (*tracker.issues, *found.issues)
    record = {
        "date": now.date().isoformat(),
        "evidence": [_json(one) for one in found.sides if options.operator in (None, one.operator)],
        "disagreements": [
            {"code": one.code, "text": tr(f"disagreement.{one.code}", language)}
            | {"hamlet": one.sides.hamlet, "operator": one.sides.operator, "people": one.sides.people}
            for one in chosen
        ],
        "tests": [
            {"hamlet": one.hamlet, "operator": one.operator, "network": one.network}
            | {"n_samples": one.n_samples, "n_wanted": one.n_wanted, "download_mbps": one.download_mbps}
            for one in tracker.tallies
        ],
        "issues": issues_json(issues, language),
    }
    lines = [
        f"{one.sides.hamlet} · {job.who(one.sides.operator, language)}: "
        + tr(f"disagreement.{one.code}", language)
        for one in chosen[:SHOWN]
    ]
    return 0, record, "\n".join([*lines, *issue_lines(issues, language)])


def _json(one: Sides) -> dict[str, object]:
    estimate, tests = one.estimated, one.measured
    return {
        "hamlet": one.hamlet,
        "operator": one.operator,
        "people": one.people,
        "declared_share": one.declared_share,
        "estimated_share": None if estimate is None else estimate.covered / estimate.total,
        "estimated_unknown_share": None if estimate is None else estimate.unknown / estimate.total,
        "measured_samples": 0 if tests is None else tests.n_samples,
        "measured_download_mbps": None if tests is None else tests.download_mbps,
        "n_reports": one.n_reports,
    }
