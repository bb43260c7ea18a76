"""What each map shows: a theme is a list of parts, drawn one over the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from layers.exchange.plate.view import View
from planning.plate import dress
from planning.plate.dress import Dress
from planning.plate.stock import LAYERS, Stock
from planning.runs import ANY
from planning.text import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    What a map is about.

    Parameters
    ----------
    operator
        Operator id, ``any`` or ``two_or_more``.
    chosen
        Id of a gap area that is drawn bold; "" for none.
    """

    operator: str = ANY
    chosen: str = ""


Draw = Callable[[Stock, View, Subject], Dress]


def _coverage(stock: Stock, view: View, subject: Subject) -> Dress:
    return (
        dress.coverage(stock, view, operator=subject.operator)
        + dress.ground(stock, view)
        + dress.layer(stock, "site", view)
        + dress.hamlet_names(stock)
    )


def _gap(stock: Stock, view: View, subject: Subject) -> Dress:
    return (
        dress.coverage(stock, view, operator=subject.operator)
        + dress.ground(stock, view)
        + dress.layer(stock, "site", view)
        + dress.gaps(stock, operator=subject.operator, chosen=subject.chosen)
        + dress.hamlet_names(stock)
    )


def _served(stock: Stock, view: View, subject: Subject) -> Dress:
    return (
        dress.served(stock, operator=subject.operator) + dress.ground(stock, view) + dress.hamlet_names(stock)
    )


def _fibre(stock: Stock, view: View, subject: Subject) -> Dress:
    del subject
    parts = [dress.layer(stock, name, view) for name in ("fiber_span", "fiber_node")]
    return sum(parts, dress.ground(stock, view)) + dress.hamlet_names(stock)


def _wifi(stock: Stock, view: View, subject: Subject) -> Dress:
    del subject
    found = dress.ground(stock, view) + dress.layer(stock, "wifi", view)
    if stock.result is not None:
        states = {one.id: one.state for one in stock.result.wifi.items}
        found += dress.met(stock, states, title_key="plate.theme.wifi.place")
    return found + dress.hamlet_names(stock)


def _sharing(stock: Stock, view: View, subject: Subject) -> Dress:
    del subject
    parts = [dress.layer(stock, name, view) for name in ("passive", "site", "proposal", "operator_plan")]
    return sum(parts, dress.ground(stock, view)) + dress.hamlet_names(stock)


def _overview(stock: Stock, view: View, subject: Subject) -> Dress:
    found = dress.coverage(stock, view, operator=subject.operator) + dress.ground(stock, view)
    shown = [name for name in (*LAYERS, "site") if name not in ("boundary", "hamlet", "road")]
    return sum([dress.layer(stock, name, view) for name in shown], found) + dress.hamlet_names(stock)


THEMES: Mapping[str, Draw] = MappingProxyType(
    {
        "coverage": _coverage,
        "gap": _gap,
        "served": _served,
        "fibre": _fibre,
        "wifi": _wifi,
        "sharing": _sharing,
        "overview": _overview,
    }
)
"""Name to what it draws; its title is ``plate.theme.<name>``."""
REPORTED = ("coverage", "gap", "served", "fibre", "wifi", "sharing")
"""The six maps of the periodic report."""


def title(name: str, stock: Stock, operator: str) -> str:
    """
    Title of a map.

    Parameters
    ----------
    name
        Key of ``THEMES``.
    stock
        What maps are drawn from.
    operator
        Operator id, ``any`` or ``two_or_more``.

    Returns
    -------
    title
        With the name of the area, and the operator's where it is about one.
    """
    said = tr(f"plate.theme.{name}", stock.language, name=stock.name)
    if operator == ANY or name not in ("coverage", "gap", "served"):
        return said
    return tr("plate.theme.of", stock.language, title=said, operator=operator)
