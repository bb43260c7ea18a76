"""Every layer, in drawing order: areas first, then lines, then points."""

from __future__ import annotations

from types import MappingProxyType

from geo.errors import NotFoundError
from layers import (
    boundary,
    building,
    cell,
    coverage5g,
    declared,
    fiber,
    hamlet,
    passive,
    place,
    road,
    site,
    wifi,
    zone,
)
from layers.spec import LayerSpec

CATALOGUE: tuple[LayerSpec, ...] = (
    boundary.SPEC,
    zone.SPEC,
    coverage5g.SPEC,
    hamlet.SPEC,
    building.SPEC,
    road.SPEC,
    fiber.SPAN,
    passive.SPEC,
    fiber.NODE,
    wifi.SPEC,
    place.SPEC,
    site.SPEC,
    cell.SPEC,
    *declared.SPECS,
)
BY_NAME = MappingProxyType({spec.name: spec for spec in CATALOGUE})


def spec_of(name: str) -> LayerSpec:
    """
    Description of the layer of that name.

    Parameters
    ----------
    name
        Layer name.

    Returns
    -------
    spec
        Its description.

    Raises
    ------
    NotFoundError
        There is no such layer.
    """
    try:
        return BY_NAME[name]
    except KeyError:
        raise NotFoundError("layer_unknown", layer=name, known=", ".join(BY_NAME)) from None
