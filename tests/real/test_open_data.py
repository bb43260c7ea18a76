"""Hải Phòng's communes and New York's hotspots: imported, drawn, exported, counts kept."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.catalogue import spec_of
from planning import exchange
from planning.workspace import Workspace, create
from screens import mapview

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not SHARED.exists(), reason="real data lie beside the checkout in ../shared, which is absent"
    ),
]
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
COMMUNES = SHARED / "boundaries" / "haiphong_communes_2025.gpkg"
HOTSPOTS = SHARED / "wifi" / "nyc_free_public_wifi_2014.csv"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create(tmp_path / "w", boundary=None, name="Thử", code="31", calc_epsg=9210, now=NOW)


@pytest.mark.parametrize(
    ("path", "layer", "epsg", "sheet", "n_rows"),
    [(COMMUNES, "boundary", None, "communes", 114), (HOTSPOTS, "wifi", 4326, None, 1050)],
)
@pytest.mark.parametrize("form", ["gpkg", "geojson", "shp", "kml", "csv", "xlsx"])
def test_imported_drawn_exported_counts_kept(
    workspace: Workspace,
    tmp_path: Path,
    path: Path,
    layer: str,
    epsg: int | None,
    sheet: str | None,
    n_rows: int,
    form: str,
) -> None:
    taken = exchange.import_file(
        workspace,
        path,
        layer=layer,
        epsg=epsg,
        mapping={},
        sheet=sheet,
        replace=True,
        confirmed=False,
        now=NOW,
    )
    assert len(taken.table) == workspace.store.count(layer) == n_rows
    out = tmp_path / f"out.{'zip' if form == 'shp' else form}"
    report = exchange.export(
        workspace,
        layer=layer,
        format=form,
        epsg=4326,
        out=out,
        sharing="internal",
        language="vi",
        now=NOW,
    )
    assert report.n_rows == n_rows
    if form in ("csv", "xlsx"):
        back = pd.read_csv(out) if form == "csv" else pd.read_excel(out, engine="openpyxl")
    else:
        back = gpd.read_file(f"zip://{out}" if form == "shp" else out, layer=0)
    assert len(back) == n_rows
    shapes = workspace.store.read(layer)
    drawn = json.loads(mapview.draw_layer(shapes, spec_of(layer), operators={}, label=False)[0].payload)
    parts = shapely.get_num_geometries(shapes.geometry.to_numpy()).sum()
    assert len(drawn["polygons" if layer == "boundary" else "points"]) == parts
