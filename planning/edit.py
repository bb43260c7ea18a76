"""Rows changed by hand: prepared as values, checked like an import, written once with their history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.errors import InputError
from layers.catalogue import CATALOGUE, spec_of
from layers.check import DTYPES, check
from layers.issue import Issue, Severity
from layers.spec import Geometry, LayerSpec
from layers.store import Batch, Note, versions_of
from planning import data, quality
from planning.workspace import Workspace

PROGRAM_ONLY = ("coverage5g", "calibration", "audit", "proposal")
"""Layers whose rows the program makes, or which have rules of their own for a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """
    A change of one layer, ready to be looked at.

    Parameters
    ----------
    layer
        Layer name.
    rows
        Rows as they shall be, added or changed; EPSG:4326.
    removed
        Ids of the rows to remove.
    expected
        Id to the version that the change rests on, None for a new row.
    issues
        Faults of the rows; none is an error where the edit may be saved.
    """

    layer: str
    rows: gpd.GeoDataFrame
    removed: tuple[str, ...]
    expected: Mapping[str, str | None]
    issues: tuple[Issue, ...]

    @property
    def is_possible(self) -> bool:
        """True where no fault stops it."""
        return all(issue.severity is not Severity.ERROR for issue in self.issues)


def editable() -> tuple[LayerSpec, ...]:
    """
    Layers whose rows a person may change.

    Returns
    -------
    specs
        In the order of the catalogue.
    """
    return tuple(spec for spec in CATALOGUE if spec.name not in PROGRAM_ONLY)


def change(
    workspace: Workspace,
    layer: str,
    seen: gpd.GeoDataFrame,
    values: Mapping[str, object],
    *,
    today: dt.date,
) -> Edit:
    """
    Prepare new values for some rows, one or many.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name.
    seen
        The rows as the user saw them, all columns: a row that is another by now stops the saving.
    values
        Column to the new value, None to empty it; under ``geometry`` a shape in longitude and latitude.
    today
        Present day.

    Returns
    -------
    edit
        The rows as they would be. What was an assumption and is now stated counts as stated.

    Raises
    ------
    InputError
        ``layer_not_editable``.
    """
    spec = _required(layer)
    rows = seen.reset_index(drop=True)
    return _edit(workspace, spec, _with_values(rows, spec, values), versions_of(layer, rows), today)


def add(
    workspace: Workspace,
    layer: str,
    values: Mapping[str, object],
    shape: shapely.Geometry | None,
    *,
    today: dt.date,
) -> Edit:
    """
    Prepare a new row.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name.
    values
        Column to value; without ``id`` the row gets one that is free.
    shape
        Its shape in longitude and latitude, or None.
    today
        Present day: the date of a row that states none.

    Returns
    -------
    edit
        The row as it would be.

    Raises
    ------
    InputError
        ``ids_exist``: there is a row with that id.
    """
    spec = _required(layer)
    known = set(workspace.store.read(layer, columns=("id",))["id"])
    key = str(values.get("id") or _free(layer, known))
    if key in known:
        raise InputError("ids_exist", layer=layer, ids=key, n=1)
    usual: dict[str, object] = {
        "as_of": today.isoformat(),
        "is_sample": workspace.is_sample,
        "sharing": "internal",
    }
    given = {name: value for name, value in values.items() if value is not None}
    full = {column.name: (usual | given | {"id": key}).get(column.name) for column in spec.columns}
    blank = gpd.GeoDataFrame([full], geometry=[shape], crs=4326)
    return _edit(workspace, spec, _typed(blank, spec), {key: None}, today)


def remove(workspace: Workspace, layer: str, seen: gpd.GeoDataFrame) -> Edit:
    """
    Prepare the removal of rows.

    Parameters
    ----------
    workspace
        The workspace.
    layer
        Layer name.
    seen
        The rows as the user saw them, all columns.

    Returns
    -------
    edit
        The removal, with a warning where rows of another layer refer to a row removed.

    Raises
    ------
    InputError
        ``layer_not_editable``.
    """
    spec = _required(layer)
    gone = tuple(sorted(seen["id"]))
    return Edit(
        layer=spec.name,
        rows=seen.iloc[:0],
        removed=gone,
        expected=versions_of(layer, seen),
        issues=tuple(_orphans(workspace, layer, gone)),
    )


