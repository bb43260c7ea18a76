"""
What may leave, and for whom: the one place that every export, report, package and map asks.

``release`` makes an edition of a table: *công khai* (public), *nội bộ* (internal) or *doanh nghiệp X* (one
operator). Rows follow their own level; what else happens to a layer or a column stands in
``data/rules/sharing.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crs import WGS84, move
from geo.errors import InputError
from layers.cell import split
from layers.exchange.values import operators_in
from layers.spec import SHARING, Kind, LayerSpec
from planning import data

UNSTATED = "internal"
BLANK = "…"
PERSONAL_NUMBER = re.compile(
    r"(?<![\d.,])(?:\+84|\(?0)(?:[\s.()-]{0,2}\d){8,10}(?![\d])"
    r"|(?<![\d.,])\d{3}([ .]?)\d{3}\1\d{3}(?:\1\d{3})?(?![.,]?\d)"
)
"""Phone numbers as Vietnam writes them; identity numbers of 9 or 12 digits, bare or in groups of three."""
NO_PROSE = ("id", "code", "commune_code", "is_assumed", "run", "digest")
"""Columns of keys, in which digits are no one's number."""

NOBODY = frozenset({"any", "two_or_more"})
"""Words of coverage that stand for no operator of their own."""
GATHERED = ("hamlet_id", "operator", "technology", "method")
"""What measurements of one figure have in common."""
MEDIANS = ("rsrp_dbm", "download_mbps", "upload_mbps", "latency_ms")

Operators = Mapping[str, tuple[str, ...]]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """
    Whom a file is for.

    Parameters
    ----------
    sharing
        ``public``, ``internal`` or ``operator``.
    operator
        Id of the operator that a file of the level ``operator`` is for, else None.
    operators
        Operator id to its spellings.
    """

    sharing: str
    operator: str | None = None
    operators: Operators = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """
    One edition of a table.

    Parameters
    ----------
    table
        The rows that go, as they go.
    n_left_out
        Rows that stay.
    n_blanked
        Phone and identity numbers taken out of free texts.
    """

    table: gpd.GeoDataFrame
    n_left_out: int
    n_blanked: int = 0


def edition(text: str) -> tuple[str, str | None]:
    """
    Level and operator of an edition as the command line writes it.

    Parameters
    ----------
    text
        ``public``, ``internal`` or ``operator:X``.

    Returns
    -------
    sharing, operator
        Level, and the operator after the colon.
    """
    sharing, _, operator = text.partition(":")
    return sharing, operator or None


def release(table: gpd.GeoDataFrame, spec: LayerSpec, audience: Audience, *, calc_epsg: int) -> Released:
    """
    Edition of a table for an audience.

    Parameters
    ----------
    table
        Rows of the layer in EPSG:4326.
    spec
        The layer.
    audience
        Whom it is for.
    calc_epsg
        Projected CRS in which places are rounded.

    Returns
    -------
    released
        What may go. The argument stays as it is.
    """
    kept = shareable(table, audience)
    if audience.sharing == UNSTATED:
        return Released(table=kept, n_left_out=len(table) - len(kept))
    kept, n_blanked = without_personal_numbers(kept, spec)
    kept = _ruled(kept, spec, _everyone(audience), np.ones(len(kept), dtype=bool), calc_epsg=calc_epsg)
    if audience.operator is not None:
        kept = _ruled(kept, spec, ("rival",), _is_rival(kept, audience), calc_epsg=calc_epsg)
    return Released(table=kept, n_left_out=max(len(table) - len(kept), 0), n_blanked=n_blanked)


def _everyone(audience: Audience) -> tuple[str, ...]:
    return ("public", "outside") if audience.sharing == SHARING[0] else ("outside",)


def _ruled(
    table: gpd.GeoDataFrame, spec: LayerSpec, audiences: Sequence[str], rows: Booleans, *, calc_epsg: int
) -> gpd.GeoDataFrame:
    """The table with the rules for these audiences applied to some of its rows."""
    rules = [
        one for one in data.rule_rows("sharing") if one["layer"] == spec.name and one["audience"] in audiences
    ]
    treatments = {one["treatment"] for one in rules if not one["column"]}
    if "drop" in treatments:
        return table[~rows].reset_index(drop=True)
    done = table.copy()
    for rule in rules:
        if rule["treatment"] == "blank" and rule["column"] in done:
            done.loc[rows, rule["column"]] = None
    done = _without_few(done, [one for one in rules if one["treatment"] == "few"], rows)
    if "gather" in treatments:
        return _gathered(done)
    return _coarse(done, rows, calc_epsg=calc_epsg) if "coarse" in treatments else done


