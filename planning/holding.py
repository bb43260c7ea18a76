"""What the data set holds, how old it is and where it comes from; what each hamlet lacks, and who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import CATALOGUE
from layers.rule.subject import Around, Flags, Integers, Shapes, items, subject_of, words
from planning import data, quality, rulebook
from planning.workspace import Workspace

EVERY = ("place", "fiber_node", "measurement")
"""Layers of which each hamlet should have at least one row, and who is asked: see ``_ABSENT``."""
_ABSENT: Mapping[str, str] = MappingProxyType(
    {"place": "hamlet", "fiber_node": "operators", "measurement": "hamlet"}
)
_BY_HAMLET = ("site", "fiber_node", "wifi", "place")
"""Layers whose gaps are told hamlet by hamlet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """
    What the data set holds of one layer.

    Parameters
    ----------
    layer
        Layer name.
    n_rows
        Rows.
    oldest, newest
        Days of the data, ISO 8601; "" where no row states one.
    sources
        Where the rows come from, the most frequent first.
    """

    layer: str
    n_rows: int
    oldest: str
    newest: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """
    One thing that a hamlet lacks.

    Parameters
    ----------
    layer
        Layer concerned.
    column
        Column without a value; None: there is no row at all; ``geometry``: no place.
    n
        Rows concerned.
    whom
        Who has it: ``hamlet``, ``police``, ``operators``, or the id of an operator.
    """

    layer: str
    column: str | None
    n: int
    whom: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HamletLacks:
    """
    What a hamlet lacks.

    Parameters
    ----------
    id, name
        The hamlet.
    lon, lat
        A place in it [°], or None.
    lacks
        What is missing, the hamlet's own figures first.
    """

    id: str
    name: str
    lon: float | None
    lat: float | None
    lacks: tuple[Lack, ...]


def holdings(workspace: Workspace) -> tuple[Holding, ...]:
    """
    What the data set holds, layer by layer.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    holdings
        Layers with rows, in the order of the catalogue.
    """
    found = []
    for spec in CATALOGUE:
        if spec.name in quality.MADE or not workspace.store.count(spec.name):
            continue
        table = workspace.store.read(spec.name, columns=("as_of", "source"))
        days = table["as_of"].dropna().astype(str)
        found.append(
            Holding(
                layer=spec.name,
                n_rows=len(table),
                oldest=min(days, default=""),
                newest=max(days, default=""),
                sources=tuple(str(one) for one in table["source"].value_counts().index),
            )
        )
    return tuple(found)


def by_hamlet(workspace: Workspace) -> tuple[HamletLacks, ...]:
    """
    What is missing in each hamlet, and from whom.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    hamlets
        In the order of the layer; those that lack nothing are among them, with no entries.
    """
    hamlets = workspace.store.read("hamlet")
    if hamlets.empty:
        return ()
    lacks: list[list[Lack]] = [_own(row) for row in hamlets.to_dict("records")]
    seats = _shapes_m(hamlets, workspace)
    for layer in _BY_HAMLET + tuple(one for one in EVERY if one not in _BY_HAMLET):
        _add_layer(lacks, layer, workspace, hamlets, seats)
    points = shapely.point_on_surface(hamlets.geometry.to_numpy())
    return tuple(
        HamletLacks(
            id=str(hamlets["id"][place]),
            name=str(hamlets["name"][place]),
            lon=None if point is None else float(point.x),
            lat=None if point is None else float(point.y),
            lacks=tuple(lacks[place]),
        )
        for place, point in enumerate(points)
    )


def _own(row: Mapping[str, object]) -> list[Lack]:
    found = (
        [] if row["geometry"] is not None else [Lack(layer="hamlet", column="geometry", n=1, whom="hamlet")]
    )
    for layer, column, whom in rulebook.asked_columns():
        if layer == "hamlet" and pd.isna(row[column]):  # type: ignore[call-overload]
            who = "operators" if whom == "operator" else whom
            found.append(Lack(layer="hamlet", column=column, n=1, whom=who))
    return found


def _shapes_m(table: gpd.GeoDataFrame, workspace: Workspace) -> Shapes:
    around = Around(today="", stale_before="", epsg=workspace.calc_epsg)
    return subject_of("", table, around).shapes_m


def _add_layer(
    lacks: list[list[Lack]], layer: str, workspace: Workspace, hamlets: gpd.GeoDataFrame, seats: Shapes
) -> None:
    table = workspace.store.read(layer)
    at = _hamlet_of(table, workspace, hamlets, seats)
    if layer in EVERY:
        kinds = words(table, "kind") == "cultural_house" if layer == "place" else np.ones(len(table), bool)
        there = set(at[np.asarray(kinds, dtype=bool)].tolist())
        for place, own in enumerate(lacks):
            if place not in there:
                own.append(Lack(layer=layer, column=None, n=0, whom=_ABSENT[layer]))
    who = [items(text) for text in words(table, "operators")]
    asked = [(column, whom) for one, column, whom in rulebook.asked_columns() if one == layer]
    for column, whom in asked:
        empty = table[column].isna().to_numpy() & (at >= 0) & _is_due(table, layer)
        for place in np.unique(at[empty]).tolist():
            rows = np.flatnonzero(empty & (at == place))
            lacks[place] += _by_owner(layer, column, whom, [who[row] for row in rows])


def _is_due(table: gpd.GeoDataFrame, layer: str) -> Flags:
    # Wi-Fi is asked of the houses that the plan names, not of every place.
    if layer != "place":
        return np.ones(len(table), dtype=bool)
    due: Flags = words(table, "kind").isin(("cultural_house", "commune_centre")).to_numpy()
    return due


def _by_owner(layer: str, column: str, whom: str, who: list[frozenset[str]]) -> list[Lack]:
    if whom != "operator":
        return [Lack(layer=layer, column=column, n=len(who), whom=whom)]
    names = sorted({name for one in who for name in one}) or ["operators"]
    return [
        Lack(
            layer=layer,
            column=column,
            n=sum(name in one or name == "operators" for one in who),
            whom=name,
        )
        for name in names
    ]


def _hamlet_of(
    table: gpd.GeoDataFrame, workspace: Workspace, hamlets: gpd.GeoDataFrame, seats: Shapes
) -> Integers:
    """Position of each row's hamlet: the one named, else the nearest; -1 where there is none."""
    ids = words(hamlets, "id").tolist()
    found = np.full(len(table), -1, dtype=np.int_)
    if table.empty:
        return found
    there = np.flatnonzero(~shapely.is_missing(seats))
    own = _shapes_m(table, workspace)
    if len(there):
        near_m = data.setting("near_hamlet_max_m")
        tree = shapely.STRtree(seats[there])
        rows, nearest = tree.query_nearest(own, max_distance=near_m, all_matches=False)
        found[rows] = there[nearest]
    place = {key: position for position, key in enumerate(ids)}
    for row, key in enumerate(words(table, "hamlet_id")):
        found[row] = place.get(key, found[row])
    return found
