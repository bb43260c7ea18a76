"""Instances of the search for sites from outside: numpy archives of arrays, nothing else in them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geo.errors import FileError, NotFoundError
from geo.units import Array

NEEDED = ("ptr", "idx", "w")
OPTIONAL = ("cost", "fixed")
MOST_BYTES = 8_000_000_000
"""Largest archive that is read, unpacked [bytes]."""


def read_instance(path: Path) -> Mapping[str, Array]:
    """
    Read the arrays of an instance.

    Parameters
    ----------
    path
        ``.npz`` with ``ptr``, ``idx`` and ``w``, optionally ``cost`` and ``fixed``.

    Returns
    -------
    arrays
        Those of the five that are there, as they are; their contents are not checked.

    Raises
    ------
    NotFoundError
        There is no such file.
    FileError
        It is not such an archive, an array is missing or holds objects, or it would unpack to too much.
    """
    if not path.is_file():
        raise NotFoundError("file_missing", file=path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            size_bytes = sum(member.file_size for member in archive.infolist())
        if size_bytes > MOST_BYTES:
            raise FileError("siting_too_large", file=path.name, size_gb=size_bytes / 1e9)
        with np.load(path, allow_pickle=False) as arrays:
            missing = [name for name in NEEDED if name not in arrays.files]
            if missing:
                raise FileError("siting_arrays_missing", file=path.name, arrays=", ".join(missing))
            return {name: arrays[name] for name in (*NEEDED, *OPTIONAL) if name in arrays.files}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise FileError("siting_not_archive", file=path.name) from error
