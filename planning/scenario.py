"""The frozen inputs of a run and their digest: equal inputs are one truth, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from geo import io
from planning import antenna, correction, data
from planning.workspace import Workspace

EDITION = 2  # raised when the engine's results change for equal inputs
LAYERS_READ = ("boundary", "site", "cell")


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
    speed
        Whether interference and speed are estimated as well.
    calibration
        Name of a kept correction of the path loss; None: the model as it is.
    indoor
        Whether the levels inside houses are estimated as well.
    """

    operator: str | None = None
    technology: str = "5G"
    model: str = "auto"
    cell_m: float | None = None
    assume_flat_m: float | None = None
    assume_clutter_m: float | None = None
    speed: bool = False
    calibration: str | None = None
    indoor: bool = False


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
    return _hashed(
        {
            "options": {key: value for key, value in asdict(options).items() if key != "calibration"},
            **_calibrated(workspace, options),
            **_indoors(workspace, options),
            "is_dense": workspace.is_dense(),
            "layers": {name: workspace.store.digest(name) for name in LAYERS_READ},
            "surface": surface_digest(workspace, options),
            "antennas": antenna.named(workspace),
            "parameters": repr(
                (
                    data.levels(),
                    data.bands(),
                    data.cell_defaults(),
                    data.resource_blocks(),
                    data.settings(),
                    data.arrays(),
                )
            ),
        }
    )


def surface_digest(workspace: Workspace, options: CoverageOptions) -> str:
    """
    Digest of everything that the surface of an estimate depends on.

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
    return _hashed(
        {
            "calc_epsg": workspace.calc_epsg,
            "cell_m": options.cell_m or data.setting("coverage_cell_m"),
            "around_m": data.setting("around_m"),
            "assumed": (options.assume_flat_m, options.assume_clutter_m),
            "default_building_m": data.setting("clutter_default_building_m"),
            "layers": {name: workspace.store.digest(name) for name in _layers_below(workspace)},
            "rasters": {
                name: io.digest(workspace.rasters / f"{name}.tif") for name in ("terrain", "clutter")
            },
        }
    )


def _layers_below(workspace: Workspace) -> tuple[str, ...]:
    # Houses stand in for clutter only where there is no raster of it.
    has_clutter = (workspace.rasters / "clutter.tif").exists()
    return ("boundary",) if has_clutter else ("boundary", "building")


def _calibrated(workspace: Workspace, options: CoverageOptions) -> dict[str, object]:
    # The values count, not only the name: the same name may be fitted again.
    if options.calibration is None:
        return {}
    return {"calibration": (options.calibration, repr(correction.read(workspace, options.calibration)))}


def _indoors(workspace: Workspace, options: CoverageOptions) -> dict[str, object]:
    # Houses count only where somebody asked what is received in them.
    if not options.indoor:
        return {}
    return {"houses": workspace.store.digest("building"), "walls": repr(data.walls())}


def _hashed(inputs: Mapping[str, object]) -> str:
    text = json.dumps({"edition": EDITION, **inputs}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
