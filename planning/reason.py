"""Why an area is without signal, as an official says it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from planning.area import GapArea
from planning.text import number, tr

METRES = ("distance_m", "obstacle_distance_m", "obstacle_height_m")


def words(area: GapArea, language: str, *, masts: Mapping[str, str]) -> str:
    """
    Why an area is without signal.

    Parameters
    ----------
    area
        The area.
    language
        ``vi`` or ``en``.
    masts
        Id of a mast to its name.

    Returns
    -------
    text
        One sentence with whole metres.
    """
    facts: dict[str, object] = dict(area.facts)
    for name in METRES:
        value = facts.get(name)
        if isinstance(value, float):
            facts[name] = number(value, language)
    if "obstacle" in facts:
        facts["obstacle"] = tr(f"gap.obstacle.{facts['obstacle']}", language)
    mast = str(facts.get("mast") or "")
    facts["mast"] = masts.get(mast, mast)
    return tr(f"screen.reason.{area.reason}", language, **facts)


def mast_names(sites: pd.DataFrame) -> Mapping[str, str]:
    """
    Names of masts as people call them.

    Parameters
    ----------
    sites
        Rows of the layer ``site``.

    Returns
    -------
    names
        Id to name, of those that have one.
    """
    named = sites[sites["name"].notna()]
    return dict(zip(named["id"].astype(str), named["name"].astype(str), strict=True))
