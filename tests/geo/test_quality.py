"""Interference, second server and throughput against each sector estimated alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.coverage import estimate
from geo.errors import CancelledError
from geo.grid import Grid
from geo.quality import Quality, Traffic, quality
from geo.radio import Transmitter, noise_per_re_dbm
from geo.terrain import Surface
from geo.throughput import best_server_sinr_db, link_mbps
from planning import data
from tests import build

TRAFFIC = Traffic(
    load_share=0.5,
    noise_figure_db=7.0,
    tdd_share=0.75,
    resource_share=1.0,
    n_layers=2,
    schemes=data.coding_schemes(),
)


def network() -> list[Transmitter]:
    directed = {"horizontal_beamwidth_deg": 65.0, "vertical_beamwidth_deg": 8.0}
    return [
        build.sector(
            id=f"{mast}{azimuth:.0f}", mast_id=mast, row=row, col=col, azimuth_deg=azimuth, **directed
        )
        for mast, row, col in (("m", 10, 10), ("n", 45, 50))
        for azimuth in (0.0, 120.0, 240.0)
    ]


def run(sectors: list[Transmitter], surface: Surface, **changes: object) -> dict[str, Quality]:
    values: dict[str, object] = {
        "levels": build.levels(),
        "limits": build.LIMITS_M,
        "traffic": TRAFFIC,
        "tdd_bands": frozenset({"n41"}),
    }
    return quality(sectors, surface, **{**values, **changes})  # type: ignore[arg-type]


def alone_dbm(sectors: list[Transmitter], surface: Surface) -> np.ndarray:
    return np.stack(
        [
            estimate([one], surface, levels=build.levels(), limits=build.LIMITS_M).power_dbm["A"]
            for one in sectors
        ]
    )


def test_sinr_second_and_number_of_servers_are_those_of_the_sectors_alone(tiny_grid: Grid) -> None:
    surface, sectors = build.rough(tiny_grid, seed=4), network()
    found = run(sectors, surface)["A"]
    each_dbm = alone_dbm(sectors, surface)
    noise_dbm = noise_per_re_dbm(scs_khz=30.0, noise_figure_db=7.0)
    expected_db, _ = best_server_sinr_db(each_dbm, np.full(6, 0.5), noise_dbm=noise_dbm)
    assert found.sinr_db == pytest.approx(expected_db, abs=0.05)
    ranked = np.sort(each_dbm, axis=0)
    assert found.second_dbm == pytest.approx(ranked[-2], abs=0.01)
    assert found.lead_db == pytest.approx(ranked[-1] - ranked[-2], abs=0.01)
    clear = (ranked[-2] - ranked[-3] > 0.01) & (found.lead_db > 0.01)  # else two may stand second
    assert (found.second == np.argsort(each_dbm, axis=0)[-2])[clear].all()
    assert clear.mean() > 0.5
    assert (found.n_servers == (each_dbm >= -97.0).sum(axis=0)).mean() > 0.999


def test_throughput_follows_from_sinr_and_falls_with_the_load(tiny_grid: Grid) -> None:
    surface, sectors = build.surface(tiny_grid), network()
    found = run(sectors, surface)["A"]
    expected = link_mbps(
        found.sinr_db, data.coding_schemes(), n_rb=273, scs_khz=30.0, n_layers=2, tdd_share=0.75
    )
    assert found.throughput_mbps == pytest.approx(expected, rel=1e-5)
    busy = run(sectors, surface, traffic=replace(TRAFFIC, load_share=1.0))["A"]
    assert (busy.throughput_mbps <= found.throughput_mbps).all()
    assert busy.throughput_mbps.mean() < found.throughput_mbps.mean()
    fdd = run(sectors, surface, tdd_bands=frozenset())["A"]
    assert fdd.throughput_mbps.max() == pytest.approx(found.throughput_mbps.max() / 0.75, rel=1e-5)


def test_other_carriers_and_operators_do_not_interfere(tiny_grid: Grid) -> None:
    surface, sectors = build.surface(tiny_grid), network()
    alone = run(sectors[:1], surface)["A"]
    apart = [sectors[0]] + [replace(one, frequency_mhz=3750.0, band="n78") for one in sectors[1:]]
    both = run(apart, surface)["A"]
    assert (both.throughput_mbps >= alone.throughput_mbps - 1e-3).all()
    rival = [sectors[0]] + [replace(one, operators=("B",)) for one in sectors[1:]]
    assert run(rival, surface)["A"].sinr_db == pytest.approx(alone.sinr_db, nan_ok=True)


def test_an_interferer_of_unknown_path_is_taken_at_its_strongest(tiny_grid: Grid) -> None:
    clutter_m = np.zeros(tiny_grid.shape, dtype=np.float32)
    clutter_m[30] = np.nan
    known = build.surface(tiny_grid)
    torn = Surface(grid=tiny_grid, ground_m=known.ground_m, clutter_height_m=clutter_m)
    sectors = network()
    there, whole = run(sectors, torn)["A"], run(sectors, known)["A"]
    served = ~np.isnan(there.sinr_db)
    assert (there.sinr_db[served] <= whole.sinr_db[served] + 0.05).all()
    assert there.sinr_db[served].mean() < whole.sinr_db[served].mean()


def test_it_can_be_cancelled_and_shows_its_progress(tiny_grid: Grid) -> None:
    seen: list[float] = []
    run(network(), build.surface(tiny_grid), progress=seen.append)
    assert seen[-1] == 1.0
    with pytest.raises(CancelledError):
        run(network(), build.surface(tiny_grid), cancelled=lambda: True)
