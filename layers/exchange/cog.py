"""Coverage rasters as cloud-optimised GeoTIFF in the CRS asked for, read back after they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasterio.vrt import WarpedVRT

from geo.errors import NotFoundError
from layers.exchange.staging import damaged

UNIT_FACTOR = re.compile(r"(\d+(?:\.\d+)?)\s+\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRaster:
    """
    Rasters of one operator in one run.

    Parameters
    ----------
    name
        Name of the file that leaves, without its ending.
    bands
        What each band shows, and the GeoTIFF it comes from, nodata set; all on one grid, at least one.
    """

    name: str
    bands: tuple[tuple[str, Path], ...]


def write_cog(raster: CoverageRaster, path: Path, *, epsg: int, tags: dict[str, str]) -> None:
    """
    Write the bands of one operator in plain units, and read them back.

    Parameters
    ----------
    raster
        What to copy; cells keep their values (nearest neighbour where the CRS changes).
    path
        File to make.
    epsg
        CRS of the file.
    tags
        Texts kept in the file: source, date, sample notice.

    Raises
    ------
    NotFoundError
        A raster named in the workspace is not there.
    StoreError
        ``export_damaged``: the file does not read back.
    """
    for _, source in raster.bands:
        if not source.is_file():
            raise NotFoundError("export_raster_missing", file=source.name)
    try:
        values, profile = _stacked([source for _, source in raster.bands], epsg=epsg)
        _save(values, profile, path, names=[name for name, _ in raster.bands], tags=tags)
        with rasterio.open(path, driver="GTiff") as found:
            is_equal = np.array_equal(found.read(), values, equal_nan=True)
            is_placed = found.crs == profile["crs"] and found.transform.almost_equals(profile["transform"])
            has_nodata = found.nodata is not None
    except (RasterioError, CPLE_BaseError) as fault:
        raise damaged(str(fault)) from fault
    if not (is_equal and is_placed and has_nodata):
        raise damaged("raster differs")


def _stacked(sources: list[Path], *, epsg: int) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
    bands: list[npt.NDArray[np.float32]] = []
    profile: dict[str, Any] = {}
    for source in sources:
        with (
            rasterio.open(source, driver="GTiff") as opened,
            WarpedVRT(opened, crs=f"EPSG:{epsg}", resampling=Resampling.nearest) as placed,
        ):
            cells = placed.read(1, masked=True).astype(np.float64).filled(np.nan)
            band = (cells * _factor(opened)).astype(np.float32)
            if profile and (band.shape != bands[0].shape or placed.transform != profile["transform"]):
                raise damaged("bands lie on different grids")
            bands.append(band)
            profile = {"crs": placed.crs, "transform": placed.transform}
    return np.stack(bands), profile


def _factor(opened: rasterio.DatasetReader) -> float:
    """Stored numbers times this are in the unit itself: a band scale, or a unit such as "0.01 dBm"."""
    scale = float(opened.scales[0])
    written = UNIT_FACTOR.match(opened.units[0] or "")
    return float(written.group(1)) if scale == 1.0 and written else scale


def _save(
    values: npt.NDArray[np.float32],
    profile: dict[str, Any],
    path: Path,
    *,
    names: list[str],
    tags: dict[str, str],
) -> None:
    n_bands, n_rows, n_cols = values.shape
    shape = {"count": n_bands, "height": n_rows, "width": n_cols}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", dtype="float32", nodata=float("nan"), **shape, **profile) as plain:
            plain.write(values)
            plain.update_tags(**tags)
            for number, name in enumerate(names, start=1):
                plain.set_band_description(number, name)
        with memory.open() as plain:
            copy(plain, path, driver="COG", compress="DEFLATE", overview_resampling="nearest")
