"""Keeping a store: is it whole, a copy of it, its keys, and old returns under new rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onrecord.actions.words import Tell, must_be_named, tell_nobody
from onrecord.engine import open_engine
from onrecord.errors import FileRefused
from onrecord.intake.adapters import ADAPTERS
from onrecord.intake.examine import Said, examine
from onrecord.intake.read import held_in_memory
from onrecord.intake.receipt import receipt_of
from onrecord.settings import Settings, from_environment
from onrecord.standard.periods import parse_period
from onrecord.standard.rules import rules_fingerprint
from onrecord.store import doctor as checks
from onrecord.store.catalogue import ACCEPTED, RECEIVED, Recheck, Return
from onrecord.store.keys import add_key, write_key_file
from onrecord.store.returns import Store

NOT_JUDGED_AGAIN: Mapping[str, Any] = {"verdict": "not judged again", "found": {}, "before": {}}


def doctor(store: Path, settings: Settings | None = None, tell: Tell = tell_nobody) -> tuple[list[str], list[str]]:
    """Look at all of a store: hashes, keys, the trail, what lies there and should not.

    Returns:
        What was looked at, in lines, and the faults, in sentences; none where the store is whole.

    Raises:
        KeyRefused: the store is sealed and its key is not at hand.
        StoreRefused: there is no store.
    """
    settings = settings or from_environment()
    return checks.examined(Store.open(store, settings), tell)


def backup(store: Path, out: Path, by: str, settings: Settings | None = None, tell: Tell = tell_nobody) -> list[str]:
    """Copy a store to a new folder and look at the copy as ``doctor`` does. The keys are not in it.

    Returns:
        What was looked at in the copy, in lines.

    Raises:
        StoreRefused: it cannot be written, or the copy is not whole.
        WrongWords: ``out`` holds something.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    return checks.copied(Store.open(store, settings), out, by, settings, tell)


def new_keys(path: Path, add: bool = False, settings: Settings | None = None) -> str:
    """Make a key file, or add a key to one, which makes it the current one; returns the key's fingerprint.

    Raises:
        KeyRefused: the file to add to is no key file.
        WrongWords: there is something under that name, or it cannot be written.
    """
    settings = settings or from_environment()
    return (add_key if add else write_key_file)(path, settings.now.date())


def rotate_keys(store: Path, by: str, settings: Settings | None = None) -> tuple[int, str]:
    """Move a store to the current key of the key file: its keys are wrapped anew. No record is touched.

    Returns:
        How many keys were wrapped anew, and the fingerprint they now lie under.

    Raises:
        KeyRefused: a key that the store lies under is not in the key file any more.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    return Store.open(store, settings).rotate(by)


def recheck(store: Path, by: str, settings: Settings | None = None, tell: Tell = tell_nobody) -> list[dict[str, Any]]:
    """Judge again, by the rules of today, every return that other rules judged. What was accepted stays as it is.

    Returns:
        A row a return: id, sender, period, verdict, what the rules find now and found then, where that differs; and
        why a return could not be judged again.

    Raises:
        StoreRefused: there is no store.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    opened = Store.open(store, settings)
    done = {(each.return_id, each.rules) for each in opened.rows_of("rechecks")}
    today = rules_fingerprint()
    waiting = [
        entry
        for entry in opened.all()
        if entry.state in (RECEIVED, ACCEPTED) and entry.rules != today and (entry.id, today) not in done
    ]
    return [_judged_again(opened, entry, by, today, settings, tell) for entry in waiting]


def waiting_for_recheck(store: Path, settings: Settings | None = None) -> list[str]:
    """The returns that other rules judged than those of today."""
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    done = {(each.return_id, each.rules) for each in opened.rows_of("rechecks")}
    today = rules_fingerprint()
    return [
        entry.id
        for entry in opened.all()
        if entry.state in (RECEIVED, ACCEPTED) and entry.rules not in ("", today) and (entry.id, today) not in done
    ]


def _judged_again(store: Store, entry: Return, by: str, rules: str, settings: Settings, tell: Tell) -> dict[str, Any]:
    tell(f"Judging {entry.id} again")
    row: dict[str, Any] = {"id": entry.id, "sender": entry.sender, "period": entry.period}
    layout = ADAPTERS.get(entry.adapter)
    with store.changing(store.act("read", entry.id, by, "recheck")):
        pass
    originals = store.originals(entry)
    if layout is None or not originals:
        why = "it was laid out by a mapping file" if layout is None else "it was sent without files"
        return {**row, **NOT_JUDGED_AGAIN, "why": why}
    with open_engine(settings) as engine:
        said = Said(None, parse_period(entry.period))
        try:
            checked = examine(engine, held_in_memory(originals), layout, said, settings, tell)
        except FileRefused:
            return {
                **row,
                "verdict": "not judged again",
                "why": "its files are not read any more",
                "found": {},
                "before": {},
            }
        now = receipt_of(checked).for_the_store()
    found, before = _failed(now["rules_failed"]), _failed(entry.receipt["rules_failed"])
    differ = sorted(code for code in found.keys() | before.keys() if found.get(code) != before.get(code))
    kept = Recheck(
        0,
        entry.id,
        rules,
        now["verdict"],
        {code: found.get(code, 0) for code in differ},
        {code: before.get(code, 0) for code in differ},
        by.strip(),
        settings.now.isoformat(timespec="seconds"),
    )
    with store.changing(store.act("rechecked", entry.id, by, rules=rules, verdict=kept.verdict)) as (change, _):
        change.add("rechecks", kept)
    return {**row, "verdict": kept.verdict, "why": "", "found": kept.found, "before": kept.before}


def _failed(rules: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {row["rule"]: row["findings"] for row in rules}
