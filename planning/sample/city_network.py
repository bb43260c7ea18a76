"""Masts and cells of the sample city, with gaps in what is documented."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from planning.sample import frame
from planning.sample.city_land import AROUND_M, CELLS, MASTS, Land, centres, snapped
from planning.sample.city_rows import OPERATORS, columns_table, numbered
from planning.sample.frame import Floats
from planning.sample.network import CARRIERS
from planning.sample.rows import Manner

OUTSIDE_SHARE = 0.07
N_SECTORS = 3
MAIN_BANDS, LOW_BAND, BAND_4G = ("n41", "n78", "n77"), "n28", "B3"
LOW_BAND_OPERATORS = (0, 1)
TENANTS = (0.80, 0.15, 0.05)
"""Share of masts with one, two and three operators."""

FIRST_OPERATOR = (0.40, 0.34, 0.26)
HEIGHT_M = ((36.0, 45.0), (22.0, 35.0))
"""Height of masts in villages and in towns [m]."""

TOP_M = (4.0, 2.0)
MAST_FREE_M = 13.0
HIDDEN = (
    (("tx_power_dbm", "gain_dbi"), 0.12),
    (("azimuth_deg",), 0.10),
    (("mechanical_tilt_deg", "electrical_tilt_deg"), 0.10),
)
"""Columns that the operator of a mast has not handed in, and on which share of the masts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masts:
    """
    The masts of the city and of 5 km around it.

    Parameters
    ----------
    ids
        Stable keys, shape (n,).
    xy_m
        Positions in EPSG:9210 [m], shape (n, 2).
    is_inside, is_urban
        True within the border, and in a town, shape (n,).
    height_m
        Heights of the structures [m], shape (n,).
    serves
        True where an operator transmits, shape (n, 3).
    """

    ids: npt.NDArray[np.object_]
    xy_m: Floats
    is_inside: npt.NDArray[np.bool_]
    is_urban: npt.NDArray[np.bool_]
    height_m: Floats
    serves: npt.NDArray[np.bool_]


def masts(land: Land, houses_xy_m: Floats) -> Masts:
    """
    Masts spread as people live, some beyond the border; each carries 4G and 5G.

    Parameters
    ----------
    land
        The city's land.
    houses_xy_m
        Middles of the buildings [m], shape (n, 2); no mast of a village stands among them.

    Returns
    -------
    masts
        1,700 in the full city.
    """
    chance = frame.stream(land.seed, "city mast")
    n_masts = land.size.part(MASTS)
    n_outside = round(n_masts * OUTSIDE_SHARE)
    free = land.dry_xy_m[cKDTree(houses_xy_m).query(land.dry_xy_m)[0] > MAST_FREE_M]
    inside = snapped(centres(land.dry_xy_m, n_masts - n_outside, chance), free)
    around = _around(land, 60 * n_outside, chance)
    outside = snapped(centres(around, n_outside, chance), around)
    xy_m = np.vstack([inside, outside])
    is_inside = np.arange(n_masts) < len(inside)
    is_urban = is_inside & land.is_urban[cKDTree(land.hamlet_xy_m).query(xy_m)[1]]
    low, high = np.array(HEIGHT_M)[is_urban.astype(int)].T
    n_tenants = chance.choice(3, n_masts, p=TENANTS) + 1
    # The operators of a mast are drawn without putting back: those with the smallest keys.
    key = chance.exponential(1.0, (n_masts, 3)) / np.array(FIRST_OPERATOR)
    return Masts(
        ids=numbered("TPM-BTS-", n_masts),
        xy_m=xy_m,
        is_inside=is_inside,
        is_urban=is_urban,
        height_m=np.round(chance.uniform(low, high)),
        serves=np.argsort(np.argsort(key, axis=1), axis=1) < n_tenants[:, None],
    )


def _around(land: Land, n_places: int, chance: np.random.Generator) -> Floats:
    """Dry places in the ring around the city."""
    ring = land.outline.buffer(AROUND_M - 100).difference(
        shapely.union_all([land.outline.buffer(150), land.water.buffer(100)])
    )
    shapely.prepare(ring)
    west_m, south_m, east_m, north_m = ring.bounds
    xy_m = chance.uniform((west_m, south_m), (east_m, north_m), (20 * n_places, 2))
    found: Floats = xy_m[shapely.contains_xy(ring, xy_m[:, 0], xy_m[:, 1])][:n_places]
    return found


def _listed(served: npt.NDArray[np.bool_]) -> str | None:
    return ";".join(name for name, is_there in zip(OPERATORS, served, strict=True) if is_there) or None


