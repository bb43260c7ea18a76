"""Coverage: what is received where, from whom, and what is not known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from itertools import pairwise
from threading import Lock

import numpy as np
import numpy.typing as npt

from geo import field, tiles
from geo.correction import Correction
from geo.errors import CancelledError, RangeError, ShapeError
from geo.grid import Grid
from geo.kernels.field import EXTENDED
from geo.kernels.sight import ASSUMED, BLOCKED
from geo.loss import LossStore
from geo.propagation import RECEIVER_HEIGHT_M, path_loss_db
from geo.radio import Transmitter
from geo.sight import METHODS, Blocks
from geo.terrain import Surface
from geo.units import Array, Booleans, Bytes, Floats32, Indices16

RADIUS_ALLOWANCE_DB = 20.0
"""Loss beyond free space reckoned with when a sector's radius is set [dB]."""

NEARBY_M = 1_000.0
"""A thrifty estimate first looks so far around each mast [m]; at least ``loss.BLEND_TO_M``."""

STAGES = ((0.0, 0.3), (0.3, 1.0))
"""Shares of the work before and after each of its two stages."""

MAX_TRANSMITTERS = 32_767

WARM_EPSG = 9210


class State(IntEnum):
    """What is known about a place for one operator, or for all together."""

    UNCOVERED = 0
    COVERED = 1
    UNKNOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """
    Levels of received power, the best first.

    Parameters
    ----------
    names
        One name for each level.
    lower_dbm
        Lower edge of each [dBm] of the planning level, falling; the last may be −inf.
    covered
        Whether the level counts as covered; those which do come first.
    margin_db
        Planning level = median − margin [dB], at least 0.

    Raises
    ------
    ShapeError
        The three have not the same length.
    RangeError
        The edges do not fall, no level counts as covered, or an uncovered one stands above a covered one.
    """

    names: tuple[str, ...]
    lower_dbm: tuple[float, ...]
    covered: tuple[bool, ...]
    margin_db: float

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.lower_dbm) == len(self.covered):
            raise ShapeError("levels_length", met=len(self.lower_dbm), needed=len(self.names))
        for above, below in pairwise(self.lower_dbm):
            if not above > below:
                raise RangeError("lower_dbm", below, -math.inf, above, "dBm")
        n_covered = sum(self.covered)
        if n_covered == 0 or not all(self.covered[:n_covered]) or math.isinf(self.lower_dbm[0]):
            raise RangeError("covered", n_covered, 1, len(self.names), "")
        if not 0.0 <= self.margin_db <= 60.0:
            raise RangeError("margin_db", self.margin_db, 0.0, 60.0, "dB")

    @property
    def lowest_covered_dbm(self) -> float:
        """Lower edge of the lowest level that counts as covered [dBm]."""
        return self.lower_dbm[sum(self.covered) - 1]

    @property
    def lowest_dbm(self) -> float:
        """Lowest finite edge of all levels [dBm]."""
        return min(edge for edge in self.lower_dbm if math.isfinite(edge))

    def index(self, planning_dbm: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """
        Level of each value.

        Parameters
        ----------
        planning_dbm
            Planning level [dBm], any shape; NaN where nothing is received.

        Returns
        -------
        index
            Place in ``names``; below the last edge, or nothing received: the last place if its edge is
            −inf, else the number of levels.
        """
        values = np.asarray(planning_dbm)
        index = np.full(values.shape, len(self.names), dtype=np.int8)
        for place, edge in reversed(list(enumerate(self.lower_dbm))):
            index[values >= edge] = place
        if math.isinf(self.lower_dbm[-1]):
            index[np.isnan(values)] = len(self.names) - 1
        return index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coverage:
    """
    Outcome of one run. All arrays have the shape of the grid and are read-only.

    Parameters
    ----------
    grid
        Where the cells lie.
    operators
        Names, sorted; the keys of the mappings.
    transmitter_ids
        Ids of all transmitters, sorted.
    levels
        Levels and margin which say what counts as covered.
    model
        Names of the path-loss models used, joined by ``+``; the one asked for if none was used.
    power_dbm
        Median SS-RSRP of the best server that is certain [dBm], float32; NaN where there is none.
    server
        Its place in ``transmitter_ids``, int16; −1 where there is none.
    possible_dbm
        Largest median that could still be received where something is unknown [dBm], float32; −inf where
        nothing is unknown, +inf where the place itself is.
    assumed
        True where the best server, the path to it, or the place itself rests on an assumption.
    blocked
        True where the best server is received without line of sight.
    extended
        Number of cells whose best server's height lies outside the model's table, though in the range
        allowed here.
    outside_model
        Ids of transmitters for whose height or carrier the model does not hold: they make places unknown,
        never covered.
    """

    grid: Grid
    operators: tuple[str, ...]
    transmitter_ids: tuple[str, ...]
    levels: Levels
    model: str
    power_dbm: Mapping[str, Floats32]
    server: Mapping[str, Indices16]
    possible_dbm: Mapping[str, Floats32]
    assumed: Mapping[str, Booleans]
    blocked: Mapping[str, Booleans]
    extended: Mapping[str, int]
    outside_model: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for values in (self.power_dbm, self.server, self.possible_dbm, self.assumed, self.blocked):
            for operator in self.operators:
                array: Array = values[operator]
                self.grid.require_shape(array)
                array.flags.writeable = False

    def planning_dbm(self, operator: str) -> Floats32:
        """
        Planning level: median less the margin.

        Parameters
        ----------
        operator
            One of ``operators``.

        Returns
        -------
        planning_dbm
            [dBm], shape (rows, cols); NaN where nothing certain is received.
        """
        return np.asarray(self.power_dbm[operator] - np.float32(self.levels.margin_db))

    def state(self, operator: str) -> Bytes:
        """
        Covered, uncovered or unknown.

        Parameters
        ----------
        operator
            One of ``operators``.

        Returns
        -------
        state
            Values of ``State``, uint8, shape (rows, cols). Unknown where what is certain does not cover
            but what is possible reaches the lowest level of the table.
        """
        possible = self.possible_dbm[operator] - np.float32(self.levels.margin_db)
        state = np.where(possible >= self.levels.lowest_dbm, State.UNKNOWN, State.UNCOVERED)
        covered = self.planning_dbm(operator) >= self.levels.lowest_covered_dbm
        return np.where(covered, State.COVERED, state).astype(np.uint8)

    def window(self, bounds: tuple[float, float, float, float]) -> Coverage:
        """
        The part that touches a rectangle.

        Parameters
        ----------
        bounds
            (xmin, ymin, xmax, ymax) [m].

        Returns
        -------
        coverage
            The same figures for fewer cells; ``extended`` still counts the whole run.

        Raises
        ------
        ShapeError
            The rectangle does not touch the grid.
        """
        grid, part = self.grid.window(bounds)
        return replace(
            self,
            grid=grid,
            power_dbm={name: values[part].copy() for name, values in self.power_dbm.items()},
            server={name: values[part].copy() for name, values in self.server.items()},
            possible_dbm={name: values[part].copy() for name, values in self.possible_dbm.items()},
            assumed={name: values[part].copy() for name, values in self.assumed.items()},
            blocked={name: values[part].copy() for name, values in self.blocked.items()},
        )

    def with_unknown(self, cells: Booleans, *, operators: Sequence[str] | None = None) -> Coverage:
        """
        The same outcome, with places where something more could be received than is known.

        Parameters
        ----------
        cells
            True where a server that is not in the data could reach, shape (rows, cols).
        operators
            Operators for which this holds. None: all.

        Returns
        -------
        coverage
            There, uncovered becomes unknown; covered stays covered.
        """
        self.grid.require_shape(cells)
        touched = self.operators if operators is None else operators
        opened = {
            name: np.where(cells, np.float32(np.inf), values) if name in touched else values
            for name, values in self.possible_dbm.items()
        }
        return replace(self, possible_dbm=opened)


def combine(states: Sequence[Bytes]) -> tuple[Bytes, Bytes]:
    """
    States of all operators together.

    Parameters
    ----------
    states
        Values of ``State`` for each operator, equal shapes, at least one.

    Returns
    -------
    anyone
        Covered if one covers, uncovered if all are uncovered, else unknown.
    two_or_more
        Covered if at least two cover, uncovered if fewer than two cover or are unknown, else unknown.

    Raises
    ------
    ShapeError
        There is no operator, or the shapes differ.
    """
    if not states:
        raise ShapeError("states_none")
    if any(state.shape != states[0].shape for state in states):
        raise ShapeError("states_shape", met=str([state.shape for state in states]))
    n_covered, n_open = np.zeros((2, *states[0].shape), dtype=np.int16)
    for state in states:
        n_covered += state == State.COVERED
        n_open += state == State.UNKNOWN
    return _at_least(1, n_covered, n_open), _at_least(2, n_covered, n_open)


def _at_least(needed: int, n_covered: Indices16, n_open: Indices16) -> Bytes:
    state = np.where(n_covered + n_open < needed, State.UNCOVERED, State.UNKNOWN)
    return np.where(n_covered >= needed, State.COVERED, state).astype(np.uint8)


def estimate(
    transmitters: Sequence[Transmitter],
    surface: Surface,
    *,
    levels: Levels,
    limits: Mapping[str, float],
    model: str = field.AUTO,
    dense: bool = False,
    operators: Sequence[str] | None = None,
    receiver_height_m: float = RECEIVER_HEIGHT_M,
    allowance_db: float = RADIUS_ALLOWANCE_DB,
    convergence_deg: float | None = None,
    sight: str = "radial",
    correction: Correction | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    workers: int = 2,
    executor: Executor | None = None,
    store: LossStore | None = None,
    thrifty: bool = False,
) -> Coverage:
    """
    Power received outdoors from the best server of each operator, and what remains unknown.

    Parameters
    ----------
    transmitters
        All cells of all operators, in any order, also outside the grid; ids unique.
    surface
        Ground and clutter; its grid is the grid of the outcome.
    levels
        What counts as covered.
    limits
        Largest radius [m] by band or beginning of a band's name; ``"default"`` for the others.
    model
        Key of ``propagation.MODELS``, ``"auto"``, or ``"p1812"``.
    dense
        Whether ``"auto"`` takes the urban model.
    operators
        Operators to tell about. None: those which a transmitter serves.
    receiver_height_m
        Receivers above the ground [m].
    allowance_db
        Loss beyond free space reckoned with when a radius is set [dB].
    convergence_deg
        Angle from true north clockwise to grid north [°]. None: that at the middle of the grid.
    sight
        ``"radial"`` or ``"exact"``.
    correction
        Added to every path loss. None: nothing is.
    progress
        Called with the share done, 0 to 1, from the calling thread.
    cancelled
        Asked between masts; True ends the run.
    workers
        Threads, at least 1.
    executor
        Takes the work, tile by tile, instead of the threads; such as of other processes or machines.
    store
        Where losses around masts computed before are kept. None: nowhere.
    thrifty
        Whether losses over the profile are left out where even free space could change neither the best
        server nor the state. Best servers, powers and states are the same; ``possible_dbm`` is −inf where it
        decides nothing. Not with a store, an executor or a correction.

    Returns
    -------
    coverage
        Equal for equal inputs, whatever their order and the number of threads.

    Raises
    ------
    CancelledError
        ``cancelled`` answered True.
    InputError
        ``model`` or ``sight`` is not known; an id occurs twice.
    """
    sectors = _sorted(transmitters)
    names = tuple(sorted({name for sector in sectors for name in sector.operators} | set(operators or ())))
    masts, chosen = field.arrange(
        sectors,
        model=model,
        dense=dense,
        receiver_height_m=receiver_height_m,
        lowest_dbm=levels.lowest_dbm,
        allowance_db=allowance_db,
        limits_m=limits,
    )
    turn_deg = surface.grid.convergence_deg() if convergence_deg is None else convergence_deg
    found = {name: field.Best.nothing(surface.grid.shape) for name in names}
    reception = field.Reception(
        receiver_height_m=receiver_height_m,
        convergence_deg=turn_deg,
        method=sight,
        correction=correction,
        rim_m=field.rim_m(limits),
    )
    if executor is not None:
        tiles.run(executor, masts, surface, reception, found, progress, cancelled)
    elif thrifty and store is None and correction is None:
        _run_thriftily(masts, surface, reception, found, levels, progress, cancelled, workers=workers)
    else:
        _run(masts, Blocks.of(surface), reception, found, store, progress, cancelled, workers=workers)
    return _outcome(
        surface,
        found,
        ids=tuple(sector.id for sector in sectors),
        levels=levels,
        model="+".join(sorted({record.name for record in chosen if record is not None})) or model,
        outside=tuple(s.id for s, record in zip(sectors, chosen, strict=True) if record is None),
    )


def warm() -> None:
    """
    Compile every kernel once, so that the first estimate is as quick as the next.

    Both ways to find line of sight and one path loss are run on a few cells.
    """
    grid = Grid(epsg=WARM_EPSG, west_m=0.0, north_m=0.0, cell_m=10.0, rows=8, cols=8)
    sector = Transmitter(
        id="warm",
        mast_id="warm",
        operators=("warm",),
        technology="5G",
        band="n41",
        x_m=40.0,
        y_m=-40.0,
        height_m=36.0,
        frequency_mhz=2550.0,
        bandwidth_mhz=100.0,
        n_rb=273,
        scs_khz=30.0,
        tx_power_dbm=53.0,
        gain_dbi=22.0,
        horizontal_beamwidth_deg=65.0,
        vertical_beamwidth_deg=8.0,
    )
    levels = Levels(names=("any",), lower_dbm=(-100.0,), covered=(True,), margin_db=0.0)
    surface = Surface.flat(grid, ground_m=0.0, clutter_m=0.0)
    for sight in METHODS:
        estimate((sector,), surface, levels=levels, limits={"default": 40.0}, sight=sight, workers=1)
    path_loss_db(
        "rma",
        frequency_mhz=sector.frequency_mhz,
        distance_m=100.0,
        tx_height_m=36.0,
        rx_height_m=1.5,
        los=True,
    )


def _sorted(transmitters: Sequence[Transmitter]) -> list[Transmitter]:
    sectors = sorted(transmitters, key=lambda sector: sector.id)
    if len(sectors) > MAX_TRANSMITTERS:
        raise RangeError("transmitters", len(sectors), 0, MAX_TRANSMITTERS, "")
    for first, second in pairwise(sectors):
        if first.id == second.id:
            raise ShapeError("transmitter_twice", id=first.id)
    return sectors


def _run(
    masts: Sequence[field.Mast],
    blocks: Blocks,
    reception: field.Reception,
    found: Mapping[str, field.Best],
    store: LossStore | None,
    progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
    *,
    workers: int,
    contest: field.Contest | None = None,
) -> None:
    lock, places = Lock(), field.places(masts)

    def work(members: Sequence[field.Mast]) -> None:
        if cancelled is not None and cancelled():
            return
        for mast, part in field.radiate(members, blocks, reception, store=store, contest=contest):
            with lock:
                for name in set(mast.transmitters[0].operators):
                    found[name].add(part)

    with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
        tasks = [pool.submit(work, members) for members in places]
        try:
            for done, task in enumerate(as_completed(tasks), start=1):
                task.result()
                if cancelled is not None and cancelled():
                    raise CancelledError("cancelled")
                if progress is not None:
                    progress(done / len(tasks))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if not masts and cancelled is not None and cancelled():
        raise CancelledError("cancelled")


def _run_thriftily(
    masts: Sequence[field.Mast],
    surface: Surface,
    reception: field.Reception,
    found: Mapping[str, field.Best],
    levels: Levels,
    progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
    *,
    workers: int,
) -> None:
    # First what lies near each mast: far ones seldom surpass it. Then all, where they still may.
    blocks = Blocks.of(surface)
    covering_dbm, lowest_dbm = (
        edge + levels.margin_db for edge in (levels.lowest_covered_dbm, levels.lowest_dbm)
    )
    contest = field.Contest(best=found, near_m=NEARBY_M, covering_dbm=covering_dbm, lowest_dbm=lowest_dbm)
    near = [field.nearby(mast, within_m=NEARBY_M) for mast in masts if mast.over_profile]
    told = [None if progress is None else partial(_tell, progress, low, high) for low, high in STAGES]
    _run(near, blocks, reception, found, None, told[0], cancelled, workers=workers)
    _run(masts, blocks, reception, found, None, told[1], cancelled, workers=workers, contest=contest)
    for best in found.values():
        idle = (best.power_dbm >= covering_dbm) | (best.possible_dbm < lowest_dbm)
        best.possible_dbm[idle] = -np.inf


def _tell(progress: Callable[[float], None], low_share: float, high_share: float, share: float) -> None:
    progress(low_share + share * (high_share - low_share))


def _outcome(
    surface: Surface,
    found: Mapping[str, field.Best],
    *,
    ids: tuple[str, ...],
    levels: Levels,
    model: str,
    outside: tuple[str, ...],
) -> Coverage:
    unknown, assumed = ~surface.known, surface.assumed
    for best in found.values():
        best.possible_dbm[unknown] = np.inf
    return Coverage(
        grid=surface.grid,
        operators=tuple(found),
        transmitter_ids=ids,
        levels=levels,
        model=model,
        power_dbm={name: best.power_dbm for name, best in found.items()},
        server={name: best.server for name, best in found.items()},
        possible_dbm={name: best.possible_dbm for name, best in found.items()},
        assumed={name: assumed | (best.marks & ASSUMED > 0) for name, best in found.items()},
        blocked={name: best.marks & BLOCKED > 0 for name, best in found.items()},
        extended={name: int((best.marks & EXTENDED > 0).sum()) for name, best in found.items()},
        outside_model=outside,
    )
