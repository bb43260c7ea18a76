"""Corrections of the path loss that a workspace keeps under their names."""

from __future__ import annotations

import json

from geo.correction import Correction
from geo.errors import NotFoundError
from planning.workspace import Workspace

LAYER = "calibration"


def names(workspace: Workspace) -> tuple[str, ...]:
    """
    Names of the corrections kept.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    names
        In the order in which they were kept.
    """
    return tuple(str(name) for name in workspace.store.read(LAYER)["id"])


def read(workspace: Workspace, name: str | None) -> Correction | None:
    """
    The correction kept under a name.

    Parameters
    ----------
    workspace
        The workspace.
    name
        Its name; None: no correction is wanted.

    Returns
    -------
    correction
        None where none is wanted.

    Raises
    ------
    NotFoundError
        No correction has this name.
    """
    if name is None:
        return None
    for row in workspace.store.read(LAYER).to_dict("records"):
        if row["id"] == name:
            return Correction(
                offset_db=float(row["offset_db"]),
                slope_db_per_decade=float(row["slope_db_per_decade"]),
                class_db=tuple(float(value) for value in json.loads(row["class_db"])),
                from_m=float(row["from_m"]),
                to_m=float(row["to_m"]),
            )
    raise NotFoundError("calibration_unknown", name=name, known=", ".join(names(workspace)) or "–")
