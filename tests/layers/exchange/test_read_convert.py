"""Rows of a layer from a table: positions, hamlets, ids; whatever is not certain is asked about."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.errors import FileError
from layers.catalogue import spec_of
from layers.exchange.convert import Context
from layers.exchange.hamlet_link import from_table
from layers.issue import Outcome, Severity
from planning import data
from planning.intake import Answers, Preview, Topic, accept, preview

AREA = shapely.box(106.44, 20.80, 106.52, 20.88)
HAMLETS = from_table(
    gpd.GeoDataFrame(
        {
            "id": ["1", "2", "3"],
            "name": ["Tiên Kiều", "Trại Mới", "Trại Mới"],
            "former_commune": ["Thanh Hồng", "Thanh Hồng", "Vĩnh Cường"],
        },
        geometry=[shapely.Point(106.48, 20.85).buffer(0.003), shapely.Point(106.47, 20.87), None],
        crs=4326,
    )
)


def show(folder: Path, text: str, layer: str = "site", answers: Answers | None = None) -> Preview:
    path = folder / "a.csv"
    path.write_text(text, "utf-8")
    operators = {one.id: one.aliases for one in data.operators()}
    context = Context(aliases=data.aliases(), operators=operators, hamlets=HAMLETS, area=AREA)
    return preview(path, spec_of(layer), context, answers=answers)


def codes(shown: Preview, severity: Severity) -> list[tuple[str, int | None]]:
    return [(one.code, one.row) for one in shown.issues if one.severity is severity]


def test_a_row_without_coordinates_is_placed_by_its_hamlet_marked_and_asked_about(tmp_path: Path) -> None:
    text = "Mã trạm,Nhà mạng,Vị trí đặt trạm\nA,Viettel,sau chợ thôn tien kieu\nB,VNPT,Trại Mới\n"
    shown = show(tmp_path, text)
    assert shown.converted is not None
    first, second = shown.converted.table.to_dict("records")
    assert first["geometry"].distance(shapely.Point(106.48, 20.85)) < 0.003
    assert (first["position_basis"], first["is_assumed"], first["hamlet"]) == (
        "hamlet",
        "geometry",
        "Tiên Kiều",
    )
    assert first["accuracy_m"] == pytest.approx(330, rel=0.05)
    assert second["geometry"] is None
    assert codes(shown, Severity.ASK) == [("hamlet_ambiguous", 3)]
    assert {one.topic: one.rows for one in shown.questions}[Topic.PLACEMENT] == (2,)
    with pytest.raises(FileError):
        accept(shown)
    left = show(tmp_path, text, answers=Answers(place_by_hamlet=False))
    assert left.converted is not None
    assert left.converted.table.geometry.isna().all()


def test_the_former_commune_tells_two_hamlets_of_one_name_apart(tmp_path: Path) -> None:
    shown = show(tmp_path, "Mã trạm,Nhà mạng,Vị trí đặt trạm\nA,Viettel,Trại Mới - Thanh Hồng\n")
    assert shown.converted is not None
    assert shown.converted.table.geometry.iloc[0].equals(shapely.Point(106.47, 20.87))


def test_bare_x_and_y_are_asked_about_with_x_as_northing(tmp_path: Path) -> None:
    shown = show(tmp_path, "Mã,X,Y\nA,2304977.138,575047.716\n")
    assert {one.topic: one.proposed for one in shown.questions} == {Topic.CRS: 9210, Topic.AXES: True}
    assert shown.converted is not None
    point = shown.converted.table.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((106.472975, 20.836092), abs=1e-6)


def test_some_swapped_rows_are_asked_about_and_not_mended_unsaid(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},20.83,106.47" for n in range(5))
    shown = show(tmp_path, f"Mã,Vĩ độ,Kinh độ\n{rows}\nX,106.48,20.84\n")
    assert codes(shown, Severity.ASK) == [("coord_swapped", 7)]
    assert {one.topic: one.rows for one in shown.questions}[Topic.MENDING] == (7,)
    assert shown.converted is not None
    point = shown.converted.table.geometry.iloc[5]
    assert (point.x, point.y) == (106.48, 20.84)
    left = show(tmp_path, f"Mã,Vĩ độ,Kinh độ\n{rows}\nX,106.48,20.84\n", answers=Answers(mend_rows=False))
    assert left.converted is not None
    assert left.converted.table.geometry.isna().tolist() == [False] * 5 + [True]


def test_a_mast_outside_the_border_is_warned_of_a_far_one_asked_about_a_very_far_one_refused(
    tmp_path: Path,
) -> None:
    text = "Mã,Vĩ độ,Kinh độ\nA,20.89,106.47\nB,21.00,106.47\nC,20.83,106.47\nD,14.1,106.49\nE,20.84,106.47\n"
    assert dict(show(tmp_path, text).rows) == {
        2: Outcome.WARN,
        3: Outcome.ASK,
        4: Outcome.ACCEPT,
        5: Outcome.REJECT,
        6: Outcome.ACCEPT,
    }


def test_rows_left_out_by_the_user_do_not_come_in_and_errors_let_nothing_in(tmp_path: Path) -> None:
    text = "Mã,Vĩ độ,Kinh độ\nA,20.83,106.47\nB,95,200\n"
    with pytest.raises(FileError) as caught:
        accept(show(tmp_path, text, answers=Answers(is_confirmed=True)))
    assert caught.value.code == "import_refused"
    taken = accept(show(tmp_path, text, answers=Answers(is_confirmed=True, leave_out=frozenset({3}))))
    assert list(taken.table["id"]) == ["A"]
    assert (taken.row_numbers, taken.n_skipped, taken.epsg) == ((2,), 1, 4326)


def test_the_same_content_gets_the_same_ids(tmp_path: Path) -> None:
    text = "Tên,Vĩ độ,Kinh độ\nA,20.83,106.47\nB,20.84,106.48\n"
    tables = [show(tmp_path, text).converted for _ in range(2)]
    ids = [list(one.table["id"]) for one in tables if one is not None]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_unknown_words_are_kept_in_the_note(tmp_path: Path) -> None:
    shown = show(tmp_path, "Mã,Nhà mạng,Vĩ độ,Kinh độ,Loại cột\nA,Viettel,20.83,106.47,cột lạ\n")
    assert shown.converted is not None
    assert shown.converted.table["note"].iloc[0] == "Loại cột: cột lạ"
    assert codes(shown, Severity.WARNING) == [("value_unknown", 2)]


def test_columns_not_used_are_listed(tmp_path: Path) -> None:
    shown = show(tmp_path, "Mã,Vĩ độ,Kinh độ,Màu sơn\nA,20.83,106.47,đỏ\n")
    assert shown.columns.unmapped == ("Màu sơn",)
    assert [one.column for one in shown.issues if one.code == "column_unmapped"] == ["Màu sơn"]
