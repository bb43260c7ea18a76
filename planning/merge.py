"""Bringing packages together: the city takes what its communes sent, a commune what its city answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.errors import FileError, NotFoundError
from layers.catalogue import CATALOGUE, spec_of
from layers.check import check
from layers.exchange import parcel as door
from layers.exchange.parcel import Parcel
from layers.exchange.raw import Limits
from layers.issue import Issue, Severity
from layers.store.record import Batch, Note
from planning import data, threeway
from planning.border import Pair, pairs
from planning.parcel import CITY, RESULTS, parameters, renamed
from planning.threeway import Outcome
from planning.workspace import Workspace

TAKEN, SAME, OLDER, SUPERSEDED = "taken", "same", "older", "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """
    A row that both sides changed since they last agreed.

    Parameters
    ----------
    code, layer, id
        Commune, layer and id of the row here.
    kind
        ``changed_both``, ``added_both``, ``removed_here`` or ``removed_there``.
    """

    code: str
    layer: str
    id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLine:
    """
    What became of one package.

    Parameters
    ----------
    file, code, name, version, made_at, made_by, digest, signer
        Where it came from.
    outcome
        ``taken``, ``same`` (merged before), ``older`` (than what was merged) or ``superseded`` (by another
        package of the same commune in this run).
    is_new_signer
        True where another key signed the commune's earlier packages, or none did.
    n_added, n_changed, n_removed, n_kept, n_same
        Rows taken, rows that only this side changed, rows equal on both sides.
    n_renamed
        Ids that another commune uses too: these rows got the commune's code in front.
    differing
        Parameters with which the sender reckoned otherwise; those of this workspace are used.
    """

    file: str
    code: str
    name: str
    version: int
    made_at: str
    made_by: str
    digest: str
    signer: str
    outcome: str
    is_new_signer: bool = False
    n_added: int = 0
    n_changed: int = 0
    n_removed: int = 0
    n_kept: int = 0
    n_same: int = 0
    n_renamed: int = 0
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReport:
    """
    What a merge did.

    Parameters
    ----------
    packs
        One line for each package, in the order given.
    conflicts
        Rows to be decided; here the row of this side stays.
    duplicates
        Objects of two communes that may be one.
    change
        Number of the change in the history; None where nothing changed.
    """

    packs: tuple[PackLine, ...]
    conflicts: tuple[Conflict, ...]
    duplicates: tuple[Pair, ...]
    change: int | None


@dataclass(slots=True, kw_only=True)
class _Work:
    """Rows gathered from all packages before anything is written."""

    rows: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=dict)
    removed: dict[str, list[str]] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    taken_ids: dict[str, dict[str, str]] = field(default_factory=dict)  # layer -> id -> commune


def merge(workspace: Workspace, paths: Sequence[Path], *, actor: str, now: dt.datetime) -> MergeReport:
    """
    Take packages into a workspace, all in one change or none.

    Each row is compared in three versions: the one merged last, the one sent, the one here. What only one
    side changed is taken from that side; what both changed stays as it is here and is listed.

    Parameters
    ----------
    workspace
        The city's, for submissions; the commune's, for the city's answer.
    paths
        The packages.
    actor
        Who merges.
    now
        Present moment.

    Returns
    -------
    report
        What was done, and what is to be decided.

    Raises
    ------
    FileError
        A package is refused (``parcel_*``); nothing is written.
    StoreError
        The workspace cannot be written; it stays as it was.
    """
    limits = Limits.of(data.limits())
    parcels = [(path, door.read_parcel(path, limits)) for path in paths]
    for path, one in parcels:
        _require_fit(workspace, path, one)
    outcomes = _choose(workspace, parcels)
    work = _Work()
    known = door.states(workspace.folder)
    for code, state in known.items():
        for layer, ids in state.get("ids", {}).items():
            work.taken_ids.setdefault(layer, {}).update(dict.fromkeys(ids, code))
    ours = _ours(workspace, parcels)
    lines = []
    for (path, one), outcome in zip(parcels, outcomes, strict=True):
        line = _line(path, one, outcome, known.get(_group(one), {}))
        lines.append(_take(workspace, one, line, work, ours, limits) if outcome == TAKEN else line)
    for (path, one), outcome in zip(parcels, outcomes, strict=True):
        if outcome == TAKEN:
            door.keep(path, folder=workspace.folder, group=_group(one), digest=one.digest)
    change = _commit(workspace, work, note=_note(lines, actor=actor, now=now))
    for code, state in work.states.items():
        door.write_state(workspace.folder, code, state)
    return MergeReport(
        packs=tuple(lines),
        conflicts=open_conflicts(workspace),
        duplicates=pairs(workspace, door.states(workspace.folder)),
        change=change,
    )


def open_conflicts(workspace: Workspace) -> tuple[Conflict, ...]:
    """
    Conflicts that nobody has decided yet.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    conflicts
        By commune, layer and id.
    """
    found = [
        Conflict(code=code, layer=layer, id=key, kind=kind)
        for code, state in door.states(workspace.folder).items()
        for layer, ids in sorted(state.get("open", {}).items())
        for key, kind in sorted(ids.items())
    ]
    return tuple(found)


def sides(workspace: Workspace, conflict: Conflict) -> Mapping[str, tuple[object, object]]:
    """
    Columns in which the two sides of a conflict differ.

    Parameters
    ----------
    workspace
        The workspace.
    conflict
        The conflict.

    Returns
    -------
    sides
        Column to the value here and the value sent; ``geometry`` as WKT. A side without the row has None.
    """
    rows = [
        _row(workspace.store.read(conflict.layer), conflict.id),
        _row(_sent(workspace, conflict), conflict.id),
    ]
    names = [*(column.name for column in spec_of(conflict.layer).columns), "geometry"]
    told = [{name: None if row is None else _told(row[name]) for name in names} for row in rows]
    return MappingProxyType(
        {name: (told[0][name], told[1][name]) for name in names if told[0][name] != told[1][name]}
    )


def decide(
    workspace: Workspace, conflict: Conflict, *, take_theirs: bool, actor: str, now: dt.datetime
) -> None:
    """
    Settle a conflict.

    Parameters
    ----------
    workspace
        The workspace.
    conflict
        One of ``open_conflicts``.
    take_theirs
        True where the row sent takes the place of the one here (or the row here goes, where the sender
        removed it); False where the row here stays.
    actor
        Who decides.
    now
        Present moment.

    Raises
    ------
    NotFoundError
        ``parcel_no_conflict``: there is no such conflict.
    """
    if conflict not in open_conflicts(workspace):
        raise NotFoundError("parcel_no_conflict", layer=conflict.layer, id=conflict.id)
    if take_theirs:
        sent = _sent(workspace, conflict)
        row = sent[sent["id"] == conflict.id]
        batch = Batch(rows=row.reset_index(drop=True)) if len(row) else Batch(removed=(conflict.id,))
        note = Note(action="merge", actor=actor, at=now.isoformat(), source=conflict.code, reason=conflict.id)
        workspace.store.commit({conflict.layer: batch}, note=note)
    state = dict(door.read_state(workspace.folder, conflict.code))
    left = {key: kind for key, kind in state["open"][conflict.layer].items() if key != conflict.id}
    state["open"] = {**state["open"], conflict.layer: left}
    door.write_state(workspace.folder, conflict.code, state)


def _group(parcel: Parcel) -> str:
    return CITY if parcel.manifest["kind"] == "reply" else str(parcel.manifest["code"])


def _require_fit(workspace: Workspace, path: Path, parcel: Parcel) -> None:
    said = parcel.manifest
    if bool(said.get("is_sample")) != workspace.is_sample:
        raise FileError("parcel_sample", file=path.name)
    if said["kind"] == "reply" and said["code"] != workspace.code:
        raise FileError("parcel_for_other", file=path.name, commune=said["code"])


def _choose(workspace: Workspace, parcels: Sequence[tuple[Path, Parcel]]) -> list[str]:
    """Of several packages of one commune the youngest is taken, unless a younger one was merged before."""
    newest: dict[str, tuple[tuple[str, int], str]] = {}
    for _, one in parcels:
        age = (str(one.manifest["made_at"]), int(one.manifest["version"]))
        newest[_group(one)] = max(newest.get(_group(one), (("", -1), "")), (age, one.digest))
    found = []
    for _, one in parcels:
        state = door.read_state(workspace.folder, _group(one))
        age = (str(one.manifest["made_at"]), int(one.manifest["version"]))
        if state.get("digest") == one.digest:
            found.append(SAME)
        elif state and age < (state["made_at"], state["version"]):
            found.append(OLDER)
        else:
            found.append(TAKEN if newest[_group(one)][1] == one.digest else SUPERSEDED)
    return found


def _line(path: Path, parcel: Parcel, outcome: str, state: Mapping[str, Any]) -> PackLine:
    said, own = parcel.manifest, parameters()
    sent = said.get("parameters", {})
    return PackLine(
        file=path.name,
        code=str(said["code"]),
        name=str(said.get("name", "")),
        version=int(said["version"]),
        made_at=str(said["made_at"]),
        made_by=str(said.get("made_by", "")),
        digest=parcel.digest,
        signer=parcel.signer,
        outcome=outcome,
        is_new_signer=bool(state) and state.get("signer") != parcel.signer,
        differing=tuple(sorted(name for name in {*own, *sent} if own.get(name) != sent.get(name))),
    )


def _ours(workspace: Workspace, parcels: Sequence[tuple[Path, Parcel]]) -> dict[str, gpd.GeoDataFrame]:
    layers = {name for _, one in parcels for name in one.tables}
    for _, one in parcels:
        layers |= set(door.read_state(workspace.folder, _group(one)).get("ids", {}))
    return {spec.name: workspace.store.read(spec.name) for spec in CATALOGUE if spec.name in layers}


def _take(
    workspace: Workspace,
    parcel: Parcel,
    line: PackLine,
    work: _Work,
    ours: Mapping[str, gpd.GeoDataFrame],
    limits: Limits,
) -> PackLine:
    code = _group(parcel)
    state = door.read_state(workspace.folder, code)
    renames = _renames(parcel, code, work, state)
    base = _base(workspace, parcel, state, renames, limits)
    tallies: list[Outcome] = []
    still_open: dict[str, dict[str, str]] = {}
    ids: dict[str, list[str]] = {}
    for layer in sorted({*parcel.tables, *base} - set(RESULTS)):
        sent = _checked(parcel, layer, renames, line.file)
        outcome = _compare(layer, sent, base.get(layer), ours[layer], state)
        tallies.append(outcome)
        taken = {*outcome.added, *outcome.changed}
        if taken:
            work.rows.setdefault(layer, []).append(sent[sent["id"].isin(taken)])
        work.removed.setdefault(layer, []).extend(outcome.removed)
        if outcome.conflicts:
            still_open[layer] = dict(outcome.conflicts)
        ids[layer] = sorted({*sent["id"].tolist(), *outcome.kept} - set(outcome.removed))
        work.taken_ids.setdefault(layer, {}).update(dict.fromkeys(ids[layer], code))
    work.states[code] = {
        "digest": parcel.digest,
        "version": line.version,
        "made_at": line.made_at,
        "name": line.name,
        "signer": parcel.signer,
        "renames": renames,
        "ids": ids,
        "open": still_open,
    }
    counts = {
        f"n_{name}": sum(len(getattr(one, name)) for one in tallies)
        for name in ("added", "changed", "removed", "kept")
    }
    n_renamed = sum(len(pairs) for pairs in renames.values())
    return _counted(line, n_same=sum(one.n_same for one in tallies), n_renamed=n_renamed, **counts)


def _counted(line: PackLine, **counts: int) -> PackLine:
    values = {name: getattr(line, name) for name in PackLine.__slots__}
    return PackLine(**{**values, **counts})


def _renames(parcel: Parcel, code: str, work: _Work, state: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Ids that belong to another commune's rows get this commune's code in front, now and ever after."""
    found = {layer: dict(pairs) for layer, pairs in state.get("renames", {}).items()}
    if code == CITY:
        return {}
    for layer, table in parcel.tables.items():
        owners = work.taken_ids.get(layer, {})
        for key in table["id"].tolist():
            if owners.get(key, code) != code:
                found.setdefault(layer, {})[key] = f"{code}-{key}"
    return found


