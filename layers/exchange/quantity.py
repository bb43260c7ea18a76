"""Units in cells and headings, and the factors between them; transmitter power in watts or dBm."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

from layers.exchange.word import fold

_METRE = {"m": 1.0, "met": 1.0, "metre": 1.0, "km": 1000.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "ft": 0.3048}
_MEGABIT = {
    **dict.fromkeys(("mbps", "mb", "mbit", "mbits", "m"), 1.0),
    **dict.fromkeys(("gbps", "gb", "gbit", "g"), 1000.0),
    **dict.fromkeys(("kbps", "kb", "kbit", "k"), 0.001),
}
FACTORS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "m": _METRE,
        "Mbit/s": _MEGABIT,
        "Gbit/s": {word: factor / 1000.0 for word, factor in _MEGABIT.items()},
        "km²": {"km2": 1.0, "ha": 0.01, "m2": 1e-6},
        "m²": {"m2": 1.0, "ha": 10_000.0, "km2": 1e6},
        "h": {"h": 1.0, "gio": 1.0, "phut": 1 / 60, "min": 1 / 60},
        "ms": {"ms": 1.0, "mili": 1.0, "s": 1000.0, "giay": 1000.0},
        "MHz": {"mhz": 1.0, "ghz": 1000.0, "khz": 0.001},
        "kHz": {"khz": 1.0, "mhz": 1000.0, "hz": 0.001},
    }
)
"""Unit of a column to the folded words for units of its kind, each with what one of it is in that unit."""

_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_WATTS = re.compile(
    r"(?:(?P<ports>\d+)\s*[x×*]\s*)?(?P<value>\d+(?:[.,]\d+)?)\s*(?P<unit>k|m)?w(?![a-z])", re.IGNORECASE
)
_DBM = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*dbm", re.IGNORECASE)


def factor_in(text: str, unit: str | None) -> float | None:
    """
    What one unit named at the start of a text is in the unit wanted.

    Parameters
    ----------
    text
        Text behind a number, or the content of a heading's brackets: ``km``, ``Gbps``, ``m (ước)``.
    unit
        Unit wanted.

    Returns
    -------
    factor
        Above 0; None where the text names no unit of that kind.
    """
    words = fold(text.replace("²", "2")).split()
    return FACTORS.get(unit or "", {}).get(words[0]) if words else None


def heading_unit(heading: str) -> str:
    """
    What a heading says about the unit of its numbers.

    Parameters
    ----------
    heading
        Heading as shown, such as ``Chiều dài (km)``, ``Tốc độ, Gbps``.

    Returns
    -------
    text
        The words that may name a unit; empty where there are none.
    """
    last = heading.rsplit("/", 1)[-1]
    found = _BRACKETS.findall(last)
    if found:
        return str(found[-1])
    return last.rsplit(",", 1)[-1].strip() if "," in last else ""


def power_dbm(text: str) -> float | None:
    """
    Transmitter power of one port.

    Parameters
    ----------
    text
        Power with its unit: ``43 dBm``, ``20W``, ``2x40W`` (two ports of 40 W each), ``500 mW``.

    Returns
    -------
    power_dbm
        Power [dBm]; None where no unit is named or the power is 0.
    """
    found = _DBM.search(text)
    if found:
        return float(found.group(1).replace(",", "."))
    watts = _WATTS.search(text)
    if watts is None:
        return None
    scale = {"k": 1e6, "m": 1.0}.get((watts["unit"] or "").lower(), 1e3)
    power_mw = float(watts["value"].replace(",", ".")) * scale
    return round(10 * math.log10(power_mw), 2) if power_mw > 0 else None
