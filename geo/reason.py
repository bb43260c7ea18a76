"""Why a place is not served: no cell, only assumed ones, something in between, or too far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geo import field
from geo.coverage import Levels
from geo.gap import Area
from geo.kernels.field import pattern_db
from geo.propagation import path_loss_db
from geo.radio import Transmitter
from geo.terrain import Surface
from geo.units import EFFECTIVE_EARTH_RADIUS_M, Floats

ANTENNA = frozenset({"tx_power_dbm", "azimuth_deg", "height_m"})
"""Parameters without which an antenna is wholly assumed."""


class Reason(StrEnum):
    """Why people are not served."""

    NO_CELL = "no_cell"
    ONLY_ASSUMED = "only_assumed"
    SHADOWED = "shadowed"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """
    What stands highest above the line from an antenna to a receiver.

    Parameters
    ----------
    x_m, y_m
        Where it stands [m].
    ground_m, clutter_height_m
        Ground above sea level and clutter on it [m].
    distance_m
        From the receiver [m].
    excess_m
        Its top above the line [m]; negative where the line is free.
    """

    x_m: float
    y_m: float
    ground_m: float
    clutter_height_m: float
    distance_m: float
    excess_m: float


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
    reaches_m = np.array(
        [
            field.reach_m(sector, lowest_dbm=levels.lowest_dbm, allowance_db=allowance_db, limits_m=limits)
            for sector in transmitters
        ]
    )
    found = []
    for area in areas:
        away_m = np.array([math.hypot(one.x_m - area.x_m, one.y_m - area.y_m) for one in transmitters])
        clear_dbm = np.array(
            [
                clear_power_dbm(
                    sector,
                    area.x_m,
                    area.y_m,
                    receiver_height_m=receiver_height_m,
                    convergence_deg=convergence_deg,
                    model=model,
                    dense=dense,
                )
                for sector in transmitters
            ]
        )
        best = _best(clear_dbm, away_m, reaches_m)
        covers = clear_dbm[best] - levels.margin_db >= levels.lowest_covered_dbm
        sector = transmitters[best]
        stands = obstacle(surface, sector, area.x_m, area.y_m, receiver_height_m=receiver_height_m)
        blocked = bool(covers) and bool(away_m[best] <= reaches_m[best]) and _is_above(stands)
        found.append(_why(transmitters, away_m, best, stands if blocked else None))
    return tuple(found)


def _best(clear_dbm: Floats, away_m: Floats, reaches_m: Floats) -> int:
    near = away_m <= reaches_m
    return int(np.argmax(np.where(near, clear_dbm, -np.inf) if near.any() else clear_dbm))


def _is_above(stands: Obstacle | None) -> bool:
    return stands is not None and stands.excess_m > 0


def _why(transmitters: Sequence[Transmitter], away_m: Floats, index: int, stands: Obstacle | None) -> Why:
    sector, nearest = transmitters[index], int(np.argmin(away_m))
    wholly_assumed = sector.assumed >= ANTENNA
    reason = Reason.TOO_FAR if stands is None else Reason.SHADOWED
    return Why(
        reason=Reason.ONLY_ASSUMED if wholly_assumed else reason,
        mast_id=sector.mast_id,
        distance_m=float(away_m[index]),
        nearest_id=transmitters[nearest].mast_id,
        nearest_m=float(away_m[nearest]),
        assumed=wholly_assumed,
        obstacle=stands,
    )


def clear_power_dbm(
    sector: Transmitter,
    x_m: float,
    y_m: float,
    *,
    receiver_height_m: float,
    convergence_deg: float,
    model: str = field.AUTO,
    dense: bool = False,
) -> float:
    """
    Median power of a resource element at a place if nothing stood in between.

    Parameters
    ----------
    sector
        The transmitter.
    x_m, y_m
        Receiver [m].
    receiver_height_m
        Above the ground [m]; the ground is taken as level.
    convergence_deg
        Angle from true north clockwise to grid north [°].
    model
        Path-loss model or ``"auto"``.
    dense
        Whether ``"auto"`` takes the urban model.

    Returns
    -------
    power_dbm
        [dBm]; −inf where the model does not hold for the sector.
    """
    chosen = field.choose(sector, model=model, dense=dense, receiver_height_m=receiver_height_m)
    if chosen is None:
        return -math.inf
    east_m, north_m = x_m - sector.x_m, y_m - sector.y_m
    distance_m = max(math.hypot(east_m, north_m), 10.0)
    azimuth = math.radians((sector.azimuth_deg or 0.0) - convergence_deg)
    up_m = receiver_height_m - sector.height_m
    slant_m = math.hypot(distance_m, up_m)
    tilt = math.radians(sector.mechanical_tilt_deg)
    attenuation_db = pattern_db(
        (east_m * math.sin(azimuth) + north_m * math.cos(azimuth)) / slant_m,
        (east_m * math.cos(azimuth) - north_m * math.sin(azimuth)) / slant_m,
        up_m / slant_m,
        math.cos(tilt),
        math.sin(tilt),
        sector.electrical_tilt_deg,
        sector.horizontal_beamwidth_deg,
        sector.vertical_beamwidth_deg,
        float(sector.azimuth_deg is None),
    )
    loss_db, _ = path_loss_db(
        chosen.name,
        frequency_mhz=sector.frequency_mhz,
        distance_m=distance_m,
        tx_height_m=sector.height_m,
        rx_height_m=receiver_height_m,
        los=True,
    )
    return sector.eirp_per_re_dbm - float(attenuation_db) - float(loss_db)


def obstacle(
    surface: Surface, sector: Transmitter, x_m: float, y_m: float, *, receiver_height_m: float
) -> Obstacle | None:
    """
    What stands highest above the line from an antenna to a receiver.

    Parameters
    ----------
    surface
        Ground and clutter.
    sector
        The transmitter.
    x_m, y_m
        Receiver [m].
    receiver_height_m
        Above the ground [m].

    Returns
    -------
    obstacle
        None where the heights at either end are unknown or nothing lies in between.

    References
    ----------
    Effective earth radius k = 4/3: ITU-R P.452, clause 3.2.
    """
    distance_m = math.hypot(x_m - sector.x_m, y_m - sector.y_m)
    n_steps = math.ceil(distance_m / surface.grid.cell_m)
    share = np.linspace(0.0, 1.0, n_steps + 1)
    east, north = sector.x_m + share * (x_m - sector.x_m), sector.y_m + share * (y_m - sector.y_m)
    ground_m, clutter_m = _under(surface, east, north)
    if n_steps < 3 or math.isnan(ground_m[0]) or math.isnan(ground_m[-1]):
        return None
    low_m, high_m = ground_m[-1] + receiver_height_m, ground_m[0] + sector.height_m
    bulge_m = share * (1 - share) * distance_m**2 / (2 * EFFECTIVE_EARTH_RADIUS_M)
    excess_m = ground_m + clutter_m + bulge_m - (high_m + share * (low_m - high_m))
    inner = np.nan_to_num(excess_m[1:-1], nan=-np.inf)
    top = int(np.argmax(inner)) + 1
    return Obstacle(
        x_m=float(east[top]),
        y_m=float(north[top]),
        ground_m=float(ground_m[top]),
        clutter_height_m=float(clutter_m[top]),
        distance_m=float((1 - share[top]) * distance_m),
        excess_m=float(excess_m[top]),
    )


def _under(surface: Surface, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    row, col = surface.grid.to_rowcol(x_m, y_m)
    inside = (row >= 0) & (row < surface.grid.rows) & (col >= 0) & (col < surface.grid.cols)
    ground_m, clutter_m = np.full((2, len(x_m)), np.nan)
    ground_m[inside] = surface.ground_m[row[inside], col[inside]]
    clutter_m[inside] = surface.clutter_height_m[row[inside], col[inside]]
    return ground_m, clutter_m
