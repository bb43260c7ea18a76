"""What other path-loss models say: the difference between models is larger than the shadow fading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from geo.field import PROFILE
from geo.gap import tally
from planning import coverage, runs
from planning.gap import at_people
from planning.people import settle
from planning.runs import CoverageRun
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


def spread(
    workspace: Workspace,
    found: CoverageRun,
    *,
    now: dt.datetime,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> CoverageRun:
    """
    Estimate with every applicable model, with the options of an estimate otherwise.

    Parameters
    ----------
    workspace
        The workspace; the estimates are kept in its history.
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
    shares: dict[str, Mapping[str, float]] = {}
    try:
        for number, model in enumerate(models):
            options = replace(found.options, model=model, speed=False)
            run = coverage.run(
                workspace,
                options,
                now=now,
                progress=None if progress is None else _part(progress, number, len(models)),
                cancelled=cancelled,
            )
            _, states, assumed = at_people(run, settlement)
            n_people = settlement.people.n_people
            shares[model] = {name: tally(states[name], n_people, assumed[name]).share for name in states}
    finally:
        runs.ask_again(workspace, found.digest)
    return runs.note_spread(workspace, found.digest, shares)


def _part(progress: Callable[[float], None], number: int, n_parts: int) -> Callable[[float], None]:
    return lambda share: progress((number + share) / n_parts)
