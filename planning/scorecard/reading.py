"""What an indicator reads today: things counted in three states, the doubt about them, and whom to ask."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geo.coverage import State
from geo.gap import Figures, tally, tally_zones
from geo.units import Booleans, Bytes, Floats, Integers

NOWHERE = -1  # hamlet of a thing that lies in none
NAMED = 12  # gaps in the data that one indicator names; the others stand behind these in points


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """
    Something that somebody could hand in, and what it could move.

    Parameters
    ----------
    key
        Its text is ``missing.<key>``.
    facts
        Values that the text names.
    asked
        Whom to ask: operator id, hamlet name or text key of an office.
    share
        Share of the denominator, 0–1, whose verdict could turn; as percentage points it is what the figure
        can move.
    """

    key: str
    facts: Mapping[str, object]
    asked: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """
    Things that a target counts.

    Parameters
    ----------
    state
        Values of ``geo.coverage.State``, shape (n,).
    weight
        How much each counts, in the unit of the denominator, shape (n,).
    assumed
        True where the verdict rests on an assumption, shape (n,).
    hamlet
        Index of the hamlet it lies in, ``NOWHERE`` where in none, shape (n,).
    asked
        Whom to ask about each, shape (n,); "" where nobody is known.

    Raises
    ------
    ShapeError
        From ``figures``, where the three states do not add up.
    """

    state: Bytes
    weight: Floats
    assumed: Booleans
    hamlet: Integers
    asked: NDArray[np.object_]

    def figures(self) -> Figures:
        """
        All things together.

        Returns
        -------
        figures
            In the unit of the denominator.
        """
        return tally(self.state, self.weight, self.assumed)

    def by_hamlet(self, n_hamlets: int) -> tuple[Figures, ...]:
        """
        Things of each hamlet.

        Parameters
        ----------
        n_hamlets
            Number of hamlets.

        Returns
        -------
        figures
            One record for each hamlet; things in none are in no record.
        """
        return tally_zones(self.state, self.weight, self.assumed, self.hamlet, n_zones=n_hamlets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    One indicator today.

    Parameters
    ----------
    figures
        Three states in the unit of the denominator; None where there is no denominator or no data.
    value
        The figure itself where it is not a share (a ratio, a number of things, days); None: the share is.
    low, high
        Bounds of the share, or of the value, under what is unknown and between models; not-a-number where
        nothing bounds it.
    facts
        Numbers that the formula names.
    missing
        What could be asked for, the most weighty first.
    hamlets
        Figures by hamlet, in the order of the evidence; empty where the indicator has no hamlets.
    uncovered
        Names of things that are not served, at most as many as a letter can hold.
    """

    figures: Figures | None
    value: float | None = None
    low: float = math.nan
    high: float = math.nan
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    missing: tuple[Missing, ...] = ()
    hamlets: tuple[Figures, ...] = ()
    uncovered: tuple[str, ...] = ()


def bounds(figures: Figures) -> tuple[float, float]:
    """
    Share if nothing unknown were served, and if all of it were.

    Parameters
    ----------
    figures
        Three states.

    Returns
    -------
    low, high
        Shares 0–1; not-a-number where nothing is counted.
    """
    if not figures.total:
        return math.nan, math.nan
    return figures.covered / figures.total, (figures.covered + figures.unknown) / figures.total


def of_counted(
    counted: Counted,
    *,
    n_hamlets: int,
    key: str,
    missing: Sequence[Missing] = (),
    facts: Mapping[str, object] = MappingProxyType({}),
    names: Sequence[str] = (),
) -> Reading:
    """
    Reading of things counted in three states.

    Parameters
    ----------
    counted
        The things.
    n_hamlets
        Number of hamlets.
    key
        Text key of what is missing where a thing is unknown.
    missing
        What else is missing.
    facts
        Numbers that the formula names, beside the three states.
    names
        Name of each thing; empty where things have none.

    Returns
    -------
    reading
        Unknown things are grouped by whom to ask about them.
    """
    figures = counted.figures()
    low, high = bounds(figures)
    unserved = counted.state == State.UNCOVERED
    lacking = [names[index] for index in np.flatnonzero(unserved).tolist()] if len(names) else []
    return Reading(
        figures=figures,
        low=low,
        high=high,
        facts=facts,
        missing=ranked([*missing, *unknown_by_asked(counted, key=key)]),
        hamlets=counted.by_hamlet(n_hamlets),
        uncovered=tuple(lacking),
    )


def of_figures(
    figures: Figures,
    hamlets: Sequence[tuple[str, Figures]] = (),
    *,
    key: str,
    names: Sequence[str] = (),
) -> Reading:
    """
    Reading of figures that were counted elsewhere.

    Parameters
    ----------
    figures
        Three states of all.
    hamlets
        Name and figures of each hamlet.
    key
        Text key of what is missing where a thing is unknown.
    names
        Names of things not served.

    Returns
    -------
    reading
        What is unknown in a hamlet is asked of the hamlet.
    """
    low, high = bounds(figures)
    total = figures.total or 1.0
    unknown = [
        Missing(
            key=key,
            facts=MappingProxyType({"who": name, "n": part.unknown}),
            asked=name,
            share=part.unknown / total,
        )
        for name, part in hamlets
        if part.unknown > 0
    ]
    return Reading(
        figures=figures,
        low=low,
        high=high,
        missing=ranked(unknown),
        hamlets=tuple(part for _, part in hamlets),
        uncovered=tuple(names),
    )


def unknown_by_asked(counted: Counted, *, key: str) -> list[Missing]:
    """
    What is unknown, by whom to ask about it.

    Parameters
    ----------
    counted
        The things.
    key
        Text key of what is missing.

    Returns
    -------
    missing
        One record for each who could tell; ``n`` is the unknown part in the unit of the denominator.
    """
    unknown = counted.state == State.UNKNOWN
    total = float(counted.weight.sum())
    if total <= 0 or not unknown.any():
        return []
    who, index = np.unique(counted.asked[unknown].astype(str), return_inverse=True)
    parts = np.bincount(index, weights=counted.weight[unknown])
    return [
        Missing(
            key=key,
            facts=MappingProxyType({"who": str(name), "n": float(part)}),
            asked=str(name),
            share=float(part) / total,
        )
        for name, part in zip(who, parts, strict=True)
        if part > 0
    ]


def ranked(missing: Sequence[Missing]) -> tuple[Missing, ...]:
    """
    What is missing, by what it could move.

    Parameters
    ----------
    missing
        In any order.

    Returns
    -------
    missing
        The weightiest first, at most ``NAMED``; equal ones by name.
    """
    ordered = sorted(missing, key=lambda one: (-one.share, one.key, one.asked))
    return tuple(ordered[:NAMED])
