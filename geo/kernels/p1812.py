"""
The closed-form steps of ITU-R P.1812-8, Annex 1: from the geometry of one path to its transmission loss.

A path enters by a few numbers only (``Geometry``), so that one profile, every pixel of an area and every
pixel of a radial end in the same formulas. What the terrain does to diffraction is told by three *rises*:
with x the part of the way from the transmitter, and c the height of the obstacles (earth bulge included)
over the straight line between the antennas [m], they are

    (max c / x,  max c / (1 - x),  max c / sqrt(x (1 - x)))

over the points between the ends. The first is negative exactly where there is line of sight (Stim < Str);
then the third gives nu of eq. (16). Else the two steepest lines meet at the Bullington point, where eq. (20)
is nu = sqrt(first * second * 0.002 / (lambda d)).
"""

from __future__ import annotations

import math

import numpy as np

from geo.kernels.compiled import compiled
from geo.kernels.p1812_record import Geometry, Link, Losses, Rises

EARTH_KM = 6371.0
BETA_FACTOR = 3.0
"""k_beta: ratio of effective to true radius of the earth, exceeded for the time share beta_0 (eq. 7b)."""
LEAST_GAIN = 10.0**0.1
"""G(Y) is at least 20 log10(K) plus that of this [2 dB] (eq. 36)."""
CLEAR_NU = -0.78
"""nu below which an edge costs nothing (eq. 12)."""


@compiled
def inverse_normal(probability: float) -> float:
    """
    Value which a standard normal variable exceeds with a probability.

    Parameters
    ----------
    probability
        1e-6 to 1 - 1e-6.

    Returns
    -------
    value
        I(x) as the Recommendation approximates it.

    References
    ----------
    P.1812-8 Attachment 2 to Annex 1.
    """
    tail = min(probability, 1.0 - probability)
    t = math.sqrt(-2.0 * math.log(tail))
    above = (0.010328 * t + 0.802853) * t + 2.515516698
    below = ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0
    size = t - above / below
    return size if probability <= 0.5 else -size


@compiled
def beta_share(latitude_deg: float, land_km: float, inland_km: float) -> float:
    """
    Share of time with lapse rates above 100 N-units/km near the ground.

    Parameters
    ----------
    latitude_deg
        Middle of the path [°].
    land_km, inland_km
        d_tm, d_lm: longest stretch over land, and inland [km].

    Returns
    -------
    beta_share
        beta_0.

    References
    ----------
    P.1812-8 §3.6, eqs. (2) to (5).
    """
    tau = 1.0 - math.exp(-4.12e-4 * inland_km**2.41)
    near = math.pow(10.0, -land_km / (16.0 - 6.6 * tau))
    mu1 = min(math.pow(near + math.pow(10.0, -5.0 * (0.496 + 0.354 * tau)), 0.2), 1.0)
    latitude = abs(latitude_deg)
    if latitude <= 70.0:
        return (
            0.01 * math.pow(10.0, -0.015 * latitude + 1.67) * mu1 * math.pow(mu1, -0.935 + 0.0176 * latitude)
        )
    return 0.01 * 4.17 * mu1 * math.pow(mu1, 0.3)


@compiled
def knife_edge(nu_ratio: float) -> float:
    """
    Loss behind one edge.

    Parameters
    ----------
    nu_ratio
        Diffraction parameter.

    Returns
    -------
    loss_db
        J(nu) [dB].

    References
    ----------
    P.1812-8 eq. (12).
    """
    if not nu_ratio > CLEAR_NU:
        return 0.0
    v = nu_ratio - 0.1
    return 6.9 + 20.0 * math.log10(math.sqrt(v * v + 1.0) + v)


@compiled
def bullington(rises_m: Rises, distance_km: float, wavelength_m: float) -> float:
    """
    Bullington part of the diffraction loss.

    Parameters
    ----------
    rises_m
        Rises of the profile [m].
    distance_km
        Length of the path [km].
    wavelength_m
        Wavelength [m].

    Returns
    -------
    loss_db
        L_bull [dB].

    References
    ----------
    P.1812-8 §4.3.1, eqs. (13) to (21).
    """
    first, second, third = rises_m
    rise_m = third if first < 0.0 else math.sqrt(max(first * second, 0.0))
    knife_db = knife_edge(rise_m * math.sqrt(0.002 / (wavelength_m * distance_km)))
    if knife_db == 0.0:
        return 0.0
    return knife_db + (1.0 - math.exp(-knife_db / 6.0)) * (10.0 + 0.02 * distance_km)


