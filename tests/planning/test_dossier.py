"""The planning package: everything in one archive, and how much of the plan's list is there."""

from __future__ import annotations

import datetime as dt
import hashlib
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.errors import FileError
from layers.store import create_store
from planning import completeness, exchange
from planning.workspace import Workspace, open_workspace

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
GMD = "{http://www.isotc211.org/2005/gmd}"
GCO = "{http://www.isotc211.org/2005/gco}"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    facts = {"name": "Xã Thử", "commune_code": "10882", "calc_epsg": "9210", "is_sample": "1"}
    store = create_store(tmp_path / "w", facts)
    rows = {
        "id": ["s1", "s2"],
        "name": ["Cột Đình", "Cột Chợ"],
        "height_m": pd.array([45.0, None], dtype="Float64"),
        "source": ["OpenStreetMap 2026", "UBND xã"],
        "sharing": "public",
    }
    points = [shapely.Point(106.47, 20.83), shapely.Point(106.48, 20.84)]
    store.replace({"site": gpd.GeoDataFrame(rows, geometry=points, crs=4326)})
    store.close()
    return open_workspace(tmp_path / "w")


def package(workspace: Workspace, out: Path, **more: object) -> zipfile.ZipFile:
    facts = {"layer": "all", "format": "package", "epsg": 9210, "sharing": "internal"} | more
    exchange.export(workspace, out=out, language="vi", now=NOW, **facts)
    return zipfile.ZipFile(out)


def test_the_package_says_all_that_its_reader_must_know(workspace: Workspace, tmp_path: Path) -> None:
    archive = package(workspace, tmp_path / "x.zip")
    assert set(archive.namelist()) == {
        "README.txt",
        "SHA256SUMS",
        "ban_ve.dxf",
        "bang_so_lieu.xlsx",
        "du_an.qgz",
        "du_lieu.gpkg",
        "giay_phep_va_nguon.txt",
        "muc_do_day_du.csv",
        "sieu_du_lieu_iso19139.xml",
        "tu_dien_du_lieu.csv",
    }
    readme = archive.read("README.txt").decode("utf-8-sig")
    for said in ("Xã Thử", "10882", "giả lập", "EPSG:9210", "105°45'", "Nội bộ UBND"):
        assert said in readme
    assert "ODbL" in archive.read("giay_phep_va_nguon.txt").decode("utf-8-sig")
    for line in archive.read("SHA256SUMS").decode().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest


def test_the_metadata_are_those_of_iso_19139(workspace: Workspace, tmp_path: Path) -> None:
    archive = package(workspace, tmp_path / "x.zip")
    root = ET.fromstring(archive.read("sieu_du_lieu_iso19139.xml"))  # noqa: S314 - our own
    assert root.tag == f"{GMD}MD_Metadata"
    for name in (
        "fileIdentifier",
        "language",
        "contact",
        "dateStamp",
        "identificationInfo",
        "dataQualityInfo",
    ):
        assert root.find(f"{GMD}{name}") is not None, name
    code = root.find(f".//{GMD}RS_Identifier/{GMD}code/{GCO}CharacterString")
    west = root.find(f".//{GMD}westBoundLongitude/{GCO}Decimal")
    assert code is not None
    assert west is not None
    assert (code.text, west.text) == ("9210", "106.470000")


def test_names_of_planning_dossiers_are_capitals_without_diacritics(
    workspace: Workspace, tmp_path: Path
) -> None:
    archive = package(workspace, tmp_path / "x.zip", names="tt04")
    drawing = next(name for name in archive.namelist() if name.endswith(".dxf"))
    assert drawing == "HTS00-BAN VE HIEN TRANG HA TANG SO.dxf"
    assert b"HTS07-HIEN-TRANG-COT-ANTEN-VA-TRAM-BTS" in archive.read(drawing)


def test_equal_content_and_date_give_an_equal_package(workspace: Workspace, tmp_path: Path) -> None:
    package(workspace, tmp_path / "x.zip").close()
    package(workspace, tmp_path / "y.zip").close()
    assert (tmp_path / "x.zip").read_bytes() == (tmp_path / "y.zip").read_bytes()


def test_a_package_is_of_all_layers(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="export_package_all"):
        package(workspace, tmp_path / "x.zip", layer="site")


def test_completeness_counts_the_values_of_the_objects_there_are() -> None:
    table = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "kind": ["pole", "pole", "duct"], "owner": ["EVN", None, None]},
        geometry=[shapely.Point(0, 0)] * 3,
        crs=4326,
    )
    rules = [
        {"dataset": "Cột", "layer": "passive", "kind": "pole", "column": "owner"},
        {"dataset": "Cột", "layer": "passive", "kind": "pole", "column": "geometry"},
        {"dataset": "Cống", "layer": "passive", "kind": "duct;manhole", "column": "owner"},
        {"dataset": "Trạm", "layer": "site", "kind": "", "column": "id"},
    ]
    found = completeness.reckon({"passive": table}, rules)
    assert [(one.n_rows, one.n_filled) for one in found] == [(2, 1), (2, 2), (1, 0), (0, 0)]
    assert completeness.overall(found) == pytest.approx(3 / 5)
    assert completeness.without_objects(found) == ("Trạm",)
    assert found[-1].share is None
