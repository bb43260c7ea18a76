"""What letters and reports tell of: read once, then only put into words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from planning import gap, reason, runs, task
from planning.evidence import measure, sides
from planning.evidence.sides import Beside
from planning.gap import GapResult
from planning.plate.stock import Stock, gather
from planning.release import Audience
from planning.runs import CoverageRun
from planning.scorecard import job as scorecard
from planning.scorecard import plan
from planning.scorecard.job import Scorecard
from planning.task import Task
from planning.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """
    Who writes a paper, when, and in which language.

    Parameters
    ----------
    name
        Name of the area.
    letterhead
        ``committee`` or ``office``.
    is_sample
        True where everything is synthetic.
    now
        Moment that the paper carries.
    language
        ``vi`` or ``en``.
    """

    name: str
    letterhead: str
    is_sample: bool
    now: dt.datetime
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    Results that papers put into words.

    Parameters
    ----------
    card
        Targets today.
    beside
        The four kinds of evidence side by side.
    result
        Gap analysis, or None where nothing was estimated.
    """

    card: Scorecard
    beside: Beside
    result: GapResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief(Cover):
    """
    What letters and reports tell of.

    Parameters
    ----------
    audience
        Whom the paper is for.
    card
        Targets today.
    beside
        The four kinds of evidence side by side.
    result
        Gap analysis, or None where nothing was estimated.
    tasks
        Tasks of the plan, the late ones first.
    stock
        What maps are drawn from, as the audience may see it.
    masts
        Id of a mast to its name.
    """

    audience: Audience
    card: Scorecard
    beside: Beside
    result: GapResult | None
    tasks: tuple[Task, ...]
    stock: Stock
    masts: Mapping[str, str]


def read(
    workspace: Workspace,
    *,
    audience: Audience,
    letterhead: str,
    now: dt.datetime,
    language: str,
    commune: str | None = None,
    known: Known | None = None,
) -> Brief:
    """
    Read all that a paper may tell of.

    Parameters
    ----------
    workspace
        The workspace.
    audience
        Whom the paper is for.
    letterhead
        ``committee`` or ``office``.
    now
        Moment that the paper carries.
    language
        ``vi`` or ``en``.
    commune
        Code of one commune; None: the whole workspace.
    known
        Results of today, where they were reckoned already.

    Returns
    -------
    brief
        The figures that the screens and the other verbs show.
    """
    told = known or reckon(workspace, commune=commune, now=now)
    found: CoverageRun | None = runs.latest(workspace, technology=gap.TARGET)
    stock = gather(workspace, audience=audience, run=found, result=told.result, now=now, language=language)
    return Brief(
        name=workspace.name,
        letterhead=letterhead,
        is_sample=workspace.is_sample,
        audience=audience,
        card=told.card,
        beside=told.beside,
        result=told.result,
        tasks=task.read(workspace, today=now.date()),
        stock=stock,
        masts=reason.mast_names(stock.tables["site"]),
        now=now,
        language=language,
    )


def reckon(workspace: Workspace, *, commune: str | None, now: dt.datetime) -> Known:
    """
    Reckon what papers put into words.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Code of one commune; None: the whole workspace.
    now
        Present moment.

    Returns
    -------
    known
        The figures that the screens and the other verbs show.
    """
    evidence = scorecard.gather(workspace, commune=commune, now=now)
    tracker = measure.track(workspace, commune=commune, today=now.date())
    has_estimate = runs.latest(workspace, technology=gap.TARGET) is not None
    return Known(
        card=scorecard.read(evidence, plan.targets(workspace)),
        beside=sides.put(workspace, evidence, tracker, today=now.date()),
        result=gap.run(workspace, commune=commune, now=now) if has_estimate else None,
    )
