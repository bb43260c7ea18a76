"""Thử thay đổi một trạm: turn, tilt, raise or move a mast, see who gains and who loses; not kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import shapely
import streamlit as st

from geo.crs import transform
from geo.errors import PlannerError
from geo.radio import LIMITS, Transmitter
from planning import people, text, whatif
from planning.runs import ANY, CoverageRun
from planning.trial import Ready, Rest, Trial, Tried
from screens import figure, guard, history, legend, mapview, overlay, palette, scene, state, why
from screens.mapview import Drawing

ON, TRIAL, MAST, PART, PLACING, SHOWN = (
    f"whatif_{name}" for name in ("on", "trial", "mast", "part", "placing", "shown")
)
DIFFERENCE, STATE = "difference", "state"
WHOLE = ""
PLAIN = ("azimuth_deg", "mechanical_tilt_deg", "height_m")
TECHNICAL = ("electrical_tilt_deg", "tx_power_dbm")
STEPS = {"azimuth_deg": 5.0, "height_m": 1.0}
AZIMUTH_DEG = (0.0, 360.0)
LEAST_REACH_M = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    A trial as the screen shows it.

    Parameters
    ----------
    tried
        Its outcome.
    name
        Operator, ``any`` or ``two_or_more`` that the map shows.
    """

    tried: Tried
    name: str


def is_on() -> bool:
    """
    Tell whether the user wants to try changes.

    Returns
    -------
    is_on
        State of the switch.
    """
    return bool(st.session_state.get(ON, False))


def switch() -> None:
    """Offer to try changes."""
    st.toggle(state.tr("screen.whatif.on"), key=ON, help=state.tr("screen.whatif.on.help"))


def take(map_key: str, run: CoverageRun) -> None:
    """
    Take the last click on a map as the mast to change, or as its new place; a callback of that map.

    Parameters
    ----------
    map_key
        Name of the map.
    run
        The estimate that it shows.
    """
    click = mapview.clicked(map_key)
    if click is None:
        return
    mast = st.session_state.get(MAST)
    if st.session_state.get(PLACING) and mast:
        st.session_state[_key("lon", mast, WHOLE)] = round(click.lon, 6)
        st.session_state[_key("lat", mast, WHOLE)] = round(click.lat, 6)
        return
    epsg = state.opened().calc_epsg
    x_m, y_m = (float(value) for value in transform(click.lon, click.lat, epsg_from=4326, epsg_to=epsg))
    near = {
        item.mast_id: shapely.Point(item.x_m, item.y_m).distance(shapely.Point(x_m, y_m))
        for item in _ready(run).inputs.transmitters
    }
    nearest = min(near, key=lambda name: near[name], default=None)
    if nearest is not None and near[nearest] <= max(click.reach_m * 2, LEAST_REACH_M):
        st.session_state[MAST] = nearest


def form(run: CoverageRun) -> None:
    """
    Ask which mast, and what to change.

    Parameters
    ----------
    run
        The estimate.
    """
    ready = _ready(run)
    names = {item.mast_id: figure.site_name(item.mast_id) for item in ready.inputs.transmitters}
    order = sorted(names, key=lambda mast: text.plain(names[mast]))
    if st.session_state.get(MAST) not in order:
        st.session_state.pop(MAST, None)
    mast = st.selectbox(
        state.tr("screen.whatif.mast"),
        order,
        index=None,
        format_func=lambda name: names[name],
        placeholder=state.tr("screen.whatif.mast.none"),
        key=MAST,
    )
    if mast is None:
        st.caption(state.tr("screen.whatif.hint"))
        return
    cells = whatif.cells_of(ready, mast)
    labels = {WHOLE: state.tr("screen.whatif.whole", n=len(cells)), **{one.id: _label(one) for one in cells}}
    part = st.selectbox(
        state.tr("screen.whatif.part"),
        list(labels),
        format_func=lambda name: labels.get(name, name),
        key=f"{PART}_{mast}",
    )
    chosen = [one for one in cells if part in (WHOLE, one.id)]
    with st.spinner(state.tr("screen.working")):
        _rest(ready, Trial(cells=tuple(one.id for one in chosen)))
    _fields(chosen, mast, part)
    left, right = st.columns(2)
    left.button(
        state.tr("screen.whatif.do"),
        type="primary",
        icon=":material/play_arrow:",
        on_click=_begin,
        args=(run.digest, tuple(one.id for one in chosen), mast, part),
        width="stretch",
    )
    right.button(state.tr("screen.whatif.drop"), on_click=drop, width="stretch")


def drop() -> None:
    """Forget the trial."""
    st.session_state.pop(TRIAL, None)


