"""ZIP archives: judged by their directory before a byte is inflated, extracted flat to names made here."""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

from layers.exchange.fault import refusal
from layers.exchange.raw import Limits

_NESTED = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".kmz")
_CHUNK = 1 << 16
_SMALL_BYTES = 20_000_000


def members(path: Path, limits: Limits) -> tuple[zipfile.ZipInfo, ...]:
    """
    Directory of an archive, once it has proved harmless.

    Parameters
    ----------
    path
        Server-made path of the archive.
    limits
        Largest number, size and ratio.

    Returns
    -------
    members
        Files in the archive, folders left out.

    Raises
    ------
    FileError
        The archive is damaged (``zip_corrupt``), a bomb (``zip_bomb``), names places outside itself
        (``zip_path``), is encrypted, or holds another archive (``zip_nested``).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise refusal("zip_corrupt") from None
    if len(found) > limits.members:
        raise refusal("zip_bomb", n_members=len(found), limit=limits.members)
    for member in found:
        _check_member(member)
    starts = sorted((one.header_offset, one.compress_size) for one in found)
    if any(at + size > after for (at, size), (after, _) in pairwise(starts)) or len(dict(starts)) < len(
        found
    ):
        raise refusal("zip_bomb", n_members=len(found), limit=limits.members)
    inflated, packed = sum(one.file_size for one in found), sum(one.compress_size for one in found)
    if inflated > limits.inflated_bytes or packed > path.stat().st_size:
        raise refusal("zip_bomb", n_bytes=inflated, limit=limits.inflated_bytes)
    steep = [one for one in found if one.file_size > limits.ratio * max(one.compress_size, 1)]
    if steep and sum(one.file_size for one in steep) > _SMALL_BYTES:
        raise refusal("zip_bomb", n_bytes=inflated, limit=_SMALL_BYTES)
    return tuple(one for one in found if not one.is_dir())


def extract(path: Path, member: zipfile.ZipInfo, target: Path, limits: Limits) -> None:
    """
    Inflate one member, counting as it goes.

    Parameters
    ----------
    path
        The archive.
    member
        What to extract.
    target
        Server-made path to write to.
    limits
        Largest size inflated.

    Raises
    ------
    FileError
        The member is damaged, or larger than its directory says.
    """
    written = 0
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > min(member.file_size, limits.inflated_bytes):
                    raise refusal("zip_bomb", n_bytes=written, limit=member.file_size)
                out.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise refusal("zip_corrupt") from None


def gunzip(path: Path, name: str, target: Path, limits: Limits) -> tuple[Path, str]:
    """
    Inflate a file packed by gzip, as open data often come; other files stay as they are.

    Parameters
    ----------
    path, name
        Server-made path, and the name given by the sender.
    target
        Server-made path to write to.
    limits
        Largest size inflated, and ratio.

    Returns
    -------
    path, name
        What to read, and its name without ``.gz``.

    Raises
    ------
    FileError
        The file is damaged (``zip_corrupt``) or a bomb (``zip_bomb``).
    """
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b" or not name.lower().endswith(".gz"):
            return path, name
    most = min(limits.inflated_bytes, max(limits.ratio * path.stat().st_size, _SMALL_BYTES))
    written = 0
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > most:
                    raise refusal("zip_bomb", n_bytes=written, limit=most)
                out.write(chunk)
    except (OSError, zlib.error, EOFError):
        raise refusal("zip_corrupt") from None
    return target, name[:-3]


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if (
        is_link
        or name.startswith("/")
        or name[1:2] == ":"
        or ".." in name.split("/")
        or "\x00" in member.orig_filename
    ):
        raise refusal("zip_path", name=name[:80])
    if member.flag_bits & 0x1:
        raise refusal("zip_encrypted")
    if name.lower().endswith(_NESTED):
        raise refusal("zip_nested", name=name[:80])
