"""The door to the tables of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from layers.catalogue import spec_of
from layers.store import address, gpkg, postgis
from layers.store.gpkg import backup_folder, backups_of, require_backup
from layers.store.port import Store
from layers.store.record import Batch, Change, Kept, LayerChange, Note, RowChange, Snapshot
from layers.store.table import versions_of as _versions_of
from layers.store.undoing import is_possible as can_undo

__all__ = [
    "Batch",
    "Change",
    "Kept",
    "LayerChange",
    "Note",
    "RowChange",
    "Snapshot",
    "Store",
    "backup_folder",
    "backups_of",
    "can_undo",
    "create_store",
    "exists",
    "folder_of",
    "mark_of",
    "open_store",
    "require_backup",
    "versions_of",
]


def versions_of(layer: str, rows: gpd.GeoDataFrame) -> Mapping[str, str]:
    """
    Versions of rows as somebody saw them, to be expected when they are written.

    Parameters
    ----------
    layer
        Layer name.
    rows
        Rows as ``Store.read`` gave them, all columns.

    Returns
    -------
    versions
        Id to version, as of ``Store.versions``.

    Raises
    ------
    NotFoundError
        There is no such layer.
    """
    return _versions_of(rows, spec_of(layer))


def open_store(place: Path | str) -> Store:
    """
    Open the tables of a workspace.

    Parameters
    ----------
    place
        Folder of the workspace, or ``postgresql://…?files=/folder``.

    Returns
    -------
    store
        Its tables.

    Raises
    ------
    NotFoundError
        ``workspace_missing``: there is none.
    SchemaError
        ``workspace_not_ours``, ``workspace_newer``, ``workspace_damaged`` or ``workspace_active_content``.
    BusyError
        ``workspace_busy``: another program holds the workspace.
    StoreError
        ``workspace_on_network``: a file may not lie there; ``database_unreachable``.
    InputError
        ``address_malformed``.
    """
    found = _address(place)
    return gpkg.open_folder(Path(place)) if found is None else postgis.open_database(found)


def create_store(place: Path | str, properties: Mapping[str, str]) -> Store:
    """
    Make a new, empty workspace.

    Parameters
    ----------
    place
        Folder, made where it does not exist, or ``postgresql://…?files=/folder``.
    properties
        Facts about the workspace: ``name``, ``commune_code``, ``calc_epsg`` and so on.

    Returns
    -------
    store
        Its tables.

    Raises
    ------
    StoreError
        ``workspace_exists``: there is one already; ``workspace_on_network``, ``database_unreachable``,
        ``postgis_missing``.
    DiskFullError
        There is no room.
    InputError
        ``address_malformed``.
    """
    found = _address(place)
    if found is None:
        return gpkg.create_folder(Path(place), properties)
    return postgis.create_database(found, properties)


def exists(folder: Path) -> bool:
    """
    Tell whether a folder is one of a workspace.

    Parameters
    ----------
    folder
        Any folder.

    Returns
    -------
    exists
        True even where the workspace turns out to be unusable.
    """
    return mark_of(folder) is not None


def mark_of(folder: Path) -> Path | None:
    """
    The file by which a folder is known as one of a workspace.

    Parameters
    ----------
    folder
        Any folder.

    Returns
    -------
    file
        The tables themselves, or what names their database; None where there is neither.
    """
    files = (folder / gpkg.FILE_NAME, folder / address.POINTER)
    return next((file for file in files if file.is_file()), None)


def folder_of(place: Path | str) -> Path:
    """
    Folder of the files of a workspace.

    Parameters
    ----------
    place
        Folder, or ``postgresql://…?files=/folder``.

    Returns
    -------
    folder
        The folder.

    Raises
    ------
    InputError
        ``address_malformed``.
    """
    return address.parse(str(place)).folder if address.is_address(place) else Path(place)


def _address(place: Path | str) -> address.Address | None:
    """The database of a place, None for a folder with a file of its own."""
    if address.is_address(place):
        return address.parse(str(place))
    return None if (Path(place) / gpkg.FILE_NAME).is_file() else address.of_folder(Path(place))