def find(run: CoverageRun, operator: str) -> Shown | PlannerError | None:
    """
    The trial asked for.

    Parameters
    ----------
    run
        The estimate that the map shows.
    operator
        Operator id, ``any`` or ``two_or_more`` that the map shows.

    Returns
    -------
    shown
        The trial, its refusal, or None where nothing is tried on this estimate.
    """
    folder, digest, trial = st.session_state.get(TRIAL) or ("", "", None)
    if not is_on() or trial is None or (folder, digest) != (str(state.folder()), run.digest):
        return None
    try:
        tried = _tried(run, trial)
    except PlannerError as error:
        return error
    return Shown(tried=tried, name=operator if operator in tried.states else ANY)


def drawings(found: Shown, *, opacity: float) -> tuple[Drawing, ...]:
    """
    A trial over the map.

    Parameters
    ----------
    found
        From :func:`find`.
    opacity
        Opacity, 0–1.

    Returns
    -------
    drawings
        The picture, the mast, and where it would stand.
    """
    is_difference = _picture() == DIFFERENCE
    path = whatif.draw(state.opened(), found.tried, found.name, difference=is_difference)
    style = palette.of_changes() if is_difference else palette.of_states(palette.STATE_COLOURS)
    raster = overlay.of_raster(path, style, opacity=opacity)
    sites, first = state.table("site"), found.tried.cells[0]
    old = list(sites.geometry[sites["id"] == first.mast_id].dropna())
    epsg = state.opened().calc_epsg
    lon, lat = (float(value) for value in transform(first.x_m, first.y_m, epsg_from=epsg, epsg_to=4326))
    new = shapely.Point(lon, lat)
    moved = found.tried.trial.place is not None
    lines = [shapely.LineString([one, new]) for one in old] if moved else []
    return (*raster, *scene.highlight([new, *lines]))


def badge() -> None:
    """Mark what is shown as a trial."""
    st.markdown(f":orange-badge[{state.tr('screen.whatif.unsaved')}]")


def legend_of() -> None:
    """Legend of the picture, with the choice between what changes and what then is."""
    st.segmented_control(
        state.tr("screen.whatif.shown"),
        (DIFFERENCE, STATE),
        default=DIFFERENCE,
        format_func=lambda name: state.tr(f"screen.whatif.shown.{name}"),
        key=SHOWN,
    )
    legend.render(legend.of_states() if _picture() == STATE else legend.of_changes())


def result(found: Shown) -> None:
    """
    Who gains and who loses, by operator and by hamlet.

    Parameters
    ----------
    found
        From :func:`find`.
    """
    tried = found.tried
    with st.container(border=True, key="whatif_result"):
        mast = state.plain_md(figure.site_name(tried.cells[0].mast_id))
        st.markdown(f":orange-badge[{state.tr('screen.whatif.unsaved')}] **{mast}** – {_told(tried.trial)}")
        change = tried.people[found.name]
        st.markdown(
            state.md(
                "screen.whatif.sentence",
                operator=state.operator_name(found.name),
                gained=figure.people(change.gained),
                lost=figure.people(change.lost),
            )
        )
        history.changes(tried.people)
        rows = [
            {
                state.tr("screen.gap.hamlet"): hamlet.name,
                state.tr("class.change.gained"): round(hamlet.people[found.name].gained),
                state.tr("class.change.lost"): round(hamlet.people[found.name].lost),
            }
            for hamlet in tried.hamlets
            if hamlet.people[found.name].gained + hamlet.people[found.name].lost >= 0.5
        ]
        if rows:
            st.markdown(state.md("screen.whatif.hamlets", operator=state.operator_name(found.name)))
            st.dataframe(figure.written(pd.DataFrame(rows)), hide_index=True, key="whatif_hamlets")
        st.caption(state.tr("screen.whatif.note"))


def show(found: Shown | PlannerError | None) -> None:
    """
    The outcome under the map, or why there is none.

    Parameters
    ----------
    found
        From :func:`find`.
    """
    if isinstance(found, PlannerError):
        guard.show(found)
    elif found is not None:
        result(found)


def _picture() -> str:
    return str(st.session_state.get(SHOWN) or DIFFERENCE)


def _key(name: str, mast: str, part: str) -> str:
    return f"whatif_{name}_{mast}_{part}"


def _label(cell: Transmitter) -> str:
    names = ", ".join(state.operator_name(name) for name in cell.operators)
    words = state.tr("screen.whatif.cell", operators=names, towards=why.towards(cell.azimuth_deg))
    if cell.azimuth_deg is not None:
        words += f" ({text.number(cell.azimuth_deg, state.language())}°)"
    return f"{words} · {cell.id}" if state.is_technical() else words


