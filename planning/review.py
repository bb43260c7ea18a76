"""
How a proposal goes from its draft to the mast on air: states and actions as one table, and who may do what.

Everything here is pure: the table gives the buttons, the guard, the diagram of the documents and the cases of
the tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from geo.errors import ReviewError, RoleError, StaleVersionError, TransitionError
from planning.audit import Entry


class State(StrEnum):
    """Where a proposal stands; texts ``proposal.state.<state>``."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    MORE_ASKED = "more_asked"
    AGREED = "agreed"
    NOT_AGREED = "not_agreed"
    PASSED_UP = "passed_up"
    BUILDING = "building"
    INSPECTED = "inspected"
    ON_AIR = "on_air"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What somebody does with a proposal; texts ``proposal.action.<action>``."""

    CREATE = "create"
    EDIT = "edit"
    SUBMIT = "submit"
    START = "start"
    EVALUATE = "evaluate"
    ASK = "ask"
    ANSWER = "answer"
    AGREE = "agree"
    DISAGREE = "disagree"
    PASS_UP = "pass_up"  # noqa: S105 - an action, no password
    BUILD = "build"
    INSPECT = "inspect"
    PUT_ON_AIR = "put_on_air"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    PAUSE = "pause"
    RESUME = "resume"
    COMMENT = "comment"
    CONSULT = "consult"


class Role(StrEnum):
    """What somebody is; texts ``proposal.role.<role>``."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SURVEYOR = "surveyor"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"


VIEW = "view"
"""Right of seeing, beside those of the actions."""
OPINIONS = frozenset({Action.AGREE, Action.DISAGREE, Action.PASS_UP})
"""Actions that state the office's opinion: they rest on an evaluation, and on a second pair of eyes."""
REASONED = OPINIONS | {
    Action.ASK,
    Action.REOPEN,
    Action.WITHDRAW,
    Action.PAUSE,
    Action.COMMENT,
    Action.CONSULT,
}
"""Actions that need a reason, or say something by their words alone."""
CLOSED = frozenset({State.ON_AIR, State.WITHDRAWN, State.NOT_AGREED})
"""States in which no clock runs and nothing is awaited."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    What an action does in a state.

    Parameters
    ----------
    next
        State afterwards.
    """

    next: State


def _table() -> Mapping[tuple[State, Action], Step]:
    s, a = State, Action
    moves = {
        (s.DRAFT, a.SUBMIT): s.SUBMITTED,
        (s.DRAFT, a.WITHDRAW): s.WITHDRAWN,
        (s.SUBMITTED, a.START): s.UNDER_REVIEW,
        (s.SUBMITTED, a.EVALUATE): s.UNDER_REVIEW,
        (s.SUBMITTED, a.WITHDRAW): s.WITHDRAWN,
        (s.UNDER_REVIEW, a.EVALUATE): s.UNDER_REVIEW,
        (s.UNDER_REVIEW, a.ASK): s.MORE_ASKED,
        (s.UNDER_REVIEW, a.AGREE): s.AGREED,
        (s.UNDER_REVIEW, a.DISAGREE): s.NOT_AGREED,
        (s.UNDER_REVIEW, a.PASS_UP): s.PASSED_UP,
        (s.UNDER_REVIEW, a.WITHDRAW): s.WITHDRAWN,
        (s.MORE_ASKED, a.ANSWER): s.UNDER_REVIEW,
        (s.MORE_ASKED, a.WITHDRAW): s.WITHDRAWN,
        (s.AGREED, a.PASS_UP): s.PASSED_UP,
        (s.AGREED, a.BUILD): s.BUILDING,
        (s.AGREED, a.REOPEN): s.UNDER_REVIEW,
        (s.AGREED, a.WITHDRAW): s.WITHDRAWN,
        (s.NOT_AGREED, a.PASS_UP): s.PASSED_UP,
        (s.NOT_AGREED, a.REOPEN): s.UNDER_REVIEW,
        (s.PASSED_UP, a.BUILD): s.BUILDING,
        (s.PASSED_UP, a.REOPEN): s.UNDER_REVIEW,
        (s.PASSED_UP, a.WITHDRAW): s.WITHDRAWN,
        (s.BUILDING, a.INSPECT): s.INSPECTED,
        (s.INSPECTED, a.PUT_ON_AIR): s.ON_AIR,
        (s.WITHDRAWN, a.REOPEN): s.UNDER_REVIEW,
    }
    moves |= {(state, a.EDIT): state for state in (s.DRAFT, s.SUBMITTED, s.UNDER_REVIEW, s.MORE_ASKED)}
    moves |= {(state, a.PAUSE): state for state in (s.SUBMITTED, s.UNDER_REVIEW)}
    moves |= {(state, a.RESUME): state for state in (s.SUBMITTED, s.UNDER_REVIEW)}
    moves |= {(state, action): state for state in s for action in (a.COMMENT, a.CONSULT)}
    return MappingProxyType({key: Step(state) for key, state in moves.items()})


