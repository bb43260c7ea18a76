"""How far a target is from being reached, and whether what is unknown could still decide it."""

from __future__ import annotations

from enum import StrEnum

from planning.scorecard.job import Row


class Standing(StrEnum):
    """Whether a target is reached; its text is ``screen.target.standing_<standing>``."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    NONE = "none"


def standing(row: Row) -> Standing:
    """
    Whether a target is reached.

    Parameters
    ----------
    row
        A row of a scorecard.

    Returns
    -------
    standing
        Open where the unknown part could still decide it; none without a threshold or data.
    """
    wanted, figures = row.target.threshold_share, row.reading.figures
    if wanted is None or figures is None or not figures.total:
        return Standing.NONE
    if figures.covered >= wanted * figures.total:
        return Standing.MET
    could_be = figures.covered + figures.unknown
    return Standing.MISSED if could_be < wanted * figures.total else Standing.OPEN


def lacking_share(row: Row) -> float | None:
    """
    What a target lacks.

    Parameters
    ----------
    row
        A row of a scorecard.

    Returns
    -------
    share
        0–1, zero where it is reached; None without a threshold or without data.
    """
    if row.target.threshold_share is None or row.share is None:
        return None
    return max(row.target.threshold_share - row.share, 0.0)


def unknown_share(row: Row) -> float | None:
    """
    Part of the denominator of which nothing is known.

    Parameters
    ----------
    row
        A row of a scorecard.

    Returns
    -------
    share
        0–1; None where nothing is counted.
    """
    figures = row.reading.figures
    return figures.unknown / figures.total if figures is not None and figures.total else None