def keep(workspace: Workspace, edit: Edit, *, actor: str, now: dt.datetime, reason: str = "") -> int:
    """
    Write a change and its history in one transaction.

    Parameters
    ----------
    workspace
        The workspace.
    edit
        The change.
    actor
        Who makes it.
    now
        Present moment.
    reason
        Why.

    Returns
    -------
    number
        Number of the change in the history.

    Raises
    ------
    InputError
        ``edit_refused``: there are errors.
    StaleVersionError
        ``row_stale``: somebody else changed a row since; nothing is written.
    """
    if not edit.is_possible:
        errors = [issue for issue in edit.issues if issue.severity is Severity.ERROR]
        raise InputError("edit_refused", issues=errors, layer=edit.layer, n=len(errors))
    action = "delete" if edit.removed else "add" if None in edit.expected.values() else "edit"
    note = Note(action=action, actor=actor, at=now.replace(microsecond=0).isoformat(), reason=reason)
    batch = Batch(rows=None if edit.rows.empty else edit.rows, removed=edit.removed, expected=edit.expected)
    return workspace.store.commit({edit.layer: batch}, note=note)


def _required(layer: str) -> LayerSpec:
    spec = spec_of(layer)
    if layer in PROGRAM_ONLY:
        raise InputError("layer_not_editable", layer=layer)
    return spec


def _free(layer: str, known: set[str]) -> str:
    return next(key for key in (f"{layer}-{number}" for number in count(len(known) + 1)) if key not in known)


def _with_values(rows: gpd.GeoDataFrame, spec: LayerSpec, values: Mapping[str, object]) -> gpd.GeoDataFrame:
    """Rows with new values; none of these is an assumption any more."""
    changed = rows.copy()
    for name, value in values.items():
        if name == "geometry":
            changed["geometry"] = gpd.GeoSeries([value] * len(rows), index=rows.index, crs=4326)
        elif name != "id":
            changed[name] = pd.Series([value] * len(rows), index=rows.index, dtype=object)
    if "is_assumed" not in values:
        stated = [str(text).split(";") if isinstance(text, str) else [] for text in rows["is_assumed"]]
        left = [";".join(part for part in parts if part and part not in values) for parts in stated]
        changed["is_assumed"] = pd.Series([text or None for text in left], index=rows.index, dtype=object)
    return _typed(changed, spec)


def _typed(table: gpd.GeoDataFrame, spec: LayerSpec) -> gpd.GeoDataFrame:
    """Columns typed as the store types them; where a value does not fit, the check will say so."""
    typed = table.copy()
    for column in spec.columns:
        try:
            typed[column.name] = table[column.name].astype(DTYPES[column.kind])
        except (TypeError, ValueError):
            typed[column.name] = table[column.name].astype(object)
    return typed


def _edit(
    workspace: Workspace,
    spec: LayerSpec,
    rows: gpd.GeoDataFrame,
    expected: Mapping[str, str | None],
    today: dt.date,
) -> Edit:
    """The change with the faults that an import of the same rows would have."""
    operators = tuple(one.id for one in data.operators())
    issues = list(check(rows, spec, operators=operators).issues)
    if all(issue.severity is not Severity.ERROR for issue in issues):
        numbers = range(1, len(rows) + 1)
        issues += quality.incoming(workspace, spec.name, rows, row_numbers=tuple(numbers), today=today)
    return Edit(layer=spec.name, rows=rows, removed=(), expected=expected, issues=tuple(issues))


def _orphans(workspace: Workspace, layer: str, gone: tuple[str, ...]) -> list[Issue]:
    """Rows of other layers that name a row to be removed."""
    column = f"{layer}_id"
    found = []
    for spec in CATALOGUE:
        if spec.column(column) is None or spec.name == layer:
            continue
        named = workspace.store.read(spec.name, columns=(column,))[column]
        n_rows = int(np.isin(named.dropna().to_numpy(dtype=object), list(gone)).sum())
        if n_rows:
            facts = {"other": spec.name, "n": n_rows}
            found.append(Issue(code="row_referred_to", severity=Severity.WARNING, layer=layer, facts=facts))
    return found


def can_move(spec: LayerSpec) -> bool:
    """
    Tell whether rows of a layer are moved by a click or by a longitude and a latitude.

    Parameters
    ----------
    spec
        The layer.

    Returns
    -------
    can_move
        True for points.
    """
    return spec.geometry in (Geometry.POINT, Geometry.ANY)
