"""Coverage as a KMZ for Google Earth: one picture for each operator laid on the ground, with its legend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import rasterio
from PIL import Image
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT

from geo.crs import WGS84
from geo.errors import NotFoundError
from layers.exchange.bundle import zip_files
from layers.exchange.staging import damaged

OPACITY = 170
LONGEST_PX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    One raster to be shown.

    Parameters
    ----------
    name
        Name of the file in the archive, without its ending.
    title
        Name that people read.
    path
        GeoTIFF of states, nodata set.
    colours
        State to its colour ``#rrggbb`` and its word; other states are transparent.
    """

    name: str
    title: str
    path: Path
    colours: Mapping[int, tuple[str, str]]


def write_overlays(
    pictures: Sequence[Picture], folder: Path, path: Path, *, title: str, about: str, now: dt.datetime
) -> None:
    """
    Write a KMZ with a ground overlay for each picture, and read it back.

    Parameters
    ----------
    pictures
        At least one; the first is switched on.
    folder
        Scratch folder for the pictures.
    path
        File to make.
    title, about
        Name and description of the document.
    now
        Date of the members.

    Raises
    ------
    NotFoundError
        A raster is not there.
    StoreError
        ``export_damaged``: a picture does not read back.

    References
    ----------
    OGC KML 2.3 (12-007r2) §11.3 GroundOverlay: the picture spans LatLonBox, north up, EPSG:4326.
    """
    parts, files = [], []
    for number, picture in enumerate(pictures):
        file = folder / f"{picture.name}.png"
        box = _paint(picture, file)
        files.append(file)
        parts.append(_overlay(picture, file.name, box, is_shown=number == 0))
    document = folder / "doc.kml"
    document.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{escape(title)}</name><description>{escape(about)}</description>\n{''.join(parts)}"
        "</Document></kml>\n",
        encoding="utf-8",
    )
    zip_files([document, *files], path, now=now)


def _paint(picture: Picture, file: Path) -> tuple[float, float, float, float]:
    if not picture.path.is_file():
        raise NotFoundError("export_raster_missing", file=picture.path.name)
    try:
        with (
            rasterio.open(picture.path, driver="GTiff") as opened,
            WarpedVRT(opened, crs=f"EPSG:{WGS84}", resampling=Resampling.nearest) as placed,
        ):
            step = max(1, -(-max(placed.height, placed.width) // LONGEST_PX))
            shape = (-(-placed.height // step), -(-placed.width // step))
            states = placed.read(1, out_shape=shape, masked=True, resampling=Resampling.nearest)
            bounds = placed.bounds
    except RasterioError as fault:
        raise damaged(str(fault)) from fault
    colours = _coloured(states, picture.colours)
    Image.fromarray(colours, mode="RGBA").save(file, format="PNG")
    with Image.open(file) as found:
        if not np.array_equal(np.asarray(found), colours):
            raise damaged("picture differs")
    return bounds.left, bounds.bottom, bounds.right, bounds.top


def _coloured(
    states: np.ma.MaskedArray[Any, Any],
    colours: Mapping[int, tuple[str, str]],
) -> npt.NDArray[np.uint8]:
    values = np.ma.filled(states.astype(np.int32), -1)
    picture = np.zeros((*values.shape, 4), dtype=np.uint8)
    for state, (colour, _) in colours.items():
        picture[values == state] = [*bytes.fromhex(colour.removeprefix("#")), OPACITY]
    return picture


def _overlay(picture: Picture, file: str, box: tuple[float, float, float, float], *, is_shown: bool) -> str:
    west, south, east, north = box
    legend = "; ".join(f"{colour} {word}" for colour, word in picture.colours.values())
    return (
        f"<GroundOverlay><name>{escape(picture.title)}</name><visibility>{int(is_shown)}</visibility>"
        f"<description>{escape(legend)}</description><Icon><href>{escape(file)}</href></Icon><LatLonBox>"
        f"<north>{north:.9f}</north><south>{south:.9f}</south><east>{east:.9f}</east><west>{west:.9f}</west>"
        "</LatLonBox></GroundOverlay>\n"
    )
