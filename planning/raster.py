"""Rasters of strangers -> rasters of the workspace: ground, what stands on it, and where people live."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from geo import io
from geo.errors import FileError, InputError
from geo.grid import Grid
from geo.raster import Raster
from geo.terrain import CLUTTER_LIMITS_M, HEIGHT_LIMITS_M
from layers.exchange import guard
from layers.exchange.guard import NOBODY, Watch
from layers.exchange.raster import COVER, GROUND, PEOPLE, Cells, Target
from layers.exchange.raw import Limits
from layers.issue import Issue, Severity
from planning import data
from planning.workspace import Workspace

LAYERS = (GROUND, COVER, PEOPLE)
"""Layers of the workspace that are rasters."""
HEIGHTS, SURFACE = "height", "dsm"
"""Kinds of a clutter raster beside the land cover schemes: heights above ground, and a surface model."""

_UNITS = {GROUND: "m", COVER: "m", PEOPLE: "people"}
_PEOPLE_LIMITS = (0.0, 1e6)
_WHOLE_SHARE = 0.995
_MOST_FAULTY_SHARE = 0.05

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterImport:
    """
    A raster that was taken in.

    Parameters
    ----------
    layer
        terrain, clutter or population.
    scheme
        How its numbers were read: a land cover scheme, ``height``, ``dsm``, ``people``.
    grid
        Where its cells lie now.
    covered_share
        Share of the area that has a value, 0–1.
    low, high
        Least and largest value kept, in metres or people of a cell.
    issues
        What was assumed, as warnings.
    sha256
        Digest of the file as it came, hexadecimal.
    """

    layer: str
    scheme: str
    grid: Grid
    covered_share: float
    low: float
    high: float
    issues: tuple[Issue, ...]
    sha256: str


def import_file(
    workspace: Workspace,
    path: Path,
    *,
    layer: str,
    scheme: str | None = None,
    name: str | None = None,
    licence: str = "",
    now: dt.datetime,
    watch: Watch = NOBODY,
) -> RasterImport:
    """
    Take a GeoTIFF of any reference system into the workspace; the raster that was there is replaced.

    Parameters
    ----------
    workspace
        The workspace; its outline must be known.
    path
        The file.
    layer
        terrain (ground above sea level), clutter (land cover classes, heights above ground, or a surface
        model), population (people of each cell).
    scheme
        How the numbers of a clutter raster are to be read: a scheme of ``data/landcover.csv``, ``height``
        or ``dsm``; None finds out.
    name
        Name given by the sender; that of ``path`` unless given.
    licence
        Terms of the data, where known.
    now
        Present moment.
    watch
        Who waits for it.

    Returns
    -------
    taken
        What was written, with its warnings.

    Raises
    ------
    FileError
        The file is refused (``import_refused``); nothing is written.
    InputError
        There is no such raster layer or scheme.
    NotFoundError
        The workspace has no outline, or there is no such file.
    StoreError
        The raster cannot be written; the old one stays.
    """
    _require_known(layer, scheme)
    target = _target(workspace, layer)
    raw, cells = guard.read_raster(path, target, name=name, limits=Limits.of(data.limits()), watch=watch)
    sender = name or path.name
    refusals = [one for one in raw.issues if one.severity in (Severity.ERROR, Severity.ASK)]
    if refusals or cells is None:
        refusals = refusals or [Issue(code="raster_expected", severity=Severity.ERROR)]
        raise FileError("import_refused", issues=refusals, file=sender)
    grid = _grid(cells, target)
    faults = list(raw.issues)
    read_as, values = _meaning(workspace, cells, grid, layer=layer, scheme=scheme, faults=faults, file=sender)
    values = _plausible(values, layer, faults, file=sender)
    covered_share = _covered(workspace, grid, values)
    if covered_share == 0.0:
        elsewhere = Issue(code="raster_elsewhere", severity=Severity.ERROR)
        raise FileError("import_refused", issues=[elsewhere], file=sender)
    if covered_share < _WHOLE_SHARE:
        facts = {"share_percent": round(100 * covered_share)}
        faults.append(Issue(code="raster_partial", severity=Severity.WARNING, facts=facts))
    taken = RasterImport(
        layer=layer,
        scheme=read_as,
        grid=grid,
        covered_share=covered_share,
        low=float(np.nanmin(values)),
        high=float(np.nanmax(values)),
        issues=tuple(faults),
        sha256=raw.sha256,
    )
    io.write_cog(workspace.rasters / f"{layer}.tif", Raster(grid=grid, values=values, unit=_UNITS[layer]))
    workspace.store.set_properties({f"raster.{layer}": _record(taken, sender, licence, now)})
    return taken


def _record(taken: RasterImport, sender: str, licence: str, now: dt.datetime) -> str:
    """Where the cells come from, kept with the workspace."""
    facts = {
        "file": sender,
        "sha256": taken.sha256,
        "imported_at": now.isoformat(timespec="seconds"),
        "licence": licence,
        "scheme": taken.scheme,
        "cell_m": taken.grid.cell_m,
    }
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _require_known(layer: str, scheme: str | None) -> None:
    if layer not in LAYERS:
        raise InputError("layer_not_raster", layer=layer, known=", ".join(LAYERS))
    known = (*data.land_cover(), HEIGHTS, SURFACE)
    if scheme is not None and (layer != COVER or scheme not in known):
        raise InputError("scheme_unknown", scheme=scheme, known=", ".join(known))


def _target(workspace: Workspace, layer: str) -> Target:
    margin_m = 0.0 if layer == PEOPLE else data.setting("around_m")
    west_m, south_m, east_m, north_m = workspace.boundary().bounds
    finest_m = data.setting("spread_cell_m") if layer == PEOPLE else data.setting("raster_finest_m")
    return Target(
        kind=layer,
        epsg=workspace.calc_epsg,
        west_m=float(np.floor((west_m - margin_m) / 100) * 100),
        south_m=float(np.floor((south_m - margin_m) / 100) * 100),
        east_m=float(np.ceil((east_m + margin_m) / 100) * 100),
        north_m=float(np.ceil((north_m + margin_m) / 100) * 100),
        finest_m=finest_m,
        most_cells=int(data.setting("raster_most_cells")),
    )


def _grid(cells: Cells, target: Target) -> Grid:
    rows, cols = cells.values.shape
    return Grid(
        epsg=target.epsg,
        west_m=cells.west_m,
        north_m=cells.north_m,
        cell_m=cells.cell_m,
        rows=rows,
        cols=cols,
    )


def _meaning(
    workspace: Workspace,
    cells: Cells,
    grid: Grid,
    *,
    layer: str,
    scheme: str | None,
    faults: list[Issue],
    file: str,
) -> tuple[str, Floats32]:
    """How the numbers are to be read, and the heights or people that they are then."""
    if layer != COVER:
        return (HEIGHTS if layer == GROUND else PEOPLE), cells.values
    read_as = scheme or _scheme_of(cells, file)
    if read_as == HEIGHTS:
        return read_as, cells.values
    if read_as == SURFACE:
        ground_m = io.read_surface(workspace.rasters / f"{GROUND}.tif", None, grid).ground_m
        return read_as, np.maximum(cells.values - ground_m, 0.0).astype(np.float32)
    return read_as, _heights(cells.values, data.land_cover()[read_as], faults)


def _scheme_of(cells: Cells, file: str) -> str:
    """The one scheme that knows every class met; fractions are heights; anything else is asked."""
    if not cells.is_whole:
        return HEIGHTS
    met = set(np.unique(cells.values[np.isfinite(cells.values)]).tolist()) - {0.0}
    schemes = data.land_cover()
    fitting = [name for name, heights in schemes.items() if met <= set(heights)]
    # Running numbers from 1 on may be any list of classes.
    is_sure = len(fitting) == 1 and len(met) >= 2 and min(schemes[fitting[0]]) > 1
    if not is_sure:
        known = ", ".join((*schemes, HEIGHTS, SURFACE))
        asked = Issue(code="landcover_scheme", severity=Severity.ASK, facts={"known": known})
        raise FileError("import_questions", issues=[asked], file=file)
    return fitting[0]


def _heights(classes: Floats32, heights_m: Mapping[float, float], faults: list[Issue]) -> Floats32:
    found = np.full(classes.shape, np.nan, dtype=np.float32)
    for value, count in zip(*np.unique(classes[np.isfinite(classes)], return_counts=True), strict=True):
        if float(value) in heights_m:
            found[classes == value] = heights_m[float(value)]
        elif value != 0:
            facts = {"value": int(value), "n": int(count)}
            faults.append(Issue(code="landcover_class_unknown", severity=Severity.WARNING, facts=facts))
    return found


def _plausible(values: Floats32, layer: str, faults: list[Issue], *, file: str) -> Floats32:
    """The values without impossible ones; a raster with more than a few of them is another thing."""
    low, high = {GROUND: HEIGHT_LIMITS_M, COVER: CLUTTER_LIMITS_M, PEOPLE: _PEOPLE_LIMITS}[layer]
    odd = np.isfinite(values) & ((values < low) | (values > high))
    if not odd.any():
        return values
    facts = {"n": int(odd.sum()), "low": round(float(values[odd].min()), 1)}
    facts["high"] = round(float(values[odd].max()), 1)
    is_other = odd.sum() > _MOST_FAULTY_SHARE * np.isfinite(values).sum()
    severity = Severity.ERROR if is_other else Severity.WARNING
    fault = Issue(code="raster_impossible", severity=severity, facts=facts)
    if is_other:
        raise FileError("import_refused", issues=[fault], file=file)
    faults.append(fault)
    return np.where(odd, np.float32(np.nan), values).astype(np.float32)


def _covered(workspace: Workspace, grid: Grid, values: Floats32) -> float:
    outline: shapely.Geometry = workspace.boundary()
    inside = io.burn(grid, [(outline, 1.0)], fill=0.0) > 0
    if not inside.any():
        return float(np.isfinite(values).any())
    return float(np.isfinite(values[inside]).mean())
