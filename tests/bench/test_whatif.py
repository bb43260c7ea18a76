"""One cell moved or tilted: processor seconds from the press of the button to the picture on the map."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from pathlib import Path

import pytest

from geo.coverage import warm
from planning import coverage, sample, whatif
from planning.people import settle
from planning.scenario import CoverageOptions
from planning.trial import Ready, Trial
from planning.workspace import Workspace, open_workspace

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
MUST_S = 1.0


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> tuple[Workspace, Ready]:
    """The sample commune, all 5G cells, 10 m, its losses kept on the disk."""
    folder: Path = tmp_path_factory.mktemp("whatif") / "sample"
    sample.make(folder, seed=1, now=NOW)
    workspace = open_workspace(folder)
    warm()
    run = coverage.run(workspace, CoverageOptions(), now=NOW)
    inputs = coverage.read_inputs(workspace, run.options)
    return workspace, whatif.prepare(workspace, run, inputs, settle(workspace))


def spent_s(opened: tuple[Workspace, Ready], trials: list[Trial], *, rest_is_kept: bool) -> list[float]:
    workspace, ready = opened
    kept, spent = whatif.without(ready, trials[0]), []
    for trial in trials:
        start = time.process_time()
        rest = kept if rest_is_kept and whatif.holds(ready, kept, trial) else whatif.without(ready, trial)
        tried = whatif.attempt(ready, rest, trial)
        whatif.draw(workspace, tried, "any", difference=True)
        spent.append(time.process_time() - start)
    return spent


@pytest.mark.bench
@pytest.mark.parametrize("what", ["tilted", "moved"])
def test_one_cell_tilted_or_moved_takes_less_than_a_second(opened, what):
    _, ready = opened
    first = ready.inputs.transmitters[0]
    trials = [
        Trial(cells=(first.id,), mechanical_tilt_deg=float(number))
        if what == "tilted"
        else Trial(cells=(first.id,), place=(first.x_m + 40.0 * number, first.y_m + 25.0 * number))
        for number in range(1, 8)
    ]
    chosen = sorted(spent_s(opened, trials, rest_is_kept=True))
    fresh = sorted(spent_s(opened, [replace(one, height_m=25.0) for one in trials], rest_is_kept=False))
    middle = len(trials) // 2
    print(f"\none cell {what}: {chosen[middle]:.2f} s of a processor, {fresh[middle]:.2f} s the first time")
    assert chosen[middle] < MUST_S
    assert fresh[middle] < MUST_S
