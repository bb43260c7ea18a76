"""What a session remembers, and the open workspace with its cached tables and results."""

from __future__ import annotations

import datetime as dt
import getpass
import numbers
import os
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TypeVar, cast

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.errors import NotFoundError, StoreError
from layers.catalogue import spec_of
from layers.spec import LayerSpec
from layers.store import exists, folder_of, mark_of
from layers.store.address import is_address
from planning import coverage, data, gap, runs, sample, text
from planning.gap import GapResult
from planning.release import Audience, release
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions, digest
from planning.workspace import Inventory, Workspace, inventory, open_workspace

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]()<>#+-!|~$:"})
OPERATOR_COLUMNS = ("operators", "operator", "owner", "shared_with")  # ids of operators among other names
AUDIENCE = "audience_drawn"
OWN = "own"
T = TypeVar("T")
Version = tuple[tuple[str, int, int], ...]


def language() -> str:
    """
    Language of the screens.

    Returns
    -------
    language
        ``vi`` or ``en``.
    """
    return str(st.session_state.get("language") or data.LANGUAGES[0])


def is_technical() -> bool:
    """
    Tell whether technical words are wanted.

    Returns
    -------
    is_technical
        State of the switch *Kỹ thuật*.
    """
    return bool(st.session_state.get("technical", False))


def tr(key: str, **facts: object) -> str:
    """
    Text in the language of the session, for places that show plain text.

    Parameters
    ----------
    key
        Text key.
    facts
        Values of its placeholders.

    Returns
    -------
    text
        The text.
    """
    return text.tr(key, language(), **facts)


def md(key: str, **facts: object) -> str:
    """
    Text for places that read Markdown: what comes from data cannot act as markup.

    Parameters
    ----------
    key
        Text key.
    facts
        Values of its placeholders.

    Returns
    -------
    text
        The text.
    """
    said = text.worded(facts, language())
    return tr(key, **{name: plain_md(one) if isinstance(one, str) else one for name, one in said.items()})


def plain_md(value: object) -> str:
    """
    A value from data as Markdown that shows it letter by letter.

    Parameters
    ----------
    value
        Any value.

    Returns
    -------
    text
        The escaped text.
    """
    return str(value).translate(MARKDOWN)


def now() -> dt.datetime:
    """
    Present moment; the screens are the edge that may ask for it.

    Returns
    -------
    now
        With the zone of this computer.
    """
    return dt.datetime.now().astimezone()


ADDRESS_NAME, ADDRESS_LANGUAGE = "bo", "ngon_ngu"


def actor() -> str:
    """
    Who works at this computer, for the history of changes.

    Returns
    -------
    actor
        The name typed in this session, else that of the account.
    """
    typed = str(st.session_state.get("actor") or "").strip()
    try:
        return typed or getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return ""


def default_folder() -> Path:
    """
    Workspace opened at start.

    Returns
    -------
    folder
        ``HATANGSO_WORKSPACE``, else ``var/sample``.
    """
    place = os.environ.get("HATANGSO_WORKSPACE") or str(ROOT / "var" / "sample")
    found = folder_of(place)
    if is_address(place) and not exists(found):
        open_workspace(place).store.close()  # from now on the folder names its database
    return found


def _around() -> dict[str, Path]:
    """Workspaces beside the one opened at start, by the names of their folders."""
    beside = default_folder().parent
    return {path.name: path for path in sorted(beside.glob("*/")) if exists(path)}


def folder() -> Path:
    """
    Folder of the workspace of this session.

    Returns
    -------
    folder
        The one chosen in this session, else the one named in the address, else the one opened at start,
        else the one changed last.
    """
    chosen = st.session_state.get("folder")
    if chosen:
        return Path(chosen)
    around = _around()
    named = around.get(str(st.query_params.get(ADDRESS_NAME, "")))
    if named is not None:
        return named
    if exists(default_folder()) or not around:
        return default_folder()
    return max(around.values(), key=_changed)


def _changed(path: Path) -> float:
    file = mark_of(path)
    return 0.0 if file is None else file.stat().st_mtime


def keep_address() -> None:
    """Name the open workspace and the language in the address, so that opening it again shows both again."""
    if st.query_params.get(ADDRESS_NAME) != folder().name:
        st.query_params[ADDRESS_NAME] = folder().name
    if st.query_params.get(ADDRESS_LANGUAGE, data.LANGUAGES[0]) != language():
        st.query_params[ADDRESS_LANGUAGE] = language()


