"""A ledger return goes the whole way: checked, received, accepted, and shown as counts that the agency made itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from onrecord import actions
from onrecord.standard.ledger_template import ledger_template_csv
from tests.standard_files import about as about_the_return
from tests.standard_files import declares, write_records
from tests.unit.factories import SETTINGS

COUNTS = {
    "as_at": "2024-06-30",
    "definition_version": "CSE-2017-ENG",
    "received": "157",
    "prosecuted": "9",
    "out_of_court": "2",
    "diverted": "0",
    "live": "32",
    "unaccounted": "107",
    "transferred": "0",
    "no_further_action": "7",
    "not_a_crime": "0",
    "duplicates": "3",
}


def filled(folder: Path, **changed: str) -> Path:
    """The sheet for two months, filled in as a force would."""
    folder.mkdir(exist_ok=True)
    path = folder / "ledger-return.csv"
    rows = list(csv.DictReader(ledger_template_csv("2023-01..2023-02", "lancashire").splitlines()))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, **COUNTS, **(changed if number else {})} for number, row in enumerate(rows)])
    return path


def about(folder: Path, declaration: dict[str, str]) -> None:
    """The return's own row and a declaration beside the sheet."""
    row = about_the_return("2023-01..2023-02", tables="ledger_return", as_at="2024-06-30", sent_date="2024-06-30")
    write_records(folder, {"return": [row], "declaration": [declaration]})


def received(store: Path, file: Path) -> str:
    number, _ = actions.receive(store, [file], "standard", "Lancashire", "Ann", "2023-01..2023-02", settings=SETTINGS)
    return actions.accept(store, number, "Bob", SETTINGS).id


def test_counts_stand_in_a_ledger_of_their_own(tmp_path: Path) -> None:
    received(tmp_path / "s", filled(tmp_path / "f"))
    made = actions.ledger(tmp_path / "s", settings=SETTINGS)
    rows = made.rows()
    assert made.figures == ()
    assert [(row["area"], row["period"], row["received"], row["unaccounted"], row["origin"]) for row in rows] == [
        ("Lancashire", "2023-01", 157, 107, "agency counts"),
        ("Lancashire", "2023-02", 157, 107, "agency counts"),
    ]


def test_a_later_sheet_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    received(tmp_path / "s", filled(tmp_path / "f"))
    received(tmp_path / "s", filled(tmp_path / "f", unaccounted="106", live="33"))
    rows = actions.ledger(tmp_path / "s", settings=SETTINGS).rows()
    assert [(row["period"], row["unaccounted"]) for row in rows] == [("2023-01", 107), ("2023-02", 106)]


def test_a_month_that_does_not_add_up_is_held(tmp_path: Path) -> None:
    receipt = actions.check([filled(tmp_path / "f", received="158")], settings=SETTINGS)
    assert (receipt.accepted, receipt.held) == (1, {"ledger_return.received.sums_to": 1})


@pytest.mark.parametrize(("place", "months"), [("Lancashire", 2), ("E23000003", 2)])
def test_counts_can_be_asked_for_by_place_and_period(tmp_path: Path, place: str, months: int) -> None:
    received(tmp_path / "s", filled(tmp_path / "f"))
    by_place = actions.ledger(tmp_path / "s", actions.Asked(place=place), settings=SETTINGS)
    assert len(by_place.rows()) == months
    one_month = actions.ledger(tmp_path / "s", actions.Asked(period="2023-02"), settings=SETTINGS)
    assert [row["period"] for row in one_month.rows()] == ["2023-02"]


@pytest.mark.parametrize(
    ("included", "says"),
    [
        (
            "false",
            "Lancashire Constabulary: left out of the ledger at its sender's word (known to be incomplete).",
        ),
        ("true", "Lancashire Constabulary: known to be incomplete, says its sender of the ledger."),
    ],
)
def test_what_the_sender_declares_stands_beside_its_own_counts(tmp_path: Path, included: str, says: str) -> None:
    sheet = filled(tmp_path / "f")
    about(tmp_path / "f", declares(included, "incomplete"))
    received(tmp_path / "s", tmp_path / "f")
    rows = actions.ledger(tmp_path / "s", settings=SETTINGS).rows()
    assert sheet.exists()
    assert [any(note.startswith(says) for note in row["notes"]) for row in rows] == [True, True]


def test_counts_without_a_declaration_stand_without_a_word(tmp_path: Path) -> None:
    received(tmp_path / "s", filled(tmp_path / "f"))
    rows = actions.ledger(tmp_path / "s", settings=SETTINGS).rows()
    assert not any("says its sender" in note or "left out" in note for row in rows for note in row["notes"])
