"""An address names a database and a folder; afterwards the folder alone is enough."""

import stat
from pathlib import Path

import pytest

from geo.errors import InputError, StoreError
from layers.store import address, create_store, exists, folder_of, open_store


def test_the_parts_of_an_address():
    found = address.parse(
        "postgresql://an@may-chu:5433/ha_tang?sslmode=require&files=/srv/x%C3%A3&schema=xa_mau"
    )
    assert found.url == "postgresql://an@may-chu:5433/ha_tang?sslmode=require"
    assert (found.schema, found.folder) == ("xa_mau", Path("/srv/xã"))
    assert address.parse(found.text) == found
    assert address.parse("postgresql:///d?files=/f").schema == "hatangso"
    assert folder_of("postgresql:///d?files=/f") == Path("/f")
    assert folder_of("var/sample") == Path("var/sample")
    assert not address.is_address("var/sample")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("postgresql:///d", "files"),
        ("postgresql:///d?files=tuong/doi", "files"),
        ("postgresql:///d?files=/f&schema=Xã", "schema"),
        ("postgresql:///d?files=/f&schema=x;drop", "schema"),
        ("postgresql:///d?files=/f&schema=public", "schema"),
        ("postgresql:///d?files=/f&schema=pg_catalog", "schema"),
    ],
)
def test_what_is_no_address_is_refused_by_its_part(text, part):
    with pytest.raises(InputError) as caught:
        address.parse(text)
    assert (caught.value.code, caught.value.facts) == ("address_malformed", {"part": part})


def test_a_server_that_does_not_answer_is_told_without_its_address(tmp_path):
    place = f"postgresql://an:mat-khau@127.0.0.1:1/d?files={tmp_path / 'xa'}"
    for call in (lambda: open_store(place), lambda: create_store(place, {})):
        with pytest.raises(StoreError) as caught:
            call()
        assert caught.value.code == "database_unreachable"
        assert "mat-khau" not in str(caught.value.facts)
    assert not exists(tmp_path / "xa")


def test_the_folder_remembers_its_database(database, tmp_path):
    folder = tmp_path / "xa"
    place = f"{database}?files={folder}&schema=nho"
    create_store(place, {"name": "Xã Nhớ"}).close()
    file = folder / address.POINTER
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert exists(folder)
    inode = file.stat().st_ino
    assert open_store(folder).properties()["name"] == "Xã Nhớ"
    assert file.stat().st_ino == inode
    moved = folder.rename(tmp_path / "chuyen")
    assert open_store(moved).folder == moved
    (tmp_path / "xa").mkdir()
    (tmp_path / "xa" / "workspace.gpkg").write_bytes(b"x")
    with pytest.raises(StoreError, match="workspace_exists"):
        create_store(f"{database}?files={folder}&schema=khac", {})
