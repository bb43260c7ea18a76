"""The one way to reach the tables of a workspace, whatever holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import geopandas as gpd

from layers.store.record import Batch, Change, Note, RowChange, Snapshot


class Store(Protocol):
    """
    The tables of a workspace.

    Tables are in EPSG:4326, have the columns of their ``LayerSpec`` in order and ``geometry`` last. Every
    method which writes is one transaction: all of it happens, or nothing, and the history of the change is
    part of it. Beside the errors named below each method may raise ``BusyError`` (another program holds the
    workspace), ``DiskFullError`` and ``SchemaError`` (the file was damaged or changed meanwhile).
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

    def set_properties(self, values: Mapping[str, str], *, note: Note | None = None) -> None:
        """
        Add or change facts about the workspace; the others stay.

        Parameters
        ----------
        values
            Key to value.
        note
            Who, when, what, from where; None: the program itself, now.

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

    def replace(self, tables: Mapping[str, gpd.GeoDataFrame], *, note: Note | None = None) -> None:
        """
        Put these rows in the place of all rows of their layers.

        Parameters
        ----------
        tables
            Layer name to its new content; missing columns are stored as unknown.
        note
            Who, when, what, from where; None: the program itself, now.

        Raises
        ------
        InputError
            A table does not fit its layer: ``ColumnError``, ``CrsError``, ``GeometryError`` or, for ids,
            ``ids_missing`` and ``ids_repeated``.
        """
        ...

    def append(self, tables: Mapping[str, gpd.GeoDataFrame], *, note: Note | None = None) -> None:
        """
        Add rows.

        Parameters
        ----------
        tables
            Layer name to the rows to add.
        note
            Who, when, what, from where; None: the program itself, now.

        Raises
        ------
        InputError
            ``ids_exist``, or as for ``replace``.
        """
        ...

    def upsert(self, tables: Mapping[str, gpd.GeoDataFrame], *, note: Note | None = None) -> None:
        """
        Add rows; a row whose id is there already takes its place.

        Parameters
        ----------
        tables
            Layer name to rows.
        note
            Who, when, what, from where; None: the program itself, now.

        Raises
        ------
        InputError
            As for ``replace``.
        """
        ...

    def delete(self, layer: str, ids: Collection[str], *, note: Note | None = None) -> int:
        """
        Remove rows.

        Parameters
        ----------
        layer
            Layer name.
        ids
            Ids of the rows; unknown ones are passed over.
        note
            Who, when, what, from where; None: the program itself, now.

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

    def commit(self, batches: Mapping[str, Batch], *, note: Note | None = None) -> int:
        """
        Add, change and remove rows of several layers at once, unless one was changed by somebody else.

        Parameters
        ----------
        batches
            Layer name to its changes.
        note
            Who, when, what, from where; None: the program itself, now.

        Returns
        -------
        number
            Number of the change in the history.

        Raises
        ------
        StaleVersionError
            ``row_stale``: a row is not any more as expected; nothing is written.
        InputError
            As for ``replace``.
        """
        ...

    def versions(self, layer: str, ids: Collection[str] | None = None) -> Mapping[str, str]:
        """
        Version of each row: a mark of its content, so that edits by other programs count as well.

        Parameters
        ----------
        layer
            Layer name.
        ids
            Ids of the rows; None: all.

        Returns
        -------
        versions
            Id to version; ids without a row are left out.

        Raises
        ------
        NotFoundError
            There is no such layer.
        """
        ...

    def history(self, *, limit: int | None = None) -> tuple[Change, ...]:
        """
        Every change since the workspace was made or brought on to the edition that keeps history.

        Parameters
        ----------
        limit
            At most so many; None: all.

        Returns
        -------
        changes
            The last first.
        """
        ...

    def last_change(self) -> int:
        """
        Number of the last change.

        Returns
        -------
        number
            0 where there was none.
        """
        ...

    def changed_rows(self, number: int) -> tuple[RowChange, ...]:
        """
        Rows that a change kept one by one.

        Parameters
        ----------
        number
            The change.

        Returns
        -------
        rows
            Sorted by layer and id; none where the whole table was kept instead.
        """
        ...

    def undo(self, number: int, *, note: Note) -> int:
        """
        Take a change back; that is a change too, and can itself be taken back.

        An import is undone by its table's previous version, kept by digest, as long as no later change rests
        on it; an edit by its rows, as long as they are as it left them.

        Parameters
        ----------
        number
            The change.
        note
            Who, when, why.

        Returns
        -------
        number
            Number of the new change.

        Raises
        ------
        NotFoundError
            ``change_missing``.
        StoreError
            ``undo_done``, ``undo_nothing_kept``, ``undo_later``.
        StaleVersionError
            ``row_stale``: a row was changed since.
        """
        ...

    def save_snapshot(self, name: str, *, note: Note) -> None:
        """
        Keep the present state of all layers under a name.

        Parameters
        ----------
        name
            Its name.
        note
            Who and when.

        Raises
        ------
        StoreError
            ``snapshot_exists``.
        """
        ...

    def snapshots(self) -> tuple[Snapshot, ...]:
        """
        Snapshots kept.

        Returns
        -------
        snapshots
            The oldest first.
        """
        ...

    def snapshot_table(self, name: str, layer: str) -> gpd.GeoDataFrame:
        """
        Rows of a layer as a snapshot keeps them.

        Parameters
        ----------
        name
            Its name.
        layer
            Layer name.

        Returns
        -------
        table
            As of ``read``; no rows where the layer was empty.

        Raises
        ------
        NotFoundError
            ``snapshot_missing``, or there is no such layer.
        """
        ...

    def backup(self, path: Path) -> None:
        """
        Copy all tables with their history into one GeoPackage, a consistent cut even while others write.

        Parameters
        ----------
        path
            The file; one that is there is replaced when the copy is complete.

        Raises
        ------
        NotFoundError
            ``backup_folder``: its folder does not exist.
        """
        ...

    def restore(self, path: Path, *, note: Note) -> None:
        """
        Put the content of a backup, its history included, in the place of everything, at once.

        Parameters
        ----------
        path
            A file of :meth:`backup`, of this store or of the other kind.
        note
            Who and when; the last entry of the history from then on.

        Raises
        ------
        NotFoundError
            ``backup_missing``.
        SchemaError
            ``backup_not_ours``, or it is damaged or of a newer edition; nothing is changed.
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
