"""Arguments to verbs, results to text or JSON, errors to exit codes: 0 done, 2 usage, 3 refused, never 1."""

from __future__ import annotations

import argparse
import errno
import getpass
import json
import math
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from geo.errors import PlannerError
from layers.exchange.staging import system_word
from layers.issue import Issue
from layers.store.address import is_address
from planning.cli import (
    audit,
    backup,
    calibrate,
    check,
    coach,
    coverage,
    evidence,
    export,
    gap,
    history,
    importing,
    init,
    merge,
    pack,
    pathloss,
    printing,
    proposal,
    report,
    request,
    restore,
    sample,
    siting,
    snapshot,
    survey,
    targets,
    tasks,
    template,
    undo,
    why,
)
from planning.cli.faults import issue_lines, issues_json
from planning.text import tr

VERBS: Mapping[str, ModuleType] = {
    "init": init,
    "sample": sample,
    "import": importing,
    "check": check,
    "template": template,
    "request": request,
    "report": report,
    "print": printing,
    "coverage": coverage,
    "calibrate": calibrate,
    "gap": gap,
    "targets": targets,
    "tasks": tasks,
    "coach": coach,
    "survey": survey,
    "evidence": evidence,
    "proposal": proposal,
    "audit": audit,
    "export": export,
    "pathloss": pathloss,
    "why": why,
    "siting": siting,
    "history": history,
    "undo": undo,
    "snapshot": snapshot,
    "backup": backup,
    "restore": restore,
    "pack": pack,
    "merge": merge,
}
DONE, USAGE, REFUSED = 0, 2, 3


def parser() -> argparse.ArgumentParser:
    """
    The grammar of the command line.

    Returns
    -------
    parser
        One sub-parser for each verb.
    """
    root = argparse.ArgumentParser(prog="python -m planning", description="hatangso: hạ tầng số của một xã")
    verbs = root.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, module in VERBS.items():
        summary = (module.__doc__ or "").strip().splitlines()[0]
        verb = verbs.add_parser(name, help=summary, description=summary)
        verb.add_argument(
            "--workspace",
            type=place,
            default=None,
            metavar="PATH",
            help="thư mục bộ dữ liệu, hoặc postgresql://…",
        )
        verb.add_argument("--json", action="store_true", help="in kết quả dạng JSON")
        verb.add_argument("--language", choices=("vi", "en"), default="vi")
        module.add_arguments(verb)
    return root


def place(text: str) -> Path | str:
    """
    A folder, or the address of a database.

    Parameters
    ----------
    text
        Word of the command line.

    Returns
    -------
    place
        The address as it is; else a path.
    """
    return text if is_address(text) else Path(text)


def workspace_folder(given: Path | str | None) -> Path | str:
    """
    Place of the workspace asked for.

    Parameters
    ----------
    given
        Value of ``--workspace``.

    Returns
    -------
    place
        It, else ``HATANGSO_WORKSPACE``, else ``var/sample``.
    """
    return given or place(os.environ.get("HATANGSO_WORKSPACE") or "var/sample")


def main(arguments: Sequence[str]) -> int:
    """
    Run one verb.

    Parameters
    ----------
    arguments
        Words after the program's name.

    Returns
    -------
    status
        0 done, 2 usage, 3 refused.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options = parser().parse_args(arguments)
    options.workspace = workspace_folder(options.workspace)
    options.actor = _account()
    try:
        status, result, text = VERBS[options.verb].run(options)
    except PlannerError as error:
        _print_error(error, as_json=options.json, language=options.language)
        return REFUSED
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reason = system_word(error)
        refused = PlannerError("disk_full" if full else "file_system", reason=reason, file=_name(error))
        _print_error(refused, as_json=options.json, language=options.language)
        return REFUSED
    print(json.dumps(plain(result), ensure_ascii=False, indent=2) if options.json else text)
    return int(status)


def _account() -> str:
    """Name of the account, for the history of changes; empty where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _name(error: OSError) -> str:
    return Path(str(error.filename)).name if error.filename else ""


def _print_error(error: PlannerError, *, as_json: bool, language: str) -> None:
    message = tr(f"error.{error.code}", language, **error.facts)
    issues = [issue for issue in error.issues if isinstance(issue, Issue)]
    if as_json:
        record: dict[str, object] = {"code": error.code, "message": message, "facts": plain(error.facts)}
        record["issues"] = issues_json(issues, language)
        print(json.dumps({"error": record}, ensure_ascii=False, indent=2))
        return
    print(message, file=sys.stderr)
    print("\n".join(issue_lines(issues, language)), file=sys.stderr)


def plain(value: object) -> object:
    """
    A value that JSON can carry.

    Parameters
    ----------
    value
        Anything.

    Returns
    -------
    plain
        Mappings, lists, text, numbers; not-a-number becomes None.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return plain(value.item()) if hasattr(value, "item") else str(value)
