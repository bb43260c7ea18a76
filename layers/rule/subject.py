"""What a rule is asked about, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crs import move

STORAGE_EPSG = 4326
Integers = npt.NDArray[np.int_]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """
    Radio spectrum that an operator may use.

    Parameters
    ----------
    operator
        Its id; ``*`` for a band in which the blocks of the single operators are not known.
    band
        3GPP name.
    low_mhz, high_mhz
        Ends of the downlink block [MHz].
    """

    operator: str
    band: str
    low_mhz: float
    high_mhz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MastClass:
    """
    What a class of masts may look like.

    Parameters
    ----------
    name
        Class, such as ``A2b``.
    standing
        ``ground`` or ``roof``; empty where both occur.
    low_m, high_m
        Heights [m]; None where the rules name no limit.
    """

    name: str
    standing: str
    low_m: float | None
    high_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """
    What is known beside the table that is judged.

    Parameters
    ----------
    today
        Present day, ISO 8601; where it is not known, later than any.
    stale_before
        Day before which a record counts as stale, ISO 8601; "" where it is not known.
    epsg
        Projected CRS in which distances are measured.
    tables
        Rows of the workspace by layer, EPSG:4326; a layer that is missing here is not known, and rules that
        need it keep silent.
    spectrum
        Blocks licensed.
    mast_classes
        Classes of masts.
    is_sample
        True where the workspace holds synthetic data, None where there is no workspace.
    """

    today: str
    stale_before: str
    epsg: int
    tables: Mapping[str, gpd.GeoDataFrame] = field(default_factory=lambda: MappingProxyType({}))
    spectrum: tuple[Block, ...] = ()
    mast_classes: tuple[MastClass, ...] = ()
    is_sample: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    A table under judgement.

    Parameters
    ----------
    layer
        Name of its layer.
    table
        Its rows, EPSG:4326, with the columns of the layer.
    shapes_m
        Their shapes in the CRS of ``around``, None where there is none, shape (n,).
    x_m, y_m
        Middle of each shape [m], not-a-number where there is none, shape (n,).
    around
        What else is known.
    """

    layer: str
    table: gpd.GeoDataFrame
    shapes_m: Shapes
    x_m: Floats
    y_m: Floats
    around: Around

    @property
    def is_placed(self) -> Flags:
        """Rows with a shape, shape (n,)."""
        placed: Flags = np.isfinite(self.x_m)
        return placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What a rule found.

    Parameters
    ----------
    rows
        Positions in the table, shape (n,); None for the table as a whole.
    column
        Column concerned, or None.
    facts
        Values that the text names, alike for every row.
    each
        Values that differ by row: name to one value for each of ``rows``.
    """

    rows: Integers | None = None
    column: str | None = None
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    each: Mapping[str, Sequence[object]] = field(default_factory=lambda: MappingProxyType({}))


def subject_of(layer: str, table: gpd.GeoDataFrame, around: Around) -> Subject:
    """
    A table with its shapes in metres.

    Parameters
    ----------
    layer
        Name of its layer.
    table
        Its rows, EPSG:4326.
    around
        What else is known.

    Returns
    -------
    subject
        Shapes without a number in them count as missing.
    """
    shapes = np.array(table.geometry.to_numpy(), dtype=object)
    shapes[~_is_usable(shapes)] = None
    metres = move(shapes, epsg_from=STORAGE_EPSG, epsg_to=around.epsg)
    middle = shapely.centroid(metres)
    return Subject(
        layer=layer,
        table=table,
        shapes_m=metres,
        x_m=shapely.get_x(middle),
        y_m=shapely.get_y(middle),
        around=around,
    )


def _is_usable(shapes: Shapes) -> Flags:
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    usable: Flags = np.isfinite(bounds).all(axis=1) & (np.abs(bounds[:, 1::2]) < 90).all(axis=1)
    usable &= (np.abs(bounds[:, ::2]) <= 180).all(axis=1)
    return usable


def positions(flags: Flags | pd.Series) -> Integers:
    """
    Positions of the rows that a rule marks.

    Parameters
    ----------
    flags
        One truth for each row, missing ones false.

    Returns
    -------
    positions
        Counted from 0.
    """
    marked = flags.fillna(value=False).to_numpy(dtype=bool) if isinstance(flags, pd.Series) else flags
    return np.flatnonzero(marked)


def number(table: pd.DataFrame, column: str) -> Floats:
    """
    Numbers of a column.

    Parameters
    ----------
    table
        Rows of a layer.
    column
        Column; one that is absent counts as empty.

    Returns
    -------
    numbers
        Not-a-number where a cell is empty or holds no number, shape (n,).
    """
    if column not in table.columns:
        return np.full(len(table), np.nan)
    found: Floats = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return found


def words(table: pd.DataFrame, column: str) -> pd.Series:
    """
    Texts of a column.

    Parameters
    ----------
    table
        Rows of a layer.
    column
        Column; one that is absent counts as empty.

    Returns
    -------
    words
        "" where a cell is empty; index 0..n-1.
    """
    if column not in table.columns:
        return pd.Series([""] * len(table), dtype=object)
    texts = table[column].astype(object)
    return texts.where(texts.notna(), "").astype(str).reset_index(drop=True)


def items(text: str) -> frozenset[str]:
    """
    Items of a list column.

    Parameters
    ----------
    text
        Items joined by ";".

    Returns
    -------
    items
        Without blanks.
    """
    return frozenset(part.strip() for part in text.split(";") if part.strip())


def name_list(values: Sequence[object], *, most: int = 8) -> str:
    """
    Several values as one text.

    Parameters
    ----------
    values
        What to name.
    most
        Longest list; what is more becomes "…".

    Returns
    -------
    text
        Joined by commas.
    """
    shown = ", ".join(str(value) for value in values[:most])
    return shown + (", …" if len(values) > most else "")
