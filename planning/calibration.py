"""Calibration of a workspace: measurements beside a fresh estimate, a fit, a correction kept by name."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.calibration import Calibration, Rules, Samples, clean, fit
from geo.channel import bands_at
from geo.coverage import Coverage
from geo.errors import InputError, NotFoundError
from geo.units import Booleans, Floats, Integers
from layers.carrier import carrier_mhz
from layers.cell import edges
from layers.exchange.values import operators_in
from planning import coverage, data
from planning.correction import LAYER
from planning.scenario import CoverageOptions
from planning.surroundings import operator_spellings
from planning.workspace import Workspace

MEASURED = "measurement"
NAME = re.compile(r"\w[\w .-]{0,59}")
NR = "5G"
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """
    A calibration and what it rests on.

    Parameters
    ----------
    name
        Name under which it is kept; empty where it is not.
    operator
        Whose measurements these are; None: all operators'.
    technology, model
        Technology measured and model predicted with.
    calibration
        Outcome of the fit.
    kept
        Samples that count; ``calibration.held_out`` tells which of them judge.
    left_out
        Reason to the number of measurements left out; reasons that hold for none are not told.
    n_measured
        Measurements in all.
    rules
        Which samples count.
    seed
        Chose the squares held out.
    sources
        What the measurements say of where they come from.
    data_digest
        Digest of the measurements.
    fitted_at, fitted_by
        Moment, ISO 8601, and who asked for it.
    assumptions
        Text keys of the assumptions made.
    facts
        Values that those texts name.
    """

    name: str
    operator: str | None
    technology: str
    model: str
    calibration: Calibration
    kept: Samples
    left_out: Mapping[str, int]
    n_measured: int
    rules: Rules
    seed: int
    sources: tuple[str, ...]
    data_digest: str
    fitted_at: str
    fitted_by: str
    assumptions: tuple[str, ...]
    facts: Mapping[str, object]


def run(
    workspace: Workspace,
    options: CoverageOptions,
    *,
    name: str,
    actor: str,
    seed: int,
    now: dt.datetime,
    progress: Callable[[float], None] | None = None,
) -> Fitted:
    """
    Fit a correction to the measurements of a workspace and keep it under a name.

    Parameters
    ----------
    workspace
        The workspace; one row of its table ``calibration`` is written, an older one of that name replaced.
    options
        Choices of the estimate to compare with; its operator says whose measurements count, and its
        ``calibration`` is not used: the fit begins with the model as it is.
    name
        1 to 60 letters, digits, blanks, dots, hyphens.
    actor
        Who asks for it.
    seed
        Chooses the squares held out.
    now
        Present moment.
    progress
        Called with the share done, 0–1.

    Returns
    -------
    fitted
        What was kept.

    Raises
    ------
    NotFoundError
        There is no measured level, no outline, or no site of any operator.
    InputError
        The name is not one, or there is too little to fit.
    """
    if not NAME.fullmatch(name):
        raise InputError("calibration_name", name=name)
    bare = replace(options, calibration=None)
    table = workspace.store.read(MEASURED)
    if not table["rsrp_dbm"].notna().any():
        raise NotFoundError("measurement_missing")
    inputs = coverage.read_inputs(workspace, bare)
    left_out, chosen = _usable(table, inputs.operators, technology=bare.technology)
    found = coverage.compute(workspace, bare, inputs, progress=progress)
    elsewhere, chosen = _comparable(
        chosen.to_crs(workspace.calc_epsg), inputs, found, cells=workspace.store.read("cell")
    )
    samples = _samples(chosen, inputs, found, now=now)
    limits = rules()
    kept, unfit = clean(samples, limits)
    fitted = Fitted(
        name=name,
        operator=bare.operator,
        technology=bare.technology,
        model=found.model,
        calibration=fit(kept, limits, seed=seed),
        kept=kept,
        left_out=MappingProxyType(Counter(left_out) + Counter(elsewhere) + Counter(unfit)),
        n_measured=len(table),
        rules=limits,
        seed=seed,
        sources=tuple(sorted({str(source) for source in chosen["source"].dropna()})),
        data_digest=workspace.store.digest(MEASURED),
        fitted_at=now.isoformat(timespec="seconds"),
        fitted_by=actor,
        assumptions=_assumptions(bare, inputs, chosen),
        facts=MappingProxyType({}),
    )
    workspace.store.upsert({LAYER: _row(fitted, is_sample=workspace.is_sample, now=now)})
    return fitted


def rules() -> Rules:
    """
    Which measurements count, from the settings.

    Returns
    -------
    rules
        Rows ``calibration_*`` of ``data/models/settings.csv``.
    """
    return Rules(
        nearest_m=data.setting("calibration_nearest_m"),
        farthest_m=data.setting("calibration_farthest_m"),
        max_age_days=data.setting("calibration_max_age_days"),
        max_accuracy_m=data.setting("calibration_max_accuracy_m"),
        floor_dbm=data.setting("calibration_floor_dbm"),
        guard_db=data.setting("calibration_guard_db"),
        bin_m=data.setting("calibration_bin_m"),
        block_m=data.setting("calibration_block_m"),
        held_out_share=data.setting("calibration_held_out_share"),
        min_samples=int(data.setting("calibration_min_samples")),
        min_blocks=int(data.setting("calibration_min_blocks")),
        class_prior_samples=data.setting("calibration_class_prior_samples"),
        min_decades=data.setting("calibration_min_decades"),
    )


def accuracy_m(table: pd.DataFrame) -> Floats:
    """
    Accuracy of the positions of measurements.

    Parameters
    ----------
    table
        Rows of the layer ``measurement``.

    Returns
    -------
    accuracy_m
        As stated, else from the dilution of precision [m], shape (n,); NaN where neither is known.
    """
    from_hdop_m = table["hdop"].astype(float) * data.setting("calibration_m_per_hdop")
    return np.asarray(table["accuracy_m"].astype(float).fillna(from_hdop_m), dtype=np.float64)


def age_days(table: pd.DataFrame, *, now: dt.datetime) -> Floats:
    """
    Age of measurements.

    Parameters
    ----------
    table
        Rows of the layer ``measurement``.
    now
        Present moment.

    Returns
    -------
    age_days
        Since ``measured_at``, where that says nothing since ``as_of`` [d], shape (n,); NaN where unknown.
    """
    moments = _moments(table["measured_at"]).fillna(_moments(table["as_of"]))
    age = (pd.Timestamp(now) - moments).dt.total_seconds() / DAY_S
    return np.asarray(age, dtype=np.float64)


def operator_of(names: pd.Series) -> pd.Series:
    """
    Operators of measurements, however they are spelt.

    Parameters
    ----------
    names
        As measured.

    Returns
    -------
    operators
        Ids, as in every layer; None where none or several are named.
    """
    spellings = operator_spellings()
    known = {name: operators_in(str(name), spellings) for name in names.dropna().unique()}
    return names.map(lambda name: known[name][0] if name in known and len(known[name]) == 1 else None)


def _moments(texts: pd.Series) -> pd.Series:
    # Year first as in ISO 8601, else day first as in Vietnam.
    plain = texts.astype("string").fillna("")
    year_first = plain.str.match(r"\d{4}\D")
    iso = pd.to_datetime(plain.where(year_first, ""), errors="coerce", utc=True, format="ISO8601")
    other = pd.to_datetime(
        plain.where(~year_first, ""), errors="coerce", utc=True, format="mixed", dayfirst=True
    )
    return iso.fillna(other)


def _usable(
    table: gpd.GeoDataFrame, operators: tuple[str, ...], *, technology: str
) -> tuple[dict[str, int], gpd.GeoDataFrame]:
    technologies = table["technology"].mask(table["technology"].isna() & table["nr_arfcn"].notna(), NR)
    table = table.assign(operator=operator_of(table["operator"]), technology=technologies)
    left, counts = pd.Series(data=True, index=table.index), {}
    for reason, wrong in {
        "no_level": table["rsrp_dbm"].isna(),
        "no_place": table.geometry.isna(),
        "other_operator": ~table["operator"].isin(operators),
        "other_technology": table["technology"].notna() & (table["technology"] != technology),
    }.items():
        counts[reason] = int((left & wrong.astype(bool)).sum())
        left &= ~wrong.astype(bool)
    return counts, table[left].reset_index(drop=True)


def _samples(
    table: gpd.GeoDataFrame, inputs: coverage.Inputs, found: Coverage, *, now: dt.datetime
) -> Samples:
    # The estimate's value at each place, and the mast that it takes for the server there.
    x_m, y_m = _places(table)
    row, col, inside = _cells(x_m, y_m, found)
    masts = {item.id: (item.x_m, item.y_m) for item in inputs.transmitters}
    predicted_dbm, distance_m = np.full((2, len(table)), np.nan)
    servers = _servers(table, found)
    for operator in found.operators:
        served = (servers >= 0) & np.asarray(table["operator"] == operator, dtype=bool)
        places = np.array([masts[found.transmitter_ids[one]] for one in servers[served]]).reshape(-1, 2)
        predicted_dbm[served] = found.power_dbm[operator][row, col][served]
        distance_m[served] = np.hypot(x_m[served] - places[:, 0], y_m[served] - places[:, 1])
    clutter_m = inputs.surface.clutter_height_m[row, col].astype(np.float64)
    return Samples(
        x_m=x_m,
        y_m=y_m,
        measured_dbm=np.asarray(table["rsrp_dbm"].astype(float), dtype=np.float64),
        predicted_dbm=predicted_dbm,
        distance_m=distance_m,
        clutter_height_m=np.where(inside, clutter_m, np.nan),
        age_days=age_days(table, now=now),
        accuracy_m=accuracy_m(table),
    )


def _places(table: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    return np.asarray(table.geometry.x, dtype=np.float64), np.asarray(table.geometry.y, dtype=np.float64)


def _cells(x_m: Floats, y_m: Floats, found: Coverage) -> tuple[Integers, Integers, Booleans]:
    # Row and column of places; those outside get the first cell and are told.
    row, col = found.grid.to_rowcol(x_m, y_m)
    inside = found.grid.contains(x_m, y_m)
    return np.where(inside, row, 0), np.where(inside, col, 0), inside


def _servers(table: gpd.GeoDataFrame, found: Coverage) -> Integers:
    # Index of the sector that the estimate takes for the server of each measurement, -1 for none.
    row, col, inside = _cells(*_places(table), found)
    servers = np.full(len(table), -1, dtype=np.int64)
    for operator in found.operators:
        mine = inside & np.asarray(table["operator"] == operator, dtype=bool)
        servers[mine] = found.server[operator][row, col][mine]
    return servers


def _comparable(
    table: gpd.GeoDataFrame, inputs: coverage.Inputs, found: Coverage, *, cells: gpd.GeoDataFrame
) -> tuple[dict[str, int], gpd.GeoDataFrame]:
    # A level of another carrier or sector than the one predicted says nothing of the prediction.
    ids = [found.transmitter_ids[one] if one >= 0 else "" for one in _servers(table, found)]
    carriers = {item.id: _bands(item.frequency_mhz) for item in inputs.transmitters}
    codes = dict(zip(cells["id"], cells["pci"], strict=True))
    heard = [_bands(carrier_mhz(row)) for row in table[["nr_arfcn"]].to_dict("records")]
    carrier = [
        bool(server and bands and not bands & carriers[server])
        for server, bands in zip(ids, heard, strict=True)
    ]
    sector = [
        bool(server) and pd.notna(code) and pd.notna(codes.get(server)) and code != codes[server]
        for server, code in zip(ids, table["pci"], strict=True)
    ]
    other_carrier = np.array(carrier, dtype=bool)
    other_cell = np.array(sector, dtype=bool) & ~other_carrier
    counts = {"other_carrier": int(other_carrier.sum()), "other_cell": int(other_cell.sum())}
    return counts, table[~(other_carrier | other_cell)].reset_index(drop=True)


def _bands(frequency_mhz: float | None) -> frozenset[str]:
    if frequency_mhz is None:
        return frozenset()
    return frozenset(bands_at(frequency_mhz, edges(data.bands())))


def _assumptions(
    options: CoverageOptions, inputs: coverage.Inputs, table: gpd.GeoDataFrame
) -> tuple[str, ...]:
    made = {
        "assumption.flat_ground": options.assume_flat_m is not None,
        "assumption.clutter": options.assume_clutter_m is not None,
        "assumption.antenna": any(item.is_assumed for item in inputs.transmitters),
        "assumption.measured_undated": bool((table["measured_at"].isna() & table["as_of"].isna()).any()),
        "assumption.measured_anywhere": bool(np.isnan(accuracy_m(table)).any()),
    }
    return tuple(key for key, holds in made.items() if holds)


def _row(fitted: Fitted, *, is_sample: bool, now: dt.datetime) -> gpd.GeoDataFrame:
    outcome, correction = fitted.calibration, fitted.calibration.correction
    provenance = {
        "rules": asdict(fitted.rules),
        "left_out": dict(fitted.left_out),
        "seed": fitted.seed,
        "sources": fitted.sources,
        "assumptions": fitted.assumptions,
        "n_near_floor": outcome.n_near_floor,
        "n_blocks": outcome.n_blocks,
        "n_blocks_held_out": outcome.n_blocks_held_out,
        "class_counts": outcome.class_counts,
        "spread_db": outcome.spread_db,
    }
    row = {
        "id": fitted.name,
        "name": fitted.name,
        "operator": fitted.operator,
        "technology": fitted.technology,
        "model": fitted.model,
        "fitted_at": fitted.fitted_at,
        "fitted_by": fitted.fitted_by or None,
        "offset_db": correction.offset_db,
        "slope_db_per_decade": correction.slope_db_per_decade,
        "class_db": json.dumps(correction.class_db),
        "from_m": correction.from_m,
        "to_m": correction.to_m,
        "n_measured": fitted.n_measured,
        "n_fitted": outcome.n_fitted,
        "n_held_out": outcome.n_held_out,
        "rmse_before_db": outcome.before.rmse_db,
        "rmse_after_db": outcome.after.rmse_db,
        "bias_before_db": outcome.before.bias_db,
        "bias_after_db": outcome.after.bias_db,
        "data_digest": fitted.data_digest,
        "provenance": json.dumps(provenance, sort_keys=True),
        "source": "hatangso",
        "as_of": now.date().isoformat(),
        "is_sample": is_sample,
        "sharing": "internal",
    }
    return gpd.GeoDataFrame([row], geometry=[None], crs=4326)
