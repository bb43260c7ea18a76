"""Which GDAL driver opens which format, and nothing else: said to the library before it is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

VECTOR: Mapping[str, str] = MappingProxyType(
    {
        "shp": "ESRI Shapefile",
        "tab": "MapInfo File",
        "dxf": "DXF",
        "gdb": "OpenFileGDB",
        "fgb": "FlatGeobuf",
        "osm": "OSM",
        "pbf": "OSM",
    }
)
"""Format to the vector driver that reads it; all other formats are parsed without GDAL."""
RASTER = "GTiff"
IN_MEMORY = "MEM"
"""Driver of rasters that exist in memory only; the library's own warper needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """
    Drivers that the library knows and nobody needs here.

    Parameters
    ----------
    vector
        All vector drivers but those of ``VECTOR``.
    raster
        All raster drivers but ``RASTER`` and ``IN_MEMORY``.
    """

    vector: tuple[str, ...] = ()
    raster: tuple[str, ...] = ()


def allow_only(found: str, skipped: Skipped) -> None:
    """
    Narrow the drivers of this process to the one of a format. To be called before the library is imported.

    Parameters
    ----------
    found
        Format; one that needs no driver changes nothing.
    skipped
        Drivers to be left out in any case.
    """
    if found in VECTOR:
        others = sorted(set(VECTOR.values()) - {VECTOR[found]})
        os.environ["OGR_SKIP"] = ",".join([*skipped.vector, *others])
    elif found == "tiff":
        os.environ["OGR_SKIP"] = ",".join(one for one in skipped.vector if one != IN_MEMORY)
        os.environ["GDAL_SKIP"] = ",".join(skipped.raster)
