"""A process killed outright in the middle of its work leaves the old state or the new one, never half."""

from __future__ import annotations

import datetime as dt
import importlib
import multiprocessing
import os
import random
import signal
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from layers.exchange.scratch import MARK, scratch_folder, scratch_name, sweep
from layers.store import Note, create_store, open_store
from planning import exchange
from planning.cli.main import main
from planning.workspace import open_workspace

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
N_ROWS = 400

FORK = multiprocessing.get_context("fork")


def job(place: str, words: tuple[str, ...], folder: str, here: Connection) -> None:
    """The job as the command line runs it; at the planted point it says so and waits to be killed."""
    tempfile.tempdir = folder
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if place == "-":
        here.send("here")
    else:
        module, _, name = place.removeprefix("before ").rpartition(".")
        owner = importlib.import_module(module)
        genuine = getattr(owner, name)

        def slow(*args: object, **kwargs: object) -> object:
            result = None if place.startswith("before ") else genuine(*args, **kwargs)
            here.send("here")
            time.sleep(60)
            return result

        setattr(owner, name, slow)
    os._exit(main(words))


def rows(prefix: str, n_rows: int) -> gpd.GeoDataFrame:
    points = [shapely.Point(106.40 + 0.0001 * number, 20.80) for number in range(n_rows)]
    names = [f"{prefix} {number}" for number in range(n_rows)]
    ids = [f"{prefix}-{number}" for number in range(n_rows)]
    return gpd.GeoDataFrame({"id": ids, "name": names, "sharing": "public"}, geometry=points, crs=4326)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path)


def made(tmp_path: Path) -> Path:
    store = create_store(tmp_path / "w", {"name": "Thử", "calc_epsg": "9210"})
    store.replace({"hamlet": rows("old", N_ROWS)})
    store.close()
    return tmp_path / "w"


def kill_in(place: str, *words: str | Path, after_s: float = 0.0) -> None:
    """Start a verb of the command line, and kill it (signal 9) at the planted place or after a while."""
    with tempfile.TemporaryDirectory(prefix="kill-") as temporary:
        ours, theirs = FORK.Pipe(duplex=False)
        process = FORK.Process(target=job, args=(place, tuple(map(str, words)), temporary, theirs))
        process.start()
        theirs.close()
        assert ours.poll(90), "the job never came to the planted place"
        assert ours.recv() == "here"
        time.sleep(after_s)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        ours.close()
        assert process.exitcode in (-signal.SIGKILL, 0)
        with scratch_folder(Path(temporary)):  # the next start
            assert len(scratch(Path(temporary))) == 1, "the scratch of a killed job outlives the next start"


