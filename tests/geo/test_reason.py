"""Why a place is not served."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from geo.coverage import Levels
from geo.field import reach_m
from geo.gap import Area
from geo.grid import Grid
from geo.link import budget, profile_to
from geo.radio import Transmitter
from geo.reason import Reason, explain
from geo.terrain import Surface

LEVELS = Levels(
    names=("good", "limited", "weak", "none"),
    lower_dbm=(-95.0, -105.0, -110.0, -np.inf),
    covered=(True, True, False, False),
    margin_db=8.0,
)
GRID = Grid(epsg=9210, west_m=575_000, north_m=2_305_000, cell_m=10, rows=400, cols=600)


def sector(**changes: object) -> Transmitter:
    values: dict[str, object] = {
        "id": "A1",
        "mast_id": "A",
        "operators": ("a",),
        "technology": "5G",
        "band": "n41",
        "x_m": 575_505.0,
        "y_m": 2_303_005.0,
        "height_m": 36.0,
        "frequency_mhz": 2550.0,
        "bandwidth_mhz": 100.0,
        "n_rb": 273,
        "scs_khz": 30.0,
        "tx_power_dbm": 53.0,
        "gain_dbi": 22.0,
        "horizontal_beamwidth_deg": 65.0,
        "vertical_beamwidth_deg": 8.0,
        "azimuth_deg": 90.0,
    }
    return Transmitter(**{**values, **changes})  # type: ignore[arg-type]


def area(x_m: float) -> Area:
    point = shapely.Point(x_m, 2_303_005.0)
    return Area(people=10, shape=point.buffer(50), x_m=x_m, y_m=point.y, members=np.array([0]))


def surface(wall_m: float = 0.0) -> Surface:
    clutter_m = np.zeros(GRID.shape, dtype=np.float32)
    clutter_m[:, 200] = wall_m  # a wall 1.5 km east of the mast
    return Surface(grid=GRID, ground_m=np.zeros(GRID.shape, dtype=np.float32), clutter_height_m=clutter_m)


def why(ground: Surface, sectors: list[Transmitter], x_m: float) -> tuple[Reason, float]:
    found = explain(
        [area(x_m)],
        sectors,
        ground,
        levels=LEVELS,
        limits={"default": 5000.0},
        receiver_height_m=1.5,
        convergence_deg=0.0,
        allowance_db=20.0,
    )[0]
    return found.reason, found.distance_m


def test_reasons() -> None:
    assert why(surface(30), [sector()], 577_305)[0] == Reason.SHADOWED
    assert why(surface(30), [sector(tx_power_dbm=20.0, gain_dbi=0.0)], 577_305)[0] == Reason.TOO_FAR
    far = sector(id="B1", mast_id="B", x_m=572_000.0, gain_dbi=35.0, tx_power_dbm=60.0)
    assert why(surface(30), [sector(), far], 577_305)[0] == Reason.SHADOWED
    bare = sector(assumed=frozenset({"tx_power_dbm", "azimuth_deg", "height_m"}))
    assert why(surface(30), [bare], 577_305)[0] == Reason.ONLY_ASSUMED
    reason, distance_m = why(surface(), [], 577_305)
    assert reason == Reason.NO_CELL
    assert math.isnan(distance_m)


def test_the_obstacle_is_the_wall() -> None:
    found = profile_to(surface(30), sector(), 577_305.0, 2_303_005.0, receiver_height_m=1.5).obstacle
    assert found is not None
    assert found.x_m == pytest.approx(577_005, abs=10)
    assert found.clutter_height_m == 30
    assert found.distance_m == pytest.approx(300, abs=10)
    free = profile_to(surface(), sector(), 577_305.0, 2_303_005.0, receiver_height_m=1.5).obstacle
    assert free is not None
    assert free.excess_m < 0


def test_of_many_sectors_the_one_received_best_within_reach_is_looked_at() -> None:
    rng = np.random.default_rng(8)
    sectors = [
        sector(
            id=f"S{number}",
            mast_id=f"M{number}",
            x_m=575_000 + rng.uniform(0, 6000),
            y_m=2_301_000 + rng.uniform(0, 4000),
            height_m=float(rng.choice([4.0, 8.0, 30.0])),  # no model holds for the lowest
            tx_power_dbm=float(rng.uniform(10.0, 50.0)),
            azimuth_deg=float(rng.uniform(0, 360)),
        )
        for number in range(60)
    ]
    for x_m in (575_300.0, 577_305.0, 580_700.0):
        power_dbm = [
            budget(one, x_m, 2_303_005.0, los=True, receiver_height_m=1.5, convergence_deg=0.0).power_dbm
            for one in sectors
        ]
        away_m = [math.hypot(one.x_m - x_m, one.y_m - 2_303_005.0) for one in sectors]
        for largest_m in (2000.0, 1.0):  # some within reach; none, then all come into question
            reaches_m = [
                reach_m(one, lowest_dbm=LEVELS.lowest_dbm, allowance_db=20.0, limits_m={"default": largest_m})
                for one in sectors
            ]
            near = [i for i in range(60) if away_m[i] <= reaches_m[i]] or list(range(60))
            found = explain(
                [area(x_m)],
                sectors,
                surface(),
                levels=LEVELS,
                limits={"default": largest_m},
                receiver_height_m=1.5,
                convergence_deg=0.0,
                allowance_db=20.0,
            )[0]
            assert found.mast_id == sectors[max(near, key=power_dbm.__getitem__)].mast_id
            assert found.nearest_id == sectors[int(np.argmin(away_m))].mast_id
