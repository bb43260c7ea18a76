"""Packages of proposals: a table and the documents that go with it, in one archive, in and out."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from layers.exchange.archive import extract, members
from layers.exchange.fault import refusal
from layers.exchange.raw import Limits
from layers.exchange.staging import publish

TABLES = (".xlsx", ".xls", ".csv")
NOTES = (".txt",)
EPOCH = (2026, 1, 1, 0, 0, 0)
"""Moment written for every member, so that equal contents give equal archives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """
    A package, taken apart.

    Parameters
    ----------
    table
        Where its table lies.
    table_name
        Name of the table as the sender gave it.
    documents
        Name of each other file to its content.
    """

    table: Path
    table_name: str
    documents: Mapping[str, bytes]


def unpack(path: Path, folder: Path, limits: Limits) -> Unpacked:
    """
    Take a package apart.

    Parameters
    ----------
    path
        The archive.
    folder
        Empty folder for its table.
    limits
        Largest number, size and ratio.

    Returns
    -------
    unpacked
        One table, the nearest to the root, and the documents; notes for people are left out.

    Raises
    ------
    FileError
        The archive is refused, or ``package_without_table``.
    """
    inside = members(path, limits)
    names = {member: PurePosixPath(member.filename.replace("\\", "/")) for member in inside}
    tables = [
        member for member, name in names.items() if name.suffix.lower() in TABLES and len(name.parts) == 1
    ]
    if len(tables) != 1:
        raise refusal("package_without_table", n=len(tables))
    target = folder / f"table{names[tables[0]].suffix.lower()}"
    extract(path, tables[0], target, limits)
    documents = {}
    for number, (member, name) in enumerate(names.items()):
        if member is tables[0] or name.suffix.lower() in NOTES:
            continue
        draft = folder / f"document{number}"
        extract(path, member, draft, limits)
        documents[str(name)] = draft.read_bytes()
    return Unpacked(table=target, table_name=names[tables[0]].name, documents=documents)


def pack(path: Path, contents: Mapping[str, bytes]) -> str:
    """
    Write an archive, whole or not at all.

    Parameters
    ----------
    path
        Where it shall appear.
    contents
        Name of each member to its bytes.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    StoreError
        The folder may not be written, or the disk is full.
    """
    _, sha256 = publish(path, partial(_build, name=path.name, contents=contents))
    return sha256


def _build(folder: Path, *, name: str, contents: Mapping[str, bytes]) -> tuple[Path, int]:
    built = folder / name
    with zipfile.ZipFile(built, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in contents.items():
            archive.writestr(zipfile.ZipInfo(member, EPOCH), content, zipfile.ZIP_DEFLATED)
    return built, len(contents)
