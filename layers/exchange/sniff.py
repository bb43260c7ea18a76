"""What a file is, by its content alone, held against what its name says."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from layers.exchange.archive import members
from layers.exchange.fault import refusal
from layers.exchange.raw import Limits
from layers.exchange.zipped import parts_of

NAMED = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xls": "xls", ".ods": "ods",
    ".geojson": "geojson",
    ".json": "geojson", ".gpkg": "gpkg", ".kml": "kml", ".kmz": "kmz", ".gpx": "gpx", ".zip": "shp",
    ".tif": "tiff", ".tiff": "tiff", ".msi": "msi", ".pln": "msi", ".osm": "osm", ".pbf": "pbf",
    ".dxf": "dxf", ".fgb": "fgb", ".parquet": "parquet", ".geoparquet": "parquet",
    ".geojsonl": "geojson", ".geojsons": "geojson", ".ndjson": "geojson",
}  # fmt: skip
ZIPPED = ("shp", "tab", "gdb")
"""Formats of several files, sent as one ZIP archive."""
DRAWINGS = ("DWG", "DGN")
DOCUMENTS = ("DOC", "DOCX", "PDF", "PPTX", "ODT", "RTF")
SUFFIX = {"geojson": ".geojson", "shp": ".zip", "tiff": ".tif"}

_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"II*\x00", "tiff"), (b"MM\x00*", "tiff"), (b"II+\x00", "tiff"), (b"MM\x00+", "tiff"),
    (b"MZ", "EXE"), (b"\x7fELF", "ELF"), (b"%PDF", "PDF"), (b"AC10", "DWG"), (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"), (b"7z\xbc\xaf", "7Z"), (b"Rar!", "RAR"), (b"\x1f\x8b", "GZIP"),
    (b"\x00\x00\x27\x0a", "SHP"), (b"BZh", "BZIP2"), (b"\xfd7zXZ", "XZ"), (b"fgb\x03fgb", "fgb"),
    (b"PAR1", "parquet"), (b"AutoCAD Binary DXF\r\n\x1a\x00", "dxf"), (b"{\\rtf", "RTF"),
    (b"\x08\x09\xfe\x02", "DGN"), (b"\xc8\x09\xfe\x02", "DGN"),
)  # fmt: skip
_DXF = re.compile(r"\s*(?:999\s*\n[^\n]*\n\s*)*0\s*\n\s*SECTION\b")
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_PBF = re.compile(rb"\x00\x00.{2}\x0a\x09OSMHeader", re.DOTALL)
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
    _require_data(found, suffix)
    expected = NAMED.get(suffix)
    if expected is None:
        raise refusal("format_mismatch" if _is_disguised(suffix, found) else "format_not_allowed",
                      found=_shown(found), name=suffix.lstrip(".").upper() or "-")  # fmt: skip
    if found == expected or {found, expected} == {"xls", "xlsx"} or (expected == "shp" and found in ZIPPED):
        return found
    if (found, expected) == ("csv", "msi"):  # both are plain text; what stands in it is the parser's affair
        return expected
    code = "zip_no_dataset" if (found, expected) == ("zip", "shp") else "format_mismatch"
    raise refusal(code, found=_shown(found), name=suffix.lstrip(".").upper())


def _require_data(found: str, suffix: str) -> None:
    """Drawings that nobody but their maker reads, and documents, are refused with what to ask for."""
    named = suffix.lstrip(".").upper()
    kind = next((one for one in (found, named) if one in (*DRAWINGS, *DOCUMENTS)), None)
    if kind is not None:
        raise refusal("format_drawing" if kind in DRAWINGS else "format_document", found=kind)


def _is_disguised(suffix: str, found: str) -> bool:
    return suffix == ".shp" and found != "SHP"


def _shown(found: str) -> str:
    return found.upper() if found in (*NAMED.values(), "sqlite", "zip") else found[:40]


def _content(head: bytes, path: Path, limits: Limits) -> str:
    if head.startswith(b"PK\x03\x04") and head[30:38] == b"mimetype" and _OPEN_DOCUMENT in head[:200]:
        members(path, limits)
        return "ods" if _OPEN_DOCUMENT + b"spreadsheet" in head[:200] else "ODT"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _archive(path, limits)
    for magic, found in _MAGIC:
        if head.startswith(magic):
            if found == "sqlite":
                return "gpkg" if head[68:72] in (b"GPKG", b"GP10", b"GP11") else "SQLite"
            if found == "xls" and "WordDocument".encode("utf-16-le") in head:
                return "DOC"
            if found == "xls" and "Dgn~".encode("utf-16-le") in head:
                return "DGN"
            return found
    if _PBF.match(head):
        return "pbf"
    text = _text(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        root = _ROOT.search(_PROLOGUE.sub("", text))
        found = root.group(2) if root else "XML"
        return found.lower() if found.lower() in ("kml", "gpx", "osm") else found
    if _DXF.match(text):
        return "dxf"
    if text.startswith(("{", "[", "\x1e{")):
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
    several = parts_of(iter(names))
    if any(name.endswith(".shp") for name in names) and several != "gdb":
        return "shp"
    if several is not None:
        return several
    return "kmz" if any(name.endswith(".kml") for name in names) else "zip"
