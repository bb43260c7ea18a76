"""The folder of a workspace that keeps the antenna files it has taken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from geo.antenna import Pattern
from geo.errors import InputError
from layers.exchange.antenna import parsed
from layers.exchange.staging import publish

KEPT_SUFFIX = ".msi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    An antenna that a workspace keeps.

    Parameters
    ----------
    name
        As cells name it: the name of its file without the ending.
    pattern
        The antenna.
    digest
        SHA-256 of its file, hexadecimal.
    """

    name: str
    pattern: Pattern
    digest: str


def keep(path: Path, folder: Path, name: str, *, replace: bool) -> Kept:
    """
    Put an antenna into the folder of a workspace; the file appears whole or not at all.

    Parameters
    ----------
    path
        A file that the guarded reader has accepted.
    folder
        Folder of the workspace's antennas, made where it does not exist.
    name
        From ``layers.exchange.antenna.name_of``.
    replace
        True where another antenna of that name gives way.

    Returns
    -------
    kept
        The antenna.

    Raises
    ------
    FileError
        The file breaks the format.
    InputError
        ``antenna_exists``: another antenna has that name.
    StoreError
        It cannot be written; nothing is changed.
    """
    content = path.read_bytes()
    made = Kept(name=name, pattern=parsed(content, path.name), digest=hashlib.sha256(content).hexdigest())
    same = [one for one in kept(folder) if one.name.casefold() == name.casefold()]
    if same and same[0].digest == made.digest:
        return same[0]
    if same and not replace:
        raise InputError("antenna_exists", name=same[0].name)
    folder.mkdir(exist_ok=True)

    def build(draft: Path) -> tuple[Path, None]:
        (draft / "antenna").write_bytes(content)
        return draft / "antenna", None

    publish(folder / f"{same[0].name if same else name}{KEPT_SUFFIX}", build)
    return made


def kept(folder: Path) -> tuple[Kept, ...]:
    """
    Antennas that a workspace keeps.

    Parameters
    ----------
    folder
        Folder of its antennas; it need not exist.

    Returns
    -------
    kept
        By name.

    Raises
    ------
    FileError
        A file in it was changed and breaks the format.
    """
    found = []
    for path in sorted(folder.glob(f"*{KEPT_SUFFIX}")) if folder.is_dir() else []:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        found.append(Kept(name=path.stem, pattern=parsed(content, path.name), digest=digest))
    return tuple(found)


def digests(folder: Path) -> Mapping[str, str]:
    """
    What the antennas of a workspace are, without reading them.

    Parameters
    ----------
    folder
        Folder of its antennas; it need not exist.

    Returns
    -------
    digests
        Name to SHA-256 of its file.
    """
    paths = sorted(folder.glob(f"*{KEPT_SUFFIX}")) if folder.is_dir() else []
    return MappingProxyType({path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths})
