"""The clocks as data: what is on, what cannot run and why, and that each list of theirs is used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from onrecord.engine import open_engine, table_of
from onrecord.errors import DoesNotBalance, WrongWords
from onrecord.pathways.clocks import UNITS, WAYS, Clock, Facts, check, clocks, in_use, run_clocks, unable
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.records import table_named

CLOCKS = {clock.code: clock for clock in clocks()}
ABLE = [clock for clock in clocks() if not clock.lacks]


@pytest.mark.parametrize("clock", ABLE, ids=lambda clock: clock.code)
def test_what_a_clock_runs_on_is_in_the_standard(clock: Clock) -> None:
    for written in (clock.start, clock.stop, clock.waived_by):
        record, _, what = written.partition(".")
        if record == "event":
            assert set(what.split(";")) <= set(codelists.codes("event_kinds"))
        elif record:
            assert table_named(record).field_named(what)
    assert (clock.start.partition(".")[0], clock.stop.partition(".")[0]) in WAYS
    assert clock.limit


def test_every_clock_is_whole() -> None:
    for row in codelists.load("clocks"):
        assert row["unit"] in (*UNITS, "")
        assert row["no_start"] in {state["state"] for state in codelists.load("clock_states")}
        assert row["nation"] in ("England", "Wales", "England and Wales")
        assert row["on"] in ("0", "1")
        assert row["lacks"] or (row["start"] and row["stop"] and row["limit"])


def test_what_is_not_verified_is_off() -> None:
    assert {row["on"] for row in codelists.load("clocks") if row["verified"] == "no"} == {"0"}
    assert {clock.code for clock in in_use() if not clock.lacks} == {"E-ASM-45WD", "E-ICPC-15WD", "C-CHG-28D"}


def test_a_clock_is_turned_on_by_its_code() -> None:
    assert CLOCKS["P-NCRS-24H"] not in in_use()
    assert CLOCKS["P-NCRS-24H"] in in_use(["p-ncrs-24h"])
    with pytest.raises(WrongWords, match="no clock 'MOON'"):
        in_use(["moon"])


def test_a_clock_that_cannot_run_says_what_is_lacking_and_has_no_rows() -> None:
    said = {clock.code: why for clock, why in unable(clocks())}
    assert said["E-REV1-3M"] == "Cannot judge: the standard carries no day of a review conference."
    assert set(said) == {clock.code for clock in clocks() if clock.lacks}


def test_every_time_scale_that_was_gathered_is_a_clock(shared: Path) -> None:
    path = shared / "codelists" / "timescales.csv"
    gathered = {line.split(",")[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]}
    assert gathered <= set(CLOCKS)


def test_a_clock_of_months_or_hours_is_never_paused() -> None:
    paused = replace(CLOCKS["C-CHG-28D"], unit="months", pause="event.bail..advice")
    with open_engine(Settings()) as engine:
        agency = table_of([{"agency_id": "a", "country": "England", "as_at": date(2024, 1, 1), "covered_to": None}])
        rows = {
            "report": {"report_id": "r", "agency_id": "a"},
            "event": {"event_id": "e", "report_id": "r", "agency_id": "a", "person_id": "p", "kind": "bail",
                      "event_date": date(2024, 1, 1)},
        }  # fmt: skip
        made = {name: engine.create_table(name, table_of([row]), temp=True) for name, row in rows.items()}
        agency = engine.create_table("agency", agency.mutate(covered_to=agency.covered_to.cast("date")), temp=True)
        with pytest.raises(ValueError, match="months cannot be paused"):
            run_clocks(Facts(agency, **made), [paused])


def test_a_clock_that_ends_nowhere_is_never_hidden() -> None:
    check(0)
    with pytest.raises(DoesNotBalance, match="3 clocks"):
        check(3)
