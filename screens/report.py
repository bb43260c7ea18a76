"""Thôn phản ánh: what hamlets say fails, by a form without a person's name, as table and map."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from layers.catalogue import spec_of
from layers.issue import Severity
from planning import data, edit
from screens import figure, guard, heading, scene, state
from screens.guard import guarded

TOLD = "report_told"
LAYER = "report"
ALL = "all"


def render() -> None:
    """Draw the screen."""
    heading.render("screen.report.title", state.opened())
    st.markdown(state.md("screen.report.lead"))
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    left, right = st.columns([5, 6], gap="large")
    with left:
        _form()
    with right:
        _reports()


@guarded
def _form() -> None:
    st.subheader(state.tr("screen.report.new"), anchor=False)
    hamlets = state.table("hamlet")
    names = dict(zip(hamlets["id"], hamlets["name"], strict=True))
    found = state.opened()
    operators = [one.id for one in data.operators() if one.is_active and one.is_sample == found.is_sample]
    vocabulary = next(column.vocabulary for column in spec_of(LAYER).columns if column.name == "fails")
    with st.form("report_form", clear_on_submit=True):
        hamlet = st.selectbox(
            state.tr("screen.gap.hamlet"), list(names), index=None, format_func=names.__getitem__
        )
        operator = st.selectbox(
            state.tr("screen.gap.operator"), [*operators, ALL], format_func=state.operator_name
        )
        fails = st.selectbox(
            state.tr("column.fails"),
            vocabulary,
            format_func=lambda one: state.value_text(spec_of(LAYER), "fails", one),
        )
        day = st.date_input(
            state.tr("column.reported_on"), value=state.now().date(), max_value=state.now().date(),
            format="DD/MM/YYYY",
        )  # fmt: skip
        note = st.text_input(state.tr("screen.report.where"), help=state.tr("screen.report.no_names"))
        sent = st.form_submit_button(state.tr("screen.report.send"), type="primary")
    if not sent:
        return
    if hamlet is None:
        st.warning(state.tr("screen.report.need_hamlet"))
        return
    shape = hamlets.loc[hamlets["id"] == hamlet].geometry.iloc[0]
    point = None if shape is None or shape.is_empty else shape.representative_point()
    values = {
        "hamlet_id": hamlet,
        "hamlet": names[hamlet],
        "operator": operator,
        "fails": fails,
        "reported_on": day.isoformat(),
        "note": note.strip() or None,
        "position_basis": "hamlet",
    }
    prepared = edit.add(found, LAYER, values, point, today=state.now().date())
    wrong = [issue for issue in prepared.issues if issue.severity is Severity.ERROR]
    for issue in wrong:
        st.error(guard.sentence(issue))
    if not wrong:
        edit.keep(found, prepared, actor=state.actor(), now=state.now())
        st.session_state[TOLD] = state.tr("screen.report.kept", hamlet=names[hamlet])
        st.rerun()


@guarded
def _reports() -> None:
    table = state.table(LAYER).sort_values("reported_on", ascending=False)
    st.subheader(state.tr("screen.report.all", n=len(table)), anchor=False)
    if table.empty:
        st.caption(state.tr("screen.report.none"))
        return
    hamlets = state.table("hamlet").set_index("id")["name"]
    spec = spec_of(LAYER)
    names = table["hamlet_id"].map(hamlets).fillna(table["hamlet"]).fillna("–")
    rows = pd.DataFrame(
        {
            state.tr("column.reported_on"): [
                state.value_text(spec, "reported_on", day) for day in table["reported_on"]
            ],
            state.tr("screen.gap.hamlet"): names.to_numpy(),
            state.tr("screen.gap.operator"): [state.operator_name(str(one)) for one in table["operator"]],
            state.tr("column.fails"): [state.value_text(spec, "fails", one) for one in table["fails"]],
            state.tr("column.note"): table["note"].fillna("").to_numpy(),
        }
    )
    st.dataframe(figure.written(rows), hide_index=True, height=min(330, 37 * (len(rows) + 1)))
    scene.show(
        (*scene.ground(), *scene.of_layer(LAYER, label=False), *scene.names()),
        key="map_report",
        height_px=330,
    )
