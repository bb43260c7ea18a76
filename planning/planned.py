"""A proposal as the engine sees it: the masts and cells that would stand in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from geo.crs import WGS84
from geo.errors import InputError
from geo.radio import Transmitter
from geo.surroundings import judged
from layers.catalogue import spec_of
from layers.cell import defaults_for, split, to_transmitters
from planning import coverage, data
from planning.coverage import Inputs

TECHNOLOGY = "5G"
GIVEN = ("tx_power_dbm", "gain_dbi", "mechanical_tilt_deg", "electrical_tilt_deg")
MOST_HEIGHT_M = 120.0
"""The engine follows no antenna higher up."""


def azimuths_of(text: object) -> tuple[float, ...]:
    """
    Directions of a proposal's antennas.

    Parameters
    ----------
    text
        Numbers joined by ";", or a missing value.

    Returns
    -------
    azimuths_deg
        As written [°].

    Raises
    ------
    InputError
        ``proposal_azimuth``: one is no number, or not from 0 to 360.
    """
    found = []
    for part in split(text):
        try:
            value = float(part.replace(",", "."))
        except ValueError:
            raise InputError("proposal_azimuth", value=part) from None
        if not 0.0 <= value <= 360.0:
            raise InputError("proposal_azimuth", value=part)
        found.append(value % 360.0)
    return tuple(found)


def bands_of(row: Mapping[str, object]) -> tuple[str, ...]:
    """
    Bands of a proposal that the engine estimates.

    Parameters
    ----------
    row
        Row of the layer ``proposal``.

    Returns
    -------
    bands
        NR bands among those named; where none is, the band usual for the operator.
    """
    named = tuple(band for band in split(row.get("bands")) if band in data.bands() and band.startswith("n"))
    usual = defaults_for(data.cell_defaults(), (str(row["operator"]),), TECHNOLOGY)
    return named or (usual.band,)


def tables(row: Mapping[str, object]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """
    What would stand in the layers ``site`` and ``cell``.

    Parameters
    ----------
    row
        Row of the layer ``proposal``, with a position.

    Returns
    -------
    sites, cells
        One mast, and one cell for each band and direction; a direction that is not named is the usual one.
    """
    operator, key, height_m = str(row["operator"]), str(row["id"]), _number(row.get("height_m"))
    site: dict[str, object] = {
        "id": f"proposal:{key}",
        "operators": operator,
        "technologies": TECHNOLOGY,
        "height_m": height_m,
        "status": "operational",
    }
    cells: list[dict[str, object]] = []
    for band in bands_of(row):
        usual = defaults_for(data.cell_defaults(), (operator,), TECHNOLOGY, band=band)
        for azimuth_deg in azimuths_of(row.get("azimuths_deg")) or usual.azimuths_deg:
            cell: dict[str, object] = {
                "id": f"proposal:{key}:{band}:{azimuth_deg:g}",
                "site_id": site["id"],
                "operators": operator,
                "technology": TECHNOLOGY,
                "band": band,
                "azimuth_deg": azimuth_deg,
                "height_m": None if height_m is None else min(height_m, MOST_HEIGHT_M),
                "status": "operational",
                **{name: _number(row.get(name)) for name in GIVEN},
            }
            cells.append(cell)
    return _table("site", [site], row["geometry"]), _table("cell", cells, row["geometry"])


def cells_of(row: Mapping[str, object], inputs: Inputs, *, epsg: int) -> tuple[Transmitter, ...]:
    """
    Transmitters of a proposal.

    Parameters
    ----------
    row
        Row of the layer ``proposal``, with a position.
    inputs
        What the estimate rests on.
    epsg
        CRS of the calculation.

    Returns
    -------
    cells
        What is not given is named in ``assumed``, the directions too.

    Raises
    ------
    InputError
        ``proposal_azimuth``, or a number that is impossible.
    """
    sites, cells = tables(row)
    made = to_transmitters(
        sites,
        cells,
        bands=data.bands(),
        defaults=data.cell_defaults(),
        blocks=data.resource_blocks(),
        technology=TECHNOLOGY,
        epsg=epsg,
    )
    told = bool(azimuths_of(row.get("azimuths_deg")))
    known = [one if told else replace(one, assumed=one.assumed | {"azimuth_deg"}) for one in made]
    return judged(known, inputs.surface, coverage.urban_rule())


def moved(
    inputs: Inputs,
    cells: Sequence[Transmitter],
    place: tuple[float, float],
    *,
    height_m: float | None = None,
    key: str,
) -> tuple[Transmitter, ...]:
    """
    The same cells at another place.

    Parameters
    ----------
    inputs
        What the estimate rests on.
    cells
        Transmitters of one mast.
    place
        Easting and northing [m].
    height_m
        Height of the antennas there [m]; None: the same.
    key
        Added to their names, so that places do not mix.

    Returns
    -------
    cells
        The transmitters there.
    """
    found = [
        replace(
            one,
            id=f"{one.id}{key}",
            mast_id=f"{one.mast_id}{key}",
            x_m=place[0],
            y_m=place[1],
            height_m=one.height_m if height_m is None else height_m,
        )
        for one in cells
    ]
    return judged(found, inputs.surface, coverage.urban_rule())


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(str(value))  # type: ignore[call-overload]


def _table(layer: str, rows: list[dict[str, object]], point: object) -> gpd.GeoDataFrame:
    columns = [column.name for column in spec_of(layer).columns]
    place = shapely.Point(point.x, point.y) if isinstance(point, shapely.Point) else None
    table = pd.DataFrame(rows).reindex(columns=columns)
    return gpd.GeoDataFrame(table, geometry=[place] * len(rows), crs=WGS84)
