"""A disk that fills up while a file is written: a typed error, the older file whole, nothing left over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from layers.exchange.write import FORMATS

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import datetime as dt, resource, sys
from pathlib import Path
import geopandas as gpd, numpy as np, rasterio, shapely
from geo.errors import DiskFullError
from layers.catalogue import spec_of
from layers.exchange.cog import CoverageRaster
from layers.exchange.write import write, write_rasters

kind, target, source = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
rng = np.random.default_rng(1)
n = 3000
lon, lat = rng.uniform(106.4, 106.5, n), rng.uniform(20.8, 20.9, n)
names = ["".join(chr(97 + letter) for letter in row) for row in rng.integers(0, 26, (n, 60))]
table = gpd.GeoDataFrame(
    {"id": [f"p{k}" for k in range(n)], "name": names}, geometry=gpd.points_from_xy(lon, lat), crs=4326
)
values = rng.uniform(-120, -60, (400, 400)).astype("float32")
transform = rasterio.transform.from_origin(575000, 2305000, 10, 10)
with rasterio.open(source, "w", driver="GTiff", count=1, height=400, width=400, dtype="float32",
                   nodata=float("nan"), crs="EPSG:9210", transform=transform) as raster:
    raster.write(values, 1)

def export():
    if kind == "cog":
        rasters = [CoverageRaster(name="a", bands=(("power_dbm", source),))]
        return write_rasters(rasters, target, epsg=9210, labels={}, notice="", now=now)
    return write(table, target, format=kind, spec=spec, epsg=4326, labels={}, notice="", now=now)

spec = spec_of("fiber_node" if kind == "ofds" else "site")
size = export().path.stat().st_size
whole = target.read_bytes()
for limit in (1024, size // 2, size - 512):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        export()
    except DiskFullError as error:
        left = [path.name for path in target.parent.iterdir()]
        print(error.code, target.read_bytes() == whole, left == [target.name])
"""


USUAL = ("gpkg", "geojson", "shp", "kml", "csv", "xlsx", "gdb", "tab", "cog")


@pytest.mark.parametrize(
    "kind", [kind if kind in USUAL else pytest.param(kind, marks=pytest.mark.slow) for kind in FORMATS]
)
def test_a_full_disk_is_named_and_harms_nothing(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, kind, str(folder / "x"), str(tmp_path / "a.tif")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["disk_full True True"] * 3
