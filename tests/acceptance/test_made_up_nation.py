"""A made-up nation, through the store: the ledger says what is true of it, exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onrecord import actions
from onrecord.actions import Asked, Wanted
from onrecord.standard import codelists
from onrecord.synthetic import Made
from tests.standard_files import agreed
from tests.unit.factories import SETTINGS

SMALL = Wanted(reports=150, forces=3, councils=2)


def stored(made: Made, out: Path, store: Path, wanted: Wanted) -> Path:
    """Every return of a made-up nation, received by one person and accepted by another."""
    agreed(store, SETTINGS, "MADE-UP-AGREEMENT")
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
def test_the_ledger_says_what_is_true(tmp_path: Path, wanted: Wanted) -> None:
    out = tmp_path / "made-up"
    made = actions.synthesise(out, wanted)
    assert ledgers(stored(made, out, tmp_path / "store", wanted)) == made.ledgers
