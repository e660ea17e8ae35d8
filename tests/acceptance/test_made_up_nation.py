"""A made-up nation, through the store: the ledger says what is true of it, and the rules find every planted fault."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onrecord import actions
from onrecord.actions import Asked, WantedNation
from onrecord.standard import codelists
from onrecord.standard.records import TABLES, table_named
from onrecord.standard.rules import ERROR
from onrecord.standard.schema import Table
from onrecord.synthetic import Made
from onrecord.synthetic.faults import faults
from tests.standard_files import agreed
from tests.unit.factories import SETTINGS

SMALL = WantedNation(reports=150, forces=3, councils=2)
LEANS = "leans_on_held"
BY_OTHER_MEANS = ("clock_overdue", "reported_again")
Row = Mapping[str, str]


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def stored(made: Made, out: Path, store: Path, wanted: WantedNation) -> Path:
    """Every return of a made-up nation, received by one person and accepted by another."""
    agreed(store, SETTINGS, "MADE-UP-AGREEMENT", purposes=["count", "act"])
    for sender, folder in made.returns.items():
        return_id, _ = actions.receive(
            store, [out / folder], "standard", sender, "Ann", wanted.period.label, settings=SETTINGS
        )
        actions.accept(store, return_id, "Bob", SETTINGS)
    return store


def ledgers(store: Path) -> dict[str, dict[str, int]]:
    """Agency to its ledger, with the names that the truth has."""
    found = {}
    for row in actions.ledger(store, Asked(by="agency"), SETTINGS).rows():
        counts: dict[str, Any] = {key: row[key] for key in ("received", *codelists.standing_keys())}
        counts |= {name: row["of_which"][name] for name in ("duplicates", "still_open")}
        counts |= {f"because_{key}": row["unaccounted_because"].get(key, 0) for key, _ in codelists.reasons()}
        found[row["agency_id"]] = counts
    return found


@pytest.mark.parametrize("wanted", [SMALL, replace(SMALL, seed=7, one_return=True)], ids=["returns", "one return"])
def test_the_ledger_and_the_worklist_say_what_is_true(tmp_path: Path, wanted: WantedNation) -> None:
    out = tmp_path / "made-up"
    made = actions.synthesise(out, wanted, settings=SETTINGS)
    store = stored(made, out, tmp_path / "store", wanted)
    assert ledgers(store) == made.ledgers
    listed = actions.worklist(store, settings=SETTINGS).rows
    truth = [row for row in rows_of(out / "truth" / "reports.csv") if not row["duplicate_of"]]
    waits = {row["report_id"]: row["reason"] for row in listed if row["reason"] not in BY_OTHER_MEANS}
    unaccounted = {row["report_id"]: row["reason"] for row in truth if row["standing"] == "unaccounted"}
    # A report with another suspect who was charged waits as well; a source without activity has nobody to act.
    still_open = {row["report_id"] for row in truth if row["still_open"] == "true"}
    assert {name: why for name, why in waits.items() if name not in still_open} == {
        name: why for name, why in unaccounted.items() if why != "no_activity_carried"
    }
    since = {row["report_id"]: row["since"] for row in listed if row["reason"] not in BY_OTHER_MEANS}
    assert since == {row["report_id"]: row["waits_since"] for row in truth if row["report_id"] in since}
    assert {row["person_id"] for row in listed if row["reason"] == "reported_again"} == _in_vain(truth)


def test_protective_actions_are_counted_as_they_were_made_up(tmp_path: Path) -> None:
    out = tmp_path / "made-up"
    wanted = replace(SMALL, one_return=True)
    store = stored(actions.synthesise(out, wanted, settings=SETTINGS), out, tmp_path / "store", wanted)
    found = actions.measure(store, "protective actions", Asked(by="agency"), SETTINGS).rows()
    truth = rows_of(out / "truth" / "protective_actions.csv")
    expected = Counter((row["agency_id"], row["kind"]) for row in truth)
    assert {(row["agency_id"], row["kind"]): row["actions"] for row in found} == expected
    reports = {key: {row["report_id"] for row in truth if (row["agency_id"], row["kind"]) == key} for key in expected}
    assert {(row["agency_id"], row["kind"]): row["reports"] for row in found} == {
        key: len(named) for key, named in reports.items()
    }
    assert len({kind for _, kind in expected}) > 5


def _in_vain(truth: Iterable[Row]) -> set[str]:
    """The children of two reports or more each of which ended without further action."""
    of_child: dict[str, list[str]] = {}
    for row in truth:
        of_child.setdefault(row["child"], []).append(row["standing"])
    return {
        child
        for child, ended in of_child.items()
        if child and len(ended) > 1 and set(ended) <= {"no_further_action", "not_a_crime"}
    }


@pytest.mark.parametrize("one_return", [False, True], ids=["returns", "one return"])
def test_the_rules_find_every_planted_fault_and_hold_nothing_else(tmp_path: Path, one_return: bool) -> None:
    out = tmp_path / "made-up"
    wanted = WantedNation(reports=400, forces=1, councils=2 if one_return else 1, faults=0.02, one_return=one_return)
    made = actions.synthesise(out, wanted, settings=SETTINGS)
    assert set(made.faults) == {fault["rule"] for fault in faults()}
    truth = [*rows_of(out / "truth" / "planted_faults.csv"), *rows_of(out / "truth" / "asked_about.csv")]
    found: list[Row] = []
    for folder in made.returns.values():
        findings = tmp_path / "findings.csv"
        receipt = actions.check([out / folder], settings=SETTINGS, findings=findings)
        here = rows_of(findings)
        found += here
        assert receipt.held == _held(out / folder, here)
    assert _told(found) == _told(truth)


def _told(findings: Iterable[Row]) -> Counter[tuple[str, ...]]:
    return Counter((row["rule"], row["severity"], row["record"], row["key"]) for row in findings)


def _held(folder: Path, findings: Iterable[Row]) -> dict[str, int]:
    """Rule to the rows that it holds; and how many rows lean on those, found by following what each row names."""
    errors = [row for row in findings if row["severity"] == ERROR]
    gone = {(row["record"], row["key"]) for row in errors}
    named = {
        (table.name, _key(row, table.key)): _names(table, row)
        for table in TABLES
        if (file := folder / f"{table.name}.csv").exists()
        for row in rows_of(file)
    }
    leaning: set[tuple[str, str]] = set()
    while more := {row for row, names in named.items() if names & (gone | leaning)} - gone - leaning:
        leaning |= more
    held = Counter(row["rule"] for row in errors)
    return dict(held + Counter({LEANS: len(leaning)}))


def _names(table: Table, row: Row) -> set[tuple[str, str]]:
    """The rows of other records that a row names: a crime by its report and its own identifier."""
    fields = [each for each in table.fields if each.refers_to and row.get(each.name)]
    return {(each.refers_to, _key(row, (*table_named(each.refers_to).key[:-1], each.name))) for each in fields}


def _key(row: Row, fields: Iterable[str]) -> str:
    return "/".join(row[name] for name in fields)
