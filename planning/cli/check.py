"""Kiểm tra một tệp, hoặc cả bộ dữ liệu khi không nêu tệp (judge a file, without FILE the workspace)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from geo.crs import parse_epsg
from layers.exchange.document import write_document
from layers.issue import Outcome
from planning import antenna, findings, inspection, quality
from planning.cli.faults import issue_lines, issues_json
from planning.quality import QualityReport
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
    parser.add_argument("file", type=Path, metavar="FILE", nargs="?", default=None)
    parser.add_argument("--layer", default=None)
    parser.add_argument("--crs", default=None, metavar="N")
    parser.add_argument("--out", type=_report_path, default=None, metavar="F.html|F.json|F.csv")


def _report_path(text: str) -> Path:
    """A path whose ending says the form of the report."""
    path = Path(text)
    if path.suffix.lower().removeprefix(".") not in findings.FORMATS:
        raise argparse.ArgumentTypeError(tr("cli.check.ending", "vi", known=", ".join(findings.FORMATS)))
    return path


def run(options: argparse.Namespace) -> Result:
    """
    Judge the file, or every layer of the workspace.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status (3 only for a rejected file), JSON value, text.
    """
    today = dt.datetime.now(dt.UTC).date()
    if options.file is None:
        return _workspace(options, today)
    if options.layer == antenna.LAYER:
        judged = antenna.check_file(options.file)
        report = quality.of_file(options.file.name, judged.issues, n_rows=judged.n_rows, today=today)
    else:
        epsg = None if options.crs is None else parse_epsg(options.crs)
        report = inspection.of_file(options.file, layer=options.layer, epsg=epsg, today=today)
    _write(report, options)
    return _file(report, options)


def _file(report: QualityReport, options: argparse.Namespace) -> Result:
    issues = [one.issue for one in report.findings]
    n_rows = sum(report.n_rows.values())
    record = {
        "outcome": str(report.outcome),
        "rows": n_rows,
        "issues": issues_json(issues, options.language),
    }
    headline = tr(f"outcome.{report.outcome}", options.language, n=n_rows)
    text = "\n".join([headline, *issue_lines(issues, options.language)])
    return 3 if report.outcome == Outcome.REJECT else 0, record, text


def _workspace(options: argparse.Namespace, today: dt.date) -> Result:
    """All layers of the workspace; what is found there is told and stops nothing."""
    report = quality.of_workspace(open_workspace(options.workspace), today=today)
    _write(report, options)
    lines = [findings.summary(report, options.language)]
    for layer in report.n_rows:
        of_layer = [one.issue for one in report.findings if one.issue.layer == layer]
        if of_layer:
            lines.append(f"{tr(f'layer.{layer}', options.language)}:")
            lines += issue_lines(of_layer, options.language)
    return 0, findings.as_record(report, options.language), "\n".join(lines)


def _write(report: QualityReport, options: argparse.Namespace) -> None:
    if options.out is not None:
        form = options.out.suffix.lower().removeprefix(".")
        write_document(options.out, findings.write(report, form, options.language))
