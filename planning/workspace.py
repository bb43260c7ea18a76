"""A workspace (*bộ dữ liệu*): one commune's layers, rasters and results in one folder."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import shapely

from geo.crs import propose_calc_epsg
from geo.errors import GeometryError, NotFoundError, StoreError
from layers.catalogue import CATALOGUE
from layers.cell import operators_of, split
from layers.issue import reason_code
from layers.spec import LayerSpec
from layers.store import Note, create_store, exists, folder_of, open_store
from layers.store.port import Store
from planning import data

AREA_LAYER = "boundary"
PARAMETERS = ("band", "tx_power_dbm", "gain_dbi", "height_m", "azimuth_deg", "electrical_tilt_deg")
"""Columns of a cell that decide where its signal goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """
    An open workspace.

    Parameters
    ----------
    folder
        Where it lies.
    store
        Its tables.
    name, code
        Name and administrative code of the area.
    calc_epsg
        Projected CRS of all calculations.
    is_sample
        True where everything in it is synthetic.
    """

    folder: Path
    store: Store
    name: str
    code: str
    calc_epsg: int
    is_sample: bool

    @property
    def rasters(self) -> Path:
        """Folder of terrain, clutter and coverage rasters."""
        return self.folder / "rasters"

    @property
    def cache(self) -> Path:
        """Folder of what can be computed again."""
        return self.folder / "cache"

    def is_dense(self) -> bool:
        """
        Whether the area is as dense as a city ward, for which the urban model is meant.

        Returns
        -------
        is_dense
            True where people for each km² reach the setting ``dense_people_per_km2``; False where nobody
            knows how many live there.
        """
        outline = self.store.read(AREA_LAYER)
        people = self.store.read("hamlet")["population"].sum() or outline["population_registered"].sum()
        if outline.empty:
            return False
        area_km2 = outline.to_crs(self.calc_epsg).union_all().area / 1e6
        return bool(float(people) / area_km2 >= data.setting("dense_people_per_km2"))

    def boundary(self) -> shapely.Geometry:
        """
        Outline of the area.

        Returns
        -------
        boundary
            Polygon or multipolygon in ``calc_epsg``.

        Raises
        ------
        NotFoundError
            The layer ``boundary`` is still empty.
        """
        table = self.store.read(AREA_LAYER)
        if table.empty:
            raise NotFoundError("boundary_missing")
        outline: shapely.Geometry = table.to_crs(self.calc_epsg).union_all()
        return outline


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerState:
    """
    What the workspace holds of one layer.

    Parameters
    ----------
    spec
        The layer.
    n_rows
        Rows.
    n_without_place
        Rows without a position.
    n_stale
        Rows older than the stale limit.
    n_undated
        Rows without a date.
    n_assumed
        Rows with at least one assumed column.
    missing
        Column name to the number of rows where it has no value.
    """

    spec: LayerSpec
    n_rows: int
    n_without_place: int
    n_stale: int
    n_undated: int
    n_assumed: int
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    Something to ask somebody for.

    Parameters
    ----------
    what_key, from_key, why_key
        Text keys: what is missing, who has it, what it changes.
    facts
        Values that the texts name.
    """

    what_key: str
    from_key: str
    why_key: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """
    What a workspace holds and what it lacks.

    Parameters
    ----------
    layers
        One record for each layer that the product fills.
    asks
        What to ask for, the most useful first.
    """

    layers: tuple[LayerState, ...]
    asks: tuple[Ask, ...]


def open_workspace(place: Path | str) -> Workspace:
    """
    Open an existing workspace.

    Parameters
    ----------
    place
        Its folder, or ``postgresql://…?files=/folder``.

    Returns
    -------
    workspace
        The open workspace.

    Raises
    ------
    NotFoundError
        There is no workspace in that folder.
    SchemaError
        The file there is not a workspace of this product.
    """
    store = open_store(place)
    return _of(store.folder, store)


def create(
    place: Path | str,
    *,
    boundary: gpd.GeoDataFrame | None,
    name: str,
    code: str,
    calc_epsg: int | None = None,
    population: int | None = None,
    source: str = "",
    now: dt.datetime,
) -> Workspace:
    """
    Create an empty workspace, with its outline where one is known.

    Parameters
    ----------
    place
        New or empty folder, or ``postgresql://…?files=/folder``.
    boundary
        Outline in any CRS; only its shapes are used. None: to be added later.
    name, code
        Name and administrative code.
    calc_epsg
        Projected CRS of calculations; None proposes one from the position.
    population
        Registered population, where known.
    source
        Where the outline comes from.
    now
        Present moment.

    Returns
    -------
    workspace
        The open workspace.

    Raises
    ------
    StoreError
        The folder already holds a workspace.
    GeometryError
        The outline is not an area.
    """
    folder = folder_of(place)
    if exists(folder):
        raise StoreError("workspace_exists", folder=folder.name)
    outline = None if boundary is None else _outline(boundary)
    epsg = calc_epsg or (
        9210 if outline is None else propose_calc_epsg(outline.centroid.x, outline.centroid.y)
    )
    store = create_store(
        place,
        {
            "name": name,
            "commune_code": code,
            "calc_epsg": str(epsg),
            "is_sample": "0",
            "made_at": now.isoformat(),
        },
    )
    if outline is not None:
        note = Note(action="import", at=now.isoformat(timespec="seconds"), source=source)
        store.replace({AREA_LAYER: _boundary_row(outline, name, code, population, source, now)}, note=note)
    return _of(folder, store)


def set_boundary(
    workspace: Workspace,
    boundary: gpd.GeoDataFrame,
    *,
    name: str,
    code: str,
    population: int | None,
    source: str,
    now: dt.datetime,
) -> Workspace:
    """
    Give a workspace its outline, or another one; everything else in it stays.

    Parameters
    ----------
    workspace
        The workspace.
    boundary
        Outline in any CRS; only its shapes are used.
    name, code
        Name and administrative code from now on.
    population
        Registered population, where known.
    source
        Where the outline comes from.
    now
        Present moment.

    Returns
    -------
    workspace
        The same workspace under its new name. Its calculations keep their CRS, unless it held no outline.

    Raises
    ------
    GeometryError
        The outline is not an area; nothing is changed.
    """
    outline = _outline(boundary)
    values = {"name": name, "commune_code": code}
    if workspace.store.count(AREA_LAYER) == 0:
        values["calc_epsg"] = str(propose_calc_epsg(outline.centroid.x, outline.centroid.y))
    note = Note(action="import", at=now.isoformat(timespec="seconds"), source=source)
    row = _boundary_row(outline, name, code, population, source, now)
    workspace.store.replace({AREA_LAYER: row}, note=note)
    workspace.store.set_properties(values)
    return _of(workspace.folder, workspace.store)


def _outline(boundary: gpd.GeoDataFrame) -> shapely.Geometry:
    if boundary.crs is None:
        raise GeometryError("boundary_without_crs")
    outline = shapely.force_2d(boundary.to_crs(4326).union_all())
    if outline.is_empty or outline.geom_type not in ("Polygon", "MultiPolygon"):
        raise GeometryError("boundary_not_area", kind=outline.geom_type)
    if not outline.is_valid:
        raise GeometryError("boundary_invalid", reason=reason_code(shapely.is_valid_reason(outline)))
    return outline


def _boundary_row(
    outline: shapely.Geometry, name: str, code: str, population: int | None, source: str, now: dt.datetime
) -> gpd.GeoDataFrame:
    row = {
        "id": code or "boundary",
        "name": name,
        "code": code,
        "population_registered": population,
        "source": source or None,
        "as_of": now.date().isoformat(),
        "is_sample": False,
        "sharing": "public",
    }
    return gpd.GeoDataFrame([row], geometry=[outline], crs=4326)


def _of(folder: Path, store: Store) -> Workspace:
    values = store.properties()
    return Workspace(
        folder=folder,
        store=store,
        name=values.get("name", folder.name),
        code=values.get("commune_code", ""),
        calc_epsg=int(values.get("calc_epsg", "9210")),
        is_sample=values.get("is_sample") == "1",
    )


def file_slug(name: str) -> str:
    """
    Name for files: lower-case ASCII with hyphens.

    Parameters
    ----------
    name
        Any text.

    Returns
    -------
    slug
        For instance ``xa-ha-dong``.
    """
    folded = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D").casefold())
    kept = "".join(
        char if char.isascii() and char.isalnum() else " "
        for char in folded
        if not unicodedata.combining(char)
    )
    return "-".join(kept.split()) or "workspace"


def inventory(workspace: Workspace, *, today: dt.date) -> Inventory:
    """
    What the workspace holds, what is stale, and what to ask from whom.

    Parameters
    ----------
    workspace
        The workspace.
    today
        Present day.

    Returns
    -------
    inventory
        One record for each filled layer, and the questions, the most useful first.
    """
    filled = [spec for spec in CATALOGUE if spec.filled]
    return Inventory(
        layers=tuple(_layer_state(spec, workspace.store.read(spec.name), today) for spec in filled),
        asks=tuple(_asks(workspace)),
    )


def stale_before(today: dt.date) -> str:
    """
    Day before which a record counts as stale.

    Parameters
    ----------
    today
        Present day.

    Returns
    -------
    day
        ISO 8601 day, ``stale_months`` earlier.
    """
    months = today.year * 12 + today.month - 1 - int(data.setting("stale_months"))
    return dt.date(months // 12, months % 12 + 1, min(today.day, 28)).isoformat()


def _layer_state(spec: LayerSpec, table: gpd.GeoDataFrame, today: dt.date) -> LayerState:
    dates = table["as_of"]
    assumed = table["is_assumed"].fillna("").astype(str).str.len() > 0
    own = [column.name for column in spec.columns if column.name not in ("id", "is_assumed", "is_sample")]
    return LayerState(
        spec=spec,
        n_rows=len(table),
        n_without_place=int(table.geometry.isna().sum()),
        n_stale=int((dates.dropna().astype(str) < stale_before(today)).sum()),
        n_undated=int(dates.isna().sum()),
        n_assumed=int(assumed.sum()),
        missing={name: int(table[name].isna().sum()) for name in own},
    )


def _asks(workspace: Workspace) -> list[Ask]:
    store = workspace.store
    sites, cells, hamlets = store.read("site"), store.read("cell"), store.read("hamlet")
    asks = [
        Ask(what_key=f"ask.{layer}.what", from_key=f"ask.{layer}.from", why_key=f"ask.{layer}.why", facts={})
        for layer in ("boundary", "hamlet", "site", "place", "building", "fiber_node", "wifi")
        if store.count(layer) == 0
    ]
    known = set(operators_of(sites, cells))
    expected = [row for row in data.operators() if row.is_sample == workspace.is_sample and row.bands]
    asks += [
        _ask("operator", operator=row.names["vi"])
        for row in expected
        if sites.shape[0] and row.id not in known
    ]
    partly = set(cells.loc[cells[list(PARAMETERS)].isna().any(axis=1), "site_id"])
    with_5g = [split(row) for row in sites["technologies"]]
    full = set(cells.loc[cells["technology"] == "5G", "site_id"]) - partly
    bare = sum("5G" in known and key not in full for key, known in zip(sites["id"], with_5g, strict=True))
    if bare > 0:
        asks.append(_ask("cell", n=bare))
    if len(hamlets) and int(hamlets.geometry.isna().sum()):
        asks.append(_ask("hamlet_place", n=int(hamlets.geometry.isna().sum())))
    if len(hamlets) and int(hamlets["population"].isna().sum()):
        asks.append(_ask("hamlet_people", n=int(hamlets["population"].isna().sum())))
    asks += [
        _ask(name) for name in ("terrain", "clutter") if not (workspace.rasters / f"{name}.tif").exists()
    ]
    return asks


def _ask(name: str, **facts: object) -> Ask:
    return Ask(
        what_key=f"ask.{name}.what", from_key=f"ask.{name}.from", why_key=f"ask.{name}.why", facts=facts
    )
