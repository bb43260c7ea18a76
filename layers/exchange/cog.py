"""Coverage rasters as cloud-optimised GeoTIFF in the CRS asked for, read back after they are written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

from geo.errors import NotFoundError
from layers.exchange.staging import damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRaster:
    """
    Rasters of one operator in one run.

    Parameters
    ----------
    name
        Name of the file that leaves, without its ending.
    power
        GeoTIFF of the received power [dBm], nodata set.
    state
        GeoTIFF of the three states on the same grid, or None.
    """

    name: str
    power: Path
    state: Path | None


def write_cog(raster: CoverageRaster, path: Path, *, epsg: int, tags: dict[str, str]) -> None:
    """
    Write power (band 1) and state (band 2) of one operator, and read them back.

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
    sources = [source for source in (raster.power, raster.state) if source is not None]
    for source in sources:
        if not source.is_file():
            raise NotFoundError("export_raster_missing", file=source.name)
    try:
        values, profile = _stacked(sources, epsg=epsg)
        _save(values, profile, path, tags=tags)
        with rasterio.open(path, driver="GTiff") as found:
            is_equal = np.array_equal(found.read(), values, equal_nan=True)
            is_placed = found.crs == profile["crs"] and found.transform.almost_equals(profile["transform"])
            has_nodata = found.nodata is not None
    except RasterioError as fault:
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
            band = placed.read(1, masked=True).astype(np.float32).filled(np.nan)
            if profile and (band.shape != bands[0].shape or placed.transform != profile["transform"]):
                raise damaged("power and state lie on different grids")
            bands.append(band)
            profile = {"crs": placed.crs, "transform": placed.transform}
    return np.stack(bands), profile


def _save(
    values: npt.NDArray[np.float32], profile: dict[str, Any], path: Path, *, tags: dict[str, str]
) -> None:
    n_bands, n_rows, n_cols = values.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            count=n_bands,
            height=n_rows,
            width=n_cols,
            dtype="float32",
            nodata=float("nan"),
            **profile,
        ) as plain:
            plain.write(values)
            plain.update_tags(**tags)
            for number, text in enumerate(
                ("power_dbm", "state: 0 uncovered, 1 covered, 2 unknown")[:n_bands]
            ):
                plain.set_band_description(number + 1, text)
        with memory.open() as plain:
            rasterio.shutil.copy(plain, path, driver="COG", compress="DEFLATE", overview_resampling="nearest")
