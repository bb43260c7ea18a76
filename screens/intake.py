"""A file on its way into a layer: shown, corrected, confirmed, then taken whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from geo.reading import Variant
from layers.catalogue import CATALOGUE
from layers.exchange.headings import COMPOUND, POSITION
from layers.issue import Issue, Severity
from layers.spec import LayerSpec, Style
from planning import data, exchange, findings, position, quality, text
from planning.intake import Answers, Preview, Question, Topic
from planning.question import from_option
from screens import bring, guard, mapview, scene, state, system
from screens.guard import guarded

KEPT = "intake_kept"
SHOWN_ISSUES = 12
SHOWN_ROWS = 300
DRAWN = 3000
IGNORE = ""
STAYING = (Topic.SHEET, Topic.ENCODING, Topic.CRS, Topic.OPERATOR, Topic.PLACEMENT, Topic.MENDING)
OUTLINE = (Style(colour="#ffffff", weight_px=0.0, fill_opacity=1.0), Style(colour="#37474f", weight_px=1.6))
ROWS = Style(colour="#0b5563", radius_px=5.0, weight_px=1.5, fill_opacity=0.15)
OTHER = Style(colour="#9b2226", radius_px=4.0, weight_px=1.2)
GRAVITY = (Severity.ERROR, Severity.ASK, Severity.WARNING)
ICONS = {
    Severity.ERROR: ":material/error:",
    Severity.ASK: ":material/help:",
    Severity.WARNING: ":material/info:",
}


@guarded
def any_layer() -> None:
    """Bring a file into a layer that the user chooses."""
    names = [spec.name for spec in CATALOGUE if spec.filled and spec.name != "coverage5g"]
    layer = st.selectbox(
        state.tr("screen.intake.layer"),
        names,
        index=names.index("site"),
        format_func=lambda name: state.tr(f"layer.{name}"),
        key="intake_layer",
    )
    told = st.session_state.pop("intake_done", None)
    if told is not None:
        st.success(told, icon=":material/check_circle:")
    done = panel(layer, may_replace=True)
    if done is not None:
        st.session_state["intake_done"] = done
        st.rerun()


def uploader(name: str, *, label: str = "screen.intake.file") -> UploadedFile | None:
    """
    A place to drop a file of any kind; it empties itself after :func:`clear`.

    What kind it is the guarded reader judges, and tells in words that help.

    Parameters
    ----------
    name
        Name of the place, unique on the page.
    label
        Text key of its label.

    Returns
    -------
    file
        The file, or None.
    """
    key = f"intake_file.{name}.{st.session_state.setdefault(f'intake_turn.{name}', 0)}"
    kept = f"{KEPT}.{key}"

    def changed() -> None:
        st.session_state[kept] = st.session_state[key]

    st.file_uploader(
        state.tr(label),
        key=key,
        accept_multiple_files=False,
        on_change=changed,
    )
    file: UploadedFile | None = st.session_state.get(kept)
    if file is not None and st.session_state[key] is None:
        _tell_kept(file, kept)
    return st.session_state.get(kept)


def _tell_kept(file: UploadedFile, kept: str) -> None:
    """A file chosen before the user went to another step is still there."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.caption(state.md("screen.intake.kept", file=file.name))
    if right.button(state.tr("screen.intake.kept.drop"), key=f"{kept}.drop"):
        st.session_state[kept] = None
        st.rerun()


def keep_answers(names: Sequence[str]) -> None:
    """
    Keep what the user answered about files that are not on the page at present.

    Parameters
    ----------
    names
        Layers whose files are not shown; Streamlit forgets the widgets of a run in which they are not drawn.
    """
    starts = tuple(f"{name}." for name in names)
    for key in [str(one) for one in st.session_state]:
        if key.startswith(starts) and not key.endswith((".editor", ".map")):
            st.session_state[key] = st.session_state[key]


def clear(name: str) -> None:
    """
    Empty a place for files.

    Parameters
    ----------
    name
        Its name.
    """
    turn = st.session_state.get(f"intake_turn.{name}", 0)
    st.session_state.pop(f"{KEPT}.intake_file.{name}.{turn}", None)
    st.session_state[f"intake_turn.{name}"] = turn + 1


