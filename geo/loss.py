"""Path loss around one mast, before any antenna: what a change of power, azimuth or tilt leaves as it is."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from geo import p1812
from geo.correction import Correction, clutter_class
from geo.grid import Grid
from geo.kernels import field as kernel
from geo.kernels.sight import ASSUMED, UNKNOWN, VISITED
from geo.propagation import MODELS, PathLossModel
from geo.sight import Blocks, place
from geo.terrain import Surface
from geo.units import Bytes, Floats32, Indices16

BLEND_FROM_M, BLEND_TO_M = 250.0, 500.0
"""Horizontal distances [m] between which the loss over the profile takes over (P.1812 begins at 250 m)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """
    All that the loss around a mast depends on, beside the surface.

    Parameters
    ----------
    x_m, y_m
        Place of the mast [m].
    height_m, receiver_height_m
        Antenna and receivers above the ground [m].
    frequency_mhz
        Carrier [MHz].
    reach_m
        How far the loss is wanted [m].
    model
        Path-loss model. None: none holds; then only a lower bound of the loss is known.
    over_profile
        Whether P.1812 over the whole profile takes over far from the mast.
    method
        Line of sight and profiles ``"radial"`` or ``"exact"``.
    correction
        Added to the loss. None: nothing is.
    ray_m
        Where the rays over the profile end, if beyond the reach [m].
    rim_m
        Where the rays of ``"radial"`` end, if beyond the reach [m]: paths of one place that share it share
        one look around, whatever their reaches.
    """

    x_m: float
    y_m: float
    height_m: float
    receiver_height_m: float
    frequency_mhz: float
    reach_m: float
    model: PathLossModel | None
    over_profile: bool
    method: str
    correction: Correction | None = None
    rim_m: float = 0.0
    ray_m: float = 0.0

    @property
    def key(self) -> str:
        """32 hexadecimal digits, equal for equal paths."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """
    Losses and line of sight on a square, as they are kept.

    Parameters
    ----------
    loss_cdb
        Loss that is certain not to be exceeded [0.01 dB], int16; ``kernels.field.NO_LOSS``: none.
    least_cdb
        Lower bound of the loss where not all is known [0.01 dB]; ``NO_LOSS``: nothing is open.
    marks
        Bits of ``kernels.sight``.
    """

    loss_cdb: Indices16
    least_cdb: Indices16
    marks: Bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loss:
    """
    Loss around one mast, in its place.

    Parameters
    ----------
    row0, col0
        Place in the whole grid of the upper left cell; may lie outside.
    cell_m
        Side of a cell [m].
    east_m, north_m
        Mast relative to the centre of the central cell [m].
    altitude_m
        Antenna above sea level [m]; NaN: unknown.
    ground_m
        Ground above sea level [m], square.
    loss_cdb, least_cdb, marks
        As in ``Losses``, same shape.
    """

    row0: int
    col0: int
    cell_m: float
    east_m: float
    north_m: float
    altitude_m: float
    ground_m: Floats32
    loss_cdb: Indices16
    least_cdb: Indices16
    marks: Bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spot:
    """
    Where a mast stands on the whole surface.

    Parameters
    ----------
    row0, col0
        Place in the whole grid of the upper left cell of ``part``; may lie outside.
    east_m, north_m
        Mast relative to the centre of the central cell [m].
    altitude_m
        Antenna above sea level [m].
    part
        Square around the mast.
    """

    row0: int
    col0: int
    east_m: float
    north_m: float
    altitude_m: float
    part: Blocks


class LossStore(Protocol):
    """Keeps losses of one surface; may forget any at any time. Shared by threads."""

    def get(self, key: str) -> Losses | None:
        """
        Losses kept under a key.

        Parameters
        ----------
        key
            ``Path.key``.

        Returns
        -------
        losses
            None where there are none.
        """

    def put(self, key: str, losses: Losses) -> None:
        """
        Keep losses.

        Parameters
        ----------
        key
            ``Path.key``.
        losses
            What to keep.
        """


def loss_around(path: Path, blocks: Blocks, *, store: LossStore | None = None) -> Loss | None:
    """
    Loss from a mast to the cells around it.

    Parameters
    ----------
    path
        Mast, carrier, model.
    blocks
        The whole surface.
    store
        Where losses computed before are kept. None: nowhere.

    Returns
    -------
    loss
        None where no cell of the grid is near enough.
    """
    return next(losses_around((path,), blocks, store=store))


def losses_around(
    paths: Sequence[Path],
    blocks: Blocks,
    *,
    store: LossStore | None = None,
    select: Callable[[int, Spot], Bytes] | None = None,
) -> Iterator[Loss | None]:
    """
    Losses of several carriers from one antenna's place; line of sight is looked for once.

    Parameters
    ----------
    paths
        Of equal place, heights, method and rim; carrier, model and reach may differ.
    blocks
        The whole surface.
    store
        Where losses computed before are kept. None: nowhere.
    select
        Where a loss over the profile is wanted: 0 where not, by number of the path. None: everywhere.
        Goes without a store only.

    Yields
    ------
    loss
        As ``loss_around``, in the order of ``paths``.
    """
    grid = blocks.grid
    row, col, east_m, north_m = place(grid, paths[0].x_m, paths[0].y_m)
    radii = [_radius_cells(path.reach_m, grid) for path in paths]
    around = blocks.cut(row=row, col=col, radius_cells=max(radii))
    seen: Bytes | None = None
    for index, (path, radius) in enumerate(zip(paths, radii, strict=True)):
        if not _touches(grid, row=row, col=col, radius_cells=radius):
            yield None
            continue
        part = around.inner(radius)
        usable = path.model is not None and not math.isnan(part.top_m[radius, radius])
        altitude_m = float(part.ground_m[radius, radius]) + path.height_m if usable else math.nan
        losses = None if store is None else store.get(path.key)
        if losses is None:
            if usable and seen is None:
                seen = _marks(path, around, altitude_m=altitude_m, offset_m=(east_m, north_m))
            marks = _cropped(seen, radius) if usable and seen is not None else _unlit(part)
            spot = Spot(
                row0=row - radius,
                col0=col - radius,
                east_m=east_m,
                north_m=north_m,
                altitude_m=altitude_m,
                part=part,
            )
            partly = select is not None and store is None and path.over_profile and usable
            wanted = select(index, spot) if partly and select is not None else None
            losses = _compute(path, spot, marks, wanted)
            if store is not None:
                store.put(path.key, losses)
        yield Loss(
            row0=row - radius,
            col0=col - radius,
            cell_m=grid.cell_m,
            east_m=east_m,
            north_m=north_m,
            altitude_m=altitude_m,
            ground_m=part.ground_m,
            loss_cdb=losses.loss_cdb,
            least_cdb=losses.least_cdb,
            marks=losses.marks,
        )


def _radius_cells(reach_m: float, grid: Grid) -> int:
    # One cell more than the reach: the mast may stand off the centre of its cell.
    return math.ceil(reach_m / grid.cell_m) + 1


def _touches(grid: Grid, *, row: int, col: int, radius_cells: int) -> bool:
    in_rows = -radius_cells <= row < grid.rows + radius_cells
    return in_rows and -radius_cells <= col < grid.cols + radius_cells


def _cropped(marks: Bytes, radius_cells: int) -> Bytes:
    # The middle of a look around.
    edge = marks.shape[0] // 2 - radius_cells
    return np.ascontiguousarray(marks[edge : marks.shape[0] - edge, edge : marks.shape[1] - edge])


def _unlit(part: Blocks) -> Bytes:
    # The antenna's altitude is not known, or no model holds: nothing is known of any path.
    return np.where(np.isnan(part.top_m), 0, VISITED | UNKNOWN).astype(np.uint8)


def _compute(path: Path, spot: Spot, marks: Bytes, wanted: Bytes | None) -> Losses:
    part, altitude_m, offset_m = spot.part, spot.altitude_m, (spot.east_m, spot.north_m)
    model = path.model or MODELS["free_space"]
    loss_cdb, least_cdb = np.empty((2, *part.grid.shape), dtype=np.int16)
    kernel.loss(
        part.grid.cell_m,
        *offset_m,
        path.reach_m,
        altitude_m,
        path.height_m,
        path.receiver_height_m,
        model.los_limit_m,
        model.nlos_limit_m,
        model.terms(
            frequency_mhz=path.frequency_mhz, tx_height_m=path.height_m, rx_height_m=path.receiver_height_m
        ),
        part.ground_m,
        marks,
        loss_cdb,
        least_cdb,
    )
    if wanted is not None:
        kernel.leave_out(wanted, loss_cdb, least_cdb)
    if path.over_profile and not math.isnan(altitude_m):
        far_db = _over_profile(path, part, wanted)
        kernel.blend(part.grid.cell_m, *offset_m, BLEND_FROM_M, BLEND_TO_M, far_db, loss_cdb, least_cdb)
    if path.correction is not None:
        _correct(path.correction, part, offset_m, loss_cdb, least_cdb)
    return Losses(loss_cdb=loss_cdb, least_cdb=least_cdb, marks=marks)


def _over_profile(path: Path, part: Blocks, wanted: Bytes | None) -> Floats32:
    clutter_m = np.asarray(part.top_m - part.ground_m)
    loss_db, _ = p1812.area_loss_db(
        Surface(grid=part.grid, ground_m=part.ground_m, clutter_height_m=clutter_m),
        x_m=path.x_m,
        y_m=path.y_m,
        tx_height_m=path.height_m,
        rx_height_m=path.receiver_height_m,
        frequency_mhz=path.frequency_mhz,
        radius_m=(part.grid.rows // 2 - 0.5) * part.grid.cell_m,
        method=path.method,
        rim_m=path.ray_m + part.grid.cell_m if path.ray_m else 0.0,
        wanted=wanted,
    )
    part.grid.require_shape(loss_db)
    return loss_db


def _correct(
    correction: Correction,
    part: Blocks,
    offset_m: tuple[float, float],
    loss_cdb: Indices16,
    least_cdb: Indices16,
) -> None:
    # Where the clutter is not known, the certain loss takes the largest class, the lower bound the smallest.
    classes = clutter_class(part.top_m - part.ground_m)
    values_db = np.array(correction.class_db, dtype=np.float32) + np.float32(correction.offset_db)
    kernel.correct(
        part.grid.cell_m,
        *offset_m,
        correction.slope_db_per_decade,
        correction.from_m,
        correction.to_m,
        np.append(values_db, values_db.max())[classes],
        np.append(values_db, values_db.min())[classes],
        loss_cdb,
        least_cdb,
    )


def _marks(path: Path, part: Blocks, *, altitude_m: float, offset_m: tuple[float, float]) -> Bytes:
    marks = part.marks(
        east_m=offset_m[0],
        north_m=offset_m[1],
        altitude_m=altitude_m,
        receiver_height_m=path.receiver_height_m,
        method=path.method,
        rim_cells=_radius_cells(path.rim_m, part.grid),
    )
    middle = part.grid.rows // 2
    if part.assumed[middle, middle]:
        marks[marks > 0] |= np.uint8(ASSUMED)
    return marks
