"""Files that only pass through: received from a browser, or made to be sent to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
