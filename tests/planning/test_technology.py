"""4G beside 5G: each technology has its own estimate, and the targets stay those of 5G."""

from __future__ import annotations

import json

import pytest

from planning import coverage, gap, runs
from planning.cli.main import main
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

FOUR, FIVE = CoverageOptions(cell_m=50.0, technology="4G"), CoverageOptions(cell_m=50.0)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = commune.empty(tmp_path_factory.mktemp("technology") / "w", population=1000)
    commune.with_ground(made, clutter_m=6)
    near = commune.site(1, commune.at(1500, 1500), technologies="4G;5G")
    far = commune.site(2, commune.at(200, 200), technologies="4G")
    made.store.append({"site": commune.table([near[0], far[0]], [near[1], far[1]])})
    coverage.run(made, FIVE, now=commune.NOW)
    return made


def test_4g_is_told_beside_5g_and_the_headline_stays_5g(village: Workspace) -> None:
    before = gap.run(village, now=commune.NOW)
    assert list(before.technologies) == ["5G"]
    four = coverage.run(village, FOUR, now=commune.NOW)
    result = gap.run(village, now=commune.NOW)
    assert (result.run, result.options.technology) == (before.run, "5G")
    assert result.operators == before.operators == result.technologies["5G"].operators
    assert result.technologies["4G"].run == four.digest
    figures = result.technologies["4G"].operators["any"]
    assert figures.total == result.operators["any"].total
    assert figures.covered != result.operators["any"].covered
    assert figures.covered + figures.uncovered + figures.unknown == figures.total


def test_asking_changes_neither_estimate(village: Workspace) -> None:
    coverage.run(village, FOUR, now=commune.NOW)
    gap.run(village, refresh=True, now=commune.NOW)
    latest = runs.latest(village)
    assert latest is not None
    assert latest.options.technology == "4G"
    five = runs.latest(village, technology="5G")
    assert five is not None
    assert five.options == FIVE
    assert runs.latest(village, technology="3G") is None


def test_the_verb_tells_both(village: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--workspace", str(village.folder), "--json"]
    assert main(["coverage", "--cell-m", "50", "--technology", "4G", *words]) == 0
    capsys.readouterr()
    assert main(["gap", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["technology"] == "5G"
    assert set(told["technologies"]) == {"4G", "5G"}
    assert told["technologies"]["5G"]["operators"] == told["operators"]


def test_models_are_compared_without_being_asked_where_it_is_cheap(
    village: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--workspace", str(village.folder), "--json"]
    before = {found.digest for found in runs.history(village)}
    assert main(["coverage", "--cell-m", "50", *words]) == 0
    shares = json.loads(capsys.readouterr().out)["spread"]
    assert set(shares) == {"rma", "p1812"}
    assert {found.digest for found in runs.history(village)} == before  # nothing else is kept for it
    assert main(["gap", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    of_any = told["spread_range"]["any"]
    assert of_any["low"] == min(share["any"] for share in shares.values())
    assert of_any["high"] == max(share["any"] for share in shares.values())
    assert {of_any["low_model"], of_any["high_model"]} <= set(shares)
