"""What surrounds a file that comes in: spellings, hamlets, masts, poles and the ground of the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import shapely

from layers.exchange import hamlet_link, known
from layers.exchange.context import Context
from planning import data
from planning.workspace import Workspace

KNOWN_LAYERS = ("road", "building", "site", "place", "passive", "fiber_node")
"""Layers that tell where things stand."""
KNOWN_ROWS = 200_000
"""Layers larger than this are not looked through for that."""
ROAD_STEP_DEG = 0.0002


def operator_spellings() -> Mapping[str, tuple[str, ...]]:
    """
    Spellings of operators met in files.

    Returns
    -------
    spellings
        Operator id to spellings, its own names included.
    """
    return MappingProxyType({row.id: (row.id, *row.names.values(), *row.aliases) for row in data.operators()})


def context(workspace: Workspace | None) -> Context:
    """
    What the office knows beside a file.

    Parameters
    ----------
    workspace
        The workspace that the file is for, or None.

    Returns
    -------
    context
        Spellings, and the hamlets and outline of the workspace.
    """
    if workspace is None:
        return Context(aliases=data.aliases(), operators=operator_spellings())
    store = workspace.store
    outline = store.read("boundary")
    area = None if outline.empty else outline.union_all()
    return Context(
        aliases=data.aliases(),
        operators=operator_spellings(),
        hamlets=hamlet_link.from_table(store.read("hamlet")),
        area=area,
        inactive=frozenset(one.id for one in data.operators() if not (one.is_active or one.is_sample)),
        masts=known.masts_of(store.read("site", columns=("id", "operators"))),
        poles=known.poles_of(store.read("passive", columns=("line", "number"))),
        known=partial(known_points, workspace),
        near_mast_m=data.setting("proposal_near_mast_m"),
        has_workspace=True,
    )


def known_points(workspace: Workspace) -> npt.NDArray[np.float64]:
    """
    Things on the ground near which the points of a file are expected.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    points
        Longitude and latitude [°] of roads every 20 m, middles of buildings, masts, poles and places whose
        position was given, shape (m, 2).
    """
    found = [np.empty((0, 2))]
    for layer in KNOWN_LAYERS:
        if workspace.store.count(layer) > KNOWN_ROWS:
            continue
        shapes = workspace.store.read(layer, columns=("is_assumed",))
        there = shapes.geometry.notna() & ~shapes["is_assumed"].fillna("").str.contains("geometry")
        own = shapes.geometry[there].to_numpy()
        lines = layer == "road"
        found.append(
            shapely.get_coordinates(
                shapely.segmentize(own, ROAD_STEP_DEG) if lines else shapely.centroid(own)
            )
        )
    return np.vstack(found)
