"""The store: what is in it stays, what is not whole is not in it, and two people move a return."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onrecord import actions
from onrecord.engine import open_engine
from onrecord.errors import NotPermitted, OnrecordError, StoreRefused
from onrecord.settings import Settings
from onrecord.store import returns as room
from onrecord.store.catalogue import FILE, Transaction
from onrecord.store.returns import Store
from tests.unit.factories import SETTINGS, WITHOUT_KEY, Incident, nibrs_zip, street_csv, street_row

LATER = replace(SETTINGS, now=SETTINGS.now + timedelta(days=1))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder for a store; not there yet."""
    return tmp_path / "store"


def receive(store: Path, file: Path, by: str = "Ann", period: str = "2018-11") -> str:
    adapter = "nibrs" if file.suffix == ".zip" else "police-uk"
    return actions.receive(store, [file], adapter, "somebody", by, period, settings=SETTINGS)[0]


def accepted(store: Path, file: Path) -> str:
    return actions.accept(store, receive(store, file), "Bob", SETTINGS).id


def test_returns_are_numbered_in_the_order_in_which_they_came(store: Path, tmp_path: Path) -> None:
    file = street_csv(tmp_path)
    assert [receive(store, file) for _ in range(3)] == ["R0001", "R0002", "R0003"]
    assert [(entry.id, entry.number, entry.state) for entry in actions.returns(store)] == [
        ("R0001", 1, "received"),
        ("R0002", 2, "received"),
        ("R0003", 3, "received"),
    ]


def test_a_return_says_what_it_is(store: Path, tmp_path: Path) -> None:
    receive(store, street_csv(tmp_path, street_row("c1"), street_row("c2", month="?")))
    (entry,) = actions.returns(store)
    assert (entry.adapter, entry.sender, entry.period, entry.unit) == ("police-uk", "somebody", "2018-11", "crime")
    assert (entry.received, entry.accepted, entry.held, entry.out_of_scope) == (2, 1, 1, 0)
    assert (entry.received_by, entry.accepted_by) == ("Ann", None)
    assert (entry.received_at, entry.as_at) == ("2025-06-01T12:00:00+00:00", "2018-11-30")
    assert entry.receipt["reasons"]["held"] == {"no_date": 1}


def test_acceptance_is_by_somebody_else_and_is_written_down(store: Path, tmp_path: Path) -> None:
    receive(store, street_csv(tmp_path))
    done = actions.accept(store, "r0001", " Bob ", LATER)
    assert (done.state, done.accepted_by, done.accepted_at) == ("accepted", "Bob", "2025-06-02T12:00:00+00:00")
    assert actions.returns(store) == [done]


@pytest.mark.parametrize("name", ["Ann Lee", "ann lee", " ANN   LEE ", "Ann\tLee"])
def test_the_receiver_may_not_accept(store: Path, tmp_path: Path, name: str) -> None:
    receive(store, street_csv(tmp_path), by="Ann Lee")
    with pytest.raises(NotPermitted, match="Ann Lee"):
        actions.accept(store, "R0001", name)
    assert actions.returns(store)[0].state == "received"


def test_a_return_is_accepted_once(store: Path, tmp_path: Path) -> None:
    accepted(store, street_csv(tmp_path))
    before = actions.returns(store)
    with pytest.raises(StoreRefused, match="already accepted"):
        actions.accept(store, "R0001", "Cat", LATER)
    assert actions.returns(store) == before


def test_an_unknown_return_is_named_with_those_there_are(store: Path, tmp_path: Path) -> None:
    receive(store, street_csv(tmp_path))
    with pytest.raises(StoreRefused, match=r"R0009.*R0001"):
        actions.accept(store, "R0009", "Bob")


