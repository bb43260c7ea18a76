"""What leaves the office about a proposal: sheets for the file, for residents, for the operator."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import shapely

from geo.crs import transform
from geo.errors import InputError
from layers.exchange.document import write_document
from layers.exchange.note import read_document
from layers.exchange.paper.block import WIDTH_MM, Block, Figure, Paper, Paragraph, Table
from layers.exchange.paper.press import to_pdf
from layers.exchange.paper.word import write_word
from layers.exchange.scratch import scratch_folder
from layers.exchange.submission import pack
from planning import data, evaluated, runs
from planning.evaluated import Kept
from planning.gap import TARGET
from planning.plate.job import figure
from planning.plate.stock import gather
from planning.proposal import Case
from planning.release import UNSTATED, Audience
from planning.report.brief import Cover
from planning.report.head import LETTERHEADS, paper
from planning.review import OPINIONS, Action
from planning.runs import ANY
from planning.summary import amount, summary
from planning.text import number, tr
from planning.workspace import Workspace

SHEET, RESIDENTS, ANSWER = "phieu_ra_soat.docx", "to_thong_tin_nguoi_dan.docx", "tra_loi.csv"
MAP_MM, MAP_AROUND_M = 105.0, 2_000.0


def _require(workspace: Workspace, case: Case) -> Kept:
    kept = evaluated.last(workspace.store, case.proposal.id, case.proposal.evaluation)
    if kept is None:
        raise InputError("evaluation_missing_of", id=case.proposal.id)
    return kept


def write(workspace: Workspace, case: Case, path: Path, *, language: str, now: dt.datetime) -> str:
    """
    Write the review sheet of a proposal.

    Parameters
    ----------
    workspace
        The workspace.
    case
        The proposal, evaluated.
    path
        Where the document shall appear.
    language
        ``vi`` or ``en``.
    now
        Moment of writing.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    InputError
        ``evaluation_missing_of``.

    References
    ----------
    Layout of NĐ 30/2020/NĐ-CP; number, date and signature stay blank.
    """
    kept = _require(workspace, case)
    told = summary(kept.record, language)
    rows = tuple((str(place), title, value) for place, (title, value) in enumerate(told, start=1))
    made = tr("proposal.sheet.evaluation", language, digest=kept.digest[:16], at=kept.at)
    notes = [tr(f"proposal.sheet.{key}", language) for key in ("emf", "not_permit")]
    headings = tuple(tr(f"proposal.sheet.{key}", language) for key in ("number", "what", "result"))
    blocks: list[Block] = [
        Paragraph(text=_about(case, language)),
        Paragraph(text=made),
        Table(headings=headings, rows=rows, widths=(8, 37, 55), size_pt=11.0),
        Paragraph(text=_opinion(case, language)),
        *(Paragraph(text=text, is_note=True) for text in notes),
        *_maps(workspace, case, language=language, now=now),
    ]
    return _write(_paper(workspace, "proposal.sheet", blocks, language=language, now=now), path)


def write_for_residents(
    workspace: Workspace, case: Case, path: Path, *, language: str, now: dt.datetime
) -> str:
    """
    Write the sheet for residents: limit, certificate, inspecting body, hotline, and no computed fraction.

    Parameters
    ----------
    workspace, case, path, language, now
        As for :func:`write`; no evaluation is needed.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.
    """
    rows = {row["name"]: row for row in data.rule_rows("emf")}
    e_v_m, s_w_m2 = (float(rows[name]["value"]) for name in ("limit_v_m", "limit_w_m2"))
    limit = tr("proposal.residents.limit", language, source=rows["limit_w_m2"]["source"], e=e_v_m, s=s_w_m2)
    others = [tr(f"proposal.residents.{key}", language) for key in ("certificate", "body", "hotline")]
    texts = (_about(case, language), tr("proposal.residents.why", language), limit, *others)
    blocks = [Paragraph(text=text) for text in texts]
    made = _paper(workspace, "proposal.residents", blocks, language=language, now=now, is_signed=False)
    return _write(made, path)


def write_request(workspace: Workspace, case: Case, path: Path, *, language: str, now: dt.datetime) -> str:
    """
    Write the request for what is missing, in the words of the last question asked.

    Parameters
    ----------
    workspace, case, path, language, now
        As for :func:`write`; no evaluation is needed.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.
    """
    asked = [one.reason for one in case.entries if one.action == Action.ASK]
    texts = (_about(case, language), *(asked[-1:] or [tr("proposal.request.all", language)]))
    blocks = [Paragraph(text=text) for text in texts]
    return _write(_paper(workspace, "proposal.request", blocks, language=language, now=now), path)


def write_answer(workspace: Workspace, case: Case, path: Path, *, language: str, now: dt.datetime) -> str:
    """
    Write the package that goes back to the operator: state and reason as a table, and the review sheet.

    Parameters
    ----------
    workspace, case, path, language, now
        As for :func:`write`.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    InputError
        ``evaluation_missing_of``: an opinion was given, but its evaluation is not there.
    """
    contents = {ANSWER: _table(case, language)}
    with scratch_folder() as draft:
        if case.proposal.evaluation:
            write(workspace, case, draft / SHEET, language=language, now=now)
            contents[SHEET] = read_document(draft / SHEET)
        elif any(one.action == Action.ASK for one in case.entries):
            write_request(workspace, case, draft / SHEET, language=language, now=now)
            contents["de_nghi_bo_sung.docx"] = read_document(draft / SHEET)
        write_for_residents(workspace, case, draft / RESIDENTS, language=language, now=now)
        contents[RESIDENTS] = read_document(draft / RESIDENTS)
    return pack(path, contents)


def _table(case: Case, language: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(
        [tr(f"column.{name}", language) for name in ("proposal_id", "at", "action", "state_to", "reason")]
    )
    told = [one for one in case.entries if one.action in {*OPINIONS, Action.ASK, Action.REOPEN}]
    for one in told:
        action = tr(f"proposal.action.{one.action}", language)
        state = tr(f"proposal.state.{one.state_to}", language)
        cells = (one.proposal_id, one.at, action, state, one.reason)
        rows.writerow([f"'{cell}" if cell[:1] in "=+-@" else cell for cell in cells])
    return ("\ufeff" + text.getvalue()).encode()


def _opinion(case: Case, language: str) -> str:
    given = [one for one in case.entries if one.action in OPINIONS]
    if not given:
        return tr("proposal.sheet.no_opinion", language)
    last = given[-1]
    word = tr(f"proposal.state.{last.state_to}", language)
    return tr("proposal.sheet.opinion", language, opinion=word, reason=last.reason)


def _about(case: Case, language: str) -> str:
    row = case.row
    names = {one.id: one.names[language] for one in data.operators()}
    point = row.get("geometry")
    place = "–"
    if isinstance(point, shapely.Point):
        place = "; ".join(number(value, language, digits=5) for value in (point.y, point.x))
    height_m = row.get("height_m")
    return tr(
        "proposal.sheet.about",
        language,
        id=case.proposal.id,
        operator=names.get(case.proposal.operator, case.proposal.operator),
        place=place,
        height=number(amount(height_m), language) if isinstance(height_m, (int, float)) else "–",
    )


def _paper(
    workspace: Workspace,
    subject: str,
    blocks: Sequence[Block],
    *,
    language: str,
    now: dt.datetime,
    is_signed: bool = True,
) -> Paper:
    cover = Cover(
        name=workspace.name,
        letterhead=LETTERHEADS[0],
        is_sample=workspace.is_sample,
        now=now.replace(microsecond=0),
        language=language,
    )
    return paper(
        cover,
        blocks,
        subject=tr(f"{subject}.subject", language),
        kind=tr(f"{subject}.title", language),
        recipients=(tr("report.recipient.above", language),),
        is_signed=is_signed,
    )


def _write(made: Paper, path: Path) -> str:
    return write_document(path, to_pdf(made)) if path.suffix.lower() == ".pdf" else write_word(made, path)


def _maps(workspace: Workspace, case: Case, *, language: str, now: dt.datetime) -> list[Figure]:
    point, radius_m = case.row.get("geometry"), data.setting("proposal_share_radius_m")
    run = runs.latest(workspace, technology=TARGET)
    if not isinstance(point, shapely.Point) or run is None:
        return []
    epsg = workspace.calc_epsg
    x_m, y_m = (float(one) for one in transform(point.x, point.y, epsg_from=4326, epsg_to=epsg))
    stock = gather(
        workspace, audience=Audience(sharing=UNSTATED), run=run, result=None, now=now, language=language
    )
    sizes = {"coverage": MAP_AROUND_M, "sharing": radius_m}
    return [
        figure(
            stock,
            theme,
            width_mm=WIDTH_MM,
            height_mm=MAP_MM,
            operator=case.proposal.operator if case.proposal.operator in run.operators else ANY,
            bounds_m=(x_m - far_m, y_m - far_m, x_m + far_m, y_m + far_m),
        )
        for theme, far_m in sizes.items()
    ]
