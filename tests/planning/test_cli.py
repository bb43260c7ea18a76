"""The command line: exit codes, refusals as JSON, the sample as the default."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from geo.crs import transform
from planning.cli.main import main, workspace_folder
from tests import commune

LON, LAT = 106.4743, 20.8306


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


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that the verbs find by themselves."""
    commune.empty(tmp_path / "w").store.close()
    monkeypatch.setenv("HATANGSO_WORKSPACE", str(tmp_path / "w"))
    return tmp_path


def written(folder: Path, *lines: str) -> str:
    """A list as a file."""
    (folder / "list.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / "list.csv")


def test_metres_under_degrees_are_told_so_with_the_zones_whatever_degrees_are_named(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east, north = (float(one) for one in transform(LON, LAT, epsg_from=4326, epsg_to=9209))
    file = written(workspace, "Mã trạm,Nhà mạng,Vĩ độ,Kinh độ", f"A1,Viettel,{north:.3f},{east:.3f}")
    for more in ([], ["--crs", "4326"]):
        error = refused(capsys, "import", file, "--layer", "site", *more)
        assert error["code"] == "import_refused"
        assert [one["code"] for one in error["issues"]] == ["coord_metres_as_degrees", "crs_zone_away"]
        assert "--crs 9209" in error["issues"][1]["remedy"]
        assert "EPSG:9210" in error["issues"][1]["message"]
    assert main(["import", file, "--layer", "site", "--crs", "9209", "--json"]) == 0


def test_a_list_without_position_or_operator_is_told_so_by_check_and_import(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(workspace, "Mã trạm,Tên trạm", "A1,Một")
    for verb in ("check", "import"):
        assert main([verb, file, "--layer", "site", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        told = {one["code"]: one for one in said["issues"]}
        assert {"column_position_absent", "column_operator_absent"} <= set(told)
        assert said.get("outcome", "accept-with-warning") == "accept-with-warning"
        assert "Kinh độ" in told["column_position_absent"]["message"]
        assert "Nhà mạng" in told["column_operator_absent"]["message"]


def test_errors_and_questions_are_listed_together_errors_first(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [f"A{number},Viettel,{LON},{LAT}" for number in (2, 3, 4)]
    file = written(
        workspace, "Mã trạm,Nhà mạng,Kinh độ,Vĩ độ", "A1,Viettel,abc,20.8", *good, "A5,Viettel,107.9,21.5"
    )
    error = refused(capsys, "import", file, "--layer", "site")
    assert [(one["code"], one["row"]) for one in error["issues"]] == [
        ("coord_unreadable", 2),
        ("place_far_off", 6),
    ]


def test_faults_name_the_heading_of_the_file_and_the_words_allowed(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(workspace, "Mã,Tên thôn,Số dân", "H1,Một,-10", "H1,Hai,20")
    error = refused(capsys, "import", file, "--layer", "hamlet")
    found = {one["code"]: one for one in error["issues"]}
    assert found["value_range"]["column"] == "Số dân"
    assert found["id_duplicate"]["column"] == "Mã"
    assert "  " not in found["value_range"]["message"]
    assert " ." not in found["value_range"]["message"]
    file = written(workspace, "Mã trạm,Nhà mạng,Công nghệ", "A1,Viettel,7G", 'A2,Viettel,"4G, 7G"')
    assert main(["check", file, "--layer", "site", "--json"]) == 0
    odd = [one for one in json.loads(capsys.readouterr().out)["issues"] if one["code"] == "value_unknown"]
    assert [(one["row"], one["column"]) for one in odd] == [(2, "Công nghệ"), (3, "Công nghệ")]
    assert "2G, 3G, 4G, 5G" in odd[0]["remedy"]


def test_what_is_written_has_no_open_question(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(
        workspace,
        "Mã trạm,Nhà mạng,Kinh độ,Vĩ độ",
        *(f"A{number},Viettel,{LON},{LAT}" for number in (1, 2, 3)),
        f"A4,Viettel,,{LAT}",
    )
    assert main(["import", file, "--layer", "site", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    told = {one["code"]: one["severity"] for one in said["issues"]}
    assert told["coord_incomplete"] == "warning"
    assert "ask" not in told.values()


def test_a_mapping_without_a_sign_is_wrong_usage(workspace: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["import", written(workspace, "Mã,Tên", "A,B"), "--layer", "site", "--map", "foo"])
    assert ended.value.code == 2


@pytest.mark.parametrize("layer", ["audit", "coverage5g", "calibration"])
def test_layers_that_the_program_makes_take_no_file(
    layer: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(capsys, "import", written(workspace, "Mã,Tên", "A,B"), "--layer", layer)
    assert error["code"] == "layer_not_importable"
