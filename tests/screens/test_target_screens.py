"""The screens of targets on the sample: they draw, tell the figures of the jobs, and keep what is entered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import streamlit_folium
from streamlit.testing.v1 import AppTest

from planning import sample, task
from planning.scorecard import job
from planning.text import share_text
from planning.workspace import open_workspace

LIMIT_S = 120
NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def draw(name: str) -> None:
    import importlib  # noqa: PLC0415 - AppTest runs this body alone

    from screens.guard import guarded  # noqa: PLC0415 - AppTest runs this body alone

    guarded(importlib.import_module(f"screens.{name}").render)()


@pytest.fixture(autouse=True)
def without_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit_folium, "st_folium", lambda *_args, **_kwargs: {"last_clicked": None})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample commune with its estimates."""
    place = tmp_path_factory.mktemp("targets") / "xa"
    sample.make(place, seed=1, now=NOW)
    job.run(open_workspace(place), now=NOW)
    return place


def _run(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(folder))
    app = AppTest.from_function(draw, kwargs={"name": name}, default_timeout=LIMIT_S).run()
    assert not app.exception
    assert not app.error, [one.value for one in app.error]
    return app


def test_hamlets_are_ranked_as_the_command_line_counts_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line of the league is the hamlet with the least share of T5a."""
    app = _run(folder, "hamlet", monkeypatch)
    card = job.run(open_workspace(folder), now=NOW)
    row = next(row for row in card.rows if row.id == "T5a")
    shares = {
        name: part.covered / part.total
        for name, part in zip(card.hamlets, row.reading.hamlets, strict=True)
        if part.total
    }
    first = app.dataframe[0].value.iloc[0]
    assert first["Thôn"] == min(shares, key=lambda name: (shares[name], name))
    assert first["Tỷ lệ đạt"] == share_text(min(shares.values()), "vi")


def test_measurements_draw_without_a_verdict(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users' tests are compared only; every disagreement is a line."""
    app = _run(folder, "measure", monkeypatch)
    tables = [one.value for one in app.dataframe]
    compared = next(table for table in tables if "Kết luận" in table)
    assert set(compared["Kết luận"]) == {"Chỉ đối chiếu"}
    assert any("Chỗ chưa khớp và việc cần làm" in table for table in tables)


def test_a_report_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hamlet, operator, what fails: one row more, without a name."""
    app = _run(folder, "report", monkeypatch)
    before = open_workspace(folder).store.count("report")
    app.selectbox[0].select("MAU-THON-02")
    app.button[0].click().run()
    assert not app.exception
    table = open_workspace(folder).store.read("report")
    assert len(table) == before + 1
    assert table.iloc[-1]["hamlet_id"] == "MAU-THON-02"


def test_targets_draw_with_every_part(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets, calls, tasks, entry, closing, index and edit on one screen; a closing is kept."""
    app = _run(folder, "target", monkeypatch)
    assert len(app.tabs) == 7
    late = sum(
        one.standing is task.Standing.LATE
        for one in task.read(open_workspace(folder), today=dt.datetime.now(dt.UTC).date())
    )
    assert any(f"{late} việc muộn" in str(one.value) for one in app.markdown)
    close = next(button for button in app.button if "Chốt số liệu" in button.label)
    close.click().run()
    assert not app.exception
    assert [one.name for one in open_workspace(folder).store.snapshots()]
