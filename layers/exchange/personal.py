"""Names and numbers of persons taken out of free texts: the product keeps none."""

from __future__ import annotations

import re

MASK = "[…]"
"""Stands where a name or a number was."""

_FAMILY_NAMES = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Đoàn|Trịnh|Mai|Lương|Đào|"
    "Tô|Tạ|Chu|Quách|Hà|Cao|Lưu|Thái|Tăng|Kiều|Vương|Phùng"
)
_CAPITAL = r"[^\W\d_a-zà-ỹ][^\W\d_]*\.?"
_NAME = rf"{_CAPITAL}(?:\s+{_CAPITAL}){{0,4}}"
_TITLED = re.compile(rf"(?<!\w)((?:ông|bà|anh|chị|cô|chú|bác|cụ|đ/c|đồng chí)\s+){_NAME}(?!\w)")
_TITLED_CAPITAL = re.compile(
    rf"(?<!\w)((?:Ông|Bà|Anh|Chị|Cô|Chú|Bác|Cụ)\s+)(?:{_FAMILY_NAMES})(?:\s+{_CAPITAL}){{1,4}}(?!\w)"
)
_PHONE = re.compile(r"(?<![\w.,+])(?:\(\s*\+?84\s*\)|\+84|84|0)(?:[\s.\-]?\d){8,10}(?![\w])")
_CITIZEN = re.compile(r"(?<![\w.,])0\d{11}(?!\w)")
_HINT = re.compile(r"@|(?:\d[\s.\-()]*){9}|(?:ông|bà|anh|chị|cô|chú|bác|cụ|đ/c|đồng chí)\s", re.IGNORECASE)
"""Stands in every text that names or reaches a person; most texts lack it, and are done with."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def scrub(text: str) -> tuple[str, int]:
    """
    Text without what names or reaches a person.

    Parameters
    ----------
    text
        Free text as written, NFC.

    Returns
    -------
    text, n_removed
        The text with ``[…]`` in the place of names after a form of address, telephone numbers, numbers of
        identity cards and mail addresses; how many there were. Names of places such as *chùa Bà Đanh* stay:
        an address in capitals counts only before a family name and a given name.
    """
    if not _HINT.search(text):
        return text, 0
    n_removed = 0
    for pattern, put in (
        (_MAIL, MASK),
        (_CITIZEN, MASK),
        (_PHONE, MASK),
        (_TITLED, rf"\1{MASK}"),
        (_TITLED_CAPITAL, rf"\1{MASK}"),
    ):
        text, n_found = pattern.subn(put, text)
        n_removed += n_found
    return text, n_removed
