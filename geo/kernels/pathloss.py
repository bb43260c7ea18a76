"""
Path loss of TR 38.901 Table 7.4.1-1 and of free space.

At one frequency and one pair of heights every model of the table has the form::

    LOS   d2D <= d_bp:  a1 + b1 log10(d3D) + c1 d3D
          d2D >  d_bp:  a2 + b2 log10(d3D)
    NLOS  max(LOS, an + bn log10(d3D))

so a model is the tuple ``(d_bp, a1, b1, c1, a2, b2, an, bn)``, computed once for each mast.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Terms = tuple[float, float, float, float, float, float, float, float]
Floats = npt.NDArray[np.float64]

FREE_SPACE, RMA, UMA, UMI = 0, 1, 2, 3

LIGHT_M_PER_S = 299_792_458.0
BREAKPOINT_M_PER_S = 3.0e8
ENVIRONMENT_HEIGHT_M = 1.0


@compiled
def coefficients(
    model: int,
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    building_height_m: float,
    street_width_m: float,
) -> Terms:
    """
    Coefficients of a model at one frequency and one pair of heights.

    Parameters
    ----------
    model
        FREE_SPACE, RMA, UMA or UMI.
    frequency_mhz
        Carrier [MHz].
    tx_height_m, rx_height_m
        Antennas above the ground [m].
    building_height_m, street_width_m
        Average height of buildings and width of streets [m]; used by RMA only.

    Returns
    -------
    terms
        ``(d_bp, a1, b1, c1, a2, b2, an, bn)``; NaN where the formula is not defined.
    """
    if model == FREE_SPACE:
        constant = 20.0 * math.log10(4e6 * math.pi * frequency_mhz / LIGHT_M_PER_S)
        return math.inf, constant, 20.0, 0.0, constant, 20.0, -math.inf, 0.0
    if model == RMA:
        return rma(frequency_mhz, tx_height_m, rx_height_m, building_height_m, street_width_m)
    log_f = math.log10(frequency_mhz / 1000.0)
    # Table 7.4.1-1 note 1: d'BP = 4 h'BS h'UT fc/c with fc in Hz and c = 3.0e8 m/s
    product_m2 = (tx_height_m - ENVIRONMENT_HEIGHT_M) * (rx_height_m - ENVIRONMENT_HEIGHT_M)
    d_bp = 4.0 * product_m2 * frequency_mhz * 1e6 / BREAKPOINT_M_PER_S
    far = math.log10(d_bp * d_bp + (tx_height_m - rx_height_m) ** 2)
    if model == UMA:
        near = 28.0 + 20.0 * log_f
        nlos = 13.54 + 20.0 * log_f - 0.6 * (rx_height_m - 1.5)
        return d_bp, near, 22.0, 0.0, near - 9.0 * far, 40.0, nlos, 39.08
    near = 32.4 + 20.0 * log_f
    nlos = 22.4 + 21.3 * log_f - 0.3 * (rx_height_m - 1.5)
    return d_bp, near, 21.0, 0.0, near - 9.5 * far, 40.0, nlos, 35.3


@compiled
def rma(
    frequency_mhz: float,
    tx_height_m: float,
    rx_height_m: float,
    building_height_m: float,
    street_width_m: float,
) -> Terms:
    """
    Coefficients of the rural macro model.

    Parameters
    ----------
    frequency_mhz, tx_height_m, rx_height_m, building_height_m, street_width_m
        As in ``coefficients``.

    Returns
    -------
    terms
        As in ``coefficients``.
    """
    f_ghz = frequency_mhz / 1000.0
    h = building_height_m
    # Note 5: d_BP = 2 pi hBS hUT fc/c
    d_bp = 2.0 * math.pi * tx_height_m * rx_height_m * frequency_mhz * 1e6 / BREAKPOINT_M_PER_S
    power = h**1.72
    slope = min(0.03 * power, 10.0)
    # PL1
    a1 = 20.0 * math.log10(40.0 * math.pi * f_ghz / 3.0) - min(0.044 * power, 14.77)
    b1 = 20.0 + slope
    c1 = 0.002 * math.log10(h)
    # PL2 = PL1(d_BP) + 40 log10(d3D / d_BP)
    log_bp = math.log10(d_bp)
    a2 = a1 + b1 * log_bp + c1 * d_bp - 40.0 * log_bp
    # PL'_NLOS
    log_tx = math.log10(tx_height_m)
    bn = 43.42 - 3.1 * log_tx
    an = (
        161.04
        - 7.1 * math.log10(street_width_m)
        + 7.5 * math.log10(h)
        - (24.37 - 3.7 * (h / tx_height_m) ** 2) * log_tx
        - 3.0 * bn
        + 20.0 * math.log10(f_ghz)
        - (3.2 * math.log10(11.75 * rx_height_m) ** 2 - 4.97)
    )
    return d_bp, a1, b1, c1, a2, 40.0, an, bn


@compiled
def los_loss(d2_m: float, d3_m: float, log_d3: float, terms: Terms) -> float:
    """
    Loss with line of sight.

    Parameters
    ----------
    d2_m, d3_m, log_d3
        Horizontal and straight-line distance [m], log10 of the latter.
    terms
        From ``coefficients``.

    Returns
    -------
    loss_db
        Loss [dB].
    """
    if d2_m <= terms[0]:
        return terms[1] + terms[2] * log_d3 + terms[3] * d3_m
    return terms[4] + terms[5] * log_d3


@compiled
def nlos_loss(los_db: float, log_d3: float, terms: Terms) -> float:
    """
    Loss without line of sight.

    Parameters
    ----------
    los_db
        Loss with line of sight at the same place [dB].
    log_d3
        log10 of the straight-line distance [m].
    terms
        From ``coefficients``.

    Returns
    -------
    loss_db
        Loss [dB], never below ``los_db``.
    """
    return max(los_db, terms[6] + terms[7] * log_d3)


@compiled
def path_losses(
    model: int,
    frequency_mhz: Floats,
    distance_m: Floats,
    tx_height_m: Floats,
    rx_height_m: Floats,
    building_m: Floats,
    street_m: Floats,
    los: npt.NDArray[np.bool_],
    loss_db: Floats,
) -> None:
    """
    Loss of many paths, each with its own frequency and heights.

    Parameters
    ----------
    model
        FREE_SPACE, RMA, UMA or UMI.
    frequency_mhz, distance_m, tx_height_m, rx_height_m, building_m, street_m
        Carrier [MHz], horizontal distance [m], heights and street width [m], shape (n,), float64.
    los
        True where there is line of sight, shape (n,).
    loss_db
        Written: loss [dB], shape (n,); NaN where the formula is not defined.
    """
    for i in range(distance_m.size):
        loss_db[i] = np.nan
        if not (distance_m[i] >= 0.0 and frequency_mhz[i] > 0.0):
            continue
        terms = coefficients(
            model, frequency_mhz[i], tx_height_m[i], rx_height_m[i], building_m[i], street_m[i]
        )
        height_m = tx_height_m[i] - rx_height_m[i]
        d3_m = math.sqrt(distance_m[i] * distance_m[i] + height_m * height_m)
        if not d3_m > 0.0:
            continue
        log_d3 = math.log10(d3_m)
        loss = los_loss(distance_m[i], d3_m, log_d3, terms)
        loss_db[i] = loss if los[i] else nlos_loss(loss, log_d3, terms)
