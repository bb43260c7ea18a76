"""What measurements have taught about the path loss: added to a model's loss wherever that model is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.errors import RangeError, ShapeError
from geo.kernels.field import NEAREST_M
from geo.units import Floats, Indices16

CLASS_EDGES_M = (1.0, 5.0, 10.0)
"""Clutter heights at the receiver [m] at which the next class begins: open, low, houses, high."""

N_CLASSES = len(CLASS_EDGES_M) + 1
UNKNOWN_CLASS = -1
REFERENCE_M = 1_000.0
"""Distance at which the slope adds nothing [m]."""

LIMIT_DB = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """
    Loss added to a model: offset + slope · log10(d / 1 km) + what the class of clutter adds.

    Parameters
    ----------
    offset_db
        Added everywhere [dB].
    slope_db_per_decade
        Added for each tenfold distance beyond 1 km [dB].
    class_db
        Added for each class of clutter height at the receiver [dB], see ``CLASS_EDGES_M``.
    from_m, to_m
        Horizontal distances that were measured [m]; nearer and farther places get the slope's value there.

    Raises
    ------
    RangeError
        A value is not a number, or larger than a correction can be.
    ShapeError
        There is not one value for each class.
    """

    offset_db: float
    slope_db_per_decade: float = 0.0
    class_db: tuple[float, ...] = (0.0,) * N_CLASSES
    from_m: float = NEAREST_M
    to_m: float = math.inf

    def __post_init__(self) -> None:
        if len(self.class_db) != N_CLASSES:
            raise ShapeError("correction_classes", met=len(self.class_db), needed=N_CLASSES)
        for name, value in (
            ("offset_db", self.offset_db),
            ("slope_db_per_decade", self.slope_db_per_decade),
            *(("class_db", value) for value in self.class_db),
        ):
            if not -LIMIT_DB <= value <= LIMIT_DB:
                raise RangeError(name, value, -LIMIT_DB, LIMIT_DB, "dB")
        if not NEAREST_M <= self.from_m <= self.to_m:
            raise RangeError("from_m", self.from_m, NEAREST_M, self.to_m, "m")

    def loss_db(self, distance_m: npt.ArrayLike, clutter_height_m: npt.ArrayLike) -> Floats:
        """
        Loss to add.

        Parameters
        ----------
        distance_m
            Horizontal distance from the mast [m], any shape.
        clutter_height_m
            Houses and trees where the receiver stands [m], same shape; NaN where unknown.

        Returns
        -------
        loss_db
            [dB], same shape; of the unknown classes the largest counts.
        """
        held_m = np.clip(np.asarray(distance_m, dtype=np.float64), self.from_m, self.to_m)
        classes = clutter_class(clutter_height_m)
        added_db = np.array((*self.class_db, max(self.class_db)))[classes]  # the last is UNKNOWN_CLASS
        slope_db = self.slope_db_per_decade * np.log10(held_m / REFERENCE_M)
        return np.asarray(self.offset_db + slope_db + added_db, dtype=np.float64)


def clutter_class(clutter_height_m: npt.ArrayLike) -> Indices16:
    """
    Class of clutter at a receiver.

    Parameters
    ----------
    clutter_height_m
        Houses and trees above the ground [m], any shape; NaN where unknown.

    Returns
    -------
    classes
        0 to 3; ``UNKNOWN_CLASS`` where the height is not known, int16, same shape. Heights count to the
        centimetre, for what is kept above sea level in 32 bits is no finer.
    """
    heights_m = np.round(np.asarray(clutter_height_m, dtype=np.float64), 2)
    classes = np.digitize(heights_m, CLASS_EDGES_M)
    return np.where(np.isnan(heights_m), UNKNOWN_CLASS, classes).astype(np.int16)
