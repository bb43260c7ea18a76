"""Numbers, dates and searching as officials write them."""

from __future__ import annotations

import datetime as dt

import pytest

from planning.text import day, number, plain, share_text, tr


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [(33499, 0, "33.499", "33,499"), (33.15, 2, "33,15", "33.15"), (float("nan"), 1, "–", "–")],
)
def test_numbers_follow_the_language(value: float, digits: int, vi: str, en: str) -> None:
    assert number(value, "vi", digits=digits) == vi
    assert number(value, "en", digits=digits) == en


def test_dates_and_shares() -> None:
    assert day(dt.date(2026, 2, 1)) == "01/02/2026"
    assert share_text(0.924, "vi") == "92,4 %"


def test_search_without_diacritics() -> None:
    assert plain("  Tiên  Kiều ") == "tien kieu"
    assert plain("Đồng Bửa") == plain("ĐỒNG BỬA") == "dong bua"


def test_a_text_names_its_facts() -> None:
    assert tr("common.row", "vi", row=12) == "dòng 12"
    assert tr("no.such.key", "vi") == "no.such.key"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_text_survives_any_number(value: float) -> None:
    assert tr("error.range", "vi", quantity="cell_m", value=value, low=1.0, high=value, unit="m")


def test_one_of_something_is_written_in_the_singular_in_english():
    assert tr("ask.hamlet_people.what", "en", n=1) == "People of 1 hamlet"
    assert tr("ask.hamlet_people.what", "en", n=21) == "People of 21 hamlets"
    assert tr("issue.geometry_some_missing.message", "en", n=1).startswith("1 row has ")
    assert tr("issue.geometry_some_missing.message", "en", n=2).startswith("2 rows have ")
