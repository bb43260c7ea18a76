"""Antenna as an estimate takes it: attenuation towards every direction, for signals and for traffic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geo.errors import RangeError, ShapeError
from geo.units import Floats32

SIGNAL, TRAFFIC, OTHERS = 0, 1, 2
"""Tables of an aerial: reference signals, the beam that serves a user, a beam that serves somebody else."""

SHAPE = (3, 181, 361)
"""Tables; one row for each degree from 90° up to 90° down; one column for each from −180° to 180°."""

LARGEST_DB = 100.0
"""Attenuations are held up to this [dB]; a null is no deeper in any real place."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aerial:
    """
    A named antenna with its electrical tilt. The array is held read-only.

    Parameters
    ----------
    name
        As cells name it.
    gain_dbi
        Largest gain of the reference signals [dBi], −5 to 35.
    attenuation_db
        Below ``gain_dbi`` towards every direction in the antenna's own frame [dB], float32, shape ``SHAPE``:
        of ``SIGNAL`` at least 0; of ``TRAFFIC`` and ``OTHERS`` below 0 where traffic beams are stronger.

    Raises
    ------
    RangeError
        A value lies outside its range or is not a number.
    ShapeError
        The table has another shape.
    """

    name: str
    gain_dbi: float
    attenuation_db: Floats32

    def __post_init__(self) -> None:
        if not -5.0 <= self.gain_dbi <= 35.0:
            raise RangeError("gain_dbi", self.gain_dbi, -5.0, 35.0, "dBi")
        if self.attenuation_db.shape != SHAPE:
            raise ShapeError("aerial_shape", met=str(self.attenuation_db.shape), needed=str(SHAPE))
        low_db = np.array([0.0, -60.0, -60.0], dtype=np.float32)[:, np.newaxis, np.newaxis]
        inside = (self.attenuation_db >= low_db) & (self.attenuation_db <= LARGEST_DB)
        outside = self.attenuation_db[~inside]
        if outside.size:
            raise RangeError("attenuation_db", float(outside[0]), -60.0, LARGEST_DB, "dB")
        held = np.ascontiguousarray(self.attenuation_db, dtype=np.float32).view()
        held.flags.writeable = False
        object.__setattr__(self, "attenuation_db", held)


def distinct(aerials: Iterable[Aerial | None]) -> list[Aerial]:
    """
    Each aerial once.

    Parameters
    ----------
    aerials
        Those of sectors, None among them.

    Returns
    -------
    aerials
        In the order in which they first occur.
    """
    return list(dict.fromkeys(one for one in aerials if one is not None))


def stacked(aerials: Iterable[Aerial | None]) -> Floats32:
    """
    Tables of aerials as the kernels take them.

    Parameters
    ----------
    aerials
        Those of sectors, None among them.

    Returns
    -------
    attenuation_db
        Of each of ``distinct`` [dB], shape (n, *SHAPE).
    """
    tables = [one.attenuation_db for one in distinct(aerials)]
    return np.stack(tables) if tables else np.empty((0, *SHAPE), dtype=np.float32)
