"""The review as a table: who may do what, in which state, on what evidence; the clock counts working days."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import PlannerError, ReviewError, RoleError, StaleVersionError, TransitionError
from planning import audit, review, rulebook, workday
from planning.review import OPINIONS, REASONED, TRANSITIONS, Action, Actor, Proposal, Role, Seen, State

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
RIGHTS = rulebook.rights()
AN = Actor(name="an", role=Role.APPROVER)


def proposal(state: State = State.UNDER_REVIEW, **values: object) -> Proposal:
    usual = {"id": "P1", "operator": "viettel", "author": "viettel", "version": 3, "evaluation": "e1"}
    return Proposal(**({"state": state} | usual | values))  # type: ignore[arg-type]


def do(one: Proposal, action: Action, actor: Actor = AN, **values: object) -> Proposal:
    seen = {"version": one.version, "evaluation": one.evaluation} | dict(values.pop("seen", {}))
    usual: dict[str, object] = {
        "reason": "vì",
        "now": NOW,
        "rights": RIGHTS,
        "last": None,
        "evaluation": "e2",
    }
    return review.transition(one, action, actor, seen=Seen(**seen), **(usual | values))[0]  # type: ignore[arg-type]


def test_every_state_is_reached_and_every_step_leads_somewhere():
    reached = {State.DRAFT, State.SUBMITTED}
    for _ in State:
        reached |= {step.next for (state, _), step in TRANSITIONS.items() if state in reached}
    assert reached == set(State)
    assert {action for _, action in TRANSITIONS} == set(Action) - {Action.CREATE}


@pytest.mark.parametrize(("role", "action"), list(itertools.product(Role, Action)))
def test_each_role_does_what_its_row_says_and_nothing_else(role, action):
    if action is Action.CREATE:
        return
    state = next(state for state, known in TRANSITIONS if known is action)
    one = proposal(state, is_paused=action is Action.RESUME)
    own = Actor(name="an", role=role, operator="viettel" if role is Role.OPERATOR else "")
    scope = RIGHTS.get((role, action))
    if scope is None:
        with pytest.raises(RoleError, match="role_not_allowed"):
            do(one, action, own)
        assert action not in review.possible(one, own, RIGHTS)
        return
    assert do(one, action, own).version == 4
    assert action in review.possible(one, own, RIGHTS)
    if scope == "own":
        for stranger in ("vnpt", ""):
            with pytest.raises(RoleError, match="role_not_allowed"):
                do(one, action, Actor(name="an", role=role, operator=stranger))


def test_only_approvers_give_opinions_and_never_on_their_own():
    assert {role for role, action in RIGHTS if action in OPINIONS} == {Role.APPROVER}
    for action in OPINIONS:
        with pytest.raises(RoleError, match="four_eyes_author"):
            do(proposal(author="an"), action)
        with pytest.raises(RoleError, match="four_eyes_operator"):
            do(proposal(), action, Actor(name="bình", role=Role.APPROVER, operator="viettel"))


@pytest.mark.parametrize("action", sorted(OPINIONS))
def test_an_opinion_rests_on_the_evaluation_that_was_shown(action):
    assert do(proposal(), action).evaluation == "e1"
    with pytest.raises(ReviewError, match="evaluation_missing"):
        do(proposal(evaluation=""), action)
    with pytest.raises(ReviewError, match="evaluation_not_last"):
        do(proposal(), action, seen={"evaluation": "e0"})
    with pytest.raises(ReviewError, match="evaluation_outdated") as refused:
        do(proposal(), action, seen={"changed": ("site", "rules")})
    assert refused.value.facts["changed"] == "site, rules"
    again = do(do(proposal(), Action.DISAGREE), Action.REOPEN)
    with pytest.raises(ReviewError, match="evaluation_missing"):
        do(again, action)
    assert do(do(again, Action.EVALUATE), action).evaluation == "e2"


@pytest.mark.parametrize("action", sorted(REASONED))
def test_what_needs_a_reason_is_refused_without(action):
    state = next(state for state, known in TRANSITIONS if known is action)
    for reason in ("", "  \n"):
        with pytest.raises(ReviewError, match="reason_missing"):
            do(proposal(state), action, reason=reason)


def test_a_stale_page_is_told_so_and_a_double_click_counts_once():
    once = do(proposal(), Action.AGREE)
    with pytest.raises(StaleVersionError, match="proposal_stale"):
        do(once, Action.AGREE, seen={"version": 3})
    with pytest.raises(TransitionError, match="action_not_possible"):
        do(once, Action.AGREE)


actions = st.sampled_from([one for one in Action if one is not Action.CREATE])


@given(steps=st.lists(st.tuples(actions, st.sampled_from(Role), st.booleans(), st.booleans()), max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_sequence_stays_in_the_table_and_its_chain_verifies(steps):
    """Against a model that is a dictionary and knows nothing of the code."""
    now, last = NOW, None
    one, last = review.created(
        id="P1", operator="viettel", actor=AN, author="", is_submitted=True, rights=RIGHTS, now=NOW,
        reason="", last=None,
    )  # fmt: skip
    entries, model = [last], {"state": "submitted", "version": 1, "evaluated": False, "paused": False}
    for action, role, is_fresh, has_reason in steps:
        actor = Actor(name="an", role=role, operator="viettel" if role is Role.OPERATOR else "")
        version = one.version if is_fresh else one.version - 1
        allowed = (
            (role, action) in RIGHTS
            and is_fresh
            and (State(model["state"]), action) in TRANSITIONS
            and (has_reason or action not in REASONED)
            and not (action in OPINIONS and model["state"] == "under_review" and not model["evaluated"])
            and not (action is Action.PAUSE and model["paused"])
            and not (action is Action.RESUME and not model["paused"])
        )
        try:
            one, last = review.transition(
                one, action, actor, rights=RIGHTS, seen=Seen(version=version, evaluation=one.evaluation),
                now=now, reason="vì" if has_reason else "", last=last, evaluation=f"e{one.version}",
            )  # fmt: skip
        except PlannerError:
            assert not allowed, (action, role, model)
            continue
        assert allowed, (action, role, model)
        entries.append(last)
        before = model["state"]
        model["state"] = str(TRANSITIONS[State(before), action].next)
        model["version"] += 1
        model["evaluated"] = action is Action.EVALUATE or (
            model["evaluated"] and action not in (Action.REOPEN, Action.EDIT)
        )
        model["paused"] = action is Action.PAUSE or (
            model["paused"] and action is not Action.RESUME and model["state"] == before
        )
        assert (str(one.state), one.version) == (model["state"], model["version"])
        assert (bool(one.evaluation), one.is_paused) == (model["evaluated"], model["paused"])
    assert audit.verify(audit.to_table(entries)).ok
    assert review.restored(entries, id="P1", operator="viettel", author="") == one


def test_working_days_know_holidays_and_worked_saturdays():
    day = dt.date
    assert not workday.is_working(day(2026, 1, 1))
    assert not workday.is_working(day(2026, 1, 2))  # exchanged
    assert workday.is_working(day(2026, 1, 10))  # a Saturday that is worked for it
    assert not workday.is_working(day(2026, 2, 17))  # lunar new year
    assert not workday.is_working(day(2026, 8, 31))
    assert workday.is_working(day(2026, 8, 22))
    assert workday.between(day(2026, 1, 1), day(2026, 1, 12)) == 7
    assert workday.after(day(2025, 12, 31), 3) == day(2026, 1, 7)
    assert workday.after(day(2026, 2, 13), 1) == day(2026, 2, 23)
