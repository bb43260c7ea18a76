"""Coverage rasters as coloured tiles over the map."""

from __future__ import annotations

from geo.coverage import State
from planning import data
from planning.coverage import UNKNOWN_LEVEL, CoverageRun
from screens import scene, tiles
from screens.legend import STATE_COLOURS, UNKNOWN_COLOUR
from screens.mapview import Drawing, draw_tiles

LEVEL, STATE = "level", "state"


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
        ``level`` for the levels of power, ``state`` for the three states.
    opacity
        Opacity, 0–1.

    Returns
    -------
    drawings
        None where the run holds no such raster or the workspace no outline.
    """
    paths = run.level_paths if kind == LEVEL and operator in run.level_paths else run.state_paths
    bounds = scene.extent()
    if operator not in paths or bounds is None:
        return ()
    style = _levels() if paths is run.level_paths else _states()
    return (draw_tiles(tiles.url(paths[operator], style), bounds=bounds, opacity=opacity),)


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


def _levels() -> tiles.TileStyle:
    shown = [(index, tiles.rgba(row.colour)) for index, row in enumerate(data.level_rows())]
    return tiles.TileStyle(states=(*shown, (UNKNOWN_LEVEL, tiles.rgba(UNKNOWN_COLOUR))))


def _states() -> tiles.TileStyle:
    colours = {name: tiles.rgba(colour) for name, colour in STATE_COLOURS.items()}
    return tiles.TileStyle(
        states=tuple((int(State[name.upper()]), colour) for name, colour in colours.items())
    )
