"""Proposals on their way in: by form, by workbook, by package; judged before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import WGS84
from geo.errors import FileError, InputError, NotFoundError, RoleError
from layers.catalogue import spec_of
from layers.cell import split
from layers.check import check
from layers.exchange.note import read_document
from layers.exchange.raw import Limits
from layers.exchange.scratch import scratch_folder
from layers.exchange.submission import pack, unpack
from layers.issue import Issue, Severity
from layers.proposal import REQUIRED
from layers.store import documents as shelf
from planning import data, intake, planned, proposal, reading, review, rulebook, template
from planning.audit import Entry
from planning.exchange import agreed
from planning.review import Action, Actor
from planning.surroundings import operator_spellings
from planning.text import tr
from planning.workspace import Workspace

LAYER = proposal.LAYER
SPEC = spec_of(LAYER)
FORM = "de_xuat.xlsx"
DOCUMENTS = "tai_lieu"
README = "HUONG_DAN.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    What came in.

    Parameters
    ----------
    ids
        Codes of the proposals.
    entries
        What was recorded.
    issues
        Warnings and notices.
    n_documents
        Documents kept.
    """

    ids: tuple[str, ...]
    entries: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    n_documents: int


def import_file(
    workspace: Workspace,
    path: Path,
    actor: Actor,
    *,
    epsg: int | None = None,
    confirmed: bool = False,
    name: str | None = None,
    now: dt.datetime,
) -> Taken:
    """
    Take proposals from a workbook, a table, or a package; all or none.

    Parameters
    ----------
    workspace
        The workspace.
    path
        The file.
    actor
        Who takes it in; the operator of each row counts as its author.
    epsg
        System of the coordinates, where known.
    confirmed
        True where every proposal of the import about headings and coordinates is accepted.
    name
        Name given by the sender; that of ``path`` unless given.
    now
        Present moment.

    Returns
    -------
    taken
        The proposals, submitted.

    Raises
    ------
    FileError
        ``proposal_refused`` with every fault; nothing is written.
    RoleError
        The actor may not take proposals in.
    """
    told = name or path.name
    with scratch_folder() as draft:
        documents: Mapping[str, bytes] = {}
        source = path
        if told.lower().endswith(".zip"):
            found = unpack(path, draft, Limits.of(data.limits()))
            source, documents = found.table, found.documents
        shown = agreed(
            workspace,
            source,
            layer=LAYER,
            epsg=epsg,
            mapping={},
            sheet=None,
            confirmed=confirmed,
            today=now.date(),
        )
        accepted = intake.accept(shown, operators=operator_spellings())
    kept = _matched(documents, tuple(accepted.table["id"]))
    return submit(
        workspace,
        accepted.table,
        actor,
        row_numbers=accepted.row_numbers,
        documents=kept,
        author="",
        is_submitted=True,
        source=told,
        issues=tuple(reading.answered(one) for one in accepted.issues),
        now=now,
    )


def _matched(documents: Mapping[str, bytes], ids: Sequence[str]) -> dict[str, dict[str, bytes]]:
    """Documents belong to the proposal whose code begins their name, or names their folder."""
    found: dict[str, dict[str, bytes]] = {}
    for name, content in documents.items():
        parts = name.split("/")
        owner = [
            key for key in ids if key in parts[:-1] or parts[-1].startswith((f"{key}_", f"{key}.", f"{key} "))
        ]
        if not owner:
            raise FileError("document_without_proposal", file=name)
        found.setdefault(max(owner, key=len), {})[parts[-1]] = content
    return found


