"""What an office knows beside a file that comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from layers.exchange.hamlet_link import Hamlet
from layers.exchange.headings import Aliases
from layers.exchange.known import Mast, Pole


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """
    What the office knows beside the file.

    Parameters
    ----------
    aliases
        Spellings of headings and values.
    operators
        Operator id to spellings.
    hamlets
        Hamlets of the workspace; empty where none are known.
    area
        Area of the workspace, EPSG:4326, or None.
    inactive
        Operators that are in the table but do not work here any more.
    masts, poles
        Masts and numbered poles of the workspace.
    known
        Gives longitude and latitude of the things on the ground near which points are expected, shape (m, 2).
    near_mast_m
        A position proposed nearer than this [m] to a mast is told so; 0: not asked.
    has_workspace
        False where a file is judged alone: what it leans on cannot be missed then.
    """

    aliases: Aliases
    operators: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    hamlets: tuple[Hamlet, ...] = ()
    area: BaseGeometry | None = None
    inactive: frozenset[str] = frozenset()
    masts: tuple[Mast, ...] = ()
    poles: tuple[Pole, ...] = ()
    known: Callable[[], npt.NDArray[np.float64]] | None = None
    near_mast_m: float = 0.0
    has_workspace: bool = False
