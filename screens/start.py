"""Tổng quan: where the commune stands, how sure that is, what is missing, what comes next."""

from __future__ import annotations

import streamlit as st

from planning import text
from planning.gap import GapResult
from planning.runs import CoverageRun
from planning.scorecard import job
from planning.task import Standing
from screens import estimate, figure, heading, legend, scene, scoring, state, tasks
from screens.guard import guarded

SHOWN_TASKS = 4
SHOWN_CALLS = 5


def render() -> None:
    """Draw the screen."""
    found = state.workspace()
    if found is None:
        _choice()
        return
    heading.render("screen.start.title", found)
    run = state.latest_coverage()
    result = state.latest_gap()
    if run is None or result is None:
        _before_first_estimate()
        return
    _figures(run, result)
    _monday()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _map(result)
    with right:
        _worst(result)
        _missing()


def _choice() -> None:
    st.title(state.tr("screen.choice.title"), anchor=False)
    st.markdown(state.md("screen.choice.lead"))
    columns = st.columns(3, gap="medium")
    with columns[0].container(border=True, height="stretch"):
        st.header(state.tr("screen.choice.sample"), anchor=False)
        st.markdown(state.md("screen.choice.sample.what"))
        if st.button(state.tr("screen.choice.sample.do"), type="primary", width="stretch"):
            state.make_sample()
    with columns[1].container(border=True, height="stretch"):
        st.header(state.tr("screen.choice.own"), anchor=False)
        st.markdown(state.md("screen.choice.own.what"))
        if st.button(state.tr("screen.choice.own.do"), width="stretch"):
            state.go("dataset")
    with columns[2].container(border=True, height="stretch"):
        st.header(state.tr("screen.choice.starter"), anchor=False)
        st.markdown(state.md("screen.choice.starter.what"))
        if st.button(state.tr("screen.choice.starter.do"), width="stretch"):
            state.make_starter()


def _figures(run: CoverageRun, result: GapResult) -> None:
    figures = result.operators["any"]
    st.markdown("## " + figure.sentence(figures, technology=run.options.technology, made_at=run.made_at))
    figure.cautions(result)
    columns = st.columns(3)
    for column, name, value in zip(
        columns,
        ("covered", "uncovered", "unknown"),
        (figures.covered, figures.uncovered, figures.unknown),
        strict=True,
    ):
        column.metric(
            state.tr(f"screen.start.{name}"),
            state.tr("screen.people", n=figure.people(value)),
            border=True,
        )
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        expected = result.expected.get("any")
        if expected is not None:
            st.markdown(state.md("screen.start.expected", band=figure.band(expected)))
        estimate.spread_of(run, "any")
        st.markdown(state.md("screen.start.assumed", share=figure.share(figures.assumed_share)))
        _speed(result)
    with right:
        figure.formulas({"any": figures}, result.expected)


def _speed(result: GapResult) -> None:
    fast = result.speed.get("any")
    if fast is None:
        return
    covered, uncovered, unknown = figure.hundred(fast)
    st.markdown(
        state.md(
            "screen.start.speed",
            target=result.speed_target_mbps,
            covered=covered,
            uncovered=uncovered,
            unknown=unknown,
        )
    )


@guarded
def _monday() -> None:
    """What is late, and whom to call: what an officer opens the program for."""
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        waiting = [one for one in tasks.read() if one.standing in (Standing.LATE, Standing.DUE)]
        late = sum(one.standing is Standing.LATE for one in waiting)
        st.markdown(state.md("screen.start.tasks", late=late, due=len(waiting) - late))
        for one in waiting[:SHOWN_TASKS]:
            day = "" if one.due_on is None else text.day(one.due_on)
            line = f"{state.tr(f'task.{one.standing}')} {day} · {one.text} · {one.lead}"
            st.markdown("- " + state.plain_md(line))
        if st.button(state.tr("screen.start.all_tasks"), icon=":material/arrow_forward:"):
            state.go("target")
    with right, st.container(border=True, height="stretch"):
        st.markdown(state.md("screen.start.calls"))
        language = state.language()
        for call in scoring.card().calls[:SHOWN_CALLS]:
            row, missing = call.wants[0]
            points = text.number(100 * call.share, language, digits=1)
            line = state.tr("screen.start.call", who=job.who(call.asked, language), points=points)
            said = f"{row.target.clause}: {job.missing_text(missing, language)}"
            st.markdown("- **" + state.plain_md(line) + "** " + state.plain_md(said))


def _map(result: GapResult) -> None:
    st.subheader(state.tr("screen.start.map"), anchor=False)
    drawings = (
        *scene.ground(),
        *scene.gap_areas(result.areas_of("any")),
        *scene.of_layer("site", label=False),
        *scene.names(),
    )
    scene.show(drawings, key="map_start", height_px=390)
    legend.render((scene.gap_entry(), *legend.of_sites()))


def _worst(result: GapResult) -> None:
    st.subheader(state.tr("screen.start.worst"), anchor=False)
    areas = result.areas_of("any")
    if not areas:
        st.markdown(state.md("screen.start.no_gap"))
    for area in areas[:4]:
        st.markdown(
            state.md(
                "screen.start.area",
                rank=str(area.rank),
                place=area.hamlet or state.tr("screen.gap.no_hamlet"),
                people=figure.people(area.people),
                reason=figure.reason(area),
            )
        )
    if areas and st.button(state.tr("screen.start.all_gaps"), icon=":material/arrow_forward:"):
        state.go("gap")


def _missing() -> None:
    asks = state.latest_inventory().asks
    if not asks:
        return
    st.subheader(state.tr("screen.start.missing"), anchor=False)
    for ask in asks[:3]:
        what, whom = state.md(ask.what_key, **ask.facts), state.md(ask.from_key, **ask.facts)
        st.markdown(f"- {what} {state.tr('screen.start.ask_from')} {whom}")
    if st.button(state.tr("screen.start.all_missing"), icon=":material/arrow_forward:"):
        state.go("dataset")


def _before_first_estimate() -> None:
    st.markdown("## " + state.md("screen.start.nothing"))
    has_sites = len(state.table("site")) > 0
    if st.button(
        state.tr("screen.start.estimate" if has_sites else "screen.start.fill"),
        type="primary",
        icon=":material/arrow_forward:",
    ):
        state.go("coverage" if has_sites else "dataset")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if scene.extent() is not None:
            st.subheader(state.tr("screen.start.map"), anchor=False)
            drawings = (*scene.ground(), *scene.of_layer("site", label=False), *scene.names())
            scene.show(drawings, key="map_start", height_px=390)
        else:
            _missing()
    with right:
        if scene.extent() is not None:
            _missing()
