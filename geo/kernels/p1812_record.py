"""What the kernels of ITU-R P.1812 hand on: the link, the geometry of a path, every step of its loss."""

from __future__ import annotations

from typing import NamedTuple

Rises = tuple[float, float, float]


class Link(NamedTuple):
    """
    What a path has besides its terrain.

    Parameters
    ----------
    frequency_ghz
        Carrier [GHz], 0.03 to 6.
    wavelength_m
        Its wavelength [m], as the Recommendation rounds it.
    vertical
        1.0 for vertical polarisation, 0.0 for horizontal.
    time_share
        Share of an average year for which the loss is not exceeded, 0.01 to 0.5.
    beta_share
        beta_0: share of time with lapse rates above 100 N-units/km.
    earth_km, beta_earth_km
        Effective radius of the earth, median and exceeded for ``beta_share`` [km].
    refractivity
        N_0 at sea level [N-units].
    water_share
        omega: share of the path over water.
    inland_km
        d_lm: longest stretch inland [km].
    tx_coast_km, rx_coast_km
        From each end to the coast along the path [km]; used where most of the path is over water.
    """

    frequency_ghz: float
    wavelength_m: float
    vertical: float
    time_share: float
    beta_share: float
    earth_km: float
    beta_earth_km: float
    refractivity: float
    water_share: float
    inland_km: float
    tx_coast_km: float
    rx_coast_km: float


class Geometry(NamedTuple):
    """
    What the terrain of one path comes to.

    Parameters
    ----------
    distance_km
        Great-circle distance [km].
    tx_m, rx_m
        h_ts, h_rs: antennas above sea level [m].
    tx_horizon_km, rx_horizon_km
        d_lt, d_lr: from each end to its horizon [km].
    tx_angle_mrad, rx_angle_mrad
        theta_t, theta_r: elevation of the horizons [mrad].
    smooth_tx_m, smooth_rx_m
        h_std, h_srd: smooth earth under the antennas for diffraction (eq. 89) [m].
    duct_tx_m, duct_rx_m
        h_te, h_re: effective heights for ducting (eq. 92) [m].
    roughness_m
        h_m (eq. 93) [m].
    rises_m, beta_rises_m
        Rises over the profile with clutter, on the median and on the ``beta_share`` earth [m].
    smooth_rises_m, beta_smooth_rises_m
        Rises over the smooth earth, at heights over it, likewise [m].
    """

    distance_km: float
    tx_m: float
    rx_m: float
    tx_horizon_km: float
    rx_horizon_km: float
    tx_angle_mrad: float
    rx_angle_mrad: float
    smooth_tx_m: float
    smooth_rx_m: float
    duct_tx_m: float
    duct_rx_m: float
    roughness_m: float
    rises_m: Rises
    beta_rises_m: Rises
    smooth_rises_m: Rises
    beta_smooth_rises_m: Rises


class Losses(NamedTuple):
    """
    Every step of a prediction, named as in the Recommendation. Losses in dB, ratios without unit.

    Parameters
    ----------
    theta_mrad
        Angular distance (eq. 82) [mrad].
    fi, fj, fk
        Interpolation factors (eqs. 40, 57, 58).
    lbfs_db, lb0p_db, lb0b_db
        Free space; line of sight for the time share, and for beta_0 (eqs. 8, 10, 11).
    lbulla_db, lbulls_db, ldsph_db
        Bullington over the actual and the smooth profile, and spherical earth, on the beta_0 earth
        (eqs. 21, 27).
    ld50_db, ldb_db, ldp_db
        Diffraction: median, beta_0, time share (eqs. 38 to 41).
    lbd50_db, lbd_db, lminb0p_db, lba_db, lminbap_db, lbda_db, lbam_db, lbs_db, lbc_db
        Eqs. (42), (43), (59), (46), (60), (61), (62), (44), (63).
    """

    theta_mrad: float
    fi: float
    fj: float
    fk: float
    lbfs_db: float
    lb0p_db: float
    lb0b_db: float
    lbulla_db: float
    lbulls_db: float
    ldsph_db: float
    ld50_db: float
    ldb_db: float
    ldp_db: float
    lbd50_db: float
    lbd_db: float
    lminb0p_db: float
    lba_db: float
    lminbap_db: float
    lbda_db: float
    lbam_db: float
    lbs_db: float
    lbc_db: float
