"""Nothing is lost or left half done: two writers, a killed writer, a full disk, a locked or foreign file."""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import time

import geopandas as gpd
import pytest
import shapely

from geo.errors import BusyError, DiskFullError, InputError, NotFoundError, SchemaError, StoreError
from layers.store import create_store, gpkg, open_store

FORK = multiprocessing.get_context("fork")
FULL = 17


def poles(n_rows, name):
    shapes = shapely.points([(106 + i / 1e5, 20.8) for i in range(n_rows)])
    return gpd.GeoDataFrame({"id": [f"p{i}" for i in range(n_rows)], "name": name}, geometry=shapes, crs=4326)


@pytest.fixture
def store(tmp_path):
    store = create_store(tmp_path / "xa", {"name": "Xã Mẫu"})
    yield store
    store.close()


def file_of(store):
    return store.folder / "workspace.gpkg"


def run(target, *arguments):
    process = FORK.Process(target=target, args=arguments)
    process.start()
    return process


def append_many(folder, name):
    store = open_store(folder)
    for i in range(25):
        table = poles(2, name).assign(id=[f"{name}{i}-0", f"{name}{i}-1"])
        store.append({"passive": table})


def test_two_processes_write_and_nothing_is_lost(store):
    writers = [run(append_many, store.folder, name) for name in "ab"]
    n_seen = []
    while any(writer.is_alive() for writer in writers):
        n_seen.append(store.count("passive"))
        time.sleep(0.02)
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    expected = {f"{name}{i}-{j}" for name in "ab" for i in range(25) for j in range(2)}
    assert set(store.read("passive")["id"]) == expected
    assert n_seen == sorted(n_seen)
    assert all(n % 2 == 0 for n in n_seen)


def replace_for_ever(folder, ready):
    store = open_store(folder)
    both = [{"passive": poles(400, name), "site": poles(50, name)} for name in "ab"]
    store.replace(both[0])
    ready.set()
    while True:
        for tables in both:
            store.replace(tables)