@compiled
def surface_factor(
    frequency_ghz: float, vertical_share: float, permittivity_factor: float, sigma_factor: float
) -> float:
    """
    Normalised factor for surface admittance, but for the radius of the earth.

    Parameters
    ----------
    frequency_ghz
        Carrier [GHz].
    vertical_share
        1.0 for vertical polarisation, 0.0 for horizontal.
    permittivity_factor
        Relative permittivity of the surface.
    sigma_factor
        Its conductivity [S/m].

    Returns
    -------
    factor
        K times the cube root of the effective radius in km.

    References
    ----------
    P.1812-8 eq. (29).
    """
    loss = 18.0 * sigma_factor / frequency_ghz
    size = math.pow((permittivity_factor - 1.0) ** 2 + loss * loss, -0.25)
    k = 0.036 * math.pow(frequency_ghz, -1.0 / 3.0) * size
    return k * math.sqrt(permittivity_factor**2 + loss * loss) if vertical_share > 0.5 else k


@compiled
def first_term_over(
    surface_ratio: float,
    cube_root_ratio: float,
    distance_km: float,
    earth_km: float,
    tx_height_m: float,
    rx_height_m: float,
) -> float:
    """
    First term of spherical-earth diffraction over one kind of surface.

    Parameters
    ----------
    surface_ratio
        From ``surface_factor``.
    cube_root_ratio
        Cube root of the carrier in GHz.
    distance_km, earth_km
        Length of the path and effective radius of the earth [km].
    tx_height_m, rx_height_m
        Effective heights [m], above 0.

    Returns
    -------
    loss_db
        L_dft [dB]; may be negative.

    References
    ----------
    P.1812-8 §4.3.3, eqs. (30) to (36).
    """
    root = 1.0 / np.cbrt(earth_km)
    k = surface_ratio * root
    k2 = k * k
    k4 = k2 * k2
    beta = (1.0 + 1.6 * k2 + 0.67 * k4) / (1.0 + 4.5 * k2 + 1.53 * k4)
    x = 21.88 * beta * cube_root_ratio * root * root * distance_km
    scale = 0.9575 * beta * beta * cube_root_ratio * cube_root_ratio * root
    # What is 20 log10 of something, F_X and both G, is gathered under one logarithm.
    product = x if x < 1.6 else 1.0 / math.sqrt(x)
    loss_db = 5.6488 * math.pow(x, 1.425) if x < 1.6 else 17.6 * x - 11.0
    for value in (scale * tx_height_m, scale * rx_height_m):
        if value > 2.0:
            gain_db = 17.6 * math.sqrt(value - 1.1) - 8.0
            factor = 1.0 / math.sqrt(math.sqrt(value - 1.1))
            if gain_db + 20.0 * math.log10(factor) < 2.0 + 20.0 * math.log10(k):
                gain_db, factor = 2.0, k
        else:
            gain_db, factor = 0.0, value + 0.1 * value * value * value
            if factor < LEAST_GAIN * k:
                gain_db, factor = 2.0, k
        loss_db -= gain_db
        product /= factor
    return loss_db + 20.0 * math.log10(product)


@compiled
def first_term(
    link: Link, distance_km: float, earth_km: float, tx_height_m: float, rx_height_m: float
) -> float:
    """
    First term of spherical-earth diffraction, land and water weighted by their shares.

    Parameters
    ----------
    link
        Frequency, polarisation, share of water.
    distance_km, earth_km, tx_height_m, rx_height_m
        As in ``first_term_over``.

    Returns
    -------
    loss_db
        L_dft [dB]; may be negative.

    References
    ----------
    P.1812-8 §4.3.3, eq. (28).
    """
    loss_db, f_root = 0.0, np.cbrt(link.frequency_ghz)
    if link.water_share < 1.0:
        k = surface_factor(link.frequency_ghz, link.vertical, 22.0, 0.003)
        land_db = first_term_over(k, f_root, distance_km, earth_km, tx_height_m, rx_height_m)
        loss_db += (1.0 - link.water_share) * land_db
    if link.water_share > 0.0:
        k = surface_factor(link.frequency_ghz, link.vertical, 80.0, 5.0)
        sea_db = first_term_over(k, f_root, distance_km, earth_km, tx_height_m, rx_height_m)
        loss_db += link.water_share * sea_db
    return loss_db


