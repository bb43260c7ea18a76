"""What office sheets do beside their headings: merged cells, split angles, parts, signatures, formulas."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from layers.catalogue import spec_of
from layers.exchange import habit, worker
from layers.exchange.headings import guess
from layers.exchange.paired import with_pairs
from layers.exchange.position import numbers_of
from layers.exchange.raw import Cell, Limits, RawFile
from planning import data

HEADINGS = ["STT", "Tên trạm", "Doanh nghiệp", "Kinh độ", "Vĩ độ"]


def read(folder: Path, rows: list[list[Cell]], *merged: str) -> RawFile:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for one in merged:
        sheet.merge_cells(one)
    path = folder / "a.xlsx"
    book.save(path)
    return worker.read(path, "a.xlsx", folder, Limits())


def test_a_cell_merged_downwards_stands_in_every_row(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[i, f"T{i}", "Viettel" if i == 1 else None, 106.61, 20.71] for i in range(1, 4)]
    found = read(tmp_path, [HEADINGS, *rows], "C2:C4")
    assert [row[2] for row in found.tables[0].rows] == ["Viettel"] * 3
    assert [(one.code, one.facts["n"]) for one in found.issues] == [("cell_merged", 2)]


def test_a_merged_count_is_not_said_twice(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["Thôn", "Số hộ", "Ghi chú"], ["A", 120, "x"], ["B", None, "y"]]
    found = read(tmp_path, rows, "B2:B3")
    assert [row[1] for row in found.tables[0].rows] == [120, None]


def test_degrees_minutes_seconds_in_columns_of_their_own(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["Tên trạm", "Kinh độ", None, None, "Vĩ độ", None, None],
        [None, "Độ", "Phút", "Giây", "Độ", "Phút", "Giây"],
        ["T1", 106, 36, 36.0, 20, 42, 0.0],
    ]
    table = read(tmp_path, rows, "A1:A2", "B1:D1", "E1:G1").tables[0]
    assert table.headings == ("Tên trạm", "Kinh độ", "Vĩ độ")
    found = numbers_of(table, guess(table.headings, spec_of("site"), data.aliases()))
    assert (found.x[0], found.y[0]) == pytest.approx((106.61, 20.7))
    assert not found.issues


def test_parts_and_signatures_are_no_rows(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        HEADINGS,
        ["I", "Viettel"],
        [1, "T1", None, 106.61, 20.71],
        ["II", "VNPT"],
        [2, "T2", None, 106.62, 20.72],
        [],
        [None, "Người lập biểu", None, "Chủ tịch"],
    ]
    table = read(tmp_path, rows).tables[0]
    assert [row[1] for row in table.rows] == ["T1", "T2"]
    assert [one.kind for one in table.skipped] == ["section", "section", "blank", "note"]


def test_a_formula_that_was_never_run_is_told(tmp_path: Path) -> None:
    found = read(
        tmp_path, [HEADINGS, [1, "T1", "VNPT", "=106+0.61", "=20+0.71"], [2, "T2", "VNPT", 106.6, 20.7]]
    )
    assert [(one.code, one.facts["n"]) for one in found.issues] == [("formula_unrun", 2)]


def test_a_signature_needs_its_words() -> None:
    assert habit.is_footer(["Người lập biểu", "Chủ tịch"], n_columns=5)
    assert not habit.is_footer([7, "Trạm cuối"], n_columns=5)


@pytest.mark.parametrize(
    "cell",
    ["Kinh độ: 106.61; Vĩ độ: 20.71", "https://maps.google.com/?q=20.71,106.61", "20.71, 106.61"],
)
def test_a_column_of_pairs_is_found_by_its_cells(tmp_path: Path, cell: str) -> None:
    table = read(tmp_path, [["Tên trạm", "Doanh nghiệp", "Chỗ đặt"], ["T1", "VNPT", cell]]).tables[0]
    columns = with_pairs(guess(table.headings, spec_of("site"), data.aliases()), table)
    found = numbers_of(table, columns)
    assert (found.x[0], found.y[0]) == pytest.approx((106.61, 20.71))
    assert (
        with_pairs(guess(table.headings, spec_of("site"), data.aliases()), table, given=["Chỗ đặt"])
        != columns
    )
