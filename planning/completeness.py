"""How much of what the city's passive-infrastructure plan asks for is there, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One field of the plan's list.

    Parameters
    ----------
    dataset
        What the plan calls the objects.
    layer, column
        Where the product keeps it; ``geometry`` is the place.
    n_rows
        Objects of that kind.
    n_filled
        Those that have a value.
    """

    dataset: str
    layer: str
    column: str
    n_rows: int
    n_filled: int

    @property
    def share(self) -> float | None:
        """Part of the objects with a value, 0–1; None where there are no objects."""
        return self.n_filled / self.n_rows if self.n_rows else None


def reckon(tables: Mapping[str, gpd.GeoDataFrame], rules: Sequence[Mapping[str, str]]) -> tuple[Field, ...]:
    """
    Count the values that are there.

    Parameters
    ----------
    tables
        Layer name to its rows; a layer without an entry has none.
    rules
        Rows of ``data/rules/plan_fields.csv``: dataset, layer, kind (several joined by ";"), column.

    Returns
    -------
    fields
        In the order of the rules.

    References
    ----------
    Luật Viễn thông 24/2023/QH15 Đ.63, NĐ 163/2024/NĐ-CP; the list itself is editable.
    """
    found = []
    for rule in rules:
        table = tables.get(rule["layer"])
        if table is not None and rule["kind"]:
            table = table[table["kind"].isin(rule["kind"].split(";"))]
        column = rule["column"]
        is_there = table is not None and column in table
        found.append(
            Field(
                dataset=rule["dataset"],
                layer=rule["layer"],
                column=column,
                n_rows=0 if table is None else len(table),
                n_filled=int(table[column].notna().sum()) if is_there and table is not None else 0,
            )
        )
    return tuple(found)


def overall(fields: Sequence[Field]) -> float | None:
    """
    Part of all values that are there.

    Parameters
    ----------
    fields
        As reckoned.

    Returns
    -------
    share
        0–1 over the objects that exist; None where there is not one.
    """
    n_cells = sum(field.n_rows for field in fields)
    return sum(field.n_filled for field in fields) / n_cells if n_cells else None


def without_objects(fields: Sequence[Field]) -> tuple[str, ...]:
    """
    Datasets of the plan for which nothing was entered.

    Parameters
    ----------
    fields
        As reckoned.

    Returns
    -------
    datasets
        Their names, in order.
    """
    filled = {field.dataset for field in fields if field.n_rows}
    return tuple(dict.fromkeys(field.dataset for field in fields if field.dataset not in filled))
