"""An antenna named by a cell: taken from its file or refused with the line, and used by the estimate."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from geo import io
from geo.crs import transform
from geo.errors import FileError
from planning import antenna, coverage, data, runs, why
from planning.cli.main import main
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=50)


def text(*, horizontal: int = 360, gain: str | None = "15.5 dBi", broken: str = "") -> str:
    """A sector antenna of 65° by 10°, its beam 4° down; ``broken`` stands in place of one number."""
    wide = [min(12 * ((((a + 180) % 360) - 180) / 65) ** 2, 30.0) for a in range(horizontal)]
    high = [min(12 * ((((a + 176) % 360) - 180) / 10) ** 2, 30.0) for a in range(360)]
    head = ["NAME Thử 65", "FREQUENCY 2600", *([f"GAIN {gain}"] if gain else [])]
    cuts = [
        f"HORIZONTAL {360}",
        *(f"{a} {value:.2f}" for a, value in enumerate(wide)),
        "VERTICAL 360",
        *(
            f"{a} {broken or f'{value:.2f}'}" if a == 7 else f"{a} {value:.2f}"
            for a, value in enumerate(high)
        ),
    ]
    return "\n".join([*head, *cuts]) + "\n"


@pytest.fixture
def village(tmp_path: Path) -> Workspace:
    made = commune.empty(tmp_path / "w")
    commune.with_ground(made, clutter_m=0)
    row, point = commune.site(1, commune.at(1500, 1500), technologies="5G")
    made.store.append({"site": commune.table([row], [point])})
    put(made, None)
    return made


def put(workspace: Workspace, name: str | None) -> None:
    """One cell to the east, with an antenna of that name."""
    row = {
        "id": "C1",
        "site_id": "S1",
        "operators": "viettel",
        "technology": "5G",
        "band": "n41",
        "azimuth_deg": 90.0,
        "height_m": 36.0,
        "tx_power_dbm": 53.0,
        "antenna": name,
    }
    workspace.store.replace({"cell": commune.table([row], [commune.at(1500, 1500)])})


def levels_dbm(workspace: Workspace) -> np.ndarray:
    found = coverage.run(workspace, OPTIONS, now=commune.NOW)
    raster = io.read(found.power_paths["viettel"])
    return np.where(raster.values == raster.nodata, -200.0, raster.values / runs.CENTI)


def test_a_file_becomes_an_antenna_of_the_workspace(
    village: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "T65.msi"
    path.write_text(text(), encoding="utf-8")
    words = ["import", str(path), "--layer", "antenna", "--workspace", str(village.folder)]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gain_dbi"] == 15.5
    assert "T65" in antenna.names(village)
    path.write_text(text(gain="12 dBi"), encoding="utf-8")
    assert main(words) == 3  # another antenna of that name
    assert "T65" in capsys.readouterr().err
    assert main([*words, "--replace", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gain_dbi"] == 12


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (text(horizontal=359), "antenna_lines", 364),
        (text(gain=None), "antenna_key_missing", None),
        (text(broken="abc"), "antenna_number", 373),
        ("NAME x\0", "format_mismatch", None),
    ],
    ids=["359 lines", "no gain", "no number", "no text"],
)
def test_a_bad_file_is_refused_with_its_line(
    village: Workspace,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    code: str,
    row: int | None,
) -> None:
    path = tmp_path / "bad.msi"
    path.write_text(content, encoding="utf-8")
    words = [str(path), "--layer", "antenna", "--json", "--workspace", str(village.folder)]
    assert main(["import", *words]) == 3
    issue = json.loads(capsys.readouterr().out)["error"]["issues"][0]
    assert (issue["code"], issue["row"]) == (code, row)
    assert issue["message"]
    assert issue["remedy"]
    assert not antenna.folder_of(village).exists()
    assert all(f"issue.{code}.remedy" in data.texts(language) for language in data.LANGUAGES)


def test_a_check_tells_the_line_in_either_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.pln"
    path.write_text(text(horizontal=359), encoding="utf-8")
    for language, word in (("vi", "phải có 360 dòng"), ("en", "must have 360 lines")):
        assert main(["check", str(path), "--layer", "antenna", "--language", language]) == 3
        out = capsys.readouterr().out
        assert word in out
        assert "364" in out


def test_the_estimate_uses_the_pattern_and_knows_that_it_changed(village: Workspace, tmp_path: Path) -> None:
    usual = levels_dbm(village)
    before = runs.latest(village)
    (tmp_path / "T65.msi").write_text(text(), encoding="utf-8")
    antenna.import_file(village, tmp_path / "T65.msi", replace=False)
    put(village, "t65")
    own = levels_dbm(village)
    now = runs.latest(village)
    assert before is not None
    assert now is not None
    assert now.digest != before.digest
    rows, cols = usual.shape
    ahead, behind = (rows // 2, cols - 20), (rows // 2, 20)
    # gains of 22 and 15.5 dBi, beams of 8° and 10° seen 4.7° above their middle
    above_db = 12 * (4.7 / 8) ** 2 - 12 * (4.7 / 10) ** 2
    assert usual[ahead] - own[ahead] == pytest.approx(22 - 15.5 - above_db, abs=0.4)
    assert own[ahead] - own[behind] == pytest.approx(30.0 - 12 * (4.7 / 10) ** 2, abs=0.7)  # front to back
    (tmp_path / "T65.msi").write_text(text(gain="12.5 dBi"), encoding="utf-8")
    antenna.import_file(village, tmp_path / "T65.msi", replace=True)
    weaker = levels_dbm(village)
    assert own[ahead] - weaker[ahead] == pytest.approx(3.0, abs=0.02)


def test_why_tells_the_antenna_and_its_gain(village: Workspace, tmp_path: Path) -> None:
    (tmp_path / "T65.msi").write_text(text(), encoding="utf-8")
    antenna.import_file(village, tmp_path / "T65.msi", replace=False)
    put(village, "T65")
    power_dbm = levels_dbm(village)
    raster = io.read(runs.latest(village).power_paths["viettel"])  # type: ignore[union-attr]
    row, col = power_dbm.shape[0] // 2 + 9, power_dbm.shape[1] - 15
    x_m, y_m = raster.grid.to_xy(row, col)
    lon, lat = transform(x_m, y_m, epsg_from=commune.EPSG, epsg_to=4326)
    answer = why.explain(
        coverage.read_inputs(village, OPTIONS),
        OPTIONS,
        operator="viettel",
        lon=float(lon),
        lat=float(lat),
        epsg=commune.EPSG,
        dense=False,
    )
    link = answer.links[0]
    assert link.antenna == "T65"
    assert 0.0 < 15.5 - link.gain_dbi < 20.0
    assert link.planning_dbm == pytest.approx(power_dbm[row, col], abs=0.02)


def test_an_array_sends_signals_by_wide_beams_and_traffic_by_narrow_ones(village: Workspace) -> None:
    put(village, "64T64R")
    found = coverage.run(village, CoverageOptions(cell_m=50, speed=True), now=commune.NOW)
    sector = coverage.read_inputs(village, OPTIONS).transmitters[0]
    assert sector.aerial is not None
    assert "gain_dbi" not in sector.assumed
    signal_db, traffic_db, others_db = sector.aerial.attenuation_db
    assert 2.0 < signal_db.min() - traffic_db.min() < 9.0  # traffic beams are stronger than SSB
    assert (others_db >= traffic_db - 1e-4).all()
    sinr, power = io.read(found.sinr_paths["viettel"]), io.read(found.power_paths["viettel"])
    known = (sinr.values != sinr.nodata) & (power.values != power.nodata)
    noise_dbm = -174 + 10 * math.log10(30e3) + data.setting("noise_figure_db")
    alone_db = power.values[known] / 100 + data.levels().margin_db - noise_dbm
    assert np.median(sinr.values[known] / 100 - alone_db) > 2.0  # one cell: no interference, only the beams


def test_an_antenna_that_nobody_has_is_said(village: Workspace) -> None:
    put(village, "K80010")
    found = coverage.run(village, OPTIONS, now=commune.NOW)
    assert "assumption.antenna_missing" in found.assumptions
    assert "antenna" in coverage.read_inputs(village, OPTIONS).transmitters[0].assumed


def test_a_file_from_a_browser_is_judged_by_the_name_its_sender_gave_it(
    village: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "upload"
    path.write_text(text(horizontal=359), encoding="utf-8")
    judged = antenna.check_file(path, name="hãng 18.PLN")
    assert (judged.pattern, judged.n_rows) == (None, 0)
    assert [(one.code, one.row) for one in judged.issues] == [("antenna_lines", 364)]
    with pytest.raises(FileError) as caught:
        antenna.check_file(path, name="hãng 18.txt")
    assert caught.value.code == "antenna_kind"
    path.write_text(text(), encoding="utf-8")
    taken = antenna.check_file(path, name="hãng 18.PLN").pattern
    assert taken is not None
    assert taken.gain_dbi == 15.5
    assert antenna.import_file(village, path, name="hãng 18.PLN", replace=False).name == "hãng 18"
    assert "hãng 18" in antenna.names(village)
