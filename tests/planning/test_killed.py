"""A process killed outright in the middle of its work leaves the old state or the new one, never half."""

from __future__ import annotations

import datetime as dt
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from layers.exchange.scratch import MARK, scratch_folder, scratch_name, sweep
from layers.store import create_store, open_store
from planning import exchange
from planning.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
N_ROWS = 400

# The job as the command line runs it; at the planted point it says so and waits to be killed.
JOB = """
import importlib, sys, time
from pathlib import Path
from planning.cli.main import main

place, words = sys.argv[1], sys.argv[2:]
if place != "-":
    module, _, name = place.rpartition(".")
    owner = importlib.import_module(module)
    genuine = getattr(owner, name)

    def slow(*args, **kwargs):
        result = genuine(*args, **kwargs)
        print("here", flush=True)
        time.sleep(60)
        return result

    setattr(owner, name, slow)
else:
    print("here", flush=True)
sys.exit(main(words))
"""


def rows(prefix: str, n_rows: int) -> gpd.GeoDataFrame:
    points = [shapely.Point(106.40 + 0.0001 * number, 20.80) for number in range(n_rows)]
    names = [f"{prefix} {number}" for number in range(n_rows)]
    ids = [f"{prefix}-{number}" for number in range(n_rows)]
    return gpd.GeoDataFrame({"id": ids, "name": names, "sharing": "public"}, geometry=points, crs=4326)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = create_store(tmp_path / "w", {"name": "Thử", "calc_epsg": "9210"})
    store.replace({"hamlet": rows("old", N_ROWS)})
    store.close()
    return tmp_path / "w"


def kill_in(place: str, *words: str | Path, after_s: float = 0.0) -> None:
    """Start a verb of the command line, and kill it (signal 9) at the planted place or after a while."""
    command = [sys.executable, "-c", JOB, place, *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == b"here\n"
        time.sleep(after_s)
        job.send_signal(signal.SIGKILL)


def scratch(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{MARK}*"))


EXPORT = [
    ("layers.exchange.feature._write", "old"),
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
        assert len(pyogrio.read_dataframe(out)) == N_ROWS
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
    assert len(pyogrio.read_dataframe(out)) == N_ROWS
    assert [path.name for path in out.parent.iterdir()] == ["x.gpkg"]


IMPORT = [
    ("layers.store.schema.describe_change", "old"),
    ("layers.store.gpkg._to_parameters", "old"),
    ("planning.exchange.accept", "new"),
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


@pytest.mark.parametrize(("place", "expected"), IMPORT)
def test_an_import_killed_anywhere_leaves_the_old_rows_or_all_new_ones(
    folder: Path, tmp_path: Path, place: str, expected: str
) -> None:
    kill_in(place, *words_of_import(folder, incoming(tmp_path)))
    assert state(folder) == expected
    words = map(str, words_of_import(folder, tmp_path / "thon.csv"))
    done = subprocess.run(
        [sys.executable, "-m", "planning", *words], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert state(folder) == "new"


def test_an_import_killed_at_any_moment_leaves_one_of_the_two_states(folder: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    path = incoming(tmp_path)
    for _ in range(4):
        kill_in("-", *words_of_import(folder, path), after_s=chance.uniform(0.2, 3.0))
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
