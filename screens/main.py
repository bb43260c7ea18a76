"""Navigation, language and the switch *Kỹ thuật*: what stands around every screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from planning import data
from screens import (
    assets,
    coverage,
    dataset,
    gap,
    hamlet,
    layer,
    measure,
    offline,
    paper,
    proposal,
    report,
    start,
    state,
    target,
    wording,
)
from screens.guard import guarded

SCREENS: Mapping[str, tuple[Callable[[], None], str, str]] = {
    "start": (start.render, "tong-quan", ":material/home:"),
    "layer": (layer.render, "ban-do", ":material/map:"),
    "coverage": (coverage.render, "vung-phu-song", ":material/cell_tower:"),
    "target": (target.render, "chi-tieu", ":material/fact_check:"),
    "gap": (gap.render, "noi-chua-dat", ":material/signal_disconnected:"),
    "hamlet": (hamlet.render, "thon", ":material/holiday_village:"),
    "measure": (measure.render, "do-kiem", ":material/speed:"),
    "report": (report.render, "thon-phan-anh", ":material/campaign:"),
    "paper": (paper.render, "bao-cao", ":material/description:"),
    "proposal": (proposal.render, "de-xuat-bts", ":material/add_location_alt:"),
    "dataset": (dataset.render, "bo-du-lieu", ":material/folder_open:"),
}
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" '
    'fill="#0b5563"/><g fill="none" stroke="#ffffff" stroke-width="2.4" stroke-linecap="round">'
    '<path d="M16 15v10M11.500 11.500a6 6 0 0 1 9 0M8 8.500a10.500 10.500 0 0 1 16 0"/></g>'
    '<circle cx="16" cy="15" r="2.2" fill="#ffffff"/></svg>'
)
SHEET = """<style>
[data-testid="stMainBlockContainer"] { padding: 1.6rem 2.2rem 2rem; }
[data-testid="stSidebarHeader"] { height: 2.4rem; }
[data-testid="stMain"] h1 { font-size: 1.7rem; padding: 0 0 .2rem; }
[data-testid="stMain"] h2 { font-size: 1.45rem; padding: .4rem 0; }
[data-testid="stMain"] h3 { font-size: 1.15rem; padding: .3rem 0; }
@media (min-width: 641px) { [data-testid="stHeader"] { height: 0; min-height: 0; } }
[data-testid="stMetric"] { padding: .7rem 1rem; }
[data-testid="stMetricValue"] { font-size: 1.6rem; }
[data-testid="stCaptionContainer"] { opacity: .85; }
[data-testid="stTable"] th { color: #46555e; }
[data-testid="stCheckbox"] [data-testid="stMarkdownContainer"] p { white-space: normal; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 2rem; }
  [data-testid="stMetric"] { padding: .3rem .8rem; }
  [data-testid="stTable"] { font-size: .8rem; }
  [data-testid="stTable"] th, [data-testid="stTable"] td { padding: .25rem .3rem; }
  .st-key-layer_body [data-testid="stColumn"]:first-child { order: 3; }
}
</style>"""
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English"}


def render() -> None:
    """Draw the whole page: navigation, switches, then the chosen screen."""
    state.take_address()
    st.set_page_config(
        page_title=state.tr("screen.product"),
        page_icon=ICON,
        layout="wide",
        initial_sidebar_state=250,
    )
    offline.patch()
    st.html(SHEET)
    st.html(wording.sheet())
    if assets.missing():
        st.warning(state.tr("screen.assets_missing"), icon=":material/map:")
    exists = state.workspace_exists()
    pages = {
        name: st.Page(
            guarded(draw if exists or name == "dataset" else start.render),
            title=state.tr(f"screen.{name}.title"),
            icon=icon,
            url_path=path,
            default=name == "start",
        )
        for name, (draw, path, icon) in SCREENS.items()
    }
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()), position="sidebar")
    if exists:
        state.keep_address()
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