def take_address() -> None:
    """Begin a session in the language that the address names."""
    named = st.query_params.get(ADDRESS_LANGUAGE)
    if "language" not in st.session_state and named in data.LANGUAGES:
        st.session_state["language"] = named


def folders() -> tuple[Path, ...]:
    """
    Workspaces that lie side by side with the one opened at start.

    Returns
    -------
    folders
        In the order of their names.
    """
    return tuple(sorted({*_around().values(), folder()}))


def choose(path: Path) -> None:
    """
    Work with another workspace from now on.

    Parameters
    ----------
    path
        Its folder.
    """
    st.session_state["folder"] = str(path)


def reopen() -> None:
    """Open the chosen workspace anew: its name or its outline was changed."""
    _open.clear()


def folder_name(path: Path) -> str:
    """
    Name of a workspace for a list.

    Parameters
    ----------
    path
        Its folder.

    Returns
    -------
    name
        The name it carries; the folder's where it cannot be opened.
    """
    try:
        return _opened(path).name
    except (StoreError, OSError):
        return tr("screen.dataset.switch.broken", name=path.name)


def make_sample() -> None:
    """Make the fictional commune beside the other workspaces, if need be, and open it."""
    path = default_folder().parent / "sample"
    if not exists(path):
        with st.spinner(tr("screen.choice.sample.making")):
            sample.make(path, seed=1, now=now())
        with st.spinner(tr("screen.choice.sample.estimating")):
            made = open_workspace(path)
            coverage.run(made, CoverageOptions(), now=now())
            made.store.close()
    choose(path)
    st.rerun()


def make_starter() -> None:
    """Make the almost empty set of Xã Hà Đông, if need be, and open it."""
    path = default_folder().parent / "xa-ha-dong"
    if not exists(path):
        sample.make_starter(path, now=now())
    choose(path)
    st.rerun()


def version(path: Path) -> Version:
    """
    Mark of a workspace's content on disk, the key of everything cached.

    Parameters
    ----------
    path
        Folder of the workspace.

    Returns
    -------
    version
        Name, time of last change and size of its files; empty where there is no workspace.
    """
    mark = mark_of(path)
    files = [*([] if mark is None else [mark]), *sorted((path / "rasters").glob("*"))]
    found = [(file.name, file.stat()) for file in files if file.is_file()]
    marks = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
    if mark is None or mark.suffix == ".gpkg":
        return marks
    return (*marks, ("", _opened(path).store.last_change(), 0))


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str, inode: int) -> Workspace:  # noqa: ARG001 - part of the key
    return open_workspace(Path(path))


def _opened(path: Path) -> Workspace:
    file = mark_of(path)
    if file is None:
        raise NotFoundError("workspace_missing", folder=path.name)
    return _open(str(path), file.stat().st_ino)


def workspace_exists() -> bool:
    """
    Tell whether the chosen folder holds a file of a workspace.

    Returns
    -------
    exists
        True even where that file turns out to be unusable.
    """
    return exists(folder())


def workspace() -> Workspace | None:
    """
    The open workspace.

    Returns
    -------
    workspace
        None where none exists yet.
    """
    path = folder()
    return _opened(path) if exists(path) else None


def opened() -> Workspace:
    """
    The open workspace, which must exist.

    Returns
    -------
    workspace
        The workspace.

    Raises
    ------
    NotFoundError
        There is none yet.
    """
    found = workspace()
    if found is None:
        raise NotFoundError("workspace_missing", folder=folder().name)
    return found


@st.cache_resource(max_entries=400, show_spinner=False)
def _kept(key: Hashable, _make: Callable[[], object]) -> object:  # noqa: ARG001 - the key is Streamlit's
    return _make()


def remember(name: Hashable, make: Callable[[], T]) -> T:
    """
    A value reckoned once for each state of the open workspace, shared by all sessions: never change it.

    Parameters
    ----------
    name
        What it is, with everything it depends on besides the workspace.
    make
        Function that reckons it.

    Returns
    -------
    value
        The value.
    """
    path = opened().folder
    whom = audience()
    return cast("T", _kept((name, whom.sharing, whom.operator, str(path), version(path)), make))


def audience() -> Audience:
    """
    Whom the screen is being drawn for.

    Returns
    -------
    audience
        The office itself (``OWN``), which sees all it holds, unless a screen draws an edition.
    """
    found: Audience = st.session_state.get(AUDIENCE) or Audience(sharing=OWN)
    return found


