"""What may leave, and for whom: sharing levels, private rows of operators, numbers of persons."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import InputError
from layers.cell import split
from layers.exchange.values import operators_in
from layers.spec import SHARING, Kind, LayerSpec

UNSTATED = "internal"
BLANK = "…"
PERSONAL_NUMBER = re.compile(
    r"(?<![\d.,])(?:\+84|\(?0)(?:[\s.()-]{0,2}\d){8,10}(?![\d])"
    r"|(?<![\d.,])\d{3}([ .]?)\d{3}\1\d{3}(?:\1\d{3})?(?![.,]?\d)"
)
"""Phone numbers as Vietnam writes them; identity numbers of 9 or 12 digits, bare or in groups of three."""
NO_PROSE = ("id", "code", "commune_code", "is_assumed", "run", "digest")
"""Columns of keys, in which digits are no one's number."""

Operators = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """
    Whom a file is for.

    Parameters
    ----------
    sharing
        ``public``, ``internal`` or ``operator``.
    operator
        Id of the operator that a file of the level ``operator`` is for, else None.
    operators
        Operator id to its spellings.
    """

    sharing: str
    operator: str | None = None
    operators: Operators = field(default_factory=lambda: MappingProxyType({}))


def audience_of(sharing: str, for_operator: str | None, operators: Operators) -> Audience:
    """
    Whom a file is for, as asked.

    Parameters
    ----------
    sharing
        Level asked.
    for_operator
        Id or name of the operator, needed for the level ``operator``.
    operators
        Operator id to its spellings.

    Returns
    -------
    audience
        The audience.

    Raises
    ------
    InputError
        ``export_sharing``: no such level; ``export_operator_missing``: the level needs an operator;
        ``operator_unknown``.
    """
    if sharing not in SHARING:
        raise InputError("export_sharing", sharing=sharing, known=", ".join(SHARING))
    if sharing != SHARING[-1]:
        return Audience(sharing=sharing, operators=operators)
    known = ", ".join(operators)
    if not for_operator:
        raise InputError("export_operator_missing", known=known)
    found = operators_in(for_operator, operators) or (for_operator,)
    if operators and found[0] not in operators:
        raise InputError("operator_unknown", operator=for_operator, known=known)
    return Audience(sharing=sharing, operator=found[0], operators=operators)


def shareable(table: gpd.GeoDataFrame, audience: Audience) -> gpd.GeoDataFrame:
    """
    Rows that an audience may see: public < internal < operator.

    A row that states no level is internal. Of the rows private to operators, and of those whose level is
    unknown, a file for an operator holds those of this operator alone: rows that name another operator too,
    or none, stay out.

    Parameters
    ----------
    table
        Rows of a layer.
    audience
        Whom the file is for.

    Returns
    -------
    table
        The rows that may go.
    """
    rank = {level: number for number, level in enumerate(SHARING)}
    top = len(SHARING) - 1
    levels = table["sharing"].fillna(UNSTATED).map(rank).fillna(top)
    seen = (levels <= min(rank[audience.sharing], top - 1)).to_numpy(dtype=bool)
    if audience.operator is not None:
        private = (levels == top).to_numpy(dtype=bool)
        own = [
            _operators_of(row, audience.operators) == {audience.operator} for row in table.to_dict("records")
        ]
        seen = seen | (private & np.array(own, dtype=bool))
    return table[seen].reset_index(drop=True)


def _operators_of(row: Mapping[Hashable, object], operators: Operators) -> set[str]:
    named = [row.get(name) for name in ("operators", "operator")]
    found = {part for value in named if isinstance(value, str) for part in split(value)}
    owner = row.get("owner")
    return found or set(operators_in(owner, operators) if isinstance(owner, str) else ())


def without_personal_numbers(table: gpd.GeoDataFrame, spec: LayerSpec) -> tuple[gpd.GeoDataFrame, int]:
    """
    A table whose free texts hold no phone number and no identity number of 9 or 12 digits.

    Parameters
    ----------
    table
        Rows of a layer.
    spec
        The layer.

    Returns
    -------
    table
        The same rows, each such number replaced by ``…``.
    n_blanked
        How many were replaced.
    """
    clean, n_blanked = table.copy(), 0
    free = [
        column.name
        for column in spec.columns
        if column.kind is Kind.TEXT and not column.vocabulary and column.name in table
    ]
    for name in free:
        if name in NO_PROSE or name.endswith(("_id", "_path", "_node", "_digest")):
            continue
        texts = table[name].astype(object)
        done = [
            PERSONAL_NUMBER.subn(BLANK, value) if isinstance(value, str) else (value, 0) for value in texts
        ]
        n_blanked += sum(n for _, n in done)
        clean[name] = pd.Series([text for text, _ in done], index=table.index, dtype=object)
    return clean, n_blanked
