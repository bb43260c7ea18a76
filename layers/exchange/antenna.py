"""Antenna pattern files of manufacturers: bytes within a limit, then the engine's parser."""

from __future__ import annotations

from pathlib import Path

from geo.antenna import Pattern, parse
from geo.errors import FileError

MAX_BYTES = 1_000_000
SUFFIXES = (".msi", ".pln")


def read(path: Path) -> Pattern:
    """
    Read an ``.msi`` or ``.pln`` file.

    Parameters
    ----------
    path
        File; plain text, in UTF-8 or, where that fails, Latin-1 (manufacturers' names only).

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
    if path.suffix.lower() not in SUFFIXES:
        raise FileError("antenna_kind", file=path.name, known=", ".join(SUFFIXES))
    if not 0 < path.stat().st_size <= MAX_BYTES:
        raise FileError("file_size", file=path.name, n_bytes=path.stat().st_size)
    content = path.read_bytes()
    if b"\0" in content:
        raise FileError("antenna_binary", file=path.name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return parse(text)
