"""Before anybody agrees with a coordinate system, the map shows where its rows would fall."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.crs import WGS84, move
from planning import exchange, position
from planning.intake import Answers
from planning.workspace import Workspace, create

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
AREA = shapely.box(106.44, 20.80, 106.50, 20.86)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    outline = gpd.GeoDataFrame(geometry=[AREA], crs=4326)
    return create(tmp_path / "w", boundary=outline, name="Thử", code="", now=NOW)


@pytest.fixture
def masts(tmp_path: Path) -> Path:
    """Two masts in the commune, in metres of the zone 105°30' that the file does not name."""
    points = move(shapely.points([[106.45, 20.81], [106.48, 20.85]]), epsg_from=WGS84, epsg_to=9209)
    lines = [f"S{n},Viettel,{point.y:.3f},{point.x:.3f}" for n, point in enumerate(points)]
    path = tmp_path / "tram.csv"
    path.write_text("\n".join(["Mã,Nhà mạng,X (Bắc),Y (Đông)", *lines]), encoding="utf-8")
    return path


def found(workspace: Workspace, path: Path, epsg: int | None) -> position.Whereabouts:
    shown = exchange.preview(workspace, path, layer="site", answers=Answers(epsg=epsg))
    return position.find(workspace, shown)


def test_the_zone_proposed_lies_inside_and_the_other_one_26_km_off(workspace: Workspace, masts: Path) -> None:
    where = found(workspace, masts, None)
    assert (where.epsg, where.n_inside, where.n_near, where.n_far) == (9209, 2, 0, 0)
    assert where.other_epsg == workspace.calc_epsg == 9210
    shift = [b.x - a.x for a, b in zip(where.shapes, where.others, strict=True)]
    assert shift == pytest.approx([0.25, 0.25], abs=1e-3)
    assert 22 < where.other_km < 26


def test_a_wrong_choice_is_seen_at_once(workspace: Workspace, masts: Path) -> None:
    where = found(workspace, masts, 9210)
    assert (where.n_inside, where.n_far) == (0, 2)
    assert 20 < where.farthest_km < 26
    assert where.other_epsg == 9209
    assert all(AREA.covers(shape) for shape in where.others)


def test_without_an_outline_nothing_is_said_of_inside_and_outside(tmp_path: Path, masts: Path) -> None:
    bare = create(tmp_path / "bare", boundary=None, name="Thử", code="", now=NOW)
    where = found(bare, masts, 9209)
    assert len(where.shapes) == 2
    assert (where.n_inside, where.n_near, where.n_far) == (0, 0, 0)
