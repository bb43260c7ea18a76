"""Rows of the layer ``fiber_span`` as offices write them: fibres in a text, a stretch between two poles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import shapely

from layers.exchange.fault import issue
from layers.exchange.known import Pole, by_line
from layers.exchange.particular import Filled, Rows
from layers.exchange.values import Value, text_of, word_in
from layers.exchange.word import fold, holds
from layers.issue import Issue, Severity

_FIBRES = re.compile(
    r"(?<![\d.,])(\d{1,4})\s*(?:soi|fo|fiber|fibre|fibres|core|cores|f)\b|so soi\s*(\d{1,4})\b"
)
_STRETCH = (
    re.compile(r"(?:tu\s+)?(?:cot|tru|c)\s*(?:so\s+)?(\d+)\s*(?:den|toi)?\s*(?:cot|tru|c)\s*(?:so\s+)?(\d+)"),
    re.compile(r"(?:tu\s+)?(?:cot|tru)?\s*(\d+)\s*(?:den|toi)\s*(\d+)"),
    re.compile(r"\s*(\d+)\s+(\d+)\s*"),
)
_ONE_END = re.compile(r"(?:cot|tru|c)\s*(?:so\s+)?(\d+)")
_BLANK = ("khong ro", "chua ro", "khong", "")


def fill(rows: Rows) -> Filled:
    """
    What is particular to cable routes.

    Parameters
    ----------
    rows
        Rows of the layer ``fiber_span``.

    Returns
    -------
    filled
        Fibres and way of laying from texts; lines along the known poles of the line named between two pole
        numbers. A line or pole not known, and an end that is no pole, are asked about; a stretch against the
        numbering is drawn as told, with a warning.
    """
    texts = [" ; ".join(parts) for parts in zip(*_texts(rows), strict=True)]
    fibres = [
        known if known is not None else _fibres(text)
        for known, text in zip(rows.values["n_fibers_total"], texts, strict=True)
    ]
    laid = [
        known or word_in(text, field="deployment", layer="fiber_span", aliases=rows.aliases)
        for known, text in zip(rows.values["deployment"], texts, strict=True)
    ]
    values: dict[str, list[Value]] = {"n_fibers_total": list(fibres), "deployment": list(laid)}
    heading = rows.columns.heading_of("_stretch")
    if heading is None:
        return Filled(values=values)
    return _along_poles(rows, heading, values)


def _texts(rows: Rows) -> list[list[str]]:
    headings = [one for one in (rows.columns.heading_of("_cable"),) if one]
    told = [[text_of(cell) or "" for cell in rows.cells(one)] for one in headings]
    return [*told, *([str(one or "") for one in rows.values[name]] for name in ("note", "name"))]


def _fibres(text: str) -> int | None:
    found = _FIBRES.search(fold(text))
    return int(found.group(1) or found.group(2)) if found else None


def _along_poles(rows: Rows, heading: str, values: dict[str, list[Value]]) -> Filled:
    lines = by_line(rows.poles)
    shapes: dict[int, shapely.Geometry] = {}
    faults: list[Issue] = []
    starts: list[Value] = []
    ends: list[Value] = []
    for place, cell in enumerate(rows.cells(heading)):
        start, end = _stretch(text_of(cell) or "")
        starts.append(None if start is None else str(start))
        ends.append(None if end is None else str(end))
        line = str(rows.values["name"][place] or "")
        shape, fault = _between(line, start, end, lines, row=rows.raw.row_numbers[place], heading=heading)
        faults += [] if fault is None or rows.is_alone else [fault]
        if shape is not None and rows.shapes[place] is None:
            shapes[place] = shape
    values |= {"start_pole": starts, "end_pole": ends}
    return Filled(values=values, shapes=shapes, faults=faults)


def _stretch(text: str) -> tuple[int | None, int | None]:
    said = fold(text)
    for pattern in _STRETCH:
        found = pattern.fullmatch(said) or pattern.search(said)
        if found:
            return int(found.group(1)), int(found.group(2))
    one = _ONE_END.search(said)
    return (int(one.group(1)), None) if one else (None, None)


def _between(
    line: str,
    start: int | None,
    end: int | None,
    lines: Mapping[str, Mapping[int, Pole]],
    *,
    row: int,
    heading: str,
) -> tuple[shapely.Geometry | None, Issue | None]:
    said = fold(line)
    if start is None or end is None:
        return None, issue("cable_end_unknown", Severity.ASK, row=row, column=heading)
    named = [name for name in lines if name == said] or [name for name in lines if holds(said, name)]
    if said in _BLANK or len(named) != 1:
        return None, issue("cable_line_unknown", Severity.ASK, row=row, column=heading, value=line)
    poles = lines[named[0]]
    lost = [number for number in (start, end) if number not in poles]
    if lost:
        facts = {"value": line, "pole": lost[0], "low": min(poles), "high": max(poles)}
        return None, issue("cable_pole_unknown", Severity.ASK, row=row, column=heading, **facts)
    numbers = sorted(number for number in poles if min(start, end) <= number <= max(start, end))
    points = _points(poles, numbers if start <= end else numbers[::-1])
    if len(points) < 2:
        return None, issue("cable_end_unknown", Severity.ASK, row=row, column=heading)
    turned = issue("cable_turned", Severity.WARNING, row=row, column=heading, start=start, end=end)
    return shapely.LineString(points), turned if start > end else None


def _points(poles: Mapping[int, Pole], numbers: Sequence[int]) -> list[shapely.Point]:
    return [poles[number].point for number in numbers]
