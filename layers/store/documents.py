"""Documents of a workspace, by their digest: kept byte by byte as they came, and never opened here."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from geo.errors import FileError, NotFoundError
from layers.store.sqlite_file import errors

FOLDER = "documents"
KINDS = ("pdf", "png", "jpg", "docx", "xlsx")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TAIL_BYTES = 2048
_ZIP_PARTS = {"docx": b"word/document.xml", "xlsx": b"xl/workbook.xml"}
_MACROS = b"vbaProject.bin"


def kind_of(content: bytes) -> str | None:
    """
    Kind of a document by its content; its name decides nothing.

    Parameters
    ----------
    content
        Its bytes.

    Returns
    -------
    kind
        One of ``KINDS``, or None: another kind, damaged, or with macros.
    """
    if content.startswith(b"%PDF-"):
        tail = content[-_TAIL_BYTES:]
        return "pdf" if b"startxref" in tail and b"%%EOF" in tail else None
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png" if b"IEND" in content[-16:] else None
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg" if b"\xff\xd9" in content[-64:] else None
    if content.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in content and _MACROS not in content:
        return next((kind for kind, part in _ZIP_PARTS.items() if part in content), None)
    return None


def require(content: bytes, name: str, *, most_bytes: int) -> str:
    """
    Refuse a document that is too large or no document.

    Parameters
    ----------
    content
        Its bytes.
    name
        Name given by the sender, for the message.
    most_bytes
        Largest size [B].

    Returns
    -------
    kind
        One of ``KINDS``.

    Raises
    ------
    FileError
        ``document_large`` or ``document_kind``.
    """
    if len(content) > most_bytes:
        raise FileError("document_large", file=name, mb=len(content) / 1e6, most_mb=most_bytes / 1e6)
    kind = kind_of(content)
    if kind is None:
        raise FileError("document_kind", file=name, known=", ".join(KINDS))
    return kind


def keep(folder: Path, content: bytes) -> str:
    """
    Keep a document; the file appears whole or not at all.

    Parameters
    ----------
    folder
        Folder of the workspace.
    content
        Its bytes, accepted by :func:`require`.

    Returns
    -------
    digest
        SHA-256, hexadecimal.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    home = folder / FOLDER
    with errors(folder):
        home.mkdir(exist_ok=True)
        target = home / digest
        if not target.exists():
            draft = home / f".{digest}.{os.getpid()}"
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
    return digest


def read(folder: Path, digest: str) -> bytes:
    """
    A document that was kept.

    Parameters
    ----------
    folder
        Folder of the workspace.
    digest
        Its digest.

    Returns
    -------
    content
        Its bytes.

    Raises
    ------
    NotFoundError
        ``document_missing``: it is not there, or was changed since.
    """
    path = folder / FOLDER / digest
    if not _DIGEST.fullmatch(digest) or not path.is_file():
        raise NotFoundError("document_missing", digest=digest[:12])
    with errors(folder):
        content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotFoundError("document_missing", digest=digest[:12])
    return content
