"""Makes the sample workspace and the almost empty one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np

from geo.errors import InputError, StoreError
from geo.io import write_cog
from layers.exchange.plain import write_plain_csv
from layers.store import create_store
from layers.store.filled import create_filled
from planning.sample import (
    civic,
    fibre,
    frame,
    ground,
    house,
    incoming,
    network,
    passive,
    public,
    settlement,
    tested,
    way,
)

NAME, CODE = "Xã Mẫu", "00000"
STARTER_NAME, STARTER_CODE = "Xã Hà Đông – bộ dữ liệu bắt đầu", "10882"
SIZES = ("commune",)
FILE_NAME = "workspace.gpkg"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """
    What was made.

    Parameters
    ----------
    folder
        Folder of the workspace.
    seed, size
        What it was made from.
    digests
        Layer, or path of a raster within the folder, to the SHA-256 of its content; equal for equal seeds.
    counts
        Layer to its number of rows.
    """

    folder: Path
    seed: int
    size: str
    digests: Mapping[str, str]
    counts: Mapping[str, int]


def tables(seed: int) -> dict[str, gpd.GeoDataFrame]:
    """
    Every filled layer of the fictional commune.

    Parameters
    ----------
    seed
        Seed, 0 or above.

    Returns
    -------
    tables
        Layer to table in EPSG:4326.
    """
    return {
        "boundary": public.boundary(seed),
        "hamlet": settlement.hamlets(seed),
        "building": house.buildings(seed),
        "road": way.roads(seed),
        "place": public.places(seed),
        "zone": public.zones(seed),
        "site": network.sites(seed),
        "cell": network.cells(seed),
        "fiber_node": fibre.nodes(seed),
        "fiber_span": fibre.spans(seed),
        "passive": passive.passives(seed),
        "wifi": public.hotspots(seed),
        "survey": civic.surveys(seed),
        "task": civic.tasks(seed),
        "camera": civic.cameras(seed),
        "sensor": civic.sensors(seed),
        "power": civic.transformers(seed),
        "report": civic.reports(seed),
        "operator_plan": civic.plans(seed),
        "public_land": civic.public_land(seed),
        "measurement": tested.measurements(seed),
        "declared_coverage": tested.declared(seed),
    }


def make(folder: Path, *, seed: int = 1, size: str = "commune", now: dt.datetime) -> SampleReport:
    """
    Make the workspace "Xã Mẫu": everything in it is fictional.

    The tables appear last and at once, so that a broken attempt leaves no half workspace.

    Parameters
    ----------
    folder
        New folder, or one without a workspace.
    seed
        Equal seeds give equal contents, 0 or above.
    size
        ``commune``.
    now
        Present moment, kept as a property of the workspace only.

    Returns
    -------
    report
        Digests and counts.

    Raises
    ------
    InputError
        ``sample_size``: another size; ``sample_seed``: a negative seed.
    StoreError
        ``workspace_exists``, or the disk is full.
    """
    if size not in SIZES:
        raise InputError("sample_size", size=size, known=", ".join(SIZES))
    if seed < 0:
        raise InputError("sample_seed", seed=seed)
    if (folder / FILE_NAME).exists():
        raise StoreError("workspace_exists", folder=folder.name)
    layers = tables(seed)
    digests = _write_rasters(folder, layers["building"], seed)
    write_plain_csv(
        folder / "incoming" / incoming.FILE_NAME, headings=incoming.HEADINGS, rows=incoming.rows()
    )
    values = {"name": NAME, "commune_code": CODE, "calc_epsg": str(frame.EPSG), "is_sample": "1"}
    values |= {"sample_seed": str(seed), "sample_size": size, "made_at": now.isoformat()}
    digests |= create_filled(folder, values, layers)
    return SampleReport(
        folder=folder,
        seed=seed,
        size=size,
        digests=MappingProxyType(dict(sorted(digests.items()))),
        counts=MappingProxyType({name: len(table) for name, table in layers.items()}),
    )


def make_starter(folder: Path, *, now: dt.datetime) -> Path:
    """
    Make the almost empty workspace of xã Hà Đông: its name, code and projection, and nothing else.

    What to ask from whom follows from its inventory.

    Parameters
    ----------
    folder
        New folder, or one without a workspace.
    now
        Present moment.

    Returns
    -------
    folder
        The folder of the workspace.

    Raises
    ------
    StoreError
        ``workspace_exists``, or the disk is full.
    """
    values = {
        "name": STARTER_NAME,
        "commune_code": STARTER_CODE,
        "calc_epsg": str(frame.EPSG),
        "is_sample": "0",
    }
    create_store(folder, values | {"made_at": now.isoformat()}).close()
    return folder


def _write_rasters(folder: Path, buildings: gpd.GeoDataFrame, seed: int) -> dict[str, str]:
    rasters = folder / "rasters"
    houses = buildings.to_crs(frame.EPSG)
    heights_m = houses["height_m"].to_numpy(dtype=np.float64)
    digests = {}
    for name, raster in (
        ("terrain", ground.terrain(seed)),
        ("clutter", ground.clutter(seed, list(houses.geometry), heights_m)),
    ):
        write_cog(rasters / f"{name}.tif", raster)
        digests[f"rasters/{name}.tif"] = ground.digest(raster)
    return digests
