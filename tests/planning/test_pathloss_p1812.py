"""The verb `pathloss --model p1812`: cases and profiles in, losses out, clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.errors import ColumnError, FileError
from geo.p1812 import Conditions, path_loss
from geo.terminal import terminal_loss_db
from planning import pathloss_p1812
from planning.cli.main import main
from planning.pathloss import TERMINAL

HEAD = "case,f_mhz,htg,hrg,p_time,p_loc,lat_t,lon_t,lat_r,lon_r\n"
ROWS = "a,2600,30,1.5,50,50,20.5,106.5,20.5,106.56\nb,700,45,4,10,90,20.5,106.5,20.53,106.5\n"
HILL = np.array([2.0, 4.0, 30.0, 6.0, 3.0])


def write(folder: Path, text: str = HEAD + ROWS) -> Path:
    path = folder / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return path


def archive(folder: Path, **members: np.ndarray) -> Path:
    usual = {"n": np.array([5, 5]), "h": np.r_[HILL, HILL], "c": np.tile([9, 0, 8, 0, 9], 2)}
    path = folder / "profiles.npz"
    np.savez(path, **{name: values for name, values in (usual | members).items() if values is not None})
    return path


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["pathloss", "--model", "p1812", "--json", *words]) == 3
    return str(json.loads(capsys.readouterr().out)["error"]["code"])


def test_columns_come_back_in_order_with_the_loss_last(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    words = ["--cases", str(write(tmp_path)), "--profiles", str(archive(tmp_path)), "--out", str(out)]
    assert main(["pathloss", "--model", "p1812", *words]) == 0
    found = pd.read_csv(out)
    assert list(found.columns) == [*HEAD.strip().split(","), "in_range", "loss_db"]
    distance_m = 6_371_000.0 * np.radians(0.03)
    wanted = path_loss(
        np.linspace(0.0, distance_m, 5), HILL, clutter_m=[9, 0, 8, 0, 9], tx_height_m=45, rx_height_m=4,
        latitude_deg=20.515, conditions=Conditions(frequency_mhz=700, time_share=0.1, location_share=0.9),
    )  # fmt: skip
    assert found["loss_db"][1] == pytest.approx(wanted.loss_db, abs=1e-6)
    assert found["in_range"].tolist() == [1, 1]


def test_the_lapse_rate_of_the_case_holds_unless_one_is_asked_for(tmp_path: Path) -> None:
    text = "f_mhz,htg,hrg,lapse_rate,latitude_deg,d_km\n700,15,10,70,20,12\n"
    flat = archive(tmp_path, n=np.array([60]), h=np.zeros(60), c=None)
    losses = []
    for lapse_rate in (None, 70.0, 40.0):
        pathloss_p1812.run(write(tmp_path, text), flat, tmp_path / "out.csv", lapse_rate=lapse_rate)
        losses.append(pd.read_csv(tmp_path / "out.csv")["loss_db"][0])
    assert losses[0] == losses[1]
    assert losses[2] > losses[0] + 0.1


def test_the_column_dn_of_the_reference_layout_is_left_alone_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = []
    for name in ("dN", "note"):
        text = f"f_mhz,htg,hrg,{name},latitude_deg,d_km\n700,15,10,70,20,12\n"
        flat = archive(tmp_path, n=np.array([60]), h=np.zeros(60), c=None)
        words = ["--cases", str(write(tmp_path, text)), "--profiles", str(flat)]
        out = tmp_path / "out.csv"
        assert main(["pathloss", "--model", "p1812", "--json", *words, "--out", str(out)]) == 0
        assert json.loads(capsys.readouterr().out)["not_read"] == (["dN"] if name == "dN" else [])
        losses.append(pd.read_csv(out)["loss_db"][0])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("framed", [True, False])
def test_one_profile_of_a_csv_file_serves_all_cases(tmp_path: Path, framed: bool) -> None:
    points = "".join(f"{0.5 * i},{height},4,0,4\n" for i, height in enumerate(HILL))
    head = "Tx LAT:,20.5\nTx LON:,106.5\nRx LAT:,20.5\nRx LON:,106.52\n"
    head += "{Begin of Profile},\nNumber of Points:,5\n"
    profile = tmp_path / "profile.csv"
    profile.write_text(head + points + "{End of Profile},\n" if framed else points, encoding="utf-8")
    cases = write(tmp_path, "f_mhz,htg,hrg,pol,latitude_deg\n2600,30,1.5,1,20.5\n2600,30,1.5,2,20.5\n")
    report = pathloss_p1812.run(cases, profile, tmp_path / "out.csv")
    found = pd.read_csv(tmp_path / "out.csv")["loss_db"]
    wanted = path_loss(
        np.arange(5) * 500.0, HILL, tx_height_m=30, rx_height_m=1.5, latitude_deg=20.5,
        conditions=Conditions(frequency_mhz=2600),
    )  # fmt: skip
    assert report.n_rows == 2
    assert found[1] == pytest.approx(wanted.loss_db, abs=1e-6)


def test_a_case_for_which_nothing_is_defined_has_no_loss_and_is_out_of_range(tmp_path: Path) -> None:
    cases = write(tmp_path, HEAD + ROWS.replace("b,700,45,4,10", "b,700,-45,4,10"))
    report = pathloss_p1812.run(cases, archive(tmp_path), tmp_path / "out.csv")
    assert pd.read_csv(tmp_path / "out.csv")["loss_db"].isna().tolist() == [False, True]
    assert (report.n_rows, report.n_in_range) == (2, 1)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"n": np.array([5, 4])}, "profiles_count"),
        ({"n": np.array([5])}, "profiles_count"),
        ({"n": np.array([8, 2])}, "profiles_count"),
        ({"h": None}, "profiles_member_missing"),
        ({"h": np.zeros((2, 5))}, "profiles_member_type"),
        ({"h": np.array(["x"] * 10)}, "profiles_member_type"),
    ],
)
def test_profiles_which_do_not_fit_are_refused(tmp_path, capsys, members, code: str) -> None:
    words = ("--cases", write(tmp_path), "--profiles", archive(tmp_path, **members), "--out", tmp_path / "o")
    assert refusal(capsys, *map(str, words)) == code
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0,2\n", "profiles_count"),
        ("0,2\n0.5,x\n1,3\n", "profile_row"),
        ("0,2,4,0,4\n0.5,2,4,-3,4\n1,2,4,0,4\n", "profile_row"),
        ("0,2,4,0,9\n0.5,2,4,0,4\n1,2,4,0,4\n", "profile_row"),
        ("0,2\n1,2\n0.5,3\n", "profile_distances"),
    ],
)
def test_profile_tables_which_are_none_are_refused(tmp_path, capsys, text: str, code: str) -> None:
    profile = tmp_path / "profile.csv"
    profile.write_text(text, encoding="utf-8")
    words = ("--cases", write(tmp_path), "--profiles", profile, "--out", tmp_path / "o")
    assert refusal(capsys, *map(str, words)) == code


def test_files_which_are_not_what_they_are_called_are_refused(tmp_path: Path) -> None:
    fake = tmp_path / "fake.npz"
    fake.write_bytes(b"PK\x03\x04 not an archive")
    for path, code in (
        (fake, "profiles_unreadable"),
        (tmp_path / "none.npz", "file_missing"),
        (None, "profiles_needed"),
    ):
        with pytest.raises(FileError, match=code):
            pathloss_p1812.run(write(tmp_path), path, tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD.replace("f_mhz", "f") + ROWS, "column_missing"),
        (HEAD + ROWS.replace("2600", "fast"), "cell_not_number"),
        ("f_mhz,htg,hrg,latitude_deg\n700,30,1.5,20\n700,30,1.5,20\n", "column_missing"),
        ("f_mhz,htg,hrg,pol\n700,30,1.5,7\n700,30,1.5,2\n", "cell_not_polarisation"),
    ],
)
def test_cases_without_what_is_needed_are_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(ColumnError, match=code):
        pathloss_p1812.run(write(tmp_path, text), archive(tmp_path), tmp_path / "out.csv")


def losses_db(folder: Path, profiles: Path, *added: str, rows: str = ROWS) -> list[float]:
    pathloss_p1812.run(write(folder, HEAD + rows), profiles, folder / "out.csv", added=added)
    return [float(value) for value in pd.read_csv(folder / "out.csv")["loss_db"]]


@pytest.mark.parametrize("added", ["o2i_low", "o2i_high", "p2109_traditional", "p2109_thermally_efficient"])
def test_building_entry_is_added_to_a_path_over_clutter(tmp_path: Path, added: str) -> None:
    bare, inside = (losses_db(tmp_path, archive(tmp_path), *more) for more in ((), (added,)))
    quantities = {"probability": 0.5} if added.startswith("p2109") else {"indoor_m": 0.0}
    wall_db, _ = terminal_loss_db(TERMINAL[added], frequency_mhz=[2600.0, 700.0], **quantities)
    assert np.array(inside) - np.array(bare) == pytest.approx(wall_db, abs=1e-6)


@pytest.mark.parametrize(("added", "code"), [("p2108_statistical", "clutter_twice"), ("x", "model_unknown")])
def test_clutter_is_not_counted_twice_over_profiles_that_carry_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], added: str, code: str
) -> None:
    out = tmp_path / "out.csv"
    words = ["--cases", str(write(tmp_path)), "--profiles", str(archive(tmp_path)), "--out", str(out)]
    assert refusal(capsys, *words, "--add", added) == code
    assert not out.exists()


def test_clutter_at_the_receiver_may_be_added_over_bare_ground(tmp_path: Path) -> None:
    bare = archive(tmp_path, c=np.tile([9, 0, 0, 0, 9], 2))  # what stands at the ends is not counted
    alone, more = losses_db(tmp_path, bare), losses_db(tmp_path, bare, "p2108_statistical")
    length_m = [6_371_000 * np.radians(0.06) * np.cos(np.radians(20.5)), 6_371_000 * np.radians(0.03)]
    wanted, _ = terminal_loss_db(
        TERMINAL["p2108_statistical"],
        frequency_mhz=[2600.0, 700.0],
        distance_m=length_m,
        location_share=[0.5, 0.9],
    )
    assert np.array(more) - np.array(alone) == pytest.approx(wanted, abs=1e-3)
