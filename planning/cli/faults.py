"""How the verbs write faults and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layers.issue import Issue
from planning.text import fault, tr

SHOWN_ROWS = 12


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
            "message": message,
            "remedy": remedy,
        }
        for issue in issues
        for message, remedy in [fault(issue, language)]
    ]


def issue_lines(issues: Sequence[Issue], language: str) -> list[str]:
    """
    Faults as lines of text: where, what, how to mend it; equal faults of many rows as one.

    Parameters
    ----------
    issues
        The faults.
    language
        ``vi`` or ``en``.

    Returns
    -------
    lines
        One line for each kind of fault and column, worded by its first row, with the other rows behind it.
    """
    kinds: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for record in issues_json(issues, language):
        kinds.setdefault((record["code"], record["severity"], record["column"]), []).append(record)
    return [_line(records, language) for records in kinds.values()]


def _line(records: Sequence[Mapping[str, object]], language: str) -> str:
    first = records[0]
    where = [tr("common.row", language, row=str(first["row"]))] if first["row"] is not None else []
    where += [f"«{first['column']}»"] if first["column"] else []
    line = f"- {', '.join(where)}{': ' if where else ''}{first['message']} {first['remedy']}"
    others = [str(record["row"]) for record in records[1:] if record["row"] is not None]
    if not others:
        return line
    shown = ", ".join(others[:SHOWN_ROWS]) + (" …" if len(others) > SHOWN_ROWS else "")
    return f"{line} {tr('cli.also_rows', language, n=len(others), rows=shown)}"
