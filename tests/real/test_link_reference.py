"""Fading, throughput, noise and channel numbers against the reference tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.channel import bands_of_arfcn, mhz_to_nr_arfcn
from geo.probability import shadow_sigma_db
from geo.radio import noise_per_re_dbm
from geo.throughput import shannon_mbps, ss_sinr_db

pytestmark = pytest.mark.real

BANDS = {
    "n1 DL": (2110.0, 2170.0),
    "n1 UL": (1920.0, 1980.0),
    "n28 DL": (758.0, 803.0),
    "n28 UL": (703.0, 748.0),
    "n41": (2496.0, 2690.0),
    "n77": (3300.0, 4200.0),
    "n78": (3300.0, 3800.0),
}


def reference(shared: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(shared / "reference" / "tr38901" / f"{name}.csv")
    assert len(table) >= 60
    return table


@pytest.mark.parametrize("sight", ["los", "nlos"])
@pytest.mark.parametrize("model", ["rma", "uma", "umi"])
def test_shadow_fading(shared: Path, model: str, sight: str) -> None:
    table = reference(shared, f"pathloss_{model}_{sight}")
    found = shadow_sigma_db(model, los=sight == "los", beyond_breakpoint=table["branch"] == "PL2")
    assert np.broadcast_to(found, len(table)).tolist() == table["sigma_sf_db"].tolist()


def test_truncated_shannon_of_the_downlink(shared: Path) -> None:
    table = reference(shared, "truncated_shannon")
    table = table[(table["link"] == "dl") & (table["alpha"] == 0.6) & (table["thr_max_bps_hz"] == 4.4)]
    assert len(table) >= 20
    found = [shannon_mbps(row.snir_db, bandwidth_mhz=row.bw_mhz) for row in table.itertuples()]
    assert np.abs(np.array(found) - table["thr_mbps"]).max() <= 1e-6


def test_sinr_without_interference_is_the_power_over_the_noise(shared: Path) -> None:
    for row in reference(shared, "thermal_noise_per_re").itertuples():
        noise_dbm = noise_per_re_dbm(
            scs_khz=row.scs_khz, noise_figure_db=row.noise_figure_db, temperature_k=row.temperature_k
        )
        sinr_db = ss_sinr_db(-90.0, 0.0, noise_dbm=noise_dbm)
        assert float(sinr_db) == pytest.approx(-90.0 - row.noise_re_ktb_dbm, abs=1e-6)


def test_channel_numbers_both_ways(shared: Path) -> None:
    table = reference(shared, "nr_arfcn")
    assert mhz_to_nr_arfcn(table["f_ref_mhz"]).tolist() == table["n_ref"].tolist()
    banded = table.dropna(subset=["band"])
    assert len(banded) >= 30
    for row in banded.itertuples():
        names = {name.partition(" ")[0] for name in bands_of_arfcn(row.n_ref, BANDS)}
        assert row.band in names