@compiled
def spherical_earth(
    link: Link, distance_km: float, earth_km: float, tx_height_m: float, rx_height_m: float
) -> float:
    """
    Diffraction loss over a smooth earth.

    Parameters
    ----------
    link
        Frequency, polarisation, share of water.
    distance_km, earth_km, tx_height_m, rx_height_m
        As in ``first_term_over``.

    Returns
    -------
    loss_db
        L_dsph [dB], at least 0 within the horizon.

    References
    ----------
    P.1812-8 §4.3.2, eqs. (22) to (27).
    """
    reach_km = math.sqrt(2.0 * earth_km) * (math.sqrt(0.001 * tx_height_m) + math.sqrt(0.001 * rx_height_m))
    if distance_km >= reach_km:
        return first_term(link, distance_km, earth_km, tx_height_m, rx_height_m)
    sum_m = tx_height_m + rx_height_m
    c = (tx_height_m - rx_height_m) / sum_m
    m = 250.0 * distance_km * distance_km / (earth_km * sum_m)
    inner = 1.5 * c * math.sqrt(3.0 * m / (m + 1.0) ** 3)
    angle = math.pi / 3.0 + math.acos(min(max(inner, -1.0), 1.0)) / 3.0
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(angle)
    d1 = 0.5 * distance_km * (1.0 + b)
    d2 = distance_km - d1
    tx_part = (tx_height_m - 500.0 * d1 * d1 / earth_km) * d2
    clearance_m = (tx_part + (rx_height_m - 500.0 * d2 * d2 / earth_km) * d1) / distance_km
    needed_m = 17.456 * math.sqrt(d1 * d2 * link.wavelength_m / distance_km)
    if clearance_m > needed_m:
        return 0.0
    # The earth on which this path would just graze.
    grazing_km = 500.0 * (distance_km / (math.sqrt(tx_height_m) + math.sqrt(rx_height_m))) ** 2
    grazing_db = first_term(link, distance_km, grazing_km, tx_height_m, rx_height_m)
    return max((1.0 - clearance_m / needed_m) * grazing_db, 0.0) if grazing_db > 0.0 else 0.0


@compiled
def free_space(frequency_ghz: float, distance_km: float, tx_m: float, rx_m: float) -> float:
    """
    Loss in free space between two antennas.

    Parameters
    ----------
    frequency_ghz
        Carrier [GHz].
    distance_km
        Great-circle distance [km].
    tx_m, rx_m
        Antennas above sea level [m].

    Returns
    -------
    loss_db
        L_bfs [dB].

    References
    ----------
    P.1812-8 eq. (8).
    """
    rise_km = 0.001 * (tx_m - rx_m)
    square_km2 = distance_km * distance_km + rise_km * rise_km
    return 92.4 + 20.0 * math.log10(frequency_ghz) + 10.0 * math.log10(square_km2)


@compiled
def troposcatter(link: Link, distance_km: float, theta_m_per_km: float) -> float:
    """
    Loss due to troposcatter.

    Parameters
    ----------
    link
        Frequency, time share, refractivity.
    distance_km
        Great-circle distance [km].
    theta_m_per_km
        Angular distance [mrad].

    Returns
    -------
    loss_db
        L_bs [dB].

    References
    ----------
    P.1812-8 §4.4, eqs. (44), (45).
    """
    log_f = math.log10(link.frequency_ghz)
    f_db = 25.0 * log_f - 2.5 * (log_f - math.log10(2.0)) ** 2
    time_db = 10.125 * math.pow(max(math.log10(0.5 / link.time_share), 0.0), 0.7)
    distance_db = 190.1 + f_db + 20.0 * math.log10(distance_km)
    return distance_db + 0.573 * theta_m_per_km - 0.15 * link.refractivity - time_db


