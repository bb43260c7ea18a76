"""One link, from an antenna to a place: its profile, each term of its budget, and what decides it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from geo import field
from geo.aerial import SIGNAL
from geo.correction import Correction
from geo.kernels.field import NEAREST_M, pattern_db
from geo.kernels.lobe import lobe_db
from geo.kernels.pathloss import los_loss, nlos_loss
from geo.loss import BLEND_FROM_M, BLEND_TO_M
from geo.p1812 import Conditions, Prediction, path_loss
from geo.propagation import PathLossModel
from geo.radio import Transmitter
from geo.terrain import Surface
from geo.units import EFFECTIVE_EARTH_RADIUS_M, SPEED_OF_LIGHT_M_PER_S, Floats


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """
    Section from an antenna to a receiver. All arrays have the shape (n,), from the antenna on.

    Parameters
    ----------
    x_m, y_m
        Places of the samples [m].
    distance_m
        From the antenna [m].
    ground_m, clutter_height_m
        Ground above sea level, clutter on it [m]; NaN where unknown.
    bulge_m
        Rise of the earth over the chord [m], for the effective radius k = 4/3.
    line_m
        Straight line from the antenna to the receiver, above sea level [m].
    fresnel_m
        Radius of the first Fresnel zone [m].
    """

    x_m: Floats
    y_m: Floats
    distance_m: Floats
    ground_m: Floats
    clutter_height_m: Floats
    bulge_m: Floats
    line_m: Floats
    fresnel_m: Floats

    @property
    def obstacle(self) -> Obstacle | None:
        """What stands highest above the line; None where an end is unknown or nothing lies in between."""
        if len(self.distance_m) < 4 or math.isnan(self.line_m[0]):
            return None
        excess_m = self.ground_m + self.clutter_height_m + self.bulge_m - self.line_m
        top = int(np.argmax(np.nan_to_num(excess_m[1:-1], nan=-np.inf))) + 1
        return Obstacle(
            x_m=float(self.x_m[top]),
            y_m=float(self.y_m[top]),
            ground_m=float(self.ground_m[top]),
            clutter_height_m=float(self.clutter_height_m[top]),
            distance_m=float(self.distance_m[-1] - self.distance_m[top]),
            excess_m=float(excess_m[top]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """
    Each term of the power received.

    Parameters
    ----------
    model
        Path-loss model; None where none holds for the sector.
    distance_m
        Horizontal distance [m].
    los
        Whether the loss is that with line of sight.
    is_bounded
        Whether the distance lies within the model's upper distance; beyond, ``loss_db`` is the loss there, a
        lower bound.
    is_extended
        Whether the mast's height lies outside the model's table, though in the range allowed here.
    eirp_per_re_dbm
        Radiated power of one resource element in the middle of the beam [dBm].
    attenuation_db
        Of the antenna towards the receiver [dB].
    loss_db
        Median path loss [dB]; +inf where no model holds.
    over_profile
        Every step of P.1812 over the section, where the loss rests on it.
    correction_db
        What measurements have added to the loss [dB]; part of ``loss_db``.
    """

    model: PathLossModel | None
    distance_m: float
    los: bool
    is_bounded: bool
    is_extended: bool
    eirp_per_re_dbm: float
    attenuation_db: float
    loss_db: float
    over_profile: Prediction | None = None
    correction_db: float = 0.0

    @property
    def power_dbm(self) -> float:
        """Median power of a resource element [dBm]; −inf where no model holds."""
        return self.eirp_per_re_dbm - self.attenuation_db - self.loss_db


def profile_to(
    surface: Surface, sector: Transmitter, x_m: float, y_m: float, *, receiver_height_m: float
) -> Profile:
    """
    Section from an antenna to a receiver, one sample for each cell's length.

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
    profile
        At least the two ends.

    References
    ----------
    Effective earth radius k = 4/3: ITU-R P.452, clause 3.2. First Fresnel zone: ITU-R P.526, clause 2.
    """
    length_m = math.hypot(x_m - sector.x_m, y_m - sector.y_m)
    n_steps = max(math.ceil(length_m / surface.grid.cell_m), 1)
    share = np.linspace(0.0, 1.0, n_steps + 1)
    east_m, north_m = sector.x_m + share * (x_m - sector.x_m), sector.y_m + share * (y_m - sector.y_m)
    ground_m, clutter_m = _under(surface, east_m, north_m)
    high_m, low_m = ground_m[0] + sector.height_m, ground_m[-1] + receiver_height_m
    between_m = share * (1.0 - share) * length_m
    wavelength_m = SPEED_OF_LIGHT_M_PER_S / (sector.frequency_mhz * 1e6)
    return Profile(
        x_m=east_m,
        y_m=north_m,
        distance_m=share * length_m,
        ground_m=ground_m,
        clutter_height_m=clutter_m,
        bulge_m=between_m * length_m / (2.0 * EFFECTIVE_EARTH_RADIUS_M),
        line_m=high_m + share * (low_m - high_m),
        fresnel_m=np.sqrt(wavelength_m * between_m),
    )


def budget(
    sector: Transmitter,
    x_m: float,
    y_m: float,
    *,
    los: bool,
    receiver_height_m: float,
    convergence_deg: float,
    rise_m: float = 0.0,
    model: str = field.AUTO,
    dense: bool = False,
) -> Budget:
    """
    Median power of a resource element at a place, term by term.

    Parameters
    ----------
    sector
        The transmitter.
    x_m, y_m
        Receiver [m].
    los
        Whether there is line of sight.
    receiver_height_m
        Above the ground [m].
    convergence_deg
        Angle from true north clockwise to grid north [°].
    rise_m
        Ground at the receiver above the ground at the mast [m].
    model
        Path-loss model or ``"auto"``.
    dense
        Whether ``"auto"`` takes the urban model.

    Returns
    -------
    budget
        As the coverage estimate reckons it.
    """
    east_m, north_m = x_m - sector.x_m, y_m - sector.y_m
    up_m = rise_m + receiver_height_m - sector.height_m
    level_m = math.hypot(east_m, north_m)
    chosen = field.choose(sector, model=model, dense=dense, receiver_height_m=receiver_height_m)
    loss_db, limit_m = math.inf, 0.0
    if chosen is not None:
        limit_m = chosen.los_limit_m if los else chosen.nlos_limit_m
        distance_m = min(max(level_m, NEAREST_M), limit_m)
        terms = chosen.terms(
            frequency_mhz=sector.frequency_mhz, tx_height_m=sector.height_m, rx_height_m=receiver_height_m
        )
        slant = math.hypot(distance_m, up_m)
        loss_db = los_loss(distance_m, slant, math.log10(slant), terms)
        loss_db = loss_db if los else nlos_loss(loss_db, math.log10(slant), terms)
    return Budget(
        model=chosen,
        distance_m=level_m,
        los=los,
        is_bounded=level_m <= limit_m,
        is_extended=chosen is not None and chosen.is_extended(tx_height_m=sector.height_m),
        eirp_per_re_dbm=sector.eirp_per_re_dbm,
        attenuation_db=_attenuation_db(sector, east_m, north_m, up_m, convergence_deg=convergence_deg),
        loss_db=float(loss_db),
    )


def _attenuation_db(
    sector: Transmitter, east_m: float, north_m: float, up_m: float, *, convergence_deg: float
) -> float:
    slant_m = max(math.hypot(east_m, north_m, up_m), 1e-9)
    azimuth = math.radians((sector.azimuth_deg or 0.0) - convergence_deg)
    tilt = math.radians(sector.mechanical_tilt_deg)
    forward = (east_m * math.sin(azimuth) + north_m * math.cos(azimuth)) / slant_m
    right = (east_m * math.cos(azimuth) - north_m * math.sin(azimuth)) / slant_m
    turn, omni = (math.cos(tilt), math.sin(tilt)), float(sector.azimuth_deg is None)
    if sector.aerial is not None:
        table_db = sector.aerial.attenuation_db[SIGNAL]
        return float(lobe_db(forward, right, up_m / slant_m, *turn, omni, table_db))
    widths_deg = (sector.horizontal_beamwidth_deg, sector.vertical_beamwidth_deg)
    return float(
        pattern_db(forward, right, up_m / slant_m, *turn, sector.electrical_tilt_deg, *widths_deg, omni)
    )


def with_profile(
    near: Budget, section: Profile, sector: Transmitter, *, receiver_height_m: float, latitude_deg: float
) -> Budget:
    """
    The same budget with the loss over the section, blended as the estimate does.

    Parameters
    ----------
    near
        Budget by a model of distance.
    section
        From the antenna to the receiver.
    sector
        The transmitter.
    receiver_height_m
        Above the ground [m].
    latitude_deg
        Of the receiver [°].

    Returns
    -------
    budget
        ``near`` itself closer than ``loss.BLEND_FROM_M``; with an infinite loss where a height of the
        section is unknown.

    References
    ----------
    ITU-R P.1812-8, Annex 1.
    """
    if near.distance_m <= BLEND_FROM_M or len(section.distance_m) < 3:
        return near
    if np.isnan(section.ground_m).any() or np.isnan(section.clutter_height_m).any():
        return replace(near, loss_db=math.inf, is_bounded=False)
    found = path_loss(
        section.distance_m,
        section.ground_m,
        tx_height_m=sector.height_m,
        rx_height_m=receiver_height_m,
        latitude_deg=latitude_deg,
        conditions=Conditions(frequency_mhz=sector.frequency_mhz),
        clutter_m=section.clutter_height_m,
    )
    weight = min((near.distance_m - BLEND_FROM_M) / (BLEND_TO_M - BLEND_FROM_M), 1.0)
    loss_db = found.loss_db if weight == 1.0 else (1.0 - weight) * near.loss_db + weight * found.loss_db
    return replace(near, loss_db=loss_db, is_bounded=True, over_profile=found)


def corrected(model: Budget, correction: Correction | None, *, clutter_height_m: float) -> Budget:
    """
    The same budget with what measurements add to the loss.

    Parameters
    ----------
    model
        Budget by the models alone.
    correction
        What to add; None: nothing.
    clutter_height_m
        Houses and trees at the receiver [m]; NaN where unknown.

    Returns
    -------
    budget
        As the coverage estimate reckons it; a loss is never below 0.
    """
    if correction is None or math.isinf(model.loss_db):
        return model
    loss_db = max(model.loss_db + float(correction.loss_db(model.distance_m, clutter_height_m)), 0.0)
    return replace(model, loss_db=loss_db, correction_db=loss_db - model.loss_db)


def _under(surface: Surface, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    row, col = surface.grid.to_rowcol(x_m, y_m)
    inside = (row >= 0) & (row < surface.grid.rows) & (col >= 0) & (col < surface.grid.cols)
    ground_m, clutter_m = np.full((2, len(x_m)), np.nan)
    ground_m[inside] = surface.ground_m[row[inside], col[inside]]
    clutter_m[inside] = surface.clutter_height_m[row[inside], col[inside]]
    return ground_m, clutter_m
