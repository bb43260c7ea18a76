"""Packages instead of a server: three versions of each row, and nothing lost by itself."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.errors import FileError, NotFoundError
from layers.exchange import parcel as door
from layers.store import create_store
from planning import merge, parcel, patchwork, threeway
from planning.workspace import Workspace, open_workspace

DAY = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)
BOX = shapely.box(106.40, 20.80, 106.45, 20.85)
NEXT = shapely.box(106.45, 20.80, 106.50, 20.85)


def later(hours: int) -> dt.datetime:
    return DAY + dt.timedelta(hours=hours)


def sites(names: dict[str, str], *, lon: float = 106.42, step: float = 0.001) -> gpd.GeoDataFrame:
    points = [shapely.Point(lon + step * row, 20.82) for row in range(len(names))]
    rows = {"id": list(names), "name": list(names.values()), "sharing": "internal"}
    return gpd.GeoDataFrame(rows, geometry=points, crs=4326)


def make(folder: Path, code: str, *, is_sample: str = "0", outline: shapely.Geometry = BOX) -> Workspace:
    facts = {"name": f"Xã {code}", "commune_code": code, "calc_epsg": "9210", "is_sample": is_sample}
    store = create_store(folder, facts)
    row = {"id": [code], "name": [f"Xã {code}"], "code": [code], "sharing": ["public"]}
    store.replace({"boundary": gpd.GeoDataFrame(row, geometry=[outline], crs=4326)})
    store.close()
    return open_workspace(folder)


@pytest.fixture
def commune(tmp_path: Path) -> Workspace:
    found = make(tmp_path / "xa", "10882")
    found.store.replace({"site": sites({"a": "Cột A", "b": "Cột B", "c": "Cột C", "d": "Cột D"})})
    return found


@pytest.fixture
def city(tmp_path: Path) -> Workspace:
    return make(tmp_path / "tp", "31", outline=shapely.box(106.3, 20.7, 106.6, 20.9))


def hand_in(commune: Workspace, tmp_path: Path, hour: int) -> Path:
    out = tmp_path / f"{commune.code}-{hour}.zip"
    parcel.submit(commune, out, actor="chị Hà", now=later(hour))
    return out


def take(city: Workspace, *paths: Path, hour: int = 0) -> merge.MergeReport:
    return merge.merge(city, list(paths), actor="anh Nam", now=later(hour))


def names(workspace: Workspace) -> dict[str, str]:
    table = workspace.store.read("site")
    return dict(zip(table["id"], table["name"], strict=True))


def rename(workspace: Workspace, **new: str) -> None:
    table = workspace.store.read("site")
    table = table[table["id"].isin(list(new))].copy()
    table["name"] = [new[key] for key in table["id"]]
    workspace.store.upsert({"site": table})


def test_each_side_keeps_what_only_it_changed_and_both_are_asked_about_the_rest(
    city: Workspace, commune: Workspace, tmp_path: Path
) -> None:
    first = take(city, hand_in(commune, tmp_path, 1))
    assert [(line.outcome, line.n_added, line.made_by) for line in first.packs] == [("taken", 5, "chị Hà")]
    rename(commune, a="xã sửa A", c="xã sửa C")
    commune.store.delete("site", ["d"])
    commune.store.append({"site": sites({"e": "Cột E"}, lon=106.43)})
    rename(city, b="thành phố sửa B", c="thành phố sửa C")
    second = take(city, hand_in(commune, tmp_path, 2))
    assert names(city) == {"a": "xã sửa A", "b": "thành phố sửa B", "c": "thành phố sửa C", "e": "Cột E"}
    line = second.packs[0]
    assert (line.n_added, line.n_changed, line.n_removed, line.n_kept) == (1, 1, 1, 1)
    (conflict,) = second.conflicts
    assert (conflict.code, conflict.layer, conflict.id, conflict.kind) == (
        "10882",
        "site",
        "c",
        "changed_both",
    )
    assert merge.sides(city, conflict) == {"name": ("thành phố sửa C", "xã sửa C")}


@pytest.mark.parametrize(("take_theirs", "kept"), [(True, "xã sửa C"), (False, "thành phố sửa C")])
def test_a_conflict_stays_until_somebody_decides(
    city: Workspace, commune: Workspace, tmp_path: Path, *, take_theirs: bool, kept: str
) -> None:
    take(city, hand_in(commune, tmp_path, 1))
    rename(commune, c="xã sửa C")
    rename(city, c="thành phố sửa C")
    take(city, hand_in(commune, tmp_path, 2))
    rename(commune, a="lần nữa")
    (conflict,) = take(city, hand_in(commune, tmp_path, 3)).conflicts
    assert names(city)["c"] == "thành phố sửa C"
    merge.decide(city, conflict, take_theirs=take_theirs, actor="anh Nam", now=later(4))
    assert names(city)["c"] == kept
    assert merge.open_conflicts(city) == ()
    with pytest.raises(NotFoundError, match="parcel_no_conflict"):
        merge.decide(city, conflict, take_theirs=True, actor="anh Nam", now=later(4))


def test_the_same_package_again_changes_nothing_and_an_older_one_is_passed_over(
    city: Workspace, commune: Workspace, tmp_path: Path
) -> None:
    old = hand_in(commune, tmp_path, 1)
    rename(commune, a="mới")
    new = hand_in(commune, tmp_path, 2)
    report = take(city, old, new)
    assert [line.outcome for line in report.packs] == ["superseded", "taken"]
    change = city.store.last_change()
    report = take(city, new, old)
    assert [line.outcome for line in report.packs] == ["same", "older"]
    assert report.change is None
    assert city.store.last_change() == change
    assert names(city)["a"] == "mới"


def test_equal_ids_of_two_communes_stay_two_rows_and_references_follow(
    city: Workspace, commune: Workspace, tmp_path: Path
) -> None:
    other = make(tmp_path / "xa2", "10883", outline=NEXT)
    other.store.replace({"site": sites({"a": "Cột khác"}, lon=106.47)})
    cell = {
        "id": ["k"],
        "site_id": ["a"],
        "operators": ["viettel"],
        "technology": ["5G"],
        "sharing": ["internal"],
    }
    point = [shapely.Point(106.47, 20.82)]
    other.store.replace({"cell": gpd.GeoDataFrame(cell, geometry=point, crs=4326)})
    report = take(city, hand_in(commune, tmp_path, 1), hand_in(other, tmp_path, 1))
    assert names(city) == {"a": "Cột A", "b": "Cột B", "c": "Cột C", "d": "Cột D", "10883-a": "Cột khác"}
    assert city.store.read("cell")["site_id"].tolist() == ["10883-a"]
    assert [line.n_renamed for line in report.packs] == [0, 1]
    rename(other, a="Cột khác, sửa")
    assert take(city, hand_in(other, tmp_path, 2)).conflicts == ()
    assert names(city)["10883-a"] == "Cột khác, sửa"


def test_the_answer_brings_the_citys_changes_home_under_the_communes_own_ids(
    city: Workspace, commune: Workspace, tmp_path: Path
) -> None:
    other = make(tmp_path / "xa2", "10883", outline=NEXT)
    other.store.replace({"site": sites({"a": "Cột khác", "z": "Cột Z"}, lon=106.47)})
    take(city, hand_in(commune, tmp_path, 1), hand_in(other, tmp_path, 1))
    rename(city, **{"10883-a": "thành phố đặt tên"})
    rename(other, z="xã vừa sửa")
    made = parcel.reply(city, tmp_path / "tra_loi.zip", code="10883", actor="anh Nam", now=later(3))
    assert made.kind == "reply"
    report = take(other, made.path)
    assert report.conflicts == ()
    assert names(other) == {"a": "thành phố đặt tên", "z": "xã vừa sửa"}
    with pytest.raises(FileError, match="parcel_for_other"):
        take(commune, made.path)


def test_objects_at_a_border_that_two_communes_report_are_listed_and_stay(
    city: Workspace, commune: Workspace, tmp_path: Path
) -> None:
    other = make(tmp_path / "xa2", "10883", outline=NEXT)
    other.store.replace({"site": sites({"y": "Cột chung"}, lon=106.4201)})
    report = take(city, hand_in(commune, tmp_path, 1), hand_in(other, tmp_path, 1))
    (pair,) = report.duplicates
    assert (pair.layer, set(pair.ids), set(pair.codes)) == ("site", {"a", "y"}, {"10882", "10883"})
    assert pair.distance_m == pytest.approx(10.4, abs=0.2)
    assert len(names(city)) == 5


def changed(path: Path, name: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        held = {one: archive.read(one) for one in archive.namelist()}
    held[name] = held[name].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in held.items():
            archive.writestr(one, content)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tables/site.json", "Cột A".encode(), "Cột X".encode()),
        ("manifest.json", b"10882", b"10883"),
        ("signature.json", b'"signature": "', b'"signature": "A'),
    ],
)
def test_a_package_that_somebody_touched_is_refused_and_nothing_is_written(
    city: Workspace, commune: Workspace, tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    path = hand_in(commune, tmp_path, 1)
    changed(path, name, old, new)
    with pytest.raises(FileError, match="parcel_changed"):
        take(city, path)
    assert city.store.count("site") == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 5000])
def test_what_is_no_package_is_refused(city: Workspace, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "la.zip"
    path.write_bytes(content)
    with pytest.raises(FileError):
        take(city, path)


def test_sample_and_real_data_do_not_mix(city: Workspace, tmp_path: Path) -> None:
    made_up = make(tmp_path / "mau", "00000", is_sample="1")
    with pytest.raises(FileError, match="parcel_sample"):
        take(city, hand_in(made_up, tmp_path, 1))


def test_other_parameters_are_named_and_another_signature_is_noticed(
    city: Workspace, commune: Workspace, tmp_path: Path
) -> None:
    take(city, hand_in(commune, tmp_path, 1))
    (commune.folder / "packages" / door.KEY).unlink()
    rename(commune, a="ký bằng khoá khác")
    path = hand_in(commune, tmp_path, 2)
    facts = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    assert facts["parameters"] == dict(parcel.parameters())
    tables = door.read_parcel(path, door.Limits()).tables
    facts["parameters"]["dense_people_per_km2"] = -1.0
    door.write_parcel(path, facts=facts, tables=tables, keys=commune.folder, now=later(2))
    (line,) = take(city, path).packs
    assert line.is_new_signer
    assert line.differing == ("dense_people_per_km2",)


def test_equal_content_and_date_give_equal_packages(commune: Workspace, tmp_path: Path) -> None:
    first, second = hand_in(commune, tmp_path, 1).read_bytes(), hand_in(commune, tmp_path, 1).read_bytes()
    assert first == second


def test_private_rows_of_operators_stay_at_home(commune: Workspace, tmp_path: Path) -> None:
    table = sites({"p": "BÍ MẬT"}).assign(sharing="operator", operators="viettel")
    commune.store.append({"site": table})
    path = hand_in(commune, tmp_path, 1)
    assert b"B\xc3\x8d M\xe1\xba\xacT" not in b"".join(
        zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist()
    )


def test_the_quality_of_each_commune_is_reckoned(city: Workspace, commune: Workspace, tmp_path: Path) -> None:
    take(city, hand_in(commune, tmp_path, 1))
    city.store.delete("boundary", ["31"])
    (patch,) = patchwork.patches(city, today=DAY.date())
    assert (patch.code, patch.n_rows, patch.n_conflicts) == ("10882", 4, 0)
    assert patch.version is not None
    assert patch.stale_share == 1.0  # no row has a date
    assert 0 < patch.complete_share < 0.5


CASES = [
    # base, theirs, ours -> what happens
    ("1", "1", "2", "kept"),
    ("1", "2", "1", "changed"),
    ("1", None, "1", "removed"),
    (None, "1", None, "added"),
    ("1", "2", "3", "changed_both"),
    (None, "1", "2", "added_both"),
    ("1", None, "2", "removed_there"),
    ("1", "2", None, "removed_here"),
    ("1", "2", "2", "same"),
]


@pytest.mark.parametrize(("base", "theirs", "ours", "meant"), CASES)
def test_every_case_of_three_versions(
    base: str | None, theirs: str | None, ours: str | None, meant: str
) -> None:
    sides = [{} if one is None else {"x": one} for one in (base, theirs, ours)]
    found = threeway.compare(base=sides[0], theirs=sides[1], ours=sides[2])
    told = [name for name in ("added", "changed", "removed", "kept") if getattr(found, name) == ("x",)]
    assert [*told, *found.conflicts.values(), *(["same"] * found.n_same)] == [meant]
