"""Names of indicators in ``data/targets`` to the functions that read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from planning.scorecard import fixed, mobile, office, sharing, survey
from planning.scorecard.evidence import Evidence
from planning.scorecard.reading import Reading

Indicator = Callable[[Evidence, str], Reading]


def _alone(read: Callable[[Evidence], Reading]) -> Indicator:
    """An indicator that needs no argument."""
    return lambda evidence, _: read(evidence)


INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        "people": mobile.people,
        "fast": mobile.fast,
        "indoor": mobile.indoor,
        "floor": mobile.floor,
        "hamlets": mobile.hamlets,
        "zones": mobile.zones,
        "roads": mobile.roads,
        "places": mobile.places,
        "land": mobile.land,
        "fiber": _alone(fixed.fiber),
        "subscribed": _alone(fixed.subscribed),
        "broadband": fixed.broadband,
        "wifi": _alone(fixed.wifi),
        "wifi_fast": _alone(fixed.wifi_fast),
        "cameras": _alone(fixed.cameras),
        "survey": survey.by_hamlet,
        "commune": survey.of_commune,
        "number": survey.number,
        "sensors": _alone(survey.sensors),
        "masts": _alone(sharing.masts),
        "tenancy": _alone(sharing.tenancy),
        "routes": _alone(sharing.routes),
        "cross_sector": _alone(sharing.cross_sector),
        "lone_masts": _alone(sharing.lone_masts),
        "lone_routes": _alone(sharing.lone_routes),
        "backup": _alone(sharing.backup),
        "clean_power": _alone(sharing.clean_power),
        "firm_feeders": _alone(sharing.firm_feeders),
        "completeness": _alone(office.completeness),
        "opinion_days": _alone(office.opinion_days),
    }
)
"""Each takes the evidence and the argument of the target's row; its formula is ``formula.<name>``."""
