"""Cells as offices write them: numbers, days, angles, vocabularies, old encodings, headings."""

from __future__ import annotations

import datetime as dt

import pytest

from layers.catalogue import spec_of
from layers.exchange.coordinates import parse_ordinate, parse_pair
from layers.exchange.encoding import decode
from layers.exchange.headings import guess
from layers.exchange.values import operators_in, parse, parse_day, parse_number, word_in
from layers.exchange.word import fold, holds
from planning import data


@pytest.mark.parametrize(
    ("cell", "is_integer", "expected"),
    [
        ("1.383", True, 1383),
        ("1\u00a0842", True, 1842),
        ("562 hộ", True, 562),
        (536.0, True, 536),
        ("1.383", False, 1.383),
        ("36,5", False, 36.5),
        ("2.305.857,540", False, 2305857.54),
        ("1,234.5", False, 1234.5),
        ("42m", False, 42.0),
    ],
)
def test_numbers_are_read_as_vietnamese_offices_write_them(
    cell: str | float, is_integer: bool, expected: float
) -> None:
    assert parse_number(cell, is_integer=is_integer).value == expected


@pytest.mark.parametrize(
    ("cell", "unit", "expected"),
    [("0,1 Gbps", "Mbit/s", 100.0), ("50Mbps", "Mbit/s", 50.0), ("1,33 km", "m", 1330.0)],
)
def test_units_in_the_text_are_converted(cell: str, unit: str, expected: float) -> None:
    assert parse_number(cell, unit=unit).value == pytest.approx(expected)


def test_a_count_with_a_fraction_is_asked_about_with_the_likely_number() -> None:
    parsed = parse_number(0.964, is_integer=True)
    assert parsed.value is None
    assert parsed.fault is not None
    assert (parsed.fault.code, parsed.fault.facts["proposed"]) == ("thousands_misread", 964)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12/03/2015", "2015-03-12"),
        (42441.0, "2016-03-12"),
        (dt.date(2012, 6, 3), "2012-06-03"),
        ("2020-01-31", "2020-01-31"),
        ("Tháng 01/2026", "2026-01-01"),
        (2014.0, "2014-01-01"),
        ("31/02/2020", None),
    ],
)
def test_days_are_read_day_first_and_from_serial_numbers(cell: str | float, expected: str | None) -> None:
    assert parse_day(cell).value == expected


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("20°49'37.7\"N", 20.827139),
        ("106°30’0,8” Đ", 106.500222),
        ("20 50 54,2", 20.848389),
        ("20-48-47.1", 20.813083),
        ("20 độ 50 phút 52,9 giây", 20.848028),
        ("106d28m40.1s", 106.477806),
        ("20°51.9027'", 20.865045),
        ("20,851005", 20.851005),
        ("2 305 113,829", 2305113.829),
        ("10°0'0\"S", -10.0),
    ],
)
def test_angles_are_read_in_all_their_spellings(text: str, degrees: float) -> None:
    assert parse_ordinate(text).value == pytest.approx(degrees, abs=1e-6)


def test_minutes_of_sixty_and_more_are_a_fault() -> None:
    assert parse_ordinate("20°75'12\"").code == "angle_minutes"
    assert parse_ordinate("sau chợ").code == "coord_unreadable"


@pytest.mark.parametrize(
    "text", ["20.84153, 106.45956", "20,84153 - 106,45956", "(20.84153 , 106.45956)", "20.84153;106.45956"]
)
def test_both_numbers_in_one_cell_are_parted(text: str) -> None:
    assert [one.value for one in parse_pair(text)] == [20.84153, 106.45956]


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("có", "yes", None),
        ("x", "yes", None),
        ("Không", "no", None),
        ("chưa", "no", None),
        ("đang lắp", "installing", None),
        ("Có (yếu)", "weak", "value_noted"),
        (None, None, "value_unstated"),
        ("chưa có số liệu", None, "value_no_data"),
        ("mạnh lắm", None, "value_unknown"),
    ],
)
def test_the_words_for_wifi_are_understood_and_a_blank_is_not_a_no(
    cell: str | None, value: str | None, code: str | None
) -> None:
    column = spec_of("place").column("wifi_status")
    assert column is not None
    parsed = parse(cell, column, layer="place", aliases=data.aliases())
    assert parsed.value == value
    assert (parsed.fault.code if parsed.fault else None) == code


