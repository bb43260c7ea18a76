"""Layers as KML: name and attributes of each place, headings as their display names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import shapely

from layers.exchange.feature import DEGREE_DECIMALS, TOLERANCE_GEOGRAPHIC_TEXT_M, verify
from layers.exchange.frame import XML_FORBIDDEN, Field, Frame
from layers.exchange.staging import damaged

TAIL = "</Document></kml>\n"


def write_kml(frame: Frame, path: Path, *, description: str) -> None:
    """
    Write KML with name and attributes, and read it back.

    Parameters
    ----------
    frame
        The layer in EPSG:4326, every row with a shape.
    path
        File to make.
    description
        Text of the whole document: date, sample notice.

    Raises
    ------
    StoreError
        ``export_damaged``: the file does not read back.

    References
    ----------
    OGC KML 2.3 (12-007r2): Placemark, ExtendedData/Data with displayName.
    """
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<name>{_xml(frame.title)}</name><description>{_xml(description)}</description>\n"
    )
    names = {field.name: field.values for field in frame.fields}
    titles = names.get("name", frame.ids)
    told = [field.told for field in frame.fields]
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(head)
        for row, shape in enumerate(frame.placed):
            title = titles[row] if titles[row] is not None else frame.ids[row]
            data = "".join(
                _data(field, values[row])
                for field, values in zip(frame.fields, told, strict=True)
                if values[row] is not None
            )
            stream.write(f"<Placemark><name>{_xml(title)}</name>")
            stream.write(f"<ExtendedData>{data}</ExtendedData>{_kml_shape(shape)}</Placemark>\n")
        stream.write(TAIL)
    if not len(frame.placed):
        if not path.read_text(encoding="utf-8").endswith(TAIL):
            raise damaged("empty document differs")
        return
    verify(
        frame,
        path,
        layer=None,
        id_name=frame.fields[frame.id_index].name,
        tolerance_m=TOLERANCE_GEOGRAPHIC_TEXT_M,
    )


def _xml(value: object) -> str:
    return escape("" if value is None else str(value).translate(XML_FORBIDDEN))


def _data(field: Field, value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else value
    return (
        f"<Data name={quoteattr(field.name)}><displayName>{_xml(field.heading)}</displayName>"
        f"<value>{_xml(text)}</value></Data>"
    )


def _corners(shape: shapely.Geometry) -> str:
    pairs = shapely.get_coordinates(shape)
    text = " ".join(f"{x:.{DEGREE_DECIMALS}f},{y:.{DEGREE_DECIMALS}f}" for x, y in pairs)
    return f"<coordinates>{text}</coordinates>"


def _kml_ring(tag: str, ring: shapely.Geometry) -> str:
    return f"<{tag}><LinearRing>{_corners(ring)}</LinearRing></{tag}>"


def _kml_polygon(shape: shapely.Geometry) -> str:
    holes = "".join(_kml_ring("innerBoundaryIs", ring) for ring in shape.interiors)
    return f"<Polygon>{_kml_ring('outerBoundaryIs', shape.exterior)}{holes}</Polygon>"


_KML: Mapping[str, Callable[[shapely.Geometry], str]] = {
    "Point": lambda shape: f"<Point>{_corners(shape)}</Point>",
    "LineString": lambda shape: f"<LineString>{_corners(shape)}</LineString>",
    "Polygon": _kml_polygon,
}


def _kml_shape(shape: shapely.Geometry) -> str:
    single = _KML.get(shape.geom_type)
    if single is not None:
        return single(shape)
    return f"<MultiGeometry>{''.join(_kml_shape(part) for part in shape.geoms)}</MultiGeometry>"
