"""Erasing, by law: a whole return, or all that a sender sent of one person. Two people do it; it cannot be undone."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import ibis.expr.types as ir

from onrecord.actions.words import must_be_named
from onrecord.engine import Engine, as_csv, open_engine
from onrecord.errors import NotPermitted, WrongWords
from onrecord.intake.adapters import ADAPTERS
from onrecord.intake.adapters.cin_xml import without_children
from onrecord.intake.examine import STANDARD
from onrecord.intake.read import held_in_memory
from onrecord.intake.rows import Adapter
from onrecord.intake.written import ADDRESS
from onrecord.pathways.without import Left, without_person
from onrecord.settings import Settings, from_environment
from onrecord.standard.records import IDENTITY
from onrecord.store.catalogue import ERASED, Erasure, Return, same_name
from onrecord.store.identities import IDENTITIES, IDENTITY_KEYS
from onrecord.store.returns import Original, Store

RETURN, PERSON = "return", "person"
# What quotes rows without naming whose they are: it goes whole, since nobody could say what in it is hers.
QUOTES = frozenset({"findings_in_full"})


def erase_return(
    store: Path, return_id: str, by: str, second: str, authority: str, settings: Settings | None = None
) -> Erasure:
    """Erase a return for good: its keys are destroyed, then its files. Its counts stay in the catalogue.

    Args:
        store: the store's folder.
        return_id: the return.
        by, second: the two people who do it; declared, not proven.
        authority: what it is asked for under (a request's reference, a court order).
        settings: the choices of this run.

    Raises:
        NotPermitted: it is one person.
        StoreRefused: there is no such return, or it is erased already.
    """
    settings = settings or from_environment()
    _two_people(by, second, authority)
    opened = Store.open(store, settings)
    entry = opened.find(return_id)
    reports = entry.receipt["records"].get("report", 0) if entry.accepted_at else 0
    return opened.erase_return(
        entry, _erasure(RETURN, {entry.id: entry.generation}, "", authority, {}, by, second, settings, reports)
    )


def erase_person(
    store: Path, sender: str, person: str, by: str, second: str, authority: str, settings: Settings | None = None
) -> Erasure:
    """Erase all that a sender sent of one person, in every return of its.

    The returns are made anew without her and the keys of what held her are destroyed; the files that were sent are
    kept without her rows, in the standard's layout.

    Args:
        store: the store's folder.
        sender: whose identifier it is.
        person: the person's identifier at that sender.
        by, second: the two people who do it; declared, not proven.
        authority: what it is asked for under.
        settings: the choices of this run.

    Raises:
        NotPermitted: it is one person.
        StoreRefused: there is no store.
        WrongWords: no return of the sender holds that person.
    """
    settings = settings or from_environment()
    _two_people(by, second, authority)
    must_be_named(person, "--person")
    opened = Store.open(store, settings)
    own = [entry for entry in opened.all() if same_name(entry.sender, sender) and entry.state != ERASED]
    rows: dict[str, int] = {}
    left, before = {}, {}
    identifiers: frozenset[str] = frozenset({person})
    with opened.changing(opened.act("read", ";".join(entry.id for entry in own), by, "erasure")):
        pass
    with open_engine(settings) as engine:
        for entry in own:
            found = _left_of(engine, opened, entry, person)
            if not found.gone:
                continue
            for name, count in found.gone.items():
                rows[name] = rows.get(name, 0) + count
            left[entry.id] = (found.tables, _files_without(engine, opened, entry, person, settings))
            before[entry.id] = entry.generation
            identifiers |= found.identifiers
        if not left:
            raise WrongWords(
                f"No return of {sender} holds a person with that identifier. Give it as the sender's returns have it."
            )
        pseudonym = opened.pseudonym(person, sender) if opened.is_sealed else ""
        reports = rows.get("report", 0)
        erasure = _erasure(PERSON, before, pseudonym, authority, rows, by, second, settings, reports)
        return opened.erase_person(engine, left, erasure, identifiers)


def _two_people(by: str, second: str, authority: str) -> None:
    must_be_named(by, "--by")
    must_be_named(second, "--second")
    must_be_named(authority, "--authority")
    if same_name(by, second):
        raise NotPermitted("What is erased is gone for good, so two people do it: --second names somebody else.")


def _erasure(
    kind: str,
    returns: dict[str, int],
    person: str,
    authority: str,
    rows: dict[str, int],
    by: str,
    second: str,
    settings: Settings,
    reports: int,
) -> Erasure:
    at = settings.now.isoformat(timespec="seconds")
    return Erasure(0, kind, returns, person, authority.strip(), rows, by.strip(), second.strip(), at, reports)


def _left_of(engine: Engine, store: Store, entry: Return, person: str) -> Left:
    """What is left of a return's tables without a person."""
    adapter = ADAPTERS.get(entry.adapter)
    hers = store.pseudonym(person, entry.sender) if isinstance(adapter, Adapter) and adapter.names_people else person
    names = [name for name in entry.receipt["tables"] if name not in (*QUOTES, IDENTITIES, IDENTITY_KEYS)]
    tables = {}
    for name in names:
        rows = store.read(engine, [entry], name)
        if rows is not None:
            tables[name] = rows.drop("return_no")
    identity = store.identities(engine, entry)
    if identity is not None:
        tables[IDENTITY.name] = identity
    left = without_person(engine, tables, hers)
    if "findings" in left.tables and left.gone:
        left.tables["findings"] = _without_keys(left.tables["findings"], left.identifiers)
    return left


def _without_keys(findings: ir.Table, identifiers: frozenset[str]) -> ir.Table:
    """Findings whose rows were taken out keep their rule and lose their key."""
    named = [findings.key.split("/").contains(each) for each in sorted(identifiers)]
    about = named[0]
    for each in named[1:]:
        about = about | each
    return findings.mutate(key=about.fill_null(False).ifelse(None, findings.key).cast("string"))


def _files_without(engine: Engine, store: Store, entry: Return, person: str, settings: Settings) -> Sequence[Original]:
    """The files of a return without a person. Where a layout does not let that be told, they are not kept."""
    originals = store.originals(entry)
    if entry.adapter == "cin-census":
        ids = frozenset({person.rsplit("/", 1)[-1]})
        return [
            (_unpacked_name(name), [without_children(_unpacked(name, content), ids)]) for name, content in originals
        ]
    if entry.adapter != STANDARD.name:
        return []
    written = STANDARD.lay_out(engine, held_in_memory(originals), settings, f"kept_{entry.id}")
    left = without_person(engine, written.records, person)
    return [
        (f"{name}.csv", [as_csv(engine, rows.order_by("sheet_no", "line").drop(*ADDRESS))])
        for name, rows in left.tables.items()
    ]


def _unpacked(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


def _unpacked_name(name: str) -> str:
    return name.removesuffix(".gz")
