"""Files appear whole or not at all: built beside the target, put on disk, then renamed."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import pyogrio.errors
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from geo.errors import DiskFullError, FileError, NotFoundError, StoreError
from layers.exchange.scratch import scratch_folder

Result = TypeVar("Result")

FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_SYSTEM_WORDS = MappingProxyType(
    {
        errno.EACCES: "system_permission",
        errno.EPERM: "system_permission",
        errno.EROFS: "system_read_only",
        errno.ENOENT: "system_absent",
        errno.ENOTDIR: "system_absent",
        errno.EISDIR: "system_folder",
        errno.ENAMETOOLONG: "system_long_name",
        errno.EBUSY: "system_busy",
        errno.ETXTBSY: "system_busy",
    }
)
SPARE_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20
LIBRARY_FAULTS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FieldError,
    sqlite3.Error,
    zipfile.BadZipFile,
    LxmlError,  # workbooks are written with it
)


def publish(path: Path, build: Callable[[Path], tuple[Path, Result]]) -> tuple[Result, str]:
    """
    Build a file in a private folder beside its place and move it there when it is complete.

    Parameters
    ----------
    path
        Where the file shall appear; one that is there is replaced in one step.
    build
        Given an empty folder, writes and verifies the file; returns where it lies and a result.

    Returns
    -------
    result
        What ``build`` returned.
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    NotFoundError
        The folder of ``path`` does not exist.
    FileError
        ``path`` is itself a folder.
    DiskFullError
        There is no room; what was there before is untouched and nothing is left over.
    StoreError
        The folder may not be written, or what was written does not read back.
    """
    if path.is_dir():
        raise FileError("export_is_folder", path=path.name)
    if not path.parent.is_dir():
        raise NotFoundError("export_folder", folder=str(path.parent))
    try:
        with scratch_folder(path.parent) as folder:
            return _published(path, build, folder)
    except OSError as fault:
        raise _translated(fault, path) from fault


def _published(path: Path, build: Callable[[Path], tuple[Path, Result]], folder: Path) -> tuple[Result, str]:
    try:
        built, result = build(folder)
        _sync(built)
        sha256 = _digest(built)
        built.replace(path)
        _sync(path.parent)
    except LIBRARY_FAULTS as fault:
        raise _cause(folder, path, detail=str(fault)) from fault
    except StoreError as fault:
        if fault.code != "export_damaged":
            raise
        raise _cause(folder, path, detail=str(fault.facts.get("detail", ""))) from fault
    return result, sha256


def damaged(detail: str) -> StoreError:
    """
    The error for a file that does not read back as it was written.

    Parameters
    ----------
    detail
        What differs, in English, for the log.

    Returns
    -------
    error
        To be raised; ``publish`` finds out whether the disk was full.
    """
    return StoreError("export_damaged", detail=detail)


def system_word(fault: OSError) -> str:
    """
    Word of the product for a refusal of the operating system.

    Parameters
    ----------
    fault
        What the system raised.

    Returns
    -------
    code
        Text key ``word.<code>``.
    """
    return _SYSTEM_WORDS.get(fault.errno or 0, "system_other")


def _translated(fault: OSError, path: Path) -> StoreError:
    if fault.errno in FULL:
        return DiskFullError("disk_full", folder=str(path.parent))
    return StoreError("export_not_writable", path=path.name, detail=system_word(fault))


def _cause(folder: Path, path: Path, *, detail: str) -> StoreError:
    """Drivers hide why a write fell short: ask the disk whether it takes a little more than they tried."""
    sizes = [item.stat().st_size for item in folder.rglob("*") if item.is_file()]
    probe = folder / "probe"
    try:
        with probe.open("wb") as stream:
            for _ in range((max(sizes, default=0) + SPARE_BYTES) // CHUNK_BYTES + 1):
                stream.write(bytes(CHUNK_BYTES))
    except OSError as fault:
        return _translated(fault, path)
    return StoreError("export_damaged", path=path.name, detail=detail)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
