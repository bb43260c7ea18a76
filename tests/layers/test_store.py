"""A workspace is a folder whose tables QGIS reads as they are, and which comes back as it was written."""

import shutil
import sqlite3
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.catalogue import CATALOGUE, spec_of
from layers.spec import Geometry, Kind
from layers.store import create_store, open_store
from layers.store.sql import LARGE

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
    if spec.name == "proposal":  # has a state only where one is recorded
        store.append({"audit": example(spec_of("audit")).assign(proposal_id="đ1")})
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


def test_a_large_layer_has_the_same_index_and_triggers_as_a_small_one(store):
    many = sites([f"{i:05}" for i in range(LARGE + 10)], x=10.0)
    store.replace({"site": many})
    triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    index = "SELECT count(*) FROM rtree_site_geom"
    with sqlite3.connect(file_of(store)) as connection:
        large = connection.execute(triggers).fetchall()
        assert connection.execute(index).fetchone() == (LARGE + 10,)
        assert connection.execute("SELECT rtreecheck('rtree_site_geom')").fetchone() == ("ok",)
    assert store.read("site", bounds=(10.005, 20, 10.035, 21))["id"].tolist() == ["00001", "00002", "00003"]
    store.upsert({"site": sites(["00001"], x=100.0)})
    assert store.read("site", bounds=(99, 20, 101, 21))["id"].tolist() == ["00001"]
    store.append({"site": sites([f"b{i:05}" for i in range(LARGE + 10)], x=70.0)})
    store.delete("site", ["00001"])
    assert pyogrio.read_info(file_of(store), layer="site")["features"] == 2 * LARGE + 19
    with sqlite3.connect(file_of(store)) as connection:
        assert connection.execute(index).fetchone() == (2 * LARGE + 19,)
    store.replace({"site": sites("a")})
    with sqlite3.connect(file_of(store)) as connection:
        assert connection.execute(triggers).fetchall() == large
        assert connection.execute(index).fetchone() == (1,)
    assert open_store(store.folder).count("site") == 1
