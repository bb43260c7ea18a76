"""MapInfo TAB and File Geodatabase in ZIP archives: unpacked flat under names made here, then read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from zipfile import ZipInfo

from layers.exchange import vector
from layers.exchange.archive import extract, members
from layers.exchange.fault import refusal
from layers.exchange.raw import Limits, RawTable
from layers.exchange.word import tidy
from layers.issue import Issue

TAB_PARTS = (".tab", ".dat", ".map", ".id", ".ind")
_GDB_PART = re.compile(r"(?:a[0-9a-f]{8}\.\w{1,14}|gdb|timestamps)", re.IGNORECASE)
_TAB_TYPE = re.compile(rb"^\s*Type\s+(\w+)", re.IGNORECASE | re.MULTILINE)
_TAB_REFERENCE = re.compile(
    rb"^\s*(?:Open\s+Table|File\s+\"|create\s+view)|\"\\\\IsSeamless\"\s*=\s*\"TRUE\"",
    re.IGNORECASE | re.MULTILINE,
)
_TAB_HEAD_BYTES = 1 << 16

Found = tuple[tuple[RawTable, ...], tuple[Issue, ...]]


def read_geodatabase(path: Path, folder: Path, limits: Limits) -> Found:
    """
    Feature classes of a zipped File Geodatabase.

    Parameters
    ----------
    path
        Server-made path of the archive.
    folder
        Where to extract to.
    limits
        Largest sizes.

    Returns
    -------
    tables, issues
        Feature classes and tables with rows, and faults found.

    Raises
    ------
    FileError
        The archive is refused, holds several databases (``zip_many``), or the database is damaged.
    """
    inside = [one for one in members(path, limits) if ".gdb/" in f"/{_plain(one)}".lower()]
    homes = {str(PurePosixPath(_plain(one)).parent).lower() for one in inside}
    if len(homes) > 1:
        raise refusal("zip_many", n=len(homes))
    target = folder / "part.gdb"
    target.mkdir()
    for member in inside:
        name = PurePosixPath(_plain(member)).name.lower()
        if _GDB_PART.fullmatch(name):
            extract(path, member, target / name, limits)
    return vector.read(target, "gdb", limits)


def read_mapinfo(path: Path, folder: Path, limits: Limits) -> Found:
    """
    Tables of a zipped MapInfo TAB data set.

    Parameters
    ----------
    path, folder, limits
        As for :func:`read_geodatabase`.

    Returns
    -------
    tables, issues
        Tables with rows, and faults found.

    Raises
    ------
    FileError
        The archive is refused, a part is missing or damaged (``vector_corrupt``), or a table is only a
        pointer to another one (``tab_reference``).
    """
    groups: dict[str, dict[str, ZipInfo]] = {}
    for member in members(path, limits):
        name = PurePosixPath(_plain(member))
        if name.suffix.lower() in TAB_PARTS:
            groups.setdefault(str(name.with_suffix("")).lower(), {})[name.suffix.lower()] = member
    tables: list[RawTable] = []
    faults: list[Issue] = []
    for number, (stem, parts) in enumerate(sorted(groups.items())):
        if ".tab" not in parts:
            continue
        for suffix, member in parts.items():
            extract(path, member, folder / f"part{number}{suffix}", limits)
        target = folder / f"part{number}.tab"
        _check_plain(target)
        found, more = vector.read(target, "tab", limits)
        tables += [replace(one, name=tidy(PurePosixPath(stem).name)[:63]) for one in found]
        faults += more
    return tuple(tables), tuple(faults)


def _plain(member: ZipInfo) -> str:
    return member.filename.replace("\\", "/")


def _check_plain(path: Path) -> None:
    """A native table names no other file; linked, seamless and view tables do."""
    head = path.read_bytes()[:_TAB_HEAD_BYTES]
    kind = _TAB_TYPE.search(head)
    if kind is None or kind.group(1).upper() != b"NATIVE" or _TAB_REFERENCE.search(head):
        raise refusal("tab_reference")
    missing = [suffix for suffix in (".dat",) if not path.with_suffix(suffix).exists()]
    if missing:
        raise refusal("vector_corrupt", found="MapInfo File")


def parts_of(names: Iterator[str]) -> str | None:
    """
    Which of the two an archive holds, by the names of its members.

    Parameters
    ----------
    names
        Names, lower case.

    Returns
    -------
    found
        gdb, tab, or None.
    """
    listed = [name.replace("\\", "/") for name in names]
    if any(".gdb/" in f"/{name}" and name.endswith(".gdbtable") for name in listed):
        return "gdb"
    return "tab" if any(name.endswith(".tab") for name in listed) else None
