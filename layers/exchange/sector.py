"""Rows of the layer ``cell`` as radio engineers write them: tilts, bands, the mast they hang on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from layers.exchange.fault import issue
from layers.exchange.known import Mast
from layers.exchange.particular import Filled, Rows
from layers.exchange.values import Value, text_of
from layers.exchange.word import fold
from layers.issue import Issue, Severity

_BAND = re.compile(r"(?<![a-z\d])(?:band\s*)?([nb])\s?(\d{1,3})(?!\d)", re.IGNORECASE)
_BY_MHZ = MappingProxyType({"700": 28, "850": 5, "900": 8, "1800": 3, "2100": 1})
_ELECTRICAL = re.compile(r"(?:e|dien|et|e tilt)\s*(-?\d+(?:[.,]\d+)?)")
_MECHANICAL = re.compile(r"(?:m|co|mt|m tilt)\s*(-?\d+(?:[.,]\d+)?)")
_NUMBERS = re.compile(r"-?\d+(?:[.,]\d+)?")
_PLAIN_DEGREES = re.compile(r"\s*-?\d+(?:[.,]\d+)?\s*(?:°|o|độ|deg)?\s*", re.IGNORECASE)
_NEEDED = ("azimuth_deg", "tx_power_dbm", "electrical_tilt_deg")
"""Numbers without which an estimate rests on assumptions; the height is taken from the mast."""


def fill(rows: Rows) -> Filled:
    """
    What is particular to cells.

    Parameters
    ----------
    rows
        Rows of the layer ``cell``.

    Returns
    -------
    filled
        Tilts, bands, azimuths below 360, operators and position of the mast; a cell on a mast that the
        workspace does not know is asked about, a number written as missing is a warning.
    """
    values: dict[str, list[Value]] = {"azimuth_deg": [_below_360(one) for one in rows.values["azimuth_deg"]]}
    technologies = rows.values["technology"]
    values["band"] = [_band(one, of) for one, of in zip(rows.values["band"], technologies, strict=True)]
    assumed: list[set[str]] = [set() for _ in rows.raw.rows]
    heading = rows.columns.heading_of("_tilt")
    if heading is not None:
        tilts = [_tilt(text_of(cell) or "", heading) for cell in rows.cells(heading)]
        values["electrical_tilt_deg"] = [electrical for electrical, _, _ in tilts]
        values["mechanical_tilt_deg"] = [mechanical for _, mechanical, _ in tilts]
        for names, (_, _, is_total) in zip(assumed, tilts, strict=True):
            names.update({"mechanical_tilt_deg"} if is_total else ())
    masts = {one.id: one for one in rows.masts}
    values["operators"] = _operators(rows, masts, assumed)
    shapes = {
        place: mast.point
        for place, mast in _on(rows, masts)
        if mast.point is not None and rows.shapes[place] is None
    }
    faults = [*_absent(rows, values), *_strangers(rows, masts)]
    return Filled(values=values, shapes=shapes, assumed=assumed, faults=faults)


def _on(rows: Rows, masts: Mapping[str, Mast]) -> list[tuple[int, Mast]]:
    named = enumerate(str(one) for one in rows.values["site_id"])
    return [(place, masts[name]) for place, name in named if name in masts]


def _below_360(value: Value) -> Value:
    return 0.0 if value == 360 else value


def _band(value: Value, technology: Value) -> Value:
    """Name of 3GPP where the text leaves no doubt, else the text."""
    text = str(value or "")
    letter = "n" if technology == "5G" else "B"
    found = _BAND.search(text)
    if found:
        return f"{letter}{int(found.group(2))}"
    known = [_BY_MHZ[number] for number in re.findall(r"\d{3,4}", text) if number in _BY_MHZ]
    return f"{letter}{known[0]}" if len(known) == 1 else value


def _tilt(text: str, heading: str) -> tuple[float | None, float | None, bool]:
    """Electrical and mechanical tilt [°]; one number is their sum, told by the third."""
    said = fold(text).replace("°", "")
    electrical, mechanical = _ELECTRICAL.search(said), _MECHANICAL.search(said)
    if electrical and mechanical:
        return _number(electrical.group(1)), _number(mechanical.group(1)), False
    numbers = [_number(one) for one in _NUMBERS.findall(text)]
    if len(numbers) == 2 and re.search(r"[+/]", text):
        words = fold(heading).split()
        first, second = (abs(one) for one in numbers)
        is_turned = "m" in words and "e" in words and words.index("m") < words.index("e")
        return (second, first, False) if is_turned else (first, second, False)
    if _PLAIN_DEGREES.fullmatch(text) and numbers:
        return numbers[0], 0.0, True
    return None, None, False


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _operators(rows: Rows, masts: Mapping[str, Mast], assumed: Sequence[set[str]]) -> list[Value]:
    """Operator of the mast where the file names none; of a file about one operator's masts, that one."""
    found = list(rows.values["operators"])
    on = dict(_on(rows, masts))
    alone = {mast.operators[0] for mast in on.values() if len(mast.operators) == 1}
    for place, known in enumerate(found):
        if known:
            continue
        mast = on.get(place)
        names = mast.operators if mast is not None and len(mast.operators) == 1 else tuple(alone)
        if len(names) == 1:
            found[place] = names[0]
            assumed[place].add("operators")
    return found


def _absent(rows: Rows, values: Mapping[str, Sequence[Value]]) -> list[Issue]:
    known = {**rows.values, **values}
    both = rows.columns.heading_of("_tilt")
    there = [
        name
        for name in _NEEDED
        if rows.columns.heading_of(name) or (both is not None and name == "electrical_tilt_deg")
    ]
    faults = []
    for place, number in enumerate(rows.raw.row_numbers):
        lacking = [name for name in there if known[name][place] is None]
        if lacking:
            facts = {"columns": ", ".join(lacking)}
            faults.append(issue("cell_number_missing", Severity.WARNING, row=number, **facts))
    return faults


def _strangers(rows: Rows, masts: Mapping[str, Mast]) -> list[Issue]:
    heading = rows.columns.heading_of("site_id")
    return [
        issue("cell_site_unknown", Severity.ASK, row=number, column=heading, value=str(name))
        for number, name in zip(rows.raw.row_numbers, rows.values["site_id"], strict=True)
        if name and str(name) not in masts and not rows.is_alone
    ]