def set_audience(whom: Audience) -> None:
    """
    Draw for another audience from now on; only ``screens.edition`` does, and undoes it.

    Parameters
    ----------
    whom
        The audience.
    """
    st.session_state[AUDIENCE] = whom


def table(layer: str) -> gpd.GeoDataFrame:
    """
    Rows of a layer of the open workspace, shared: never change them.

    Parameters
    ----------
    layer
        Layer name.

    Returns
    -------
    table
        Rows in EPSG:4326.
    """
    return remember(("table", layer), lambda: _released(layer))


def _released(layer: str) -> gpd.GeoDataFrame:
    found = opened()
    rows, whom = found.store.read(layer), audience()
    is_own = whom.sharing == OWN
    return rows if is_own else release(rows, spec_of(layer), whom, calc_epsg=found.calc_epsg).table


def latest_coverage() -> CoverageRun | None:
    """
    The last 5G estimate of the open workspace: the one that the targets are judged by.

    Returns
    -------
    run
        None where nothing was estimated yet.
    """
    return remember("coverage", lambda: runs.latest(opened(), technology=gap.TARGET))


def is_current(run: CoverageRun) -> bool:
    """
    Tell whether an estimate still rests on the data of the open workspace.

    Parameters
    ----------
    run
        The estimate.

    Returns
    -------
    is_current
        False where masts, outline, buildings, rasters or parameters changed since.
    """
    return remember(("current", run.digest), lambda: digest(opened(), run.options) == run.digest)


def latest_gap() -> GapResult | None:
    """
    Who is not served according to the last estimate.

    Returns
    -------
    result
        None where nothing was estimated yet.
    """
    if latest_coverage() is None:
        return None
    with st.spinner(tr("screen.working")):
        return remember("gap", lambda: gap.run(opened(), now=now()))


def latest_inventory() -> Inventory:
    """
    What the open workspace holds and lacks.

    Returns
    -------
    inventory
        As of today.
    """
    today = now().date()
    return remember(("inventory", today), lambda: inventory(opened(), today=today))


def operator_name(operator: str) -> str:
    """
    Name of an operator, of ``any`` or of ``two_or_more``.

    Parameters
    ----------
    operator
        Operator id or one of the two words.

    Returns
    -------
    name
        In the language of the session.
    """
    if operator in ("any", "two_or_more", "all"):
        return tr(f"operator.{operator}")
    names = {row.id: row.names[language()] for row in data.operators()}
    return names.get(operator, operator)


def operator_styles() -> Mapping[str, tuple[str, str]]:
    """
    Colour and shape of every operator.

    Returns
    -------
    styles
        Operator id to both.
    """
    return {row.id: (row.colour, row.shape) for row in data.operators()}


def column_title(spec: LayerSpec, column: str) -> str:
    """
    Heading of a column.

    Parameters
    ----------
    spec
        Layer.
    column
        Column name.

    Returns
    -------
    title
        In the language of the session, with the unit.
    """
    title = tr(f"column.{column}")
    found = spec.column(column)
    return f"{title} ({found.unit})" if found and found.unit else title


def value_text(spec: LayerSpec, column: str, value: object) -> str:
    """
    A value as an official reads it.

    Parameters
    ----------
    spec
        Layer.
    column
        Column name.
    value
        Value of a row.

    Returns
    -------
    text
        In the language of the session; empty where there is no value.
    """
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    if pd.api.types.is_bool(value):
        return tr("common.yes" if value else "common.no")
    if column in OPERATOR_COLUMNS:
        return ", ".join(operator_name(part) for part in str(value).split(";"))
    found = spec.column(column)
    if found is not None and found.vocabulary:
        return ", ".join(tr(f"value.{column}.{part}") for part in str(value).split(";"))
    if isinstance(value, numbers.Real) and found is not None:
        return text.number(float(value), language(), digits=0 if float(value).is_integer() else 1)
    if found is not None and found.kind == "date":
        return _day(str(value)[:10])
    return str(value)


def _day(written: str) -> str:
    try:
        return text.day(dt.date.fromisoformat(written))
    except ValueError:
        return written


def go(page: str) -> None:
    """
    Open another screen.

    Parameters
    ----------
    page
        Key of the screen.
    """
    st.switch_page(st.session_state["pages"][page])
