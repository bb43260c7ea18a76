"""Layers as QGIS shows them: symbols, labels, words for values; styles inside a GeoPackage, and a project."""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import shapely
from pyproj import CRS

from layers.exchange.bundle import Notes, zip_files
from layers.exchange.feature import FAMILIES, words_used
from layers.exchange.frame import Field, Frame
from layers.exchange.staging import damaged
from layers.spec import Kind

VERSION = "3.22.16"
PROJECT = "du_an.qgs"
MM_PER_PX = 0.264583
LABEL_SCALE = 25_000
CROWDED_ROWS = 2_000
SHAPES = {
    "circle": "circle",
    "square": "square",
    "triangle": "triangle",
    "diamond": "diamond",
    "cross": "cross",
    "star": "star",
    "ring": "circle",
}
KINDS = {"point": "marker", "line": "line", "polygon": "fill"}
GEOMETRY_NAMES = {"point": "Point", "line": "Line", "polygon": "Polygon"}
_TABLE = (
    'CREATE TABLE IF NOT EXISTS layer_styles ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,'
    ' "f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256),'
    ' "f_geometry_column" TEXT(256), "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT,'
    ' "useAsDefault" BOOLEAN, "description" TEXT, "owner" TEXT(30), "ui" TEXT(30), "update_time" DATETIME)'
)


def families_in(frame: Frame) -> tuple[str, ...]:
    """
    Kinds of shapes that a layer holds.

    Parameters
    ----------
    frame
        The layer.

    Returns
    -------
    families
        Of ``point``, ``line``, ``polygon``, the most frequent first; empty where no row has a shape.
    """
    dimension = shapely.get_dimensions(frame.source[frame.has_shape])
    counts = np.bincount(dimension, minlength=3)[:3] if len(dimension) else np.zeros(3, dtype=int)
    names = tuple(FAMILIES)
    return tuple(names[at] for at in np.argsort(-counts, kind="stable") if counts[at])


def add_styles(frames: Sequence[Frame], path: Path, notes: Notes) -> None:
    """
    Put a style for each layer into a GeoPackage, as QGIS itself keeps them.

    Parameters
    ----------
    frames
        The layers in it.
    path
        The GeoPackage.
    notes
        Colours of the operators, and the date.
    """
    stamp = notes.now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_TABLE)
        connection.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (stamp,),
        )
        for frame in frames:
            kinds = families_in(frame)
            if not kinds:
                continue
            style = _document(frame, kinds[0], notes)
            connection.execute(
                'INSERT INTO layer_styles ("f_table_catalog", "f_table_schema", "f_table_name",'
                ' "f_geometry_column", "styleName", "styleQML", "styleSLD", "useAsDefault", "description",'
                " owner, ui, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
                (frame.spec.name, frame.title[:30], style, frame.title, stamp),
            )


def write_project(frames: Sequence[Frame], path: Path, *, data: str, title: str, notes: Notes) -> None:
    """
    Write a QGIS project (.qgz) over a GeoPackage beside it.

    Parameters
    ----------
    frames
        The layers, in drawing order from below.
    path
        File to make.
    data
        Name of the GeoPackage, in the same folder as the project will be.
    title
        Title of the project.
    notes
        Colours of the operators, and the date.

    Raises
    ------
    StoreError
        ``export_damaged``: it does not read back.
    """
    root = ET.Element("qgis", version=VERSION, projectname=title, saveUser="", saveUserFull="")
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "projectCrs").append(_crs(frames[0].epsg))
    tree = ET.SubElement(root, "layer-tree-group")
    layers = ET.Element("projectlayers")
    order = ET.Element("layerorder")
    for frame in reversed(frames):
        kinds = families_in(frame)
        for kind in kinds or ("",):
            key = f"hatangso_{frame.spec.name}_{kind or 'table'}"  # QGIS gives short keys anew
            source = f"./{data}|layername={frame.spec.name}"
            source += f"|geometrytype={_wkb_name(frame, kind)}" if len(kinds) > 1 else ""
            name = frame.title if len(kinds) < 2 else f"{frame.title} ({notes.text(kind)})"
            ET.SubElement(
                tree,
                "layer-tree-layer",
                id=key,
                name=name,
                source=source,
                providerKey="ogr",
                checked="Qt::Checked",
                expanded="0",
            )
            layers.append(_map_layer(frame, kind, key, name, source, notes))
            ET.SubElement(order, "layer", id=key)
    root.append(layers)
    root.append(order)
    root.append(_properties())
    root.append(_view(frames))
    inner = path.parent / PROJECT
    inner.write_bytes(_bytes(root))
    zip_files([inner], path, now=notes.now)
    if len(ET.fromstring(inner.read_bytes()).findall("projectlayers/maplayer")) < len(frames):  # noqa: S314 - our own
        raise damaged("project differs")
    inner.unlink()


