"""Transmitter, antenna pattern and link budget for each resource element."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geo.aerial import Aerial
from geo.errors import RangeError
from geo.units import BOLTZMANN_J_PER_K, SPEED_OF_LIGHT_M_PER_S, Floats

SIDE_LOBE_LIMIT_DB = 30.0
"""Largest vertical attenuation SLA_V [dB] (TR 38.901 Table 7.3-1)."""

FRONT_BACK_LIMIT_DB = 30.0
"""Largest attenuation A_max [dB] (TR 38.901 Table 7.3-1)."""

SUBCARRIERS_PER_BLOCK = 12
"""Subcarriers of one resource block (TS 38.211 clause 4.4.4.1)."""

_LAST_ARFCN = 3_279_165

LIMITS: dict[str, tuple[float, float, str]] = {
    "height_m": (3.0, 120.0, "m"),
    "frequency_mhz": (400.0, 100_000.0, "MHz"),
    "bandwidth_mhz": (0.2, 400.0, "MHz"),
    "n_rb": (1, 275, ""),
    "scs_khz": (15.0, 960.0, "kHz"),
    "tx_power_dbm": (0.0, 60.0, "dBm"),
    "gain_dbi": (-5.0, 35.0, "dBi"),
    "horizontal_beamwidth_deg": (1.0, 360.0, "°"),
    "vertical_beamwidth_deg": (1.0, 180.0, "°"),
    "cable_loss_db": (0.0, 20.0, "dB"),
    "mechanical_tilt_deg": (-5.0, 20.0, "°"),
    "electrical_tilt_deg": (-5.0, 20.0, "°"),
    "load_share": (0.0, 1.0, ""),
    "tdd_share": (0.0, 1.0, ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmitter:
    """
    One cell of a mobile network: what one antenna sends, from where, for whom.

    Parameters
    ----------
    id, mast_id
        Stable names of the cell and of the mast which carries it.
    operators
        Operators served, at least one.
    technology, band
        Such as ``"5G"`` and ``"n41"``.
    x_m, y_m
        Easting and northing of the antenna [m] in the reference system of the grid.
    height_m
        Antenna above the ground [m], 3 to 120.
    frequency_mhz, bandwidth_mhz
        Middle of the carrier [MHz], 400 to 100 000; channel bandwidth [MHz].
    n_rb, scs_khz
        Resource blocks of the carrier, 1 to 275; subcarrier spacing [kHz].
    tx_power_dbm
        Power of the whole carrier at the antenna port [dBm], 0 to 60.
    gain_dbi, cable_loss_db
        Largest antenna gain [dBi], −5 to 35; loss before the antenna [dB], 0 to 20.
    horizontal_beamwidth_deg, vertical_beamwidth_deg
        Half-power widths of the beam [°].
    azimuth_deg
        Clockwise from true north [°], 0 to 360. None: unknown, so the horizontal pattern is left out.
    mechanical_tilt_deg, electrical_tilt_deg
        Downwards positive [°], −5 to 20.
    load_share, tdd_share
        Share of resource elements in use, and share of time for the downlink, 0 to 1.
    assumed
        Names of those fields above whose values are assumptions.
    aerial
        Antenna given direction by direction. None: the pattern of TR 38.901 with the widths above. Its
        electrical tilt is in the table, so that ``electrical_tilt_deg`` only tells of it.
    urban
        Whether it stands among the high houses of a town (``surroundings.judged``).

    Raises
    ------
    RangeError
        A value lies outside its range or is not a number, or there is no operator.
    """

    id: str
    mast_id: str
    operators: tuple[str, ...]
    technology: str
    band: str
    x_m: float
    y_m: float
    height_m: float
    frequency_mhz: float
    bandwidth_mhz: float
    n_rb: int
    scs_khz: float
    tx_power_dbm: float
    gain_dbi: float
    horizontal_beamwidth_deg: float
    vertical_beamwidth_deg: float
    cable_loss_db: float = 0.0
    azimuth_deg: float | None = None
    mechanical_tilt_deg: float = 0.0
    electrical_tilt_deg: float = 0.0
    load_share: float = 1.0
    tdd_share: float = 1.0
    assumed: frozenset[str] = field(default_factory=frozenset)
    aerial: Aerial | None = None
    urban: bool = False

    def __post_init__(self) -> None:
        for quantity, (low, high, unit) in LIMITS.items():
            _require(quantity, getattr(self, quantity), low, high, unit)
        for quantity in ("x_m", "y_m"):
            _require(quantity, getattr(self, quantity), -1e8, 1e8, "m")
        if self.azimuth_deg is not None:
            _require("azimuth_deg", self.azimuth_deg, 0.0, 360.0, "°")
        if not self.operators:
            raise RangeError("operators", 0, 1, math.inf, "")

    @property
    def is_assumed(self) -> bool:
        """Whether any of its parameters is an assumption; an unknown azimuth is one."""
        return bool(self.assumed) or self.azimuth_deg is None

    @property
    def eirp_per_re_dbm(self) -> float:
        """Radiated power of one resource element in the strongest direction [dBm]."""
        return eirp_per_re_dbm(
            tx_power_dbm=self.tx_power_dbm,
            n_rb=self.n_rb,
            gain_dbi=self.gain_dbi,
            cable_loss_db=self.cable_loss_db,
        )


def eirp_per_re_dbm(*, tx_power_dbm: float, n_rb: int, gain_dbi: float, cable_loss_db: float = 0.0) -> float:
    """
    Radiated power of one resource element in the strongest direction.

    Parameters
    ----------
    tx_power_dbm
        Power of the whole carrier [dBm].
    n_rb
        Resource blocks over which it is spread, at least 1.
    gain_dbi, cable_loss_db
        Largest antenna gain [dBi]; loss before the antenna [dB].

    Returns
    -------
    eirp_per_re_dbm
        Power − 10 log10(12 n_rb) + gain − loss [dBm].

    Raises
    ------
    RangeError
        ``n_rb`` is below 1.

    References
    ----------
    TS 38.215 clause 5.1.1; blocks for each bandwidth: TS 38.101-1 Table 5.3.2-1.
    """
    if n_rb < 1:
        raise RangeError("n_rb", n_rb, 1, 275, "")
    return tx_power_dbm - 10.0 * math.log10(SUBCARRIERS_PER_BLOCK * n_rb) + gain_dbi - cable_loss_db


def antenna_gain_dbi(
    theta_deg: npt.ArrayLike,
    phi_deg: npt.ArrayLike,
    *,
    gain_dbi: float,
    horizontal_beamwidth_deg: float,
    vertical_beamwidth_deg: float,
    side_lobe_limit_db: float = SIDE_LOBE_LIMIT_DB,
    front_back_limit_db: float = FRONT_BACK_LIMIT_DB,
) -> Floats:
    """
    Gain in the antenna's own frame, no tilt applied.

    Parameters
    ----------
    theta_deg
        Zenith angle [°], 0 to 180; 90 is boresight.
    phi_deg
        Horizontal angle off boresight [°], −180 to 180, same shape.
    gain_dbi
        Largest gain [dBi].
    horizontal_beamwidth_deg, vertical_beamwidth_deg
        Half-power widths [°], above 0.
    side_lobe_limit_db, front_back_limit_db
        SLA_V and A_max [dB].

    Returns
    -------
    gain_dbi
        Gain [dBi], shape of the angles.

    References
    ----------
    TR 38.901 clause 7.3, Table 7.3-1, with the cell's own beamwidths and gain.
    """
    theta = np.asarray(theta_deg, dtype=np.float64)
    phi = np.asarray(phi_deg, dtype=np.float64)
    vertical_db = np.minimum(12.0 * ((theta - 90.0) / vertical_beamwidth_deg) ** 2, side_lobe_limit_db)
    horizontal_db = np.minimum(12.0 * (phi / horizontal_beamwidth_deg) ** 2, front_back_limit_db)
    return np.asarray(gain_dbi - np.minimum(vertical_db + horizontal_db, front_back_limit_db))


def nr_arfcn_to_mhz(n_ref: npt.ArrayLike) -> Floats:
    """
    Frequency of an NR channel number.

    Parameters
    ----------
    n_ref
        NR-ARFCN, 0 to 3 279 165, any shape.

    Returns
    -------
    frequency_mhz
        Reference frequency [MHz], shape of the input.

    Raises
    ------
    RangeError
        A number lies outside the global raster.

    References
    ----------
    TS 38.104 clause 5.4.2.1, Table 5.4.2.1-1.
    """
    number = np.asarray(n_ref, dtype=np.float64)
    outside = number[~((number >= 0) & (number <= _LAST_ARFCN))]
    if outside.size:
        raise RangeError("n_ref", float(outside[0]), 0, _LAST_ARFCN, "")
    low = number * 0.005
    middle = 3000.0 + 0.015 * (number - 600_000)
    high = 24_250.08 + 0.06 * (number - 2_016_667)
    return np.asarray(np.where(number < 600_000, low, np.where(number < 2_016_667, middle, high)))


def noise_per_re_dbm(*, scs_khz: float, noise_figure_db: float, temperature_k: float = 290.0) -> float:
    """
    Thermal noise in one resource element, k T B, not the rounded −174 dBm/Hz.

    Parameters
    ----------
    scs_khz
        Subcarrier spacing [kHz], above 0.
    noise_figure_db
        Noise figure of the receiver [dB].
    temperature_k
        Temperature [K], above 0.

    Returns
    -------
    noise_dbm
        Noise power [dBm].
    """
    density_dbm_per_hz = 10.0 * math.log10(BOLTZMANN_J_PER_K * temperature_k * 1000.0)
    return density_dbm_per_hz + 10.0 * math.log10(scs_khz * 1000.0) + noise_figure_db


def truncated_shannon(
    snir_db: npt.ArrayLike,
    *,
    alpha: float = 0.6,
    snir_min_db: float = -10.0,
    max_bps_per_hz: float = 4.4,
) -> Floats:
    """
    Throughput of a link that adapts its coding.

    Parameters
    ----------
    snir_db
        Signal to noise and interference [dB], any shape.
    alpha
        Attenuation factor for implementation losses; downlink 0.6, uplink 0.4.
    snir_min_db
        Below it nothing gets through [dB].
    max_bps_per_hz
        Cap [bit/s/Hz]; downlink 4.4, uplink 2.0.

    Returns
    -------
    throughput_bps_per_hz
        [bit/s/Hz], shape of the input.

    References
    ----------
    TR 36.942 Annex A.
    """
    snir = np.asarray(snir_db, dtype=np.float64)
    shannon = alpha * np.log2(1.0 + np.power(10.0, snir / 10.0))
    return np.asarray(np.where(snir < snir_min_db, 0.0, np.minimum(shannon, max_bps_per_hz)))


def free_space_loss_db(distance_m: npt.ArrayLike, *, frequency_mhz: float) -> Floats:
    """
    Loss between isotropic antennas in free space.

    Parameters
    ----------
    distance_m
        Straight-line distance [m], above 0, any shape.
    frequency_mhz
        Carrier [MHz], above 0.

    Returns
    -------
    loss_db
        Loss [dB], shape of the distance.

    References
    ----------
    ITU-R P.525, eq. (3).
    """
    distance = np.asarray(distance_m, dtype=np.float64)
    return np.asarray(20.0 * np.log10(4e6 * math.pi * frequency_mhz * distance / SPEED_OF_LIGHT_M_PER_S))


def free_space_reach_m(loss_db: float, *, frequency_mhz: float) -> float:
    """
    Distance at which free space has a given loss.

    Parameters
    ----------
    loss_db
        Loss [dB].
    frequency_mhz
        Carrier [MHz], above 0.

    Returns
    -------
    distance_m
        Straight-line distance [m].
    """
    return float(10.0 ** (loss_db / 20.0) * SPEED_OF_LIGHT_M_PER_S / (4e6 * math.pi * frequency_mhz))


def _require(quantity: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:
        raise RangeError(quantity, value, low, high, unit)
