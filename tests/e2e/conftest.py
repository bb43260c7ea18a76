"""
A real server and a real Chromium.

``server`` starts the product on a free port with a sample workspace of its own and ends it by its own handle;
``page`` is a browser page whose test fails on any request to another machine and on any error in its console.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
INSIDE = frozenset({"data", "blob", "about", "chrome-error"})
START_LIMIT_S = 60.0
Judged = tuple[Page, list[str], list[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder carries the mark ``e2e``."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running application and the workspace it shows."""

    url: str
    workspace: Path
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(script: Path, folder: Path, workspace: Path) -> Iterator[Server]:
    """
    Serve a Streamlit entry until the block ends.

    Parameters
    ----------
    script
        Entry to serve; its folder is where the process runs and where its settings are read.
    folder
        Folder for the log.
    workspace
        Workspace to show.

    Yields
    ------
    server
        The running application.
    """
    port = free_port()
    log = folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", script.name, f"--server.port={port}"]
    environment = {**os.environ, "HATANGSO_WORKSPACE": str(workspace)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=script.parent, env=environment, stdout=out, stderr=out)
        try:
            wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield Server(url=f"http://127.0.0.1:{port}", workspace=workspace, log=log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end_s:
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def serve() -> Callable[[Path, Path, Path], contextlib.AbstractContextManager[Server]]:
    """The context manager :func:`running`, for tests that serve an entry of their own."""
    return running


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample commune, made once for all tests of this folder."""
    workspace = tmp_path_factory.mktemp("e2e") / "sample"
    command = [sys.executable, "-m", "planning", "sample", "--size", "commune", "--seed", "1"]
    subprocess.run([*command, "--workspace", str(workspace)], cwd=ROOT, check=True)
    return workspace


@pytest.fixture(scope="session")
def server(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product with the sample."""
    with running(ROOT / "app.py", tmp_path_factory.mktemp("server"), sample) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as installed by the system."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("Chromium is missing; `.ci/run` installs it (Debian, Ubuntu: apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def judged(browser: Browser) -> Iterator[Judged]:
    """A page with the addresses outside that it asked for, and the errors of its console."""
    outside: list[str] = []
    errors: list[str] = []
    context = browser.new_context(locale="vi-VN", viewport={"width": 1366, "height": 900})

    def judge(route: Route) -> None:
        address = route.request.url
        parts = urlsplit(address)
        if parts.scheme in INSIDE or parts.hostname in LOOPBACK:
            route.continue_()
        else:
            outside.append(address)
            route.abort()

    def listen(said: ConsoleMessage) -> None:
        if said.type == "error":
            errors.append(f"{said.text} ({said.location})")

    context.route("**/*", judge)
    context.on("console", listen)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened, outside, errors
    context.close()


@pytest.fixture
def page(judged: Judged) -> Iterator[Page]:
    """
    A page that asks this machine only and whose console stays free of errors.

    Requests elsewhere are stopped, so that nothing leaves even while a test is about to fail.
    """
    opened, outside, errors = judged
    yield opened
    assert not outside, f"requests left the machine: {outside}"
    assert not errors, f"errors in the console: {errors}"