def _wkb_name(frame: Frame, kind: str) -> str:
    types = {shape.geom_type for shape in frame.placed[frame.has_shape]}
    single, multi = FAMILIES[kind]
    return single if single in types else multi


def _document(frame: Frame, kind: str, notes: Notes) -> str:
    root = ET.Element("qgis", version=VERSION, styleCategories="AllStyleCategories", labelsEnabled="1")
    for part in _style(frame, kind, notes):
        root.append(part)
    return _bytes(root).decode()


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8")
    return b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + content


def _map_layer(frame: Frame, kind: str, key: str, name: str, source: str, notes: Notes) -> ET.Element:
    layer = ET.Element("maplayer", type="vector", geometry=GEOMETRY_NAMES.get(kind, "No geometry"))
    if kind:
        layer.set("labelsEnabled", "1")
    for tag, text in (("id", key), ("datasource", source), ("layername", name)):
        ET.SubElement(layer, tag).text = text
    provider = ET.SubElement(layer, "provider", encoding="UTF-8")
    provider.text = "ogr"
    ET.SubElement(layer, "srs").append(_crs(frame.epsg))
    for part in _style(frame, kind, notes):
        layer.append(part)
    return layer


def _style(frame: Frame, kind: str, notes: Notes) -> list[ET.Element]:
    fields = [_field_configuration(frame), _aliases(frame)]
    return [_renderer(frame, kind, notes), _labelling(frame, kind), *fields] if kind else fields


def _renderer(frame: Frame, kind: str, notes: Notes) -> ET.Element:
    operators = next((one for one in frame.fields if one.name == "operators"), None)
    found = _categories(operators, notes) if frame.spec.style.by_operator and operators else []
    if not found:
        renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0")
        symbols = ET.SubElement(renderer, "symbols")
        symbols.append(
            _symbol("0", frame, kind, colour=frame.spec.style.colour, shape=frame.spec.style.shape)
        )
        return renderer
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", attr="operators", symbollevels="0")
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, (value, label, colour, shape) in enumerate(found):
        ET.SubElement(categories, "category", symbol=str(number), value=value, label=label, render="true")
        symbols.append(_symbol(str(number), frame, kind, colour=colour, shape=shape))
    return renderer


def _categories(operators: Field, notes: Notes) -> list[tuple[str, str, str, str]]:
    """One class for each operator, one for each sharing of a mast, and one for all that is neither."""
    told = {value: word for value, word in zip(operators.values, operators.told, strict=True) if value}
    rows = []
    for value in sorted(told):
        colour, shape = notes.palette.get(value, ("#555555", "star" if ";" in value else "circle"))
        rows.append((value, str(told[value]), colour, shape))
    return [*rows, ("", notes.text("other"), "#9e9e9e", "circle")] if rows else []


def _symbol(name: str, frame: Frame, kind: str, *, colour: str, shape: str) -> ET.Element:
    style = frame.spec.style
    symbol = ET.Element("symbol", name=name, type=KINDS[kind], alpha="1", clip_to_extent="1")
    width_mm = f"{style.weight_px * MM_PER_PX:.2f}"
    if kind == "point":
        is_ring = shape == "ring"
        facts = {
            "name": SHAPES.get(shape, "circle"),
            "color": _rgba(colour, 0.0 if is_ring else 1.0),
            "outline_color": _rgba(colour if is_ring or shape == "cross" else "#ffffff", 1.0),
            "outline_width": "0.5" if is_ring or shape == "cross" else "0.2",
            "outline_style": "solid",
            "size": f"{2 * style.radius_px * MM_PER_PX:.2f}",
            "size_unit": "MM",
        }
        return _with_layer(symbol, "SimpleMarker", facts)
    if kind == "line":
        facts = {"line_color": _rgba(colour, 1.0), "line_width": width_mm, "line_width_unit": "MM"}
        return _with_layer(symbol, "SimpleLine", facts | _dashes(style.dash))
    facts = {
        "color": _rgba(colour, style.fill_opacity),
        "style": "solid" if style.fill_opacity else "no",
        "outline_color": _rgba(colour, 1.0),
        "outline_width": width_mm,
        "outline_style": "dash" if style.dash else "solid",
    }
    return _with_layer(symbol, "SimpleFill", facts)


