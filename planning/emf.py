"""Screening of electromagnetic fields around a proposal: for the office's own use, no inspection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from geo import emf
from geo.radio import Transmitter
from geo.terrain import Surface
from geo.units import Floats
from planning import data
from planning.site_rule import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """
    What is reckoned of the fields.

    Parameters
    ----------
    verdict
        PASS, FAIL, or UNKNOWN where the ground or the houses are not known.
    limit_w_m2
        Limit [W/m²], and its source.
    source
        Of the limit.
    beam_m
        Distance in the strongest beam from which the limit holds [m], whole power.
    beam_averaged_m
        The same with the shares of time and power taken into account [m].
    house_m
        How far the nearest house is [m]; None: none within the distance looked at.
    fraction
        Largest part of the limit at a house, all sectors together, 0 and up: internal only; None: no house.
    n_houses, n_others
        Houses looked at; sectors of other masts added.
    is_assumed
        True where powers or antennas are assumptions.
    """

    verdict: Verdict
    limit_w_m2: float
    source: str
    beam_m: float
    beam_averaged_m: float
    house_m: float | None
    fraction: float | None
    n_houses: int
    n_others: int
    is_assumed: bool


def _parameters() -> Mapping[str, float]:
    return {row["name"]: float(row["value"]) for row in data.rule_rows("emf")}


def screen(
    cells: Sequence[Transmitter],
    others: Sequence[Transmitter],
    buildings: gpd.GeoDataFrame,
    surface: Surface,
) -> Screening:
    """
    Reckon the fields around a mast.

    Parameters
    ----------
    cells
        Transmitters of the proposal.
    others
        All other transmitters.
    buildings
        Houses with ``height_m``, in the CRS of the calculation.
    surface
        Ground and clutter.

    Returns
    -------
    screening
        For the beam, and for the nearest windows: the top of each house, at its nearest wall.
    """
    known = _parameters()
    mast = shapely.Point(cells[0].x_m, cells[0].y_m)
    shares = [_share(one, known) for one in cells]
    limit_w_m2 = known["limit_w_m2"]
    power_w = [emf.eirp_w(one) for one in cells]
    beam_m = max(emf.distance_m(eirp_w=one, limit_w_m2=limit_w_m2) for one in power_w)
    averaged_m = max(
        emf.distance_m(eirp_w=one, limit_w_m2=limit_w_m2, time_share=share)
        for one, share in zip(power_w, shares, strict=True)
    )
    near = [one for one in others if np.hypot(one.x_m - mast.x, one.y_m - mast.y) <= known["others_m"]]
    shapes = buildings.geometry.to_numpy()
    distance_m = shapely.distance(shapes, mast) if len(shapes) else np.empty(0)
    here = np.flatnonzero(distance_m <= known["around_m"])
    every = (*cells, *near)
    fraction = None
    if len(here):
        density = _at_houses(
            every,
            [*shares, *(_share(one, known) for one in near)],
            shapes[here],
            buildings["height_m"]
            .iloc[here]
            .astype("Float64")
            .fillna(data.setting("clutter_default_building_m"))
            .to_numpy(dtype=float),
            mast,
            surface,
        )
        fraction = float(density.max() / limit_w_m2)
    return Screening(
        verdict=_verdict(fraction, n_buildings=len(shapes)),
        limit_w_m2=limit_w_m2,
        source=next(row["source"] for row in data.rule_rows("emf") if row["name"] == "limit_w_m2"),
        beam_m=beam_m,
        beam_averaged_m=averaged_m,
        house_m=float(distance_m[here].min()) if len(here) else None,
        fraction=fraction,
        n_houses=len(here),
        n_others=len(near),
        is_assumed=any(one.is_assumed for one in every),
    )


def _verdict(fraction: float | None, *, n_buildings: int) -> Verdict:
    if n_buildings == 0 or (fraction is not None and not np.isfinite(fraction)):
        return Verdict.UNKNOWN
    return Verdict.FAIL if fraction is not None and fraction > 1.0 else Verdict.PASS


def _share(one: Transmitter, known: Mapping[str, float]) -> float:
    # Active antennas with time sharing rest between bursts; of others the whole power counts.
    band = data.bands().get(one.band)
    return known["reduction_share"] * known["tdd_share"] if band is not None and band.tdd else 1.0


def _at_houses(
    every: Sequence[Transmitter],
    shares: Sequence[float],
    shapes: object,
    height_m: Floats,
    mast: shapely.Point,
    surface: Surface,
) -> Floats:
    walls = shapely.get_point(shapely.shortest_line(shapes, mast), 0)
    x_m, y_m = shapely.get_x(walls), shapely.get_y(walls)
    bases = [float(_ground(surface, np.array([one.x_m]), np.array([one.y_m]))[0]) for one in every]
    return emf.density_w_m2(
        every,
        x_m,
        y_m,
        height_m,
        ground_m=_ground(surface, x_m, y_m),
        mast_ground_m=bases,
        convergence_deg=surface.grid.convergence_deg(),
        time_share=shares,
    )


def _ground(surface: Surface, x_m: Floats, y_m: Floats) -> Floats:
    row, col = surface.grid.to_rowcol(x_m, y_m)
    found: Floats = surface.ground_m[row, col].astype(np.float64)
    return found
