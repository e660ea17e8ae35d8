"""What waits, for who holds it; and the way out at once for a child who may be in danger."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.errors import KeyRefused, NotCovered, NotPermitted, StoreRefused, WrongWords
from onrecord.standard import codelists
from onrecord.store.catalogue import FILE
from tests.standard_files import a_return, about, agreed, covered, event, report
from tests.unit.factories import KEYS, SETTINGS, WITHOUT_KEY, street_csv, street_row

ACT = ["count", "publish", "act"]
COUNCIL = "la-201"


def assessment(assessment_id: str, start: str, **changed: str) -> dict[str, str]:
    return {"assessment_id": assessment_id, "agency_id": COUNCIL, "person_id": "PER-1", "start_date": start, **changed}


def child_of(*reports: str) -> list[dict[str, str]]:
    return [{"report_id": name, "person_id": "PER-1", "role": "child", "age_at_the_time": "14"} for name in reports]


def no_further_action(report_id: str, day: str) -> dict[str, str]:
    return event(report_id, day, kind="outcome", outcome_scheme="home-office", outcome_code="18")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a year of a force and a council: one report a kind of waiting, and two that wait for nothing."""
    folder = tmp_path_factory.mktemp("acting")
    store = agreed(folder / "store", SETTINGS, purposes=ACT)
    person = {"person_id": "PER-1", "birth_month": "2009-04", "sex": "F", "ethnicity": "not asked",
              "nationality": "not asked", "disability": "not asked"}  # fmt: skip
    sent = a_return(
        folder / "sent",
        "2024-01..2024-06",
        **{
            "return": [about("2024-01..2024-06", tables="report;event;person;involvement;assessment")],
            "coverage": [*covered("2024-01..2024-06"), *covered("2024-01..2024-06", COUNCIL)],
            "report": [
                report("SILENT", "2024-01-10"),
                report("NEVER", "2024-01-20"),
                report("LIVE", "2024-06-10"),
                report("FIRST", "2024-02-01"),
                report("SECOND", "2024-03-01"),
            ],
            "event": [
                event("SILENT", "2024-02-10"),
                event("LIVE", "2024-06-12"),
                no_further_action("FIRST", "2024-02-20"),
                no_further_action("SECOND", "2024-03-20"),
            ],
            "person": [person],
            "involvement": child_of("FIRST", "SECOND"),
            "assessment": [
                assessment("LATE", "2024-02-01", referral_date="2024-02-01"),
                assessment("DONE", "2024-01-10", referral_date="2024-01-10", end_date="2024-01-30"),
            ],
        },
    )
    actions.receive(store, [sent], "standard", "North", "Ann", "2024-01..2024-06", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    return store


def waiting(store: Path, **asked: Any) -> list[tuple[str, str | None, int]]:
    found = actions.worklist(store, settings=SETTINGS, **asked)
    return [(row["reason"], row["report_id"] or row["about"], row["days"]) for row in found.rows]


def test_what_waits_oldest_first_with_its_reason(store: Path) -> None:
    assert waiting(store) == [
        ("never_acted_on", "NEVER", 162),
        ("silent", "SILENT", 141),
        ("reported_again", "SECOND", 121),
        ("clock_overdue", "LATE", 83),
    ]


def test_an_earlier_day_sees_what_waited_then(store: Path) -> None:
    assert waiting(store, as_at=date(2024, 5, 1)) == [
        ("never_acted_on", "NEVER", 102),
        ("reported_again", "SECOND", 61),
        ("clock_overdue", "LATE", 23),
    ]
    with pytest.raises(NotCovered, match="2024-06-30"):
        waiting(store, as_at=date(2024, 7, 1))


def test_each_agency_gets_its_own(store: Path) -> None:
    assert [reason for reason, _, _ in waiting(store, agency=COUNCIL)] == ["clock_overdue"]
    assert len(waiting(store, agency="NORTH")) == 3
    with pytest.raises(WrongWords, match="Atlantis"):
        waiting(store, agency="Atlantis")


def test_every_row_says_why_and_what_to_do_next(store: Path) -> None:
    found = actions.worklist(store, settings=SETTINGS)
    why = {row["reason"]: row["why"] for row in found.rows}
    assert why["silent"] == "nothing is recorded within 90 days"
    assert why["clock_overdue"] == "a limit has run out: assessment (E-ASM-45WD), due 2024-04-08"
    assert why["reported_again"].endswith("no further action was taken (2 reports)")
    steps = codelists.labels("worklist_reasons", "key", "what_to_do")
    assert all(row["next"] == steps[row["reason"]] for row in found.rows)
    assert found.judged_at == {"north": "2024-06-30", COUNCIL: "2024-06-30"}


def test_a_clock_that_is_off_runs_when_it_is_named(store: Path) -> None:
    rows = actions.worklist(store, COUNCIL, clocks=["e-asm-45wd-ref"], settings=SETTINGS).rows
    assert [row["clock"] for row in rows] == ["E-ASM-45WD", "E-ASM-45WD-REF"]
    with pytest.raises(WrongWords, match="no clock"):
        actions.worklist(store, clocks=["moon"], settings=SETTINGS)


def test_reasons_that_are_listed_are_those_there_are() -> None:
    """A source without activity has nobody to act on its silence; every other reason is listed."""
    listed = set(codelists.labels("worklist_reasons"))
    assert listed - {"clock_overdue", "reported_again"} == {key for key, _ in codelists.reasons()} - {
        "no_activity_carried"
    }


def test_no_list_without_its_row_in_the_trail_and_an_agreement(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", SETTINGS)
    actions.receive(store, [a_return(tmp_path / "s")], "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    with pytest.raises(NotPermitted, match="not to act"):
        actions.worklist(store, settings=SETTINGS)
    assert "listed" not in [row["what"] for row in actions.trail(store, SETTINGS)]
    agreed(store, SETTINGS, purposes=["act"])
    assert waiting(store) == []
    last = actions.trail(store, SETTINGS)[-1]
    assert (last["what"], last["purpose"], json.loads(last["detail"])) == ("listed", "act", {"inputs": {"R0001": 1}})


def test_published_records_of_an_open_store_are_listed_too(tmp_path: Path) -> None:
    rows = [street_row("c1", category="Status update unavailable"), street_row("c2", category="Suspect charged")]
    actions.receive(tmp_path / "s", [street_csv(tmp_path, *rows)], "police-uk", "x", "Ann", "2018-11",
                    settings=WITHOUT_KEY)  # fmt: skip
    actions.accept(tmp_path / "s", "R0001", "Bob", WITHOUT_KEY)
    (row,) = actions.worklist(tmp_path / "s", settings=WITHOUT_KEY).rows
    assert (row["reason"], row["agency"]) == ("status_unavailable", "Lancashire Constabulary")
    done = actions.refer(tmp_path / "s", row["report_id"], settings=WITHOUT_KEY)
    assert (done.reference, done.earlier) == ("RN0001", ())
    assert actions.refer(tmp_path / "s", row["report_id"], settings=WITHOUT_KEY).earlier == ("RN0001",)


def test_a_store_without_returns_has_nothing_that_waits(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", SETTINGS)
    assert actions.worklist(store, settings=SETTINGS).rows == ()


# ---------------------------------------------------------------- the command line


def run(*words: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words], env={"ONRECORD_KEYS": KEYS})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_list_as_table_as_csv_and_as_json_says_the_same(store: Path) -> None:
    table, made = run("worklist", store), run("worklist", store, "--format", "json")
    rows = list(csv.DictReader(io.StringIO(run("worklist", store, "--format", "csv").stdout)))
    found = json.loads(made.stdout)
    assert [row["report_id"] or None for row in rows] == [row["report_id"] for row in found["rows"]]
    assert list(rows[0]) == list(actions.WORKLIST_COLUMNS)
    for said in ("oldest first", "NEVER", "judged at 2024-06-30: north", "refer now: ", "do not publish",
                 "clock E-REV1-3M: Cannot judge: the standard carries no day of a review conference."):  # fmt: skip
        assert said in table.stdout
    assert run("worklist", store, "--agency", "Atlantis").exit_code == WrongWords.exit_code


# ---------------------------------------------------------------- refer now


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A store of enough reports to publish, whose agreement allows to count and to publish."""
    store = agreed(tmp_path / "store", SETTINGS)
    sent = [report("REP-1"), report("MOVED", transferred_to="south", transfer_acknowledged_date="2024-01-20")]
    sent += [report(f"OTHER-{number}") for number in range(60)]
    actions.receive(store, [a_return(tmp_path / "s", report=sent)], "standard", "North", "Ann", "2024-01",
                    settings=SETTINGS)  # fmt: skip
    return store


def test_whom_to_call_is_said_first_and_whatever_happens(tmp_path: Path) -> None:
    """No store, no key, no such report: none of it keeps the numbers from the screen."""
    result = run("refer", tmp_path / "nowhere", "REP-1")
    assert result.exit_code == StoreRefused.exit_code
    assert result.stderr.startswith("If a child is in danger now: call 999.\n")
    assert all(row["number"] in result.stderr for row in codelists.load("who_to_call"))


def test_without_a_contact_the_screen_says_whom_to_call(own: Path) -> None:
    result = run("refer", own, "REP-1", "--by", "Ann")
    assert result.exit_code == 0
    assert result.stdout.startswith("RN0001: report REP-1, held by north. It is written down.\n")
    assert "0808 800 5000" in result.stderr
    assert actions.trail(own, SETTINGS)[-1]["what"] == "referred"


def test_the_contact_of_the_agency_that_holds_the_report_is_named(own: Path) -> None:
    for who in ("duty desk, 0000 1", "duty desk, 0000 2"):
        assert run("contacts", own, "--add", "South", "--contact", who, "--by", "Ann").exit_code == 0
    result = run("refer", own, "MOVED", "--return", "r0001")
    assert "Now tell south's designated contact, and give the reference: duty desk, 0000 2" in result.stdout
    assert json.loads(run("contacts", own, "--format", "json").stdout)[0]["contact"] == "duty desk, 0000 2"
    assert "0000 2" in run("contacts", own).stdout
    assert run("contacts", own, "--add", "South").exit_code == WrongWords.exit_code


def test_a_return_that_waits_is_looked_into_and_no_agreement_is_needed(own: Path) -> None:
    agreed(own, SETTINGS, purposes=["link"])
    first, second = (actions.refer(own, "REP-1", settings=SETTINGS) for _ in range(2))
    assert (first.reference, second.reference, second.earlier) == ("RN0001", "RN0002", ("RN0001",))
    with pytest.raises(StoreRefused, match="call first"):
        actions.refer(own, "NONE", settings=SETTINGS)
    with pytest.raises(KeyRefused):
        actions.refer(own, "REP-1", settings=WITHOUT_KEY)


def test_a_report_that_was_referred_is_not_named_in_the_catalogue(own: Path) -> None:
    """Whoever has the disk and no key does not learn which report it was."""
    said = actions.refer(own, "REP-1", settings=SETTINGS)
    assert b"REP-1" not in (own / FILE).read_bytes()
    assert "REP-1" not in json.dumps(actions.trail(own, SETTINGS))
    assert said.report_id == "REP-1"


def test_what_was_referred_is_counted_in_the_foot_and_never_published(own: Path, tmp_path: Path) -> None:
    agreed(own, SETTINGS, purposes=ACT)
    actions.accept(own, "R0001", "Bob", SETTINGS)
    actions.name_contact(own, "north", "CANARY-CONTACT", "Ann", SETTINGS)
    for _ in range(7):
        reference = actions.refer(own, "REP-1", by="CANARY-PERSON", settings=SETTINGS).reference
    assert actions.worklist(own, settings=SETTINGS).refer_now == 7
    assert "refer now: 7" in run("worklist", own).stdout
    site = tmp_path / "site"
    assert run("publish", own, "--out", site).exit_code == 0
    published = b"".join((Path(place) / name).read_bytes() for place, _, names in os.walk(site) for name in names)
    assert published
    for canary in (reference, "CANARY-CONTACT", "CANARY-PERSON", "refer now", "REP-1"):
        assert canary.encode() not in published, canary


def test_names_may_not_be_empty(own: Path) -> None:
    for agency, contact, by in (("", "x", "y"), ("x", " ", "y"), ("x", "y", "")):
        with pytest.raises(WrongWords, match="is empty"):
            actions.name_contact(own, agency, contact, by, SETTINGS)


def test_a_store_of_an_earlier_format_has_no_contacts_and_takes_them(own: Path) -> None:
    import sqlite3

    with sqlite3.connect(own / FILE) as connection:
        connection.executescript("DROP TABLE contacts; DROP TABLE referrals; PRAGMA user_version = 3;")
    connection.close()
    assert actions.contacts(own, SETTINGS) == []
    assert actions.refer(own, "REP-1", settings=replace(SETTINGS, who="Ann")).reference == "RN0001"
