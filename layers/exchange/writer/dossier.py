"""Several files about the same layers in one archive, with a list of their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from layers.exchange.bundle import Notes, zip_files
from layers.exchange.frame import Frame
from layers.exchange.staging import CHUNK_BYTES
from layers.exchange.writer.format import DATA, build

SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """
    What goes into the archive.

    Parameters
    ----------
    frames
        Format to the layers as that format wants them placed.
    files
        Format to the name of its file.
    texts
        File name to its content.
    """

    frames: Mapping[str, Sequence[Frame]]
    files: Mapping[str, str]
    texts: Mapping[str, bytes]


def build_dossier(
    folder: Path, *, dossier: Dossier, notes: Sequence[Notes], epsg: int, names: Mapping[str, str]
) -> tuple[Path, Mapping[str, int]]:
    """
    Build the archive in a scratch folder.

    Parameters
    ----------
    folder
        Empty folder.
    dossier
        What goes in.
    notes
        What the files say of each layer, in the order of the frames.
    epsg
        CRS of the shapes.
    names
        Layer name to its name in drawings.

    Returns
    -------
    path, layers
        The archive, and each layer's rows in the file that holds most of them.

    Raises
    ------
    StoreError
        ``export_damaged``: a file does not read back.
    """
    stage = folder / "stage"
    stage.mkdir()
    layers: dict[str, int] = {}
    by_name = {frame.spec.name: note for frame, note in zip(dossier.frames["gpkg"], notes, strict=True)}
    for format_, frames in dossier.frames.items():
        if format_ == "gpkg" and "qgz" in dossier.frames:
            continue  # a project comes with its data
        work = folder / format_
        work.mkdir()
        said = [by_name[frame.spec.name] for frame in frames]
        built, written = build(
            work,
            frames=frames,
            notes=said,
            format=format_,
            epsg=epsg,
            as_zip=False,
            names=names,
            data_name=dossier.files.get("gpkg", DATA),
        )
        built.replace(stage / dossier.files[format_])
        if format_ == "qgz":
            beside = dossier.files["gpkg"]
            (work / beside).replace(stage / beside)
        for frame, one in zip(frames, written, strict=True):
            layers[frame.spec.name] = max(layers.get(frame.spec.name, 0), one.n_rows)
    for name, content in dossier.texts.items():
        (stage / name).write_bytes(content)
    files = sorted(stage.iterdir())
    sums = "".join(f"{_digest(file)}  {file.name}\n" for file in files)
    (stage / SUMS).write_text(sums, encoding="utf-8")
    path = zip_files([*files, stage / SUMS], folder / "dossier.zip", now=notes[0].now)
    return path, MappingProxyType(layers)


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(CHUNK_BYTES):
            found.update(block)
    return found.hexdigest()
