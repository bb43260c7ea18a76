"""Two estimates side by side: where and for how many people the answer differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from geo import io
from geo.coverage import State
from geo.errors import NotFoundError, ShapeError
from geo.raster import Raster
from geo.units import Bytes
from planning.gap import around_houses, at_people
from planning.people import settle
from planning.runs import ANY, NOTHING, CoverageRun
from planning.workspace import Workspace

SAME, GAINED, LOST, OPENED, CLOSED = 0, 1, 2, 3, 4
"""Classes of the difference: covered only now, covered only before, unknown only now, unknown only before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    People whose state differs between two estimates.

    Parameters
    ----------
    gained, lost
        Covered now but not before, and the other way round.
    opened, closed
        Unknown now but uncovered before, and the other way round.
    """

    gained: float
    lost: float
    opened: float
    closed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Difference between two estimates.

    Parameters
    ----------
    before, now
        Their digests.
    people
        Operator, ``any`` or ``two_or_more`` that both know, to the change.
    rasters
        The same keys to a raster of the classes; 255 outside.
    """

    before: str
    now: str
    people: Mapping[str, Change]
    rasters: Mapping[str, Path]


def compare(workspace: Workspace, before: CoverageRun, now: CoverageRun) -> Comparison:
    """
    Compare two estimates of one workspace.

    Parameters
    ----------
    workspace
        The workspace; difference rasters are written to its cache.
    before, now
        The estimates.

    Returns
    -------
    comparison
        For each operator that both know.

    Raises
    ------
    NotFoundError
        They have no operator in common.
    ShapeError
        Their rasters have not the same cells.
    """
    names = [name for name in now.state_paths if name in before.state_paths]
    if not names:
        raise NotFoundError("compare_nothing_common")
    settlement = settle(workspace)
    pairs = around_houses(now, settlement)
    _, here, _ = at_people(now, settlement, pairs=pairs)
    shared = pairs if io.read(before.state_paths[ANY]).grid == io.read(now.state_paths[ANY]).grid else None
    _, then, _ = at_people(before, settlement, pairs=shared)
    n_people = settlement.people.n_people
    people, rasters = {}, {}
    for name in names:
        kind = classes(then[name], here[name])
        gained, lost, opened, closed = (
            float(n_people[kind == value].sum()) for value in (GAINED, LOST, OPENED, CLOSED)
        )
        people[name] = Change(gained=gained, lost=lost, opened=opened, closed=closed)
        rasters[name] = _raster(workspace, before, now, name)
    return Comparison(
        before=before.digest,
        now=now.digest,
        people=MappingProxyType(people),
        rasters=MappingProxyType(rasters),
    )


def classes(before: Bytes, now: Bytes) -> Bytes:
    """
    Class of the difference at each place.

    Parameters
    ----------
    before, now
        Values of ``geo.coverage.State``, equal shapes.

    Returns
    -------
    classes
        ``SAME``, ``GAINED``, ``LOST``, ``OPENED`` or ``CLOSED``, same shape.
    """
    kind = np.full(now.shape, SAME, dtype=np.uint8)
    kind[(now == State.UNKNOWN) & (before == State.UNCOVERED)] = OPENED
    kind[(now == State.UNCOVERED) & (before == State.UNKNOWN)] = CLOSED
    kind[(now == State.COVERED) & (before != State.COVERED)] = GAINED
    kind[(now != State.COVERED) & (before == State.COVERED)] = LOST
    return kind


def _raster(workspace: Workspace, before: CoverageRun, now: CoverageRun, name: str) -> Path:
    path = workspace.cache / "compare" / f"{before.digest}-{now.digest}-{name}.tif"
    if path.exists():
        return path
    then, here = io.read(before.state_paths[name]), io.read(now.state_paths[name])
    if then.grid != here.grid:
        raise ShapeError("compare_other_grid", before=then.grid.cell_m, now=here.grid.cell_m)
    values = np.where(here.values == NOTHING, NOTHING, classes(then.values, here.values)).astype(np.uint8)
    io.write_cog(path, Raster(grid=here.grid, values=values, unit="change", nodata=NOTHING))
    return path
