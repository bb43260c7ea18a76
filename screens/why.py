"""Vì sao? A card that explains one place of the coverage map for one operator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import shapely
import streamlit as st

from geo import io
from geo.coverage import State
from geo.crs import transform
from geo.errors import PlannerError, ShapeError
from geo.link import Obstacle
from geo.radio import Transmitter
from layers.catalogue import spec_of
from planning import coverage, data, text, why
from planning.coverage import Inputs
from planning.runs import ANY, TWO_OR_MORE, CoverageRun
from planning.why import Answer, Link, Single
from screens import figure, guard, mapview, scene, section, state
from screens.mapview import Drawing

ASKED = "why_place"
PLACES = ("hamlet", "place")
COMPASS = 8  # directions that have a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """
    One place explained.

    Parameters
    ----------
    answer
        The answer for the operator that decides.
    states
        Operator to what the place is for it.
    drawn
        State that the map shows there, or None where it shows none.
    """

    answer: Answer
    states: dict[str, State]
    drawn: State | None


def ask(map_key: str) -> None:
    """
    Take the last click on a map as the place asked about; a callback of that map.

    Parameters
    ----------
    map_key
        Name of the map.
    """
    click = mapview.clicked(map_key)
    if click is not None:
        st.session_state[ASKED] = (str(state.folder()), click.lon, click.lat)


def find(run: CoverageRun, operator: str) -> Explained | PlannerError | None:
    """
    The explanation of the place asked about.

    Parameters
    ----------
    run
        The estimate that the map shows.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    explained
        The explanation, the refusal, or None where nothing was asked.
    """
    folder, lon, lat = st.session_state.get(ASKED) or ("", 0.0, 0.0)
    if folder != str(state.folder()):
        return None
    key = ("why", run.digest, operator, round(lon, 6), round(lat, 6))
    try:
        with st.spinner(state.tr("screen.working")):
            return state.remember(key, lambda: _explain(run, operator, lon, lat))
    except PlannerError as error:
        return error


def drawings(found: Explained | PlannerError | None, run: CoverageRun) -> tuple[Drawing, ...]:
    """
    The place asked about and the way to the mast, for the map.

    Parameters
    ----------
    found
        From :func:`find`.
    run
        The estimate that the map shows.

    Returns
    -------
    drawings
        None where there is no explanation.
    """
    if not isinstance(found, Explained):
        return ()
    place = shapely.Point(found.answer.lon, found.answer.lat)
    shapes: list[shapely.Geometry | None] = [place]
    if found.answer.links:
        sector = chosen(found.answer, run).link.sector
        epsg = state.opened().calc_epsg
        lon, lat = (float(one) for one in transform(sector.x_m, sector.y_m, epsg_from=epsg, epsg_to=4326))
        shapes.append(shapely.LineString([(lon, lat), place]))
    return scene.highlight(shapes)


def picker(map_key: str) -> None:
    """
    Ask for a place by its name, for the keyboard and for screen readers.

    Parameters
    ----------
    map_key
        Name of the map that takes clicks as well.
    """
    places = state.remember("why_places", _places)
    key = f"{map_key}_place"

    def take() -> None:
        chosen = st.session_state.get(key)
        if chosen is not None:
            st.session_state[ASKED] = (str(state.folder()), *places[chosen])

    st.selectbox(
        state.tr("why.pick"),
        list(places),
        index=None,
        placeholder=state.tr("why.pick.none"),
        key=key,
        on_change=take,
    )


def card(found: Explained | PlannerError | None, run: CoverageRun, operator: str) -> None:
    """
    Draw the explanation.

    Parameters
    ----------
    found
        From :func:`find`.
    run
        The estimate that the map shows.
    operator
        Operator id, ``any`` or ``two_or_more``.
    """
    st.subheader(state.tr("why.title"), anchor=False)
    if found is None:
        st.caption(state.tr("why.hint"))
        return
    if isinstance(found, PlannerError):
        guard.show(found)
        return
    with st.container(border=True, key="why_card"):
        _head(found, operator)
        answer = found.answer
        if answer.profile is not None:
            _section(answer, run)
        if answer.links:
            st.markdown(f"**{state.md('why.table')}**")
            st.dataframe(figure.written(pd.DataFrame([_row(link) for link in answer.links])), hide_index=True)
        _assumptions(answer, run)


def chosen(answer: Answer, run: CoverageRun) -> Single:
    """
    The sector that the user wants to see the way to; at first the strongest.

    Parameters
    ----------
    answer
        The answer; it must hold a link.
    run
        The estimate that the map shows.

    Returns
    -------
    single
        Its link and its section.
    """
    cell = st.session_state.get(_chosen_key(answer)) or answer.links[0].sector.id
    found = state.opened()
    key = ("why_cell", run.digest, cell, answer.x_m, answer.y_m)
    return state.remember(
        key, lambda: why.of_cell(inputs(run), run.options, answer, cell, dense=found.is_dense())
    )


def _chosen_key(answer: Answer) -> str:
    return f"why_cell_{answer.operator}_{answer.lon:.5f}_{answer.lat:.5f}"


def _section(answer: Answer, run: CoverageRun) -> None:
    """The way to the strongest sector, or to any other of the operator."""
    offered = {link.sector.id: link.sector for link in answer.links}
    others = [one for one in inputs(run).transmitters if answer.operator in one.operators]
    for one in sorted(others, key=lambda one: math.hypot(one.x_m - answer.x_m, one.y_m - answer.y_m)):
        offered.setdefault(one.id, one)
    labels = {name: _cell_words(sector, answer) for name, sector in offered.items()}
    st.selectbox(
        state.tr("why.cell"),
        list(labels),
        format_func=lambda name: labels.get(name, name),
        key=_chosen_key(answer),
    )
    shown = chosen(answer, run)
    sector = shown.link.sector
    words = section.told(
        shown.profile,
        shown.obstacle,
        mast=figure.site_name(sector.mast_id),
        height_m=sector.height_m,
        receiver_m=data.setting("receiver_height_m"),
    )
    section.show(shown.profile, shown.obstacle, words=words)
    if shown.link.sector.id != answer.links[0].sector.id:
        told = state.tr(f"state.{shown.link.state.name.lower()}")
        st.markdown(state.md("why.cell.alone", state=told))
    if state.is_technical():
        _terms(shown.link, answer)


def _cell_words(sector: Transmitter, answer: Answer) -> str:
    away = figure.distance(math.hypot(sector.x_m - answer.x_m, sector.y_m - answer.y_m))
    words = state.tr(
        "why.cell.one",
        mast=figure.site_name(sector.mast_id),
        towards=towards(sector.azimuth_deg),
        distance=away,
    )
    return f"{words} · {sector.id}" if state.is_technical() else words


def _terms(link: Link, answer: Answer) -> None:
    """Every term of the budget, as it adds up."""
    language = state.language()
    rows = [
        {
            state.tr("why.term"): state.tr(f"why.term.{name}"),
            state.tr("why.term.value"): text.number(value, language, digits=1),
        }
        for name, value in why.terms(link, margin_db=answer.margin_db).items()
    ]
    model = "–" if link.budget.model is None else state.tr(f"model.{link.budget.model.name}")
    if link.budget.over_profile is not None:
        model = state.tr("model.p1812")
    st.caption(state.tr("why.term.model", model=model, antenna=link.antenna or state.tr("why.term.pattern")))
    st.table(pd.DataFrame(rows).set_index(state.tr("why.term")))


def _explain(run: CoverageRun, operator: str, lon: float, lat: float) -> Explained:
    found = state.opened()
    read = inputs(run)
    whole = operator in (ANY, TWO_OR_MORE)
    answers = [
        why.explain(
            read,
            run.options,
            operator=name,
            lon=lon,
            lat=lat,
            epsg=found.calc_epsg,
            dense=found.is_dense(),
            found=run,
        )
        for name in (run.operators if whole else (operator,))
    ]
    answers.sort(key=_strength, reverse=True)
    # Of two operators the second one decides.
    deciding = answers[min(1, len(answers) - 1) if operator == TWO_OR_MORE else 0]
    return Explained(
        answer=deciding,
        states={answer.operator: answer.state for answer in answers},
        drawn=_drawn(run, deciding),
    )


def inputs(run: CoverageRun) -> Inputs:
    """
    What an estimate is made from, as the workspace says now.

    Parameters
    ----------
    run
        The estimate.

    Returns
    -------
    inputs
        Read once for each state of the workspace, shared: never change it.
    """
    found = state.opened()
    return _inputs(str(found.folder), state.version(found.folder), run.digest, run)


def _strength(answer: Answer) -> tuple[bool, float]:
    best_dbm = answer.links[0].planning_dbm if answer.links else float("-inf")
    return answer.state is State.COVERED, best_dbm


@st.cache_resource(max_entries=2, show_spinner=False)
def _inputs(path: str, version: state.Version, digest: str, _run: CoverageRun) -> Inputs:  # noqa: ARG001 - the key
    return coverage.read_inputs(state.opened(), _run.options)


def _drawn(run: CoverageRun, answer: Answer) -> State | None:
    x_m, y_m = answer.x_m, answer.y_m
    path = run.state_paths.get(answer.operator)
    if path is None:
        return None
    try:
        shown = io.read(path, bounds=(x_m - 1, y_m - 1, x_m + 1, y_m + 1))
    except ShapeError:
        return None
    value = int(shown.values.flat[0])
    return State(value) if value in list(State) else None


def _places() -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for layer in PLACES:
        table = state.table(layer)
        for name, shape in zip(table["name"], table.geometry, strict=True):
            if isinstance(name, str) and shape is not None and not shape.is_empty:
                point = shapely.point_on_surface(shape)
                found.setdefault(name, (float(point.x), float(point.y)))
    return dict(sorted(found.items(), key=lambda item: text.plain(item[0])))


def _head(found: Explained, operator: str) -> None:
    answer = found.answer
    st.markdown(
        state.md(
            "why.head",
            operator=state.operator_name(answer.operator),
            state=state.tr(f"state.{answer.state.name.lower()}"),
            lat=text.number(answer.lat, state.language(), digits=5),
            lon=text.number(answer.lon, state.language(), digits=5),
        )
    )
    if operator in (ANY, TWO_OR_MORE) and len(found.states) > 1:
        each = [
            f"{state.operator_name(name)}: {state.tr(f'state.{value.name.lower()}')}"
            for name, value in sorted(found.states.items())
        ]
        st.caption(state.tr(f"why.of.{operator}", each=" · ".join(each)))
    st.markdown(state.plain_md(reason(answer)))
    if found.drawn is not None and found.drawn is not answer.state:
        st.caption(state.tr("why.differs", state=state.tr(f"state.{found.drawn.name.lower()}")))


def reason(answer: Answer) -> str:
    """
    Why a place is as it is.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    text
        One or two sentences without radio words.
    """
    if not answer.links:
        key = "why.reason.open_border" if answer.open_border else "why.reason.no_mast"
        return state.tr(key, operator=state.operator_name(answer.operator))
    # Another sector than the strongest may leave the place open.
    best = next((link for link in answer.links if link.state is answer.state), answer.links[0])
    obstacle = answer.obstacle if best is answer.links[0] else None
    words = state.tr(_reason_key(answer, best, obstacle), **_facts(best, obstacle))
    if answer.open_border and answer.state is State.UNKNOWN:
        words += " " + state.tr("why.reason.open_border", operator=state.operator_name(answer.operator))
    return words


def _reason_key(answer: Answer, best: Link, obstacle: Obstacle | None) -> str:
    if best.budget.model is None:
        return "why.reason.no_model"
    if best.los is None:
        return "why.reason.unknown_path"
    sight = "free" if best.los else "plain" if obstacle is None else "blocked"
    if answer.state is State.COVERED:
        return f"why.reason.covered.{sight}"
    if not best.budget.is_bounded:
        return "why.reason.beyond"
    return f"why.reason.uncovered.{sight}"


def _facts(best: Link, obstacle: Obstacle | None) -> dict[str, object]:
    language = state.language()
    facts: dict[str, object] = {
        "mast": figure.site_name(best.sector.mast_id),
        "distance": figure.distance(best.budget.distance_m),
    }
    if obstacle is not None:
        is_clutter = obstacle.clutter_height_m >= section.LOWEST_CLUTTER_M
        height_m = obstacle.clutter_height_m if is_clutter else max(obstacle.excess_m, 0.1)
        kind = (
            "clutter_assumed" if best.path_assumed and is_clutter else "clutter" if is_clutter else "ground"
        )
        facts["obstacle"] = state.tr(
            f"why.obstacle.{kind}", height=text.number(height_m, language, digits=0 if height_m >= 10 else 1)
        )
        facts["away"] = figure.distance(obstacle.distance_m)
    return facts


def _row(link: Link) -> dict[str, object]:
    levels, terms = data.levels(), link.budget
    sight = {True: "free", False: "blocked", None: "unknown"}[link.los]
    level = state.tr(f"level.{levels.names[int(levels.index(link.planning_dbm))]}")
    row: dict[str, object] = {
        state.tr("why.column.mast"): figure.site_name(link.sector.mast_id),
        state.tr("why.column.towards"): towards(link.sector.azimuth_deg),
        state.tr("why.column.distance"): round(terms.distance_m),
        state.tr("why.column.sight"): state.tr(f"why.sight.{sight}"),
        state.tr("why.column.level"): state.tr("state.unknown") if link.state is State.UNKNOWN else level,
    }
    if state.is_technical():
        row |= {
            state.tr("why.column.sector"): link.sector.id,
            state.tr("why.column.planning"): round(link.planning_dbm, 1),
            state.tr("why.column.eirp"): round(terms.eirp_per_re_dbm, 1),
            state.tr("why.column.attenuation"): round(terms.attenuation_db, 1),
            state.tr("why.column.loss"): round(terms.loss_db, 1),
            state.tr("why.column.margin"): round(data.levels().margin_db, 1),
            state.tr("why.column.model"): "–" if terms.model is None else terms.model.name,
        }
    return row


def towards(azimuth_deg: float | None) -> str:
    """
    A direction in words.

    Parameters
    ----------
    azimuth_deg
        Clockwise from true north [°], or None.

    Returns
    -------
    words
        One of eight directions, or that it is not known.
    """
    if azimuth_deg is None:
        return state.tr("why.towards.unknown")
    return state.tr(f"why.towards.{round(azimuth_deg * COMPASS / 360) % COMPASS}")


def _assumptions(answer: Answer, run: CoverageRun) -> None:
    spec = spec_of("cell")
    made = []
    if answer.links:
        assumed = sorted(answer.links[0].sector.assumed - {"geometry"})
        if assumed and not state.is_technical():
            made.append(state.tr("why.assumed.some", n=len(assumed)))
        elif assumed:
            names = ", ".join(state.column_title(spec, name) for name in assumed)
            made.append(state.tr("why.assumed.sector", columns=names))
        if "geometry" in answer.links[0].sector.assumed:
            made.append(state.tr("why.assumed.position"))
        model = answer.links[0].budget.model
        if answer.links[0].sector.urban and model is not None and model.name == "uma":
            made.append(state.tr("why.assumed.urban"))
        if answer.links[0].path_assumed:
            made.append(state.tr("why.assumed.path"))
    if run.options.calibration is not None:
        made.append(state.tr("why.assumed.calibration", name=run.options.calibration))
    for words in made:
        st.caption(f"- {state.plain_md(words)}")
    if not state.is_current(run):
        st.caption(state.tr("why.outdated"))
