"""Objects that two communes both report at their border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from planning import data
from planning.workspace import Workspace

LAYERS = ("site", "fiber_node", "wifi", "place", "passive", "building")
BUILDING_M = 3.0
"""Outlines of one building drawn twice: their middles lie closer than this [m]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """
    Two objects that may be one.

    Parameters
    ----------
    layer
        Their layer.
    ids, codes
        Their ids and communes.
    distance_m
        Between them [m].
    """

    layer: str
    ids: tuple[str, str]
    codes: tuple[str, str]
    distance_m: float


def pairs(workspace: Workspace, states: Mapping[str, Mapping[str, Any]]) -> tuple[Pair, ...]:
    """
    Objects of one kind that two communes report close to each other.

    Parameters
    ----------
    workspace
        The city's workspace.
    states
        Code of a commune to what is known of its packages.

    Returns
    -------
    pairs
        By layer and distance. Nothing is removed: somebody must look.
    """
    found: list[Pair] = []
    for layer in LAYERS:
        owner = {key: code for code, state in states.items() for key in state.get("ids", {}).get(layer, ())}
        if len(set(owner.values())) > 1:
            found += _pairs(workspace, layer, owner)
    return tuple(found)


def _pairs(workspace: Workspace, layer: str, owner: Mapping[str, str]) -> list[Pair]:
    near_m = BUILDING_M if layer == "building" else data.setting("border_duplicate_m")
    table = workspace.store.read(layer, columns=["id", "kind"] if layer in ("place", "passive") else ["id"])
    table = table[table["id"].isin(list(owner)) & table.geometry.notna()]
    if layer == "passive":
        table = table[table.geometry.geom_type == "Point"]
    if len(table) < 2:
        return []
    points = shapely.centroid(table.geometry.to_crs(workspace.calc_epsg).to_numpy())
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=near_m)
    ids = table["id"].to_numpy()
    codes = np.array([owner[key] for key in ids])
    kinds = table["kind"].fillna("").to_numpy() if "kind" in table else np.zeros(len(ids))
    chosen = (first < second) & (codes[first] != codes[second]) & (kinds[first] == kinds[second])
    apart_m = shapely.distance(points[first], points[second])
    rows = [
        Pair(
            layer=layer,
            ids=(str(ids[a]), str(ids[b])),
            codes=(str(codes[a]), str(codes[b])),
            distance_m=float(distance_m),
        )
        for a, b, distance_m in zip(first[chosen], second[chosen], apart_m[chosen], strict=True)
    ]
    return sorted(rows, key=lambda one: (one.distance_m, one.ids))
