"""A change tried on an estimate: what is tried, what it needs, what came out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from geo import field
from geo.grid import Grid
from geo.loss import LossStore
from geo.radio import Transmitter
from geo.receiver import OutdoorCells
from geo.sight import Blocks
from geo.units import Booleans, Bytes, Integers
from planning.compare import Change
from planning.coverage import Inputs
from planning.people import Settlement
from planning.runs import CoverageRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    What is tried with some cells; None leaves a value as it is.

    Parameters
    ----------
    cells
        Ids of the transmitters changed, at least one.
    azimuth_deg
        Clockwise from true north [°].
    mechanical_tilt_deg, electrical_tilt_deg
        Downwards positive [°].
    tx_power_dbm
        Power of the whole carrier at the antenna port [dBm].
    height_m
        Antenna above the ground [m].
    place
        Easting and northing in the CRS of the calculation [m].
    """

    cells: tuple[str, ...]
    azimuth_deg: float | None = None
    mechanical_tilt_deg: float | None = None
    electrical_tilt_deg: float | None = None
    tx_power_dbm: float | None = None
    height_m: float | None = None
    place: tuple[float, float] | None = None

    @property
    def digest(self) -> str:
        """16 hexadecimal digits, equal for equal trials."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ready:
    """
    What every trial on an estimate needs, read once.

    Parameters
    ----------
    run
        The estimate.
    inputs
        What it is made from, as the workspace says now.
    dense
        Whether ``auto`` takes the urban model.
    blocks
        The surface as the engine takes it.
    grid
        Grid of the estimate's rasters, part of that of the surface.
    settlement
        People points and houses.
    pairs
        Outdoor cells around the houses.
    states
        Operator to the state of each people point in the estimate, shape (n,).
    store
        Path losses kept.
    """

    run: CoverageRun
    inputs: Inputs
    dense: bool
    blocks: Blocks
    grid: Grid
    settlement: Settlement
    pairs: OutdoorCells
    states: Mapping[str, Bytes]
    store: LossStore


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rest:
    """
    A part of the area without the cells changed, and as it is with them.

    Parameters
    ----------
    grid
        The part.
    others
        Operator of the cells to the best of all its other cells.
    before
        Every operator of the estimate, ``any`` and ``two_or_more`` to values of ``geo.coverage.State``; 255
        outside.
    inside
        True within the outline.
    opened
        Operator to the cells that a mast outside, of which nobody has told, could serve.
    people
        Places in ``settlement.people`` of those who live here, shape (n,).
    pairs
        Outdoor cells around their houses, rows and columns of ``grid``.
    people_before
        Operators of the cells, ``any`` and ``two_or_more`` to the state of each of them, shape (n,).
    """

    grid: Grid
    others: Mapping[str, field.Best]
    before: Mapping[str, Bytes]
    inside: Booleans
    opened: Mapping[str, Booleans]
    people: Integers
    pairs: OutdoorCells
    people_before: Mapping[str, Bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class HamletChange:
    """
    People of one hamlet whose state a trial changes.

    Parameters
    ----------
    id, name
        Key and name.
    people
        Operator, ``any`` or ``two_or_more`` to the change.
    """

    id: str
    name: str
    people: Mapping[str, Change]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """
    Outcome of a trial.

    Parameters
    ----------
    trial
        What was tried.
    cells
        The transmitters as tried.
    grid
        The part of the area that it can touch.
    before, states
        Operators of the cells, ``any`` and ``two_or_more`` to values of ``geo.coverage.State`` without and
        with it; 255 outside.
    people
        The same keys to the people concerned.
    hamlets
        Those with a change, most people first.
    """

    trial: Trial
    cells: tuple[Transmitter, ...]
    grid: Grid
    before: Mapping[str, Bytes]
    states: Mapping[str, Bytes]
    people: Mapping[str, Change]
    hamlets: tuple[HamletChange, ...]