def _is_rival(table: gpd.GeoDataFrame, audience: Audience) -> Booleans:
    named = [_operators_of(row, audience.operators) - NOBODY for row in table.to_dict("records")]
    return np.array([bool(one) and audience.operator not in one for one in named], dtype=bool)


def _without_few(
    table: gpd.GeoDataFrame, rules: Iterable[Mapping[str, str]], rows: Booleans
) -> gpd.GeoDataFrame:
    """
    Counts from 1 to 4 are blank; of columns that add up, a second one too, lest it be told.

    A column with one blank row loses its next smallest count as well: a total known elsewhere would tell it.
    """
    fewest = data.setting("sharing_fewest")
    blanked: dict[str, list[tuple[str, Booleans]]] = {}
    for rule in rules:
        name = rule["column"]
        if name in table:
            numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            few = rows & (numbers > 0) & (numbers < fewest)
            if few.sum() == 1 and rows.sum() > 1:
                few = few | _next_smallest(numbers, rows & ~few)
            blanked.setdefault(rule["group"] or name, []).append((name, few))
    for columns in blanked.values():
        n_few = np.sum([few for _, few in columns], axis=0)
        for name, few in columns:
            alone = (n_few == 1) & (len(columns) > 1) & (name != columns[0][0])
            table[name] = table[name].mask(pd.Series(few | alone, index=table.index))
    return table


def _next_smallest(numbers: npt.NDArray[np.float64], rows: Booleans) -> Booleans:
    """The one row with the smallest count above 0; none where there is none."""
    counts = np.where(rows & (numbers > 0), numbers, np.inf)
    chosen: Booleans = np.zeros(len(numbers), dtype=bool)
    chosen[int(np.argmin(counts))] = bool(np.isfinite(counts).any())
    return chosen


