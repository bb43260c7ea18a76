"""
Maps without the internet.

Folium and streamlit-folium ask content networks for Leaflet and a dozen other files. Here every such link is
replaced by one to ``/vendor``, which this process serves itself; links that no map of ours needs are dropped;
anything else that points outside is refused before it reaches the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import folium.plugins  # noqa: F401 - so that the plugins' classes exist when they are patched
import streamlit_folium
from folium.elements import JSCSSMixin

from geo.errors import FileError
from screens.assets import ASSETS, ROOT

# What folium.Map asks for besides Leaflet: icon fonts, Bootstrap and jQuery, used by no map of ours.
UNUSED = frozenset(
    {
        "jquery",
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)

# Leaflet's own signs: the images of its marker come from here, its attribution prefix is left out.
PREAMBLE = (
    f"L.Icon.Default.imagePath = '{ROOT}vendor/leaflet/images/';\n"
    "L.Control.Attribution.prototype.options.prefix = false;\n"
)

_OUTSIDE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_SOURCE = re.compile(
    r"""(?:\bsrc|\bhref)\s*=\s*["']([^"']*)["']|@import\s+(?:url\()?["']?([^"')\s]+)""", re.IGNORECASE
)
_LAYER = re.compile(
    r"""(?:\bL\.(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay)\s*\(|"url":)\s*["'`]([^"'`]*)["'`]"""
)


def patch() -> None:
    """Make every map of this process local; done once, harmless when called again."""
    for kind in _family(JSCSSMixin):
        for attribute in ("default_js", "default_css"):
            if attribute in vars(kind):
                setattr(kind, attribute, local_links(vars(kind)[attribute]))
    component = streamlit_folium._component_func  # noqa: SLF001 - the one place all maps pass through
    if not isinstance(component, _LocalComponent):
        streamlit_folium._component_func = _LocalComponent(component)  # noqa: SLF001


def local_links(links: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """
    Links of a Folium element, turned to this machine.

    Parameters
    ----------
    links
        Pairs of Folium's name and address.

    Returns
    -------
    links
        The same without what is not used; unknown ones stay as they are, and are refused when drawn.
    """
    return [
        (name, f"{ROOT}vendor/{ASSETS[name]}" if name in ASSETS else address)
        for name, address in links
        if name not in UNUSED
    ]


def require_local(addresses: Iterable[str]) -> None:
    """
    Refuse addresses on another machine.

    Parameters
    ----------
    addresses
        Addresses that the browser would ask.

    Raises
    ------
    FileError
        One of them names a host.
    """
    for address in addresses:
        if _OUTSIDE.match(address):
            raise FileError("asset_not_local", link=address)


class _LocalComponent:
    """The component of streamlit-folium behind a check: nothing passes that would ask another machine."""

    def __init__(self, component: Callable[..., object]) -> None:
        self.component = component

    def __call__(self, **arguments: object) -> object:
        """Check and hand on what the map's frame will run."""
        texts = [str(arguments.get(name) or "") for name in ("header", "html", "script", "feature_group")]
        require_local(
            str(link) for name in ("js_links", "css_links") for link in _listed(arguments.get(name))
        )
        for text in texts[:2]:
            require_local(first or second for first, second in _SOURCE.findall(text))
        for text in texts[2:]:
            require_local(_LAYER.findall(text))
        return self.component(**{**arguments, "script": PREAMBLE + texts[2]})


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _family(kind: type) -> set[type]:
    children: list[type] = kind.__subclasses__()
    return {kind}.union(*(_family(child) for child in children))
