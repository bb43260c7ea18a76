"""
ITU-R P.1812-8 at the median of time and locations, for the millions of pixels of an area.

The formulas are those of ``kernels.p1812``; what is added here are bounds, so that a step is left out where
it cannot change the loss by 0.001 dB: at the median there is no multipath enhancement, F_i is 0, and L_bam is
L_bd unless ducting lies below it. Heights count from the ground under the mast.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from geo.kernels.compiled import compiled
from geo.kernels.p1812 import (
    CLEAR_NU,
    beta_share,
    bullington,
    duct_time,
    ducting,
    first_term_over,
    surface_factor,
)
from geo.kernels.p1812_record import Geometry, Link

CLEAR_SQUARE = CLEAR_NU * CLEAR_NU
APART_DB = 25.0
"""Distance from which the weaker of two mechanisms adds less than 2e-5 dB (eq. 63)."""
STEEP_M_PER_KM = 100.0
"""Slope between the antennas above which ducting is not judged by its usual bound."""


class Median(NamedTuple):
    """
    What all pixels round one antenna share.

    Parameters
    ----------
    link
        The link; over land, at the median.
    tx_m
        Antenna above the ground under the mast [m].
    latitude_deg
        Where the mast stands [°].
    bulge_m
        500 / a_e: four times the earth bulge in the middle of 1 km [m].
    free_db
        L_bfs at 1 km [dB].
    scatter_db
        L_bs at 1 km without angle [dB].
    duct_db
        Least L_ba over 1 km between horizons, without angles [dB].
    bend_db
        gamma_d [dB/mrad].
    surface_ratio
        From ``surface_factor``.
    cube_root_ratio
        Cube root of the carrier in GHz.
    """

    link: Link
    tx_m: float
    latitude_deg: float
    bulge_m: float
    free_db: float
    scatter_db: float
    duct_db: float
    bend_db: float
    surface_ratio: float
    cube_root_ratio: float


@compiled
def median_of(link: Link, tx_m: float, latitude_deg: float) -> Median:
    """
    What all pixels round one antenna share.

    Parameters
    ----------
    link, tx_m, latitude_deg
        As in ``Median``.

    Returns
    -------
    median
        Constants and bounds.
    """
    f = link.frequency_ghz
    log_f = math.log10(f)
    scatter_db = 190.1 + 25.0 * log_f - 2.5 * (log_f - math.log10(2.0)) ** 2 - 0.15 * link.refractivity
    low_db = 45.375 - 137.0 * f + 92.5 * f * f if f < 0.5 else 0.0
    # A(p) falls with beta, which is largest on a short path; 3 dB cover the slow factor of the distance.
    least_time_db = duct_time(link, 0.0, 100.0 * beta_share(latitude_deg, 0.0, 0.0)) - 3.0
    return Median(
        link, tx_m, latitude_deg, 500.0 / link.earth_km, 92.4 + 20.0 * log_f, scatter_db,
        102.45 + 20.0 * log_f + low_db + least_time_db,
        5e-5 * link.earth_km * math.pow(f, 1.0 / 3.0),
        surface_factor(f, link.vertical, 22.0, 0.003),
        math.pow(f, 1.0 / 3.0),
    )  # fmt: skip


@compiled
def smooth_ends(n_steps: float, total_m: float, moment_m: float, last_m: float) -> tuple[float, float]:
    """
    Straight line of least squares through the ground, at both ends of equal steps (eqs. 83 to 86).

    Parameters
    ----------
    n_steps
        Number of steps.
    total_m, moment_m
        Sums over the inner points of height, and of height times number [m].
    last_m
        Ground at the end over that at the start [m].

    Returns
    -------
    smooth_m
        (h_st, h_sr) over the ground at the start [m].
    """
    first = 2.0 * total_m + last_m
    second = 6.0 * moment_m + last_m * (3.0 * n_steps - 1.0)
    square = n_steps * n_steps
    return (2.0 * n_steps * first - second) / square, (second - n_steps * first) / square


@compiled
def smooth_bullington(median: Median, distance_km: float, tx_height_m: float, rx_height_m: float) -> float:
    """
    Bullington loss over a smooth earth, its points infinitely close.

    Parameters
    ----------
    median
        Wavelength and earth.
    distance_km, tx_height_m, rx_height_m
        Length [km] and heights over the smooth earth [m].

    Returns
    -------
    loss_db
        L_bulls [dB].
    """
    q = median.bulge_m * distance_km * distance_km
    root = 2.0 * math.sqrt(q * tx_height_m)
    if q > tx_height_m and q + tx_height_m - rx_height_m > root:
        first = q + tx_height_m - rx_height_m - root
        second = q + rx_height_m - tx_height_m - 2.0 * math.sqrt(q * rx_height_m)
        return bullington((first, max(second, 0.0), 0.0), distance_km, median.link.wavelength_m)
    # Least of  h_t / u + h_r u - q u / (1 + u^2),  u^2 = x / (1 - x),  by Newton's method in log u.
    v = 0.5 * math.log(tx_height_m / rx_height_m)
    least = math.inf
    for _step in range(5):
        u = math.exp(v)
        tx_part, rx_part, cosh, sinh = (
            tx_height_m / u,
            rx_height_m * u,
            0.5 * (u + 1.0 / u),
            0.5 * (u - 1.0 / u),
        )
        least = min(least, tx_part + rx_part - 0.5 * q / cosh)
        slope = rx_part - tx_part + 0.5 * q * sinh / (cosh * cosh)
        bend = tx_part + rx_part + 0.5 * q * (1.0 - sinh * sinh) / (cosh * cosh * cosh)
        step = slope / max(bend, 1e-9)
        v -= step
        if abs(step) < 0.003:
            break
    return bullington((-1.0, -1.0, -least), distance_km, median.link.wavelength_m)


@compiled
def clears_sphere(median: Median, distance_km: float, tx_height_m: float, rx_height_m: float) -> bool:
    """
    Tell at once whether the sphere costs nothing.

    Parameters
    ----------
    median, distance_km, tx_height_m, rx_height_m
        As in ``sphere_excess``.

    Returns
    -------
    is_clear
        True where ``sphere_excess`` is 0 for these heights and for any greater ones.
    """
    # Clearance is at least 2 sqrt(ht hr) s - q s^2, and needed are 17.456 sqrt(lambda d) s, s at most 1/2.
    needed_m = 17.456 * math.sqrt(median.link.wavelength_m * distance_km)
    bulge_m = 0.5 * median.bulge_m * distance_km * distance_km
    return 2.0 * math.sqrt(tx_height_m * rx_height_m) - bulge_m > needed_m


@compiled
def sphere_excess(median: Median, distance_km: float, tx_height_m: float, rx_height_m: float) -> float:
    """
    What the sphere costs beyond the Bullington loss of the smooth earth (eq. 38).

    Parameters
    ----------
    median
        Frequency, polarisation and earth.
    distance_km, tx_height_m, rx_height_m
        Length [km] and heights over the smooth earth [m].

    Returns
    -------
    excess_db
        max(L_dsph - L_bulls, 0) [dB].
    """
    if clears_sphere(median, distance_km, tx_height_m, rx_height_m):
        return 0.0
    d, earth_km = distance_km, median.link.earth_km
    ht, hr = tx_height_m, rx_height_m
    needed = 17.456 * math.sqrt(median.link.wavelength_m * d)
    adft_km, part = earth_km, 1.0
    reach_km = math.sqrt(2e-3 * earth_km) * (math.sqrt(ht) + math.sqrt(hr))
    if d < reach_km:
        m = 0.5 * median.bulge_m * d * d / (ht + hr)
        inner = 1.5 * (ht - hr) / (ht + hr) * math.sqrt(3.0 * m / (m + 1.0) ** 3)
        angle = math.pi / 3.0 + math.acos(min(max(inner, -1.0), 1.0)) / 3.0
        x = 0.5 + math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(angle)
        s = math.sqrt(x * (1.0 - x))
        clearance_m = ht * (1.0 - x) + hr * x - median.bulge_m * d * d * s * s
        if clearance_m > needed * s:
            return 0.0
        part = 1.0 - clearance_m / (needed * s)
        adft_km = 500.0 * (d / (math.sqrt(ht) + math.sqrt(hr))) ** 2
    sphere_db = part * first_term_over(median.surface_ratio, median.cube_root_ratio, d, adft_km, ht, hr)
    if not sphere_db > 0.0:
        return 0.0
    return max(sphere_db - smooth_bullington(median, d, ht, hr), 0.0)


@compiled
def least_duct(median: Median, path: Geometry) -> float:
    """
    Bound under the ducting loss of a path.

    Parameters
    ----------
    median
        Constants.
    path
        Distance, horizons, angles.

    Returns
    -------
    loss_db
        Not above L_ba [dB].
    """
    dt, dr, f = path.tx_horizon_km, path.rx_horizon_km, median.link.frequency_ghz
    product = dt + dr
    extra_mrad = max(path.tx_angle_mrad - 0.1 * dt, 0.0)
    product *= 1.0 + 0.361 * extra_mrad * math.sqrt(f * dt)
    extra_mrad = max(path.rx_angle_mrad - 0.1 * dr, 0.0)
    product *= 1.0 + 0.361 * extra_mrad * math.sqrt(f * dr)
    angle_mrad = 2.0 * median.bulge_m * path.distance_km
    angle_mrad += min(path.tx_angle_mrad, 0.1 * dt) + min(path.rx_angle_mrad, 0.1 * dr)
    return median.duct_db + 20.0 * math.log10(product) + median.bend_db * angle_mrad


@compiled
def angle(rise_ratio: float) -> float:
    """
    Elevation of a slope.

    Parameters
    ----------
    rise_ratio
        Metres of rise for each metre.

    Returns
    -------
    angle_mrad
        [mrad].
    """
    if abs(rise_ratio) < 0.05:
        square = rise_ratio * rise_ratio
        return 1000.0 * rise_ratio * (1.0 - square * (1.0 / 3.0 - square * (0.2 - square / 7.0)))
    return 1000.0 * math.atan(rise_ratio)


@compiled
def combined(median: Median, path: Geometry, free_db: float, loss_db: float) -> float:
    """
    Diffraction, ducting and troposcatter together at the median.

    Parameters
    ----------
    median
        Constants.
    path
        Distance, horizons, angles, effective heights; the roughness already if ducting matters.
    free_db
        L_bfs [dB].
    loss_db
        L_bd = L_bfs + L_d [dB].

    Returns
    -------
    loss_db
        L_bc [dB].

    References
    ----------
    P.1812-8 §4.6 at p = 50 %.
    """
    d, link = path.distance_km, median.link
    theta_mrad = 2.0 * median.bulge_m * d + path.tx_angle_mrad + path.rx_angle_mrad
    lbam_db = loss_db
    if least_duct(median, path) < loss_db:
        share = beta_share(median.latitude_deg, d, d)
        here = Link(
            link.frequency_ghz, link.wavelength_m, link.vertical, link.time_share, share, link.earth_km,
            link.beta_earth_km, link.refractivity, 0.0, d, link.tx_coast_km, link.rx_coast_km,
        )  # fmt: skip
        lba_db = ducting(here, path)
        lminbap_db = max(lba_db, free_db) + 2.5 * math.log(1.0 + math.exp(-abs(lba_db - free_db) / 2.5))
        if lminbap_db <= loss_db:
            fk = 1.0 - 0.5 * (1.0 + math.tanh(1.5 * (d - 20.0) / 20.0))
            fj = 1.0 - 0.5 * (1.0 + math.tanh(8.0 * (theta_mrad - 0.3)))
            lbda_db = lminbap_db + (loss_db - lminbap_db) * fk
            lbam_db = lbda_db + (loss_db - lbda_db) * fj
    lbs_db = median.scatter_db + 20.0 * math.log10(d) + 0.573 * theta_mrad
    if lbs_db - lbam_db > APART_DB:
        return lbam_db
    return min(lbs_db, lbam_db) - 5.0 * math.log10(1.0 + math.pow(10.0, -0.2 * abs(lbs_db - lbam_db)))


@compiled
def floor_of(median: Median) -> float:
    """
    Diffraction loss below which nothing else can matter on a path with its horizon at the other end.

    Parameters
    ----------
    median
        Constants.

    Returns
    -------
    loss_db
        L_d [dB].
    """
    return min(median.scatter_db - APART_DB, median.duct_db) - median.free_db


@compiled
def free(median: Median, distance_km: float, rise_m: float) -> float:
    """
    Loss in free space.

    Parameters
    ----------
    median
        Constants.
    distance_km
        Great-circle distance [km].
    rise_m
        Receiver over transmitter [m].

    Returns
    -------
    loss_db
        L_bfs [dB].
    """
    square_km2 = distance_km * distance_km + 1e-6 * rise_m * rise_m
    return median.free_db + 10.0 * math.log10(square_km2)


@compiled
def in_sight(
    median: Median, distance_km: float, rx_m: float, ends_m: tuple[float, float, float],
    least_share: float, loss_db: float, roughness_m: float,
) -> float:  # fmt: skip
    """
    Loss of a pixel which bare ground does not hide.

    Parameters
    ----------
    median
        Constants.
    distance_km, rx_m
        Distance [km]; receiver over the ground under the mast [m].
    ends_m
        (h_st, h_sr, ground at the receiver) over the ground under the mast [m].
    least_share
        Part of the way at which the ground clears the line least.
    loss_db
        L_d [dB].
    roughness_m
        h_m [m].

    Returns
    -------
    loss_db
        L_bc [dB].
    """
    d = distance_km
    slope, bend = (rx_m - median.tx_m) / d, median.bulge_m * d
    path = Geometry(
        d, median.tx_m, rx_m, least_share * d, (1.0 - least_share) * d,
        angle(1e-3 * (slope - bend)), angle(-1e-3 * (slope + bend)), 0.0, 0.0,
        median.tx_m - min(ends_m[0], 0.0), rx_m - min(ends_m[1], ends_m[2]), roughness_m,
        (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0),
    )  # fmt: skip
    free_db = free(median, d, rx_m - median.tx_m)
    return combined(median, path, free_db, free_db + loss_db)


@compiled
def hidden_path(
    median: Median, distance_km: float, rx_m: float, ends_m: tuple[float, float, float],
    horizons: tuple[float, float, float, float], roughness_m: float,
) -> Geometry:  # fmt: skip
    """
    Geometry of a pixel which bare ground hides.

    Parameters
    ----------
    median, distance_km, rx_m, ends_m, roughness_m
        As in ``in_sight``.
    horizons
        First and second rise over bare ground [m], and the parts of the way where they are reached.

    Returns
    -------
    path
        What ``combined`` needs of it.
    """
    d = distance_km
    slope, bend = (rx_m - median.tx_m) / d, median.bulge_m * d
    return Geometry(
        d, median.tx_m, rx_m, horizons[2] * d, (1.0 - horizons[3]) * d,
        angle(1e-3 * (horizons[0] / d + slope - bend)), angle(1e-3 * (horizons[1] / d - slope - bend)),
        0.0, 0.0, median.tx_m - min(ends_m[0], 0.0), rx_m - min(ends_m[1], ends_m[2]), roughness_m,
        (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0),
    )  # fmt: skip
