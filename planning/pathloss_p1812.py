"""Path loss of a table of cases over given terrain profiles, by ITU-R P.1812."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from geo import p1812
from geo.errors import ColumnError, FileError, RangeError
from geo.terminal import require_compatible
from geo.units import Floats
from layers.exchange import cases, profiles
from layers.exchange.profiles import Profile
from planning.pathloss import CasesReport, terminals, with_terminals

NAME = "p1812"
EARTH_KM = 6371.0
SPELLINGS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "frequency_mhz": (("frequency_mhz", 1.0), ("f_mhz", 1.0), ("f_ghz", 1e3), ("fc_hz", 1e-6)),
    "tx_height_m": (("tx_height_m", 1.0), ("htg", 1.0), ("h_bs_m", 1.0)),
    "rx_height_m": (("rx_height_m", 1.0), ("hrg", 1.0), ("h_ut_m", 1.0)),
    "time_share": (("time_share", 1.0), ("p_time", 0.01)),
    "location_share": (("location_share", 1.0), ("p_loc", 0.01)),
    "lapse_rate": (("lapse_rate", 1.0), ("delta_n", 1.0)),
    "refractivity": (("refractivity", 1.0), ("N0", 1.0)),
    "square_m": (("square_m", 1.0), ("wa", 1.0)),
    "distance_km": (("distance_km", 1.0), ("d_km", 1.0), ("distance_m", 1e-3)),
    "latitude_deg": (("latitude_deg", 1.0), ("phi_deg", 1.0)),
    "tx_coast_km": (("tx_coast_km", 1.0), ("dct", 1.0)),
    "rx_coast_km": (("rx_coast_km", 1.0), ("dcr", 1.0)),
    "lat_t": (("lat_t", 1.0),),
    "lon_t": (("lon_t", 1.0),),
    "lat_r": (("lat_r", 1.0),),
    "lon_r": (("lon_r", 1.0),),
}
USUAL: Mapping[str, float] = {
    "time_share": 0.5,
    "location_share": 0.5,
    "lapse_rate": p1812.LAPSE_RATE,
    "refractivity": p1812.REFRACTIVITY,
    "square_m": 100.0,
    "tx_coast_km": p1812.FAR_FROM_COAST_KM,
    "rx_coast_km": p1812.FAR_FROM_COAST_KM,
}
NOT_READ = ("dN",)
"""
Columns of the reference layout that are left alone, and reported. The figures beside it were computed with
a lapse rate of 45 N-units/km in each of its 1,500 cases, whatever ``dN`` says there: so computed, all agree
within 0.0002 dB; by the column, one in a hundred differs by more than 0.2 dB. A column ``lapse_rate`` is
read.
"""

_ENDS = ("lat_t", "lon_t", "lat_r", "lon_r")
_POLARISATIONS = {
    "": True,
    "2": True,
    "v": True,
    "vertical": True,
    "1": False,
    "h": False,
    "horizontal": False,
}


def run(
    cases_path: Path,
    profiles_path: Path | None,
    out: Path,
    *,
    lapse_rate: float | None = None,
    added: Sequence[str] = (),
) -> CasesReport:
    """
    Compute the loss of each case over its profile and write the table back with it.

    Parameters
    ----------
    cases_path
        CSV file of cases: frequency and antenna heights, and as far as they differ from the usual shares of
        time and locations, air, polarisation (``pol``: 1 horizontal, 2 vertical), ends of the path.
    profiles_path
        NPZ or CSV file as ``layers.exchange.profiles`` reads it.
    out
        CSV file to write: all columns as they came, then ``in_range`` and ``loss_db``, named as
        ``planning.pathloss`` names them.
    lapse_rate
        Delta N for all cases [N-units/km]; None takes each case's own ``lapse_rate`` or ``delta_n``, else 45.
    added
        Names of ``planning.pathloss.TERMINAL`` whose losses are added at the receiver; what they need is read
        from the cases, a distance that is missing there from the path.

    Returns
    -------
    report
        Counts.

    Raises
    ------
    FileError
        A file cannot be read, or the profiles do not fit the cases.
    ColumnError
        A column is missing, or a cell is not a number.
    ShapeError
        The distances of a profile do not rise from 0.
    InputError
        A model added is not known, or stands for what the profiles carry already.
    """
    extra = terminals(added)
    require_compatible(NAME, extra)
    if profiles_path is None:
        raise FileError("profiles_needed", model=NAME)
    table = cases.read(cases_path)
    numbers = _numbers(table)
    if lapse_rate is not None:
        numbers["lapse_rate"] = np.full(len(table), lapse_rate)
    vertical = _vertical(table)
    found, length_m = [], np.full(len(table), np.nan)
    for row, profile in enumerate(profiles.read(profiles_path, n_cases=len(table))):
        case = {key: float(values[row]) for key, values in numbers.items()}
        require_compatible(NAME, extra, clutter_on_profile=_has_clutter(profile))
        found.append(_predict(case, profile, row, vertical=vertical[row]))
        length_m[row] = 1000.0 * _path(case, profile, row)[0][-1]
    loss_db = np.array([np.nan if one is None else one.loss_db for one in found])
    covered = np.array([one is not None and one.in_range for one in found], dtype=np.bool_)
    needed = table if "distance_m" in table.columns else table.assign(distance_m=length_m)
    loss_db, covered = with_terminals(needed, extra, loss_db, covered)
    table = table.rename(columns={"loss_db": "loss_db_given"})
    flag = "in_range_model" if "in_range" in table.columns else "in_range"
    table[flag] = covered.astype(int)
    table["loss_db"] = [f"{value:.9f}" for value in loss_db]
    cases.write(table, out)
    not_read = tuple(name for name in NOT_READ if name in table.columns)
    return CasesReport(n_rows=len(table), n_in_range=int(covered.sum()), not_read=not_read)


def _has_clutter(profile: Profile) -> bool:
    # the method leaves out what stands at the two ends
    return bool(np.any(profile.clutter_m[1:-1] > 0.0))


def great_circle_km(ends_deg: tuple[float, float, float, float]) -> tuple[float, float]:
    """
    Length and middle of the shortest way over a sphere of 6371 km.

    Parameters
    ----------
    ends_deg
        Latitude and longitude of one end, latitude and longitude of the other [°].

    Returns
    -------
    distance_km, latitude_deg
        Length [km] and latitude of the middle [°].
    """
    lat_t, lon_t, lat_r, lon_r = np.radians(ends_deg)
    points = np.array(
        [
            [np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)]
            for b, a in ((lat_t, lon_t), (lat_r, lon_r))
        ]
    )
    middle = points.sum(axis=0)
    angle = 2.0 * np.arctan2(np.linalg.norm(points[0] - points[1]), np.linalg.norm(middle))
    return float(EARTH_KM * angle), float(np.degrees(np.arctan2(middle[2], np.hypot(middle[0], middle[1]))))


def _predict(
    case: Mapping[str, float], profile: Profile, row: int, *, vertical: bool
) -> p1812.Prediction | None:
    # None: a number is such that the formulas are not defined.
    distance_km, latitude_deg = _path(case, profile, row)
    try:
        return p1812.path_loss(
            1000.0 * distance_km,
            profile.ground_m,
            clutter_m=profile.clutter_m,
            zones=profile.zones,
            tx_height_m=case["tx_height_m"],
            rx_height_m=case["rx_height_m"],
            latitude_deg=latitude_deg,
            tx_coast_km=case["tx_coast_km"],
            rx_coast_km=case["rx_coast_km"],
            conditions=p1812.Conditions(
                frequency_mhz=case["frequency_mhz"],
                time_share=case["time_share"],
                location_share=case["location_share"],
                lapse_rate=case["lapse_rate"],
                refractivity=case["refractivity"],
                square_m=case["square_m"],
                vertical=vertical,
            ),
        )
    except RangeError:
        return None


def _path(case: Mapping[str, float], profile: Profile, row: int) -> tuple[Floats, float]:
    ends = tuple(case[name] for name in _ENDS)
    given_km, middle_deg = case["distance_km"], case["latitude_deg"]
    if np.isnan(ends).any() and profile.ends_deg is not None:
        ends = profile.ends_deg
    if not np.isnan(ends).any():
        great_km, great_deg = great_circle_km((ends[0], ends[1], ends[2], ends[3]))
        given_km = great_km if np.isnan(given_km) else given_km
        middle_deg = great_deg if np.isnan(middle_deg) else middle_deg
    if profile.distance_km is not None:
        given_km = profile.distance_km[-1]
    for column, value in (("lat_t", middle_deg), ("distance_km", given_km)):
        if np.isnan(value):
            raise ColumnError("column_missing", column=column, row=row + 2)
    if profile.distance_km is not None:
        return profile.distance_km, float(middle_deg)
    return np.linspace(0.0, given_km, profile.ground_m.size), float(middle_deg)


def _numbers(table: pd.DataFrame) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for key, spellings in SPELLINGS.items():
        values = np.full(len(table), np.nan)
        for heading, factor in spellings:
            if heading in table.columns:
                values = _column(table, heading) * factor
                break
        else:
            if key in ("frequency_mhz", "tx_height_m", "rx_height_m"):
                raise ColumnError("column_missing", column=key)
        found[key] = np.where(np.isnan(values), USUAL[key], values) if key in USUAL else values
    return found


def _column(table: pd.DataFrame, heading: str) -> Floats:
    numbers = pd.to_numeric(table[heading].replace("", np.nan), errors="coerce")
    wrong = numbers.isna() & (table[heading] != "")
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ColumnError("cell_not_number", column=heading, row=row + 2, value=table[heading].iloc[row])
    return numbers.to_numpy(dtype=np.float64)


def _vertical(table: pd.DataFrame) -> list[bool]:
    words = (
        [str(cell).strip().lower() for cell in table["pol"]] if "pol" in table.columns else [""] * len(table)
    )
    for row, word in enumerate(words):
        if word.removesuffix(".0") not in _POLARISATIONS:
            raise ColumnError("cell_not_polarisation", column="pol", row=row + 2, value=word)
    return [_POLARISATIONS[word.removesuffix(".0")] for word in words]
