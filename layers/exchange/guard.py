"""The one way in for strangers' files: copied, opened in a process of its own, answered as plain values."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import uuid
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import pyogrio

from geo.errors import FileError, NotFoundError
from layers.exchange.raw import Limits, RawFile, from_message
from layers.exchange.scratch import scratch_folder
from layers.issue import Issue, Severity

VECTOR_DRIVERS = ("ESRI Shapefile",)
"""Drivers left to the reading process; all other formats are parsed without GDAL."""

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from layers.exchange.unplug import unplug; unplug(); "
    "from layers.exchange.worker import main; main()"
)
_MEMORY_PER_BYTE = 20
_MEMORY_FLOOR_BYTES = 900_000_000
_CPU_FLOOR_S, _CPU_PER_MB_S = 20, 2


def read(
    path: Path, *, name: str | None = None, limits: Limits | None = None, encoding: str | None = None
) -> RawFile:
    """
    Content of a stranger's file.

    Parameters
    ----------
    path
        Where the file lies. Only its bytes are used; the reading process sees a copy under a made-up name.
    name
        Name given by the sender; that of ``path`` unless given.
    limits
        Largest sizes and means; the defaults unless given.
    encoding
        Encoding chosen by the user, or None to find out.

    Returns
    -------
    raw
        Tables and faults. A refusal, a crash or an exceeded limit is a fault of severity error.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    if not path.is_file():
        raise NotFoundError("file_missing", file=path.name)
    allowed = limits or Limits()
    size = path.stat().st_size
    if size > allowed.bytes:
        return _refused("file_too_large", n_bytes=size, limit=allowed.bytes)
    with scratch_folder() as folder:
        copy = folder / f"{uuid.uuid4().hex}.upload"
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            raise FileError("file_unreadable", file=path.name) from error
        return _run(copy, folder, name or path.name, _sized(allowed, size), encoding)


def _sized(limits: Limits, size: int) -> Limits:
    values = asdict(limits)
    values["memory_bytes"] = min(limits.memory_bytes, _MEMORY_FLOOR_BYTES + _MEMORY_PER_BYTE * size)
    values["cpu_s"] = min(limits.cpu_s, _CPU_FLOOR_S + _CPU_PER_MB_S * size // 1_000_000)
    return Limits(**values)


def _run(copy: Path, folder: Path, name: str, limits: Limits, encoding: str | None) -> RawFile:
    request = {
        "path": str(copy),
        "folder": str(folder),
        "name": name,
        "encoding": encoding,
        "limits": asdict(limits),
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and words only
            [sys.executable, "-I", "-c", _START, str(_ROOT)],
            input=json.dumps(request),
            text=True,
            cwd=folder,
            env=_environment(),
            capture_output=True,
            timeout=limits.wall_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _refused("read_time", limit=limits.wall_s)
    result = folder / "result.json"
    if done.returncode != 0 or not result.exists():
        return _refused("read_crashed", status=done.returncode)
    return from_message(json.loads(result.read_text("utf-8")), (folder / "shapes.bin").read_bytes())


def _refused(code: str, **facts: object) -> RawFile:
    return RawFile(format="", issues=(Issue(code=code, severity=Severity.ERROR, facts=facts),))


@lru_cache(maxsize=1)
def _environment() -> dict[str, str]:
    others = sorted(set(pyogrio.list_drivers()) - set(VECTOR_DRIVERS))
    return {
        "OGR_SKIP": ",".join(others),
        "GDAL_SKIP": "VRT WMS WMTS WCS DERIVED GTI STACTA STACIT HTTP PLMOSAIC EEDAI",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_MAX_RETRY": "0",
        "SHAPE_RESTORE_SHX": "NO",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }
