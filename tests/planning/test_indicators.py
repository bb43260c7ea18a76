"""Expected people and the speed indicator stand beside presence, and the command line prints both."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geo import io
from geo.coverage import State
from planning import coverage, data, gap, indicators, runs
from planning.cli.main import main
from planning.people import settle
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=50, speed=True)


def village(folder: Path) -> Workspace:
    made = commune.empty(folder, population=1200)
    commune.with_ground(made, clutter_m=9)
    # Masts all around without 5G: nothing that nobody has told can serve across the border.
    ring = [(x, y) for x in (-900, 1500, 3900) for y in (-900, 1500, 3900) if (x, y) != (1500, 1500)]
    around = [commune.site(n, commune.at(*place), technologies="4G") for n, place in enumerate(ring, start=2)]
    rows, points = zip(commune.site(1, commune.at(500, 500)), *around, strict=True)
    homes = [*commune.houses(600, 600, 5), *commune.houses(2500, 2500, 5)]
    made.store.append(
        {
            "site": commune.table(list(rows), list(points)),
            "building": commune.table(
                [{"id": f"B{n}", "kind": "house", "height_m": 6.0} for n in range(len(homes))], homes
            ),
        }
    )
    return made


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = village(tmp_path_factory.mktemp("indicators") / "fast")
    coverage.run(made, OPTIONS, now=commune.NOW)
    return made


def test_expected_people_add_up_to_everybody_and_follow_the_probabilities(fast: Workspace) -> None:
    found, settlement = runs.latest(fast), settle(fast)
    assert found is not None
    likely = indicators.expected(found, settlement)
    assert set(likely) == {"viettel", "any"}
    for name, people in likely.items():
        total = people.covered + people.uncovered + people.unknown
        assert total == pytest.approx(settlement.people.n_people.sum())
        percent = io.read(found.probability_paths[name]).values
        known = percent[percent < runs.UNKNOWN_PERCENT] / 100
        counted = people.covered + people.uncovered
        assert counted > 0.9 * total
        assert known.min() * counted <= people.covered <= known.max() * counted
        assert 0 < people.deviation < np.sqrt(total) * settlement.people.n_people.max()


def test_probability_counts_other_people_than_the_verdict_with_its_margin(
    fast: Workspace,
) -> None:
    result = gap.run(fast, now=commune.NOW)
    figures, likely = result.operators["viettel"], result.expected["viettel"]
    assert abs(likely.covered - figures.covered) > 1
    assert likely.covered + likely.uncovered + likely.unknown == pytest.approx(figures.total)


def test_speed_never_serves_whom_presence_leaves_out(fast: Workspace) -> None:
    found = runs.latest(fast)
    assert found is not None
    for name, path in found.fast_paths.items():
        quick, present = io.read(path).values, io.read(found.state_paths[name]).values
        assert not ((quick == State.COVERED) & (present != State.COVERED)).any()
    result = gap.run(fast, now=commune.NOW)
    assert set(result.speed) == {"viettel", "any"}
    assert result.speed_target_mbps == data.setting("speed_target_mbps")
    for figures in result.speed.values():
        assert figures.covered + figures.uncovered + figures.unknown == pytest.approx(figures.total)


def test_the_verb_prints_both_and_null_where_nothing_was_reckoned(
    fast: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(workspace: Workspace) -> dict[str, dict[str, dict[str, object]]]:
        assert main(["gap", "--workspace", str(workspace.folder), "--json"]) == 0
        told: dict[str, dict[str, dict[str, object]]] = json.loads(capsys.readouterr().out)
        return told

    told = answer(fast)
    assert set(told["expected"]) == set(told["operators"])
    assert set(told["expected"]["any"]) == {"covered", "uncovered", "unknown", "deviation"}
    assert told["expected"]["two_or_more"] is None
    assert told["speed"]["target_mbps"] == 100
    assert set(told["speed"]["operators"]["any"]) >= {"total", "covered", "uncovered", "unknown", "share"}
    slow = village(tmp_path / "slow")
    coverage.run(slow, CoverageOptions(cell_m=50), now=commune.NOW)
    plain = answer(slow)
    assert plain["speed"] is None
    assert plain["expected"] is not None
    assert plain["operators"] == told["operators"]
