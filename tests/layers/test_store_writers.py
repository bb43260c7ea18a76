"""Eight writers at once: every write that was acknowledged is there, in either store."""

import multiprocessing
import sqlite3
import time

import geopandas as gpd
import pytest
import shapely

from geo.errors import BusyError
from layers.store import Batch, Note, open_store, versions_of

FORK = multiprocessing.get_context("fork")
N_WRITERS = 8


def pole(key):
    return gpd.GeoDataFrame({"id": [key], "name": [key]}, geometry=[shapely.Point(106.5, 20.8)], crs=4326)


def write_many(place, name, n_writes, told):
    store = open_store(place)
    n_busy = 0
    for number in range(n_writes):
        for _try in range(100):
            try:
                store.append({"passive": pole(f"{name}-{number}")}, note=Note(action="edit", actor=name))
                break
            except BusyError:
                n_busy += 1
    told.put((name, n_writes, n_busy))


def write_at_once(place, n_writes):
    told = FORK.Queue()
    jobs = [
        FORK.Process(target=write_many, args=(place, f"w{index}", n_writes, told))
        for index in range(N_WRITERS)
    ]
    start = time.monotonic()
    for job in jobs:
        job.start()
    done = [told.get(timeout=600) for _job in jobs]
    for job in jobs:
        job.join()
        assert job.exitcode == 0
    n_busy = sum(busy for _name, _n, busy in done)
    print(f"{N_WRITERS} x {n_writes} writes: {time.monotonic() - start:.1f} s, {n_busy} times busy")


def require_all(store, n_writes):
    expected = {f"w{index}-{number}" for index in range(N_WRITERS) for number in range(n_writes)}
    found = store.read("passive")["id"].tolist()
    assert len(found) == store.count("passive") == len(expected)
    assert set(found) == expected
    history = store.history()
    assert [change.number for change in history] == list(range(len(expected), 0, -1))
    assert all(change.layers[0].n_added == 1 for change in history)
    file = store.folder / "workspace.gpkg"
    if file.exists():
        connection = sqlite3.connect(file)
        count = "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'passive'"
        assert connection.execute(count).fetchone() == (len(expected),)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT rtreecheck('rtree_passive_geom')").fetchone() == ("ok",)
        connection.close()


def test_eight_writers_lose_nothing(store, place):
    write_at_once(place, 6)
    require_all(store, 6)


@pytest.mark.slow
def test_eight_writers_lose_nothing_of_a_hundred_each(store, place):
    write_at_once(place, 100)
    require_all(store, 100)


def count_up(place, n_times):
    store = open_store(place)
    for _time in range(n_times):
        while True:
            row = store.read("passive")
            seen = versions_of("passive", row)
            try:
                number = row["n_total"].iloc[0] + 1
                store.commit({"passive": Batch(rows=row.assign(n_total=number), expected=seen)})
                break
            except Exception as error:
                if type(error).__name__ not in ("StaleVersionError", "BusyError"):
                    raise


def test_two_who_add_to_one_number_lose_no_addition(store, place):
    """Reading, adding one, writing: a version that is not the one seen is refused, so no addition is lost."""
    store.append({"passive": pole("counter").assign(n_total=0)})
    jobs = [FORK.Process(target=count_up, args=(place, 5)) for _index in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
        assert job.exitcode == 0
    assert store.read("passive")["n_total"].tolist() == [10]