def _fields(cells: list[Transmitter], mast: str, part: str) -> None:
    for name in (*PLAIN, *(TECHNICAL if state.is_technical() else ())):
        if name == "azimuth_deg" and part == WHOLE:
            continue
        low, high = AZIMUTH_DEG if name == "azimuth_deg" else LIMITS[name][:2]
        st.number_input(
            state.tr(f"screen.whatif.{name}"),
            min_value=low,
            max_value=high,
            value=None,
            step=STEPS.get(name, 1.0),
            format="%g",
            placeholder=_as_is([getattr(one, name) for one in cells]),
            key=_key(name, mast, part),
        )
    if part != WHOLE:
        return
    st.toggle(state.tr("screen.whatif.placing"), key=PLACING)
    epsg = state.opened().calc_epsg
    lon, lat = transform(cells[0].x_m, cells[0].y_m, epsg_from=epsg, epsg_to=4326)
    for name, value in (("lat", lat), ("lon", lon)):
        st.number_input(
            state.tr(f"screen.whatif.{name}"),
            min_value=float(value) - 1.0,
            max_value=float(value) + 1.0,
            value=None,
            step=0.0005,
            format="%.5f",
            placeholder=text.number(float(value), state.language(), digits=5),
            key=_key(name, mast, part),
        )


def _as_is(values: list[float | None]) -> str:
    met = sorted({value for value in values if value is not None})
    if not met:
        return state.tr("state.unknown")
    return " / ".join(
        text.number(value, state.language(), digits=0 if value == round(value) else 1) for value in met
    )


def _begin(digest: str, cells: tuple[str, ...], mast: str, part: str) -> None:
    def given(name: str) -> float | None:
        value = st.session_state.get(_key(name, mast, part))
        return None if value is None else float(value)

    lon, lat, place = given("lon"), given("lat"), None
    if lon is not None and lat is not None and part == WHOLE:
        x_m, y_m = transform(lon, lat, epsg_from=4326, epsg_to=state.opened().calc_epsg)
        place = float(x_m), float(y_m)
    trial = Trial(
        cells=cells,
        azimuth_deg=given("azimuth_deg"),
        mechanical_tilt_deg=given("mechanical_tilt_deg"),
        electrical_tilt_deg=given("electrical_tilt_deg"),
        tx_power_dbm=given("tx_power_dbm"),
        height_m=given("height_m"),
        place=place,
    )
    st.session_state[TRIAL] = (str(state.folder()), digest, trial)


def _told(trial: Trial) -> str:
    given = {name: getattr(trial, name) for name in (*PLAIN, *TECHNICAL) if getattr(trial, name) is not None}
    parts = [f"{state.tr(f'screen.whatif.{name}')}: {_as_is([value])}" for name, value in given.items()]
    if trial.place is not None:
        lon, lat = transform(*trial.place, epsg_from=state.opened().calc_epsg, epsg_to=4326)
        words = (text.number(float(value), state.language(), digits=5) for value in (lat, lon))
        parts.append(state.tr("screen.whatif.moved", lat=next(words), lon=next(words)))
    return state.plain_md("; ".join(parts) or state.tr("screen.whatif.nothing"))


def _ready(run: CoverageRun) -> Ready:
    found = state.opened()
    key = (run.digest, str(found.folder), state.version(found.folder))
    return _kept_ready(key, lambda: _prepare(run))


def _prepare(run: CoverageRun) -> Ready:
    found = state.opened()
    settlement = state.remember("settlement", lambda: people.settle(found))
    return whatif.prepare(found, run, why.inputs(run), settlement)


@st.cache_resource(max_entries=2, show_spinner=False)
def _kept_ready(key: tuple[object, ...], _make: Callable[[], Ready]) -> Ready:  # noqa: ARG001 - the key is Streamlit's
    return _make()


def _rest(ready: Ready, trial: Trial) -> Rest:
    found = state.opened()
    key = (ready.run.digest, str(found.folder), state.version(found.folder), trial.cells)
    kept = _kept_rest(key)
    rest = kept.get("rest")
    if rest is None or not whatif.holds(ready, rest, trial):
        rest = kept["rest"] = whatif.without(ready, trial)
    return rest


@st.cache_resource(max_entries=6, show_spinner=False)
def _kept_rest(key: tuple[object, ...]) -> dict[str, Rest]:  # noqa: ARG001 - the key is Streamlit's
    return {}


def _tried(run: CoverageRun, trial: Trial) -> Tried:
    found = state.opened()
    key = (run.digest, str(found.folder), state.version(found.folder), trial)

    def make() -> Tried:
        ready = _ready(run)
        return whatif.attempt(ready, _rest(ready, trial), trial)

    return _kept_tried(key, make)


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept_tried(key: tuple[object, ...], _make: Callable[[], Tried]) -> Tried:  # noqa: ARG001 - the key
    return _make()
