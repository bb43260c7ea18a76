"""What other path-loss models say: the difference between models is larger than the shadow fading."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace

from geo.field import PROFILE, reach_m
from geo.gap import tally
from geo.receiver import outdoor_cells
from planning import coverage, data, runs
from planning.coverage import Inputs
from planning.gap import judge
from planning.outcome import unwritten
from planning.people import settle
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions
from planning.workspace import Workspace

RURAL, URBAN = ("rma", PROFILE), ("uma", PROFILE)


def applicable(workspace: Workspace) -> tuple[str, ...]:
    """
    Models that hold in the workspace.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    models
        Urban macro in dense wards, else rural macro; and P.1812 over the profile.
    """
    return URBAN if workspace.is_dense() else RURAL


def estimate(
    workspace: Workspace,
    options: CoverageOptions,
    *,
    now: dt.datetime,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
    always: bool = False,
) -> CoverageRun:
    """
    Estimate coverage, and with it what other models say where that is cheap.

    Parameters
    ----------
    workspace
        The workspace; written as by ``coverage.run``.
    options
        The user's choices.
    now
        Present moment.
    progress
        Called with the share done, 0–1.
    cancelled
        Asked between masts; True stops the work.
    executor
        Takes the work of the estimate itself instead of threads of this process.
    always
        Whether other models are asked whatever it costs.

    Returns
    -------
    run
        The estimate; ``spread`` is empty where other models would take longer than ``spread_auto_s``.

    Raises
    ------
    CancelledError
        The user stopped it; an estimate that was complete is kept.
    PlannerError
        As for ``coverage.run``.
    """
    found = coverage.run(
        workspace, options, now=now, progress=progress, cancelled=cancelled, executor=executor
    )
    if not always and (found.spread or not is_cheap(workspace, found)):
        return found
    return spread(workspace, found, now=now, progress=progress, cancelled=cancelled)


def is_cheap(workspace: Workspace, found: CoverageRun) -> bool:
    """
    Whether other models can be asked without being told to.

    Parameters
    ----------
    workspace
        The workspace.
    found
        The estimate.

    Returns
    -------
    is_cheap
        True where the reckoned processor time does not exceed the setting ``spread_auto_s``.
    """
    return cost_s(coverage.read_inputs(workspace, found.options)) <= data.setting("spread_auto_s")


def cost_s(inputs: Inputs) -> float:
    """
    Processor time that all applicable models take.

    Parameters
    ----------
    inputs
        Of the estimate.

    Returns
    -------
    cost_s
        Reckoned from the cells within reach of each place, height and carrier [s].
    """
    reaches: dict[tuple[float, ...], float] = {}
    for sector in inputs.transmitters:
        key = (sector.x_m, sector.y_m, sector.height_m, sector.frequency_mhz)
        here_m = reach_m(
            sector,
            lowest_dbm=data.levels().lowest_dbm,
            allowance_db=data.setting("radius_allowance_db"),
            limits_m=coverage.limits(),
        )
        reaches[key] = max(reaches.get(key, 0.0), here_m)
    n_mpx = sum(math.pi * (one / inputs.surface.grid.cell_m) ** 2 for one in reaches.values()) / 1e6
    speeds = (data.setting("distance_model_mpx_per_s"), data.setting("profile_model_mpx_per_s"))
    return sum(n_mpx / speed for speed in speeds)


def spread(
    workspace: Workspace,
    found: CoverageRun,
    *,
    now: dt.datetime,  # noqa: ARG001  (the moment of the estimate stays)
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CoverageRun:
    """
    Ask every applicable model, with the options of an estimate otherwise.

    Parameters
    ----------
    workspace
        The workspace; only the shares are kept, with the estimate.
    found
        The estimate.
    now
        Present moment.
    progress
        Called with the share done, 0–1.
    cancelled
        Asked between masts; True stops the work.

    Returns
    -------
    run
        ``found`` with ``spread``, the present estimate again.

    Raises
    ------
    CancelledError
        The user stopped it.
    """
    models = applicable(workspace)
    settlement = settle(workspace)
    inputs = coverage.read_inputs(workspace, found.options)
    n_people, pairs = settlement.people.n_people, None
    shares: dict[str, Mapping[str, float]] = {}
    for number, model in enumerate(models):
        options = replace(found.options, model=model, speed=False, indoor=False)
        found_by = coverage.outcome(
            workspace,
            options,
            inputs,
            progress=None if progress is None else _part(progress, number, len(models)),
            cancelled=cancelled,
        )
        if pairs is None:
            ring_m = data.setting("outdoor_ring_m")
            pairs = outdoor_cells(found_by.coverage.grid, settlement.outlines, ring_m=ring_m)
        read = unwritten(found_by)
        states, assumed = judge(read, inputs.operators, options, settlement, pairs=pairs)
        shares[model] = {name: tally(states[name], n_people, assumed[name]).share for name in states}
    return runs.note_spread(workspace, found.digest, shares)


def _part(progress: Callable[[float], None], number: int, n_parts: int) -> Callable[[float], None]:
    return lambda share: progress((number + share) / n_parts)
