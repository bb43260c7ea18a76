"""Scratch files and folders: named after the process that owns them, swept once it is gone."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = ".hatangso-"


def scratch_name() -> str:
    """
    Name for a scratch file or folder of this process.

    Returns
    -------
    name
        Hidden, never used before, telling which process of which computer made it.
    """
    return f"{_computer()}{os.getpid()}-{uuid.uuid4().hex[:12]}"


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """
    An empty folder that goes when the block ends; what broken runs left beside it goes before.

    Parameters
    ----------
    parent
        Where it lies; the system's folder for temporary files unless given.

    Yields
    ------
    folder
        The folder, readable by this user alone.

    Raises
    ------
    OSError
        It cannot be made.
    """
    around = parent or Path(tempfile.gettempdir())
    sweep(around)
    folder = around / scratch_name()
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> int:
    """
    Remove the scratch files and folders whose process ended without doing so.

    Parameters
    ----------
    folder
        Where they may lie; those of running processes and of other computers stay.

    Returns
    -------
    n_swept
        How many were removed.
    """
    start = _computer()
    stray = [
        path
        for path in folder.glob(f"{start}*")
        if path.name.removeprefix(start).partition("-")[0].isdecimal()
        and not _is_running(int(path.name.removeprefix(start).partition("-")[0]))
    ]
    for path in stray:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
    return len(stray)


def _computer() -> str:
    """Beginning of all scratch names of this computer; a shared folder may hold those of others."""
    return f"{MARK}{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]}-"


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
