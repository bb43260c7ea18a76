"""ITU-R P.1812-8 for given profiles: what §3 and §5 of Annex 1 draw from the terrain, and the loss."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.p1812 import beta_share, inverse_normal, losses
from geo.kernels.p1812_record import Geometry, Link, Losses, Rises

Floats = npt.NDArray[np.float64]
Zones = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int64]

SEA, COAST, INLAND = 1, 3, 4


@compiled
def rises(distance_km: Floats, height_m: Floats, tx_m: float, rx_m: float, earth_km: float) -> Rises:
    """
    Rises of a profile over the straight line between the antennas.

    Parameters
    ----------
    distance_km
        From the transmitter [km], shape (n,), rising from 0.
    height_m
        Obstacles above sea level [m], shape (n,); the ends are not used.
    tx_m, rx_m
        Antennas above sea level [m].
    earth_km
        Effective radius of the earth [km].

    Returns
    -------
    rises_m
        As ``kernels.p1812`` tells [m].
    """
    d = distance_km[-1]
    first, second, third = -math.inf, -math.inf, -math.inf
    for i in range(1, distance_km.size - 1):
        x = distance_km[i] / d
        y = 1.0 - x
        c = height_m[i] + 500.0 / earth_km * distance_km[i] * (d - distance_km[i]) - tx_m * y - rx_m * x
        first = max(first, c / x)
        second = max(second, c / y)
        third = max(third, c / math.sqrt(x * y))
    return first, second, third


@compiled
def horizons(
    distance_km: Floats, ground_m: Floats, tx_m: float, rx_m: float, earth_km: float
) -> tuple[int, int, float, float]:
    """
    Where each antenna has its horizon, and how high it stands.

    Parameters
    ----------
    distance_km, ground_m, tx_m, rx_m, earth_km
        As in ``rises``; bare ground.

    Returns
    -------
    horizons
        (index seen from the transmitter, index seen from the receiver, theta_t [mrad], theta_r [mrad]); with
        line of sight both indices are the point that clears the line least.

    References
    ----------
    P.1812-8 §5.3, eqs. (75) to (81).
    """
    n, d = distance_km.size, distance_km[-1]
    bend = 0.5 / earth_km
    toward_rad = (rx_m - tx_m) / (1000.0 * d) - bend * d
    tx_rad, rx_rad, least = -math.inf, -math.inf, -math.inf
    from_tx, from_rx, nearest = 0, 0, 0
    for i in range(1, n - 1):
        near_km, far_km = distance_km[i], d - distance_km[i]
        rad = (ground_m[i] - tx_m) / (1000.0 * near_km) - bend * near_km
        if rad > tx_rad:
            tx_rad, from_tx = rad, i
        rad = (ground_m[i] - rx_m) / (1000.0 * far_km) - bend * far_km
        if rad >= rx_rad:
            rx_rad, from_rx = rad, i
        over_m = ground_m[i] + 1000.0 * bend * near_km * far_km - (tx_m * far_km + rx_m * near_km) / d
        if over_m / math.sqrt(near_km * far_km) > least:
            least, nearest = over_m / math.sqrt(near_km * far_km), i
    if math.atan(tx_rad) > math.atan(toward_rad):
        return from_tx, from_rx, 1000.0 * math.atan(tx_rad), 1000.0 * math.atan(rx_rad)
    back_rad = (tx_m - rx_m) / (1000.0 * d) - bend * d
    return nearest, nearest, 1000.0 * math.atan(toward_rad), 1000.0 * math.atan(back_rad)


@compiled
def smooth_earth(distance_km: Floats, ground_m: Floats) -> tuple[float, float]:
    """
    Straight line of least squares through the ground, at both ends.

    Parameters
    ----------
    distance_km, ground_m
        As in ``horizons``.

    Returns
    -------
    smooth_m
        (h_st, h_sr) above sea level [m].

    References
    ----------
    P.1812-8 §5.6.1, eqs. (83) to (86).
    """
    d, v1, v2 = distance_km[-1], 0.0, 0.0
    for i in range(1, distance_km.size):
        near, far = distance_km[i - 1], distance_km[i]
        v1 += (far - near) * (ground_m[i] + ground_m[i - 1])
        v2 += (far - near) * (ground_m[i] * (2.0 * far + near) + ground_m[i - 1] * (far + 2.0 * near))
    return (2.0 * v1 * d - v2) / (d * d), (v2 - v1 * d) / (d * d)


@compiled
def under_obstacles(
    distance_km: Floats, ground_m: Floats, tx_m: float, rx_m: float, smooth_m: tuple[float, float]
) -> tuple[float, float]:
    """
    Smooth earth for diffraction: lowered where the ground stands over the line between the antennas.

    Parameters
    ----------
    distance_km, ground_m, tx_m, rx_m
        As in ``horizons``.
    smooth_m
        From ``smooth_earth`` [m].

    Returns
    -------
    smooth_m
        (h_std, h_srd) above sea level [m].

    References
    ----------
    P.1812-8 §5.6.2, eqs. (87) to (89).
    """
    d = distance_km[-1]
    highest, tx_slope, rx_slope = -math.inf, -math.inf, -math.inf
    for i in range(1, distance_km.size - 1):
        over = ground_m[i] - (tx_m * (d - distance_km[i]) + rx_m * distance_km[i]) / d
        highest = max(highest, over)
        tx_slope = max(tx_slope, over / distance_km[i])
        rx_slope = max(rx_slope, over / (d - distance_km[i]))
    tx_smooth_m, rx_smooth_m = smooth_m
    if highest > 0.0:
        tx_smooth_m -= highest * tx_slope / (tx_slope + rx_slope)
        rx_smooth_m -= highest * rx_slope / (tx_slope + rx_slope)
    return min(tx_smooth_m, ground_m[0]), min(rx_smooth_m, ground_m[-1])


@compiled
def geometry(
    distance_km: Floats, ground_m: Floats, top_m: Floats, tx_m: float, rx_m: float, link: Link
) -> Geometry:
    """
    What the terrain of one path comes to.

    Parameters
    ----------
    distance_km
        From the transmitter [km], shape (n,), n at least 3, rising from 0.
    ground_m, top_m
        Bare ground, and ground with clutter, above sea level [m], shape (n,).
    tx_m, rx_m
        Antennas above sea level [m].
    link
        Radii of the earth and time share.

    Returns
    -------
    geometry
        The path.

    References
    ----------
    P.1812-8 §5.
    """
    d = distance_km[-1]
    from_tx, from_rx, tx_mrad, rx_mrad = horizons(distance_km, ground_m, tx_m, rx_m, link.earth_km)
    plain_m = smooth_earth(distance_km, ground_m)
    smooth_m = under_obstacles(distance_km, ground_m, tx_m, rx_m, plain_m)
    # §5.6.3
    tx_duct_m, rx_duct_m = min(plain_m[0], ground_m[0]), min(plain_m[1], ground_m[-1])
    roughness_m = -math.inf
    for i in range(from_tx, from_rx + 1):
        line_m = tx_duct_m + (rx_duct_m - tx_duct_m) * distance_km[i] / d
        roughness_m = max(roughness_m, ground_m[i] - line_m)
    flat_m = np.zeros(distance_km.size)
    over_m = tx_m - smooth_m[0], rx_m - smooth_m[1]
    median_m = rises(distance_km, top_m, tx_m, rx_m, link.earth_km)
    flat_median_m = rises(distance_km, flat_m, over_m[0], over_m[1], link.earth_km)
    beta_m = rises(distance_km, top_m, tx_m, rx_m, link.beta_earth_km)
    flat_beta_m = rises(distance_km, flat_m, over_m[0], over_m[1], link.beta_earth_km)
    return Geometry(
        d, tx_m, rx_m, distance_km[from_tx], d - distance_km[from_rx], tx_mrad, rx_mrad,
        smooth_m[0], smooth_m[1], tx_m - tx_duct_m, rx_m - rx_duct_m, roughness_m,
        median_m, beta_m, flat_median_m, flat_beta_m,
    )  # fmt: skip


@compiled
def longest_run(distance_km: Floats, zones: Zones, code: int) -> float:
    """
    Longest stretch of a path in zones of a kind; each point stands for half the way to its neighbours.

    Parameters
    ----------
    distance_km
        From the transmitter [km], shape (n,).
    zones
        SEA, COAST or INLAND, shape (n,).
    code
        COAST for all land, INLAND for inland only.

    Returns
    -------
    run_km
        Its length [km]; 0 where no point is of the kind.

    References
    ----------
    P.1812-8 §3.6.
    """
    longest_km, run_km = 0.0, 0.0
    for i in range(distance_km.size):
        if zones[i] >= code:
            before = distance_km[max(i - 1, 0)]
            after = distance_km[min(i + 1, distance_km.size - 1)]
            run_km += 0.5 * (after - before)
            longest_km = max(longest_km, run_km)
        else:
            run_km = 0.0
    return longest_km


@compiled
def water_share(distance_km: Floats, zones: Zones) -> float:
    """
    Share of a path over the sea.

    Parameters
    ----------
    distance_km, zones
        As in ``longest_run``.

    Returns
    -------
    share
        omega.

    References
    ----------
    P.1812-8 §4.1.
    """
    sea_km = 0.0
    for i in range(distance_km.size):
        if zones[i] == SEA:
            before = distance_km[max(i - 1, 0)]
            sea_km += 0.5 * (distance_km[min(i + 1, distance_km.size - 1)] - before)
    return sea_km / float(distance_km[-1])


@compiled
def located(
    link: Link, latitude_deg: float, distance_km: Floats, zones: Zones, coasts_km: tuple[float, float]
) -> Link:
    """
    The link on one path: what depends on where the path runs.

    Parameters
    ----------
    link
        Frequency, polarisation, time share, radii and refractivity.
    latitude_deg
        Middle of the path [°].
    distance_km, zones
        As in ``longest_run``.
    coasts_km
        From transmitter and receiver to the coast [km].

    Returns
    -------
    link
        With beta_0, share of water, stretch inland, and coasts.
    """
    inland_km = longest_run(distance_km, zones, INLAND)
    share = beta_share(latitude_deg, longest_run(distance_km, zones, COAST), inland_km)
    return Link(
        link.frequency_ghz, link.wavelength_m, link.vertical, link.time_share, share, link.earth_km,
        link.beta_earth_km, link.refractivity, water_share(distance_km, zones), inland_km,
        coasts_km[0], coasts_km[1],
    )  # fmt: skip


@compiled
def profile_losses(
    distance_km: Floats,
    ground_m: Floats,
    clutter_m: Floats,
    zones: Zones,
    tx_height_m: float,
    rx_height_m: float,
    latitude_deg: float,
    coasts_km: tuple[float, float],
    link: Link,
) -> tuple[Link, Geometry, Losses]:
    """
    The complete method for one profile.

    Parameters
    ----------
    distance_km
        From the transmitter [km], shape (n,), n at least 3, rising from 0.
    ground_m, clutter_m
        Ground above sea level and clutter above the ground [m], shape (n,); clutter at the ends is ignored.
    zones
        SEA, COAST or INLAND, shape (n,).
    tx_height_m, rx_height_m
        Antennas above the ground [m].
    latitude_deg
        Middle of the path [°].
    coasts_km
        From transmitter and receiver to the coast [km].
    link
        As in ``located``.

    Returns
    -------
    steps
        The link on this path, its geometry and its losses.
    """
    here = located(link, latitude_deg, distance_km, zones, coasts_km)
    tx_m, rx_m = ground_m[0] + tx_height_m, ground_m[-1] + rx_height_m
    path = geometry(distance_km, ground_m, ground_m + clutter_m, tx_m, rx_m, here)
    return here, path, losses(here, path)


@compiled
def location_loss(
    frequency_ghz: float, location_share: float, rx_height_m: float, clutter_m: float, square_m: float,
    entry_db: float, entry_sigma_db: float,
) -> float:  # fmt: skip
    """
    What a share of locations adds to the median.

    Parameters
    ----------
    frequency_ghz
        Carrier [GHz].
    location_share
        Share of the locations for which the loss is not exceeded, 0.01 to 0.99.
    rx_height_m, clutter_m
        Receiver above the ground and representative clutter there (R) [m].
    square_m
        w_a: side of the square over which the variability holds [m].
    entry_db, entry_sigma_db
        Median building entry loss and its standard deviation [dB]; 0 outdoors.

    Returns
    -------
    loss_db
        To be added to L_bc [dB]; below 0 for shares under one half.

    References
    ----------
    P.1812-8 §4.7 to §4.9, eqs. (64) to (69).
    """
    sigma_db = (0.024 * frequency_ghz + 0.52) * math.pow(square_m, 0.28)
    sigma_db *= min(max(1.0 - (rx_height_m - clutter_m) / 10.0, 0.0), 1.0)
    spread_db = math.sqrt(sigma_db * sigma_db + entry_sigma_db * entry_sigma_db)
    return entry_db - inverse_normal(location_share) * spread_db
