"""Fibre within reach: access points with a free port and light enough, along streets, poles and cables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.coverage import State
from geo.route import Network, attenuation, network, ways
from geo.units import Array, Booleans, Bytes, Floats
from layers.cell import split
from planning import data
from planning.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Access:
    """
    Where a household can be joined to fibre.

    Parameters
    ----------
    x_m, y_m
        Positions in the CRS of the calculation [m], shape (n,).
    speed_gbps
        Speed [Gbit/s], shape (n,); not-a-number where neither it nor the technology is stated.
    is_full
        True where every port is in use, shape (n,).
    has_ports
        True where a free port is stated, shape (n,).
    loss_db
        Loss of light from the exchange to a subscriber there [dB], shape (n,); infinite where no cable
        leads from an exchange.
    budget_db
        Loss that its technology bears, the reserve taken off [dB], shape (n,); not-a-number where nobody
        has stated the technology.
    asked
        Operator who could tell more about each, shape (n,); "" where none is named.
    """

    x_m: Floats
    y_m: Floats
    speed_gbps: Floats
    is_full: Booleans
    has_ports: Booleans
    loss_db: Floats
    budget_db: Floats
    asked: Array

    @property
    def is_dark(self) -> Booleans:
        """True where the light that arrives is known to be too little."""
        return np.isfinite(self.loss_db) & (self.loss_db > self.budget_db)

    @property
    def is_sure(self) -> Booleans:
        """True where a free port and enough light are both known."""
        return self.has_ports & (self.loss_db <= self.budget_db)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reached:
    """
    Places and the fibre near them.

    Parameters
    ----------
    state
        Values of ``geo.coverage.State``, shape (n,).
    assumed
        True where a free port, the light or the way is assumed, shape (n,).
    asked
        Operator of the access point that decided, shape (n,); "" for none.
    """

    state: Bytes
    assumed: Booleans
    asked: Array


def chosen(found: Reached, kept: Array) -> Reached:
    """
    Some of the places.

    Parameters
    ----------
    found
        All of them.
    kept
        Which: a mask of shape (n,), or indices.

    Returns
    -------
    reached
        Those.
    """
    return Reached(state=found.state[kept], assumed=found.assumed[kept], asked=found.asked[kept])


@cache
def losses() -> dict[tuple[str, int], float]:
    """
    Loss of each part of a fibre line.

    Returns
    -------
    losses
        Part and ratio of a splitter (0 for other parts) to its loss [dB]; a kilometre counts as a part.
    """
    return {
        (row["element"], int(row["ratio"] or 0)): float(row["loss_db"])
        for row in data.listed("devices/fiber_loss")
    }


@cache
def budgets() -> dict[str, float]:
    """
    Loss that each technology bears between its ends.

    Returns
    -------
    budgets
        Technology to the budget of the class that is the default [dB].
    """
    return {
        row["technology"]: float(row["budget_db"])
        for row in data.listed("devices/fiber_budget")
        if row["is_default"] == "1"
    }


def split_loss_db(ratio: float) -> float:
    """
    Loss of a splitter.

    Parameters
    ----------
    ratio
        Subscribers that share the light, above 0.

    Returns
    -------
    loss_db
        Loss of the smallest splitter of the list that serves so many; 0 for one subscriber.
    """
    known = sorted(size for part, size in losses() if part == "splitter")
    chosen = next((size for size in known if size >= ratio), known[-1])
    return 0.0 if ratio <= 1 else losses()[("splitter", chosen)]


def access(nodes: gpd.GeoDataFrame, spans: gpd.GeoDataFrame) -> Access:
    """
    Access points with what is known of their ports and of their light.

    Parameters
    ----------
    nodes, spans
        Layers ``fiber_node`` and ``fiber_span`` in the CRS of the calculation.

    Returns
    -------
    access
        Working ones, no closures.
    """
    loss_db = _arriving_db(nodes, spans)
    works = (nodes["status"].isna() | (nodes["status"] == "operational")).to_numpy()
    joins = (nodes["kind"].isna() | (nodes["kind"] != "closure")).to_numpy()
    kept = works & joins & ~nodes.geometry.isna().to_numpy()
    table = nodes[kept]
    total = table["n_ports_total"].to_numpy(dtype=np.float64, na_value=np.nan)
    used = table["n_ports_used"].to_numpy(dtype=np.float64, na_value=np.nan)
    technology = table["technology"]
    usual = technology.map(dict(data.fiber_speeds())).astype(float)
    budget_db = technology.map(budgets()).to_numpy(dtype=np.float64) - data.setting("pon_margin_db")
    points = table.geometry.to_numpy()
    return Access(
        x_m=shapely.get_x(points),
        y_m=shapely.get_y(points),
        speed_gbps=table["speed_gbps"].astype(float).fillna(usual).to_numpy(dtype=np.float64),
        is_full=used >= total,
        has_ports=used < total,
        loss_db=loss_db[kept] + _end_loss_db(technology.fillna("").to_numpy()),
        budget_db=budget_db,
        asked=np.array([next(iter(split(value)), "") for value in table["operators"]], dtype=object),
    )


def _end_loss_db(technology: Array) -> Floats:
    # Cables pass a box without being split there: the ratio of the whole line counts, in its two stages.
    connectors_db = data.setting("pon_connectors") * losses()[("connector", 0)]
    first, whole = data.setting("pon_first_split"), data.setting("pon_split")
    split_db = split_loss_db(first) + split_loss_db(whole / first)
    loss_db: Floats = connectors_db + np.where(technology == "AON", 0.0, split_db)
    return loss_db


def _arriving_db(nodes: gpd.GeoDataFrame, spans: gpd.GeoDataFrame) -> Floats:
    """Loss of cable and splices from the nearest exchange to each node."""
    index = {key: place for place, key in enumerate(nodes["id"])}
    start = spans["start_node"].map(index).to_numpy(dtype=np.float64)
    end = spans["end_node"].map(index).to_numpy(dtype=np.float64)
    joined = np.isfinite(start) & np.isfinite(end)
    stated_m = spans["length_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    length_m = np.where(
        np.isnan(stated_m), np.nan_to_num(shapely.length(spans.geometry.to_numpy())), stated_m
    )
    return attenuation(
        start[joined].astype(np.int64),
        end[joined].astype(np.int64),
        length_m[joined] / 1000.0 * losses()[("km", 0)],
        np.full(len(nodes), losses()[("splice", 0)]),
        np.flatnonzero((nodes["kind"] == "olt").to_numpy()),
    )


def carriers(*tables: gpd.GeoDataFrame) -> Network:
    """
    The network along which a cable to a house is laid.

    Parameters
    ----------
    tables
        Layers with lines (roads, cables, ducts) in the CRS of the calculation.

    Returns
    -------
    network
        All lines as one network; empty where there are none.
    """
    lines = np.concatenate([table.geometry.to_numpy() for table in tables])
    return network(lines, step_m=data.setting("route_step_m"), join_m=data.setting("route_join_m"))


def reach(found: Access, along: Network, x_m: Floats, y_m: Floats) -> Reached:
    """
    Fibre of the target speed within drop distance along the network.

    Parameters
    ----------
    found
        Access points.
    along
        The network of streets, poles and cables.
    x_m, y_m
        Places in the CRS of the calculation [m], shape (n,).

    Returns
    -------
    reached
        Covered where an access point fast enough, not full and not too dark is within reach; unknown where
        only such of unknown speed are, and everywhere where no access point is known; else uncovered.
    """
    places_m = np.column_stack([x_m, y_m])
    if not len(found.x_m):
        unknown = np.full(len(x_m), State.UNKNOWN, dtype=np.uint8)
        return Reached(
            state=unknown, assumed=np.zeros(len(x_m), bool), asked=np.full(len(x_m), "", dtype=object)
        )
    usable = ~found.is_full & ~found.is_dark
    fast = usable & (found.speed_gbps >= data.setting("fiber_speed_gbps"))
    near, who, guessed = _near(found, fast, along, places_m)
    surely, _, guessed_too = _near(found, fast & found.is_sure, along, places_m)
    perhaps, _, _ = _near(found, usable & np.isnan(found.speed_gbps), along, places_m)
    state = np.where(near, State.COVERED, np.where(perhaps, State.UNKNOWN, State.UNCOVERED)).astype(np.uint8)
    assumed = near & ~(surely & ~guessed_too)
    return Reached(state=state, assumed=assumed, asked=np.where(near & (guessed | ~surely), who, ""))


def _near(
    found: Access, chosen: Booleans, along: Network, places_m: Floats
) -> tuple[Booleans, Array, Booleans]:
    """Whether any of the chosen is within drop distance, whose it is, and whether the way is assumed."""
    n = len(places_m)
    if not chosen.any():
        return np.zeros(n, bool), np.full(n, "", dtype=object), np.zeros(n, bool)
    limit_m = data.setting("drop_distance_m")
    points_m = np.column_stack([found.x_m, found.y_m])[chosen]
    asked = found.asked[chosen]
    straight_m, nearest = cKDTree(points_m).query(places_m)
    walked = ways(along, points_m, places_m, limit_m=limit_m, off_limit_m=data.setting("route_off_m"))
    direct = straight_m <= data.setting("drop_direct_m")
    no_way = walked.off_m > data.setting("route_off_m")
    guessed = no_way & ~direct & (straight_m * data.setting("drop_detour") <= limit_m)
    near = direct | guessed | np.isfinite(walked.length_m)
    who = np.where(np.isfinite(walked.length_m) & ~direct, asked[walked.source], asked[nearest])
    return near, who, guessed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plant:
    """
    What a cable to a house starts from and runs along.

    Parameters
    ----------
    access
        Access points.
    along
        Streets, poles and cables as one network.
    """

    access: Access
    along: Network


def read(workspace: Workspace, outline: shapely.Geometry | None) -> Plant:
    """
    Access points and the network around an area.

    Parameters
    ----------
    workspace
        The workspace.
    outline
        The area in the CRS of the calculation; what lies within drop distance of it counts too. None: all.

    Returns
    -------
    plant
        Cables outside the area still carry the light into it.
    """
    tables = {
        name: workspace.store.read(name).to_crs(workspace.calc_epsg)
        for name in ("fiber_node", "fiber_span", "road", "passive")
    }
    found = access(tables["fiber_node"], tables["fiber_span"])
    if outline is not None:
        around = shapely.buffer(outline, data.setting("drop_distance_m"))
        tables = {name: table.iloc[table.sindex.query(around)] for name, table in tables.items()}
    return Plant(access=found, along=carriers(*(tables[name] for name in ("road", "fiber_span", "passive"))))
