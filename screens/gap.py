"""Nơi chưa đạt: figures against 100 %, hamlets, ranked areas with reasons, places, Wi-Fi, fibre."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping, Sequence

import pandas as pd
import shapely
import streamlit as st

from geo.gap import Figures
from layers.catalogue import spec_of
from planning import gap, text
from planning.area import GapArea
from planning.gap import GapResult, HamletFigures, Presence
from planning.remedy import Actionable
from planning.runs import ANY, TWO_OR_MORE
from planning.target import HamletCount, PlaceState, TargetState
from screens import estimate, figure, heading, legend, remedy, scene, state
from screens.guard import guarded

STATE_ORDER = ("uncovered", "unknown", "covered")
ROW_PX = 35
AREA_WIDTHS = (58, 112, 70, 130, 190, 70)


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.gap.title", found)
    result = state.latest_gap()
    if result is None:
        st.info(state.tr("screen.gap.none"))
        if st.button(state.tr("screen.start.estimate"), type="primary"):
            state.go("coverage")
        return
    st.markdown(state.md("screen.gap.lead"))
    figure.cautions(result)
    technology = _technology(result)
    if technology != gap.TARGET:
        _of_technology(result.technologies[technology], technology)
        return
    _operators(result)
    operator = _operator(result)
    run = state.latest_coverage()
    if run is not None:
        estimate.spread_of(run, operator)
    names = ("areas", "hamlets", "places", "wifi", "fiber")
    tabs = st.tabs([state.tr(f"screen.gap.tab.{name}") for name in names])
    with tabs[0]:
        _areas(result, operator)
    with tabs[1]:
        _hamlets(result, operator)
    for tab, draw in zip(tabs[2:], (_places, _wifi, _fiber), strict=True):
        with tab:
            draw(result)


def _technology(result: GapResult) -> str:
    """The targets speak of 5G; another technology is shown where it was estimated."""
    names = [gap.TARGET, *sorted(set(result.technologies) - {gap.TARGET}, reverse=True)]
    if len(names) < 2:
        return gap.TARGET
    chosen = st.segmented_control(
        state.tr("screen.coverage.technology"), names, default=gap.TARGET, key="gap_technology"
    )
    return str(chosen or gap.TARGET)


@guarded
def _of_technology(found: Presence, technology: str) -> None:
    """Figures and hamlets of a technology that no target speaks of."""
    day = dt.datetime.fromisoformat(found.made_at).date()
    st.markdown(state.md("screen.gap.technology", technology=technology, day=day))
    if not found.is_current:
        st.warning(state.tr("screen.coverage.outdated"), icon=":material/update:")
    rows = pd.DataFrame([_counts(name, figures) for name, figures in found.operators.items()])
    st.table(rows.set_index(state.tr("screen.gap.operator")))
    figure.formulas(found.operators)
    order = sorted(found.operators, key=lambda name: (name != ANY, name == TWO_OR_MORE))
    operator = st.selectbox(
        state.tr("screen.gap.whose"), order, format_func=state.operator_name, key=f"gap_operator_{technology}"
    )
    table = pd.DataFrame(
        [_hamlet_row(row.name, row.figures[operator]) for row in _worst_first(found.hamlets, operator)]
    )
    if len(table):
        height_px = min(460, ROW_PX * (len(table) + 1) + 2)
        st.dataframe(
            figure.written(table), hide_index=True, height=height_px, key=f"gap_hamlets_{technology}"
        )


def _operator(result: GapResult) -> str:
    """Whose figures the areas and hamlets below show; one sentence tells them."""
    operators = sorted(result.operators, key=lambda name: (name != ANY, name == TWO_OR_MORE))
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    operator = left.selectbox(
        state.tr("screen.gap.whose"), operators, format_func=state.operator_name, key="gap_operator"
    )
    figures = result.operators[operator]
    right.markdown(
        state.md(
            "screen.gap.operator_sentence",
            operator=state.operator_name(operator),
            covered=figure.people(figures.covered),
            uncovered=figure.people(figures.uncovered),
            unknown=figure.people(figures.unknown),
            n=len(result.areas_of(operator)),
        )
    )
    return operator


def _row(name: str, figures: Figures, result: GapResult) -> dict[str, object]:
    row = _counts(name, figures)
    return row | {state.tr("screen.gap.expected"): figure.band(result.expected.get(name))}


def _counts(name: str, figures: Figures) -> dict[str, object]:
    return {
        state.tr("screen.gap.operator"): state.operator_name(name),
        state.tr("screen.gap.share"): figure.served(figures),
        state.tr("screen.gap.left"): figure.share(1 - figures.share),
        state.tr("state.covered"): figure.people(figures.covered),
        state.tr("state.uncovered"): figure.people(figures.uncovered),
        state.tr("state.unknown"): figure.people(figures.unknown),
        state.tr("screen.gap.assumed"): figure.share(figures.assumed_share),
    }


def _operators(result: GapResult) -> None:
    rows = pd.DataFrame([_row(name, figures, result) for name, figures in result.operators.items()])
    st.table(rows.set_index(state.tr("screen.gap.operator")))
    figure.formulas(result.operators, result.expected)
    if result.speed:
        _speed(result)
    if result.indoor:
        with st.expander(state.tr("screen.gap.indoors")):
            for walls, indoors in result.indoor.items():
                _indoor(walls, indoors)
            st.caption(state.tr("assumption.indoor"))


def _indoor(walls: str, indoors: Mapping[str, Figures]) -> None:
    """Indoors stands by itself, one table for each class of houses."""
    st.markdown(f"**{state.md('screen.gap.indoor', walls=state.tr(f'indoor.{walls}'))}**")
    rows = pd.DataFrame([_counts(name, figures) for name, figures in indoors.items()])
    st.table(rows.set_index(state.tr("screen.gap.operator")))


def _speed(result: GapResult) -> None:
    """An indicator of its own: whoever has a signal does not yet have the speed."""
    st.subheader(state.tr("screen.gap.speed", target=result.speed_target_mbps), anchor=False)
    rows = pd.DataFrame([_counts(name, figures) for name, figures in result.speed.items()])
    titles = {
        state.tr("state.covered"): state.tr("screen.gap.speed.covered"),
        state.tr("state.uncovered"): state.tr("screen.gap.speed.uncovered"),
        state.tr("screen.gap.share"): state.tr("screen.gap.speed.share"),
    }
    st.table(rows.rename(columns=titles).set_index(state.tr("screen.gap.operator")))
    figure.fast_formula(result)


@st.fragment
@guarded
def _areas(result: GapResult, operator: str) -> None:
    known = remedy.of_areas(result.areas_of(operator), operator)
    areas = [one.area for one in known.values()]
    left, right = st.columns([6, 5], gap="medium")
    with left:
        if not areas:
            st.markdown(state.md("screen.start.no_gap"))
        table = pd.DataFrame([_area_row(area, known[area.id]) for area in areas])
        st.caption(state.tr("screen.gap.choose.area"))
        chosen = _choose(table, key="area_table", widths=AREA_WIDTHS) if len(table) else None
        area = None if chosen is None else areas[chosen]
        if area is not None:
            _area_card(area)
            remedy.card(known[area.id])
    with right:
        _area_map(areas, area)
        remedy.house("map_gap")


def _area_row(area: GapArea, one: Actionable) -> dict[str, object]:
    return {
        state.tr("screen.gap.rank"): area.rank,
        state.tr("screen.gap.near"): area.hamlet or state.tr("screen.gap.no_hamlet"),
        state.tr("screen.gap.people"): round(area.people),
        state.tr("screen.gap.reason"): state.tr(f"gap.reason.{area.reason}"),
        state.tr("screen.remedy.first"): state.tr(f"remedy.{one.remedies[0].kind}") if one.remedies else "–",
        state.tr("screen.remedy.urgent"): round(100 * one.score),
    }


def _choose(
    table: pd.DataFrame,
    *,
    key: str,
    widths: Sequence[int] = (),
    height_px: int = 350,
) -> int | None:
    shown = hashlib.sha256(table.to_json().encode()).hexdigest()[:12]
    event = st.dataframe(
        figure.written(table),
        key=f"{key}_{shown}",  # a choice belongs to the rows it was made among
        hide_index=True,
        height=min(height_px, ROW_PX * (len(table) + 1) + 2),
        column_config={
            name: st.column_config.Column(width=width)
            for name, width in zip(table.columns, widths, strict=False)
        },
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event.selection.rows
    return int(rows[0]) if rows and rows[0] < len(table) else None


def _area_map(areas: Sequence[GapArea], area: GapArea | None) -> None:
    drawings = (
        *scene.ground(),
        *scene.gap_areas(areas, chosen=None if area is None else area.id),
        *scene.of_layer("site", label=False),
        *scene.names(),
    )
    bounds = None if area is None else scene.around([area.geometry])
    scene.show(drawings, key="map_gap", bounds=bounds, height_px=420)
    legend.render((scene.gap_entry(), *legend.of_sites()))


def _area_card(area: GapArea) -> None:
    with st.container(border=True):
        st.markdown(
            "**"
            + state.md(
                "screen.gap.card",
                rank=str(area.rank),
                place=area.hamlet or state.tr("screen.gap.no_hamlet"),
                people=figure.people(area.people),
            )
            + "**"
        )
        if area.operator != ANY:
            st.caption(state.tr("screen.gap.card.whose", operator=state.operator_name(area.operator)))
        st.markdown(state.plain_md(figure.reason(area)))
        for key, name, metres in (
            ("screen.gap.card.site", figure.site_name(area.nearest_site), area.nearest_site_m),
            (
                "screen.gap.card.road",
                area.nearest_road or state.tr("screen.gap.card.road_unnamed"),
                area.nearest_road_m,
            ),
        ):
            if math.isfinite(metres):
                distance = text.number(metres, state.language())
                st.markdown("- " + state.md(key, name=name, distance=distance))
        key = area.operator if area.operator in (ANY, TWO_OR_MORE) else "operator"
        name = state.operator_name(area.operator)
        st.caption(state.tr(f"screen.gap.card.formula.{key}", operator=name))
        if st.button(state.tr("screen.gap.card.letter"), icon=":material/edit_document:", key="gap_letter"):
            st.session_state.update(paper_kind="petition", paper_area=area.id)
            state.go("paper")


@st.fragment
@guarded
def _hamlets(result: GapResult, operator: str) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        asked = st.text_input(state.tr("screen.gap.search"), key="hamlet_search")
        wanted = [
            row
            for row in _worst_first(result.hamlets, operator)
            if text.plain(asked) in text.plain(row.name or "")
        ]
        table = pd.DataFrame([_hamlet_row(row.name, row.figures[operator]) for row in wanted])
        st.caption(state.tr("screen.gap.choose"))
        chosen = _choose(table, key="hamlet_table", height_px=460) if len(table) else None
        if not wanted:
            st.caption(state.tr("screen.gap.not_found"))
    with right:
        shapes = [] if chosen is None else _shapes_of(wanted[chosen].id)
        bounds = scene.around(shapes)
        if chosen is not None and bounds is None:
            st.caption(state.tr("screen.gap.hamlet_nowhere"))
        areas = result.areas_of(operator)
        drawings = (
            *scene.ground(),
            *scene.highlight(shapes),
            *scene.gap_areas(areas),
            *scene.names(),
        )
        scene.show(drawings, key="map_hamlet", bounds=bounds, height_px=460)
        legend.render((scene.gap_entry(),))
        if chosen is not None:
            figure.formulas({operator: wanted[chosen].figures[operator]})


def _worst_first(hamlets: Sequence[HamletFigures], operator: str) -> list[HamletFigures]:
    def order(row: HamletFigures) -> tuple[float, float]:
        return -row.figures[operator].uncovered, -row.figures[operator].unknown

    return sorted(hamlets, key=order)


def _shapes_of(hamlet_id: str) -> list[shapely.Geometry | None]:
    hamlets = state.table("hamlet")
    return list(hamlets.geometry[hamlets["id"] == hamlet_id])


def _hamlet_row(name: str | None, figures: Figures) -> dict[str, object]:
    return {
        state.tr("screen.gap.hamlet"): name or "",
        state.tr("screen.gap.people"): round(figures.total),
        state.tr("state.covered"): round(figures.covered),
        state.tr("state.uncovered"): round(figures.uncovered),
        state.tr("state.unknown"): round(figures.unknown),
        state.tr("screen.gap.share"): round(100 * figures.share, 1) if math.isfinite(figures.share) else None,
    }


def _places(result: GapResult) -> None:
    st.markdown(state.md("screen.gap.places"))
    _place_table(result.places, key="place_table")


def _place_table(places: Sequence[PlaceState], *, key: str) -> None:
    if not places:
        st.caption(state.tr("screen.gap.no_place"))
        return
    order = sorted(places, key=lambda place: (STATE_ORDER.index(place.state), place.kind, place.name))
    rows = [_place_row(place) for place in order]
    st.dataframe(pd.DataFrame(rows), key=key, hide_index=True, height=min(460, ROW_PX * (len(rows) + 1) + 2))


def _place_row(place: PlaceState) -> dict[str, object]:
    spec = spec_of("place")
    return {
        state.tr("screen.gap.state"): state.tr(f"screen.met.{place.state}"),
        state.tr("screen.gap.place"): place.name,
        state.tr("screen.gap.kind"): state.value_text(spec, "kind", place.kind),
        state.tr("screen.gap.hamlet"): place.hamlet,
        state.tr("screen.gap.note"): state.tr(place.note_key) if place.note_key else "",
    }


def _wifi(result: GapResult) -> None:
    _target(result.wifi, "screen.gap.wifi")
    _place_table(result.wifi.items, key="wifi_table")


def _fiber(result: GapResult) -> None:
    _target(result.fiber, "screen.gap.fiber")
    counted = sorted(
        result.fiber.hamlets,
        key=lambda row: (-row.figures.uncovered, -row.figures.unknown, row.figures.total),
    )
    without = [row.name for row in counted if row.figures.uncovered > 0 and not row.figures.covered]
    if without:
        st.markdown(state.md("screen.gap.fiber.without", hamlets=", ".join(without)))
    if counted:
        table = pd.DataFrame([_fiber_row(row) for row in counted])
        height_px = min(460, ROW_PX * (len(table) + 1) + 2)
        st.dataframe(figure.written(table), key="fiber_table", hide_index=True, height=height_px)


def _fiber_row(row: HamletCount) -> dict[str, object]:
    figures = row.figures
    known = figures.total > figures.unknown
    return {
        state.tr("screen.gap.hamlet"): row.name,
        state.tr("screen.gap.households"): round(figures.total) if figures.total else None,
        state.tr("screen.gap.fiber.near"): round(figures.covered) if known else None,
        state.tr("screen.gap.fiber.far"): round(figures.uncovered) if known else None,
        state.tr("state.unknown"): round(figures.unknown) if figures.total else None,
        state.tr("screen.gap.note"): "" if known else state.tr(_fiber_note(figures)),
    }


def _fiber_note(figures: Figures) -> str:
    return "screen.gap.fiber.no_data" if figures.total else "screen.gap.fiber.no_households"


def _target(target: TargetState, key: str) -> None:
    """The count as a sentence; where nothing is known it says so instead of a zero."""
    figures = target.figures
    counts = {
        "covered": figure.people(figures.covered),
        "uncovered": figure.people(figures.uncovered),
        "unknown": figure.people(figures.unknown),
        "total": figure.people(figures.total),
    }
    if not figures.total:
        key += ".none"
    elif figures.unknown >= figures.total:
        key += ".unknown"
    st.markdown("## " + state.md(key, **counts))
    if target.note_key:
        st.caption(state.tr(target.note_key))