def sites(land: Land, found: Masts) -> gpd.GeoDataFrame:
    """
    The list of masts.

    Parameters
    ----------
    land
        The city's land.
    found
        Its masts.

    Returns
    -------
    table
        Layer ``site``, EPSG:4326.
    """
    chance = frame.stream(land.seed, "city site")
    n_rows = len(found.ids)
    first = np.argmax(found.serves, axis=1)
    others = found.serves.copy()
    others[np.arange(n_rows), first] = False
    backup_h = chance.uniform(2.0, 8.0, n_rows).round(1)
    columns: dict[str, object] = {
        "id": found.ids,
        "name": np.array([f"BTS {key[-4:]} (mẫu)" for key in found.ids], dtype=object),
        "operators": [_listed(row) for row in found.serves],
        "technologies": "4G;5G",
        "mast_class": np.where(found.is_urban, "A2a", "A2b").astype(object),
        "structure": np.where(found.is_urban, "monopole", "guyed").astype(object),
        "standing": np.where(found.is_urban, "roof", "ground").astype(object),
        "height_m": found.height_m,
        "n_tenants": found.serves.sum(axis=1),
        "shared_with": [_listed(row) for row in others],
        "power": "grid_battery",
        "backup_h": np.where(chance.random(n_rows) < 0.8, backup_h, np.nan),
        "backhaul": np.where(chance.random(n_rows) < 0.9, "fiber", "microwave").astype(object),
        "owner": np.array(OPERATORS, dtype=object)[first],
        "position_basis": "given",
    }
    manner = Manner(layer="site", sharing="internal", accuracy_m=10.0)
    return columns_table(manner, columns, shapely.points(found.xy_m), chance)


def cells(land: Land, found: Masts) -> gpd.GeoDataFrame:
    """
    Three sectors for each mast, operator and band.

    Parameters
    ----------
    land
        The city's land.
    found
        Its masts.

    Returns
    -------
    table
        Layer ``cell``, EPSG:4326; 15,000 rows with 4G in the full city.
    """
    chance = frame.stream(land.seed, "city cell")
    mast, operator, band = _carriers(land, found, chance)
    mast, operator = np.repeat(mast, N_SECTORS), np.repeat(operator, N_SECTORS)
    band = np.repeat(band, N_SECTORS)
    sector = np.tile(np.arange(N_SECTORS), len(mast) // N_SECTORS)
    first_deg = chance.integers(0, 120, len(found.ids))
    owner = np.array(OPERATORS, dtype=object)[operator]
    letter = np.array(["A", "B", "C"], dtype=object)[operator]
    keys = zip(found.ids[mast], letter, band, sector + 1, strict=True)
    ids = [f"{key}-{who}-{name}-{number}" for key, who, name, number in keys]
    columns: dict[str, object] = {
        "id": ids,
        "name": [f"{key[4:]} (mẫu)" for key in ids],
        "owner": owner,
        "site_id": found.ids[mast],
        "operators": owner,
        "band": band,
        "horizontal_beamwidth_deg": 65.0,
        "cable_loss_db": np.where(band == BAND_4G, 1.0, 0.0),
        "height_m": found.height_m[mast] - np.array(TOP_M)[found.is_urban[mast].astype(int)],
        "azimuth_deg": (first_deg[mast] + 120 * sector).astype(float),
        "mechanical_tilt_deg": 2.0,
        "electrical_tilt_deg": np.where(found.is_urban, 6.0, 3.0)[mast],
    }
    for name in ("technology", "frequency_mhz", "bandwidth_mhz", "n_rb", "scs_khz", "tx_power_dbm"):
        columns[name] = _of_band(band, name)
    for name in ("gain_dbi", "vertical_beamwidth_deg"):
        columns[name] = _of_band(band, name)
    columns = _hide(columns, mast, len(found.ids), chance)
    manner = Manner(layer="cell", sharing="operator", accuracy_m=10.0)
    return columns_table(manner, columns, shapely.points(found.xy_m[mast]), chance)


def _carriers(
    land: Land, found: Masts, chance: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Mast, operator and band of each set of sectors: 5G and 4G everywhere, n28 as far as they reach."""
    mast, operator = np.nonzero(found.serves)
    n_low = max(0, round(land.size.part(CELLS) / N_SECTORS) - 2 * len(mast))
    may = np.flatnonzero(np.isin(operator, LOW_BAND_OPERATORS))
    low = np.sort(chance.permutation(may)[:n_low])
    main = np.array(MAIN_BANDS, dtype=object)[operator]
    every_mast = np.concatenate([mast, mast, mast[low]])
    every_operator = np.concatenate([operator, operator, operator[low]])
    every_band = np.concatenate([main, np.full(len(mast), BAND_4G), np.full(len(low), LOW_BAND)])
    order = np.lexsort((every_band.astype(str), every_operator, every_mast))
    return every_mast[order], every_operator[order], every_band[order].astype(object)


def _of_band(band: npt.NDArray[np.object_], name: str) -> list[object]:
    return [getattr(CARRIERS[key], name) for key in band]


def _hide(
    columns: dict[str, object], mast: npt.NDArray[np.int64], n_masts: int, chance: np.random.Generator
) -> dict[str, object]:
    """The same columns without what the operators of some masts have not handed in."""
    hidden = dict(columns)
    for names, share in HIDDEN:
        is_hidden = (chance.random(n_masts) < share)[mast]
        for name in names:
            values = np.broadcast_to(np.asarray(columns[name], dtype=np.float64), len(mast))
            hidden[name] = np.where(is_hidden, np.nan, values)
    return hidden
