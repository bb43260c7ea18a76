"""A GeoPackage lies on a disk of this computer, never on a network drive."""

import pytest

from geo.errors import StoreError
from layers.store import create_store, drive, open_store

MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/data /chung/nfs nfs4 rw 0 0
//may-chu/chung /chung/\\040chung\\040 cifs rw 0 0
/dev/sdb1 /chung/nfs/usb vfat rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/srv/xa", "ext4"),
        ("/chung/nfs/xa", "nfs4"),
        ("/chung/nfsx/xa", "ext4"),
        ("/chung/ chung /xa", "cifs"),
        ("/chung/nfs/usb/xa", "vfat"),
    ],
)
def test_the_nearest_mount_tells_the_kind_of_disk(tmp_path, place, kind):
    assert drive.file_system(type(tmp_path)(place), MOUNTS) == kind


def test_a_network_drive_is_refused_for_a_new_and_an_old_workspace(tmp_path, monkeypatch):
    create_store(tmp_path / "xa", {}).close()
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(drive, "MOUNTS", mounts)
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    for call in (lambda: open_store(tmp_path / "xa"), lambda: create_store(tmp_path / "moi", {})):
        with pytest.raises(StoreError) as caught:
            call()
        assert caught.value.code == "workspace_on_network"
        assert caught.value.facts["kind"] == "nfs4"
    assert not (tmp_path / "moi").exists()
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    open_store(tmp_path / "xa").close()
