"""Sixty strange files of the kinds met in the wild, each made here and each ended as it should."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from layers.exchange import worker
from layers.exchange.raw import Limits, RawFile
from layers.issue import Severity, worst

LIMITS = Limits(rows=50_000, vertices=100_000)
POINT = {
    "type": "Feature",
    "properties": {"a": 1},
    "geometry": {"type": "Point", "coordinates": [106.4, 20.8]},
}


def collection(*geometries: object) -> bytes:
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def shape(kind: str, coordinates: object) -> dict[str, object]:
    return {"type": kind, "coordinates": coordinates}


def archive(members: dict[str, bytes], *, packed: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return buffer.getvalue()


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        link = zipfile.ZipInfo("a.shp")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    data = bytearray(archive({"a.shp": b"x"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + at] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """Two entries of the directory that share the bytes of one member."""
    data = archive({"a.shp": b"a" * 5000, "b.shp": b"b" * 5000}, packed=False)
    second = data.rfind(b"PK\x01\x02")
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def book(change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (("Mã trạm", "Kinh độ", "Vĩ độ"), ("A1", 106.4, 20.8)):
        sheet.append(row)
    if change:
        change(workbook)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def rewritten(content: bytes, name: str, replace: Callable[[bytes], bytes]) -> bytes:
    """An XLSX with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        parts = {one: source.read(one) for one in source.namelist()}
    return archive({**parts, name: replace(parts.get(name, b""))})


def laughing(content: bytes) -> bytes:
    lol = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{lol}]>'.encode()
        + content[content.find(b"?>") + 2 :]
    )


def package(*statements: str) -> bytes:
    """A GeoPackage with one table of points, and what else the statements make of it."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        PRAGMA application_id=1196444487;
        CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER, organization TEXT,
          organization_coordsys_id INTEGER, definition TEXT, description TEXT);
        INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, '', '');
        CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
          srs_id INTEGER, z INTEGER, m INTEGER);
        CREATE TABLE a (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);
        INSERT INTO gpkg_contents VALUES ('a', 'features', 'a', 4326);
        INSERT INTO gpkg_geometry_columns VALUES ('a', 'geom', 'POINT', 4326, 0, 0);
        """
    )
    blob = b"GP\x00\x01" + struct.pack("<i", 4326) + b"\x01" + struct.pack("<Idd", 1, 106.4, 20.8)
    connection.execute("INSERT INTO a VALUES (1, ?, 'x')", (blob,))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    return connection.serialize()


def tiff(width: int, height: int, *, samples: int = 1, entries: int | None = None) -> bytes:
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (277, 3, samples)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\x00" + struct.pack("<IH", 8, entries or len(tags)) + body + bytes(4)


