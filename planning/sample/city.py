"""
Makes the sample city "Thành phố Mẫu": everything in it is fictional.

It has a third of the buildings that a city of its people would have (400,000 for 4.7 million people): whoever
quotes a figure of it says so.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geo.errors import InputError, StoreError
from geo.io import write_cog
from layers.store.filled import create_filled
from planning.sample import city_fibre, city_ground, city_house, city_network, city_public, frame
from planning.sample.build import FILE_NAME, SampleReport
from planning.sample.city_house import Plots
from planning.sample.city_land import COMMUNES, Land, Size, lay_out
from planning.sample.ground import digest

SIZE, NAME, CODE = "city", "Thành phố Mẫu", "90000"
BUILDING_SHARE = 1 / 3
"""Buildings in the sample as a part of the real number."""

FEWEST_COMMUNES = 3


def make(folder: Path, *, seed: int = 1, n_communes: int = COMMUNES, now: dt.datetime) -> SampleReport:
    """
    Make the workspace "Thành phố Mẫu".

    The tables appear last and at once, so that a broken attempt leaves no half workspace.

    Parameters
    ----------
    folder
        New folder, or one without a workspace.
    seed
        Equal seeds give equal contents, 0 or above.
    n_communes
        3 to 114; fewer give a smaller city of the same kind.
    now
        Present moment, kept as a property of the workspace only.

    Returns
    -------
    report
        Digests and counts.

    Raises
    ------
    InputError
        ``sample_communes``: too few or too many; ``sample_seed``: a negative seed.
    StoreError
        ``workspace_exists``, or the disk is full.
    """
    if not FEWEST_COMMUNES <= n_communes <= COMMUNES:
        raise InputError("sample_communes", n=n_communes, low=FEWEST_COMMUNES, high=COMMUNES)
    if seed < 0:
        raise InputError("sample_seed", seed=seed)
    if (folder / FILE_NAME).exists():
        raise StoreError("workspace_exists", folder=folder.name)
    land = lay_out(Size(n_communes=n_communes), seed)
    layers, digests = _layers_and_rasters(folder, land)
    values = {"name": NAME, "commune_code": CODE, "calc_epsg": str(frame.EPSG), "is_sample": "1"}
    values |= {"sample_seed": str(seed), "sample_size": SIZE, "made_at": now.isoformat()}
    values |= {"sample_communes": str(n_communes), "sample_building_share": f"{BUILDING_SHARE:.3f}"}
    digests |= create_filled(folder, values, layers)
    return SampleReport(
        folder=folder,
        seed=seed,
        size=SIZE,
        digests=MappingProxyType(dict(sorted(digests.items()))),
        counts=MappingProxyType({name: len(table) for name, table in layers.items()}),
    )


def _layers_and_rasters(folder: Path, land: Land) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, str]]:
    """Every filled layer, and the digests of the rasters, which are written."""
    places = city_house.plots(land)
    shapes, n_floors, height_m = city_house.outlines(land, places)
    digests = _write_rasters(folder / "rasters", land, shapes, height_m)
    layers = _public(land)
    layers["building"] = city_house.buildings(
        land, places, shapes, n_floors, height_m, city_public.hamlet_ids(land)
    )
    return layers | _networks(land, places), digests


def _write_rasters(
    folder: Path, land: Land, shapes: npt.NDArray[np.object_], height_m: npt.NDArray[np.float64]
) -> dict[str, str]:
    digests = {}
    ground = city_ground.terrain(land)
    write_cog(folder / "terrain.tif", ground)
    digests["rasters/terrain.tif"] = digest(ground)
    del ground  # one raster at a time in memory
    cover = city_ground.clutter(land, shapes, height_m)
    write_cog(folder / "clutter.tif", cover)
    digests["rasters/clutter.tif"] = digest(cover)
    return digests


def _public(land: Land) -> dict[str, gpd.GeoDataFrame]:
    places = city_public.places(land)
    return {
        "boundary": city_public.boundary(land),
        "hamlet": city_public.hamlets(land),
        "place": places,
        "wifi": city_public.hotspots(land, places),
        "zone": city_public.zones(land),
    }


def _networks(land: Land, places: Plots) -> dict[str, gpd.GeoDataFrame]:
    parent = city_fibre.tree(land)
    cables = city_fibre.plant(land, places, parent)
    found = city_network.masts(land, places.xy_m)
    return {
        "road": city_public.roads(land, parent),
        "site": city_network.sites(land, found),
        "cell": city_network.cells(land, found),
        "fiber_node": city_fibre.nodes(land, cables),
        "fiber_span": city_fibre.spans(land, cables),
    }
