"""The planning package: every layer in one archive, with all that its reader must know."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import shapely

from geo.crs import WGS84, is_projected
from geo.errors import NotFoundError
from layers.catalogue import CATALOGUE
from layers.exchange.bundle import README, Notes
from layers.exchange.frame import Frame, accept_crs, describe_crs, prepare
from layers.exchange.staging import publish
from layers.exchange.write import ExportReport, Part
from layers.exchange.writer.dossier import SUMS, Dossier, build_dossier
from layers.exchange.writer.metadata import Metadata, to_xml
from planning import completeness, data
from planning import export as export_job
from planning.release import Audience
from planning.text import number, tr
from planning.workspace import Workspace

FORMAT = "package"
LANGUAGE = "vi"
"""The readers of a planning package are the city's offices."""
FILES = MappingProxyType(
    {
        "gpkg": "du_lieu.gpkg",
        "qgz": "du_an.qgz",
        "xlsx": "bang_so_lieu.xlsx",
        "dxf": "ban_ve.dxf",
    }
)
TT04_FILES = MappingProxyType(
    {
        "gpkg": "HTS00-BO DU LIEU HA TANG SO.gpkg",
        "qgz": "HTS00-DU AN BAN DO HA TANG SO.qgz",
        "xlsx": "HTS00-BANG SO LIEU HA TANG SO.xlsx",
        "dxf": "HTS00-BAN VE HIEN TRANG HA TANG SO.dxf",
    }
)
DICTIONARY, COMPLETENESS = "tu_dien_du_lieu.csv", "muc_do_day_du.csv"
METADATA, LICENCES = "sieu_du_lieu_iso19139.xml", "giay_phep_va_nguon.txt"


def run(
    workspace: Workspace,
    *,
    out: Path,
    epsg: int,
    audience: Audience,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
    names: str,
) -> ExportReport:
    """
    Write the planning package of a workspace.

    Parameters
    ----------
    workspace
        The workspace.
    out
        Where the archive shall appear.
    epsg
        CRS of the shapes.
    audience
        Whom it is for.
    labels
        Texts of the user's language.
    notice
        Label of synthetic data; empty for real data.
    now
        Moment of writing.
    names
        ``plain``, or ``tt04`` for file and layer names of planning dossiers.

    Returns
    -------
    report
        What was written.

    Raises
    ------
    NotFoundError
        No layer holds a row that may go to this audience.
    StoreError
        The file could not be written; one that was there before is untouched.

    References
    ----------
    TT 04/2022/TT-BXD (names of drawings); ISO/TS 19139 (metadata).
    """
    store = workspace.store
    said = export_job.with_title(labels, store, audience)
    filled = [spec for spec in CATALOGUE if store.count(spec.name)]
    taken = [export_job.part_of(store, spec, audience=audience, labels=said) for spec in filled]
    parts = [one for one, _ in taken if len(one.table)]
    if not parts:
        raise NotFoundError("export_empty")
    file_epsg = accept_crs(epsg)
    zone = file_epsg if is_projected(file_epsg) else workspace.calc_epsg
    frames = _frames(parts, file_epsg=file_epsg, zone=zone, notice=notice)
    notes = [
        Notes(labels=one.labels, notice=notice, now=now, grid_epsg=zone, palette=export_job.palette())
        for one in parts
    ]
    files = TT04_FILES if names == export_job.TT04 else FILES
    fields = completeness.reckon({one.spec.name: one.table for one in parts}, data.rule_rows("plan_fields"))
    texts = _texts(workspace, parts, frames["gpkg"], notes[0], fields, epsg=file_epsg, files=files)
    job = partial(
        build_dossier,
        dossier=Dossier(frames=frames, files=files, texts=texts),
        notes=notes,
        epsg=file_epsg,
        names=export_job.drawing_names() if names == export_job.TT04 else MappingProxyType({}),
    )
    layers, sha256 = publish(out, job)
    n_rows = sum(layers.values())
    return ExportReport(
        path=out,
        format=FORMAT,
        epsg=file_epsg,
        n_rows=n_rows,
        n_left_out=sum(one.n_left_out for one, _ in taken),
        columns=(),
        alias_table=MappingProxyType({}),
        sha256=sha256,
        layers=layers,
        n_blanked=sum(n for _, n in taken),
    )


def _frames(
    parts: Sequence[Part], *, file_epsg: int, zone: int, notice: str
) -> Mapping[str, Sequence[Frame]]:
    def placed(epsg: int, which: Sequence[Part]) -> list[Frame]:
        return [
            prepare(one.table, spec=one.spec, epsg=epsg, labels=one.labels, notice=notice) for one in which
        ]

    shaped = [one for one in parts if one.table.geometry.notna().any()]
    in_files = placed(file_epsg, parts)
    drawn = in_files if zone == file_epsg and len(shaped) == len(parts) else placed(zone, shaped)
    found: dict[str, Sequence[Frame]] = {"gpkg": in_files, "qgz": in_files, "xlsx": placed(WGS84, parts)}
    return found | ({"dxf": drawn} if drawn else {})


