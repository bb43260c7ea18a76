"""Who acts with proposals: chosen at this computer, not authenticated, and said so."""

from __future__ import annotations

import streamlit as st

from planning import data
from planning.review import Actor, Role
from screens import state

ROLE, NAME, OPERATOR = "acting_role", "acting_name", "acting_operator"


def settings() -> None:
    """Ask for name and role, and say that nothing proves them."""
    with st.expander(state.tr("screen.proposal.actor"), icon=":material/badge:"):
        st.warning(state.tr("screen.proposal.actor.note"), icon=":material/no_accounts:")
        left, right = st.columns(2)
        left.text_input(state.tr("screen.proposal.actor.name"), key=NAME, placeholder=state.actor())
        right.selectbox(
            state.tr("screen.proposal.actor.role"),
            list(Role),
            index=list(Role).index(Role.APPROVER),
            format_func=lambda role: state.tr(f"proposal.role.{role}"),
            key=ROLE,
        )
        if st.session_state.get(ROLE) == Role.OPERATOR:
            sample = state.opened().is_sample
            known = [one.id for one in data.operators() if one.is_sample == sample and one.bands]
            st.selectbox(state.tr("column.operator"), known, format_func=state.operator_name, key=OPERATOR)


def actor() -> Actor:
    """
    Who acts in this session.

    Returns
    -------
    actor
        As chosen; else the account of this computer as an approver.
    """
    role = Role(st.session_state.get(ROLE) or Role.APPROVER)
    own = str(st.session_state.get(OPERATOR) or "") if role is Role.OPERATOR else ""
    return Actor(name=str(st.session_state.get(NAME) or state.actor()), role=role, operator=own)