def _base(
    workspace: Workspace,
    parcel: Parcel,
    state: Mapping[str, Any],
    renames: Mapping[str, Mapping[str, str]],
    limits: Limits,
) -> Mapping[str, gpd.GeoDataFrame]:
    """The version on which both sides agreed: the package merged last, or the one that the city answers."""
    is_reply = parcel.manifest["kind"] == "reply"
    group = door.SENT if is_reply else _group(parcel)
    digest = parcel.manifest.get("answers") if is_reply else state.get("digest")
    path = door.kept_path(folder=workspace.folder, group=group, digest=str(digest))
    if digest is None or not path.is_file():
        return {}
    tables = door.read_parcel(path, limits).tables
    return {name: renamed(_typed(table, name).rows, name, renames) for name, table in tables.items()}


def _typed(table: gpd.GeoDataFrame, layer: str) -> Any:  # noqa: ANN401 - Checked
    return check(table, spec_of(layer))


def _checked(
    parcel: Parcel, layer: str, renames: Mapping[str, Mapping[str, str]], file: str
) -> gpd.GeoDataFrame:
    table = parcel.tables.get(layer)
    if table is None:
        columns = [column.name for column in spec_of(layer).columns]
        return gpd.GeoDataFrame({name: pd.Series(dtype=object) for name in columns}, geometry=[], crs=4326)
    judged = _typed(table, layer)
    errors = [one for one in judged.issues if isinstance(one, Issue) and one.severity is Severity.ERROR]
    if errors or len(judged.rows) != len(table):
        raise FileError("parcel_rows", issues=errors, file=file, layer=layer)
    return renamed(judged.rows, layer, renames)


