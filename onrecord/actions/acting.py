"""What waits for action, for the agency that holds it; and the way out at once for a child who may be in danger.

Both read pseudonymous rows. A worklist is written into the trail before anything is read, and needs an agreement that
allows it; to refer needs none, and nothing may stand in its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord.actions.opening import Asked, as_known, counts_alone, reports_judged, rows_of, say_what_was_erased_since
from onrecord.actions.words import Tell, must_be_named, tell_nobody
from onrecord.engine import Engine, open_engine, table_of
from onrecord.errors import NotCovered, StoreRefused, WrongWords
from onrecord.measures.effect import FOLLOWED
from onrecord.pathways.clocks import Facts, check, in_use, run_clocks, unable
from onrecord.pathways.history import History
from onrecord.pathways.latest import latest_of
from onrecord.pathways.silence import in_order, overdue, reported_again, without_activity
from onrecord.settings import Settings, from_environment
from onrecord.standard import codelists
from onrecord.store.agreements import ACT, permitted
from onrecord.store.catalogue import ERASED, Contact, Referral, Return, one_name, same_name
from onrecord.store.returns import Store

NATIONS = ("England", "Wales", "England and Wales")
# What the first letter of an area's code says.
COUNTRIES = {"E": "England", "W": "Wales"}
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Worklist:
    """What waits, oldest first.

    Attributes:
        rows: one thing that waits each, as a dictionary: see ``WORKLIST_COLUMNS``.
        judged_at: agency to the day at which its things were judged.
        cannot: clocks that are on and cannot run: code and the reason, in a sentence.
        refer_now: how many children were referred at once from this store, ever.
        window_days: days without activity after which an open report is silent.
        known_at: the moment that it speaks of (UTC).
    """

    rows: tuple[dict[str, Any], ...]
    judged_at: Mapping[str, str]
    cannot: tuple[tuple[str, str], ...]
    refer_now: int
    window_days: int
    known_at: str


WORKLIST_COLUMNS = (
    *("agency_id", "agency", "days", "since", "reason", "why", "next"),
    *("report_id", "about", "person_id", "clock", "times", "as_at"),
)


def worklist(
    store: Path,
    agency: str | None = None,
    as_at: date | None = None,
    known_at: datetime | None = None,
    clocks: Sequence[str] = (),
    settings: Settings | None = None,
    tell: Tell = tell_nobody,
) -> Worklist:
    """What waits for the agencies that hold it, oldest first, with the reason and what to do next. Never a score.

    Each agency is judged at the last day that its own returns speak for.

    Args:
        store: the store's folder.
        agency: only what this agency holds.
        as_at: the day to judge at, or None for each agency's last day covered.
        known_at: only what was known at this moment (UTC), or None for all that is known now.
        clocks: codes of clocks that are off and are to run as well.
        settings: the choices of this run.
        tell: told of each step.

    Raises:
        StoreRefused: there is no store, or the trail cannot be written: nothing is then read.
        NotCovered: the day asked for is not covered.
        NotPermitted: a return may not be used for this, by its sharing agreement.
        WrongWords: there is no such agency or clock.
    """
    settings = settings or from_environment()
    chosen = in_use(clocks)
    opened = Store.open(store, settings)
    asked = Asked(as_at=as_at, known_at=known_at)
    now = as_known(asked, settings)
    entries = [entry for entry in opened.accepted(asked.moment) if not counts_alone(entry)]
    permitted(entries, opened.rows_of("agreements"), ACT, settings.now.date())
    say_what_was_erased_since(opened, entries, asked, settings)
    inputs = {entry.id: entry.generation for entry in entries}
    with opened.changing(opened.act("listed", agency or "", purpose=ACT, inputs=inputs)):
        pass
    with open_engine(settings) as engine:
        whose = _agencies(opened, engine, entries, agency, as_at, now) if entries else {}
        tell("Looking for what waits")
        rows = _waiting(opened, engine, entries, whose, chosen, settings) if whose else []
    return Worklist(
        rows=tuple(_in_words(row, whose, settings.window_days) for row in rows),
        judged_at={each: row["as_at"].isoformat() for each, row in whose.items()},
        cannot=tuple((clock.code, why) for clock, why in unable(chosen)),
        refer_now=len(opened.rows_of("referrals")),
        window_days=settings.window_days,
        known_at=now.now.isoformat(timespec="seconds"),
    )


def _agencies(
    store: Store, engine: Engine, entries: Sequence[Return], agency: str | None, as_at: date | None, now: Settings
) -> dict[str, dict[str, Any]]:
    """Agency to its name, its country, the last day that its returns speak for and the day it is judged at."""
    day_of = {entry.number: date.fromisoformat(entry.as_at) for entry in entries}
    found: dict[str, dict[str, Any]] = {}
    for row in rows_of(store, engine, entries, "agencies").to_pyarrow().to_pylist():
        key, day = row["agency_id"], day_of[row["return_no"]]
        covered_to = max(day, found[key]["covered_to"]) if key in found else day
        found[key] = {"agency_id": key, "agency": row["agency"], "country": _country(row), "covered_to": covered_to}
    if agency is not None:
        chosen = {
            key: row for key, row in found.items() if agency.casefold() in (key.casefold(), row["agency"].casefold())
        }
        if not chosen:
            raise WrongWords(f"No accepted return holds an agency called {agency!r}. There are: {_some(found)}.")
        found = chosen
    return {key: row | {"as_at": _judged_at(row, as_at, now)} for key, row in found.items()}


def _some(found: Mapping[str, Any], most: int = 10) -> str:
    named = sorted(found)
    return ", ".join(named[:most]) + (f" and {len(named) - most:,} more" if len(named) > most else "")


def _country(row: Mapping[str, Any]) -> str | None:
    """Whose clocks bind an agency: by its area's code, else by its nation; None where neither says."""
    by_code = COUNTRIES.get((row["area_code"] or "")[:1]) if row["nation"] in NATIONS else None
    return by_code or (None if row["nation"] in ("", NOT_STATED, None) else str(row["nation"]))


