"""A workspace is a folder whose tables QGIS reads as they are, and which comes back as it was written."""

import hashlib
import shutil
import sqlite3
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geo.errors import ColumnError, CrsError, GeometryError, InputError, NotFoundError
from layers.catalogue import CATALOGUE, spec_of
from layers.spec import Geometry, Kind
from layers.store import create_store, open_store

EXAMPLE = {
    Kind.TEXT: "Đồng Mạc",
    Kind.LIST: "mau_a;mau_b",
    Kind.INTEGER: 7,
    Kind.REAL: 1.5,
    Kind.BOOLEAN: True,
}
SHAPES = {
    Geometry.POINT: shapely.Point(106.5, 20.8),
    Geometry.LINE: shapely.LineString([(106.5, 20.8), (106.6, 20.9)]),
    Geometry.POLYGON: shapely.box(106.5, 20.8, 106.6, 20.9),
    Geometry.ANY: shapely.Point(106.5, 20.8),
    Geometry.NONE: None,
}


@pytest.fixture
def store(tmp_path):
    store = create_store(tmp_path / "xa", {"name": "Xã Mẫu", "calc_epsg": "9210"})
    yield store
    store.close()


def example(spec):
    """One full row, one row with an id only."""
    full = {c.name: EXAMPLE.get(c.kind, "2025-03-31") for c in spec.columns} | {"id": "đ1"}
    table = pd.DataFrame([full, {"id": "đ2"}])
    return gpd.GeoDataFrame(table, geometry=[SHAPES[spec.geometry], None], crs=4326)


def sites(ids, x=106.5):
    shapes = [shapely.Point(x + i / 100, 20.8) for i in range(len(ids))]
    return gpd.GeoDataFrame({"id": list(ids), "name": [f"Trạm {i}" for i in ids]}, geometry=shapes, crs=4326)


def file_of(store):
    return store.folder / "workspace.gpkg"


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.name)
def test_every_layer_is_read_by_gdal_as_it_is(store, spec):
    store.replace({spec.name: example(spec)})
    seen = pyogrio.read_dataframe(file_of(store), layer=spec.name)
    assert seen["id"].tolist() == ["đ1", "đ2"]
    assert set(seen.columns) - {"geometry"} == {column.name for column in spec.columns}
    info = pyogrio.read_info(file_of(store), layer=spec.name)
    types = dict(zip(info["fields"], zip(info["ogr_types"], info["ogr_subtypes"], strict=True), strict=True))
    for column in spec.columns:
        expected = {
            Kind.INTEGER: ("OFTInteger64", "OFSTNone"),
            Kind.REAL: ("OFTReal", "OFSTNone"),
            Kind.BOOLEAN: ("OFTInteger", "OFSTBoolean"),
            Kind.DATE: ("OFTDate", "OFSTNone"),
        }.get(column.kind, ("OFTString", "OFSTNone"))
        assert types[column.name] == expected, column.name
    if spec.geometry is not Geometry.NONE:
        assert seen.crs.to_epsg() == 4326
        shape = shapely.force_2d(seen.geometry.iloc[0])
        assert shape.equals(SHAPES[spec.geometry])
        assert seen.geometry.iloc[1] is None


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.name)
def test_every_layer_comes_back_typed_and_in_order(store, spec):
    store.replace({spec.name: example(spec)})
    table = store.read(spec.name)
    assert list(table.columns) == [*(column.name for column in spec.columns), "geometry"]
    assert table.index.equals(pd.RangeIndex(2))
    assert table.crs.to_epsg() == 4326
    dtypes = {Kind.INTEGER: "Int64", Kind.REAL: "Float64", Kind.BOOLEAN: "boolean"}
    for column in spec.columns:
        assert table[column.name].dtype == dtypes.get(column.kind, "str"), column.name
        if column.name != "id":
            assert table[column.name].iloc[0] == EXAMPLE.get(column.kind, "2025-03-31")
            assert pd.isna(table[column.name].iloc[1])


