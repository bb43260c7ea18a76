"""Descriptions of layers: frozen values without behaviour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """Type of a column's values."""

    TEXT = "text"
    LIST = "list"  # several values of the vocabulary, joined by ";"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"  # ISO 8601 day, stored as text


class Geometry(StrEnum):
    """Shapes that a layer may hold."""

    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column of a layer.

    Parameters
    ----------
    name
        Column name; a quantity carries its unit (``height_m``).
    kind
        Type of its values.
    unit
        Unit, or None.
    low, high
        Range allowed, ends included, in ``unit``.
    vocabulary
        Values allowed; each has a text ``value.<layer or common>.<column>.<value>``. Empty: free.
    required
        True where a row without a value is refused.
    technical
        True where the column is shown only behind the switch "Kỹ thuật".
    """

    name: str
    kind: Kind = Kind.TEXT
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    vocabulary: tuple[str, ...] = ()
    required: bool = False
    technical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """
    How a layer is drawn.

    Parameters
    ----------
    colour
        Colour ``#rrggbb`` of lines, outlines and symbols without an operator.
    fill_opacity
        Opacity of areas, 0–1.
    weight_px
        Width of lines and outlines [px].
    radius_px
        Radius of point symbols [px].
    dash
        Dash pattern of lines, SVG notation; empty for solid.
    shape
        Symbol of points: circle, square, triangle, diamond, cross, ring, star.
    by_operator
        True where colour and shape follow the operator instead.
    label
        Column drawn beside the feature, or None.
    """

    colour: str = "#555555"
    fill_opacity: float = 0.0
    weight_px: float = 1.5
    radius_px: float = 5.0
    dash: str = ""
    shape: str = "circle"
    by_operator: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpec:
    """
    One layer.

    Parameters
    ----------
    name
        Singular English noun; texts ``layer.<name>``, ``layer.<name>.many`` and
        ``column.<name or common>.<column>`` exist in every language.
    geometry
        Shapes that it may hold.
    columns
        Own columns and the common ones, in display order, ``id`` first.
    style
        How it is drawn.
    geometry_required
        False where rows may come without a shape.
    filled
        False where the layer is declared for later work and no screen fills it yet.
    group
        Part of the layer tree: place, mobile, fixed, people, plan, record.
    """

    name: str
    geometry: Geometry
    columns: tuple[Column, ...]
    style: Style = Style()
    geometry_required: bool = True
    filled: bool = True
    group: str = "place"

    def column(self, name: str) -> Column | None:
        """
        Column of that name.

        Parameters
        ----------
        name
            Column name.

        Returns
        -------
        column
            The column, or None where the layer has no such column.
        """
        return next((column for column in self.columns if column.name == name), None)


STATUS = (
    "operational",
    "planned",
    "proposed",
    "approved",
    "underConstruction",
    "inactive",
    "decommissioned",
)
ALL_OPERATORS = "all"
"""Stands for every operator where a figure or a report is about all of them."""
SHARING = ("public", "internal", "operator")

COMMON = (
    Column(name="name"),
    Column(name="owner"),
    Column(name="status", vocabulary=STATUS),
    Column(name="source"),
    Column(name="as_of", kind=Kind.DATE),
    Column(name="accuracy_m", kind=Kind.REAL, unit="m", low=0, high=100_000),
    Column(name="is_sample", kind=Kind.BOOLEAN, technical=True),
    Column(name="is_assumed", technical=True),
    Column(name="sharing", vocabulary=SHARING),
)


def with_name(*own: Column) -> tuple[Column, ...]:
    """
    Columns of a layer whose rows must have a name.

    Parameters
    ----------
    own
        Columns that only this layer has.

    Returns
    -------
    columns
        As of :func:`columns`, the name required.
    """
    return tuple(
        replace(column, required=True) if column.name == "name" else column for column in columns(*own)
    )


def columns(*own: Column) -> tuple[Column, ...]:
    """
    Columns of a layer: ``id``, its own, then the common ones.

    Parameters
    ----------
    own
        Columns that only this layer has.

    Returns
    -------
    columns
        In display order.
    """
    return (Column(name="id", required=True), COMMON[0], *own, *COMMON[1:])
