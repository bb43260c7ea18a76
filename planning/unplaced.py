"""Rows without a position, or with that of their hamlet only: a queue to be fixed on the map by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import shapely

from geo.errors import NotFoundError, RangeError
from layers.catalogue import CATALOGUE
from layers.spec import Geometry
from layers.store.record import Note
from planning import data
from planning.workspace import Workspace

QUEUED = tuple(
    spec.name
    for spec in CATALOGUE
    if spec.filled and spec.geometry is Geometry.POINT and spec.name not in ("measurement", "cell")
)
"""Layers whose rows wait for a position; cells stand on their masts, published figures nowhere."""
MAX_ACCURACY_M = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """
    One row that waits for a position.

    Parameters
    ----------
    layer, id, name
        Which row it is; the name is empty where it has none.
    hamlet
        Hamlet that it names, or empty.
    note
        Its note: often the landmark.
    point
        Where it stands for the time being, EPSG:4326, or None.
    accuracy_m
        How far off that may be [m], or None.
    """

    layer: str
    id: str
    name: str
    hamlet: str
    note: str
    point: shapely.Point | None
    accuracy_m: float | None


def queue(workspace: Workspace) -> tuple[Unplaced, ...]:
    """
    Rows that wait for a position.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    rows
        Those without a position first, then those placed by hamlet or landmark, layer by layer.
    """
    found: list[Unplaced] = []
    for layer in QUEUED:
        if workspace.store.count(layer) == 0:
            continue
        for row in workspace.store.read(layer).to_dict("records"):
            basis, shape = row.get("position_basis"), row["geometry"]
            if shape is not None and basis not in ("hamlet", "landmark"):
                continue
            accuracy = row.get("accuracy_m")
            found.append(
                Unplaced(
                    layer=layer,
                    id=str(row["id"]),
                    name=_text(row.get("name")),
                    hamlet=_text(row.get("hamlet")),
                    note=_text(row.get("note")),
                    point=shape,
                    accuracy_m=float(accuracy) if isinstance(accuracy, int | float) else None,
                )
            )
    return tuple(sorted(found, key=lambda one: one.point is not None))


def place(
    workspace: Workspace,
    row: Unplaced,
    *,
    lon_deg: float,
    lat_deg: float,
    accuracy_m: float,
    now: dt.datetime,
    actor: str = "",
) -> None:
    """
    Give a row the position that a person chose on the map.

    Parameters
    ----------
    workspace
        The workspace.
    row
        The row.
    lon_deg, lat_deg
        Position [°], EPSG:4326.
    accuracy_m
        How far off it may be [m], 0–100 000, in the words of the person.
    now
        Present moment.
    actor
        Who does it.

    Raises
    ------
    NotFoundError
        The row is there no more.
    RangeError
        The accuracy or the position is impossible.
    """
    for name, value, low, high, unit in (
        ("accuracy_m", accuracy_m, 0.0, MAX_ACCURACY_M, "m"),
        ("lon_deg", lon_deg, -180.0, 180.0, "°"),
        ("lat_deg", lat_deg, -90.0, 90.0, "°"),
    ):
        if not low <= value <= high:
            raise RangeError(name, value, low, high, unit)
    table = workspace.store.read(row.layer)
    chosen = table[table["id"] == row.id].copy()
    if chosen.empty:
        raise NotFoundError("row_unknown", layer=row.layer, id=row.id)
    chosen["geometry"] = shapely.Point(lon_deg, lat_deg)
    chosen["accuracy_m"] = accuracy_m
    if "position_basis" in chosen:
        chosen["position_basis"] = "given"
    stated = str(chosen["is_assumed"].iloc[0]) if chosen["is_assumed"].notna().iloc[0] else ""
    chosen["is_assumed"] = ";".join(one for one in stated.split(";") if one and one != "geometry") or None
    note = Note(action="place", actor=actor, at=now.isoformat(timespec="seconds"), source="map")
    workspace.store.upsert({row.layer: chosen}, note=note)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def hamlet_positions(workspace: Workspace) -> Mapping[str, tuple[shapely.Point, str]]:
    """
    Positions proposed for hamlets that have none, from places and masts that name them.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    positions
        Hamlet id to a point, EPSG:4326, and the text key of what it rests on: the cultural house of that
        hamlet, else the middle of the masts said to stand in it. A proposal, to be confirmed.
    """
    hamlets = workspace.store.read("hamlet")
    lost = hamlets[hamlets.geometry.isna()]
    names = hamlets["name"].fillna("").str.casefold()
    unique = set(names[~names.duplicated(keep=False)])
    found: dict[str, tuple[shapely.Point, str]] = {}
    for layer in ("place", "site"):
        table = workspace.store.read(layer)
        given = table[table.geometry.notna() & (table["position_basis"].fillna("given") == "given")]
        for row in lost.itertuples():
            own = given[given["hamlet"].fillna("").str.casefold() == str(row.name).casefold()]
            if row.id in found or own.empty or str(row.name).casefold() not in unique:
                continue
            found[str(row.id)] = (own.geometry.union_all().centroid, f"hamlet.position.{layer}")
    return MappingProxyType(found)


def place_hamlets(workspace: Workspace, positions: Mapping[str, tuple[shapely.Point, str]]) -> int:
    """
    Give hamlets the positions that the user agreed with, marked as assumed.

    Parameters
    ----------
    workspace
        The workspace.
    positions
        As proposed by :func:`hamlet_positions`.

    Returns
    -------
    n_placed
        Hamlets placed.
    """
    hamlets = workspace.store.read("hamlet")
    chosen = hamlets[hamlets["id"].isin(list(positions))].copy()
    chosen["geometry"] = [positions[key][0] for key in chosen["id"]]
    stated = chosen["is_assumed"].fillna("").astype(str)
    chosen["is_assumed"] = [f"{text};geometry" if text else "geometry" for text in stated]
    chosen["accuracy_m"] = data.setting("hamlet_accuracy_m")
    workspace.store.upsert({"hamlet": chosen}, note=Note(action="place"))
    return len(chosen)
