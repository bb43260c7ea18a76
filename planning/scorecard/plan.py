"""The targets that a workspace works with: its own rows, or those shipped with the plan."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from geo.errors import InputError
from planning import data
from planning.scorecard.registry import INDICATORS
from planning.scorecard.row import Target, of_row, shipped
from planning.workspace import Workspace

LAYER = "target"


def targets(workspace: Workspace) -> tuple[Target, ...]:
    """
    Targets of a workspace.

    Parameters
    ----------
    workspace
        The workspace; where its layer ``target`` is empty, the targets shipped stand for it.

    Returns
    -------
    targets
        Active ones, in the order of the layer.

    Raises
    ------
    InputError
        ``target_indicator_unknown``: a row names an indicator that does not exist.
    """
    table = workspace.store.read(LAYER)
    if table.empty:
        return shipped()
    active = table[table["is_active"].fillna(value=True).astype(bool)]
    return tuple(of_row(_texts(row)) for row in active.to_dict("records"))


def _texts(row: Mapping[str, object]) -> dict[str, str]:
    """A row of the layer as a row of the file."""
    told = {str(name): "" if _is_blank(value) else str(value) for name, value in row.items()}
    if told["indicator"] not in INDICATORS:
        raise InputError(
            "target_indicator_unknown", id=told["id"], name=told["indicator"], known=", ".join(INDICATORS)
        )
    vietnamese = told["text_vi"]
    no_source = "Chưa có nguồn"
    return told | {
        "text_en": told["text_en"] or vietnamese,
        "source": told["source"] or no_source,
        "office": told["office"] or "office.culture",
    }


def _is_blank(value: object) -> bool:
    return value is None or value != value or str(value) == "<NA>"


def from_plan(workspace: Workspace, *, today: str) -> gpd.GeoDataFrame:
    """
    The targets shipped with the plan as rows of the layer ``target``, to be edited.

    Parameters
    ----------
    workspace
        The workspace, which says whether they are sample rows.
    today
        Day noted as that of the rows, ISO 8601.

    Returns
    -------
    table
        With sources; thresholds and paths where a source names them.
    """
    rows = [_shipped(row, today, is_sample=workspace.is_sample) for row in data.target_rows()]
    return gpd.GeoDataFrame(rows, geometry=[None] * len(rows), crs=4326)


def _shipped(row: Mapping[str, str], today: str, *, is_sample: bool) -> dict[str, object]:
    told: dict[str, object] = {
        name: None if not value else float(value) if _is_share(name) else value for name, value in row.items()
    }
    return told | {
        "name": row["text_vi"],
        "as_of": today,
        "sharing": "internal",
        "is_active": row["is_active"] == "1",
        "is_sample": is_sample,
    }


def _is_share(name: str) -> bool:
    return name == "threshold_share" or name.startswith("path_")