def kill_while_replacing(store, n_kills, seed):
    rng = random.Random(seed)
    store.replace({"passive": poles(400, "a"), "site": poles(50, "a")})
    n_interrupted = 0
    for _ in range(n_kills):
        ready = FORK.Event()
        victim = run(replace_for_ever, store.folder, ready)
        assert ready.wait(60)
        time.sleep(rng.random() * 0.3)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        n_interrupted += file_of(store).with_name("workspace.gpkg-journal").exists()
        again = open_store(store.folder)
        names = {
            (len(again.read(layer)), *again.read(layer)["name"].unique()) for layer in ("passive", "site")
        }
        assert names in ({(400, "a"), (50, "a")}, {(400, "b"), (50, "b")})
        connection = sqlite3.connect(file_of(store))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT rtreecheck('rtree_passive_geom')").fetchone() == ("ok",)
        counts = dict(connection.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents"))
        connection.close()
        assert (counts["passive"], counts["site"]) == (400, 50)
    assert n_interrupted > 0, "no kill fell into a transaction: the test proved nothing"


def test_a_killed_writer_leaves_the_old_or_the_new_content(store):
    kill_while_replacing(store, n_kills=20, seed=1)


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_or_the_new_content_many_times(store):
    kill_while_replacing(store, n_kills=300, seed=2)


def replace_with_little_room(folder, limit_bytes):
    store = open_store(folder)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    try:
        store.replace({"passive": poles(6000, "c"), "site": poles(100, "c")})
    except DiskFullError:
        os._exit(FULL)
    os._exit(0)


def fill_up(store, n_points):
    """Step a limit on the size of files through so many points; the old data stay until it is wide enough."""
    store.replace({"passive": poles(1500, "a")})
    before = file_of(store).read_bytes()
    digest = store.digest("passive")
    size = len(before)
    for point in range(n_points):
        limit_bytes = 600 + int(1.8 * size * point / n_points)
        process = run(replace_with_little_room, store.folder, limit_bytes)
        process.join()
        assert process.exitcode == FULL, limit_bytes
        assert open_store(store.folder).digest("passive") == digest  # rolls back what the limit kept in place
        assert file_of(store).read_bytes() == before, limit_bytes
        assert sorted(path.name for path in store.folder.iterdir()) == ["cache", "rasters", "workspace.gpkg"]
    process = run(replace_with_little_room, store.folder, 100 * size)
    process.join()
    assert process.exitcode == 0
    assert store.count("passive") == 6000
    assert [change.layers[0].n_added for change in store.history()] == [4500, 1500]


def test_a_full_disk_is_told_and_the_file_stays_as_it_was(store):
    fill_up(store, n_points=6)


@pytest.mark.slow
def test_a_full_disk_at_twenty_points_leaves_the_old_data(store):
    fill_up(store, n_points=20)


def create_with_little_room(folder):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    try:
        create_store(folder, {})
    except DiskFullError:
        os._exit(FULL)
    os._exit(0)


def test_a_workspace_that_cannot_be_made_leaves_no_file(tmp_path):
    process = run(create_with_little_room, tmp_path / "xa")
    process.join()
    assert process.exitcode == FULL
    assert [path for path in (tmp_path / "xa").rglob("*") if path.is_file()] == []


def test_a_file_held_by_another_program_is_busy_and_unchanged(store):
    before = file_of(store).read_bytes()
    hasty = gpkg.open_folder(store.folder, busy_timeout_s=0.2)
    other = sqlite3.connect(file_of(store), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for call in (
        lambda: hasty.append({"site": poles(2, "x")}),
        lambda: hasty.read("site"),
        lambda: hasty.set_properties({"name": "x"}),
        lambda: gpkg.open_folder(store.folder, busy_timeout_s=0.2),
    ):
        with pytest.raises(BusyError) as caught:
            call()
        assert caught.value.code == "workspace_busy"
    other.execute("ROLLBACK")
    other.close()
    assert file_of(store).read_bytes() == before
    hasty.append({"site": poles(2, "x")})
    assert hasty.count("site") == 2


def test_a_file_left_in_write_ahead_mode_becomes_one_file_again(store):
    other = sqlite3.connect(file_of(store), isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("INSERT INTO hatangso_property (key, value) VALUES ('by', 'qgis')")
    hasty = gpkg.open_folder(store.folder, busy_timeout_s=0.2)
    assert hasty.properties()["by"] == "qgis"
    with pytest.raises(BusyError):
        hasty.append({"site": poles(1, "x")})
    other.close()
    hasty.append({"site": poles(1, "x")})
    assert sorted(path.name for path in store.folder.iterdir()) == ["cache", "rasters", "workspace.gpkg"]
    assert hasty.read("site")["id"].tolist() == ["p0"]
    assert hasty.properties()["by"] == "qgis"


def refused(folder):
    with pytest.raises(StoreError) as caught:
        open_store(folder)
    assert str(folder) not in str(caught.value.facts)
    return type(caught.value), caught.value.code


def test_what_is_no_workspace_is_told_apart(store, tmp_path):
    assert refused(tmp_path / "khong co") == (NotFoundError, "workspace_missing")
    (tmp_path / "rong").mkdir()
    assert refused(tmp_path / "rong") == (NotFoundError, "workspace_missing")
    for name, content in (("chu", b"khong phai"), ("trong", b"")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "workspace.gpkg").write_bytes(content)
        assert refused(tmp_path / name) == (SchemaError, "workspace_not_ours")
    foreign = tmp_path / "la" / "workspace.gpkg"
    foreign.parent.mkdir()
    poles(3, "x").to_file(foreign, layer="site", engine="pyogrio")
    assert refused(foreign.parent) == (SchemaError, "workspace_not_ours")
    plain = tmp_path / "sqlite" / "workspace.gpkg"
    plain.parent.mkdir()
    connection = sqlite3.connect(plain)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert refused(plain.parent) == (SchemaError, "workspace_not_ours")


def test_a_newer_edition_is_refused_untouched(store):
    connection = sqlite3.connect(file_of(store))
    connection.execute("UPDATE hatangso_property SET value = '99' WHERE key = 'schema_version'")
    connection.commit()
    connection.close()
    before = file_of(store).read_bytes()
    assert refused(store.folder) == (SchemaError, "workspace_newer")
    assert file_of(store).read_bytes() == before


def outcome_of(folder):
    """Number of rows by two ways, or the code of the refusal."""
    try:
        store = open_store(folder)
        return store.count("passive"), len(store.read("passive"))
    except StoreError as error:
        return error.code


def test_damaged_files_are_never_read_wrongly_in_silence(store, tmp_path):
    store.replace({"passive": poles(2000, "a")})
    good = file_of(store).read_bytes()
    whole = store.digest("passive")
    rng = random.Random(5)
    copy = tmp_path / "hong"
    n_refused = 0
    for i in range(60):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        mutant = bytearray(good)
        if i % 3:
            start = rng.randrange(100, len(mutant) - 3000)
            mutant[start : start + 3000] = rng.randbytes(3000)
        else:
            del mutant[rng.randrange(100, len(mutant)) :]
        (copy / "workspace.gpkg").write_bytes(mutant)
        outcome = outcome_of(copy)
        n_refused += isinstance(outcome, str)
        assert outcome in {
            "workspace_damaged",
            "workspace_not_ours",
            "workspace_active_content",
            (2000, 2000),
        }
    assert n_refused > 20
    assert store.digest("passive") == whole


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER boom AFTER INSERT ON site BEGIN DELETE FROM hamlet; END",
        "CREATE TRIGGER gpkg_x BEFORE INSERT ON site BEGIN SELECT RAISE(ABORT, 'x') WHERE 1; END",
        "CREATE VIEW spy AS SELECT randomblob(100000000)",
        "CREATE VIRTUAL TABLE words USING fts5(a)",
    ],
)
def test_a_file_that_acts_by_itself_is_refused_even_when_it_came_while_open(store, statement):
    store.append({"site": poles(2, "x")})
    connection = sqlite3.connect(file_of(store))
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert refused(store.folder) == (SchemaError, "workspace_active_content")
    with pytest.raises(SchemaError) as caught:
        store.append({"site": poles(4, "x").iloc[2:]})
    assert caught.value.code == "workspace_active_content"
    assert store.count("site") == 2


def test_a_standard_trigger_with_another_text_is_refused(store):
    connection = sqlite3.connect(file_of(store))
    connection.execute("DROP TRIGGER rtree_site_geom_delete")
    connection.execute(
        "CREATE TRIGGER rtree_site_geom_delete AFTER DELETE ON site WHEN OLD.geom NOT NULL "
        "BEGIN DELETE FROM rtree_site_geom WHERE id = OLD.fid; DELETE FROM audit; END"
    )
    connection.commit()
    connection.close()
    assert refused(store.folder) == (SchemaError, "workspace_active_content")


def test_a_value_of_another_type_put_in_by_hand_is_not_passed_on(store):
    store.append({"site": poles(1, "x")})
    connection = sqlite3.connect(file_of(store))
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        connection.create_function(name, 1, lambda _blob: 1)
    connection.execute("UPDATE site SET height_m = 'cao'")
    connection.commit()
    connection.close()
    with pytest.raises(SchemaError) as caught:
        store.read("site")
    assert (caught.value.code, caught.value.facts["detail"]) == ("workspace_damaged", "site.height_m")


def test_a_second_workspace_does_not_take_the_place_of_the_first(store):
    store.append({"site": poles(1, "x")})
    with pytest.raises(StoreError) as caught:
        create_store(store.folder, {})
    assert caught.value.code == "workspace_exists"
    assert open_store(store.folder).count("site") == 1


def test_one_bad_table_of_several_stops_all(store):
    store.append({"site": poles(1, "x")})
    before = file_of(store).read_bytes()
    with pytest.raises(InputError):
        store.replace({"site": poles(5, "y"), "passive": poles(2, "y").assign(n_total=["a", "b"])})
    assert file_of(store).read_bytes() == before
