"""Every page of the site: accessible, quiet, self-contained, and no wider than the phone it is read on."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WIDTHS = [1280, 320]
OpenPage = Callable[[str, int], Page]
Axe = Callable[[Page], list[dict[str, Any]]]


class Reader(HTMLParser):
    """Collects what the tests ask about a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.attributes |= values.keys()
        self.links += [values[name] or "" for name in ("href", "src") if name in values]
        self.ids += [values["id"] or ""] if "id" in values else []


def read(site: Path, path: str) -> tuple[str, Reader]:
    text = (site / path).read_text(encoding="utf-8")
    return text, Reader(text)


def wrong(found: list[dict[str, Any]]) -> list[str]:
    return [f"{item['id']}: {node['html'][:160]}" for item in found for node in item["nodes"]]


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_wrong(pages: list[str], page_at: OpenPage, axe: Axe, width: int) -> None:
    assert {path: found for path in pages if (found := wrong(axe(page_at(path, width))))} == {}


def test_axe_is_awake(pages: list[str], page_at: OpenPage, axe: Axe) -> None:
    page = page_at(pages[0], 1280)
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert [item["id"] for item in axe(page)] == ["html-has-lang"]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_console_stays_empty_and_nothing_is_asked_of_others(
    pages: list[str], page_at: OpenPage, address: str, width: int
) -> None:
    for path in pages:
        page = page_at(path, width)
        page.wait_for_timeout(50)
        assert page.said == [], path  # type: ignore[attr-defined]
        assert [url for url in page.asked if not url.startswith(address)] == [], path  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [320, 400, 768, 1280])
def test_no_page_is_wider_than_its_window(pages: list[str], page_at: OpenPage, width: int) -> None:
    for path in pages:
        page = page_at(path, width)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_what_scrolls_can_be_reached_by_keyboard(pages: list[str], page_at: OpenPage) -> None:
    script = """[...document.querySelectorAll("main *")]
        .filter(element => !element.closest("svg") && element.scrollWidth > element.clientWidth + 1
                           && getComputedStyle(element).overflowX === "auto" && element.tabIndex !== 0)
        .map(element => element.outerHTML.slice(0, 120))"""
    for path in pages:
        assert page_at(path, 320).evaluate(script) == [], path


def test_words_in_drawings_are_at_least_14_pixels_on_a_phone(pages: list[str], page_at: OpenPage) -> None:
    script = """[...document.querySelectorAll("svg text")]
        .filter(text => text.getBoundingClientRect().height > 0)
        .map(text => parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM() || {a: 1}).a)"""
    for path in pages:
        assert all(size >= 14 for size in page_at(path, 320).evaluate(script)), path


def test_the_first_stop_of_the_keyboard_is_the_skip_link(pages: list[str], page_at: OpenPage) -> None:
    page = page_at(pages[0], 1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().height") > 20


def test_one_h1_and_no_id_twice(site: Path, pages: list[str]) -> None:
    for path in pages:
        _, page = read(site, path)
        assert page.tags.count("h1") == 1, path
        assert len(page.ids) == len(set(page.ids)), path


def test_no_script_and_no_style_in_the_page(site: Path, pages: list[str]) -> None:
    for path in pages:
        text, page = read(site, path)
        assert "<script" not in text.lower(), path
        assert "javascript:" not in text.lower(), path
        assert not {"script", "style", "form", "iframe"} & set(page.tags), path
        assert "style" not in page.attributes, path
        assert not [name for name in page.attributes if name.startswith("on")], path
        assert "default-src 'none'" in text, path


def test_titles_are_there_and_differ(site: Path, pages: list[str]) -> None:
    titles = [re.search(r"<title>(.*?)</title>", read(site, path)[0], re.DOTALL) for path in pages]
    words = [title.group(1).strip() for title in titles if title]
    assert all(title.removesuffix("– onrecord").strip() for title in words)
    assert len(set(words)) == len(pages)


def test_every_link_inside_the_site_leads_somewhere(site: Path, pages: list[str]) -> None:
    lost = []
    for path in pages:
        for link in read(site, path)[1].links:
            target, part = urldefrag(link)
            if urlsplit(link).scheme in {"https", "tel", "mailto"}:
                continue
            found = (site / path).parent / unquote(target) if target else site / path
            found = found / "index.html" if found.is_dir() else found
            if not found.is_file() or (part and part not in read(site, str(found.relative_to(site)))[1].ids):
                lost.append((path, link))
    assert lost == []


def test_a_quick_way_out_and_help_are_on_every_page(site: Path, pages: list[str]) -> None:
    for path in pages:
        text, _ = read(site, path)
        assert 'href="https://www.bbc.co.uk/weather" rel="noreferrer">Leave this site quickly' in text, path
        assert all(number in text for number in ("0808 800 5000", "0800 1111", "999", "101")), path
