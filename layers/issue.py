"""A fault found in data, as a value: where it is, how grave, and the facts its text names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

_REASONS = MappingProxyType(
    {
        "self-intersection": "shape_crosses",
        "ring self-intersection": "shape_crosses",
        "hole lies outside shell": "shape_hole_outside",
        "holes are nested": "shape_holes_nested",
        "nested shells": "shape_parts_nested",
        "nested holes": "shape_holes_nested",
        "interior is disconnected": "shape_torn",
        "duplicate rings": "shape_ring_twice",
        "too few points in geometry component": "shape_few_points",
        "invalid coordinate": "shape_no_number",
        "ring is not closed": "shape_open",
    }
)
"""Reasons of the geometry library, and the product's words for them."""


class Severity(StrEnum):
    """How grave a fault is."""

    ERROR = "error"
    ASK = "ask"
    WARNING = "warning"
    INFO = "info"


class Outcome(StrEnum):
    """What may happen to a file or a row."""

    ACCEPT = "accept"
    WARN = "accept-with-warning"
    ASK = "ask"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """
    One fault.

    Parameters
    ----------
    code
        Text key: ``issue.<code>.message`` and ``issue.<code>.remedy`` exist in every language.
    severity
        How grave it is.
    layer
        Name of the layer concerned, or None where the file alone is judged.
    row
        Row as its user sees it: the spreadsheet row, the line of a CSV file, the number of the feature
        counted from 1; None for the whole file.
    column
        Heading or column concerned, or None.
    facts
        Values that the text names.
    feature
        Id of the row concerned, where it is known.
    """

    code: str
    severity: Severity
    layer: str | None = None
    row: int | None = None
    column: str | None = None
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    feature: str | None = None


def worst(issues: tuple[Issue, ...]) -> Outcome:
    """
    Outcome that a collection of faults leads to.

    Parameters
    ----------
    issues
        Faults of one file or one row.

    Returns
    -------
    outcome
        Reject for any error, else ask, else accept with warning, else accept.
    """
    found = {issue.severity for issue in issues}
    if Severity.ERROR in found:
        return Outcome.REJECT
    if Severity.ASK in found:
        return Outcome.ASK
    return Outcome.WARN if Severity.WARNING in found else Outcome.ACCEPT


def reason_code(reason: str) -> str:
    """
    Word of the product for the reason that the geometry library gives.

    Parameters
    ----------
    reason
        Its English text, with or without the place behind it.

    Returns
    -------
    code
        Text key ``word.<code>``; ``shape_broken`` where the reason is none of those known.
    """
    said = reason.partition("[")[0].strip().lower()
    return _REASONS.get(said, "shape_broken")
