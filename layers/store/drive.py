"""
Where a GeoPackage may lie: on a disk of this computer.

Over a network the locks by which SQLite keeps two writers apart are not dependable, and a broken connection
can leave half a write.

References
----------
SQLite, "SQLite Over a Network, Caveats and Considerations"; proc(5), ``/proc/mounts``.
"""

from __future__ import annotations

from pathlib import Path

from geo.errors import StoreError

MOUNTS = Path("/proc/mounts")
NETWORK = frozenset(
    [
        "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs2", "fuse.glusterfs",
        "fuse.gvfsd-fuse", "fuse.mfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "pvfs2", "smb2", "smb3", "smbfs",
    ]
)  # fmt: skip
"""Types of file systems that lie on another computer. Not ``9p``: so do virtual machines reach their disk."""


def require_local(folder: Path) -> None:
    """
    Refuse a folder of another computer.

    Parameters
    ----------
    folder
        Folder of a workspace, there or not yet.

    Raises
    ------
    StoreError
        ``workspace_on_network``.
    """
    place = folder.resolve()
    if str(place).startswith("\\\\"):
        raise StoreError("workspace_on_network", folder=folder.name, kind="UNC")
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # not Linux: nothing to ask
    kind = file_system(place, mounts)
    if kind in NETWORK:
        raise StoreError("workspace_on_network", folder=folder.name, kind=kind)


def file_system(place: Path, mounts: str) -> str:
    """
    Type of the file system on which a place lies.

    Parameters
    ----------
    place
        Absolute path.
    mounts
        Lines as of ``/proc/mounts``; the last of several at one place holds.

    Returns
    -------
    kind
        Type, for instance ``ext4``; empty where none fits.
    """
    around = {str(place), *(str(parent) for parent in place.parents)}
    found = ("", "")
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if point in around and len(point) >= len(found[0]):
            found = (point, parts[2])
    return found[1]