def _texts(
    workspace: Workspace,
    parts: Sequence[Part],
    frames: Sequence[Frame],
    notes: Notes,
    fields: Sequence[completeness.Field],
    *,
    epsg: int,
    files: Mapping[str, str],
) -> Mapping[str, bytes]:
    licences = _licences(parts)
    found = {
        README: _readme(workspace, parts, notes, fields, epsg=epsg, files=files),
        DICTIONARY: _dictionary(parts),
        COMPLETENESS: _completeness(fields, notes),
        LICENCES: licences,
    }
    text = {name: f"\ufeff{content}".replace("\n", "\r\n").encode() for name, content in found.items()}
    return {**text, METADATA: to_xml(_metadata(workspace, frames, notes, licences, epsg=epsg))}


def _readme(
    workspace: Workspace,
    parts: Sequence[Part],
    notes: Notes,
    fields: Sequence[completeness.Field],
    *,
    epsg: int,
    files: Mapping[str, str],
) -> str:
    counts = {one.labels.get(f"layer.{one.spec.name}", one.spec.name): len(one.table) for one in parts}
    share = completeness.overall(fields)
    told = "–" if share is None else f"{number(100 * share, LANGUAGE, digits=1)} %"
    lines = [
        tr("dossier.title", LANGUAGE, name=workspace.name, code=workspace.code or "–"),
        "",
        *(f"{what}: {value}" for what, value in notes.about(crs=describe_crs(epsg), counts=counts)),
        tr("dossier.completeness", LANGUAGE, share=told),
    ]
    empty = completeness.without_objects(fields)
    if empty:
        lines.append(tr("dossier.without", LANGUAGE, datasets="; ".join(empty)))
    lines += ["", tr("dossier.files", LANGUAGE)]
    known = {**files, "dictionary": DICTIONARY, "completeness": COMPLETENESS}
    known |= {"metadata": METADATA, "licences": LICENCES, "sums": SUMS}
    lines += [f"- {name}: {tr(f'dossier.file.{what}', LANGUAGE)}" for what, name in known.items()]
    return "\n".join(lines) + "\n"


def _dictionary(parts: Sequence[Part]) -> str:
    rows = []
    for part in parts:
        for column in part.spec.columns:
            words = "; ".join(
                f"{value} = {part.labels.get(f'value.{column.name}.{value}', value)}"
                for value in column.vocabulary
            )
            span = "" if column.low is None else f"{column.low:g}–{column.high:g}"
            heading = part.labels.get(column.name, column.name)
            needed = tr("common.yes" if column.required else "common.no", LANGUAGE)
            rows.append(
                (part.spec.name, column.name, heading, column.kind, column.unit or "", span, words, needed)
            )
    heads = ("layer", "column", "heading", "kind", "unit", "range", "words", "required")
    return _csv([tuple(tr(f"dossier.dictionary.{name}", LANGUAGE) for name in heads), *rows])


def _completeness(fields: Sequence[completeness.Field], notes: Notes) -> str:
    heads = ("dataset", "layer", "column", "rows", "filled", "share")
    rows = [
        (
            one.dataset,
            notes.labels.get(f"layer.{one.layer}", one.layer),
            one.column,
            one.n_rows,
            one.n_filled,
            "" if one.share is None else number(100 * one.share, LANGUAGE, digits=1),
        )
        for one in fields
    ]
    return _csv([tuple(tr(f"dossier.completeness.{name}", LANGUAGE) for name in heads), *rows])


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(rows)
    return text.getvalue()


def _licences(parts: Sequence[Part]) -> str:
    """Sources of each layer, and what is known of their licences."""
    rules = data.rule_rows("licences")
    lines = [tr("dossier.licences", LANGUAGE), ""]
    for part in parts:
        lines.append(part.labels.get(f"layer.{part.spec.name}", part.spec.name))
        counts = part.table["source"].fillna("").value_counts(sort=False) if "source" in part.table else {}
        for source, n_rows in sorted(dict(counts).items()):
            known = [rule for rule in rules if rule["word"] in str(source).casefold()]
            told = f"{known[0]['licence']}: {known[0]['duty']}" if known else tr("dossier.unknown", LANGUAGE)
            lines.append(f"- {source or tr('dossier.no_source', LANGUAGE)} ({n_rows}): {told}")
    return "\n".join(lines) + "\n"


def _metadata(
    workspace: Workspace, frames: Sequence[Frame], notes: Notes, licences: str, *, epsg: int
) -> Metadata:
    shapes = np.concatenate([frame.source for frame in frames])
    box = shapely.total_bounds(shapes) if len(shapes) else (np.nan,) * 4
    titles = [frame.title for frame in frames]
    return Metadata(
        title=tr("dossier.title", LANGUAGE, name=workspace.name, code=workspace.code or "–"),
        abstract=tr("dossier.abstract", LANGUAGE, layers="; ".join(titles)),
        organisation=tr("dossier.office", LANGUAGE, name=workspace.name),
        lineage=licences,
        day=notes.now.date().isoformat(),
        epsg=epsg,
        crs=describe_crs(epsg),
        bounds_deg=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        keywords=titles,
        formats=("GeoPackage", "QGIS", "XLSX", "DXF"),
        limits=[
            notes.notice or notes.text("real"),
            notes.labels.get("export.edition", "–"),
            notes.text("not_for_staking"),
        ],
    )
