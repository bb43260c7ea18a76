"""Every layer, in drawing order: areas first, then lines, then points."""

from __future__ import annotations

from types import MappingProxyType

from geo.errors import NotFoundError
from layers import (
    audit,
    boundary,
    building,
    cell,
    coverage5g,
    declared,
    evaluation,
    fiber,
    hamlet,
    passive,
    place,
    proposal,
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
    audit.SPEC,  # before the proposals, whose states rest on it
    evaluation.SPEC,
    proposal.SPEC,
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
