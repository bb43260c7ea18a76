"""A new workspace that appears with all its tables at once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from geo.errors import StoreError
from layers.exchange.scratch import scratch_name
from layers.store.gpkg import FILE_NAME, SUBFOLDERS, create_folder


def create_filled(
    folder: Path, properties: Mapping[str, str], tables: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, str]:
    """
    Make a workspace with contents: a broken attempt leaves no half workspace.

    Parameters
    ----------
    folder
        Folder, made where it does not exist.
    properties
        Facts about the workspace.
    tables
        Layer to its rows in EPSG:4326.

    Returns
    -------
    digests
        Layer to the digest of its content.

    Raises
    ------
    StoreError
        ``workspace_exists``, or the disk is full.
    InputError
        A table does not fit its layer.
    """
    if (folder / FILE_NAME).exists():
        raise StoreError("workspace_exists", folder=folder.name)
    draft = folder / scratch_name()
    try:
        store = create_folder(draft, properties)
        store.replace(tables)
        digests = {name: store.digest(name) for name in tables}
        store.close()
        for name in SUBFOLDERS:
            (folder / name).mkdir(exist_ok=True)
        (draft / FILE_NAME).replace(folder / FILE_NAME)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return digests
