"""How good the data of each commune of a city are, for a map of communes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from layers.exchange import parcel as door
from planning import completeness, data
from planning.workspace import Workspace, stale_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """
    One commune.

    Parameters
    ----------
    code, name
        Of the commune.
    shape
        Its outline, EPSG:4326.
    version, made_at
        Of the package merged last; None where none was.
    n_rows
        Objects of the passive-infrastructure plan in it.
    complete_share
        Part of the plan's fields that are filled, 0–1; None without objects.
    stale_share
        Part of the objects whose date is missing or too old, 0–1; None without objects.
    n_conflicts
        Conflicts nobody has decided.
    """

    code: str
    name: str
    shape: shapely.Geometry
    version: int | None
    made_at: str | None
    n_rows: int
    complete_share: float | None
    stale_share: float | None
    n_conflicts: int


def patches(workspace: Workspace, *, today: dt.date) -> tuple[Patch, ...]:
    """
    Quality of the data of each commune.

    Parameters
    ----------
    workspace
        The city's workspace; each row of its layer ``boundary`` is a commune.
    today
        Present day.

    Returns
    -------
    patches
        In the order of the layer ``boundary``.
    """
    outlines = workspace.store.read("boundary")
    outlines = outlines[outlines.geometry.notna()].reset_index(drop=True)
    rules = data.rule_rows("plan_fields")
    tables = {name: workspace.store.read(name) for name in dict.fromkeys(rule["layer"] for rule in rules)}
    where = {name: _commune_of(table, outlines) for name, table in tables.items()}
    states = door.states(workspace.folder)
    limit = stale_before(today)
    found = []
    for number, outline in enumerate(outlines.itertuples()):
        own = {name: table[where[name] == number] for name, table in tables.items()}
        dates = [str(day) for table in own.values() for day in table["as_of"].fillna("")]
        state = states.get(str(outline.code), {})
        found.append(
            Patch(
                code=str(outline.code),
                name=str(outline.name),
                shape=outline.geometry,
                version=state.get("version"),
                made_at=state.get("made_at"),
                n_rows=len(dates),
                complete_share=completeness.overall(completeness.reckon(own, rules)),
                stale_share=sum(day < limit for day in dates) / len(dates) if dates else None,
                n_conflicts=sum(len(ids) for ids in state.get("open", {}).values()),
            )
        )
    return tuple(found)


def _commune_of(
    table: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Place of the commune in which each row lies, −1 for none."""
    found = np.full(len(table), -1, dtype=np.int64)
    points = shapely.point_on_surface(table.geometry.to_numpy())
    rows, communes = shapely.STRtree(outlines.geometry.to_numpy()).query(points, predicate="within")
    found[rows] = communes
    return found
