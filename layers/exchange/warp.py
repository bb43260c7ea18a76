"""Rasters reprojected by the library, window by window; to be loaded only once its drivers are narrowed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from layers.exchange.driver import RASTER
from layers.exchange.fault import issue, refusal
from layers.exchange.raster import CELLS, COVER, PEOPLE, PLACE, Floats32, Target
from layers.issue import Issue, Severity

_SENTINELS = (-32768.0, -32767.0, -9999.0, -99999.0)
"""Values that stand for "empty" in rasters that forget to say so."""
_FEET = 0.3048
_WARP_MB = 64
_LOOK_CELLS = 1024
_FINER = 0.999


class _Source(Protocol):
    """What is used of a raster that the library has opened."""

    crs: Any
    transform: Any
    nodata: float | None
    width: int
    height: int
    count: int
    dtypes: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    units: tuple[str | None, ...]

    def read(self, band: int, *, out_shape: tuple[int, int]) -> Floats32:
        """Cells of a band, thinned out."""


def bring(path: Path, folder: Path, target: Target) -> tuple[Issue, ...]:
    """
    Reproject a raster and leave its cells in the private folder.

    Parameters
    ----------
    path
        Server-made path of a GeoTIFF whose header has been judged.
    folder
        Private folder; ``cells.bin`` and ``cells.json`` appear in it.
    target
        Where the cells are wanted.

    Returns
    -------
    issues
        What had to be assumed.

    Raises
    ------
    FileError
        The raster names no reference system (``crs_missing``), does not touch the area
        (``raster_elsewhere``), or its cells cannot be read (``raster_corrupt``).
    """
    faults: list[Issue] = []
    with _opened(path) as source:
        if source.crs is None:
            raise refusal("crs_missing", found="")
        cell_m = _cell_m(source, target)
        empty = _empty_value(source, faults)
        values = _warped(source, target, cell_m=cell_m, empty=empty)
        if not np.isfinite(values).any():
            raise refusal("raster_elsewhere")
        scale, offset = float(source.scales[0]), float(source.offsets[0])
        if source.units[0] and source.units[0].strip().lower() in ("ft", "foot", "feet", "us survey foot"):
            faults.append(issue("raster_feet", Severity.WARNING))
            scale *= _FEET
        if source.count > 1:
            faults.append(issue("raster_bands", Severity.WARNING, n=source.count))
        is_whole = np.dtype(source.dtypes[0]).kind in "iu" and (scale, offset) == (1.0, 0.0)
    np.asarray(values * scale + offset, dtype="<f4").tofile(folder / CELLS)
    rows, cols = values.shape
    facts = [target.west_m, target.north_m, cell_m, rows, cols, int(is_whole)]
    (folder / PLACE).write_text(",".join(repr(float(one)) for one in facts), encoding="ascii")
    return tuple(faults)


@contextmanager
def _opened(path: Path) -> Iterator[_Source]:
    import rasterio  # noqa: PLC0415 - loaded once its drivers are narrowed

    try:
        with rasterio.open(path, driver=RASTER) as source:
            yield source
    except rasterio.errors.RasterioError:
        raise refusal("raster_corrupt", detail="raster_unreadable") from None


def _cell_m(source: _Source, target: Target) -> float:
    """Cell of the grid: that of the raster in metres, not finer than wanted, not more cells than allowed."""
    own = max(target.finest_m, float(round(_own_cell_m(source, target))))
    width_m, height_m = target.east_m - target.west_m, target.north_m - target.south_m
    return max(own, math.ceil(math.sqrt(width_m * height_m / target.most_cells)))


def _own_cell_m(source: _Source, target: Target) -> float:
    """Side of a cell of the raster [m], measured in the middle of the area wanted."""
    from rasterio.warp import transform  # noqa: PLC0415

    middle = [(target.west_m + target.east_m) / 2], [(target.south_m + target.north_m) / 2]
    x, y = (one[0] for one in transform(f"EPSG:{target.epsg}", source.crs, *middle))
    step = source.transform
    ends = transform(
        source.crs, f"EPSG:{target.epsg}", [x, x + step.a, x + step.b], [y, y + step.d, y + step.e]
    )
    (x0, x1, x2), (y0, y1, y2) = ends
    side_m = math.sqrt(math.hypot(x1 - x0, y1 - y0) * math.hypot(x2 - x0, y2 - y0))
    if not math.isfinite(side_m) or side_m <= 0.0:
        raise refusal("raster_elsewhere")
    return side_m


def _empty_value(source: _Source, faults: list[Issue]) -> float | None:
    if source.nodata is not None:
        return float(source.nodata)
    shrink = max(1.0, max(source.width, source.height) / _LOOK_CELLS)
    shape = (max(1, int(source.height / shrink)), max(1, int(source.width / shrink)))
    lowest = float(np.min(source.read(1, out_shape=shape)))
    if lowest in _SENTINELS or lowest < -1e30:
        faults.append(issue("raster_empty_value", Severity.WARNING, value=lowest))
        return lowest
    return None


def _warped(source: _Source, target: Target, *, cell_m: float, empty: float | None) -> Floats32:
    """The library reads the raster window by window and holds ``_WARP_MB`` of it at a time."""
    import rasterio  # noqa: PLC0415
    from rasterio.enums import Resampling  # noqa: PLC0415
    from rasterio.transform import from_origin  # noqa: PLC0415
    from rasterio.warp import reproject  # noqa: PLC0415

    rows = max(1, math.ceil((target.north_m - target.south_m) / cell_m))
    cols = max(1, math.ceil((target.east_m - target.west_m) / cell_m))
    values = np.full((rows, cols), np.nan, dtype=np.float32)
    reproject(
        source=rasterio.band(source, 1),
        destination=values,
        dst_transform=from_origin(target.west_m, target.north_m, cell_m, cell_m),
        dst_crs=f"EPSG:{target.epsg}",
        src_nodata=empty,
        dst_nodata=math.nan,
        resampling=Resampling[_way(source, target, cell_m)],
        warp_mem_limit=_WARP_MB,
    )
    return values


def _way(source: _Source, target: Target, cell_m: float) -> str:
    """How cells are brought together: counts add up, classes are never mixed, heights are averaged."""
    is_finer = _own_cell_m(source, target) < _FINER * cell_m
    if target.kind == PEOPLE:
        return "sum"
    if target.kind == COVER and np.dtype(source.dtypes[0]).kind in "iu":
        return "mode" if is_finer else "nearest"
    if target.kind == COVER:
        return "average" if is_finer else "nearest"
    return "average" if is_finer else "bilinear"
