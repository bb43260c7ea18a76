"""Who misses the target: each operator's areas with their own reason, and households without fibre."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geo.errors import NotFoundError
from planning import coverage, gap
from planning.gap import GapResult, run
from planning.scenario import CoverageOptions
from planning.workspace import Workspace, open_workspace
from tests import commune

CORNERS = ((400.0, 400.0), (2500.0, 2500.0))
OUTSIDE = ((-900.0, 1500.0), (3900.0, 1500.0), (1500.0, -900.0), (1500.0, 3900.0))
GROUPS = ("any", "viettel", "vnpt", "two_or_more")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two hamlets under trees in opposite corners, each beside the mast of another operator."""
    made = commune.empty(tmp_path_factory.mktemp("gap") / "w", population=800)
    commune.with_ground(made, clutter_m=25)
    sites = [
        commune.site(1, commune.at(400, 400), operators="viettel"),
        commune.site(2, commune.at(2500, 2500), operators="vnpt"),
    ]
    for number, (east_m, north_m) in enumerate(OUTSIDE, start=3):
        for operator in ("viettel", "vnpt"):
            row, point = commune.site(number, commune.at(east_m, north_m), operators=operator)
            sites.append(({**row, "id": f"{row['id']}-{operator}", "technologies": "4G"}, point))
    hamlets = [
        {"id": f"T{number}", "name": f"Thôn {name}", "population": 400, "households": 100}
        for number, name in enumerate(("Hạ", "Thượng"), start=1)
    ]
    hamlets.append({"id": "T3", "name": "Thôn Mới", "population": None, "households": 30})
    homes = [home for corner in CORNERS for home in commune.houses(*corner, 5)]
    shapes = [commune.block(0, 0, 1500), commune.block(1500, 1500, 1500), None]
    made.store.replace(
        {
            "site": commune.table([row for row, _ in sites], [point for _, point in sites]),
            "hamlet": commune.table(hamlets, shapes),
            "building": commune.table(
                [{"id": f"B{number}", "kind": "house", "height_m": 6.0} for number in range(len(homes))],
                homes,
            ),
            "fiber_node": commune.table(
                [{"id": "F1", "kind": "terminal_box", "technology": "XGS-PON"}], [commune.at(450, 450)]
            ),
        }
    )
    coverage.run(made, CoverageOptions(cell_m=50), now=commune.NOW)
    return made


@pytest.fixture(scope="module")
def result(workspace: Workspace) -> GapResult:
    return gap.run(workspace, now=commune.NOW)


def test_areas_hold_exactly_the_people_that_each_operator_misses(result: GapResult) -> None:
    assert result.areas_of("viettel")
    assert result.areas_of("two_or_more")
    for operator in GROUPS:
        areas = result.areas_of(operator)
        assert sum(area.people for area in areas) == pytest.approx(result.operators[operator].uncovered)
        assert [area.rank for area in areas] == list(range(1, len(areas) + 1))
        people = [area.people for area in areas]
        assert people == sorted(people, reverse=True)


def test_an_operator_s_area_is_explained_by_its_own_masts(result: GapResult) -> None:
    [far] = [area for area in result.areas_of("viettel") if area.hamlet == "Thôn Thượng"]
    assert far.nearest_site == "S1"
    assert far.nearest_site_m > 2000
    [near] = [area for area in result.areas_of("vnpt") if area.hamlet == "Thôn Hạ"]
    assert near.nearest_site == "S2"


def test_where_one_serves_the_second_is_looked_for_among_the_others(result: GapResult) -> None:
    reasons = {area.hamlet: area.nearest_site for area in result.areas_of("two_or_more")}
    assert reasons["Thôn Thượng"] == "S1"
    assert reasons["Thôn Hạ"] == "S2"


def test_json_names_the_operator_and_begins_with_any(result: GapResult) -> None:
    areas = gap.to_json(result)["areas"]
    assert isinstance(areas, list)
    order = [area["operator"] for area in areas]
    assert order == sorted(order, key=GROUPS.index)
    keys = {"id", "rank", "people", "reason", "facts", "lon", "lat", "hamlet", "nearest_site", "nearest_road"}
    assert all(keys <= set(area) for area in areas)
    assert len({area["id"] for area in areas}) == len(areas)


