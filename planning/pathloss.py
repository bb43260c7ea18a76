"""Path loss of a table of cases: the engine's formulas, one row at a time, for checking against others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import ColumnError, InputError
from geo.propagation import BUILDING_HEIGHT_M, MODELS, STREET_WIDTH_M, path_loss_db
from layers.exchange import cases

Floats = NDArray[np.float64]
SPELLINGS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "frequency_mhz": (("frequency_mhz", 1.0), ("f_mhz", 1.0), ("fc_hz", 1e-6)),
    "distance_m": (("distance_m", 1.0), ("d2d_m", 1.0)),
    "slant_m": (("d3d_m", 1.0),),
    "tx_height_m": (("tx_height_m", 1.0), ("h_bs_m", 1.0)),
    "rx_height_m": (("rx_height_m", 1.0), ("h_ut_m", 1.0)),
    "building_height_m": (("building_height_m", 1.0), ("h_m", 1.0)),
    "street_width_m": (("street_width_m", 1.0), ("w_m", 1.0)),
}
_NAMED = re.compile(r"(?P<model>[a-z_]+?)(?:_(?P<sight>los|nlos))?")


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
    """

    n_rows: int
    n_in_range: int


def run(cases_path: Path, out: Path, *, model: str | None) -> CasesReport:
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
        Model for all rows; None takes the column ``model``.

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
        A model is not known.
    """
    table = cases.read(cases_path)
    names, sights = _models(table, model)
    numbers = _numbers(table, names)
    los = _sight(table, names, sights)
    loss_db, in_range = np.full(len(table), np.nan), np.zeros(len(table), dtype=bool)
    for name in dict.fromkeys(names):
        rows = np.array([found == name for found in names])
        part = {key: values[rows] for key, values in numbers.items()}
        loss_db[rows], in_range[rows] = path_loss_db(name, los=los[rows], **part)
    table = table.rename(columns={"loss_db": "loss_db_given"})
    flag = "in_range_model" if "in_range" in table.columns else "in_range"
    table[flag] = in_range.astype(int)
    table["loss_db"] = [f"{value:.9f}" for value in loss_db]
    cases.write(table, out)
    return CasesReport(n_rows=len(table), n_in_range=int(in_range.sum()))


def _models(table: pd.DataFrame, model: str | None) -> tuple[list[str], list[str | None]]:
    if model is None and "model" not in table.columns:
        raise ColumnError("column_missing", column="model")
    given = list(table["model"]) if "model" in table.columns else [model or ""] * len(table)
    names, sights = [], []
    for row, text in enumerate(given, start=2):
        match = _NAMED.fullmatch(text)
        name = model or (match["model"] if match else text)
        if name not in MODELS:
            raise InputError("model_unknown", model=name, row=row, known=", ".join(MODELS))
        names.append(name)
        sights.append(match["sight"] if match else None)
    return names, sights


def _numbers(table: pd.DataFrame, names: list[str]) -> dict[str, Floats]:
    found = {key: _column(table, key) for key in SPELLINGS}
    free_space = np.array([name == "free_space" for name in names])
    slant_m = found.pop("slant_m")
    usual = {"building_height_m": BUILDING_HEIGHT_M, "street_width_m": STREET_WIDTH_M}
    if free_space.all():
        found["distance_m"] = slant_m if found["distance_m"] is None else found["distance_m"]
        usual |= {"tx_height_m": 0.0, "rx_height_m": 0.0}
    missing = [key for key, values in found.items() if values is None and key not in usual]
    if missing:
        raise ColumnError("column_missing", column=missing[0])
    complete: dict[str, Floats] = {}
    for key, values in found.items():
        known = np.full(len(table), np.nan) if values is None else values
        complete[key] = np.where(np.isnan(known), usual[key], known) if key in usual else known
    return complete


def _column(table: pd.DataFrame, key: str) -> Floats | None:
    for heading, factor in SPELLINGS[key]:
        if heading in table.columns:
            numbers = pd.to_numeric(table[heading].replace("", np.nan), errors="coerce")
            wrong = numbers.isna() & (table[heading] != "")
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                raise ColumnError(
                    "cell_not_number", column=heading, row=row + 2, value=table[heading].iloc[row]
                )
            values: Floats = numbers.to_numpy(dtype=np.float64) * factor
            return values
    return None


def _sight(table: pd.DataFrame, names: list[str], sights: list[str | None]) -> NDArray[np.bool_]:
    los = np.ones(len(table), dtype=bool)
    for row, (name, sight) in enumerate(zip(names, sights, strict=True)):
        if sight is not None and "los" not in table.columns:
            los[row] = sight == "los"
        elif name != "free_space":
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
