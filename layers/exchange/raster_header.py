"""Rasters: judged by their header before a pixel is touched, then by whether they say where they lie."""

from __future__ import annotations

import struct
from pathlib import Path

from geo.crs import from_wkt
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Limits
from layers.issue import Issue, Severity

_TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}
_WIDTH, _HEIGHT, _BITS, _SAMPLES = 256, 257, 258, 277
_OFFSETS, _COUNTS = (273, 324), (279, 325)
_MAX_ENTRIES = 4096


def judge(path: Path, limits: Limits) -> tuple[int, tuple[Issue, ...]]:
    """
    Check a GeoTIFF.

    Parameters
    ----------
    path
        Server-made path.
    limits
        Largest number of cells.

    Returns
    -------
    n_cells, issues
        Rows times columns, and faults found.

    Raises
    ------
    FileError
        The file is too large by its header (``raster_too_large``) or damaged (``raster_corrupt``).
    """
    tags = _tags(path.read_bytes() if path.stat().st_size < limits.bytes else b"")
    width, height = (int(tags.get(tag, (0,))[0]) for tag in (_WIDTH, _HEIGHT))
    if width <= 0 or height <= 0:
        raise refusal("raster_corrupt", detail="raster_header")
    if width * height * int(tags.get(_SAMPLES, (1,))[0]) > limits.raster_cells:
        raise refusal("raster_too_large", n_columns=width, n_rows=height, limit=limits.raster_cells)
    _check_blocks(tags, path.stat().st_size)
    return width * height, _judge_content(path)


def _tags(data: bytes) -> dict[int, tuple[int, ...]]:
    try:
        order = "<" if data[:2] == b"II" else ">"
        (version,) = struct.unpack_from(order + "H", data, 2)
        is_big = version == 43
        (start,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
        (n_entries,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, start)
        if n_entries > _MAX_ENTRIES:
            raise refusal("raster_corrupt", detail="raster_header")
        at, step = start + (8 if is_big else 2), 20 if is_big else 12
        return dict(_entry(data, at + step * number, order, is_big=is_big) for number in range(n_entries))
    except struct.error:
        raise refusal("raster_corrupt", detail="raster_header") from None


def _entry(data: bytes, at: int, order: str, *, is_big: bool) -> tuple[int, tuple[int, ...]]:
    tag, kind = struct.unpack_from(order + "HH", data, at)
    (count,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, at + 4)
    if kind not in _CODES:
        return tag, (0,)
    place, room = at + (12 if is_big else 8), 8 if is_big else 4
    if count * _TYPE_BYTES[kind] > room:
        (place,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, place)
    if place + count * _TYPE_BYTES[kind] > len(data):
        raise refusal("raster_corrupt", detail="raster_header")
    return tag, struct.unpack_from(f"{order}{count}{_CODES[kind]}", data, place) or (0,)


def _check_blocks(tags: dict[int, tuple[int, ...]], size: int) -> None:
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        if offsets in tags and any(
            start + length > size for start, length in zip(tags[offsets], tags.get(counts, ()), strict=False)
        ):
            raise refusal("raster_corrupt", detail="raster_cut")


def _judge_content(path: Path) -> tuple[Issue, ...]:
    import rasterio  # noqa: PLC0415 - only rasters need it

    try:
        with rasterio.open(path, driver="GTiff") as raster:
            faults = []
            if raster.transform.b or raster.transform.d:
                faults.append(issue("raster_rotated"))
            if raster.crs is None:
                faults.append(issue("crs_missing", Severity.ASK, found=""))
            elif raster.crs.to_epsg() is None:
                faults.append(
                    issue("crs_unknown", Severity.ASK, found=from_wkt(raster.crs.to_wkt())[1] or "–")
                )
            has_value = False
            for _, window in raster.block_windows(1):
                has_value |= bool(raster.dataset_mask(window=window).any())
            if not has_value:
                faults.append(issue("raster_all_nodata"))
            return tuple(faults)
    except rasterio.errors.RasterioError:
        raise refusal("raster_corrupt", detail="raster_unreadable") from None
