"""Bộ dữ liệu của xã: what is there, bringing data in, taking data out, making a new set."""

from __future__ import annotations

import streamlit as st

from screens import (
    antenna,
    checks,
    editing,
    export,
    forms,
    heading,
    intake,
    inventory,
    parcel,
    past,
    state,
    unplaced,
    wizard,
)
from screens.guard import guarded

PARTS = (
    "inventory",
    "import",
    "unplaced",
    "checks",
    "forms",
    "edit",
    "antenna",
    "history",
    "copies",
    "export",
    "parcel",
    "wizard",
    "switch",
)


def render() -> None:
    """Draw the screen."""
    found = state.workspace()
    is_another = wizard.is_under_way() and wizard.is_new()
    heading.render("screen.dataset.title", None if is_another else found)
    if found is None or wizard.is_under_way():
        wizard.render()
        return
    part = st.segmented_control(
        state.tr("screen.dataset.part"),
        PARTS,
        default="inventory",
        format_func=lambda name: state.tr(f"screen.dataset.tab.{name}"),
        key="dataset_part",
        label_visibility="collapsed",
    )
    if part == "import":
        intake.any_layer()
    elif part == "checks":
        checks.render()
    elif part == "forms":
        forms.render()
    elif part == "unplaced":
        unplaced.render()
    elif part == "edit":
        editing.render()
    elif part == "antenna":
        antenna.render()
    elif part == "history":
        past.changes()
    elif part == "copies":
        past.copies()
    elif part == "export":
        export.render()
    elif part == "parcel":
        parcel.render()
    elif part == "wizard":
        _steps()
    elif part == "switch":
        _switch()
    else:
        if not found.is_sample and not wizard.is_complete():
            _steps()
        inventory.render()


@guarded
def _steps() -> None:
    """How far the data set is, with the next step as a button."""
    with st.container(border=True):
        st.markdown(state.md("screen.wizard.steps"))
        wizard.offer()


@guarded
def _switch() -> None:
    folders = state.folders()
    chosen = st.selectbox(
        state.tr("screen.dataset.switch.which"),
        folders,
        index=folders.index(state.folder()),
        format_func=state.folder_name,
    )
    if st.button(state.tr("screen.dataset.switch.do"), disabled=chosen == state.folder()):
        state.choose(chosen)
        st.rerun()
    st.divider()
    left, right = st.columns(2)
    if left.button(state.tr("screen.choice.sample.do"), width="stretch"):
        state.make_sample()
    if right.button(state.tr("screen.choice.starter.do"), width="stretch"):
        state.make_starter()