def _with_layer(symbol: ET.Element, name: str, facts: Mapping[str, str]) -> ET.Element:
    layer = ET.SubElement(symbol, "layer", {"class": name, "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in facts.items():
        ET.SubElement(options, "Option", name=key, value=value, type="QString")
    return symbol


def _dashes(dash: str) -> dict[str, str]:
    if not dash:
        return {"line_style": "solid"}
    lengths = ";".join(f"{float(part) * MM_PER_PX:.2f}" for part in dash.split())
    return {"line_style": "solid", "use_custom_dash": "1", "customdash": lengths, "customdash_unit": "MM"}


def _rgba(colour: str, opacity_share: float) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{round(255 * opacity_share)}"


def _labelling(frame: Frame, kind: str) -> ET.Element:
    """The name of each feature, in black with a white border; of crowded layers only from close by."""
    names = [one.name for one in frame.fields]
    wanted = frame.spec.style.label or "name"
    field = wanted if wanted in names else names[frame.id_index]
    labelling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labelling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=field,
        isExpression="0",
        fontFamily="Arial",
        fontSize="8",
        fontSizeUnit="Point",
        textColor="30,30,30,255",
        textOpacity="1",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
    )
    placement = {"point": "6", "line": "2", "polygon": "1"}[kind]
    ET.SubElement(settings, "placement", placement=placement, dist="1", distUnits="MM", priority="5")
    crowded = len(frame.source) > CROWDED_ROWS or kind == "line"
    ET.SubElement(
        settings,
        "rendering",
        drawLabels="1",
        obstacle="1",
        scaleVisibility="1" if crowded else "0",
        scaleMin=str(LABEL_SCALE),
        scaleMax="1",
    )
    return labelling


def _field_configuration(frame: Frame) -> ET.Element:
    """Words of the user's language for coded values."""
    configuration = ET.Element("fieldConfiguration")
    for field in frame.fields:
        words = words_used(field) if field.kind is Kind.TEXT else {}
        entry = ET.SubElement(configuration, "field", name=field.name, configurationFlags="None")
        widget = ET.SubElement(entry, "editWidget", type="ValueMap" if words else "TextEdit")
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        if not words:
            continue
        listed = ET.SubElement(options, "Option", name="map", type="List")
        for value, word in words.items():
            pair = ET.SubElement(listed, "Option", type="Map")
            ET.SubElement(pair, "Option", name=word, value=value, type="QString")
    return configuration


def _aliases(frame: Frame) -> ET.Element:
    aliases = ET.Element("aliases")
    for number, field in enumerate(frame.fields):
        # the first column of a GeoPackage is its row number
        ET.SubElement(aliases, "alias", field=field.name, name=field.heading, index=str(number + 1))
    return aliases


def _crs(epsg: int) -> ET.Element:
    system = CRS.from_epsg(epsg)
    found = ET.Element("spatialrefsys")
    facts = {
        "wkt": system.to_wkt(),
        "srid": str(epsg),
        "authid": f"EPSG:{epsg}",
        "description": system.name,
        "geographicflag": str(system.is_geographic).lower(),
    }
    for tag, text in facts.items():
        ET.SubElement(found, tag).text = text
    return found


def _properties() -> ET.Element:
    found = ET.Element("properties")
    paths = ET.SubElement(found, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    systems = ET.SubElement(found, "SpatialRefSys")
    ET.SubElement(systems, "ProjectionsEnabled", type="int").text = "1"
    return found


def _view(frames: Sequence[Frame]) -> ET.Element:
    canvas = ET.Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = (
        "degrees" if CRS.from_epsg(frames[0].epsg).is_geographic else "meters"
    )
    extent = ET.SubElement(canvas, "extent")
    shapes = np.concatenate([frame.placed for frame in frames])
    west, south, east, north = shapely.total_bounds(shapes) if len(shapes) else (math.nan,) * 4
    for tag, value in (("xmin", west), ("ymin", south), ("xmax", east), ("ymax", north)):
        ET.SubElement(extent, tag).text = f"{0.0 if math.isnan(value) else float(value):.9f}"
    ET.SubElement(canvas, "destinationsrs").append(_crs(frames[0].epsg))
    return canvas
