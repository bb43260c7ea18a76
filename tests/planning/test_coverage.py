"""The coverage job: minimal data give a useful, honest answer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from rasterio._err import CPLE_BaseError
from scipy.stats import norm

from geo import io
from geo.coverage import State
from geo.errors import DiskFullError, InputError, NotFoundError, RangeError
from planning import coverage, data, gap, runs
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    workspace = commune.empty(tmp_path / "w", population=9000)
    row, point = commune.site(1, commune.at(1500, 1500))
    workspace.store.replace({"site": commune.table([row], [point])})
    return workspace


def test_position_operator_and_5g_are_enough_once_terrain_is_assumed(bare: Workspace) -> None:
    found = coverage.run(
        bare, CoverageOptions(cell_m=50, assume_flat_m=2, assume_clutter_m=6), now=commune.NOW
    )
    assert found.n_cells == 3
    assert found.n_assumed_cells == 3
    assert {"assumption.flat_ground", "assumption.clutter", "assumption.antenna"} <= set(found.assumptions)
    result = gap.run(bare, now=commune.NOW)
    figures = result.operators["any"]
    assert figures.covered > 0
    assert figures.total == pytest.approx(9000)
    assert figures.assumed_share == pytest.approx(1 - figures.unknown / figures.total)


def test_without_terrain_and_without_assumptions_everything_is_unknown(bare: Workspace) -> None:
    found = coverage.run(bare, CoverageOptions(cell_m=50), now=commune.NOW)
    assert found.area_share["any"] == (0.0, 0.0, 1.0)
    figures = gap.run(bare, now=commune.NOW).operators["viettel"]
    assert (figures.covered, figures.uncovered) == (0, 0)
    assert figures.unknown == pytest.approx(9000)


RING = [(x, y) for x in (-900, 1500, 3900) for y in (-900, 1500, 3900) if (x, y) != (1500, 1500)]


def test_a_mast_outside_tells_only_about_the_land_around_it(bare: Workspace) -> None:
    commune.with_ground(bare, clutter_m=15)
    row, point = commune.site(2, commune.at(-2900, 1500), technologies="4G")
    bare.store.append({"site": commune.table([row], [point])})
    found = coverage.run(bare, CoverageOptions(cell_m=50), now=commune.NOW)
    with rasterio.open(found.flag_paths["viettel"]) as source:
        open_border = source.read(1) & runs.FLAG_OPEN_BORDER > 0
    assert open_border[:, -20:].any()
    assert "assumption.open_border" in found.assumptions


def test_border_cells_are_unknown_until_masts_outside_are_known(bare: Workspace) -> None:
    commune.with_ground(bare, clutter_m=15)
    options = CoverageOptions(cell_m=50)
    before = coverage.run(bare, options, now=commune.NOW)
    assert before.area_share["viettel"][2] > 0.1
    assert "assumption.open_border" in before.assumptions
    rows = [
        commune.site(number, commune.at(east, north), technologies="4G")
        for number, (east, north) in enumerate(RING, start=2)
    ]
    bare.store.append({"site": commune.table([row for row, _ in rows], [point for _, point in rows])})
    after = coverage.run(bare, options, now=commune.NOW)
    assert after.area_share["viettel"][2] == 0
    assert "assumption.open_border" not in after.assumptions
    assert after.area_share["viettel"][1] > before.area_share["viettel"][1]


def test_equal_inputs_are_one_run_and_changed_inputs_another(bare: Workspace) -> None:
    options = CoverageOptions(cell_m=50, assume_flat_m=0, assume_clutter_m=0)
    first = coverage.run(bare, options, now=commune.NOW)
    again = coverage.run(bare, options, now=commune.NOW.replace(year=2027))
    assert again == first
    row, point = commune.site(2, commune.at(500, 500))
    bare.store.append({"site": commune.table([row], [point])})
    assert coverage.run(bare, options, now=commune.NOW).digest != first.digest


def test_masts_planned_or_switched_off_do_not_serve(bare: Workspace) -> None:
    options = CoverageOptions(cell_m=50, assume_flat_m=0, assume_clutter_m=0)
    row, point = commune.site(1, commune.at(1500, 1500), status="inactive")
    bare.store.replace({"site": commune.table([row], [point])})
    with pytest.raises(NotFoundError, match="site_missing"):
        coverage.run(bare, options, now=commune.NOW)


def test_wrong_choices_are_refused(bare: Workspace) -> None:
    with pytest.raises(InputError, match="operator_unknown"):
        coverage.run(bare, CoverageOptions(operator="nobody"), now=commune.NOW)
    with pytest.raises(InputError, match="model_unknown"):
        coverage.run(bare, CoverageOptions(model="magic"), now=commune.NOW)


def test_rasters_show_nothing_beyond_the_border(bare: Workspace) -> None:
    found = coverage.run(
        bare, CoverageOptions(cell_m=50, assume_flat_m=0, assume_clutter_m=0), now=commune.NOW
    )
    state = io.read(found.state_paths["any"])
    assert set(np.unique(state.values)) <= {*State, runs.NOTHING}
    inside = (state.values != runs.NOTHING).sum() * 50 * 50
    assert inside == pytest.approx(bare.boundary().area, rel=0.02)


def test_an_unknown_technology_or_cell_size_is_refused_and_the_estimate_stays(bare: Workspace) -> None:
    options = CoverageOptions(cell_m=50, assume_flat_m=0, assume_clutter_m=0)
    before = coverage.run(bare, options, now=commune.NOW)
    with pytest.raises(InputError, match="technology_unknown"):
        coverage.run(bare, CoverageOptions(technology="6G"), now=commune.NOW)
    for cell_m in (-5.0, float("nan"), 1e6):
        with pytest.raises(RangeError):
            coverage.run(bare, CoverageOptions(cell_m=cell_m), now=commune.NOW)
    assert runs.latest(bare) == before


def test_a_stale_estimate_is_said_to_be_stale_or_made_again(bare: Workspace) -> None:
    options = CoverageOptions(cell_m=50, assume_flat_m=0, assume_clutter_m=0)
    before = coverage.run(bare, options, now=commune.NOW)
    assert gap.run(bare, now=commune.NOW).is_current
    row, point = commune.site(2, commune.at(500, 500))
    bare.store.append({"site": commune.table([row], [point])})
    stale = gap.run(bare, now=commune.NOW)
    assert not stale.is_current
    assert stale.run == before.digest
    fresh = gap.run(bare, refresh=True, now=commune.NOW)
    assert fresh.is_current
    assert fresh.options == options


def test_only_the_runs_in_use_keep_their_rasters(bare: Workspace) -> None:
    made = [
        coverage.run(
            bare, CoverageOptions(cell_m=50, assume_flat_m=height, assume_clutter_m=0), now=commune.NOW
        )
        for height in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    ]
    kept = runs.history(bare)
    assert [run.digest for run in kept] == [run.digest for run in reversed(made[1:])]
    assert len(list((bare.rasters / "coverage").iterdir())) == len(kept)


def test_an_estimate_kept_is_taken_up_again_as_it_was(bare: Workspace) -> None:
    first, second = (CoverageOptions(cell_m=50, assume_flat_m=0, assume_clutter_m=high) for high in (0, 5))
    before = coverage.run(bare, first, now=commune.NOW)
    coverage.run(bare, second, now=commune.NOW)
    again = coverage.run(bare, first, now=commune.NOW.replace(year=2027))
    assert again == before
    assert runs.latest(bare) == before
    assert len(runs.history(bare)) == 2


def test_probability_stands_in_place_of_the_margin(bare: Workspace) -> None:
    commune.with_ground(bare, clutter_m=10)
    found = coverage.run(bare, CoverageOptions(cell_m=50), now=commune.NOW)
    chance, power, flag = (
        io.read(paths["viettel"]).values.astype(float)
        for paths in (found.probability_paths, found.power_paths, found.flag_paths)
    )
    blocked = (power > runs.NO_POWER) & (chance <= 100) & (flag.astype(int) & runs.FLAG_BLOCKED > 0)
    median_dbm = power[blocked] / runs.CENTI + data.levels().margin_db
    expected = 100 * norm.cdf((median_dbm - data.levels().lowest_covered_dbm) / 8.0)
    assert blocked.sum() > 100
    assert np.abs(chance[blocked] - expected).max() <= 0.51


def test_two_operators_rest_on_an_assumption_when_one_of_them_does() -> None:
    covered, uncovered = (
        np.array([State.COVERED], dtype=np.uint8),
        np.array([State.UNCOVERED], dtype=np.uint8),
    )
    firm, doubtful = np.array([False]), np.array([True])
    both = gap.rests_on_assumption([covered, covered], [firm, doubtful], needed=2)
    anyone = gap.rests_on_assumption([covered, covered], [firm, doubtful], needed=1)
    assert both.tolist() == [True]
    assert anyone.tolist() == [False]
    nobody = gap.rests_on_assumption([uncovered, uncovered], [firm, firm], needed=1)
    perhaps = gap.rests_on_assumption([uncovered, uncovered], [firm, doubtful], needed=1)
    assert nobody.tolist() == [False]
    assert perhaps.tolist() == [True]
    too_few = gap.rests_on_assumption([uncovered, uncovered], [firm, doubtful], needed=2)
    assert too_few.tolist() == [False]


def test_the_urban_model_is_taken_only_in_a_dense_ward(tmp_path: Path) -> None:
    options = CoverageOptions(cell_m=50, assume_flat_m=2, assume_clutter_m=12)
    covered = {}
    for people in (9_000, 90_000):  # on 9 km²
        workspace = commune.empty(tmp_path / str(people), population=people)
        row, point = commune.site(1, commune.at(1500, 1500))
        workspace.store.replace({"site": commune.table([row], [point])})
        assert workspace.is_dense() == (people == 90_000)
        covered[people] = coverage.run(workspace, options, now=commune.NOW).area_share["viettel"][0]
    assert covered[90_000] < covered[9_000]


def test_a_job_larger_than_the_memory_budget_is_refused_before_it_starts(
    bare: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    commune.with_ground(bare, clutter_m=6)
    real = data.setting
    monkeypatch.setattr(data, "setting", lambda name: 0.01 if name == "memory_budget_gb" else real(name))
    with pytest.raises(InputError, match="memory_budget") as refused:
        coverage.run(bare, CoverageOptions(cell_m=2), now=commune.NOW)
    fitting_m = refused.value.facts["fitting_m"]
    assert 2 < fitting_m < 100
    assert coverage.run(bare, CoverageOptions(cell_m=fitting_m), now=commune.NOW).operators == ("viettel",)
    with pytest.raises(InputError, match="memory_budget"):
        coverage.run(bare, CoverageOptions(cell_m=fitting_m - 1), now=commune.NOW)


def test_a_disk_that_fills_leaves_the_estimate_that_was_there(
    bare: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (CoverageOptions(cell_m=50, assume_flat_m=high, assume_clutter_m=0) for high in (0, 9))
    before = coverage.run(bare, first, now=commune.NOW)
    written: list[object] = []

    def full(*words: object, **more: object) -> None:
        written.append(words)
        if len(written) > 3:
            raise CPLE_BaseError(1, 1, "Error writing tile")

    monkeypatch.setattr(io, "copy", full)
    monkeypatch.setattr(io.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=100))
    with pytest.raises(DiskFullError, match="disk_full"):
        coverage.run(bare, second, now=commune.NOW)
    assert runs.latest(bare) == before
    assert [path.name for path in (bare.rasters / "coverage").iterdir()] == [before.digest]


def test_an_operator_that_was_not_asked_about_is_unknown_to_all_together(bare: Workspace) -> None:
    row, point = commune.site(2, commune.at(500, 500), operators="vnpt")
    bare.store.append({"site": commune.table([row], [point])})
    options = CoverageOptions(cell_m=50, operator="viettel", assume_flat_m=0, assume_clutter_m=0)
    found = coverage.run(bare, options, now=commune.NOW)
    assert found.area_share["two_or_more"] == (0.0, 0.0, 1.0)
    assert found.area_share["any"][1] == 0.0
    figures = gap.run(bare, now=commune.NOW).operators
    assert figures["two_or_more"].unknown == pytest.approx(figures["two_or_more"].total)
    assert figures["any"].covered == pytest.approx(figures["viettel"].covered)
