"""What the checks found in the data set: look at a row on the map, take the report along, decide on masts."""

from __future__ import annotations

import pandas as pd
import shapely
import streamlit as st

from layers.issue import Severity
from planning import findings, mast, quality
from planning.mast import Proposal
from planning.quality import Finding, QualityReport
from planning.text import number
from screens import scene, state
from screens.guard import guarded

SHOWN = 500
MIME = {"html": "text/html", "json": "application/json", "csv": "text/csv"}


@guarded
def render() -> None:
    """Draw the proposals to join masts, then everything found."""
    today = state.now().date()
    with st.spinner(state.tr("screen.checks.working")):
        report = state.remember(("checks", today), lambda: quality.of_workspace(state.opened(), today=today))
        proposals = state.remember("masts", lambda: mast.proposals(state.opened()))
    _masts(proposals)
    st.subheader(state.tr("screen.checks.title"), anchor=False)
    st.markdown(state.plain_md(findings.summary(report, state.language())))
    if report.findings:
        _downloads(report)
        _browse(report)


def _masts(proposals: tuple[Proposal, ...]) -> None:
    told = st.session_state.pop("masts_told", None)
    if told:
        st.success(told, icon=":material/check_circle:")
    if not proposals:
        return
    st.subheader(state.tr("screen.masts.title", n=len(proposals)), anchor=False)
    st.caption(state.tr("screen.masts.lead"))
    chosen = st.selectbox(
        state.tr("screen.masts.which"), proposals, format_func=_proposal_name, key="mast_chosen"
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        for key, name, operators in zip(chosen.ids, chosen.names, chosen.operators, strict=True):
            who = ", ".join(state.operator_name(one) for one in operators)
            st.markdown(f"- **{state.plain_md(name or key)}** ({state.plain_md(key)}): {state.plain_md(who)}")
        st.markdown(state.md("screen.masts.effect", id=chosen.ids[0]))
        if st.button(state.tr("screen.masts.join"), type="primary", icon=":material/merge:"):
            mast.join(state.opened(), chosen.ids, actor=state.actor(), now=state.now())
            st.session_state["masts_told"] = state.tr("screen.masts.joined", id=chosen.ids[0])
            st.rerun()
        if st.button(state.tr("screen.masts.apart"), icon=":material/call_split:"):
            mast.keep_apart(state.opened(), chosen.ids, actor=state.actor(), now=state.now())
            st.session_state["masts_told"] = state.tr("screen.masts.kept")
            st.rerun()
    with right:
        sites = state.table("site")
        shapes = list(sites.geometry[sites["id"].isin(chosen.ids)])
        drawn = (*scene.ground(), *scene.of_layer("site", label=False), *scene.highlight(shapes))
        scene.show(drawn, key="map_masts", bounds=scene.around(shapes), height_px=260)


def _proposal_name(one: Proposal) -> str:
    spread = number(one.spread_m, state.language(), digits=0)
    return state.tr("screen.masts.name", ids=", ".join(one.ids), distance=spread)


def _downloads(report: QualityReport) -> None:
    columns = st.columns(len(findings.FORMATS) + 2)
    for column, form in zip(columns, findings.FORMATS, strict=False):
        column.download_button(
            state.tr(f"screen.checks.download.{form}"),
            findings.write(report, form, state.language()),
            file_name=f"{state.tr('screen.checks.file')}.{form}",
            mime=MIME[form],
            icon=":material/download:",
            on_click="ignore",
            key=f"checks_{form}",
            width="stretch",
        )


def _browse(report: QualityReport) -> None:
    left, right = st.columns(2)
    gravity = left.pills(
        state.tr("check.field.severity"),
        [one for one in Severity if report.counts[one]],
        format_func=lambda one: f"{state.tr(f'check.severity.{one}')} ({report.counts[one]})",
        key="checks_gravity",
    )
    layers = sorted({one.issue.layer or "" for one in report.findings})
    layer = right.selectbox(
        state.tr("check.field.layer"),
        [None, *layers],
        format_func=lambda name: state.tr(f"layer.{name}" if name else "screen.checks.all"),
        key="checks_layer",
    )
    found = [
        one
        for one in report.findings
        if (gravity is None or one.issue.severity == gravity) and (layer is None or one.issue.layer == layer)
    ]
    if not found:
        st.caption(state.tr("screen.checks.none"))
        return
    _table(found[:SHOWN])
    if len(found) > SHOWN:
        st.caption(state.tr("check.more", n=len(found) - SHOWN))


def _table(found: list[Finding]) -> None:
    rows = [findings.in_words(one, state.language()) for one in found]
    wanted = ("severity", "layer", "id", "name", "message", "remedy", "stops", "whom")
    frame = pd.DataFrame(
        {state.tr(f"check.field.{name}"): [row[name] or "" for row in rows] for name in wanted}
    )
    st.caption(state.tr("screen.checks.choose"))
    event = st.dataframe(
        frame,
        hide_index=True,
        height=min(360, 35 * (len(frame) + 1) + 2),
        on_select="rerun",
        selection_mode="single-row",
        key="checks_table",
    )
    chosen = [place for place in event["selection"]["rows"] if place < len(found)]
    if chosen:
        _zoom(found[chosen[0]])


def _zoom(one: Finding) -> None:
    message, remedy = (state.plain_md(text) for text in findings.sentences(one, state.language()))
    st.markdown(f"**{message}** {remedy}")
    if one.lon is None or one.lat is None:
        st.caption(state.tr("screen.checks.nowhere"))
        return
    shape: shapely.Geometry = shapely.Point(one.lon, one.lat)
    drawn = list(scene.ground())
    if one.issue.layer:
        table = state.table(one.issue.layer)
        own = table.geometry[table["id"] == one.issue.feature]
        shape = own.iloc[0] if len(own) else shape
        drawn += scene.of_layer(one.issue.layer, label=False)
    drawn += scene.highlight([shape])
    scene.show(drawn, key="map_checks", bounds=scene.around([shape]), height_px=360)
