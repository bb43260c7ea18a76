"""Taking layers out of a workspace: what may be shared, in the format and CRS asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd

from geo.errors import FileError, NotFoundError
from layers.catalogue import CATALOGUE, spec_of
from layers.exchange.cog import CoverageRaster
from layers.exchange.frame import accept_crs
from layers.exchange.write import FORMATS, RASTER, ExportReport, Part, write_parts, write_rasters
from layers.spec import SHARING, Geometry, Kind, LayerSpec
from layers.store.port import Store
from planning.release import Audience, Operators, audience_of, shareable, without_personal_numbers
from planning.runs import LAYER as COVERAGE
from planning.runs import current

ALL = "all"
STATE_BAND = "state: 0 uncovered, 1 covered, 2 unknown"
POWER_BAND = "power_dbm"
SHAPES_ONLY = ("shp", "kml")
"""Formats that hold no row without a shape."""


def run(
    store: Store,
    *,
    layer: str,
    format: str,  # noqa: A002 - the word of the command line and of the screens
    epsg: int,
    out: Path,
    sharing: str,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
    for_operator: str | None = None,
    operators: Operators = MappingProxyType({}),
) -> ExportReport:
    """
    Write a layer, or all of them, to a file.

    Parameters
    ----------
    store
        Tables of the workspace.
    layer
        Layer name, or ``all``: every layer that holds rows, as one GeoPackage or a zip with a file for each.
    format
        One of ``layers.exchange.write.FORMATS``; ``cog`` is for ``coverage5g``.
    epsg
        4326 or a VN-2000 zone of three degrees.
    out
        Where the file shall appear.
    sharing
        Whom the file is for; rows of a higher level stay out, as ``shareable`` tells.
    labels
        Texts of the user's language, key to text (``column.*``, ``layer.*``, ``value.*``, ``operator.*``,
        ``export.*``).
    notice
        Label of synthetic data, carried by every row; empty where the workspace is real.
    now
        Moment of writing, with its time zone.
    for_operator
        Operator that a file of the level ``operator`` is for: its own private rows and no others' go out.
    operators
        Operator id to its spellings.

    Returns
    -------
    report
        What was written. ``n_blanked`` counts the phone and identity numbers taken out of a public file.

    Raises
    ------
    InputError
        Unknown format, CRS or level, a format that does not suit the layer, or no operator named for a file
        of the level ``operator``.
    NotFoundError
        Unknown layer, no coverage raster, no rows, or none that may go to this audience.
    StoreError
        The file could not be written; one that was there before is untouched.
    """
    if format not in FORMATS:
        raise FileError("export_format", format=format, known=", ".join(FORMATS))
    accept_crs(epsg)
    audience = audience_of(sharing, for_operator, operators)
    if format == RASTER:
        return _run_rasters(
            store, layer, epsg=epsg, out=out, audience=audience, labels=labels, notice=notice, now=now
        )
    if layer == ALL and format != "gpkg" and out.suffix.lower() != ".zip":
        raise FileError("export_needs_zip", format=format, file=f"{out.stem}.zip")
    specs = _filled(store) if layer == ALL else [spec_of(layer)]
    taken = [_part(store, spec, audience=audience, labels=labels) for spec in specs]
    parts = [one for one, _ in taken if _can_leave(one, format)]
    _require_rows(store, specs, [one for one, _ in taken], parts, audience)
    dropped = [one for one, _ in taken if not _can_leave(one, format)]
    report = write_parts(
        parts,
        out,
        format=format,
        epsg=epsg,
        notice=notice,
        now=now,
        grid_epsg=_calc_epsg(store),
        is_bundle=layer == ALL,
    )
    return replace(
        report,
        n_left_out=report.n_left_out + sum(one.n_left_out + len(one.table) for one in dropped),
        n_blanked=sum(n_blanked for _, n_blanked in taken),
    )


def headings(spec: LayerSpec, texts: Mapping[str, str]) -> dict[str, str]:
    """
    Headings of a layer's columns, and the texts of the file itself.

    Parameters
    ----------
    spec
        The layer.
    texts
        Texts of the user's language, key to text.

    Returns
    -------
    labels
        Column name to heading, ``value.<column>.<value>`` to the word for a value, ``layer.<name>`` to the
        layer's name, ``export.*`` as they are.
    """
    found = {key: text for key, text in texts.items() if key.startswith("export.")}
    found[f"layer.{spec.name}"] = texts.get(f"layer.{spec.name}", spec.name)
    for column in spec.columns:
        heading = texts.get(f"column.{column.name}", column.name)
        found[column.name] = f"{heading} ({column.unit})" if column.unit else heading
        keys = {value: f"value.{column.name}.{value}" for value in column.vocabulary}
        found |= {key: texts[key] for key in keys.values() if key in texts}
        if column.kind is Kind.BOOLEAN and "common.yes" in texts:
            for value, key in (("True", "common.yes"), ("False", "common.no")):
                found[f"value.{column.name}.{value}"] = texts[key]
    return found


def _part(
    store: Store, spec: LayerSpec, *, audience: Audience, labels: Mapping[str, str]
) -> tuple[Part, int]:
    table = store.read(spec.name)
    table = current(table) if spec.name == COVERAGE else table
    kept, n_blanked = shareable(table, audience), 0
    if audience.sharing == SHARING[0]:
        kept, n_blanked = without_personal_numbers(kept, spec)
    words = headings(spec, labels) | _operator_words(spec, audience.operators, labels)
    return Part(spec=spec, table=kept, labels=words, n_left_out=len(table) - len(kept)), n_blanked


def _operator_words(spec: LayerSpec, operators: Operators, labels: Mapping[str, str]) -> dict[str, str]:
    names = [name for name in ("operators", "operator") if spec.column(name) is not None]
    return {
        f"value.{name}.{key}": labels[f"operator.{key}"]
        for name in names
        for key in operators
        if f"operator.{key}" in labels
    }


def _can_leave(part: Part, format: str) -> bool:  # noqa: A002 - as in run
    """Tell whether a file of that format would hold any row of a layer."""
    if format in SHAPES_ONLY:
        return bool(part.table.geometry.notna().any()) and part.spec.geometry is not Geometry.NONE
    return len(part.table) > 0


def _require_rows(
    store: Store, specs: Sequence[LayerSpec], taken: Sequence[Part], parts: Sequence[Part], audience: Audience
) -> None:
    """An export that would hold nothing is refused, with the reason."""
    if parts:
        return
    n_rows = sum(store.count(spec.name) for spec in specs)
    if not n_rows:
        raise NotFoundError("export_empty")
    if any(len(part.table) for part in taken):
        raise NotFoundError("export_no_shapes", n=n_rows)
    raise NotFoundError("export_nothing_shared", sharing=audience.sharing, n=n_rows)


def _filled(store: Store) -> list[LayerSpec]:
    found = [spec for spec in CATALOGUE if store.count(spec.name) > 0]
    if not found:
        raise NotFoundError("export_empty")
    return found


def _calc_epsg(store: Store) -> int | None:
    text = store.properties().get("calc_epsg", "")
    return int(text) if text.isdecimal() else None


def _run_rasters(
    store: Store,
    layer: str,
    *,
    epsg: int,
    out: Path,
    audience: Audience,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
) -> ExportReport:
    spec = spec_of(COVERAGE if layer == ALL else layer)
    if spec.name != COVERAGE:
        raise FileError("export_not_raster", format=RASTER, known=COVERAGE)
    table = current(store.read(COVERAGE))
    kept = shareable(table, audience)
    rasters = _rasters(kept, store.folder)
    if out.suffix.lower() != ".zip" and len(rasters) > 1:
        rasters = [_joined(rasters)]
    if not rasters:
        raise NotFoundError("export_no_coverage")
    report = write_rasters(rasters, out, epsg=epsg, labels=headings(spec, labels), notice=notice, now=now)
    return replace(report, n_left_out=len(table) - len(kept))


def _joined(rasters: Sequence[CoverageRaster]) -> CoverageRaster:
    """All operators as bands of one file, each band named with its operator."""
    prefix = f"{COVERAGE}_"
    bands = [
        (f"{raster.name.removeprefix(prefix)} {name}", path)
        for raster in rasters
        for name, path in raster.bands
    ]
    return CoverageRaster(name=COVERAGE, bands=tuple(bands))


def _rasters(table: gpd.GeoDataFrame, folder: Path) -> Sequence[CoverageRaster]:
    """Each operator's power and state; the states of all together where there are several operators."""
    found = []
    for row in table.sort_values(["operator", "id"]).to_dict("records"):
        paths = ((POWER_BAND, row["power_path"]), (STATE_BAND, row["state_path"]))
        bands = tuple((name, folder / path) for name, path in paths if isinstance(path, str) and path)
        if bands:
            name = f"{COVERAGE}_{row['operator']}"
            found.append(CoverageRaster(name=name, bands=bands))
    powered = [raster for raster in found if raster.bands[0][0] == POWER_BAND]
    return powered if len(powered) == 1 else found
