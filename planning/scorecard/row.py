"""Targets as rows: what the plan asks for, by which indicator, until when, from which source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from planning import data

YEARS = (2026, 2027, 2028, 2029, 2030)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One sentence of the plan.

    Parameters
    ----------
    id, clause
        Key, and the clause of the plan.
    texts
        Its sentence by language.
    indicator, argument
        Name of the function that reads it, and what that is told.
    unit
        Unit of the denominator; its text is ``unit.<unit>``.
    threshold_share
        What is to be reached, 0–1; None where no source names it.
    path
        Year to the share to be reached by its end; only years that somebody entered.
    source, source_date
        Where the sentence comes from, and its date, ISO 8601, or "".
    office
        Text key of the office that leads.
    layers
        Layers that the indicator reads.
    """

    id: str
    clause: str
    texts: Mapping[str, str]
    indicator: str
    argument: str
    unit: str
    threshold_share: float | None
    path: Mapping[int, float]
    source: str
    source_date: str
    office: str
    layers: tuple[str, ...]


@cache
def shipped() -> tuple[Target, ...]:
    """
    Targets of ``data/targets/targets.csv``.

    Returns
    -------
    targets
        Active rows, in the order of the file.
    """
    return tuple(of_row(row) for row in data.target_rows() if row["is_active"] == "1")


def of_row(row: Mapping[str, str]) -> Target:
    """
    A target from its row.

    Parameters
    ----------
    row
        Column to text, as in ``data/targets/targets.csv``.

    Returns
    -------
    target
        The same as a value.
    """
    return Target(
        id=row["id"],
        clause=row["clause"],
        texts=MappingProxyType({"vi": row["text_vi"], "en": row["text_en"]}),
        indicator=row["indicator"],
        argument=row["argument"],
        unit=row["unit"],
        threshold_share=float(row["threshold_share"]) if row["threshold_share"] else None,
        path=MappingProxyType(
            {year: float(row[f"path_{year}"]) for year in YEARS if row.get(f"path_{year}")}
        ),
        source=row["source"],
        source_date=row["source_date"],
        office=row["office"],
        layers=tuple(part for part in row["layers"].split(";") if part),
    )
