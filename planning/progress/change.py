"""Why a figure changed between two closings: the world, the data, or the way of reckoning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd

from layers.catalogue import BY_NAME
from planning import history
from planning.history import Difference
from planning.progress.closing import Closed, Figure
from planning.scorecard.row import Target
from planning.workspace import Workspace

FACT_DATES: Mapping[str, str] = {
    "site": "commissioned",
    "survey": "surveyed_on",
    "measurement": "measured_at",
    "proposal": "submitted_on",
}
"""Layers whose rows say when the thing itself happened; of the others the date of the row counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One figure at two closings, and what moved it.

    Parameters
    ----------
    target_id
        Key of the target.
    before, after
        Shares 0–1, or values of a target that is no share; None where there was none.
    real, data, reckoning
        Parts of ``after - before``: things that happened in between, things only known better, changed model
        or thresholds. They add up to the whole; all None where one of the two figures is missing, or where
        rows and reckoning changed both, for then nobody can tell.
    layers
        Layers of the target that differ between the two.
    is_mixed
        True where rows and reckoning changed both.
    """

    target_id: str
    before: float | None
    after: float | None
    real: float | None
    data: float | None
    reckoning: float | None
    layers: tuple[str, ...]
    is_mixed: bool = False


def compare(
    workspace: Workspace, before: Closed, after: Closed, targets: Sequence[Target]
) -> tuple[Change, ...]:
    """
    Split the change of every figure.

    Parameters
    ----------
    workspace
        The workspace, whose snapshots of these names hold the rows.
    before, after
        The earlier and the later closing.
    targets
        Targets, which say what layers each reads.

    Returns
    -------
    changes
        In the order of the later closing. Assumed, and to be said beside the figures: where no row of the
        target's layers changed, the reckoning did it. Where only rows changed: what was unknown before and is
        known now is better data, and so is everything where no changed row is dated after the earlier
        closing; what remains is real.

    Raises
    ------
    NotFoundError
        ``snapshot_missing``.
    """
    differences = {one.layer: one for one in history.compare(workspace, before.name, after.name)}
    happened = {
        layer: _happened(workspace.store.snapshot_table(after.name, layer), one, before.made_on)
        for layer, one in differences.items()
    }
    reads = {target.id: target.layers for target in targets}
    same_reckoning = (before.settings_digest, before.model) == (after.settings_digest, after.model)
    found = []
    for (target_id, hamlet), later in after.figures.items():
        if hamlet:
            continue
        layers = [name for name in reads.get(target_id.split(":")[0], ()) if name in differences]
        found.append(
            _split(
                target_id,
                before.of(target_id),
                later,
                layers=tuple(layers),
                is_dated=any(happened[name] for name in layers),
                same_reckoning=same_reckoning,
            )
        )
    return tuple(found)


def _happened(table: gpd.GeoDataFrame, difference: Difference, since: dt.date) -> bool:
    """Whether a row that was added or changed is dated after a day."""
    moved = table[table["id"].isin([*difference.added, *difference.changed])]
    column = FACT_DATES.get(difference.layer, "as_of")
    if moved.empty or BY_NAME[difference.layer].column(column) is None:
        return bool(difference.removed)
    days = moved[column].fillna("").astype(str).str[:10]
    return bool((days > since.isoformat()).any())


def _split(
    target_id: str,
    earlier: Figure | None,
    later: Figure,
    *,
    layers: tuple[str, ...],
    is_dated: bool,
    same_reckoning: bool,
) -> Change:
    old, new = _level(earlier), _level(later)
    is_mixed = bool(layers) and not same_reckoning
    real = data = reckoning = None
    if old is not None and new is not None and not is_mixed:
        real, data, reckoning = 0.0, 0.0, 0.0
        if not layers:
            reckoning = new - old
        elif not is_dated:
            data = new - old
        else:
            told = max(0.0, _unknown_share(earlier) - _unknown_share(later))
            data = max(-told, min(told, new - old))
            real = new - old - data
    return Change(
        target_id=target_id,
        before=old,
        after=new,
        real=real,
        data=data,
        reckoning=reckoning,
        layers=layers,
        is_mixed=is_mixed,
    )


def _level(figure: Figure | None) -> float | None:
    if figure is None:
        return None
    return figure.value if figure.value is not None else figure.share


def _unknown_share(figure: Figure | None) -> float:
    if figure is None or figure.figures is None or not figure.figures.total:
        return 0.0
    return figure.figures.unknown / figure.figures.total
