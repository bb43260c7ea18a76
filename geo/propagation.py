"""Path-loss models: each with its formula, its range of validity and its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.errors import InputError
from geo.kernels import pathloss
from geo.kernels.pathloss import Terms
from geo.units import Booleans, Floats

Range = tuple[float, float]

BUILDING_HEIGHT_M: Final = 5.0
"""Default average height of buildings h [m] (TR 38.901 Table 7.4.1-1, RMa)."""

STREET_WIDTH_M: Final = 20.0
"""Default average width of streets W [m] (TR 38.901 Table 7.4.1-1, RMa)."""

RECEIVER_HEIGHT_M: Final = 1.5
"""Height of a user outdoors [m] (TR 38.901 Table 7.4.1-1, default h_UT)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLossModel:
    """
    One path-loss model. All ranges include their ends.

    Parameters
    ----------
    name
        Key in ``MODELS``.
    code
        Number of the model in ``kernels.pathloss``.
    source
        Document and table.
    frequency_mhz
        Carriers covered by the table [MHz].
    tx_height_m, extended_tx_height_m
        Mast antennas covered by the table, and those allowed here but flagged [m].
    rx_height_m
        Receiver heights covered by the table [m].
    building_height_m, street_width_m
        Covered by the table [m]; unbounded where the formula does not use them.
    distance_m
        Horizontal distances covered with line of sight [m].
    nlos_limit_m
        Largest horizontal distance covered without line of sight [m].
    """

    name: str
    code: int
    source: str
    frequency_mhz: Range
    tx_height_m: Range
    extended_tx_height_m: Range
    rx_height_m: Range
    building_height_m: Range
    street_width_m: Range
    distance_m: Range
    nlos_limit_m: float

    @property
    def los_limit_m(self) -> float:
        """Largest horizontal distance covered with line of sight [m]."""
        return self.distance_m[1]

    def terms(self, *, frequency_mhz: float, tx_height_m: float, rx_height_m: float) -> Terms:
        """
        Coefficients for one mast, with the table's default buildings and streets.

        Parameters
        ----------
        frequency_mhz
            Carrier [MHz].
        tx_height_m, rx_height_m
            Antennas above the ground [m].

        Returns
        -------
        terms
            See ``kernels.pathloss``.
        """
        return pathloss.coefficients(
            self.code,
            float(frequency_mhz),
            float(tx_height_m),
            float(rx_height_m),
            BUILDING_HEIGHT_M,
            STREET_WIDTH_M,
        )

    def admits(self, *, frequency_mhz: float, tx_height_m: float, rx_height_m: float) -> bool:
        """
        Whether the model may be used for a mast, the extended heights included.

        Parameters
        ----------
        frequency_mhz
            Carrier [MHz].
        tx_height_m, rx_height_m
            Antennas above the ground [m].

        Returns
        -------
        admitted
            True where frequency and heights lie in the ranges.
        """
        return (
            _lies_in(frequency_mhz, self.frequency_mhz)
            and _lies_in(tx_height_m, self.extended_tx_height_m)
            and _lies_in(rx_height_m, self.rx_height_m)
        )

    def is_extended(self, *, tx_height_m: float) -> bool:
        """
        Whether a mast antenna lies outside the heights which the table itself covers.

        Parameters
        ----------
        tx_height_m
            Antenna above the ground [m].

        Returns
        -------
        extended
            True outside ``tx_height_m`` of the table.
        """
        return not _lies_in(tx_height_m, self.tx_height_m)


_ANY: Final = (-math.inf, math.inf)
_TABLE: Final = "3GPP TR 38.901, Table 7.4.1-1"

MODELS: Final[Mapping[str, PathLossModel]] = MappingProxyType(
    {
        "free_space": PathLossModel(
            name="free_space",
            code=pathloss.FREE_SPACE,
            source="ITU-R P.525, eq. (3)",
            frequency_mhz=(1e-3, 1e6),
            tx_height_m=_ANY,
            extended_tx_height_m=_ANY,
            rx_height_m=_ANY,
            building_height_m=_ANY,
            street_width_m=_ANY,
            distance_m=(0.0, math.inf),
            nlos_limit_m=math.inf,
        ),
        "rma": PathLossModel(
            name="rma",
            code=pathloss.RMA,
            source=_TABLE,
            frequency_mhz=(500.0, 30_000.0),
            tx_height_m=(10.0, 150.0),
            extended_tx_height_m=(10.0, 150.0),
            rx_height_m=(1.0, 10.0),
            building_height_m=(5.0, 50.0),
            street_width_m=(5.0, 50.0),
            distance_m=(10.0, 10_000.0),
            nlos_limit_m=5_000.0,
        ),
        "uma": PathLossModel(
            name="uma",
            code=pathloss.UMA,
            source=_TABLE,
            frequency_mhz=(500.0, 100_000.0),
            tx_height_m=(25.0, 25.0),
            extended_tx_height_m=(20.0, 50.0),
            rx_height_m=(1.5, 22.5),
            building_height_m=_ANY,
            street_width_m=_ANY,
            distance_m=(10.0, 5_000.0),
            nlos_limit_m=5_000.0,
        ),
        "umi": PathLossModel(
            name="umi",
            code=pathloss.UMI,
            source=_TABLE,
            frequency_mhz=(500.0, 100_000.0),
            tx_height_m=(10.0, 10.0),
            extended_tx_height_m=(5.0, 20.0),
            rx_height_m=(1.5, 22.5),
            building_height_m=_ANY,
            street_width_m=_ANY,
            distance_m=(10.0, 5_000.0),
            nlos_limit_m=5_000.0,
        ),
    }
)
"""Every model by its name."""


