"""What masts that operators mean to build would add: people within their usual reach who have no signal."""

from __future__ import annotations

import datetime as dt

import numpy as np
import shapely

from geo.coverage import State
from planning import data
from planning.progress.forecast import Gain
from planning.runs import ANY, TWO_OR_MORE
from planning.scorecard.evidence import Evidence
from planning.scorecard.job import Row
from planning.workspace import Workspace

PEOPLE = "people"


def gains(workspace: Workspace, evidence: Evidence, row: Row) -> tuple[Gain, ...]:
    """
    Share that each planned mast adds to a target of people with 5G.

    Parameters
    ----------
    workspace
        The workspace, with its layer ``operator_plan``.
    evidence
        What the indicators read.
    row
        The target.

    Returns
    -------
    gains
        The earliest first; each person counts for the first mast that reaches them. Empty for other targets.
        Assumed: a mast reaches ``planned_reach_m`` in every direction, and what is unknown stays unknown.
    """
    mobile = evidence.mobile
    operator = row.operator or row.target.argument
    if row.target.indicator != PEOPLE or operator == TWO_OR_MORE or mobile is None:
        return ()
    table = workspace.store.read("operator_plan").to_crs(workspace.calc_epsg)
    table = table[table.geometry.notna()]
    if operator != ANY:
        table = table[table["operator"] == operator]
    people = evidence.settlement.people
    total = float(people.n_people.sum())
    if table.empty or total <= 0 or operator not in mobile.states:
        return ()
    open_to = mobile.states[operator] == State.UNCOVERED
    found = []
    for due, point in sorted(
        (
            (str(due or ""), point)
            for due, point in zip(table["due_on"].fillna(""), table.geometry, strict=True)
        ),
        key=lambda one: (one[0] == "", one[0]),
    ):
        away_m = np.hypot(people.x_m - shapely.get_x(point), people.y_m - shapely.get_y(point))
        reached = open_to & (away_m <= data.setting("planned_reach_m"))
        open_to = open_to & ~reached
        share = float(people.n_people[reached].sum()) / total
        found.append(Gain(due_on=dt.date.fromisoformat(due) if due else None, share=share))
    return tuple(found)
