"""The engine's one door to files: rasters, read by window and written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import rasterio
import shapely
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import rasterize
from rasterio.io import DatasetReader, MemoryFile
from rasterio.shutil import copy
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window

from geo.errors import CrsError, DiskFullError, FileError, NotFoundError, ShapeError, StoreError
from geo.grid import Grid
from geo.raster import Raster
from geo.terrain import Surface
from geo.units import Array, Floats32

DRIVER = "GTiff"
MAX_SOURCE_CELLS = 100_000_000
"""Largest part of a foreign raster that is read at once [cells]."""

NO_ROOM_BYTES = 1_000_000
"""Where a raster cannot be written and less room than this is left, the disk is full."""

DILUTED = 2.0
"""Clutter finer than the grid by more than this ratio would be diluted by a mean."""

_SQUARE_SHARE = 1e-6


def read(path: Path, *, bounds: tuple[float, float, float, float] | None = None) -> Raster:
    """
    Read a raster with square cells in a projected system, such as this product writes.

    Parameters
    ----------
    path
        GeoTIFF.
    bounds
        (xmin, ymin, xmax, ymax) [m] in the raster's system: only cells that touch it are read. None: all.

    Returns
    -------
    raster
        First band, with its unit and nodata value.

    Raises
    ------
    NotFoundError
        There is no such file.
    FileError
        The file is not a readable GeoTIFF.
    CrsError
        It has no reference system with a code, or one that is not in metres.
    ShapeError
        Its cells are not square, it has another type of values, or it does not touch ``bounds``.
    """
    with _opened(path) as source:
        grid = _grid_of(source, path)
        window = Window(0, 0, grid.cols, grid.rows)
        if bounds is not None:
            grid, (rows, cols) = grid.window(bounds)
            window = Window.from_slices(rows, cols)
        values = source.read(1, window=window)
        return Raster(grid=grid, values=values, unit=source.units[0] or "", nodata=source.nodata)


def write_cog(path: Path, raster: Raster) -> None:
    """
    Write a raster as cloud-optimised GeoTIFF: beside its place, flushed to the disk, then renamed.

    Parameters
    ----------
    path
        File to make or replace; its folder is made if it is absent.
    raster
        Values; without a nodata value of its own NaN (float32), −32768 (int16) or 255 (uint8) is set.

    Raises
    ------
    DiskFullError
        There is no room left; what stood at ``path`` is untouched.
    StoreError
        The file cannot be written; likewise.
    """
    profile = {
        "driver": DRIVER,
        "height": raster.grid.rows,
        "width": raster.grid.cols,
        "count": 1,
        "dtype": raster.values.dtype.name,
        "crs": CRS.from_epsg(raster.grid.epsg),
        "transform": raster.grid.transform,
        "nodata": _nodata(raster),
    }
    with _writing(path) as beside, MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(raster.values, 1)
            target.set_band_unit(1, raster.unit)
        with memory.open() as plain:
            # Overviews by nearest neighbour: a mean of classes, or of levels and nodata, means nothing.
            copy(
                plain,
                beside,
                driver="COG",
                compress="DEFLATE",
                overview_resampling="nearest",
                num_threads="2",
            )


def digest(path: Path) -> str | None:
    """
    Fingerprint of a file's content.

    Parameters
    ----------
    path
        File.

    Returns
    -------
    digest
        SHA-256, hexadecimal; None where there is no file.
    """
    if not path.is_file():
        return None
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def keep_folders(folder: Path, names: Collection[str]) -> None:
    """
    Remove the rasters of runs that nobody needs any more.

    Parameters
    ----------
    folder
        Folder with one folder for each run.
    names
        Folders that stay.
    """
    for path in folder.iterdir():
        if path.is_dir() and path.name not in names:
            shutil.rmtree(path, ignore_errors=True)


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> bool:
    """
    Keep arrays that can be computed again: beside the place, then renamed; never half a file.

    Parameters
    ----------
    path
        File to make or replace; its folder is made if it is absent.
    arrays
        Name to array, without objects.

    Returns
    -------
    saved
        False where the disk does not take it.
    """
    try:
        with _writing(path, lasting=False) as beside, beside.open("wb") as target:
            np.savez(target, **arrays)  # type: ignore[arg-type]  # the stub forgets names beside allow_pickle
    except StoreError:
        return False
    return True


def load_arrays(path: Path) -> dict[str, Array] | None:
    """
    Arrays kept by ``save_arrays``.

    Parameters
    ----------
    path
        The file; its time is set to now, so that files long unused are known.

    Returns
    -------
    arrays
        None where there is no such file or it is damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as source:
            arrays = {name: source[name] for name in source.files}
        os.utime(path)
    except (OSError, ValueError, KeyError, BadZipFile):
        return None
    return arrays


def trim(folder: Path, *, most_bytes: int) -> None:
    """
    Remove the files longest unused until the rest fits.

    Parameters
    ----------
    folder
        With all folders in it.
    most_bytes
        Size that may stay [B].
    """
    found = []
    for path in folder.rglob("*.npz"):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((status.st_mtime, status.st_size, path))
    size = 0
    for _, n_bytes, path in sorted(found, reverse=True):
        size += n_bytes
        if size > most_bytes:
            path.unlink(missing_ok=True)


