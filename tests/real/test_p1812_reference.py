"""P.1812 against the logs of the Recommendation's working party, another engine, and an area."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.grid import Grid
from geo.p1812 import Conditions, Prediction, area_loss_db, path_loss
from geo.terrain import Surface
from layers.exchange import profiles
from planning import pathloss_p1812

pytestmark = pytest.mark.real

DECIBEL, EXACT, MILLIMETRE = 0.01, 1e-6, 0.001
RUNS = [
    *((f"rburg{kind}", run) for kind in ("", "_rural_noclutter", "_rural_with_clutter") for run in range(3)),
    *(
        (f"rburg_rural_noclutter_los{kind}", run)
        for kind, runs in (("", 3), ("_subpath_diffraction", 3))
        for run in range(runs)
    ),
    *((f"rburg_urban_with_clutter{kind}", run) for kind in ("", "_vertical") for run in range(6)),
]


def log(folder: Path, name: str, run: int) -> dict[tuple[str, str], float]:
    """Values of a log by (name without unit, equation); the same name stands there for several steps."""
    found = {}
    with (folder / "results" / f"{name}_{run}_log.csv").open(encoding="utf-8") as stream:
        for row in csv.reader(stream):
            if len(row) > 3 and row[3].strip() and not row[0].startswith("#"):
                found[row[0].split("(")[0].strip(), row[1]] = float(row[3])
    return found


def predict(folder: Path, name: str, told: dict[tuple[str, str], float]) -> Prediction:
    (profile,) = profiles.read(folder / "profiles" / f"{name}.csv", n_cases=1)
    assert profile.distance_km is not None
    return path_loss(
        profile.distance_km * 1000.0,
        profile.ground_m,
        clutter_m=profile.clutter_m,
        zones=profile.zones,
        tx_height_m=told["htg", ""],
        rx_height_m=told["hrg", ""],
        latitude_deg=told["phi", "Eq (4)"],
        tx_coast_km=told["dct", ""],
        rx_coast_km=told["dcr", ""],
        conditions=Conditions(
            frequency_mhz=told["f", ""] * 1000.0,
            time_share=told["p", ""] / 100.0,
            vertical=told["pol", ""] == 2,
            lapse_rate=told["DN", ""],
            refractivity=told["N0", ""],
        ),
    )


def test_every_run_of_the_reference_is_tested(shared: Path) -> None:
    logs = {path.stem for path in (shared / "reference" / "p1812" / "results").glob("*_log.csv")}
    assert logs <= {f"{name}_{run}_log" for name, run in RUNS}
    assert len(logs) >= 25


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_every_step_equals_the_log(shared: Path, name: str, run: int) -> None:
    folder = shared / "reference" / "p1812"
    if not (folder / "results" / f"{name}_{run}_log.csv").is_file():
        pytest.skip("the reference has no such run")
    told = log(folder, name, run)
    found = predict(folder, name, told)
    link, path, steps = found.link, found.geometry, found.losses
    lengths_m = {
        ("dlt", "Eq (78)"): path.tx_horizon_km, ("dlr", "Eq (81a)"): path.rx_horizon_km,
        ("hts", ""): path.tx_m, ("hrs", ""): path.rx_m,
        ("hstd", "Eq (89)"): path.smooth_tx_m, ("hsrd", "Eq (89)"): path.smooth_rx_m,
        ("htc", "Eq (37a)"): path.tx_m - path.smooth_tx_m, ("hrc", "Eq (37b)"): path.rx_m - path.smooth_rx_m,
        ("hte", "Eq (92a)"): path.duct_tx_m, ("hre", "Eq (92b)"): path.duct_rx_m,
        ("hm", "Eq (93)"): path.roughness_m, ("ae", "Eq (7a)"): link.earth_km, ("d", ""): path.distance_km,
    }  # fmt: skip
    for key, value in lengths_m.items():
        assert value == pytest.approx(told[key], rel=EXACT, abs=MILLIMETRE), key
    ratios = {
        ("th_t", "Eqs (76-78)"): path.tx_angle_mrad, ("th_r", "Eqs (79-81)"): path.rx_angle_mrad,
        ("th", "Eq (82)"): steps.theta_mrad, ("b0", "Eq (5)"): 100.0 * link.beta_share,
        ("w", "Table 5"): link.water_share,
        ("Fj", "Eq (57)"): steps.fj, ("Fk", "Eq (58)"): steps.fk,
    }  # fmt: skip
    for key, value in ratios.items():
        assert value == pytest.approx(told[key], rel=EXACT, abs=1e-9), key
    # At the median F_i is 0 but for the approximation of the normal distribution.
    assert steps.fi == pytest.approx(told["Fi", "Eq (40)"], rel=EXACT, abs=1e-8)
    # Where ducting governs, the log repeats L_bda (eq. 61) in the line of L_bd: its own L_min b0p, which is
    # computed from the same two terms there, shows the value that eq. (43) has.
    lbd_db = steps.lbd_db if steps.lminbap_db > steps.lbd_db else steps.lbda_db
    losses_db = {
        ("Lbfs", "Eq (8)"): steps.lbfs_db, ("Lb0p", "Eq (10)"): steps.lb0p_db,
        ("Lb0b", "Eq (11)"): steps.lb0b_db, ("Lbulla", "Eq (21)"): steps.lbulla_db,
        ("Lbulls", "Eq (21)"): steps.lbulls_db, ("Ldsph", "Eq (27)"): steps.ldsph_db,
        ("Ld50", "Eq (39)"): steps.ld50_db, ("Ldb", "Eq (39)"): steps.ldb_db,
        ("Ldp", "Eq (41)"): steps.ldp_db, ("Lbd50", "Eq (42)"): steps.lbd50_db, ("Lbd", "Eq (43)"): lbd_db,
        ("Lminb0p", "Eq (59)"): steps.lminb0p_db, ("Lba", "Eq (46)"): steps.lba_db,
        ("Lminbap", "Eq (60)"): steps.lminbap_db, ("Lbda", "Eq (61)"): steps.lbda_db,
        ("Lbam", "Eq (62)"): steps.lbam_db, ("Lbs", "Eq (44)"): steps.lbs_db,
        ("Lbc", "Eq (63)"): steps.lbc_db, ("Lb", "Eq (69)"): found.loss_db,
    }  # fmt: skip
    for key, value in losses_db.items():
        assert value == pytest.approx(told[key], abs=DECIBEL), key


@pytest.fixture(scope="module")
def cases(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.Series]:
    """Differences of the 1,500 cases from the other engine: as given, and with their column dN read."""
    folder, scratch = shared / "reference" / "p1812_cases", tmp_path_factory.mktemp("p1812")
    renamed = scratch / "cases.csv"
    pd.read_csv(folder / "cases.csv", dtype=str).rename(columns={"dN": "lapse_rate"}).to_csv(
        renamed, index=False
    )
    found = {}
    for name, path in (("given", folder / "cases.csv"), ("own", renamed)):
        report = pathloss_p1812.run(path, folder / "profiles.npz", scratch / "out.csv")
        assert report.not_read == (("dN",) if name == "given" else ())
        table = pd.read_csv(scratch / "out.csv")
        assert len(table) == 1500
        assert (table["in_range"] == 1).all()
        found[name] = (table["loss_db"] - table["crc_path_loss_db"]).abs()
    return found


def test_the_cases_equal_the_other_engine(cases: dict[str, pd.Series]) -> None:
    # The engine's values were computed with a lapse rate of 45 N-units/km in every case, whatever the column
    # dN says: so computed all 1,500 agree to a thousandth of a decibel, in places where a unit of dN shows.
    error_db = cases["given"]
    assert error_db.notna().all()
    assert error_db.median() <= 0.0001
    assert error_db.max() <= 0.001


def test_by_their_column_the_cases_differ_only_where_it_says_another_lapse_rate(
    cases: dict[str, pd.Series], shared: Path
) -> None:
    given = pd.read_csv(shared / "reference" / "p1812_cases" / "cases.csv")["dN"]
    error_db = cases["own"]
    assert error_db.notna().all()
    assert error_db.median() <= 0.001
    assert error_db[given == 45.0].max() <= 0.001
    assert error_db.max() <= 0.7


@pytest.mark.parametrize("method", ["exact", "radial"])
def test_the_area_agrees_with_the_other_engine(shared: Path, method: str) -> None:
    folder = shared / "reference" / "p1812_area"
    wanted = np.load(folder / "area_dev.npz")
    lat_deg, lon_deg, tx_height_m, rx_height_m, frequency_mhz = wanted["tx"]
    with gzip.open(folder / "N20E106.hgt.gz") as stream:
        tile = np.frombuffer(stream.read(), dtype=">i2").reshape(3601, 3601).astype(np.float64)
    # A plane grid of 30 m round the mast, whose axes run east and north; the tile is read between its posts.
    reach, cell_m = 190, 30.0
    metres = np.radians(1.0) * 6_371_000.0
    steps = np.arange(-reach, reach + 1) * cell_m
    rows = (21.0 - (lat_deg - steps[:, None] / metres)) * 3600.0
    cols = (lon_deg + steps[None, :] / metres / np.cos(np.radians(lat_deg)) - 106.0) * 3600.0
    ground = between(tile, *np.broadcast_arrays(rows, cols)).astype(np.float32)
    side = 2 * reach + 1
    grid = Grid(epsg=9210, west_m=550_000.0, north_m=2_270_000.0, cell_m=cell_m, rows=side, cols=side)
    x_m, y_m = grid.to_xy(reach, reach)
    surface = Surface(grid=grid, ground_m=ground, clutter_height_m=np.zeros_like(ground))
    loss_db, _ = area_loss_db(
        surface, x_m=float(x_m), y_m=float(y_m), tx_height_m=tx_height_m, rx_height_m=rx_height_m,
        frequency_mhz=frequency_mhz, radius_m=reach * cell_m, method=method,
    )  # fmt: skip
    north = np.round((wanted["lat"] - lat_deg) * metres / -cell_m).astype(int) + reach
    east = (
        np.round((wanted["lon"] - lon_deg) * metres * np.cos(np.radians(lat_deg)) / cell_m).astype(int)
        + reach
    )
    reachable = (north >= 0)[:, None] & (north < side)[:, None] & (east >= 0) & (east < side)
    row, col = np.clip(north, 0, side - 1)[:, None], np.clip(east, 0, side - 1)[None, :]
    centre_m = np.hypot((row - reach) * cell_m, (col - reach) * cell_m)
    judged = reachable & (centre_m > 250.0) & np.isfinite(loss_db[row, col]) & np.isfinite(wanted["loss"])
    assert judged.sum() > 8_000
    difference = (loss_db[row, col] - wanted["loss"])[judged]
    print(f"{method}: median {np.median(difference):.3f}, p90 {np.quantile(np.abs(difference), 0.9):.3f} dB")
    assert abs(np.median(difference)) < 0.4
    assert np.quantile(np.abs(difference), 0.9) <= 1.6


def between(tile: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Heights between the posts of a tile."""
    top, left = np.floor(rows).astype(int), np.floor(cols).astype(int)
    down, right = rows - top, cols - left
    above = tile[top, left] * (1 - right) + tile[top, left + 1] * right
    below = tile[top + 1, left] * (1 - right) + tile[top + 1, left + 1] * right
    return above * (1 - down) + below * down
