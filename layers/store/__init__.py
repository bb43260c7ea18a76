"""The door to the tables of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from layers.store.gpkg import create_folder, open_folder
from layers.store.port import Store

__all__ = ["Store", "create_store", "open_store"]


def open_store(folder: Path | str) -> Store:
    """
    Open the tables of a workspace.

    Parameters
    ----------
    folder
        Folder of the workspace.

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
        ``workspace_busy``: another program holds the file.
    """
    return open_folder(Path(folder))


def create_store(folder: Path | str, properties: Mapping[str, str]) -> Store:
    """
    Make a new, empty workspace.

    Parameters
    ----------
    folder
        Folder, made where it does not exist.
    properties
        Facts about the workspace: ``name``, ``commune_code``, ``calc_epsg`` and so on.

    Returns
    -------
    store
        Its tables.

    Raises
    ------
    StoreError
        ``workspace_exists``: the folder holds one already.
    DiskFullError
        There is no room.
    """
    return create_folder(Path(folder), properties)
