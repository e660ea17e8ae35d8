"""The trail: every change has its row, and a row edited, taken out, moved or put in is found."""

from __future__ import annotations

import ast
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from onrecord import actions, trail
from onrecord.errors import OnrecordError, StoreRefused, WrongWords
from onrecord.store.catalogue import FILE, Transaction
from tests.standard_files import a_return, agreed
from tests.unit.factories import SETTINGS, street_csv


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which something of several kinds was done."""
    folder = tmp_path_factory.mktemp("made")
    store = agreed(folder / "store", SETTINGS)
    sent = [a_return(folder / "sent")]
    actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    actions.accept(store, "R0001", "Bob", SETTINGS)
    actions.ledger(store, settings=SETTINGS)
    actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    actions.withdraw(store, "R0002", "Ann", "test", SETTINGS)
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy for each test: what one does to it, no other sees."""
    return Path(shutil.copytree(made, tmp_path / "store"))


def test_every_change_and_every_figure_has_its_row(store: Path) -> None:
    rows = [(row["who"], row["what"], row["which"]) for row in actions.trail(store, SETTINGS)]
    assert rows == [
        ("Ann", "agreement", "EXAMPLE-AGREEMENT-1"),
        ("the tests", "store made", ""),
        ("Ann", "received", "R0001"),
        ("Bob", "accepted", "R0001"),
        ("the tests", "counted", ""),
        ("the tests", "read", "R0001"),
        ("Ann", "received", "R0002"),
        ("Ann", "withdrawn", "R0002"),
    ]
    assert actions.verify_trail(store, settings=SETTINGS)[0] == []


def harmed(store: Path, *statements: str) -> list[str]:
    """What is found after somebody wrote into the catalogue by hand."""
    with sqlite3.connect(store / FILE) as connection:
        connection.executescript("DROP TRIGGER trail_no_update; DROP TRIGGER trail_no_delete;")
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return actions.verify_trail(store, settings=SETTINGS)[0]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE trail SET who = 'Eve' WHERE number = 3", "Row 3 was altered"),
        ("UPDATE trail SET at = '2020-01-01T00:00:00+00:00' WHERE number = 3", "Row 3 was altered"),
        ("UPDATE trail SET detail = '{}' WHERE number = 3", "Row 3 was altered"),
        ("DELETE FROM trail WHERE number = 3", "Row 3 is missing"),
        ("DELETE FROM trail WHERE number = 1", "Row 1 is missing"),
        ("UPDATE trail SET mark = NULL WHERE number = 4", "Row 4 was not written with this store's key"),
    ],
)
def test_a_row_edited_or_taken_out_is_found(store: Path, statement: str, says: str) -> None:
    assert any(says in fault for fault in harmed(store, statement))
    assert any(f"The trail: {says}" in fault for fault in actions.doctor(store, SETTINGS)[1])


def test_two_rows_in_each_others_place_are_found(store: Path) -> None:
    swap = ("UPDATE trail SET number = 99 WHERE number = 3", "UPDATE trail SET number = 3 WHERE number = 4")
    assert harmed(store, *swap, "UPDATE trail SET number = 4 WHERE number = 99")


def test_a_trail_written_anew_without_the_key_is_found(store: Path) -> None:
    """Whoever has the store and not the key can make the hashes fit, and cannot make the marks."""
    with sqlite3.connect(store / FILE) as connection:
        connection.row_factory = sqlite3.Row
        rows = list(trail.read(connection))
        connection.executescript("DROP TRIGGER trail_no_update; DROP TRIGGER trail_no_delete;")
        connection.execute("DELETE FROM trail")
        for row in rows:
            detail = ast.literal_eval(row["detail"]) if row["detail"] else {}
            who = "Eve" if row["number"] == 4 else row["who"]
            trail.append(connection, trail.Act(row["at"], who, row["what"], row["which"], row["purpose"], detail), None)
    connection.close()
    assert actions.verify_trail(store, settings=SETTINGS)[0] != []


def test_a_trail_cut_off_at_its_end_is_found_by_a_head_noted_before(store: Path) -> None:
    _, head = actions.verify_trail(store, settings=SETTINGS)
    assert harmed(store, "DELETE FROM trail WHERE number = 8") == []
    assert any("rows were cut off" in fault for fault in actions.verify_trail(store, head, SETTINGS)[0])
    with pytest.raises(WrongWords, match="NUMBER:HASH"):
        actions.verify_trail(store, "seven", SETTINGS)


def test_a_later_trail_still_holds_an_earlier_head(store: Path) -> None:
    _, head = actions.verify_trail(store, settings=SETTINGS)
    actions.ledger(store, settings=SETTINGS)
    assert actions.verify_trail(store, head, SETTINGS)[0] == []


def test_the_database_itself_refuses_to_alter_a_row(store: Path) -> None:
    connection = sqlite3.connect(store / FILE)
    for statement in ("UPDATE trail SET who = 'Eve'", "DELETE FROM trail"):
        with pytest.raises(sqlite3.IntegrityError, match="never altered"):
            connection.execute(statement)
    connection.close()


