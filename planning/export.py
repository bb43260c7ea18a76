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
from layers.exchange.write import (
    FORMATS,
    RASTER,
    ExportReport,
    Part,
    write_parts,
    write_pictures,
    write_rasters,
)
from layers.exchange.writer.format import SHAPES_ONLY, WHOLE
from layers.exchange.writer.network import LAYERS as FIBRE
from layers.exchange.writer.overlay import Picture
from layers.spec import Geometry, Kind, LayerSpec
from layers.store.port import Store
from planning import data
from planning.release import Audience, Operators, audience_of, release
from planning.runs import LAYER as COVERAGE
from planning.runs import current

ALL = "all"
STATE_BAND = "state: 0 uncovered, 1 covered, 2 unknown"
POWER_BAND = "power_dbm"
SPOKEN_STATES = MappingProxyType(
    {0: ("#d73027", "uncovered"), 1: ("#1a9850", "covered"), 2: ("#bdbdbd", "unknown")}
)
"""State of coverage to its colour and the end of its text key."""
PLAIN, TT04 = "plain", "tt04"
DEFAULT_EPSG = 9210


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
    names: str = PLAIN,
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
        One of ``layers.exchange.write.FORMATS``; ``cog`` is for ``coverage5g``, whose ``kmz`` is a picture.
    epsg
        4326, 4756 or a zone of VN-2000 or UTM.
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
    names
        Names of layers in drawings: ``plain``, or ``tt04`` for those of planning dossiers.

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
    if format == RASTER or (format == "kmz" and layer == COVERAGE):
        write = _run_rasters if format == RASTER else _run_pictures
        return write(
            store, layer, epsg=epsg, out=out, audience=audience, labels=labels, notice=notice, now=now
        )
    if layer == ALL and format not in WHOLE and out.suffix.lower() != ".zip":
        raise FileError("export_needs_zip", format=format, file=f"{out.stem}.zip")
    specs = _filled(store) if layer == ALL else [spec_of(layer)]
    labels = with_title(labels, store, audience)
    taken = [part_of(store, spec, audience=audience, labels=labels) for spec in specs]
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
        palette=palette(),
        names=drawing_names() if names == TT04 else MappingProxyType({}),
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


def part_of(
    store: Store, spec: LayerSpec, *, audience: Audience, labels: Mapping[str, str]
) -> tuple[Part, int]:
    """
    A layer as an audience may see it, with its words.

    Parameters
    ----------
    store
        Tables of the workspace.
    spec
        The layer.
    audience
        Whom it is for.
    labels
        Texts of the user's language.

    Returns
    -------
    part, n_blanked
        The layer, and the numbers of persons taken out of it.
    """
    table = store.read(spec.name)
    table = current(table) if spec.name == COVERAGE else table
    kept = release(table, spec, audience, calc_epsg=_calc_epsg(store) or DEFAULT_EPSG)
    words = headings(spec, labels) | _operator_words(spec, audience.operators, labels)
    return Part(spec=spec, table=kept.table, labels=words, n_left_out=kept.n_left_out), kept.n_blanked


def with_title(labels: Mapping[str, str], store: Store, audience: Audience) -> Mapping[str, str]:
    """
    Texts of a file, its title and edition among them.

    Parameters
    ----------
    labels
        Texts of the user's language.
    store
        Tables of the workspace.
    audience
        Whom the file is for.

    Returns
    -------
    labels
        The same, with ``export.title`` and ``export.edition``.
    """
    said = labels.get(f"screen.export.sharing.{audience.sharing}", audience.sharing)
    whom = labels.get(f"operator.{audience.operator}", audience.operator)
    told = f"{said}: {whom}" if audience.operator else said
    return {**labels, "export.title": store.properties().get("name", "hatangso"), "export.edition": told}


def palette() -> Mapping[str, tuple[str, str]]:
    """
    Colours and symbols of the operators.

    Returns
    -------
    palette
        Operator id to both.
    """
    return MappingProxyType({one.id: (one.colour, one.shape) for one in data.operators()})


def drawing_names() -> Mapping[str, str]:
    """
    Names of layers as planning dossiers write them.

    Returns
    -------
    names
        Layer name to number and title: rows of ``data/rules/tt04_names.csv``.
    """
    rows = data.rule_rows("tt04_names")
    return MappingProxyType({row["layer"]: f"{row['number']}-{row['title']}" for row in rows})


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
    if format == "ofds" and part.spec.name not in FIBRE:
        return False
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
    part, _ = part_of(store, spec, audience=audience, labels=labels)
    rasters = _rasters(part.table, store.folder)
    if out.suffix.lower() != ".zip" and len(rasters) > 1:
        rasters = [_joined(rasters)]
    if not rasters:
        raise NotFoundError("export_no_coverage")
    report = write_rasters(rasters, out, epsg=epsg, labels=headings(spec, labels), notice=notice, now=now)
    return replace(report, n_left_out=part.n_left_out)


def _run_pictures(
    store: Store,
    layer: str,
    *,
    epsg: int,  # noqa: ARG001 - pictures on the ground are always in degrees
    out: Path,
    audience: Audience,
    labels: Mapping[str, str],
    notice: str,
    now: dt.datetime,
) -> ExportReport:
    spec = spec_of(layer)
    part, _ = part_of(store, spec, audience=audience, labels=labels)
    words = {
        state: (colour, labels.get(f"state.{key}", key)) for state, (colour, key) in SPOKEN_STATES.items()
    }
    pictures = [
        Picture(
            name=f"{COVERAGE}_{row['operator']}",
            title=labels.get(f"operator.{row['operator']}", str(row["operator"])),
            path=store.folder / row["state_path"],
            colours=words,
        )
        for row in part.table.sort_values(["operator", "id"]).to_dict("records")
        if isinstance(row["state_path"], str) and row["state_path"]
    ]
    if not pictures:
        raise NotFoundError("export_no_coverage")
    texts = with_title(labels, store, audience)
    report = write_pictures(pictures, out, labels=texts, notice=notice, now=now)
    return replace(report, n_left_out=part.n_left_out)


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