def test_the_file_is_a_sound_geopackage(store):
    store.replace({"site": sites("abc"), "hamlet": example(spec_of("hamlet"))})
    store.delete("site", ["b"])
    connection = sqlite3.connect(file_of(store))
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    contents = dict(connection.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert contents["site"] == "features"
    assert contents["task"] == contents["hatangso_property"] == "attributes"
    for layer, n_rows in connection.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents"):
        assert connection.execute(f'SELECT count(*) FROM "{layer}"').fetchone() == (n_rows,), layer  # noqa: S608
    extent = connection.execute(
        "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name='site'"
    )
    assert extent.fetchone() == pytest.approx((106.5, 20.8, 106.52, 20.8), abs=2e-5)
    srs = {row[0] for row in connection.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    assert {-1, 0, 4326, 9209, 9210} <= srs
    connection.close()
    assert sorted(path.name for path in store.folder.iterdir()) == ["cache", "rasters", "workspace.gpkg"]


def with_functions(path):
    """A plain connection with the index functions, written apart from the product's own."""

    def reader(measure):
        def measure_blob(blob):
            if blob is None:
                return None
            size = {0: 8, 1: 40, 2: 56, 3: 56, 4: 72}[(blob[3] >> 1) & 7]
            return measure(shapely.from_wkb(blob[size:]))

        return measure_blob

    connection = sqlite3.connect(path)
    connection.create_function("ST_IsEmpty", 1, reader(lambda shape: int(shape.is_empty)))
    for i, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")):
        connection.create_function(name, 1, reader(lambda shape, i=i: shape.bounds[i]))
    return connection


def test_the_spatial_index_follows_an_edit_by_another_program(store):
    store.replace({"site": sites("abcd")})
    point = shapely.Point(107.25, 21.5)  # exact in the 32 bits of the index
    blob = b"GP\x00\x01" + (4326).to_bytes(4, "little") + shapely.to_wkb(point, byte_order=1)
    connection = with_functions(file_of(store))
    connection.execute("UPDATE site SET geom = ? WHERE id = 'a'", (blob,))
    connection.execute("UPDATE site SET geom = NULL WHERE id = 'b'")
    connection.execute("DELETE FROM site WHERE id = 'c'")
    connection.execute("INSERT INTO site (id, geom) VALUES ('e', ?)", (blob,))
    connection.execute("UPDATE site SET fid = 90 WHERE id = 'd'")
    connection.commit()
    index = connection.execute(
        "SELECT id, minx, maxx, miny, maxy FROM rtree_site_geom ORDER BY id"
    ).fetchall()
    keys = dict(connection.execute("SELECT id, fid FROM site"))
    assert connection.execute("SELECT rtreecheck('rtree_site_geom')").fetchone() == ("ok",)
    count = connection.execute("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'site'")
    assert count.fetchone() == (4,)
    connection.close()
    assert {row[0] for row in index} == {keys["a"], keys["d"], keys["e"]}
    assert {row[1:] for row in index if row[0] != 90} == {(107.25, 107.25, 21.5, 21.5)}
    assert store.read("site", bounds=(107, 21, 108, 22))["id"].tolist() == ["a", "e"]
    assert store.read("site").set_index("id").geometry["a"].equals(point)


def test_gdal_edits_the_file_and_the_store_goes_on(store):
    store.replace({"site": sites("ab")})
    pyogrio.write_dataframe(sites("c", x=107.0), file_of(store), layer="site", append=True)
    assert store.count("site") == 3
    assert store.read("site", bounds=(106.9, 20, 107.1, 21))["id"].tolist() == ["c"]
    store.append({"site": sites("d")})
    assert pyogrio.read_info(file_of(store), layer="site")["features"] == 4


def test_a_layer_of_the_users_own_does_no_harm(store):
    own = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(106, 20)], crs=4326)
    pyogrio.write_dataframe(own, file_of(store), layer="ghi chú", append=True)
    again = open_store(store.folder)
    again.append({"site": sites("a")})
    assert pyogrio.read_info(file_of(store), layer="ghi chú")["features"] == 1


def test_reading_by_bounds_gives_exactly_the_rows_that_touch(store):
    rng = np.random.default_rng(3)
    x, y, size = 106 + rng.random(500), 20 + rng.random(500), rng.random(500) / 50
    boxes = shapely.box(x, y, x + size, y + size)
    table = gpd.GeoDataFrame({"id": [f"{i:03}" for i in range(500)]}, geometry=boxes, crs=4326)
    store.replace({"building": table})
    area = (106.25, 20.25, 106.5, 20.5)
    expected = table[shapely.intersects(boxes, shapely.box(*area))]["id"].tolist()
    assert store.read("building", bounds=area)["id"].tolist() == expected
    assert 0 < len(expected) < 500


