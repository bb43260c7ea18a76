"""Path loss of a table of cases: the engine's formulas, one row at a time, for checking against others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.clutter import CLUTTERS
from geo.entry import ENTRIES
from geo.errors import ColumnError, InputError
from geo.propagation import BUILDING_HEIGHT_M, MODELS, STREET_WIDTH_M, path_loss_db
from geo.terminal import TerminalLoss, require_compatible, terminal_loss_db
from layers.exchange import cases

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
SPELLINGS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "frequency_mhz": (
        ("frequency_mhz", 1.0),
        ("f_mhz", 1.0),
        ("fc_hz", 1e-6),
        ("f_ghz", 1e3),
        ("f__ghz", 1e3),
    ),
    "distance_m": (("distance_m", 1.0), ("d2d_m", 1.0), ("d_km", 1e3), ("d__km", 1e3)),
    "slant_m": (("d3d_m", 1.0),),
    "tx_height_m": (("tx_height_m", 1.0), ("h_bs_m", 1.0)),
    "rx_height_m": (("rx_height_m", 1.0), ("h_ut_m", 1.0), ("h__meter", 1.0)),
    "building_height_m": (("building_height_m", 1.0), ("h_m", 1.0)),
    "street_width_m": (("street_width_m", 1.0), ("w_m", 1.0), ("w_s__meter", 1.0)),
    "indoor_m": (("indoor_m", 1.0), ("d2d_in_m", 1.0)),
    "probability": (("probability", 1.0), ("probability_percent", 0.01)),
    "location_share": (("location_share", 1.0), ("location_percent", 0.01), ("p", 0.01), ("p_loc", 0.01)),
    "elevation_deg": (("elevation_deg", 1.0),),
    "clutter_height_m": (("clutter_height_m", 1.0), ("R__meter", 1.0)),
    "environment": (("environment", 1.0), ("clutter_type", 1.0)),
    "woodland_depth_m": (("woodland_depth_m", 1.0),),
    "specific_db_per_m": (("specific_db_per_m", 1.0),),
    "largest_db": (("largest_db", 1.0),),
    "building_type": (("building_type", 1.0),),
}
TERMINAL: Mapping[str, TerminalLoss] = MappingProxyType({**ENTRIES, **CLUTTERS})
P2109_CLASSES = ("p2109_traditional", "p2109_thermally_efficient")
_PATH_QUANTITIES = (
    "frequency_mhz",
    "distance_m",
    "tx_height_m",
    "rx_height_m",
    "building_height_m",
    "street_width_m",
)
_OTHER_NAMES = {"p525": "free_space"}
_NAMED = re.compile(r"(?P<model>[a-z0-9_]+?)(?:_(?P<sight>los|nlos))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesReport:
    """
    Outcome of a table of cases.

    Parameters
    ----------
    n_rows
        Cases.
    n_in_range
        Cases that the model's table covers.
    not_read
        Columns that look like an input and were left alone.
    """

    n_rows: int
    n_in_range: int
    not_read: tuple[str, ...] = ()


def run(cases_path: Path, out: Path, *, model: str | None, added: Sequence[str] = ()) -> CasesReport:
    """
    Compute the loss of each case and write the table back with it.

    Parameters
    ----------
    cases_path
        CSV file of cases.
    out
        CSV file to write: all columns as they came, then ``in_range`` (1 or 0; named
        ``in_range_model`` where the cases carry a column of that name) and ``loss_db`` (a column of that
        name among the cases comes back as ``loss_db_given``).
    model
        Model for all rows; None takes the column ``model``. Names of ``MODELS`` and ``TERMINAL``; ``p525`` is
        free space; ``p2109`` takes the class of each building (1 or 2) from the column ``building_type``.
    added
        Names of ``TERMINAL`` whose losses are added to that of the path.

    Returns
    -------
    report
        Counts.

    Raises
    ------
    FileError
        The file cannot be read.
    ColumnError
        A column is missing, or a cell is not a number.
    InputError
        A model is not known, or two stand for the same thing.
    """
    table = cases.read(cases_path)
    names, sights = _models(table, model)
    extra = terminals(added)
    los = _sight(table, names, sights)
    loss_db, in_range = np.full(len(table), np.nan), np.zeros(len(table), dtype=bool)
    for name in dict.fromkeys(names):
        rows = np.array([found == name for found in names])
        loss_db[rows], in_range[rows] = _loss(table[rows], name, extra, los=los[rows])
    table = table.rename(columns={"loss_db": "loss_db_given"})
    flag = "in_range_model" if "in_range" in table.columns else "in_range"
    table[flag] = in_range.astype(int)
    table["loss_db"] = [f"{value:.9f}" for value in loss_db]
    cases.write(table, out)
    return CasesReport(n_rows=len(table), n_in_range=int(in_range.sum()))


def terminals(names: Sequence[str]) -> tuple[TerminalLoss, ...]:
    """
    Losses that are to be added to a path.

    Parameters
    ----------
    names
        Names of ``TERMINAL``.

    Returns
    -------
    records
        In the same order.

    Raises
    ------
    InputError
        A name is not known.
    """
    for name in names:
        if name not in TERMINAL:
            raise InputError("model_unknown", model=name, known=", ".join(TERMINAL))
    return tuple(TERMINAL[name] for name in names)


def with_terminals(
    table: pd.DataFrame, extra: Sequence[TerminalLoss], loss_db: Floats, in_range: Booleans
) -> tuple[Floats, Booleans]:
    """
    Loss of paths together with losses at the receiver.

    Parameters
    ----------
    table
        Cases as read; the columns hold what the added models need.
    extra
        What is added; ``geo.terminal.require_compatible`` has let it pass.
    loss_db, in_range
        Of the paths, shape (n,).

    Returns
    -------
    loss_db, in_range
        Sums [dB], and where every model covers the case.

    Raises
    ------
    ColumnError
        A column is missing, or a cell is not a number.
    """
    for record in extra:
        more_db, inside = _terminal_loss(table, record)
        loss_db, in_range = loss_db + more_db, in_range & inside
    return loss_db, in_range


def _loss(
    part: pd.DataFrame, name: str, extra: Sequence[TerminalLoss], *, los: Booleans
) -> tuple[Floats, Booleans]:
    if name in TERMINAL:
        if extra:
            raise InputError("path_model_needed", model=name)
        return _terminal_loss(part, TERMINAL[name])
    require_compatible(name, extra)
    loss_db, in_range = path_loss_db(name, los=los, **_numbers(part, name))
    return with_terminals(part, extra, loss_db, in_range)


def _terminal_loss(part: pd.DataFrame, record: TerminalLoss) -> tuple[Floats, Booleans]:
    found = {key: _column(part, key) for key in record.ranges}
    known = {key: values for key, values in found.items() if values is not None}
    missing = [key for key in record.ranges if key not in known and key not in record.usual]
    if missing:
        raise ColumnError("column_missing", column=missing[0])
    return terminal_loss_db(record, **known)


def _models(table: pd.DataFrame, model: str | None) -> tuple[list[str], list[str | None]]:
    if model is None and "model" not in table.columns:
        raise ColumnError("column_missing", column="model")
    given = list(table["model"]) if "model" in table.columns else [model or ""] * len(table)
    names, sights = [], []
    for row, text in enumerate(given, start=2):
        match = _NAMED.fullmatch(text)
        name = model or (match["model"] if match else text)
        name = _OTHER_NAMES.get(name, name)
        if name not in MODELS and name not in TERMINAL and name != "p2109":
            known = ", ".join((*MODELS, *TERMINAL, *_OTHER_NAMES, "p2109", "p1812"))
            raise InputError("model_unknown", model=name, row=row, known=known)
        names.append(name)
        sights.append(match["sight"] if match else None)
    return _with_building_class(table, names), sights


def _with_building_class(table: pd.DataFrame, names: list[str]) -> list[str]:
    if "p2109" not in names:
        return names
    classes = _column(table, "building_type")
    if classes is None:
        raise ColumnError("column_missing", column="building_type")
    chosen = []
    for row, (name, number) in enumerate(zip(names, classes, strict=True), start=2):
        if name == "p2109" and number not in (1.0, 2.0):
            cell = table["building_type"].iloc[row - 2]
            raise ColumnError("cell_not_number", column="building_type", row=row, value=cell)
        chosen.append(P2109_CLASSES[int(number) - 1] if name == "p2109" else name)
    return chosen


def _numbers(part: pd.DataFrame, name: str) -> dict[str, Floats]:
    found = {key: _column(part, key) for key in _PATH_QUANTITIES}
    usual = {"building_height_m": BUILDING_HEIGHT_M, "street_width_m": STREET_WIDTH_M}
    if name == "free_space":
        found["distance_m"] = _column(part, "slant_m") if found["distance_m"] is None else found["distance_m"]
        usual |= {"tx_height_m": 0.0, "rx_height_m": 0.0}
    missing = [key for key, values in found.items() if values is None and key not in usual]
    if missing:
        raise ColumnError("column_missing", column=missing[0])
    complete: dict[str, Floats] = {}
    for key, values in found.items():
        known = np.full(len(part), np.nan) if values is None else values
        complete[key] = np.where(np.isnan(known), usual[key], known) if key in usual else known
    return complete


def _column(part: pd.DataFrame, key: str) -> Floats | None:
    for heading, factor in SPELLINGS[key]:
        if heading in part.columns:
            numbers = pd.to_numeric(part[heading].replace("", np.nan), errors="coerce")
            wrong = numbers.isna() & (part[heading] != "")
            if wrong.any():
                row = part.index[np.flatnonzero(wrong)[0]]
                cell = part[heading].loc[row]
                raise ColumnError("cell_not_number", column=heading, row=int(row) + 2, value=cell)
            values: Floats = numbers.to_numpy(dtype=np.float64) * factor
            return values
    return None


def _sight(table: pd.DataFrame, names: list[str], sights: list[str | None]) -> Booleans:
    los = np.ones(len(table), dtype=bool)
    for row, (name, sight) in enumerate(zip(names, sights, strict=True)):
        if sight is not None and "los" not in table.columns:
            los[row] = sight == "los"
        elif name in MODELS and name != "free_space":
            cell = str(table["los"].iloc[row]).lower() if "los" in table.columns else ""
            if cell not in ("0", "1", "0.0", "1.0", "true", "false"):
                raise ColumnError(
                    "column_missing" if cell == "" else "cell_not_number",
                    column="los",
                    row=row + 2,
                    value=cell,
                )
            los[row] = cell in ("1", "1.0", "true")
    return los
