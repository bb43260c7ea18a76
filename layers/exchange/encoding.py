"""From bytes to text: Unicode, else the Vietnamese code page in which the text reads most Vietnamese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType

from layers.exchange.fault import refusal

LEGACY = ("tcvn3", "cp1258", "vni")
PREVIEW_LINES, PREVIEW_LETTERS = 3, 160

_TCVN3_BYTES = (
    "b5b8b6b7b9 a8bbbebcbdc6 a9c7cac8c9cb ae ccd0cecfd1 aad2d5d3d4d6 d7ddd8dcde "
    "dfe3e1e2e4 abe5e8e6e7e9 aceaedebecee eff3f1f2f4 adf5f8f6f7f9 fafdfbfcfe a1a2a3a4a5a6a7"
)
_TCVN3_LETTERS = "àáảãạ ăằắẳẵặ âầấẩẫậ đ èéẻẽẹ êềếểễệ ìíỉĩị òóỏõọ ôồốổỗộ ơờớởỡợ ùúủũụ ưừứửữự ỳýỷỹỵ ĂÂÊÔƠƯĐ"
_TCVN3 = dict(
    zip(bytes.fromhex(_TCVN3_BYTES).decode("latin-1"), _TCVN3_LETTERS.replace(" ", ""), strict=True)
)

_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT = "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"
_HAT, _BREVE = "\u0302", "\u0306"
_VNI_MARKS = {
    sign: shape + tone
    for shape, signs in (("", " øùûõï"), (_HAT, "âàáåãä"), (_BREVE, "êèéúüë"))
    for sign, tone in zip(signs, ("", _GRAVE, _ACUTE, _HOOK, _TILDE, _DOT), strict=True)
    if sign != " "
}
_VNI_LETTERS = {"ñ": "đ", "ô": "ơ", "ö": "ư", "ì": "ì", "í": "í", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}

_WORD = re.compile(r"[^\W\d_]+")
_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnpqrstvx])?"
_CLOSED = r"(?:uyê|iê|oa|oă|oe|oo|uâ|uê|uô|uơ|uy|ươ|yê|[aăâeêioôơuưy])(?:ng|nh|ch|[cmnpt])?"
_OPEN = (
    r"(?:iêu|oai|oao|oay|oeo|uây|uôi|uya|uyu|ươi|ươu|yêu|"
    r"ai|ao|au|ay|âu|ây|eo|êu|ia|iu|oi|ôi|ơi|ua|ui|ưa|ưi|ưu)"
)
_SYLLABLE = re.compile(f"{_ONSET}(?:{_CLOSED}|{_OPEN})")
_TONES = dict.fromkeys(map(ord, (_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """
    Text of a file.

    Parameters
    ----------
    text
        Text in NFC.
    encoding
        Encoding used.
    choices
        Encodings that the user may choose from, best first; empty where there is no doubt.
    was_decomposed
        True where the file was not in NFC.
    previews
        Encoding to the first telling lines in it, for the user to choose by reading.
    """

    text: str
    encoding: str
    choices: tuple[str, ...] = ()
    was_decomposed: bool = False
    previews: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


def decode(data: bytes, *, encoding: str | None = None) -> Decoded:
    """
    Text of a file.

    Parameters
    ----------
    data
        Bytes of the file.
    encoding
        Encoding chosen by the user, or None to find out.

    Returns
    -------
    decoded
        Text in NFC. Unicode leaves no doubt; a Vietnamese code page always leaves a choice.

    Raises
    ------
    FileError
        The bytes are no text in any of the encodings (``encoding_invalid``).
    """
    if encoding is not None:
        return _normal(_decode_as(data, encoding), encoding, ())
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _normal(_unicode(data, "utf-16"), "utf-16", ())
    if b"\x00" in data[:4096]:
        raise refusal("encoding_invalid", encoding="UTF-8")
    try:
        return _normal(data.decode("utf-8-sig"), "utf-8", ())
    except UnicodeDecodeError as error:
        position = error.start
    sample = data[: 1 << 20]
    scores = {name: _vietnamese_share(_decode_as(sample, name)) for name in LEGACY}
    ranked = tuple(sorted(LEGACY, key=lambda name: -scores[name]))
    if scores[ranked[0]] < 0.5:
        raise refusal("encoding_invalid", row=data.count(b"\n", 0, position) + 1, encoding="UTF-8")
    previews = {name: _telling_lines(_decode_as(sample, name)) for name in ranked}
    return replace(
        _normal(_decode_as(data, ranked[0]), ranked[0], ranked), previews=MappingProxyType(previews)
    )


def decode_utf8(data: bytes) -> str:
    """
    Text of a format that must be UTF-8.

    Parameters
    ----------
    data
        Bytes of the file.

    Returns
    -------
    text
        Text without a byte order mark, as written.

    Raises
    ------
    FileError
        The bytes are not UTF-8 (``encoding_invalid``).
    """
    return _unicode(data, "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")


def _unicode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise refusal("encoding_invalid", row=row, encoding=encoding.upper().removesuffix("-SIG")) from None


def _decode_as(data: bytes, encoding: str) -> str:
    if encoding == "tcvn3":
        return "".join(_TCVN3.get(letter, letter) for letter in data.decode("latin-1"))
    if encoding == "vni":
        return _from_vni(data.decode("cp1252", errors="replace"))
    if encoding == "cp1258":
        return data.decode("cp1258", errors="replace")
    return _unicode(data, encoding)


def _from_vni(text: str) -> str:
    out: list[str] = []
    for letter in text:
        low = letter.lower()
        base = unicodedata.normalize("NFD", out[-1])[:1].lower() if out else ""
        if (
            low in _VNI_MARKS
            and base in "aeouyưươơ"
            and base
            and len(unicodedata.normalize("NFD", out[-1])) <= 2
        ):
            out[-1] = unicodedata.normalize("NFC", out[-1] + _VNI_MARKS[low])
        elif low in _VNI_LETTERS:
            new = _VNI_LETTERS[low]
            out.append(new.upper() if letter != low else new)
        else:
            out.append(letter)
    return "".join(out)


def _vietnamese_share(text: str) -> float:
    words = [word for word in _WORD.findall(unicodedata.normalize("NFC", text)) if not word.isascii()]
    strange = sum(
        1
        for letter in text
        if ord(letter) > 127 and not letter.isalpha() and not unicodedata.combining(letter)
    )
    good = sum(1 for word in words if _is_syllable(word))
    return good / max(1, len(words) + strange)


def _is_syllable(word: str) -> bool:
    if word[1:] != word[1:].lower() and word != word.upper():
        return False
    parts = unicodedata.normalize("NFD", word.lower())
    plain = unicodedata.normalize("NFC", parts.translate(_TONES))
    return sum(ord(part) in _TONES for part in parts) <= 1 and _SYLLABLE.fullmatch(plain) is not None


def _telling_lines(text: str) -> tuple[str, ...]:
    """The first lines that are not plain ASCII: in these the encodings differ."""
    told = (" ".join(line.split()) for line in unicodedata.normalize("NFC", text).splitlines())
    return tuple(islice((line[:PREVIEW_LETTERS] for line in told if not line.isascii()), PREVIEW_LINES))


def _normal(text: str, encoding: str, choices: tuple[str, ...]) -> Decoded:
    normal = unicodedata.normalize("NFC", text)
    return Decoded(text=normal, encoding=encoding, choices=choices, was_decomposed=normal != text)
