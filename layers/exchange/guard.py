"""The one way in for strangers' files: copied, opened in a process of its own, answered as plain values."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import pyogrio
import rasterio

from geo.errors import CancelledError, FileError, NotFoundError
from layers.exchange.driver import IN_MEMORY, RASTER, VECTOR
from layers.exchange.raster import Cells, Target, collect
from layers.exchange.raw import Limits, RawFile, from_message
from layers.exchange.scratch import scratch_folder
from layers.issue import Issue, Severity

VECTOR_DRIVERS = tuple(dict.fromkeys(VECTOR.values()))
"""Drivers left to the reading process, which narrows them to one; other formats are parsed without GDAL."""

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from layers.exchange.unplug import unplug; unplug(); "
    "from layers.exchange.worker import main; main()"
)
_MEMORY_PER_BYTE = 20
_MEMORY_FLOOR_BYTES = 1_200_000_000
_CPU_FLOOR_S, _CPU_PER_MB_S = 20, 2
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """
    Who waits for a file, and may stop it.

    Parameters
    ----------
    cancelled
        Asked several times a second; True ends the reading process.
    progress
        Called as often, with the share of the time allowed that has passed, 0–1.
    """

    cancelled: Callable[[], bool] = bool
    progress: Callable[[float], None] | None = None


NOBODY = Watch()


def read(
    path: Path,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    encoding: str | None = None,
    watch: Watch = NOBODY,
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
    watch
        Who waits for it.

    Returns
    -------
    raw
        Tables and faults. A refusal, a crash or an exceeded limit is a fault of severity error.

    Raises
    ------
    NotFoundError
        There is no such file.
    CancelledError
        The one who waits stopped it; nothing is left.
    """
    job = _Job(name=name or path.name, encoding=encoding, target=None, watch=watch)
    return _guarded(path, limits or Limits(), job)[0]


def read_raster(
    path: Path,
    target: Target,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    watch: Watch = NOBODY,
) -> tuple[RawFile, Cells | None]:
    """
    Cells of a stranger's raster on a grid of ours.

    Parameters
    ----------
    path, name, limits, watch
        As for :func:`read`.
    target
        Where the cells are wanted.

    Returns
    -------
    raw, cells
        What there is to say of the file; the cells, None where it is refused or no raster.

    Raises
    ------
    NotFoundError, CancelledError
        As for :func:`read`.
    """
    job = _Job(name=name or path.name, encoding=None, target=target, watch=watch)
    return _guarded(path, limits or Limits(), job)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    name: str
    encoding: str | None
    target: Target | None
    watch: Watch


def _guarded(path: Path, allowed: Limits, job: _Job) -> tuple[RawFile, Cells | None]:
    if not path.is_file():
        raise NotFoundError("file_missing", file=path.name)
    size = path.stat().st_size
    if size > allowed.bytes:
        return _refused("file_too_large", n_bytes=size, limit=allowed.bytes), None
    with scratch_folder() as folder:
        copy = folder / f"{uuid.uuid4().hex}.upload"
        try:
            shutil.copyfile(path, copy)
            with copy.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise FileError("file_unreadable", file=path.name) from error
        raw = _run(copy, folder, job, _sized(allowed, size))
        cells = collect(folder) if job.target is not None and raw.format else None
        return replace(raw, sha256=sha256), cells


def _sized(limits: Limits, size: int) -> Limits:
    values = asdict(limits)
    values["memory_bytes"] = min(limits.memory_bytes, _MEMORY_FLOOR_BYTES + _MEMORY_PER_BYTE * size)
    values["cpu_s"] = min(limits.cpu_s, _CPU_FLOOR_S + _CPU_PER_MB_S * size // 1_000_000)
    return Limits(**values)


def _run(copy: Path, folder: Path, job: _Job, limits: Limits) -> RawFile:
    request = {
        "path": str(copy),
        "folder": str(folder),
        "name": job.name,
        "encoding": job.encoding,
        "limits": asdict(limits),
        "target": None if job.target is None else asdict(job.target),
        "skip_vector": _vector_skip(),
        "skip_raster": _raster_skip(),
    }
    with subprocess.Popen(  # noqa: S603 - our own interpreter and words only
        [sys.executable, "-I", "-c", _START, str(_ROOT)],
        text=True,
        cwd=folder,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        status = _awaited(process, json.dumps(request), job.watch, limits.wall_s)
    if status is None:
        return _refused("read_time", limit=limits.wall_s)
    result = folder / "result.json"
    if status != 0 or not result.exists():
        return _refused("read_crashed", status=status)
    return from_message(json.loads(result.read_text("utf-8")), (folder / "shapes.bin").read_bytes())


def _awaited(process: subprocess.Popen[str], request: str, watch: Watch, most_s: float) -> int | None:
    """Status of the process once it has ended; None where it was ended for taking too long."""
    started = time.monotonic()
    try:
        with suppress(BrokenPipeError):
            process.communicate(request, timeout=min(_LOOK_S, most_s))
    except subprocess.TimeoutExpired:
        pass
    while process.poll() is None:
        passed_s = time.monotonic() - started
        if watch.progress is not None:
            watch.progress(min(passed_s / most_s, 1.0) if most_s else 1.0)
        if passed_s >= most_s or watch.cancelled():
            process.kill()
            process.wait()
            if passed_s >= most_s:
                return None
            raise CancelledError("cancelled")
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
    return process.returncode


def _refused(code: str, **facts: object) -> RawFile:
    return RawFile(format="", issues=(Issue(code=code, severity=Severity.ERROR, facts=facts),))


@lru_cache(maxsize=1)
def _environment() -> dict[str, str]:
    return {
        "OGR_SKIP": ",".join(_vector_skip()),
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_MAX_RETRY": "0",
        "SHAPE_RESTORE_SHX": "NO",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }


@lru_cache(maxsize=1)
def _vector_skip() -> tuple[str, ...]:
    """Vector drivers kept from the reading process: all but those of the formats that need one."""
    return tuple(sorted(set(pyogrio.list_drivers()) - set(VECTOR_DRIVERS)))


@lru_cache(maxsize=1)
def _raster_skip() -> tuple[str, ...]:
    """Raster drivers kept from the reading process: all but that of GeoTIFF and of rasters in memory."""
    with rasterio.Env() as environment:
        known = environment.drivers()
    return tuple(sorted(set(known) - {RASTER, IN_MEMORY}))
