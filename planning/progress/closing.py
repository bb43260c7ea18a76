"""Chốt số liệu: the figures of all targets kept under a name, with the rows they came from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import geopandas as gpd

from geo.errors import NotFoundError, StoreError
from geo.gap import Figures
from layers.store import Batch, Note
from planning import data, history
from planning.scorecard import plan
from planning.scorecard.job import Row, Scorecard
from planning.workspace import Workspace

LAYER = "indicator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One figure as it was closed.

    Parameters
    ----------
    target_id
        Key of the target, with the operator's where it is read for each.
    hamlet
        Name of the hamlet, or "" for the whole area.
    figures
        Three states; None where the target had no denominator.
    value
        The figure itself where it is no share.
    """

    target_id: str
    hamlet: str
    figures: Figures | None
    value: float | None

    @property
    def share(self) -> float | None:
        """Share reached, 0–1; None where nothing is counted or all of it is unknown."""
        if self.figures is None or self.figures.unknown >= self.figures.total:
            return None
        return self.figures.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """
    All figures of one closing.

    Parameters
    ----------
    name
        Its name.
    made_on
        Its day.
    commune
        Code of the commune, or "" for the whole workspace.
    run, model
        Estimate and path-loss model behind the mobile figures, or "".
    settings_digest
        Fingerprint of every threshold and setting.
    basis
        Text key of what the number of people rested on.
    figures
        Target and hamlet to figure.
    """

    name: str
    made_on: dt.date
    commune: str
    run: str
    model: str
    settings_digest: str
    basis: str
    figures: Mapping[tuple[str, str], Figure]

    def of(self, target_id: str) -> Figure | None:
        """
        Figure of the whole area.

        Parameters
        ----------
        target_id
            Key of the target.

        Returns
        -------
        figure
            None where the target was not closed.
        """
        return self.figures.get((target_id, ""))


def settings_digest(workspace: Workspace) -> str:
    """
    Fingerprint of what decides without being an observation: settings, levels, thresholds of targets.

    Parameters
    ----------
    workspace
        The workspace.

    Returns
    -------
    digest
        16 hexadecimal digits.
    """
    told = {
        "settings": {name: setting.value for name, setting in data.settings().items()},
        "levels": [asdict(level) for level in data.level_rows()],
        "targets": [
            (target.id, target.indicator, target.argument, target.threshold_share)
            for target in plan.targets(workspace)
        ],
    }
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keep(
    workspace: Workspace,
    card: Scorecard,
    name: str,
    *,
    actor: str,
    now: dt.datetime,
    commune: str | None = None,
) -> str:
    """
    Close the figures: keep them, and the rows they came from.

    Parameters
    ----------
    workspace
        The workspace.
    card
        Its scorecard.
    name
        Name of the closing; empty: day and time.
    actor
        Who does it.
    now
        Present moment.
    commune
        Code of the commune that the scorecard is of, or None.

    Returns
    -------
    name
        Its name.

    Raises
    ------
    StoreError
        ``snapshot_exists``; nothing is written.
    """
    chosen = name.strip() or f"{now:%Y-%m-%d %H:%M}"
    if any(one.name == chosen for one in workspace.store.snapshots()):
        raise StoreError("snapshot_exists", name=chosen)
    rows = [
        record | {"id": f"{chosen}:{commune or ''}:{record['target_id']}:{record['hamlet'] or ''}"}
        for row in card.rows
        for record in _records(row, card)
    ]
    shared = {
        "snapshot": chosen,
        "made_on": now.date().isoformat(),
        "as_of": now.date().isoformat(),
        "commune": commune,
        "run": card.run,
        "model": card.model,
        "settings_digest": settings_digest(workspace),
        "population_basis": card.basis,
        "sharing": "internal",
        "is_sample": workspace.is_sample,
    }
    table = gpd.GeoDataFrame([row | shared for row in rows], geometry=[None] * len(rows), crs=4326)
    stamp = now.replace(microsecond=0).isoformat()
    note = Note(action="close", actor=actor, at=stamp, reason=chosen)
    workspace.store.commit({LAYER: Batch(rows=table, removed=(), expected={})}, note=note)
    return history.save_snapshot(workspace, chosen, actor=actor, now=now)


def _records(row: Row, card: Scorecard) -> list[dict[str, object]]:
    reading = row.reading
    whole = _states(reading.figures) | {
        "target_id": row.id,
        "hamlet": None,
        "unit": row.target.unit,
        "value": reading.value,
        "low": reading.low,
        "high": reading.high,
        "threshold_share": row.target.threshold_share,
    }
    hamlets = [
        _states(part) | {"target_id": row.id, "hamlet": name, "unit": row.target.unit}
        for name, part in zip(card.hamlets, reading.hamlets, strict=False)
        if part.total
    ]
    return [whole, *hamlets]


def _states(figures: Figures | None) -> dict[str, object]:
    if figures is None:
        return {}
    return {
        "covered": figures.covered,
        "uncovered": figures.uncovered,
        "unknown": figures.unknown,
        "total": figures.total,
    }


def closings(workspace: Workspace, *, commune: str | None = None) -> tuple[Closed, ...]:
    """
    Every closing.

    Parameters
    ----------
    workspace
        The workspace.
    commune
        Code of one commune, or None for those of the whole workspace.

    Returns
    -------
    closed
        The oldest first.
    """
    table = workspace.store.read(LAYER)
    table = table[table["commune"].fillna("") == (commune or "")]
    found = [_closed(str(name), rows) for name, rows in table.groupby("snapshot", sort=False)]
    return tuple(sorted(found, key=lambda one: (one.made_on, one.name)))


def closing(workspace: Workspace, name: str, *, commune: str | None = None) -> Closed:
    """
    One closing.

    Parameters
    ----------
    workspace
        The workspace.
    name
        Its name.
    commune
        Code of one commune, or None for that of the whole workspace.

    Returns
    -------
    closed
        Its figures.

    Raises
    ------
    NotFoundError
        ``snapshot_missing``.
    """
    for one in closings(workspace, commune=commune):
        if one.name == name:
            return one
    raise NotFoundError("snapshot_missing", name=name)


def _closed(name: str, rows: gpd.GeoDataFrame) -> Closed:
    first = {key: _word(value) for key, value in rows.iloc[0].items() if key != "geometry"}
    figures = [_figure(row) for row in rows.to_dict("records")]
    return Closed(
        name=name,
        made_on=dt.date.fromisoformat(first["made_on"]),
        commune=first["commune"],
        run=first["run"],
        model=first["model"],
        settings_digest=first["settings_digest"],
        basis=first["population_basis"],
        figures={(one.target_id, one.hamlet): one for one in figures},
    )


def _figure(row: Mapping[str, object]) -> Figure:
    covered, uncovered, unknown, total, value = (
        _number(row[name]) for name in ("covered", "uncovered", "unknown", "total", "value")
    )
    figures = None
    if covered is not None and uncovered is not None and unknown is not None and total is not None:
        figures = Figures(total=total, covered=covered, uncovered=uncovered, unknown=unknown, assumed=0.0)
    return Figure(
        target_id=_word(row["target_id"]), hamlet=_word(row["hamlet"]), figures=figures, value=value
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None
