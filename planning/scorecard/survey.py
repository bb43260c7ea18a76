"""What only people can tell: surveys by hamlet, check-lists of the commune, counts of things."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd

from geo.gap import Figures
from planning.scorecard.evidence import Evidence
from planning.scorecard.fixed import of_hamlets, stated
from planning.scorecard.reading import Missing, Reading, bounds

COLUMNS = MappingProxyType({"adults_smartphone": "adults", "households_fiber": "households"})
"""Survey indicators that the layer ``hamlet`` states itself, to their whole."""


def by_hamlet(evidence: Evidence, argument: str) -> Reading:
    """
    A survey by hamlet.

    Parameters
    ----------
    evidence
        The evidence.
    argument
        ``indicator/whole``: name in the layer ``survey``, and the column of ``hamlet`` it is a part of.

    Returns
    -------
    reading
        The latest value of each hamlet, in the unit of the whole; the hamlet's own column where it has one
        and no survey is there. Without figures where no hamlet has told.
    """
    indicator, whole = argument.split("/")
    rows = _latest(evidence, indicator)
    if rows.empty and indicator in COLUMNS:
        return stated(evidence, part=indicator, whole=whole, key="survey")
    has = evidence.hamlets["id"].map(rows).to_numpy(dtype=np.float64, na_value=np.nan)
    of = evidence.hamlets[whole].to_numpy(dtype=np.float64, na_value=np.nan)
    return of_hamlets(evidence, has, of, key="survey")


def _latest(evidence: Evidence, indicator: str) -> pd.Series:
    table = evidence.tables["survey"]
    rows = table[(table["indicator"] == indicator) & (table["surveyed_on"].fillna("") <= str(evidence.today))]
    rows = rows.sort_values(["surveyed_on", "id"]).groupby("hamlet_id", dropna=False).tail(1)
    latest: pd.Series = rows.set_index("hamlet_id")["value"].astype(float)
    return latest


def of_commune(evidence: Evidence, argument: str) -> Reading:
    """
    A part of a whole that the commune states for itself.

    Parameters
    ----------
    evidence
        The evidence.
    argument
        ``indicator/whole``: two names in the layer ``survey``, on rows without a hamlet.

    Returns
    -------
    reading
        Without figures where either is not stated, or where the part is greater than the whole.
    """
    part, whole = (_commune_value(evidence, name) for name in argument.split("/"))
    if part is None or whole is None or not 0 <= part <= whole:
        return _asked(argument.split("/", maxsplit=1)[0])
    figures = Figures(total=whole, covered=part, uncovered=whole - part, unknown=0.0, assumed=0.0)
    low, high = bounds(figures)
    return Reading(figures=figures, low=low, high=high)


def number(evidence: Evidence, argument: str) -> Reading:
    """
    A number that the commune states, without a denominator.

    Parameters
    ----------
    evidence
        The evidence.
    argument
        Name in the layer ``survey``, on rows without a hamlet.

    Returns
    -------
    reading
        The value alone.
    """
    value = _commune_value(evidence, argument)
    return _asked(argument) if value is None else Reading(figures=None, value=value, low=value, high=value)


def _commune_value(evidence: Evidence, indicator: str) -> float | None:
    rows = _latest(evidence, indicator)
    own = rows[rows.index.isna()]
    return float(own.iloc[-1]) if len(own) and np.isfinite(own.iloc[-1]) else None


def published(evidence: Evidence, operator: str) -> float | None:
    """
    Share of people with 5G that an operator, or the department, publishes for the commune.

    Parameters
    ----------
    evidence
        The evidence.
    operator
        Operator id; ``any``: the department's figure.

    Returns
    -------
    share
        0–1, of the row ``published_<operator>`` of the layer ``survey``, told in percent; None where there
        is none or it is no percentage.
    """
    value = _commune_value(evidence, f"published_{operator}")
    return value / 100 if value is not None and 0 <= value <= 100 else None


def _asked(indicator: str) -> Reading:
    facts = MappingProxyType({"indicator": indicator})
    return Reading(
        figures=None, missing=(Missing(key="survey_commune", facts=facts, asked="office.culture", share=1.0),)
    )


def sensors(evidence: Evidence) -> Reading:
    """
    Sensors known.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        Their number, and in the facts the number of each kind; without a value where none is known, which is
        not the same as none.
    """
    table = evidence.tables["sensor"]
    if table.empty:
        return _asked("sensor")
    kinds = table["kind"].fillna("other").value_counts().sort_index()
    count = float(len(table))
    return Reading(
        figures=None,
        value=count,
        low=count,
        high=count,
        facts=MappingProxyType({str(kind): int(n) for kind, n in kinds.items()}),
    )
