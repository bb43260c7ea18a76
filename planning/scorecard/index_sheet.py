"""Phiếu DII: the criteria of the index, filled from the targets where they can be, with their evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planning import data
from planning.scorecard.job import Row, Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """
    One criterion of the index.

    Parameters
    ----------
    id, group
        Key, and number of its group.
    group_texts, texts
        Name of the group and of the criterion by language.
    most_points
        Points it can give.
    target_id
        Target that fills it, or "" where none does.
    source
        Where the criterion and its points come from.
    """

    id: str
    group: str
    group_texts: Mapping[str, str]
    texts: Mapping[str, str]
    most_points: float
    target_id: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """
    A criterion with what is known of it.

    Parameters
    ----------
    criterion
        The criterion.
    row
        The target that fills it, or None.
    points, low, high
        Share reached times its points, and the bounds under what is unknown; None where nothing is known.
    """

    criterion: Criterion
    row: Row | None
    points: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    The whole index.

    Parameters
    ----------
    rows
        Criteria in order.
    points
        Sum of the points known.
    known_points
        Points that those criteria could give; the others are left to the office.
    most_points
        Points of all criteria.
    """

    rows: tuple[Filled, ...]
    points: float
    known_points: float
    most_points: float


def criteria() -> tuple[Criterion, ...]:
    """
    Criteria of ``data/targets/dii.csv``.

    Returns
    -------
    criteria
        In the order of the file.

    References
    ----------
    QĐ 885/QĐ-BTTTT, 25/5/2023: 24 criteria in six groups, 300 points.
    """
    return tuple(
        Criterion(
            id=row["id"],
            group=row["group"],
            group_texts={"vi": row["group_vi"], "en": row["group_en"]},
            texts={"vi": row["text_vi"], "en": row["text_en"]},
            most_points=float(row["points"]),
            target_id=row["target"],
            source=row["source"],
        )
        for row in data.listed("targets/dii")
    )


def fill(card: Scorecard, wanted: Sequence[Criterion]) -> Sheet:
    """
    Fill the criteria from a scorecard.

    Parameters
    ----------
    card
        The scorecard.
    wanted
        Criteria.

    Returns
    -------
    sheet
        A criterion whose target is no share, or of which nothing is known, has no points yet: that is not 0.
    """
    by_id = {row.id: row for row in card.rows}
    rows = tuple(_filled(criterion, by_id.get(criterion.target_id)) for criterion in wanted)
    known = [row for row in rows if row.points is not None]
    return Sheet(
        rows=rows,
        points=math.fsum(row.points for row in known if row.points is not None),
        known_points=math.fsum(row.criterion.most_points for row in known),
        most_points=math.fsum(criterion.most_points for criterion in wanted),
    )


def _filled(criterion: Criterion, row: Row | None) -> Filled:
    if row is None or row.share is None:
        return Filled(criterion=criterion, row=row, points=None, low=None, high=None)
    most = criterion.most_points
    low, high = (
        most * bound if math.isfinite(bound) else None for bound in (row.reading.low, row.reading.high)
    )
    return Filled(criterion=criterion, row=row, points=most * row.share, low=low, high=high)
