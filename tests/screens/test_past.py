"""History, snapshots, backups and editing on the screen do what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit_folium
from streamlit.testing.v1 import AppTest

from layers.store import Note
from planning.workspace import Workspace, open_workspace
from tests import commune

LIMIT_S = 120


def draw(module, part):
    import importlib  # noqa: PLC0415 - AppTest runs this body alone

    getattr(importlib.import_module(f"screens.{module}"), part)()


def drawn(module: str, part: str) -> AppTest:
    app = AppTest.from_function(draw, args=(module, part), default_timeout=LIMIT_S).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    blocks = (app.markdown, app.caption, app.success, app.info, app.error)
    return "\n".join(str(element.value) for block in blocks for element in block)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(streamlit_folium, "st_folium", lambda *_args, **_kwargs: {"last_clicked": None})
    made = commune.empty(tmp_path / "w")
    row, shape = commune.site(1, commune.at(700, 500))
    made.store.append({"site": commune.table([row], [shape])})
    made.store.upsert(
        {"site": made.store.read("site").assign(name="Tên sai")},
        note=Note(action="edit", actor="<b>An</b>", at="2026-11-22T08:00:00+00:00"),
    )
    made.store.close()
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(tmp_path / "w"))
    return open_workspace(tmp_path / "w")


def test_the_history_is_shown_and_a_change_is_undone_under_the_name_typed(workspace: Workspace) -> None:
    app = drawn("past", "changes")
    frame = app.dataframe[0].value
    assert frame.iloc[0].tolist()[:4][0] == 3
    assert "<b>An</b>" in frame.iloc[0].tolist()
    app.text_input(key="actor").input("Bình").run()
    app.button(key="past_undo").click().run()
    assert not app.error
    assert workspace.store.read("site")["name"].tolist() == ["Trạm 1"]
    assert workspace.store.history()[0].note.actor == "Bình"
    assert "3" in app.success[0].value


def test_a_snapshot_is_kept_and_a_backup_made_and_restored(workspace: Workspace) -> None:
    app = drawn("past", "copies")
    app.text_input(key="past_name").input("một").run()
    next(one for one in app.button if "trạng thái" in one.label).click().run()
    assert [one.name for one in workspace.store.snapshots()] == ["một"]
    next(one for one in app.button if one.label == "Sao lưu ngay").click().run()
    (path,) = (workspace.folder / "backups").iterdir()
    workspace.store.delete("site", ["S1"])
    app = drawn("past", "copies")
    app.selectbox(key="past_restore").select(path).run()
    app.button(key="past_restore_do").click().run()
    assert not app.error, words(app)
    assert workspace.store.count("site") == 1


def test_a_row_is_added_on_the_screen_and_a_fault_keeps_it_out(workspace: Workspace) -> None:
    app = drawn("editing", "render")
    app.session_state["edit_lon"], app.session_state["edit_lat"] = 20.7, 106.5
    app.run()
    app.button(key="edit_add").click().run()
    assert app.error
    assert "edit_save" not in {one.key for one in app.button}
    app.session_state["edit_lon"], app.session_state["edit_lat"] = 106.6, 20.8
    app.run()
    app.button(key="edit_add").click().run()
    app.button(key="edit_save").click().run()
    assert not app.error, words(app)
    found = workspace.store.read("site")
    assert found["id"].tolist() == ["S1", "site-2"]
    assert (round(found.geometry.x.iloc[1], 6), round(found.geometry.y.iloc[1], 6)) == (106.6, 20.8)
