"""Signal to interference and noise, and the throughput from it: by coding schemes, or truncated Shannon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.errors import RangeError, ShapeError
from geo.radio import SUBCARRIERS_PER_BLOCK, truncated_shannon
from geo.units import Floats, db_to_ratio, ratio_to_db

OVERHEAD_SHARE: Final = 0.14
"""Share of resource elements without data, downlink below 7 GHz (TS 38.306 clause 4.1.2)."""

SYMBOLS_PER_SLOT: Final = 14
"""OFDM symbols of a slot, normal cyclic prefix (TS 38.211 Table 4.3.2-1)."""

METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mcs": "3GPP TS 38.306, clause 4.1.2, with the schemes of TS 38.214, Table 5.1.3.1-2",
        "shannon": "3GPP TR 36.942, Annex A.2: truncated Shannon, downlink",
    }
)
"""Name of each way to a throughput, with its source; a figure carries the name with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """
    One modulation and coding scheme.

    Parameters
    ----------
    index
        Its number in the table.
    modulation_order
        Bits of one symbol: 2, 4, 6 or 8.
    rate_1024
        Code rate times 1024.
    sinr_min_db
        Least signal to interference and noise at which it is used [dB].

    Raises
    ------
    RangeError
        A value lies outside its range.
    """

    index: int
    modulation_order: int
    rate_1024: float
    sinr_min_db: float

    def __post_init__(self) -> None:
        for quantity, low, high in (
            ("modulation_order", 1, 10),
            ("rate_1024", 1.0, 1024.0),
            ("sinr_min_db", -30.0, 60.0),
        ):
            value = getattr(self, quantity)
            if not low <= value <= high:
                raise RangeError(quantity, value, low, high, "")

    @property
    def efficiency_bps_per_hz(self) -> float:
        """Bits of one symbol after coding."""
        return self.modulation_order * self.rate_1024 / 1024.0


def overlap_share(
    *, frequency_mhz: float, bandwidth_mhz: float, other_frequency_mhz: float, other_bandwidth_mhz: float
) -> float:
    """
    Share of a carrier's resource elements on which another carrier falls.

    Parameters
    ----------
    frequency_mhz, bandwidth_mhz
        Middle and width of the carrier that is received [MHz].
    other_frequency_mhz, other_bandwidth_mhz
        The same of the other [MHz].

    Returns
    -------
    overlap_share
        0 to 1; multiplies the load of the interferer.
    """
    low = max(frequency_mhz - bandwidth_mhz / 2.0, other_frequency_mhz - other_bandwidth_mhz / 2.0)
    high = min(frequency_mhz + bandwidth_mhz / 2.0, other_frequency_mhz + other_bandwidth_mhz / 2.0)
    return max(high - low, 0.0) / bandwidth_mhz


def interference_mw(power_dbm: npt.ArrayLike, load_share: npt.ArrayLike) -> Floats:
    """
    Mean power of many cells on one resource element.

    Parameters
    ----------
    power_dbm
        Power of a resource element from each cell [dBm], shape (k, ...); NaN or −inf: not received.
    load_share
        Share of time in which each cell sends on it, 0 to 1, shape (k,).

    Returns
    -------
    interference_mw
        Σ load · power [mW], shape (...). A caller may add up parts of the cells.

    Raises
    ------
    ShapeError
        There are not as many loads as cells.
    RangeError
        A load lies outside 0 to 1.
    """
    power, load = np.asarray(power_dbm, dtype=np.float64), np.asarray(load_share, dtype=np.float64)
    if load.shape != power.shape[:1]:
        raise ShapeError("loads_not_as_many_as_cells", loads=load.size, cells=len(power))
    outside = load[~((load >= 0.0) & (load <= 1.0))]
    if outside.size:
        raise RangeError("load_share", float(outside[0]), 0.0, 1.0, "")
    received_mw = np.nan_to_num(db_to_ratio(power), nan=0.0)
    return np.asarray(np.tensordot(load, received_mw, axes=1))


def ss_sinr_db(serving_dbm: npt.ArrayLike, others_mw: npt.ArrayLike, *, noise_dbm: float) -> Floats:
    """
    SS-SINR: the serving cell against the load of the others and the noise.

    Parameters
    ----------
    serving_dbm
        SS-RSRP of the serving cell [dBm], any shape.
    others_mw
        Interference of all other cells on the same carrier [mW], same shape, without the serving cell.
    noise_dbm
        Noise in one resource element [dBm], see ``radio.noise_per_re_dbm``.

    Returns
    -------
    sinr_db
        S / (Σ η I + N) [dB]; NaN where there is no serving cell.

    References
    ----------
    TS 38.215 clause 5.1.5.
    """
    serving = np.asarray(serving_dbm, dtype=np.float64)
    other = np.asarray(others_mw, dtype=np.float64)
    return np.asarray(serving - ratio_to_db(other + float(db_to_ratio(noise_dbm))))


