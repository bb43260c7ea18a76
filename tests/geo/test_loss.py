"""Loss around a mast: near by 38.901, far over the profile, blended between; kept under a key."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from geo.grid import Grid
from geo.kernels.field import CENTI, NO_LOSS
from geo.loss import BLEND_FROM_M, BLEND_TO_M, Loss, Losses, Path, loss_around
from geo.p1812 import area_loss_db
from geo.propagation import MODELS
from geo.sight import Blocks
from geo.terrain import Surface
from tests import build


@pytest.fixture(scope="module")
def hills() -> Surface:
    on = build.grid(rows=161, cols=161)
    return build.rough(on, seed=5)


def path(on: Grid, **changes: object) -> Path:
    x_m, y_m = (float(value) for value in on.to_xy(80, 80))
    values: dict[str, object] = {
        "x_m": x_m,
        "y_m": y_m,
        "height_m": 36.0,
        "receiver_height_m": 1.5,
        "frequency_mhz": 2550.0,
        "reach_m": 790.0,
        "model": MODELS["rma"],
        "over_profile": False,
        "method": "exact",
        "correction": None,
    }
    return Path(**{**values, **changes})  # type: ignore[arg-type]


def around(surface: Surface, wanted: Path) -> Loss:
    found = loss_around(wanted, Blocks.of(surface))
    assert found is not None
    return found


def away_m(found: Loss) -> np.ndarray:
    side = found.loss_cdb.shape[0] // 2
    rows, cols = np.mgrid[-side : side + 1, -side : side + 1]
    return np.hypot(rows, cols) * found.cell_m


def test_the_profile_takes_over_between_250_and_500_metres(hills: Surface) -> None:
    near = around(hills, path(hills.grid))
    both = around(hills, path(hills.grid, over_profile=True))
    x_m, y_m = (float(value) for value in hills.grid.to_xy(80, 80))
    side = both.loss_cdb.shape[0] // 2
    far_db, window = area_loss_db(
        hills, x_m=x_m, y_m=y_m, tx_height_m=36.0, frequency_mhz=2550.0, radius_m=790.0, method="exact"
    )
    at = slice(side - window.rows // 2, side + window.rows // 2 + 1)
    rma_db, mixed_db = (part.loss_cdb[at, at] / CENTI for part in (near, both))
    level_m = away_m(both)[at, at]
    known = (near.loss_cdb[at, at] != NO_LOSS) & ~np.isnan(far_db)
    weight = np.clip((level_m - BLEND_FROM_M) / (BLEND_TO_M - BLEND_FROM_M), 0.0, 1.0)
    expected_db = (1 - weight) * rma_db + weight * np.nan_to_num(far_db)
    assert known.sum() > 15_000
    assert np.abs(mixed_db - expected_db)[known].max() < 0.011
    assert (both.loss_cdb[at, at] == near.loss_cdb[at, at])[known & (level_m <= BLEND_FROM_M)].all()


def test_beyond_an_unknown_height_nothing_is_certain_over_the_profile(hills: Surface) -> None:
    clutter_m = hills.clutter_height_m.copy()
    clutter_m[20, :] = np.nan
    torn = Surface(grid=hills.grid, ground_m=hills.ground_m, clutter_height_m=clutter_m)
    found = around(torn, path(hills.grid, over_profile=True))
    side = found.loss_cdb.shape[0] // 2
    behind = found.loss_cdb[side - 75 : side - 62, side]
    assert (behind == NO_LOSS).all()
    assert (found.least_cdb[side - 75 : side - 62, side] != NO_LOSS).all()
    assert found.loss_cdb[side - 40, side] != NO_LOSS


def test_the_key_names_all_that_the_loss_rests_on(hills: Surface) -> None:
    first = path(hills.grid)
    others = [
        replace(first, x_m=first.x_m + 0.1),
        replace(first, height_m=37.0),
        replace(first, frequency_mhz=3750.0),
        replace(first, receiver_height_m=2.0),
        replace(first, reach_m=800.0),
        replace(first, model=MODELS["uma"]),
        replace(first, over_profile=True),
        replace(first, method="radial"),
    ]
    keys = [one.key for one in (first, *others)]
    assert len(set(keys)) == len(keys)
    assert replace(first).key == first.key


def test_what_is_kept_is_taken_and_equals_what_is_computed(hills: Surface) -> None:
    kept: dict[str, Losses] = {}

    class Memory:
        def get(self, key: str) -> Losses | None:
            return kept.get(key)

        def put(self, key: str, losses: Losses) -> None:
            assert key not in kept
            kept[key] = losses

    found = [loss_around(path(hills.grid), Blocks.of(hills), store=Memory()) for _ in range(2)]
    assert len(kept) == 1
    for one, other in itertools.pairwise(found):
        assert one is not None
        assert other is not None
        assert (one.loss_cdb == other.loss_cdb).all()
        assert (one.marks == other.marks).all()
