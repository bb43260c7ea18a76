"""Positions as offices write them: degrees in a dozen spellings, metres, both numbers in one cell."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from layers.exchange.raw import Cell
from layers.exchange.values import parse_number
from layers.exchange.word import fold

_PARTS = re.compile(r"\d+(?:[.,]\d+)?")
_PAIR = re.compile(r"-?\d{1,8}[.,]\d+")
_DEGREES = re.compile(r"-?\d{1,3}\.\d+")
_PLAIN = re.compile(r"\s*[-+−]?[\d.,\s\u00a0]+\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinate:
    """
    One number of a position.

    Parameters
    ----------
    value
        Degrees or metres, NaN where there is none.
    code
        Fault, or None.
    is_coarse
        True where the text goes down to whole minutes only.
    """

    value: float = math.nan
    code: str | None = None
    is_coarse: bool = False


def parse_ordinate(cell: Cell) -> Ordinate:
    """
    One latitude, longitude, northing or easting.

    Parameters
    ----------
    cell
        Number or text: ``20,851005``, ``2.305.113,829``, ``20°49'37.7"N``, ``20 độ 50 phút 52,9 giây``,
        ``20-48-47.1``, ``20°51.9027'``.

    Returns
    -------
    ordinate
        Decimal degrees or metres; minutes or seconds of 60 and more are a fault (``angle_minutes``).
    """
    if cell is None or isinstance(cell, bool):
        return Ordinate()
    if isinstance(cell, int | float):
        return Ordinate(value=float(cell)) if math.isfinite(cell) else Ordinate(code="coord_not_finite")
    text = str(cell).strip()
    if _DEGREES.fullmatch(text):
        return Ordinate(value=float(text))
    if fold(text) in ("nan", "inf", "infinity"):
        return Ordinate(code="coord_not_finite")
    parts = [float(part.replace(",", ".")) for part in _PARTS.findall(text)]
    if _PLAIN.fullmatch(text) and not _is_spaced_angle(text, parts):
        parsed = parse_number(text)
        return (
            Ordinate(value=parsed.value)
            if isinstance(parsed.value, float)
            else Ordinate(code="coord_unreadable")
        )
    if not 1 <= len(parts) <= 3 or parts[0] > 180:
        return Ordinate(code="coord_unreadable")
    if any(part >= 60 for part in parts[1:]):
        return Ordinate(code="angle_minutes")
    degrees = sum(part / 60**power for power, part in enumerate(parts))
    is_south_or_west = re.search(r"[SW]\s*$|^\s*[SW]|^\s*-", text) is not None
    is_coarse = len(parts) == 2 and parts[1].is_integer()
    return Ordinate(value=-degrees if is_south_or_west else degrees, is_coarse=is_coarse)


def parse_pair(cell: Cell) -> tuple[Ordinate, Ordinate]:
    """
    Latitude and longitude, or northing and easting, from one cell.

    Parameters
    ----------
    cell
        Text such as ``20.848039, 106.482156``, ``(20.83949 , 106.47648)``, ``20,84153 - 106,45956``.

    Returns
    -------
    first, second
        Numbers in the order of the text; both empty for an empty cell.
    """
    if cell is None:
        return Ordinate(), Ordinate()
    text = str(cell)
    found = _PAIR.findall(text)
    if len(found) == 2 and not re.search(r"[°º˚'’\u2032\"”\u2033]", text):
        return parse_ordinate(found[0]), parse_ordinate(found[1].lstrip("-") if " - " in text else found[1])
    halves = [
        half
        for half in re.split(r"[;,]\s|;|\s{2,}|\s-\s|(?<=[NBnb\"”″])\s", text.strip("() "))
        if half.strip()
    ]
    if len(halves) == 2:
        return parse_ordinate(halves[0]), parse_ordinate(halves[1])
    return Ordinate(code="coord_unreadable"), Ordinate(code="coord_unreadable")


def _is_spaced_angle(text: str, parts: list[float]) -> bool:
    """Tell ``20 50 54,2`` from ``2 305 113,829``."""
    return (
        len(parts) == 3
        and bool(re.search(r"\d\s+\d", text))
        and all(part < 60 for part in parts[1:])
        and not (re.fullmatch(r"\s*\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?\s*", text))
    )
