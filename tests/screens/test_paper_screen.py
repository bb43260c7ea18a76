"""The screen of reports and letters on the sample: what is asked for is written, and can be taken along."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from planning import sample
from planning.workspace import open_workspace

LIMIT_S = 120
NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def draw() -> None:
    import importlib  # noqa: PLC0415 - AppTest runs this body alone

    from screens.guard import guarded  # noqa: PLC0415 - AppTest runs this body alone

    guarded(importlib.import_module("screens.paper").render)()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample commune, nothing estimated yet."""
    place = tmp_path_factory.mktemp("paper") / "xa"
    sample.make(place, seed=1, now=NOW)
    return place


def _app(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(folder))
    app = AppTest.from_function(draw, default_timeout=LIMIT_S)
    app.session_state["paper_kind"] = kind
    app.run()
    assert not app.exception
    assert not app.error, [one.value for one in app.error]
    return app


def _write(app: AppTest) -> dict[str, bytes]:
    next(one for one in app.button if one.label == "Soạn văn bản").click().run()
    assert not app.error, [one.value for one in app.error]
    return dict(app.session_state["paper_ready"][1].files)


def test_reminders_are_proposed_for_what_presses_and_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _app(folder, "reminder", monkeypatch)
    chosen = [one.label for one in app.checkbox if one.value]
    assert chosen
    assert all(one.startswith(("**Muộn**", "**Sắp đến hạn**")) for one in chosen)
    found = _write(app)
    assert len(found) == 2 * len(chosen)
    assert all(content[:4] in (b"PK\x03\x04", b"%PDF") for content in found.values())


def test_before_an_estimate_a_petition_says_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _app(folder, "petition", monkeypatch)
    assert app.info
    assert next(one for one in app.button if one.label == "Soạn văn bản").disabled


def test_closing_keeps_the_figures_of_the_day(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _app(folder, "periodic", monkeypatch)
    before = len(open_workspace(folder).store.snapshots())
    next(one for one in app.button if one.label == "Chốt số liệu hôm nay").click().run()
    assert not app.error, [one.value for one in app.error]
    assert len(open_workspace(folder).store.snapshots()) == before + 1