def test_fibre_is_counted_for_each_hamlet_and_adds_up(result: GapResult) -> None:
    counted = {row.name: row.figures for row in result.fiber.hamlets}
    assert counted["Thôn Hạ"].covered == pytest.approx(100)
    assert counted["Thôn Thượng"].uncovered == pytest.approx(100)
    assert counted["Thôn Mới"].unknown == pytest.approx(30)
    for name in ("total", "covered", "uncovered", "unknown"):
        whole = getattr(result.fiber.figures, name)
        assert sum(getattr(row, name) for row in counted.values()) == pytest.approx(whole)


def test_without_any_access_point_fibre_is_unknown_not_absent(tmp_path: Path) -> None:
    bare = commune.empty(tmp_path / "w", population=400)
    row, point = commune.site(1, commune.at(1500, 1500))
    hamlet = {"id": "T1", "name": "Thôn Hạ", "population": 400, "households": 100}
    bare.store.replace(
        {
            "site": commune.table([row], [point]),
            "hamlet": commune.table([hamlet], [commune.block(0, 0, 3000)]),
        }
    )
    options = CoverageOptions(cell_m=50, assume_flat_m=2, assume_clutter_m=6)
    coverage.run(bare, options, now=commune.NOW)
    [counted] = gap.run(bare, now=commune.NOW).fiber.hamlets
    assert (counted.figures.covered, counted.figures.uncovered) == (0, 0)
    assert counted.figures.unknown == pytest.approx(100)


@pytest.fixture(scope="module")
def pair(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same land as two communes, with a place in each and one without a position."""
    folder = shutil.copytree(workspace.folder, tmp_path_factory.mktemp("pair") / "w")
    made = open_workspace(folder)
    halves = [{"id": code, "name": f"Xã {code}", "code": code} for code in ("S", "N")]
    places = [
        {"id": "P1", "name": "Nhà văn hóa Hạ", "kind": "cultural_house", "hamlet_id": "T1"},
        {"id": "P2", "name": "Nhà văn hóa Thượng", "kind": "cultural_house", "hamlet_id": "T2"},
        {"id": "P3", "name": "Trường Thượng", "kind": "school", "hamlet_id": "T2"},
    ]
    made.store.replace(
        {
            "boundary": commune.table(
                halves, [commune.block(0, 0, 3000, 1500), commune.block(0, 1500, 3000, 1500)]
            ),
            "place": commune.table(places, [commune.at(450, 450), commune.at(2600, 2600), None]),
        }
    )
    coverage.run(made, CoverageOptions(cell_m=50), now=commune.NOW)
    return made


def test_the_communes_of_a_city_add_up_to_it(pair: Workspace) -> None:
    whole, south, north = (run(pair, commune=code, now=commune.NOW) for code in (None, "S", "N"))
    assert [hamlet.id for hamlet in south.hamlets] == ["T1"]
    assert [hamlet.id for hamlet in north.hamlets] == ["T2"]
    for name, figures in whole.operators.items():
        for state in ("total", "covered", "uncovered", "unknown"):
            parts = getattr(south.operators[name], state) + getattr(north.operators[name], state)
            assert parts == pytest.approx(getattr(figures, state))
    assert south.operators["any"].total == pytest.approx(400)
    assert [place.id for place in south.places] == ["P1"]
    assert [place.id for place in north.places] == ["P2", "P3"]
    assert (south.wifi.figures.total, north.wifi.figures.total) == (1, 1)
    assert (south.fiber.figures.total, north.fiber.figures.total) == (100, 100)
    own = {(area.operator, area.id): area.people for part in (south, north) for area in part.areas}
    assert own == {(area.operator, area.id): area.people for area in whole.areas}


def test_a_commune_that_is_not_there_is_named(pair: Workspace) -> None:
    with pytest.raises(NotFoundError, match="commune_unknown"):
        run(pair, commune="W", now=commune.NOW)
