"""Other models beside the headline."""

from __future__ import annotations

from pathlib import Path

import pytest

from planning import coverage, data, gap, runs
from planning.scenario import CoverageOptions
from planning.spread import applicable, cost_s, spread
from tests import commune


def test_every_applicable_model_is_told_and_the_estimate_stays_the_present_one(tmp_path: Path) -> None:
    village = commune.empty(tmp_path / "w", population=4000)
    commune.with_ground(village, clutter_m=6)
    row, point = commune.site(1, commune.at(1500, 1500))
    village.store.append({"site": commune.table([row], [point])})
    found = coverage.run(village, CoverageOptions(cell_m=50), now=commune.NOW)
    assert found.spread == {}
    told = spread(village, found, now=commune.NOW)
    assert tuple(told.spread) == applicable(village) == ("rma", "p1812")
    assert told.digest == found.digest
    assert runs.latest(village) == told
    share = gap.run(village, now=commune.NOW).operators["any"].share
    assert told.spread["rma"]["any"] == pytest.approx(share)
    assert told.spread["p1812"]["any"] != pytest.approx(share)


def test_a_city_is_not_asked_for_other_models_without_being_told(tmp_path: Path) -> None:
    village = commune.empty(tmp_path / "w", population=4000)
    commune.with_ground(village, clutter_m=6)
    pairs = [commune.site(n, commune.at(60 * n, 1500)) for n in range(1, 40)]
    village.store.append({"site": commune.table([row for row, _ in pairs], [point for _, point in pairs])})
    few, many = (
        cost_s(coverage.read_inputs(village, CoverageOptions(cell_m=cell_m))) for cell_m in (50.0, 10.0)
    )
    assert few < data.setting("spread_auto_s") < 4 * many
    assert many == pytest.approx(25 * few)  # as the number of cells


def test_a_dense_ward_is_judged_by_the_urban_model(tmp_path: Path) -> None:
    ward = commune.empty(tmp_path / "w", population=90_000)
    assert applicable(ward) == ("uma", "p1812")