def panel(layer: str, *, may_replace: bool = False) -> str | None:
    """
    The way of one file into one layer.

    Parameters
    ----------
    layer
        Layer name.
    may_replace
        True offers to replace the layer instead of adding to it.

    Returns
    -------
    done
        What was taken, as a sentence, in the run that took it; else None.
    """
    file = uploader(layer)
    if file is None:
        return None
    own = f"{layer}.{file.file_id}"
    shown = bring.preview(file, layer, _answers(own), stop=partial(clear, layer))
    if shown is None:
        return None
    with st.container(border=True):
        st.markdown(f"**{state.md('screen.intake.rows', n=len(shown.rows))}** · {state.plain_md(file.name)}")
        if shown.converted is not None:
            _sample_and_map(shown, own)
            _columns(shown, own)
        _issues(shown)
        _questions(shown, own)
        if shown.converted is None:
            return None
        return _accept(shown, own, layer, may_replace=may_replace)


def _answers(own: str) -> Answers:
    """What the widgets of this file say; those not drawn yet leave the proposals."""
    get = st.session_state.get
    leave = set(get(f"{own}.leave", ()))
    if get(f"{own}.leave_errors", False):
        leave |= set(get(f"{own}.error_rows", ()))
    chosen = get(f"{own}.crs")
    epsg, variant = (None, Variant.PLAIN) if chosen is None else from_option(chosen)
    return Answers(
        columns=dict(get(f"{own}.columns", {})),
        epsg=epsg,
        variant=variant,
        encoding=get(f"{own}.encoding"),
        sheet=get(f"{own}.sheet"),
        operator=get(f"{own}.operator"),
        place_by_hamlet=get(f"{own}.placement", True),
        mend_rows=get(f"{own}.mending", True),
        leave_out=frozenset(leave),
    )


def _sample(shown: Preview) -> None:
    table = shown.converted.table if shown.converted is not None else pd.DataFrame()
    spec = shown.spec
    used = [
        column.name for column in spec.columns if column.name in table and table[column.name].notna().any()
    ]
    rows = [
        {
            state.column_title(spec, name): state.value_text(spec, name, row[name])
            for name in used
            if name not in ("is_sample", "source")
        }
        for row in table.head(SHOWN_ROWS)[used].to_dict("records")
    ]
    frame = pd.DataFrame(rows)
    numbers = shown.converted.row_numbers if shown.converted is not None else ()
    frame.insert(0, state.tr("screen.intake.row"), list(numbers[: len(frame)]))
    if spec.geometry_required or table.geometry.notna().any():
        frame.insert(1, state.tr("screen.intake.placed"), _placed(shown)[: len(frame)])
    st.dataframe(frame, hide_index=True, height=min(250, 35 * (len(frame) + 1) + 2))


def _sample_and_map(shown: Preview, own: str) -> None:
    """The rows as understood, beside a map of where they fall: another zone lies 26 km off at a glance."""
    found = position.find(state.opened(), shown)
    if not len(found.shapes):
        _sample(shown)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _sample(shown)
        _whereabouts(found)
    with right:
        outline = state.table("boundary").geometry.dropna().to_numpy()
        every = len(found.shapes) // DRAWN + 1  # a browser cannot draw a hundred thousand symbols
        drawn = [
            *(mapview.draw_shapes(outline, style=style) for style in OUTLINE if len(outline)),
            *(
                [mapview.draw_shapes(found.others[::every], style=OTHER, hollow=True)]
                if len(found.others)
                else []
            ),
            mapview.draw_shapes(found.shapes[::every], style=ROWS),
        ]
        bounds = mapview.joined(one.bounds for one in drawn)
        scene.show(drawn, key=f"{own}.map", bounds=bounds, height_px=300)


def _whereabouts(found: position.Whereabouts) -> None:
    n_placed = len(found.shapes)
    off_km, other_km = (
        text.number(km, state.language(), digits=1) for km in (found.farthest_km, found.other_km)
    )
    if found.n_inside + found.n_near + found.n_far:
        key = "screen.intake.where.far" if found.n_far else "screen.intake.where"
        words = state.md(
            key, n=n_placed, inside=found.n_inside, near=found.n_near, far=found.n_far, km=off_km
        )
        (st.warning if found.n_far else st.caption)(words)
    if found.other_epsg is not None and found.epsg is not None:
        names = {"name": system.system_name(found.epsg), "other": system.system_name(found.other_epsg)}
        st.caption(state.md("screen.intake.where.other", km=other_km, **names))


def _placed(shown: Preview) -> list[str]:
    if shown.converted is None:
        return []
    by_hamlet = set(shown.converted.placed_rows)
    return [
        state.tr(
            f"screen.intake.placed.{'hamlet' if row in by_hamlet else 'none' if shape is None else 'given'}"
        )
        for row, shape in zip(shown.converted.row_numbers, shown.converted.table.geometry, strict=True)
    ]


