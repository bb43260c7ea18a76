"""
Coverage of the sample city: processor seconds of the whole job, and of the memory it takes.

``HATANGSO_CITY`` names a workspace made by ``sample --size city``; without it a small city of the same
kind is made, and the seconds asked for shrink with its cells.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import shutil
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from geo.coverage import warm
from planning import coverage
from planning.runs import CoverageRun
from planning.sample import city
from planning.scenario import CoverageOptions
from planning.workspace import open_workspace

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
N_CELLS = 8_703
N_COMMUNES = 6
FIXED_S = 15.0
MOST_GB = 6.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("city") / "tp-mau"
    given = os.environ.get("HATANGSO_CITY")
    if given:
        shutil.copytree(given, target)
    else:
        city.make(target, n_communes=N_COMMUNES, now=NOW)
    return target


@pytest.mark.bench
@pytest.mark.parametrize(("model", "must_s"), [("auto", 240.0), ("p1812", 960.0)])
def test_the_city_is_estimated_in_the_seconds_asked_for(
    benchmark: BenchmarkFixture, folder: Path, model: str, must_s: float
) -> None:
    warm()
    workspace = open_workspace(folder)
    spent: list[float] = []

    def job() -> CoverageRun:
        start = time.process_time()
        found = coverage.run(workspace, CoverageOptions(cell_m=10.0, model=model), now=NOW)
        spent.append(time.process_time() - start)
        return found

    found = benchmark.pedantic(job, rounds=1)
    workspace.store.close()
    memory_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    benchmark.extra_info.update(
        cells=found.n_cells, cpu_seconds=spent[0], milliseconds_a_cell=1e3 * spent[0] / found.n_cells,
        peak_gb=memory_gb,
    )  # fmt: skip
    print(f"\ncity, {model}: {found.n_cells} cells, {spent[0]:.0f} CPU s, {memory_gb:.1f} GB at most")
    assert spent[0] <= FIXED_S + must_s * found.n_cells / N_CELLS
    assert memory_gb <= MOST_GB
