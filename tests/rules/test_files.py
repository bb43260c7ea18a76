"""What is committed: exact pins, no address of one machine, a NOTICE that matches the pins."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+]+$")
# Folders of one machine, and the hosts that packages come from: settings of a machine, never of the product.
PLACES = re.compile(rb"(?<![\w.$}\-:/<])/(?:work|tmp|root|home|opt|Users|mnt)/(?!to/)[\w.-]+")
HOSTS = re.compile(
    rb"https?://[^\s\"'<>]*(?:pypi|pythonhosted|npmjs|npmmirror|registry|artifactory|nexus|simple/)",
    re.IGNORECASE,
)


def pins(path):
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_version_is_exact_and_named_once(root, name):
    lines = pins(root / name)
    assert [line for line in lines if not PIN.match(line)] == []
    names = [canonicalize_name(line.partition("==")[0]) for line in lines]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_pins_hold_everything_that_the_pinned_packages_need(root, name):
    """Nothing is left to the day of the installation."""
    lines = pins(root / "requirements.txt")
    if name != "requirements.txt":
        lines += pins(root / name)
    versions = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines}
    wrong = []
    for package, version in versions.items():
        assert importlib.metadata.version(package) == version, f"{package}: run `make setup-dev`"
        for text in importlib.metadata.requires(package) or []:
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                pinned = versions.get(canonicalize_name(need.name))
                if pinned is None or not need.specifier.contains(pinned, prereleases=True):
                    wrong.append(f"{package} needs {text}, pinned is {pinned}")
    assert not wrong, "\n".join(wrong)


def test_no_file_names_a_folder_or_a_registry_of_one_machine(files, root):
    wrong = []
    for path in files:
        content = path.read_bytes()
        if b"\0" in content[:1000] or path.parent == root / "tests" / "rules" or path.name == "LICENSE":
            continue
        for kind in (PLACES, HOSTS):
            wrong += [f"{path.relative_to(root)}: {found.decode()}" for found in kind.findall(content)]
    assert not wrong, "\n".join(wrong)


def test_the_web_assets_are_pinned_by_their_hash_and_hold_no_address(root):
    wanted = json.loads((root / "web" / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((root / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for name, entry in locked.items():
        assert name == "" or entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name


def test_the_notice_matches_the_pins(root):
    command = [sys.executable, str(root / ".ci" / "notice.py"), "--check"]
    answer = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


def test_the_notice_check_notices(root, tmp_path):
    spoilt = tmp_path / "NOTICE"
    spoilt.write_text(
        (root / "NOTICE").read_text(encoding="utf-8").replace("folium", "folum"), encoding="utf-8"
    )
    command = [sys.executable, str(root / ".ci" / "notice.py"), "--check", "--file", str(spoilt)]
    assert subprocess.run(command, cwd=root, check=False, capture_output=True).returncode == 1


def test_the_application_asks_nobody_outside_and_shows_no_traceback(root):
    settings = tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["allowedHosts"] == ["127.0.0.1", "localhost", "::1"]
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["client"]["showErrorDetails"] == "none"
