"""A PostgreSQL server with PostGIS for the tests: on loopback, in a folder of its own, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"
HOMES = "/usr/lib/postgresql"


def binaries() -> Path | None:
    """Folder of the newest server that has PostGIS, or None."""
    found = [
        home / "bin"
        for home in sorted(Path(HOMES).glob("*"), key=lambda path: path.name.zfill(4))
        if (home / "bin" / "initdb").is_file()
        and Path(f"/usr/share/postgresql/{home.name}/extension/postgis.control").is_file()
    ]
    return found[-1] if found else None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Address of a running server; durable writes are off, as nothing outlives the tests."""
    home = binaries()
    assert home is not None
    owner = _owner()
    data, sockets = folder / "data", folder / "run"
    for one in (folder, sockets):
        one.mkdir(parents=True, exist_ok=True)
        if owner is not None:
            shutil.chown(one, owner)
    # The server refuses to run as root, and its user has to reach the folder.
    run = _runner(owner, folder)
    run([home / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])
    port = _free_port()
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {sockets} -c fsync=off -c max_connections=60"
    run([home / "pg_ctl", "-D", data, "-o", settings, "-l", folder / "log", "-w", "start"])
    try:
        yield f"postgresql://{USER}@127.0.0.1:{port}/{USER}"
    finally:
        run([home / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])


def _owner() -> str | None:
    """User under whom the server runs, where we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return USER if USER in known else "nobody"


def _runner(owner, folder):
    def run(words):
        done = subprocess.run(
            [str(word) for word in words],
            user=owner,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if words[0].name == "initdb" else subprocess.DEVNULL,
        )
        assert done.returncode == 0, (words[0].name, done.stderr)

    return run


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_folder() -> Path:
    """A short folder that any user may enter: sockets allow about a hundred letters."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    return folder
