"""A change tried on an estimate: equal to the estimate of the changed data, and kept nowhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import io
from geo.errors import InputError, NotFoundError, RangeError
from geo.units import Bytes
from planning import coverage, whatif, window
from planning.gap import at_people
from planning.people import settle
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions
from planning.trial import Ready, Trial
from planning.workspace import Workspace
from tests import commune

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
CELLS = ("C1", "C2", "C3", "C4")


def cell(number: int, site: int, azimuth_deg: float, **values: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": f"C{number}",
        "site_id": f"S{site}",
        "operators": "viettel",
        "technology": "5G",
        "band": "n41",
        "azimuth_deg": azimuth_deg,
        "height_m": 30.0,
        "tx_power_dbm": 40.0,
        "gain_dbi": 17.0,
        "mechanical_tilt_deg": 6.0,
        "electrical_tilt_deg": 4.0,
    }
    return row | values


def made(folder, *, cells: list[dict[str, object]]) -> Workspace:
    """Two documented masts, one of another operator, and houses in two hamlets."""
    found = commune.empty(folder, population=1200)
    commune.with_ground(found, clutter_m=9)
    rows, points = zip(
        commune.site(1, commune.at(700, 700)),
        commune.site(2, commune.at(2300, 2300)),
        commune.site(3, commune.at(1500, 1500), operators="vnpt"),
        strict=True,
    )
    where = {"S1": commune.at(700, 700), "S2": commune.at(2300, 2300)}
    homes = [*commune.houses(600, 600, 5), *commune.houses(2300, 1300, 5)]
    names = [
        {"id": f"T{number}", "name": f"Thôn {number}", "population": 600, "adults": None} for number in (1, 2)
    ]
    found.store.replace(
        {
            "site": commune.table(list(rows), list(points)),
            "cell": commune.table(cells, [where[str(row["site_id"])] for row in cells]),
            "hamlet": commune.table(
                names, [commune.block(0, 0, 1500, 3000), commune.block(1500, 0, 1500, 3000)]
            ),
            "building": commune.table(
                [{"id": f"B{i}", "kind": "house", "height_m": 6.0} for i in range(len(homes))], homes
            ),
        }
    )
    return found


def usual() -> list[dict[str, object]]:
    return [cell(1, 1, 45.0), cell(2, 1, 225.0), cell(3, 2, 45.0), cell(4, 2, 225.0)]


def estimated(workspace: Workspace, model: str = "auto") -> CoverageRun:
    return coverage.run(workspace, CoverageOptions(cell_m=50.0, model=model), now=NOW)


def ready_of(workspace: Workspace, run: CoverageRun) -> Ready:
    return whatif.prepare(workspace, run, coverage.read_inputs(workspace, run.options), settle(workspace))


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Ready:
    workspace = made(tmp_path_factory.mktemp("whatif") / "one", cells=usual())
    return ready_of(workspace, estimated(workspace))


def states_of_run(run: CoverageRun) -> dict[str, Bytes]:
    return {name: io.read(path).values for name, path in run.state_paths.items()}


@pytest.mark.parametrize("cells", [("C1",), ("C1", "C2"), ("C3", "C4"), CELLS])
def test_without_a_change_the_result_is_the_estimate(ready, cells):
    trial = Trial(cells=cells)
    tried = whatif.attempt(ready, whatif.without(ready, trial), trial)
    whole = states_of_run(ready.run)
    _, part = ready.grid.window(window.middle(tried.grid))
    assert set(tried.states) == {"viettel", "any", "two_or_more"}
    for name, state in tried.states.items():
        assert (state == whole[name][part]).all(), name
        assert (tried.before[name] == whole[name][part]).all(), name
    assert not tried.hamlets
    for change in tried.people.values():
        assert (change.gained, change.lost, change.opened, change.closed) == (0, 0, 0, 0)


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "azimuth_deg": st.sampled_from((0.0, 90.0, 300.0)),
        "mechanical_tilt_deg": st.sampled_from((0.0, 12.0, 20.0)),
        "electrical_tilt_deg": st.sampled_from((0.0, 10.0)),
        "tx_power_dbm": st.sampled_from((20.0, 46.0)),
        "height_m": st.sampled_from((15.0, 45.0)),
    },
)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(change=CHANGES, cells=st.sampled_from((("C2",), ("C3", "C4"))))
def test_a_change_tried_is_the_estimate_of_the_changed_data(ready, tmp_path_factory, change, cells):
    rows = [row | change if row["id"] in cells else row for row in usual()]
    workspace = made(tmp_path_factory.mktemp("changed") / "two", cells=rows)
    run = estimated(workspace)
    trial = Trial(cells=cells, **change)
    tried = whatif.attempt(ready, whatif.without(ready, trial), trial)
    _, part = ready.grid.window(window.middle(tried.grid))
    for name, state in tried.states.items():
        assert (state == states_of_run(run)[name][part]).all(), name
    settlement = settle(workspace)
    _, after, _ = at_people(run, settlement)
    n_people = settlement.people.n_people
    for name, found in tried.people.items():
        before = ready.states[name]
        gained = n_people[(before != 1) & (after[name] == 1)].sum()
        lost = n_people[(before == 1) & (after[name] != 1)].sum()
        assert found.gained == pytest.approx(gained)
        assert found.lost == pytest.approx(lost)
    workspace.store.close()


def test_people_by_hamlet_add_up_to_the_people_of_the_area(ready):
    trial = Trial(cells=("C1", "C2"), tx_power_dbm=0.0)
    tried = whatif.attempt(ready, whatif.without(ready, trial), trial)
    assert tried.people["viettel"].lost > 0
    for name, change in tried.people.items():
        assert sum(row.people[name].lost for row in tried.hamlets) == pytest.approx(change.lost)
        assert sum(row.people[name].gained for row in tried.hamlets) == pytest.approx(change.gained)


def test_a_mast_is_moved_where_the_data_would_say_it_stands(ready, tmp_path):
    new = commune.at(1200, 400)
    trial = Trial(cells=("C1", "C2"), place=(new.x, new.y))
    tried = whatif.attempt(ready, whatif.without(ready, trial), trial)
    assert {(item.x_m, item.y_m) for item in tried.cells} == {(new.x, new.y)}
    moved = made(tmp_path / "moved", cells=usual())
    tables = {name: moved.store.read(name).to_crs(commune.EPSG) for name in ("site", "cell")}
    tables["site"].loc[tables["site"]["id"] == "S1", "geometry"] = new
    tables["cell"].loc[tables["cell"]["site_id"] == "S1", "geometry"] = new
    moved.store.replace({name: table.to_crs(4326) for name, table in tables.items()})
    run = estimated(moved)
    _, part = ready.grid.window(window.middle(tried.grid))
    for name, state in tried.states.items():
        assert (state != states_of_run(run)[name][part]).mean() < 0.001, name


def test_the_loss_over_profiles_is_tried_as_it_is_estimated(ready, tmp_path):
    workspace = made(tmp_path / "profile", cells=usual())
    found = ready_of(workspace, estimated(workspace, model="p1812"))
    trial = Trial(cells=("C1",))
    tried = whatif.attempt(found, whatif.without(found, trial), trial)
    whole = states_of_run(found.run)
    _, part = found.grid.window(window.middle(tried.grid))
    assert (tried.states["viettel"] == whole["viettel"][part]).all()


def test_nothing_is_written_to_the_data(tmp_path):
    workspace = made(tmp_path / "kept", cells=usual())
    found = ready_of(workspace, estimated(workspace))
    names = ("site", "cell", "coverage5g")
    before = {name: workspace.store.digest(name) for name in names}
    rasters = {path: path.stat().st_mtime_ns for path in workspace.rasters.rglob("*.tif")}
    trial = Trial(cells=("C1",), azimuth_deg=10.0)
    tried = whatif.attempt(found, whatif.without(found, trial), trial)
    path = whatif.draw(workspace, tried, "viettel", difference=True)
    assert (io.read(path).values != 255).any()
    assert {name: workspace.store.digest(name) for name in names} == before
    assert {path: path.stat().st_mtime_ns for path in workspace.rasters.rglob("*.tif")} == rasters
    for number in range(whatif.KEPT + 5):
        other = replace(tried, trial=replace(trial, azimuth_deg=float(number)))
        whatif.draw(workspace, other, "viettel", difference=False)
    assert len(list((workspace.cache / "whatif").iterdir())) <= whatif.KEPT


def test_what_cannot_be_tried_is_refused(ready):
    far = Trial(cells=("C1",), place=(commune.WEST_M + 90_000, commune.SOUTH_M))
    with pytest.raises(InputError) as refused:
        whatif.without(ready, far)
    assert refused.value.code == "whatif_place_outside"
    with pytest.raises(RangeError):
        whatif.without(ready, Trial(cells=("C1",), height_m=500.0))
    with pytest.raises(NotFoundError):
        whatif.without(ready, Trial(cells=("C9",)))


def test_the_rest_serves_further_trials_of_the_same_cells(ready):
    rest = whatif.without(ready, Trial(cells=("C1",)))
    for azimuth_deg in (0.0, 180.0):
        trial = Trial(cells=("C1",), azimuth_deg=azimuth_deg)
        assert whatif.holds(ready, rest, trial)
        one = whatif.attempt(ready, rest, trial)
        anew = whatif.attempt(ready, whatif.without(ready, trial), trial)
        assert all(np.array_equal(one.states[name], anew.states[name]) for name in one.states)
