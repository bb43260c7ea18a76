"""How the rows of one layer are completed from cells that hold several things, and from what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from layers.exchange.hamlet_link import Hamlet
from layers.exchange.headings import Aliases, ColumnMap
from layers.exchange.known import Mast, Pole
from layers.exchange.raw import Cell, RawTable
from layers.exchange.values import Value
from layers.issue import Issue

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """
    Rows of a layer, half made.

    Parameters
    ----------
    raw
        Table as read.
    columns
        What its headings mean.
    values
        Column to values, one for each row.
    shapes
        Shapes or None, EPSG:4326, shape (n,).
    aliases
        Spellings of values.
    operators
        Operator id to spellings.
    hamlets, masts, poles
        What the workspace knows.
    near_mast_m
        A position nearer than this [m] to a mast is told so.
    is_alone
        True where the file is judged without a workspace.
    """

    raw: RawTable
    columns: ColumnMap
    values: Mapping[str, Sequence[Value]]
    shapes: Shapes
    aliases: Aliases
    operators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hamlets: tuple[Hamlet, ...] = ()
    masts: tuple[Mast, ...] = ()
    poles: tuple[Pole, ...] = ()
    near_mast_m: float = 0.0
    is_alone: bool = False

    def cells(self, heading: str) -> list[Cell]:
        """
        Cells under a heading.

        Parameters
        ----------
        heading
            One of the table's headings.

        Returns
        -------
        cells
            One for each row.
        """
        place = self.raw.headings.index(heading)
        return [row[place] for row in self.raw.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """
    What completes the rows.

    Parameters
    ----------
    values
        Columns that take the place of those there.
    shapes
        Place of a row to its shape, EPSG:4326.
    assumed
        Columns assumed, for each row; empty for none at all.
    faults
        What is to be said.
    withdrawn
        (row number, heading) of cells about which nothing else is to be said.
    """

    values: Mapping[str, list[Value]] = field(default_factory=dict)
    shapes: Mapping[int, shapely.Geometry] = field(default_factory=dict)
    assumed: Sequence[set[str]] = ()
    faults: Sequence[Issue] = ()
    withdrawn: frozenset[tuple[int, str]] = frozenset()