def _judged_at(row: Mapping[str, Any], asked: date | None, now: Settings) -> date:
    covered_to: date = row["covered_to"]
    if asked is not None and asked > covered_to:
        raise NotCovered(
            f"{row['agency']}: its returns cover up to {covered_to.isoformat()}; {asked.isoformat()} lies after that. "
            "Ask for that day or an earlier one, or name another agency with --agency."
        )
    return min(asked or covered_to, now.now.date())


def _waiting(
    store: Store,
    engine: Engine,
    entries: Sequence[Return],
    whose: Mapping[str, Mapping[str, Any]],
    chosen: Sequence[Any],
    settings: Settings,
) -> list[dict[str, Any]]:
    agency = _table_of_agencies(engine, whose)
    rows = {name: store.rows(engine, entries, name) for name in FOLLOWED}
    latest = latest_of(rows, len(entries) > 1)
    report = reports_judged(engine, store, entries, latest["report"], agency.select("agency_id", "as_at"))
    inside = rows_of(store, engine, entries, "agencies").select("agency_id").distinct()
    involvement = _with_senders(latest["involvement"], entries)
    history = History(report, latest["crime"], involvement, latest["event"], inside)
    facts = Facts(
        agency, report.drop("as_at"), latest["crime"], _latest_assessments(store, engine, entries), latest["event"]
    )
    ran = run_clocks(facts, chosen).cache()
    check(int(engine.to_pyarrow((ran.holding != 1).sum()).as_py() or 0))
    parts = (
        without_activity(history, settings.window_days),
        reported_again(history, settings.window_days),
        overdue(ran),
    )
    # Each made by itself: the engine is slow to read one long question.
    found = in_order(*[part.cache() for part in parts])
    return list(engine.to_pyarrow(found).to_pylist())


def _table_of_agencies(engine: Engine, whose: Mapping[str, Mapping[str, Any]]) -> ir.Table:
    rows = [{name: row[name] for name in ("agency_id", "country", "as_at", "covered_to")} for row in whose.values()]
    made = table_of(rows)
    return engine.create_table(
        "agencies_judged", made.mutate(country=made.country.cast("string")), temp=True, overwrite=True
    )


def _with_senders(involvement: ir.Table, entries: Sequence[Return]) -> ir.Table:
    """Who was what, with whose identifier the person's is: two senders may give one to two people."""
    sender = table_of([{"return_no": entry.number, "sender": one_name(entry.sender)} for entry in entries])
    return involvement.inner_join(sender, "return_no")


def _latest_assessments(store: Store, engine: Engine, entries: Sequence[Return]) -> ir.Table:
    """Each assessment as the latest return that holds it has it."""
    rows = store.rows(engine, entries, "assessment")
    last = rows.group_by("agency_id", "assessment_id").agg(return_no=rows.return_no.max())
    return rows.semi_join(last, ["agency_id", "assessment_id", "return_no"])


def _in_words(row: Mapping[str, Any], whose: Mapping[str, Mapping[str, Any]], window_days: int) -> dict[str, Any]:
    """A row as it is shown: why, in words, and what to do next."""
    words = {each["key"]: each for each in codelists.load("worklist_reasons")}[row["reason"]]
    why = words["label"].replace("the window", f"{window_days} days")
    if row["clock"]:
        clock = codelists.labels("clocks", "code")[row["clock"]]
        why = f"{why}: {clock} ({row['clock']}), due {row['since'].isoformat()}"
    if row["times"]:
        why = f"{why} ({row['times']} reports)"
    shown = {
        **row,
        "agency": whose[row["agency_id"]]["agency"],
        "why": why,
        "next": words["what_to_do"],
        "about": row["thing_id"],
        "since": row["since"].isoformat(),
        "as_at": row["as_at"].isoformat(),
    }
    return {name: shown[name] for name in WORKLIST_COLUMNS}


