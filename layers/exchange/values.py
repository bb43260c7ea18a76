"""Cells as offices write them -> typed values: numbers, units, days, yes and no, vocabularies."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from layers.exchange.headings import ANY_LAYER, Aliases, ValueAlias
from layers.exchange.quantity import factor_in, power_dbm
from layers.exchange.raw import Cell
from layers.exchange.word import fold, holds, spoken, tidy
from layers.issue import Severity
from layers.spec import Column, Kind, LayerSpec

Value = str | int | float | bool | None

EXCEL_EPOCH = dt.date(1899, 12, 30)
_SERIAL_DAYS = (18_000, 80_000)
_NUMBER = re.compile(r"[-+−]?\d[\d.,\s\u00a0]*")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_DIGITS = re.compile(r"\d+(?: \d+)*")
"""Numbers within a word: an alias such as ``lt0`` stands for LT with any number."""
POWER = "tx_power_dbm"
_TECHNOLOGY = re.compile(r"\d+\s*g(?![a-z])", re.IGNORECASE)
_YES = ("co", "x", "yes", "true", "1", "dung", "free", "mien phi")
_NO = ("khong", "chua", "no", "false", "0", "sai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    What is to be said about a cell.

    Parameters
    ----------
    code
        Text key.
    severity
        How grave it is.
    facts
        Values that the text names.
    """

    code: str
    severity: Severity
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """
    One cell understood.

    Parameters
    ----------
    value
        Typed value, None where nothing is known.
    fault
        What is to be said about it, or None.
    """

    value: Value = None
    fault: Fault | None = None


def parse(cell: Cell, column: Column, *, layer: str, aliases: Aliases, unit: str = "") -> Parsed:
    """
    Value of a cell for a column.

    Parameters
    ----------
    cell
        Cell as read.
    column
        Column of the layer.
    layer
        Name of the layer.
    aliases
        Spellings of values.
    unit
        What the heading says about the unit; it holds for numbers that name none of their own.

    Returns
    -------
    parsed
        Value and fault. Text that means nothing for the column is never dropped unsaid: it is the
        ``value`` fact of the fault.
    """
    alias = _alias(cell, column.name, layer, aliases, is_free=_is_free(column))
    if alias is not None and not (alias.value == "" and isinstance(cell, int | float)):
        return _from_alias(alias, cell)
    if cell is None:
        return Parsed()
    if column.name == POWER:
        return _parse_power(cell, unit)
    if column.kind in (Kind.INTEGER, Kind.REAL):
        return parse_number(cell, is_integer=column.kind is Kind.INTEGER, unit=column.unit, given=unit)
    if column.kind is Kind.DATE:
        return parse_day(cell)
    if column.kind is Kind.BOOLEAN:
        return _parse_boolean(cell)
    if column.name in ("technologies", "technology") and "5G" in column.vocabulary:
        return _parse_technologies(cell, column)
    if column.vocabulary:
        return _parse_word(cell, column)
    return Parsed(value=text_of(cell))


def text_of(cell: Cell) -> str | None:
    """
    Text of a cell.

    Parameters
    ----------
    cell
        Cell as read.

    Returns
    -------
    text
        NFC text; a whole number without its decimal point, a day as ISO 8601; None for an empty cell.
    """
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return None if cell is None else tidy(str(cell)) or None


def parse_number(cell: Cell, *, is_integer: bool = False, unit: str | None = None, given: str = "") -> Parsed:
    """
    Number in a cell.

    Parameters
    ----------
    cell
        Cell as read: a number, or text such as ``2.305.113,829``, ``562 hộ``, ``0,1 Gbps``.
    is_integer
        True for counts: a point or comma before three digits then parts thousands.
    unit
        Unit wanted; another unit of the same kind in the text is converted.
    given
        What the heading says about the unit of numbers that name none.

    Returns
    -------
    parsed
        The number; a count with a fraction and text without a number are faults.
    """
    if cell is None or isinstance(cell, bool | dt.date):
        return _unreadable(cell)
    if isinstance(cell, int | float):
        number = float(cell) * (factor_in(given, unit) or 1.0)
    else:
        found = _NUMBER.search(cell)
        if found is None:
            return _unreadable(cell)
        factor = factor_in(cell[found.end() :], unit)
        is_whole = is_integer or (factor == 1.0 and _THOUSANDS.fullmatch(found.group().strip()) is not None)
        number = _plain_number(found.group(), is_integer=is_whole)
        number *= (factor_in(given, unit) or 1.0) if factor is None else factor
    if not math.isfinite(number):
        return _fault("value_not_finite", Severity.ERROR, value=str(cell))
    if not is_integer:
        return Parsed(value=number)
    if number != int(number):
        return _fault("thousands_misread", Severity.ASK, value=number, proposed=round(number * 1000))
    return Parsed(value=int(number))


