"""Zipped Shapefiles: extracted flat, headers held against sizes, read by the one driver allowed."""

from __future__ import annotations

import datetime as dt
import math
import struct
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely

from geo.crs import from_wkt
from layers.exchange.archive import extract, members
from layers.exchange.encoding import Decoded, decode
from layers.exchange.fault import issue, refusal
from layers.exchange.raw import Cell, Limits, RawTable
from layers.exchange.vector import warnings_as_faults
from layers.exchange.word import tidy
from layers.issue import Issue, Severity

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_PLAIN_TYPES = (0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28)
_HEADER_BYTES = 100


def read(
    path: Path, folder: Path, limits: Limits, *, encoding: str | None
) -> tuple[tuple[RawTable, ...], tuple[Issue, ...], Decoded | None]:
    """
    Layers of a ZIP archive of Shapefiles.

    Parameters
    ----------
    path
        Server-made path of the archive.
    folder
        Where to extract to.
    limits
        Largest sizes.
    encoding
        Encoding chosen by the user for attributes, or None.

    Returns
    -------
    tables, issues, decoded
        Tables, faults found, and the encoding of the attributes where it had to be found out.

    Raises
    ------
    FileError
        The archive is refused, a part is missing or damaged (``shp_corrupt``), or holds patches
        (``geom_type_unsupported``).
    """
    groups: dict[str, dict[str, Any]] = {}
    for member in members(path, limits):
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.suffix.lower() in PARTS:
            groups.setdefault(str(name.with_suffix("")).lower(), {})[name.suffix.lower()] = member
    tables, faults, doubt = [], [], None
    for number, (stem, parts) in enumerate(sorted(groups.items())):
        if ".shp" not in parts:
            continue
        for suffix, member in parts.items():
            extract(path, member, folder / f"part{number}{suffix}", limits)
        table, found, decoded = _read_one(
            folder / f"part{number}.shp", tidy(PurePosixPath(stem).name), encoding
        )
        tables.append(table)
        faults += found
        doubt = decoded or doubt
    return tuple(tables), tuple(faults), doubt


def _read_one(path: Path, name: str, encoding: str | None) -> tuple[RawTable, list[Issue], Decoded | None]:
    import pyogrio  # noqa: PLC0415 - loaded once its drivers are narrowed

    _check_headers(path)
    stated = path.with_suffix(".cpg").exists()
    try:
        kwargs = {} if stated else {"encoding": "ISO-8859-1"}
        with warnings_as_faults("pyogrio"):
            meta, _, wkb, columns = pyogrio.raw.read(str(path), **kwargs)
        shapes = shapely.from_wkb(np.asarray(wkb, dtype=object))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError):
        raise refusal("shp_corrupt", detail="shp_unreadable") from None
    except (UnicodeDecodeError, LookupError):
        raise refusal("encoding_invalid", encoding=str(meta_encoding(path))) from None
    except shapely.errors.ShapelyError:
        raise refusal("geom_type_unsupported", found="curved") from None
    faults: list[Issue] = []
    epsg, crs_name = _crs(path.with_suffix(".prj"), faults)
    headings = tuple(tidy(str(one)) for one in meta["fields"])
    cells = [[_cell(value) for value in column] for column in columns]
    decoded = None if stated else _decode(cells, encoding)
    cells = [[tidy(one) or None if isinstance(one, str) else one for one in column] for column in cells]
    rows = tuple(zip(*cells, strict=True)) if cells else ((),) * len(shapes)
    table = RawTable(
        name=name,
        headings=headings,
        rows=rows,
        row_numbers=tuple(range(1, len(shapes) + 1)),
        shapes=tuple(None if one is None else bytes(shapely.to_wkb(one)) for one in shapes),
        epsg=epsg,
        is_crs_declared=path.with_suffix(".prj").exists(),
        crs_name=crs_name,
    )
    if not rows:
        raise refusal("layer_empty")
    return table, faults, decoded


