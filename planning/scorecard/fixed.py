"""Fibre, broadband, Wi-Fi and cameras: what is within reach of households and places."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np

from geo.coverage import State
from geo.units import Booleans, Bytes, Floats, Integers
from planning import data
from planning.fiber import chosen
from planning.scorecard.evidence import Evidence
from planning.scorecard.mobile import pieces
from planning.scorecard.reading import NOWHERE, Counted, Missing, Reading, of_counted, of_figures, ranked
from planning.target import PlaceState, TargetState

STATE = {"covered": State.COVERED, "uncovered": State.UNCOVERED, "unknown": State.UNKNOWN}


def fiber(evidence: Evidence) -> Reading:
    """
    Households within reach of fibre of the target speed.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In households.
    """
    found = evidence.fiber
    hamlets = [(hamlet.name, hamlet.figures) for hamlet in found.hamlets]
    short = [name for name, figures in hamlets if figures.uncovered >= 1]
    reading = of_figures(found.figures, hamlets, key="fiber_points", names=short)
    total = found.figures.total or 1.0
    untold = [
        Missing(key="fiber_ports", facts={"who": who, "n": number}, asked=who, share=number / total)
        for who, number in found.asked.items()
    ]
    return replace(reading, missing=ranked([*reading.missing, *untold]))


def subscribed(evidence: Evidence) -> Reading:
    """
    Households that use fibre, as the hamlets state.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In households; all households of a hamlet that states none using fibre are unknown. A hamlet that
        states more users than households is unknown too.
    """
    return stated(evidence, part="households_fiber", whole="households", key="hamlet_column")


def stated(evidence: Evidence, *, part: str, whole: str, key: str) -> Reading:
    """
    A part of a whole, both stated by hamlet in the layer ``hamlet``.

    Parameters
    ----------
    evidence
        The evidence.
    part, whole
        Columns with counts.
    key
        Text key of what is missing.

    Returns
    -------
    reading
        In the unit of ``whole``; without figures where no hamlet states the part.
    """
    has = evidence.hamlets[part].to_numpy(dtype=np.float64, na_value=np.nan)
    of = evidence.hamlets[whole].to_numpy(dtype=np.float64, na_value=np.nan)
    return of_hamlets(evidence, has, of, key=key)


def of_hamlets(evidence: Evidence, has: Floats, of: Floats, *, key: str) -> Reading:
    """
    Counts of each hamlet as three states.

    Parameters
    ----------
    evidence
        The evidence.
    has
        Those served, by hamlet, shape (n_hamlets,); not-a-number where nobody has told.
    of
        All, shape (n_hamlets,); a hamlet without it takes no part.
    key
        Text key of what is missing.

    Returns
    -------
    reading
        A hamlet that states more than all is unknown: it is asked again. Without figures where no hamlet
        has told.
    """
    of = np.nan_to_num(of, nan=0.0)
    known = ~np.isnan(has) & (has <= of) & (has >= 0)
    if not known.any():
        whom = of_counted(_unknown(evidence, of), n_hamlets=evidence.n_hamlets, key=key)
        return Reading(figures=None, missing=whom.missing)
    served = np.where(known, np.nan_to_num(has), 0.0)
    hamlet = np.arange(len(of))
    state = np.repeat(np.array([State.COVERED, State.UNCOVERED, State.UNKNOWN], dtype=np.uint8), len(of))
    return of_counted(
        Counted(
            state=state,
            weight=np.concatenate([served, np.where(known, of - served, 0.0), np.where(known, 0.0, of)]),
            assumed=np.zeros(len(state), dtype=bool),
            hamlet=np.tile(hamlet, 3),
            asked=np.tile(np.array(evidence.hamlet_names, dtype=object), 3),
        ),
        n_hamlets=evidence.n_hamlets,
        key=key,
    )


def _unknown(evidence: Evidence, of: Floats) -> Counted:
    return Counted(
        state=np.full(len(of), State.UNKNOWN, dtype=np.uint8),
        weight=of,
        assumed=np.zeros(len(of), dtype=bool),
        hamlet=np.arange(len(of)),
        asked=np.array(evidence.hamlet_names, dtype=object),
    )


def broadband(evidence: Evidence, kinds: str) -> Reading:
    """
    Agencies, schools and clinics within drop distance of a fibre access point fast enough.

    Parameters
    ----------
    evidence
        The evidence.
    kinds
        Kinds of places, joined by "+".

    Returns
    -------
    reading
        In places; all unknown where no access point is known, one without a position always.
    """
    table = evidence.tables["place"]
    wanted = np.flatnonzero(table["kind"].isin(kinds.split("+")).to_numpy(dtype=bool))
    table, found = table.iloc[wanted], chosen(evidence.places_reached, wanted)
    places = _at_places(evidence, table["hamlet_id"].to_numpy(), found.state)
    return of_counted(
        replace(places, assumed=found.assumed),
        n_hamlets=evidence.n_hamlets,
        key="fiber_points",
        names=table["name"].fillna("").tolist(),
    )


def _at_places(evidence: Evidence, hamlet_id: np.ndarray, state: Bytes) -> Counted:
    index = {hamlet.id: place for place, hamlet in enumerate(evidence.settlement.hamlets)}
    hamlet = np.array([index.get(one, NOWHERE) for one in hamlet_id], dtype=np.int64)
    names = np.array([*evidence.hamlet_names, ""], dtype=object)
    return Counted(
        state=state,
        weight=np.ones(len(state)),
        assumed=np.zeros(len(state), dtype=bool),
        hamlet=hamlet,
        asked=names[hamlet],
    )


def wifi(evidence: Evidence) -> Reading:
    """
    Cultural houses and the commune centre with free Wi-Fi.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In places.
    """
    return _of_places(evidence, evidence.wifi, [item.state for item in evidence.wifi.items])


def wifi_fast(evidence: Evidence) -> Reading:
    """
    Cultural houses and the commune centre with free Wi-Fi that is fast enough.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In places; one with Wi-Fi of unknown speed is unknown. The plan names no speed: the setting
        ``wifi_speed_mbps`` stands for it.
    """
    places = evidence.tables["place"].set_index("id")["wifi_mbps"].astype(float)
    spots = evidence.tables["wifi"].groupby("place_id")["speed_mbps"].max().astype(float)
    enough = data.setting("wifi_speed_mbps")
    states = []
    for item in evidence.wifi.items:
        speed_mbps = np.fmax(places.get(item.id, np.nan), spots.get(item.id, np.nan))
        fast_enough = (
            "unknown" if np.isnan(speed_mbps) else "covered" if speed_mbps >= enough else "uncovered"
        )
        states.append(fast_enough if item.state == "covered" else item.state)
    return _of_places(evidence, evidence.wifi, states)


def _of_places(evidence: Evidence, target: TargetState, states: list[str]) -> Reading:
    items: tuple[PlaceState, ...] = target.items
    ids = evidence.tables["place"].set_index("id")["hamlet_id"]
    hamlet_id = np.array([ids.get(item.id) for item in items], dtype=object)
    state = np.array([STATE[one] for one in states], dtype=np.uint8)
    return of_counted(
        _at_places(evidence, hamlet_id, state),
        n_hamlets=evidence.n_hamlets,
        key="wifi_state",
        names=[item.name for item in items],
    )


def cameras(evidence: Evidence) -> Reading:
    """
    Kilometres of main road in view of a camera.

    Parameters
    ----------
    evidence
        The evidence.

    Returns
    -------
    reading
        In kilometres; all unknown where no camera is known. A camera sees as far as its range, else as
        ``camera_range_m``, in its direction ± half of ``camera_angle_deg``, else all around.
    """
    table = evidence.tables["road"]
    main = table[table["is_main"].fillna(value=False).astype(bool)].geometry.to_numpy()
    x_m, y_m, length_km = pieces(main, data.setting("road_step_m"))
    seen = evidence.tables["camera"]
    state = np.full(len(x_m), State.UNKNOWN, dtype=np.uint8)
    if len(seen):
        state = np.where(_in_view(seen, x_m, y_m), State.COVERED, State.UNCOVERED).astype(np.uint8)
    hamlet: Integers = evidence.hamlet_of(x_m, y_m)
    return of_counted(
        Counted(
            state=state,
            weight=length_km,
            assumed=np.zeros(len(x_m), dtype=bool),
            hamlet=hamlet,
            asked=np.full(len(x_m), "office.police", dtype=object),
        ),
        n_hamlets=evidence.n_hamlets,
        key="cameras",
    )


def _in_view(cameras: gpd.GeoDataFrame, x_m: Floats, y_m: Floats) -> Booleans:
    reach_m = cameras["range_m"].to_numpy(dtype=np.float64, na_value=data.setting("camera_range_m"))
    azimuth_deg = cameras["azimuth_deg"].to_numpy(dtype=np.float64, na_value=np.nan)
    half_deg = data.setting("camera_angle_deg") / 2
    seen = np.zeros(len(x_m), dtype=bool)
    for point, range_m, azimuth in zip(cameras.geometry, reach_m, azimuth_deg, strict=True):
        east_m, north_m = x_m - point.x, y_m - point.y
        turned_deg = (np.degrees(np.arctan2(east_m, north_m)) - azimuth + 180) % 360 - 180
        ahead = np.isnan(azimuth) | (np.abs(turned_deg) <= half_deg)
        seen |= ahead & (np.hypot(east_m, north_m) <= range_m)
    return seen
