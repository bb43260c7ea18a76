"""Files in and out of a workspace: judged, accepted whole or not at all, written once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace as with_fields
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from geo.crs import parse_epsg
from geo.errors import CancelledError, FileError, InputError
from geo.grid import require_metres
from layers.catalogue import spec_of
from layers.exchange import guard
from layers.exchange.heap import collector_paused
from layers.exchange.raw import Limits
from layers.exchange.write import ExportReport
from layers.store import Note
from planning import data, dossier, intake, outline, plausible, quality, reading, recall, renewal
from planning import export as export_job
from planning.intake import Accepted, Answers, CheckReport, Preview
from planning.release import audience_of
from planning.surroundings import context, operator_spellings
from planning.text import tr
from planning.workspace import Workspace, create, file_slug

READ_SHARE, UNDERSTOOD_SHARE = 0.3, 0.7
"""How much of a preview is done once the file is read, and once its rows are understood."""


def parse_mapping(pairs: Sequence[str]) -> Mapping[str, str | None]:
    """
    Headings assigned on the command line.

    Parameters
    ----------
    pairs
        ``heading=column``; an empty column leaves the heading out.

    Returns
    -------
    mapping
        Heading to column.

    Raises
    ------
    InputError
        There is no ``=``.
    """
    found: dict[str, str | None] = {}
    for pair in pairs:
        heading, sign, column = pair.rpartition("=")
        if not sign:
            raise InputError("mapping_malformed", text=pair)
        found[heading.strip()] = column.strip() or None
    return MappingProxyType(found)


def check(path: Path, *, layer: str | None, epsg: int | None) -> CheckReport:
    """
    Judge a file; nothing is written.

    Parameters
    ----------
    path
        The file.
    layer
        Layer that it is meant for, or None to judge the file alone.
    epsg
        System of its coordinates, where known.

    Returns
    -------
    report
        Outcome, number of rows, faults.

    Raises
    ------
    NotFoundError
        There is no such file or layer.
    """
    return intake.check_file(
        path,
        layer=layer,
        epsg=epsg,
        aliases=data.aliases(),
        operators=operator_spellings(),
        limits=data.limits(),
    )


@collector_paused()
def preview(
    workspace: Workspace,
    path: Path,
    *,
    layer: str,
    answers: Answers | None = None,
    name: str | None = None,
    today: dt.date | None = None,
    watch: guard.Watch = guard.NOBODY,
) -> Preview:
    """
    Show how a file would come into a layer.

    Parameters
    ----------
    workspace
        The workspace.
    path
        The file.
    layer
        Layer name.
    answers
        What the user chose so far.
    name
        Name given by the sender.
    today
        Present day; None leaves out the rules that ask how old a record is.
    watch
        Who waits for it, and may stop it between two steps.

    Returns
    -------
    preview
        Rows, headings, faults and questions; the faults of the rules about other layers among them.

    Raises
    ------
    NotFoundError
        There is no such file.
    CancelledError
        The one who waits stopped it.
    """
    spec, around, limits = spec_of(layer), context(workspace), data.limits()
    raw = guard.read(
        path,
        name=name or path.name,
        limits=Limits.of(limits),
        encoding=None if answers is None else answers.encoding,
        watch=with_fields(watch, progress=None),
    )
    judged = partial(intake.preview, path, spec, around, name=name, limits=limits, raw=raw)
    _tell(watch, READ_SHARE)
    shown = judged(answers=answers)
    kept = recall.recall(workspace, layer, tuple(shown.columns.fields))
    if kept and not (answers and answers.columns):
        shown = with_fields(
            judged(answers=with_fields(answers or Answers(), columns=kept)), is_remembered=True
        )
    _tell(watch, UNDERSTOOD_SHARE)
    if shown.converted is None:
        return shown
    table, numbers = shown.converted.table, shown.converted.row_numbers
    found = [
        *quality.incoming(workspace, layer, table, row_numbers=numbers, today=today),
        *plausible.of_places(workspace, table, shown.spec, numbers),
    ]
    return with_fields(shown, issues=(*shown.issues, *(quality.headed(one, shown.columns) for one in found)))


def _tell(watch: guard.Watch, share: float) -> None:
    """Tell how much is done, and stop where that is wanted."""
    if watch.cancelled():
        raise CancelledError("cancelled")
    if watch.progress is not None:
        watch.progress(share)


@collector_paused()
def accept(
    workspace: Workspace,
    shown: Preview,
    *,
    replace: bool,
    now: dt.datetime,
    actor: str = "",
    update: bool = False,
) -> Accepted:
    """
    Take a file into its layer, all rows or none.

    Parameters
    ----------
    workspace
        The workspace.
    shown
        The preview that the user agreed with.
    replace
        True where the rows take the place of the whole layer.
    now
        Present moment: the date of rows that carry none.
    actor
        Who does it, for the history.
    update
        True where rows with a known id take the place of those that are there; what they leave empty stays.

    Returns
    -------
    accepted
        The rows written, and the notices that go with them.

    Raises
    ------
    FileError
        Faults or open questions are left; nothing is written.
    StoreError
        The workspace cannot be written; it stays as it was.
    """
    accepted = intake.accept(shown, operators=operator_spellings())
    table = accepted.table.copy()
    if update:
        table = renewal.completed(table, workspace.store.read(shown.spec.name))
    table["as_of"] = table["as_of"].fillna(now.date().isoformat())
    table["is_sample"] = table["is_sample"].astype("boolean").fillna(workspace.is_sample)
    table["sharing"] = table["sharing"].fillna("internal")
    other = workspace.store.upsert if update else workspace.store.append
    write = workspace.store.replace if replace else other
    tables = {shown.spec.name: table}
    for layer, rows in accepted.aside.items():
        own = rows.assign(
            as_of=rows["as_of"].fillna(now.date().isoformat()),
            is_sample=rows["is_sample"].astype("boolean").fillna(workspace.is_sample),
            sharing=rows["sharing"].fillna("internal"),
        )
        there = workspace.store.read(layer)
        tables[layer] = pd.concat([there, own], ignore_index=True) if replace and len(there) else own
    write(tables, note=_note(accepted, shown.name, actor, now))
    if shown.answers.columns:
        recall.remember(workspace, shown.spec.name, tuple(shown.columns.fields), shown.answers.columns)
    return accepted


def _note(accepted: Accepted, name: str, actor: str, now: dt.datetime) -> Note:
    """What the history tells of an import: how the coordinates were read stands among it."""
    made, reason = accepted.decision, ""
    if made is not None and made.chosen is not None:
        codes = {"declared": made.declared, "detected": made.detected, "chosen": made.chosen}
        told = [f"{word} EPSG:{code}" for word, code in codes.items() if code is not None]
        told += [f"{made.variant}"] if made.variant else []
        told += [f"basis {made.basis or 'question'}"]
        told += [f"{made.n_mended} rows read otherwise"] if made.n_mended else []
        reason = "; ".join(told)
    origin = f"sha256:{accepted.sha256}" if accepted.sha256 else ""
    reason = "; ".join(one for one in (reason, origin, accepted.licence) if one)
    return Note(
        action="import", actor=actor, at=now.isoformat(timespec="seconds"), source=name, reason=reason
    )


@collector_paused()
def import_file(
    workspace: Workspace,
    path: Path,
    *,
    layer: str,
    epsg: int | None,
    mapping: Mapping[str, str | None],
    sheet: str | None = None,
    replace: bool,
    confirmed: bool,
    now: dt.datetime,
    actor: str = "",
    update: bool = False,
) -> Accepted:
    """
    Import without a dialogue: what needs an answer is refused, unless the proposals are confirmed.

    Parameters
    ----------
    workspace
        The workspace.
    path
        The file.
    layer
        Layer name.
    epsg
        System of the coordinates, where given.
    mapping
        Headings assigned by the user.
    sheet
        Sheet or layer of the file, where it has several.
    replace
        True where the rows take the place of the whole layer.
    confirmed
        True where the user accepts every proposal.
    now
        Present moment.
    actor
        Who does it, for the history.
    update
        True where rows with a known id take the place of those that are there.

    Returns
    -------
    accepted
        The rows written. A question about what the data mean stops the import; a doubt that only leaves a
        cell or a position empty does not, unless confirmed it stays empty. Both are warnings here.

    Raises
    ------
    FileError
        Faults (``import_refused``), or questions that nobody answered (``import_questions``); both are
        listed, and nothing is written.
    InputError
        The program itself makes the rows of that layer (``layer_not_importable``).
    """
    shown = agreed(
        workspace,
        path,
        layer=layer,
        epsg=epsg,
        mapping=mapping,
        sheet=sheet,
        confirmed=confirmed,
        today=now.date(),
    )
    done = accept(workspace, shown, replace=replace, now=now, actor=actor, update=update)
    return with_fields(done, issues=tuple(reading.answered(one) for one in done.issues))


def agreed(
    workspace: Workspace,
    path: Path,
    *,
    layer: str,
    epsg: int | None,
    mapping: Mapping[str, str | None],
    sheet: str | None,
    confirmed: bool,
    today: dt.date,
) -> Preview:
    """
    Read a file without a dialogue; nothing is written.

    Parameters
    ----------
    workspace
        The workspace.
    path
        The file.
    layer, epsg, mapping, sheet, confirmed
        As for :func:`import_file`.
    today
        Present day.

    Returns
    -------
    shown
        The file as it would come in.

    Raises
    ------
    FileError
        Questions that nobody answered (``import_questions``).
    InputError
        As for :func:`import_file`.
    """
    reading.require_filled(layer)
    answers = Answers(
        columns=mapping,
        epsg=epsg,
        sheet=sheet,
        place_by_hamlet=confirmed,
        mend_rows=confirmed,
        is_confirmed=True,
    )
    shown = preview(workspace, path, layer=layer, answers=answers, today=today)
    reading.require_known(mapping, shown)
    if not confirmed:
        reading.require_answers(shown, path)
    return shown


def init(
    folder: Path | str,
    path: Path,
    *,
    epsg: str | None,
    name: str | None,
    code: str | None,
    population: int | None,
    now: dt.datetime,
) -> Workspace:
    """
    Make a workspace from a file with the outline of its area.

    Parameters
    ----------
    folder
        New or empty folder.
    path
        Boundary file.
    epsg
        Projected CRS of the calculations; None proposes one. Where the file states no system, it is also
        the system of the file.
    name, code, population
        Where given, they win over what the file says.
    now
        Present moment.

    Returns
    -------
    workspace
        The workspace.

    Raises
    ------
    FileError
        The file is refused; nothing is made.
    """
    projected = None if epsg is None else parse_epsg(epsg)
    if projected is not None:
        require_metres(projected)
    shape, said = outline.read_boundary(path, epsg=projected, code=code)
    if len(shape) > 1 and name is None:
        raise InputError("boundary_many", file=path.name, n=len(shape))
    return create(
        folder,
        boundary=shape,
        name=name or str(said.get("name") or path.stem),
        code=code or str(said.get("code") or ""),
        calc_epsg=projected,
        population=population if population is not None else outline.whole(said.get("population_registered")),
        source=path.name,
        now=now,
    )


def export(
    workspace: Workspace,
    *,
    layer: str,
    format: str,  # noqa: A002 - the word of the command line and of the screens
    epsg: int,
    out: Path,
    sharing: str,
    language: str,
    now: dt.datetime,
    for_operator: str | None = None,
    names: str = export_job.PLAIN,
) -> ExportReport:
    """
    Write a layer, or all of them, to a file.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name or ``all``.
    format
        File format.
    epsg
        CRS of the shapes.
    out
        The file.
    sharing
        Level asked: rows above it are left out.
    language
        Language of headings and notes.
    now
        Present moment.
    for_operator
        Operator that a file of the level ``operator`` is for.
    names
        ``plain``, or ``tt04`` for the names of planning dossiers.

    Returns
    -------
    report
        What was written and what was left out.

    Raises
    ------
    FileError
        The file would lie in the workspace, or is no regular file.
    PlannerError
        As for :func:`planning.export.run`.
    """
    if workspace.folder.resolve() in (out.resolve(), *out.resolve().parents):
        raise FileError("export_into_workspace", file=out.name)
    if out.exists() and not (out.is_file() or out.is_dir()):
        raise FileError("export_not_a_file", file=out.name)
    operators = {f"operator.{one.id}": one.names[language] for one in data.operators()}
    labels = {**data.texts(language), **operators}
    notice = tr("common.sample", language) if workspace.is_sample else ""
    if format == dossier.FORMAT:
        if layer != export_job.ALL:
            raise FileError("export_package_all")
        audience = audience_of(sharing, for_operator, operator_spellings())
        return dossier.run(
            workspace,
            out=out,
            epsg=epsg,
            audience=audience,
            labels=labels,
            notice=notice,
            now=now,
            names=names,
        )
    return export_job.run(
        workspace.store,
        layer=layer,
        format=format,
        epsg=epsg,
        out=out,
        sharing=sharing,
        labels=labels,
        notice=notice,
        now=now,
        for_operator=for_operator,
        operators=operator_spellings(),
        names=names,
    )


def file_name(workspace: Workspace, layer: str, suffix: str, now: dt.datetime) -> str:
    """
    Name for an exported file.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name or ``all``.
    suffix
        Extension without the dot.
    now
        Present moment.

    Returns
    -------
    name
        For instance ``xa-mau_site_20261122.xlsx``.
    """
    return f"{file_slug(workspace.name)}_{layer}_{now:%Y%m%d}.{suffix}"
