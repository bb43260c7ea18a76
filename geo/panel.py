"""Antennas ready to be mounted: a pattern from a file, or an active panel with signal and traffic beams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from geo.aerial import LARGEST_DB, Aerial
from geo.antenna import Pattern, pattern_gain_dbi, tabulate
from geo.beam import Array, Beam, beam_gain_dbi
from geo.errors import ShapeError
from geo.units import Floats, db_to_ratio, ratio_to_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """
    An active antenna: reference signals by a few wide beams, traffic by many narrow ones.

    Parameters
    ----------
    name
        As cells name it.
    signal
        Elements that radiate a synchronisation beam (SSB); fewer columns make it wider.
    signal_beams
        Where the synchronisation beams point, at least one.
    traffic
        Elements that radiate a traffic beam.
    traffic_beams
        Where the traffic beams point, at least one.

    Raises
    ------
    ShapeError
        There is no beam of one kind.

    References
    ----------
    TS 38.213 clause 4.1 (synchronisation beams); ITU-R M.2101 clause 5 (array).
    """

    name: str
    signal: Array
    signal_beams: tuple[Beam, ...]
    traffic: Array
    traffic_beams: tuple[Beam, ...]

    def __post_init__(self) -> None:
        if not self.signal_beams or not self.traffic_beams:
            raise ShapeError("panel_without_beams", antenna=self.name)


Antenna: TypeAlias = Pattern | Panel
"""What a cell may name."""


@lru_cache(maxsize=64)
def to_aerial(antenna: Antenna, name: str, *, electrical_tilt_deg: float = 0.0) -> Aerial:
    """
    An antenna as an estimate takes it.

    Parameters
    ----------
    antenna
        A pattern or a panel.
    name
        As cells name it.
    electrical_tilt_deg
        Downwards positive [°]: on top of the tilt which the file of a pattern holds; added to the angle of
        every beam of a panel.

    Returns
    -------
    aerial
        The same object for equal arguments, of which the last 64 are kept. Of a pattern all tables are the
        same. Of a panel ``SIGNAL`` is the best synchronisation beam in each direction, ``TRAFFIC`` the best
        traffic beam, and ``OTHERS`` the mean power of all traffic beams: for a user of another cell any of
        them may be on the air.

    Raises
    ------
    RangeError
        The gain lies outside −5 to 35 dBi.
    """
    if isinstance(antenna, Panel):
        return _of_panel(antenna, name, electrical_tilt_deg)

    def gain_dbi(right_deg: npt.ArrayLike, down_deg: npt.ArrayLike) -> Floats:
        return pattern_gain_dbi(antenna, right_deg, down_deg, electrical_tilt_deg=electrical_tilt_deg)

    table_dbi = tabulate(gain_dbi)
    return _aerial(name, antenna.gain_dbi, table_dbi, table_dbi, table_dbi)


def _of_panel(panel: Panel, name: str, tilt_deg: float) -> Aerial:
    signal_dbi = np.max(_tables(panel.signal, panel.signal_beams, tilt_deg), axis=0)
    traffic_dbi = _tables(panel.traffic, panel.traffic_beams, tilt_deg)
    mean_dbi = np.asarray(ratio_to_db(np.mean(db_to_ratio(traffic_dbi), axis=0)))
    return _aerial(name, float(signal_dbi.max()), signal_dbi, np.max(traffic_dbi, axis=0), mean_dbi)


def _tables(array: Array, beams: tuple[Beam, ...], tilt_deg: float) -> Floats:
    def of(beam: Beam) -> Callable[[Floats, Floats], Floats]:
        steered = Beam(right_deg=beam.right_deg, down_deg=beam.down_deg + tilt_deg)
        return lambda right_deg, down_deg: beam_gain_dbi(array, steered, right_deg, down_deg)

    return np.stack([np.maximum(tabulate(of(beam)), -LARGEST_DB) for beam in beams])


def _aerial(
    name: str, gain_dbi: float, signal_dbi: Floats, traffic_dbi: Floats, others_dbi: Floats
) -> Aerial:
    attenuation_db = np.minimum(gain_dbi - np.stack([signal_dbi, traffic_dbi, others_dbi]), LARGEST_DB)
    attenuation_db[0] = np.maximum(attenuation_db[0], 0.0)
    return Aerial(name=name, gain_dbi=gain_dbi, attenuation_db=attenuation_db.astype(np.float32))