# ---------------------------------------------------------------- refer now


@dataclass(frozen=True)
class Referred:
    """That a child who may be in danger was referred, and to whom the reference is to be given.

    Attributes:
        reference: what the referral is called.
        report_id: the report.
        agency: the agency that holds it.
        contact: its designated contact; "" where none is kept.
        whom_to_call: whom to call otherwise: rows of ``who_to_call.csv``.
        earlier: references that this report was given before.
    """

    reference: str
    report_id: str
    agency: str
    contact: str
    whom_to_call: tuple[dict[str, str], ...]
    earlier: tuple[str, ...]


def whom_to_call() -> tuple[dict[str, str], ...]:
    """Whom to call where a child may be in danger, the most urgent first. Needs no store."""
    return codelists.load("who_to_call")


def refer(
    store: Path, report_id: str, return_id: str | None = None, by: str = "", settings: Settings | None = None
) -> Referred:
    """Write down that a child in a report may be in danger, and say whom to tell.

    It needs no agreement, and looks into every return, whether or not it counts. It is logged and counted, and never
    published.

    Args:
        store: the store's folder.
        report_id: the report, as its sender calls it.
        return_id: the return to look in; without it, the latest that holds the report.
        by: who refers; declared, not proven. Without it, whoever is at the keyboard.
        settings: the choices of this run.

    Raises:
        StoreRefused: there is no store, or no return in it holds the report.
        KeyRefused: the store is sealed and its key is not at hand.
    """
    settings = settings or from_environment()
    opened = Store.open(store, settings)
    entries = [opened.find(return_id)] if return_id else [entry for entry in opened.all() if entry.state != ERASED]
    entry, agency = _holder(opened, entries, report_id, settings)
    contact = next((each["contact"] for each in contacts(store, settings) if same_name(each["agency"], agency)), "")
    mark = opened.pseudonym(report_id, entry.sender) if opened.is_sealed else report_id
    earlier = tuple(each.id for each in opened.rows_of("referrals") if each.report == mark)
    act = opened.act("referred", entry.id, by, "legal duty", contact=bool(contact))
    said = Referral(0, entry.id, agency, mark, bool(contact), act.who, act.at)
    with opened.changing(act) as (now, _):
        number = now.add("referrals", said)
    reference = replace(said, number=number).id
    return Referred(reference, report_id, agency, contact, whom_to_call(), earlier)


def _holder(store: Store, entries: Sequence[Return], report_id: str, settings: Settings) -> tuple[Return, str]:
    """The latest return that holds a report, and the agency that holds it: the one that said it has it, if one did."""
    with open_engine(settings) as engine:
        for entry in reversed(entries):
            rows = store.read(engine, [entry], "report")
            if rows is None:
                continue
            found = engine.to_pyarrow(_about(rows.filter(rows.report_id == report_id))).to_pylist()
            if found:
                moved = found[0]["transferred_to"] if found[0]["transfer_acknowledged_date"] else None
                return entry, str(moved or found[0]["agency_id"])
    raise StoreRefused(
        f"{store.folder}: no return holds that report. Look at how its sender writes it. Do not wait for it: if a "
        "child may be in danger, call first."
    )


def _about(report: ir.Table) -> ir.Table:
    return report.select("agency_id", "transferred_to", "transfer_acknowledged_date").head(1)


def name_contact(store: Path, agency: str, contact: str, by: str, settings: Settings | None = None) -> Contact:
    """Write down whom an agency has named for children who may be in danger; of one agency the last word holds.

    Args:
        store: the store's folder; made when it is missing or empty.
        agency: the agency, as returns name it.
        contact: who, and how to reach them, by day and by night.
        by: who writes it down; declared, not proven.
        settings: the choices of this run.

    Raises:
        WrongWords: a name is empty.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    must_be_named(agency, "--add")
    must_be_named(contact, "--contact")
    opened = Store.open_or_create(store, settings)
    act = opened.act("contact", agency.strip(), by)
    said = Contact(0, agency.strip(), contact.strip(), act.who, act.at)
    with opened.changing(act) as (now, _):
        now.add("contacts", said)
    return said


def contacts(store: Path, settings: Settings | None = None) -> list[dict[str, Any]]:
    """The designated contact of every agency that has one. Raises StoreRefused where there is no store."""
    opened = Store.open(store, settings or from_environment())
    last = {one_name(each.agency): each for each in opened.rows_of("contacts")}
    return [
        {"agency": each.agency, "contact": each.contact, "by": each.by, "at": each.at}
        for each in sorted(last.values(), key=lambda each: one_name(each.agency))
    ]
