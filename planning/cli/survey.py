"""Khảo sát theo thôn: mẫu trống và nhập tệp đã điền (survey by hamlet: empty form, filled file)."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from planning.cli.faults import issue_lines, issues_json
from planning.evidence import survey, survey_file
from planning.scorecard import plan
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
    parser.add_argument("what", choices=("import", "form"), help="nhập tệp đã điền; ghi mẫu trống")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--commune", default=None, metavar="CODE")


def run(options: argparse.Namespace) -> Result:
    """
    Write the form, or import a filled one.

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
    asked = survey.questions(plan.targets(workspace))
    if options.what == "form":
        digest = survey_file.write(workspace, asked, options.file, language=language, now=now)
        return 0, {"file": options.file.name, "sha256": digest}, str(options.file)
    entries, faults = survey_file.read(workspace, asked, options.file, today=now.date())
    issues = (*faults, *survey.judge(workspace, entries, asked, today=now.date()))
    n_rows = survey.keep(workspace, entries, issues, source=options.file.name, actor=options.actor, now=now)
    lines = [tr("cli.survey.kept", language, n=n_rows), *issue_lines(issues, language)]
    return 0, {"rows": n_rows, "issues": issues_json(issues, language)}, "\n".join(lines)
