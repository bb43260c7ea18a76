"""One contract for both stores: what is written comes back, and history, undo, snapshots, backups hold."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from geo.errors import (
    ColumnError,
    CrsError,
    GeometryError,
    InputError,
    NotFoundError,
    SchemaError,
    StaleVersionError,
    StoreError,
)
from layers.catalogue import CATALOGUE, spec_of
from layers.spec import Geometry, Kind
from layers.store import Batch, Kept, Note, can_undo, create_store, ledger, open_store, schema
from layers.store.migrate import upgrade

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


def example(spec):
    """One full row, one row with an id only."""
    full = {c.name: EXAMPLE.get(c.kind, "2025-03-31") for c in spec.columns} | {"id": "đ1"}
    if spec.name == "audit":  # a proposal has a state only where one is recorded
        full["proposal_id"] = "đ1"
    table = pd.DataFrame([full, {"id": "đ2"}])
    return gpd.GeoDataFrame(table, geometry=[SHAPES[spec.geometry], None], crs=4326)


def sites(ids, x=106.5):
    shapes = [shapely.Point(x + i / 100, 20.8) for i in range(len(ids))]
    return gpd.GeoDataFrame({"id": list(ids), "name": [f"Trạm {i}" for i in ids]}, geometry=shapes, crs=4326)


TOUCHED = ("site", "hamlet", "road", "building")


def state_of(store, layers=TOUCHED):
    """Everything that a change could touch."""
    return [store.digest(layer) for layer in layers], store.properties(), store.history()


def bow_tie():
    return shapely.Polygon([(106, 20), (107, 21), (107, 20), (106, 21)])


def test_every_layer_comes_back_typed_and_in_order(store):
    store.replace({spec.name: example(spec) for spec in CATALOGUE})
    for spec in CATALOGUE:
        assert_typed_and_in_order(store, spec)


def assert_typed_and_in_order(store, spec):
    table = store.read(spec.name)
    assert list(table.columns) == [*(column.name for column in spec.columns), "geometry"]
    assert table.index.equals(pd.RangeIndex(2))
    assert table.crs.to_epsg() == 4326
    dtypes = {Kind.INTEGER: "Int64", Kind.REAL: "Float64", Kind.BOOLEAN: "boolean"}
    for column in spec.columns:
        assert table[column.name].dtype == dtypes.get(column.kind, "str"), column.name
        if column.name != "id":
            wanted = example(spec)[column.name].iloc[0]
            assert table[column.name].iloc[0] == wanted
            assert pd.isna(table[column.name].iloc[1])


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
    before = state_of(store)
    with pytest.raises(InputError) as caught:
        store.append({"hamlet": example(spec_of("hamlet")), "site": sites("cb")})
    assert caught.value.code == "ids_exist"
    assert caught.value.facts["ids"] == "b"
    assert state_of(store) == before


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
        "schema_version": "2",
    }
    store.set_properties(found)
    with pytest.raises(InputError) as caught:
        store.set_properties({"schema_version": "9"})
    assert caught.value.code == "property_reserved"


MISFITS = [
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
]


def test_values_that_do_not_fit_are_refused_and_nothing_changes(store):
    before = state_of(store)
    for layer, changes, error, code in MISFITS:
        columns = {"id": ["a"], "geometry": [shapely.Point(106, 20)]} | changes
        with pytest.raises(error) as caught:
            store.replace({layer: gpd.GeoDataFrame(columns, crs=4326)})
        assert caught.value.code == code
    assert state_of(store) == before


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


AN = Note(action="edit", actor="An", at="2026-11-22T08:00:00+07:00", source="bản đồ", reason="sửa tên")


def one(table, key):
    return table[table["id"] == key].reset_index(drop=True)


def test_each_change_tells_who_when_what_and_from_where(store):
    store.replace({"site": sites("ab")}, note=Note(action="import", actor="Bình", at="t1", source="BTS.xlsx"))
    store.upsert({"site": sites("bc", x=107.0)}, note=AN)
    store.delete("site", ["a"])
    store.set_properties({"name": "Xã khác"})
    by_program, deleted, edited, imported = store.history()
    assert imported.note == Note(action="import", actor="Bình", at="t1", source="BTS.xlsx")
    assert edited.note == AN
    counts = [
        (part.n_added, part.n_changed, part.n_removed)
        for c in (imported, edited, deleted)
        for part in c.layers
    ]
    assert counts == [(2, 0, 0), (1, 1, 0), (0, 0, 1)]
    assert by_program.layers == ()
    assert by_program.note.actor == ""
    assert abs(dt.datetime.fromisoformat(by_program.note.at) - dt.datetime.now(dt.UTC)) < dt.timedelta(
        minutes=5
    )
    assert [change.number for change in store.history(limit=2)] == [4, 3]
    assert store.last_change() == 4
    before = {row.id: row.before and row.before["name"] for row in store.changed_rows(edited.number)}
    after = {row.id: row.after["name"] for row in store.changed_rows(edited.number)}
    assert before == {"b": "Trạm b", "c": None}
    assert after == {"b": "Trạm b", "c": "Trạm c"}


def test_a_refused_write_leaves_no_history(store):
    store.append({"site": sites("a")})
    with pytest.raises(InputError):
        store.append({"hamlet": example(spec_of("hamlet")), "site": sites("a")})
    assert len(store.history()) == 1


def test_an_import_is_undone_to_the_previous_version_and_redone(store):
    store.append({"site": sites("abc")})
    before = store.digest("site")
    store.replace({"site": sites("cd", x=107.0), "hamlet": example(spec_of("hamlet"))}, note=AN)
    after = store.digest("site"), store.digest("hamlet")
    kept = {part.layer: part for part in store.history()[0].layers}
    assert kept["site"].kept is Kept.TABLE
    assert len(kept["site"].digest) == 64
    assert (kept["hamlet"].kept, kept["hamlet"].digest) == (Kept.TABLE, None)
    undone = store.undo(2, note=Note(action="undo", actor="An"))
    assert store.digest("site") == before
    assert store.count("hamlet") == 0
    assert [change.is_undone for change in store.history()] == [False, True, False]
    with pytest.raises(StoreError, match="undo_done"):
        store.undo(2, note=AN)
    store.undo(undone, note=Note(action="undo", actor="An"))
    assert (store.digest("site"), store.digest("hamlet")) == after
    assert [change.is_undone for change in store.history()] == [False, True, False, False]


def test_every_layer_survives_an_undo_of_its_removal(store):
    specs = [spec for spec in CATALOGUE if spec.name not in (*ledger.RECKONED, *schema.APPEND_ONLY)]
    names = [spec.name for spec in specs]
    store.append({spec.name: example(spec) for spec in (spec_of("audit"), *specs)})
    whole = state_of(store, names)[0]
    store.replace({spec.name: example(spec).iloc[:0] for spec in specs})
    assert store.count("site") == 0
    assert store.undo(2, note=AN) == 3
    assert state_of(store, names)[0] == whole
    store.commit({name: Batch(removed=("đ1",)) for name in names})
    assert store.count("site") == 1
    store.undo(4, note=AN)
    assert state_of(store, names)[0] == whole


def test_what_the_program_reckons_is_told_but_not_kept(store):
    store.replace({"coverage5g": example(spec_of("coverage5g"))})
    (change,) = store.history()
    assert (change.layers[0].n_added, change.layers[0].kept) == (2, Kept.NOTHING)
    assert not can_undo(store.history(), 1)
    with pytest.raises(StoreError, match="undo_nothing_kept"):
        store.undo(1, note=AN)


def test_an_import_under_a_later_change_is_not_undone(store):
    store.append({"site": sites("abc")})
    store.replace({"site": sites("bc", x=107.0)})
    store.upsert({"site": sites("b", x=108.0)})
    state = store.digest("site")
    assert not can_undo(store.history(), 2)
    with pytest.raises(StoreError) as caught:
        store.undo(2, note=AN)
    assert (caught.value.code, caught.value.facts["later"]) == ("undo_later", 3)
    assert store.digest("site") == state
    store.undo(3, note=AN)
    store.undo(2, note=AN)
    assert sorted(store.read("site")["id"]) == ["a", "b", "c"]


def test_an_edit_is_undone_although_other_rows_changed_since(store):
    store.append({"site": sites("abc")})
    store.upsert({"site": sites("a", x=108.0)})
    store.delete("site", ["b"])
    store.upsert({"site": sites("c", x=109.0)})
    store.undo(2, note=AN)
    found = store.read("site").set_index("id").geometry.x.round(2).to_dict()
    assert found == {"a": 106.5, "c": 109.0}
    store.upsert({"site": sites("c", x=110.0)})
    with pytest.raises(StaleVersionError):
        store.undo(4, note=AN)
    assert store.read("site").set_index("id").geometry.x.round(2).to_dict() == {"a": 106.5, "c": 110.0}


def test_a_large_edit_keeps_the_whole_table_and_is_undone(store):
    many = [f"{i:05}" for i in range(ledger.MOST_ROWS + 200)]
    store.append({"site": sites(many, x=10.0)})
    before = store.digest("site")
    store.upsert({"site": sites(many, x=20.0)})
    assert store.history()[0].layers[0].kept is Kept.TABLE
    assert store.changed_rows(2) == ()
    store.undo(2, note=AN)
    assert store.digest("site") == before
    store.undo(1, note=AN)
    assert store.count("site") == 0


def test_a_kept_version_that_was_tampered_with_is_not_restored(store):
    store.append({"site": sites("ab")})
    store.replace({"site": sites("c")})
    with store.writing() as connection:
        connection.execute(sa.update(ledger.KEPT).values(content=b"PAR1"))
    with pytest.raises(SchemaError, match="kept_damaged"):
        store.undo(2, note=AN)
    assert store.read("site")["id"].tolist() == ["c"]


def test_the_second_of_two_who_saw_the_same_row_is_refused(store):
    store.append({"site": sites("ab"), "hamlet": example(spec_of("hamlet"))})
    seen = store.versions("site", ["a", "b", "x"])
    assert sorted(seen) == ["a", "b"]
    first = Batch(rows=sites("a", x=107.0), expected={"a": seen["a"]})
    second = Batch(rows=sites("a", x=108.0), removed=("b",), expected={"a": seen["a"]})
    assert store.commit({"site": first}, note=AN) == 2
    before = state_of(store)
    with pytest.raises(StaleVersionError) as caught:
        store.commit({"hamlet": Batch(removed=("đ1",)), "site": second}, note=AN)
    assert (caught.value.code, caught.value.facts["ids"]) == ("row_stale", "a")
    assert state_of(store) == before
    for gone in (Batch(rows=sites("x"), expected={"x": "ff"}), Batch(rows=sites("a"), expected={"a": None})):
        with pytest.raises(StaleVersionError):
            store.commit({"site": gone}, note=AN)
    assert store.versions("site", ["b"]) == {"b": seen["b"]}
    assert store.commit(
        {"site": Batch(rows=sites("y"), removed=("b",), expected={"y": None, **store.versions("site")})}
    )
    assert sorted(store.read("site")["id"]) == ["a", "y"]


def test_snapshots_keep_every_layer_as_it_was(store):
    store.append({"site": sites("ab"), "hamlet": example(spec_of("hamlet"))})
    was = store.read("site")
    store.save_snapshot("cuối 2025", note=Note(action="snapshot", actor="An", at="2025-12-31T17:00:00+07:00"))
    store.replace({"site": sites("z")})
    store.save_snapshot("giữa 2026", note=Note(action="snapshot", actor="An", at="2026-06-30T17:00:00+07:00"))
    pd.testing.assert_frame_equal(store.snapshot_table("cuối 2025", "site"), was)
    assert store.snapshot_table("cuối 2025", "wifi").empty
    first, second = store.snapshots()
    assert (first.name, first.actor, dict(first.n_rows)) == ("cuối 2025", "An", {"site": 2, "hamlet": 2})
    assert dict(second.n_rows) == {"site": 1, "hamlet": 2}
    with pytest.raises(StoreError, match="snapshot_exists"):
        store.save_snapshot("giữa 2026", note=AN)
    with pytest.raises(NotFoundError, match="snapshot_missing"):
        store.snapshot_table("2024", "site")


def test_a_backup_restores_everything_into_either_store(store, tmp_path):
    store.append({"site": sites("ab"), "road": example(spec_of("road"))}, note=AN)
    store.upsert({"site": sites("b", x=107.0)}, note=AN)
    store.save_snapshot("một", note=AN)
    store.set_properties({"commune_code": "11111"})
    saved = state_of(store)
    store.backup(tmp_path / "sao lưu.gpkg")
    store.replace({"site": sites("z")})
    store.set_properties({"commune_code": "22222"})
    other = create_store(tmp_path / "khac", {"name": "khác"})
    for target in (store, other):
        target.restore(tmp_path / "sao lưu.gpkg", note=Note(action="restore", actor="Bình"))
        digests, facts, history = state_of(target)
        assert (digests, facts, history[1:]) == saved
        assert (history[0].note.action, history[0].note.actor) == ("restore", "Bình")
        assert target.snapshot_table("một", "site")["id"].tolist() == ["a", "b"]
        target.undo(2, note=AN)
        assert target.read("site").geometry.x.round(2).tolist() == [106.5, 106.51]
        assert target.history()[0].number == history[0].number + 1
    other.close()
    assert not [path for path in store.folder.iterdir() if path.name.startswith(".")]


def test_what_is_no_backup_is_refused_and_nothing_changes(store, tmp_path):
    store.append({"site": sites("ab")})
    before = state_of(store)
    (tmp_path / "chữ.gpkg").write_text("không phải")
    foreign = tmp_path / "lạ.gpkg"
    sites("a").to_file(foreign, layer="site", engine="pyogrio")
    for path, code in (
        ("không có", "backup_missing"),
        ("chữ.gpkg", "backup_not_ours"),
        ("lạ.gpkg", "workspace_not_ours"),
    ):
        with pytest.raises(StoreError) as caught:
            store.restore(tmp_path / path, note=AN)
        assert caught.value.code == code
    with pytest.raises(NotFoundError, match="backup_folder"):
        store.backup(tmp_path / "không có" / "x.gpkg")
    assert state_of(store) == before


def make_old(store):
    """The workspace as the first edition left it."""
    with store.writing() as connection:
        for name in [table.name for table in ledger.TABLES] + ["hatangso_revision"]:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("UPDATE hatangso_property SET value = '1' WHERE key = 'schema_version'")


def test_an_older_edition_is_brought_on_after_a_backup(store, place, tmp_path):
    store.append({"site": sites("ab")})
    digest = store.digest("site")
    make_old(store)
    store.close()
    again = open_store(place)
    assert again.properties()["schema_version"] == "2"
    assert again.digest("site") == digest
    assert again.history() == ()
    (backup,) = (store.folder / "backups").iterdir()
    again.delete("site", ["a"], note=AN)
    again.restore(backup, note=AN)
    assert again.digest("site") == digest
    again.close()
    assert len(list((store.folder / "backups").iterdir())) == 1


def test_the_revisions_make_the_tables_that_the_product_expects(store):
    with store.writing() as connection:
        upgrade(connection)  # a second time changes nothing
        found = sa.inspect(connection)
        for table in ledger.TABLES:
            columns = {column["name"]: column for column in found.get_columns(table.name)}
            assert list(columns) == [column.name for column in table.columns]
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]
            assert all(columns[c.name]["nullable"] == c.nullable for c in table.columns if not c.primary_key)


def test_a_newer_edition_is_refused_with_its_number(store, place):
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE hatangso_property SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(SchemaError) as caught:
        open_store(place)
    assert (caught.value.code, caught.value.facts["version"]) == ("workspace_newer", "99")


def test_a_second_workspace_does_not_take_the_place(store, place):
    store.append({"site": sites("a")})
    with pytest.raises(StoreError, match="workspace_exists"):
        create_store(place, {})
    assert open_store(store.folder).count("site") == 1


@pytest.mark.parametrize("layer", schema.APPEND_ONLY)
def test_what_is_recorded_is_added_to_and_never_changed(store, layer):
    rows = example(spec_of(layer))
    number = store.commit({layer: Batch(rows=rows)})
    before = store.digest(layer)
    changed = rows.assign(sharing="public")
    attempts = [
        lambda: store.replace({layer: rows.iloc[:1]}),
        lambda: store.upsert({layer: changed}),
        lambda: store.delete(layer, ["đ1"]),
        lambda: store.commit({layer: Batch(removed=("đ1",))}),
        lambda: store.undo(number, note=AN),
    ]
    for attempt in attempts:
        with pytest.raises(StoreError, match="append_only"):
            attempt()
    with pytest.raises(InputError, match="ids_exist"):
        store.commit({layer: Batch(rows=changed)})
    assert store.digest(layer) == before


def test_a_proposal_has_no_state_that_is_not_recorded(store):
    row = gpd.GeoDataFrame({"id": ["P1"], "state": ["agreed"], "version": [1]}, geometry=[None], crs=4326)
    for write in (store.append, store.upsert, store.replace):
        with pytest.raises(StoreError, match="state_unrecorded"):
            write({"proposal": row})
    entry = {"id": ["1"], "proposal_id": ["P1"], "proposal_version": [1], "state_to": ["agreed"]}
    recorded = gpd.GeoDataFrame(entry, geometry=[None], crs=4326)
    store.commit({"audit": Batch(rows=recorded), "proposal": Batch(rows=row)})
    with pytest.raises(StoreError, match="state_unrecorded"):
        store.upsert({"proposal": row.assign(state="building")})
    store.upsert({"proposal": row.assign(note="sửa chữ không đổi trạng thái")})


def test_a_restored_backup_brings_the_record_with_it(store, tmp_path):
    rows = example(spec_of("audit"))
    store.commit({"audit": Batch(rows=rows)})
    store.backup(tmp_path / "copy.gpkg")
    before = store.digest("audit")
    store.commit({"audit": Batch(rows=rows.assign(id=["x", "y"]))})
    store.restore(tmp_path / "copy.gpkg", note=AN)
    assert store.digest("audit") == before
    with pytest.raises(StoreError, match="append_only"):
        store.delete("audit", ["đ1"])