def test_reading_some_columns_gives_these_and_the_shape(store):
    store.append({"building": example(spec_of("building"))})
    some = store.read("building", columns=("n_people", "kind"))
    pd.testing.assert_frame_equal(some, store.read("building")[["kind", "n_people", "geometry"]])
    with pytest.raises(ColumnError, match="columns_unknown"):
        store.read("building", columns=("kind", "colour"))


def test_append_refuses_ids_that_are_there_and_changes_nothing(store):
    store.append({"site": sites("ab")})
    before = file_of(store).read_bytes()
    with pytest.raises(InputError) as caught:
        store.append({"hamlet": example(spec_of("hamlet")), "site": sites("cb")})
    assert caught.value.code == "ids_exist"
    assert caught.value.facts["ids"] == "b"
    assert file_of(store).read_bytes() == before


def test_upsert_changes_known_rows_and_adds_new_ones(store):
    store.append({"site": sites("ab")})
    store.upsert({"site": sites("bc", x=107.0)})
    table = store.read("site").set_index("id")
    assert table.geometry.x.round(2).to_dict() == {"a": 106.5, "b": 107.0, "c": 107.01}
    assert store.read("site", bounds=(106.9, 20, 107.2, 21))["id"].tolist() == ["b", "c"]


def test_delete_counts_what_it_removed(store):
    store.append({"site": sites("abc")})
    assert store.delete("site", ["a", "c", "không có"]) == 2
    assert store.read("site")["id"].tolist() == ["b"]


def test_arguments_are_left_alone(store):
    table = example(spec_of("building"))
    copy = table.copy(deep=True)
    store.replace({"building": table})
    pd.testing.assert_frame_equal(table, copy)


def test_text_is_stored_in_one_way_of_writing_accents(store):
    table = sites(["a"]).assign(name="Hải Phòng")
    store.replace({"site": table})
    assert store.read("site")["name"].tolist() == ["Hải Phòng"]


def test_heights_are_dropped_and_empty_shapes_are_none(store):
    shapes = [shapely.Point(106, 20, 7), shapely.Point()]
    store.replace({"site": gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=4326)})
    table = store.read("site")
    assert not table.geometry.iloc[0].has_z
    assert table.geometry.iloc[1] is None


def test_the_digest_depends_on_the_content_alone(store, tmp_path):
    other = create_store(tmp_path / "khac", {"name": "khác"})
    store.replace({"site": sites("abc")})
    other.append({"site": sites("abcd").iloc[[3, 1]]})
    other.upsert({"site": sites("abc")})
    other.delete("site", ["d"])
    assert other.digest("site") == store.digest("site")
    nudged = sites("abc").set_geometry(sites("abc").translate(1e-11))
    other.replace({"site": nudged})
    assert other.digest("site") == store.digest("site")
    other.replace({"site": sites("abc").assign(height_m=[None, 3.0, None])})
    assert other.digest("site") != store.digest("site")
    moved = sites("abc").set_geometry(sites("abc").translate(1e-8))
    other.replace({"site": moved})
    assert other.digest("site") != store.digest("site")


def test_the_digest_does_not_mind_where_a_ring_starts(store):
    ring = [(106, 20), (107, 20), (107, 21), (106, 21)]
    digests = set()
    for start in range(4):
        shape = shapely.Polygon(ring[start:] + ring[:start])
        store.replace({"boundary": gpd.GeoDataFrame({"id": ["b"]}, geometry=[shape], crs=4326)})
        digests.add(store.digest("boundary"))
    assert len(digests) == 1


def test_properties_are_kept_and_the_stores_own_are_guarded(store):
    store.set_properties({"commune_code": "00000", "name": "Xã Mẫu 2"})
    found = open_store(store.folder).properties()
    assert found == {
        "calc_epsg": "9210",
        "commune_code": "00000",
        "name": "Xã Mẫu 2",
        "product": "hatangso",
        "schema_version": "1",
    }
    store.set_properties(found)
    with pytest.raises(InputError) as caught:
        store.set_properties({"schema_version": "9"})
    assert caught.value.code == "property_reserved"


