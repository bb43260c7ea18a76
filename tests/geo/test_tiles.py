"""Work handed out by squares of land gives the same rasters as one process."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from geo import tiles
from geo.coverage import Coverage, estimate
from geo.errors import CancelledError
from geo.grid import Grid
from geo.radio import Transmitter
from geo.terrain import Surface
from tests import build


def network(on: Grid) -> list[Transmitter]:
    rng = np.random.default_rng(6)
    return [
        build.sector(
            id=f"{mast}-{azimuth:.0f}", mast_id=f"{mast}", row=row, col=col, on=on, azimuth_deg=azimuth,
            operators=("AB"[mast % 2],), horizontal_beamwidth_deg=65.0, vertical_beamwidth_deg=8.0,
        )
        for mast, (row, col) in enumerate(rng.integers(5, 195, (14, 2)))
        for azimuth in (0.0, 120.0, 240.0)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def rough() -> Surface:
    on = build.grid(rows=200, cols=200)
    surface = build.rough(on, seed=9)
    clutter_m = surface.clutter_height_m.copy()
    clutter_m[90:96, 60:70] = np.nan
    return Surface(grid=on, ground_m=surface.ground_m, clutter_height_m=clutter_m).filled()


def run(surface: Surface, **changes: object) -> Coverage:
    limits = {"default": 900.0}
    return estimate(network(surface.grid), surface, levels=build.levels(), limits=limits, **changes)  # type: ignore[arg-type]


def require_equal(one: Coverage, other: Coverage) -> None:
    for operator in one.operators:
        for name in ("power_dbm", "server", "possible_dbm", "assumed", "blocked"):
            assert np.array_equal(
                getattr(one, name)[operator],
                getattr(other, name)[operator],
                equal_nan=name in ("power_dbm", "possible_dbm"),
            )
        assert one.extended[operator] == other.extended[operator]


def test_two_processes_give_the_rasters_of_one(rough: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles.split, "__kwdefaults__", {"side_m": 500.0})
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        require_equal(run(rough), run(rough, executor=pool))


def test_tasks_are_pure_and_can_be_sent(rough: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    class Wire(ThreadPoolExecutor):
        def submit(self, function, tile):  # type: ignore[no-untyped-def]
            sent.append(pickle.dumps((function, tile)))
            return super().submit(*pickle.loads(sent[-1]))  # noqa: S301 - written one line above

    monkeypatch.setattr(tiles.split, "__kwdefaults__", {"side_m": 500.0})
    with Wire(2) as pool:
        require_equal(run(rough), run(rough, executor=pool))
    assert len(sent) > 4


def test_it_shows_its_progress_and_can_be_cancelled(rough: Surface) -> None:
    seen: list[float] = []
    with ThreadPoolExecutor(2) as pool:
        run(rough, executor=pool, progress=seen.append)
        assert seen[-1] == 1.0
        with pytest.raises(CancelledError):
            run(rough, executor=pool, cancelled=lambda: True)