def kml(body: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2">{body}</kml>'.encode()


def placemark(coordinates: str) -> str:
    return f"<Placemark><name>a</name><Point><coordinates>{coordinates}</coordinates></Point></Placemark>"


def deep(n: int) -> bytes:
    return b'{"type":"FeatureCollection","features":' + b"[" * n + b"]" * n + b"}"


RING = [[106.4, 20.8], [106.5, 20.8], [106.5, 20.9], [106.4, 20.8]]
REJECT = {
    # JSON
    "deep.geojson": (deep(60_000), "json_too_deep"),
    "many.geojson": (collection(shape("LineString", [[106.4, 20.8]] * 100_001)), "too_many_vertices"),
    "nan.geojson": (b'{"type":"Point","coordinates":[NaN,20.8]}', "coord_not_finite"),
    "minus_inf.geojson": (b'{"type":"Point","coordinates":[106,-Infinity]}', "coord_not_finite"),
    "overflow.geojson": (b'{"type":"Point","coordinates":[1e999,20.8]}', "coord_not_finite"),
    "digits.geojson": (b'{"type":"Point","coordinates":[' + b"9" * 5000 + b",20]}", "json_syntax"),
    "text_number.geojson": (collection(shape("Point", ["106.4", "20.8"])), "geom_coord_invalid"),
    "bool_number.geojson": (collection(shape("Point", [True, False])), "geom_coord_invalid"),
    "null_number.geojson": (collection(shape("Point", [None, 20.8])), "geom_coord_invalid"),
    "curve.geojson": (collection(shape("CircularString", [[1, 2]])), "geom_type_unsupported"),
    "mixed.geojson": (collection(shape("Point", [106.4, 20.8]), shape("LineString", RING[:2])), "geom_mixed"),
    "open_ring.geojson": (collection(shape("Polygon", [[*RING[:3], [106.41, 20.85]]])), "geom_ring_unclosed"),
    "short_ring.geojson": (collection(shape("Polygon", [RING[:2] + RING[:1]])), "geom_ring_short"),
    "one_point_line.geojson": (collection(shape("LineString", RING[:1])), "geom_line_short"),
    "topology.json": (b'{"type":"Topology","objects":{}}', "format_not_allowed"),
    "list.json": (b"[1,2,3]", "geojson_structure"),
    "cut.geojson": (collection(shape("Point", [106.4, 20.8]))[:-9], "json_syntax"),
    "trailing.geojson": (json.dumps(POINT).encode() + b"}", "json_syntax"),
    "latin.geojson": (json.dumps(POINT).encode().replace(b'"a"', b'"\xe9\xe0"'), "encoding_invalid"),
    "ofds.json": (b'{"networks":[{"nodes":{"id":"1"}}]}', "ofds_structure"),
    "ofds_empty.json": (b'{"networks":[]}', "layer_empty"),
    # archives
    "slip.zip": (archive({"../../a.shp": b"x"}), "zip_path"),
    "backslash.zip": (archive({"..\\a.shp": b"x"}), "zip_path"),
    "drive.zip": (archive({"C:/a.shp": b"x"}), "zip_path"),
    "absolute.zip": (archive({"/etc/a.shp": b"x"}), "zip_path"),
    "link.zip": (linked(), "zip_path"),
    "nested.zip": (archive({"a.zip": archive({"a.shp": b"x"})}), "zip_nested"),
    "bomb.zip": (archive({"a.shp": bytes(60_000_000)}), "zip_bomb"),
    "crowd.zip": (archive({f"{n}.shp": b"" for n in range(400)}), "zip_bomb"),
    "overlap.zip": (overlapping(), "zip_bomb"),
    "secret.zip": (encrypted(), "zip_encrypted"),
    "nothing.zip": (archive({"readme.txt": b"x"}), "zip_no_dataset"),
    "nested.kmz": (archive({"doc.kml": kml(""), "more.kmz": b"x"}), "zip_nested"),
    "bomb.csv.gz": (gzip.compress(bytes(60_000_000)), "zip_bomb"),
    "cut.csv.gz": (gzip.compress(b"a,b\n1,2\n" * 900)[:-12], "zip_corrupt"),
    # XML
    "dtd.gpx": (
        b'<?xml version="1.0"?><!DOCTYPE gpx SYSTEM "http://127.0.0.1/x"><gpx/>',
        "xml_dtd_forbidden",
    ),
    "entity.kml": (kml("", '<!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/passwd">]>'), "xml_dtd_forbidden"),
    "utf16.kml": (kml("", "<!DOCTYPE k []>").decode().encode("utf-16"), "xml_dtd_forbidden"),
    "cut.kml": (kml(placemark("106.4,20.8"))[:-20], "xml_syntax"),
    "vrt.kml": (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "format_mismatch"),
    "wms.tif": (b"<GDAL_WMS><Service/></GDAL_WMS>", "format_mismatch"),
    "vrt.csv": (b"<OGRVRTDataSource/>", "format_mismatch"),
    "gdalg.geojson": (
        b'{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline"}',
        "geojson_structure",
    ),
    # tables
    "exe.csv": (b"MZ" + bytes(400), "format_mismatch"),
    "blank.csv": (b"\xef\xbb\xbf \r\n\r\n", "file_empty"),
    "no_headings.csv": (b"1,2\n3,4\n", "csv_header"),
    "quote.csv": (b'M\xc3\xa3,T\xc3\xaan,Lo\xe1\xba\xa1i\n1,"a,b\n2,c,d\n3,e,f\n', "csv_unclosed_quote"),
    "binary.csv": (b"a,b\n1\x00\x01,2\n" * 30, "format_mismatch"),
    "wide.csv": (b",".join(b"c%d" % n for n in range(900)) + b"\n", "table_too_large"),
    "long.csv": (b"a,b\n" + b"1,2\n" * 60_000, "table_too_large"),
    "garbage.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x7f" * 4000, "workbook_corrupt"),
    "cut.xlsx": (book()[:-900], "zip_corrupt"),
    "empty.xlsx": (book(lambda one: one.active.delete_rows(1, 9)), "file_empty"),
    "laugh.xlsx": (rewritten(book(), "xl/worksheets/sheet1.xml", laughing), "workbook_corrupt"),
    # GeoPackages
    "view.gpkg": (package("CREATE VIEW v AS SELECT randomblob(1000000000) FROM a"), "gpkg_active_content"),
    "trigger.gpkg": (
        package("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END"),
        "gpkg_active_content",
    ),
    "disguised_trigger.gpkg": (
        package("CREATE TRIGGER rtree_a_geom_insert AFTER INSERT ON a BEGIN DELETE FROM a; END"),
        "gpkg_active_content",
    ),
    "shape.gpkg": (package("UPDATE a SET geom = x'4750000100000000'"), "gpkg_corrupt"),
    "no_rows.gpkg": (package("DELETE FROM a"), "layer_empty"),
    "plain.gpkg": (b"SQLite format 3\x00" + bytes(200), "format_mismatch"),
    # rasters
    "huge.tif": (tiff(66_000, 66_000), "raster_too_large"),
    "bands.tif": (tiff(10_000, 10_000, samples=9), "raster_too_large"),
    "zero.tif": (tiff(0, 10), "raster_corrupt"),
    "entries.tif": (tiff(10, 10, entries=60_000), "raster_corrupt"),
    "no_cells.tif": (tiff(10, 10), "raster_corrupt"),
}
ACCEPT = {
    "bom.csv": "Mã,Kinh độ,Vĩ độ\nA1,106.4,20.8\n".encode("utf-8-sig"),
    "utf16.csv": "Mã,Kinh độ,Vĩ độ\nA1,106.4,20.8\n".encode("utf-16"),
    "formula.csv": b'M\xc3\xa3,T\xc3\xaan\nA1,"=cmd|\' /C calc\'!A0"\nA2,@SUM(1)\n',
    "twice.csv": b"M\xc3\xa3,T\xc3\xaan,T\xc3\xaan\nA1,x,y\n",
    "tabs.tsv": "Mã\tTên\nA1\tx\n".encode(),
    "packed.csv.gz": gzip.compress("Mã,Tên\nA1,x\n".encode()),
    "macro.xlsx": rewritten(book(), "xl/vbaProject.bin", lambda _: b"\xd0\xcf\x11\xe0" + bytes(100)),
    "outside.xlsx": rewritten(
        book(),
        "xl/externalLinks/externalLink1.xml",
        lambda _: b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
    ),
    "hole.xlsx": book(lambda one: one.active.cell(40_000, 1, "A2")),
    "lines.geojson": b"\n".join([json.dumps(POINT).encode()] * 3),
    "network_link.kml": kml(f"<NetworkLink><Link><href>http://127.0.0.1:1/</href></Link></NetworkLink>"
                            f"{placemark('106.4,20.8,0')}"),
    "styles.gpkg": package("CREATE TABLE notes (x TEXT)"),
}  # fmt: skip


def read(tmp_path: Path, name: str, content: bytes) -> RawFile:
    path = tmp_path / "made.upload"
    path.write_bytes(content)
    inside = tmp_path / "private"
    inside.mkdir()
    found = worker.read(path, name, inside, LIMITS)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["made.upload", "private"]
    return found


@pytest.mark.parametrize("name", REJECT)
def test_it_is_refused_with_its_own_reason(tmp_path: Path, name: str) -> None:
    content, code = REJECT[name]
    raw = read(tmp_path, name, content)
    errors = {one.code for one in raw.issues if one.severity is Severity.ERROR}
    assert code in errors, (errors, worst(raw.issues))


@pytest.mark.parametrize("name", ACCEPT)
def test_it_is_read_as_what_it_is(tmp_path: Path, name: str) -> None:
    raw = read(tmp_path, name, ACCEPT[name])
    assert [one.code for one in raw.issues if one.severity is Severity.ERROR] == []
    assert len(raw.tables[0].rows) >= 1
