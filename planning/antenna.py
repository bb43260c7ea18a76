"""Antennas that a cell may name: manufacturers' files kept in the workspace, and arrays of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from geo.antenna import Pattern
from geo.errors import FileError
from geo.panel import Antenna
from layers.cell import antenna_key
from layers.exchange import antenna, guard, shelf
from layers.exchange.raw import Limits
from layers.issue import Issue
from planning import data
from planning.workspace import Workspace

LAYER = "antenna"
"""Word by which the verbs know files of antennas; they are no layer with rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    Judgement on a file of an antenna.

    Parameters
    ----------
    n_rows
        Directions read; 0 where it is refused.
    issues
        The fault with its line; empty where it can be taken.
    pattern
        The antenna; None where it is refused.
    """

    n_rows: int
    issues: tuple[Issue, ...]
    pattern: Pattern | None


def folder_of(workspace: Workspace) -> Path:
    """
    Folder of the antennas of a workspace.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    folder
        It need not exist.
    """
    return workspace.folder / "antennas"


def available(workspace: Workspace) -> Mapping[str, Antenna]:
    """
    Antennas that the cells of a workspace may name.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    antennas
        ``layers.cell.antenna_key`` of the name to the antenna; a file of the workspace goes before an array
        of the data that has the same name.

    Raises
    ------
    FileError
        A file in the folder was changed and breaks the format.
    """
    arrays: dict[str, Antenna] = {antenna_key(name): panel for name, panel in data.arrays().items()}
    found = _kept(folder_of(workspace), digests(workspace))
    return MappingProxyType(arrays | {antenna_key(one.name): one.pattern for one in found})


def names(workspace: Workspace) -> tuple[str, ...]:
    """
    Names as they are written.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    names
        Of the files of the workspace, then of the arrays of the data.
    """
    own = shelf.digests(folder_of(workspace))
    return (*own, *(name for name in data.arrays() if name not in own))


def digests(workspace: Workspace) -> tuple[tuple[str, str], ...]:
    """
    Fingerprints of the files kept.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    digests
        Pairs of name and SHA-256, by name.
    """
    return tuple(shelf.digests(folder_of(workspace)).items())


def named(workspace: Workspace) -> tuple[tuple[str, str], ...]:
    """
    Fingerprints of the files kept that a cell of the workspace names.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    digests
        Pairs of name and SHA-256, by name; a file that no cell names changes no estimate.
    """
    kept = digests(workspace)
    if not kept:
        return ()
    asked = {antenna_key(name) for name in workspace.store.read("cell")["antenna"].dropna()}
    return tuple(pair for pair in kept if antenna_key(pair[0]) in asked)


@cache
def _kept(folder: Path, digests: tuple[tuple[str, str], ...]) -> tuple[shelf.Kept, ...]:  # noqa: ARG001
    # Equal digests give the same objects, so that their tables are made once.
    return shelf.kept(folder)


def name_of(file_name: str) -> str:
    """
    Name under which cells would name the antenna of a file.

    Parameters
    ----------
    file_name
        Name given by the sender.

    Returns
    -------
    name
        Without folder and ending.

    Raises
    ------
    InputError
        ``antenna_name``: it cannot be a name.
    """
    return antenna.name_of(file_name)


def check_file(path: Path, *, name: str | None = None) -> Judged:
    """
    Judge a file of an antenna; nothing is written.

    Parameters
    ----------
    path
        The file.
    name
        Name given by the sender; that of ``path`` unless given.

    Returns
    -------
    judged
        Number of directions, and the fault with its line.

    Raises
    ------
    NotFoundError
        There is no such file.
    FileError
        ``antenna_kind``: the name has another ending.
    """
    called = name or path.name
    if not called.lower().endswith(antenna.SUFFIXES):
        raise FileError("antenna_kind", file=called, known=", ".join(antenna.SUFFIXES))
    raw = guard.read(path, name=called, limits=Limits.of(data.limits()))
    return Judged(
        n_rows=sum(len(one.rows) for one in raw.tables),
        issues=raw.issues,
        pattern=None if raw.issues else antenna.read(path, name=called),
    )


def import_file(workspace: Workspace, path: Path, *, name: str | None = None, replace: bool) -> shelf.Kept:
    """
    Take a file of an antenna into the workspace.

    Parameters
    ----------
    workspace
        The workspace; its folder ``antennas`` is written.
    path
        The file.
    name
        Name given by the sender; that of ``path`` unless given.
    replace
        True where another antenna of that name gives way.

    Returns
    -------
    kept
        The antenna; cells name it like its file, without the ending.

    Raises
    ------
    FileError
        It is no antenna, or breaks the format: ``import_refused`` carries the line. Nothing is written.
    InputError
        ``antenna_exists``, ``antenna_name``.
    """
    judged = check_file(path, name=name)
    if judged.issues:
        raise FileError("import_refused", issues=judged.issues, file=name or path.name)
    return shelf.keep(path, folder_of(workspace), antenna.name_of(name or path.name), replace=replace)