TRANSITIONS: Mapping[tuple[State, Action], Step] = _table()
"""State and action to what follows; what is not named is not possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    Somebody who acts; nothing proves who it is until there is a sign-in.

    Parameters
    ----------
    name
        As chosen in the settings, or the account of this computer.
    role
        What he or she is.
    operator
        Id of the operator he or she belongs to; empty: none.
    """

    name: str
    role: Role
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    A proposal as the review sees it.

    Parameters
    ----------
    id
        Its code.
    operator
        Id of the operator that proposes.
    author
        Who wrote it down.
    state
        Where it stands.
    version
        Counted up by each action.
    evaluation
        Digest of the evaluation that an opinion would rest on; empty: there is none since it was last opened.
    is_paused
        True while the internal clock stands still by somebody's word.
    """

    id: str
    operator: str
    author: str
    state: State
    version: int
    evaluation: str = ""
    is_paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    What an actor had before the eyes.

    Parameters
    ----------
    version
        Version of the proposal.
    evaluation
        Digest of the evaluation; empty: none was shown.
    changed
        Names of the inputs of that evaluation that have changed since (texts ``proposal.input.<name>``).
    """

    version: int
    evaluation: str = ""
    changed: tuple[str, ...] = ()


Rights = Mapping[tuple[str, str], str]
"""Role and action to ``any``, or ``own``: only with proposals of the actor's operator."""


def may(actor: Actor, action: str, rights: Rights, *, operator: str) -> bool:
    """
    Tell whether somebody's role gives a right.

    Parameters
    ----------
    actor
        Who.
    action
        An action, or ``view``.
    rights
        From ``data/rules/roles.csv``.
    operator
        Operator of the proposal concerned.

    Returns
    -------
    may
        False too for an actor who may act on own proposals only and belongs to another operator, or to none.
    """
    scope = rights.get((str(actor.role), str(action)))
    return scope == "any" or (scope == "own" and actor.operator != "" and actor.operator == operator)


def possible(proposal: Proposal, actor: Actor, rights: Rights) -> tuple[Action, ...]:
    """
    Actions that somebody may do now: the buttons of a screen.

    Parameters
    ----------
    proposal
        The proposal.
    actor
        Who.
    rights
        From ``data/rules/roles.csv``.

    Returns
    -------
    actions
        In the order of ``Action``.
    """
    return tuple(
        action
        for action in Action
        if (proposal.state, action) in TRANSITIONS
        and may(actor, action, rights, operator=proposal.operator)
        and not _conflict(proposal, actor, action)
        and (action is not Action.PAUSE or not proposal.is_paused)
        and (action is not Action.RESUME or proposal.is_paused)
    )


def _conflict(proposal: Proposal, actor: Actor, action: Action) -> str:
    if action not in OPINIONS | {Action.REOPEN}:
        return ""
    if actor.operator:
        return "four_eyes_operator"
    return "four_eyes_author" if actor.name == proposal.author else ""


def transition(
    proposal: Proposal,
    action: Action,
    actor: Actor,
    *,
    rights: Rights,
    seen: Seen,
    now: dt.datetime,
    reason: str,
    last: Entry | None,
    evaluation: str = "",
) -> tuple[Proposal, Entry]:
    """
    Do something with a proposal.

    Parameters
    ----------
    proposal
        As it is now.
    action
        What is done.
    actor
        Who does it.
    rights
        Who may do what.
    seen
        What the actor had before the eyes.
    now
        Present moment, with zone.
    reason
        In the actor's words.
    last
        Last entry of the record; None: it is empty.
    evaluation
        Digest of the evaluation made by the action ``evaluate``.

    Returns
    -------
    proposal, entry
        As it is afterwards, and what is recorded; neither is written here.

    Raises
    ------
    RoleError
        ``role_not_allowed``, ``four_eyes_author`` or ``four_eyes_operator``.
    StaleVersionError
        ``proposal_stale``: somebody else did something meanwhile.
    TransitionError
        ``action_not_possible`` in this state.
    ReviewError
        ``reason_missing``, ``evaluation_missing``, ``evaluation_not_last``, ``evaluation_outdated``.
    """
    _require_right(proposal, action, actor, rights)
    if seen.version != proposal.version:
        raise StaleVersionError("proposal_stale", id=proposal.id, seen=seen.version, version=proposal.version)
    step = require(proposal, action, actor, rights)
    if action in REASONED and not reason.strip():
        raise ReviewError("reason_missing", action=str(action))
    if action in OPINIONS and proposal.state is State.UNDER_REVIEW:
        _require_evaluation(proposal, seen)
    after = replace(
        proposal,
        state=step.next,
        version=proposal.version + 1,
        evaluation=_evaluation_after(proposal, action, evaluation),
        is_paused=_paused_after(proposal, action, step.next),
    )
    return after, _entry(proposal, after, action, actor, now=now, reason=reason, last=last)