@pytest.mark.parametrize("name", ["", " "])
def test_names_are_asked_for(store: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(OnrecordError, match="--by"):
        receive(store, street_csv(tmp_path), by=name)
    assert not store.exists()
    receive(store, street_csv(tmp_path))
    with pytest.raises(OnrecordError, match="--by"):
        actions.accept(store, "R0001", name)


@pytest.mark.parametrize("settings", [SETTINGS, WITHOUT_KEY], ids=["sealed", "open"])
def test_the_originals_are_kept_byte_for_byte(store: Path, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = [street_csv(tmp_path / "a"), street_csv(tmp_path / "b", street_row("other"))]
    actions.receive(store, files, "police-uk", "somebody", "Ann", "2018-11", settings=settings)
    place = store / "returns" / "R0001" / "1"
    manifest = json.loads((place / "manifest.json").read_text())
    for name, digest in manifest["files"].items():
        suffix = ".sealed" if settings.keys else ""
        assert hashlib.sha256((place / f"{name}{suffix}").read_bytes()).hexdigest() == digest
    if settings.keys:
        # Whoever guessed a file could confirm it by the hash of what is sealed.
        assert "content" not in manifest
    else:
        given = {digest for name, digest in manifest["content"].items() if name.startswith("original/0")}
        assert given == {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    opened = Store.open(store, settings)
    assert opened.originals(opened.find("R0001")) == [(file.name, file.read_bytes()) for file in files]
    assert (manifest["id"], manifest["receipt"]["received"]) == ("R0001", 2)


def test_rows_can_be_read_again(store: Path, tmp_path: Path) -> None:
    for key in ("c1", "c2"):
        receive(store, street_csv(tmp_path, street_row(key)))
    opened = Store.open(store, SETTINGS)
    with open_engine(SETTINGS) as engine:
        table = opened.read(engine, opened.all(), "report")
        assert table is not None
        rows = table.select("report_id", "return_no").order_by("return_no").to_pyarrow().to_pylist()
        assert opened.read(engine, opened.all(), "involvement") is None
    assert rows == [{"report_id": "c1", "return_no": 1}, {"report_id": "c2", "return_no": 2}]


COMMAND = "import sys; from onrecord.__main__ import main; main(sys.argv[1:])"


def start(store: Path, file: Path, by: str) -> subprocess.Popen[str]:
    words = ["receive", str(store), str(file), "--as", "police-uk", "--from", "x", "--by", by, "--period", "2018-11"]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_processes_that_receive_at_once_both_land(store: Path, tmp_path: Path) -> None:
    files = [street_csv(tmp_path, street_row(key), name=f"{key}-street.csv") for key in ("c1", "c2", "c3")]
    running = [start(store, file, file.name) for file in files]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sorted(out.strip() for out, _ in said) == ["R0001", "R0002", "R0003"]
    assert {entry.id: entry.received_by for entry in actions.returns(store)} == {
        out.strip(): file.name for (out, _), file in zip(said, files, strict=True)
    }


def test_a_store_that_another_command_is_making_is_waited_for(store: Path, tmp_path: Path) -> None:
    """Between the folder and the catalogue, and between the catalogue and its table, somebody else may come."""
    (store / "returns").mkdir(parents=True)
    assert receive(store, street_csv(tmp_path)) == "R0001"


def test_a_catalogue_that_was_only_begun_is_finished(store: Path, tmp_path: Path) -> None:
    (store / "returns").mkdir(parents=True)
    (store / FILE).touch()
    assert receive(store, street_csv(tmp_path)) == "R0001"


def crash(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_stop_before_the_entry_leaves_nothing_visible(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = street_csv(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "add_return", crash)
        with pytest.raises(KeyboardInterrupt):
            receive(store, file)
    assert actions.returns(store) == []
    assert actions.ledger(store, settings=SETTINGS).rows() == []
    again = receive(store, file)
    assert [entry.id for entry in actions.returns(store)] == [again]
    assert actions.accept(store, again, "Bob", SETTINGS).accepted == 1


@pytest.mark.parametrize("step", ["_named", "parquet_bytes", "_write_manifest", "_move_into_place"])
def test_a_stop_at_any_step_leaves_nothing_visible(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    file = street_csv(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(room, step, crash)
        with pytest.raises(KeyboardInterrupt):
            receive(store, file)
    assert actions.returns(store) == []
    assert list((store / "incoming").glob("*")) == []
    assert receive(store, file) == "R0001"


def test_a_full_disk_is_a_letter(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room, "_write_manifest", full)
    with pytest.raises(StoreRefused, match=r"No space left on device.*Nothing was stored"):
        receive(store, street_csv(tmp_path))
    assert actions.returns(store) == []


def not_a_folder(store: Path) -> None:
    store.write_text("hello")


def other_things(store: Path) -> None:
    store.mkdir()
    (store / "letters.txt").write_text("hello")


def below_a_file(store: Path) -> None:
    store.parent.rmdir()
    store.parent.write_text("hello")


def foreign_catalogue(store: Path) -> None:
    store.mkdir()
    (store / FILE).write_bytes(b"This is no catalogue at all. " * 100)


@pytest.mark.parametrize("spoil", [not_a_folder, other_things, below_a_file, foreign_catalogue])
def test_a_folder_that_is_no_store_is_refused_and_left_alone(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    store = tmp_path / "here" / "store"
    store.parent.mkdir()
    spoil(store)
    before = sorted(path for path in (tmp_path / "here").rglob("*") if path.name != "returns")
    with pytest.raises(StoreRefused) as refused:
        receive(store, street_csv(tmp_path))
    assert str(store) in str(refused.value)
    assert sorted(path for path in (tmp_path / "here").rglob("*") if path.name != "returns") == before


@pytest.mark.parametrize("verb", [actions.returns, actions.ledger])
def test_where_there_is_no_store_none_is_made(store: Path, verb: Callable[[Path], object]) -> None:
    with pytest.raises(StoreRefused, match="there is no store here"):
        verb(store)
    assert not store.exists()


def test_a_busy_catalogue_is_a_letter(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(store, street_csv(tmp_path))
    monkeypatch.setattr("onrecord.store.catalogue.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(store / FILE, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreRefused, match="another command"):
            actions.returns(store)
    finally:
        other.close()
    assert len(actions.returns(store)) == 1


def test_a_later_return_of_a_report_counts_once_it_is_accepted(store: Path, tmp_path: Path) -> None:
    first = street_csv(tmp_path, street_row("c1"), street_row("c2", category="Suspect charged"))
    accepted(store, first)
    before = actions.ledger(store, settings=SETTINGS).rows()[0]
    assert (before["received"], before["prosecuted"]) == (2, 1)
    mended = street_csv(tmp_path, street_row("c1", category="Suspect charged"), street_row("c3"))
    later = receive(store, mended)
    assert actions.ledger(store, settings=SETTINGS).rows()[0] == before
    actions.accept(store, later, "Bob", SETTINGS)
    after = actions.ledger(store, settings=SETTINGS).rows()[0]
    assert (after["received"], after["prosecuted"]) == (3, 2)


def test_the_later_return_wins_whatever_was_accepted_first(store: Path, tmp_path: Path) -> None:
    old = receive(store, nibrs_zip(tmp_path, Incident("1", arrests=("11A",)), name="old.zip"), period="2019")
    new = receive(store, nibrs_zip(tmp_path, Incident("1", clearance="D"), name="new.zip"), period="2019")
    for entry in (new, old):
        actions.accept(store, entry, "Bob", SETTINGS)
    row = actions.ledger(store, settings=SETTINGS).rows()[0]
    assert (row["received"], row["prosecuted"], row["no_further_action"]) == (1, 0, 1)