def _columns(shown: Preview, own: str) -> None:
    wanted = any(one.topic is Topic.COLUMNS for one in shown.questions)
    with st.expander(state.tr("screen.intake.columns"), expanded=wanted):
        st.caption(state.tr("screen.intake.columns.lead"))
        if shown.is_remembered:
            st.caption(state.tr("screen.intake.remembered"))
        fields = _fields(shown.spec, guessed=set(shown.columns.fields.values()))
        titles = list(fields)
        by_name = {name: title for title, name in fields.items()}
        heading, field, example = (
            state.tr(f"screen.intake.{name}") for name in ("heading", "field", "example")
        )
        firsts = [
            next((row[i] for row in shown.sample if row[i]), "") for i in range(len(shown.columns.fields))
        ]
        frame = pd.DataFrame(
            {
                heading: list(shown.columns.fields),
                example: firsts,
                field: [by_name.get(name or IGNORE, titles[0]) for name in shown.columns.fields.values()],
            }
        )
        edited = st.data_editor(
            frame,
            key=f"{own}.editor",
            hide_index=True,
            disabled=[heading, example],
            column_config={field: st.column_config.SelectboxColumn(options=titles, required=True)},
        )
        chosen = {row[heading]: fields[row[field]] or None for row in edited.to_dict("records")}
        if chosen != dict(shown.columns.fields):
            st.session_state[f"{own}.columns"] = {
                name: value for name, value in chosen.items() if value != shown.columns.fields[name]
            } | dict(st.session_state.get(f"{own}.columns", {}))
            st.rerun()


def _fields(spec: LayerSpec, *, guessed: Collection[str | None]) -> dict[str, str]:
    """Title of each column that a heading may mean, the empty one first; technical ones where met."""
    own = {
        state.column_title(spec, column.name): column.name
        for column in spec.columns
        if not column.technical or column.name in guessed or state.is_technical()
    }
    several = [name for name in COMPOUND if any(alias.layer == spec.name and alias.field == name
               for alias in data.aliases().columns)]  # fmt: skip
    places = {
        state.tr(f"screen.intake.position.{name.removeprefix('_')}"): name for name in (*POSITION, *several)
    }
    return {state.tr("screen.intake.ignore"): IGNORE, **places, **own}


def _issues(shown: Preview) -> None:
    left = [one for one in shown.issues if one.row not in shown.answers.leave_out]
    for gravity in GRAVITY:
        found = [one for one in left if one.severity is gravity]
        if not found:
            continue
        words = state.tr(f"screen.intake.issues.{gravity.value}", n=len(found))
        with st.expander(words, expanded=gravity is not Severity.WARNING, icon=ICONS[gravity]):
            _list(found)
    if left:
        _report(shown, left)


def _report(shown: Preview, issues: Sequence[Issue]) -> None:
    """All of it as a page that can be sent back to whoever sent the file."""
    converted = shown.converted
    report = quality.of_file(
        shown.name,
        issues,
        n_rows=len(shown.rows),
        today=state.now().date(),
        layer=shown.spec.name,
        table=None if converted is None else converted.table,
        row_numbers=() if converted is None else converted.row_numbers,
    )
    columns = st.columns(len(findings.FORMATS) + 1)
    for column, form in zip(columns, findings.FORMATS, strict=False):
        column.download_button(
            state.tr(f"screen.checks.download.{form}"),
            findings.write(report, form, state.language()),
            file_name=f"{state.tr('screen.checks.file')}.{form}",
            icon=":material/download:",
            on_click="ignore",
            key=f"intake_report.{shown.spec.name}.{form}",
        )


def _list(issues: Sequence[Issue]) -> None:
    st.markdown("\n".join(f"- {guard.sentence(issue)}" for issue in issues[:SHOWN_ISSUES]))
    if len(issues) > SHOWN_ISSUES:
        st.caption(state.tr("screen.more_faults", n=len(issues) - SHOWN_ISSUES))


def _questions(shown: Preview, own: str) -> None:
    errors = sorted(
        {one.row for one in shown.issues if one.severity is Severity.ERROR and one.row is not None}
    )
    st.session_state[f"{own}.error_rows"] = errors
    questions = _asked(shown, own)
    if not questions and not errors:
        return
    st.markdown(f"**{state.md('screen.intake.confirm')}**")
    if errors:
        st.checkbox(state.tr("screen.intake.leave_errors", n=len(errors)), key=f"{own}.leave_errors")
    for question in questions:
        _question(question, shown, own)


