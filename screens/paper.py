"""Báo cáo & công văn: choose a paper, look at its pages, take it along as Word and PDF."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import streamlit as st

from geo.errors import InputError
from layers.exchange.document import write_documents
from layers.exchange.paper.press import to_pages
from layers.exchange.transit import made, made_all
from planning import parcel, request, task
from planning.area import GapArea
from planning.plate import sheet
from planning.plate.sheet import LAYOUTS
from planning.plate.theme import THEMES
from planning.progress import closing
from planning.report import job, reminder
from planning.report.brief import Brief, Cover, Known
from planning.report.head import LETTERHEADS
from planning.report.job import FIGURES, REMINDER, Order
from planning.runs import ANY, TWO_OR_MORE
from planning.task import Task
from planning.text import day, number
from planning.workspace import file_slug
from screens import heading, scoring, state
from screens.guard import guarded

KINDS = ("periodic", "petition", REMINDER, "request", "hamlet", "public", FIGURES, "print")
KIND, AREA = "paper_kind", "paper_area"
"""What another screen may ask for before it opens this one."""
PREVIEW_PPI = 66.0
SHOWN_PAGES = 6
FIRST_LETTERS = 3
SCALES = (2_000, 5_000, 10_000, 25_000, 50_000)
MIMES = MappingProxyType({"pdf": "application/pdf", "zip": "application/zip", "png": "image/png"})

Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """
    A paper ready to be taken along.

    Parameters
    ----------
    bundle
        Name of a zip of all files; "" where one file is all there is.
    files
        Name and bytes of each file.
    pages
        Pictures of the first pages.
    """

    bundle: str
    files: Files
    pages: tuple[bytes, ...]


def render() -> None:
    """Draw the screen."""
    found = state.opened()
    heading.render("screen.paper.title", found)
    st.markdown(state.md("screen.paper.lead"))
    kind = st.segmented_control(
        state.tr("screen.paper.kind"),
        KINDS,
        default=None if KIND in st.session_state else KINDS[0],
        format_func=lambda name: state.tr(f"screen.paper.kind.{name}"),
        key=KIND,
    )
    _paper(str(kind or KINDS[0]))


@st.fragment
@guarded
def _paper(kind: str) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(state.md(f"screen.paper.about.{kind}"))
        wish, make = FORMS[kind]()
        if st.button(
            state.tr("screen.paper.do"),
            type="primary",
            icon=":material/edit_document:",
            disabled=make is None,
        ):
            with st.spinner(state.tr("screen.paper.working")):
                st.session_state["paper_ready"] = (wish, _must(make)())
    kept = st.session_state.get("paper_ready")
    ready: Ready | None = kept[1] if kept is not None and kept[0] == wish else None
    with left:
        if ready is not None:
            _take(ready)
        if kind == "periodic":
            _close()
    with right:
        _pages(ready)


def _must(make: Callable[[], Ready] | None) -> Callable[[], Ready]:
    if make is None:
        raise InputError("report_kind", kind="", known=", ".join(KINDS))
    return make


def _take(ready: Ready) -> None:
    st.success(state.tr("screen.paper.ready"), icon=":material/check:")
    st.caption(state.tr("screen.paper.draft"))
    if ready.bundle:
        content, _ = made(ready.bundle, lambda path: write_documents(path, ready.files, now=_noon()))
        _download(ready.bundle, content, state.tr("screen.paper.bundle", n=len(ready.files)), is_first=True)
    for name, content in ready.files:
        ending = name.rpartition(".")[2]
        if ending in ("docx", "pdf", "xlsx", "png", "zip") and not (
            ready.bundle and ending in ("png", "xlsx")
        ):
            label = state.tr(f"screen.paper.take.{ending}")
            _download(name, content, f"{label}: {name}" if len(ready.files) > 2 else label, is_first=False)


def _download(name: str, content: bytes, label: str, *, is_first: bool) -> None:
    st.download_button(
        label,
        content,
        file_name=name,
        mime=MIMES.get(name.rpartition(".")[2]),
        icon=":material/download:",
        type="primary" if is_first else "secondary",
        on_click="ignore",
        key=f"paper_take_{name}",
        width="stretch",
    )


def _pages(ready: Ready | None) -> None:
    if ready is None:
        st.caption(state.tr("screen.paper.no_preview"))
        return
    if not ready.pages:
        return
    st.caption(state.tr("screen.paper.preview"))
    with st.container(height=620, border=True):
        for picture in ready.pages[:SHOWN_PAGES]:
            st.image(picture, width="stretch")


def _noon() -> dt.datetime:
    return job.noon(state.now().date())


def _letterhead() -> str:
    return st.radio(
        state.tr("screen.paper.letterhead"),
        LETTERHEADS,
        format_func=lambda name: state.tr(f"screen.paper.letterhead.{name}"),
        horizontal=True,
        key="paper_letterhead",
    )


def _brief(order: Order) -> Brief:
    """What a paper tells of: the figures that the other screens show, read once."""
    found, today = state.opened(), state.now().date()
    known = Known(card=scoring.card(), beside=scoring.beside(), result=state.latest_gap())
    key = ("brief", order.kind in job.MEANT_FOR, order.operator, order.edition, state.language(), today)
    brief = state.remember(
        key,
        lambda: job.brief_of(found, order, now=_noon(), language=state.language(), known=known),
    )
    return dataclasses.replace(brief, letterhead=order.letterhead)


def _of_order(order: Order) -> Ready:
    brief = _brief(order)
    paper = job.KINDS[order.kind](brief, order)
    files = tuple(job.files(brief, order, paper))
    name = f"{job.file_name(brief, order, order.hamlet or order.operator)}.zip"
    return Ready(bundle=name, files=files, pages=to_pages(paper, ppi=PREVIEW_PPI)[:SHOWN_PAGES])


Form = tuple[object, Callable[[], Ready] | None]


def _simple(kind: str) -> Form:
    letterhead = _letterhead() if kind != "public" else LETTERHEADS[0]
    order = Order(kind=kind, letterhead=letterhead)
    return _wish(order), lambda: _of_order(order)


def _wish(order: object) -> tuple[object, ...]:
    return str(state.folder()), state.version(state.folder()), state.language(), order


def _petition() -> Form:
    result = state.latest_gap()
    if result is None:
        st.info(state.tr("screen.gap.none"))
        return None, None
    area = st.session_state.get(AREA, "")
    known = {one.id: one for one in result.areas}
    operators = [name for name in result.operators if name not in (ANY, TWO_OR_MORE)]
    asked = known[area].operator if area in known else ""
    operator = st.selectbox(
        state.tr("screen.paper.operator"),
        operators,
        index=operators.index(asked) if asked in operators else 0,
        format_func=state.operator_name,
        key=f"paper_operator_{asked}",
    )
    own = [one.id for one in result.areas_of(operator)]
    choices = ["", *([area] if area in known and area not in own else []), *own]
    chosen = st.selectbox(
        state.tr("screen.paper.area"),
        choices,
        index=choices.index(area) if area in choices else 0,
        format_func=lambda key: _area_name(known.get(key)),
        key=f"paper_area_of_{operator}_{area}",
    )
    order = Order(kind="petition", letterhead=_letterhead(), operator=operator, area=chosen)
    return _wish(order), (lambda: _of_order(order)) if own or chosen else None


def _area_name(area: GapArea | None) -> str:
    if area is None:
        return state.tr("screen.paper.area.all")
    return state.tr(
        "screen.gap.card",
        rank=str(area.rank),
        place=area.hamlet or state.tr("screen.gap.no_hamlet"),
        people=number(area.people, state.language()),
    )


def _reminders() -> Form:
    tasks = state.remember(
        ("tasks", state.now().date()), lambda: task.read(state.opened(), today=state.now().date())
    )
    pressing = {one.id: one for one in reminder.pressing(tasks)}
    if not pressing:
        st.info(state.tr("screen.paper.no_late"))
        return None, None
    st.markdown(f"**{state.tr('screen.paper.tasks')}**")
    chosen = [
        key
        for place, (key, one) in enumerate(pressing.items())
        if st.checkbox(_task_name(one), value=place < FIRST_LETTERS, key=f"paper_task_{key}")
    ]
    order = Order(kind=REMINDER, letterhead=_letterhead(), tasks=tuple(chosen))
    return _wish(order), (lambda: _letters(order, tasks)) if chosen else None


def _task_name(one: Task) -> str:
    due = day(one.due_on) if one.due_on is not None else ""
    return state.md("screen.paper.task", standing=state.tr(f"task.{one.standing}"), due=due, text=one.text)


def _letters(order: Order, tasks: Sequence[Task]) -> Ready:
    found = state.opened()
    cover = Cover(
        name=found.name,
        letterhead=order.letterhead,
        is_sample=found.is_sample,
        now=_noon(),
        language=state.language(),
    )
    letters = job.reminders(cover, tasks, order)
    files = tuple(file for name, paper in letters for file in job.both(name, paper))
    pages = tuple(to_pages(paper, ppi=PREVIEW_PPI)[0] for _, paper in letters)
    return Ready(bundle=f"{job.file_name(cover, order)}.zip", files=files, pages=pages)


def _requests() -> Form:
    found = state.opened()
    operator = st.selectbox(
        state.tr("screen.forms.operator"),
        request.operators(found),
        format_func=state.operator_name,
        key="paper_request_operator",
    )
    asked = state.remember(("needs", operator), lambda: request.needs(found, operator))
    if not asked:
        st.info(state.tr("error.request_nothing", operator=state.operator_name(operator)))
        return None, None
    for line in request.lines(asked, state.language()):
        st.markdown(f"- {state.plain_md(line)}")
    return _wish(("request", operator)), lambda: _request(operator)


def _request(operator: str) -> Ready:
    def write(folder: Path) -> tuple[Path, ...]:
        return request.write(state.opened(), operator, folder, language=state.language(), now=_noon())

    name = f"{file_slug(state.opened().name)}_{operator}.zip"
    return Ready(bundle="", files=((name, made_all(write)),), pages=())


def _hamlet() -> Form:
    table = state.table("hamlet")
    if table.empty:
        st.info(state.tr("screen.paper.no_hamlet"))
        return None, None
    names = dict(zip(table["id"].astype(str), table["name"].astype(str), strict=True))
    chosen = st.selectbox(
        state.tr("screen.paper.hamlet"),
        sorted(names, key=lambda key: names[key]),
        format_func=lambda key: names[key],
        key="paper_hamlet",
    )
    order = Order(kind="hamlet", letterhead=_letterhead(), hamlet=chosen)
    return _wish(order), lambda: _of_order(order)


def _figures() -> Form:
    order = Order(kind=FIGURES)
    return _wish(order), lambda: _book(order)


def _book(order: Order) -> Ready:
    brief = _brief(order)
    name = f"{job.file_name(brief, order)}.xlsx"
    content, _ = made(name, lambda path: job.write(brief, order, path))
    return Ready(bundle="", files=((name, content),), pages=())


def _print() -> Form:
    left, right = st.columns(2)
    theme = left.selectbox(
        state.tr("screen.print.theme"),
        tuple(THEMES),
        index=tuple(THEMES).index("overview"),
        format_func=lambda name: state.tr(f"plate.theme.{name}", name=state.opened().name),
        key="print_theme",
    )
    layout = right.selectbox(
        state.tr("screen.print.layout"), tuple(LAYOUTS), format_func=_layout_name, key="print_layout"
    )
    scale = left.selectbox(
        state.tr("screen.print.scale"),
        (None, *SCALES),
        format_func=lambda one: (
            state.tr("screen.print.fit") if one is None else f"1:{number(one, state.language())}"
        ),
        key="print_scale",
    )
    edition = right.selectbox(
        state.tr("screen.edition"),
        ("internal", "public"),
        format_func=lambda name: state.tr(f"screen.export.sharing.{name}"),
        key="print_edition",
    )
    what = st.selectbox(
        state.tr("screen.print.what"),
        ("area", "series", *state.table("hamlet")["id"].astype(str)),
        format_func=_print_what,
        key="print_what",
    )
    preparer = st.text_input(state.tr("screen.print.preparer"), key="print_preparer")
    order = sheet.Order(
        theme=theme,
        layout=layout,
        scale=scale,
        edition=edition,
        preparer=preparer.strip(),
        hamlet="" if what in ("area", "series") else what,
        is_series=what == "series",
    )
    return _wish(order), lambda: _printed(order)


def _layout_name(layout: str) -> str:
    size, _, side = layout.partition("-")
    return f"{size} {state.tr('screen.print.portrait' if side else 'screen.print.landscape')}"


def _print_what(name: str) -> str:
    if name in ("area", "series"):
        return state.tr(f"screen.print.what.{name}")
    table = state.table("hamlet")
    return str(table.loc[table["id"] == name, "name"].iloc[0])


def _printed(order: sheet.Order) -> Ready:
    found, files = state.opened(), []
    name = f"{file_slug(state.tr('screen.paper.kind.print'))}_{file_slug(found.name)}"
    for ending in ("pdf", "png"):
        if ending == "png" and order.is_series:
            continue
        content, _ = made(
            f"{name}.{ending}",
            lambda path: sheet.run(found, order, path, now=_noon(), language=state.language()),
        )
        files.append((f"{name}.{ending}", content))
    pages = tuple(content for one, content in files if one.endswith(".png"))
    return Ready(bundle="", files=tuple(files), pages=pages)


@guarded
def _close() -> None:
    """The end of a quarter: close the figures, then hand in the package."""
    with st.container(border=True):
        st.markdown(f"**{state.tr('screen.paper.close')}**")
        st.caption(state.tr("screen.paper.close.help"))
        found = state.opened()
        if st.button(state.tr("screen.paper.close.do"), icon=":material/lock:", width="stretch"):
            name = closing.keep(found, scoring.card(), "", actor=state.actor(), now=state.now())
            st.session_state["paper_closed"] = name
        if "paper_closed" in st.session_state:
            st.success(state.tr("screen.paper.closed", name=st.session_state["paper_closed"]))
        if st.button(state.tr("screen.paper.parcel.do"), icon=":material/package_2:", width="stretch"):
            name = f"goi-nop_{found.code}_{state.now():%Y%m%d}.zip"
            content, report = made(
                name, lambda path: parcel.submit(found, path, actor=state.actor(), now=state.now())
            )
            st.session_state["paper_parcel"] = (str(found.folder), name, content, report.n_left_out)
        kept = st.session_state.get("paper_parcel")
        if kept is not None and kept[0] == str(found.folder):
            st.caption(state.tr("screen.paper.parcel.left_out", n=kept[3]))
            _download(kept[1], kept[2], state.tr("screen.paper.parcel.take"), is_first=True)


FORMS: Mapping[str, Callable[[], Form]] = MappingProxyType(
    {
        "periodic": lambda: _simple("periodic"),
        "petition": _petition,
        REMINDER: _reminders,
        "request": _requests,
        "hamlet": _hamlet,
        "public": lambda: _simple("public"),
        FIGURES: _figures,
        "print": _print,
    }
)
"""Kind of paper to the form that asks for it: what is wished, and how it is made."""
