"""Zero returns, with files and without: a true zero is received, accepted and shown; silence never is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord import actions
from onrecord.__main__ import cli
from onrecord.actions import Asked
from onrecord.errors import FileRefused, WrongWords
from onrecord.intake.receipt import NOTHING_ACCEPTED, ZERO_RETURN
from tests.clock import run_with
from tests.standard_files import a_return, a_zero_return, agreed, covered, report
from tests.unit.factories import SETTINGS, street_csv, street_row

TODAY = replace(SETTINGS, now=datetime(2024, 5, 10, 12, tzinfo=UTC))


def accepted(store: Path, folder: Path, period: str = "2024-01", sender: str = "North") -> None:
    number, _ = actions.receive(store, [folder], "standard", sender, "Ann", period, settings=TODAY)
    actions.accept(store, number, "Bob", TODAY)


def zero(store: Path, period: str = "2024-02", *agencies: str, sender: str = "North") -> None:
    number, receipt = actions.receive_zero(store, agencies or ("north",), sender, "Ann", period, TODAY)
    assert receipt.verdict == ZERO_RETURN
    actions.accept(store, number, "Bob", TODAY)


def rows(store: Path, **asked: object) -> list[dict[str, object]]:
    return actions.ledger(store, Asked(**asked), TODAY).rows()  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["nation", "area", "agency", "month"])
def test_a_store_of_zero_returns_has_a_ledger_of_zeros(tmp_path: Path, by: str) -> None:
    accepted(tmp_path / "store", a_zero_return(tmp_path / "sent"))
    [row] = rows(tmp_path / "store", by=by)
    assert (row["received"], row["live"], row["as_at"]) == (0, 0, "2024-01-31")
    assert row["coverage"] == "1 agency, 1 of 1 agency-months reported (1 zero return)"


def test_a_zero_return_without_files_is_one_with_them(tmp_path: Path) -> None:
    accepted(tmp_path / "with", a_zero_return(tmp_path / "sent", "2024-02"), "2024-02")
    zero(tmp_path / "without")
    [one], [other] = rows(tmp_path / "with", by="agency"), rows(tmp_path / "without", by="agency")
    assert one == other


def test_zeros_and_reports_of_one_agency_stand_side_by_side(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", TODAY)
    accepted(store, a_return(tmp_path / "sent"))
    zero(store, "2024-02..2024-03")
    assert [(row["period"], row["received"]) for row in rows(store, by="month")] == [
        ("2024-01", 1),
        ("2024-02", 0),
        ("2024-03", 0),
    ]
    assert rows(store)[0]["coverage"] == "1 agency, 3 of 3 agency-months reported (2 zero returns)"
    assert [row["received"] for row in rows(store, period="2024-02")] == [0]


def test_a_zero_in_place_of_reports_makes_them_vanish_and_drops_none(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", TODAY)
    accepted(store, a_return(tmp_path / "sent", "2023"), "2023")
    zero(store, "2023")
    [row] = rows(store)
    assert (row["received"], row["unaccounted_because"]) == (1, {"vanished": 1})


def test_a_zero_return_is_of_the_unit_layout_and_place_that_the_sender_has(tmp_path: Path) -> None:
    store = tmp_path / "store"
    file = street_csv(tmp_path, street_row("c1", month="2024-01"))
    number, _ = actions.receive(store, [file], "police-uk", "Lancashire", "Ann", "2024-01", settings=TODAY)
    actions.accept(store, number, "Bob", TODAY)
    zero(store, "2024-02", "lancashire", sender="Lancashire")
    assert [(entry.unit, entry.adapter) for entry in actions.returns(store)] == [("crime", "police-uk")] * 2
    [row] = rows(store, by="agency")
    assert (row["nation"], row["received"]) == ("England and Wales", 1)


def test_a_zero_return_waits_and_is_not_accepted_by_its_receiver(tmp_path: Path) -> None:
    store = tmp_path / "store"
    actions.receive_zero(store, ["north"], "North", "Ann", "2024-02", TODAY)
    assert rows(store) == []
    [entry] = actions.returns(store)
    assert (entry.state, entry.received, entry.accepted, entry.as_at) == ("received", 0, 0, "2024-02-29")
    assert entry.receipt["verdict"] == ZERO_RETURN


def test_a_zero_return_that_holds_reports_of_its_period_is_found_by_a_rule_and_not_received(tmp_path: Path) -> None:
    sent = a_zero_return(tmp_path / "sent", report=[report()])
    receipt = actions.check([sent], settings=TODAY)
    assert receipt.verdict == NOTHING_ACCEPTED
    [found] = receipt.findings_by("return.zero_return.but_reports")
    assert found.address.file.endswith("return.csv")
    with pytest.raises(WrongWords, match="nothing in these files can be accepted"):
        actions.receive(tmp_path / "store", [sent], "standard", "x", "Ann", "2024-01", settings=TODAY)
    assert not (tmp_path / "store").exists()


def test_a_zero_return_that_holds_rows_which_no_rule_holds_against_it_is_refused(tmp_path: Path) -> None:
    """A report of another period passes the rule about reports of this one, and is no nothing either."""
    sent = a_zero_return(tmp_path / "sent", report=[report(day="2023-12-10")])
    for ask in (
        lambda: actions.check([sent], settings=TODAY),
        lambda: actions.receive(tmp_path / "store", [sent], "standard", "x", "Ann", "2024-01", settings=TODAY),
    ):
        with pytest.raises(FileRefused, match=r"says that there was nothing.*holds 1 rows of report"):
            ask()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("coverage", [None, covered(state="reported")])
def test_a_zero_return_names_its_agencies_and_months(tmp_path: Path, coverage: list[dict[str, str]] | None) -> None:
    sent = a_zero_return(tmp_path / "sent", **({"coverage": coverage} if coverage else {}))
    if coverage is None:
        (sent / "coverage.csv").unlink()
    with pytest.raises(FileRefused, match="of which agencies and months there was nothing"):
        actions.receive(tmp_path / "store", [sent], "standard", "x", "Ann", "2024-01", settings=TODAY)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"agencies": []}, "whose zero it is"),
        ({"agencies": [" "]}, "--agency is empty"),
        ({"sender": ""}, "--from is empty"),
        ({"by": ""}, "--by is empty"),
        ({"period": "soon"}, "not a period"),
        ({"period": "2024-05"}, "2024-05 is not over.*from 2024-06-01 on"),
        ({"adapter": "excel"}, "'excel'"),
    ],
)
def test_words_that_make_no_sense_are_a_letter(tmp_path: Path, words: dict[str, object], says: str) -> None:
    usual = {"agencies": ["north"], "sender": "North", "by": "Ann", "period": "2024-02", "settings": TODAY}
    with pytest.raises(WrongWords, match=says):
        actions.receive_zero(tmp_path / "store", **{**usual, **words})  # type: ignore[arg-type]
    assert not (tmp_path / "store").exists()


def test_the_last_day_of_a_period_is_too_early(tmp_path: Path) -> None:
    last = replace(TODAY, now=datetime(2024, 2, 29, 23, tzinfo=UTC))
    with pytest.raises(WrongWords, match="is not over"):
        actions.receive_zero(tmp_path / "s", ["north"], "North", "Ann", "2024-02", last)


def test_a_site_can_be_made_of_zero_returns(tmp_path: Path) -> None:
    zero(tmp_path / "store", "2024-02", "lancashire")
    files = actions.publish(tmp_path / "store", tmp_path / "site", TODAY)
    [page] = [file for file in files if file.name == "ledgers.html"]
    assert "zero return" in page.read_text(encoding="utf-8")


def test_the_command_takes_files_or_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_with(TODAY, monkeypatch)
    store, names = str(tmp_path / "store"), ["--from", "North", "--by", "Ann", "--period", "2024-02"]
    made = CliRunner().invoke(cli, ["receive", store, "--zero", "--agency", "north", "--agency", "south", *names])
    assert (made.exit_code, made.stdout) == (0, "R0001\n"), made.output
    assert "Verdict: acceptable, a zero return." in made.stderr
    done = CliRunner().invoke(cli, ["accept", store, "R0001", "--by", "Bob"])
    assert done.stdout == "R0001 accepted by Bob: a zero return from North, 2024-02.\n"
    shown = CliRunner().invoke(cli, ["ledger", store, "--by", "agency", "--format", "json"])
    assert [(row["agency"], row["received"]) for row in json.loads(shown.stdout)] == [("north", 0), ("south", 0)]
    for words, says in (
        ([], "Name the files"),
        (["--zero"], "whose zero"),
        (["file.csv", "--zero", "--agency", "north"], "leave out the files"),
        (["--zero", "--as-at", "2024-02-29", "--agency", "north"], "leave out the files"),
        (["file.csv", "--agency", "north"], "goes with --zero alone"),
    ):
        result = CliRunner().invoke(cli, ["receive", store, *words, *names])
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert says in result.stderr
