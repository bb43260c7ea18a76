"""
Tables of well-known open data, told by their headings and put into the words of our layers.

========== ============================================= ============ ==========================
Data       Headings that tell it                         Layer        Licence
========== ============================================= ============ ==========================
OpenCelliD radio, mcc, net, area, cell, ... (or none)    cell         CC BY-SA 4.0
Ookla      quadkey, avg_d_kbps, avg_u_kbps, avg_lat_ms   measurement  CC BY-NC-SA 4.0
Google     area_in_meters, confidence, full_plus_code    building     CC BY 4.0 or ODbL
Overture   sources-free building columns, ``subtype``    building     ODbL 1.0
========== ============================================= ============ ==========================

References
----------
OpenCelliD wiki, "Database format"; Ookla open data, "Tile attributes"; Google Open Buildings v3, "Data
format"; Overture Maps, schema of ``buildings/building``. Microsoft's footprints have no column that tells
them: they come in as any GeoJSON.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import shapely

from layers.exchange.fault import issue
from layers.exchange.raw import Cell, RawTable
from layers.issue import Issue, Severity

OPENCELLID = ("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples", "changeable",
              "created", "updated", "averageSignal")  # fmt: skip
"""Columns of an OpenCelliD export, which often comes without their names."""
RADIOS: Mapping[str, str] = MappingProxyType({"GSM": "2G", "UMTS": "3G", "LTE": "4G", "NR": "5G"})

_CELLS_OF_ENB = 256
_TILE_ACCURACY_M = 300.0
"""Half the side of an Ookla tile, about 610 m at the equator [m]."""
_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "opencellid": "OpenCelliD, CC BY-SA 4.0",
        "ookla": "Ookla Open Data, CC BY-NC-SA 4.0",
        "google": "Google Open Buildings, CC BY 4.0",
        "overture": "Overture Maps Foundation, ODbL 1.0",
    }
)
_OVERTURE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "residential": "house",
        "industrial": "industrial",
        **dict.fromkeys(("civic", "education", "medical", "religious", "entertainment"), "public"),
        **dict.fromkeys(("commercial", "agricultural", "service", "transportation", "outbuilding"), "other"),
    }
)

Record = Mapping[str, Cell]


def recognise(table: RawTable) -> tuple[RawTable, tuple[Issue, ...]]:
    """
    A table in the words of our layer, where it is one of the open data known.

    Parameters
    ----------
    table
        Table as read.

    Returns
    -------
    table, issues
        The table as it came where nothing is recognised. A licence that forbids commercial use is a warning.
    """
    names = {heading.lower() for heading in table.headings}
    for known, marks, make in _KNOWN:
        if marks <= names:
            found = make(table)
            faults = (issue("licence_noncommercial", Severity.WARNING, value=_PHRASES[known]),) if (
                "-NC" in _PHRASES[known]) else ()  # fmt: skip
            return replace(found, licence=_PHRASES[known]), faults
    return table, ()


def named_cells(text: str) -> str:
    """
    An OpenCelliD export with its first line, which the raw one lacks.

    Parameters
    ----------
    text
        Content of a delimited file.

    Returns
    -------
    text
        As it came where its first line is no cell of such an export.
    """
    first = text.split("\n", 1)[0].strip().split(",")
    is_cell = (
        len(first) in (13, 14)
        and first[0].strip('"').upper() in (*RADIOS, "CDMA")
        and all(part.strip().lstrip("-").isdecimal() for part in first[1:5])
    )
    return f"{','.join(OPENCELLID[: len(first)])}\n{text}" if is_cell else text


def _records(table: RawTable) -> list[dict[str, Cell]]:
    headings = [heading.lower() for heading in table.headings]
    return [dict(zip(headings, row, strict=True)) for row in table.rows]


def _with(table: RawTable, name: str, rows: Sequence[Record]) -> RawTable:
    headings = tuple(dict.fromkeys(key for row in rows for key in row))
    return replace(
        table,
        name=name,
        headings=headings,
        rows=tuple(tuple(row.get(key) for key in headings) for row in rows),
    )


def _number(value: Cell) -> float | None:
    try:
        return None if value is None or isinstance(value, bool | dt.date) else float(value)
    except ValueError:
        return None


def _day(value: Cell) -> str | None:
    seconds = _number(value)
    if seconds is None or not 0 < seconds < 4e9:
        return None
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).date().isoformat()


def _cells(table: RawTable) -> RawTable:
    """
    Cells at the positions that phones reported: estimates, never masts.

    A 4G cell of OpenCelliD counts its station and sector in one number (station × 256 + sector, TS 36.300
    clause 8.2); of other radios the number of the cell without its last digit stands for the station.
    """
    rows: list[dict[str, Cell]] = []
    for one in _records(table):
        radio, cell = str(one.get("radio") or "").upper(), int(_number(one.get("cell")) or 0)
        mcc, net, area = (int(_number(one.get(key)) or 0) for key in ("mcc", "net", "area"))
        station = cell // (_CELLS_OF_ENB if radio == "LTE" else 10)
        rows.append(
            {
                "id": f"{radio}-{mcc}-{net}-{area}-{cell}",
                "site_id": f"{mcc}-{net}-{area}-{station}",
                "operators": f"{mcc}{net:02d}",
                "technology": RADIOS.get(radio, radio or None),
                "lat": one.get("lat"),
                "lon": one.get("lon"),
                "accuracy_m": _number(one.get("range")) or None,
                "as_of": _day(one.get("updated")),
                "is_assumed": "geometry",
            }
        )
    return _with(table, "cell", rows)


def _tiles(table: RawTable) -> RawTable:
    """Mean speeds of square tiles, at the middle of each."""
    records = _records(table)
    rows: list[dict[str, Cell]] = []
    for one in records:
        down, up = _number(one.get("avg_d_kbps")), _number(one.get("avg_u_kbps"))
        rows.append(
            {
                "id": f"ookla-{one.get('quadkey')}",
                "download_mbps": None if down is None else down / 1000.0,
                "upload_mbps": None if up is None else up / 1000.0,
                "latency_ms": one.get("avg_lat_ms"),
                "n_samples": one.get("tests"),
                "accuracy_m": _TILE_ACCURACY_M,
            }
        )
    middles = _middles(table, records)
    return replace(_with(table, "measurement", rows), shapes=middles, epsg=4326, is_crs_declared=True)


def _middles(table: RawTable, records: Sequence[Record]) -> tuple[bytes | None, ...]:
    if table.shapes is not None:
        shapes = shapely.from_wkb(np.array(table.shapes, dtype=object))
    else:
        texts = [one.get("tile") for one in records]
        shapes = shapely.from_wkt(
            [text if isinstance(text, str) else None for text in texts], on_invalid="ignore"
        )
        places = [_quad_middle(one.get("quadkey")) if shape is None else None
                  for one, shape in zip(records, shapes, strict=True)]  # fmt: skip
        shapes = np.array([shape or place for shape, place in zip(shapes, places, strict=True)], dtype=object)
    middles = shapely.to_wkb(shapely.centroid(shapes))
    return tuple(None if one is None else bytes(one) for one in middles)


def _quad_middle(key: Cell) -> shapely.Point | None:
    """Middle of a tile of the Web Mercator quadtree (Bing Maps Tile System)."""
    text = str(key or "")
    if not text or set(text) - set("0123"):
        return None
    x = y = 0.0
    for digit in text:
        x, y = 2 * x + (int(digit) & 1), 2 * y + (int(digit) >> 1)
    size = float(1 << len(text))
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + 0.5) / size))))
    return shapely.Point((x + 0.5) / size * 360.0 - 180.0, float(lat))


def _google(table: RawTable) -> RawTable:
    rows: list[dict[str, Cell]] = []
    for one in _records(table):
        row: dict[str, Cell] = {"id": one.get("full_plus_code"), "accuracy_m": None}
        if table.shapes is None:
            row["wkt"] = one.get("geometry")
        rows.append(row)
    return _with(table, "building", rows)


def _overture(table: RawTable) -> RawTable:
    rows: list[dict[str, Cell]] = []
    for one in _records(table):
        subtype = one.get("subtype")
        is_block = one.get("class") in ("apartments", "dormitory")
        rows.append(
            {
                "id": one.get("id"),
                "name": one.get("name") or one.get("names"),
                "kind": "apartment" if is_block else _OVERTURE_KINDS.get(str(subtype)),
                "height_m": one.get("height"),
                "n_floors": one.get("num_floors"),
            }
        )
    return _with(table, "building", rows)


_KNOWN: tuple[tuple[str, frozenset[str], Callable[[RawTable], RawTable]], ...] = (
    ("opencellid", frozenset(("radio", "mcc", "net", "area", "cell", "lon", "lat")), _cells),
    ("ookla", frozenset(("quadkey", "avg_d_kbps", "avg_u_kbps", "avg_lat_ms")), _tiles),
    ("google", frozenset(("area_in_meters", "confidence", "full_plus_code")), _google),
    ("overture", frozenset(("id", "subtype", "num_floors", "has_parts")), _overture),
)
