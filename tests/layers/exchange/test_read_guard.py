"""The reading process: apart, poor, mute, and gone when it has answered."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pyogrio
import pytest

from geo.errors import CancelledError, NotFoundError
from layers.exchange import guard
from layers.exchange.raw import Limits, RawFile, RawTable, Skipped, from_message, to_message

POINT = (
    '{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[106.47,20.83]}}'
)


def test_no_driver_but_those_of_the_formats_read_is_left_to_the_reading_process() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import pyogrio; print(sorted(pyogrio.list_drivers()))"],
        env=guard._environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(sorted(guard.VECTOR_DRIVERS))
    assert len(pyogrio.list_drivers()) > len(guard.VECTOR_DRIVERS)


def test_the_reading_process_gets_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HATANGSO_SECRET", "canary")
    guard._environment.cache_clear()
    assert "canary" not in json.dumps(guard._environment())


def test_the_reading_process_has_no_network_where_the_system_allows_it() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    code = (
        "import sys, socket; sys.path.insert(0, sys.argv[1])\n"
        "from layers.exchange.unplug import unplug\n"
        "if not unplug(): sys.exit(7)\n"
        "import layers.exchange.worker\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[2])), timeout=2)\n"
    )
    root = str(Path(guard.__file__).resolve().parents[2])
    port = str(server.getsockname()[1])
    done = subprocess.run([sys.executable, "-I", "-c", code, root, port], capture_output=True, check=False)
    server.close()
    if done.returncode == 7:
        pytest.skip("this system does not let a process give up its network")
    assert done.returncode == 1
    assert b"OSError" in done.stderr or b"ConnectionRefusedError" in done.stderr


def test_the_file_is_read_under_a_made_up_name_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(away))
    path = tmp_path / "!a b'; $(x).geojson"
    path.write_text(POINT, "utf-8")
    before = path.read_bytes()
    raw = guard.read(path)
    assert (raw.format, len(raw.tables[0].rows), raw.issues) == ("geojson", 1, ())
    assert list(away.iterdir()) == []
    assert path.read_bytes() == before


def test_too_little_memory_ends_in_a_fault_and_not_in_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join([POINT] * 20_000)}]}}', "utf-8")
    raw = guard.read(path, limits=Limits(memory_bytes=100_000_000))
    assert [one.code for one in raw.issues] in (["read_memory"], ["read_crashed"])
    assert raw.tables == ()


def test_too_little_time_ends_in_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(POINT, "utf-8")
    assert [one.code for one in guard.read(path, limits=Limits(wall_s=0)).issues] == ["read_time"]


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(bytes=10), "file_too_large"),
        (Limits(rows=1), "table_too_large"),
        (Limits(vertices=1), "too_many_vertices"),
        (Limits(depth=2), "json_too_deep"),
    ],
)
def test_each_limit_is_held(tmp_path: Path, limits: Limits, code: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type":"FeatureCollection","features":[{POINT},{POINT}]}}', "utf-8")
    assert [one.code for one in guard.read(path, limits=limits).issues] == [code]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        guard.read(tmp_path / "none.csv")
    assert (caught.value.code, caught.value.facts["file"]) == ("file_missing", "none.csv")


def test_limits_come_from_the_settings_by_name() -> None:
    limits = Limits.of({"read_rows": 5.0, "other": 1.0})
    assert limits == Limits(rows=5)


def test_a_file_survives_the_way_between_two_processes() -> None:
    table = RawTable(
        name="a",
        headings=("x", "y"),
        rows=((1.5, "Tiên Kiều"), (None, True)),
        row_numbers=(4, 6),
        shapes=(b"\x01\x02", None),
        epsg=9210,
        is_crs_declared=True,
        titles=("T",),
        skipped=(Skipped(row=5, kind="blank", text=""),),
    )
    raw = RawFile(format="csv", tables=(table,), encoding="utf-8", encodings=("tcvn3",))
    message, block = to_message(raw)
    assert from_message(json.loads(json.dumps(message)), block) == raw
    assert os.sep not in json.dumps(message)


def test_the_reading_process_narrows_the_drivers_to_the_one_of_the_format() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from layers.exchange.driver import Skipped, allow_only\n"
        "import layers.exchange.worker\n"
        "assert 'pyogrio' not in sys.modules and 'rasterio' not in sys.modules\n"
        "allow_only('dxf', Skipped(vector=tuple(sys.argv[2].split(','))))\n"
        "import pyogrio; print(sorted(pyogrio.list_drivers()))\n"
    )
    root = str(Path(guard.__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, root, ",".join(guard._vector_skip())],
        env=guard._environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['DXF']"


def test_the_one_who_waits_may_stop_the_reading_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(away))
    path = tmp_path / "a.geojson"
    path.write_text(POINT, "utf-8")
    shares: list[float] = []
    watch = guard.Watch(cancelled=lambda: len(shares) > 0, progress=shares.append)
    with pytest.raises(CancelledError):
        guard.read(path, watch=watch)
    assert list(away.iterdir()) == []
    assert all(0 <= share <= 1 for share in shares)


def test_the_digest_of_the_file_comes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(POINT, "utf-8")
    assert guard.read(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
