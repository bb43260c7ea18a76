"""Texts, numbers and dates as officials write them; Vietnamese first."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata

from planning import data

CODES = ("row", "epsg", "proposed", "code")
"""Facts that are numbers to look up, not to count with: written without separators."""


def tr(key: str, language: str, **facts: object) -> str:
    """
    Text of a key in a language.

    Parameters
    ----------
    key
        Text key.
    language
        ``vi`` or ``en``.
    facts
        Values for the placeholders; numbers are written in the language's manner.

    Returns
    -------
    text
        The text, or the key itself where no text exists.
    """
    template = data.texts(language).get(key)
    if template is None:
        return key
    written = {
        name: str(value) if name in CODES and value is not None else _written(value, language)
        for name, value in facts.items()
    }
    return template.format_map(_Facts(written))


class _Facts(dict[str, str]):
    """Placeholders; one without a value stays readable instead of failing."""

    def __missing__(self, name: str) -> str:
        return "…"


def _written(value: object, language: str) -> str:
    if isinstance(value, bool):
        return tr("common.yes" if value else "common.no", language)
    if isinstance(value, int):
        return number(value, language)
    if isinstance(value, float):
        return number(value, language, digits=0 if value.is_integer() else 2)
    if isinstance(value, dt.date):
        return day(value)
    return "" if value is None else str(value)


def number(value: float, language: str, *, digits: int = 0) -> str:
    """
    A number with the language's separators.

    Parameters
    ----------
    value
        The number; not-a-number gives a dash.
    language
        ``vi`` (1.234,5) or ``en`` (1,234.5).
    digits
        Decimals shown.

    Returns
    -------
    text
        The number as text.
    """
    if math.isinf(value):
        return "−∞" if value < 0 else "∞"
    if math.isnan(value):
        return "–"
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def share_text(share: float, language: str, *, digits: int = 1) -> str:
    """
    A share as a percentage.

    Parameters
    ----------
    share
        0–1; not-a-number gives a dash.
    language
        ``vi`` or ``en``.
    digits
        Decimals shown.

    Returns
    -------
    text
        For instance ``92,4 %``.
    """
    return f"{number(share * 100, language, digits=digits)} %" if math.isfinite(share) else "–"


def day(value: dt.date) -> str:
    """
    A day, written dd/mm/yyyy in both languages.

    Parameters
    ----------
    value
        Day or moment.

    Returns
    -------
    text
        The day.
    """
    return value.strftime("%d/%m/%Y")


def plain(text: str) -> str:
    """
    Text for searching: lower case, without diacritics.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    plain
        "Tiên Kiều" becomes "tien kieu".
    """
    folded = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").casefold())
    return " ".join("".join(char for char in folded if not unicodedata.combining(char)).split())
