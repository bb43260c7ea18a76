"""Which heading means which column: guessed from Vietnamese and English spellings, shown, correctable."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from layers.exchange.word import fold, holds, spoken
from layers.issue import Severity
from layers.spec import LayerSpec

POSITION = ("_lat", "_lon", "_n", "_e", "_x", "_y", "_latlon", "_wkt")
"""Fields that make a shape: degrees, metres with the axis named, bare X and Y, both in one cell, WKT."""
COMPOUND = ("_tilt", "_stretch", "_cable", "_month")
"""Fields of cells taken apart layer by layer: both tilts, two poles of a line, a cable in words, a month."""
SEVERAL = ("note",)
"""Columns that several headings may mean: their texts are joined."""
ORDER = "_order"
"""Field of running numbers; they serve as ids of ``NUMBERED`` layers where nothing better is there."""
NUMBERED = ("hamlet", "place")
"""Layers that come in one list, whose running numbers people know them by."""
ANY_LAYER = "*"

_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_EXACT, _BARE, _PART = 3, 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnAlias:
    """
    One spelling of a heading.

    Parameters
    ----------
    layer
        Layer for which it holds, ``*`` for all.
    field
        Column of the layer, or a position field.
    alias
        Folded spelling.
    implies
        Values that the heading settles for other columns.
    """

    layer: str
    field: str
    alias: str
    implies: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAlias:
    """
    One spelling of a value of a vocabulary.

    Parameters
    ----------
    layer, field
        Where it holds; ``*`` for all layers.
    alias
        Folded spelling; empty for an empty cell.
    value
        Value of the vocabulary; empty where the spelling means that nothing is known.
    severity
        Fault that goes with it, or None.
    written
        The spelling with its diacritics; empty for the labels that exports carry, which mean something as a
        whole cell only and not within a longer text.
    """

    layer: str
    field: str
    alias: str
    value: str
    severity: Severity | None = None
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aliases:
    """
    Spellings met in office files.

    Parameters
    ----------
    columns, values
        Spellings of headings and of values.
    """

    columns: tuple[ColumnAlias, ...]
    values: tuple[ValueAlias, ...]

    def of(self, layer: str, field: str) -> Aliases:
        """
        Spellings of the values of one column.

        Parameters
        ----------
        layer, field
            Layer and its column.

        Returns
        -------
        aliases
            The same headings, and only the values that may stand in that column, in the same order.
        """
        values = tuple(
            one for one in self.values if one.layer in (layer, ANY_LAYER) and one.field in (field, ANY_LAYER)
        )
        return Aliases(columns=self.columns, values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """
    What the headings of a table mean.

    Parameters
    ----------
    fields
        Heading to column of the layer, position field, or None where it is left out.
    implied
        Column to value settled by headings.
    """

    fields: Mapping[str, str | None]
    implied: Mapping[str, str]

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Headings that are left out."""
        return tuple(heading for heading, field in self.fields.items() if field is None)

    def heading_of(self, field: str) -> str | None:
        """
        Heading that means a field.

        Parameters
        ----------
        field
            Column of the layer or position field.

        Returns
        -------
        heading
            Heading, or None.
        """
        return next((heading for heading, one in self.fields.items() if one == field), None)


def parse_aliases(columns_csv: str, values_csv: str) -> Aliases:
    """
    Spellings from their two tables.

    Parameters
    ----------
    columns_csv
        Columns ``layer,field,alias,implies``; several aliases joined by ";", ``implies`` as ``column=value``.
    values_csv
        Columns ``layer,field,alias,value,severity``.

    Returns
    -------
    aliases
        Frozen tables with folded spellings.
    """
    columns = [
        ColumnAlias(
            layer=row["layer"], field=row["field"], alias=fold(alias), implies=_implied(row["implies"])
        )
        for row in csv.DictReader(io.StringIO(columns_csv))
        for alias in row["alias"].split(";")
    ]
    values = [
        ValueAlias(
            layer=row["layer"],
            field=row["field"],
            alias=fold(alias),
            value=row["value"],
            severity=Severity(row["severity"]) if row["severity"] else None,
            written=spoken(alias),
        )
        for row in csv.DictReader(io.StringIO(values_csv))
        for alias in row["alias"].split(";")
    ]
    return Aliases(columns=tuple(columns), values=tuple(values))


def guess(
    headings: tuple[str, ...],
    spec: LayerSpec,
    aliases: Aliases,
    *,
    overrides: Mapping[str, str | None] = MappingProxyType({}),
) -> ColumnMap:
    """
    Guess what headings mean.

    Parameters
    ----------
    headings
        Headings of a table.
    spec
        Layer that the table is to become.
    aliases
        Spellings known.
    overrides
        Heading to field as the user corrected it; None leaves the heading out.

    Returns
    -------
    columns
        Each field once: the better match wins, then the earlier heading.
    """
    offers: list[tuple[int, int, str, ColumnAlias]] = []
    for place, heading in enumerate(headings):
        if heading not in overrides:
            offers += [(-score, place, heading, alias) for score, alias in _matches(heading, spec, aliases)]
    fields: dict[str, str | None] = dict.fromkeys(headings)
    fields.update({heading: field for heading, field in overrides.items() if heading in fields})
    implied: dict[str, str] = {}
    taken = {field for field in fields.values() if field}
    for _, _, heading, alias in sorted(offers, key=lambda offer: offer[:2]):
        if fields[heading] is None and (alias.field not in taken or alias.field in SEVERAL):
            fields[heading] = alias.field
            implied.update(alias.implies)
            taken.add(alias.field)
    order = next((heading for heading, field in fields.items() if field == ORDER), None)
    if order is not None:
        fields[order] = "id" if "id" not in taken and spec.name in NUMBERED else None
    return ColumnMap(fields=MappingProxyType(fields), implied=MappingProxyType(implied))


def _implied(text: str) -> Mapping[str, str]:
    return MappingProxyType(dict(part.split("=", 1) for part in text.split(";") if "=" in part))


def _matches(heading: str, spec: LayerSpec, aliases: Aliases) -> list[tuple[int, ColumnAlias]]:
    whole, bare = fold(heading), fold(_BRACKETS.sub(" ", heading))
    names = {column.name for column in spec.columns}
    found = [
        (10 * _EXACT + 2, ColumnAlias(layer=spec.name, field=name, alias=whole, implies={}))
        for name in names
        if whole == fold(name)
    ]
    for alias in aliases.columns:
        if alias.layer not in (ANY_LAYER, spec.name) or not (
            alias.field in names or alias.field.startswith("_")
        ):
            continue
        score = _EXACT if alias.alias == whole else _BARE if alias.alias == bare else 0
        if not score and len(alias.alias) > 4 and holds(bare, alias.alias):
            score = _PART
        if score:
            found.append((10 * score + (alias.layer == spec.name), alias))
    return found
