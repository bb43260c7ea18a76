"""Watts typed as dBm, antennas under the ground, masts off the surface: each said, on import and on a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError
from geo.grid import Grid
from geo.io import write_cog
from geo.raster import Raster
from layers import site
from planning import coverage, data, plausible
from planning.cli.main import main
from planning.scenario import CoverageOptions
from planning.workspace import Workspace
from tests import commune

OPTIONS = CoverageOptions(cell_m=100)
HEAD = (
    "id,site_id,operators,technology,band,height_m,Công suất phát (dBm),"
    "gain_dbi,frequency_mhz,antenna,lon,lat\n"
)
USUAL = {
    "id": "C1",
    "site_id": "S1",
    "operators": "viettel",
    "technology": "5G",
    "band": "n41",
    "height_m": "36",
    "tx_power_dbm": "53",
    "gain_dbi": "22",
    "frequency_mhz": "2550",
    "antenna": "",
    "lon": "106.73",
    "lat": "20.83",
}


@pytest.fixture
def village(tmp_path: Path) -> Workspace:
    made = commune.empty(tmp_path / "w")
    commune.with_ground(made)
    row, point = commune.site(1, commune.at(1500, 1500), technologies="5G")
    made.store.append({"site": commune.table([row], [point])})
    return made


def file(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "cells.csv"
    lines = [",".join((USUAL | {"id": f"C{n}"} | row).values()) for n, row in enumerate(rows)]
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def issues(
    capsys: pytest.CaptureFixture[str], *words: str, language: str = "vi"
) -> tuple[int, list[dict[str, object]]]:
    capsys.readouterr()
    status = main([*words, "--json", "--language", language])
    told = json.loads(capsys.readouterr().out)
    return status, told.get("issues", told.get("error", {}).get("issues", []))


def test_watts_typed_as_dbm_are_asked_on_import(
    village: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    powers = ("20", "40", "80", "46", "49", "53")
    path = file(tmp_path, *({"tx_power_dbm": power} for power in powers))
    words = ["import", str(path), "--layer", "cell", "--workspace", str(village.folder)]
    status, told = issues(capsys, *words)
    asked = [one for one in told if one["code"] == "power_watts"]
    assert status == 3
    assert [(one["row"], one["severity"]) for one in asked] == [(2, "ask"), (3, "ask"), (4, "ask")]
    assert village.store.count("cell") == 0
    assert main([*words, "--yes"]) == 0
    kept = village.store.read("cell")["tx_power_dbm"]
    assert kept.tolist()[:2] == [20, 40]
    assert kept.isna().tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize("language", data.LANGUAGES)
def test_each_has_its_sentence_in_a_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    path = file(
        tmp_path,
        {"height_m": "-2"},
        {"height_m": "118"},
        {"frequency_mhz": "450"},
        {"tx_power_dbm": "40"},
        {"height_m": "1"},
    )
    _, told = issues(capsys, "check", str(path), "--layer", "cell", language=language)
    mine = {"antenna_under_ground", "frequency_outside_models", "height_outside_models", "power_watts"}
    found = {one["row"]: one for one in told if one["code"] in mine}
    assert {row: (one["code"], one["severity"]) for row, one in found.items()} == {
        2: ("antenna_under_ground", "error"),
        4: ("frequency_outside_models", "warning"),
        5: ("power_watts", "ask"),
        6: ("height_outside_models", "warning"),
    }
    assert all(one["message"] and one["remedy"] and "{" not in str(one["message"]) for one in found.values())


def test_an_antenna_that_nobody_has_is_asked_on_import(
    village: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(tmp_path, {"antenna": "K80010"}, {"antenna": "64t64r"})
    words = ["import", str(path), "--layer", "cell", "--workspace", str(village.folder)]
    status, told = issues(capsys, *words)
    assert status == 3
    asked = [one for one in told if one["code"] == "antenna_unknown"]
    assert [(one["row"], one["severity"]) for one in asked] == [(2, "ask")]


def put(workspace: Workspace, **changes: object) -> None:
    row: dict[str, object] = {
        "id": "C1",
        "site_id": "S1",
        "operators": "viettel",
        "technology": "5G",
        "band": "n41",
        "azimuth_deg": 90.0,
        "height_m": 36.0,
        "tx_power_dbm": 53.0,
        "gain_dbi": 22.0,
        **changes,
    }
    workspace.store.replace({"cell": commune.table([row], [commune.at(1500, 1500)])})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tx_power_dbm": 40.0}, "run_power_watts"),
        ({"site_id": "S9"}, "run_mast_missing"),
        ({"frequency_mhz": 410.0, "band": None}, "run_model_outside"),
        ({"antenna": "K80010"}, "run_antenna_unknown"),
        ({}, ""),
    ],
)
def test_an_estimate_says_what_it_doubts(village: Workspace, changes: dict[str, object], code: str) -> None:
    put(village, **changes)
    told = plausible.of_estimate(village, OPTIONS)
    assert [one.code for one in told] == ([code] if code else [])
    assert all("C1" in str(one.facts["cells"]) for one in told)


def test_a_hole_in_the_terrain_and_the_mast_in_it_are_said(
    village: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    west_m, south_m = commune.WEST_M - 6000, commune.SOUTH_M - 6000
    grid = Grid.from_bounds((west_m, south_m, west_m + 15_000, south_m + 15_000), cell_m=50, epsg=9210)
    heights = np.full(grid.shape, 2.0, dtype=np.float32)
    row, col = (int(value) for value in grid.to_rowcol(commune.WEST_M + 1500, commune.SOUTH_M + 1500))
    heights[row - 6 : row + 7, col - 6 : col + 7] = np.nan
    write_cog(village.rasters / "terrain.tif", Raster(grid=grid, values=heights, unit="m"))
    put(village)
    words = ["coverage", "--cell-m", "100", "--workspace", str(village.folder)]
    status, told = issues(capsys, *words, language="en")
    assert status == 0
    assert [one["code"] for one in told] == ["run_mast_off_surface", "run_terrain_unknown"]
    sites = village.store.read("site")
    found = plausible.of_places(village, sites, site.SPEC, [7])
    assert [(one.code, one.row) for one in found] == [("mast_off_surface", 7)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"height_m": -3.0}, "cell_under_ground"),
        ({"tx_power_dbm": 80.0}, "cell_power_watts"),
        ({"gain_dbi": 60.0}, "cell_range"),
    ],
)
def test_an_impossible_cell_in_the_store_is_named(
    village: Workspace, changes: dict[str, object], code: str
) -> None:
    put(village, **changes)
    with pytest.raises(InputError) as caught:
        coverage.read_inputs(village, OPTIONS)
    assert (caught.value.code, caught.value.facts["cell"]) == (code, "C1")


def test_a_channel_number_gives_the_carrier_and_is_asked_about_where_it_says_another(
    village: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "id,site_id,operators,technology,band,NR-ARFCN,PCI,lon,lat\n"
    place = "106.73,20.83"
    lines = [
        f"C1,S1,viettel,5G,,636666,77,{place}",  # 3549.99 MHz, n78
        f"C2,S1,viettel,5G,n41,636666,78,{place}",
        f"C3,S1,viettel,5G,n41,510000,79,{place}",  # 2550 MHz, n41
        f"C4,S1,viettel,5G,,1,80,{place}",  # 5 kHz
    ]
    path = tmp_path / "cells.csv"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    words = ["import", str(path), "--layer", "cell", "--workspace", str(village.folder)]
    _, told = issues(capsys, *words, language="en")
    by_row = {one["row"]: one for one in told if str(one["code"]).startswith("channel")}
    assert {row: one["code"] for row, one in by_row.items()} == {3: "channel_unlike"}
    assert "(n78, n77)" in str(by_row[3]["message"])
    status, told = issues(capsys, *words, "--yes")
    assert (status, "channel_unknown") == (
        0,
        next(one["code"] for one in told if one["row"] == 5 and one["column"]),
    )
    kept = village.store.read("cell").set_index("id")
    assert kept["nr_arfcn"].isna().tolist() == [False, False, False, True]
    assert kept.loc["C1", ["nr_arfcn", "pci"]].tolist() == [636666, 77]
    sectors = {one.id: one for one in coverage.read_inputs(village, OPTIONS).transmitters}
    assert sectors["C1"].frequency_mhz == pytest.approx(3549.99, abs=1e-6)
    assert (sectors["C1"].band, sectors["C3"].band) == ("n78", "n41")
    assert "frequency_mhz" not in sectors["C1"].assumed
