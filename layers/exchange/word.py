"""Vietnamese words made comparable: case, diacritics, punctuation and spacing aside."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_GAP = re.compile(r"[^0-9a-z]+")
_SPOKEN_GAP = re.compile(r"[\W_]+")
_REMEMBERED = 1 << 16


@lru_cache(maxsize=_REMEMBERED)
def fold(text: str) -> str:
    """
    Text without case, diacritics and punctuation.

    Parameters
    ----------
    text
        Any text; NFC and NFD give the same.

    Returns
    -------
    folded
        ASCII letters and digits, words parted by one space: ``Tiên Kiều`` gives ``tien kieu``.
    """
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )
    return _GAP.sub(" ", plain.lower().replace("đ", "d")).strip()


def spoken(text: str) -> str:
    """
    Text without case and punctuation, its diacritics kept.

    Parameters
    ----------
    text
        Any text; NFC and NFD give the same.

    Returns
    -------
    spoken
        Words parted by one space: ``Chợ, Quán Lau`` gives ``chợ quán lau``.
    """
    return _SPOKEN_GAP.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip()


def holds(text: str, phrase: str) -> bool:
    """
    Tell whether a folded text holds a folded phrase as whole words.

    Parameters
    ----------
    text, phrase
        Folded texts.

    Returns
    -------
    is_held
        False for an empty phrase.
    """
    return bool(phrase) and f" {phrase} " in f" {text} "


def tidy(text: str) -> str:
    """
    Text in NFC with single spaces and without control characters.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    tidy
        Text as it is stored.
    """
    normal = unicodedata.normalize("NFC", text)
    if normal.isprintable():
        return " ".join(normal.split())
    normal = normal.replace("\ufeff", "")
    kept = "".join(
        letter if letter.isspace() or unicodedata.category(letter) != "Cc" else "" for letter in normal
    )
    return " ".join(kept.split())
