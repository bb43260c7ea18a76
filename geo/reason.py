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
from geo.link import Obstacle, budget, profile_to
from geo.radio import Transmitter
from geo.terrain import Surface
from geo.units import Floats

ANTENNA = frozenset({"tx_power_dbm", "azimuth_deg", "height_m"})
"""Parameters without which an antenna is wholly assumed."""


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
                budget(
                    sector,
                    area.x_m,
                    area.y_m,
                    los=True,
                    receiver_height_m=receiver_height_m,
                    convergence_deg=convergence_deg,
                    model=model,
                    dense=dense,
                ).power_dbm
                for sector in transmitters
            ]
        )
        best = _best(clear_dbm, away_m, reaches_m)
        covers = clear_dbm[best] - levels.margin_db >= levels.lowest_covered_dbm
        sector = transmitters[best]
        stands = profile_to(surface, sector, area.x_m, area.y_m, receiver_height_m=receiver_height_m).obstacle
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