def test_a_copied_folder_is_a_complete_workspace(store, tmp_path):
    store.append({"site": sites("abc")})
    shutil.copytree(store.folder, tmp_path / "ban sao #1?")
    assert open_store(tmp_path / "ban sao #1?").digest("site") == store.digest("site")


def test_what_an_older_file_lacks_is_made_when_it_is_written(store):
    connection = sqlite3.connect(file_of(store))
    connection.execute("DROP TABLE wifi")
    connection.execute("DROP TABLE rtree_wifi_geom")
    for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents", "gpkg_extensions"):
        connection.execute(f"DELETE FROM {table} WHERE table_name = 'wifi'")  # noqa: S608
    connection.execute("ALTER TABLE site DROP COLUMN backup_h")
    connection.commit()
    connection.close()
    old = open_store(store.folder)
    assert old.count("wifi") == len(old.read("wifi")) == 0
    assert old.read("site")["backup_h"].dtype == "Float64"
    old.append({"wifi": example(spec_of("wifi")), "site": sites("a").assign(backup_h=2.0)})
    assert old.read("site")["backup_h"].tolist() == [2.0]
    assert len(pyogrio.read_dataframe(file_of(store), layer="wifi")) == 2
    assert old.read("wifi", bounds=(106, 20, 107, 21))["id"].tolist() == ["đ1"]


def bow_tie():
    return shapely.Polygon([(106, 20), (107, 21), (107, 20), (106, 21)])


@pytest.mark.parametrize(
    ("layer", "changes", "error", "code"),
    [
        ("building", {"geometry": [bow_tie()]}, GeometryError, "geometry_invalid"),
        ("site", {"geometry": [shapely.Point(float("nan"), 20)]}, GeometryError, "geometry_not_finite"),
        ("site", {"geometry": [shapely.box(106, 20, 107, 21)]}, GeometryError, "geometry_type"),
        ("site", {"geometry": [shapely.Point(575_047, 2_304_977)]}, GeometryError, "geometry_not_degrees"),
        ("site", {"height_m": ["cao"]}, ColumnError, "column_type"),
        ("site", {"height_m": [float("inf")]}, ColumnError, "column_type"),
        ("site", {"n_tenants": [1.5]}, ColumnError, "column_type"),
        ("site", {"is_sample": ["có"]}, ColumnError, "column_type"),
        ("site", {"as_of": ["31/03/2025"]}, ColumnError, "column_type"),
        ("site", {"cao_do": [1]}, ColumnError, "columns_unknown"),
        ("site", {"id": [None]}, InputError, "ids_missing"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_nothing_changes(store, layer, changes, error, code):
    before = hashlib.sha256(file_of(store).read_bytes()).digest()
    columns = {"id": ["a"], "geometry": [shapely.Point(106, 20)]} | changes
    with pytest.raises(error) as caught:
        store.replace({layer: gpd.GeoDataFrame(columns, crs=4326)})
    assert caught.value.code == code
    assert hashlib.sha256(file_of(store).read_bytes()).digest() == before


def test_repeated_ids_and_other_systems_are_refused(store):
    with pytest.raises(InputError) as caught:
        store.replace({"site": sites("aab")})
    assert (caught.value.code, caught.value.facts["ids"]) == ("ids_repeated", "a")
    with pytest.raises(CrsError):
        store.replace({"site": sites("a").to_crs(9210)})
    with pytest.raises(CrsError):
        store.replace({"site": sites("a").set_crs(None, allow_override=True)})


def test_an_unknown_layer_is_named(store):
    for call in (store.read, store.count, store.digest):
        with pytest.raises(NotFoundError):
            call("khong_co")


def test_nine_thousand_buildings_are_replaced_in_a_moment(store):
    rng = np.random.default_rng(1)
    x, y = 106.4 + rng.random(9000) / 10, 20.8 + rng.random(9000) / 10
    table = gpd.GeoDataFrame(
        {"id": [f"b{i}" for i in range(9000)], "height_m": rng.random(9000) * 9, "is_sample": True},
        geometry=shapely.box(x, y, x + 1e-4, y + 1e-4),
        crs=4326,
    )
    start = time.process_time()  # its own work, whatever else the machine does
    store.replace({"building": table})
    assert time.process_time() - start < 1.5
    assert store.count("building") == 9000
