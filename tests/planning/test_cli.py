"""The command line: exit codes, refusals as JSON, the sample as the default."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from planning.cli.main import main, workspace_folder
from tests import commune


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> dict:  # type: ignore[type-arg]
    """Run a verb that is refused, with --json."""
    assert main([*words, "--json"]) == 3
    return json.loads(capsys.readouterr().out)["error"]


def test_wrong_words_end_with_2() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2


def test_a_refusal_has_code_message_facts_and_issues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(capsys, "gap", "--workspace", str(tmp_path / "nowhere"))
    assert error["code"] == "workspace_missing"
    assert set(error) == {"code", "message", "facts", "issues"}
    assert "error." not in error["message"]


def test_a_file_that_is_no_workspace_is_named_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "workspace.gpkg").write_bytes(b"not a database at all" * 100)
    error = refused(capsys, "coverage", "--workspace", str(tmp_path))
    assert error["code"] == "workspace_not_ours"


def test_the_workspace_comes_from_the_argument_then_the_environment_then_the_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HATANGSO_WORKSPACE", raising=False)
    assert workspace_folder(None) == Path("var/sample")
    monkeypatch.setenv("HATANGSO_WORKSPACE", "elsewhere")
    assert workspace_folder(None) == Path("elsewhere")
    assert workspace_folder(Path("here")) == Path("here")


def test_a_refused_import_leaves_the_workspace_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = commune.empty(tmp_path / "w")
    row, point = commune.site(1, commune.at(1500, 1500))
    workspace.store.replace({"site": commune.table([row], [point])})
    workspace.store.close()
    before = hashlib.sha256((tmp_path / "w" / "workspace.gpkg").read_bytes()).hexdigest()
    bad = tmp_path / "sites.csv"
    bad.write_text("Mã trạm,Vĩ độ,Kinh độ\nA1,106.47,20.83\nA2,106.48,20.84\n", encoding="utf-8")
    error = refused(capsys, "import", str(bad), "--layer", "site", "--workspace", str(tmp_path / "w"))
    assert error["issues"]
    assert all(issue["message"] and issue["remedy"] for issue in error["issues"])
    assert hashlib.sha256((tmp_path / "w" / "workspace.gpkg").read_bytes()).hexdigest() == before


def test_another_commune_is_not_this_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commune.empty(tmp_path / "w").store.close()
    error = refused(capsys, "gap", "--commune", "10882", "--workspace", str(tmp_path / "w"))
    assert error["code"] == "commune_unknown"


def test_figures_are_numbers_that_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = commune.empty(tmp_path / "w", population=9000)
    row, point = commune.site(1, commune.at(1500, 1500))
    workspace.store.replace({"site": commune.table([row], [point])})
    workspace.store.close()
    where = ["--workspace", str(tmp_path / "w"), "--json"]
    assert (
        main(["coverage", "--cell-m", "50", "--assume-flat-m", "2", "--assume-clutter-m", "6", *where]) == 0
    )
    assert json.loads(capsys.readouterr().out)["n_cells"] == 3
    assert main(["gap", *where]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["operators"]) == {"viettel", "any", "two_or_more"}
    for figures in found["operators"].values():
        assert figures["covered"] + figures["uncovered"] + figures["unknown"] == pytest.approx(9000)
        assert 0 <= figures["assumed_share"] <= 1
    assert found["run"]


def test_an_export_of_nothing_and_one_for_no_operator_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = commune.empty(tmp_path / "w")
    row, point = commune.site(1, commune.at(1500, 1500))
    workspace.store.replace({"site": commune.table([row | {"sharing": "operator"}], [point])})
    workspace.store.close()
    out = tmp_path / "x.csv"
    words = ["export", "--layer", "site", "--format", "csv", "--out", str(out)]
    words += ["--workspace", str(tmp_path / "w"), "--sharing"]
    assert refused(capsys, *words, "public")["code"] == "export_nothing_shared"
    assert refused(capsys, *words, "operator")["code"] == "export_operator_missing"
    assert refused(capsys, *words, "operator", "--for-operator", "vnpt")["code"] == "export_nothing_shared"
    assert not out.exists()
    assert main([*words, "operator", "--for-operator", "viettel", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1
    assert out.is_file()
