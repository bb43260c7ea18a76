"""The four office files of the first map come in row by row as their truth says; so do others that can."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from geo.errors import FileError
from layers.catalogue import spec_of
from layers.exchange.convert import Context
from layers.exchange.hamlet_link import from_table
from layers.issue import Outcome
from planning import data
from planning.intake import Answers, Preview, Topic, accept, preview

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
OFFICE = SHARED / "office"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not OFFICE.is_dir(), reason="the office files lie beside the checkout in ../shared"),
]
LAYERS = {"thon.xlsx": "hamlet", "BTS_A.xlsx": "site", "BTS_B.xls": "site", "NVH.xlsx": "place"}
ROW_BY_ROW = {
    **LAYERS,
    "BTS_C.csv": "site",
    "BTS_dms.xlsx": "site",
    "tram_tcvn3.csv": "site",
    "truong_tram.xlsx": "place",
}
OUTCOMES = {
    "accept": Outcome.ACCEPT,
    "warning": Outcome.WARN,
    "ask": Outcome.ASK,
    "reject": Outcome.REJECT,
}
FIELDS = {
    "ma": "id",
    "ten": "name",
    "xa_cu": "former_commune",
    "so_ho": "households",
    "so_ho_ngheo": "poor_households",
    "nhan_khau": "population",
    "nam": "men",
    "nu": "women",
    "nguoi_lon": "adults",
    "nguoi_lon_smartphone": "adults_smartphone",
    "so_ho_cap_quang": "households_fiber",
    "ghi_chu": "note",
    "chieu_cao_m": "height_m",
    "loai_cot": "mast_class",
    "ngay_phat_song": "commissioned",
    "chu_so_huu": "owner",
    "dung_chung_voi": "shared_with",
    "thon": "hamlet",
    "toc_do_mbps": "wifi_mbps",
    "ngay_lap": "wifi_since",
    "cong_nghe": "technologies",
    "wifi_trang_thai": "wifi_status",
    "kieu_ket_cau": "structure",
    "trang_thai": "status",
}
WORDS = {
    "co": "yes",
    "khong": "no",
    "dang_lap": "installing",
    "co_yeu": "weak",
    "Tự đứng": "self_supporting",
    "Dây co": "guyed",
    "Monopole": "monopole",
    "Đang HĐ": "operational",
    "đang hoạt động": "operational",
    "Tạm dừng": "inactive",
}


@cache
def truth(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((OFFICE / "truth" / f"{name}.json").read_text("utf-8"))
    return record


@cache
def shown(name: str, *, is_confirmed: bool = False) -> Preview:
    area = gpd.read_file(SHARED / "boundaries" / "xa_ha_dong_10882.geojson").union_all()
    context = Context(
        aliases=data.aliases(),
        operators={one.id: one.aliases for one in data.operators()},
        hamlets=()
        if name == "thon.xlsx"
        else from_table(accept(shown("thon.xlsx", is_confirmed=True)).table),
        area=area,
    )
    answers = Answers(is_confirmed=is_confirmed)
    return preview(OFFICE / name, spec_of(ROW_BY_ROW[name]), context, answers=answers, limits=data.limits())


def rows_of(name: str) -> dict[int, dict[str, Any]]:
    converted = shown(name).converted
    assert converted is not None
    return dict(zip(converted.row_numbers, converted.table.to_dict("records"), strict=True))


def expected_value(field: str, value: Any) -> Any:
    if field == "technologies" and value:
        return ";".join(sorted(value.replace("+", "/").replace(",", "/").replace(" ", "").split("/")))
    if field == "id":
        return str(value)
    return WORDS.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", ROW_BY_ROW)
def test_exactly_the_rows_of_the_truth_are_features(name: str) -> None:
    raw = shown(name).raw
    assert raw is not None
    assert list(raw.row_numbers) == [row["row_number"] for row in truth(name)["rows"]]
    assert {one.row for one in raw.skipped} == {one["row_number"] for one in truth(name)["skip_rows"]}


@pytest.mark.parametrize("name", ROW_BY_ROW)
def test_every_row_ends_as_the_truth_says(name: str) -> None:
    found = shown(name).rows
    assert {row: found[row] for row in found} == {
        row["row_number"]: OUTCOMES[row["expected_outcome"]] for row in truth(name)["rows"]
    }


@pytest.mark.parametrize("name", ROW_BY_ROW)
def test_every_position_is_that_of_the_truth(name: str) -> None:
    found = rows_of(name)
    for row in truth(name)["rows"]:
        point = found[row["row_number"]]["geometry"]
        if row["lon"] is None:
            assert point is None
        else:
            assert (point.x, point.y) == pytest.approx((row["lon"], row["lat"]), abs=1.1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_every_value_is_that_of_the_truth(name: str) -> None:
    found = rows_of(name)
    n_compared = 0
    for row in truth(name)["rows"]:
        for theirs, ours in FIELDS.items():
            if theirs not in row["fields"]:
                continue
            value = found[row["row_number"]][ours]
            value = None if not isinstance(value, dt.date) and pd.isna(value) else value
            assert value == expected_value(ours, row["fields"][theirs]), (row["row_number"], ours)
            n_compared += 1
    assert n_compared >= 5 * len(truth(name)["rows"])


@pytest.mark.parametrize("name", LAYERS)
def test_the_headings_mean_what_the_truth_says(name: str) -> None:
    fields = shown(name).columns.fields
    for heading, theirs in truth(name)["column_map"].items():
        assert fields[heading] == (None if theirs is None else FIELDS.get(theirs, theirs)), heading


def test_the_totals_of_the_commune_come_out() -> None:
    table = accept(shown("thon.xlsx", is_confirmed=True)).table
    assert (len(table), int(table["population"].sum()), int(table["households"].sum())) == (22, 33_499, 9_824)
    assert set(table["population_basis"]) == {"registered"}


def test_the_meridian_of_the_title_is_proposed_and_confirmed_by_the_user() -> None:
    questions = {one.topic: one.proposed for one in shown("BTS_B.xls").questions}
    assert questions[Topic.CRS] == 9209
    assert questions[Topic.OPERATOR] == "vnpt"
    with pytest.raises(FileError) as caught:
        accept(shown("BTS_B.xls"))
    assert caught.value.code == "import_questions"
    table = accept(shown("BTS_B.xls", is_confirmed=True)).table
    assert set(table["operators"]) == {"vnpt"}
    assert set(table["is_assumed"]) == {"operators"}


def test_cultural_houses_are_linked_to_hamlets_and_the_two_of_one_name_stay_open() -> None:
    found = rows_of("NVH.xlsx")
    for row in truth("NVH.xlsx")["rows"]:
        if row.get("placed_at"):
            assert found[row["row_number"]]["hamlet"] == row["placed_at"]
    assert found[21]["hamlet_id"] is None
    assert found[25]["hamlet_id"] is None
    assert {record["kind"] for record in found.values()} == {"cultural_house"}


def test_nothing_is_placed_by_a_hamlet_that_is_not_located() -> None:
    converted = shown("NVH.xlsx").converted
    assert converted is not None
    assert converted.placed_rows == ()
    assert int(converted.table.geometry.notna().sum()) == truth("NVH.xlsx")["totals"]["with_coordinates"]


@pytest.mark.parametrize("name", ["bang_BTS.docx", "mat_bang_tuyen_cap.dwg"])
def test_files_that_hold_no_table_are_refused_with_advice(name: str) -> None:
    refused = preview(OFFICE / name, spec_of("site"), Context(aliases=data.aliases()))
    assert refused.outcome is Outcome.REJECT
    assert [one.code for one in refused.issues] == ["format_not_allowed"]
