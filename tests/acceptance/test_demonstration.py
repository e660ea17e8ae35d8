"""Files in, site out: the demonstration as a newcomer runs it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from onrecord import actions
from onrecord.actions import Asked
from onrecord.disclosure.attack import Relations, attacker_intervals
from onrecord.errors import WrongWords
from onrecord.settings import Settings, from_environment
from onrecord.standard import codelists
from tests.demonstration import EXAMPLES, Demonstration

STATES = ("Arizona", "Louisiana", "Vermont")


def ledger_of(demonstration: Demonstration, area: str) -> dict[str, Any]:
    (row,) = [row for row in demonstration.ledgers.rows() if row["area"] == area]
    return row


@pytest.mark.parametrize(
    ("area", "received", "prosecuted", "closed", "unaccounted"),
    [("Arizona", 216, 43, 9, 164), ("Louisiana", 301, 46, 2, 253), ("Vermont", 148, 60, 3, 85)],
)
def test_the_state_ledgers_are_the_published_control_totals(
    demonstration: Demonstration, area: str, received: int, prosecuted: int, closed: int, unaccounted: int
) -> None:
    row = ledger_of(demonstration, area)
    assert (row["received"], row["prosecuted"], row["no_further_action"], row["unaccounted"]) == (
        received, prosecuted, closed, unaccounted,
    )  # fmt: skip
    assert row["unaccounted_because"] == {"no_activity_carried": unaccounted}


def test_every_ledger_balances(demonstration: Demonstration) -> None:
    for row in demonstration.ledgers.rows():
        assert sum(row[key] for key in codelists.standing_keys()) == row["received"]


def test_every_figure_says_what_it_is(demonstration: Demonstration) -> None:
    said = {
        "area",
        "period",
        "unit",
        "as_at",
        "basis",
        "strand",
        "coverage",
        "known_at",
        "standard_version",
        "window_days",
    }
    for row in demonstration.ledgers.rows():
        assert said <= row.keys()
        assert all(row[name] for name in said)


def true_counts(demonstration: Demonstration, nation: str) -> dict[str, dict[str, int]]:
    """Agency to standing, merged or not, to the count that the store's holder knows."""
    rows = actions.ledger(demonstration.store, Asked(by="agency", place=nation)).rows()
    known = {}
    for row in rows:
        counts = {"received": row["received"]}
        for standing in codelists.standings():
            for name in {standing.key, standing.merge_1, standing.merge_2}:
                counts[name] = counts.get(name, 0) + row[standing.key]
        known[row["agency"]] = counts
    return known


@pytest.mark.parametrize("nation", STATES)
def test_no_reader_of_a_published_table_can_narrow_a_small_count(demonstration: Demonstration, nation: str) -> None:
    """An attacker with the published bytes and a linear programme; the truth only to know which counts are small."""
    path = demonstration.site / "data" / f"ledger-{nation.lower()}.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    columns = [*published["about"]["parts"], published["about"]["total"]]
    places = [(row.get("agency"), column, row[column]) for row in published["rows"] for column in columns]
    hidden = [cell == "[c]" for _, _, cell in places]
    values = [float("nan") if cell == "[c]" else cell for _, _, cell in places]
    relations = Relations.two_way(len(published["rows"]) - 1, len(columns) - 1)
    truth = true_counts(demonstration, nation)
    small = [
        number
        for number, (agency, column, cell) in enumerate(places)
        if cell == "[c]" and 1 <= truth.get(agency, {}).get(column, 0) <= 5
    ]
    assert small, "the table hides nothing small: this test would prove nothing"
    intervals = attacker_intervals(values, relations, hidden, small, lower=1)
    assert (intervals[:, 0] <= 1 + 1e-6).all()
    assert (intervals[:, 1] >= 5 - 1e-6).all()
    assert not [cell for _, column, cell in places if cell != "[c]" and 1 <= cell <= 5]


def published_times(demonstration: Demonstration, nation: str) -> dict[str, Any]:
    path = demonstration.site / "data" / f"time-{nation.lower()}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("nation", STATES)
def test_the_times_add_up_and_none_is_small(demonstration: Demonstration, nation: str) -> None:
    told = published_times(demonstration, nation)
    [row] = told["rows"]
    counts = [row[name] for name in told["about"]["parts"]]
    assert sum(counts) == row["received"]
    assert not [count for count in counts if 1 <= count <= 5]


