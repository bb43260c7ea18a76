"""Tasks of the plan: taken over, changed, late, due, and what was done to them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from geo.errors import FileError, InputError, NotFoundError
from layers.store import documents
from planning import task
from planning.task import Standing
from tests import commune

NOW = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


def test_a_task_is_changed_and_its_log_kept(tmp_path: Path) -> None:
    """Deadline, cost and money entered, then done: late in between, with who and why."""
    found = commune.empty(tmp_path / "xa")
    values = {"due_on": "2026-10-15", "cost_mvnd": 120.0, "funding": "Ngân sách xã", "state": "doing"}
    task.update(found, "NV-02", values, actor="Lan", now=NOW, reason="họp giao ban")
    first = task.read(found, today=NOW.date())[0]
    assert (first.id, first.standing, first.days, first.cost_mvnd) == ("NV-02", Standing.LATE, -17, 120.0)
    assert first.funding == "Ngân sách xã"
    task.update(found, "NV-02", {"state": "done"}, actor="Minh", now=NOW, reason="đã nghiệm thu")
    assert task.read(found, today=NOW.date())[-1].standing is Standing.DONE
    told = [(note.actor, note.reason) for note, _ in task.log(found, "NV-02")]
    assert told == [("Minh", "đã nghiệm thu"), ("Lan", "họp giao ban"), ("Lan", "")]
    before = task.log(found, "NV-02")[0][1].before
    assert before is not None
    assert before["state"] == "doing"


def test_a_deadline_before_the_plan_and_an_unknown_task_are_refused(tmp_path: Path) -> None:
    """Said, and nothing is written."""
    found = commune.empty(tmp_path / "xa")
    with pytest.raises(InputError, match="task_before_plan"):
        task.update(found, "NV-02", {"due_on": "2025-12-31"}, actor="a", now=NOW)
    with pytest.raises(NotFoundError, match="task_missing"):
        task.update(found, "NV-99", {"state": "done"}, actor="a", now=NOW)
    assert task.read(found, today=NOW.date())[0].due_on is None


def test_tasks_of_one_commune(tmp_path: Path) -> None:
    """Those of another commune are left out, those of none stay."""
    found = commune.empty(tmp_path / "xa")
    rows = [{"id": key, "text": key, "commune": code} for key, code in (("A", "1"), ("B", "2"), ("C", None))]
    found.store.replace({"task": commune.table(rows, [None] * 3)})
    assert {one.id for one in task.read(found, commune="1", today=NOW.date())} == {"A", "C"}


def test_evidence_of_a_task_is_kept_by_its_digest(tmp_path: Path) -> None:
    """A PDF is kept and named; a program is refused and nothing is written."""
    found = commune.empty(tmp_path / "xa")
    content = b"%PDF-1.4\nbien ban\nstartxref\n0\n%%EOF\n"
    digest = task.attach(found, "NV-01", content, "biên bản; lần 1.pdf", actor="Lan", now=NOW)
    kept = next(one for one in task.read(found, today=NOW.date()) if one.id == "NV-01").documents
    assert kept == (f"{digest}:pdf:biên bản, lần 1.pdf",)
    assert documents.read(found.folder, digest) == content
    with pytest.raises(FileError, match="document_kind"):
        task.attach(found, "NV-01", b"MZ...", "a.exe", actor="Lan", now=NOW)
    with pytest.raises(NotFoundError, match="task_missing"):
        task.attach(found, "NV-99", content, "a.pdf", actor="Lan", now=NOW)
