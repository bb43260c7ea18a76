"""
Packages between a commune and its city: tables as JSON under a signed list of digests.

A package is a ZIP of ``manifest.json`` (who, when, which version, digests of the tables), ``signature.json``
(Ed25519 over the bytes of the manifest) and ``tables/<layer>.json``. It is read without any driver: the
directory is judged first, each table is held against its digest, then parsed as JSON and well-known binary.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from geo.crs import WGS84
from geo.errors import FileError, NotFoundError
from layers.catalogue import BY_NAME
from layers.exchange.archive import members
from layers.exchange.bundle import zip_files
from layers.exchange.raw import Limits
from layers.exchange.staging import damaged, publish

MANIFEST, SIGNATURE, TABLES = "manifest.json", "signature.json", "tables"
FORMAT = 1
KINDS = ("submission", "reply")
FOLDER, SENT = "packages", "sent"
KEY = "signing.key"
STATE = "state.json"
_MEMBERS = frozenset({MANIFEST, SIGNATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """
    A package that proved whole and signed.

    Parameters
    ----------
    manifest
        What it says of itself.
    tables
        Layer name to its rows in EPSG:4326, columns as in the package.
    digest
        SHA-256 of its manifest: equal for equal content.
    signer
        Fingerprint of the key it was signed with.
    """

    manifest: Mapping[str, Any]
    tables: Mapping[str, gpd.GeoDataFrame]
    digest: str
    signer: str


def write_parcel(
    path: Path,
    *,
    facts: Mapping[str, Any],
    tables: Mapping[str, gpd.GeoDataFrame],
    keys: Path,
    now: dt.datetime,
) -> str:
    """
    Write a package, and read it back.

    Parameters
    ----------
    path
        Where it shall appear.
    facts
        What the manifest says beside the tables' digests.
    tables
        Layer name to its rows in EPSG:4326.
    keys
        Folder of the workspace; its signing key is made at the first package.
    now
        Date of the members.

    Returns
    -------
    digest
        SHA-256 of the manifest.

    Raises
    ------
    StoreError
        The file could not be written, or does not read back.
    """
    key = _signing_key(keys)
    digest, _ = publish(path, partial(_build, facts=facts, tables=tables, key=key, now=now))
    return digest


def read_parcel(path: Path, limits: Limits) -> Parcel:
    """
    Read a package that somebody sent.

    Parameters
    ----------
    path
        The file.
    limits
        Largest sizes.

    Returns
    -------
    parcel
        Its content.

    Raises
    ------
    NotFoundError
        ``file_missing``.
    FileError
        It is no package (``parcel_unknown``), was changed after it was signed (``parcel_changed``), or comes
        from a newer version (``parcel_newer``).
    """
    if not path.is_file():
        raise NotFoundError("file_missing", file=path.name)
    if path.stat().st_size > limits.bytes:
        raise FileError("parcel_unknown", file=path.name)
    names = {member.filename for member in members(path, limits)}
    if not names >= _MEMBERS or any(not name.startswith(f"{TABLES}/") for name in names - _MEMBERS):
        raise FileError("parcel_unknown", file=path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(MANIFEST)
            signer = _signer(content, archive.read(SIGNATURE), path)
            manifest = json.loads(content)
            if manifest.get("format") != FORMAT:
                raise FileError("parcel_newer", file=path.name)
            if {f"{TABLES}/{name}.json" for name in manifest["layers"]} != names - _MEMBERS:
                raise FileError("parcel_changed", file=path.name)
            tables = {name: _table(archive, name, facts, path) for name, facts in manifest["layers"].items()}
    except (zipfile.BadZipFile, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise FileError("parcel_unknown", file=path.name) from None
    if manifest.get("kind") not in KINDS or not str(manifest.get("code", "")).strip():
        raise FileError("parcel_unknown", file=path.name)
    return Parcel(
        manifest=MappingProxyType(manifest),
        tables=MappingProxyType(tables),
        digest=hashlib.sha256(content).hexdigest(),
        signer=signer,
    )


def keep(path: Path, *, folder: Path, group: str, digest: str) -> Path:
    """
    Keep a package in the workspace under its digest.

    Parameters
    ----------
    path
        The package.
    folder
        Folder of the workspace.
    group
        Code of the commune, or ``sent``.
    digest
        Digest of the package.

    Returns
    -------
    path
        Where it lies.
    """
    target = kept_path(folder=folder, group=group, digest=digest)
    target.parent.mkdir(parents=True, exist_ok=True)

    def build(scratch: Path) -> tuple[Path, None]:
        copy = scratch / target.name
        shutil.copyfile(path, copy)
        return copy, None

    publish(target, build)
    return target


def kept_path(*, folder: Path, group: str, digest: str) -> Path:
    """
    Where a package is kept.

    Parameters
    ----------
    folder
        Folder of the workspace.
    group
        Code of the commune, or ``sent``.
    digest
        Digest of the package.

    Returns
    -------
    path
        Below the folder ``packages``; the names are made of digits and letters only.
    """
    safe = "".join(char for char in group if char.isalnum())[:20] or "x"
    return folder / FOLDER / safe / f"{digest[:64]}.zip"


def read_state(folder: Path, group: str) -> Mapping[str, Any]:
    """
    What is known of a commune's packages.

    Parameters
    ----------
    folder
        Folder of the workspace.
    group
        Code of the commune.

    Returns
    -------
    state
        As written last; empty where nothing was merged yet.
    """
    path = kept_path(folder=folder, group=group, digest="x").with_name(STATE)
    if not path.is_file():
        return MappingProxyType({})
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType(found)


def states(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """
    What is known of every commune.

    Parameters
    ----------
    folder
        Folder of the workspace.

    Returns
    -------
    states
        Code to what ``write_state`` kept, in the order of the codes.
    """
    paths = sorted((folder / FOLDER).glob(f"*/{STATE}"))
    return MappingProxyType({path.parent.name: read_state(folder, path.parent.name) for path in paths})


def write_state(folder: Path, group: str, state: Mapping[str, Any]) -> None:
    """
    Keep what is known of a commune's packages, whole or not at all.

    Parameters
    ----------
    folder
        Folder of the workspace.
    group
        Code of the commune.
    state
        Plain values.
    """
    path = kept_path(folder=folder, group=group, digest="x").with_name(STATE)
    path.parent.mkdir(parents=True, exist_ok=True)

    def build(scratch: Path) -> tuple[Path, None]:
        built = scratch / STATE
        built.write_text(json.dumps(dict(state), ensure_ascii=False, sort_keys=True), encoding="utf-8")
        return built, None

    publish(path, build)


def _signing_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / FOLDER / KEY
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)

        def build(scratch: Path) -> tuple[Path, None]:
            made = scratch / KEY
            made.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
            made.chmod(0o600)
            return made, None

        publish(path, build)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def _fingerprint(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def _signer(content: bytes, signature: bytes, path: Path) -> str:
    try:
        said = json.loads(signature)
        public = base64.b64decode(said["public_key"], validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(
            base64.b64decode(said["signature"], validate=True), content
        )
    except (InvalidSignature, binascii.Error, ValueError, KeyError, TypeError):
        raise FileError("parcel_changed", file=path.name) from None
    return _fingerprint(public)


def _build(
    folder: Path,
    *,
    facts: Mapping[str, Any],
    tables: Mapping[str, gpd.GeoDataFrame],
    key: Ed25519PrivateKey,
    now: dt.datetime,
) -> tuple[Path, str]:
    inner = folder / TABLES
    inner.mkdir()
    layers = {}
    for name, table in tables.items():
        file = inner / f"{name}.json"
        file.write_bytes(_packed(table))
        layers[name] = {"rows": len(table), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    manifest = {**facts, "format": FORMAT, "layers": layers}
    content = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    (folder / MANIFEST).write_bytes(content)
    said = {
        "algorithm": "Ed25519",
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "signature": base64.b64encode(key.sign(content)).decode(),
    }
    (folder / SIGNATURE).write_text(json.dumps(said, indent=1), encoding="utf-8")
    files = [folder / MANIFEST, folder / SIGNATURE, *sorted(inner.iterdir())]
    path = zip_files(files, folder / "parcel.zip", now=now, root=folder)
    if {
        name: len(one) for name, one in read_parcel(path, Limits(bytes=path.stat().st_size)).tables.items()
    } != {name: len(one) for name, one in tables.items()}:
        raise damaged("package differs")
    return path, hashlib.sha256(content).hexdigest()


def _packed(table: gpd.GeoDataFrame) -> bytes:
    ordered = table.sort_values("id", kind="stable") if "id" in table else table
    names = [str(name) for name in ordered.columns if name != "geometry"]
    columns = [[None if pd.isna(one) else _plain(one) for one in ordered[name].tolist()] for name in names]
    shapes = shapely.to_wkb(ordered.geometry.to_numpy(), hex=True, include_srid=False).tolist()
    content = {"columns": names, "values": columns, "shapes": shapes}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.item() if hasattr(value, "item") else value


def _table(archive: zipfile.ZipFile, name: str, facts: Mapping[str, Any], path: Path) -> gpd.GeoDataFrame:
    if name not in BY_NAME:
        raise FileError("parcel_newer", file=path.name)
    content = archive.read(f"{TABLES}/{name}.json")
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        raise FileError("parcel_changed", file=path.name)
    said = json.loads(content)
    known = {column.name for column in BY_NAME[name].columns}
    if not set(said["columns"]) <= known:
        raise FileError("parcel_newer", file=path.name)
    try:
        shapes = shapely.from_wkb(said["shapes"]) if said["shapes"] else []
    except shapely.errors.ShapelyError:
        raise FileError("parcel_unknown", file=path.name) from None
    values = dict(zip(said["columns"], said["values"], strict=True))
    if (
        any(len(column) != len(said["shapes"]) for column in values.values())
        or len(said["shapes"]) != facts["rows"]
    ):
        raise FileError("parcel_unknown", file=path.name)
    frame = pd.DataFrame({key: pd.Series(column, dtype=object) for key, column in values.items()})
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=WGS84)
