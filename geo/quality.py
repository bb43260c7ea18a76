"""Beyond presence: interference, who stands second, and the throughput that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from geo import field
from geo.aerial import stacked
from geo.correction import Correction
from geo.coverage import Levels
from geo.errors import CancelledError
from geo.kernels.quality import gather
from geo.loss import Loss, LossStore, Path, loss_around
from geo.propagation import RECEIVER_HEIGHT_M
from geo.radio import Transmitter, noise_per_re_dbm
from geo.sight import Blocks
from geo.terrain import Surface
from geo.throughput import Scheme, link_mbps
from geo.units import Bytes, Floats, Floats32, Indices16, db_to_ratio, ratio_to_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """
    What is assumed of the use of the network.

    Parameters
    ----------
    load_share
        Share of time in which every other cell sends, 0–1.
    noise_figure_db
        Of the receiver [dB].
    tdd_share
        Share of time for the downlink on TDD carriers, 0–1.
    resource_share
        Share of a carrier that one user gets, 0–1.
    n_layers
        Spatial layers.
    schemes
        Modulation and coding schemes.
    """

    load_share: float
    noise_figure_db: float
    tdd_share: float
    resource_share: float
    n_layers: int
    schemes: tuple[Scheme, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quality:
    """
    Quality of one operator's network; arrays have the shape of the grid.

    Parameters
    ----------
    sinr_db
        SS-SINR of the carrier with the highest throughput [dB]; NaN where nothing certain is received. Of
        an antenna with beams it is that of the traffic beams.
    throughput_mbps
        Of one user on the best carrier [Mbit/s]; 0 where nothing certain is received.
    second_dbm
        Median of the second strongest sector [dBm]; NaN where there is none.
    lead_db
        Strongest over second strongest [dB]; NaN where there is none.
    second
        Number of the second strongest sector among all, sorted by id, int16; −1 where there is none.
    n_servers
        Sectors whose planning level counts as covered, at most 255.
    """

    sinr_db: Floats32
    throughput_mbps: Floats32
    second_dbm: Floats32
    lead_db: Floats32
    second: Indices16
    n_servers: Bytes

    def cut(self, part: tuple[slice, slice]) -> Quality:
        """
        The figures of some cells.

        Parameters
        ----------
        part
            Rows and columns.

        Returns
        -------
        quality
            Copies, so that the whole can be forgotten.
        """
        return Quality(
            sinr_db=self.sinr_db[part].copy(),
            throughput_mbps=self.throughput_mbps[part].copy(),
            second_dbm=self.second_dbm[part].copy(),
            lead_db=self.lead_db[part].copy(),
            second=self.second[part].copy(),
            n_servers=self.n_servers[part].copy(),
        )


@dataclass(slots=True, eq=False)
class _Carrier:
    # Sums of one operator's sectors on one carrier, written by one thread.
    sector: Transmitter
    total_mw: Floats32
    own_mw: Floats32
    best_dbm: Floats32
    second_dbm: Floats32
    served_dbm: Floats32
    best: Indices16
    second: Indices16
    n_servers: Bytes


def quality(
    transmitters: Sequence[Transmitter],
    surface: Surface,
    *,
    levels: Levels,
    limits: Mapping[str, float],
    traffic: Traffic,
    tdd_bands: frozenset[str],
    model: str = field.AUTO,
    dense: bool = False,
    receiver_height_m: float = RECEIVER_HEIGHT_M,
    allowance_db: float = 20.0,
    correction: Correction | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    workers: int = 2,
    store: LossStore | None = None,
) -> dict[str, Quality]:
    """
    Interference, second server and throughput for each operator.

    Parameters
    ----------
    transmitters
        All cells of all operators; ids unique.
    surface
        Ground and clutter.
    levels
        What counts as covered.
    limits
        Largest radius [m] by band, as for ``coverage.estimate``.
    traffic
        What is assumed of the use of the network.
    tdd_bands
        Bands whose carriers share time between the two directions.
    model, dense, receiver_height_m, allowance_db, correction, progress, cancelled, workers, store
        As for ``coverage.estimate``; losses kept there are taken from the store.

    Returns
    -------
    quality
        Operator to its figures. Cells on the same carrier of the same operator interfere, with the load
        assumed; other operators hold other carriers. Where the path of an interferer is not wholly known,
        its least loss is taken: the figures are never too good.

    Raises
    ------
    CancelledError
        ``cancelled`` answered True.
    """
    sectors = sorted(transmitters, key=lambda sector: sector.id)
    masts, _ = field.arrange(
        sectors,
        model=model,
        dense=dense,
        receiver_height_m=receiver_height_m,
        lowest_dbm=levels.lowest_dbm,
        allowance_db=allowance_db,
        limits_m=limits,
    )
    threshold_dbm = levels.lowest_covered_dbm + levels.margin_db
    blocks, turn_deg = Blocks.of(surface), surface.grid.convergence_deg()
    reception = field.Reception(
        receiver_height_m=receiver_height_m,
        convergence_deg=turn_deg,
        correction=correction,
        rim_m=field.rim_m(limits),
    )
    by_carrier = _by_carrier(masts)
    n_all, done = sum(len(members) for members in by_carrier.values()), 0

    def work(members: Sequence[field.Mast]) -> _Carrier:
        nonlocal done
        carrier = _nothing(members[0].transmitters[0], surface.grid.shape)
        for mast in members:
            if cancelled is not None and cancelled():
                raise CancelledError("cancelled")
            path = field.path_of(mast, reception)
            loss = loss_around(path, blocks, store=store)
            if loss is not None:
                table = field.sector_table(mast, convergence_deg=turn_deg)
                _add(carrier, mast, path, loss, table, threshold_dbm=threshold_dbm)
            done += 1
        return carrier

    with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
        tasks = [pool.submit(work, members) for members in by_carrier.values()]
        for task in as_completed(tasks):
            task.result()
            if progress is not None:
                progress(done / n_all)
    return _by_operator(by_carrier, [task.result() for task in tasks], traffic, tdd_bands)


def _add(
    carrier: _Carrier, mast: field.Mast, path: Path, loss: Loss, table: Floats, *, threshold_dbm: float
) -> None:
    numbers = np.array(mast.indices, dtype=np.int16)
    lobes = stacked(sector.aerial for sector in mast.transmitters)
    gather(
        loss.row0, loss.col0, loss.cell_m, loss.east_m, loss.north_m, loss.altitude_m, path.height_m,
        path.receiver_height_m, threshold_dbm, table, numbers, lobes, loss.ground_m, loss.loss_cdb,
        loss.least_cdb,
        carrier.total_mw, carrier.own_mw, carrier.best_dbm, carrier.second_dbm,
        carrier.served_dbm, carrier.best, carrier.second, carrier.n_servers,
    )  # fmt: skip


def _by_operator(
    keys: Iterable[tuple[str, float]],
    carriers: Sequence[_Carrier],
    traffic: Traffic,
    tdd_bands: frozenset[str],
) -> dict[str, Quality]:
    found: dict[str, Quality] = {}
    for (operator, _), carrier in zip(keys, carriers, strict=True):
        part = _of_carrier(carrier, traffic, is_tdd=carrier.sector.band in tdd_bands)
        found[operator] = _better(found[operator], part) if operator in found else part
    return found


def _by_carrier(masts: Sequence[field.Mast]) -> dict[tuple[str, float], list[field.Mast]]:
    groups: dict[tuple[str, float], list[field.Mast]] = {}
    for mast in masts:
        for operator in mast.transmitters[0].operators:
            groups.setdefault((operator, mast.transmitters[0].frequency_mhz), []).append(mast)
    return dict(sorted(groups.items()))


def _nothing(sector: Transmitter, shape: tuple[int, int]) -> _Carrier:
    return _Carrier(
        sector=sector,
        total_mw=np.zeros(shape, dtype=np.float32),
        own_mw=np.zeros(shape, dtype=np.float32),
        best_dbm=np.full(shape, -np.inf, dtype=np.float32),
        second_dbm=np.full(shape, -np.inf, dtype=np.float32),
        served_dbm=np.full(shape, -np.inf, dtype=np.float32),
        best=np.full(shape, -1, dtype=np.int16),
        second=np.full(shape, -1, dtype=np.int16),
        n_servers=np.zeros(shape, dtype=np.uint8),
    )


def _of_carrier(carrier: _Carrier, traffic: Traffic, *, is_tdd: bool) -> Quality:
    sector = carrier.sector
    noise_mw = float(
        db_to_ratio(noise_per_re_dbm(scs_khz=sector.scs_khz, noise_figure_db=traffic.noise_figure_db))
    )
    served = np.isfinite(carrier.best_dbm)
    others_mw = np.maximum(carrier.total_mw - carrier.own_mw, 0.0).astype(np.float64) * traffic.load_share
    sinr_db = np.where(
        served, carrier.served_dbm - np.asarray(ratio_to_db(others_mw + noise_mw)), np.nan
    ).astype(np.float32)
    mbps = link_mbps(
        sinr_db,
        traffic.schemes,
        n_rb=sector.n_rb,
        scs_khz=sector.scs_khz,
        n_layers=traffic.n_layers,
        tdd_share=traffic.tdd_share if is_tdd else 1.0,
        resource_share=traffic.resource_share,
    )
    has_second = np.isfinite(carrier.second_dbm)
    second_dbm = np.where(has_second, carrier.second_dbm, np.nan).astype(np.float32)
    return Quality(
        sinr_db=sinr_db,
        throughput_mbps=np.nan_to_num(mbps, nan=0.0).astype(np.float32),
        second_dbm=second_dbm,
        lead_db=np.where(has_second, carrier.best_dbm, np.nan).astype(np.float32) - second_dbm,
        second=carrier.second,
        n_servers=carrier.n_servers,
    )


def _better(one: Quality, other: Quality) -> Quality:
    # Of two carriers the faster one serves; both count as servers, and a lead is that on one carrier.
    faster = other.throughput_mbps > one.throughput_mbps
    faster |= np.isnan(one.sinr_db)
    return Quality(
        sinr_db=np.where(faster, other.sinr_db, one.sinr_db),
        throughput_mbps=np.where(faster, other.throughput_mbps, one.throughput_mbps),
        second_dbm=np.where(faster, other.second_dbm, one.second_dbm),
        lead_db=np.where(faster, other.lead_db, one.lead_db),
        second=np.where(faster, other.second, one.second),
        n_servers=np.minimum(one.n_servers.astype(np.int16) + other.n_servers, 255).astype(np.uint8),
    )
