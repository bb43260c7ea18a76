"""Rows of poles, proposed positions and published figures as lists give them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from layers.exchange.fault import issue
from layers.exchange.known import nearest_m
from layers.exchange.particular import Filled, Rows
from layers.exchange.raw import Cell
from layers.exchange.values import Value, text_of
from layers.issue import Issue, Severity
from layers.spec import ALL_OPERATORS

_POLE = re.compile(r"\b(?:h|lt|btlt|bt|pc|npc|tt)\s*-?\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE)
_MONTH = re.compile(r"(?<!\d)(\d{1,2})\s*[/.\-]\s*(\d{4})|(\d{4})\s*[/.\-]\s*(\d{1,2})")
_FIGURES = (
    "download_mbps",
    "upload_mbps",
    "latency_ms",
    "fixed_download_mbps",
    "fixed_upload_mbps",
    "fixed_latency_ms",
    "rsrp_dbm",
)
_NEEDED = ("height_m", "mast_class")
"""What a proposal must say before it can be reviewed."""


def fill_passive(rows: Rows) -> Filled:
    """
    What is particular to poles: the type of a concrete pole tells its height.

    Parameters
    ----------
    rows
        Rows of the layer ``passive``.

    Returns
    -------
    filled
        Height [m] of poles such as ``H7,5`` and ``LT10`` where no column gives it.
    """
    heading = rows.columns.heading_of("kind")
    if heading is None:
        return Filled()
    found = [_POLE.search(text_of(cell) or "") for cell in rows.cells(heading)]
    heights: list[Value] = [
        float(match.group(1).replace(",", ".")) if known is None and match else known
        for known, match in zip(rows.values["height_m"], found, strict=True)
    ]
    return Filled(values={"height_m": heights})


def fill_proposal(rows: Rows) -> Filled:
    """
    What is particular to positions proposed for masts.

    Parameters
    ----------
    rows
        Rows of the layer ``proposal``.

    Returns
    -------
    filled
        A height or class of mast that is missing or means nothing is asked about; a position close to a mast
        of the workspace is a warning: sharing comes first.
    """
    faults: list[Issue] = []
    for name in _NEEDED:
        heading = rows.columns.heading_of(name)
        if heading is None:
            continue
        for number, value in zip(rows.raw.row_numbers, rows.values[name], strict=True):
            if value is None:
                faults.append(issue("proposal_incomplete", Severity.ASK, row=number, column=heading))
    distance_m, masts = nearest_m(list(rows.shapes), rows.masts)
    for number, off_m, mast in zip(rows.raw.row_numbers, distance_m, masts, strict=True):
        if mast is not None and off_m <= rows.near_mast_m:
            facts: dict[str, Any] = {"value": mast.id, "distance_m": round(float(off_m))}
            faults.append(issue("proposal_near_mast", Severity.WARNING, row=number, **facts))
    return Filled(faults=faults)


def fill_measurement(rows: Rows) -> Filled:
    """
    What is particular to published figures.

    Parameters
    ----------
    rows
        Rows of the layer ``measurement``.

    Returns
    -------
    filled
        Months as ``2026-03``; a row that sums up the others, and one without any figure, are warnings.
    """
    heading = rows.columns.heading_of("_month")
    if heading is None:
        return Filled()
    months: list[Value] = [_month(cell) for cell in rows.cells(heading)]
    faults: list[Issue] = []
    there = [name for name in _FIGURES if rows.columns.heading_of(name)]
    for place, number in enumerate(rows.raw.row_numbers):
        if rows.values["operator"][place] == ALL_OPERATORS:
            faults.append(issue("measurement_total", Severity.WARNING, row=number))
        elif there and all(rows.values[name][place] is None for name in there):
            faults.append(issue("measurement_unpublished", Severity.WARNING, row=number))
        if months[place] is None:
            said = text_of(rows.cells(heading)[place]) or ""
            faults.append(issue("value_unreadable", Severity.WARNING, row=number, column=heading, value=said))
    return Filled(values={"measured_at": months}, faults=faults)


def _month(cell: Cell) -> str | None:
    if isinstance(cell, dt.date):
        return f"{cell:%Y-%m}"
    found = _MONTH.search(text_of(cell) or "")
    if found is None:
        return None
    month, year = (found.group(1), found.group(2)) if found.group(1) else (found.group(4), found.group(3))
    return f"{int(year):04d}-{int(month):02d}" if 1 <= int(month) <= 12 else None
