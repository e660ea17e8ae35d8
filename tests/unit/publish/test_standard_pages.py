"""The pages of the standard: complete, joined up, readable by everyone, and the same bytes each time."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest

from onrecord.publish.standard_pages import standard_pages
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, versions
from onrecord.standard.records import tables_at
from onrecord.standard.rules import Rule, all_rules
from onrecord.standard.rules.examples import changed

EACH = pytest.mark.parametrize("version", VERSIONS)


RULE: dict[str, Any] = {
    "code": "OR-0001",
    "version": 1,
    "severity": "error",
    "category": "dates",
    "record": "event",
    "field": "event_date",
    "form": "order",
    "parameters": {"not_before": "received_date"},
    "says": "The event is dated {event_date}, before the day of receipt.",
    "remedy": "Send the day it happened.",
    "citation": "a test <of> marks",
    "moves": ("ledger", "timeliness"),
    "false_positives": "Reports known to the month.",
    "passes": changed(
        {
            "report": [{"report_id": "r1", "vanished": "false", "criteria": "CSE;other"}],
            "event": [{"event_id": "e1", "event_date": "2013-04-05", "person_id": ""}],
        }
    ),
    "fails": changed({"event": [{"event_id": "e2", "event_date": "1999-01-01"}]}),
}


def a_rule(**other: Any) -> Rule:
    """A rule of no record's file."""
    return Rule(**(RULE | other))


class Reader(HTMLParser):
    """Collects what the tests ask about a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.captions: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, values))
        self.links += [values[name] or "" for name in ("href", "src") if name in values]
        self.ids += [values["id"] or ""] if "id" in values else []

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "caption":
            self.captions.append(data.strip())

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def read_pages(made: dict[str, bytes]) -> dict[str, Reader]:
    return {name: Reader(content) for name, content in made.items() if name.endswith(".html")}


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    return standard_pages(rules=[a_rule()])


@EACH
def test_every_record_field_list_and_version_has_its_page(version: str) -> None:
    made = standard_pages(version)
    read = read_pages(made)
    for table in tables_at(version):
        page = made[f"records/{table.name}.html"].decode()
        assert {f"field-{name}" for name in table.columns} <= set(read[f"records/{table.name}.html"].ids)
        for each in table.fields:
            assert page.count(f">{each.name}<") >= 2
    for name in codelists.names(version):
        page = made[f"lists/{name}.html"].decode()
        assert page.count('<tr class="govuk-table__row') == len(codelists.load(name, version)) + 1
    there = {f"versions/{number}.html" for number in VERSIONS if number <= version}
    assert {name for name in made if name.startswith("versions/")} == there
    front = set(read["index.html"].links)
    assert {name for name in made if name.split("/")[0] in ("records", "lists", "versions")} <= front


def test_every_source_says_what_it_can_fill_or_why_it_cannot(pages: dict[str, bytes]) -> None:
    for table in tables_at(STANDARD_VERSION):
        text = re.sub(r"&#39;", "'", pages[f"records/{table.name}.html"].decode())
        for each in table.fields:
            assert all(crossing.says in text for crossing in table.crossings(each)), each.name


def test_every_change_stands_with_its_reason(pages: dict[str, bytes]) -> None:
    for number in VERSIONS:
        text = re.sub(r"&#39;", "'", pages[f"versions/{number}.html"].decode())
        for change in versions.changes(number):
            assert all(said in text for said in (change.id, change.kind, change.reason, change.asked_by))


@EACH
def test_every_link_inside_leads_somewhere(version: str) -> None:
    made = standard_pages(version, [a_rule()])
    read = read_pages(made)
    lost = []
    for name, page in read.items():
        for link in page.links:
            if urlsplit(link).scheme in {"https", "tel"}:
                continue
            target, part = urldefrag(link)
            found = normpath(PurePosixPath(name).parent / target) if target else name
            if found not in made or (part and part not in read[found].ids):
                lost.append((name, link))
    assert lost == []


def test_every_page_can_be_read_by_everyone(pages: dict[str, bytes]) -> None:
    titles = set()
    for name, page in read_pages(pages).items():
        assert page.count("h1") == 1, name
        assert len(page.ids) == len(set(page.ids)), name
        assert page.count("caption") == page.count("table"), name
        assert all(values.get("scope") for tag, values in page.tags if tag == "th"), name
        assert not {"script", "style", "form", "iframe"} & {tag for tag, _ in page.tags}, name
        assert "#main-content" in page.links
        text = pages[name].decode()
        assert all(number in text for number in ("0808 800 5000", "0800 1111", "999", "101")), name
        assert "CC BY 4.0" in text
        titles.add(re.findall("<title>(.*?)</title>", text, re.DOTALL)[0])
    assert len(titles) == len(read_pages(pages))


def test_a_rule_is_shown_with_its_examples(pages: dict[str, bytes]) -> None:
    text = pages["rules.html"].decode()
    rule = a_rule()
    for said in (rule.code, rule.says, rule.remedy, rule.false_positives, "ledger and timeliness", "received_date"):
        assert said in text
    assert "a test &lt;of&gt; marks" in text
    assert "OR-0001: passes, report" in text
    assert "OR-0001: fails, event" in text
    assert all(f">{value}<" in text for value in ("false", "CSE;other", "(empty)", "1999-01-01"))


def test_every_rule_shows_rows_that_pass_and_rows_that_fail() -> None:
    shown = Reader(standard_pages()["rules.html"]).captions
    for rule in all_rules():
        assert f"{rule.code}: passes, {rule.record}" in shown
        seen = [caption for caption in shown if caption.startswith(f"{rule.code}: fails")]
        assert any(not caption.endswith("no row") for caption in seen)


def test_every_form_of_a_rule_leads_to_what_it_means() -> None:
    made = read_pages(standard_pages())
    assert {f"forms.html#{rule.form}" for rule in all_rules()} <= set(made["rules.html"].links)
    assert {rule.form for rule in all_rules()} <= set(made["forms.html"].ids)


def test_a_rule_about_what_a_version_does_not_have_is_left_out() -> None:
    later = a_rule(code="OR-0002", record="crime", field="flags")
    whole = a_rule(code="OR-0003", record="crime", field="child_id")
    assert b"OR-0002" in standard_pages(rules=[later])["rules.html"]
    assert b"OR-0002" not in standard_pages("1.0.0", [later, whole])["rules.html"]
    assert b"OR-0003" in standard_pages("1.0.0", [later, whole])["rules.html"]
    assert b"No rules are declared" in standard_pages(rules=[])["rules.html"]


def test_an_earlier_version_says_that_there_is_a_newer_one() -> None:
    assert b"This is not the newest version" in standard_pages("1.0.0")["index.html"]
    assert b"This is not the newest version" not in standard_pages()["index.html"]


@EACH
def test_the_same_version_gives_the_same_bytes(version: str) -> None:
    code = (
        "import hashlib; from onrecord.publish.standard_pages import standard_pages; "
        f"print(hashlib.sha256(repr(standard_pages({version!r})).encode()).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout for _ in range(2)}
    assert len(runs) == 1
