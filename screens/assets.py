"""
Map assets that this process serves.

Apart from :mod:`screens.offline`, because the routes need these values while the process starts, and
streamlit-folium may be imported only while a script runs: else its component stays unregistered, 404.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).resolve().parent.parent / "web" / "vendor"

# From the map's frame, /component/streamlit_folium.st_folium/index.html, up to the root of the application.
ROOT = "../../"

# Folium's name of an asset -> file under web/vendor.
ASSETS = MappingProxyType(
    {
        "leaflet": "leaflet/leaflet.js",
        "leaflet_css": "leaflet/leaflet.css",
    }
)


def missing(folder: Path = FOLDER) -> tuple[str, ...]:
    """
    Map assets that are not installed.

    Parameters
    ----------
    folder
        Folder of the assets.

    Returns
    -------
    names
        Paths under the folder; empty where all are there. ``make setup`` installs them.
    """
    return tuple(name for name in ASSETS.values() if not (folder / name).is_file())
