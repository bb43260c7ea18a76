"""Small files of the user's own and of the program's own, read as they are."""

from __future__ import annotations

from pathlib import Path

from geo.errors import FileError, NotFoundError


def read_note(path: Path, *, most_bytes: int) -> str:
    """
    A short text of the user's own, such as a digest kept elsewhere.

    Parameters
    ----------
    path
        The file.
    most_bytes
        Largest size [B].

    Returns
    -------
    text
        Its content.

    Raises
    ------
    NotFoundError
        ``file_missing``.
    FileError
        ``note_unreadable``: it is larger, or no text.
    """
    if not path.is_file():
        raise NotFoundError("file_missing", file=path.name)
    content = path.read_bytes()[: most_bytes + 1]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError("note_unreadable", file=path.name) from None
    if len(content) > most_bytes:
        raise FileError("note_unreadable", file=path.name)
    return text


def read_document(path: Path) -> bytes:
    """
    A document that the program itself has just written.

    Parameters
    ----------
    path
        Where it lies.

    Returns
    -------
    content
        Its bytes.
    """
    return path.read_bytes()