def parse_day(cell: Cell) -> Parsed:
    """
    Day in a cell.

    Parameters
    ----------
    cell
        Day, spreadsheet serial number, or text with the day first as in Vietnam.

    Returns
    -------
    parsed
        ISO 8601 day. A month alone is its first day, a year alone its first day, both with a notice.
    """
    if isinstance(cell, dt.date):
        return Parsed(value=cell.isoformat())
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if _SERIAL_DAYS[0] <= cell <= _SERIAL_DAYS[1]:
            return Parsed(value=(EXCEL_EPOCH + dt.timedelta(days=int(cell))).isoformat())
        cell = text_of(cell)
    digits = [int(part) for part in re.findall(r"\d+", str(cell))]
    try:
        if len(digits) >= 3:
            year, month, day = digits[:3] if digits[0] > 31 else reversed(digits[:3])
            return Parsed(value=dt.date(year + 2000 if year < 100 else year, month, day).isoformat())
        if len(digits) == 2 and digits[1] > 1900:
            return _approximate(dt.date(digits[1], digits[0], 1), cell)
        if len(digits) == 1 and 1950 <= digits[0] <= 2100:
            return _approximate(dt.date(digits[0], 1, 1), cell)
    except ValueError:
        return _unreadable(cell)
    return _unreadable(cell)


