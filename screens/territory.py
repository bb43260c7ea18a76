"""Which land each mast serves best, in few calm colours such that neighbours differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geo import io
from planning.runs import CoverageRun
from screens import state

NO_SERVER_COLOUR = "#e8e6df"
COLOURS = ("#7fb3a8", "#d9a86c", "#8fa3c8", "#c58f9e", "#a8b870", "#9b8bb4")
SHADES = (0.0, 0.3, -0.16)
"""Towards white (above 0) or black (below 0), for the sectors of one mast in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """
    Colours of the best servers of one operator.

    Parameters
    ----------
    sectors
        Place of a sector in ``CoverageRun.servers`` to its colour ``#rrggbb``.
    masts
        Mast to its colour, those that serve most land first.
    """

    sectors: Mapping[int, str]
    masts: Mapping[str, str]


def of_run(run: CoverageRun, operator: str, *, second: bool = False) -> Territory:
    """
    Colours of the servers of one operator.

    Parameters
    ----------
    run
        The estimate; it must hold the operator's servers.
    operator
        Operator id.
    second
        True for the servers that stand second instead of the best ones.

    Returns
    -------
    territory
        Reckoned once for each state of the workspace.
    """
    return state.remember(
        ("territory", run.digest, operator, second), lambda: _reckon(run, operator, second=second)
    )


def _reckon(run: CoverageRun, operator: str, *, second: bool) -> Territory:
    values = io.read((run.second_paths if second else run.server_paths)[operator]).values
    met = [int(value) for value in np.unique(values) if value >= 0]
    cells = state.table("cell")
    sites = dict(zip(cells["id"], cells["site_id"], strict=True))
    mast_of = {index: _mast(run.servers[index], sites) for index in met}
    masts = sorted(set(mast_of.values()))
    number = np.full(max(met, default=-1) + 2, -1)  # the last one stands for "none"
    for index, mast in mast_of.items():
        number[index] = masts.index(mast)
    land = number[np.where(values >= 0, values, -1)]
    chosen = paint(borders(land, n_lands=len(masts)), n_colours=len(COLOURS))
    size = np.bincount(land[land >= 0], minlength=len(masts))
    sectors = {}
    for index, mast in mast_of.items():
        own = [other for other in met if mast_of[other] == mast]
        shade = SHADES[own.index(index) % len(SHADES)]
        sectors[index] = _shaded(COLOURS[chosen[masts.index(mast)]], shade)
    order = sorted(range(len(masts)), key=lambda one: -size[one])
    return Territory(
        sectors=MappingProxyType(sectors),
        masts=MappingProxyType({masts[one]: COLOURS[chosen[one]] for one in order}),
    )


def _mast(sector: str, sites: Mapping[str, str]) -> str:
    # A sector that nobody described is named site/operator/number.
    return sites.get(sector) or sector.rsplit("/", 2)[0]


def borders(land: npt.NDArray[np.int64], *, n_lands: int) -> npt.NDArray[np.int64]:
    """
    How long lands touch each other.

    Parameters
    ----------
    land
        Number of the land of each cell, shape (rows, cols); below 0 where there is none.
    n_lands
        Number of lands.

    Returns
    -------
    borders
        Sides of cells between each two, symmetric, shape (n_lands, n_lands).
    """
    touch = np.zeros((n_lands, n_lands), dtype=np.int64)
    for one, other in ((land[:, 1:], land[:, :-1]), (land[1:], land[:-1])):
        apart = (one != other) & (one >= 0) & (other >= 0)
        np.add.at(touch, (one[apart], other[apart]), 1)
    return touch + touch.T


def paint(touch: npt.NDArray[np.int64], *, n_colours: int) -> Sequence[int]:
    """
    A colour for each land, other than its neighbours'.

    Parameters
    ----------
    touch
        From :func:`borders`, shape (n, n).
    n_colours
        Colours at hand, at least 1.

    Returns
    -------
    colours
        0 to ``n_colours`` − 1, shape (n,). Where the colours do not suffice, the neighbour with the shortest
        border shares one.
    """
    chosen = [-1] * len(touch)
    for land in np.argsort(-touch.sum(axis=1), kind="stable"):
        cost = [0] * n_colours
        for other, colour in enumerate(chosen):
            if colour >= 0:
                cost[colour] += int(touch[land, other])
        used = [chosen.count(colour) for colour in range(n_colours)]
        chosen[land] = min(range(n_colours), key=lambda colour: (cost[colour], used[colour]))
    return chosen


def _shaded(colour: str, share: float) -> str:
    parts = bytes.fromhex(colour.removeprefix("#"))
    end = 255 if share > 0 else 0
    return "#" + "".join(f"{round(part + (end - part) * abs(share)):02x}" for part in parts)
