"""
Rasters as map tiles, ``/tiles/{token}/{z}/{x}/{y}.png``.

These routes see no Streamlit session, so an address is itself the permission: :func:`url` mints a token from
the file, its state and the style, signed with a key that only this process knows and that ends with it. The
address does not change while nothing behind it changes, so a map is not drawn anew with every run of the
script. Whatever cannot be read from a valid token is answered 404.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rasterio.errors import RasterioIOError
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.utils import render
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from screens.assets import ROOT

Rgba = tuple[int, int, int, int]

PATTERN = "/tiles/{token}/{z:int}/{x:int}/{y:int}.png"
SIZE_PX = 256
MAX_ZOOM = 22
LIFETIME_S = 12 * 3600
GRANTS_KEPT = 512
TILES_KEPT = 2048
CLEAR: Rgba = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TileStyle:
    """
    Colours of a raster.

    Parameters
    ----------
    levels
        Lower bound and colour of each class of a measured quantity, highest first.
    scale
        What one step of the raster is worth [unit of ``levels``], such as 0.01 for hundredths of a decibel.
    below
        Colour under the lowest bound.
    states
        Value and colour of each state of a raster of states; used where ``levels`` is empty. A value without
        a colour is transparent, as are cells without data in both.
    """

    levels: tuple[tuple[float, Rgba], ...] = ()
    scale: float = 1.0
    below: Rgba = CLEAR
    states: tuple[tuple[int, Rgba], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    path: Path
    edition: tuple[int, int]
    style: TileStyle
    expires_s: int


_KEY = secrets.token_bytes(32)
_LOCK = threading.Lock()
_GRANTS: OrderedDict[str, _Grant] = OrderedDict()


def rgba(colour: str, opacity_share: float = 1.0) -> Rgba:
    """
    Colour from its notation.

    Parameters
    ----------
    colour
        ``#rrggbb``.
    opacity_share
        Opacity, 0–1.

    Returns
    -------
    rgba
        Red, green, blue and opacity, 0–255.
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue, round(255 * opacity_share)


def url(path: Path, style: TileStyle, *, now_s: float | None = None) -> str:
    """
    Address pattern of a raster's tiles, for a map in this process.

    Parameters
    ----------
    path
        Cloud-optimised GeoTIFF whose nodata is set.
    style
        Its colours.
    now_s
        Time [s since 1970]; the clock's where None.

    Returns
    -------
    url
        Pattern with ``{z}``, ``{x}`` and ``{y}``, relative to the map's frame; valid for 12 to 24 hours and
        for this state of the file.
    """
    return f"{ROOT}tiles/{mint(path, style, now_s=now_s)}/{{z}}/{{x}}/{{y}}.png"


def mint(path: Path, style: TileStyle, *, now_s: float | None = None) -> str:
    """
    Permission to see one raster in one style.

    Parameters
    ----------
    path
        Cloud-optimised GeoTIFF.
    style
        Its colours.
    now_s
        Time [s since 1970]; the clock's where None.

    Returns
    -------
    token
        Equal for equal arguments within 12 hours.
    """
    whole = path.resolve()
    grant = _Grant(path=whole, edition=_edition(whole), style=style, expires_s=_expiry_s(now_s))
    token = hmac.new(_KEY, repr(grant).encode(), hashlib.sha256).hexdigest()[:40]
    with _LOCK:
        _GRANTS[token] = grant
        _GRANTS.move_to_end(token)
        while len(_GRANTS) > GRANTS_KEPT:
            _GRANTS.popitem(last=False)
    return token


def route() -> Route:
    """
    Route of the tiles.

    Returns
    -------
    route
        To be given to the application.
    """
    return Route(PATTERN, _answer, methods=["GET"])


def _answer(request: Request) -> Response:
    grant = _granted(request.path_params["token"])
    z, x, y = (int(request.path_params[name]) for name in "zxy")
    if grant is None or z > MAX_ZOOM or not (0 <= x < 2**z and 0 <= y < 2**z):
        return Response(status_code=404)
    try:
        image = _tile(grant, z, x, y)
    except (RasterioIOError, OSError):
        return Response(status_code=404)
    tag = f'"{hashlib.sha256(image).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(image, media_type="image/png", headers=headers)


def _granted(token: str) -> _Grant | None:
    with _LOCK:
        grant = _GRANTS.get(token)
    return grant if grant is not None and grant.expires_s > time.time() else None


def _expiry_s(now_s: float | None) -> int:
    now = time.time() if now_s is None else now_s
    return (int(now // LIFETIME_S) + 2) * LIFETIME_S


def _edition(path: Path) -> tuple[int, int]:
    """State of a file; a missing one has none, and its tiles are answered 404."""
    if not path.is_file():
        return 0, 0
    state = path.stat()
    return state.st_mtime_ns, state.st_size


@lru_cache(TILES_KEPT)
def _tile(grant: _Grant, z: int, x: int, y: int) -> bytes:
    """Picture of a tile; the grant names the state of the file, so a changed file is another entry."""
    with Reader(str(grant.path)) as reader:
        try:
            read = reader.tile(
                x, y, z, tilesize=SIZE_PX, indexes=1, unscale=True, resampling_method="nearest"
            )
        except TileOutsideBounds:
            return _encode(np.zeros((4, SIZE_PX, SIZE_PX), np.uint8))
    values = np.ma.getdata(read.array)[0].astype(np.float64)
    known = ~np.ma.getmaskarray(read.array)[0] & np.isfinite(values)
    return _encode(colour(np.where(known, values, np.nan), grant.style))


def colour(values: npt.NDArray[np.float64], style: TileStyle) -> npt.NDArray[np.uint8]:
    """
    Colours of values.

    Parameters
    ----------
    values
        Values [unit of the raster], shape (rows, cols); NaN where there are none.
    style
        Colours.

    Returns
    -------
    rgba
        Shape (4, rows, cols), 0–255.
    """
    known = np.isfinite(values)
    picture = np.zeros((*values.shape, 4), np.uint8)
    if style.levels:
        measured = values * style.scale
        picture[known] = style.below
        for lower, tone in reversed(style.levels):
            picture[known & (measured >= lower)] = tone
    else:
        for state, tone in style.states:
            picture[known & (values == state)] = tone
    return np.ascontiguousarray(np.moveaxis(picture, 2, 0))


def _encode(picture: npt.NDArray[np.uint8]) -> bytes:
    return bytes(render(picture[:3], mask=picture[3], img_format="PNG", ZLEVEL=1))
