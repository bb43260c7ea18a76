"""Proposals of a workspace: what is recorded of each, and what is done with them, each in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo.crs import WGS84
from geo.errors import InputError, NotFoundError, StaleVersionError
from layers.store import Batch, Note
from planning import audit, review, rulebook, workday
from planning.audit import Entry, Head, Verdict
from planning.data import setting
from planning.review import Action, Actor, Proposal, Seen, State
from planning.workspace import Workspace

LAYER = "proposal"
TRIES = 8
"""How often an act is begun again where somebody else wrote the record meanwhile."""
PAUSED = frozenset({State.MORE_ASKED})
"""States in which the office waits for somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """
    A proposal with all that is known of it.

    Parameters
    ----------
    row
        Row of the layer ``proposal``, with ``geometry`` in EPSG:4326.
    proposal
        As the review sees it.
    entries
        Its entries of the record, in order.
    is_as_recorded
        False where the row says another state or version than the record.
    """

    row: Mapping[str, object]
    proposal: Proposal
    entries: tuple[Entry, ...]
    is_as_recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    The internal clock of a proposal.

    Parameters
    ----------
    started_on
        Day of submission; None: not yet submitted.
    n_used
        Working days used, those of waiting for others left out.
    n_allowed
        Working days that the office allows itself.
    due_on
        Day on which they end if nothing is paused any more; None: it does not run.
    is_running
        False where it is paused, stopped or not begun.
    """

    started_on: dt.date | None
    n_used: int
    n_allowed: int
    due_on: dt.date | None
    is_running: bool

    @property
    def is_late(self) -> bool:
        """True where more days are used than allowed."""
        return self.n_used > self.n_allowed


def read(workspace: Workspace, actor: Actor) -> tuple[Case, ...]:
    """
    Proposals that somebody may see.

    Parameters
    ----------
    workspace
        The workspace.
    actor
        Who; an operator sees its own only.

    Returns
    -------
    cases
        In the order of the layer.
    """
    table = workspace.store.read(LAYER)
    entries = audit.to_entries(workspace.store.read("audit"))
    known = rights()
    cases = [_case(row, entries) for row in table.to_dict("records")]
    return tuple(
        case for case in cases if review.may(actor, review.VIEW, known, operator=case.proposal.operator)
    )


def rights() -> review.Rights:
    """
    Who may do what.

    Returns
    -------
    rights
        Rows of ``data/rules/roles.csv``.
    """
    return rulebook.rights()


def find(workspace: Workspace, id: str, actor: Actor) -> Case:  # noqa: A002 - the column's own name
    """
    One proposal.

    Parameters
    ----------
    workspace
        The workspace.
    id
        Its code.
    actor
        Who asks.

    Returns
    -------
    case
        The proposal.

    Raises
    ------
    NotFoundError
        ``proposal_unknown``: there is none, or the actor may not see it; which of the two is not told.
    """
    for case in read(workspace, actor):
        if case.proposal.id == id:
            return case
    raise NotFoundError("proposal_unknown", id=id)


def _case(row: Mapping[str, object], entries: Sequence[Entry]) -> Case:
    key, operator, author = (_word(row.get(name)) for name in ("id", "operator", "author"))
    found = review.restored(entries, id=key, operator=operator, author=author)
    found = found or Proposal(id=key, operator=operator, author=author, state=State.DRAFT, version=0)
    state, version = row.get("state"), row.get("version")
    told = (str(found.state), found.version) if found.version else (None, None)
    said = (state if isinstance(state, str) else None, None if pd.isna(version) else int(str(version)))  # type: ignore[call-overload]
    mine = tuple(one for one in entries if one.proposal_id == key)
    return Case(row=row, proposal=found, entries=mine, is_as_recorded=told == said)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def act(
    workspace: Workspace,
    id: str,  # noqa: A002 - the column's own name
    action: Action,
    actor: Actor,
    *,
    seen: Seen | None,
    now: dt.datetime,
    reason: str = "",
    values: Mapping[str, object] | None = None,
    evaluation: gpd.GeoDataFrame | None = None,
) -> tuple[Case, Entry]:
    """
    Do something with a proposal; its row, the record and an evaluation are written in one transaction.

    Parameters
    ----------
    workspace
        The workspace.
    id
        Its code.
    action
        What is done.
    actor
        Who does it.
    seen
        What the actor had before the eyes; None: the proposal as it is now, without an evaluation.
    now
        Present moment.
    reason
        In the actor's words.
    values
        Columns that the action ``edit`` or ``answer`` changes.
    evaluation
        Row of the layer ``evaluation`` that the action ``evaluate`` adds.

    Returns
    -------
    case, entry
        The proposal afterwards, and what was recorded.

    Raises
    ------
    ReviewError
        As of ``review.transition``; nothing is written.
    StaleVersionError
        ``proposal_stale``.
    NotFoundError
        ``proposal_unknown``.
    """
    for attempt in range(TRIES):
        entries = audit.to_entries(workspace.store.read("audit"))
        case = find(workspace, id, actor)
        digest = "" if evaluation is None else str(evaluation["digest"].iloc[0])
        after, entry = review.transition(
            case.proposal,
            action,
            actor,
            rights=rights(),
            seen=seen or Seen(version=case.proposal.version),
            now=now,
            reason=reason,
            last=entries[-1] if entries else None,
            evaluation=digest,
        )
        row = {**case.row, **(values or {}), "state": str(after.state), "version": after.version}
        try:
            _commit(workspace, [row], [entry], evaluation, action=str(action), actor=actor, now=now)
        except (StaleVersionError, InputError) as error:
            if error.code not in ("row_stale", "ids_exist") or attempt + 1 == TRIES:
                raise
            continue
        return find(workspace, id, actor), entry
    raise StaleVersionError("proposal_stale", id=id, seen=0, version=0)


def require(case: Case, action: Action, actor: Actor) -> None:
    """
    Refuse early what would be refused in the end, before a long computation.

    Parameters
    ----------
    case
        The proposal.
    action
        What shall be done.
    actor
        Who.

    Raises
    ------
    RoleError, TransitionError
        As of ``review.transition``.
    """
    review.require(case.proposal, action, actor, rights())


def take_in(
    workspace: Workspace,
    rows: gpd.GeoDataFrame,
    actor: Actor,
    *,
    author: str,
    is_submitted: bool,
    source: str,
    now: dt.datetime,
) -> tuple[Entry, ...]:
    """
    Add new proposals, all or none.

    Parameters
    ----------
    workspace
        The workspace.
    rows
        Rows of the layer ``proposal`` that were judged before.
    actor
        Who takes them in.
    author
        Who wrote them; empty: the operator of each.
    is_submitted
        True where they come from the operator; else they are drafts.
    source
        From where.
    now
        Present moment.

    Returns
    -------
    entries
        What was recorded.

    Raises
    ------
    RoleError
        ``role_not_allowed``; nothing is written.
    InputError
        ``ids_exist``.
    """
    entries = audit.to_entries(workspace.store.read("audit"))
    last = entries[-1] if entries else None
    taken: list[Entry] = []
    made: list[dict[str, object]] = []
    for row in rows.to_dict("records"):
        operator = str(row["operator"])
        proposal, last = review.created(
            id=str(row["id"]),
            operator=operator,
            actor=actor,
            author=author or operator,
            is_submitted=is_submitted,
            rights=rights(),
            now=now,
            reason=source,
            last=last,
        )
        taken.append(last)
        day = row.get("submitted_on")
        made.append(
            {
                **row,
                "author": proposal.author,
                "state": str(proposal.state),
                "version": proposal.version,
                "submitted_on": day if isinstance(day, str) else now.date().isoformat(),
                "source": source,
                "sharing": "internal",
            }
        )
    _commit(workspace, made, taken, None, action="create", actor=actor, now=now, is_new=True)
    return tuple(taken)


def _commit(
    workspace: Workspace,
    rows: Sequence[Mapping[str, object]],
    entries: Sequence[Entry],
    evaluation: gpd.GeoDataFrame | None,
    *,
    action: str,
    actor: Actor,
    now: dt.datetime,
    is_new: bool = False,
) -> None:
    # The record stands first: the store refuses a state that is not recorded.
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=WGS84)
    ids = [str(row["id"]) for row in rows]
    recorded = audit.to_table(entries)
    versions = {} if is_new else workspace.store.versions(LAYER, ids)
    batches = {
        "audit": Batch(rows=recorded, expected=dict.fromkeys(recorded["id"])),
        LAYER: Batch(rows=table, expected={key: versions.get(key) for key in ids}),
    }
    if evaluation is not None:
        batches = {"evaluation": Batch(rows=evaluation), **batches}
    note = Note(action=f"proposal_{action}", actor=actor.name, at=now.isoformat(timespec="seconds"))
    workspace.store.commit(batches, note=note)


def verify(workspace: Workspace, head: Head | None = None) -> Verdict:
    """
    Look through the record of a workspace.

    Parameters
    ----------
    workspace
        The workspace.
    head
        Its end at an earlier time, kept elsewhere.

    Returns
    -------
    verdict
        Whole or not.
    """
    return audit.verify(workspace.store.read("audit"), head)


def clock(case: Case, *, today: dt.date) -> Clock:
    """
    The internal clock of a proposal.

    Parameters
    ----------
    case
        The proposal.
    today
        Present day.

    Returns
    -------
    clock
        Days used so far; waiting for the operator, pauses, and the time after an opinion do not count.
    """
    allowed = int(setting("proposal_review_days"))
    started: dt.date | None = None
    n_used, since = 0, None
    proposal: Proposal | None = None
    for number, entry in enumerate(case.entries, start=1):
        on = dt.datetime.fromisoformat(entry.at).astimezone().date()
        if since is not None:
            n_used += workday.between(since, on)
        proposal = review.restored(case.entries[:number], id=case.proposal.id, operator="", author="")
        counts = proposal is not None and _counts(proposal)
        since = on if counts else None
        started = started or (on if counts else None)
    if since is not None:
        n_used += workday.between(since, today)
    due = None if since is None else workday.after(today, max(allowed - n_used, 0))
    return Clock(
        started_on=started, n_used=n_used, n_allowed=allowed, due_on=due, is_running=since is not None
    )


def _counts(proposal: Proposal) -> bool:
    return proposal.state in (State.SUBMITTED, State.UNDER_REVIEW) and not proposal.is_paused
