"""Paper to map: nothing is placed silently, rows wait and people fix them; headings are remembered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.crs import parse_epsg
from geo.errors import CrsError, NotFoundError, RangeError
from planning import exchange, recall, unplaced
from planning.intake import Answers, Topic
from planning.workspace import Workspace, create

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
OUTLINE = gpd.GeoDataFrame(geometry=[shapely.box(106.44, 20.80, 106.51, 20.88)], crs=4326)
SITES = "Mã trạm,Nhà mạng,Vị trí đặt trạm\nA,Viettel,sau chợ thôn Tiên Kiều\nB,VNPT,ngã ba đường 390\n"


@pytest.fixture
def commune(tmp_path: Path) -> Workspace:
    found = create(
        tmp_path / "w", boundary=OUTLINE, name="Xã Thử", code="1", calc_epsg=9210, source="a", now=NOW
    )
    hamlets = gpd.GeoDataFrame(
        {"id": ["1"], "name": ["Tiên Kiều"], "former_commune": [None]},
        geometry=[shapely.Point(106.48, 20.85).buffer(0.003)],
        crs=4326,
    )
    found.store.append({"hamlet": hamlets})
    return found


def taken(commune: Workspace, folder: Path, text: str, **answers: object) -> None:
    path = folder / "a.csv"
    path.write_text(text, "utf-8")
    shown = exchange.preview(commune, path, layer="site", answers=Answers(is_confirmed=True, **answers))  # type: ignore[arg-type]
    exchange.accept(commune, shown, replace=False, now=NOW, actor="an")


def test_rows_wait_for_a_position_those_without_any_first(commune: Workspace, tmp_path: Path) -> None:
    taken(commune, tmp_path, SITES)
    first, second = unplaced.queue(commune)
    assert (first.id, first.point, first.note) == ("B", None, "ngã ba đường 390")
    assert (second.id, second.hamlet) == ("A", "Tiên Kiều")
    assert second.point is not None
    assert second.accuracy_m == pytest.approx(330, rel=0.05)


def test_a_row_fixed_on_the_map_is_saved_with_its_accuracy_and_leaves_the_queue(
    commune: Workspace, tmp_path: Path
) -> None:
    taken(commune, tmp_path, SITES)
    row = unplaced.queue(commune)[1]
    unplaced.place(commune, row, lon_deg=106.481, lat_deg=20.851, accuracy_m=15.0, now=NOW, actor="an")
    table = commune.store.read("site").set_index("id")
    assert table.geometry["A"].equals(shapely.Point(106.481, 20.851))
    assert (table["accuracy_m"]["A"], table["position_basis"]["A"]) == (15.0, "given")
    assert "geometry" not in str(table["is_assumed"]["A"])
    assert [one.id for one in unplaced.queue(commune)] == ["B"]


def test_an_impossible_position_and_a_row_that_is_gone_are_refused(
    commune: Workspace, tmp_path: Path
) -> None:
    taken(commune, tmp_path, SITES)
    row = unplaced.queue(commune)[0]
    with pytest.raises(RangeError):
        unplaced.place(commune, row, lon_deg=106.48, lat_deg=91.0, accuracy_m=15.0, now=NOW)
    commune.store.delete("site", ["B"])
    with pytest.raises(NotFoundError):
        unplaced.place(commune, row, lon_deg=106.48, lat_deg=20.85, accuracy_m=15.0, now=NOW)


def test_headings_corrected_once_are_understood_the_next_time(commune: Workspace, tmp_path: Path) -> None:
    text = "Mã trạm,Nhà mạng,Ô lạ,Vĩ độ,Kinh độ\n{},Viettel,36,20.85,106.48\n"
    taken(commune, tmp_path, text.format("A"), columns={"Ô lạ": "height_m"})
    path = tmp_path / "b.csv"
    path.write_text(text.format("B").replace("Ô lạ", "ô LẠ"), "utf-8")
    shown = exchange.preview(commune, path, layer="site")
    assert shown.is_remembered
    assert shown.columns.fields["ô LẠ"] == "height_m"
    assert recall.recall(commune, "wifi", tuple(shown.columns.fields)) == {}


def test_how_coordinates_were_read_stands_in_the_history(commune: Workspace, tmp_path: Path) -> None:
    text = "Danh sách, KTT 105°30'\nMã trạm,Nhà mạng,X (Bắc),Y (Đông)\nA,Viettel,2305113.83,601067.96\n"
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    shown = exchange.preview(commune, path, layer="site")
    assert {one.topic: one.proposed for one in shown.questions}[Topic.CRS] == 9209
    taken(commune, tmp_path, text)
    change = commune.store.history()[0]
    assert (change.note.action, change.note.actor, change.note.source) == ("import", "an", "a.csv")
    assert "detected EPSG:9209; chosen EPSG:9209; basis title" in change.note.reason


def test_a_projection_string_is_refused() -> None:
    with pytest.raises(CrsError):
        parse_epsg("+proj=tmerc +lon_0=105.75 +k=0.9996")
