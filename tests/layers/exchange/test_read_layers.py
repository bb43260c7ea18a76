"""Layers as offices write them: poles, cells, cables, reports, figures, proposals; nobody's name is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo.crs import transform
from layers.catalogue import spec_of
from layers.exchange.context import Context
from layers.exchange.encoding import decode
from layers.exchange.hamlet_link import Hamlet, guess_hamlet
from layers.exchange.headings import guess
from layers.exchange.known import Mast, Pole, nearest_m
from layers.exchange.personal import scrub
from layers.exchange.quantity import heading_unit, power_dbm
from layers.issue import Outcome, Severity
from planning import data
from planning.intake import Answers, Preview, Topic, preview

AREA = shapely.box(106.44, 20.80, 106.51, 20.88)
MASTS = (
    Mast(id="A1", operators=("viettel",), point=shapely.Point(106.47, 20.83)),
    Mast(id="A2", operators=("viettel",), point=shapely.Point(106.48, 20.84)),
)
POLES = tuple(
    Pole(line="371 tk", number=number, point=shapely.Point(106.47 + number * 0.0003, 20.84))
    for number in range(1, 53)
) + tuple(
    Pole(line="472 bn", number=number, point=shapely.Point(106.46, 20.84 + number * 0.0003))
    for number in range(1, 35)
)


def show(folder: Path, text: str, layer: str, **answers: Any) -> Preview:
    path = folder / "a.csv"
    path.write_text(text, "utf-8")
    context = Context(
        aliases=data.aliases(),
        operators={one.id: (one.id, *one.aliases) for one in data.operators()},
        area=AREA,
        inactive=frozenset({"gmobile"}),
        masts=MASTS,
        poles=POLES,
        near_mast_m=200.0,
        has_workspace=True,
    )
    return preview(path, spec_of(layer), context, answers=Answers(**answers))


def rows(shown: Preview) -> list[dict[str, Any]]:
    assert shown.converted is not None
    return [dict(one) for one in shown.converted.table.to_dict("records")]


def codes(shown: Preview, row: int) -> set[str]:
    return {one.code for one in shown.issues if one.row == row and one.severity is not Severity.INFO}


def test_cells_take_tilts_bands_and_powers_in_every_spelling(tmp_path: Path) -> None:
    text = (
        "RIÊNG DOANH NGHIỆP\nSite ID,Cell,Tech,Band,Azimuth,Tilt (E/M),Công suất phát\n"
        "A1,c1,4G,B3 1800,Az: 120,E4 M2,43 dBm\nA1,c2,5G,n41 (2600),360,6°,20W\n"
        "A2,c3,4G,1800,240 độ,3+2,2x40W\n"
    )
    first, second, third = rows(show(tmp_path, text, "cell"))
    assert (first["band"], second["band"], third["band"]) == ("B3", "n41", "B3")
    assert (first["electrical_tilt_deg"], first["mechanical_tilt_deg"]) == (4.0, 2.0)
    assert (second["electrical_tilt_deg"], second["mechanical_tilt_deg"]) == (6.0, 0.0)
    assert "mechanical_tilt_deg" in second["is_assumed"]
    assert (third["electrical_tilt_deg"], third["mechanical_tilt_deg"]) == (3.0, 2.0)
    assert [one["azimuth_deg"] for one in (first, second, third)] == [120.0, 0.0, 240.0]
    assert [one["tx_power_dbm"] for one in (first, second, third)] == [43.0, 43.01, 46.02]
    assert {one["operators"] for one in (first, second, third)} == {"viettel"}
    assert {one["sharing"] for one in (first, second, third)} == {"operator"}
    assert first["geometry"] == MASTS[0].point


def test_cells_ask_for_a_unit_a_mast_and_warn_of_numbers_that_are_missing(tmp_path: Path) -> None:
    text = (
        "Site ID,Cell,Tech,Band,Azimuth,Tilt,Power\n"
        "A1,c1,4G,B3,120,4,43\nA9,c2,4G,B3,120,4,43 dBm\nA1,c3,4G,B3,-,4,43 dBm\nA1,c4,4G,B3,400,4,43 dBm\n"
    )
    shown = show(tmp_path, text, "cell")
    assert "power_unit_unknown" in codes(shown, 2)
    assert codes(shown, 3) == {"cell_site_unknown"}
    assert codes(shown, 4) == {"cell_number_missing"}
    assert shown.rows[5] is Outcome.REJECT


@pytest.mark.parametrize(
    ("text", "power"),
    [("43 dBm", 43.0), ("46dBm", 46.0), ("20W", 43.01), ("2x40W", 46.02), ("0,5 kW", 56.99), ("43", None)],
)
def test_power_is_read_for_one_port(text: str, power: float | None) -> None:
    assert power_dbm(text) == power


def test_units_in_headings_are_converted(tmp_path: Path) -> None:
    text = 'Tên tuyến,Chiều dài (km),Chủ\nA,"1,33",Viettel\nB,850 m,VNPT\n'
    assert [one["length_m"] for one in rows(show(tmp_path, text, "fiber_span"))] == [1330.0, 850.0]
    text = 'Điểm wifi,Tốc độ (Gbps),lat,lng\nA,"0,1",20.83,106.47\nB,50 Mbps,20.83,106.48\n'
    assert [one["speed_mbps"] for one in rows(show(tmp_path, text, "wifi"))] == [100.0, 50.0]
    text = "Mã cell,Mã trạm,Công nghệ,Công suất phát (W)\nc1,A1,4G,20\n"
    assert rows(show(tmp_path, text, "cell"))[0]["tx_power_dbm"] == 43.01
    assert heading_unit("Cố định / DL (Mbps)") == "Mbps"


def test_a_thousand_in_vietnamese_is_no_decimal_where_the_unit_stands_beside_it(tmp_path: Path) -> None:
    text = 'Tên tuyến,Chiều dài\nA,1.380 m\nB,~700m\nC,"1,33 km"\n'
    assert [one["length_m"] for one in rows(show(tmp_path, text, "fiber_span"))] == [1380.0, 700.0, 1330.0]


def test_a_stretch_between_two_poles_becomes_the_line_along_them(tmp_path: Path) -> None:
    text = (
        "Tuyến,Đoạn,Loại cáp,Chủ\n371 TK,từ cột 12 đến cột 47,ADSS 24FO,Viettel\n"
        "371 TK,cột 30 - cột 8,12FO,VNPT\n"
        "(không rõ),từ cột 12 đến cột 30,8FO,Viettel\n472 BN,từ cột 28 đến cột 61,24FO,VNPT\n"
        "472 BN,từ cột 20 đến nhà ông Nguyễn Văn A,4FO,VNPT\n"
    )
    shown = show(tmp_path, text, "fiber_span")
    found = rows(shown)
    assert found[0]["geometry"].coords[0] == pytest.approx((106.4736, 20.84))
    assert len(found[0]["geometry"].coords) == 36
    assert found[1]["geometry"].coords[0] == pytest.approx((106.479, 20.84))
    assert [one["n_fibers_total"] for one in found] == [24, 12, 8, 24, 4]
    assert codes(shown, 3) == {"cable_turned"}
    assert [codes(shown, row) for row in (4, 5, 6)] == [
        {"cable_line_unknown"},
        {"cable_pole_unknown"},
        {"cable_end_unknown"},
    ]
    assert all(one["geometry"] is None for one in found[2:])
    assert "Nguyễn" not in str(found)


def test_a_table_copied_from_a_page_is_joined_where_a_cell_was_broken(tmp_path: Path) -> None:
    text = (
        "TT  Tuyến  Đoạn  Loại cáp  Chủ\n1  371 TK  từ cột 12 đến cột 47  24FO  Viettel\n"
        "2  371 TK  từ cột 47 đến\ncột 52  12FO  Viettel\n3  472 BN  cột 1 - cột 9  12FO  VNPT\n"
    )
    shown = show(tmp_path, text, "fiber_span")
    assert shown.raw is not None
    assert shown.raw.row_numbers == (2, 4, 5)
    assert [(one.row, one.kind) for one in shown.raw.skipped] == [(3, "continued")]
    assert codes(shown, 4) == {"row_joined"}
    assert rows(shown)[1]["end_pole"] == "52"


def test_poles_tell_their_height_and_stand_on_a_numbered_line(tmp_path: Path) -> None:
    text = 'ma,lo,so_cot,loai,lat,lng\nT1,371 TK,1,"H7,5",20.84,106.47\nT2,371 TK,2,LT10,20.84,106.471\n'
    found = rows(show(tmp_path, text, "passive"))
    assert [(one["kind"], one["height_m"], one["line"], one["number"]) for one in found] == [
        ("pole", 7.5, "371 TK", "1"),
        ("pole", 10.0, "371 TK", "2"),
    ]


def test_monthly_figures_keep_fixed_and_mobile_and_the_total_apart(tmp_path: Path) -> None:
    text = (
        "Tháng,Doanh nghiệp,Số mẫu,Cố định / DL (Mbps),Di động / DL (Mbps)\n"
        'Tháng 01/2026,Viettel,31,"233,48",144\nT1/2026,Tất cả,60,200,100\n2026-01,VNPT,29,-,-\n'
    )
    shown = show(tmp_path, text, "measurement")
    found = rows(shown)
    assert {one["measured_at"] for one in found} == {"2026-01"}
    assert [one["operator"] for one in found] == ["viettel", "all", "vnpt"]
    assert (found[0]["fixed_download_mbps"], found[0]["download_mbps"]) == (233.48, 144.0)
    assert {one["method"] for one in found} == {"i_speed_month"}
    assert codes(shown, 3) == {"measurement_total"}
    assert codes(shown, 4) == {"measurement_unpublished"}


def test_a_report_keeps_what_fails_and_not_who_said_so(tmp_path: Path) -> None:
    text = (
        'Ngày,Nội dung,Mạng\n03/09/2026,"xóm 3 mất sóng, gọi 0900 000 123",Viettel\n'
        '04/09/2026,"sóng yếu (bà B, (+84) 900000789)",vina\n05/09/2026,wifi nhà văn hoá hỏng,\n'
        "06/09/2026,mất sóng,cả 3\n07/09/2026,yếu sóng,\n"
    )
    shown = show(tmp_path, text, "report")
    found = rows(shown)
    assert [one["fails"] for one in found] == ["no_signal", "weak", None, "no_signal", "weak"]
    assert found[3]["operator"] == "all"
    assert not any(text in str(found) for text in ("0900", "900000789", "bà B"))
    assert codes(shown, 4) >= {"report_not_mobile"}
    assert codes(shown, 6) >= {"report_operator_unknown"}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ông Nguyễn Văn A báo, sđt 0900.000.456", "ông […] báo, sđt […]"),
        ("nhà Bà Trần Thị Bưởi", "nhà Bà […]"),
        ("gọi (+84) 900000789 hoặc a.b@vidu.vn", "gọi […] hoặc […]"),
        ("chùa Bà Đanh, đền Ông Hoàng Mười", "chùa Bà Đanh, đền Ông […]"),
        ("cánh đồng giáp sông không có sóng", "cánh đồng giáp sông không có sóng"),
        ("toạ độ 2305426.31; 572685.76", "toạ độ 2305426.31; 572685.76"),
        ("trường Bà Triệu", "trường Bà Triệu"),
    ],
)
def test_names_and_numbers_of_persons_are_taken_out(text: str, clean: str) -> None:
    assert scrub(text)[0] == clean


def test_a_proposal_lacking_height_or_class_is_asked_about_and_one_near_a_mast_told_so(
    tmp_path: Path,
) -> None:
    text = (
        "Mã đề xuất,Doanh nghiệp,Vĩ độ,Kinh độ,Loại cột,Chiều cao (m)\n"
        "D1,Viettel,20.86,106.46,A2b,36\nD2,VNPT,20.86,106.47,A2b,\nD3,VNPT,20.86,106.48,cột 36,30\n"
        "D4,MobiFone,20.831,106.47,A2b,36\n"
    )
    shown = show(tmp_path, text, "proposal")
    assert [one["operator"] for one in rows(shown)] == ["viettel", "vnpt", "vnpt", "mobifone"]
    assert codes(shown, 2) == set()
    assert codes(shown, 3) == {"proposal_incomplete"}
    assert "proposal_incomplete" in codes(shown, 4)
    assert codes(shown, 5) == {"proposal_near_mast"}


def test_rows_of_two_zones_in_one_file_are_asked_about_one_by_one(tmp_path: Path) -> None:
    lon, lat = np.linspace(106.45, 106.50, 6), np.linspace(20.82, 20.86, 6)
    zones = [9210, 9210, 9209, 9210, 9209, 9210]
    pairs = [
        [float(one) for one in transform(x, y, epsg_from=4326, epsg_to=zone)]
        for x, y, zone in zip(lon, lat, zones, strict=True)
    ]
    lines = [f"A{n},{north:.2f},{east:.2f}" for n, (east, north) in enumerate(pairs)]
    shown = show(tmp_path, "\n".join(["Mã,X (Bắc),Y (Đông)", *lines]), "site")
    asked = {row for row in shown.rows if "crs_other_zone_row" in codes(shown, row)}
    assert asked == {4, 6}
    assert {one.topic: one.rows for one in shown.questions}[Topic.MENDING] == (4, 6)
    points = [one["geometry"] for one in rows(shown)]
    assert np.allclose([(one.x, one.y) for one in points], np.column_stack([lon, lat]), atol=1e-6)


def test_degrees_under_a_title_of_vn_2000_are_asked_about(tmp_path: Path) -> None:
    text = "Toạ độ VN-2000,,\nMã,Vĩ độ,Kinh độ\nA,20.83,106.47\nB,20.84,106.48\n"
    shown = show(tmp_path, text, "site")
    assert {one.topic: one.proposed for one in shown.questions}[Topic.CRS] == 4756


def test_a_landmark_is_guessed_at_its_hamlet_only_where_one_fits() -> None:
    hamlets = tuple(
        Hamlet(id=str(n), name=name, former_commune="", point=None, accuracy_m=1.0)
        for n, name in enumerate(("Hệ Vĩnh", "Đồng Hạ", "Đồng Bửa", "Tú Y"))
    )
    found = guess_hamlet(["cạnh chợ Hệ"], hamlets).hamlet
    assert found is not None
    assert found.name == "Hệ Vĩnh"
    assert guess_hamlet(["cạnh chợ Đồng"], hamlets).hamlets == ()
    assert guess_hamlet(["chờ hệ thống"], hamlets).hamlets == ()


def test_several_headings_that_mean_the_note_are_joined_and_an_inactive_operator_told(tmp_path: Path) -> None:
    text = "Mã,Nhà mạng,Địa chỉ,Ghi chú,lat,lng\nA,Gtel,thôn Một,đất công,20.83,106.47\n"
    shown = show(tmp_path, text, "site")
    assert rows(shown)[0]["note"] == "thôn Một; đất công"
    assert codes(shown, 2) == {"operator_inactive"}


def test_a_cell_like_a_formula_is_kept_as_text_with_a_warning(tmp_path: Path) -> None:
    text = 'Điểm wifi,lat,lng,SSID\nA,20.83,106.47,"=HYPERLINK(""x"")"\n'
    shown = show(tmp_path, text, "wifi")
    assert rows(shown)[0]["ssid"].startswith("=HYPERLINK")
    assert codes(shown, 2) == {"cell_formula"}


def test_headings_are_known_with_and_without_diacritics() -> None:
    for headings in (("Vĩ độ", "Kinh độ", "Mã trạm"), ("VI DO", "kinh do", "ma tram")):
        fields = guess(headings, spec_of("site"), data.aliases()).fields
        assert list(fields.values()) == ["_lat", "_lon", "id"]


def test_a_legacy_text_is_shown_in_three_decodings(tmp_path: Path) -> None:
    text = "mã,tên\n1,Trạm Phúc Giới\n2,Đồng Hạ\n"
    decoded = decode(text.encode("cp1258", errors="ignore") + "Tiên Kiều\n".encode("cp1258", errors="ignore"))
    assert set(decoded.previews) == {"tcvn3", "cp1258", "vni"}
    assert decoded.choices[0] == decoded.encoding
    assert all(lines for lines in decoded.previews.values())


def test_the_nearest_mast_is_measured_in_metres() -> None:
    distance_m, masts = nearest_m([shapely.Point(106.47, 20.831), None], MASTS)
    assert distance_m[0] == pytest.approx(110.7, abs=0.5)
    assert masts[0] is MASTS[0]
    assert np.isinf(distance_m[1])
    assert masts[1] is None
