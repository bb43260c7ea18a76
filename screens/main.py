"""Navigation, language and the switch *Kỹ thuật*: what stands around every screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from planning import data
from screens import coverage, dataset, gap, layer, offline, start, state
from screens.guard import guarded

SCREENS: Mapping[str, tuple[Callable[[], None], str, str]] = {
    "start": (start.render, "tong-quan", ":material/home:"),
    "layer": (layer.render, "ban-do", ":material/map:"),
    "coverage": (coverage.render, "vung-phu-song", ":material/cell_tower:"),
    "gap": (gap.render, "noi-chua-dat", ":material/signal_disconnected:"),
    "dataset": (dataset.render, "bo-du-lieu", ":material/folder_open:"),
}
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English"}


def render() -> None:
    """Draw the whole page: navigation, switches, then the chosen screen."""
    st.set_page_config(
        page_title=state.tr("screen.product"),
        page_icon=":material/cell_tower:",
        layout="wide",
        initial_sidebar_state="expanded",
    )
    offline.patch()
    names = list(SCREENS) if state.workspace_exists() else ["start", "dataset"]
    pages = {
        name: st.Page(
            guarded(draw),
            title=state.tr(f"screen.{name}.title"),
            icon=icon,
            url_path=path,
            default=name == "start",
        )
        for name, (draw, path, icon) in SCREENS.items()
        if name in names
    }
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()), position="sidebar")
    with st.sidebar:
        _switches()
    chosen.run()


@guarded
def _switches() -> None:
    st.radio(
        state.tr("screen.language"),
        data.LANGUAGES,
        key="language",
        format_func=LANGUAGE_NAMES.__getitem__,
        horizontal=True,
    )
    st.toggle(state.tr("screen.technical"), key="technical", help=state.tr("screen.technical.help"))
    found = state.workspace()
    if found is not None and found.is_sample:
        st.caption(state.tr("screen.sample_long"))
    st.caption(state.tr("screen.no_secrets"))