@compiled
def _site_shielding(angle_m_per_km: float, horizon_km: float, frequency_ghz: float) -> float:
    # A_st, A_sr (eq. 48)
    above_mrad = angle_m_per_km - 0.1 * horizon_km
    if above_mrad <= 0.0:
        return 0.0
    near_db = 20.0 * math.log10(1.0 + 0.361 * above_mrad * math.sqrt(frequency_ghz * horizon_km))
    return near_db + 0.264 * above_mrad * math.pow(frequency_ghz, 1.0 / 3.0)


@compiled
def _coastal_coupling(water_share: float, coast_km: float, horizon_km: float, height_m: float) -> float:
    # A_ct, A_cr (eq. 49)
    if water_share < 0.75 or coast_km > horizon_km or coast_km > 5.0:
        return 0.0
    return -3.0 * math.exp(-0.25 * coast_km * coast_km) * (1.0 + math.tanh(0.07 * (50.0 - height_m)))


@compiled
def duct_coupling(link: Link, path: Geometry) -> float:
    """
    Fixed coupling losses between the antennas and the ducting layer.

    Parameters
    ----------
    link, path
        The link and its path.

    Returns
    -------
    loss_db
        A_f [dB].

    References
    ----------
    P.1812-8 §4.5, eqs. (47) to (49).
    """
    f = link.frequency_ghz
    low_db = 45.375 - 137.0 * f + 92.5 * f * f if f < 0.5 else 0.0
    span_db = 20.0 * math.log10(f * (path.tx_horizon_km + path.rx_horizon_km))
    tx_db = _site_shielding(path.tx_angle_mrad, path.tx_horizon_km, f)
    rx_db = _site_shielding(path.rx_angle_mrad, path.rx_horizon_km, f)
    coast_db = _coastal_coupling(link.water_share, link.tx_coast_km, path.tx_horizon_km, path.tx_m)
    coast_db += _coastal_coupling(link.water_share, link.rx_coast_km, path.rx_horizon_km, path.rx_m)
    return 102.45 + span_db + low_db + tx_db + rx_db + coast_db


@compiled
def duct_time(link: Link, distance_km: float, beta_percent_ratio: float) -> float:
    """
    Dependence of ducting on the time share.

    Parameters
    ----------
    link
        Time share.
    distance_km
        Great-circle distance [km].
    beta_percent_ratio
        beta, corrected for the path, in hundredths of the time.

    Returns
    -------
    loss_db
        A(p) [dB].

    References
    ----------
    P.1812-8 §4.5, eqs. (52), (53).
    """
    log_beta = math.log10(beta_percent_ratio)
    power = math.exp(
        -(9.51 - 4.8 * log_beta + 0.198 * log_beta * log_beta) * 1e-6 * math.pow(distance_km, 1.13)
    )
    gamma = 1.076 / math.pow(2.0058 - log_beta, 1.012) * power
    ratio = 100.0 * link.time_share / beta_percent_ratio
    return -12.0 + (1.2 + 3.7e-3 * distance_km) * math.log10(ratio) + 12.0 * math.pow(ratio, gamma)


@compiled
def ducting(link: Link, path: Geometry) -> float:
    """
    Loss due to ducting and layer reflection.

    Parameters
    ----------
    link, path
        The link and its path.

    Returns
    -------
    loss_db
        L_ba [dB].

    References
    ----------
    P.1812-8 §4.5, eqs. (46) to (56).
    """
    d = path.distance_km
    specific_db = 5e-5 * link.earth_km * math.pow(link.frequency_ghz, 1.0 / 3.0)
    tx_mrad = min(path.tx_angle_mrad, 0.1 * path.tx_horizon_km)
    rx_mrad = min(path.rx_angle_mrad, 0.1 * path.rx_horizon_km)
    angle_mrad = 1000.0 * d / link.earth_km + tx_mrad + rx_mrad
    tau = 1.0 - math.exp(-4.12e-4 * link.inland_km**2.41)
    alpha = max(-0.6 - 3.5e-9 * math.pow(d, 3.1) * tau, -3.4)
    root_sum = math.sqrt(path.duct_tx_m) + math.sqrt(path.duct_rx_m)
    mu2 = min(math.pow(500.0 / link.earth_km * (d / root_sum) ** 2, alpha), 1.0)
    mu3 = 1.0
    if path.roughness_m > 10.0:
        beyond_km = min(d - path.tx_horizon_km - path.rx_horizon_km, 40.0)
        mu3 = math.exp(-4.6e-5 * (path.roughness_m - 10.0) * (43.0 + 6.0 * beyond_km))
    time_db = duct_time(link, d, 100.0 * link.beta_share * mu2 * mu3)
    return duct_coupling(link, path) + specific_db * angle_mrad + time_db


