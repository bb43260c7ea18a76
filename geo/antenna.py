"""Antenna patterns from manufacturers' files: two cuts, the gain between them, and tilts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt

from geo.errors import FileError, RangeError
from geo.units import Floats

DBI_OVER_DBD: Final = 2.15
"""Gain of a half-wave dipole over an isotropic antenna [dB] (ITU-R BS.561, V.573)."""

N_ANGLES: Final = 360
"""Values of each cut, one for each degree."""

LARGEST_ATTENUATION_DB: Final = 100.0
"""Attenuations beyond it are taken for faults [dB]."""

_GAIN = re.compile(r"(?P<number>\S+?)\s*(?P<unit>dBi|dBd)?", re.IGNORECASE)
_FREQUENCY = re.compile(r"(?P<number>[\d.]+)\s*(?P<unit>MHz|GHz)?", re.IGNORECASE)
_CUTS = ("HORIZONTAL", "VERTICAL")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """
    Horizontal and vertical cut of an antenna. The arrays are held read-only.

    Parameters
    ----------
    name
        As in the file.
    gain_dbi
        Largest gain [dBi].
    horizontal_db
        Attenuation at 0, 1 … 359° clockwise from boresight seen from above [dB], shape (360,), at least 0.
    vertical_db
        Attenuation in the plane through boresight, at 0, 1 … 359° from the horizon downwards (90 is nadir,
        180 the horizon behind) [dB], shape (360,), at least 0. It holds the electrical tilt of the file.
    frequency_mhz
        Carrier of the measurement [MHz]; None: not stated.
    is_gain_unit_stated
        False where the file gave no unit, so that dBd was assumed.

    Raises
    ------
    RangeError
        A value lies outside its range, or a cut has another length than 360.
    """

    name: str
    gain_dbi: float
    horizontal_db: Floats
    vertical_db: Floats
    frequency_mhz: float | None = None
    is_gain_unit_stated: bool = True

    def __post_init__(self) -> None:
        if not -30.0 <= self.gain_dbi <= 60.0:
            raise RangeError("gain_dbi", self.gain_dbi, -30.0, 60.0, "dBi")
        for quantity in ("horizontal_db", "vertical_db"):
            values = np.array(getattr(self, quantity), dtype=np.float64)
            if values.shape != (N_ANGLES,):
                raise RangeError(quantity, values.size, N_ANGLES, N_ANGLES, "")
            outside = values[~((values >= 0.0) & (values <= LARGEST_ATTENUATION_DB))]
            if outside.size:
                raise RangeError(quantity, float(outside[0]), 0.0, LARGEST_ATTENUATION_DB, "dB")
            values.flags.writeable = False
            object.__setattr__(self, quantity, values)


def parse(text: str) -> Pattern:
    """
    Pattern from the text of an ``.msi`` or ``.pln`` file (the same format, Planet).

    Keys and values stand one on a line, then ``HORIZONTAL 360`` and ``VERTICAL 360``, each followed by 360
    lines of angle and attenuation. A gain without a unit is in dBd, as the format says. Cuts whose values are
    all 0 or below are relative gains; their sign is turned.

    Parameters
    ----------
    text
        Content of the file.

    Returns
    -------
    pattern
        The antenna.

    Raises
    ------
    FileError
        The file breaks the format; ``line`` among the facts is counted from 1, 0 for the file as a whole.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    header: dict[str, tuple[int, str]] = {}
    cuts: dict[str, Floats] = {}
    at, sign = 0, 0
    while at < len(lines):
        number, words = lines[at]
        key = words[0].upper()
        if key in _CUTS:
            if key in cuts:
                _refuse("antenna_cut_twice", number, cut=key)
            cuts[key], sign = _cut(lines, at, sign)
            at += N_ANGLES + 1
            continue
        if cuts and _is_number(words[0]):
            _refuse("antenna_lines", number, cut=list(cuts)[-1], expected=N_ANGLES, found=N_ANGLES + 1)
        header.setdefault(key, (number, " ".join(words[1:])))
        at += 1
    for key in _CUTS:
        if key not in cuts:
            _refuse("antenna_key_missing", 0, missing=key)
    gain_dbi, is_stated = _gain(header)
    return Pattern(
        name=header.get("NAME", (0, ""))[1],
        gain_dbi=gain_dbi,
        horizontal_db=cuts["HORIZONTAL"],
        vertical_db=cuts["VERTICAL"],
        frequency_mhz=_frequency(header),
        is_gain_unit_stated=is_stated,
    )