def scratch(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{MARK}*"))


EXPORT = [
    ("layers.exchange.feature.write_layer", "old"),
    ("layers.exchange.feature.verify", "old"),
    ("layers.exchange.staging._digest", "old"),
    ("layers.exchange.write.publish", "new"),
]


@pytest.mark.parametrize(("place", "expected"), EXPORT)
def test_an_export_killed_anywhere_leaves_the_old_file_or_the_whole_new_one(
    folder: Path, tmp_path: Path, place: str, expected: str
) -> None:
    out = tmp_path / "out" / "x.gpkg"
    out.parent.mkdir()
    out.write_bytes(b"the older file")
    kill_in(place, "export", "--workspace", folder, "--layer", "hamlet", "--format", "gpkg", "--out", out)
    if expected == "old":
        assert out.read_bytes() == b"the older file"
        assert len(scratch(out.parent)) == 1
    else:
        assert len(pyogrio.read_dataframe(out, layer="hamlet")) == N_ROWS
    exchange.export(
        open_workspace(folder),
        layer="hamlet",
        format="gpkg",
        epsg=4326,
        out=out,
        sharing="internal",
        language="vi",
        now=NOW,
    )
    assert len(pyogrio.read_dataframe(out, layer="hamlet")) == N_ROWS
    assert [path.name for path in out.parent.iterdir()] == ["x.gpkg"]


IMPORT = [
    ("layers.exchange.guard._sized", "old"),  # received
    ("before layers.exchange.guard._awaited", "old"),  # handed to the guarded reader
    ("layers.exchange.guard._run", "old"),  # sniffed, unpacked, parsed
    ("planning.intake.preview", "old"),  # converted
    ("planning.exchange.preview", "old"),  # checked
    ("layers.store.sql.to_rows", "old"),  # staged
    ("layers.store.ledger.keep", "old"),  # written, with its history, before the commit
    ("planning.exchange.accept", "new"),  # committed
]


def incoming(tmp_path: Path) -> Path:
    path = tmp_path / "thon.csv"
    table = rows("new", N_ROWS)
    lines = ["Mã,Tên thôn,Kinh độ,Vĩ độ"]
    lines += [
        f"{row.id},{row.name},{row.geometry.x},{row.geometry.y}" for row in table.itertuples(index=False)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def words_of_import(folder: Path, path: Path) -> tuple[str | Path, ...]:
    return "import", path, "--workspace", folder, "--layer", "hamlet", "--replace", "--yes", "--crs", "4326"


def state(folder: Path) -> str:
    """What the layer holds after the next start: all old rows, or all new ones."""
    store = open_store(folder)
    found = store.read("hamlet")
    store.close()
    prefixes = {str(key).partition("-")[0] for key in found["id"]}
    assert len(found) == N_ROWS
    assert len(prefixes) == 1
    return prefixes.pop()


def import_killed(folder: Path, tmp_path: Path, place: str) -> str:
    """State after the kill and one restart; afterwards the old rows are there again."""
    kill_in(place, *words_of_import(folder, incoming(tmp_path)))
    found = state(folder)
    assert scratch(folder) == []
    store = open_store(folder)
    assert len(store.history()) == (1 if found == "old" else 2)
    if found == "new":
        store.undo(2, note=Note(action="undo"))
    store.close()
    assert state(folder) == "old"
    return found


@pytest.mark.parametrize(("place", "expected"), IMPORT)
def test_an_import_killed_at_each_stage_leaves_the_old_rows_or_all_new_ones(
    folder: Path, tmp_path: Path, place: str, expected: str
) -> None:
    assert import_killed(folder, tmp_path, place) == expected


def test_an_import_goes_on_after_one_was_killed(folder: Path, tmp_path: Path) -> None:
    words = tuple(map(str, words_of_import(folder, incoming(tmp_path))))
    kill_in("layers.store.ledger.keep", *words)
    assert main(words) == 0
    assert state(folder) == "new"


@pytest.mark.slow
@pytest.mark.parametrize(("place", "expected"), IMPORT)
def test_an_import_killed_at_each_stage_many_times(tmp_path: Path, place: str, expected: str) -> None:
    for number in range(25):
        own = tmp_path / str(number)
        own.mkdir()
        assert import_killed(made(own), own, place) == expected


@pytest.mark.slow
def test_an_export_killed_at_any_moment_many_times(folder: Path, tmp_path: Path) -> None:
    chance = random.Random(3)
    out = tmp_path / "out" / "x.gpkg"
    out.parent.mkdir()
    words = ("export", "--workspace", folder, "--layer", "hamlet", "--format", "gpkg", "--out", out)
    n_before = 0
    for _ in range(50):
        out.write_bytes(b"the older file")
        kill_in("-", *words, after_s=chance.uniform(0.0, 2.0))
        if out.read_bytes() == b"the older file":
            n_before += 1
        else:
            assert len(pyogrio.read_dataframe(out, layer="hamlet")) == N_ROWS
        with scratch_folder(out.parent):
            pass
        assert [path.name for path in out.parent.iterdir()] == ["x.gpkg"]
    assert 0 < n_before < 50, "every kill fell on the same side: the test proved nothing"


def test_an_import_killed_at_any_moment_leaves_one_of_the_two_states(folder: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    path = incoming(tmp_path)
    for _ in range(3):
        kill_in("-", *words_of_import(folder, path), after_s=chance.uniform(0.2, 2.0))
        assert state(folder) in ("old", "new")
    assert scratch(folder) == []


def test_a_killed_start_leaves_no_half_workspace_and_its_draft_is_swept(tmp_path: Path) -> None:
    outline = tmp_path / "o.geojson"
    shape = gpd.GeoSeries([shapely.box(106.4, 20.8, 106.45, 20.85)], crs=4326)
    outline.write_text(shape.to_json(), encoding="utf-8")
    words = ("init", "--workspace", tmp_path / "w", "--boundary", outline, "--name", "Thử")
    kill_in("layers.store.schema.create", *words)
    assert not (tmp_path / "w" / "workspace.gpkg").exists()
    assert len(scratch(tmp_path / "w")) >= 1
    again = exchange.init(tmp_path / "w", outline, epsg=None, name="Thử", code=None, population=None, now=NOW)
    assert len(again.store.read("boundary")) == 1
    assert scratch(tmp_path / "w") == []


def test_the_scratch_of_running_processes_and_of_other_computers_stays(tmp_path: Path) -> None:
    (tmp_path / ".hatangso-00000000-1-abc").mkdir()
    (tmp_path / "people's own.txt").write_text("stays")
    with scratch_folder(tmp_path) as own:
        dead = tmp_path / scratch_name().replace(f"-{own.name.split('-')[2]}-", "-999999999-")
        dead.mkdir()
        (dead / "half.gpkg").write_bytes(b"half")
        assert sweep(tmp_path) == 1
        assert own.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".hatangso-00000000-1-abc",
        "people's own.txt",
    ]
