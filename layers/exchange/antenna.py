"""Antenna pattern files of manufacturers: bytes within a limit, then the engine's parser."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePath

from geo.antenna import N_ANGLES, Pattern, parse
from geo.errors import FileError, InputError
from layers.exchange.fault import refusal
from layers.exchange.raw import RawTable
from layers.issue import Issue, Severity

MAX_BYTES = 1_000_000
SUFFIXES = (".msi", ".pln")
LONGEST_NAME = 80


def read(path: Path, *, name: str | None = None) -> Pattern:
    """
    Read an ``.msi`` or ``.pln`` file.

    Parameters
    ----------
    path
        File; plain text, in UTF-8 or, where that fails, Latin-1 (manufacturers' names only).
    name
        Name given by the sender; that of ``path`` unless given.

    Returns
    -------
    pattern
        The antenna.

    Raises
    ------
    FileError
        The file is missing, empty, too large, no text, of another kind, or breaks the format (with its line).
    """
    if not path.is_file():
        raise FileError("file_missing", file=path.name)
    called = name or path.name
    if not called.lower().endswith(SUFFIXES):
        raise FileError("antenna_kind", file=called, known=", ".join(SUFFIXES))
    if not 0 < path.stat().st_size <= MAX_BYTES:
        raise FileError("file_size", file=called, n_bytes=path.stat().st_size)
    return parsed(path.read_bytes(), called)


def read_table(path: Path) -> RawTable:
    """
    The two cuts of a stranger's file, for the guarded reader.

    Parameters
    ----------
    path
        The bytes, under any name.

    Returns
    -------
    table
        Angle and both attenuations, one row for each degree.

    Raises
    ------
    FileError
        Carries the one fault, with its line where there is one.
    """
    if path.stat().st_size > MAX_BYTES:
        raise refusal("file_too_large", n_bytes=path.stat().st_size, limit=MAX_BYTES)
    try:
        pattern = parsed(path.read_bytes(), path.name)
    except FileError as error:
        line = error.facts.get("line")
        row = line if isinstance(line, int) and line > 0 else None
        facts = {name: value for name, value in error.facts.items() if name != "line"}
        fault = Issue(code=error.code, severity=Severity.ERROR, row=row, facts=facts)
        raise FileError("file_refused", issues=(fault,), found=error.code) from error
    cuts = zip(pattern.horizontal_db.tolist(), pattern.vertical_db.tolist(), strict=True)
    return RawTable(
        name=pattern.name,
        headings=("angle_deg", "horizontal_db", "vertical_db"),
        rows=tuple((angle, *pair) for angle, pair in enumerate(cuts)),
        row_numbers=tuple(range(1, N_ANGLES + 1)),
    )


def name_of(file_name: str) -> str:
    """
    Name of the antenna in a file.

    Parameters
    ----------
    file_name
        Name given by the sender.

    Returns
    -------
    name
        The file's name without folder and ending.

    Raises
    ------
    InputError
        ``antenna_name``: nothing is left, or it cannot be the name of a file.
    """
    stem = unicodedata.normalize("NFC", PurePath(file_name.replace("\\", "/")).stem)
    name = " ".join(stem.split())
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME or name.startswith("."):
        raise InputError("antenna_name", name=name[:LONGEST_NAME])
    return name


def parsed(content: bytes, name: str) -> Pattern:
    """
    Antenna from the bytes of a file.

    Parameters
    ----------
    content
        Plain text, in UTF-8 or, where that fails, Latin-1.
    name
        Name of the file, for its faults.

    Returns
    -------
    pattern
        The antenna.

    Raises
    ------
    FileError
        They are no text, or break the format (with the line).
    """
    if b"\0" in content:
        raise FileError("antenna_binary", file=name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return parse(text)
