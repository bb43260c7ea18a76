"""Builders of small inputs: a grid, surfaces, sectors, levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geo.coverage import Levels
from geo.grid import Grid
from geo.radio import Transmitter
from geo.terrain import Surface

EPSG = 9210
WEST_M, NORTH_M = 575_000.0, 2_305_000.0
LIMITS_M = {"default": 5_000.0, "n28": 8_000.0}


def levels() -> Levels:
    """The five levels proposed in the project's method, 8 dB margin."""
    return Levels(
        names=("very_good", "good", "limited", "weak", "none"),
        lower_dbm=(-85.0, -95.0, -105.0, -110.0, -np.inf),
        covered=(True, True, True, False, False),
        margin_db=8.0,
    )


def grid(*, rows: int = 60, cols: int = 60, cell_m: float = 10.0) -> Grid:
    """A small grid in the delta."""
    return Grid(epsg=EPSG, west_m=WEST_M, north_m=NORTH_M, cell_m=cell_m, rows=rows, cols=cols)


def surface(on: Grid, *, ground_m: float = 2.0, clutter_m: float = 0.0) -> Surface:
    """Known flat ground with known clutter of one height."""
    return Surface(
        grid=on,
        ground_m=np.full(on.shape, ground_m, dtype=np.float32),
        clutter_height_m=np.full(on.shape, clutter_m, dtype=np.float32),
    )


def ridge(on: Grid, *, col: int, height_m: float) -> Surface:
    """Known flat ground with a wall of clutter from north to south in one column."""
    clutter = np.zeros(on.shape, dtype=np.float32)
    clutter[:, col] = height_m
    return Surface(grid=on, ground_m=np.full(on.shape, 2.0, dtype=np.float32), clutter_height_m=clutter)


def rough(on: Grid, *, seed: int, share: float = 0.15) -> Surface:
    """Uneven ground with blocks of clutter in a share of the cells."""
    rng = np.random.default_rng(seed)
    ground = rng.uniform(0.0, 6.0, on.shape).astype(np.float32)
    blocks = rng.random(on.shape) < share
    clutter = np.where(blocks, rng.uniform(3.0, 25.0, on.shape), 0.0).astype(np.float32)
    return Surface(grid=on, ground_m=ground, clutter_height_m=clutter)


def village(on: Grid, *, seed: int, houses: int) -> Surface:
    """Gently sloping ground with houses 8 m high of three by two cells."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices(on.shape)
    ground = (2.0 + 0.01 * rows + 0.5 * np.sin(cols / 30.0)).astype(np.float32)
    clutter = np.zeros(on.shape, dtype=np.float32)
    for row, col in rng.integers(0, (on.rows - 3, on.cols - 2), (houses, 2)):
        clutter[row : row + 3, col : col + 2] = 8.0
    return Surface(grid=on, ground_m=ground, clutter_height_m=clutter)


def sector(*, row: float = 30.0, col: float = 30.0, on: Grid | None = None, **changes: object) -> Transmitter:
    """A fully documented n41 sector over a cell, with a very wide beam to the east unless changed."""
    x_m, y_m = (on or grid()).to_xy(row, col)
    usual = Transmitter(
        id="s1",
        mast_id="m1",
        operators=("A",),
        technology="5G",
        band="n41",
        x_m=float(x_m),
        y_m=float(y_m),
        height_m=36.0,
        frequency_mhz=2550.0,
        bandwidth_mhz=100.0,
        n_rb=273,
        scs_khz=30.0,
        tx_power_dbm=53.0,
        gain_dbi=22.0,
        horizontal_beamwidth_deg=360.0,
        vertical_beamwidth_deg=180.0,
        azimuth_deg=90.0,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def two_sites(on: Grid) -> tuple[Transmitter, Transmitter]:
    """Two operators' sectors in opposite corners."""
    return (
        sector(row=10, col=10, on=on, id="s1", mast_id="m1", operators=("A",)),
        sector(row=50, col=50, on=on, id="s2", mast_id="m2", operators=("B",)),
    )
