"""Archives and workbooks whose bytes depend on content and a given moment alone; notes beside layers."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from layers.exchange.frame import describe_crs
from layers.exchange.staging import CHUNK_BYTES, damaged

README = "README.txt"
CORE = "docProps/core.xml"
MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """
    What a file says about itself.

    Parameters
    ----------
    labels
        Texts of the file under ``export.*``.
    notice
        Label of synthetic data; empty for real data.
    now
        Moment of writing, with its time zone.
    grid_epsg
        Zone of X and Y in tables and of drawings; None where no zone fits.
    palette
        Operator id to its colour ``#rrggbb`` and its symbol.
    """

    labels: Mapping[str, str]
    notice: str
    now: dt.datetime
    grid_epsg: int | None
    palette: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, key: str) -> str:
        """
        A text of the file itself.

        Parameters
        ----------
        key
            What stands behind ``export.readme.``.

        Returns
        -------
        text
            The text; the key where there is none.
        """
        return self.labels.get(f"export.readme.{key}", key)

    def about(self, *, crs: str, counts: Mapping[str, int]) -> list[tuple[str, object]]:
        """
        What a reader must know of the data.

        Parameters
        ----------
        crs
            System of the coordinates, in words.
        counts
            File or layer to its rows.

        Returns
        -------
        rows
            What, and its value.
        """
        return [
            (self.text("sample"), self.notice or self.text("real")),
            (self.text("edition"), self.labels.get("export.edition", "–")),
            (self.text("made_at"), self.now.strftime("%d/%m/%Y %H:%M %z").strip()),
            (self.text("crs"), crs),
            *((f"{self.text('rows')}: {name}", n_rows) for name, n_rows in counts.items()),
            (self.text("warning"), self.text("not_for_staking")),
        ]


def readme(
    folder: Path, notes: Notes, *, epsg: int, counts: Mapping[str, int], n_left_out: int, n_cut: int
) -> Path:
    """
    Write the text that goes with the files of an archive.

    Parameters
    ----------
    folder
        Where to.
    notes
        What the file says.
    epsg
        CRS of the shapes.
    counts
        Layer or file to its rows.
    n_left_out
        Rows that had no shape where the format needs one.
    n_cut
        Texts and shapes cut.

    Returns
    -------
    path
        The file.
    """
    rows = [
        *notes.about(crs=describe_crs(epsg), counts=counts),
        (notes.text("left_out"), n_left_out),
        (notes.text("cut"), n_cut),
    ]
    path = folder / README
    lines = "".join(f"{name}: {value}\r\n" for name, value in rows)
    path.write_bytes(lines.encode("utf-8-sig"))
    return path


def zip_files(files: Sequence[Path], path: Path, *, now: dt.datetime, root: Path | None = None) -> Path:
    """
    Pack files into an archive, and read it back.

    Parameters
    ----------
    files
        What goes in, in this order.
    path
        The archive.
    now
        Date that every member carries.
    root
        Folder that the members' names start from; None: only the names of the files.

    Returns
    -------
    path
        The archive.

    Raises
    ------
    StoreError
        ``export_damaged``: it does not read back.
    """
    names = [file.relative_to(root).as_posix() if root else file.name for file in files]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in zip(names, files, strict=True):
            with file.open("rb") as source, archive.open(_member(name, now), "w") as target:
                while block := source.read(CHUNK_BYTES):
                    target.write(block)
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        meant = {name: file.stat().st_size for name, file in zip(names, files, strict=True)}
        if archive.testzip() is not None or sizes != meant:
            raise damaged("zip differs")
    return path


def date_workbook(path: Path, *, now: dt.datetime) -> None:
    """
    Give a workbook the date of its content instead of the clock's, so that equal content gives equal bytes.

    Parameters
    ----------
    path
        XLSX or DOCX, rewritten in place.
    now
        The date.
    """
    stamp = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(path) as archive:
        members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            dated = MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content) if name == CORE else content
            with archive.open(_member(name, now), "w") as target:
                target.write(dated)


def _member(name: str, now: dt.datetime) -> zipfile.ZipInfo:
    moment = (max(now.year, 1980), now.month, now.day, now.hour, now.minute, now.second)
    member = zipfile.ZipInfo(name, date_time=moment)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member
