"""Other machines: two local workers give the rasters of one process, also when one of them dies."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import distributed
import numpy as np
import pytest
import rasterio

from planning import coverage
from planning.cli.main import main
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running


def village(folder: Path) -> Workspace:
    made = commune.empty(folder)
    commune.with_ground(made, clutter_m=9)
    rows = [
        commune.site(number, commune.at(east, north))
        for number, (east, north) in enumerate(
            [(300, 300), (2700, 400), (-4000, 1500), (6500, 2500)], start=1
        )
    ]
    made.store.append({"site": commune.table([row for row, _ in rows], [point for _, point in rows])})
    return made


def rasters(workspace: Workspace, run: CoverageRun) -> dict[str, np.ndarray]:
    found = {}
    for path in sorted((workspace.rasters / "coverage" / run.digest).glob("*.tif")):
        with rasterio.open(path) as source:
            found[path.name] = source.read(1)
    return found


def require_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    assert len(one) > 5
    for name, values in one.items():
        assert np.array_equal(values, other[name]), name


def test_two_workers_give_the_rasters_of_one_process(
    tmp_path: Path, cluster: distributed.LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = village(tmp_path / "a"), village(tmp_path / "b")
    alone = coverage.run(here, CoverageOptions(cell_m=50), now=commune.NOW)
    words = ["coverage", "--cell-m", "50", "--workspace", str(there.folder), "--json"]
    assert main([*words, "--scheduler", cluster.scheduler_address]) == 0
    assert json.loads(capsys.readouterr().out)["operators"] == list(alone.operators)
    shared = coverage.run(there, CoverageOptions(cell_m=50), now=commune.NOW)
    require_equal(rasters(here, alone), rasters(there, shared))


def test_a_killed_worker_is_survived(tmp_path: Path, cluster: distributed.LocalCluster) -> None:
    here, there = village(tmp_path / "a"), village(tmp_path / "b")
    options = CoverageOptions(cell_m=20)
    alone = coverage.run(here, options, now=commune.NOW)
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())
        stop = threading.Timer(0.3, os.kill, (pids[0], signal.SIGKILL))
        stop.start()
        shared = coverage.run(there, options, now=commune.NOW, executor=client.get_executor(retries=3))
        stop.join()
    require_equal(rasters(here, alone), rasters(there, shared))


def test_nobody_at_the_address_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planning.cluster.CONNECT_S", 0.5)
    made = village(tmp_path / "a")
    words = ["coverage", "--workspace", str(made.folder), "--scheduler", "tcp://127.0.0.1:1", "--json"]
    assert main(words) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cluster_unreachable"
