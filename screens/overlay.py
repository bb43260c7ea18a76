"""Coverage rasters as coloured tiles over the map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from planning.runs import CoverageRun
from screens import palette, scene, territory, tiles
from screens.mapview import Drawing, draw_tiles
from screens.palette import FAST_COLOURS, STATE_COLOURS

LEVEL, STATE, PROBABILITY, SERVER = "level", "state", "probability", "server"
SPEED, FAST, COUNT, SINR = "speed", "fast", "count", "sinr"
INDOOR, INDOOR_EFFICIENT = "indoor", "indoor_efficient"
SECOND, LEAD = "second", "lead"
KINDS = (LEVEL, STATE, PROBABILITY, INDOOR, SERVER, SECOND, LEAD, SPEED, FAST, COUNT)
TECHNICAL = (INDOOR_EFFICIENT, SINR)
LANDS = (SERVER, SECOND)
HOUSES = (INDOOR, INDOOR_EFFICIENT)


def of_run(run: CoverageRun, *, operator: str, kind: str, opacity: float) -> tuple[Drawing, ...]:
    """
    The estimate of one operator over the map.

    Parameters
    ----------
    run
        The estimate.
    operator
        Operator id, ``any`` or ``two_or_more``.
    kind
        What is shown: one of ``KINDS`` or ``TECHNICAL``. The three states where the estimate holds no other.
    opacity
        Opacity, 0–1.

    Returns
    -------
    drawings
        None where the run holds no such raster or the workspace no outline.
    """
    shown = kind if operator in _paths(run, kind) else STATE
    path = _paths(run, shown).get(operator)
    return () if path is None else _drawn(path, _style(run, operator, shown), opacity)


def of_change(path: Path, *, opacity: float) -> tuple[Drawing, ...]:
    """
    The difference between two estimates over the map.

    Parameters
    ----------
    path
        Raster of ``planning.compare``.
    opacity
        Opacity, 0–1.

    Returns
    -------
    drawings
        None where the workspace has no outline.
    """
    return of_raster(path, palette.of_changes(), opacity=opacity)


def of_raster(path: Path, style: tiles.TileStyle, *, opacity: float) -> tuple[Drawing, ...]:
    """
    Any raster over the map.

    Parameters
    ----------
    path
        Its file.
    style
        Its colours.
    opacity
        Opacity, 0–1.

    Returns
    -------
    drawings
        None where the workspace has no outline.
    """
    return _drawn(path, style, opacity)


def kinds(run: CoverageRun, operator: str, *, technical: bool) -> tuple[str, ...]:
    """
    What can be shown of an operator.

    Parameters
    ----------
    run
        The estimate.
    operator
        Operator id, ``any`` or ``two_or_more``.
    technical
        Whether quantities known to specialists only are among them.

    Returns
    -------
    kinds
        Those the run holds.
    """
    offered = (*KINDS, *TECHNICAL) if technical else KINDS
    return tuple(kind for kind in offered if operator in _paths(run, kind))


def has_levels(run: CoverageRun, operator: str) -> bool:
    """
    Tell whether levels of power are known for an operator.

    Parameters
    ----------
    run
        The estimate.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    has_levels
        False where only the three states exist.
    """
    return operator in run.level_paths


def _drawn(path: Path, style: tiles.TileStyle, opacity: float) -> tuple[Drawing, ...]:
    bounds = scene.extent()
    if bounds is None:
        return ()
    return (draw_tiles(tiles.url(path, style), bounds=bounds, opacity=opacity),)


def _paths(run: CoverageRun, kind: str) -> Mapping[str, Path]:
    return {
        LEVEL: run.level_paths,
        STATE: run.state_paths,
        PROBABILITY: run.probability_paths,
        SERVER: run.server_paths,
        SPEED: run.speed_paths,
        FAST: run.fast_paths,
        COUNT: run.count_paths,
        SINR: run.sinr_paths,
        INDOOR: run.indoor_paths,
        INDOOR_EFFICIENT: run.indoor_efficient_paths,
        SECOND: run.second_paths,
        LEAD: run.lead_paths,
    }[kind]


def _style(run: CoverageRun, operator: str, kind: str) -> tiles.TileStyle:
    if kind in palette.SCALES:
        return palette.of_scale(kind)
    if kind == LEVEL:
        return palette.of_levels()
    if kind in HOUSES:
        return palette.of_power()
    if kind in LANDS:
        return _servers(run, operator, kind)
    return palette.of_states(FAST_COLOURS if kind == FAST else STATE_COLOURS)


def _servers(run: CoverageRun, operator: str, kind: str) -> tiles.TileStyle:
    sectors = territory.of_run(run, operator, second=kind == SECOND).sectors
    shown = tuple((index, tiles.rgba(colour)) for index, colour in sectors.items())
    return tiles.TileStyle(states=(*shown, (-1, tiles.rgba(territory.NO_SERVER_COLOUR))))
