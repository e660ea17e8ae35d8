"""data.police.uk street files: a crime a row, nothing dropped, nothing taken for what it is not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from onrecord import actions
from onrecord.standard import codelists
from tests.unit.factories import (
    CANARY,
    SETTINGS,
    STREET,
    Read,
    read_as,
    street_csv,
    street_row,
    street_text,
    write,
    zip_of,
)

PENALTY_ALIAS = "Offender given penalty notice"


def read(folder: Path, *rows: dict[str, str], name: str = "2018-11-lancashire-street.csv") -> Read:
    return read_as("police-uk", street_csv(folder, *rows, name=name))


def test_a_row_becomes_a_report_a_crime_and_an_event(tmp_path: Path) -> None:
    found = read(tmp_path, street_row("c1", category="Suspect charged"))
    assert found.account.accepted == found.account.received == 1
    assert [(row["report_id"], row["agency_id"], row["received_date"]) for row in found.report] == [
        ("c1", "lancashire", date(2018, 11, 30))
    ]
    assert [(row["crime_id"], row["offence_code"]) for row in found.crime] == [("c1", "Violence and sexual offences")]
    assert [(row["kind"], row["outcome_code"], row["event_date"]) for row in found.event] == [
        ("outcome", "Suspect charged", date(2018, 11, 30))
    ]
    assert (found.rows.unit, found.rows.counted_row) == ("crime", "row")


def test_anti_social_behaviour_is_out_of_scope(tmp_path: Path) -> None:
    asb = street_row("", crime_type="Anti-social behaviour", category="")
    found = read(tmp_path, asb, street_row())
    assert found.account.out_of_scope == {"anti_social_behaviour": 1}
    assert (found.account.received, found.account.accepted) == (2, 1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"reported_by": "Sunnydale Police"}, "unknown_agency"),
        ({"reported_by": ""}, "unknown_agency"),
        ({"category": "Sent to the moon"}, "unknown_outcome"),
        ({"category": "suspect charged"}, "unknown_outcome"),
        ({"crime_id": ""}, "no_key"),
        ({"month": "2018-13"}, "no_date"),
        ({"month": "November 2018"}, "no_date"),
        ({"month": ""}, "no_date"),
        ({"month": "18-11"}, "no_date"),
        ({"month": "2018-11-03"}, "no_date"),
        ({"month": "99999-11"}, "no_date"),
        ({"month": "0000-01"}, "no_date"),
    ],
)
def test_a_row_that_cannot_be_used_is_held_at_its_address(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    path = street_csv(tmp_path, street_row("c1"), street_row("c2"), street_row("c3") | changed)
    found = read_as("police-uk", path)
    assert found.account.held == {reason: 1}
    assert found.account.received == found.account.accepted + 1 == 3
    assert [(held.file, held.row, held.reason) for held in found.held] == [(str(path), 4, reason)]
    assert [row["report_id"] for row in found.report] == ["c1", "c2"]


def test_held_addresses_name_the_right_one_of_several_files(tmp_path: Path) -> None:
    good = [street_row(f"a{number}") for number in range(5)]
    bad = street_row("bad", reported_by="Nowhere")
    first = street_csv(tmp_path, *good, name="2018-11-a-street.csv")
    second = street_csv(tmp_path, good[0], bad, good[1], name="2018-12-b-street.csv.gz")
    members = {
        "2019-01-c-street.csv": street_text([bad, good[0]]).encode(),
        "x/2019-02-d-street.csv": street_text([good[0], good[1], bad]).encode(),
    }
    third = zip_of(tmp_path / "more.zip", members)
    found = read_as("police-uk", first, second, third)
    assert [(held.file, held.row) for held in found.held] == [
        (str(second), 3),
        (f"{third}: 2019-01-c-street.csv", 2),
        (f"{third}: x/2019-02-d-street.csv", 4),
    ]


def test_line_breaks_inside_a_cell_do_not_move_the_address(tmp_path: Path) -> None:
    broken = street_row("c1", location="On or near\nHigh Street")
    found = read(tmp_path, broken, street_row("c2", month="?"))
    assert [held.row for held in found.held] == [3]


@pytest.mark.parametrize("body", ["Police Service of Northern Ireland", "British Transport Police"])
def test_bodies_without_outcomes_are_not_reported(tmp_path: Path, body: str) -> None:
    found = read(tmp_path, street_row("c1", reported_by=body, category=""), street_row("c2"))
    assert found.account.not_reported == {body: 1}
    assert found.account.accepted == 2
    assert [row["report_id"] for row in found.report] == ["c2"]
    assert {row["agency"]: row["carries_outcomes"] for row in found.agencies}[body] is False
    assert "not reported" in {row["state"] for row in found.coverage}


def test_a_repeated_crime_id_is_one_report_with_two_outcomes(tmp_path: Path) -> None:
    twice = [street_row("c1", category=label) for label in ("Unable to prosecute suspect", "Suspect charged")]
    found = read(tmp_path, *twice)
    assert found.account.accepted == 2
    assert len(found.report) == len(found.crime) == 1
    assert found.outcomes() == {"c1": ["Suspect charged", "Unable to prosecute suspect"]}


@pytest.mark.parametrize("turn", [1, -1])
def test_the_lowest_rank_of_two_outcomes_is_where_a_report_stands(tmp_path: Path, turn: int) -> None:
    labels = ("Unable to prosecute suspect", "Suspect charged")[::turn]
    rows = [street_row("c1", category=label) for label in labels]
    path = street_csv(tmp_path, *rows, street_row("c2", category=labels[0]))
    given = actions.receive(tmp_path / "store", [path], "police-uk", "somebody", "Ann", "2018-11", settings=SETTINGS)[0]
    actions.accept(tmp_path / "store", given, "Bob", SETTINGS)
    row = actions.ledger(tmp_path / "store", settings=SETTINGS).rows()[0]
    assert row["received"] == 2
    assert row["prosecuted"] == (2 if turn == -1 else 1)


def test_the_penalty_notice_has_two_labels(tmp_path: Path) -> None:
    labels = (PENALTY_ALIAS, "Offender given a penalty notice")
    found = read(tmp_path, *[street_row(label, category=label) for label in labels])
    assert {row["outcome_code"] for row in found.event} == {"Offender given a penalty notice"}
    assert found.account.held == {}


def test_every_category_of_the_list_is_read(tmp_path: Path) -> None:
    codes = [
        row["code"]
        for name in ("outcomes", "status_labels")
        for row in codelists.load(name)
        if row["scheme"] == "police-uk"
    ]
    found = read(tmp_path, *[street_row(code, category=code) for code in codes])
    assert found.account.accepted == len(found.event) == len(codes) > 25


def test_no_category_is_no_event(tmp_path: Path) -> None:
    found = read(tmp_path, street_row("c1", category=""))
    assert found.account.accepted == 1
    assert found.event == []


def test_the_as_at_is_the_last_month_unless_declared(tmp_path: Path) -> None:
    path = street_csv(tmp_path, street_row("c1", month="2018-10"), street_row("c2", month="2018-12"))
    guessed = read_as("police-uk", path)
    assert guessed.rows.as_at == date(2018, 12, 31)
    assert "--as-at" in guessed.rows.as_at_says
    declared = read_as("police-uk", path, as_at=date(2021, 12, 22))
    assert (declared.rows.as_at, declared.rows.as_at_says) == (date(2021, 12, 22), "declared by the sender")
    assert {row["event_date"] for row in declared.event} == {date(2018, 10, 31), date(2018, 12, 31)}
    assert (declared.rows.first_day, declared.rows.last_day) == (date(2018, 10, 31), date(2018, 12, 31))


def test_a_download_of_all_kinds_keeps_the_street_files(tmp_path: Path) -> None:
    street_csv(tmp_path)
    write(tmp_path / "2018-11-lancashire-outcomes.csv", b"Crime ID,Month\nx,2018-11\n")
    found = read_as("police-uk", tmp_path)
    assert found.account.received == 1
    assert "Passed over, not a street file: 2018-11-lancashire-outcomes.csv." in found.rows.notes


@pytest.mark.parametrize("name", ["renamed.csv", "renamed.CSV", "a[1]-street.csv", "b*-street.csv.gz"])
def test_a_renamed_file_still_reads(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, street_row(), name=name).account.accepted == 1


def test_a_name_that_looks_like_a_pattern_names_itself_alone(tmp_path: Path) -> None:
    street_csv(tmp_path, street_row("other"), name="a1-street.csv")
    found = read(tmp_path, street_row("asked"), name="a[1]-street.csv")
    assert [row["report_id"] for row in found.report] == ["asked"]


@pytest.mark.parametrize("name", ["filename", "", "Month", "row", "file", "Crime ID"])
def test_a_further_column_of_any_name_does_no_harm(tmp_path: Path, name: str) -> None:
    text = street_text([street_row()]).replace(STREET["context"], name)
    found = read_as("police-uk", write(tmp_path / "a-street.csv", text.encode()))
    assert [row["report_id"] for row in found.report] == ["c1"]


@pytest.mark.parametrize(("old", "new"), [("\n", "\r\n"), ("Crime ID", "\ufeffCrime ID"), ("Month", "MONTH")])
def test_other_line_ends_a_mark_and_other_letter_case_are_read(tmp_path: Path, old: str, new: str) -> None:
    text = street_text([street_row("c1"), street_row("c2", location="Café")]).replace(old, new)
    found = read_as("police-uk", write(tmp_path / "a-street.csv", text.encode()))
    assert found.account.accepted == 2


def test_the_receipt_quotes_no_value_of_a_held_row(tmp_path: Path) -> None:
    bad = [street_row(CANARY, **{field: CANARY}) for field in ("month", "reported_by", "category", "location")]
    receipt = actions.check([street_csv(tmp_path, *bad)], "police-uk", settings=SETTINGS)
    assert sum(receipt.held.values()) == 3
    assert CANARY not in str(receipt.as_json()) + "".join(receipt.sentences())


def test_a_thousand_held_rows_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, *[street_row(f"c{number}", month="?") for number in range(1203)])
    assert found.account.held == {"no_date": 1203}
    assert len(found.held) == 1000


def test_without_a_row_in_scope_the_as_at_is_now(tmp_path: Path) -> None:
    found = read(tmp_path, street_row("c1", month="?"))
    assert found.rows.as_at == datetime(2025, 6, 1, tzinfo=UTC).date()
    assert (found.rows.first_day, found.rows.last_day) == (None, None)
