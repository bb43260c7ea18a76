"""Tables found among titles, totals and notes; every row keeps the number its user sees."""

from __future__ import annotations

from layers.exchange.raw import Limits
from layers.exchange.tabular import read_text, to_table


def test_headings_are_found_under_titles_and_rows_keep_their_numbers() -> None:
    text = "DANH SÁCH,,\n,,\nTT,Tên,Số hộ\n1,Nhan Bầu,5\n,,\n2,An Lộc,6\nTổng cộng,,11\nNgười lập biểu,,\n"
    table, faults = read_text(text, Limits())
    assert table.headings == ("TT", "Tên", "Số hộ")
    assert table.row_numbers == (4, 6)
    assert table.titles == ("DANH SÁCH",)
    kinds = {one.row: one.kind for one in table.skipped}
    assert kinds == {1: "title", 2: "blank", 5: "blank", 7: "total", 8: "note"}
    assert faults == ()


def test_a_hamlet_called_cong_hoa_is_no_total() -> None:
    table, _ = read_text("Tên,Số hộ,Ghi chú\nCộng Hòa,5,a\nTổng số: 5,,\n", Limits())
    assert [row[0] for row in table.rows] == ["Cộng Hòa"]


def test_two_level_headings_are_joined() -> None:
    grid = [
        (5, ["TT", "Số hộ", None, "Ghi chú"]),
        (6, [None, "Tổng số", "Hộ nghèo", None]),
        (7, [1.0, 536.0, 18.0, "a"]),
    ]
    table, _ = to_table("Biểu", grid, merged=[((0, 1), (0, 2))])
    assert table.headings == ("TT", "Số hộ / Tổng số", "Số hộ / Hộ nghèo", "Ghi chú")
    assert table.row_numbers == (7,)


def test_quoted_cells_over_several_lines_keep_the_line_of_their_start() -> None:
    table, _ = read_text('id,name\n1,"a\nb"\n2,c\n', Limits())
    assert table.row_numbers == (2, 4)


def test_semicolons_and_tabs_part_cells_too() -> None:
    for sign in (";", "\t", "|"):
        table, _ = read_text(f"id{sign}lon{sign}lat\n1{sign}106,66{sign}10,76\n", Limits())
        assert table.rows == (("1", "106,66", "10,76"),)
