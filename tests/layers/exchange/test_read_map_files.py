"""Map files that only GDAL knows, Parquet, drawings: read behind the guard as what they are."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import ezdxf
import geopandas as gpd
import pytest
import shapely

from layers.exchange import guard
from layers.exchange.raw import Limits, RawFile
from layers.issue import Severity

LON, LAT = 106.47, 20.83


def places(n: int = 5) -> gpd.GeoDataFrame:
    """Points with Vietnamese names in the commune."""
    names = [f"Trạm số {number} Đông Hưng" for number in range(n)]
    points = [shapely.Point(LON + number / 1000, LAT) for number in range(n)]
    return gpd.GeoDataFrame({"ten": names, "cao_m": [30.5 + n for n in range(n)]}, geometry=points, crs=4326)


def zipped(path: Path, *files: Path, below: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, f"{below}{file.name}")
    return path


def refused(raw: RawFile) -> list[str]:
    return [one.code for one in raw.issues if one.severity is Severity.ERROR]


@pytest.mark.parametrize("crs", [4326, 9210])
def test_flatgeobuf(tmp_path: Path, crs: int) -> None:
    path = tmp_path / "a.fgb"
    places().to_crs(crs).to_file(path, driver="FlatGeobuf")
    (table,) = guard.read(path).tables
    assert (table.epsg, len(table.rows), table.headings) == (crs, 5, ("ten", "cao_m"))
    assert {row[0] for row in table.rows} == set(places()["ten"])


def test_a_cut_flatgeobuf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.fgb"
    places(200).to_file(path, driver="FlatGeobuf")
    path.write_bytes(path.read_bytes()[:-2500])
    raw = guard.read(path)
    assert refused(raw)
    assert raw.tables == ()


def test_mapinfo(tmp_path: Path) -> None:
    places().to_file(tmp_path / "tram.tab", driver="MapInfo File", encoding="UTF-8")
    path = zipped(tmp_path / "a.zip", *sorted(tmp_path.glob("tram.*")))
    (table,) = guard.read(path).tables
    assert (table.name, table.epsg, len(table.rows)) == ("tram", 4326, 5)
    assert table.rows[0][0] == "Trạm số 0 Đông Hưng"


def test_a_mapinfo_table_that_points_to_another_file_is_refused(tmp_path: Path) -> None:
    tab = tmp_path / "a.tab"
    tab.write_text(
        '!table\n!version 300\n\nOpen Table "/etc/passwd"\nDefinition Table\n  Type LINKED\n', "ascii"
    )
    assert refused(guard.read(zipped(tmp_path / "a.zip", tab))) == ["tab_reference"]


def test_a_file_geodatabase(tmp_path: Path) -> None:
    places().to_file(tmp_path / "a.gdb", driver="OpenFileGDB", layer="tram")
    path = zipped(tmp_path / "a.zip", *sorted((tmp_path / "a.gdb").iterdir()), below="du lieu/a.gdb/")
    (table,) = guard.read(path).tables
    assert (table.name, table.epsg, len(table.rows)) == ("tram", 4326, 5)
    assert table.rows[4][0] == "Trạm số 4 Đông Hưng"


def test_two_geodatabases_in_one_archive_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.gdb/a00000001.gdbtable", b"x")
        archive.writestr("b.gdb/a00000001.gdbtable", b"x")
    assert refused(guard.read(tmp_path / "a.zip")) == ["zip_many"]


def test_a_damaged_geodatabase_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.gdb/a00000001.gdbtable", b"\x03\x00\x00\x00" + b"\xff" * 60)
        archive.writestr("a.gdb/a00000001.gdbtablx", b"\x03\x00\x00\x00" + b"\xff" * 60)
    assert refused(guard.read(tmp_path / "a.zip")) == ["vector_corrupt"]


@pytest.mark.parametrize("crs", [4326, 9210])
def test_geoparquet(tmp_path: Path, crs: int) -> None:
    path = tmp_path / "a.parquet"
    places().to_crs(crs).to_parquet(path)
    (table,) = guard.read(path).tables
    assert (table.epsg, table.rows[1]) == (crs, ("Trạm số 1 Đông Hưng", 31.5))
    assert shapely.from_wkb(table.shapes[1]) == places().to_crs(crs).geometry[1]


def test_a_cut_or_too_large_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    places().to_parquet(path)
    assert refused(guard.read(path, limits=Limits(rows=4))) == ["table_too_large"]
    path.write_bytes(path.read_bytes()[:-30])
    assert refused(guard.read(path)) == ["vector_corrupt"]


def drawing() -> bytes:
    """Two masts as blocks with attributes, a cable, a text, in metres of VN-2000."""
    document = ezdxf.new("R2010")
    block = document.blocks.new("COT")
    block.add_circle((0, 0), 1)
    block.add_attdef("MA", (0, 0))
    block.add_attdef("CAO_M", (0, 0))
    space = document.modelspace()
    for number in range(2):
        mast = space.add_blockref(
            "COT", (570_000 + 100 * number, 2_304_000), dxfattribs={"layer": "COT_ANTEN"}
        )
        mast.add_auto_attribs({"MA": f"HD{number:02d}", "CAO_M": "30.5"})
    space.add_lwpolyline([(570_000, 2_304_000), (570_100, 2_304_000)], dxfattribs={"layer": "CAP_QUANG"})
    space.add_text("Trạm Đông Hưng", dxfattribs={"layer": "CHU"}).set_placement((570_000, 2_304_010))
    text = io.StringIO()
    document.write(text)
    return text.getvalue().encode("utf-8")


def test_a_drawing_becomes_a_table_for_each_of_its_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    path.write_bytes(drawing())
    raw = guard.read(path)
    tables = {table.name: table for table in raw.tables}
    assert set(tables) == {"COT_ANTEN", "CAP_QUANG", "CHU"}
    masts = tables["COT_ANTEN"]
    rows = [dict(zip(masts.headings, row, strict=True)) for row in masts.rows]
    assert [(row["MA"], row["CAO_M"]) for row in rows] == [("HD00", "30.5"), ("HD01", "30.5")]
    assert shapely.from_wkb(masts.shapes[1]) == shapely.Point(570_100, 2_304_000)
    texts = tables["CHU"]
    assert texts.rows[0][texts.headings.index("Text")] == "Trạm Đông Hưng"
    assert [one.code for one in raw.issues if one.severity is Severity.ASK] == ["crs_missing"]


def test_a_cut_drawing_is_no_silent_success(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    path.write_bytes(drawing()[:15_000])
    assert refused(guard.read(path))


@pytest.mark.parametrize(
    ("name", "content", "code", "found"),
    [
        ("ban_ve.dwg", b"AC1032" + bytes(200), "format_drawing", "DWG"),
        ("ban_ve.dxf", b"AC1032" + bytes(200), "format_drawing", "DWG"),
        ("tuyen.dgn", b"\x08\x09\xfe\x02" + bytes(100), "format_drawing", "DGN"),
        ("bang.pdf", b"%PDF-1.7\n" + bytes(100), "format_document", "PDF"),
        ("bang.csv", b"%PDF-1.7\n" + bytes(100), "format_document", "PDF"),
        ("bang.rtf", b"{\\rtf1 abc}", "format_document", "RTF"),
    ],
)
def test_drawings_and_documents_are_refused_with_what_to_ask_for(
    tmp_path: Path, name: str, content: bytes, code: str, found: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (one,) = guard.read(path).issues
    assert (one.code, one.facts["found"]) == (code, found)


def field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def blob(kind: str, content: bytes) -> bytes:
    packed = field(2, len(content)) + field(3, zlib.compress(content))
    header = field(1, kind.encode()) + field(3, len(packed))
    return struct.pack(">I", len(header)) + header + packed


def extract() -> bytes:
    """An .osm.pbf with one tagged mast (OSM wiki, "PBF Format")."""
    texts = [b"", b"man_made", b"mast", b"tower:type", b"communication", b"communication:5g", b"yes"]
    table = b"".join(field(1, text) for text in texts)
    node = (
        field(1, zigzag(77))
        + field(2, bytes([1, 3, 5]))
        + field(3, bytes([2, 4, 6]))
        + field(8, zigzag(round(LAT * 1e7)))
        + field(9, zigzag(round(LON * 1e7)))
    )
    data = field(1, table) + field(2, field(1, node))
    header = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")
    return blob("OSMHeader", header) + blob("OSMData", data)


def test_a_packed_openstreetmap_extract(tmp_path: Path) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(extract())
    (table,) = guard.read(path).tables
    row = dict(zip(table.headings, table.rows[0], strict=True))
    assert (table.name, row["id"], row["technologies"]) == ("site", "osm-n77", "5G")
    assert shapely.from_wkb(table.shapes[0]).distance(shapely.Point(LON, LAT)) < 1e-6
    assert "ODbL" in table.licence


OSM = f"""<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="{LAT}" lon="{LON}"/><node id="2" lat="{LAT}" lon="{LON + 0.001}"/>
<node id="3" lat="{LAT + 0.001}" lon="{LON + 0.001}"/>
<node id="4" lat="{LAT}" lon="{LON}"><tag k="amenity" v="school"/><tag k="name" v="Trường Tiểu học"/></node>
<node id="5" lat="{LAT}" lon="{LON}"><tag k="power" v="pole"/></node>
<node id="6" lat="{LAT}" lon="{LON}"><tag k="place" v="hamlet"/><tag k="name" v="Thôn Đông"/></node>
<node id="7" lat="{LAT}" lon="{LON}"><tag k="street_cabinet" v="telecom"/>
<tag k="man_made" v="street_cabinet"/></node>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="house"/>
<tag k="building:levels" v="3"/><tag k="height" v="10.5 m"/></way>
<way id="11"><nd ref="1"/><nd ref="2"/><tag k="highway" v="tertiary"/></way>
<way id="12"><nd ref="2"/><nd ref="3"/><tag k="power" v="minor_line"/></way>
</osm>"""


def test_an_openstreetmap_extract_speaks_the_words_of_our_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text(OSM, "utf-8")
    tables = {table.name: table for table in guard.read(path).tables}
    assert set(tables) == {"building", "road", "power", "passive", "fiber_node", "place", "hamlet"}
    house = dict(zip(tables["building"].headings, tables["building"].rows[0], strict=True))
    assert (house["id"], house["kind"], house["height_m"], house["n_floors"]) == ("osm-w10", "house", 10.5, 3)
    assert shapely.from_wkb(tables["building"].shapes[0]).geom_type in ("Polygon", "MultiPolygon")
    road = dict(zip(tables["road"].headings, tables["road"].rows[0], strict=True))
    assert (road["kind"], road["is_main"]) == ("commune", True)


def test_an_extract_with_a_document_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text(OSM.replace("?><osm", '?><!DOCTYPE osm [<!ENTITY x "y">]><osm'), "utf-8")
    assert refused(guard.read(path)) == ["xml_dtd_forbidden"]


def test_footprints_one_in_a_line(tmp_path: Path) -> None:
    ring = [[LON, LAT], [LON + 0.001, LAT], [LON + 0.001, LAT + 0.001], [LON, LAT]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    line = json.dumps({"type": "Feature", "properties": {"height": 6.5}, "geometry": shape})
    path = tmp_path / "a.geojsonl"
    path.write_text("\n".join([line] * 3), "utf-8")
    (table,) = guard.read(path).tables
    assert (len(table.rows), table.rows[2]) == (3, (6.5,))
