"""Description of one transmitter beside a drive test: a JSON file as planning services write it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geo.errors import FileError

MAX_BYTES = 1_000_000
NOISE_FIGURE_DB = 9.0
THERMAL_DBM_PER_HZ = -174.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """
    A transmitter and the receiver that was driven around it.

    Parameters
    ----------
    lon_deg, lat_deg
        Place of the transmitter [°].
    tx_height_m, rx_height_m
        Antennas above the ground [m].
    frequency_mhz
        Carrier [MHz].
    eirp_dbm
        Radiated power in the direction of the antenna [dBm].
    rx_gain_dbi
        Gain of the receiver's antenna [dBi].
    floor_dbm
        Noise floor of the receiver [dBm].
    """

    lon_deg: float
    lat_deg: float
    tx_height_m: float
    rx_height_m: float
    frequency_mhz: float
    eirp_dbm: float
    rx_gain_dbi: float
    floor_dbm: float


def read(path: Path) -> Station:
    """
    Read the description of a transmitter.

    Parameters
    ----------
    path
        JSON with ``transmitter`` (lat, lon [°], alt [m], frq [MHz], txw [W], bwi [MHz]), ``receiver`` (alt
        [m], rxg [dBi]), ``antenna`` (txg [dBi], txl [dB]) and, if known, ``output`` (nf [dBm]).

    Returns
    -------
    station
        Without a noise floor in the file: thermal noise in the bandwidth and a noise figure of 9 dB.

    Raises
    ------
    FileError
        The file is missing, too large, no JSON, or a value is missing, no number or impossible.
    """
    if not path.is_file():
        raise FileError("file_missing", file=path.name)
    if not 0 < path.stat().st_size <= MAX_BYTES:
        raise FileError("file_size", file=path.name, n_bytes=path.stat().st_size)
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise FileError("transmitter_unreadable", file=path.name) from error
    unit = _member(found, "transmitter").get("powerUnit", "W")
    if unit != "W":
        raise FileError("transmitter_value", file=path.name, member="transmitter.powerUnit", value=str(unit))

    def value(group: str, name: str, low: float, high: float, usual: float | None = None) -> float:
        given = _member(found, group).get(name, usual)
        if isinstance(given, int | float) and not isinstance(given, bool) and low <= given <= high:
            return float(given)
        raise FileError("transmitter_value", file=path.name, member=f"{group}.{name}", value=str(given))

    power_dbm = 10.0 * math.log10(value("transmitter", "txw", 1e-6, 1e6)) + 30.0
    width_hz = value("transmitter", "bwi", 1e-4, 1e4, 1.0) * 1e6
    noise_dbm = THERMAL_DBM_PER_HZ + 10.0 * math.log10(width_hz) + NOISE_FIGURE_DB
    return Station(
        lon_deg=value("transmitter", "lon", -180.0, 180.0),
        lat_deg=value("transmitter", "lat", -85.0, 85.0),
        tx_height_m=value("transmitter", "alt", 0.5, 500.0),
        rx_height_m=value("receiver", "alt", 0.5, 100.0),
        frequency_mhz=value("transmitter", "frq", 30.0, 100_000.0),
        eirp_dbm=power_dbm + value("antenna", "txg", -30.0, 60.0) - value("antenna", "txl", 0.0, 60.0, 0.0),
        rx_gain_dbi=value("receiver", "rxg", -30.0, 60.0, 0.0),
        floor_dbm=value("output", "nf", -200.0, 0.0, noise_dbm),
    )


def _member(found: object, name: str) -> Mapping[str, object]:
    part = found.get(name) if isinstance(found, dict) else None
    return part if isinstance(part, dict) else {}
