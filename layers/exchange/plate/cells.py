"""Cells of classes as a picture with a palette."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from geo.units import Bytes


def to_png(values: Bytes, colours: Mapping[int, str], *, opacity_share: float) -> bytes:
    """
    Classes as a picture.

    Parameters
    ----------
    values
        Class of each cell, shape (rows, cols).
    colours
        Class to colour ``#rrggbb``; cells of another class stay clear.
    opacity_share
        Opacity of the colours, 0–1.

    Returns
    -------
    content
        PNG, one pixel a cell.
    """
    table = np.zeros((256, 3), dtype=np.uint8)
    alpha = np.zeros(256, dtype=np.uint8)
    for value, colour in colours.items():
        table[value] = tuple(bytes.fromhex(colour.removeprefix("#")))
        alpha[value] = round(255 * opacity_share)
    picture = Image.fromarray(np.ascontiguousarray(values), mode="P")
    picture.putpalette(table.tobytes())
    packed = io.BytesIO()
    picture.save(packed, format="PNG", transparency=alpha.tobytes())
    return packed.getvalue()