def submit(
    workspace: Workspace,
    rows: gpd.GeoDataFrame,
    actor: Actor,
    *,
    row_numbers: Sequence[int] | None = None,
    documents: Mapping[str, Mapping[str, bytes]] | None = None,
    author: str,
    is_submitted: bool,
    source: str,
    issues: Sequence[Issue] = (),
    now: dt.datetime,
) -> Taken:
    """
    Judge rows and take them in, all or none.

    Parameters
    ----------
    workspace
        The workspace.
    rows
        Rows of the layer ``proposal``, EPSG:4326.
    actor
        Who takes them in.
    row_numbers
        Row of each as its user sees it; None: counted from 1.
    documents
        Code of a proposal to its documents, name to content.
    author
        Who wrote them; empty: the operator of each.
    is_submitted
        False where they are drafts, from which things may be missing.
    source
        From where.
    issues
        Notices that are known already.
    now
        Present moment.

    Returns
    -------
    taken
        What came in.

    Raises
    ------
    FileError
        ``proposal_refused`` with every fault, ``document_kind``, ``document_large``, ``documents_many``;
        nothing is written.
    RoleError
        The actor may not take proposals in.
    """
    numbers = tuple(row_numbers or range(1, len(rows) + 1))
    checked = check(rows, SPEC)
    found = (*checked.issues, *judge(workspace, rows, numbers, is_submitted=is_submitted))
    if any(one.severity is Severity.ERROR for one in found):
        raise FileError("proposal_refused", issues=found, n=len(rows))
    if not rows.empty:
        _require_rights(rows, actor)
    attached = documents or {}
    told = {key: _judged(files) for key, files in attached.items()}
    listed = [_listing(workspace, attached.get(key, {}), told.get(key, {})) for key in checked.rows["id"]]
    entries = proposal.take_in(
        workspace,
        checked.rows.assign(documents=listed, is_sample=workspace.is_sample),
        actor,
        author=author,
        is_submitted=is_submitted,
        source=source,
        now=now,
    )
    return Taken(
        ids=tuple(checked.rows["id"]),
        entries=entries,
        issues=(*issues, *found),
        n_documents=sum(len(files) for files in attached.values()),
    )


def _require_rights(rows: gpd.GeoDataFrame, actor: Actor) -> None:
    rights = rulebook.rights()
    for operator in rows["operator"]:
        if not review.may(actor, Action.CREATE, rights, operator=str(operator)):
            raise RoleError("role_not_allowed", role=str(actor.role), action=str(Action.CREATE))


def _judged(files: Mapping[str, bytes]) -> dict[str, str]:
    most = int(data.setting("proposal_documents"))
    if len(files) > most:
        raise FileError("documents_many", n=len(files), most=most)
    most_bytes = int(data.setting("proposal_document_mb") * 1e6)
    return {name: shelf.require(content, name, most_bytes=most_bytes) for name, content in files.items()}


def _listing(workspace: Workspace, files: Mapping[str, bytes], kinds: Mapping[str, str]) -> str | None:
    lines = [
        f"{shelf.keep(workspace.folder, content)}:{kinds[name]}:{name.replace(';', ',')}"
        for name, content in files.items()
    ]
    return ";".join(lines) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """
    A document of a proposal.

    Parameters
    ----------
    digest
        SHA-256 under which it is kept.
    kind
        Kind by its content.
    name
        As the sender named it.
    """

    digest: str
    kind: str
    name: str


def attachments(row: Mapping[str, object]) -> tuple[Attachment, ...]:
    """
    Documents of a proposal.

    Parameters
    ----------
    row
        Row of the layer ``proposal``.

    Returns
    -------
    attachments
        As they came.
    """
    parts = [part.split(":", 2) for part in split(row.get("documents"))]
    return tuple(Attachment(digest=one[0], kind=one[1], name=one[2]) for one in parts if len(one) == 3)


def judge(
    workspace: Workspace, rows: gpd.GeoDataFrame, numbers: Sequence[int], *, is_submitted: bool
) -> tuple[Issue, ...]:
    """
    Faults of proposals beside those of the layer's shape.

    Parameters
    ----------
    workspace
        The workspace.
    rows
        Rows of the layer ``proposal``, EPSG:4326.
    numbers
        Row of each as its user sees it.
    is_submitted
        False for drafts, from which things may be missing.

    Returns
    -------
    issues
        Missing fields, impossible numbers, a position in the water, on a mast or outside.
    """
    around = _around(workspace)
    found: list[Issue] = []
    known = set(workspace.store.read(LAYER)["id"])
    for number, row in zip(numbers, rows.to_dict("records"), strict=True):
        found += _missing(row, number) if is_submitted else []
        found += _numbers(row, number)
        found += _place(row, number, around)
        if row["id"] in known:
            found.append(_fault("proposal_known", number, "id", value=str(row["id"])))
    return tuple(found)


def _fault(
    code: str, row: int, column: str | None, severity: Severity = Severity.ERROR, **facts: object
) -> Issue:
    return Issue(code=code, severity=severity, layer=LAYER, row=row, column=column, facts=facts)


