"""Packages instead of a server: *gói nộp* from a commune to its city, *gói trả lời* back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd

from geo.errors import NotFoundError
from layers.catalogue import CATALOGUE, spec_of
from layers.exchange import parcel as door
from planning import data
from planning.release import Audience, audience_of, release
from planning.surroundings import operator_spellings
from planning.workspace import Workspace

RESULTS = ("coverage5g", "calibration", "audit", "evaluation", "proposal")
"""Layers that each workspace reckons or decides for itself: they do not travel."""
CITY = "city"
"""Code under which a commune keeps what its city sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """
    A package that was written.

    Parameters
    ----------
    path, digest
        The file, and the digest of its manifest.
    kind, code, version
        ``submission`` or ``reply``; commune; number of the last change of the workspace.
    layers
        Layer name to rows.
    n_left_out
        Rows private to operators, which stay.
    """

    path: Path
    digest: str
    kind: str
    code: str
    version: int
    layers: Mapping[str, int]
    n_left_out: int


def parameters() -> Mapping[str, float | str]:
    """
    Model and thresholds with which this product reckons.

    Returns
    -------
    parameters
        Name to value: every editable number, and the lower bound of each level of power.
    """
    numbers: dict[str, float | str] = {name: one.value for name, one in sorted(data.settings().items())}
    levels = {f"level.{row.name}": str(row.lower_dbm) for row in data.level_rows()}
    return MappingProxyType({**numbers, **levels})


def submit(workspace: Workspace, out: Path, *, actor: str, now: dt.datetime) -> Made:
    """
    Write the package that a commune hands in.

    Parameters
    ----------
    workspace
        The commune's workspace.
    out
        Where the package shall appear.
    actor
        Who hands in.
    now
        Present moment.

    Returns
    -------
    made
        What was written. A copy stays in the workspace: the city's answer is held against it.

    Raises
    ------
    NotFoundError
        ``parcel_code``: the workspace has no commune code; ``export_empty``.
    StoreError
        The file could not be written.
    """
    if not workspace.code:
        raise NotFoundError("parcel_code")
    tables, n_left_out = _tables(workspace)
    facts = _facts(workspace, kind="submission", code=workspace.code, actor=actor, now=now)
    made = _write(workspace, out, facts, tables, n_left_out=n_left_out, now=now)
    door.keep(out, folder=workspace.folder, group=door.SENT, digest=made.digest)
    return made


def reply(workspace: Workspace, out: Path, *, code: str, actor: str, now: dt.datetime) -> Made:
    """
    Write the package with which a city answers a commune: its rows as the city has them now.

    Parameters
    ----------
    workspace
        The city's workspace.
    out
        Where the package shall appear.
    code
        Code of the commune.
    actor
        Who answers.
    now
        Present moment.

    Returns
    -------
    made
        What was written.

    Raises
    ------
    NotFoundError
        ``parcel_never_merged``: no package of that commune was merged.
    StoreError
        The file could not be written.
    """
    state = door.read_state(workspace.folder, code)
    if not state:
        raise NotFoundError("parcel_never_merged", commune=code)
    back = {layer: {new: old for old, new in pairs.items()} for layer, pairs in state["renames"].items()}
    tables = {}
    for layer, ids in state["ids"].items():
        found = workspace.store.read(layer)
        found = found[found["id"].isin(set(ids))]
        if len(found):
            tables[layer] = renamed(found, layer, back)
    facts = _facts(workspace, kind="reply", code=code, actor=actor, now=now)
    facts |= {"answers": state["digest"], "open": state["open"]}
    return _write(workspace, out, facts, tables, n_left_out=0, now=now)


REFERENCES = MappingProxyType(
    {
        "site_id": "site",
        "place_id": "place",
        "hamlet_id": "hamlet",
        "start_node": "fiber_node",
        "end_node": "fiber_node",
    }
)
"""Columns that name a row of another layer."""


def renamed(
    table: gpd.GeoDataFrame, layer: str, renames: Mapping[str, Mapping[str, str]]
) -> gpd.GeoDataFrame:
    """
    A table whose ids, and the ids it names, are replaced.

    Parameters
    ----------
    table
        Rows.
    layer
        Their layer.
    renames
        Layer name to old id and new id.

    Returns
    -------
    table
        A copy; ids not named stay.
    """
    done = table.copy()
    columns = {"id": layer, **{name: other for name, other in REFERENCES.items() if name in done}}
    for name, other in columns.items():
        pairs = renames.get(other, {})
        if pairs:
            done[name] = [
                pairs.get(value, value) if isinstance(value, str) else value for value in done[name]
            ]
    return done


def _tables(workspace: Workspace) -> tuple[dict[str, gpd.GeoDataFrame], int]:
    audience: Audience = audience_of("internal", None, operator_spellings())
    tables, n_left_out = {}, 0
    for spec in CATALOGUE:
        if spec.name in RESULTS or not workspace.store.count(spec.name):
            continue
        kept = release(workspace.store.read(spec.name), spec, audience, calc_epsg=workspace.calc_epsg)
        n_left_out += kept.n_left_out
        if len(kept.table):
            tables[spec.name] = kept.table
    if not tables:
        raise NotFoundError("export_empty")
    return tables, n_left_out


def _facts(workspace: Workspace, *, kind: str, code: str, actor: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "code": code,
        "name": workspace.name,
        "version": workspace.store.last_change(),
        "made_at": now.isoformat(timespec="seconds"),
        "made_by": actor,
        "calc_epsg": workspace.calc_epsg,
        "is_sample": workspace.is_sample,
        "parameters": dict(parameters()),
    }


def _write(
    workspace: Workspace,
    out: Path,
    facts: Mapping[str, Any],
    tables: Mapping[str, gpd.GeoDataFrame],
    *,
    n_left_out: int,
    now: dt.datetime,
) -> Made:
    named = {
        name: table[[*(one.name for one in spec_of(name).columns), "geometry"]]
        for name, table in tables.items()
    }
    digest = door.write_parcel(out, facts=facts, tables=named, keys=workspace.folder, now=now)
    return Made(
        path=out,
        digest=digest,
        kind=str(facts["kind"]),
        code=str(facts["code"]),
        version=int(facts["version"]),
        layers=MappingProxyType({name: len(table) for name, table in tables.items()}),
        n_left_out=n_left_out,
    )
