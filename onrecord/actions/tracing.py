"""Where figures come from, and who did and saw what: lineage, the trail, and the way to sealed records."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from onrecord import __version__
from onrecord import trail as kept_trail
from onrecord.actions.counting import ledger
from onrecord.actions.measuring import measure
from onrecord.actions.opening import Asked
from onrecord.actions.words import must_be_named
from onrecord.engine import as_csv, open_engine
from onrecord.errors import StoreRefused, WrongWords
from onrecord.settings import Settings, from_environment
from onrecord.store.catalogue import ERASED, Erasure, Made, Return
from onrecord.store.returns import Store
from onrecord.trail import Head

ORIGINALS, HELD, FINDINGS, IDENTITY = "originals", "held", "findings", "identity"
LEDGER, SITE = "ledger", "site"


def lineage(store: Path, settings: Settings | None = None) -> list[dict[str, Any]]:
    """All that was made from a store: what from, with what, and whether it can be made again today.

    Raises:
        StoreRefused: there is no store.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    entries, erasures = {entry.id: entry for entry in opened.all()}, opened.rows_of("erasures")
    return [
        {"id": each.id, **asdict(each), "again": _again(each, entries, erasures)} for each in opened.rows_of("made")
    ]


def _again(made: Made, entries: Mapping[str, Return], erasures: list[Erasure]) -> str:
    """Whether something can be made again byte for byte, in a sentence."""
    for return_id, generation in made.inputs.items():
        entry = entries.get(return_id)
        if entry is None or entry.state == ERASED or entry.generation != generation:
            since = [each for each in erasures if return_id in each.returns and each.returns[return_id] >= generation]
            by_law = since[0] if since else None
            if by_law is None:
                return f"no: {return_id} is not in the store as it was."
            what = "it was erased" if by_law.kind == "return" else "a person was erased from it"
            return f"no, since {by_law.at}: {return_id} went in, and {what} by law ({by_law.id}, {by_law.authority})."
    if made.code_version != __version__:
        return f"with version {made.code_version} of onrecord; this is {__version__}."
    return "yes"


def made_again(store: Path, made_id: str, settings: Settings | None = None) -> tuple[bool, str]:
    """Make a ledger, or another measure, again as it was known then, and hold it against what was made.

    Returns:
        Whether it is the same, and what was found in a sentence.

    Raises:
        StoreRefused: there is no such thing; or it cannot be made again.
        WrongWords: it was a site: 'onrecord publish' makes one.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    made = next((each for each in opened.rows_of("made") if each.id.casefold() == made_id.casefold()), None)
    if made is None:
        raise StoreRefused(
            f"{store}: nothing called {made_id!r} was made here. 'onrecord lineage {store}' lists it all."
        )
    if made.what == SITE:
        raise WrongWords(f"{made.id} is a {made.what}. Make it again with 'onrecord publish' and compare the hashes.")
    said = _again(made, {entry.id: entry for entry in opened.all()}, opened.rows_of("erasures"))
    if said.startswith("no"):
        raise StoreRefused(f"{made.id} cannot be made again: {said}")
    words = dict(made.asked)
    as_at = date.fromisoformat(words.pop("as_at")) if words.get("as_at") else words.pop("as_at") or None
    asked = Asked(**words, as_at=as_at, known_at=datetime.fromisoformat(made.known_at))
    again = ledger(store, asked, settings) if made.what == LEDGER else measure(store, made.what, asked, settings)
    same = again.digest == made.digest
    verdict = "the same bytes" if same else "OTHER bytes: the code, a rule or the store has changed"
    return same, f"{made.id} made again as known at {made.known_at}: {verdict} (SHA-256 {made.digest})."


def trail(store: Path, settings: Settings | None = None) -> list[dict[str, Any]]:
    """The trail, row by row: when, who, what, which, for what. Raises StoreRefused where there is no store."""
    return Store.open(store, settings or from_environment()).trail()


def verify_trail(store: Path, expected: str | None = None, settings: Settings | None = None) -> tuple[list[str], str]:
    """What is wrong with the trail, in sentences, and its head.

    Args:
        store: the store's folder.
        expected: a head noted before (``NUMBER:HASH``), which must still be in it.
        settings: the choices of this run.

    Raises:
        StoreRefused: there is no store.
        WrongWords: ``expected`` is no head.
    """
    opened = Store.open(store, settings or from_environment())
    found, head = kept_trail.faults(iter(opened.trail()), opened.trail_key(), _head(expected))
    return found, str(head)


def _head(written: str | None) -> Head | None:
    if written is None:
        return None
    number, _, digest = written.partition(":")
    if not number.isdecimal() or not digest:
        raise WrongWords(f"--expect is {written!r}. Write the head as it was printed: NUMBER:HASH.")
    return Head(int(number), digest)


def unseal(
    store: Path, return_id: str, what: str, purpose: str, by: str, out: Path, settings: Settings | None = None
) -> list[Path]:
    """Write sealed records of a return to files, for those who may see them. It is written into the trail first.

    Args:
        store: the store's folder.
        return_id: the return.
        what: originals, held, findings or identity.
        purpose: what for, a key of the trail's ``PURPOSES``.
        by: who reads them; declared, not proven.
        out: a new folder. It then holds records in the clear: remove it when it has served.
        settings: the choices of this run.

    Raises:
        KeyRefused: the key is not at hand.
        StoreRefused: there is nothing of the kind in the return.
        WrongWords: the words make no sense, or ``out`` holds something.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    if purpose not in kept_trail.PURPOSES:
        raise WrongWords(f"There is no purpose {purpose!r}. There are: {', '.join(kept_trail.PURPOSES)}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongWords(f"{out}: there is something already. Name a new folder.")
    opened = Store.open(store, settings)
    entry = opened.find(return_id)
    with opened.changing(opened.act("read", entry.id, by, purpose, part=what)):
        pass
    files = WAYS[what](opened, entry, settings)
    if not files:
        raise StoreRefused(f"{entry.id} holds nothing of the kind '{what}'.")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    for number, (name, content) in enumerate(files, 1):
        path = out / (f"{number:02}-{Path(name).name}")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        written.append(path)
    return written


def _tables(store: Store, entry: Return, settings: Settings, names: list[str]) -> list[tuple[str, bytes]]:
    with open_engine(settings) as engine:
        found = [(name, store.read(engine, [entry], name)) for name in names]
        return [(f"{name}.csv", as_csv(engine, rows.drop("return_no"))) for name, rows in found if rows is not None]


def _held(store: Store, entry: Return, settings: Settings) -> list[tuple[str, bytes]]:
    names = [name for name in entry.receipt["tables"] if name.startswith("held_") or name == "not_accepted"]
    return _tables(store, entry, settings, names)


def _findings(store: Store, entry: Return, settings: Settings) -> list[tuple[str, bytes]]:
    full = "findings_in_full" if "findings_in_full" in entry.receipt["tables"] else "findings"
    return _tables(store, entry, settings, [full])


def _identity(store: Store, entry: Return, settings: Settings) -> list[tuple[str, bytes]]:
    with open_engine(settings) as engine:
        rows = store.identities(engine, entry)
        return [] if rows is None else [("identity.csv", as_csv(engine, rows))]


Files = list[tuple[str, bytes]]
# What may be unsealed to how it is got.
WAYS: Mapping[str, Callable[[Store, Return, Settings], Files]] = {
    ORIGINALS: lambda store, entry, _: store.originals(entry),
    HELD: _held,
    FINDINGS: _findings,
    IDENTITY: _identity,
}