def _missing(row: Mapping[str, object], number: int) -> list[Issue]:
    def is_empty(value: object) -> bool:
        return value is None or (not isinstance(value, shapely.Geometry) and bool(pd.isna(value)))  # type: ignore[call-overload]

    return [
        _fault("proposal_required", number, name, n=len(REQUIRED) - 1)
        for name in REQUIRED
        if is_empty(row.get(name))
    ]


def _numbers(row: Mapping[str, object], number: int) -> list[Issue]:
    found = []
    try:
        planned.azimuths_of(row.get("azimuths_deg"))
    except InputError as error:
        found.append(_fault("proposal_azimuth", number, "azimuths_deg", value=str(error.facts["value"])))
    known, operator = set(data.bands()), row.get("operator")
    allowed = {block.band for block in rulebook.spectrum() if block.operator in (operator, "*")}
    for band in split(row.get("bands")):
        if band not in known:
            found.append(_fault("proposal_band", number, "bands", value=band, known=", ".join(sorted(known))))
        elif allowed and band.startswith("n") and band not in allowed:
            found.append(_fault("proposal_band_other", number, "bands", Severity.WARNING, value=band))
    power, gain = row.get("tx_power_dbm"), row.get("gain_dbi")
    if not (pd.isna(power) or pd.isna(gain)):  # type: ignore[call-overload]
        eirp_dbm = float(str(power)) + float(str(gain))
        low, high = data.setting("proposal_eirp_low_dbm"), data.setting("proposal_eirp_high_dbm")
        if not low <= eirp_dbm <= high:
            found.append(_fault("proposal_eirp", number, "tx_power_dbm", value=eirp_dbm, low=low, high=high))
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Around:
    epsg: int
    boundary: shapely.Geometry | None
    water: shapely.Geometry
    sites: gpd.GeoDataFrame


def _around(workspace: Workspace) -> _Around:
    epsg = workspace.calc_epsg
    zones = workspace.store.read("zone").to_crs(epsg)
    sites = workspace.store.read("site").to_crs(epsg)
    try:
        boundary: shapely.Geometry | None = workspace.boundary()
    except NotFoundError:
        boundary = None
    return _Around(
        epsg=epsg,
        boundary=boundary,
        water=zones[(zones["kind"] == "water").to_numpy(dtype=bool)].union_all(),
        sites=sites[sites.geometry.notna()],
    )


def _place(row: Mapping[str, object], number: int, around: _Around) -> list[Issue]:
    shape = row.get("geometry")
    if not isinstance(shape, shapely.Point):
        return []
    point = gpd.GeoSeries([shape], crs=WGS84).to_crs(around.epsg).iloc[0]
    found = []
    if around.water.intersects(point):
        found.append(_fault("proposal_in_water", number, None))
    if around.boundary is not None and not around.boundary.contains(point):
        off_m = round(float(around.boundary.distance(point)))
        severity = Severity.WARNING if off_m <= data.setting("around_m") else Severity.ERROR
        found.append(_fault("proposal_outside", number, None, severity, distance_m=off_m))
    if row.get("sharing_statement") != "on_existing" and len(around.sites):
        distance_m = shapely.distance(around.sites.geometry.to_numpy(), point)
        at = int(np.argmin(distance_m))
        if distance_m[at] <= data.setting("proposal_same_place_m"):
            value = str(around.sites["id"].iloc[at])
            found.append(
                _fault("proposal_on_mast", number, None, value=value, distance_m=round(float(distance_m[at])))
            )
    return found


def write_template(workspace: Workspace, path: Path, *, language: str, now: dt.datetime) -> str:
    """
    Write the empty package that an operator fills without the program.

    Parameters
    ----------
    workspace
        The workspace: its place and operators make the example.
    path
        Where the archive shall appear.
    language
        ``vi`` or ``en``.
    now
        Moment of writing.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.
    """
    with scratch_folder() as draft:
        template.write(LAYER, draft / FORM, language=language, now=now, workspace=workspace)
        form = read_document(draft / FORM)
    facts = {"form": FORM, "folder": DOCUMENTS, "kinds": ", ".join(shelf.KINDS)}
    facts["mb"] = str(int(data.setting("proposal_document_mb")))
    told = tr("proposal.package.readme", language, name=workspace.name, **facts)
    readme = f"\ufeff{told}\n".replace("\n", "\r\n").encode()
    return pack(path, {FORM: form, README: readme, f"{DOCUMENTS}/{README}": readme})
