"""Streamlit's own words are replaced by a style sheet that no text can break."""

from __future__ import annotations

import re

import pytest

from planning import text
from screens import state, wording


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_replacement_carries_its_text(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setattr(state, "language", lambda: language)
    sheet = wording.sheet()
    shown = [
        re.sub(r"\\([0-9a-f]+) ", lambda code: chr(int(code[1], 16)), written)
        for written in re.findall(r'content: "([^"]*)"', sheet)
    ]
    names = [name for *_, name in wording.REPLACED] + ["refused", *wording.MENU_ITEMS]
    assert sorted(shown) == sorted(text.tr(f"screen.wording.{name}", language, n=50) for name in names)


def test_no_text_ends_the_style_or_its_string(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "tr", lambda _key, **_facts: '</style><script>"}\\ {x}')
    sheet = wording.sheet()
    assert sheet.count("<") == 2
    assert sheet.count("{") == sheet.count("}")
    assert sheet.count("\\22 ") == sheet.count("content:")
