"""What headings meant the last time: kept in the workspace by their digest, offered again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from layers.exchange.word import fold
from planning.workspace import Workspace

PREFIX = "columns"


def key_of(layer: str, headings: Sequence[str]) -> str:
    """
    Name under which the meaning of headings is kept.

    Parameters
    ----------
    layer
        Layer name.
    headings
        Headings of the file in its order.

    Returns
    -------
    key
        ``columns.<layer>.<digest>``: equal for headings that differ in case, diacritics and spacing only.
    """
    said = "|".join(fold(heading) for heading in headings)
    return f"{PREFIX}.{layer}.{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def recall(workspace: Workspace, layer: str, headings: Sequence[str]) -> Mapping[str, str | None]:
    """
    What a user said before about headings like these.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name.
    headings
        Headings of the file in its order.

    Returns
    -------
    columns
        Heading of this file to column, None to leave it out; empty where nothing is kept.
    """
    kept = workspace.store.properties().get(key_of(layer, headings))
    if kept is None:
        return MappingProxyType({})
    by_place = json.loads(kept)
    return MappingProxyType(
        {heading: by_place[str(place)] for place, heading in enumerate(headings) if str(place) in by_place}
    )


def remember(
    workspace: Workspace, layer: str, headings: Sequence[str], columns: Mapping[str, str | None]
) -> None:
    """
    Keep what a user said about headings.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name.
    headings
        Headings of the file in its order.
    columns
        Heading to column as corrected, None for left out.
    """
    by_place = {str(place): columns[heading] for place, heading in enumerate(headings) if heading in columns}
    workspace.store.set_properties({key_of(layer, headings): json.dumps(by_place, sort_keys=True)})
