"""Layers as a DXF drawing in metres: ASCII layer names, blocks with attributes, texts, the CRS noted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import ezdxf
import numpy as np
import shapely
from ezdxf import options as dxf_options
from ezdxf.document import Drawing
from ezdxf.entities import DXFEntity
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import readfile
from ezdxf.layouts import Modelspace

from geo.crs import WGS84, move
from layers.exchange.bundle import Notes
from layers.exchange.feature import TOLERANCE_M
from layers.exchange.frame import XML_FORBIDDEN, Frame, describe_crs, distance_m
from layers.exchange.staging import damaged
from layers.exchange.word import fold

APP = "HATANGSO"
STYLE = "VIETNAM"
FONT = "arial.ttf"
TEXT_M = 4.0
SYMBOL_M = 6.0
NOTE_M = 20.0
METRES = 6
"""Value of $INSUNITS."""
NAME_CHARS = 60
TEXT_CHARS = 100
"""Old programs hold 255 bytes in one text: so many letters of Vietnamese; longer ones are cut and counted."""
ASCII_GAP = re.compile(r"[^A-Z0-9]+")


def write_dxf(frames: Sequence[Frame], path: Path, notes: Notes, *, names: Mapping[str, str]) -> int:
    """
    Write all layers into one drawing, and read it back.

    Points are inserts of the layer's block with an attribute for each column; lines and rings are
    polylines which carry the columns as extended data.

    Parameters
    ----------
    frames
        The layers, placed in a projected system.
    path
        File to make.
    notes
        What the drawing says about itself.
    names
        Layer name to its name in the drawing; others get their title in capitals without diacritics.

    Returns
    -------
    n_cut
        Texts cut.

    Raises
    ------
    StoreError
        ``export_damaged``: rows or places do not read back.

    References
    ----------
    Autodesk DXF reference, AC1032; $INSUNITS 6 = metres.
    """
    document = _document(frames, notes)
    layers = _layer_names(frames, names)
    n_cut = sum(_draw(document, frame, layer) for frame, layer in zip(frames, layers, strict=True))
    _note(document.modelspace(), frames, notes)
    document.saveas(path)
    _check(frames, layers, path)
    return n_cut


def ascii_name(text: str) -> str:
    """
    Name that any drawing program takes.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    name
        Capitals, digits and hyphens, at most 60; empty where nothing is left.
    """
    return ASCII_GAP.sub("-", fold(text).upper()).strip("-")[:NAME_CHARS].strip("-")


def _document(frames: Sequence[Frame], notes: Notes) -> Drawing:
    dxf_options.write_fixed_meta_data_for_testing = True  # equal content, equal bytes
    document = ezdxf.new("R2018", setup=False)
    document.header["$INSUNITS"] = METRES
    document.header["$MEASUREMENT"] = 1
    document.header["$LUNITS"] = 2
    document.styles.new(STYLE, dxfattribs={"font": FONT})
    document.appids.new(APP)
    custom = document.header.custom_vars
    custom.append("CRS", describe_crs(frames[0].epsg))
    custom.append("EPSG", str(frames[0].epsg))
    custom.append("DATE", notes.now.date().isoformat())
    if notes.notice:
        custom.append("NOTICE", notes.notice)
    return document


def _layer_names(frames: Sequence[Frame], names: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    for frame in frames:
        name = ascii_name(names.get(frame.spec.name, frame.title)) or frame.spec.name.upper()
        found.append(name if name not in found else f"{name}-{frame.spec.name.upper()}")
    return found


def _draw(document: Drawing, frame: Frame, layer: str) -> int:
    red, green, blue = bytes.fromhex(frame.spec.style.colour.removeprefix("#"))
    document.layers.add(layer, true_color=ezdxf.colors.rgb2int((red, green, blue)))
    space = document.modelspace()
    tags = _tags(frame)
    block = _block(document, frame, f"KH-{layer}", tags)
    told = [field.told for field in frame.fields]
    names = next((field.values for field in frame.fields if field.name == "name"), frame.ids)
    n_cut = 0
    for row in np.flatnonzero(frame.has_shape):
        shape = frame.placed[row]
        texts = [_text(values[row]) for values in told]
        n_cut += sum(len(text) > TEXT_CHARS for text in texts)
        values = dict(zip(tags, (text[:TEXT_CHARS] for text in texts), strict=True))
        for part in _parts(shape):
            if part.geom_type == "Point":
                _add_symbol(space, part, block, layer, values)
            else:
                _add_lines(space, part, layer, values)
        if shape.geom_type != "Point" and names[row]:
            _add_label(space, shape, layer, _text(names[row])[:TEXT_CHARS])
    return n_cut


def _tags(frame: Frame) -> tuple[str, ...]:
    return tuple(ascii_name(field.name).replace("-", "_") for field in frame.fields)


def _block(document: Drawing, frame: Frame, name: str, tags: Sequence[str]) -> str:
    """A symbol with one attribute for each column; only the name is drawn."""
    block = document.blocks.new(name)
    half_m = SYMBOL_M / 2
    if frame.spec.name == "site":
        block.add_lwpolyline([(-half_m, -half_m), (half_m, -half_m), (0.0, SYMBOL_M)], close=True)
        block.add_line((0.0, SYMBOL_M), (0.0, SYMBOL_M + half_m))
    else:
        block.add_circle((0.0, 0.0), half_m)
    for place, (tag, field) in enumerate(zip(tags, frame.fields, strict=True)):
        # one under the other, so that they are legible where someone makes them visible
        at = (SYMBOL_M, -1.5 * TEXT_M * place)
        definition = block.add_attdef(tag, at, dxfattribs={"style": STYLE, "height": TEXT_M})
        definition.dxf.prompt = field.heading[:TEXT_CHARS]
        definition.is_invisible = field.name != "name"
    return name


def _parts(shape: shapely.Geometry) -> Iterator[shapely.Geometry]:
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _parts(part)
    else:
        yield shape


def _add_symbol(
    space: Modelspace, point: shapely.Geometry, block: str, layer: str, values: Mapping[str, str]
) -> None:
    reference = space.add_blockref(block, (point.x, point.y), dxfattribs={"layer": layer})
    for place, (tag, text) in enumerate(values.items()):
        if text:
            at = (point.x + SYMBOL_M, point.y - 1.5 * TEXT_M * place)
            look = {"layer": layer, "style": STYLE, "height": TEXT_M}
            reference.add_attrib(tag, text, at, dxfattribs=look).is_invisible = tag != "NAME"


def _add_lines(space: Modelspace, shape: shapely.Geometry, layer: str, values: Mapping[str, str]) -> None:
    is_area = shape.geom_type == "Polygon"
    rings = [shape.exterior, *shape.interiors] if is_area else [shape]
    facts = [(1000, f"{key}={text}") for key, text in values.items() if text]
    for number, ring in enumerate(rings):
        corners = shapely.get_coordinates(ring)[: -1 if is_area else None]
        line = space.add_lwpolyline(corners.tolist(), close=is_area, dxfattribs={"layer": layer})
        kind = "line" if not is_area else "outer" if number == 0 else "hole"
        line.set_xdata(APP, [(1000, f"RING={kind}"), *facts])


def _add_label(space: Modelspace, shape: shapely.Geometry, layer: str, text: str) -> None:
    point = shape.representative_point()
    label = space.add_text(text, height=TEXT_M, dxfattribs={"layer": layer, "style": STYLE})
    label.set_placement((point.x, point.y), align=TextEntityAlignment.MIDDLE_CENTER)


def _text(value: object) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text.translate(XML_FORBIDDEN).replace("\n", " ").replace("\r", " ").replace("^", "^ ")


def _note(space: Modelspace, frames: Sequence[Frame], notes: Notes) -> None:
    west_m, south_m, _, _ = shapely.total_bounds(np.concatenate([frame.placed for frame in frames]))
    lines = [f"{what}: {value}" for what, value in notes.about(crs=describe_crs(frames[0].epsg), counts={})]
    text = space.add_mtext("\\P".join(lines), dxfattribs={"style": STYLE, "char_height": NOTE_M})
    text.set_location((float(west_m), float(south_m) - 2 * NOTE_M))


def _check(frames: Sequence[Frame], layers: Sequence[str], path: Path) -> None:
    entities: dict[str, list[DXFEntity]] = {}
    for entity in readfile(path).modelspace():
        entities.setdefault(entity.dxf.layer, []).append(entity)
    for frame, layer in zip(frames, layers, strict=True):
        meant = [(row, part) for row in np.flatnonzero(frame.has_shape) for part in _parts(frame.placed[row])]
        meant.sort(key=lambda one: one[1].geom_type != "Point")  # symbols are read before lines
        found = list(_found(entities.get(layer, [])))
        key = _tags(frame)[frame.id_index]
        ids = [_text(frame.ids[row])[:TEXT_CHARS] for row, _ in meant]
        if [facts.get(key, "") for facts, _ in found] != ids:
            raise damaged("drawing rows differ")
        sides = [
            move(np.array([shape for _, shape in side], dtype=object), epsg_from=frame.epsg, epsg_to=WGS84)
            for side in (meant, found)
        ]
        if not (distance_m(*sides) <= TOLERANCE_M).all():
            raise damaged("drawing places differ")


def _found(entities: Sequence[DXFEntity]) -> Iterator[tuple[dict[str, str], shapely.Geometry]]:
    """Attributes and shape of each part of a layer: first its symbols, then its lines and areas."""
    rings: list[tuple[dict[str, str], list[list[tuple[float, float]]]]] = []
    for entity in entities:
        if entity.dxftype() == "INSERT":
            facts = {one.dxf.tag: one.dxf.text for one in entity.attribs}  # type: ignore[attr-defined]
            yield facts, shapely.Point(entity.dxf.insert.x, entity.dxf.insert.y)
        elif entity.dxftype() == "LWPOLYLINE":
            pairs = [str(tag.value).partition("=") for tag in entity.get_xdata(APP) if tag.code == 1000]
            facts = {name: text for name, _, text in pairs}
            corners = [(x, y) for x, y in entity.get_points("xy")]  # type: ignore[attr-defined]
            if facts["RING"] == "hole":
                rings[-1][1].append(corners)
            else:
                rings.append((facts, [corners]))
    for facts, (shell, *holes) in rings:
        yield facts, shapely.LineString(shell) if facts["RING"] == "line" else shapely.Polygon(shell, holes)
