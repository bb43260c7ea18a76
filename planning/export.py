"""Taking layers out of a workspace: what may be shared, in the format and CRS asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd

from geo.errors import FileError, InputError, NotFoundError
from layers.catalogue import CATALOGUE, spec_of
from layers.exchange.cog import CoverageRaster
from layers.exchange.frame import accept_crs
from layers.exchange.write import FORMATS, RASTER, ExportReport, Part, write_parts, write_rasters
from layers.spec import SHARING, LayerSpec
from layers.store.port import Store

ALL = "all"
COVERAGE = "coverage5g"
UNSTATED = "internal"
STATE_BAND = "state: 0 uncovered, 1 covered, 2 unknown"
POWER_BAND = "power_dbm"


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
        Texts of the user's language, key to text (``column.*``, ``layer.*``, ``export.*``).
    notice
        Label of synthetic data, carried by every row; empty where the workspace is real.
    now
        Moment of writing, with its time zone.

    Returns
    -------
    report
        What was written.

    Raises
    ------
    InputError
        Unknown format, CRS or level, or a format that does not suit the layer.
    NotFoundError
        Unknown layer, no rows, or no coverage raster.
    StoreError
        The file could not be written; one that was there before is untouched.
    """
    if format not in FORMATS:
        raise FileError("export_format", format=format, known=", ".join(FORMATS))
    if sharing not in SHARING:
        raise InputError("export_sharing", sharing=sharing, known=", ".join(SHARING))
    accept_crs(epsg)
    if format == RASTER:
        return _run_rasters(
            store, layer, epsg=epsg, out=out, sharing=sharing, labels=labels, notice=notice, now=now
        )
    if layer == ALL and format != "gpkg" and out.suffix.lower() != ".zip":
        raise FileError("export_needs_zip", format=format, file=f"{out.stem}.zip")
    specs = _filled(store) if layer == ALL else [spec_of(layer)]
    parts = [_part(store, spec, sharing=sharing, labels=labels) for spec in specs]
    return write_parts(
        parts,
        out,
        format=format,
        epsg=epsg,
        notice=notice,
        now=now,
        grid_epsg=_calc_epsg(store),
        is_bundle=layer == ALL,
    )


def shareable(table: gpd.GeoDataFrame, sharing: str) -> gpd.GeoDataFrame:
    """
    Rows that a reader of that level may see: public < internal < operator.

    A row that states no level is internal; one whose level is unknown leaves only with ``operator``.

    Parameters
    ----------
    table
        Rows of a layer.
    sharing
        ``public``, ``internal`` or ``operator``.

    Returns
    -------
    table
        The rows whose level is not above it.
    """
    rank = {level: number for number, level in enumerate(SHARING)}
    levels = table["sharing"].fillna(UNSTATED).map(rank).fillna(len(SHARING) - 1)
    return table[(levels <= rank[sharing]).to_numpy(dtype=bool)].reset_index(drop=True)


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
        Column name to heading, ``layer.<name>`` to the layer's name, ``export.*`` as they are.
    """
    found = {key: text for key, text in texts.items() if key.startswith("export.")}
    found[f"layer.{spec.name}"] = texts.get(f"layer.{spec.name}", spec.name)
    for column in spec.columns:
        heading = texts.get(f"column.{column.name}", column.name)
        found[column.name] = f"{heading} ({column.unit})" if column.unit else heading
    return found


def _part(store: Store, spec: LayerSpec, *, sharing: str, labels: Mapping[str, str]) -> Part:
    table = store.read(spec.name)
    kept = shareable(table, sharing)
    return Part(spec=spec, table=kept, labels=headings(spec, labels), n_left_out=len(table) - len(kept))


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
    sharing: str,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
) -> ExportReport:
    spec = spec_of(COVERAGE if layer == ALL else layer)
    if spec.name != COVERAGE:
        raise FileError("export_not_raster", format=RASTER, known=COVERAGE)
    table = store.read(COVERAGE)
    kept = shareable(table, sharing)
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