def _cut(lines: list[tuple[int, list[str]]], index: int, sign: int) -> tuple[Floats, int]:
    number, words = lines[index]
    cut = words[0].upper()
    if words[1:] != [str(N_ANGLES)]:
        _refuse("antenna_lines", number, cut=cut, expected=N_ANGLES, found=" ".join(words[1:]))
    values = np.empty(N_ANGLES)
    for angle in range(N_ANGLES):
        number, words = lines[index + 1 + angle] if index + 1 + angle < len(lines) else (lines[-1][0], [])
        if not words or words[0].upper() in _CUTS:
            _refuse("antenna_lines", number, cut=cut, expected=N_ANGLES, found=angle)
        found = [_number(word, number) for word in words]
        if len(found) != 2:
            _refuse("antenna_number", number, value=" ".join(words))
        if found[0] != angle:
            _refuse("antenna_angle", number, value=words[0], expected=angle)
        if abs(found[1]) > LARGEST_ATTENUATION_DB:
            _refuse("antenna_number", number, value=words[1])
        own = (found[1] > 0.0) - (found[1] < 0.0)
        if own * sign < 0:
            _refuse("antenna_sign", number, value=words[1])
        sign = sign or own
        values[angle] = abs(found[1])
    return values, sign


def _gain(header: dict[str, tuple[int, str]]) -> tuple[float, bool]:
    if "GAIN" not in header:
        _refuse("antenna_key_missing", 0, missing="GAIN")
    line, words = header["GAIN"]
    match = _GAIN.fullmatch(words)
    if match is None:
        _refuse("antenna_number", line, value=words)
    value, unit = _number(match["number"], line), (match["unit"] or "").lower()
    gain_dbi = value if unit == "dbi" else value + DBI_OVER_DBD
    if not -30.0 <= gain_dbi <= 60.0:
        _refuse("antenna_number", line, value=words)
    return gain_dbi, bool(unit)


def _frequency(header: dict[str, tuple[int, str]]) -> float | None:
    match = _FREQUENCY.fullmatch(header.get("FREQUENCY", (0, ""))[1])
    if match is None or not _is_number(match["number"]):
        return None
    return float(match["number"]) * (1000.0 if (match["unit"] or "").lower() == "ghz" else 1.0)


def _number(word: str, n_line: int) -> float:
    if not _is_number(word) or not math.isfinite(float(word)):
        _refuse("antenna_number", n_line, value=word)
    return float(word)


def _is_number(word: str) -> bool:
    return re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", word, re.ASCII) is not None


def _refuse(code: str, n_line: int, **facts: object) -> NoReturn:
    raise FileError(code, issues=(), line=n_line, **facts)


