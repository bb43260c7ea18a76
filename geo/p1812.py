"""ITU-R P.1812-8: loss over terrain and clutter between a mast and a point, for one path or a whole area."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.crs import WGS84, transform
from geo.errors import InputError, RangeError, ShapeError
from geo.grid import Grid
from geo.kernels import p1812 as steps
from geo.kernels import p1812_complete as complete
from geo.kernels import p1812_exact as exact
from geo.kernels import p1812_path as kernel
from geo.kernels import p1812_radial as radial
from geo.kernels.p1812_median import median_of
from geo.kernels.p1812_path import COAST, INLAND, SEA
from geo.kernels.p1812_record import Geometry, Link, Losses
from geo.terrain import Surface
from geo.units import Array, Bytes, Floats, Floats32

SOURCE: Final = "ITU-R P.1812-8, Annex 1"
FREQUENCY_MHZ: Final = (30.0, 6_000.0)
DISTANCE_KM: Final = (0.25, 3_000.0)
HEIGHT_M: Final = (1.0, 3_000.0)
TIME_SHARE: Final = (0.01, 0.5)
LOCATION_SHARE: Final = (0.01, 0.99)
LAPSE_RATE: Final = 45.0
"""Default fall of refractivity through the lowest kilometre [N-units/km]."""
REFRACTIVITY: Final = 325.0
"""Default sea-level refractivity [N-units]."""
FAR_FROM_COAST_KM: Final = 500.0
METHODS: Final = ("exact", "radial")

_WAVELENGTH_M_GHZ: Final = 0.2998


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """
    What a prediction assumes besides places and terrain.

    Parameters
    ----------
    frequency_mhz
        Carrier [MHz], above 0; the method covers 30 to 6000.
    time_share
        Share of an average year for which the loss is not exceeded, above 0, at most 0.5.
    location_share
        Share of the locations for which it is not exceeded, 0 to 1, ends excluded.
    vertical
        Polarisation: vertical, else horizontal.
    lapse_rate
        Delta N: fall of the refractivity through the lowest kilometre [N-units/km], 0 to 156.
    refractivity
        N_0 at sea level [N-units], above 0.
    square_m
        w_a: side of the square over which locations vary [m], above 0.
    entry_db, entry_sigma_db
        Median building entry loss and its standard deviation [dB] for a receiver indoors (ITU-R P.2109); 0
        outdoors.

    Raises
    ------
    RangeError
        A number lies outside its range.
    """

    frequency_mhz: float
    time_share: float = 0.5
    location_share: float = 0.5
    vertical: bool = True
    lapse_rate: float = LAPSE_RATE
    refractivity: float = REFRACTIVITY
    square_m: float = 100.0
    entry_db: float = 0.0
    entry_sigma_db: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high, unit in (
            ("frequency_mhz", 1.0, 1e5, "MHz"),
            ("time_share", 1e-5, 0.5, ""),
            ("location_share", 1e-6, 1.0 - 1e-6, ""),
            ("lapse_rate", 0.0, 156.0, "N/km"),
            ("refractivity", 1.0, 1_000.0, "N"),
            ("square_m", 1e-3, 1e5, "m"),
            ("entry_db", 0.0, 200.0, "dB"),
            ("entry_sigma_db", 0.0, 100.0, "dB"),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise RangeError(name, value, low, high, unit)

    @property
    def link(self) -> Link:
        """The conditions as the kernels take them; what depends on the path is still open."""
        f_ghz = self.frequency_mhz / 1000.0
        return Link(
            frequency_ghz=f_ghz,
            wavelength_m=_WAVELENGTH_M_GHZ / f_ghz,
            vertical=float(self.vertical),
            time_share=float(self.time_share),
            beta_share=0.0,
            earth_km=steps.EARTH_KM * 157.0 / (157.0 - self.lapse_rate),
            beta_earth_km=steps.EARTH_KM * steps.BETA_FACTOR,
            refractivity=float(self.refractivity),
            water_share=0.0,
            inland_km=0.0,
            tx_coast_km=FAR_FROM_COAST_KM,
            rx_coast_km=FAR_FROM_COAST_KM,
        )

    def location_loss_db(self, *, rx_height_m: float, clutter_m: float) -> float:
        """
        What the share of locations, and a building, add to the median.

        Parameters
        ----------
        rx_height_m
            Receiver above the ground [m].
        clutter_m
            Representative clutter where it stands [m].

        Returns
        -------
        loss_db
            Loss [dB]; 0 outdoors at half of the locations.

        References
        ----------
        ITU-R P.1812-8 §4.7 to §4.9.
        """
        return kernel.location_loss(
            self.frequency_mhz / 1000.0, float(self.location_share), float(rx_height_m), float(clutter_m),
            float(self.square_m), float(self.entry_db), float(self.entry_sigma_db),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """
    Outcome for one path.

    Parameters
    ----------
    loss_db
        Basic transmission loss L_b [dB], not exceeded for the shares of time and locations.
    in_range
        Whether frequency, distance, heights and shares are such as the Recommendation covers.
    location_db
        Part of it due to locations and building [dB].
    link, geometry, losses
        Every step: see ``kernels.p1812``.
    """

    loss_db: float
    in_range: bool
    location_db: float
    link: Link
    geometry: Geometry
    losses: Losses


def path_loss(
    distance_m: npt.ArrayLike,
    ground_m: npt.ArrayLike,
    *,
    tx_height_m: float,
    rx_height_m: float,
    latitude_deg: float,
    conditions: Conditions,
    clutter_m: npt.ArrayLike = 0.0,
    zones: npt.ArrayLike = INLAND,
    tx_coast_km: float = FAR_FROM_COAST_KM,
    rx_coast_km: float = FAR_FROM_COAST_KM,
) -> Prediction:
    """
    Loss over one profile.

    Parameters
    ----------
    distance_m
        From the transmitter [m], shape (n,), n at least 3, rising from 0.
    ground_m
        Ground above sea level [m], shape (n,).
    tx_height_m, rx_height_m
        Antennas above the ground [m], above 0.
    latitude_deg
        Middle of the path [°], −90 to 90.
    conditions
        Carrier, shares, polarisation, air.
    clutter_m
        Houses and trees above the ground [m], shape (n,) or one number. Over the ends it does not obstruct;
        at the receiver's end it is the representative clutter of the location variability.
    zones
        1 sea, 3 coastal land, 4 inland, shape (n,) or one code.
    tx_coast_km, rx_coast_km
        From each end to the coast along the path [km]; matters where three quarters are over the sea.

    Returns
    -------
    prediction
        Loss and every step to it; NaN where a height is NaN.

    Raises
    ------
    ShapeError
        The arrays do not fit each other, have fewer than three points, or distances do not rise from 0.
    RangeError
        A height, zone or latitude is impossible.

    References
    ----------
    ITU-R P.1812-8, Annex 1.
    """
    along_km = np.ascontiguousarray(distance_m, dtype=np.float64) / 1000.0
    if along_km.ndim != 1 or along_km.size < 3 or along_km[0] != 0.0 or not (np.diff(along_km) > 0.0).all():
        raise ShapeError("profile_distances", n=along_km.size)
    ground = _along(ground_m, along_km.shape, dtype=np.float64)
    clutter = _along(clutter_m, along_km.shape, dtype=np.float64)
    codes = _along(zones, along_km.shape, dtype=np.int8)
    _require(tx_height_m, rx_height_m, latitude_deg, clutter, codes)
    link, geometry, losses = kernel.profile_losses(
        along_km, ground, clutter, codes, float(tx_height_m), float(rx_height_m), float(latitude_deg),
        (float(tx_coast_km), float(rx_coast_km)), conditions.link,
    )  # fmt: skip
    location_db = conditions.location_loss_db(rx_height_m=rx_height_m, clutter_m=float(clutter[-1]))
    loss_db = losses.lbc_db + location_db
    return Prediction(
        loss_db=max(loss_db, losses.lb0p_db),
        in_range=_is_covered(float(along_km[-1]), tx_height_m, rx_height_m, conditions),
        location_db=location_db,
        link=link,
        geometry=geometry,
        losses=losses,
    )


def _along(values: npt.ArrayLike, shape: tuple[int, ...], *, dtype: type) -> Array:
    given: Array = np.asarray(values, dtype=dtype)
    if given.ndim > 0 and given.shape != shape:
        raise ShapeError("profile_shapes", met=given.shape, needed=shape)
    return np.ascontiguousarray(np.broadcast_to(given, shape))


def _require(
    tx_height_m: float, rx_height_m: float, latitude_deg: float, clutter_m: Array, zones: Array
) -> None:
    for name, value, low, high, unit in (
        ("tx_height_m", tx_height_m, 1e-3, 1e5, "m"),
        ("rx_height_m", rx_height_m, 1e-3, 1e5, "m"),
        ("latitude_deg", latitude_deg, -90.0, 90.0, "°"),
        ("clutter_m", float(np.nanmin(clutter_m, initial=0.0)), 0.0, 1e4, "m"),
    ):
        if not low <= value <= high:
            raise RangeError(name, value, low, high, unit)
    strange = zones[~np.isin(zones, (SEA, COAST, INLAND))]
    if strange.size:
        raise RangeError("zone", float(strange[0]), SEA, INLAND, "")


def _is_covered(distance_km: float, tx_height_m: float, rx_height_m: float, conditions: Conditions) -> bool:
    return all(
        low <= value <= high
        for value, (low, high) in (
            (conditions.frequency_mhz, FREQUENCY_MHZ),
            (distance_km, DISTANCE_KM),
            (tx_height_m, HEIGHT_M),
            (rx_height_m, HEIGHT_M),
            (conditions.time_share, TIME_SHARE),
            (conditions.location_share, LOCATION_SHARE),
        )
    )


def area_loss_db(
    surface: Surface,
    *,
    x_m: float,
    y_m: float,
    tx_height_m: float,
    frequency_mhz: float,
    radius_m: float,
    method: str = "radial",
    rx_height_m: float = 1.5,
    time_share: float = 0.5,
    location_share: float = 0.5,
    vertical: bool = True,
    lapse_ppm_per_km: float = LAPSE_RATE,
    refractivity_ppm: float = REFRACTIVITY,
    square_m: float = 100.0,
    rim_m: float = 0.0,
    wanted: Bytes | None = None,
) -> tuple[Floats32, Grid]:
    """
    Loss from one mast to every pixel of a disc, isotropic antennas, all land inland.

    It depends on the mast, its height and the frequency only, so it can be kept and antennas applied after.

    Parameters
    ----------
    surface
        Ground and clutter.
    x_m, y_m
        Mast [m] in the surface's system; it is taken as standing in the middle of its cell.
    tx_height_m, rx_height_m
        Antennas above the ground [m].
    frequency_mhz
        Carrier [MHz].
    radius_m
        Radius of the disc [m], above 0.
    method
        ``"exact"``: each pixel over its own profile. ``"radial"``: profiles along rays to the rim serve the
        pixels which they pass nearest. Both sample as ``kernels.p1812_exact`` tells.
    time_share, location_share, vertical, lapse_ppm_per_km, refractivity_ppm, square_m
        As in ``Conditions`` (N-units are parts per million). Away from the medians a slower kernel runs.
    rim_m
        Where the rays of ``"radial"`` at the medians end [m], if beyond the radius: discs of several sizes
        then give the same losses.
    wanted
        0 where no loss is wanted, shape of ``window``; there it may be left out. 2 where it is wanted in
        sight only; hidden, it may be infinite. None: wanted everywhere.

    Returns
    -------
    loss_db
        Basic transmission loss [dB], float32, shape of ``window``; NaN outside the disc, in the mast's cell
        and the ring around it, and where a height along the path is unknown. What lies nearer than 250 m is
        given though the Recommendation does not cover it: judging that is left to the caller.
    window
        Square grid whose central cell holds the mast.

    Raises
    ------
    InputError
        ``method`` is not known, or the ground under the mast is not.
    RangeError
        A number lies outside its range.
    """
    if method not in METHODS:
        raise InputError("area_method_unknown", method=method, known=", ".join(METHODS))
    for name, value in (("tx_height_m", tx_height_m), ("rx_height_m", rx_height_m), ("radius_m", radius_m)):
        if not 1e-3 <= value <= 1e6:
            raise RangeError(name, value, 1e-3, 1e6, "m")
    conditions = Conditions(
        frequency_mhz=frequency_mhz,
        time_share=time_share,
        location_share=location_share,
        vertical=vertical,
        lapse_rate=lapse_ppm_per_km,
        refractivity=refractivity_ppm,
        square_m=square_m,
    )
    window, ground_m, clutter_m = _window(surface, x_m=x_m, y_m=y_m, radius_m=radius_m)
    _, latitude_deg = transform(x_m, y_m, epsg_from=window.epsg, epsg_to=WGS84)
    loss_db = np.full(window.rows * window.cols, np.nan, dtype=np.float32)
    chosen = np.zeros((0, 0), dtype=np.uint8) if wanted is None else wanted
    for ground, clutter, strides in (
        (ground_m, clutter_m, (window.cols, 1)),
        (ground_m.T, clutter_m.T, (1, window.cols)),
    ):
        _wedges(
            np.ascontiguousarray(ground), np.ascontiguousarray(clutter), strides, radius_m / window.cell_m,
            window.cell_m / 1000.0, tx_height_m, rx_height_m, float(latitude_deg), conditions, method,
            max(math.ceil(rim_m / window.cell_m), window.rows // 2), chosen if strides[1] == 1 else chosen.T,
            loss_db,
        )  # fmt: skip
    return loss_db.reshape(window.shape), window


def _window(surface: Surface, *, x_m: float, y_m: float, radius_m: float) -> tuple[Grid, Floats32, Floats32]:
    # Square round the mast's cell: ground over that under the mast, and clutter; NaN where either is unknown.
    grid = surface.grid
    rows, cols = grid.to_rowcol(x_m, y_m)
    reach = max(math.ceil(radius_m / grid.cell_m), 1)
    window = Grid(
        epsg=grid.epsg,
        west_m=grid.west_m + (int(cols) - reach) * grid.cell_m,
        north_m=grid.north_m - (int(rows) - reach) * grid.cell_m,
        cell_m=grid.cell_m,
        rows=2 * reach + 1,
        cols=2 * reach + 1,
    )
    top, left = max(int(rows) - reach, 0), max(int(cols) - reach, 0)
    bottom, right = int(rows) + reach + 1, int(cols) + reach + 1
    known_ground = surface.ground_m[top : max(bottom, 0), left : max(right, 0)]
    known_clutter = surface.clutter_height_m[top : max(bottom, 0), left : max(right, 0)]
    if known_ground.shape == window.shape:
        ground, clutter = known_ground, known_clutter
    else:
        ground, clutter = np.full((2, *window.shape), np.nan, dtype=np.float32)
        at = (
            slice(top - int(rows) + reach, top - int(rows) + reach + known_ground.shape[0]),
            slice(left - int(cols) + reach, left - int(cols) + reach + known_ground.shape[1]),
        )
        ground[at], clutter[at] = known_ground, known_clutter
    unknown = np.isnan(clutter)
    if unknown.any():
        ground = np.where(unknown, np.float32(np.nan), ground)
        clutter = np.where(unknown, np.float32(0.0), clutter)
    under_m = ground[reach, reach]
    if np.isnan(under_m):
        raise InputError("ground_unknown", x_m=x_m, y_m=y_m)
    return window, ground - under_m, clutter


def _wedges(
    ground_m: Floats32, clutter_m: Floats32, strides: tuple[int, int], reach_cells: float, cell_km: float,
    tx_height_m: float, rx_height_m: float, latitude_deg: float, conditions: Conditions, method: str,
    rim_cells: int, wanted: Bytes, loss_db: Floats32,
) -> None:  # fmt: skip
    # The two quarters of the disc whose rays run from line to line.
    link = conditions.link
    shared = (strides, reach_cells, cell_km, float(rx_height_m))
    bare = np.zeros(0, dtype=np.float32)
    covered = clutter_m.ravel() if clutter_m.any() else bare
    chosen = np.ascontiguousarray(wanted).ravel()
    for away in (1, -1):
        if conditions.time_share < 0.5 or conditions.location_share != 0.5:
            complete.complete_wedge(
                away, *shared, float(tx_height_m), latitude_deg, link, conditions.location_share,
                conditions.square_m, ground_m.ravel(), clutter_m.ravel(), loss_db, METHODS.index(method),
            )  # fmt: skip
            continue
        median = median_of(link, float(tx_height_m), latitude_deg)
        if method == "exact":
            exact.exact_wedge(away, *shared, median, ground_m.ravel(), _pairs(ground_m), covered, loss_db)
        else:
            radial.radial_wedge(
                away, strides, reach_cells, rim_cells, *shared[2:], median, ground_m.ravel(), covered, chosen,
                loss_db,
            )  # fmt: skip


def _pairs(ground_m: Floats32) -> Floats:
    # Each height with its next on the line, side by side in 8 bytes, so that one load fetches both.
    pairs = np.empty((*ground_m.shape, 2), dtype=np.float32)
    pairs[..., 0] = ground_m
    pairs[:, :-1, 1] = ground_m[:, 1:]
    pairs[:, -1, 1] = ground_m[:, -1]
    return np.asarray(pairs.view(np.float64).ravel(), dtype=np.float64)