def meta_encoding(path: Path) -> str:
    """
    Encoding that the ``.cpg`` part names.

    Parameters
    ----------
    path
        Path of the ``.shp`` part.

    Returns
    -------
    encoding
        First word of the part, at most 20 characters.
    """
    return path.with_suffix(".cpg").read_text("ascii", errors="replace").strip()[:20]


def _check_headers(path: Path) -> None:
    sizes = {}
    for suffix in (".shp", ".shx"):
        part = path.with_suffix(suffix)
        if not part.exists():
            raise refusal("shp_corrupt", detail=f"shp_no_{suffix[1:]}")
        data = part.read_bytes()[:_HEADER_BYTES]
        if len(data) < _HEADER_BYTES or data[:4] != b"\x00\x00\x27\x0a":
            raise refusal("shp_corrupt", detail=f"shp_bad_{suffix[1:]}")
        (words,) = struct.unpack(">i", data[24:28])
        (kind,) = struct.unpack("<i", data[32:36])
        sizes[suffix] = part.stat().st_size
        if kind not in _PLAIN_TYPES:
            raise refusal("geom_type_unsupported", found="curved")
        if words * 2 != sizes[suffix]:
            raise refusal(
                "shp_corrupt", detail=f"shp_bad_{suffix[1:]}", n_bytes=sizes[suffix], stated=words * 2
            )
    table = path.with_suffix(".dbf")
    if not table.exists():
        return
    head = table.read_bytes()[:32]
    if len(head) < 32:
        raise refusal("shp_corrupt", detail="shp_bad_dbf")
    n_records, header_bytes, record_bytes = struct.unpack("<IHH", head[4:12])
    is_short = table.stat().st_size < header_bytes + n_records * record_bytes
    if is_short or n_records != (sizes[".shx"] - _HEADER_BYTES) // 8:
        raise refusal("shp_corrupt", detail="shp_bad_dbf", n_bytes=table.stat().st_size, stated=header_bytes)
    _check_records(path, sizes)


def _check_records(path: Path, sizes: dict[str, int]) -> None:
    index = np.frombuffer(path.with_suffix(".shx").read_bytes()[_HEADER_BYTES:], dtype=">i4").reshape(-1, 2)
    ends = index[:, 0].astype(np.int64) * 2 + 8 + index[:, 1].astype(np.int64) * 2
    if len(ends) and (int(ends.max()) > sizes[".shp"] or int(index.min()) < 0):
        raise refusal("shp_corrupt", detail="shp_bad_shx", row=int(ends.argmax()) + 1)


def _crs(path: Path, faults: list[Issue]) -> tuple[int | None, str | None]:
    if not path.exists():
        faults.append(issue("crs_missing", Severity.ASK, found=""))
        return None, None
    text = path.read_text("utf-8", errors="replace")
    epsg, name = from_wkt(text)
    if epsg is None:
        faults.append(issue("crs_unknown", Severity.ASK, found=name or "–"))
    return epsg, name


def _cell(value: object) -> Cell:
    if value is None or value is np.datetime64("NaT"):
        return None
    if isinstance(value, np.datetime64):
        day = value.astype("datetime64[D]").astype(object)
        return day if isinstance(day, dt.date) else None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):  # tidied once it is decoded: a byte of a letter may look like a blank
        return value or None
    return value if isinstance(value, bool | int) else None


def _decode(cells: list[list[Cell]], encoding: str | None) -> Decoded | None:
    texts = [
        (column, place) for column in cells for place, value in enumerate(column) if isinstance(value, str)
    ]
    joined = "\x1f".join(str(column[place]) for column, place in texts)
    if joined.isascii():
        return None
    decoded = decode(joined.encode("latin-1", errors="replace"), encoding=encoding)
    for (column, place), text in zip(texts, decoded.text.split("\x1f"), strict=True):
        column[place] = text
    return decoded
