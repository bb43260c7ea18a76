"""Văn Miếu, Hanoi: streets behind real buildings are shadowed from one street-level site."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from geo import io
from geo.coverage import State, estimate
from geo.grid import Grid
from geo.kernels.sight import BLOCKED, VISITED
from geo.sight import visible
from geo.terrain import Surface
from geo.units import Bytes, Integers
from tests import build, sight_profile

pytestmark = pytest.mark.real

EPSG = 5897
CELL_M = 2.0
LEVEL_M = 3.3
DEFAULT_M = 6.0
ANTENNA_M = 10.0
RADIUS_M = 300.0
RECEIVER_M = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    surface: Surface
    buildings: shapely.STRtree
    share_default: float
    roads: shapely.Geometry
    site: tuple[float, float]


@lru_cache(maxsize=1)
def district(folder: Path) -> District:
    source = folder / "data" / "osm" / "hanoi_vanmieu.gpkg"
    buildings = pyogrio.read_dataframe(source, layer="buildings").to_crs(EPSG)
    roads = pyogrio.read_dataframe(source, layer="roads").to_crs(EPSG)
    levels = buildings["other_tags"].str.extract(r'"building:levels"=>"(\d+)"')[0].astype(float)
    heights_m = (levels * LEVEL_M).fillna(DEFAULT_M)
    grid = Grid.from_bounds(tuple(buildings.total_bounds), cell_m=CELL_M, epsg=EPSG)
    clutter = io.burn(grid, list(zip(buildings.geometry, heights_m, strict=True)), fill=0.0)
    # The site stands on the street nearest to the middle, as a lamp post would.
    streets = roads[roads["highway"].isin(["primary", "secondary", "tertiary", "residential"])]
    middle = shapely.box(*grid.bounds).centroid
    line = streets.geometry.iloc[int(streets.distance(middle).to_numpy().argmin())]
    spot = line.interpolate(line.project(middle))
    centre = grid.to_xy(*grid.to_rowcol(spot.x, spot.y))
    return District(
        surface=Surface(grid=grid, ground_m=np.zeros(grid.shape, dtype=np.float32), clutter_height_m=clutter),
        buildings=shapely.STRtree(buildings.geometry.to_numpy()),
        share_default=float(levels.isna().mean()),
        roads=shapely.union_all(streets.geometry.to_numpy()),
        site=(float(centre[0]), float(centre[1])),
    )


def look(place: District, *, method: str) -> tuple[Grid, Bytes]:
    return visible(
        place.surface,
        x_m=place.site[0],
        y_m=place.site[1],
        height_m=ANTENNA_M,
        receiver_height_m=RECEIVER_M,
        radius_m=RADIUS_M,
        method=method,
    )


def seen_cells(marks: Bytes) -> Integers:
    return np.argwhere(marks > 0)


def test_all_buildings_are_there_and_the_share_of_assumed_heights_is_told(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = district(shared)
    assert len(place.buildings.geometries) == 497
    with capsys.disabled():
        print(f"\nVan Mieu: {100 * place.share_default:.1f} % of 497 buildings have the default height")
    assert place.share_default == pytest.approx((497 - 47) / 497)


def test_exact_sight_equals_a_brute_force_profile_in_300_random_cells(shared: Path) -> None:
    place = district(shared)
    part, marks = look(place, method="exact")
    row, col = (int(value) for value in place.surface.grid.to_rowcol(*place.site))
    radius = part.rows // 2
    cells = seen_cells(marks)
    chosen = cells[np.random.default_rng(1).choice(len(cells), 300, replace=False)]
    wanted = [
        sight_profile.is_blocked(
            place.surface.top_m,
            (row, col),
            ANTENNA_M,
            (int(r) - radius + row, int(c) - radius + col),
            RECEIVER_M,
            cell_m=CELL_M,
        )
        for r, c in chosen
    ]
    found = (marks[chosen[:, 0], chosen[:, 1]] & BLOCKED) > 0
    assert found.tolist() == wanted
    assert 30 < sum(wanted) < 270


def test_radial_sight_equals_exact_sight_in_97_percent(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = district(shared)
    exact, radial = look(place, method="exact")[1], look(place, method="radial")[1]
    seen = exact > 0
    share = float((exact == radial)[seen].mean())
    with capsys.disabled():
        print(f"\nVan Mieu: radial equals exact in {100 * share:.2f} % of {int(seen.sum())} cells")
    assert share >= 0.97


def test_streets_behind_buildings_are_shadowed_and_open_streets_are_not(shared: Path) -> None:
    place = district(shared)
    part, marks = look(place, method="exact")
    cells = seen_cells(marks)
    x_m, y_m = part.to_xy(cells[:, 0], cells[:, 1])
    points = shapely.points(x_m, y_m)
    street = shapely.dwithin(points, place.roads, CELL_M)
    outdoors = np.ones(len(points), dtype=bool)
    outdoors[place.buildings.query(points, predicate="intersects")[0]] = False
    chosen = np.flatnonzero(street & outdoors)
    lines = shapely.linestrings([[place.site, (x_m[i], y_m[i])] for i in chosen])
    shadowed = (marks[cells[chosen, 0], cells[chosen, 1]] & BLOCKED) > 0
    near = np.zeros(len(lines), dtype=bool)
    near[place.buildings.query(lines, predicate="dwithin", distance=1.5 * CELL_M)[0]] = True
    assert not shadowed[~near].any()
    # A building at least 6 m high in the last third of the way hides a place 1.5 m above the street.
    tails = shapely.linestrings(
        [[shapely.get_coordinates(line)[0] * 0.3 + shapely.get_coordinates(line)[1] * 0.7,
          shapely.get_coordinates(line)[1]] for line in lines]
    )  # fmt: skip
    hit, building = place.buildings.query(tails, predicate="intersects")
    deep = shapely.length(shapely.intersection(tails[hit], place.buildings.geometries[building])) > 3 * CELL_M
    behind = np.unique(hit[deep])
    assert len(behind) > 100
    assert shadowed[behind].all()
    assert 0.05 < shadowed.mean() < 0.95


def test_shadow_costs_power_on_the_street(shared: Path) -> None:
    place = district(shared)
    sector = build.sector(
        x_m=place.site[0], y_m=place.site[1], height_m=ANTENNA_M, tx_power_dbm=40.0, gain_dbi=10.0
    )
    found = estimate(
        [sector], place.surface, levels=build.levels(), limits={"default": RADIUS_M}, model="umi"
    )
    assert found.model == "umi"
    assert found.extended["A"] == 0
    x_m, y_m = found.grid.centres()
    distance_m = np.hypot(x_m[None, :] - place.site[0], y_m[:, None] - place.site[1])
    ring = (distance_m > 190) & (distance_m < 200)
    blocked, power = found.blocked["A"], found.power_dbm["A"]
    assert power[ring & ~blocked].min() > power[ring & blocked].max()
    assert (found.state("A")[ring & ~blocked] == State.COVERED).all()
    assert (look(place, method="radial")[1][150, 150] & VISITED) == VISITED
