"""What a session remembers, and the open workspace with its cached tables and results."""

from __future__ import annotations

import datetime as dt
import numbers
import os
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TypeVar, cast

import geopandas as gpd
import pandas as pd
import streamlit as st

from geo.errors import NotFoundError, StoreError
from layers.spec import LayerSpec
from planning import coverage, data, gap, runs, sample, text
from planning.gap import GapResult
from planning.runs import CoverageRun
from planning.scenario import CoverageOptions, digest
from planning.workspace import Inventory, Workspace, inventory, open_workspace

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]()<>#+-!|~$:"})
OPERATOR_COLUMNS = ("operators", "operator", "owner", "shared_with")  # ids of operators among other names
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


ADDRESS_NAME = "bo"


def default_folder() -> Path:
    """
    Workspace opened at start.

    Returns
    -------
    folder
        ``HATANGSO_WORKSPACE``, else ``var/sample``.
    """
    return Path(os.environ.get("HATANGSO_WORKSPACE") or ROOT / "var" / "sample")


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
    around = {path.parent.name: path.parent for path in default_folder().parent.glob("*/workspace.gpkg")}
    named = around.get(str(st.query_params.get(ADDRESS_NAME, "")))
    if named is not None:
        return named
    if (default_folder() / "workspace.gpkg").is_file() or not around:
        return default_folder()
    return max(around.values(), key=lambda path: (path / "workspace.gpkg").stat().st_mtime)


def keep_address() -> None:
    """Name the open workspace in the address, so that reloading the page or a second tab opens it again."""
    if st.query_params.get(ADDRESS_NAME) != folder().name:
        st.query_params[ADDRESS_NAME] = folder().name


def folders() -> tuple[Path, ...]:
    """
    Workspaces that lie side by side with the one opened at start.

    Returns
    -------
    folders
        In the order of their names.
    """
    around = {path.parent for path in default_folder().parent.glob("*/workspace.gpkg")}
    return tuple(sorted(around | {folder()}))


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
        return _open(str(path), (path / "workspace.gpkg").stat().st_ino).name
    except (StoreError, OSError):
        return tr("screen.dataset.switch.broken", name=path.name)


def make_sample() -> None:
    """Make the fictional commune beside the other workspaces, if need be, and open it."""
    path = default_folder().parent / "sample"
    if not (path / "workspace.gpkg").is_file():
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
    if not (path / "workspace.gpkg").is_file():
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
    files = [path / "workspace.gpkg", *sorted((path / "rasters").glob("*"))]
    found = [(file.name, file.stat()) for file in files if file.is_file()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str, inode: int) -> Workspace:  # noqa: ARG001 - part of the key
    return open_workspace(Path(path))


def workspace_exists() -> bool:
    """
    Tell whether the chosen folder holds a file of a workspace.

    Returns
    -------
    exists
        True even where that file turns out to be unusable.
    """
    return (folder() / "workspace.gpkg").is_file()


def workspace() -> Workspace | None:
    """
    The open workspace.

    Returns
    -------
    workspace
        None where none exists yet.
    """
    path = folder()
    file = path / "workspace.gpkg"
    return _open(str(path), file.stat().st_ino) if file.is_file() else None


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
    return cast("T", _kept((name, str(path), version(path)), make))


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
    return remember(("table", layer), lambda: opened().store.read(layer))


def latest_coverage() -> CoverageRun | None:
    """
    The last coverage estimate of the open workspace.

    Returns
    -------
    run
        None where nothing was estimated yet.
    """
    return remember("coverage", lambda: runs.latest(opened()))


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
    if operator in ("any", "two_or_more"):
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
