"""Filters, macros, and the files beside the pages."""

from __future__ import annotations

import datetime
import re

import pytest
from jinja2 import DictLoader

from onrecord.look import Part, environment, static_files
from onrecord.look.pages import longperiod


def render(body: str, **context: object) -> str:
    names = (
        "finding_title, page_lead, callout, cell_symbols_note, data_table, ledger_figure, bar_row, "
        "bar_figure, timeline_figure, source_line, definition_link"
    )
    page = "{% from 'parts.html.jinja' import " + names + " %}" + body
    return environment(DictLoader({"page": page})).get_template("page").render(context)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("12062 | count", "12,062"),
        ("0 | count", "0"),
        ("none | count", "[c]"),
        ("none | count('[x]')", "[x]"),
        ("'[z]' | count", "[z]"),
        ("3513 | percent(12062)", "29.1%"),
        ("0.2912 | percent", "29.1%"),
        ("0 | percent(7)", "0.0%"),
        ("2 | percent(15639)", "&lt;0.1%"),
        ("9999 | percent(10000)", "&gt;99.9%"),
        ("7 | percent(7)", "100.0%"),
        ("none | percent(7)", "[c]"),
        ("0 | percent(0)", "[z]"),
        ("'2017-11-07' | longdate", "7 November 2017"),
        ("day | longdate", "31 December 2014"),
        ("['a', 'b', 'c'] | listed", "a, b and c"),
        ("['a', 'b'] | listed('or')", "a or b"),
        ("['a'] | listed", "a"),
        ("[] | listed", ""),
    ],
)
def test_filters(expression: str, expected: str) -> None:
    assert render("{{ " + expression + " }}", day=datetime.date(2014, 12, 31)).strip() == expected


def test_the_look_can_be_overridden_by_the_loaders_given() -> None:
    assert environment(DictLoader({"page.html.jinja": "mine"})).get_template("page.html.jinja").render() == "mine"


def test_a_table_has_headers_totals_symbols_and_a_region() -> None:
    html = render(
        "{{ data_table('Reports', ['Area', 'Reports', {'text': 'Note', 'numeric': false}],"
        " [['North', 1234, 'none'], {'cells': ['South', none, '[x]'], 'warm': true}],"
        " foot=[['all', 1240, '']],"
        " groups=[{'text': 'Both', 'span': 2}]) }}"
    )
    assert 'class="or-scroll" role="region" aria-label="Table: Reports" tabindex="0"' in html
    assert '<th scope="row" class="govuk-table__header">North</th>' in html
    assert '<td class="govuk-table__cell govuk-table__cell--numeric">1,234</td>' in html
    assert '<td class="govuk-table__cell">none</td>' in html
    assert html.count('class="or-symbol"') == 2
    assert "or-warm" in html
    assert '<th scope="colgroup" colspan="2"' in html
    assert re.search(r"<tfoot>.*1,240.*</tfoot>", html, re.DOTALL)


def test_an_empty_table_is_a_sentence() -> None:
    html = render("{{ data_table('Reports', ['Area', 'Reports'], [], empty='None was sent.') }}")
    assert html.strip() == "<p>None was sent.</p>"


def test_words_are_escaped_everywhere() -> None:
    html = render(
        "{{ data_table(bad, [bad, bad], [[bad, bad]], foot=[[bad, bad]]) }}{{ finding_title(bad, bad) }}"
        "{{ source_line(bad, bad, bad) }}{{ definition_link(bad, bad) }}"
        "{{ ledger_figure([Part('live', bad, 3)], 3, bad, 'a', caption=bad) }}"
        "{{ bar_figure([{'label': bad, 'sub': bad, 'parts': [Part('live', bad, 3)]}], 'b', caption=bad) }}",
        bad='"><b>&',
    )
    assert "<b>" not in html


def test_a_ledger_is_heard_as_a_sentence_and_read_as_a_table_that_adds_up() -> None:
    ledger = [Part("prosecuted", "prosecutions", 9), Part("no_result_stated", "no result stated", 148)]
    html = render("{{ ledger_figure(ledger, 157, 'reports received', 'a', shares=true) }}", ledger=ledger)
    assert "157 reports received: prosecutions 9, no result stated 148." in html
    assert html.count("or-warm") == 1
    assert "94.3%" in html
    assert "One square is one report." in html


def test_a_protected_total_is_said_in_words() -> None:
    ledger = [Part("prosecuted", "prosecuted", None), Part("live", "live", 8)]
    html = render("{{ ledger_figure(ledger, none, 'reports', 'a', shares=true) }}", ledger=ledger)
    assert "Total protected" in html
    assert "Protected total reports: prosecuted 1 to 5, protected, live 8." in html
    assert "%</td>" not in html


def test_symbols_are_explained_only_where_used() -> None:
    html = render("{{ cell_symbols_note(['[c]', '0']) }}")
    assert "1 to 5, or hidden so that one cannot be worked out" in html
    assert "a true zero" in html
    assert "not reported" not in html
    assert render("{{ cell_symbols_note([]) }}").strip() == ""


def test_the_frame_of_a_page() -> None:
    jinja = environment(DictLoader({"a": "{% extends 'page.html.jinja' %}{% block lead %}<h1>A</h1>{% endblock %}"}))
    nav = [{"text": "Areas", "href": "areas/index.html"}, {"text": "Data", "href": "data.html"}]
    html = jinja.get_template("a").render(
        title="Areas",
        root="../",
        nav=nav,
        here="data.html",
        version="1.2",
        standard_version="1",
    )
    assert "<title>Areas – onrecord</title>" in html
    assert "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'" in html
    assert '<a href="../data.html" aria-current="page">Data</a>' in html
    assert html.count("aria-current") == 1
    assert 'href="../onrecord.css"' in html
    assert "Made with onrecord 1.2, standard 1." in html
    assert '<a href="../about.html">About this site, and accessibility</a>' in html


@pytest.mark.parametrize("word", ["GDS Transport", "url(", "crest", "@import", "@font-face"])
def test_the_style_sheet_has_no_identity_but_ours_and_asks_for_nothing(word: str) -> None:
    assert word.lower() not in static_files()["onrecord.css"].decode().lower()


def test_the_notice_names_the_version_that_the_style_sheet_was_built_from() -> None:
    files = static_files()
    version = re.search(r'--govuk-frontend-version:\s*"([\d.]+)"', files["onrecord.css"].decode())
    assert version
    notice = files["NOTICE.txt"].decode()
    assert f"GOV.UK Frontend {version.group(1)}" in notice
    assert "The MIT License (MIT)" in notice
    assert b"href" not in files["icon.svg"]


def test_every_class_of_ours_in_the_templates_is_in_the_style_sheet() -> None:
    jinja = environment()
    sources = [jinja.loader.get_source(jinja, name)[0] for name in ("page.html.jinja", "parts.html.jinja")]  # type: ignore[union-attr]
    used = set(re.findall(r"\bor-[a-z]+(?:-[a-z]+)*(?:--[a-z]+)?", " ".join(sources)))
    css = static_files()["onrecord.css"].decode()
    # A plain figure needs no rule of its own.
    assert {name for name in used if f".{name}" not in css} <= {"or-figure"}


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("2013", "2013"),
        ("2013-04", "April 2013"),
        ("2013/14", "April 2013 to March 2014"),
        ("2018-10..2019-01", "October 2018 to January 2019"),
        ("2013-01..2014-12", "January 2013 to December 2014"),
    ],
)
def test_a_period_is_written_as_a_reader_says_it(label: str, words: str) -> None:
    assert longperiod(label) == words
