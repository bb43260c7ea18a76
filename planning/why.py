"""Why is it so? One place and one operator: every sector that could serve it, term by term."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from geo import io
from geo.coverage import State
from geo.crs import transform
from geo.errors import InputError, NotFoundError, ShapeError
from geo.field import PROFILE, reach_m
from geo.kernels.sight import ASSUMED, BLOCKED, UNKNOWN
from geo.link import Budget, Obstacle, Profile, budget, corrected, profile_to, with_profile
from geo.radio import Transmitter, free_space_loss_db
from geo.sight import mark_to
from planning import data
from planning.coverage import Inputs, limits
from planning.runs import FLAG_OPEN_BORDER, CoverageRun
from planning.scenario import CoverageOptions

MOST_LINKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """
    One sector and the place.

    Parameters
    ----------
    sector
        The transmitter.
    budget
        Each term of the power.
    planning_dbm
        Median less the margin [dBm].
    state
        What this sector alone does for the place: ``geo.coverage.State``.
    los
        True free, False blocked, None where a height on the way is unknown.
    path_assumed
        Whether a height on the way is an assumption.
    """

    sector: Transmitter
    budget: Budget
    planning_dbm: float
    state: State
    los: bool | None
    path_assumed: bool

    @property
    def antenna(self) -> str | None:
        """Name of the antenna where the cell's own is known; None: the pattern of TR 38.901."""
        return None if self.sector.aerial is None else self.sector.aerial.name

    @property
    def gain_dbi(self) -> float:
        """Gain of the antenna towards the place [dBi]."""
        return self.sector.gain_dbi - self.budget.attenuation_db


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    Why a place is as it is for an operator.

    Parameters
    ----------
    operator
        The operator asked about.
    lon, lat
        The place [°].
    x_m, y_m
        The place in the CRS of the calculation [m].
    open_border
        Whether a mast outside, of which nobody has told, could serve it.
    links
        The strongest sectors, the best first; empty where none is within reach.
    profile
        Section to the best of them, or None.
    obstacle
        What stands highest on it, or None.
    margin_db, threshold_dbm
        Margin [dB] and lowest planning level that counts as covered [dBm].
    """

    operator: str
    lon: float
    lat: float
    x_m: float
    y_m: float
    open_border: bool
    links: tuple[Link, ...]
    profile: Profile | None
    obstacle: Obstacle | None
    margin_db: float
    threshold_dbm: float

    @property
    def state(self) -> State:
        """Covered if one sector covers, unknown if one could, else uncovered."""
        states = {link.state for link in self.links} | ({State.UNKNOWN} if self.open_border else set())
        for state in (State.COVERED, State.UNKNOWN):
            if state in states:
                return state
        return State.UNCOVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """
    One sector and the place, with the section between them.

    Parameters
    ----------
    link
        Sector and terms.
    profile
        The section.
    obstacle
        What stands highest on it, or None.
    """

    link: Link
    profile: Profile
    obstacle: Obstacle | None


def explain(
    inputs: Inputs,
    options: CoverageOptions,
    *,
    operator: str,
    lon: float,
    lat: float,
    epsg: int,
    dense: bool,
    found: CoverageRun | None = None,
) -> Answer:
    """
    Every sector that could serve a place.

    Parameters
    ----------
    inputs
        What the estimate is made from.
    options
        The choices it is made with.
    operator
        One of the operators estimated.
    lon, lat
        The place [°].
    epsg
        CRS of the calculation.
    dense
        Whether ``auto`` takes the urban model.
    found
        Estimate whose open border counts. None: no border counts.

    Returns
    -------
    answer
        As the estimate reckons it, with the exact line of sight.

    Raises
    ------
    InputError
        The operator is not among those estimated, or the place lies beyond what is estimated.
    """
    if operator not in inputs.operators:
        raise InputError("operator_unknown", operator=operator, known=", ".join(inputs.operators))
    x_m, y_m = (float(value) for value in transform(lon, lat, epsg_from=4326, epsg_to=epsg))
    grid = inputs.surface.grid
    row, col = (int(value) for value in grid.to_rowcol(x_m, y_m))
    if not (
        0 <= row < grid.rows
        and 0 <= col < grid.cols
        and inputs.boundary.distance(shapely.Point(x_m, y_m)) < 1e3
    ):
        raise InputError("place_outside", lon=lon, lat=lat)
    x_m, y_m = (float(value) for value in grid.to_xy(row, col))
    links = [
        _link(inputs, options, sector, x_m, y_m, dense=dense)
        for sector in _within_reach(inputs, operator, x_m, y_m)
    ]
    links = sorted(links, key=lambda link: (-link.planning_dbm, link.sector.id))[:MOST_LINKS]
    section = None
    if links:
        section = profile_to(
            inputs.surface,
            links[0].sector,
            x_m,
            y_m,
            receiver_height_m=data.setting("receiver_height_m"),
        )
    return Answer(
        operator=operator,
        lon=lon,
        lat=lat,
        x_m=x_m,
        y_m=y_m,
        open_border=found is not None and _is_open(found, operator, x_m, y_m),
        links=tuple(links),
        profile=section,
        obstacle=None if section is None else section.obstacle,
        margin_db=data.levels().margin_db,
        threshold_dbm=data.levels().lowest_covered_dbm,
    )


def of_cell(inputs: Inputs, options: CoverageOptions, answer: Answer, cell: str, *, dense: bool) -> Single:
    """
    One sector chosen and the place, however far it stands.

    Parameters
    ----------
    inputs
        What the estimate is made from.
    options
        The choices it is made with.
    answer
        From :func:`explain`.
    cell
        Id of the sector.
    dense
        Whether ``auto`` takes the urban model.

    Returns
    -------
    single
        Its link and its section.

    Raises
    ------
    NotFoundError
        No sector has this id.
    """
    sector = next((item for item in inputs.transmitters if item.id == cell), None)
    if sector is None:
        raise NotFoundError("whatif_cell_unknown", cells=cell)
    link = next((one for one in answer.links if one.sector.id == cell), None)
    section = profile_to(
        inputs.surface, sector, answer.x_m, answer.y_m, receiver_height_m=data.setting("receiver_height_m")
    )
    return Single(
        link=link or _link(inputs, options, sector, answer.x_m, answer.y_m, dense=dense),
        profile=section,
        obstacle=section.obstacle,
    )


def terms(link: Link, *, margin_db: float) -> Mapping[str, float]:
    """
    Every term from the transmitter to the planning level, in the order in which they add up.

    Parameters
    ----------
    link
        A sector and the place.
    margin_db
        Taken from the median [dB].

    Returns
    -------
    terms
        Name of a term (its text is ``why.term.<name>``) to its value [dB, dBm or dBi]. Steps of P.1812 are
        among them where the loss rests on the profile.

    References
    ----------
    ITU-R P.525 eq. (4) for free space; ITU-R P.1812-8 eqs. (41), (44), (46) for the steps.
    """
    found, sector = link.budget, link.sector
    free_db = float(free_space_loss_db(max(found.distance_m, 1.0), frequency_mhz=sector.frequency_mhz))
    steps = found.over_profile
    return {
        "eirp_dbm": found.eirp_per_re_dbm,
        "gain_dbi": link.gain_dbi,
        "attenuation_db": found.attenuation_db,
        "free_space_db": free_db,
        "beyond_db": found.loss_db - found.correction_db - free_db,
        **(
            {}
            if steps is None
            else {
                "diffraction_db": steps.losses.ldp_db,
                "ducting_db": steps.losses.lba_db,
                "troposcatter_db": steps.losses.lbs_db,
            }
        ),
        **({"correction_db": found.correction_db} if found.correction_db else {}),
        "loss_db": found.loss_db,
        "power_dbm": found.power_dbm,
        "margin_db": margin_db,
        "planning_dbm": link.planning_dbm,
    }


def _within_reach(inputs: Inputs, operator: str, x_m: float, y_m: float) -> list[Transmitter]:
    return [
        sector
        for sector in inputs.transmitters
        if operator in sector.operators
        and math.hypot(sector.x_m - x_m, sector.y_m - y_m)
        <= reach_m(
            sector,
            lowest_dbm=data.levels().lowest_dbm,
            allowance_db=data.setting("radius_allowance_db"),
            limits_m=limits(),
        )
    ]


def _is_open(found: CoverageRun, operator: str, x_m: float, y_m: float) -> bool:
    if operator not in found.flag_paths:
        return False
    try:
        flags = io.read(found.flag_paths[operator], bounds=(x_m - 1, y_m - 1, x_m + 1, y_m + 1))
    except ShapeError:
        return False
    return bool(int(flags.values.flat[0]) & FLAG_OPEN_BORDER)


def _link(
    inputs: Inputs, options: CoverageOptions, sector: Transmitter, x_m: float, y_m: float, *, dense: bool
) -> Link:
    surface, levels = inputs.surface, data.levels()
    receiver_m = data.setting("receiver_height_m")
    mark = mark_to(
        surface,
        x_m=sector.x_m,
        y_m=sector.y_m,
        height_m=sector.height_m,
        to_x_m=x_m,
        to_y_m=y_m,
        receiver_height_m=receiver_m,
    )
    los = False if mark & BLOCKED else None if mark & UNKNOWN else True

    def reckon(*, free: bool) -> Budget:
        return budget(
            sector,
            x_m,
            y_m,
            los=free,
            receiver_height_m=receiver_m,
            convergence_deg=surface.grid.convergence_deg(),
            rise_m=_rise_m(inputs, sector, x_m, y_m),
            model=options.model,
            dense=dense,
        )

    terms = reckon(free=los is True)
    if options.model == PROFILE and terms.model is not None:
        section = profile_to(surface, sector, x_m, y_m, receiver_height_m=receiver_m)
        _, latitude_deg = transform(x_m, y_m, epsg_from=surface.grid.epsg, epsg_to=4326)
        terms = with_profile(
            terms, section, sector, receiver_height_m=receiver_m, latitude_deg=float(latitude_deg)
        )
    clutter_m = _clutter_m(inputs, x_m, y_m)
    terms = corrected(terms, inputs.correction, clutter_height_m=clutter_m)
    hopeful = corrected(reckon(free=los is not False), inputs.correction, clutter_height_m=clutter_m)
    planning_dbm = terms.power_dbm - levels.margin_db
    hopeful_dbm = hopeful.power_dbm - levels.margin_db
    is_certain = terms.model is not None and terms.is_bounded
    covers = is_certain and planning_dbm >= levels.lowest_covered_dbm
    is_open = terms.model is None or (
        hopeful_dbm >= levels.lowest_dbm and (los is None or not terms.is_bounded)
    )
    return Link(
        sector=sector,
        budget=terms,
        planning_dbm=planning_dbm,
        state=State.COVERED if covers else State.UNKNOWN if is_open else State.UNCOVERED,
        los=los,
        path_assumed=bool(mark & ASSUMED),
    )


def _clutter_m(inputs: Inputs, x_m: float, y_m: float) -> float:
    row, col = (int(value) for value in inputs.surface.grid.to_rowcol(x_m, y_m))
    return float(inputs.surface.clutter_height_m[row, col])


def _rise_m(inputs: Inputs, sector: Transmitter, x_m: float, y_m: float) -> float:
    grid, ground_m = inputs.surface.grid, inputs.surface.ground_m
    (from_row, from_col), (to_row, to_col) = (
        (int(value) for value in grid.to_rowcol(*place)) for place in ((sector.x_m, sector.y_m), (x_m, y_m))
    )
    rise_m = float(ground_m[to_row, to_col]) - float(ground_m[from_row, from_col])
    return 0.0 if math.isnan(rise_m) else rise_m
