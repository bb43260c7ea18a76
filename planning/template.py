"""Forms for each layer: what a column means, lists of words, an example row; the import reads them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import shapely

from geo.errors import InputError
from layers.catalogue import CATALOGUE, spec_of
from layers.exchange.headings import guess
from layers.exchange.template import CellValue, Form, FormColumn, plain_words, write_form
from layers.rule.record import EXAMPLE_ID
from layers.spec import Column, Geometry, Kind, LayerSpec
from planning import data, rulebook
from planning.quality import MADE
from planning.text import number, tr
from planning.workspace import Workspace

SOMEWHERE = (106.47, 20.83)
"""Longitude and latitude of the example where no workspace says otherwise [°]."""
LINE_DEG, AREA_DEG = 0.01, 0.01
"""Length of the example line and width of the example area [°], about one kilometre."""
PLACE = ("lon", "lat")
SHAPE = "wkt"
HIDDEN = ("sharing", "source")


def layers() -> tuple[str, ...]:
    """
    Layers for which there is a form.

    Returns
    -------
    layers
        All but those that only the program fills.
    """
    return tuple(spec.name for spec in CATALOGUE if spec.name not in MADE)


def write(
    layer: str, path: Path, *, language: str, now: dt.datetime, workspace: Workspace | None = None
) -> str:
    """
    Write the form of a layer with an example row.

    Parameters
    ----------
    layer
        Layer name.
    path
        Where the workbook shall appear.
    language
        ``vi`` or ``en``.
    now
        Moment of writing.
    workspace
        Where given, the example lies in its area and names its operators.

    Returns
    -------
    sha256
        Digest of the file, hexadecimal.

    Raises
    ------
    NotFoundError
        There is no such layer.
    InputError
        ``layer_not_importable``: only the program fills it.
    """
    spec = spec_of(layer)
    if layer in MADE:
        raise InputError("layer_not_importable", layer=layer, known=", ".join(layers()))
    form = Form(
        title=tr(f"layer.{layer}", language),
        columns=form_columns(spec, columns(spec), language),
        rows=(example(spec, language, workspace=workspace, today=now.date()),),
        now=now,
        messages=(tr("template.wrong.title", language), tr("template.wrong", language)),
    )
    return write_form(form, path)


def columns(spec: LayerSpec) -> tuple[Column, ...]:
    """
    Columns of a layer that people fill in.

    Parameters
    ----------
    spec
        The layer.

    Returns
    -------
    columns
        In display order, without those that the program keeps for itself.
    """
    return tuple(column for column in spec.columns if not column.technical and column.name not in HIDDEN)


def form_columns(spec: LayerSpec, wanted: Sequence[Column], language: str) -> tuple[FormColumn, ...]:
    """
    Columns of a form, those of the place last; the import understands every heading.

    Parameters
    ----------
    spec
        The layer.
    wanted
        Its columns that the form shall have.
    language
        ``vi`` or ``en``.

    Returns
    -------
    columns
        Headings with the unit, comments, lists of words.
    """
    place = _place(spec, language)
    headings = [_heading(column, language) for column in wanted]
    while True:
        meant = guess((*headings, *(one.heading for one in place)), spec, data.aliases()).fields
        lost = [n for n, column in enumerate(wanted)
                if meant[headings[n]] != column.name and headings[n] != column.name]  # fmt: skip
        if not lost:
            break
        headings[lost[0]] = wanted[lost[0]].name
    own = [_form_column(column, heading, language) for column, heading in zip(wanted, headings, strict=True)]
    return (*own, *place)


def _heading(column: Column, language: str) -> str:
    # A bracket is where the import looks for a unit.
    key = "template.heading.operators" if column.name == "operators" else f"column.{column.name}"
    title = tr(key, language).replace(" (", ", ").replace(")", "")
    return f"{title} ({column.unit})" if column.unit else title


def _form_column(column: Column, heading: str, language: str) -> FormColumn:
    words = plain_words(_words(column, language))
    return FormColumn(
        heading=heading,
        comment=_comment(column, words, language),
        kind=column.kind,
        low=column.low,
        high=column.high,
        words=words,
        is_needed=column.required or column.name == "id",
    )


def _words(column: Column, language: str) -> tuple[str, ...]:
    if column.kind is Kind.BOOLEAN:
        return tr("common.yes", language), tr("common.no", language)
    return tuple(tr(f"value.{column.name}.{value}", language) for value in column.vocabulary)


def _comment(column: Column, words: tuple[str, ...], language: str) -> str:
    parts = [tr("template.needed" if column.required else "template.optional", language)]
    parts.append(tr(f"template.kind.{column.kind}", language))
    if column.low is not None and column.high is not None:
        low, high = (number(one, language, digits=0 if one == int(one) else 1)
                     for one in (float(column.low), float(column.high)))  # fmt: skip
        parts.append(tr("template.range", language, low=low, high=high, unit=column.unit or ""))
    if words:
        parts.append(tr("template.words", language, words="; ".join(words)))
    return "\n".join(part.strip() for part in parts)


def _place(spec: LayerSpec, language: str) -> tuple[FormColumn, ...]:
    if spec.geometry is Geometry.NONE:
        return ()
    if _is_drawn(spec):
        comment = tr("template.wkt", language)
        return (FormColumn(heading=tr("export.column.wkt", language), comment=comment, is_needed=True),)
    comment = tr("template.degrees", language)
    return tuple(
        FormColumn(
            heading=tr(f"export.column.{name}", language),
            comment=comment,
            kind=Kind.REAL,
            is_needed=spec.geometry_required,
        )
        for name in PLACE
    )


def _is_drawn(spec: LayerSpec) -> bool:
    return spec.geometry in (Geometry.LINE, Geometry.POLYGON) or spec.name == "zone"


def example(
    spec: LayerSpec, language: str, *, workspace: Workspace | None, today: dt.date
) -> tuple[CellValue, ...]:
    """
    The example row of a form, in the words of its reader.

    Parameters
    ----------
    spec
        The layer.
    language
        ``vi`` or ``en``.
    workspace
        Where given, the example lies in its area and names its operators.
    today
        Present day.

    Returns
    -------
    row
        One value for each column of the form; its id begins with ``EXAMPLE_ID``.
    """
    is_sample = workspace is not None and workspace.is_sample
    known = rulebook.examples(spec.name)
    operator = next(row for row in data.operators() if row.is_sample == is_sample)
    cells = [
        _example(spec, column, known, language, operator=operator.names[language], today=today)
        for column in columns(spec)
    ]
    return (*cells, *_example_place(spec, workspace))


def _example(
    spec: LayerSpec,
    column: Column,
    known: Mapping[str, str],
    language: str,
    *,
    operator: str,
    today: dt.date,
) -> CellValue:
    if column.name == "id":
        return f"{EXAMPLE_ID}-{spec.name}"
    if column.name in ("operators", "operator", "owner"):
        return operator
    if column.name in ("start_node", "end_node", "place_id", "hamlet_id", "hamlet", "antenna", "shared_with"):
        return None
    if column.kind is Kind.DATE:
        return today
    text = known.get(column.name, "")
    if column.kind in (Kind.REAL, Kind.INTEGER):
        return _example_number(column, text)
    if column.kind is Kind.BOOLEAN:
        return tr("common.yes", language)
    if column.vocabulary:
        values = text.split(";") if text else [column.vocabulary[0]]
        return "; ".join(plain_words([tr(f"value.{column.name}.{value}", language) for value in values]))
    is_due = column.required or column.name == "name"
    return text or (tr("template.example", language) if is_due else None)


def _example_number(column: Column, text: str) -> int | float:
    value = float(text or min(max(10.0, column.low or 0.0), column.high or 10.0))
    if column.name == "accuracy_m":
        value = 5.0
    return int(value) if value.is_integer() else value


def _example_place(spec: LayerSpec, workspace: Workspace | None) -> tuple[CellValue, ...]:
    if spec.geometry is Geometry.NONE:
        return ()
    lon, lat = SOMEWHERE
    if workspace is not None and workspace.store.count("boundary"):
        centre = shapely.point_on_surface(workspace.store.read("boundary").union_all())
        lon, lat = round(centre.x, 6), round(centre.y, 6)
    if not _is_drawn(spec):
        return place_cells(shapely.Point(lon, lat), spec)
    if spec.geometry is Geometry.LINE:
        return place_cells(shapely.LineString([(lon, lat), (lon + LINE_DEG, lat)]), spec)
    return place_cells(shapely.box(lon, lat, lon + AREA_DEG, lat + AREA_DEG), spec)


def place_cells(shape: object, spec: LayerSpec) -> tuple[CellValue, ...]:
    """
    A shape as the columns of a form write it.

    Parameters
    ----------
    shape
        In longitude and latitude, or None.
    spec
        The layer.

    Returns
    -------
    cells
        Longitude and latitude [°] of points, WKT of lines and areas; none for a layer without shapes.
    """
    if spec.geometry is Geometry.NONE:
        return ()
    if _is_drawn(spec):
        return (None if shape is None else str(shapely.to_wkt(shape, rounding_precision=7)),)
    if shape is None:
        return None, None
    point = shapely.point_on_surface(shape)
    return round(float(point.x), 7), round(float(point.y), 7)
