"""Speed of line of sight with path loss: pixels of one mast's disc for each second of processor time."""

from __future__ import annotations

import time

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from geo.coverage import estimate, warm
from geo.kernels import field
from geo.propagation import MODELS
from geo.sight import Blocks
from geo.terrain import Surface
from tests import build

RADIUS = 500


def delta(side: int) -> Surface:
    """Flat ground with a tenth of the cells under houses of 4 to 12 m, as in a commune of the delta."""
    rng = np.random.default_rng(1)
    on = build.grid(rows=side, cols=side)
    houses = np.where(rng.random(on.shape) < 0.1, rng.uniform(4.0, 12.0, on.shape), 0.0).astype(np.float32)
    return Surface(grid=on, ground_m=np.full(on.shape, 2.0, dtype=np.float32), clutter_height_m=houses)


@pytest.mark.bench
def test_pixels_for_each_second_of_processor_time(benchmark: BenchmarkFixture) -> None:
    blocks = Blocks.of(delta(1100)).cut(row=550, col=550, radius_cells=RADIUS)
    model = MODELS["rma"]
    terms = model.terms(frequency_mhz=2550.0, tx_height_m=36.0, rx_height_m=1.5)
    loss_cdb, least_cdb = np.empty((2, *blocks.grid.shape), dtype=np.int16)
    spent: list[float] = []

    def field_of_one_mast() -> None:
        start = time.process_time()
        marks = blocks.marks(east_m=0.0, north_m=0.0, altitude_m=38.0, receiver_height_m=1.5, method="radial")
        field.loss(10.0, 0.0, 0.0, 5000.0, 38.0, 36.0, 1.5, model.los_limit_m, model.nlos_limit_m, terms,
                   blocks.ground_m, marks, loss_cdb, least_cdb)  # fmt: skip
        spent.append(time.process_time() - start)

    benchmark.pedantic(field_of_one_mast, rounds=15, warmup_rounds=2)
    pixels = int((loss_cdb != field.NO_LOSS).sum())
    best, middle = pixels / min(spent) / 1e6, pixels / float(np.median(spent)) / 1e6
    print(f"\npath loss + line of sight: {middle:.1f} M px/s/core median, {best:.1f} best")
    assert best >= 15.0


@pytest.mark.bench
def test_a_commune_of_25_masts_takes_less_than_ten_seconds(benchmark: BenchmarkFixture) -> None:
    warm()
    surface = delta(1900)
    places = np.random.default_rng(2).uniform(500, 1400, (25, 2))
    sectors = [
        build.sector(
            row=row, col=col, on=surface.grid, id=f"m{mast}-{azimuth:.0f}", mast_id=f"m{mast}",
            operators=("ABC"[mast % 3],), azimuth_deg=azimuth, horizontal_beamwidth_deg=65.0,
            vertical_beamwidth_deg=8.0, electrical_tilt_deg=4.0, mechanical_tilt_deg=2.0,
        )
        for mast, (row, col) in enumerate(places)
        for azimuth in (0.0, 120.0, 240.0)
    ]  # fmt: skip
    run = {"levels": build.levels(), "limits": build.LIMITS_M}
    benchmark.pedantic(estimate, args=(sectors, surface), kwargs=run, rounds=2)
    assert benchmark.stats.stats.min < 10.0
