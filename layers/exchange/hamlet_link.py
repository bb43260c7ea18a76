"""Which hamlet a row speaks of, by its words; between two of one name nothing is chosen."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import shapely

from layers.exchange.word import fold, holds, spoken

_PREFIX = re.compile(r"^\s*(?:thôn|xóm|bản|ấp)\s+", re.IGNORECASE)
_LANDMARK = re.compile(
    r"\b(?:chợ|đình|chùa|đền|miếu|cầu|cống|bến|đò|trường|trạm|quán|phố|đê|gò|bãi|"
    r"nhà thờ|sân|cổng|làng)\s+(\w+)"
)
M_PER_DEG = 111_320.0
POINT_ACCURACY_M = 500.0
"""Assumed half width [m] of a hamlet known by one point only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hamlet:
    """
    One hamlet as a place to hang a row on.

    Parameters
    ----------
    id, name
        Its id and name.
    former_commune
        Commune before the merger, or empty.
    point
        A point of it, EPSG:4326, or None where it is not located yet.
    accuracy_m
        How far from that point the row may lie [m].
    """

    id: str
    name: str
    former_commune: str
    point: shapely.Point | None
    accuracy_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """
    Hamlets that a text may mean.

    Parameters
    ----------
    hamlets
        One for a clear case, several for an ambiguous name, none where no hamlet is named.
    """

    hamlets: tuple[Hamlet, ...] = ()

    @property
    def hamlet(self) -> Hamlet | None:
        """The hamlet meant, or None where none or several are."""
        return self.hamlets[0] if len(self.hamlets) == 1 else None


def bare_name(name: str) -> str:
    """
    Name of a hamlet without the word for hamlet before it.

    Parameters
    ----------
    name
        Name as written, such as ``Thôn Đồng Bửa``.

    Returns
    -------
    name
        ``Đồng Bửa``.
    """
    return _PREFIX.sub("", name).strip() or name.strip()


def from_table(table: gpd.GeoDataFrame) -> tuple[Hamlet, ...]:
    """
    Hamlets of a workspace.

    Parameters
    ----------
    table
        Layer ``hamlet``, EPSG:4326.

    Returns
    -------
    hamlets
        One for each row; areas are known by a point inside and their half width.
    """
    result = []
    for row in table.to_dict("records"):
        shape = row.get("geometry")
        former = row.get("former_commune")
        is_there = isinstance(shape, shapely.Geometry) and not shape.is_empty
        result.append(
            Hamlet(
                id=str(row["id"]),
                name=str(row["name"]),
                former_commune=former if isinstance(former, str) else "",
                point=shape.representative_point() if is_there else None,
                accuracy_m=_half_width_m(shape) if is_there else POINT_ACCURACY_M,
            )
        )
    return tuple(result)


def find(texts: Sequence[str | None], hamlets: Sequence[Hamlet]) -> Link:
    """
    Hamlet that the words of a row name.

    Parameters
    ----------
    texts
        Texts of the row, the most telling first.
    hamlets
        Hamlets known.

    Returns
    -------
    link
        Of the first text that names any: the longest name found; equal names are told apart by the former
        commune where the texts name it.
    """
    everything = fold(" ".join(text for text in texts if text))
    for text in texts:
        said = fold(text or "")
        found = [one for one in hamlets if holds(said, fold(bare_name(one.name)))]
        if not found:
            continue
        longest = max(len(fold(bare_name(one.name))) for one in found)
        best = tuple(one for one in found if len(fold(bare_name(one.name))) == longest)
        told = tuple(one for one in best if holds(everything, fold(one.former_commune)))
        return Link(hamlets=told if len(told) == 1 else best)
    return Link()


def guess_hamlet(texts: Sequence[str | None], hamlets: Sequence[Hamlet]) -> Link:
    """
    Hamlet that a landmark may belong to, such as *chợ Hệ* to Hệ Vĩnh: a guess, to be confirmed.

    Parameters
    ----------
    texts
        Texts of the row, the most telling first.
    hamlets
        Hamlets known.

    Returns
    -------
    link
        The only hamlet whose name of several words begins with the word behind the landmark, diacritics
        included; none otherwise.
    """
    for text in texts:
        for found in _LANDMARK.finditer(spoken(text or "")):
            named = [spoken(bare_name(one.name)).split() for one in hamlets]
            fitting = tuple(
                one
                for one, words in zip(hamlets, named, strict=True)
                if len(words) > 1 and words[0] == found.group(1)
            )
            if len(fitting) == 1:
                return Link(hamlets=fitting)
    return Link()


def _half_width_m(shape: shapely.Geometry) -> float:
    if shape.area == 0:
        return POINT_ACCURACY_M
    area_m2 = shape.area * M_PER_DEG**2 * math.cos(math.radians(shape.centroid.y))
    return float(round(math.sqrt(area_m2 / math.pi)))
