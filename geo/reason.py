"""Why a place is not served: no cell, only assumed ones, something in between, or too far."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from geo import field
from geo.coverage import Levels
from geo.gap import Area
from geo.kernels.field import NEAREST_M
from geo.link import Obstacle, budget, profile_to
from geo.propagation import PathLossModel, path_loss_db
from geo.radio import Transmitter
from geo.terrain import Surface
from geo.units import Floats, Integers

ANTENNA = frozenset({"tx_power_dbm", "azimuth_deg", "height_m"})
"""Parameters without which an antenna is wholly assumed."""

ROUNDING_DB = 1e-6  # by which two ways of reckoning the same power may differ


class Reason(StrEnum):
    """Why people are not served."""

    NO_CELL = "no_cell"
    ONLY_ASSUMED = "only_assumed"
    SHADOWED = "shadowed"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """
    Reason for one gap.

    Parameters
    ----------
    reason
        The reason.
    mast_id
        Mast that would serve best with a free line, or "".
    distance_m
        To it [m]; not-a-number without one.
    nearest_id, nearest_m
        Nearest mast, or "", and its distance [m].
    assumed
        True where that mast's antenna is wholly assumed.
    obstacle
        What stands in between, where the reason is a shadow.
    """

    reason: Reason
    mast_id: str
    distance_m: float
    nearest_id: str
    nearest_m: float
    assumed: bool
    obstacle: Obstacle | None


NOBODY = Why(
    reason=Reason.NO_CELL,
    mast_id="",
    distance_m=math.nan,
    nearest_id="",
    nearest_m=math.nan,
    assumed=False,
    obstacle=None,
)


def explain(
    areas: Sequence[Area],
    transmitters: Sequence[Transmitter],
    surface: Surface,
    *,
    levels: Levels,
    limits: Mapping[str, float],
    receiver_height_m: float,
    convergence_deg: float,
    allowance_db: float,
    model: str = field.AUTO,
    dense: bool = False,
) -> tuple[Why, ...]:
    """
    Reason for each gap, judged at its most crowded point.

    Parameters
    ----------
    areas
        The gaps.
    transmitters
        Of the operators judged.
    surface
        Ground and clutter.
    levels
        What counts as covered.
    limits
        Largest radius [m] by band, as for ``coverage.estimate``.
    receiver_height_m
        Receivers above the ground [m].
    convergence_deg
        Angle from true north clockwise to grid north [°].
    allowance_db
        Loss beyond free space reckoned with when a radius is set [dB].
    model
        Path-loss model, as for ``coverage.estimate``.
    dense
        Whether ``"auto"`` takes the urban model.

    Returns
    -------
    reasons
        For each gap. The mast that would be received best if nothing stood in between is looked at: if it
        would cover, the place is shadowed; else it is too far. Where its antenna is wholly assumed, that is
        the reason, since the verdict may change with real data.
    """
    if not transmitters:
        return tuple(NOBODY for _ in areas)
    known = _sectors(
        transmitters,
        [
            field.reach_m(sector, lowest_dbm=levels.lowest_dbm, allowance_db=allowance_db, limits_m=limits)
            for sector in transmitters
        ],
        [
            field.choose(sector, model=model, dense=dense, receiver_height_m=receiver_height_m)
            for sector in transmitters
        ],
    )
    found = []
    for area in areas:
        away_m = np.hypot(known.x_m - area.x_m, known.y_m - area.y_m)
        clear_dbm = partial(
            _clear_dbm,
            x_m=area.x_m,
            y_m=area.y_m,
            receiver_height_m=receiver_height_m,
            convergence_deg=convergence_deg,
            model=model,
            dense=dense,
        )
        best, best_dbm = _best(transmitters, known, away_m, receiver_height_m, clear_dbm)
        covers = best_dbm - levels.margin_db >= levels.lowest_covered_dbm
        sector = transmitters[best]
        stands = profile_to(surface, sector, area.x_m, area.y_m, receiver_height_m=receiver_height_m).obstacle
        blocked = covers and bool(away_m[best] <= known.reach_m[best]) and _is_above(stands)
        nearest = transmitters[int(np.argmin(away_m))]
        found.append(_why(area, sector, nearest, stands if blocked else None))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sectors:
    # What tells quickly which sectors come into question; arrays of shape (n,).
    x_m: Floats
    y_m: Floats
    height_m: Floats
    frequency_mhz: Floats
    eirp_per_re_dbm: Floats
    reach_m: Floats
    model: Integers
    models: tuple[PathLossModel, ...]


def _sectors(
    transmitters: Sequence[Transmitter],
    reaches_m: Sequence[float],
    models: Sequence[PathLossModel | None],
) -> _Sectors:
    distinct = tuple(dict.fromkeys(model for model in models if model is not None))
    rows = [
        (sector.x_m, sector.y_m, sector.height_m, sector.frequency_mhz, sector.eirp_per_re_dbm)
        for sector in transmitters
    ]
    x_m, y_m, height_m, frequency_mhz, eirp_per_re_dbm = np.array(rows, dtype=np.float64).T
    return _Sectors(
        x_m=x_m,
        y_m=y_m,
        height_m=height_m,
        frequency_mhz=frequency_mhz,
        eirp_per_re_dbm=eirp_per_re_dbm,
        reach_m=np.array(reaches_m),
        model=np.array([-1 if model is None else distinct.index(model) for model in models]),
        models=distinct,
    )


def _clear_dbm(
    sector: Transmitter,
    *,
    x_m: float,
    y_m: float,
    receiver_height_m: float,
    convergence_deg: float,
    model: str,
    dense: bool,
) -> float:
    return budget(
        sector,
        x_m,
        y_m,
        los=True,
        receiver_height_m=receiver_height_m,
        convergence_deg=convergence_deg,
        model=model,
        dense=dense,
    ).power_dbm


def _best(
    transmitters: Sequence[Transmitter],
    known: _Sectors,
    away_m: Floats,
    receiver_height_m: float,
    clear_dbm: Callable[[Transmitter], float],
) -> tuple[int, float]:
    # Sector received best with a free line, of those within reach where there are any, and its power. In the
    # middle of its beam a sector is never received worse: whoever falls below the best then is out.
    near = np.flatnonzero(away_m <= known.reach_m)
    rows = near if len(near) else np.arange(len(away_m))
    most_dbm = _most_dbm(known, rows, away_m[rows], receiver_height_m)
    best, best_dbm = int(rows[0]), -math.inf
    for place in np.argsort(-most_dbm, kind="stable"):
        if most_dbm[place] + ROUNDING_DB < best_dbm:
            break
        index = int(rows[place])
        power_dbm = clear_dbm(transmitters[index])
        if (power_dbm, -index) > (best_dbm, -best):
            best, best_dbm = index, power_dbm
    return best, best_dbm


def _most_dbm(known: _Sectors, rows: Integers, away_m: Floats, receiver_height_m: float) -> Floats:
    # Power in the middle of the beam with a free line; without a model there is none.
    most_dbm = np.full(len(rows), -np.inf)
    for number, model in enumerate(known.models):
        own = np.flatnonzero(known.model[rows] == number)
        loss_db, _ = path_loss_db(
            model.name,
            frequency_mhz=known.frequency_mhz[rows[own]],
            distance_m=np.clip(away_m[own], NEAREST_M, model.los_limit_m),
            tx_height_m=known.height_m[rows[own]],
            rx_height_m=receiver_height_m,
            los=True,
        )
        most_dbm[own] = known.eirp_per_re_dbm[rows[own]] - loss_db
    return most_dbm


def _is_above(stands: Obstacle | None) -> bool:
    return stands is not None and stands.excess_m > 0


def _why(area: Area, sector: Transmitter, nearest: Transmitter, stands: Obstacle | None) -> Why:
    wholly_assumed = sector.assumed >= ANTENNA
    reason = Reason.TOO_FAR if stands is None else Reason.SHADOWED
    return Why(
        reason=Reason.ONLY_ASSUMED if wholly_assumed else reason,
        mast_id=sector.mast_id,
        distance_m=math.hypot(sector.x_m - area.x_m, sector.y_m - area.y_m),
        nearest_id=nearest.mast_id,
        nearest_m=math.hypot(nearest.x_m - area.x_m, nearest.y_m - area.y_m),
        assumed=wholly_assumed,
        obstacle=stands,
    )