def _gathered(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Medians of at least five measurements of one hamlet, operator and technology; no place, no moment."""
    fewest = data.setting("sharing_fewest")
    rows: list[dict[str, object]] = []
    for key, group in table.groupby(list(GATHERED), dropna=False, sort=True):
        counts = pd.to_numeric(group["n_samples"], errors="coerce").fillna(1)
        if counts.sum() < fewest:
            continue
        shared = {name: None if pd.isna(one) else one for name, one in zip(GATHERED, key, strict=True)}
        medians = {name: pd.to_numeric(group[name], errors="coerce").median() for name in MEDIANS}
        number = f"measurement-{len(rows) + 1:04d}"
        is_sample = bool((group["is_sample"] == 1).fillna(value=False).any())
        rows.append(
            {"id": number, **shared, **medians, "n_samples": int(counts.sum())}
            | {"sharing": SHARING[0], "is_sample": is_sample}
        )
    blank = table.iloc[: len(rows)].reset_index(drop=True)
    for name in blank.columns:
        if name != "geometry":
            values = pd.Series([row.get(name) for row in rows], index=blank.index, dtype=object)
            blank[name] = values.astype(table[name].dtype)
    return blank.set_geometry(gpd.GeoSeries([None] * len(rows), crs=table.crs))


def _coarse(table: gpd.GeoDataFrame, rows: Booleans, *, calc_epsg: int) -> gpd.GeoDataFrame:
    """Places rounded to a coarse grid; routes shorter than its cells stay out: they have no shape left."""
    cell_m = data.setting("sharing_coarse_m")
    shapes = np.array(table.geometry.to_numpy(), dtype=object)
    placed = move(shapes[rows], epsg_from=WGS84, epsg_to=calc_epsg)
    rounded = np.array([_rounded(shape, cell_m) for shape in placed], dtype=object)
    shapes[rows] = move(rounded, epsg_from=calc_epsg, epsg_to=WGS84)
    done = table.set_geometry(gpd.GeoSeries(list(shapes), crs=table.crs, index=table.index))
    if "accuracy_m" in done:
        known = pd.to_numeric(done["accuracy_m"], errors="coerce").fillna(0.0)
        done["accuracy_m"] = known.mask(rows & (known < cell_m), cell_m).astype("Float64")
    lost = (
        rows & np.array([shape is None for shape in shapes], dtype=bool) & table.geometry.notna().to_numpy()
    )
    return done[~lost].reset_index(drop=True)


def _rounded(shape: shapely.Geometry | None, cell_m: float) -> shapely.Geometry | None:
    if shape is None or shape.is_empty:
        return None
    if hasattr(shape, "geoms"):
        parts = [part for part in (_rounded(one, cell_m) for one in shape.geoms) if part is not None]
        return shapely.GeometryCollection(parts) if len(parts) > 1 and _is_mixed(parts) else _joined(parts)
    simple = shape.simplify(cell_m) if shape.geom_type != "Point" else shape
    corners = np.round(shapely.get_coordinates(simple) / cell_m) * cell_m
    kept = corners[np.r_[True, (np.diff(corners, axis=0) != 0).any(axis=1)]]
    if shape.geom_type == "Point":
        return shapely.Point(kept[0])
    if shape.geom_type == "Polygon":
        square = shapely.Polygon(kept) if len(kept) > 3 else None
        return square if square is not None and square.is_valid and square.area else None
    return shapely.LineString(kept) if len(kept) > 1 else None


def _is_mixed(parts: Sequence[shapely.Geometry]) -> bool:
    return len({part.geom_type for part in parts}) > 1


def _joined(parts: Sequence[shapely.Geometry]) -> shapely.Geometry | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    makers = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    return makers[parts[0].geom_type](list(parts))


def audience_of(sharing: str, for_operator: str | None, operators: Operators) -> Audience:
    """
    Whom a file is for, as asked.

    Parameters
    ----------
    sharing
        Level asked.
    for_operator
        Id or name of the operator, needed for the level ``operator``.
    operators
        Operator id to its spellings.

    Returns
    -------
    audience
        The audience.

    Raises
    ------
    InputError
        ``export_sharing``: no such level; ``export_operator_missing``: the level needs an operator;
        ``operator_unknown``.
    """
    if sharing not in SHARING:
        raise InputError("export_sharing", sharing=sharing, known=", ".join(SHARING))
    if sharing != SHARING[-1]:
        return Audience(sharing=sharing, operators=operators)
    known = ", ".join(operators)
    if not for_operator:
        raise InputError("export_operator_missing", known=known)
    found = operators_in(for_operator, operators) or (for_operator,)
    if operators and found[0] not in operators:
        raise InputError("operator_unknown", operator=for_operator, known=known)
    return Audience(sharing=sharing, operator=found[0], operators=operators)


def shareable(table: gpd.GeoDataFrame, audience: Audience) -> gpd.GeoDataFrame:
    """
    Rows that an audience may see: public < internal < operator.

    A row that states no level is internal. Of the rows private to operators, and of those whose level is
    unknown, a file for an operator holds those of this operator alone: rows that name another operator too,
    or none, stay out.

    Parameters
    ----------
    table
        Rows of a layer.
    audience
        Whom the file is for.

    Returns
    -------
    table
        The rows that may go.
    """
    rank = {level: number for number, level in enumerate(SHARING)}
    top = len(SHARING) - 1
    levels = table["sharing"].fillna(UNSTATED).map(rank).fillna(top)
    seen = (levels <= min(rank[audience.sharing], top - 1)).to_numpy(dtype=bool)
    if audience.operator is not None:
        private = (levels == top).to_numpy(dtype=bool)
        own = [
            _operators_of(row, audience.operators) == {audience.operator} for row in table.to_dict("records")
        ]
        seen = seen | (private & np.array(own, dtype=bool))
    return table[seen].reset_index(drop=True)


def _operators_of(row: Mapping[Hashable, object], operators: Operators) -> set[str]:
    named = [row.get(name) for name in ("operators", "operator")]
    found = {part for value in named if isinstance(value, str) for part in split(value)}
    owner = row.get("owner")
    return found or set(operators_in(owner, operators) if isinstance(owner, str) else ())


def without_personal_numbers(table: gpd.GeoDataFrame, spec: LayerSpec) -> tuple[gpd.GeoDataFrame, int]:
    """
    A table whose free texts hold no phone number and no identity number of 9 or 12 digits.

    Parameters
    ----------
    table
        Rows of a layer.
    spec
        The layer.

    Returns
    -------
    table
        The same rows, each such number replaced by ``…``.
    n_blanked
        How many were replaced.
    """
    clean, n_blanked = table.copy(), 0
    free = [
        column.name
        for column in spec.columns
        if column.kind is Kind.TEXT and not column.vocabulary and column.name in table
    ]
    for name in free:
        if name in NO_PROSE or name.endswith(("_id", "_path", "_node", "_digest")):
            continue
        texts = table[name].astype(object)
        done = [
            PERSONAL_NUMBER.subn(BLANK, value) if isinstance(value, str) else (value, 0) for value in texts
        ]
        n_blanked += sum(n for _, n in done)
        clean[name] = pd.Series([text for text, _ in done], index=table.index, dtype=object)
    return clean, n_blanked
