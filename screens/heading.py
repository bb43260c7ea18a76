"""The top of every screen: its name, the workspace it speaks about, and the sample label."""

from __future__ import annotations

import streamlit as st

from planning.workspace import Workspace
from screens import state


def render(title_key: str, found: Workspace | None) -> None:
    """
    Draw the heading.

    Parameters
    ----------
    title_key
        Text key of the screen's name.
    found
        The open workspace, or None.
    """
    st.title(state.tr(title_key), anchor=False)
    if found is None:
        return
    name = f"**{state.plain_md(found.name)}**"
    label = f" :orange-badge[{state.tr('screen.sample_label')}]" if found.is_sample else ""
    st.markdown(f"{name}{label}")
