"""What operators publish of their own coverage, as a figure that stands beside ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from planning.evidence.sides import Beside


def shares(beside: Beside) -> Mapping[str, float]:
    """
    Share of people inside the area that each operator declares.

    Parameters
    ----------
    beside
        All evidence of an area.

    Returns
    -------
    shares
        Operator id to a share, 0–1, over the hamlets whose people are known; operators that declare nothing
        are absent.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for one in beside.sides:
        if one.declared_share is not None and one.people > 0:
            found.setdefault(one.operator, []).append((one.people, one.declared_share))
    return MappingProxyType(
        {
            operator: math.fsum(people * share for people, share in pairs)
            / math.fsum(people for people, _ in pairs)
            for operator, pairs in found.items()
        }
    )