CHANGES: dict[str, Callable[[Path, Path], object]] = {
    "receive": lambda store, sent: actions.receive(
        store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS
    ),
    "accept": lambda store, _: actions.accept(store, "R0003", "Bob", SETTINGS),
    "withdraw": lambda store, _: actions.withdraw(store, "R0001", "Ann", "test", SETTINGS),
    "agree": lambda store, _: agreed(store, SETTINGS, "OTHER"),
    "expect": lambda store, _: actions.expect(store, "North", "month", "2024-01", settings=SETTINGS),
    "erase a return": lambda store, _: actions.erase_return(store, "R0001", "Ann", "Bob", "x", SETTINGS),
    "rotate": lambda store, _: actions.rotate_keys(store, "Ann", SETTINGS),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_change_without_its_row(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Where the row cannot be written, nothing is changed."""
    sent = a_return(tmp_path / "again")
    actions.receive(store, [sent], "standard", "North", "Ann", "2024-01", settings=SETTINGS)

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("the trail cannot be written")

    def all_of_it() -> tuple[object, ...]:
        return actions.returns(store, SETTINGS), actions.agreements(store, SETTINGS), actions.trail(store, SETTINGS)

    before = all_of_it()
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "write_down", refuse)
        with pytest.raises(StoreRefused, match="the trail cannot be written"):
            CHANGES[name](store, sent)
    assert all_of_it() == before
    assert actions.doctor(store, SETTINGS)[1] == []


def test_a_clock_set_back_changes_nothing_and_is_said(store: Path, tmp_path: Path) -> None:
    back = replace(SETTINGS, now=SETTINGS.now - timedelta(days=1))
    before = actions.returns(store, SETTINGS)
    with pytest.raises(StoreRefused, match="Set the clock right"):
        actions.receive(store, [street_csv(tmp_path)], "police-uk", "x", "Ann", "2018-11", settings=back)
    with pytest.raises(OnrecordError, match="Set the clock right"):
        actions.withdraw(store, "R0001", "Ann", "test", back)
    assert actions.returns(store, SETTINGS) == before
    little = replace(SETTINGS, now=SETTINGS.now - timedelta(minutes=1))
    actions.withdraw(store, "R0001", "Ann", "test", little)
    assert actions.verify_trail(store, settings=SETTINGS)[0] == []


def by_hand(store: Path, statement: str) -> list[str]:
    """What the doctor says after somebody wrote into the catalogue."""
    with sqlite3.connect(store / FILE) as connection:
        connection.execute(statement)
    connection.close()
    return actions.doctor(store, SETTINGS)[1]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE returns SET state = 'accepted' WHERE id = 'R0002'", "says accepted, the trail withdrawn"),
        ("UPDATE returns SET accepted_by = 'Eve' WHERE id = 'R0001'", "the catalogue was altered"),
        ("DELETE FROM returns WHERE id = 'R0001'", "R0001: the trail tells of it, and it is not in the catalogue"),
        ("UPDATE returns SET generation = 2 WHERE id = 'R0001'", "R0001"),
        ("UPDATE returns SET sender = 'Eve' WHERE id = 'R0001'", "differ in sender"),
        ("UPDATE returns SET accepted = 99 WHERE id = 'R0001'", "differ in accepted"),
        ("UPDATE agreements SET purposes = '[]'", "sharing agreements in the catalogue are not those"),
    ],
)
def test_a_catalogue_that_was_written_into_is_found(store: Path, statement: str, says: str) -> None:
    assert any(says in fault for fault in by_hand(store, statement))


def test_what_an_older_catalogue_does_not_know_is_set_aside_and_not_lost(store: Path, tmp_path: Path) -> None:
    older = (store / FILE).read_bytes()
    sent = [a_return(tmp_path / "third")]
    actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=SETTINGS)
    newer = (store / FILE).read_bytes()
    (store / FILE).write_bytes(older)
    said: list[str] = []
    assert len(actions.returns(store, replace(SETTINGS, notice=said.append))) == 2
    assert "R0003 lies there and is not in the catalogue" in said[0]
    (aside,) = (store / "set-aside").iterdir()
    (store / FILE).write_bytes(newer)
    aside.rename(store / "returns" / "R0003")
    assert actions.doctor(store, SETTINGS)[1] == []
    actions.accept(store, "R0003", "Bob", SETTINGS)


def test_a_sealed_store_that_is_said_to_be_open_is_refused(store: Path) -> None:
    with sqlite3.connect(store / FILE) as connection:
        connection.execute("UPDATE about SET value = 'open' WHERE name = 'kind'")
    connection.close()
    with pytest.raises(StoreRefused, match="it was altered"):
        actions.verify_trail(store, settings=SETTINGS)


def test_published_is_no_agreement(store: Path, tmp_path: Path) -> None:
    sent = [a_return(tmp_path / "other")]
    with pytest.raises(WrongWords, match="is no sharing agreement"):
        actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=SETTINGS, agreement="published")