def operators_in(text: str | None, operators: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """
    Operators that a text names.

    Parameters
    ----------
    text
        Owner or operator as an office writes it: ``Viettel Hải Phòng``, ``vina``.
    operators
        Id to spellings.

    Returns
    -------
    ids
        In the order of the table of operators; spellings of one or two letters count only alone.
    """
    said = fold(text or "")
    found = []
    for operator, names in operators.items():
        spellings = {fold(name) for name in (operator, *names)}
        if said in spellings or any(len(name) > 2 and holds(said, name) for name in spellings):
            found.append(operator)
    return tuple(found)


def word_in(text: str | None, *, field: str, layer: str, aliases: Aliases) -> str | None:
    """
    Value of a vocabulary that a longer text betrays, such as the kind of a place by its name.

    Parameters
    ----------
    text
        Text to look through.
    field, layer
        Where the vocabulary belongs.
    aliases
        Spellings of values.

    Returns
    -------
    value
        Value of the earliest spelling in the text, the longest of those; None where there is none. A spelling
        of one word counts with its own diacritics only, unless the text was typed without any: "Chỗ này" is
        no market (*chợ*), "CHO QUAN LAU" is one.
    """
    said, aloud = fold(text or ""), spoken(text or "")
    is_accented = said != aloud
    found = [
        (f" {said} ".index(f" {one.alias} "), -len(one.alias), one.value)
        for one in aliases.values
        if one.layer == layer
        and one.field == field
        and one.value
        and one.written
        and holds(said, one.alias)
        and (" " in one.alias or not is_accented or holds(aloud, one.written))
    ]
    return min(found)[2] if found else None


def meaning_elsewhere(cell: Cell, *, spec: LayerSpec, aliases: Aliases) -> tuple[str, str] | None:
    """
    Column of a layer whose vocabulary knows a word that its own column does not.

    Parameters
    ----------
    cell
        Cell as read.
    spec
        Layer.
    aliases
        Spellings of values.

    Returns
    -------
    column, value
        Only where one single column knows the word; None otherwise.
    """
    said = fold(text_of(cell) or "")
    names = {column.name for column in spec.columns if column.vocabulary}
    found = {
        (one.field, one.value)
        for one in aliases.values
        if said and one.alias == said and one.layer == spec.name and one.field in names and one.value
    }
    return found.pop() if len(found) == 1 else None


def _is_free(column: Column) -> bool:
    return column.kind is Kind.TEXT and not column.vocabulary


def _alias(cell: Cell, field: str, layer: str, aliases: Aliases, *, is_free: bool) -> ValueAlias | None:
    said = fold(text_of(cell) or "")
    pattern = _DIGITS.sub("0", said)
    if cell is not None and not said:
        unknown = ValueAlias(layer=layer, field=field, alias="", value="", severity=Severity.INFO)
        return None if is_free else unknown
    for one in aliases.values:
        is_here = one.layer in (layer, ANY_LAYER) and one.field == field
        is_unknown = one.field == ANY_LAYER and not is_free and said != ""
        is_pattern = pattern != said and one.alias == pattern and is_here
        if is_pattern or (one.alias == said and (is_here or is_unknown)):
            return one
    return None


def _from_alias(alias: ValueAlias, cell: Cell) -> Parsed:
    value = alias.value or None
    if alias.severity is None:
        return Parsed(value=value)
    code = "value_noted" if value else "value_unstated" if cell is None else "value_no_data"
    return Parsed(
        value=value, fault=Fault(code=code, severity=alias.severity, facts={"value": text_of(cell) or ""})
    )


def _fault(code: str, severity: Severity, **facts: object) -> Parsed:
    return Parsed(fault=Fault(code=code, severity=severity, facts=facts))


def _unreadable(cell: Cell) -> Parsed:
    return _fault("value_unreadable", Severity.WARNING, value=text_of(cell) or "")


def _approximate(day: dt.date, cell: Cell) -> Parsed:
    fault = Fault(code="day_approximate", severity=Severity.INFO, facts={"value": text_of(cell) or ""})
    return Parsed(value=day.isoformat(), fault=fault)


def _plain_number(text: str, *, is_integer: bool) -> float:
    digits = re.sub(r"[\s\u00a0]", "", text).replace("−", "-").rstrip(".,")
    points, commas = digits.count("."), digits.count(",")
    grouped = re.fullmatch(r"[-+]?\d{1,3}(?:[.,]\d{3})+", digits) is not None
    if points and commas:
        decimal = "." if digits.rindex(".") > digits.rindex(",") else ","
        digits = digits.replace("," if decimal == "." else ".", "").replace(",", ".")
    elif points > 1 or commas > 1 or (grouped and is_integer):
        digits = digits.replace(".", "").replace(",", "")
    else:
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        return math.nan


def _parse_power(cell: Cell, unit: str) -> Parsed:
    """Power [dBm]; a number without a unit may be either watts or dBm, and is asked about."""
    said = text_of(cell) or ""
    bare = isinstance(cell, int | float) or re.fullmatch(r"[\d.,\s]+", said) is not None
    found = power_dbm(f"{said} {unit}" if bare else said)
    if found is not None:
        return Parsed(value=found)
    return _fault("power_unit_unknown", Severity.ASK, value=said) if bare else _unreadable(cell)


def _parse_boolean(cell: Cell) -> Parsed:
    if isinstance(cell, bool):
        return Parsed(value=cell)
    said = fold(text_of(cell) or "")
    if said in _YES or said in _NO:
        return Parsed(value=said in _YES)
    return _unreadable(cell)


def _parse_technologies(cell: Cell, column: Column) -> Parsed:
    said = {re.sub(r"\s", "", one).upper() for one in _TECHNOLOGY.findall(text_of(cell) or "")}
    known = sorted(said.intersection(column.vocabulary))
    if not said:
        return _parse_word(cell, column)
    return Parsed(
        value=";".join(known) or None, fault=_not_listed(cell, column) if len(known) < len(said) else None
    )


def _parse_word(cell: Cell, column: Column) -> Parsed:
    said = fold(text_of(cell) or "")
    match = next((one for one in column.vocabulary if fold(one) == said), None)
    return Parsed(value=match) if match else Parsed(fault=_not_listed(cell, column))


def _not_listed(cell: Cell, column: Column) -> Fault:
    facts = {
        "value": text_of(cell) or "",
        "allowed": ", ".join(column.vocabulary),
        "column": column.name,
    }
    return Fault(code="value_unknown", severity=Severity.WARNING, facts=facts)