@pytest.mark.parametrize("nation", STATES)
def test_the_times_tell_an_attacker_nothing_more_of_the_ledger(demonstration: Demonstration, nation: str) -> None:
    """Both tables as one system: what was settled, and what not, is the same incidents in the ledger and in bands."""
    path = demonstration.site / "data" / f"ledger-{nation.lower()}.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    columns = [*published["about"]["parts"], published["about"]["total"]]
    cells = [row[column] for row in published["rows"] for column in columns]
    told = published_times(demonstration, nation)
    [row] = told["rows"]
    bands = [row[name] for name in told["about"]["parts"]]
    alone = Relations.two_way(len(published["rows"]) - 1, len(columns) - 1)
    last = len(cells) - len(columns)
    links = np.zeros((2, len(cells) + len(bands)))
    for place, standing in enumerate(columns[:-1]):
        links[int(standing in ("live", "unaccounted")), last + place] = 1
    for place, band in enumerate(told["about"]["parts"]):
        links[int(band.startswith("open")), len(cells) + place] = -1
    padded = sparse.hstack([alone.matrix, sparse.csr_array((alone.matrix.shape[0], len(bands)))])
    both = Relations(sparse.vstack([padded, links]))
    values = [float("nan") if cell == "[c]" else cell for cell in [*cells, *bands]]
    hidden = [cell == "[c]" for cell in [*cells, *bands]]
    among = [place for place, is_hidden in enumerate(hidden) if is_hidden]
    before = attacker_intervals(values[: len(cells)], alone, hidden[: len(cells)], among, lower=1)
    assert len(among) > 0
    assert attacker_intervals(values, both, hidden, among, lower=1).tolist() == before.tolist()


def test_a_share_is_given_only_for_days_that_all_were_followed_for(demonstration: Demonstration) -> None:
    """Arizona's file was followed for 311 days beyond its period: nothing is said of a year."""
    page = (demonstration.site / "time-to-arrest.html").read_text(encoding="utf-8")
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "of 216 incidents, 33 (15.3%) were cleared within 7 days and 45 (20.8%) within 90 days" in words
    assert not re.search(r"%\) within 365 days", words)
    assert "every one was followed for 311 days or more" in words
    assert "An open case is not a case without a result" in words
    assert "not cleared yet, followed for 90 to 364 days" in words


def test_a_suppressed_count_is_in_no_byte_of_its_page(demonstration: Demonstration) -> None:
    page = (demonstration.site / "united-states.html").read_text(encoding="utf-8")
    arizona = page.split('id="arizona"')[1].split('id="louisiana"')[0]
    row = re.search(r"Wellton Police Department.*?</tr>", arizona, re.DOTALL)
    assert row is not None
    assert re.findall(r">(\d+|\[c\])<", row[0]) == ["[c]", "0", "0", "0", "0", "[c]", "0", "0", "0"]


def test_the_site_has_what_pages_and_downloads_promise(demonstration: Demonstration) -> None:
    pages = {path.name for path in demonstration.site.glob("*.html")}
    assert pages == {
        "index.html", "rotherham-2013.html", "operations.html", "forces.html", "united-states.html", "ledgers.html",
        "time-to-arrest.html", "standings.html", "data.html", "letter.html", "about.html",
    }  # fmt: skip
    for table in (demonstration.site / "data").glob("*.csv"):
        with table.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))
        # The sheet that a body is asked to fill in is empty.
        assert len(rows) > (table.name != "ledger-return.csv")
        assert len({len(row) for row in rows}) == 1


def test_rotherham_says_what_it_can_and_no_more(demonstration: Demonstration) -> None:
    page = (demonstration.site / "rotherham-2013.html").read_text(encoding="utf-8")
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "9 ÷ 157 = 5.7%" in words
    assert "at face value 107 have no result stated" in words
    assert "around 1,400" in words
    assert "at least 1,400" in words
    assert "confidence" not in words


def test_pages_made_from_united_states_records_never_call_them_exploitation(demonstration: Demonstration) -> None:
    page = (demonstration.site / "united-states.html").read_text(encoding="utf-8")
    body = page.split("<main")[1].split("</main>")[0]
    assert "CSE" not in body
    assert "Whether an incident is child sexual exploitation cannot be known from this file" in body


def test_the_same_records_make_the_same_bytes(demonstration: Demonstration, tmp_path: Path) -> None:
    settings = Settings(now=from_environment().now)
    first = actions.publish(demonstration.store, tmp_path / "one", settings)
    second = actions.publish(demonstration.store, tmp_path / "two", settings)
    assert [digest(path) for path in first] == [digest(path) for path in second]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(WrongWords, match="not empty"):
        actions.demo(EXAMPLES, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_site_is_never_written_over_something_else(demonstration: Demonstration, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(WrongWords, match="no site made by onrecord"):
        actions.publish(demonstration.store, tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_examples_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match=r"AZ-2016\.zip"):
        actions.demo(tmp_path / "nowhere", tmp_path / "out")


@pytest.mark.parametrize("page", ["forces.html", "ledgers.html", "index.html"])
def test_every_page_with_street_figures_says_in_words_that_they_hold_no_flag(
    demonstration: Demonstration, page: str
) -> None:
    html = (demonstration.site / page).read_text(encoding="utf-8")
    open_words = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    assert re.search(r"no flag for a child", open_words)
