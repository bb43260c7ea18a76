"""Finished documents on their way out: whole or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from layers.exchange.bundle import zip_files
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


def write_documents(path: Path, contents: Sequence[tuple[str, bytes]], *, now: dt.datetime) -> str:
    """
    Put finished documents into one zip.

    Parameters
    ----------
    path
        Where it shall appear; one that is there is replaced in one step.
    contents
        Name and bytes of each.
    now
        Date that every member carries: the same contents give the same bytes.

    Returns
    -------
    sha256
        Digest of the zip, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full; what was there stays.
    """
    _, sha256 = publish(path, partial(_zip, name=path.name, contents=contents, now=now))
    return sha256


def _zip(
    folder: Path, *, name: str, contents: Sequence[tuple[str, bytes]], now: dt.datetime
) -> tuple[Path, int]:
    members = []
    for member, content in contents:
        members.append(folder / member)
        members[-1].write_bytes(content)
    return zip_files(members, folder / name, now=now), len(members)
