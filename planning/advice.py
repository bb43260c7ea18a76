"""Which path-loss model suits a place, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo import io
from geo.field import AUTO, PROFILE
from planning import data
from planning.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """
    A model recommended for a place.

    Parameters
    ----------
    model
        Value for ``CoverageOptions.model``.
    reason
        ``hills``, ``dense``, ``flat`` or ``no_terrain``; its text is ``advice.model.<reason>``.
    relief_m
        Height between the lowest and the highest twentieth of the ground [m]; NaN where it is unknown.
    """

    model: str
    reason: str
    relief_m: float


def advise(workspace: Workspace) -> Advice:
    """
    Recommend a path-loss model.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    advice
        P.1812 among hills, for it follows the profile; else the choice by density: urban macro in a dense
        ward, rural macro elsewhere.

    Raises
    ------
    FileError, CrsError
        The terrain cannot be read.
    """
    relief_m = _relief_m(workspace)
    if relief_m >= data.setting("hilly_relief_m"):
        return Advice(model=PROFILE, reason="hills", relief_m=relief_m)
    if workspace.is_dense():
        return Advice(model=AUTO, reason="dense", relief_m=relief_m)
    return Advice(model=AUTO, reason="no_terrain" if np.isnan(relief_m) else "flat", relief_m=relief_m)


def _relief_m(workspace: Workspace) -> float:
    path = workspace.rasters / "terrain.tif"
    if not path.is_file():
        return float("nan")
    terrain = io.read(path)
    ground_m = terrain.values[terrain.valid]
    if not ground_m.size:
        return float("nan")
    low_m, high_m = np.percentile(ground_m, (5, 95))
    return float(high_m - low_m)