def _compare(
    layer: str,
    sent: gpd.GeoDataFrame,
    base: gpd.GeoDataFrame | None,
    ours: gpd.GeoDataFrame,
    state: Mapping[str, Any],
) -> Outcome:
    columns = [column.name for column in spec_of(layer).columns if column.name != "id"]
    before = {} if base is None else threeway.marks(base, columns)
    theirs = threeway.marks(sent, columns)
    here = ours[ours["id"].isin({*before, *theirs})]
    still_open = state.get("open", {}).get(layer, {})
    return threeway.compare(
        base=before, theirs=theirs, ours=threeway.marks(here, columns), open_ids=frozenset(still_open)
    )


def _note(lines: Sequence[PackLine], *, actor: str, now: dt.datetime) -> Note:
    files = ", ".join(f"{line.code} v{line.version}" for line in lines if line.outcome == TAKEN)
    return Note(action="merge", actor=actor, at=now.isoformat(), source=files)


def _commit(workspace: Workspace, work: _Work, *, note: Note) -> int | None:
    batches = {}
    for layer in sorted({*work.rows, *work.removed}):
        tables = work.rows.get(layer, [])
        rows = None
        if tables:
            rows = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=4326)
            rows = rows.drop_duplicates("id", keep="first").reset_index(drop=True)
        removed = tuple(sorted(set(work.removed.get(layer, []))))
        if rows is not None or removed:
            batches[layer] = Batch(rows=rows, removed=removed)
    return workspace.store.commit(batches, note=note) if batches else None


def _sent(workspace: Workspace, conflict: Conflict) -> gpd.GeoDataFrame:
    state = door.read_state(workspace.folder, conflict.code)
    path = door.kept_path(folder=workspace.folder, group=conflict.code, digest=state["digest"])
    table = door.read_parcel(path, Limits.of(data.limits())).tables.get(conflict.layer)
    if table is None:
        return workspace.store.read(conflict.layer).iloc[:0]
    return renamed(_typed(table, conflict.layer).rows, conflict.layer, state["renames"])


def _row(table: gpd.GeoDataFrame, key: str) -> Mapping[str, object] | None:
    found = table[table["id"] == key]
    return None if found.empty else dict(found.iloc[0])


def _told(value: object) -> object:
    if hasattr(value, "wkt"):
        return value.wkt
    return None if pd.isna(value) else value  # type: ignore[call-overload]
