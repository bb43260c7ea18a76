"""Places for a survey: tried with the engine, existing structures first, the price of sharing shown."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest

from geo.coverage import State
from geo.covering import merge, of_lists
from geo.errors import InfeasibleError, NotFoundError
from geo.siting_sharing import needed
from planning import addition, evaluation, planned, siting, window
from planning.siting import Wish
from tests.planning.test_whatif import made, usual

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The little commune: nobody in it is known to be without coverage."""
    return evaluation.baseline(made(tmp_path_factory.mktemp("siting") / "one", cells=usual()), now=NOW)


@pytest.fixture(scope="module")
def found(real):
    """The same, had measurements shown that whoever is unknown is not covered."""
    states = {
        name: np.where(one == State.UNKNOWN, State.UNCOVERED, one) for name, one in real.ready.states.items()
    }
    return replace(real, ready=replace(real.ready, states=states))


def asked(found, **values):
    given = {"operator": "viettel", "n_sites": 2, "budget_million": None, "kept_share": 0.8}
    return siting.suggest(found, Wish(**given | values), seconds_s=10.0, clock=time.process_time)


def test_unknown_people_are_never_a_reason_for_a_mast(real):
    with pytest.raises(InfeasibleError, match="siting_nobody_gained"):
        asked(real)


def test_people_gained_are_those_that_the_engine_covers(found):
    said = asked(found, n_sites=1)
    ready, place = found.ready, said.chosen[0]
    row = {
        "id": "x",
        "operator": "viettel",
        "height_m": place.height_m,
        "geometry": gpd.GeoSeries.from_xy([place.lon], [place.lat], crs=4326).iloc[0],
    }
    cells = planned.cells_of(row, ready.inputs, epsg=found.epsg)
    here = addition.around(ready, window.reach(cells))
    is_gained = addition.served(ready, cells, here) == State.COVERED
    is_gained &= ready.states["viettel"][here.people] == State.UNCOVERED
    people = ready.settlement.people.n_people
    assert said.answer.covered == pytest.approx(people[here.people[is_gained]].sum())
    assert said.answer.covered > 0
    assert said.covered + said.uncovered + said.unknown == pytest.approx(people.sum())


def test_budget_and_kinds_are_kept(found):
    said = asked(found, n_sites=None, budget_million=2500.0, kinds=("gap",))
    assert {one.kind for one in said.candidates} == {"gap"}
    assert sum(one.cost_million for one in said.chosen) <= 2500.0
    with pytest.raises(NotFoundError, match="siting_operator_unknown"):
        asked(found, operator="nobody")


def test_a_new_mast_is_left_out_where_an_existing_structure_keeps_the_share():
    cover = of_lists([np.arange(8), np.arange(10), np.arange(4, 14)], np.ones(14))
    merged = merge(cover, np.zeros(0, np.int64))
    is_existing = np.array([True, False, False])
    assert needed(merged, is_existing, 0.8).tolist() == [True, False, True]
    assert needed(merged, is_existing, 0.81).tolist() == [True, True, True]
    assert needed(merged, is_existing, 0.4).tolist() == [True, False, False]
