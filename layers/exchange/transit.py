"""Files that only pass through: received from a browser, or made to be sent to one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from layers.exchange.scratch import scratch_folder

T = TypeVar("T")


@contextmanager
def received(content: bytes) -> Iterator[Path]:
    """
    A received file on disk, under a name that the sender did not choose.

    Parameters
    ----------
    content
        Its bytes.

    Yields
    ------
    path
        Where it lies until the block ends.
    """
    with scratch_folder() as folder:
        path = folder / "upload"
        path.write_bytes(content)
        yield path


def made(name: str, make: Callable[[Path], T]) -> tuple[bytes, T]:
    """
    Bytes of a file that is made to be sent.

    Parameters
    ----------
    name
        Name that the file shall have.
    make
        Function that writes it to the path it is given.

    Returns
    -------
    content
        Its bytes.
    result
        What ``make`` returned.
    """
    with scratch_folder() as folder:
        path = folder / name
        result = make(path)
        return path.read_bytes(), result


def made_all(make: Callable[[Path], Sequence[Path]]) -> bytes:
    """
    Several files that are made to be sent, in one zip.

    Parameters
    ----------
    make
        Function that writes them into the folder it is given, and names them.

    Returns
    -------
    content
        Bytes of the zip.
    """
    with scratch_folder() as folder:
        paths = make(folder)
        bundle = io.BytesIO()
        with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in paths:
                archive.write(path, path.name)
        return bundle.getvalue()
