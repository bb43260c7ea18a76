"""Evaluations that were recorded: made, kept, found again, held against what has changed since."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo.errors import InputError
from layers.store.port import Store
from planning import proposal
from planning.audit import Entry
from planning.effect import Baseline
from planning.evaluation import baseline, common_inputs, evaluate, hashed, inputs_of
from planning.proposal import Case
from planning.review import Action, Actor, Seen
from planning.workspace import Workspace

MOST_COMPARED = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """
    An evaluation that was recorded.

    Parameters
    ----------
    id
        Code of the proposal.
    digest
        As opinions name it.
    at, actor
        When and by whom it was made.
    record
        Its content.
    """

    id: str
    digest: str
    at: str
    actor: str
    record: Mapping[str, object]


def to_row(record: Mapping[str, object], *, actor: str, now: dt.datetime) -> gpd.GeoDataFrame:
    """
    An evaluation as a row of its layer.

    Parameters
    ----------
    record
        From :func:`evaluate`.
    actor
        Who made it.
    now
        When.

    Returns
    -------
    table
        One row; its digest binds content, actor and moment.
    """
    content = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    at = now.astimezone(dt.UTC).isoformat(timespec="microseconds")
    key = hashlib.sha256(f"{at}\n{actor}\n{content}".encode()).hexdigest()
    row = {
        "id": key[:32],
        "proposal_id": record["proposal"],
        "at": at,
        "actor": actor,
        "inputs": hashed(record["inputs"]),
        "content": content,
        "digest": key,
        "sharing": "internal",
    }
    return gpd.GeoDataFrame(pd.DataFrame([row]), geometry=[None], crs=4326)


def last(store: Store, id: str, wanted: str) -> Kept | None:  # noqa: A002 - the column's own name
    """
    The evaluation that an opinion on a proposal would rest on.

    Parameters
    ----------
    store
        Tables of the workspace.
    id
        Code of the proposal.
    wanted
        Its digest, from ``review.Proposal.evaluation``.

    Returns
    -------
    kept
        None where there is none, or where it was altered since.
    """
    table = store.read("evaluation")
    for row in table[(table["proposal_id"] == id) & (table["digest"] == wanted)].to_dict("records"):
        key = hashlib.sha256(f"{row['at']}\n{row['actor']}\n{row['content']}".encode()).hexdigest()
        if key == wanted:
            return Kept(
                id=id,
                digest=key,
                at=str(row["at"]),
                actor=str(row["actor"]),
                record=json.loads(row["content"]),
            )
    return None


def changed(workspace: Workspace, id: str, record: Mapping[str, object]) -> tuple[str, ...]:  # noqa: A002
    """
    Inputs that are no longer as an evaluation had them.

    Parameters
    ----------
    workspace
        The workspace.
    id
        Code of the proposal.
    record
        The evaluation.

    Returns
    -------
    names
        Sorted; empty where it still holds.
    """
    now = inputs_of(common_inputs(workspace), workspace.store, id)
    then = record["inputs"]
    known: Mapping[str, str] = then if isinstance(then, dict) else {}
    return tuple(sorted(name for name in {*now, *known} if now.get(name) != known.get(name)))


def run(
    workspace: Workspace, case: Case, actor: Actor, *, now: dt.datetime, found: Baseline | None = None
) -> tuple[Kept, Entry, Case]:
    """
    Evaluate a proposal and record it, in one transaction.

    Parameters
    ----------
    workspace
        The workspace.
    case
        The proposal as the actor sees it.
    actor
        Who evaluates.
    now
        Present moment.
    found
        What every evaluation needs; None: it is read here.

    Returns
    -------
    kept, entry, case
        The evaluation, what was recorded, and the proposal afterwards.

    Raises
    ------
    ReviewError
        The actor may not, or not now; nothing is written.
    InputError, NotFoundError
        As of :func:`evaluate`.
    """
    proposal.require(case, Action.EVALUATE, actor)
    record = evaluate(found or baseline(workspace, now=now), workspace.store, case.row)
    row = to_row(record, actor=actor.name, now=now)
    seen = Seen(version=case.proposal.version)
    after, entry = proposal.act(
        workspace, case.proposal.id, Action.EVALUATE, actor, seen=seen, now=now, evaluation=row
    )
    digest, at = str(row["digest"].iloc[0]), str(row["at"].iloc[0])
    return Kept(id=case.proposal.id, digest=digest, at=at, actor=actor.name, record=record), entry, after


def side_by_side(workspace: Workspace, ids: Sequence[str], actor: Actor) -> tuple[Kept, ...]:
    """
    Evaluations of some proposals, to be compared; no score decides.

    Parameters
    ----------
    workspace
        The workspace.
    ids
        Codes of one to four proposals.
    actor
        Who asks.

    Returns
    -------
    kept
        In that order.

    Raises
    ------
    InputError
        ``compare_many``: more than four; ``evaluation_missing_of``: one was not evaluated.
    NotFoundError
        ``proposal_unknown``.
    """
    if len(ids) > MOST_COMPARED:
        raise InputError("compare_many", n=len(ids), most=MOST_COMPARED)
    told = []
    for key in ids:
        case = proposal.find(workspace, key, actor)
        kept = last(workspace.store, key, case.proposal.evaluation)
        if kept is None:
            raise InputError("evaluation_missing_of", id=key)
        told.append(kept)
    return tuple(told)