def _asked(shown: Preview, own: str) -> tuple[Question, ...]:
    """Questions of this file; one that was answered stays, so that the answer can be changed."""
    known: dict[Topic, Question] = dict(st.session_state.get(f"{own}.questions", {}))
    now = {one.topic: one for one in shown.questions}
    kept = {topic: one for topic, one in known.items() if topic in STAYING}
    merged = {**now, **kept}
    st.session_state[f"{own}.questions"] = merged
    return tuple(merged[topic] for topic in Topic if topic in merged)


def _encoding(question: Question, shown: Preview, own: str) -> None:
    """The same lines in each encoding; the user takes the one that can be read."""
    kept = f"{own}.decodings"
    lines: Mapping[str, tuple[str, ...]] = shown.decodings or st.session_state.get(kept, {})
    st.session_state[kept] = lines
    choices = [str(one) for one in question.options]
    st.radio(
        state.tr("screen.intake.encoding.preview"),
        choices,
        index=None,
        captions=[state.plain_md(" / ".join(lines.get(one, ()))) for one in choices],
        format_func=str.upper,
        key=f"{own}.encoding",
    )


def _question(question: Question, shown: Preview, own: str) -> None:
    topic = question.topic
    if topic is Topic.CRS:
        system.choose(question, shown, key=f"{own}.crs")
    elif topic is Topic.OPERATOR:
        options_ = [str(one) for one in question.options]
        st.selectbox(
            state.tr("screen.intake.operator"),
            options_,
            index=options_.index(str(question.proposed)) if question.proposed in options_ else None,
            format_func=state.operator_name,
            key=f"{own}.operator",
        )
    elif topic is Topic.ENCODING:
        _encoding(question, shown, own)
    elif topic is Topic.SHEET:
        choices = [str(one) for one in question.options]
        st.selectbox(
            state.tr(f"screen.intake.{topic.value}"), choices, index=None, key=f"{own}.{topic.value}"
        )
    elif topic is Topic.MENDING:
        st.checkbox(state.tr("screen.intake.mending", n=len(question.rows)), value=True, key=f"{own}.mending")
    elif topic is Topic.PLACEMENT:
        st.checkbox(
            state.tr("screen.intake.placement", n=len(question.rows)), value=True, key=f"{own}.placement"
        )
    elif topic is Topic.ROWS:
        st.multiselect(
            state.tr("screen.intake.leave", n=len(question.rows)),
            question.rows,
            format_func=lambda row: state.tr("screen.row", row=str(row)),
            placeholder=state.tr("screen.intake.leave.none"),
            key=f"{own}.leave",
        )
    else:
        st.caption(state.tr(f"screen.intake.{topic.value}"))


def _accept(shown: Preview, own: str, layer: str, *, may_replace: bool) -> str | None:
    mode = _mode() if may_replace and len(state.table(layer)) > 0 else "append"
    n_rows = len([row for row in shown.rows if row not in shown.answers.leave_out])
    left = [one for one in shown.issues if one.row not in shown.answers.leave_out]
    blocked = shown.converted is None or any(one.severity is Severity.ERROR for one in left) or n_rows == 0
    agree = (
        "agree"
        if st.session_state.get(f"{own}.questions") or any(one.severity is Severity.ASK for one in left)
        else "accept"
    )
    if not st.button(
        state.tr(f"screen.intake.{agree}", n=n_rows),
        type="primary",
        disabled=blocked,
        icon=":material/check:",
    ):
        return None
    agreed = replace(shown, answers=replace(shown.answers, is_confirmed=True))
    accepted = exchange.accept(
        state.opened(),
        agreed,
        replace=mode == "replace",
        update=mode == "update",
        now=state.now(),
        actor=state.actor(),
    )
    clear(layer)
    return _done(layer, len(accepted.table), accepted.n_skipped)


def _mode() -> str:
    return str(
        st.radio(
            state.tr("screen.intake.mode"),
            ("append", "update", "replace"),
            format_func=lambda name: state.tr(f"screen.intake.mode.{name}"),
            horizontal=True,
            key="intake_mode",
        )
    )


def _done(layer: str, n_rows: int, n_skipped: int) -> str:
    words = state.tr("screen.intake.done", n=n_rows, layer=state.tr(f"layer.{layer}"))
    return f"{words} {state.tr('screen.intake.skipped', n=n_skipped)}" if n_skipped else words
