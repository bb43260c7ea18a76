"""The answer to "why is it so?" is the estimate itself, term by term."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio

from geo.coverage import State
from geo.crs import transform
from geo.errors import InputError
from planning import coverage, runs, why
from planning.cli.main import main
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=50)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = commune.empty(tmp_path_factory.mktemp("why") / "w")
    commune.with_ground(made, clutter_m=14)
    rows = [commune.site(1, commune.at(700, 700)), commune.site(2, commune.at(-1500, 2500))]
    made.store.append({"site": commune.table([row for row, _ in rows], [point for _, point in rows])})
    coverage.run(made, OPTIONS, now=commune.NOW)
    return made


def ask(workspace: Workspace, x_m: float, y_m: float) -> why.Answer:
    lon, lat = (float(value) for value in transform(x_m, y_m, epsg_from=commune.EPSG, epsg_to=4326))
    inputs = coverage.read_inputs(workspace, OPTIONS)
    return why.explain(
        inputs,
        OPTIONS,
        operator="viettel",
        lon=lon,
        lat=lat,
        epsg=commune.EPSG,
        dense=workspace.is_dense(),
        found=runs.latest(workspace),
    )


def test_state_and_level_of_thirty_places_are_those_of_the_rasters(served: Workspace) -> None:
    found = runs.latest(served)
    assert found is not None
    with (
        rasterio.open(found.state_paths["viettel"]) as state,
        rasterio.open(found.power_paths["viettel"]) as power,
    ):
        shown, levels = state.read(1), power.read(1)
        place = state.transform
    inside = np.argwhere(shown != runs.NOTHING)
    chosen = inside[np.random.default_rng(3).choice(len(inside), 30, replace=False)]
    equal = []
    for row, col in chosen:
        answer = ask(served, *(place @ (col + 0.5, row + 0.5)))
        best = answer.links[0].planning_dbm
        equal.append(answer.state == shown[row, col] and abs(best - levels[row, col] / 100) < 0.02)
    assert np.mean(equal) >= 0.9  # the estimate's radial line of sight differs in a few cells
    assert {State.COVERED, State.UNKNOWN} <= {State(int(value)) for value in shown[tuple(chosen.T)]}


def test_terms_obstacle_and_assumptions_are_told(served: Workspace) -> None:
    answer = ask(served, commune.WEST_M + 2800, commune.SOUTH_M + 200)
    first = answer.links[0]
    assert first.los is False
    assert first.budget.power_dbm == pytest.approx(
        first.budget.eirp_per_re_dbm - first.budget.attenuation_db - first.budget.loss_db
    )
    assert "tx_power_dbm" in first.sector.assumed
    assert answer.obstacle is not None
    assert answer.obstacle.clutter_height_m == 14
    assert [link.planning_dbm for link in answer.links] == sorted(
        (link.planning_dbm for link in answer.links), reverse=True
    )


def test_a_place_outside_and_an_unknown_operator_are_refused(served: Workspace) -> None:
    with pytest.raises(InputError, match="place_outside"):
        ask(served, commune.WEST_M + 40_000, commune.SOUTH_M)
    inputs = coverage.read_inputs(served, OPTIONS)
    with pytest.raises(InputError, match="operator_unknown"):
        why.explain(inputs, OPTIONS, operator="nobody", lon=106.4, lat=20.8, epsg=9210, dense=False)


def test_the_verb_tells_the_same(served: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    lon, lat = transform(commune.WEST_M + 1500, commune.SOUTH_M + 1500, epsg_from=9210, epsg_to=4326)
    words = ["why", "--operator", "viettel", "--lon", str(float(lon)), "--lat", str(float(lat))]
    assert main([*words, "--workspace", str(served.folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    answer = ask(served, commune.WEST_M + 1500, commune.SOUTH_M + 1500)
    assert told["links"][0]["planning_dbm"] == pytest.approx(answer.links[0].planning_dbm)
    assert told["state"] == answer.state.name.lower()
