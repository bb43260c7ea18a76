"""Xã Hà Đông on its real outline and people, with masts made up in the other VN-2000 zone."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geo.crs import transform
from planning.cli.main import main

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not SHARED.exists(), reason="real data lie beside the checkout in ../shared, which is absent"
    ),
]
BOUNDARY = SHARED / "boundaries" / "xa_ha_dong_10882.geojson"
PEOPLE = SHARED / "population" / "xa_ha_dong_2019_components.csv"
OPERATORS = ("Viettel", "VNPT", "MobiFone")


def masts(path: Path) -> Path:
    """A dozen masts in EPSG:9209, X = northing, decimal comma as offices write it."""
    lines = ["Mã trạm;Tên trạm;Nhà mạng;Công nghệ;X (Bắc);Y (Đông)"]
    for number in range(12):
        lon, lat = 106.452 + 0.016 * (number % 4), 20.815 + 0.019 * (number // 4)
        east_m, north_m = transform(lon, lat, epsg_from=4326, epsg_to=9209)
        metres = ";".join(f"{float(value):.3f}".replace(".", ",") for value in (north_m, east_m))
        lines.append(f"T{number:02d};Trạm {number};{OPERATORS[number % 3]};4G, 5G;{metres}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> dict:  # type: ignore[type-arg]
    """Run a verb with --json."""
    status = main([*words, "--json"])
    out = capsys.readouterr().out
    assert status == 0, out
    return json.loads(out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hadong")


def test_the_whole_job(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--workspace", str(folder / "w")]
    made = ask(capsys, "init", "--boundary", str(BOUNDARY), "--population", "33499", *where)
    assert (made["code"], made["calc_epsg"]) == ("10882", 9210)
    assert made["area_km2"] == pytest.approx(33.1, rel=0.002)
    columns = ["--map", "commune_2019=name", "--map", "population_2019=population"]
    assert ask(capsys, "import", str(PEOPLE), "--layer", "hamlet", *columns, *where)["rows"] == 6
    file = masts(folder / "masts.csv")
    assert ask(capsys, "import", str(file), "--layer", "site", "--crs", "9209", *where)["rows"] == 12

    ask(capsys, "coverage", "--cell-m", "20", *where)
    bare = ask(capsys, "gap", "--commune", "10882", *where)
    assert bare["operators"]["any"]["total"] == pytest.approx(27_510)
    assert bare["operators"]["any"]["unknown"] == pytest.approx(27_510)
    assert bare["population"]["registered"] == 33_499

    ask(capsys, "coverage", "--cell-m", "20", "--assume-flat-m", "2", "--assume-clutter-m", "6", *where)
    found = ask(capsys, "gap", *where)
    for figures in found["operators"].values():
        assert figures["covered"] + figures["uncovered"] + figures["unknown"] == pytest.approx(
            figures["total"]
        )
    assert 0 < found["operators"]["any"]["share"] < 1
    assert found["operators"]["any"]["assumed_share"] > 0
    assert sum(hamlet["operators"]["any"]["total"] for hamlet in found["hamlets"]) == pytest.approx(27_510)
    assert {"assumption.flat_ground", "assumption.clutter", "assumption.antenna"} <= set(found["assumptions"])


@pytest.mark.parametrize(
    ("form", "epsg", "limit_m"),
    [
        ("gpkg", 9210, 0.005),
        ("shp", 9210, 0.005),
        ("gpkg", 9209, 0.005),
        ("geojson", 4326, 0.01),
        ("kml", 4326, 0.01),
    ],
)
def test_exports_come_back_where_they_were(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str, epsg: int, limit_m: float
) -> None:
    out = folder / f"site_{epsg}.{'zip' if form == 'shp' else form}"
    report = ask(
        capsys,
        *("export", "--layer", "site", "--format", form, "--crs", str(epsg), "--out", str(out)),
        *("--workspace", str(folder / "w")),
    )
    assert report["rows"] == 12
    back = gpd.read_file(f"zip://{out}" if form == "shp" else out, layer=0).to_crs(9210)
    stored = gpd.read_file(folder / "w" / "workspace.gpkg", layer="site").to_crs(9210)
    found, kept = (np.sort_complex(table.geometry.x + 1j * table.geometry.y) for table in (back, stored))
    assert np.abs(found - kept).max() < limit_m


def test_the_reference_point_of_the_commune() -> None:
    east_m, north_m = transform(106.472975, 20.836092, epsg_from=4326, epsg_to=9210)
    assert (float(east_m), float(north_m)) == pytest.approx((575_047.716, 2_304_977.138), abs=0.01)
    lon, lat = transform(575_047.716, 2_304_977.138, epsg_from=9210, epsg_to=4326)
    back_m = transform(float(lon), float(lat), epsg_from=4326, epsg_to=9210)
    assert (float(back_m[0]), float(back_m[1])) == pytest.approx((575_047.716, 2_304_977.138), abs=0.01)
