"""Finished documents on their way out: whole or not at all."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from layers.exchange.staging import publish


def write_document(path: Path, content: bytes) -> str:
    """
    Put a finished document in its place.

    Parameters
    ----------
    path
        Where it shall appear; one that is there is replaced in one step.
    content
        Its bytes.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full; what was there stays.
    """
    _, sha256 = publish(path, partial(_build, name=path.name, content=content))
    return sha256


def _build(folder: Path, *, name: str, content: bytes) -> tuple[Path, int]:
    built = folder / name
    built.write_bytes(content)
    return built, len(content)
