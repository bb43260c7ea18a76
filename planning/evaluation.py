"""A proposal before and after, and all that the office must know of it: one record, bound to its inputs."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import InputError, NotFoundError
from layers.store.port import Store
from planning import (
    addition,
    alternative,
    coverage,
    data,
    effect,
    emf,
    planned,
    runs,
    site_rule,
    whatif,
    window,
)
from planning.alternative import Alternative, Outcome
from planning.effect import Baseline
from planning.gap import TARGET
from planning.people import Settlement, settle
from planning.runs import ANY
from planning.scenario import CoverageOptions, digest
from planning.site_rule import Finding, Place
from planning.workspace import Workspace

EDITION = 1
"""Raised when equal inputs give another record."""
AROUND = (
    "site",
    "building",
    "road",
    "zone",
    "place",
    "power",
    "passive",
    "fiber_node",
    "public_land",
    "operator_plan",
    "proposal",
)
PEOPLE = ("hamlet", "building", "boundary")
NOT_CONTENT = ("state", "version", "author", "source", "as_of", "geometry", "documents", "sharing")


def baseline(workspace: Workspace, *, now: dt.datetime) -> Baseline:
    """
    Read what every evaluation needs; estimate first where no estimate is current.

    Parameters
    ----------
    workspace
        The workspace.
    now
        Present moment, for an estimate made now.

    Returns
    -------
    baseline
        To be kept until the workspace changes.

    Raises
    ------
    NotFoundError
        No outline, or no site of any operator.
    """
    run = runs.latest(workspace, technology=TARGET)
    if run is None or run.digest != digest(workspace, run.options):
        options = CoverageOptions() if run is None else run.options
        run = coverage.run(workspace, options, now=now)
    settlement: Settlement = settle(workspace)
    ready = whatif.prepare(workspace, run, coverage.read_inputs(workspace, run.options), settlement)
    tables = {name: workspace.store.read(name).to_crs(workspace.calc_epsg) for name in AROUND}
    return Baseline(
        ready=ready,
        tables=MappingProxyType(tables),
        inputs=common_inputs(workspace),
        epsg=workspace.calc_epsg,
    )


def common_inputs(workspace: Workspace) -> Mapping[str, str]:
    """
    Digest of each input that does not depend on the proposal.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    inputs
        Name of the input to its digest.
    """
    run = runs.latest(workspace, technology=TARGET)
    layers = sorted({*AROUND, *PEOPLE} - {"proposal"})
    return MappingProxyType(
        {
            "estimate": "" if run is None else digest(workspace, run.options),
            "rules": hashed([data.rule_rows(name) for name in ("proposal", "emf")]),
            "settings": hashed(repr(sorted(data.settings().items()))),
            **{name: workspace.store.digest(name) for name in layers},
        }
    )


def inputs_of(found: Mapping[str, str], store: Store, id: str) -> Mapping[str, str]:  # noqa: A002
    """
    Digest of each input of the evaluation of one proposal.

    Parameters
    ----------
    found
        Those that do not depend on the proposal: ``Baseline.inputs``.
    store
        Tables of the workspace.
    id
        Code of the proposal.

    Returns
    -------
    inputs
        Name of the input (text ``proposal.input.<name>``) to its digest.
    """
    table = store.read("proposal")
    contents = {str(row["id"]): _content(row) for row in table.to_dict("records")}
    others = {
        key: (content, state)
        for (key, content), state in zip(contents.items(), table["state"].fillna(""), strict=True)
        if key != id
    }
    return MappingProxyType(
        {**found, "own": hashed(contents.get(id)), "others": hashed(sorted(others.items()))}
    )


def _content(row: Mapping[str, object]) -> list[str]:
    kept = {name: value for name, value in row.items() if name not in NOT_CONTENT}
    told = [f"{name}={value}" for name, value in sorted(kept.items()) if not pd.isna(value)]  # type: ignore[call-overload]
    point = row.get("geometry")
    return [*told, "" if point is None else str(shapely.to_wkt(point, rounding_precision=9))]


def hashed(value: object) -> str:
    """
    Digest of plain values.

    Parameters
    ----------
    value
        What JSON can carry, with mappings of any kind.

    Returns
    -------
    digest
        16 hexadecimal digits.
    """
    text = json.dumps(
        value, sort_keys=True, default=lambda one: dict(one) if isinstance(one, Mapping) else str(one)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def evaluate(found: Baseline, store: Store, row: Mapping[str, object]) -> dict[str, object]:
    """
    Evaluate a proposal; nothing is written but kept losses.

    Parameters
    ----------
    found
        What every evaluation needs.
    store
        Tables of the workspace.
    row
        Row of the layer ``proposal``.

    Returns
    -------
    record
        Plain values for JSON, with the digests of its inputs.

    Raises
    ------
    InputError
        ``proposal_without_place``; ``proposal_azimuth``; ``proposal_outside``: it lies beyond what the
        estimate knows.
    NotFoundError
        ``proposal_operator_unknown``: the estimate knows no mast of the operator, so that before and after
        cannot be told.
    """
    _require_ready(found, row)
    cells = planned.cells_of(row, found.ready.inputs, epsg=found.epsg)
    point = shapely.Point(cells[0].x_m, cells[0].y_m)
    radius_m = data.setting("proposal_share_radius_m")
    ring_m = _stated(row.get("search_radius_m"), data.setting("proposal_ring_m"))
    here = addition.around(found.ready, _wider(window.reach(cells), ring_m))
    added = addition.add(found.ready, cells, here=here)
    place = Place(
        point=point,
        row=row,
        boundary=found.ready.inputs.boundary,
        tables={**found.tables, "proposal": _others(found.tables["proposal"], str(row["id"]))},
    )
    near = alternative.structures(found.tables, point, radius_m=radius_m, own_id=str(row["id"]))
    options = alternative.tried(found.ready, cells, added, here, near)
    findings = site_rule.judge(place)
    screening = emf.screen(
        cells, found.ready.inputs.transmitters, found.tables["building"], found.ready.inputs.surface
    )
    figures = effect.figures(found, added)
    record: dict[str, object] = {
        "edition": EDITION,
        "proposal": str(row["id"]),
        "operator": str(row["operator"]),
        "estimate": found.ready.run.digest,
        "is_sample": row.get("is_sample") is True,
        "assumed": sorted({name for one in cells for name in one.assumed}),
        "figures": figures,
        "ring": effect.ring(found, cells, here, at_point=effect.total(figures), radius_m=ring_m),
        "harmed": effect.harmed(found, added, cells),
        "need": _need(figures),
        "sharing": _sharing(row, options, radius_m),
        "rules": [_rule(one) for one in findings],
        "emf": asdict(screening) | {"verdict": str(screening.verdict)},
        "around": _around(found, place),
        "cost_million_vnd": {
            "new": _stated(row.get("cost_million_vnd"), data.setting("proposal_mast_cost_million")),
            "shared": data.setting("proposal_share_cost_million"),
            "is_stated": not pd.isna(row.get("cost_million_vnd")),  # type: ignore[call-overload]
        },
        "inputs": dict(inputs_of(found.inputs, store, str(row["id"]))),
    }
    plain = _plain(record)
    return plain if isinstance(plain, dict) else record


def _wider(bounds: tuple[float, float, float, float], by_m: float) -> tuple[float, float, float, float]:
    west_m, south_m, east_m, north_m = bounds
    return west_m - by_m, south_m - by_m, east_m + by_m, north_m + by_m


def _require_ready(found: Baseline, row: Mapping[str, object]) -> None:
    point = row.get("geometry")
    if not isinstance(point, shapely.Point):
        raise InputError("proposal_without_place", id=str(row["id"]))
    place = gpd.GeoSeries([point], crs=4326).to_crs(found.epsg).iloc[0]
    if not found.ready.grid.contains(place.x, place.y):
        raise InputError("proposal_outside", id=str(row["id"]))
    if str(row["operator"]) not in found.ready.run.operators:
        raise NotFoundError(
            "proposal_operator_unknown",
            id=str(row["id"]),
            operator=str(row["operator"]),
            known=", ".join(found.ready.run.operators),
        )


def _others(table: gpd.GeoDataFrame, id: str) -> gpd.GeoDataFrame:  # noqa: A002
    return table[((table["id"] != id) & (table["state"] != "withdrawn")).to_numpy(dtype=bool)]


def _need(figures: Mapping[str, object]) -> dict[str, object]:
    """Does the claim hold that there is a gap here: people surely gained, or places that nobody serves."""
    outdoor = figures["outdoor"]
    own = next(iter(outdoor.values())) if isinstance(outdoor, dict) else {}
    places = figures["places"]
    least = data.setting("proposal_need_people")
    by_people = float(own["gained"]) >= least
    by_places = any(ANY in one["newly"] for one in places) if isinstance(places, list) else False
    outcome = Outcome.FOUNDED if by_people or by_places else Outcome.NOT_YET
    return {
        "outcome": str(outcome),
        "gained": own["gained"],
        "confirmed": own["confirmed"],
        "least": least,
        "by_places": by_places,
        "is_unknown": not (by_people or by_places)
        and float(own["gained"]) + float(own["confirmed"]) >= least,
    }


def _sharing(row: Mapping[str, object], options: Sequence[Alternative], radius_m: float) -> dict[str, object]:
    share = data.setting("proposal_kept_share")
    own = row.get("sharing_statement") == "on_existing"
    outcome = Outcome.FOUNDED if own else alternative.outcome(options, share=share)
    best = sorted(
        options, key=lambda one: (-np.nan_to_num(one.kept_share, nan=-1.0), one.structure.distance_m)
    )
    return {
        "outcome": str(outcome),
        "statement": row.get("sharing_statement") if isinstance(row.get("sharing_statement"), str) else None,
        "radius_m": radius_m,
        "share": share,
        "n_tried": len(options),
        "tried": [_option(one) for one in best],
    }


def _option(one: Alternative) -> dict[str, object]:
    return {
        **asdict(one.structure),
        "operators": list(one.structure.operators),
        "antenna_m": one.antenna_m,
        "has_height": str(one.has_height),
        "has_load": str(one.has_load),
        "kept_share": one.kept_share,
        "gained": one.gained,
        "cost_million_vnd": one.cost_million_vnd,
    }


def _rule(one: Finding) -> dict[str, object]:
    return {
        "code": one.rule.code,
        "verdict": str(one.verdict),
        "value": one.value,
        "limit": one.rule.limit,
        "unit": one.rule.unit,
        "what": one.what,
        "source": one.rule.source,
        "valid_from": one.rule.valid_from,
        "is_checking": one.rule.is_checking,
    }


def _around(found: Baseline, place: Place) -> dict[str, object]:
    fibre = place.nearest("fiber_node", site_rule.has_free_port)
    power = place.nearest("power", lambda table: table["kind"] == "transformer")
    road = place.nearest("road")
    land = found.tables["public_land"]
    within = land[land.geometry.notna().to_numpy()]
    public = [
        str(name)
        for name, shape in zip(within["name"], within.geometry, strict=True)
        if shape.contains(place.point)
    ]
    row, col = found.ready.inputs.surface.grid.to_rowcol(place.point.x, place.point.y)
    ground_m = float(found.ready.inputs.surface.ground_m[row, col])
    height_m, headroom_m = place.height_m(), data.setting("proposal_headroom_m")
    return {
        "fibre": asdict(fibre),
        "transformer": asdict(power),
        "road": asdict(road),
        "public_land": public[0] if public else None,
        "n_public_land": len(land),
        "ground_m": ground_m,
        "later_tenants": None if height_m is None else max(int((height_m - 15.0) // headroom_m), 0),
    }


def _stated(value: object, otherwise: float) -> float:
    return otherwise if value is None or pd.isna(value) else float(str(value))  # type: ignore[call-overload]


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 6) if np.isfinite(value) else None
    if isinstance(value, (np.integer, np.bool_)):
        return value.item()
    return value
