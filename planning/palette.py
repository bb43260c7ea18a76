"""Colours of states and classes, shared by screens and paper."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN_COLOUR = "#9e9e9e"
GAP_COLOUR = "#9b2226"
STATE_COLOURS: Mapping[str, str] = MappingProxyType(
    {"covered": "#5ab4ac", "uncovered": "#9b2226", "unknown": UNKNOWN_COLOUR}
)
FAST_COLOURS: Mapping[str, str] = MappingProxyType(
    {"covered": "#2c7fb8", "uncovered": "#e3c9a1", "unknown": UNKNOWN_COLOUR}
)
SERVED_CLASSES: tuple[tuple[float, str], ...] = (
    (0.95, "#01665e"),
    (0.80, "#5ab4ac"),
    (0.50, "#f1e3a6"),
    (0.20, "#d8a15d"),
    (0.0, "#8c3b2a"),
)
"""Lower bound of a share served, and its colour: told apart without red and green."""
