"""Every layer goes out right: what a reader of the file finds is what the workspace holds."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geo.errors import CrsError, FileError, NotFoundError, StoreError
from layers.catalogue import spec_of
from layers.exchange import feature
from layers.exchange.frame import prepare
from layers.exchange.write import FORMATS, Part, write, write_parts
from layers.exchange.writer.format import SHAPES_ONLY

NOW = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
NOTICE = "dữ liệu mẫu (giả lập)"
VECTOR = ("gpkg", "geojson", "shp", "kml")
TABLES = ("csv", "xlsx")
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "  =")
NUMBERS = ("-3", "-1.25")
CENTRE = (106.472975, 20.836092)
CENTRE_9210 = (575047.716, 2304977.138)


def hamlets() -> gpd.GeoDataFrame:
    lon, lat = CENTRE
    return gpd.GeoDataFrame(
        {
            "id": ["t1", "t2", "t3", "t4"],
            "name": ["Thôn Tiên Kiều", "=cmd|' /C calc'!A0", "\uff0bXóm Đình", None],
            "population": pd.array([812, 0, None, -3], dtype="Int64"),
            "population_basis": ["census", None, "registered", "estimate"],
            "as_of": ["2026-01-31", None, "2025-12-01", "2026-06-30"],
            "accuracy_m": pd.array([5.5, None, 0.0, -1.25], dtype="Float64"),
            "is_sample": pd.array([True, True, None, False], dtype="boolean"),
        },
        geometry=[
            shapely.Point(lon, lat),
            shapely.box(lon, lat, lon + 0.01, lat + 0.01),
            None,
            shapely.LineString([(lon, lat), (lon + 0.02, lat + 0.01)]),
        ],
        crs=4326,
    )


def export(
    table: gpd.GeoDataFrame, path: Path, kind: str, *, epsg: int = 4326, layer: str = "hamlet", **more
):
    facts = {"labels": {}, "notice": NOTICE, "now": NOW} | more
    return write(table, path, format=kind, spec=spec_of(layer), epsg=epsg, **facts)


def read_back(path: Path, kind: str) -> list[gpd.GeoDataFrame]:
    if kind != "shp":
        return [pyogrio.read_dataframe(path, layer="hamlet" if kind == "gpkg" else None)]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".shp")]
    return [pyogrio.read_dataframe(f"/vsizip/{path}/{name}") for name in names]


@pytest.mark.parametrize("kind", VECTOR)
def test_every_row_of_a_map_file_says_that_it_is_a_sample(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"x.{'zip' if kind == 'shp' else kind}"
    report = export(hamlets(), path, kind)
    tables = read_back(path, kind)
    assert sum(len(table) for table in tables) == report.n_rows
    assert all((table["du_lieu"] == NOTICE).all() for table in tables)


def test_rows_without_a_place_are_kept_where_the_format_can_and_counted_where_not(tmp_path: Path) -> None:
    kinds = [kind for kind in FORMATS[:-1] if kind != "ofds"]
    found = {kind: export(hamlets(), tmp_path / kind, kind) for kind in kinds}
    counts = {kind: (report.n_rows, report.n_left_out) for kind, report in found.items()}
    assert counts == {kind: (3, 1) if kind in SHAPES_ONLY else (4, 0) for kind in kinds} | {"gdb": (3, 1)}


def test_shapefile_has_a_file_for_each_kind_of_shape_real_dates_and_an_alias_table(tmp_path: Path) -> None:
    report = export(hamlets(), tmp_path / "x.zip", "shp", epsg=9210, labels={"name": "Tên thôn"})
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        names = set(archive.namelist())
        aliases = list(csv.DictReader(io.StringIO(archive.read("hamlet_ten_cot.csv").decode("utf-8-sig"))))
        assert archive.read("hamlet_point.cpg") == b"UTF-8"
    assert {
        f"hamlet_{k}.{e}" for k in ("point", "line", "polygon") for e in ("shp", "shx", "dbf", "prj")
    } < names
    assert "README.txt" in names
    assert len({row["ten_ngan"].casefold() for row in aliases}) == len(report.columns)
    assert max(len(row["ten_ngan"].encode()) for row in aliases) <= 10
    assert [row["ten_day_du"] for row in aliases] == list(report.columns) == list(report.alias_table.values())
    point = pyogrio.read_dataframe(f"/vsizip/{tmp_path / 'x.zip'}/hamlet_point.shp")
    assert point.crs.to_epsg() == 9210
    assert point["as_of"].dt.date.tolist() == [dt.date(2026, 1, 31)]
    assert point["name"].tolist() == ["Thôn Tiên Kiều"]
    assert point.geometry[0].distance(shapely.Point(CENTRE_9210)) < 0.005


def test_long_texts_in_a_shapefile_are_cut_at_a_letter_and_counted(tmp_path: Path) -> None:
    table = hamlets().assign(note=["ộ" * 200, None, None, "ngắn"])
    report = export(table, tmp_path / "x.zip", "shp")
    point = pyogrio.read_dataframe(f"/vsizip/{tmp_path / 'x.zip'}/hamlet_point.shp")
    assert (report.n_cut, point["note"].tolist()) == (1, ["ộ" * 84])


def test_geojson_is_always_wgs84_without_crs_member_and_rings_turn_anticlockwise(tmp_path: Path) -> None:
    report = export(hamlets(), tmp_path / "x.geojson", "geojson", epsg=9210)
    content = json.loads((tmp_path / "x.geojson").read_text(encoding="utf-8"))
    shapes = [item["geometry"] for item in content["features"]]
    assert report.epsg == 4326
    assert "crs" not in content
    assert shapes[2] is None
    assert shapes[0]["coordinates"] == list(CENTRE)
    assert shapely.LinearRing(shapes[1]["coordinates"][0]).is_ccw
    assert content["features"][0]["properties"]["as_of"] == "2026-01-31"
    assert content["features"][0]["properties"]["is_sample"] is True


def test_geopackage_keeps_types_and_titles_and_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    export(hamlets(), path, "gpkg", epsg=9209, labels={"name": "Tên thôn", "population": "Dân số"})
    table = pyogrio.read_dataframe(path, layer="hamlet")
    info = pyogrio.read_info(path, layer="hamlet")
    types = dict(zip(info["fields"].tolist(), info["ogr_types"], strict=True))
    assert table.crs.to_epsg() == 9209
    assert [types[name] for name in ("population", "as_of", "accuracy_m")] == [
        "OFTInteger64",
        "OFTDate",
        "OFTReal",
    ]
    assert table["population"].fillna(-99).tolist() == [812, 0, -99, -3]
    with closing(sqlite3.connect(path)) as connection:
        titles = dict(connection.execute("SELECT column_name, title FROM gpkg_data_columns"))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (titles["name"], titles["population"]) == ("Tên thôn", "Dân số")


def test_kml_carries_name_and_attributes(tmp_path: Path) -> None:
    export(hamlets(), tmp_path / "x.kml", "kml", labels={"population": "Dân số <người> & hộ"})
    table = pyogrio.read_dataframe(tmp_path / "x.kml")
    text = (tmp_path / "x.kml").read_text(encoding="utf-8")
    assert table["Name"].tolist() == ["Thôn Tiên Kiều", "=cmd|' /C calc'!A0", "t4"]
    assert table["population"].astype(float).tolist() == [812, 0, -3]
    assert "<displayName>Dân số &lt;người&gt; &amp; hộ</displayName>" in text


def sheet_rows(path: Path, kind: str) -> list[list[object]]:
    if kind == "csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream))
    return [list(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("epsg", [4326, 9210])
def test_tables_give_degrees_and_x_north_y_east(tmp_path: Path, kind: str, epsg: int) -> None:
    labels = {"export.column.x_north_m": "X (Bắc)", "export.column.y_east_m": "Y (Đông)"}
    export(hamlets(), tmp_path / f"x.{kind}", kind, epsg=epsg, labels=labels)
    head, *rows = sheet_rows(tmp_path / f"x.{kind}", kind)
    first = dict(zip(head, rows[0], strict=True))
    assert (float(first["lon"]), float(first["lat"])) == CENTRE
    assert abs(float(first["X (Bắc)"]) - CENTRE_9210[1]) < 0.005
    assert abs(float(first["Y (Đông)"]) - CENTRE_9210[0]) < 0.005
    assert "EPSG:9210" in str(first["grid"])
    assert {row[head.index("du_lieu")] for row in rows} == {NOTICE}
    line = shapely.from_wkt(str(rows[3][head.index("wkt")]))
    assert line.equals_exact(hamlets().geometry[3], 1e-9)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "  ="]
)
def test_no_cell_starts_a_formula_and_numbers_stay_numbers(tmp_path: Path, kind: str, start: str) -> None:
    table = hamlets().assign(note=f"{start}1+1")
    export(table, tmp_path / f"x.{kind}", kind, labels={"name": "=HEADING()"})
    head, *rows = sheet_rows(tmp_path / f"x.{kind}", kind)
    texts = [cell for row in [head, *rows] for cell in row if isinstance(cell, str)]
    dangerous = (
        tuple("=+@\t\r\n\uff1d\uff0b\uff0d\uff20")
        if kind == "csv"
        else tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    )
    assert not [text for text in texts if text.lstrip(" ").startswith(dangerous)]
    assert float(rows[3][head.index("population")]) == -3
    assert float(rows[3][head.index("accuracy_m")]) == -1.25
    if kind == "xlsx":
        book = openpyxl.load_workbook(tmp_path / "x.xlsx")
        assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_workbook_says_what_it_is(tmp_path: Path) -> None:
    export(hamlets().assign(source="UBND xã"), tmp_path / "x.xlsx", "xlsx", epsg=9209)
    about = dict(openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets[1].iter_rows(values_only=True))
    assert about["sample"] == NOTICE
    assert "105°30'" in about["grid"]
    assert about["source"] == "UBND xã"
    assert about["made_at"].startswith("22/11/2026")


@pytest.mark.parametrize("epsg", [32618, 3857, 999999])
def test_other_systems_are_refused(tmp_path: Path, epsg: int) -> None:
    with pytest.raises(CrsError) as caught:
        export(hamlets(), tmp_path / "x.gpkg", "gpkg", epsg=epsg)
    assert caught.value.code == "export_crs"
    assert not list(tmp_path.iterdir())


def test_a_place_that_the_zone_cannot_hold_is_refused(tmp_path: Path) -> None:
    table = hamlets().set_geometry(gpd.GeoSeries([shapely.Point(-73.9, 40.8)] * 4, crs=4326))
    with pytest.raises(CrsError) as caught:
        export(table, tmp_path / "x.gpkg", "gpkg", epsg=9210)
    assert caught.value.facts["n_rows"] == 4


def test_unknown_format_missing_folder_and_folder_as_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="export_format"):
        export(hamlets(), tmp_path / "x", "dwg")
    with pytest.raises(NotFoundError, match="export_folder"):
        export(hamlets(), tmp_path / "no" / "x.csv", "csv")
    with pytest.raises(FileError, match="export_is_folder"):
        export(hamlets(), tmp_path, "csv")


@pytest.mark.parametrize("kind", VECTOR)
def test_a_file_that_does_not_read_back_never_replaces_the_old_one(
    tmp_path: Path, monkeypatch, kind: str
) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    shorter = pyogrio.raw.read

    def lose_a_row(*args, **kwargs):
        return shorter(*args, **kwargs, skip_features=1)

    monkeypatch.setattr(feature.pyogrio.raw, "read", lose_a_row)
    with pytest.raises(StoreError, match="export_damaged"):
        export(hamlets(), target, kind)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_moved_by_a_centimetre_is_noticed(tmp_path: Path) -> None:
    frame_path = tmp_path / "x.gpkg"
    export(hamlets(), frame_path, "gpkg")
    shifted = hamlets().set_geometry(hamlets().geometry.translate(1e-7, 0))
    frame = prepare(shifted, spec=spec_of("hamlet"), epsg=4326, labels={}, notice="")
    with pytest.raises(StoreError, match="export_damaged"):
        feature.verify(frame, frame_path, layer="hamlet", id_name="id")


def test_a_warning_of_the_library_is_a_fault(tmp_path: Path) -> None:
    frame = prepare(hamlets()[:1], spec=spec_of("hamlet"), epsg=4326, labels={}, notice="")
    names = [f"a_name_longer_than_ten_bytes_{at}" for at in range(len(frame.fields))]
    with pytest.raises(StoreError, match="export_damaged"):
        feature.write_layer(
            frame,
            tmp_path / "x.shp",
            driver="ESRI Shapefile",
            layer="x",
            geometry_type="Point",
            layer_options={},
            names=names,
        )


def test_an_empty_layer_gives_an_empty_file(tmp_path: Path) -> None:
    for kind in FORMATS[:-1]:
        if kind in ("dxf", "ofds"):  # no place tells the zone; no fibre
            continue
        report = export(hamlets().iloc[:0], tmp_path / f"x.{kind}", kind)
        assert (report.n_rows, report.n_left_out) == (0, 0)
    assert len(pyogrio.read_dataframe(tmp_path / "x.gpkg", layer="hamlet")) == 0


def test_several_layers_are_one_geopackage_or_one_zip_with_a_readme(tmp_path: Path) -> None:
    parts = [
        Part(spec=spec_of("hamlet"), table=hamlets(), labels={}),
        Part(spec=spec_of("survey"), table=hamlets()[["id", "name", "geometry"]], labels={}),
    ]
    report = write_parts(parts, tmp_path / "x.gpkg", format="gpkg", epsg=9210, notice=NOTICE, now=NOW)
    assert dict(report.layers) == {"hamlet": 4, "survey": 4}
    assert pyogrio.list_layers(tmp_path / "x.gpkg")[:, 0].tolist() == ["hamlet", "survey", "layer_styles"]
    write_parts(parts, tmp_path / "x.zip", format="csv", epsg=9210, notice=NOTICE, now=NOW)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert set(archive.namelist()) == {"hamlet.csv", "survey.csv", "README.txt"}
        assert NOTICE in archive.read("README.txt").decode()
