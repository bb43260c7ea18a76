"""Bad input through the command line: what, where, how to mend it; the workspace stays byte-identical."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from geo.crs import transform
from layers.store.gpkg import GpkgStore
from planning.cli.main import main
from tests import commune

HEAD = "Mã trạm,Nhà mạng,Công nghệ,"
INSIDE = (106.4743, 20.8306)


def rows(*positions: tuple[float, float], ids: tuple[str, ...] = ()) -> str:
    """Lines of a list of sites."""
    names = ids or tuple(f"A{number}" for number in range(len(positions)))
    return "\n".join(f"{name},Viettel,5G,{x},{y}" for name, (x, y) in zip(names, positions, strict=True))


def metres(epsg: int, *, n: int = 4) -> list[tuple[float, float]]:
    """Points in the commune in metres of a zone, easting first."""
    points = [commune.at(500 + 600 * number, 1500) for number in range(n)]
    moved = [transform(point.x, point.y, epsg_from=commune.EPSG, epsg_to=epsg) for point in points]
    return [(round(float(x), 3), round(float(y), 3)) for x, y in moved]


def bow_tie() -> str:
    ring = [[106.47, 20.83], [106.48, 20.84], [106.48, 20.83], [106.47, 20.84], [106.47, 20.83]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"name": "Khu 1", "kind": "flood"}, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


degrees = "Kinh độ,Vĩ độ\n"
BAD = {
    "missing column": ("place", "a.csv", "Tên,Kinh độ,Vĩ độ\nĐiểm số một,106.4743,20.8306\n", []),
    "swapped": ("site", "a.csv", HEAD + degrees + rows((20.83, 106.47), (20.84, 106.48)), []),
    "metres as degrees": ("site", "a.csv", HEAD + degrees + rows(*metres(9210)), []),
    "other zone": ("site", "a.csv", HEAD + "Y (Đông),X (Bắc)\n" + rows(*metres(9209)), ["--crs", "9210"]),
    "bow-tie": ("zone", "a.geojson", bow_tie(), []),
    "duplicate ids": ("site", "a.csv", HEAD + degrees + rows(INSIDE, INSIDE, ids=("A1", "a1 ")), []),
    "empty": ("site", "a.csv", "", []),
    "not what its name says": ("site", "a.xlsx", "<OGRVRTDataSource></OGRVRTDataSource>", []),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    workspace = commune.empty(tmp_path / "w", population=1000)
    row, point = commune.site(1, commune.at(1500, 1500))
    workspace.store.replace({"site": commune.table([row], [point])})
    workspace.store.close()
    return tmp_path / "w"


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("case", BAD)
def test_nothing_is_written_and_the_way_to_mend_it_is_told(
    case: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layer, name, text, options = BAD[case]
    (tmp_path / name).write_text(text, encoding="utf-8")
    before = contents(folder)
    words = ["import", str(tmp_path / name), "--layer", layer, *options, "--workspace", str(folder), "--json"]
    assert main(words) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert contents(folder) == before
    assert error["message"]
    told = error["issues"]
    assert told, case
    assert all(issue["message"] and issue["remedy"] and "issue." not in issue["message"] for issue in told)
    if case in ("swapped", "bow-tie", "duplicate ids"):
        assert any(issue["row"] is not None for issue in told)
    if case == "missing column":
        assert any("kind" in str(issue["message"]) + str(issue["column"]) for issue in told)


def test_a_workspace_open_elsewhere_is_said_to_be_busy(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(HEAD + degrees + rows(INSIDE), encoding="utf-8")
    other = sqlite3.connect(folder / "workspace.gpkg")
    other.execute("BEGIN IMMEDIATE")
    try:
        words = ["import", str(tmp_path / "a.csv"), "--layer", "site", "--workspace", str(folder), "--json"]
        assert main(words) == 3
    finally:
        other.rollback()
        other.close()
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "workspace_busy"


def test_a_full_disk_leaves_the_workspace_as_it_was(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text(HEAD + degrees + rows(INSIDE), encoding="utf-8")
    before = contents(folder)

    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "workspace.gpkg"))

    monkeypatch.setattr(GpkgStore, "append", no_room)
    words = ["import", str(tmp_path / "a.csv"), "--layer", "site", "--workspace", str(folder), "--json"]
    assert main(words) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "disk_full"
    assert contents(folder) == before


def test_a_folder_that_is_no_workspace_is_named_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = tmp_path / "stranger"
    shutil.copytree(folder, stranger)
    with sqlite3.connect(stranger / "workspace.gpkg") as connection:
        connection.execute("DELETE FROM hatangso_property")
    connection.close()
    assert main(["gap", "--workspace", str(stranger), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "workspace_not_ours"
