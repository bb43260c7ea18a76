"""
Power density around antennas in the far field: a screening by reckoning, no measurement.

References
----------
Friis: S = EIRP / (4 π r²). Far field as of ITU-T K.52 clause 7; factors for time sharing and power reduction
of active antennas as of IEC 62232 and ITU-T K.100: both are shares 0–1 that the caller names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from geo.radio import Transmitter, antenna_gain_dbi
from geo.units import Floats, db_to_ratio

NEAREST_M = 1.0
"""Nearer places are reckoned as if so far away: no far field there, and no house."""


def eirp_w(transmitter: Transmitter) -> float:
    """
    Power radiated in the strongest direction.

    Parameters
    ----------
    transmitter
        The sector.

    Returns
    -------
    eirp_w
        Of the whole carrier [W].
    """
    eirp_dbm = transmitter.tx_power_dbm + transmitter.gain_dbi - transmitter.cable_loss_db
    return float(db_to_ratio(eirp_dbm - 30.0))


def distance_m(*, eirp_w: float, limit_w_m2: float, time_share: float = 1.0) -> float:
    """
    Distance in the beam from which the power density stays below a limit.

    Parameters
    ----------
    eirp_w
        Radiated power [W].
    limit_w_m2
        Limit [W/m²], above 0.
    time_share
        Share of that power averaged over time, 0–1.

    Returns
    -------
    distance_m
        √(EIRP · share / (4 π limit)) [m].
    """
    return math.sqrt(eirp_w * time_share / (4.0 * math.pi * limit_w_m2))


def density_w_m2(
    transmitters: Sequence[Transmitter],
    x_m: Floats,
    y_m: Floats,
    height_m: Floats,
    *,
    ground_m: Floats,
    mast_ground_m: Sequence[float],
    convergence_deg: float,
    time_share: Sequence[float],
) -> Floats:
    """
    Power density of several sectors together.

    Parameters
    ----------
    transmitters
        The sectors.
    x_m, y_m
        Places [m], shape (n,).
    height_m, ground_m
        Their height above the ground [m], and that of the ground [m], shape (n,).
    mast_ground_m
        Height of the ground at each sector's mast [m].
    convergence_deg
        Angle from true north clockwise to grid north [°].
    time_share
        Share of each sector's power averaged over time, 0–1.

    Returns
    -------
    density
        [W/m²], shape (n,); walls and the ground are left out, so that it is never too small.
    """
    total = np.zeros(len(x_m))
    for sector, base_m, share in zip(transmitters, mast_ground_m, time_share, strict=True):
        east_m, north_m = x_m - sector.x_m, y_m - sector.y_m
        up_m = ground_m + height_m - base_m - sector.height_m
        flat_m = np.hypot(east_m, north_m)
        away_m = np.maximum(np.hypot(flat_m, up_m), NEAREST_M)
        theta_deg = 90.0 - np.degrees(np.arctan2(up_m, flat_m))
        bearing_deg = np.degrees(np.arctan2(east_m, north_m)) + convergence_deg
        off_deg = (
            np.zeros_like(bearing_deg)
            if sector.azimuth_deg is None
            else (bearing_deg - sector.azimuth_deg + 180.0) % 360.0 - 180.0
        )
        tilt_deg = sector.mechanical_tilt_deg + sector.electrical_tilt_deg
        gain_dbi = antenna_gain_dbi(
            theta_deg - tilt_deg,
            off_deg,
            gain_dbi=sector.gain_dbi,
            horizontal_beamwidth_deg=sector.horizontal_beamwidth_deg,
            vertical_beamwidth_deg=sector.vertical_beamwidth_deg,
        )
        power_w = db_to_ratio(sector.tx_power_dbm - sector.cable_loss_db + gain_dbi - 30.0)
        total += share * power_w / (4.0 * math.pi * away_m**2)
    return total
