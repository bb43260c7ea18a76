"""One tiny wrong file for each fault of the reader: its code, its row, its texts in both languages."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import shapely

from layers.issue import Issue, Outcome
from planning import data
from planning.intake import CheckReport, check_file

Maker = Callable[[], bytes]


def _feature(kind: str, coordinates: str) -> str:
    return (
        f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}'
    )


def _collection(*features: str) -> bytes:
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def _zip(members: dict[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _symlink() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a.shp")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/hostname")
    return buffer.getvalue()


def _shapefile(kind: int, *, missing_bytes: int = 0) -> bytes:
    size = 100 + 28
    head = (
        struct.pack(">i5i", 9994, 0, 0, 0, 0, 0)
        + struct.pack(">i", size // 2)
        + struct.pack("<2i", 1000, kind)
    )
    head += struct.pack("<8d", 106, 20, 107, 21, 0, 0, 0, 0)
    record = struct.pack(">2i", 1, 10) + struct.pack("<i2d", kind, 106.47, 20.83)
    index = head[:24] + struct.pack(">i", 54) + head[28:] + struct.pack(">2i", 50, 10)
    table = (
        struct.pack("<B3BIHH20x", 3, 126, 1, 1, 1, 65, 5) + struct.pack("<11sc4xB15x", b"ma", b"C", 4) + b"\r"
    )
    shape = (head + record)[: size - missing_bytes]
    return _zip({"a.shp": shape, "a.shx": index, "a.dbf": table + b" T1  "})


def _geopackage(*statements: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    schema = """PRAGMA application_id = 0x47504B47;
        CREATE TABLE gpkg_spatial_ref_sys (srs_name, srs_id INTEGER, organization, organization_coordsys_id);
        CREATE TABLE gpkg_contents (table_name, data_type, srs_id);
        CREATE TABLE gpkg_geometry_columns (table_name, column_name);
        INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326);
        INSERT INTO gpkg_contents VALUES ('a', 'features', 4326);
        INSERT INTO gpkg_geometry_columns VALUES ('a', 'geom');
        CREATE TABLE a (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);"""
    connection.executescript(schema)
    connection.executescript(";".join(statements))
    return bytes(connection.serialize())


def _tiff(width: int, height: int, *, offset: int = 200) -> bytes:
    tags = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, offset),
        (277, 1),
        (278, height),
        (279, 16),
    ]
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (b"II*\x00" + struct.pack("<IH", 8, len(tags)) + body + struct.pack("<I", 0)).ljust(216, b"\x00")


def _nodata_raster() -> bytes:
    tags = [
        (256, 4, 4), (257, 4, 4), (258, 4, 8), (259, 4, 1), (262, 4, 1), (273, 4, 200), (277, 4, 1),
        (278, 4, 4), (279, 4, 16),
    ]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    body += struct.pack("<HHI4s", 42113, 2, 2, b"0\x00\x00\x00")
    return (b"II*\x00" + struct.pack("<IH", 8, len(tags) + 1) + body + struct.pack("<I", 0)).ljust(
        216, b"\x00"
    )


POINT = _feature("Point", "[106.47,20.83]")
SQUARE = "[[[106,20],[107,20],[107,21],[106,21],[106,20]]]"
CASES: dict[str, tuple[str, Maker, Outcome, int | None]] = {
    "file_empty": ("a.csv", lambda: b" \n", Outcome.REJECT, None),
    "format_not_allowed": ("a.vrt", lambda: b"<VRTDataset/>", Outcome.REJECT, None),
    "format_document": ("a.pdf", lambda: b"%PDF-1.4 \x00", Outcome.REJECT, None),
    "format_drawing": ("a.dwg", lambda: b"AC1032" + bytes(40), Outcome.REJECT, None),
    "format_mismatch": ("a.geojson", lambda: b"<OGRVRTDataSource/>", Outcome.REJECT, None),
    "encoding_invalid": ("a.csv", lambda: b"id,name\n1,\x81\x8d\x8f\n", Outcome.REJECT, 2),
    "encoding_legacy_vn": ("a.csv", lambda: b"id,ten\n1,Tr\xb9m \xa7\xe8ng \xa7a\n", Outcome.ASK, None),
    "csv_header": ("a.csv", lambda: b"-122,48,place\n", Outcome.REJECT, 1),
    "csv_row_width": ("a.csv", lambda: b"id,name\n1,a\n2,b,3,4\n", Outcome.REJECT, 3),
    "csv_unquoted_comma": ("a.csv", lambda: b"id,name,n\n1,a, b,3\n", Outcome.WARN, 2),
    "csv_decimal_comma": ("a.csv", lambda: b"id;lon;lat\n1;106,66;10,76\n", Outcome.WARN, None),
    "csv_syntax": ("a.csv", lambda: b"id,name\n1," + b"x" * 1_100_000 + b"\n", Outcome.REJECT, 1),
    "table_empty": ("a.csv", lambda: b"id,name\n", Outcome.REJECT, None),
    "workbook_corrupt": ("a.xlsx", lambda: _zip({"xl/workbook.xml": b"<x"}), Outcome.REJECT, None),
    "layer_empty": ("a.geojson", _collection, Outcome.REJECT, None),
    "json_syntax": ("a.geojson", lambda: b'{"type":\n"Point" 1}', Outcome.REJECT, 2),
    "json_too_deep": ("a.geojson", lambda: b"[" * 100_000, Outcome.REJECT, None),
    "json_duplicate_key": (
        "a.geojson",
        lambda: b'{"type":"Point","type":"Point","coordinates":[106,20]}',
        Outcome.REJECT,
        None,
    ),
    "geojson_structure": (
        "a.json",
        lambda: b'{"type":"FeatureCollection","features":[null]}',
        Outcome.REJECT,
        1,
    ),
    "feature_id_invalid": (
        "a.geojson",
        lambda: _collection(POINT.replace('"Feature"', '"Feature","id":[1]', 1)),
        Outcome.REJECT,
        1,
    ),
    "coord_not_finite": ("a.geojson", lambda: _collection(_feature("Point", "[NaN,1]")), Outcome.REJECT, 1),
    "coord_out_of_range": (
        "a.geojson",
        lambda: _collection(_feature("Point", "[200,95]")),
        Outcome.REJECT,
        1,
    ),
    "coord_swapped": ("a.csv", lambda: b"id,lon,lat\n1,20.8,106.4\n2,20.9,106.5\n", Outcome.REJECT, 2),
    "coord_metres_as_degrees": ("a.csv", lambda: b"id,lon,lat\n1,575047.7,2304977.1\n", Outcome.REJECT, 2),
    "coord_unreadable": ("a.csv", lambda: b"id,lon,lat\n1,near,market\n", Outcome.REJECT, 2),
    "coord_incomplete": ("a.csv", lambda: b"id,lon,lat\n1,,20.8\n2,106.4,20.8\n", Outcome.ASK, 2),
    "coord_zero": ("a.csv", lambda: b"id,lon,lat\n1,106.4,20.8\n2,0,0\n", Outcome.ASK, 3),
    "angle_minutes": (
        "a.csv",
        lambda: bytes("id,lon,lat\n1,106°75'00\",20°10'\n", "utf-8"),
        Outcome.REJECT,
        2,
    ),
    "crs_missing": ("a.csv", lambda: b"id,x,y\n1,2304977.1,575047.7\n", Outcome.ASK, None),
    "value_not_finite": ("a.csv", lambda: b"id,v\n1,10\n2,inf\n", Outcome.REJECT, 3),
    "id_duplicate": ("a.csv", lambda: b"id,name\nA1,x\nA1,y\n", Outcome.REJECT, 2),
    "geom_wkt": ("a.csv", lambda: b'wkt,name\n"POINT (a b)",one\n', Outcome.REJECT, 2),
    "geom_null": (
        "a.geojson",
        lambda: _collection(POINT, '{"type":"Feature","properties":{},"geometry":null}'),
        Outcome.REJECT,
        2,
    ),
    "geom_mixed": (
        "a.geojson",
        lambda: _collection(POINT, _feature("LineString", "[[106,20],[107,21]]")),
        Outcome.REJECT,
        None,
    ),
    "geom_type_unsupported": ("a.geojson", lambda: _collection(_feature("Curve", "[]")), Outcome.REJECT, 1),
    "geom_coord_invalid": (
        "a.geojson",
        lambda: _collection(_feature("Point", '["1","2"]')),
        Outcome.REJECT,
        1,
    ),
    "geom_coord_nesting": (
        "a.geojson",
        lambda: _collection(_feature("Polygon", "[[106,20],[107,21],[106,20]]")),
        Outcome.REJECT,
        1,
    ),
    "geom_ring_unclosed": (
        "a.geojson",
        lambda: _collection(_feature("Polygon", "[[[106,20],[107,20],[107,21],[106,21]]]")),
        Outcome.REJECT,
        1,
    ),
    "geom_ring_short": (
        "a.geojson",
        lambda: _collection(_feature("Polygon", "[[[106,20],[107,20],[106,20]]]")),
        Outcome.REJECT,
        1,
    ),
    "geom_line_short": (
        "a.geojson",
        lambda: _collection(_feature("LineString", "[[106,20]]")),
        Outcome.REJECT,
        1,
    ),
    "geom_self_intersection": (
        "a.geojson",
        lambda: _collection(_feature("Polygon", "[[[106,20],[107,21],[107,20],[106,21],[106,20]]]")),
        Outcome.REJECT,
        1,
    ),
    "geom_rewound": (
        "a.geojson",
        lambda: _collection(_feature("Polygon", "[[[106,20],[106,21],[107,21],[107,20],[106,20]]]")),
        Outcome.WARN,
        1,
    ),
    "geom_antimeridian": (
        "a.geojson",
        lambda: _collection(_feature("LineString", "[[179,1],[-179,1]]")),
        Outcome.WARN,
        1,
    ),
    "geom_dim_dropped": (
        "a.geojson",
        lambda: _collection(_feature("Point", "[106,20,1,2]")),
        Outcome.WARN,
        1,
    ),
    "geom_height_dropped": (
        "a.geojson",
        lambda: _collection(_feature("Point", "[106,20,1]")),
        Outcome.ACCEPT,
        1,
    ),
    "name_sanitised": (
        "a.geojson",
        lambda: _collection(POINT.replace('"properties":{}', '"properties":{"a\\"; DROP TABLE b":1}')),
        Outcome.ACCEPT,
        None,
    ),
    "crs_unknown": (
        "a.geojson",
        lambda: _collection(POINT)[:-1] + b',"crs":{"type":"name","properties":{"name":"local"}}}',
        Outcome.ASK,
        None,
    ),
    "xml_dtd_forbidden": ("a.kml", lambda: b'<?xml version="1.0"?>\n<!DOCTYPE k><kml/>', Outcome.REJECT, 2),
    "xml_syntax": ("a.kml", lambda: b"<kml><Placemark></kml>", Outcome.REJECT, 1),
    "kml_network_link": (
        "a.kml",
        lambda: (
            b"<kml><NetworkLink/><Placemark><Point><coordinates>106,20</coordinates></Point></Placemark></kml>"
        ),
        Outcome.WARN,
        None,
    ),
    "gpkg_corrupt": ("a.gpkg", lambda: _geopackage()[:5000], Outcome.REJECT, None),
    "gpkg_active_content": (
        "a.gpkg",
        lambda: _geopackage("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END"),
        Outcome.REJECT,
        None,
    ),
    "zip_corrupt": ("a.zip", lambda: _zip({"a.shp": b"x" * 999})[:60], Outcome.REJECT, None),
    "zip_bomb": ("a.zip", lambda: _zip({"a.shp": bytes(30_000_000)}), Outcome.REJECT, None),
    "zip_path": ("a.zip", lambda: _zip({"../../evil.txt": b"x"}), Outcome.REJECT, None),
    "zip_nested": ("a.zip", lambda: _zip({"inside.zip": b"x"}), Outcome.REJECT, None),
    "zip_no_dataset": ("a.zip", lambda: _zip({"readme.txt": b"x"}), Outcome.REJECT, None),
    "shp_corrupt": ("a.zip", lambda: _shapefile(1, missing_bytes=8), Outcome.REJECT, None),
    "raster_too_large": ("a.tif", lambda: _tiff(1_000_000_000, 1_000_000_000), Outcome.REJECT, None),
    "raster_corrupt": ("a.tif", lambda: _tiff(4, 4, offset=90_000), Outcome.REJECT, None),
    "raster_all_nodata": ("a.tif", _nodata_raster, Outcome.REJECT, None),
}


def judge(folder: Path, name: str, content: bytes) -> CheckReport:
    path = folder / name
    path.write_bytes(content)
    operators = {one.id: one.aliases for one in data.operators()}
    return check_file(path, aliases=data.aliases(), operators=operators, limits=data.limits())


@pytest.mark.parametrize("code", CASES)
def test_each_wrong_file_is_met_with_its_code_row_and_texts(tmp_path: Path, code: str) -> None:
    name, make, outcome, row = CASES[code]
    report = judge(tmp_path, name, make())
    found = [one for one in report.issues if one.code == code]
    assert found, [(one.code, one.row) for one in report.issues]
    assert report.outcome == outcome, [(one.code, one.severity) for one in report.issues]
    if row is not None:
        assert found[0].row == row
    assert_told(report.issues)
    assert [one.name for one in tmp_path.iterdir()] == [name]


def assert_told(issues: Iterable[Issue]) -> None:
    for language in ("vi", "en"):
        texts = _texts(language)
        for one in issues:
            message = texts[f"issue.{one.code}.message"].format(**one.facts)
            assert str(Path(tempfile.gettempdir())) not in message
            assert "Traceback" not in message
            assert texts[f"issue.{one.code}.remedy"].format(**one.facts)


def _texts(language: str) -> dict[str, str]:
    folder = Path(__file__).resolve().parents[2] / "data" / "i18n"
    paths = [folder / f"{language}.json", *sorted(folder.glob(f"parts/*.{language}.json"))]
    return {key: text for path in paths for key, text in json.loads(path.read_text("utf-8")).items()}


def test_a_shapefile_without_prj_is_asked_about_and_read(tmp_path: Path) -> None:
    report = judge(tmp_path, "a.zip", _shapefile(1))
    assert (report.outcome, report.n_rows) == (Outcome.ASK, 1)
    assert [one.code for one in report.issues if one.severity == "ask"] == ["crs_missing"]


def test_a_symbolic_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    assert judge(tmp_path, "a.zip", _symlink()).issues[0].code == "zip_path"


def test_a_patch_in_a_shapefile_is_refused(tmp_path: Path) -> None:
    assert judge(tmp_path, "a.zip", _shapefile(31)).issues[0].code == "geom_type_unsupported"


def test_a_view_in_a_geopackage_is_refused(tmp_path: Path) -> None:
    view = _geopackage("CREATE VIEW v AS SELECT randomblob(1000000000)")
    assert judge(tmp_path, "a.gpkg", view).issues[0].code == "gpkg_active_content"


def test_the_other_zone_is_named_when_the_place_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,Y (Đông),X (Bắc)\n1,601067.964,2305113.829\n2,601100,2305200\n", "utf-8")
    area = shapely.box(106.439064, 20.799702, 106.515957, 20.880340)
    report = check_file(path, epsg=9210, area=area, aliases=data.aliases())
    fault = report.issues[0]
    assert (fault.code, fault.facts["proposed"], report.outcome) == ("crs_other_zone", 9209, Outcome.REJECT)
    assert fault.facts["distance_km"] == pytest.approx(21, abs=5)
    assert_told(report.issues)


def test_a_missing_column_of_a_layer_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,lon,lat\n1,106.47,20.83\n", "utf-8")
    report = check_file(path, layer="place", aliases=data.aliases())
    assert report.outcome in (Outcome.ASK, Outcome.REJECT)
    assert "kind" in str([(one.column, dict(one.facts)) for one in report.issues])
