"""Indoors: the level outside less the wall, three states, apart from the figures outdoors."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from geo import io
from geo.receiver import outdoor_cells
from planning import coverage, data, gap, indoor, runs
from planning.cli.main import main
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=25.0, indoor=True)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = commune.empty(tmp_path_factory.mktemp("indoor") / "w", population=1000)
    commune.with_ground(made, clutter_m=6)
    row, point = commune.site(1, commune.at(1500, 1500), technologies="5G")
    houses = [*commune.houses(1700, 1500, 4), *commune.houses(2300, 1500, 4)]
    rows = [{"id": f"H{i}", "kind": "house", "height_m": 4.0} for i in range(len(houses))]
    made.store.append({"site": commune.table([row], [point]), "building": commune.table(rows, list(houses))})
    coverage.run(made, OPTIONS, now=commune.NOW)
    return made


def test_beside_a_house_the_wall_is_taken_off_and_elsewhere_nothing_is_told(village: Workspace) -> None:
    found = runs.latest(village)
    assert found is not None
    power, inside = io.read(found.power_paths["viettel"]), io.read(found.indoor_paths["viettel"])
    houses = village.store.read("building").to_crs(commune.EPSG).geometry
    pairs = outdoor_cells(power.grid, tuple(houses), ring_m=data.setting("outdoor_ring_m"))
    beside = inside.values[pairs.row, pairs.col]
    known = beside > runs.UNKNOWN_POWER
    assert known.any()
    taken = power.values[pairs.row, pairs.col][known] - beside[known]
    wall_db = indoor.entry_db(data.walls()["traditional"], np.array([2550.0]))[0]
    assert np.abs(taken / 100 - wall_db).max() <= 0.011
    near = shapely.union_all(houses.to_numpy()).buffer(100)
    x_m, y_m = np.meshgrid(*power.grid.centres())
    assert (inside.values[~shapely.contains_xy(near, x_m, y_m)] == runs.NO_POWER).all()


def test_fewer_are_served_indoors_and_the_outdoor_figures_stay(village: Workspace) -> None:
    result = gap.run(village, now=commune.NOW)
    outdoors = result.operators["any"]
    inside, efficient = (result.indoor[name]["any"] for name in ("traditional", "efficient"))
    for figures in (inside, efficient):
        assert figures.covered + figures.uncovered + figures.unknown == figures.total == outdoors.total
    assert efficient.covered <= inside.covered < outdoors.covered
    assert inside.covered > 0
    bare = coverage.run(village, CoverageOptions(cell_m=25.0), now=commune.NOW)
    without = gap.run(village, now=commune.NOW)
    assert without.run == bare.digest
    assert without.indoor == {}
    assert without.operators == result.operators
    coverage.run(village, OPTIONS, now=commune.NOW)


def test_the_verbs_tell_it_under_a_key_of_its_own(
    village: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--workspace", str(village.folder), "--json"]
    assert main(["coverage", "--cell-m", "25", "--indoor", *words]) == 0
    assert "assumption.indoor" in json.loads(capsys.readouterr().out)["assumptions"]
    assert main(["gap", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["indoor"]["traditional"]["model"] == "p2109_traditional"
    assert set(told["indoor"]["efficient"]["operators"]) == set(told["operators"])


def test_the_walls_are_rows_that_name_known_models() -> None:
    at_2600 = {
        name: float(indoor.entry_db(wall, np.array([2600.0]))[0]) for name, wall in data.walls().items()
    }
    # ITU-R P.2109, median at 2.6 GHz
    assert at_2600["traditional"] == pytest.approx(15.3, abs=0.1)
    assert at_2600["efficient"] == pytest.approx(30.6, abs=0.1)