def read_surface(terrain_path: Path | None, clutter_path: Path | None, grid: Grid) -> Surface:
    """
    Ground and clutter heights on a grid.

    Parameters
    ----------
    terrain_path
        GeoTIFF of the ground above sea level [m], any reference system and cell. None: unknown.
    clutter_path
        GeoTIFF of the height of houses and trees above the ground [m]. None: unknown.
    grid
        Where the heights are wanted.

    Returns
    -------
    surface
        Mean of the source's cells where they are finer; for clutter more than ``DILUTED`` times finer, the
        root of their mean square, for the mean of a few houses among gardens would hide nothing. Else
        interpolated (ground) or that of the nearest cell (clutter). NaN where a source has no value or does
        not reach.

    Raises
    ------
    NotFoundError, FileError, CrsError
        As ``read``; a geographic source is allowed here.
    RangeError
        A height is impossible.
    """
    return Surface(
        grid=grid,
        ground_m=_resampled(terrain_path, grid, coarse=Resampling.bilinear),
        clutter_height_m=_resampled(clutter_path, grid, coarse=Resampling.nearest),
    )


def burn(grid: Grid, shapes: Sequence[tuple[shapely.Geometry, float]], *, fill: float = math.nan) -> Floats32:
    """
    Values of shapes in the cells whose centre they hold.

    Parameters
    ----------
    grid
        Where the cells lie.
    shapes
        Geometry in the grid's reference system, and its value; where they overlap the larger value wins.
    fill
        Value of all other cells.

    Returns
    -------
    values
        Float32, shape (rows, cols).
    """
    rising = sorted(
        ((shape, value) for shape, value in shapes if shape is not None and not shape.is_empty),
        key=lambda pair: pair[1],
    )
    if not rising:
        return np.full(grid.shape, fill, dtype=np.float32)
    burnt = rasterize(rising, out_shape=grid.shape, fill=fill, transform=grid.transform, dtype="float32")
    return np.asarray(burnt, dtype=np.float32)


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    # The driver is forced: a file that is not what its name says is refused instead of guessed.
    if not path.is_file():
        raise NotFoundError("raster_missing", file=path.name)
    try:
        with rasterio.open(path, driver=DRIVER) as source:
            yield source
    except RasterioError as error:
        raise FileError("raster_unreadable", file=path.name) from error


def _grid_of(source: DatasetReader, path: Path) -> Grid:
    epsg = None if source.crs is None else source.crs.to_epsg()
    if epsg is None:
        raise CrsError("raster_crs_missing", file=path.name)
    step = source.transform
    skew = max(abs(step.b), abs(step.d), abs(step.a + step.e))
    if not step.a > 0.0 or skew > _SQUARE_SHARE * step.a:
        raise ShapeError("raster_not_square", file=path.name)
    return Grid(
        epsg=int(epsg),
        west_m=step.c,
        north_m=step.f,
        cell_m=step.a,
        rows=source.height,
        cols=source.width,
    )


def _nodata(raster: Raster) -> float:
    usual = {"float32": math.nan, "int16": -32768.0, "uint8": 255.0}
    return usual[raster.values.dtype.name] if raster.nodata is None else raster.nodata


@contextmanager
def _writing(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    # A name beside the target; on success flushed (where it shall last) and renamed over it, else removed.
    beside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tif")
        os.close(handle)
        beside = Path(name)
        yield beside
        beside.chmod(0o644)
        if lasting:
            _flush(beside)
        beside.replace(path)
        if lasting:
            _flush(path.parent)
    except (OSError, RasterioError, CPLE_BaseError) as error:
        # GDAL does not always name the reason; what it wrote so far still takes the room.
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        if full or shutil.disk_usage(path.parent).free < NO_ROOM_BYTES:
            raise DiskFullError("disk_full", folder=str(path.parent)) from error
        raise StoreError("raster_unwritable", file=path.name) from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _resampled(path: Path | None, grid: Grid, *, coarse: Resampling) -> Floats32:
    heights = np.full(grid.shape, np.nan, dtype=np.float32)
    if path is None:
        return heights
    with _opened(path) as source:
        if source.crs is None:
            raise CrsError("raster_crs_missing", file=path.name)
        window, cell_m = _needed(source, grid)
        if window is None:
            return heights
        values = source.read(1, window=window, masked=True).astype(np.float32).filled(np.nan)
        reproject(
            source=values,
            destination=heights,
            src_transform=source.window_transform(window),
            src_crs=source.crs,
            src_nodata=np.nan,
            dst_transform=grid.transform,
            dst_crs=CRS.from_epsg(grid.epsg),
            dst_nodata=np.nan,
            resampling=_resampling(cell_m / grid.cell_m, coarse),
        )
    return heights


def _resampling(ratio: float, coarse: Resampling) -> Resampling:
    if ratio >= 0.999:
        return coarse
    diluted = coarse is Resampling.nearest and ratio < 0.999 / DILUTED
    return Resampling.rms if diluted else Resampling.average


def _needed(source: DatasetReader, grid: Grid) -> tuple[Window | None, float]:
    # Part of the source under the grid, two cells more on each side, and its cell in metres.
    around = transform_bounds(CRS.from_epsg(grid.epsg), source.crs, *grid.bounds, densify_pts=21)
    inverse = ~source.transform
    corners = [inverse @ (x, y) for x in around[::2] for y in around[1::2]]
    cols, rows = [c for c, _ in corners], [r for _, r in corners]
    left, right = max(math.floor(min(cols)) - 2, 0), min(math.ceil(max(cols)) + 2, source.width)
    top, bottom = max(math.floor(min(rows)) - 2, 0), min(math.ceil(max(rows)) + 2, source.height)
    if right <= left or bottom <= top:
        return None, math.nan
    if (right - left) * (bottom - top) > MAX_SOURCE_CELLS:
        raise FileError("raster_too_fine", cells=(right - left) * (bottom - top), most=MAX_SOURCE_CELLS)
    west, south, east, north = grid.bounds
    span = max(max(cols) - min(cols), max(rows) - min(rows))
    return Window(left, top, right - left, bottom - top), max(east - west, north - south) / span
