"""What was known on a day can be shown again, byte for byte, whatever came afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onrecord import actions
from onrecord.actions import Asked
from onrecord.errors import NotCovered, WrongWords
from onrecord.settings import Settings
from onrecord.standard import rules
from tests.standard_files import a_return, agreed, event, report
from tests.unit.factories import SETTINGS

START = datetime(2024, 2, 5, 9, tzinfo=UTC)


def on_day(number: int) -> Settings:
    return replace(SETTINGS, now=START + timedelta(days=number))


def taken_in(store: Path, folder: Path, sender: str, period: str, day: int, supersedes: str | None = None) -> str:
    return_id, _ = actions.receive(
        store, [folder], "standard", sender, "Ann", period, settings=on_day(day), supersedes=supersedes
    )
    actions.accept(store, return_id, "Bob", on_day(day))
    return return_id


def ledger_bytes(store: Path, settings: Settings, known_at: datetime | None = None) -> bytes:
    made = actions.ledger(store, Asked(by="agency", known_at=known_at), settings)
    return json.dumps(made.rows(), indent=1).encode()


def test_the_same_bytes_after_twenty_returns_a_rule_change_and_an_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = agreed(tmp_path / "store", on_day(0))
    actions.expect(store, "North", "month", "2024-01", agencies=["north"], settings=on_day(0))
    taken_in(store, a_return(tmp_path / "n", "2024-01"), "North", "2024-01", 0)
    taken_in(store, a_return(tmp_path / "s", "2024-01", "south"), "South", "2024-01", 0)
    then = on_day(1)
    made = ledger_bytes(store, then)

    for number in range(20):
        sender, agency = f"Force {number % 5}", f"force-{number % 5}"
        month = f"2024-{1 + number // 5:02}"
        reports = [report(f"REP-{number}-{each}", f"{month}-1{each}", agency) for each in range(3)]
        sent = a_return(tmp_path / f"f{number}", month, agency, report=reports)
        taken_in(store, sent, sender, month, 150 + number)
    mended = [report("REP-north-2024-01", "2024-01-10"), report("REP-late", "2024-01-20")]
    taken_in(
        store,
        a_return(tmp_path / "n2", "2024-01", report=mended, event=[event("REP-late", "2024-01-21")]),
        "North",
        "2024-01",
        180,
        "R0001",
    )
    actions.withdraw(store, "R0002", "Ann", "wrong throughout", on_day(181))
    actions.erase_return(store, "R0005", "Ann", "Bob", "order 1", on_day(182))
    monkeypatch.setattr(rules, "all_rules", lambda: rules.all_rules.__wrapped__()[:-1])

    today = on_day(200)
    assert ledger_bytes(store, today, then.now) == made
    assert ledger_bytes(store, today) != made
    by_state = {entry.id: entry.state for entry in actions.returns(store, today)}
    assert (by_state["R0001"], by_state["R0002"], by_state["R0005"]) == ("superseded", "withdrawn", "erased")
    (first,) = [row for row in actions.lineage(store, today) if row["id"] == "M0001"]
    assert (first["what"], first["again"], first["inputs"]) == ("ledger", "yes", {"R0001": 1, "R0002": 1})
    assert actions.made_again(store, "M0001", today) == (
        True,
        f"M0001 made again as known at {first['known_at']}: the same bytes (SHA-256 {first['digest']}).",
    )


def test_each_day_between_shows_what_counted_then(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", on_day(0))
    taken_in(store, a_return(tmp_path / "n1"), "North", "2024-01", 1)
    two = [report("REP-north-2024-01", "2024-01-10"), report("REP-2", "2024-01-11")]
    replaced = actions.receive(
        store, [a_return(tmp_path / "n2", report=two)], "standard", "North", "Ann", "2024-01",
        settings=on_day(3), supersedes="R0001",
    )[0]  # fmt: skip
    # While it waits, the one that it is to replace still counts.
    assert [row["received"] for row in actions.ledger(store, settings=on_day(4)).rows()] == [1]
    actions.accept(store, replaced, "Bob", on_day(5))
    actions.withdraw(store, replaced, "Ann", "test", on_day(7))
    received = {
        day: [row["received"] for row in actions.ledger(store, Asked(known_at=on_day(day).now), on_day(9)).rows()]
        for day in (0, 1, 2, 4, 5, 6, 7, 8)
    }
    assert received == {0: [], 1: [1], 2: [1], 4: [1], 5: [2], 6: [2], 7: [], 8: []}


def test_a_return_takes_the_place_of_one_of_its_own_sender_that_counts(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", on_day(0))
    taken_in(store, a_return(tmp_path / "n1"), "North", "2024-01", 1)
    sent = [a_return(tmp_path / "n2")]
    for sender, old, says in (("South", "R0001", "of its own sender"),):
        with pytest.raises(WrongWords, match=says):
            actions.receive(store, sent, "standard", sender, "Ann", "2024-01", settings=on_day(2), supersedes=old)
    actions.withdraw(store, "R0001", "Ann", "test", on_day(3))
    with pytest.raises(WrongWords, match="is withdrawn and does not count"):
        actions.receive(store, sent, "standard", "North", "Ann", "2024-01", settings=on_day(4), supersedes="R0001")


def test_what_is_not_known_yet_is_not_asked_for(tmp_path: Path) -> None:
    store = agreed(tmp_path / "store", on_day(0))
    taken_in(store, a_return(tmp_path / "n1"), "North", "2024-01", 1)
    with pytest.raises(WrongWords, match="lies in the future"):
        actions.ledger(store, Asked(known_at=on_day(9).now), on_day(2))
    with pytest.raises(NotCovered, match="was not known then"):
        actions.ledger(store, Asked(as_at=on_day(5).now.date(), known_at=on_day(2).now), on_day(9))


def test_old_returns_are_judged_again_by_new_rules_and_stay_as_they_were_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = agreed(tmp_path / "store", on_day(0))
    taken_in(
        store, a_return(tmp_path / "n1", report=[report(), report("REP-2", concern="moon")]), "North", "2024-01", 1
    )
    assert actions.recheck(store, "Ann", on_day(2)) == []
    assert actions.waiting_for_recheck(store, on_day(2)) == []
    before = ledger_bytes(store, on_day(2))

    left = tuple(rule for rule in rules.all_rules() if rule.code != "report.concern.allowed")
    for place in ("onrecord.intake.checked.all_rules",):
        monkeypatch.setattr(place, lambda: left)
    for place in ("onrecord.actions.keeping.rules_fingerprint", "onrecord.actions.receiving.rules_fingerprint"):
        monkeypatch.setattr(place, lambda: "newer rules")
    assert actions.waiting_for_recheck(store, on_day(3)) == ["R0001"]
    (row,) = actions.recheck(store, "Ann", on_day(3))
    assert (row["id"], row["before"], row["found"]) == (
        "R0001",
        {"report.concern.allowed": 1},
        {"report.concern.allowed": 0},
    )
    assert actions.recheck(store, "Ann", on_day(4)) == []
    (entry,) = actions.returns(store, on_day(4))
    assert (entry.held, entry.accepted) == (1, 3)
    made = ledger_bytes(store, on_day(2))
    assert made == before
