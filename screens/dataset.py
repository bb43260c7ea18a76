"""Bộ dữ liệu của xã: what is there, bringing data in, taking data out, making a new set."""

from __future__ import annotations

import streamlit as st

from screens import export, heading, intake, inventory, state, wizard
from screens.guard import guarded

PARTS = ("inventory", "import", "export", "wizard", "switch")


def render() -> None:
    """Draw the screen."""
    found = state.workspace()
    heading.render("screen.dataset.title", found)
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
    elif part == "export":
        export.render()
    elif part == "wizard":
        wizard.render()
    elif part == "switch":
        _switch()
    else:
        inventory.render()


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