def best_server_sinr_db(
    power_dbm: npt.ArrayLike, load_share: npt.ArrayLike, *, noise_dbm: float
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """
    SS-SINR of the strongest of several cells of one carrier and operator.

    Parameters
    ----------
    power_dbm
        Power of a resource element from each cell [dBm], shape (k, ...), k at least 1; NaN: not received.
    load_share
        Share of time in which each cell sends, 0 to 1, shape (k,).
    noise_dbm
        Noise in one resource element [dBm].

    Returns
    -------
    sinr_db
        [dB], shape (...); NaN where no cell is received.
    server
        Index of the serving cell, −1 where none; equal powers go to the lower index.

    Raises
    ------
    ShapeError
        There are not as many loads as cells.
    RangeError
        A load lies outside 0 to 1.
    """
    power = np.nan_to_num(np.asarray(power_dbm, dtype=np.float64), nan=-np.inf)
    load = np.asarray(load_share, dtype=np.float64)
    everything_mw = interference_mw(power, load)
    server = power.argmax(axis=0)
    serving_dbm = np.take_along_axis(power, server[np.newaxis], axis=0)[0]
    # Left over once the server's own part is taken away; rounding must not make it negative.
    others_mw = np.maximum(everything_mw - load[server] * db_to_ratio(serving_dbm), 0.0)
    received = np.isfinite(serving_dbm)
    sinr_db = np.where(received, ss_sinr_db(serving_dbm, others_mw, noise_dbm=noise_dbm), np.nan)
    return sinr_db, np.where(received, server, -1).astype(np.int64)


def efficiency_bps_per_hz(sinr_db: npt.ArrayLike, schemes: Sequence[Scheme]) -> Floats:
    """
    Bits of a symbol with the best scheme that the link carries.

    Parameters
    ----------
    sinr_db
        Signal to interference and noise of one layer [dB], any shape.
    schemes
        Schemes that may be used, in any order, at least one.

    Returns
    -------
    efficiency_bps_per_hz
        Per layer; 0 below the lowest threshold, NaN where the input is NaN.

    References
    ----------
    TS 38.214 clause 5.1.3.1.
    """
    rising = sorted(schemes, key=lambda scheme: scheme.sinr_min_db)
    thresholds = np.array([scheme.sinr_min_db for scheme in rising])
    best = np.maximum.accumulate([0.0, *(scheme.efficiency_bps_per_hz for scheme in rising)])
    sinr = np.asarray(sinr_db, dtype=np.float64)
    return np.where(np.isnan(sinr), np.nan, best[np.searchsorted(thresholds, sinr, side="right")])


def link_mbps(
    sinr_db: npt.ArrayLike,
    schemes: Sequence[Scheme],
    *,
    n_rb: int,
    scs_khz: float,
    n_layers: int = 1,
    tdd_share: float = 1.0,
    resource_share: float = 1.0,
    overhead_share: float = OVERHEAD_SHARE,
) -> Floats:
    """
    Downlink throughput by coding schemes (method ``"mcs"``).

    Parameters
    ----------
    sinr_db
        Signal to interference and noise of each layer [dB], any shape.
    schemes
        Schemes that may be used.
    n_rb, scs_khz
        Resource blocks of the carrier, and subcarrier spacing [kHz].
    n_layers
        Spatial layers, 1 to 8, all at the same ``sinr_db``: the caller lowers it for shared power.
    tdd_share
        Share of time for the downlink, 0 to 1; 1 for FDD.
    resource_share
        Share of the carrier that one user gets, 0 to 1.
    overhead_share
        Share of resource elements without data, 0 to 1.

    Returns
    -------
    throughput_mbps
        [Mbit/s], shape of ``sinr_db``.

    Raises
    ------
    RangeError
        A share, the number of blocks or of layers lies outside its range.

    References
    ----------
    TS 38.306 clause 4.1.2: 10⁻⁶ v Qm f R 12 N_PRB / T_s (1 − OH), scaling factor f = 1.
    """
    _require_shares(tdd_share=tdd_share, resource_share=resource_share, overhead_share=overhead_share)
    for quantity, value, high in (("n_rb", n_rb, 275), ("n_layers", n_layers, 8)):
        if not 1 <= value <= high:
            raise RangeError(quantity, value, 1, high, "")
    symbols_per_s = SYMBOLS_PER_SLOT * 1000.0 * scs_khz / 15.0
    elements_per_s = n_layers * SUBCARRIERS_PER_BLOCK * n_rb * symbols_per_s * (1.0 - overhead_share)
    bits = efficiency_bps_per_hz(sinr_db, schemes)
    return np.asarray(1e-6 * bits * elements_per_s * tdd_share * resource_share)


def shannon_mbps(
    sinr_db: npt.ArrayLike, *, bandwidth_mhz: float, tdd_share: float = 1.0, resource_share: float = 1.0
) -> Floats:
    """
    Downlink throughput by truncated Shannon (method ``"shannon"``), one layer.

    Parameters
    ----------
    sinr_db
        Signal to interference and noise [dB], any shape.
    bandwidth_mhz
        Bandwidth that carries data [MHz].
    tdd_share, resource_share
        As in ``link_mbps``.

    Returns
    -------
    throughput_mbps
        [Mbit/s], shape of ``sinr_db``.

    Raises
    ------
    RangeError
        A share lies outside 0 to 1.

    References
    ----------
    TR 36.942 Annex A.2.
    """
    _require_shares(tdd_share=tdd_share, resource_share=resource_share)
    return np.asarray(truncated_shannon(sinr_db) * bandwidth_mhz * tdd_share * resource_share)


def _require_shares(**shares: float) -> None:
    for quantity, value in shares.items():
        if not 0.0 <= value <= 1.0:
            raise RangeError(quantity, value, 0.0, 1.0, "")
