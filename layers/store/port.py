"""The one way to reach the tables of a workspace, whatever holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import geopandas as gpd


class Store(Protocol):
    """
    The tables of a workspace.

    Tables are in EPSG:4326, have the columns of their ``LayerSpec`` in order and ``geometry`` last. Every
    method which writes is one transaction: all of it happens, or nothing. Beside the errors named below each
    method may raise ``BusyError`` (another program holds the file), ``DiskFullError`` and ``SchemaError``
    (the file was damaged or changed meanwhile).
    """

    @property
    def folder(self) -> Path:
        """Folder of the workspace."""
        ...

    def properties(self) -> Mapping[str, str]:
        """
        Facts about the workspace itself.

        Returns
        -------
        properties
            Key to value, sorted by key; ``product`` and ``schema_version`` are always there.
        """
        ...

    def set_properties(self, values: Mapping[str, str]) -> None:
        """
        Add or change facts about the workspace; the others stay.

        Parameters
        ----------
        values
            Key to value.

        Raises
        ------
        InputError
            ``property_reserved``: the store itself keeps that one.
        """
        ...

    def read(
        self,
        layer: str,
        *,
        bounds: tuple[float, float, float, float] | None = None,
        columns: Collection[str] | None = None,
    ) -> gpd.GeoDataFrame:
        """
        Rows of a layer in the order they were added.

        Parameters
        ----------
        layer
            Layer name.
        bounds
            West, south, east, north [degrees]: only rows whose rectangle touches this one; rows without a
            shape are then left out.
        columns
            Only these columns, and ``geometry``; None: all. Large layers are read faster so.

        Returns
        -------
        table
            Index 0..n-1; text as ``str``, numbers as ``Int64`` or ``Float64``, truth as ``boolean``.

        Raises
        ------
        NotFoundError
            There is no such layer.
        ColumnError
            ``columns_unknown``: the layer has no such column.
        """
        ...

    def count(self, layer: str) -> int:
        """
        Number of rows of a layer.

        Parameters
        ----------
        layer
            Layer name.

        Returns
        -------
        n_rows
            Number of rows.

        Raises
        ------
        NotFoundError
            There is no such layer.
        """
        ...

    def replace(self, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
        """
        Put these rows in the place of all rows of their layers.

        Parameters
        ----------
        tables
            Layer name to its new content; missing columns are stored as unknown.

        Raises
        ------
        InputError
            A table does not fit its layer: ``ColumnError``, ``CrsError``, ``GeometryError`` or, for ids,
            ``ids_missing`` and ``ids_repeated``.
        """
        ...

    def append(self, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
        """
        Add rows.

        Parameters
        ----------
        tables
            Layer name to the rows to add.

        Raises
        ------
        InputError
            ``ids_exist``, or as for ``replace``.
        """
        ...

    def upsert(self, tables: Mapping[str, gpd.GeoDataFrame]) -> None:
        """
        Add rows; a row whose id is there already takes its place.

        Parameters
        ----------
        tables
            Layer name to rows.

        Raises
        ------
        InputError
            As for ``replace``.
        """
        ...

    def delete(self, layer: str, ids: Collection[str]) -> int:
        """
        Remove rows.

        Parameters
        ----------
        layer
            Layer name.
        ids
            Ids of the rows; unknown ones are passed over.

        Returns
        -------
        n_rows
            Number of rows removed.

        Raises
        ------
        NotFoundError
            There is no such layer.
        """
        ...

    def digest(self, layer: str) -> str:
        """
        Fingerprint of a layer's content: equal for equal content, whatever the bytes of the file.

        Parameters
        ----------
        layer
            Layer name.

        Returns
        -------
        digest
            SHA-256 in hexadecimal of the rows sorted by id, columns in order, coordinates to 1e-9 degree.

        Raises
        ------
        NotFoundError
            There is no such layer.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
