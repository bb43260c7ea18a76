"""What a check found, as HTML, JSON and CSV; no arithmetic."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from html import escape

from layers.exchange.sheet import FORMULA_STARTS
from planning.quality import Finding, QualityReport
from planning.text import day, fault, number, tr, worded

FORMATS = ("html", "json", "csv")
SHOWN = 5_000
"""Findings that a page to be read shows at most; the tables hold all of them."""
FIELDS = (
    "severity",
    "code",
    "layer",
    "row",
    "id",
    "name",
    "column",
    "message",
    "remedy",
    "stops",
    "whom",
    "lon",
    "lat",
)
_SHEET = """
body { font: 15px/1.45 'Times New Roman', serif; margin: 2rem; color: #1c2a30; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #b8c4ca; padding: .3rem .45rem;
text-align: left; vertical-align: top; } th { background: #eef2f4; } .error { color: #9b2226; }
.error td:first-child, .ask td:first-child { font-weight: bold; }
.ask { color: #7a4b00; } .sample { border: 2px solid #9b2226; padding: .3rem .6rem; }
"""


def write(report: QualityReport, format_: str, language: str) -> bytes:
    """
    A report in one of its forms.

    Parameters
    ----------
    report
        The report.
    format_
        ``html``, ``json`` or ``csv``.
    language
        ``vi`` or ``en``.

    Returns
    -------
    content
        UTF-8; CSV with a byte order mark, as Excel wants it.
    """
    makers = {"html": to_html, "json": to_json, "csv": to_csv}
    text = makers[format_](report, language)
    return text.encode("utf-8-sig" if format_ == "csv" else "utf-8")


def record(one: Finding, language: str) -> Mapping[str, object]:
    """
    A finding as scripts read it.

    Parameters
    ----------
    one
        The finding.
    language
        Language of its sentences.

    Returns
    -------
    record
        ``FIELDS`` to values; what is not known is None.
    """
    message, remedy = fault(one.issue, language)
    return {
        "severity": str(one.issue.severity),
        "code": one.issue.code,
        "layer": one.issue.layer,
        "row": one.issue.row,
        "id": one.issue.feature,
        "name": one.name or None,
        "column": one.issue.column,
        "message": message,
        "remedy": remedy,
        "stops": one.stops,
        "whom": list(one.whom),
        "lon": None if one.lon is None else round(one.lon, 6),
        "lat": None if one.lat is None else round(one.lat, 6),
    }


def summary(report: QualityReport, language: str) -> str:
    """
    How many findings of each gravity, as one sentence.

    Parameters
    ----------
    report
        The report.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        The sentence.
    """
    counts = {str(severity): n for severity, n in report.counts.items()}
    return tr("check.summary", language, n=sum(report.n_rows.values()), **counts)


def to_json(report: QualityReport, language: str) -> str:
    """
    A report for scripts.

    Parameters
    ----------
    report
        The report.
    language
        Language of its sentences.

    Returns
    -------
    text
        One object with ``outcome``, ``rows`` by layer, ``counts`` and ``findings``.
    """
    return json.dumps(as_record(report, language), ensure_ascii=False, indent=1)


def as_record(report: QualityReport, language: str) -> dict[str, object]:
    """
    A report as plain values.

    Parameters
    ----------
    report
        The report.
    language
        Language of its sentences.

    Returns
    -------
    record
        What JSON can carry.
    """
    return {
        "title": report.title,
        "date": report.day.isoformat(),
        "is_sample": report.is_sample,
        "outcome": str(report.outcome),
        "rows": dict(report.n_rows),
        "counts": {str(severity): n for severity, n in report.counts.items()},
        "findings": [record(one, language) for one in report.findings],
    }


def to_csv(report: QualityReport, language: str) -> str:
    """
    A report for spreadsheets.

    Parameters
    ----------
    report
        The report.
    language
        Language of headings and sentences.

    Returns
    -------
    text
        One line for each finding; no cell can act as a formula.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([tr(f"check.field.{name}", language) for name in FIELDS])
    for one in report.findings:
        writer.writerow([_plain(value) for value in in_words(one, language).values()])
    return stream.getvalue()


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not is_number else text


def sentences(one: Finding, language: str) -> tuple[str, str]:
    """
    What was found, and how to mend it.

    Parameters
    ----------
    one
        The finding.
    language
        ``vi`` or ``en``.

    Returns
    -------
    message, remedy
        Two sentences.
    """
    return fault(one.issue, language)


def in_words(one: Finding, language: str) -> Mapping[str, object]:
    """
    A finding in the words of its reader.

    Parameters
    ----------
    one
        The finding.
    language
        ``vi`` or ``en``.

    Returns
    -------
    record
        ``FIELDS`` to texts and numbers; layers, gravities and operators by their names.
    """
    found = dict(record(one, language))
    found["severity"] = tr(f"check.severity.{one.issue.severity}", language)
    found["layer"] = "" if not one.issue.layer else tr(f"layer.{one.issue.layer}", language)
    found["column"] = worded({"column": one.issue.column or ""}, language)["column"]
    found["stops"] = tr(f"check.stops.{one.stops}", language)
    found["whom"] = worded({"operators": ", ".join(one.whom)}, language)["operators"]
    return found


def to_html(report: QualityReport, language: str) -> str:
    """
    A report for people, to be printed or sent.

    Parameters
    ----------
    report
        The report.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        A page of its own without scripts; whatever comes from data is escaped.
    """
    title = tr("check.title", language, name=report.title)
    shown = report.findings[:SHOWN]
    headings = "".join(f"<th>{escape(tr(f'check.field.{name}', language))}</th>" for name in FIELDS)
    lines = "\n".join(_html_row(one, language) for one in shown)
    left = len(report.findings) - len(shown)
    more = f"<p>{escape(tr('check.more', language, n=left))}</p>" if left else ""
    sample = f'<p class="sample">{escape(tr("common.sample", language))}</p>' if report.is_sample else ""
    rows = "".join(
        f"<li>{escape(tr(f'layer.{layer}', language) if layer else report.title)}: {number(n, language)}</li>"
        for layer, n in report.n_rows.items()
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_SHEET}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<p>{day(report.day)}. {escape(summary(report, language))}</p>\n{sample}"
        f"<ul>{rows}</ul>\n<table><thead><tr>{headings}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>\n"
        f"{more}</body>\n</html>\n"
    )


def _html_row(one: Finding, language: str) -> str:
    cells = in_words(one, language)
    body = "".join(f"<td>{escape('' if cells[name] is None else str(cells[name]))}</td>" for name in FIELDS)
    return f'<tr class="{one.issue.severity}">{body}</tr>'
