"""A drive test around one transmitter, without a workspace: predicted over profiles, fitted, reported."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np

from geo import io, p1812
from geo.calibration import Samples, clean, fit
from geo.crs import propose_calc_epsg, transform
from geo.errors import InputError, NotFoundError
from geo.grid import Grid
from geo.propagation import MODELS, path_loss_db
from geo.terrain import Surface
from geo.units import EFFECTIVE_EARTH_RADIUS_M, Floats
from layers.catalogue import spec_of
from layers.exchange import transmitter
from layers.exchange.transmitter import Station
from planning import data, intake, surroundings
from planning.calibration import MEASURED, Fitted, accuracy_m, age_days, rules
from planning.intake import Answers

PROFILE_MODEL = "p1812"
STEP_M = 30.0
FLAT_M = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """
    Section from the transmitter to a measured place.

    Parameters
    ----------
    distance_m, ground_m
        From the transmitter, and ground above sea level [m], shape (n,).
    """

    distance_m: Floats
    ground_m: Floats


def run(
    measurements: Path,
    transmitter_file: Path,
    *,
    terrain: Path | None,
    model: str | None,
    actor: str,
    seed: int,
    now: dt.datetime,
) -> Fitted:
    """
    Fit a correction to a drive test.

    Parameters
    ----------
    measurements
        Table with places in degrees and levels.
    transmitter_file
        Description of the transmitter.
    terrain
        GeoTIFF of the ground [m]; None: flat ground is assumed, and said so.
    model
        ``p1812`` or a name of ``geo.propagation.MODELS``; None: ``p1812``, which alone covers low antennas
        and carriers below 500 MHz.
    actor
        Who asks for it.
    seed
        Chooses the squares held out.
    now
        Present moment.

    Returns
    -------
    fitted
        Kept nowhere.

    Raises
    ------
    FileError
        A file is refused.
    NotFoundError
        No row has a place and a level.
    InputError
        No model has this name, or there is too little to fit.
    """
    chosen = model or PROFILE_MODEL
    if chosen not in (PROFILE_MODEL, *MODELS):
        raise InputError("model_unknown", model=chosen, known=", ".join((PROFILE_MODEL, *MODELS)))
    station = transmitter.read(transmitter_file)
    table = _table(measurements)
    n_measured = len(table)
    table = table[table["rsrp_dbm"].notna() & table.geometry.notna()].reset_index(drop=True)
    if table.empty:
        raise NotFoundError("measurement_missing")
    samples, n_outside = _samples(table, station, terrain, model=chosen, now=now)
    limits = replace(rules(), floor_dbm=station.floor_dbm)
    kept, left_out = clean(samples, limits)
    return Fitted(
        name="",
        operator=None,
        technology="",
        model=chosen,
        calibration=fit(kept, limits, seed=seed),
        kept=kept,
        left_out=MappingProxyType(
            {key: n for key, n in {"no_place": n_measured - len(table), **left_out}.items() if n}
        ),
        n_measured=n_measured,
        rules=limits,
        seed=seed,
        sources=(measurements.name, transmitter_file.name, *((terrain.name,) if terrain else ())),
        data_digest=io.digest(measurements) or "",
        fitted_at=now.isoformat(timespec="seconds"),
        fitted_by=actor,
        assumptions=_assumptions(table, samples, terrain, n_outside=n_outside),
        facts=MappingProxyType({"n_outside": n_outside, "n": len(table)}),
    )


def _table(path: Path) -> gpd.GeoDataFrame:
    # Degrees everywhere on Earth: a drive test need not lie in the commune.
    shown = intake.preview(
        path,
        spec_of(MEASURED),
        surroundings.context(None),
        answers=Answers(epsg=4326, is_confirmed=True),
        limits=data.limits(),
    )
    return intake.accept(shown, operators=surroundings.operator_spellings()).table


def _samples(
    table: gpd.GeoDataFrame, station: Station, terrain: Path | None, *, model: str, now: dt.datetime
) -> tuple[Samples, int]:
    epsg = propose_calc_epsg(station.lon_deg, station.lat_deg)
    x_m, y_m = transform(table.geometry.x, table.geometry.y, epsg_from=4326, epsg_to=epsg)
    tx_x_m, tx_y_m = (
        float(value) for value in transform(station.lon_deg, station.lat_deg, epsg_from=4326, epsg_to=epsg)
    )
    far_m = data.setting("calibration_farthest_m")
    around = Grid.from_bounds(
        (tx_x_m - far_m, tx_y_m - far_m, tx_x_m + far_m, tx_y_m + far_m), cell_m=STEP_M, epsg=epsg
    )
    surface = (
        Surface.flat(around, ground_m=FLAT_M, clutter_m=0.0)
        if terrain is None
        else io.read_surface(terrain, None, around)
    )
    distance_m = np.hypot(x_m - tx_x_m, y_m - tx_y_m)
    loss_db, in_range = np.full(len(table), np.nan), np.ones(len(table), dtype=bool)
    for index in np.flatnonzero((distance_m <= far_m) & (distance_m > 1.0)):
        path = _section(surface, (tx_x_m, tx_y_m), (float(x_m[index]), float(y_m[index])))
        loss_db[index], in_range[index] = _loss(path, station, model=model)
    samples = Samples(
        x_m=np.asarray(x_m, dtype=np.float64),
        y_m=np.asarray(y_m, dtype=np.float64),
        measured_dbm=np.asarray(table["rsrp_dbm"].astype(float), dtype=np.float64),
        predicted_dbm=station.eirp_dbm + station.rx_gain_dbi - loss_db,
        distance_m=distance_m,
        clutter_height_m=np.full(len(table), np.nan),
        age_days=age_days(table, now=now),
        accuracy_m=accuracy_m(table),
    )
    return samples, int((~in_range).sum())


def _section(surface: Surface, start: tuple[float, float], end: tuple[float, float]) -> Section:
    length_m = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    share = np.linspace(0.0, 1.0, max(int(np.ceil(length_m / STEP_M)), 2) + 1)
    row, col = surface.grid.to_rowcol(
        start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
    )
    last = (surface.grid.rows - 1, surface.grid.cols - 1)
    ground_m = surface.ground_m[np.clip(row, 0, last[0]), np.clip(col, 0, last[1])]
    return Section(distance_m=share * length_m, ground_m=ground_m.astype(np.float64))


def _loss(path: Section, station: Station, *, model: str) -> tuple[float, bool]:
    if np.isnan(path.ground_m).any():
        return np.nan, True
    if model == PROFILE_MODEL:
        found = p1812.path_loss(
            path.distance_m,
            path.ground_m,
            tx_height_m=station.tx_height_m,
            rx_height_m=station.rx_height_m,
            latitude_deg=station.lat_deg,
            conditions=p1812.Conditions(frequency_mhz=station.frequency_mhz),
        )
        return found.loss_db, found.in_range
    loss_db, in_range = path_loss_db(
        model,
        frequency_mhz=station.frequency_mhz,
        distance_m=float(path.distance_m[-1]),
        tx_height_m=station.tx_height_m,
        rx_height_m=station.rx_height_m,
        los=_is_free(path, station),
    )
    return float(loss_db), bool(in_range)


def _is_free(path: Section, station: Station) -> bool:
    share = path.distance_m / path.distance_m[-1]
    high_m = path.ground_m[0] + station.tx_height_m
    low_m = path.ground_m[-1] + station.rx_height_m
    bulge_m = path.distance_m * (path.distance_m[-1] - path.distance_m) / (2.0 * EFFECTIVE_EARTH_RADIUS_M)
    free_m = high_m + share * (low_m - high_m) - path.ground_m - bulge_m
    return bool((free_m[1:-1] > 0.0).all())


def _assumptions(
    table: gpd.GeoDataFrame, samples: Samples, terrain: Path | None, *, n_outside: int
) -> tuple[str, ...]:
    made = {
        "assumption.terrain_missing": terrain is None,
        "assumption.clutter_missing": True,
        "assumption.omnidirectional": True,
        "assumption.outside_range": n_outside > 0,
        "assumption.measured_undated": bool(np.isnan(samples.age_days).any()),
        "assumption.measured_anywhere": bool(np.isnan(accuracy_m(table)).any()),
    }
    return tuple(key for key, holds in made.items() if holds)
