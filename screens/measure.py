"""Đo i-Speed & đo kiểm: how many samples where, where to test next, beside the rules, and what disagrees."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from planning import data
from planning.evidence.measure import FIXED, MOBILE, Comparison, Stop, Tally
from screens import figure, guard, heading, scene, scoring, state
from screens.guard import guarded

ROW_PX = 35
SHOWN_STOPS = 12


def render() -> None:
    """Draw the screen."""
    heading.render("screen.measure.title", state.opened())
    st.markdown(state.md("screen.measure.lead", wanted=int(data.setting("ispeed_samples"))))
    with st.spinner(state.tr("screen.working")):
        tracker = scoring.tracker()
    for issue in tracker.issues:
        st.warning(guard.sentence(issue), icon=":material/warning:")
    names = ("samples", "next", "rules", "disagree")
    tabs = st.tabs([state.tr(f"screen.measure.tab.{name}") for name in names])
    with tabs[0]:
        _samples(tracker.tallies)
    with tabs[1]:
        _next(tracker.stops)
    with tabs[2]:
        _rules(tracker.comparisons)
    with tabs[3]:
        _disagree()


@st.fragment
@guarded
def _samples(tallies: tuple[Tally, ...]) -> None:
    network = st.segmented_control(
        state.tr("screen.measure.network"),
        (MOBILE, FIXED),
        default=MOBILE,
        format_func=lambda one: state.tr(f"network.{one}"),
        key="measure_network",
    )
    chosen = [one for one in tallies if one.network == (network or MOBILE)]
    left, right = st.columns([6, 5], gap="medium")
    with left:
        table = pd.DataFrame([_line(one) for one in chosen])
        st.dataframe(figure.written(table), hide_index=True, height=560, key="measure_samples")
    with right:
        st.altair_chart(_chart(chosen), width="stretch")


def _line(one: Tally) -> dict[str, object]:
    return {
        state.tr("screen.gap.hamlet"): one.hamlet or state.tr("screen.measure.whole"),
        state.tr("screen.gap.operator"): state.operator_name(one.operator) if one.operator else "–",
        state.tr("screen.measure.n"): one.n_samples,
        state.tr("screen.measure.left"): one.n_left,
        state.tr("screen.measure.down"): _number(one.download_mbps),
        state.tr("screen.measure.up"): _number(one.upload_mbps),
        state.tr("screen.measure.latency"): _number(one.latency_ms),
        state.tr("screen.measure.latest"): one.latest[:10] or "–",
    }


def _number(value: float | None) -> str:
    return "–" if value is None else figure.written_number(value, digits=1)


def _chart(tallies: list[Tally]) -> alt.Chart:
    hamlet, operator, count = (
        state.tr(key) for key in ("screen.gap.hamlet", "screen.gap.operator", "screen.measure.n")
    )
    rows = pd.DataFrame(
        [
            {hamlet: one.hamlet, operator: state.operator_name(one.operator), count: one.n_samples}
            for one in tallies
            if one.hamlet and one.operator
        ],
        columns=[hamlet, operator, count],
    )
    return (
        alt.Chart(rows)
        .mark_rect(stroke="#ffffff")
        .encode(
            x=alt.X(f"{operator}:N", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(f"{hamlet}:N", title=None, axis=alt.Axis(labelLimit=200)),
            color=alt.Color(
                f"{count}:Q",
                scale=alt.Scale(scheme="viridis", domain=[0, data.setting("ispeed_samples")], clamp=True),
            ),
            tooltip=[hamlet, operator, count],
        )
        .properties(height=560)
    )


@guarded
def _next(stops: tuple[Stop, ...]) -> None:
    if not stops:
        st.success(state.tr("screen.measure.enough"), icon=":material/check_circle:")
        return
    table = pd.DataFrame(
        [
            {
                state.tr("screen.gap.hamlet"): one.hamlet,
                state.tr("screen.gap.people"): one.people,
                state.tr("screen.gap.operator"): state.operator_name(one.operator),
                state.tr("screen.measure.network"): state.tr(f"network.{one.network}"),
                state.tr("screen.measure.left"): one.n_left,
            }
            for one in stops
        ]
    )
    left, right = st.columns([6, 5], gap="medium")
    with left:
        st.caption(state.tr("screen.measure.next.note"))
        st.dataframe(figure.written(table), hide_index=True, height=430, key="measure_next")
    with right:
        names = list(dict.fromkeys(one.hamlet for one in stops))[:SHOWN_STOPS]
        hamlets = state.table("hamlet")
        shapes = list(hamlets.loc[hamlets["name"].isin(names)].geometry)
        scene.show(
            (*scene.ground(), *scene.highlight(shapes), *scene.names()), key="map_measure", height_px=430
        )


@guarded
def _rules(comparisons: tuple[Comparison, ...]) -> None:
    st.info(state.tr("screen.measure.rules.note"), icon=":material/gavel:")
    if not comparisons:
        st.markdown(state.md("screen.measure.rules.none"))
        return
    rules = {row["id"]: row for row in data.rule_rows("qcvn")}
    table = pd.DataFrame([_compared(one, rules[one.rule_id]) for one in comparisons])
    st.dataframe(figure.written(table), hide_index=True, height=min(480, ROW_PX * (len(table) + 1) + 2))
    with st.expander(state.tr("screen.measure.rules.source")):
        for row in rules.values():
            st.markdown("- " + state.plain_md(f"{row[f'text_{state.language()}']}: {row['source']}"))


def _compared(one: Comparison, rule: dict[str, str]) -> dict[str, object]:
    is_share = rule["statistic"] == "share_at_least"

    def words(value: float | None) -> str:
        if value is None:
            return "–"
        return figure.share(value) if is_share else f"{figure.written_number(value, digits=1)} {rule['unit']}"

    verdict = f"screen.measure.verdict.{one.verdict}" if one.verdict else "screen.measure.verdict.none"
    return {
        state.tr("screen.measure.rule"): rule[f"text_{state.language()}"],
        state.tr("screen.measure.technology"): rule["technology"],
        state.tr("screen.gap.operator"): state.operator_name(one.operator) if one.operator else "–",
        state.tr("screen.measure.value"): words(one.value),
        state.tr("screen.measure.interval"): f"{words(one.low)} – {words(one.high)}",
        state.tr("screen.measure.threshold"): words(one.threshold),
        state.tr("screen.measure.n"): one.n_samples,
        state.tr("screen.measure.adequate"): state.tr(
            "screen.measure.adequate.yes" if one.is_adequate else "screen.measure.adequate.no"
        ),
        state.tr("screen.measure.verdict"): state.tr(verdict, number=one.report_number),
    }


@guarded
def _disagree() -> None:
    found = scoring.beside()
    for issue in found.issues:
        st.warning(guard.sentence(issue), icon=":material/warning:")
    st.markdown(state.md("screen.measure.disagree.lead", n=len(found.disagreements)))
    operators = sorted({one.sides.operator for one in found.disagreements})
    operator = st.selectbox(
        state.tr("screen.gap.operator"),
        operators,
        index=None,
        format_func=state.operator_name,
        placeholder=state.tr("screen.measure.all_operators"),
        key="measure_operator",
    )
    chosen = found.disagreements if operator is None else found.of_operator(operator)
    table = pd.DataFrame(
        [
            {
                state.tr("screen.gap.hamlet"): one.sides.hamlet,
                state.tr("screen.gap.people"): one.sides.people,
                state.tr("screen.measure.todo"): state.tr(f"disagreement.{one.code}"),
                **scoring.sides_line(one.sides),
            }
            for one in chosen
        ]
    )
    if len(table):
        st.dataframe(figure.written(table), hide_index=True, height=430, key="measure_disagree")
