"""The engine against the reference values of TR 38.901 and of the link budget, within 1e-6 dB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo import radio
from geo.propagation import path_loss_db

pytestmark = pytest.mark.real

TOLERANCE_DB = 1e-6
TOLERANCE_BPS_PER_HZ = 1e-9


def reference(shared: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(shared / "reference" / "tr38901" / f"{name}.csv")
    assert len(table) >= 60
    return table


def worst(found: object, wanted: pd.Series) -> float:
    difference = np.abs(np.asarray(found, dtype=np.float64) - wanted.to_numpy())
    assert np.isfinite(difference).all()
    return float(difference.max())


@pytest.mark.parametrize("sight", ["los", "nlos"])
@pytest.mark.parametrize("model", ["rma", "uma", "umi"])
def test_path_loss(shared: Path, model: str, sight: str) -> None:
    table = reference(shared, f"pathloss_{model}_{sight}")
    loss_db, in_range = path_loss_db(
        model,
        frequency_mhz=table["fc_hz"] / 1e6,
        distance_m=table["d2d_m"],
        tx_height_m=table["h_bs_m"],
        rx_height_m=table["h_ut_m"],
        los=sight == "los",
        building_height_m=table["h_m"].fillna(5.0),
        street_width_m=table["w_m"].fillna(20.0),
    )
    assert worst(loss_db, table["pl_db"]) <= TOLERANCE_DB
    assert in_range.tolist() == (table["in_range"] == 1).tolist()


def test_free_space(shared: Path) -> None:
    table = reference(shared, "free_space")
    loss_db, _ = path_loss_db(
        "free_space",
        frequency_mhz=table["fc_hz"] / 1e6,
        distance_m=table["d3d_m"],
        tx_height_m=1.5,
        rx_height_m=1.5,
        los=True,
    )
    assert worst(loss_db, table["fspl_db"]) <= TOLERANCE_DB


def test_antenna_element(shared: Path) -> None:
    table = reference(shared, "antenna_element")
    gains = [
        radio.antenna_gain_dbi(
            row.theta_deg,
            row.phi_deg,
            gain_dbi=row.g_max_dbi,
            horizontal_beamwidth_deg=row.phi_3db_deg,
            vertical_beamwidth_deg=row.theta_3db_deg,
            side_lobe_limit_db=row.sla_v_db,
            front_back_limit_db=row.a_max_db,
        )
        for row in table.itertuples()
    ]
    assert worst(gains, table["gain_dbi"]) <= TOLERANCE_DB


def test_power_for_each_resource_element(shared: Path) -> None:
    table = reference(shared, "eirp_per_re")
    powers = [
        radio.eirp_per_re_dbm(
            tx_power_dbm=row.p_tx_dbm, n_rb=row.n_rb, gain_dbi=row.g_tx_dbi, cable_loss_db=row.loss_tx_db
        )
        for row in table.itertuples()
    ]
    assert worst(powers, table["eirp_per_re_dbm"]) <= TOLERANCE_DB


def test_channel_numbers(shared: Path) -> None:
    table = reference(shared, "nr_arfcn")
    found_mhz = radio.nr_arfcn_to_mhz(table["n_ref"])
    assert worst(found_mhz, table["f_ref_mhz"]) <= 1e-9
    # One row contradicts itself: N_REF 653332 is 3000 MHz + 53332 x 15 kHz = 3 799 980 000 Hz, as its column
    # in MHz says; its column in Hz is 1 Hz short. Every other row must agree to the hertz.
    stated_hz = table["f_ref_hz"].to_numpy()
    consistent = np.round(table["f_ref_mhz"].to_numpy() * 1e6).astype(np.int64) == stated_hz
    assert set(table["case_id"][~consistent]) <= {"arfcn-55d2c7c8a6"}
    found_hz = np.round(found_mhz * 1e6).astype(np.int64)
    assert found_hz[consistent].tolist() == stated_hz[consistent].tolist()


def test_noise(shared: Path) -> None:
    table = reference(shared, "thermal_noise_per_re")
    noise = [
        radio.noise_per_re_dbm(
            scs_khz=row.scs_khz, noise_figure_db=row.noise_figure_db, temperature_k=row.temperature_k
        )
        for row in table.itertuples()
    ]
    assert worst(noise, table["noise_re_ktb_dbm"]) <= TOLERANCE_DB


def test_truncated_shannon(shared: Path) -> None:
    table = reference(shared, "truncated_shannon")
    found = [
        radio.truncated_shannon(
            row.snir_db, alpha=row.alpha, snir_min_db=row.snir_min_db, max_bps_per_hz=row.thr_max_bps_hz
        )
        for row in table.itertuples()
    ]
    assert worst(found, table["thr_bps_hz"]) <= TOLERANCE_BPS_PER_HZ
