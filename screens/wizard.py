"""Tạo bộ dữ liệu của xã: outline, hamlets, stations, cultural houses, then the first map."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.crs import CANDIDATES
from geo.errors import FileError
from layers.exchange.transit import received
from planning import outline, text, unplaced
from planning.workspace import create, file_slug, set_boundary
from screens import estimate, figure, intake, mapview, scene, state, system
from screens.guard import guarded

STEPS = ("boundary", "hamlet", "site", "place", "map")
REPEATED = ("site",)  # each operator sends a table of its own
STEP, IS_NEW, TOLD = "wizard_step", "wizard_is_new", "wizard_told"


def is_under_way() -> bool:
    """
    Tell whether a data set is being made or filled step by step in this session.

    Returns
    -------
    is_under_way
        True from the first step until the user leaves or sees the first map.
    """
    return STEP in st.session_state


def begin(*, is_new: bool) -> None:
    """
    Start, at the first step that is not done yet.

    Parameters
    ----------
    is_new
        True for another data set, False to go on with the open one.
    """
    st.session_state[IS_NEW] = is_new
    _go(0 if is_new else next_step())


def next_step() -> int:
    """
    The step at which the open data set stands.

    Returns
    -------
    step
        Index of the first step not done; that of the map where all are.
    """
    return next((number for number, name in enumerate(STEPS) if not _is_done(name)), len(STEPS) - 1)


def is_complete() -> bool:
    """
    Tell whether the open data set went through all the steps.

    Returns
    -------
    is_complete
        False while a table or the first estimate is missing.
    """
    return all(_is_done(name) for name in STEPS)


def offer() -> None:
    """Show how far the open data set is, and offer to go on with it or to make another."""
    if not state.opened().is_sample:
        marks = [_mark(name) + " " + state.md(f"screen.wizard.{name}") for name in STEPS]
        st.markdown(" → ".join(marks))
        title = state.tr(f"screen.wizard.{STEPS[next_step()]}")
        key = "screen.wizard.revisit" if is_complete() else "screen.wizard.continue"
        if st.button(state.tr(key, title=title), type="primary", icon=":material/arrow_forward:"):
            begin(is_new=False)
    if st.button(state.tr("screen.wizard.another"), icon=":material/add:"):
        begin(is_new=True)


def is_new() -> bool:
    """
    Tell whether the set that is being made does not exist yet.

    Returns
    -------
    is_new
        True from the start of another set until its outline is stored.
    """
    return bool(st.session_state.get(IS_NEW, False)) or state.workspace() is None


def _is_done(name: str) -> bool:
    if is_new():
        return False
    return state.latest_coverage() is not None if name == "map" else len(state.table(name)) > 0


def _mark(name: str) -> str:
    return ":material/check_circle:" if _is_done(name) else ":material/radio_button_unchecked:"


def _step() -> int:
    return int(st.session_state.get(STEP, 0))


def _go(step: int) -> None:
    st.session_state[STEP] = step
    st.rerun()


def _leave() -> None:
    st.session_state.pop(STEP, None)
    st.session_state.pop(IS_NEW, None)


@guarded
def render() -> None:
    """Draw the present step."""
    name = STEPS[_step()]
    intake.keep_answers([one for one in STEPS if one != name])
    _trail()
    title = state.tr(f"screen.wizard.{name}")
    st.subheader(state.tr("screen.wizard.step", step=_step() + 1, title=title), anchor=False)
    st.markdown(state.md(f"screen.wizard.{name}.what"))
    told = st.session_state.pop(TOLD, None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    if name == "boundary":
        _boundary()
    elif name == "map":
        _map()
    else:
        _intake(name)
    _ways(name)


def _trail() -> None:
    """All steps with those done ticked; each can be opened again."""
    for number, (column, name) in enumerate(zip(st.columns(len(STEPS)), STEPS, strict=True)):
        if column.button(
            f"{number + 1}. {state.tr(f'screen.wizard.{name}')}",
            icon=_mark(name),
            type="primary" if number == _step() else "tertiary",
            disabled=is_new() and number > 0,
            key=f"wizard_trail.{name}",
            width="stretch",
        ):
            _go(number)


def _ways(name: str) -> None:
    """Back, onwards, out."""
    left, middle, right = st.columns(3)
    if left.button(state.tr("screen.wizard.back"), icon=":material/arrow_back:", disabled=_step() == 0):
        _go(_step() - 1)
    if name != "map" and not is_new():
        is_done = _is_done(name)
        if middle.button(
            state.tr("screen.wizard.next" if is_done else "screen.wizard.skip"),
            type="primary" if is_done else "secondary",
            icon=":material/arrow_forward:",
        ):
            _go(_step() + 1)
    if state.workspace() is not None and right.button(state.tr("screen.wizard.cancel")):
        _leave()
        st.rerun()


@guarded
def _boundary() -> None:
    is_there = _is_done("boundary")
    if is_there:
        found = state.opened()
        area = text.number(found.boundary().area / 1e6, state.language(), digits=1)
        st.markdown(state.md("screen.wizard.boundary.there", name=found.name, area=area))
    else:
        st.caption(state.tr("screen.wizard.lead"))
    file = intake.uploader("boundary")
    if file is None:
        if is_there:
            _show_outline(state.table("boundary"))
        return
    st.markdown(f"**{state.plain_md(file.name)}**")
    epsg = st.session_state.get("wizard_crs")
    try:
        with st.spinner(state.tr("screen.intake.reading")), received(file.getvalue()) as path:
            shape, said = outline.read_boundary(path, epsg=epsg, name=file.name)
    except FileError as error:
        if error.code != "import_questions":
            raise
        _ask_system()
        return
    if epsg is not None:
        _ask_system()
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _show_outline(shape)
    with left:
        _describe(shape, said, file.name)


def _ask_system() -> None:
    st.selectbox(
        state.tr("screen.intake.crs"),
        CANDIDATES,
        index=None,
        format_func=system.system_name,
        placeholder=state.tr("screen.intake.crs.choose"),
        key="wizard_crs",
    )


def _show_outline(table: gpd.GeoDataFrame) -> None:
    """The outline with the middle that it would have: whoever knows the commune sees a wrong system."""
    shapes = table.geometry.dropna().to_numpy()
    drawn = [mapview.draw_shapes(shapes, style=style) for style in intake.OUTLINE]
    scene.show(drawn, key="wizard_outline", bounds=drawn[0].bounds, height_px=300)
    middle = table.union_all().centroid
    lon, lat = (text.number(value, state.language(), digits=4) for value in (middle.x, middle.y))
    st.caption(state.tr("screen.wizard.boundary.middle", lon=lon, lat=lat))


def _describe(shape: gpd.GeoDataFrame, said: outline.Said, source: str) -> None:
    is_another = is_new()
    known_name, known_code = ("", "") if is_another else (state.opened().name, state.opened().code)
    name = st.text_input(state.tr("screen.wizard.name"), value=str(said.get("name") or known_name))
    left, right = st.columns(2)
    code = left.text_input(
        state.tr("screen.wizard.code"), value=str(said.get("code") or known_code), max_chars=5
    )
    people = said.get("population_registered")
    known = int(people) if isinstance(people, int | float) and people == people else None
    population = right.number_input(state.tr("screen.wizard.population"), min_value=0, value=known, step=1)
    words = state.tr("screen.wizard.create" if is_another else "screen.wizard.boundary.save")
    if st.button(words, type="primary", disabled=not name.strip()):
        _store(shape, name.strip(), code.strip(), population, source)


def _store(shape: gpd.GeoDataFrame, name: str, code: str, population: int | None, source: str) -> None:
    now = state.now()
    if is_new():
        folder = _free_folder(name)
        made = create(
            folder, boundary=shape, name=name, code=code, population=population, source=source, now=now
        )
        state.choose(folder)
    else:
        made = set_boundary(
            state.opened(), shape, name=name, code=code, population=population, source=source, now=now
        )
    area_km2 = text.number(made.boundary().area / 1e6, state.language(), digits=1)
    made.store.close()
    st.session_state[IS_NEW] = False
    state.reopen()
    intake.clear("boundary")
    st.session_state[TOLD] = state.tr("screen.wizard.created", name=name, area=area_km2)
    _go(1)


def _free_folder(name: str) -> Path:
    around = state.default_folder().parent
    slug = file_slug(name)
    names = [slug, *(f"{slug}-{number}" for number in range(2, 1000))]
    return next(around / one for one in names if not (around / one).exists())


@guarded
def _intake(layer: str) -> None:
    n_rows = len(state.table(layer))
    if n_rows:
        st.caption(state.tr("screen.wizard.there", n=n_rows, layer=state.tr(f"layer.{layer}")))
    done = intake.panel(layer, may_replace=n_rows > 0)
    if done is not None:
        st.session_state[TOLD] = done
        _go(_step() if layer in REPEATED else _step() + 1)


def _map() -> None:
    if estimate.is_running():
        estimate.progress()
        return
    estimate.tell_end()
    lacking = [name for name in ("boundary", "site") if not _is_done(name)]
    if lacking:
        _missing(lacking[0])
        return
    if state.latest_coverage() is not None:
        _result()
        return
    _positions()
    estimate.form(state.opened())


def _missing(name: str) -> None:
    """What the first map cannot do without, whom to ask, and the step where it comes in."""
    what, whom, why = (state.tr(f"ask.{name}.{part}") for part in ("what", "from", "why"))
    st.info(state.md("screen.dataset.ask", what=what, whom=whom, why=why))
    title = state.tr(f"screen.wizard.{name}")
    if st.button(state.tr("screen.wizard.continue", title=title), type="primary"):
        _go(STEPS.index(name))


def _positions() -> None:
    """Offer positions for hamlets without one: taken only with the user's consent, marked as assumed."""
    proposed = unplaced.hamlet_positions(state.opened())
    if not proposed:
        return
    hamlets = state.table("hamlet")
    names, n_lost = hamlets.set_index("id")["name"], int(hamlets.geometry.isna().sum())
    with st.container(border=True):
        st.markdown(state.md("screen.wizard.positions", n=n_lost, n_found=len(proposed)))
        rows = [
            {
                state.tr("screen.gap.hamlet"): names[key],
                state.tr("screen.wizard.positions.from"): state.tr(why),
            }
            for key, (_, why) in proposed.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=180)
        if st.button(state.tr("screen.wizard.positions.do"), icon=":material/check:"):
            n_placed = unplaced.place_hamlets(state.opened(), proposed)
            st.session_state[TOLD] = state.tr("screen.wizard.positions.done", n=n_placed)
            st.rerun()


def _result() -> None:
    result = state.latest_gap()
    if result is not None:
        st.markdown(
            "## "
            + figure.sentence(
                result.operators["any"], technology=result.options.technology, made_at=result.made_at
            )
        )
        st.markdown(
            state.md("screen.start.assumed", share=figure.share(result.operators["any"].assumed_share))
        )
    run = state.latest_coverage()
    if run is not None and not state.is_current(run):
        st.warning(state.tr("screen.wizard.stale"), icon=":material/update:")
        estimate.form(state.opened())
    st.markdown(state.md("screen.wizard.result"))
    columns = st.columns(3)
    for column, page in zip(columns, ("start", "gap", "coverage"), strict=True):
        if column.button(state.tr(f"screen.{page}.title"), width="stretch"):
            _leave()
            state.go(page)
