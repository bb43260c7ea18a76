"""What was done to a workspace is told, can be taken back, compared and backed up."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from geo.errors import NotFoundError, StoreError
from planning import history
from planning.cli.main import main
from planning.workspace import Workspace, open_workspace
from tests import commune

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=7)))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = commune.empty(tmp_path / "w")
    rows = [commune.site(number, commune.at(500 * number, 500)) for number in range(1, 4)]
    made.store.append({"site": commune.table([row for row, _ in rows], [shape for _, shape in rows])})
    return made


def test_a_comparison_names_rows_added_changed_and_removed_and_the_columns(workspace: Workspace) -> None:
    assert history.save_snapshot(workspace, " ", actor="An", now=NOW) == "2026-11-22 09:30"
    table = workspace.store.read("site")
    changed = table[table["id"] == "S2"].assign(name="Khác", height_m=30.0)
    moved = table[table["id"] == "S3"].set_geometry(table[table["id"] == "S3"].translate(1e-6))
    workspace.store.upsert({"site": changed})
    workspace.store.upsert({"site": moved})
    workspace.store.delete("site", ["S1"])
    added, shape = commune.site(9, commune.at(100, 100))
    workspace.store.append({"site": commune.table([added], [shape])})
    (found,) = history.compare(workspace, "2026-11-22 09:30")
    assert (found.layer, found.added, found.changed, found.removed) == (
        "site",
        ("S9",),
        ("S2", "S3"),
        ("S1",),
    )
    assert found.columns == {"name": 1, "height_m": 1, "geometry": 1}
    history.save_snapshot(workspace, "sau", actor="An", now=NOW)
    assert history.compare(workspace, "2026-11-22 09:30", "sau") == (found,)
    assert history.compare(workspace, "sau") == ()
    with pytest.raises(NotFoundError):
        history.compare(workspace, "không có")


def test_a_restore_backs_the_present_state_up_first(workspace: Workspace, tmp_path: Path) -> None:
    saved = history.backup(workspace, path=tmp_path / "một.gpkg", now=NOW)
    workspace.store.delete("site", ["S1", "S2", "S3"])
    before = history.restore(workspace, saved, actor="An", now=NOW)
    assert workspace.store.count("site") == 3
    assert before == workspace.folder / "backups" / "xa-thu-20261122-093000.gpkg"
    assert history.backups(workspace) == (before,)
    history.restore(workspace, before, actor="An", now=NOW + dt.timedelta(seconds=1))
    assert workspace.store.count("site") == 0


def test_a_bad_backup_makes_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "x.gpkg").write_text("không phải")
    with pytest.raises(StoreError, match="backup_not_ours"):
        history.restore_at(tmp_path / "moi", tmp_path / "x.gpkg", actor="An", now=NOW)
    assert not (tmp_path / "moi").exists()


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_the_verbs_tell_undo_keep_and_restore(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--workspace", workspace.folder, "--json")
    changes = run(capsys, "history", *place)["changes"]
    assert [(one["number"], one["action"], one["can_undo"]) for one in changes] == [  # type: ignore[index]
        (2, "append", True),
        (1, "import", True),
    ]
    run(capsys, "snapshot", "save", "đầu", "--rows-only", *place)
    saved = run(capsys, "backup", *place)["path"]
    assert run(capsys, "undo", 2, "--reason", "nhầm", *place) == {"undone": 2, "number": 4}
    assert open_workspace(workspace.folder).store.count("site") == 0
    rows = run(capsys, "history", "--rows", 4, *place)["rows"]
    assert [(row["id"], row["after"]) for row in rows] == [("S1", None), ("S2", None), ("S3", None)]  # type: ignore[attr-defined]
    (layer,) = run(capsys, "snapshot", "compare", "đầu", *place)["layers"]  # type: ignore[misc]
    assert layer["removed"] == ["S1", "S2", "S3"]
    run(capsys, "restore", saved, *place)
    assert open_workspace(workspace.folder).store.count("site") == 3
    copied = run(capsys, "restore", saved, "--workspace", tmp_path / "ban-sao", "--json")
    assert copied["saved"] is None
    assert open_workspace(tmp_path / "ban-sao").name == "Xã Thử"
    assert main(["undo", "99", "--workspace", str(workspace.folder)]) == 3
    assert main(["snapshot", "compare", "--workspace", str(workspace.folder)]) == 3


def test_the_verbs_take_the_address_of_a_database(
    workspace: Workspace, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{database}?files={tmp_path / 'pg'}&schema=dong_lenh"
    saved = history.backup(workspace, path=tmp_path / "x.gpkg", now=NOW)
    run(capsys, "restore", saved, "--workspace", address, "--json")
    changes = run(capsys, "history", "--workspace", address, "--json")["changes"]
    assert [one["action"] for one in changes] == ["restore", "append", "import"]  # type: ignore[attr-defined]
    assert open_workspace(tmp_path / "pg").store.digest("site") == workspace.store.digest("site")
    run(
        capsys,
        "export",
        "--layer",
        "site",
        "--format",
        "csv",
        "--out",
        tmp_path / "s.csv",
        "--workspace",
        address,
        "--json",
    )
    assert (tmp_path / "s.csv").is_file()
