"""A thrifty estimate leaves out only what decides nothing; carriers of one mast share one look around."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.coverage import Coverage, estimate
from geo.grid import Grid
from geo.loss import Path, loss_around, losses_around
from geo.p1812 import area_loss_db
from geo.propagation import MODELS
from geo.radio import Transmitter
from geo.sight import Blocks
from geo.terrain import Surface
from tests import build


@pytest.fixture(scope="module")
def hills() -> Surface:
    on = build.grid(rows=180, cols=200, cell_m=20.0)
    rows, cols = np.indices(on.shape)
    rng = np.random.default_rng(8)
    ground = (30.0 * np.sin(rows / 17.0) * np.cos(cols / 23.0) + 30.0).astype(np.float32)
    clutter = np.where(rng.random(on.shape) < 0.2, rng.uniform(3.0, 9.0, on.shape), 0.0).astype(np.float32)
    clutter[140:160, 20:60] = np.nan
    return Surface(grid=on, ground_m=ground, clutter_height_m=clutter)


def network(on: Grid) -> list[Transmitter]:
    rng = np.random.default_rng(3)
    places = rng.uniform((0, 0), on.shape, (9, 2))
    return [
        build.sector(
            row=row, col=col, on=on, id=f"s{mast}-{band}-{azimuth:.0f}", mast_id=f"m{mast}", band=band,
            frequency_mhz=frequency_mhz, operators=("AB"[mast % 2],), azimuth_deg=azimuth,
            horizontal_beamwidth_deg=65.0, vertical_beamwidth_deg=10.0, electrical_tilt_deg=3.0,
            tx_power_dbm=43.0,
        )
        for mast, (row, col) in enumerate(places)
        for band, frequency_mhz in (("n28", 763.0), ("n41", 2550.0))
        for azimuth in (0.0, 120.0, 240.0)
    ]  # fmt: skip


LIMITS_M = {"default": 1_700.0, "n28": 2_400.0}


def run(surface: Surface, **options: object) -> Coverage:
    sectors = network(surface.grid)
    usual = {"levels": build.levels(), "limits": LIMITS_M, "model": "p1812", "workers": 2}
    return estimate(sectors, surface, **{**usual, **options})  # type: ignore[arg-type]


def test_what_a_thrifty_estimate_leaves_out_decides_nothing(
    hills: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.coverage.NEARBY_M", 600.0)
    whole, thrifty = run(hills), run(hills, thrifty=True)
    for operator in whole.operators:
        np.testing.assert_array_equal(whole.power_dbm[operator], thrifty.power_dbm[operator])
        np.testing.assert_array_equal(whole.server[operator], thrifty.server[operator])
        np.testing.assert_array_equal(whole.state(operator), thrifty.state(operator))
        np.testing.assert_array_equal(whole.blocked[operator], thrifty.blocked[operator])
        assert len(np.unique(whole.state(operator))) >= 2


def test_a_thrifty_estimate_looks_at_fewer_pixels(hills: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def count(*args: object, **named: object) -> object:
        wanted = named["wanted"]
        asked.append(1.0 if wanted is None else float(np.asarray(wanted).mean()))
        return area_loss_db(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("geo.p1812.area_loss_db", count)
    monkeypatch.setattr("geo.coverage.NEARBY_M", 600.0)
    run(hills, thrifty=True)
    assert len(asked) == 2 * 18
    assert np.mean(asked[18:]) < 0.5


def path(on: Grid, **changes: object) -> Path:
    x_m, y_m = (float(value) for value in on.to_xy(90, 100))
    usual = Path(
        x_m=x_m, y_m=y_m, height_m=36.0, receiver_height_m=1.5, frequency_mhz=763.0, reach_m=1_500.0,
        model=MODELS["rma"], over_profile=True, method="radial", rim_m=2_400.0, ray_m=2_400.0,
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_carriers_that_share_a_look_have_the_losses_of_each_alone(hills: Surface) -> None:
    blocks = Blocks.of(hills)
    paths = [
        path(hills.grid, frequency_mhz=3750.0, reach_m=800.0),
        path(hills.grid),
        path(hills.grid, model=None),
    ]
    for one, shared in zip(paths, losses_around(paths, blocks), strict=True):
        alone = loss_around(one, blocks)
        assert alone is not None
        assert shared is not None
        np.testing.assert_array_equal(alone.loss_cdb, shared.loss_cdb)
        np.testing.assert_array_equal(alone.least_cdb, shared.least_cdb)
        assert (alone.row0, alone.col0) == (shared.row0, shared.col0)


@pytest.mark.parametrize("over_profile", [False, True])
def test_with_one_rim_a_small_disc_is_the_middle_of_a_large_one(hills: Surface, over_profile: bool) -> None:
    blocks = Blocks.of(hills)
    small, large = (
        loss_around(path(hills.grid, reach_m=reach_m, over_profile=over_profile), blocks)
        for reach_m in (600.0, 2_000.0)
    )
    assert small is not None
    assert large is not None
    edge = (large.loss_cdb.shape[0] - small.loss_cdb.shape[0]) // 2
    middle = large.loss_cdb[edge:-edge, edge:-edge]
    rows, cols = np.indices(small.loss_cdb.shape) - small.loss_cdb.shape[0] // 2
    within = np.hypot(rows, cols) * 20.0 <= 600.0
    np.testing.assert_array_equal(small.loss_cdb[within], middle[within])


def test_wanted_pixels_have_the_loss_that_they_have_among_all(hills: Surface) -> None:
    x_m, y_m = (float(value) for value in hills.grid.to_xy(90, 100))
    call = {"x_m": x_m, "y_m": y_m, "tx_height_m": 30.0, "frequency_mhz": 2550.0, "radius_m": 1_600.0}
    whole_db, window = area_loss_db(hills, **call)  # type: ignore[arg-type]
    wanted = np.zeros(window.shape, dtype=np.uint8)
    wanted[20:60, 30:130] = 1
    some_db, _ = area_loss_db(hills, wanted=wanted, **call)  # type: ignore[arg-type]
    assert np.isfinite(some_db).sum() == np.isfinite(whole_db[wanted > 0]).sum() > 1_000
    np.testing.assert_array_equal(some_db[wanted > 0], whole_db[wanted > 0])
