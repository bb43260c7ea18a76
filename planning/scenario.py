"""The frozen inputs of a run and their digest: equal inputs are one truth, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from geo import io
from planning import data
from planning.workspace import Workspace

EDITION = 2  # raised when the engine's results change for equal inputs
LAYERS_READ = ("boundary", "site", "cell", "building")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageOptions:
    """
    What the user chose for a coverage estimate.

    Parameters
    ----------
    operator
        Only this operator; None: all known ones.
    technology
        Technology estimated.
    model
        Path-loss model, or ``auto``.
    cell_m
        Side of a cell [m]; None: the setting.
    assume_flat_m
        Ground height taken where terrain is unknown [m]; None: stays unknown.
    assume_clutter_m
        Clutter height taken where clutter is unknown [m]; None: stays unknown.
    """

    operator: str | None = None
    technology: str = "5G"
    model: str = "auto"
    cell_m: float | None = None
    assume_flat_m: float | None = None
    assume_clutter_m: float | None = None


def digest(workspace: Workspace, options: CoverageOptions) -> str:
    """
    Digest of everything that a coverage estimate depends on.

    Parameters
    ----------
    workspace
        The workspace.
    options
        The user's choices.

    Returns
    -------
    digest
        16 hexadecimal digits.
    """
    inputs: Mapping[str, object] = {
        "edition": EDITION,
        "options": asdict(options),
        "calc_epsg": workspace.calc_epsg,
        "is_dense": workspace.is_dense(),
        "layers": {name: workspace.store.digest(name) for name in LAYERS_READ},
        "rasters": {name: io.digest(workspace.rasters / f"{name}.tif") for name in ("terrain", "clutter")},
        "parameters": repr(
            (data.levels(), data.bands(), data.cell_defaults(), data.resource_blocks(), data.settings())
        ),
    }
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
