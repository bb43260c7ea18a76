"""One transmitter, 10 km, cells of 30 m: the conditions under which the peers' figures are given."""

from __future__ import annotations

import time

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from geo.kernels.field import NO_LOSS
from geo.loss import Path, loss_around
from geo.propagation import MODELS
from geo.sight import Blocks
from geo.terrain import Surface
from tests import build

SIDE = 669


def hills() -> Surface:
    """Waves of 60 m with a tenth of the cells under houses, in cells of 30 m."""
    on = build.grid(rows=SIDE, cols=SIDE, cell_m=30.0)
    rows, cols = np.indices(on.shape)
    rng = np.random.default_rng(12)
    ground = (60.0 + 60.0 * np.sin(rows / 31.0) * np.cos(cols / 43.0)).astype(np.float32)
    houses = np.where(rng.random(on.shape) < 0.1, rng.uniform(4.0, 12.0, on.shape), 0.0).astype(np.float32)
    return Surface(grid=on, ground_m=ground, clutter_height_m=houses)


@pytest.mark.bench
@pytest.mark.parametrize(("model", "floor"), [("free_space", 15.0), ("rma", 15.0)])
def test_pixels_for_each_second_of_processor_time(
    benchmark: BenchmarkFixture, model: str, floor: float
) -> None:
    surface = hills()
    x_m, y_m = (float(value) for value in surface.grid.to_xy(SIDE // 2, SIDE // 2))
    path = Path(
        x_m=x_m, y_m=y_m, height_m=30.0, receiver_height_m=1.5, frequency_mhz=3500.0, reach_m=10_000.0,
        model=MODELS[model], over_profile=False, method="radial",
    )  # fmt: skip
    blocks, spent = Blocks.of(surface), []

    def one_mast() -> int:
        start = time.process_time()
        found = loss_around(path, blocks)
        spent.append(time.process_time() - start)
        assert found is not None
        return int(((found.loss_cdb != NO_LOSS) | (found.least_cdb != NO_LOSS)).sum())

    pixels = benchmark.pedantic(one_mast, rounds=15, warmup_rounds=2)
    best, middle = pixels / min(spent) / 1e6, pixels / float(np.median(spent)) / 1e6
    print(f"\n{model} with line of sight: {middle:.1f} M px/s/core median, {best:.1f} best")
    benchmark.extra_info["million_pixels_per_cpu_second"] = middle
    assert best >= floor
