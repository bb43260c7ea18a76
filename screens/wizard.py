"""Tạo bộ dữ liệu của xã: outline, hamlets, stations, cultural houses, then the first map."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.crs import CANDIDATES
from geo.errors import FileError
from layers.exchange.transit import received
from planning import exchange, text
from planning.workspace import create, file_slug
from screens import estimate, figure, intake, state
from screens.guard import guarded

STEPS = ("boundary", "hamlet", "site", "place", "map")
REPEATED = ("site",)  # each operator sends a table of its own


def is_under_way() -> bool:
    """
    Tell whether a new data set is being made in this session.

    Returns
    -------
    is_under_way
        True from the outline to the first map.
    """
    return _step() > 0


def _step() -> int:
    return int(st.session_state.get("wizard_step", 0))


def _go(step: int) -> None:
    st.session_state["wizard_step"] = step
    st.rerun()


@guarded
def render() -> None:
    """Draw the present step."""
    name = STEPS[_step()]
    st.progress(_step() / len(STEPS))
    title = state.tr(f"screen.wizard.{name}")
    st.subheader(state.tr("screen.wizard.step", step=_step() + 1, title=title), anchor=False)
    st.markdown(state.md(f"screen.wizard.{name}.what"))
    told = st.session_state.pop("wizard_told", None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    if name == "boundary":
        st.caption(state.tr("screen.wizard.lead"))
        _boundary()
    elif name == "map":
        _map()
    else:
        _table(name)


def _boundary() -> None:
    file = intake.uploader("outline")
    if file is None:
        return
    epsg = st.session_state.get("wizard_crs")
    try:
        with st.spinner(state.tr("screen.intake.reading")), received(file.getvalue()) as path:
            outline, said = exchange.read_boundary(path, epsg=epsg, name=file.name)
    except FileError as error:
        if error.code != "import_questions":
            raise
        st.selectbox(
            state.tr("screen.intake.crs"),
            CANDIDATES,
            index=None,
            format_func=intake.system_name,
            placeholder=state.tr("screen.intake.crs.choose"),
            key="wizard_crs",
        )
        return
    left, middle, right = st.columns([3, 2, 2])
    name = left.text_input(state.tr("screen.wizard.name"), value=str(said.get("name") or ""))
    code = middle.text_input(state.tr("screen.wizard.code"), value=str(said.get("code") or ""), max_chars=5)
    people = said.get("population_registered")
    known = int(people) if isinstance(people, int | float) and people == people else None
    population = right.number_input(state.tr("screen.wizard.population"), min_value=0, value=known, step=1)
    if st.button(state.tr("screen.wizard.create"), type="primary", disabled=not name.strip()):
        _create(outline, name.strip(), code.strip(), population, file.name)


def _create(outline: gpd.GeoDataFrame, name: str, code: str, population: int | None, source: str) -> None:
    folder = _free_folder(name)
    made = create(
        folder,
        boundary=outline,
        name=name,
        code=code,
        population=population,
        source=source,
        now=state.now(),
    )
    area_km2 = text.number(made.boundary().area / 1e6, state.language(), digits=1)
    made.store.close()
    state.choose(folder)
    intake.clear("outline")
    st.session_state["wizard_told"] = state.tr("screen.wizard.created", name=name, area=area_km2)
    _go(1)


def _free_folder(name: str) -> Path:
    around = state.default_folder().parent
    slug = file_slug(name)
    names = [slug, *(f"{slug}-{number}" for number in range(2, 1000))]
    return next(around / one for one in names if not (around / one).exists())


def _table(layer: str) -> None:
    _intake(layer)
    has_rows = len(state.table(layer)) > 0
    left, right = st.columns(2)
    if left.button(
        state.tr("screen.wizard.next" if has_rows else "screen.wizard.skip"),
        type="primary" if has_rows else "secondary",
        icon=":material/arrow_forward:",
    ):
        _go(_step() + 1)
    if right.button(state.tr("screen.wizard.cancel")):
        _go(0)


@guarded
def _intake(layer: str) -> None:
    done = intake.panel(layer, may_replace=len(state.table(layer)) > 0)
    if done is not None:
        st.session_state["wizard_told"] = done
        _go(_step() if layer in REPEATED else _step() + 1)


def _map() -> None:
    if estimate.is_running():
        estimate.progress()
        return
    estimate.tell_end()
    if state.latest_coverage() is not None:
        _result()
        return
    _positions()
    estimate.form(state.opened())


def _positions() -> None:
    """Offer positions for hamlets without one: taken only with the user's consent, marked as assumed."""
    proposed = exchange.hamlet_positions(state.opened())
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
            n_placed = exchange.place_hamlets(state.opened(), proposed)
            st.session_state["wizard_told"] = state.tr("screen.wizard.positions.done", n=n_placed)
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
    st.markdown(state.md("screen.wizard.result"))
    columns = st.columns(3)
    for column, page in zip(columns, ("start", "gap", "coverage"), strict=True):
        if column.button(state.tr(f"screen.{page}.title"), width="stretch"):
            st.session_state["wizard_step"] = 0
            state.go(page)
