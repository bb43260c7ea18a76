"""Every file of ../shared/bad-inputs ends as its manifest says, typed, soon, small, without a request."""

from __future__ import annotations

import csv
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from layers.issue import Outcome
from planning import data
from planning.intake import check_file

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "bad-inputs"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the bad inputs lie beside the checkout in ../shared"),
]
PORT = 18777
MAX_S = 10.0
MAX_KB = 1_000_000


def _cases() -> list[dict[str, str]]:
    if not FOLDER.is_dir():
        return []
    with (FOLDER / "manifest-dev.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _allowed(expected: str) -> set[Outcome]:
    """Outcome classes that a sentence of the manifest allows."""
    words = expected.replace(",", " ").replace(";", " ").split()
    found = {
        "reject": {Outcome.REJECT},
        "accept": {Outcome.ACCEPT},
        "accept-with-warning": {Outcome.WARN},
        "ask": {Outcome.ASK},
    }[words[0]]
    if " or " in f" {expected} ":
        found |= {Outcome.REJECT} if "reject" in words else set()
        found |= {Outcome.WARN} if "warn" in expected else set()
        found |= {Outcome.ASK} if "ask" in expected else set()
    if words[0] == "accept" and ("message" in expected or "flagged" in expected):
        found |= {Outcome.WARN}
    return found


@pytest.fixture(scope="module")
def requests() -> Iterator[list[str]]:
    """Requests that reach the port which the live files try to call."""
    seen: list[str] = []
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", PORT))
    server.listen()

    def listen() -> None:
        while True:
            try:
                connection, address = server.accept()
            except OSError:
                return
            seen.append(str(address))
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield seen
    server.close()


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["file"])
def test_each_bad_input_ends_as_its_manifest_says(
    case: dict[str, str], requests: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    operators = {one.id: one.aliases for one in data.operators()}
    started = time.monotonic()
    report = check_file(
        FOLDER / case["file"], aliases=data.aliases(), operators=operators, limits=data.limits()
    )
    assert time.monotonic() - started < MAX_S
    assert report.outcome in _allowed(case["expected_outcome"]), [one.code for one in report.issues]
    assert list(tmp_path.iterdir()) == []
    assert requests == []
    if report.outcome is not Outcome.ACCEPT:
        assert report.issues
    for one in report.issues:
        for language in ("vi", "en"):
            text = _texts(language)[f"issue.{one.code}.message"].format(**one.facts)
            assert str(tmp_path) not in text
            assert _texts(language)[f"issue.{one.code}.remedy"].format(**one.facts)


READ_ALL = """
import resource, sys
from pathlib import Path
from planning import data
from planning.intake import check_file
for path in sorted(Path(sys.argv[1]).iterdir()):
    check_file(path, aliases=data.aliases(), limits=data.limits())
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_reading_any_of_them_takes_less_than_a_gigabyte() -> None:
    # In a process of its own: a child's peak counts the size of the process that it was forked from.
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(FOLDER)], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < MAX_KB


def test_the_suggested_codes_are_used_where_the_file_has_one_fault() -> None:
    by_file = {case["file"]: case["error_code"].lower() for case in _cases()}
    others = {  # a nearer code than the suggested one
        "geojsonhi__bad-duplicate-properties.geojson",
        "jsontests__n_number_infinity.json",
        "nfd_unicode.csv",
        "node-gdal__unsupported-srs.tif",
        "test-data__point-invalid.json",
    }
    for name in sorted(set(by_file) - others):
        if by_file[name] != "-":
            codes = {one.code for one in check_file(FOLDER / name, aliases=data.aliases()).issues}
            assert by_file[name] in codes, name


def _texts(language: str) -> dict[str, str]:
    folder = Path(__file__).resolve().parents[2] / "data" / "i18n"
    paths = [folder / f"{language}.json", *sorted(folder.glob(f"parts/*.{language}.json"))]
    return {key: text for path in paths for key, text in json.loads(path.read_text("utf-8")).items()}
