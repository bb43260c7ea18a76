"""
Where a workspace is: a folder, or a database with a folder for its files.

``postgresql://user@host:5432/database?files=/folder&schema=name``: tables in the schema (``hatangso`` unless
named), rasters and caches in the folder. The folder remembers its database in a small file, so that from then
on the folder alone names the workspace. Passwords belong into ``~/.pgpass``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from geo.errors import InputError
from layers.exchange.scratch import scratch_name

POINTER = "workspace.postgis"
SCHEMA = "hatangso"
_SCHEMES = ("postgresql", "postgres")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """
    A workspace in a database.

    Parameters
    ----------
    url
        Address of the database for libpq, without what is ours.
    schema
        Schema of the tables: lower-case ASCII letters, digits, ``_``.
    folder
        Folder of the files.
    """

    url: str
    schema: str
    folder: Path

    @property
    def text(self) -> str:
        """The address as a person writes it."""
        parts = urlsplit(self.url)
        ours = {"files": str(self.folder), "schema": self.schema}
        query = urlencode([*parse_qsl(parts.query), *ours.items()], safe="/")
        return urlunsplit((*parts[:3], query, ""))


def is_address(place: Path | str) -> bool:
    """
    Tell an address of a database from a folder.

    Parameters
    ----------
    place
        What the user named.

    Returns
    -------
    is_address
        True for ``postgresql://…``.
    """
    return str(place).partition(":")[0] in _SCHEMES and "/" in str(place)


def parse(text: str) -> Address:
    """
    Read an address.

    Parameters
    ----------
    text
        ``postgresql://…?files=/folder``.

    Returns
    -------
    address
        Its parts.

    Raises
    ------
    InputError
        ``address_malformed``: there is no absolute folder, or the schema has another name than allowed.
    """
    try:
        parts = urlsplit(text)
        words = dict(parse_qsl(parts.query))
    except ValueError as error:
        raise InputError("address_malformed", part="url") from error
    folder, schema = Path(words.pop("files", "")), words.pop("schema", SCHEMA)
    if not folder.is_absolute():
        raise InputError("address_malformed", part="files")
    if not _NAME.fullmatch(schema) or schema.startswith("pg_") or schema == "public":
        raise InputError("address_malformed", part="schema")
    url = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(words), ""))
    return Address(url=url, schema=schema, folder=folder)


def of_folder(folder: Path) -> Address | None:
    """
    The database that a folder remembers.

    Parameters
    ----------
    folder
        Folder of a workspace.

    Returns
    -------
    address
        None where it remembers none. A folder that was moved is still the folder of its files.

    Raises
    ------
    InputError
        ``address_malformed``.
    """
    file = folder / POINTER
    if not file.is_file():
        return None
    found = parse(file.read_text(encoding="utf-8").strip())
    return Address(url=found.url, schema=found.schema, folder=folder)


def remember(address: Address) -> None:
    """
    Let the folder remember its database; readable by this user alone, as the address may hold a password.

    Parameters
    ----------
    address
        The workspace.
    """
    address.folder.mkdir(parents=True, exist_ok=True)
    if of_folder(address.folder) == address:
        return
    draft = address.folder / scratch_name()
    try:
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(address.text + "\n")
        draft.replace(address.folder / POINTER)
    finally:
        draft.unlink(missing_ok=True)
