"""How the verbs write faults and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layers.issue import Issue
from planning.text import tr


def issues_json(issues: Sequence[Issue], language: str) -> list[dict[str, object]]:
    """
    Faults as scripts read them.

    Parameters
    ----------
    issues
        The faults.
    language
        ``vi`` or ``en``.

    Returns
    -------
    records
        Code, severity, row, column, message and remedy of each.
    """
    return [
        {
            "code": issue.code,
            "severity": str(issue.severity),
            "row": issue.row,
            "column": issue.column,
            "message": tr(f"issue.{issue.code}.message", language, **issue.facts),
            "remedy": tr(f"issue.{issue.code}.remedy", language, **issue.facts),
        }
        for issue in issues
    ]


def issue_lines(issues: Sequence[Issue], language: str) -> list[str]:
    """
    Faults as lines of text: where, what, how to mend it.

    Parameters
    ----------
    issues
        The faults.
    language
        ``vi`` or ``en``.

    Returns
    -------
    lines
        One line for each.
    """
    return [_line(record, language) for record in issues_json(issues, language)]


def _line(record: Mapping[str, object], language: str) -> str:
    where = [tr("common.row", language, row=record["row"])] if record["row"] is not None else []
    where += [f"«{record['column']}»"] if record["column"] else []
    return f"- {', '.join(where)}{': ' if where else ''}{record['message']} {record['remedy']}"