def model_of(name: str) -> PathLossModel:
    """
    The model with a name.

    Parameters
    ----------
    name
        Key of ``MODELS``.

    Returns
    -------
    model
        The record.

    Raises
    ------
    InputError
        No model has this name.
    """
    if name not in MODELS:
        raise InputError("model_unknown", model=name, known=", ".join(MODELS))
    return MODELS[name]


def path_loss_db(
    model: str,
    *,
    frequency_mhz: npt.ArrayLike,
    distance_m: npt.ArrayLike,
    tx_height_m: npt.ArrayLike,
    rx_height_m: npt.ArrayLike,
    los: npt.ArrayLike,
    building_height_m: npt.ArrayLike = BUILDING_HEIGHT_M,
    street_width_m: npt.ArrayLike = STREET_WIDTH_M,
) -> tuple[Floats, Booleans]:
    """
    Median path loss, wherever the formula is defined.

    Parameters
    ----------
    model
        Key of ``MODELS``.
    frequency_mhz
        Carrier [MHz], above 0. This and the next are broadcast against each other.
    distance_m
        Horizontal distance [m], at least 0.
    tx_height_m, rx_height_m
        Antennas above the ground [m].
    los
        True where there is line of sight.
    building_height_m, street_width_m
        Average height of buildings and width of streets [m]; used by ``rma`` only.

    Returns
    -------
    loss_db
        Loss [dB], float64; NaN where the formula is not defined.
    in_range
        True where the table covers the case (extended heights are not covered).

    Raises
    ------
    InputError
        No model has this name.

    References
    ----------
    TR 38.901 Table 7.4.1-1; ITU-R P.525. Golden values: tests/golden/path_loss.csv.
    """
    record = model_of(model)
    inputs = (frequency_mhz, distance_m, tx_height_m, rx_height_m, building_height_m, street_width_m)
    arrays = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in inputs), np.asarray(los))
    flat = [np.array(array, order="C").ravel() for array in arrays]
    sight = flat[6].astype(np.bool_)
    loss_db = np.empty(flat[0].shape, dtype=np.float64)
    mhz, d2_m, tx_m, rx_m, building_m, street_m = flat[:6]
    pathloss.path_losses(record.code, mhz, d2_m, tx_m, rx_m, building_m, street_m, sight, loss_db)
    covered = _in_range(record, *flat[:6], los=sight)
    shape = arrays[0].shape
    return loss_db.reshape(shape), covered.reshape(shape)


def typical_reach_m(
    *,
    eirp_per_re_dbm: float,
    frequency_mhz: float,
    tx_height_m: float,
    threshold_dbm: float,
    model: str = "rma",
    margin_db: float = 0.0,
    rx_height_m: float = RECEIVER_HEIGHT_M,
) -> float:
    """
    Distance at which the planning level without line of sight falls to a threshold.

    Parameters
    ----------
    eirp_per_re_dbm
        Radiated power of one resource element [dBm].
    frequency_mhz
        Carrier [MHz].
    tx_height_m, rx_height_m
        Antennas above the ground [m].
    threshold_dbm
        Planning level looked for [dBm].
    model
        Key of ``MODELS``.
    margin_db
        Taken from the median to get the planning level [dB].

    Returns
    -------
    reach_m
        Horizontal distance [m]; at least 10, at most the model's upper distance without line of sight.

    Raises
    ------
    InputError
        No model has this name.
    """
    record = model_of(model)
    near_m, far_m = 10.0, min(record.nlos_limit_m, 100_000.0)
    allowed_db = eirp_per_re_dbm - margin_db - threshold_dbm
    while far_m - near_m > 0.1:
        middle_m = (near_m + far_m) / 2.0
        loss_db, _ = path_loss_db(
            model,
            frequency_mhz=frequency_mhz,
            distance_m=middle_m,
            tx_height_m=tx_height_m,
            rx_height_m=rx_height_m,
            los=False,
        )
        near_m, far_m = (middle_m, far_m) if float(loss_db) <= allowed_db else (near_m, middle_m)
    return near_m


def _in_range(
    record: PathLossModel,
    frequency_mhz: Floats,
    distance_m: Floats,
    tx_height_m: Floats,
    rx_height_m: Floats,
    building_m: Floats,
    street_m: Floats,
    *,
    los: Booleans,
) -> Booleans:
    limit_m = np.where(los, record.los_limit_m, record.nlos_limit_m)
    inside = (distance_m >= record.distance_m[0]) & (distance_m <= limit_m)
    for values, (low, high) in (
        (frequency_mhz, record.frequency_mhz),
        (tx_height_m, record.tx_height_m),
        (rx_height_m, record.rx_height_m),
        (building_m, record.building_height_m),
        (street_m, record.street_width_m),
    ):
        inside &= (values >= low) & (values <= high)
    return np.asarray(inside)


def _lies_in(value: float, limits: Range) -> bool:
    return limits[0] <= value <= limits[1]
