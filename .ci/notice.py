"""
Write NOTICE from the pins: every package used, its version and its licence as its own metadata state it.

``python .ci/notice.py`` writes the file, ``--check`` only compares. It stands here and not on a floor of the
product, because it serves the build and nothing at run time.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
hatangso
Licensed under the Apache License, Version 2.0; see LICENSE.

This file is written by `make notice` from requirements.txt and web/package-lock.json. The packages below are
installed beside the product from their own distributions and stay under their own licences.
"""

# Packages whose metadata name no licence, with what their repository states.
STATED_ELSEWHERE = {"libcove2": "AGPL-3.0-or-later", "streamlit-folium": "MIT"}


def main() -> int:
    """
    Write or compare.

    Returns
    -------
    status
        0 where the file is written or up to date, else 1.
    """
    parser = argparse.ArgumentParser(description="Write NOTICE from the pins.")
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--file", type=Path, default=ROOT / "NOTICE")
    asked = parser.parse_args()
    text = notice()
    if not asked.check:
        asked.file.write_text(text, encoding="utf-8")
        return 0
    if asked.file.is_file() and asked.file.read_text(encoding="utf-8") == text:
        return 0
    print("NOTICE does not match the pins; run `make notice`.", file=sys.stderr)
    return 1


def notice() -> str:
    """
    Text of NOTICE.

    Returns
    -------
    text
        The heading, the Python packages, the web assets.
    """
    python = [line for line in _lines(ROOT / "requirements.txt") if "==" in line]
    web = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    served = {
        name.rpartition("node_modules/")[2]: entry
        for name, entry in web.items()
        if name and not entry.get("dev", False)
    }
    parts = [HEAD, "Python packages\n---------------"]
    parts += [_python_entry(*line.split("==")) for line in sorted(python, key=str.lower)]
    parts += ["\nWeb assets\n----------"]
    parts += [f"{name} {entry['version']} - {entry['license']}" for name, entry in sorted(served.items())]
    return "\n".join(parts) + "\n"


def _lines(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _python_entry(name: str, version: str) -> str:
    about = importlib.metadata.metadata(name)
    kinds = [
        kind.rpartition(" :: ")[2]
        for kind in about.get_all("Classifier") or []
        if kind.startswith("License :: ") and kind != "License :: OSI Approved"
    ]
    stated = (about.get("License") or "").strip().splitlines()
    short = stated[0] if stated and len(stated[0]) <= 60 else ""
    licence = about.get("License-Expression") or ", ".join(kinds) or short or STATED_ELSEWHERE[name]
    return f"{name} {version} - {licence}"


if __name__ == "__main__":
    sys.exit(main())