@compiled
def diffraction(link: Link, path: Geometry, earth_km: float) -> tuple[float, float, float, float]:
    """
    Delta-Bullington diffraction loss on one of the two earths.

    Parameters
    ----------
    link, path
        The link and its path.
    earth_km
        ``link.earth_km`` or ``link.beta_earth_km``.

    Returns
    -------
    losses
        (L_d, L_bulla, L_bulls, L_dsph) [dB].

    References
    ----------
    P.1812-8 §4.3.4, eqs. (37), (38).
    """
    rises_m, smooth_m = path.rises_m, path.smooth_rises_m
    if earth_km != link.earth_km:
        rises_m, smooth_m = path.beta_rises_m, path.beta_smooth_rises_m
    d = path.distance_km
    actual_db = bullington(rises_m, d, link.wavelength_m)
    smooth_db = bullington(smooth_m, d, link.wavelength_m)
    tx_height_m, rx_height_m = path.tx_m - path.smooth_tx_m, path.rx_m - path.smooth_rx_m
    sphere_db = spherical_earth(link, d, earth_km, tx_height_m, rx_height_m)
    return actual_db + max(sphere_db - smooth_db, 0.0), actual_db, smooth_db, sphere_db


@compiled
def losses(link: Link, path: Geometry) -> Losses:
    """
    Basic transmission loss of one path for half of the locations, with every step to it.

    Parameters
    ----------
    link, path
        The link and its path.

    Returns
    -------
    losses
        ``lbc_db`` is the result.

    References
    ----------
    P.1812-8 Annex 1, §4.2 to §4.6.
    """
    d, share, beta = path.distance_km, link.time_share, link.beta_share
    theta_mrad = 1000.0 * d / link.earth_km + path.tx_angle_mrad + path.rx_angle_mrad
    # §4.2
    lbfs = free_space(link.frequency_ghz, d, path.tx_m, path.rx_m)
    enhancement_db = 2.6 * (1.0 - math.exp(-0.1 * (path.tx_horizon_km + path.rx_horizon_km)))
    lb0p = lbfs + enhancement_db * math.log10(share / 0.5)
    lb0b = lbfs + enhancement_db * math.log10(beta / 0.5)
    # §4.3.5
    ld50 = diffraction(link, path, link.earth_km)[0]
    ldb, lbulla, lbulls, ldsph = diffraction(link, path, link.beta_earth_km)
    fi = inverse_normal(share) / inverse_normal(beta) if share > beta else 1.0
    ldp = ld50 + fi * (ldb - ld50)
    lbd50, lbd = lbfs + ld50, lb0p + ldp
    # §4.4, §4.5
    lbs = troposcatter(link, d, theta_mrad)
    lba = ducting(link, path)
    # §4.6
    fj = 1.0 - 0.5 * (1.0 + math.tanh(8.0 * (theta_mrad - 0.3)))
    fk = 1.0 - 0.5 * (1.0 + math.tanh(1.5 * (d - 20.0) / 20.0))
    land_db = (1.0 - link.water_share) * ldp
    lminb0p = lb0p + land_db if share < beta else lbd50 + (lb0b + land_db - lbd50) * fi
    lminbap = max(lba, lb0p) + 2.5 * math.log(1.0 + math.exp(-abs(lba - lb0p) / 2.5))
    lbda = lbd if lminbap > lbd else lminbap + (lbd - lminbap) * fk
    lbam = lbda + (lminb0p - lbda) * fj
    lbc = min(lbs, lbam) - 5.0 * math.log10(1.0 + 10.0 ** (-0.2 * abs(lbs - lbam)))
    return Losses(
        theta_mrad, fi, fj, fk, lbfs, lb0p, lb0b, lbulla, lbulls, ldsph, ld50, ldb, ldp,
        lbd50, lbd, lminb0p, lba, lminbap, lbda, lbam, lbs, lbc,
    )  # fmt: skip
