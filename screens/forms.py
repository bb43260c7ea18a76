"""Forms to send out and letters that ask for what is missing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from layers.exchange.transit import made, made_all
from planning import request, template
from planning.workspace import file_slug
from screens import state
from screens.guard import guarded


@guarded
def render() -> None:
    """Draw the form of a layer, then the requests to operators."""
    left, right = st.columns(2, gap="large")
    with left:
        _template()
    with right:
        _request()


@guarded
def _template() -> None:
    st.subheader(state.tr("screen.forms.template"), anchor=False)
    st.caption(state.tr("screen.forms.template.lead"))
    names = template.layers()
    layer = st.selectbox(
        state.tr("screen.forms.layer"),
        names,
        index=names.index("site"),
        format_func=lambda name: state.tr(f"layer.{name}"),
        key="forms_layer",
    )

    def write(path: Path) -> str:
        return template.write(
            layer, path, language=state.language(), now=state.now(), workspace=state.opened()
        )

    name = f"{state.tr('screen.forms.file')}_{layer}.xlsx"
    content, _ = state.remember(("form", layer, state.language()), lambda: made(name, write))
    st.download_button(
        state.tr("screen.forms.template.do"), content, file_name=name, icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip


@guarded
def _request() -> None:
    st.subheader(state.tr("screen.forms.request"), anchor=False)
    st.caption(state.tr("screen.forms.request.lead"))
    workspace = state.opened()
    operator = st.selectbox(
        state.tr("screen.forms.operator"),
        request.operators(workspace),
        format_func=state.operator_name,
        key="forms_operator",
    )
    asked = state.remember(("needs", operator), lambda: request.needs(workspace, operator))
    if not asked:
        st.markdown(state.md("error.request_nothing", operator=state.operator_name(operator)))
        return
    for line in request.lines(asked, state.language()):
        st.markdown(f"- {state.plain_md(line)}")

    def write(folder: Path) -> tuple[Path, ...]:
        return request.write(workspace, operator, folder, language=state.language(), now=state.now())

    content = state.remember(("request", operator, state.language()), lambda: made_all(write))
    name = f"{file_slug(workspace.name)}_{operator}.zip"
    st.download_button(
        state.tr("screen.forms.request.do"), content, file_name=name, icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip
