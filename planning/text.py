"""Texts, numbers and dates as officials write them; Vietnamese first."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from layers.issue import Issue
from planning import data

SINGULAR = MappingProxyType({"have": "has", "are": "is", "were": "was", "lie": "lies", "do": "does"})
PLURAL = re.compile(
    r"\{(?P<name>n(?:_\w+)?)\}(?P<bold>\**) (?P<noun>[a-z]{2,}[a-rtv-z]s)\b"
    rf"(?: (?P<verb>{'|'.join(SINGULAR)})\b)?"
)
"""An English noun right after a number, and the verb after it."""

CODES = ("row", "epsg", "proposed", "code")
"""Facts that are numbers to look up, not to count with: written without separators."""
WORDS = MappingProxyType(
    {
        "layer": "layer.",
        "column": "column.",
        "missing": "column.",
        "field": "column.",
        "sharing": "value.sharing.",
        "expected": "word.",
        "found": "word.",
        "geometry": "word.",
        "kind": "word.",
        "detail": "word.",
        "reason": "word.",
        "role": "proposal.role.",
        "action": "proposal.action.",
        "state": "proposal.state.",
        "changed": "proposal.input.",
        "possible": "proposal.action.",
    }
)
"""Facts that the program names by a key, and where their words stand."""


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
        for name, value in worded(facts, language).items()
    }
    if language == "en":
        template = PLURAL.sub(lambda found: _in_number(found, written), template)
    return template.format_map(_Facts(written))


def _in_number(found: re.Match[str], facts: Mapping[str, str]) -> str:
    """One of something: "{n} rows have" becomes "{n} row has"."""
    name, bold, noun, verb = found.group("name", "bold", "noun", "verb")
    if facts.get(name) != "1":
        return found.group()
    single = f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")
    return f"{{{name}}}{bold} {single}" + (f" {SINGULAR[verb]}" if verb else "")


def worded(facts: Mapping[str, object], language: str) -> dict[str, object]:
    """
    Facts with words in place of the names that only the program uses.

    Parameters
    ----------
    facts
        Values for the placeholders of a text.
    language
        ``vi`` or ``en``.

    Returns
    -------
    facts
        Layers, columns, values of vocabularies, operators, kinds of shape and reasons by their words; all
        else as it was.
    """
    texts = data.texts(language)
    column = str(facts.get("column") or "")
    starts = {**WORDS, "value": f"value.{column}.", "allowed": f"value.{column}."}
    found = dict(facts)
    for name, value in facts.items():
        if name in starts and isinstance(value, str) and value:
            parts = value.split(", ")
            found[name] = ", ".join(texts.get(f"{starts[name]}{part}", part) for part in parts)
        if name in ("operators", "operator") or (name == "allowed" and column in ("operators", "operator")):
            names = {row.id: row.names[language] for row in data.operators()}
            found[name] = ", ".join(names.get(part, part) for part in str(value).split(", "))
    return found


def facts_of(issue: Issue) -> dict[str, object]:
    """
    Values that the texts of a fault may name.

    Parameters
    ----------
    issue
        The fault.

    Returns
    -------
    facts
        Its own facts, with its row and column.
    """
    place = {"column": issue.column or "", "row": issue.row}
    return {name: value for name, value in place.items() if value is not None} | dict(issue.facts)


def fault(issue: Issue, language: str) -> tuple[str, str]:
    """
    What is wrong with a row or a file, and how to mend it.

    Parameters
    ----------
    issue
        The fault.
    language
        ``vi`` or ``en``.

    Returns
    -------
    message, remedy
        Two sentences.
    """
    facts = facts_of(issue)
    message, remedy = (tr(f"issue.{issue.code}.{part}", language, **facts) for part in ("message", "remedy"))
    return message, remedy


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
    text = f"{round(value, digits) + 0.0:,.{digits}f}"  # no minus before a zero
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


def points_text(share: float, language: str) -> str:
    """
    A share as percentage points.

    Parameters
    ----------
    share
        0–1, or a sum of such shares.
    language
        ``vi`` or ``en``.

    Returns
    -------
    text
        For instance ``12,4``.
    """
    return number(share * 100, language, digits=1)


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
