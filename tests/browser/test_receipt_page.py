"""The receipt as a page in a browser: accessible, quiet, and no wider than the phone it is read on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from onrecord import actions
from tests.browser.conftest import served
from tests.unit.factories import SETTINGS
from tests.unit.made_up_returns import as_files, sound_rows

pytestmark = pytest.mark.browser

OpenPage = Callable[[str, int], Page]
PAGES = ["sound.html", "broken.html"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where two receipts are served, in place of the public site."""
    folder = tmp_path_factory.mktemp("receipts")
    _write(folder / "sound.html", sound_rows(0), folder / "sound")
    rows = sound_rows()
    for row in rows["report"][1:35]:
        row["concern"] = "<b>" + "unbroken" * 30
    rows["event"][3]["report_id"] = "NOSUCH"
    _write(folder / "broken.html", rows, folder / "broken")
    with served(folder) as where:
        yield where


def _write(page: Path, rows: Any, folder: Path) -> None:
    actions.write_receipt(actions.check(as_files(folder, rows), settings=SETTINGS), page)


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("path", PAGES)
def test_a_receipt_is_accessible_narrow_and_quiet(
    page_at: OpenPage, axe: Callable[[Page], list[dict[str, Any]]], address: str, path: str, width: int
) -> None:
    page = page_at(path, width)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert [f"{item['id']}: {node['html'][:160]}" for item in axe(page) for node in item["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.said == []  # type: ignore[attr-defined]
    assert page.asked == [address + path]  # type: ignore[attr-defined]


def test_the_style_is_let_in(page_at: OpenPage) -> None:
    page = page_at("sound.html", 1280)
    assert page.evaluate("getComputedStyle(document.querySelector('.or-next')).borderLeftWidth") == "8px"
