"""Three months of two senders: one says that there was nothing, one falls silent, and a query is answered once."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.intake import checked
from onrecord.measures.coverage import state_of
from tests.clock import run_with
from tests.standard_files import a_return, a_zero_return, agreed, declares, event
from tests.unit.factories import SETTINGS

ASKS = "crime.offence_code.listed"
TODAY = replace(SETTINGS, now=datetime(2024, 5, 10, 12, tzinfo=UTC))
NORTH, SOUTH = "North Police", "South Police"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run on the tenth of May."""
    run_with(TODAY, monkeypatch)


def run(*words: object) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


def crime(month: str, key: str = "CRI-1") -> dict[str, str]:
    """A crime whose offence code is outside the part of the list that the standard holds: a query."""
    report = f"REP-north-{month}"
    about = {"crime_id": key, "report_id": report, "recorded_date": f"{month}-11"}
    return {**about, "offence_code": "QQ9", "offence_scheme": "home-office"}


def received(store: Path, folder: Path, sender: str, period: str) -> Result:
    result = run("receive", store, folder, "--from", sender, "--by", "Ann", "--period", period)
    run("accept", store, result.stdout.strip(), "--by", "Bob")
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store after three months; the first query answered before the third month came."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        run_with(TODAY, patched)
        store = agreed(folder / "store", TODAY)
        for sender, agency in ((NORTH, "north"), (SOUTH, "south")):
            run("expected", store, "--add", sender, "--every", "month", "--first", "2024-01", "--agency", agency)
        received(store, a_return(folder / "n1", "2024-01", crime=[crime("2024-01")]), NORTH, "2024-01")
        received(store, a_return(folder / "s1", "2024-01", "south"), SOUTH, "2024-01")
        run("answer", store, "R0001", "--rule", ASKS, "--reason", "correct as sent", "--by", "Cat")
        received(store, a_zero_return(folder / "n2", "2024-02"), NORTH, "2024-02")
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy for each test: what one does to it, no other sees."""
    return Path(shutil.copytree(made, tmp_path / "store"))


def test_what_is_answered_is_carried_what_is_silent_is_seen(store: Path, tmp_path: Path) -> None:
    third = a_return(
        tmp_path / "n3", "2024-03", crime=[crime("2024-03")], event=[event("REP-north-2024-03", "2024-03-12")]
    )
    receipt = received(store, third, NORTH, "2024-03").stderr
    assert "0 queries open, 1 answered." in receipt
    assert f"answered in R0001: {ASKS}: 1 finding, looked at and correct as sent" in receipt
    listed = json.loads(run("answer", store, "R0004", "--format", "json").stdout)
    assert (listed["queries"], listed["open"], listed["answered_rate"]) == (1, 0, 1.0)
    assert listed["of_sender"] == {"queries": 2, "open": 0, "answered": 2, "answered_rate": 1.0}
    calendar = json.loads(run("expected", store, "--format", "json").stdout)
    assert {(row["sender"], row["period"]): (row["state"], row["days_overdue"]) for row in calendar} == {
        (NORTH, "2024-01"): ("accepted", None),
        (NORTH, "2024-02"): ("zero return", None),
        (NORTH, "2024-03"): ("accepted", None),
        (NORTH, "2024-04"): ("due", None),
        (NORTH, "2024-05"): ("not yet due", None),
        (SOUTH, "2024-01"): ("accepted", None),
        (SOUTH, "2024-02"): ("overdue", 43),
        (SOUTH, "2024-03"): ("overdue", 12),
        (SOUTH, "2024-04"): ("due", None),
        (SOUTH, "2024-05"): ("not yet due", None),
    }
    january = json.loads(run("ledger", store, "--by", "agency", "--period", "2024-01", "--format", "json").stdout)
    assert {row["agency_id"]: row["received"] for row in january} == {"north": 1, "south": 1}


def test_a_zero_and_a_silence_are_not_the_same_number(store: Path) -> None:
    """In February the north had nothing, and the south sent nothing: 0 for the one, and no number for the other."""
    for sender, agency in ((NORTH, "north"), (SOUTH, "south")):
        named = ["--zero", "--agency", agency, "--from", sender, "--by", "Ann", "--period", "2024-03"]
        run("accept", store, run("receive", store, *named).stdout.strip(), "--by", "Bob")
    asked = ["--period", "2024-02", "--format", "json"]
    [north] = json.loads(run("ledger", store, "--by", "agency", *asked).stdout)
    assert (north["agency_id"], north["received"]) == ("north", 0)
    assert north["coverage"] == "1 of 1 expected agency, 1 of 1 agency-months reported (1 zero return)"
    [both] = json.loads(run("ledger", store, *asked).stdout)
    assert both["coverage"] == "2 of 2 expected agencies, 1 of 2 agency-months reported (1 zero return)"


def test_calendar_and_ledger_say_the_same_of_every_month(store: Path) -> None:
    """What the calendar calls accepted, zero or missing is reported, zero return or not reported in the coverage."""
    [nation] = actions.ledger(store).covered
    agencies = {row["agency_id"]: row for row in nation.agencies}
    rows, _ = actions.expected(store)
    said = [row for row in rows if row["coverage"]]
    assert {row["coverage"] for row in said} == {"reported", "zero return", "not reported"}
    for row in said:
        agency = agencies[row["sender"].split()[0].lower()]
        assert state_of(agency, row["period"]) == row["coverage"]


def test_an_expected_agency_that_sent_nothing_at_all_is_named(store: Path) -> None:
    run(
        "expected",
        store,
        "--add",
        "East Police",
        "--every",
        "quarter",
        "--first",
        "2024-01..2024-03",
        "--agency",
        "east",
    )
    result = run("ledger", store)
    assert "2 of 3 expected agencies (nothing from east)" in result.stdout
    assert "Not reported: east." in result.stderr
    silent = CliRunner().invoke(cli, ["ledger", str(store), "--in", "east"])
    assert (silent.exit_code, silent.stdout) == (6, "")
    assert "not reported" in silent.stderr


def test_a_promise_to_mend_is_said_and_does_not_answer(store: Path, tmp_path: Path) -> None:
    run("answer", store, "R0001", "--rule", ASKS, "--reason", "will be mended", "--by", "Cat")
    receipt = received(store, a_return(tmp_path / "n3", "2024-03", crime=[crime("2024-03")]), NORTH, "2024-03").stderr
    assert "1 query open, 0 answered." in receipt
    assert f"promised in R0001 to be mended by now, and open again: {ASKS}: 1 finding" in receipt


def test_an_answer_to_one_row_is_carried_to_that_row_alone(store: Path, tmp_path: Path) -> None:
    both = [crime("2024-04", "CRI-1"), crime("2024-04", "CRI-2")]
    received(store, a_return(tmp_path / "n4", "2024-04", crime=both), NORTH, "2024-04")
    later = [row | {"report_id": "REP-north-2024-04"} for row in both]
    run(
        "answer",
        store,
        "R0004",
        "--rule",
        ASKS,
        "--reason",
        "does not fit",
        "--by",
        "Cat",
        "--key",
        "REP-north-2024-04/CRI-2",
    )
    again = received(store, a_return(tmp_path / "again", "2024-04", crime=later), NORTH, "2024-04").stderr
    assert "0 queries open, 2 answered." in again
    assert f"answered in R0004: {ASKS}, REP-north-2024-04/CRI-2: 1 finding, the rule does not fit here" in again
    assert f"answered in R0001: {ASKS}: 1 finding, looked at and correct as sent" in again


def test_an_answer_to_a_rule_that_answers_more_than_was_looked_at_says_so(store: Path, tmp_path: Path) -> None:
    three = [crime("2024-03", f"CRI-{number}") for number in (1, 2, 3)]
    receipt = received(store, a_return(tmp_path / "n3", "2024-03", crime=three), NORTH, "2024-03").stderr
    assert f"answered in R0001: {ASKS}: 3 findings (1 when it was answered), looked at and correct as sent" in receipt


def test_an_answer_is_of_one_sender(store: Path, tmp_path: Path) -> None:
    mine = [crime("2024-03") | {"report_id": "REP-south-2024-03"}]
    receipt = received(store, a_return(tmp_path / "s3", "2024-03", "south", crime=mine), SOUTH, "2024-03").stderr
    assert "1 query open, 0 answered." in receipt


def test_a_later_version_of_the_rule_asks_again(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = [replace(rule, version=2) if rule.code == ASKS else rule for rule in checked.all_rules()]
    monkeypatch.setattr(checked, "all_rules", lambda: newer)
    receipt = received(store, a_return(tmp_path / "n3", "2024-03", crime=[crime("2024-03")]), NORTH, "2024-03").stderr
    assert "1 query open, 0 answered." in receipt


def test_the_calendar_as_a_table_and_as_csv(store: Path) -> None:
    shown = run("expected", store)
    assert all(word in shown.stdout for word in ("zero return", "overdue", "not reported", "due"))
    assert f"Next: ask {SOUTH} for 2024-02, 43 days overdue." in shown.stdout
    written = run("expected", store, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(written.stdout)))
    assert len(rows) == 10
    assert rows[1]["returns"] == "R0003"
    assert "Next:" in written.stderr


def test_the_queries_as_a_table(store: Path) -> None:
    said = run("answer", store, "R0001").stdout
    assert ASKS in said
    assert "looked at and correct as sent (1)" in said
    assert "All returns of North Police: 1 of 1 queries answered (100%)." in said
    assert "has no queries" in run("answer", store, "R0003").stdout


def test_what_is_left_out_is_said_beside_the_number(store: Path, tmp_path: Path) -> None:
    says = [declares("false", "definition differs")]
    received(store, a_return(tmp_path / "s2", "2024-02", "south", declaration=says), SOUTH, "2024-02")
    result = run("ledger", store, "--format", "json")
    [row] = json.loads(result.stdout)
    assert row["received"] == 1
    assert row["coverage"].endswith("left out at the sender's word: south (made under another definition)")
    assert "Left out of the ledger at its sender's word: south (made under another definition)." in result.stderr
    refused = CliRunner().invoke(cli, ["ledger", str(store), "--in", "south"])
    assert (refused.exit_code, refused.stdout) == (6, "")
    assert "made under another definition" in refused.stderr
    says = [declares("true", "incomplete")]
    received(store, a_return(tmp_path / "s3", "2024-03", "south", declaration=says), SOUTH, "2024-03")
    table = run("ledger", store).stdout
    assert "note: south: known to be incomplete, says its sender of the ledger." in table
    [row] = json.loads(run("ledger", store, "--format", "json").stdout)
    assert row["received"] == 3
    assert "left out" not in row["coverage"]


def test_where_all_are_left_out_there_is_no_ledger_and_it_is_said(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", TODAY)
    says = [declares("false", "not collected")]
    received(store, a_return(tmp_path / "n1", "2024-01", declaration=says), NORTH, "2024-01")
    result = run("ledger", store)
    assert "Left out of the ledger at its sender's word: north" in result.stderr
    assert json.loads(run("ledger", store, "--format", "json").stdout) == []
