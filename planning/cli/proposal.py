"""Đề xuất BTS: nhận, liệt kê, đánh giá, cho ý kiến (proposals: take in, list, evaluate, give an opinion)."""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

from geo.crs import parse_epsg
from geo.errors import InputError
from planning import evaluated, paper, proposal, review, submission
from planning.cli.faults import issue_lines, issues_json
from planning.proposal import Case
from planning.review import OPINIONS, Action, Actor, Role, Seen
from planning.summary import summary
from planning.text import day, number, tr
from planning.workspace import Workspace, open_workspace

Result = tuple[int, object, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Arguments of the verb.

    Parameters
    ----------
    parser
        Its sub-parser.
    """
    parser.add_argument(
        "--role", choices=[str(one) for one in Role], default=None, help="vai trò (chưa xác thực)"
    )
    parser.add_argument("--name", default=None, help="người thao tác; không ghi: tài khoản máy")
    parser.add_argument("--operator", default=None, metavar="ID", help="doanh nghiệp của người thao tác")
    verbs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    into = verbs.add_parser("import", help="nhận tệp XLSX, CSV hoặc gói đề xuất ZIP")
    into.add_argument("file", type=Path)
    into.add_argument("--crs", default=None, metavar="EPSG")
    into.add_argument("--yes", action="store_true", help="đồng ý cách đọc tệp mà phần mềm đề nghị")
    verbs.add_parser("list", help="danh sách, hạn nội bộ, việc làm được")
    verbs.add_parser("evaluate", help="đánh giá và ghi lại bản đánh giá").add_argument("id")
    decide = verbs.add_parser("decide", help="làm một việc với đề xuất")
    decide.add_argument("id")
    decide.add_argument(
        "--action", required=True, choices=[str(one) for one in Action if one is not Action.CREATE]
    )
    decide.add_argument("--reason", default="", help="lý do, nội dung")
    decide.add_argument("--version", type=int, default=None, metavar="N", help="phiên bản đã xem")
    decide.add_argument("--evaluation", default=None, metavar="DIGEST", help="bản đánh giá đã xem")
    compare = verbs.add_parser("compare", help="đặt cạnh nhau tối đa bốn đề xuất")
    compare.add_argument("ids", nargs="+", metavar="ID")
    for name, help_text in (("paper", "phiếu rà soát, cho ý kiến"), ("answer", "gói trả lời doanh nghiệp")):
        out = verbs.add_parser(name, help=help_text)
        out.add_argument("id")
        out.add_argument("--out", type=Path, required=True, metavar="FILE")
    form = verbs.add_parser("template", help="gói đề xuất trống cho doanh nghiệp")
    form.add_argument("--out", type=Path, required=True, metavar="FILE")


def run(options: argparse.Namespace) -> Result:
    """
    Do what is asked with proposals.

    Parameters
    ----------
    options
        Parsed arguments.

    Returns
    -------
    result
        Exit status, JSON value, text.
    """
    workspace = open_workspace(options.workspace)
    return _VERBS[options.what](workspace, _actor(options), options)


def _actor(options: argparse.Namespace) -> Actor:
    role = options.role or os.environ.get("HATANGSO_ROLE") or Role.APPROVER
    if role not in tuple(Role):
        raise InputError("role_unknown", role=role, known=", ".join(Role))
    return Actor(name=options.name or options.actor or "?", role=Role(role), operator=options.operator or "")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _import(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    epsg = None if options.crs is None else parse_epsg(options.crs)
    done = submission.import_file(
        workspace, options.file, actor, epsg=epsg, confirmed=options.yes, now=_now()
    )
    record = {
        "proposals": list(done.ids),
        "documents": done.n_documents,
        "issues": issues_json(done.issues, options.language),
        "actor": _who(actor),
    }
    said = tr("cli.proposal.taken", options.language, n=len(done.ids), n_documents=done.n_documents)
    lines = [said, *done.ids, *issue_lines(done.issues, options.language), _note(actor, options.language)]
    return 0, record, "\n".join(lines)


def _list(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    today = _now().date()
    cases = proposal.read(workspace, actor)
    records = [_record(case, actor, today) for case in cases]
    lines = [_line(case, today, options.language) for case in cases]
    lines = lines or [tr("cli.proposal.none", options.language)]
    return (
        0,
        {"proposals": records, "actor": _who(actor)},
        "\n".join([*lines, _note(actor, options.language)]),
    )


def _record(case: Case, actor: Actor, today: dt.date) -> dict[str, object]:
    clock = proposal.clock(case, today=today)
    return {
        "id": case.proposal.id,
        "operator": case.proposal.operator,
        "state": str(case.proposal.state),
        "version": case.proposal.version,
        "evaluation": case.proposal.evaluation or None,
        "is_as_recorded": case.is_as_recorded,
        "days_used": clock.n_used,
        "days_allowed": clock.n_allowed,
        "due_on": None if clock.due_on is None else clock.due_on.isoformat(),
        "is_running": clock.is_running,
        "actions": [str(one) for one in review.possible(case.proposal, actor, proposal.rights())],
    }


def _line(case: Case, today: dt.date, language: str) -> str:
    clock = proposal.clock(case, today=today)
    state = tr(f"proposal.state.{case.proposal.state}", language)
    due = (
        ""
        if clock.due_on is None
        else f" · {tr('cli.proposal.due', language, day=day(clock.due_on), n=clock.n_used)}"
    )
    return f"{case.proposal.id} · {case.proposal.operator} · {state} (v{case.proposal.version}){due}"


def _evaluate(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    now = _now()
    case = proposal.find(workspace, options.id, actor)
    kept, _, after = evaluated.run(workspace, case, actor, now=now)
    record = {
        "digest": kept.digest,
        "state": str(after.proposal.state),
        "version": after.proposal.version,
        **kept.record,
    }
    return 0, record, "\n".join(_evaluation_lines(kept.record, options.language))


def _evaluation_lines(record: Mapping[str, object], language: str) -> list[str]:
    return [f"{title}: {value}" for title, value in summary(record, language)]


def _decide(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    action = Action(options.action)
    case = proposal.find(workspace, options.id, actor)
    digest = case.proposal.evaluation if options.evaluation is None else options.evaluation
    kept = evaluated.last(workspace.store, options.id, digest) if digest else None
    is_opinion = action in OPINIONS and kept is not None
    changed = evaluated.changed(workspace, options.id, kept.record) if is_opinion and kept else ()
    seen = Seen(
        version=case.proposal.version if options.version is None else options.version,
        evaluation=digest if kept is not None else "",
        changed=changed,
    )
    if action is Action.EVALUATE:
        return _evaluate(workspace, actor, options)
    after, entry = proposal.act(
        workspace, options.id, action, actor, seen=seen, now=_now(), reason=options.reason
    )
    record = {
        "id": options.id,
        "state": str(after.proposal.state),
        "version": after.proposal.version,
        "entry": entry.entry,
        "digest": entry.digest,
        "shown": entry.shown_digest or None,
        "actor": _who(actor),
    }
    said = tr(
        "cli.proposal.done",
        options.language,
        id=options.id,
        action=tr(f"proposal.action.{action}", options.language),
        state=tr(f"proposal.state.{after.proposal.state}", options.language),
        entry=number(entry.entry, options.language),
    )
    return 0, record, "\n".join([said, _note(actor, options.language)])


def _compare(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    found = evaluated.side_by_side(workspace, tuple(options.ids), actor)
    lines = [
        f"{one.id}: "
        + "; ".join(f"{title}: {value}" for title, value in summary(one.record, options.language))
        for one in found
    ]
    return 0, {"proposals": [{"id": one.id, **one.record} for one in found]}, "\n".join(lines)


def _paper(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    case = proposal.find(workspace, options.id, actor)
    sha256 = paper.write(workspace, case, options.out, language=options.language, now=_now())
    return 0, {"file": options.out.name, "sha256": sha256}, options.out.name


def _answer(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:
    case = proposal.find(workspace, options.id, actor)
    sha256 = paper.write_answer(workspace, case, options.out, language=options.language, now=_now())
    return 0, {"file": options.out.name, "sha256": sha256}, options.out.name


def _template(workspace: Workspace, actor: Actor, options: argparse.Namespace) -> Result:  # noqa: ARG001
    sha256 = submission.write_template(workspace, options.out, language=options.language, now=_now())
    return 0, {"file": options.out.name, "sha256": sha256}, options.out.name


def _who(actor: Actor) -> dict[str, object]:
    return {
        "name": actor.name,
        "role": str(actor.role),
        "operator": actor.operator or None,
        "is_authenticated": False,
    }


def _note(actor: Actor, language: str) -> str:
    return tr(
        "cli.proposal.actor", language, actor=actor.name, role=tr(f"proposal.role.{actor.role}", language)
    )


_VERBS = {
    "import": _import,
    "list": _list,
    "evaluate": _evaluate,
    "decide": _decide,
    "compare": _compare,
    "paper": _paper,
    "answer": _answer,
    "template": _template,
}