def require(proposal: Proposal, action: Action, actor: Actor, rights: Rights) -> Step:
    """
    Refuse what the role or the state forbids.

    Parameters
    ----------
    proposal, action, actor, rights
        As of :func:`transition`.

    Returns
    -------
    step
        What the action does.

    Raises
    ------
    RoleError, TransitionError
        As of :func:`transition`.
    """
    _require_right(proposal, action, actor, rights)
    step = TRANSITIONS.get((proposal.state, action))
    is_idle = (action is Action.PAUSE) == proposal.is_paused and action in (Action.PAUSE, Action.RESUME)
    if step is None or is_idle:
        known = ", ".join(possible(proposal, actor, rights))
        raise TransitionError(
            "action_not_possible",
            id=proposal.id,
            action=str(action),
            state=str(proposal.state),
            possible=known,
        )
    return step


def _require_right(proposal: Proposal, action: Action, actor: Actor, rights: Rights) -> None:
    if not may(actor, action, rights, operator=proposal.operator):
        raise RoleError("role_not_allowed", role=str(actor.role), action=str(action))
    conflict = _conflict(proposal, actor, action)
    if conflict == "four_eyes_author":
        raise RoleError("four_eyes_author", actor=actor.name)
    if conflict:
        raise RoleError("four_eyes_operator", operator=actor.operator)


def _require_evaluation(proposal: Proposal, seen: Seen) -> None:
    if not proposal.evaluation:
        raise ReviewError("evaluation_missing", id=proposal.id)
    if seen.evaluation != proposal.evaluation:
        raise ReviewError("evaluation_not_last", id=proposal.id)
    if seen.changed:
        raise ReviewError("evaluation_outdated", id=proposal.id, changed=", ".join(seen.changed))


def _evaluation_after(proposal: Proposal, action: Action, made: str) -> str:
    if action is Action.EVALUATE:
        return made
    return "" if action in (Action.REOPEN, Action.EDIT) else proposal.evaluation


def _paused_after(proposal: Proposal, action: Action, state: State) -> bool:
    if action in (Action.PAUSE, Action.RESUME):
        return action is Action.PAUSE
    return proposal.is_paused and state is proposal.state


def _entry(
    before: Proposal,
    after: Proposal,
    action: Action,
    actor: Actor,
    *,
    now: dt.datetime,
    reason: str,
    last: Entry | None,
) -> Entry:
    is_opinion = action in OPINIONS or action is Action.EVALUATE
    return Entry.after(
        last,
        at=now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        actor=actor.name,
        role=str(actor.role),
        action=str(action),
        proposal_id=after.id,
        proposal_version=after.version,
        state_from=str(before.state),
        state_to=str(after.state),
        reason=reason.strip(),
        shown_digest=after.evaluation if is_opinion else "",
    )


def created(
    *,
    id: str,  # noqa: A002 - the column's own name
    operator: str,
    actor: Actor,
    author: str,
    is_submitted: bool,
    rights: Rights,
    now: dt.datetime,
    reason: str,
    last: Entry | None,
) -> tuple[Proposal, Entry]:
    """
    Take a new proposal in.

    Parameters
    ----------
    id, operator, author
        As of :class:`Proposal`.
    actor
        Who takes it in.
    is_submitted
        True where it came from the operator, complete; else it is a draft.
    rights, now, reason, last
        As of :func:`transition`.

    Returns
    -------
    proposal, entry
        Version 1, and what is recorded.

    Raises
    ------
    RoleError
        ``role_not_allowed``.
    """
    if not may(actor, Action.CREATE, rights, operator=operator):
        raise RoleError("role_not_allowed", role=str(actor.role), action=str(Action.CREATE))
    state = State.SUBMITTED if is_submitted else State.DRAFT
    made = Proposal(id=id, operator=operator, author=author, state=state, version=1)
    before = replace(made, state=State.DRAFT, version=0)
    return made, _entry(before, made, Action.CREATE, actor, now=now, reason=reason, last=last)


def restored(rows: Sequence[Entry], *, id: str, operator: str, author: str) -> Proposal | None:  # noqa: A002
    """
    A proposal as its record tells it: the record is the truth, the row of the layer a copy.

    Parameters
    ----------
    rows
        The record of all proposals, in order.
    id, operator, author
        As of :class:`Proposal`.

    Returns
    -------
    proposal
        None where nothing is recorded of it.
    """
    found: Proposal | None = None
    for row in rows:
        if row.proposal_id != id:
            continue
        action, state = Action(row.action), State(row.state_to)
        before = found or Proposal(id=id, operator=operator, author=author, state=state, version=0)
        found = replace(
            before,
            state=state,
            version=row.proposal_version,
            evaluation=_evaluation_after(before, action, row.shown_digest),
            is_paused=_paused_after(before, action, state),
        )
    return found
