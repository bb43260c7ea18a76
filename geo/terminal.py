"""Losses at one end of a path, added to its path loss: one kind of record for building entry and clutter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.errors import InputError
from geo.units import Booleans, Floats

Range = tuple[float, float]

ABOVE_0: Final = math.ulp(0.0)
"""Lower end of a range which excludes 0."""

BELOW_1: Final = math.nextafter(1.0, 0.0)
"""Upper end of a range which excludes 1."""

CLUTTER_INSIDE: Final = frozenset({"rma", "uma", "umi"})
"""Path-loss models fitted to measurements among buildings: they hold the clutter at the receiver already."""


class Kind(StrEnum):
    """What a loss stands for; a path has each at most once."""

    ENTRY = "entry"
    CLUTTER = "clutter"
    WOODLAND = "woodland"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalLoss:
    """
    One loss at a terminal. All ranges include their ends.

    Parameters
    ----------
    name
        Key of its table of models.
    kind
        What it stands for.
    source
        Document and clause.
    formula
        Loss [dB] from the quantities by name, arrays of one shape; NaN where not defined.
    ranges
        Each quantity of the formula, ``frequency_mhz`` among them, with the values that the document covers,
        in the unit of its name.
    usual
        Values of quantities which a case may leave out.
    sigma_db
        Standard deviation that the document gives beside the median [dB]; None where the formula itself
        takes a probability, or the document gives none.
    """

    name: str
    kind: Kind
    source: str
    formula: Callable[..., Floats]
    ranges: Mapping[str, Range]
    usual: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sigma_db: float | None = None


def terminal_loss_db(record: TerminalLoss, **quantities: npt.ArrayLike) -> tuple[Floats, Booleans]:
    """
    Loss at a terminal, wherever the formula is defined.

    Parameters
    ----------
    record
        The model.
    quantities
        The model's quantities, broadcast against each other; NaN, or left out: the usual value.

    Returns
    -------
    loss_db
        Loss [dB], float64; NaN where the formula is not defined.
    in_range
        True where the document covers the case.

    Raises
    ------
    InputError
        A quantity without a usual value is missing, or one is not of this model.
    """
    unknown = [name for name in quantities if name not in record.ranges]
    if unknown:
        raise InputError("quantity_unknown", model=record.name, quantity=unknown[0])
    missing = [name for name in record.ranges if name not in quantities and name not in record.usual]
    if missing:
        raise InputError("quantity_missing", model=record.name, quantity=missing[0])
    given = [np.asarray(quantities.get(name, np.nan), dtype=np.float64) for name in record.ranges]
    arrays = dict(zip(record.ranges, np.broadcast_arrays(*given), strict=True))
    for name, value in record.usual.items():
        arrays[name] = np.where(np.isnan(arrays[name]), value, arrays[name])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found_db = np.asarray(record.formula(**arrays), dtype=np.float64)
    is_defined = np.isfinite(found_db) & (arrays["frequency_mhz"] > 0.0)
    inside = is_defined.copy()
    for name, (low, high) in record.ranges.items():
        # a quantity still unknown here is worked out by the formula itself
        inside &= np.isnan(arrays[name]) | ((arrays[name] >= low) & (arrays[name] <= high))
    return np.where(is_defined, found_db, np.nan), inside


def require_compatible(
    path_loss_model: str, added: Iterable[TerminalLoss], *, clutter_on_profile: bool = False
) -> None:
    """
    Refuse to count one thing twice.

    Clutter at the terminal may be added only to a path loss over bare ground: not to a profile which carries
    the heights of houses and trees, nor to a model fitted among buildings. Two losses of one kind, or clutter
    and woodland, are never added at the same end. Woodland around the receiver may stand beside clutter on
    the profile, whose ends are bare.

    Parameters
    ----------
    path_loss_model
        Name of the model of the path.
    added
        Losses to be added at the receiver.
    clutter_on_profile
        Whether the profile of the path carries clutter heights.

    Raises
    ------
    InputError
        ``clutter_twice`` or ``kind_twice``.

    References
    ----------
    ITU-R P.2108 clause 3: corrections for models which do not take account of clutter.
    """
    seen: dict[Kind, str] = {}
    for record in added:
        if record.kind is Kind.CLUTTER and (clutter_on_profile or path_loss_model in CLUTTER_INSIDE):
            raise InputError("clutter_twice", model=record.name, path=path_loss_model)
        rivals = {record.kind}
        if record.kind is not Kind.ENTRY:
            rivals = {Kind.CLUTTER, Kind.WOODLAND}
        other = next((seen[kind] for kind in sorted(rivals) if kind in seen), None)
        if other is not None:
            raise InputError("kind_twice", model=record.name, other=other)
        seen[record.kind] = record.name
