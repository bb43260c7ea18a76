"""What a file is, by its content alone, held against what its name says."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from layers.exchange.archive import members
from layers.exchange.fault import refusal
from layers.exchange.raw import Limits

NAMED = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xls": "xls", ".geojson": "geojson",
    ".json": "geojson", ".gpkg": "gpkg", ".kml": "kml", ".kmz": "kmz", ".gpx": "gpx", ".zip": "shp",
    ".tif": "tiff", ".tiff": "tiff",
}  # fmt: skip
SUFFIX = {"geojson": ".geojson", "shp": ".zip", "tiff": ".tif"}

_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"II*\x00", "tiff"), (b"MM\x00*", "tiff"), (b"II+\x00", "tiff"), (b"MM\x00+", "tiff"),
    (b"MZ", "EXE"), (b"\x7fELF", "ELF"), (b"%PDF", "PDF"), (b"AC10", "DWG"), (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"), (b"7z\xbc\xaf", "7Z"), (b"Rar!", "RAR"), (b"\x1f\x8b", "GZIP"),
    (b"\x00\x00\x27\x0a", "SHP"), (b"BZh", "BZIP2"), (b"\xfd7zXZ", "XZ"),
)  # fmt: skip
_ROOT = re.compile(r"<\s*([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
_PROLOGUE = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>", re.DOTALL)


def sniff(path: Path, name: str, limits: Limits) -> str:
    """
    Format of a file.

    Parameters
    ----------
    path
        Where the bytes lie.
    name
        Name given by the sender, of which only the ending is looked at.
    limits
        Limits for the directory of an archive.

    Returns
    -------
    format
        One of the formats that can be read.

    Raises
    ------
    FileError
        The file is empty (``file_empty``), too large, of a kind that is not read
        (``format_not_allowed``), or not what its name says (``format_mismatch``).
    """
    size = path.stat().st_size
    if size > limits.bytes:
        raise refusal("file_too_large", n_bytes=size, limit=limits.bytes)
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise refusal("file_empty")
    suffix = PurePath(name.replace("\\", "/")).suffix.lower()
    found = _content(head, path, limits)
    expected = NAMED.get(suffix)
    if expected is None:
        raise refusal("format_mismatch" if _is_disguised(suffix, found) else "format_not_allowed",
                      found=_shown(found), name=suffix.lstrip(".").upper() or "-")  # fmt: skip
    if found == expected or {found, expected} == {"xls", "xlsx"}:
        return found
    code = "zip_no_dataset" if (found, expected) == ("zip", "shp") else "format_mismatch"
    raise refusal(code, found=_shown(found), name=suffix.lstrip(".").upper())


def _is_disguised(suffix: str, found: str) -> bool:
    return suffix == ".shp" and found != "SHP"


def _shown(found: str) -> str:
    return found.upper() if found in (*NAMED.values(), "sqlite", "zip") else found[:40]


def _content(head: bytes, path: Path, limits: Limits) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _archive(path, limits)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            if found == "sqlite":
                return "gpkg" if head[68:72] in (b"GPKG", b"GP10", b"GP11") else "SQLite"
            if found == "xls" and "WordDocument".encode("utf-16-le") in head:
                return "DOC"
            return found
    text = _text(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        root = _ROOT.search(_PROLOGUE.sub("", text))
        found = root.group(2) if root else "XML"
        return found.lower() if found.lower() in ("kml", "gpx") else found
    if text.startswith(("{", "[")):
        return "geojson"
    is_unicode = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "binary" if b"\x00" in head and not is_unicode else "csv"


def _text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    return head.decode("utf-8-sig", errors="replace")


def _archive(path: Path, limits: Limits) -> str:
    names = [one.filename.lower() for one in members(path, limits)]
    for found, mark in (
        ("xlsx", "xl/workbook.xml"),
        ("DOCX", "word/document.xml"),
        ("PPTX", "ppt/presentation.xml"),
    ):
        if mark in names:
            return found
    if any(name.endswith(".shp") for name in names):
        return "shp"
    return "kmz" if any(name.endswith(".kml") for name in names) else "zip"
