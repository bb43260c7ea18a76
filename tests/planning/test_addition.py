"""One more mast: what it adds equals the difference of two whole estimates."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import shapely

from geo.coverage import State
from planning import addition, coverage, planned, whatif, window
from planning.gap import at_people
from planning.people import settle
from planning.scenario import CoverageOptions
from tests import commune
from tests.planning.test_whatif import made, usual

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def on_map(right_m: float, up_m: float) -> shapely.Point:
    """A place of the little commune in degrees."""
    return gpd.GeoSeries([commune.at(right_m, up_m)], crs=9210).to_crs(4326).iloc[0]


def proposal(**values: object) -> dict[str, object]:
    row: dict[str, object] = {
        "id": "DX-01",
        "operator": "viettel",
        "bands": "n41",
        "height_m": 30.0,
        "azimuths_deg": "0;120;240",
        "tx_power_dbm": 46.0,
        "gain_dbi": 17.0,
        "geometry": on_map(2400, 900),
    }
    return row | values


def test_what_a_mast_adds_is_the_difference_of_two_estimates(tmp_path):
    workspace = made(tmp_path / "one", cells=usual())
    options = CoverageOptions(cell_m=50.0)
    run = coverage.run(workspace, options, now=NOW)
    ready = whatif.prepare(workspace, run, coverage.read_inputs(workspace, options), settle(workspace))
    cells = planned.cells_of(proposal(), ready.inputs, epsg=workspace.calc_epsg)
    found = addition.add(ready, cells)
    sites, antennas = planned.tables(proposal())
    workspace.store.append({"site": sites, "cell": antennas})
    again = coverage.run(workspace, options, now=NOW)
    assert again.digest != run.digest
    _, states, _ = at_people(again, ready.settlement)
    for name in found.people_after:
        np.testing.assert_array_equal(found.people_after[name], states[name][found.people], err_msg=name)
    others = np.setdiff1d(np.arange(len(states["any"])), found.people)
    for name in states:
        np.testing.assert_array_equal(ready.states[name][others], states[name][others], err_msg=name)
    n_people = ready.settlement.people.n_people
    then, now = found.people_before["viettel"], found.people_after["viettel"]
    here = n_people[found.people]
    told = addition.gain(then, now, here)
    assert (
        told.gained + told.confirmed == here[now == State.COVERED].sum() - here[then == State.COVERED].sum()
    )
    assert told.gained + told.confirmed > 0
    assert shapely.box(*found.grid.bounds).contains(shapely.Point(cells[0].x_m, cells[0].y_m))
    assert window.reach(cells)[0] < cells[0].x_m