def test_operators_are_found_in_names_of_branches() -> None:
    spellings = {"viettel": ("vtt",), "vnpt": ("vinaphone", "vina"), "mau_a": ("a",)}
    assert operators_in("Viettel Hải Phòng", spellings) == ("viettel",)
    assert operators_in("VNPT VinaPhone", spellings) == ("vnpt",)
    assert operators_in("A", spellings) == ("mau_a",)
    assert operators_in("Nhà A Lưới", spellings) == ()


def test_the_kind_of_a_place_is_told_from_its_name() -> None:
    tell = {"NVH thôn Trại Mới": "cultural_house", "Trường TH Vĩnh Lập": "school", "Trạm y tế xã": "clinic"}
    for name, kind in tell.items():
        assert word_in(name, field="kind", layer="place", aliases=data.aliases()) == kind


def test_words_compare_without_case_and_diacritics_as_whole_words() -> None:
    assert fold("Tiên  KIỀU") == fold("Tie\u0302n Kie\u0302\u0300u") == "tien kieu"
    assert holds(fold("thôn Tiên Kiều, sau chợ"), fold("tien kieu"))
    assert not holds(fold("Tiên Kiềul"), fold("tien kieu"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("TrÊm §èng §a, Hµ Néi, Ph­êng NghÜa §«".replace("Ê", "¹"), "tcvn3"),
        ("Traïm Ñoáng Ña, Haø Noäi, Phöôøng Nghóa Ñoâ", "vni"),
    ],
)
def test_old_vietnamese_encodings_are_recognised_and_asked_about(text: str, encoding: str) -> None:
    decoded = decode(text.encode("cp1252"))
    assert decoded.encoding == encoding == decoded.choices[0]
    assert fold(decoded.text) == "tram dong da ha noi phuong nghia do"


def test_cp1258_is_recognised_and_comes_out_composed() -> None:
    text = "Xã Hà Đông, thôn Trại Mới, cột điện"
    decoded = decode(_cp1258(text))
    assert (decoded.encoding, decoded.text) == ("cp1258", text)


def _cp1258(text: str) -> bytes:
    tones = {"ạ": "a\u0323", "ớ": "ơ\u0301", "ộ": "ô\u0323", "ệ": "ê\u0323"}
    return "".join(tones.get(letter, letter) for letter in text).replace("ã", "a\u0303").encode("cp1258")


def test_headings_are_guessed_shown_and_corrected() -> None:
    headings = ("STT", "Mã trạm", "Toạ độ X (Bắc)", "Toạ độ Y (Đông)", "H cột (m)", "Màu sơn")
    fields = guess(headings, spec_of("site"), data.aliases()).fields
    assert dict(fields) == {
        "STT": None,
        "Mã trạm": "id",
        "Toạ độ X (Bắc)": "_n",
        "Toạ độ Y (Đông)": "_e",
        "H cột (m)": "height_m",
        "Màu sơn": None,
    }
    corrected = guess(
        headings, spec_of("site"), data.aliases(), overrides={"H cột (m)": None, "Màu sơn": "note"}
    )
    assert corrected.heading_of("height_m") is None
    assert corrected.heading_of("note") == "Màu sơn"


def test_english_headings_are_understood_too() -> None:
    fields = guess(("Site", "Operator", "Lat", "Long", "Height"), spec_of("site"), data.aliases()).fields
    assert list(fields.values()) == ["id", "owner", "_lat", "_lon", "height_m"]


def test_a_running_number_serves_as_id_only_where_nothing_better_is_there() -> None:
    assert guess(("TT", "Tên thôn"), spec_of("hamlet"), data.aliases()).fields["TT"] == "id"
    assert guess(("TT", "Mã", "Tên thôn"), spec_of("hamlet"), data.aliases()).fields["TT"] is None


KINDS = [
    ("Chỗ này", None),
    ("chỗ họp thôn", None),
    ("Trại gà Đông Hạ", None),
    ("Nhà cho thuê", None),
    ("Chợ Quán Lau", "market"),
    ("CHO QUAN LAU", "market"),
    ("Cho Quan Lau (chợ cũ)", "market"),
    ("Nhà ga Phạm Xá", "transport"),
    ("Trường Tiểu học Mẫu Hạ", "school"),
    ("Nhà khác", None),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_short_word_betrays_a_kind_with_its_own_accents_only(name: str, kind: str | None) -> None:
    assert word_in(name, field="kind", layer="place", aliases=data.aliases()) == kind
