"""Terrain profiles of strangers: one in a CSV file, or one for each case end to end in an NPZ archive."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.errors import FileError
from geo.units import Floats

MAX_BYTES = 1024 * 2**20
MAX_POINTS = 50_000_000
INLAND = 4
ZONES = (1.0, 3.0, 4.0)
_BEGIN, _END = "{begin of profile}", "{end of profile}"
_MEMBERS = {"n": "iu", "h": "fiu", "c": "fiu"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """
    Heights along one path.

    Parameters
    ----------
    distance_km
        From the transmitter [km], shape (n,); None: equal steps over a length that the case tells.
    ground_m, clutter_m
        Ground above sea level, houses and trees above it [m], shape (n,).
    zones
        Radio-climatic zone (1 sea, 3 coastal land, 4 inland) as numbers, shape (n,).
    ends_deg
        (latitude, longitude) of both ends [°]; None where the file does not tell.
    """

    distance_km: Floats | None
    ground_m: Floats
    clutter_m: Floats
    zones: Floats
    ends_deg: tuple[float, float, float, float] | None = None


def read(path: Path, *, n_cases: int) -> tuple[Profile, ...]:
    """
    Read profiles.

    Parameters
    ----------
    path
        ``.npz`` with ``n`` (points of each case), ``h`` (ground [m]) and ``c`` (clutter [m], optional) end to
        end; or CSV with the columns distance [km], ground [m], coverage code, clutter [m], zone, either
        between the lines ``{Begin of Profile}`` and ``{End of Profile}`` or as the whole file.
    n_cases
        Cases which need a profile.

    Returns
    -------
    profiles
        One for each case; that of a CSV file serves all.

    Raises
    ------
    FileError
        The file is missing, too large, not of its kind, or does not hold a profile for each case.
    """
    if not path.is_file():
        raise FileError("file_missing", file=path.name)
    if not 0 < path.stat().st_size <= MAX_BYTES:
        raise FileError("file_size", file=path.name, n_bytes=path.stat().st_size)
    if path.suffix.lower() == ".npz":
        return _archive(path, n_cases)
    return (_table(path),) * n_cases


def _archive(path: Path, n_cases: int) -> tuple[Profile, ...]:
    arrays = _arrays(path)
    for name in ("n", "h"):
        if name not in arrays:
            raise FileError("profiles_member_missing", file=path.name, member=name)
    for name, values in arrays.items():
        if values.ndim != 1 or values.dtype.kind not in _MEMBERS[name]:
            raise FileError("profiles_member_type", file=path.name, member=name)
    counts, ground = arrays["n"].astype(np.int64), arrays["h"].astype(np.float64)
    clutter = arrays["c"].astype(np.float64) if "c" in arrays else np.zeros(ground.shape)
    fits = (counts >= 3).all() and counts.sum() == ground.size == clutter.size
    if counts.size != n_cases or not fits:
        raise FileError(
            "profiles_count", file=path.name, n_cases=n_cases, n_profiles=counts.size, n_points=ground.size
        )
    ends = np.cumsum(counts)
    return tuple(
        Profile(
            distance_km=None,
            ground_m=ground[end - n : end],
            clutter_m=clutter[end - n : end],
            zones=np.full(n, INLAND, dtype=np.float64),
        )
        for n, end in zip(counts.tolist(), ends.tolist(), strict=True)
    )


def _arrays(path: Path) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    # Sizes are judged from the archive's own list first, so that a small file cannot fill the memory.
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_POINTS * 16:
            raise FileError("file_size", file=path.name, n_bytes=unpacked)
        with np.load(path, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in _MEMBERS if name in archive.files}
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, KeyError) as error:
        raise FileError("profiles_unreadable", file=path.name) from error


def _table(path: Path) -> Profile:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError("file_not_utf8", file=path.name, byte=error.start) from None
    head, lines, first = _body(text)
    rows: list[list[float]] = []
    for number, cells in enumerate(csv.reader(io.StringIO("\n".join(lines))), start=first):
        values = [_number(cell) for cell in cells[:5]]
        if not any(cell.strip() for cell in cells) or (not rows and values[0] is None):
            continue
        if len(values) < 2 or None in (values[0], values[1]):
            raise FileError("profile_row", file=path.name, row=number)
        known = [0.0 if value is None else value for value in values] + [0.0] * (5 - len(values))
        zone = known[4] or float(INLAND)
        if zone not in ZONES or not known[3] >= 0.0:
            raise FileError("profile_row", file=path.name, row=number)
        rows.append([known[0], known[1], known[3], zone])
    if len(rows) < 3:
        raise FileError("profiles_count", file=path.name, n_cases=1, n_profiles=0, n_points=len(rows))
    distance, ground, clutter, zones = np.array(rows, dtype=np.float64).T
    return Profile(
        distance_km=distance, ground_m=ground, clutter_m=clutter, zones=zones, ends_deg=_ends(head)
    )


def _body(text: str) -> tuple[list[str], list[str], int]:
    # Head, lines of the profile, and the number of the first of these in the file.
    lines = text.splitlines()
    marks = [line.strip().rstrip(",;").strip().lower() for line in lines]
    if _BEGIN not in marks:
        return [], lines, 1
    start = marks.index(_BEGIN) + 1
    stop = marks.index(_END, start) if _END in marks[start:] else len(lines)
    if start < stop and marks[start].startswith("number of points"):
        start += 1
    return lines[:start], lines[start:stop], start + 1


def _ends(head: list[str]) -> tuple[float, float, float, float] | None:
    told: dict[str, float] = {}
    for line in head:
        name, _, rest = line.partition(":")
        value = _number(rest.strip().strip(",").strip())
        if value is not None:
            told[name.strip().lower()] = value
    wanted = ("tx lat", "tx lon", "rx lat", "rx lon")
    if any(name not in told for name in wanted):
        return None
    return told["tx lat"], told["tx lon"], told["rx lat"], told["rx lon"]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
