"""The field of one mast: its sectors' loss and power in the cells around it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from geo.aerial import distinct, stacked
from geo.correction import Correction
from geo.errors import RangeError
from geo.kernels import field as kernel
from geo.kernels.hope import free_space_db, hidden_db, hope
from geo.kernels.sight import ASSUMED
from geo.loss import Loss, LossStore, Path, Spot, losses_around
from geo.p1812 import FREQUENCY_MHZ as PROFILE_MHZ
from geo.propagation import MODELS, PathLossModel, model_of
from geo.radio import Transmitter, free_space_reach_m
from geo.sight import Blocks
from geo.units import Bytes, Floats, Floats32, Indices16

AUTO = "auto"
PROFILE = "p1812"

RIM_M = 10_000.0
"""Rays of a look around end at most so far away [m], unless what is looked for lies farther."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """
    Sectors which share place, height, carrier and operators, and so one field of loss.

    Parameters
    ----------
    transmitters
        The sectors, at least one.
    indices
        Number of each in the whole run.
    reach_m
        How far each is followed [m].
    model
        Path-loss model. None: none holds for this height and carrier, so that only an upper bound of the
        power is known.
    over_profile
        Whether the loss far from the mast comes from the whole profile.
    ray_m
        Where the rays over the profile end, if beyond the reach [m].
    """

    transmitters: tuple[Transmitter, ...]
    indices: tuple[int, ...]
    reach_m: tuple[float, ...]
    model: PathLossModel | None
    over_profile: bool = False
    ray_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """
    What one mast adds, on a square around it.

    Parameters
    ----------
    row0, col0
        Place in the whole grid of the upper left cell; may lie outside.
    power_dbm
        Strongest certain median power of a resource element [dBm]; NaN: none.
    server
        Its sector's number in the run; −1: none.
    possible_dbm
        Largest power still possible where something is unknown [dBm]; −inf: nothing is.
    marks
        Bits of ``kernels.sight`` and ``kernels.field`` for the strongest sector.
    """

    row0: int
    col0: int
    power_dbm: Floats32
    server: Indices16
    possible_dbm: Floats32
    marks: Bytes


@dataclass(slots=True, eq=False)
class Best:
    """
    The best so far for one operator; arrays as in ``Field``, on the whole grid, written in place.

    Several threads may share one, each adding under a lock.
    """

    power_dbm: Floats32
    server: Indices16
    possible_dbm: Floats32
    marks: Bytes

    @classmethod
    def nothing(cls, shape: tuple[int, int]) -> Best:
        """
        Start, before any mast.

        Parameters
        ----------
        shape
            (rows, cols) of the grid.

        Returns
        -------
        best
            Nothing received, nothing open.
        """
        return cls(
            power_dbm=np.full(shape, np.nan, dtype=np.float32),
            server=np.full(shape, -1, dtype=np.int16),
            possible_dbm=np.full(shape, -np.inf, dtype=np.float32),
            marks=np.zeros(shape, dtype=np.uint8),
        )

    def add(self, part: Field) -> None:
        """
        Take one mast into account.

        Parameters
        ----------
        part
            Field of the mast.
        """
        kernel.merge(
            part.row0,
            part.col0,
            part.power_dbm,
            part.server,
            part.possible_dbm,
            part.marks,
            self.power_dbm,
            self.server,
            self.possible_dbm,
            self.marks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """
    What holds for every mast of an estimate.

    Parameters
    ----------
    receiver_height_m
        Receivers above the ground [m].
    convergence_deg
        Angle from true north clockwise to grid north [°].
    method
        Line of sight and profiles ``"radial"`` or ``"exact"``.
    correction
        Added to every path loss. None: nothing is.
    rim_m
        Where the rays of ``"radial"`` end [m]: the largest distance that any sector may be followed, so that
        what one carrier sees does not depend on the others of its mast. 0: at each one's reach.
    """

    receiver_height_m: float
    convergence_deg: float
    method: str = "radial"
    correction: Correction | None = None
    rim_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """
    What a mast must surpass for its losses to be worth computing.

    Parameters
    ----------
    best
        Operator to the best so far; other threads may add to it meanwhile.
    near_m
        All within this distance of each mast [m] is in ``best`` already; at least ``loss.BLEND_TO_M``.
    covering_dbm, lowest_dbm
        Median powers [dBm] from which a place is covered, and below which nothing is of interest.
    """

    best: Mapping[str, Best]
    near_m: float
    covering_dbm: float
    lowest_dbm: float


def reach_m(
    transmitter: Transmitter, *, lowest_dbm: float, allowance_db: float, limits_m: Mapping[str, float]
) -> float:
    """
    How far a sector is followed.

    Parameters
    ----------
    transmitter
        The sector.
    lowest_dbm
        Lowest level of interest [dBm].
    allowance_db
        Loss beyond free space that is reckoned with [dB].
    limits_m
        Largest distance [m] by band, or by the beginning of its name; ``"default"`` for the others.

    Returns
    -------
    reach_m
        Where radiated power less free space less the allowance falls to the lowest level [m], at most
        the limit.

    Raises
    ------
    RangeError
        There is no limit for the band, or it is not above 0.
    """
    keys = [key for key in limits_m if transmitter.band.startswith(key)]
    limit_m = limits_m[max(keys, key=len)] if keys else limits_m.get("default", 0.0)
    if not limit_m > 0.0:
        raise RangeError("max_radius_m", limit_m, 0.0, math.inf, "m")
    allowed_db = transmitter.eirp_per_re_dbm - allowance_db - lowest_dbm
    return min(free_space_reach_m(allowed_db, frequency_mhz=transmitter.frequency_mhz), limit_m)


def rim_m(limits_m: Mapping[str, float]) -> float:
    """
    Where the rays of a look around end.

    Parameters
    ----------
    limits_m
        Largest distances [m], as for ``reach_m``.

    Returns
    -------
    rim_m
        The largest of them [m], at most ``RIM_M``.
    """
    return min(max(limits_m.values(), default=0.0), RIM_M)


def choose(
    transmitter: Transmitter, *, model: str, dense: bool, receiver_height_m: float
) -> PathLossModel | None:
    """
    Path-loss model for a sector.

    Parameters
    ----------
    transmitter
        The sector.
    model
        Name of a model, or ``"auto"``: rural macro; urban macro where ``dense`` or the sector stands in a
        town; below 10 m urban micro.
        ``"p1812"`` takes the same near the mast.
    dense
        Whether the place is a dense ward.
    receiver_height_m
        Receivers above the ground [m].

    Returns
    -------
    model
        None where the model does not hold for this height, carrier or receiver.

    Raises
    ------
    InputError
        No model has this name.
    """
    if model == PROFILE and not PROFILE_MHZ[0] <= transmitter.frequency_mhz <= PROFILE_MHZ[1]:
        return None
    if model not in (AUTO, PROFILE):
        chosen = model_of(model)
    elif transmitter.height_m < MODELS["rma"].tx_height_m[0]:
        chosen = MODELS["umi"]
    else:
        chosen = MODELS["uma" if dense or transmitter.urban else "rma"]
    holds = chosen.admits(
        frequency_mhz=transmitter.frequency_mhz,
        tx_height_m=transmitter.height_m,
        rx_height_m=receiver_height_m,
    )
    return chosen if holds else None


def masts(
    transmitters: Iterable[Transmitter],
    models: Iterable[PathLossModel | None],
    reaches_m: Iterable[float],
    *,
    over_profile: bool = False,
) -> tuple[Mast, ...]:
    """
    Sectors put together where they share one field of loss.

    Parameters
    ----------
    transmitters, models, reaches_m
        The sectors in the order of their numbers; model and reach [m] of each.
    over_profile
        Whether the loss far from the masts comes from the whole profile.

    Returns
    -------
    masts
        Each sector is in exactly one.
    """
    groups: dict[tuple[object, ...], list[tuple[int, Transmitter, PathLossModel | None, float]]] = {}
    for index, (sector, model, reach) in enumerate(zip(transmitters, models, reaches_m, strict=True)):
        key = (sector.x_m, sector.y_m, sector.height_m, sector.frequency_mhz, sector.operators, model)
        groups.setdefault(key, []).append((index, sector, model, reach))
    return tuple(
        Mast(
            transmitters=tuple(sector for _, sector, _, _ in members),
            indices=tuple(index for index, _, _, _ in members),
            reach_m=tuple(reach for _, _, _, reach in members),
            model=members[0][2],
            over_profile=over_profile,
        )
        for members in groups.values()
    )


def arrange(
    sectors: Sequence[Transmitter],
    *,
    model: str,
    dense: bool,
    receiver_height_m: float,
    lowest_dbm: float,
    allowance_db: float,
    limits_m: Mapping[str, float],
) -> tuple[tuple[Mast, ...], tuple[PathLossModel | None, ...]]:
    """
    Sectors with their models and reaches, put together by mast.

    Parameters
    ----------
    sectors
        In the order of their numbers.
    model, dense, receiver_height_m
        As in ``choose``.
    lowest_dbm, allowance_db, limits_m
        As in ``reach_m``.

    Returns
    -------
    masts
        Each sector is in exactly one.
    models
        Model of each sector; None where none holds.
    """
    models = tuple(
        choose(sector, model=model, dense=dense, receiver_height_m=receiver_height_m) for sector in sectors
    )
    reaches = [
        reach_m(sector, lowest_dbm=lowest_dbm, allowance_db=allowance_db, limits_m=limits_m)
        for sector in sectors
    ]
    return masts(sectors, models, reaches, over_profile=model == PROFILE), models


def places(masts: Sequence[Mast]) -> tuple[tuple[Mast, ...], ...]:
    """
    Carriers put together where they look around from the same place.

    Parameters
    ----------
    masts
        All, in any order.

    Returns
    -------
    places
        Each mast is in exactly one.
    """
    groups: dict[tuple[float, float, float], list[Mast]] = {}
    for mast in masts:
        first = mast.transmitters[0]
        groups.setdefault((first.x_m, first.y_m, first.height_m), []).append(mast)
    return tuple(tuple(members) for members in groups.values())


def radiate(
    masts: Sequence[Mast],
    blocks: Blocks,
    reception: Reception,
    *,
    store: LossStore | None = None,
    contest: Contest | None = None,
) -> Iterator[tuple[Mast, Field]]:
    """
    Fields of the carriers of one place.

    Parameters
    ----------
    masts
        One of ``places``.
    blocks
        The whole surface.
    reception
        What holds for every mast.
    store
        Where losses computed before are kept. None: nowhere.
    contest
        Losses over the profile are left out where they can change neither the best nor the state. None:
        none is.

    Yields
    ------
    mast, field
        One after the other; those of which no cell of the grid is near enough are left out.
    """
    paths = [path_of(mast, reception) for mast in masts]
    select = None if contest is None else partial(_hopeful, masts, reception, contest)
    losses = losses_around(paths, blocks, store=store, select=select)
    for mast, path, loss in zip(masts, paths, losses, strict=True):
        if loss is not None:
            yield mast, _power(mast, path, loss, convergence_deg=reception.convergence_deg)


def path_of(mast: Mast, reception: Reception) -> Path:
    """
    All that the loss around a mast depends on.

    Parameters
    ----------
    mast
        Sectors of one place.
    reception
        What holds for every mast.

    Returns
    -------
    path
        The same for all sectors of the mast.
    """
    first = mast.transmitters[0]
    return Path(
        x_m=first.x_m,
        y_m=first.y_m,
        height_m=first.height_m,
        frequency_mhz=first.frequency_mhz,
        receiver_height_m=reception.receiver_height_m,
        reach_m=max(mast.reach_m),
        model=mast.model,
        over_profile=mast.over_profile,
        method=reception.method,
        correction=reception.correction,
        rim_m=reception.rim_m,
        ray_m=mast.ray_m,
    )


def nearby(mast: Mast, *, within_m: float) -> Mast:
    """
    A mast with what lies near it only; losses there are the same.

    Parameters
    ----------
    mast
        Sectors of one place.
    within_m
        Largest distance [m].

    Returns
    -------
    mast
        Followed no farther.
    """
    return replace(
        mast, reach_m=tuple(min(reach, within_m) for reach in mast.reach_m), ray_m=max(mast.reach_m)
    )


def _hopeful(masts: Sequence[Mast], reception: Reception, contest: Contest, index: int, spot: Spot) -> Bytes:
    mast = masts[index]
    first = mast.transmitters[0]
    wanted = np.zeros(spot.part.grid.shape, dtype=np.uint8)
    for operator in first.operators:
        hope(
            spot.row0,
            spot.col0,
            spot.part.grid.cell_m,
            spot.east_m,
            spot.north_m,
            contest.near_m - 2.0 * spot.part.grid.cell_m,  # mast and disc differ by less than a cell
            spot.altitude_m,
            reception.receiver_height_m,
            free_space_db(first.frequency_mhz),
            hidden_db(max(mast.reach_m)),
            contest.covering_dbm,
            contest.lowest_dbm,
            sector_table(mast, convergence_deg=reception.convergence_deg),
            stacked(sector.aerial for sector in mast.transmitters),
            spot.part.ground_m,
            contest.best[operator].power_dbm,
            wanted,
        )
    return wanted


def _power(mast: Mast, path: Path, loss: Loss, *, convergence_deg: float) -> Field:
    power_dbm, possible_dbm = (np.empty(loss.marks.shape, dtype=np.float32) for _ in range(2))
    server = np.empty(loss.marks.shape, dtype=np.int16)
    marks = loss.marks.copy()
    kernel.sectors(
        loss.cell_m,
        loss.east_m,
        loss.north_m,
        loss.altitude_m,
        path.height_m,
        path.receiver_height_m,
        sector_table(mast, convergence_deg=convergence_deg),
        stacked(sector.aerial for sector in mast.transmitters),
        np.array(mast.indices, dtype=np.int16),
        _sector_marks(mast),
        loss.ground_m,
        marks,
        loss.loss_cdb,
        loss.least_cdb,
        power_dbm,
        server,
        possible_dbm,
    )
    return Field(
        row0=loss.row0,
        col0=loss.col0,
        power_dbm=power_dbm,
        server=server,
        possible_dbm=possible_dbm,
        marks=marks,
    )


def sector_table(mast: Mast, *, convergence_deg: float) -> Floats:
    """
    Sectors of a mast as the kernels take them.

    Parameters
    ----------
    mast
        Sectors of one place.
    convergence_deg
        Angle from true north clockwise to grid north [°].

    Returns
    -------
    table
        As ``kernels.field.sectors`` describes it, shape (n, 11).
    """
    rows, aerials = [], distinct(sector.aerial for sector in mast.transmitters)
    for sector, reach in zip(mast.transmitters, mast.reach_m, strict=True):
        azimuth = math.radians((sector.azimuth_deg or 0.0) - convergence_deg)
        tilt = math.radians(sector.mechanical_tilt_deg)
        rows.append(
            (
                sector.eirp_per_re_dbm,
                reach,
                math.cos(azimuth),
                math.sin(azimuth),
                math.cos(tilt),
                math.sin(tilt),
                sector.electrical_tilt_deg,
                sector.horizontal_beamwidth_deg,
                sector.vertical_beamwidth_deg,
                float(sector.azimuth_deg is None),
                -1.0 if sector.aerial is None else float(aerials.index(sector.aerial)),
            )
        )
    return np.array(rows, dtype=np.float64)


def _sector_marks(mast: Mast) -> Bytes:
    model = mast.model
    extended = model is not None and model.is_extended(tx_height_m=mast.transmitters[0].height_m)
    return np.array(
        [
            (ASSUMED if sector.is_assumed else 0) | (kernel.EXTENDED if extended else 0)
            for sector in mast.transmitters
        ],
        dtype=np.uint8,
    )