def pattern_gain_dbi(
    pattern: Pattern,
    right_deg: npt.ArrayLike,
    down_deg: npt.ArrayLike,
    *,
    mechanical_tilt_deg: float = 0.0,
    electrical_tilt_deg: float = 0.0,
) -> Floats:
    """
    Gain towards any direction, from the two cuts.

    The cuts are weighed by how near the direction lies to each: ahead the vertical cut of the front is taken
    whole, behind that of the back, between them in proportion to the angle, on top of the horizontal cut::

        A(φ, δ) = H(φ) − [(1 − |φ|/180) (H(0) − V(δ)) + |φ|/180 (H(180) − V(180 − δ))]

    so that the plane through boresight gives back the vertical cut and, for an untilted antenna, the horizon
    gives back the horizontal one. Nothing is above the largest gain.

    Parameters
    ----------
    pattern
        The antenna.
    right_deg
        Angle from the antenna's azimuth clockwise, seen from above [°], −360 to 360, any shape.
    down_deg
        Angle below the horizon [°], −90 to 90, broadcast against it.
    mechanical_tilt_deg
        Downwards positive [°]: turns the antenna about the horizontal axis across its azimuth.
    electrical_tilt_deg
        Downwards positive [°]: shifts the vertical cut, on top of the tilt which the file holds.

    Returns
    -------
    gain_dbi
        Gain [dBi].

    References
    ----------
    F. Gil et al., "A 3D interpolation method for base-station antenna radiation patterns", IEEE Antennas and
    Propagation Magazine 43(2), 2001; the weights are those of its summing of weighted cuts.
    """
    phi, delta = turn(right_deg, down_deg, mechanical_tilt_deg=mechanical_tilt_deg)
    delta = delta - electrical_tilt_deg
    behind = np.abs(phi) / 180.0
    horizontal, vertical = pattern.horizontal_db, pattern.vertical_db
    front_db = horizontal[0] - _at(vertical, delta)
    back_db = horizontal[N_ANGLES // 2] - _at(vertical, 180.0 - delta)
    loss_db = _at(horizontal, phi) - ((1.0 - behind) * front_db + behind * back_db)
    return np.asarray(pattern.gain_dbi - np.maximum(loss_db, 0.0))


def turn(
    right_deg: npt.ArrayLike, down_deg: npt.ArrayLike, *, mechanical_tilt_deg: float
) -> tuple[Floats, Floats]:
    """
    Direction in the frame of an antenna that is tilted mechanically.

    Parameters
    ----------
    right_deg, down_deg
        Angle clockwise from the azimuth of the antenna, and below the horizon [°].
    mechanical_tilt_deg
        Downwards positive [°].

    Returns
    -------
    right_deg, down_deg
        The same in the antenna's own frame, −180 to 180 and −90 to 90.
    """
    phi, delta = (np.radians(np.asarray(angle, dtype=np.float64)) for angle in (right_deg, down_deg))
    tilt = math.radians(mechanical_tilt_deg)
    level = np.cos(delta)
    forward, right, up = level * np.cos(phi), level * np.sin(phi), -np.sin(delta)
    ahead = forward * math.cos(tilt) - up * math.sin(tilt)
    risen = forward * math.sin(tilt) + up * math.cos(tilt)
    own_right = np.degrees(np.arctan2(right, ahead))
    own_down = -np.degrees(np.arcsin(np.clip(risen, -1.0, 1.0)))
    return np.asarray(own_right), np.asarray(own_down)


def tabulate(gain_dbi: Callable[[Floats, Floats], Floats], *, n_per_deg: int = 1) -> Floats:
    """
    Gain of any antenna on a lattice of directions, so that many receivers cost one interpolation each.

    Parameters
    ----------
    gain_dbi
        Gain [dBi] from angles to the right and below the horizon [°], arrays that broadcast.
    n_per_deg
        Steps of one degree, 1 to 10; between them narrow nulls are filled.

    Returns
    -------
    table_dbi
        Gain [dBi], shape (180 n + 1, 360 n + 1): rows from −90° (up) to 90° (down), columns from −180° to
        180°.

    Raises
    ------
    RangeError
        ``n_per_deg`` lies outside its range.
    """
    if not 1 <= n_per_deg <= 10:
        raise RangeError("n_per_deg", n_per_deg, 1, 10, "")
    down_deg = np.linspace(-90.0, 90.0, 180 * n_per_deg + 1)
    right_deg = np.linspace(-180.0, 180.0, 360 * n_per_deg + 1)
    return np.asarray(gain_dbi(right_deg[np.newaxis, :], down_deg[:, np.newaxis]), dtype=np.float64)


def table_gain_dbi(
    table_dbi: Floats, right_deg: npt.ArrayLike, down_deg: npt.ArrayLike, *, mechanical_tilt_deg: float = 0.0
) -> Floats:
    """
    Gain from a table, linear in both angles.

    Parameters
    ----------
    table_dbi
        Of :func:`tabulate`.
    right_deg, down_deg
        Angle clockwise from the azimuth of the antenna, and below the horizon [°], broadcast together.
    mechanical_tilt_deg
        Downwards positive [°]: turns the antenna.

    Returns
    -------
    gain_dbi
        Gain [dBi].
    """
    phi, delta = turn(right_deg, down_deg, mechanical_tilt_deg=mechanical_tilt_deg)
    n_rows, n_cols = table_dbi.shape
    row, col = (delta + 90.0) * (n_rows - 1) / 180.0, (phi + 180.0) * (n_cols - 1) / 360.0
    top = np.clip(np.floor(row).astype(np.int64), 0, n_rows - 2)
    left = np.clip(np.floor(col).astype(np.int64), 0, n_cols - 2)
    down, right = row - top, col - left
    above = (1.0 - right) * table_dbi[top, left] + right * table_dbi[top, left + 1]
    below = (1.0 - right) * table_dbi[top + 1, left] + right * table_dbi[top + 1, left + 1]
    return np.asarray((1.0 - down) * above + down * below)


def _at(cut_db: Floats, angle_deg: Floats) -> Floats:
    # linear between whole degrees, round the circle
    return np.asarray(
        np.interp(np.mod(angle_deg, 360.0), np.arange(N_ANGLES + 1), np.append(cut_db, cut_db[0]))
    )
