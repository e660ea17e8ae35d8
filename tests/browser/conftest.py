"""Chromium, axe, and a loopback server. Without Chromium these tests fail: they are never skipped."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.demonstration import Demonstration

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


@pytest.fixture(scope="session")
def site(demonstration: Demonstration) -> Path:
    """The folder of the site under test: the demonstration's own."""
    return demonstration.site


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Every page of the site, by its path from the root."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; the address of its root."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served: the policy's 'self' means nothing for files."""
    with served(site) as where:
        yield where


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A Chromium with a fresh profile."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not executable or not Path(executable).exists():
        pytest.fail("These tests need Chromium: apt-get install chromium, or name it in CHROMIUM.", pytrace=False)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"), executable_path=executable, args=FLAGS
        )
        yield context
        context.close()


@pytest.fixture
def page_at(chromium: BrowserContext, address: str) -> Iterator[Callable[[str, int], Page]]:
    """Open a page of the site at a width. What it said and asked for is in page.said and page.asked."""
    opened: list[Page] = []

    def open_page(path: str, width: int) -> Page:
        page = chromium.new_page()
        opened.append(page)
        page.said, page.asked = [], []  # type: ignore[attr-defined]
        page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
        page.on("request", lambda request: page.asked.append(request.url))  # type: ignore[attr-defined]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address + path, wait_until="load")
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture
def axe() -> Callable[[Page], list[dict[str, Any]]]:
    """Run axe-core on a page and return what it finds wrong."""

    def violations(page: Page) -> list[dict[str, Any]]:
        page.evaluate(AXE + ";0")  # not a script tag: the page's policy would stop it, as it should
        return page.evaluate("axe.run({resultTypes: ['violations']}).then(found => found.violations)")

    return violations
