"""Who lives where, with good data and with hardly any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from planning.people import settle
from tests import commune


def test_hamlet_people_live_in_its_houses_in_proportion(tmp_path: Path) -> None:
    workspace = commune.empty(tmp_path / "w")
    shapes = commune.houses(100, 100, 2)
    workspace.store.replace(
        {
            "hamlet": commune.table(
                [{"id": "H1", "name": "Một", "population": 100}], [commune.block(0, 0, 1000)]
            ),
            "building": commune.table(
                [{"id": f"B{i}", "n_people": 1.0 if i else 7.0} for i in range(4)], list(shapes)
            ),
        }
    )
    found = settle(workspace)
    assert found.people.n_people.tolist() == pytest.approx([70, 10, 10, 10])
    assert found.people.zone.tolist() == [0] * 4
    assert not found.people.assumed.any()
    assert not found.assumptions


def test_houses_go_to_the_nearest_hamlet_point_and_it_is_said(tmp_path: Path) -> None:
    workspace = commune.empty(tmp_path / "w")
    shapes = [*commune.houses(100, 100, 2), *commune.houses(2500, 2500, 1)]
    rows = [{"id": "H1", "name": "Một", "population": 40}, {"id": "H2", "name": "Hai", "population": 60}]
    workspace.store.replace(
        {
            "hamlet": commune.table(rows, [commune.at(200, 200), commune.at(2400, 2400)]),
            "building": commune.table([{"id": f"B{i}"} for i in range(5)], list(shapes)),
        }
    )
    found = settle(workspace)
    assert np.bincount(found.people.zone, weights=found.people.n_people).tolist() == pytest.approx([40, 60])
    assert found.assumptions["assumption.nearest_hamlet"] == pytest.approx(100)
    assert found.people.assumed.all()


def test_without_houses_people_are_spread_over_land(tmp_path: Path) -> None:
    workspace = commune.empty(tmp_path / "w")
    rows = [
        {"id": "H1", "name": "Có ranh giới", "population": 40},
        {"id": "H2", "name": "Có điểm", "population": 60},
        {"id": "H3", "name": "Chưa rõ", "population": 30},
    ]
    workspace.store.replace(
        {"hamlet": commune.table(rows, [commune.block(0, 0, 1000), commune.at(2000, 2000), None])}
    )
    found = settle(workspace)
    people = found.people
    assert people.n_people.sum() == pytest.approx(130)
    assert found.assumptions == {
        "assumption.spread_land": pytest.approx(100),
        "assumption.spread_everywhere": pytest.approx(30),
    }
    assert [hamlet.located for hamlet in found.hamlets] == [True, True, False]
    inside = shapely.contains_xy(commune.block(0, 0, 1000), people.x_m, people.y_m)
    assert (inside == (people.zone == 0)).all()


def test_sampling_every_50_m_keeps_shares_of_land(tmp_path: Path) -> None:
    workspace = commune.empty(tmp_path / "w", population=900)
    people = settle(workspace).people
    quarter = shapely.Point(commune.WEST_M, commune.SOUTH_M).buffer(2000, quad_segs=64)
    share = people.n_people[shapely.contains_xy(quarter, people.x_m, people.y_m)].sum() / 900
    exact = quarter.intersection(workspace.boundary()).area / workspace.boundary().area
    assert share == pytest.approx(exact, abs=0.002)


def test_a_hamlet_without_a_number_takes_what_is_left_of_the_registered(tmp_path: Path) -> None:
    workspace = commune.empty(tmp_path / "w", population=1000)
    rows = [{"id": "H1", "name": "Một", "population": 700}, {"id": "H2", "name": "Hai"}]
    workspace.store.replace(
        {"hamlet": commune.table(rows, [commune.block(0, 0, 1000), commune.block(2000, 2000, 500)])}
    )
    found = settle(workspace)
    assert found.hamlets[1].n_people == pytest.approx(300)
    assert found.people.n_people.sum() == pytest.approx(1000)


def test_no_hamlets_at_all_still_gives_the_registered_people(tmp_path: Path) -> None:
    workspace = commune.empty(tmp_path / "w", population=1000)
    found = settle(workspace)
    assert found.people.n_people.sum() == pytest.approx(1000)
    assert found.basis == "people.basis.area"
    assert found.hamlets == ()
