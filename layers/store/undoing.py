"""Which change can be taken back, and what that writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from geo.errors import NotFoundError, StoreError
from layers.catalogue import spec_of
from layers.check import Shapes
from layers.store import ledger
from layers.store.geometry import from_bodies
from layers.store.packed import SHAPE, as_table, from_texts
from layers.store.record import Change, Kept, LayerChange
from layers.store.table import versions_of

Values = Mapping[str, Sequence[Any]]


def require(history: Sequence[Change], number: int) -> Change:
    """
    The change of that number, where it can be taken back.

    Parameters
    ----------
    history
        All changes, the last first.
    number
        The change.

    Returns
    -------
    change
        The change.

    Raises
    ------
    NotFoundError
        ``change_missing``: there is no such change.
    StoreError
        ``undo_done``: it is taken back already; ``undo_nothing_kept``: nothing was kept of it;
        ``undo_later``: a later change rests on it.
    """
    found = next((change for change in history if change.number == number), None)
    if found is None:
        raise NotFoundError("change_missing", number=number)
    if found.is_undone:
        raise StoreError("undo_done", number=number)
    if not found.layers or any(part.kept is Kept.NOTHING for part in found.layers):
        raise StoreError("undo_nothing_kept", number=number)
    whole = {part.layer for part in found.layers if part.kept is Kept.TABLE}
    later = [
        change.number
        for change in history
        if change.number > number
        and change.undoes is None
        and not change.is_undone
        and whole & {part.layer for part in change.layers if part.n_added or part.n_changed or part.n_removed}
    ]
    if later:
        raise StoreError("undo_later", number=number, later=min(later))
    return found


def is_possible(history: Sequence[Change], number: int) -> bool:
    """
    Tell whether a change can be taken back, as far as history alone can say.

    Parameters
    ----------
    history
        All changes, the last first.
    number
        The change.

    Returns
    -------
    is_possible
        False where :func:`require` refuses it.
    """
    try:
        require(history, number)
    except StoreError:
        return False
    return True


def inverse(
    connection: sa.Connection, number: int, part: LayerChange
) -> tuple[Values, tuple[str, ...], Mapping[str, str | None]]:
    """
    What taking back a change writes to one of its layers.

    Parameters
    ----------
    connection
        Open transaction.
    number
        The change.
    part
        What it did to the layer.

    Returns
    -------
    values
        Rows to put back: column to values, shapes as well-known binary.
    removed
        Ids of the rows to remove.
    expected
        Id to the version that the change left: another one means that the row was changed since.
    """
    if part.kept is Kept.TABLE:
        if part.digest is None:
            return {"id": []}, (), {}
        return ledger.kept_values(connection, part.digest, part.layer), (), {}
    rows = ledger.row_texts(connection, number, part.layer)
    spec = spec_of(part.layer)
    values = from_texts([before for _id, before, _after in rows if before is not None], spec)
    removed = tuple(key for key, before, _after in rows if before is None)
    left = as_table(from_texts([after for *_, after in rows if after is not None], spec), spec)
    return values, removed, {key: None for key, *_ in rows} | versions_of(left, spec)


def shapes_of(values: Values, n_rows: int) -> Shapes:
    """
    Shapes among kept values.

    Parameters
    ----------
    values
        Column to values.
    n_rows
        Rows.

    Returns
    -------
    shapes
        Canonical shapes or None, shape (n_rows,).
    """
    return from_bodies(values.get(SHAPE) or [None] * n_rows)
