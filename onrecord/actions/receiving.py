"""Returns come into the store, with files or with none; a second person accepts them; all are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord import __version__
from onrecord.actions.examining import examined, full_receipt, layout_for, outside, speaks_for_its_rows
from onrecord.actions.words import Tell, must_be_named, no_future, tell_nobody
from onrecord.engine import Engine, open_engine, table_of
from onrecord.errors import NotPermitted, RuleErrored, WrongWords
from onrecord.intake.adapters import adapter_named
from onrecord.intake.check import ERRORED
from onrecord.intake.checked import Checked
from onrecord.intake.examine import STANDARD, Layout, Said
from onrecord.intake.findings import all_findings, held_rows, kept_findings
from onrecord.intake.read import gather
from onrecord.intake.receipt import NOT_JUDGED, NOTHING_ACCEPTED, Answered, Receipt, receipt_of
from onrecord.intake.receipt.words import counted
from onrecord.intake.rows import Adapter, Rows
from onrecord.intake.zero import names_its_agencies, nothing_received
from onrecord.measures import queries as asking
from onrecord.settings import Settings, from_environment
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.records import LEDGER_RETURN, TABLES
from onrecord.standard.rules import rules_fingerprint
from onrecord.store.agreements import PUBLISHED
from onrecord.store.catalogue import ACCEPTED, ERASED, RECEIVED, Return, same_name
from onrecord.store.returns import Store

PERSON_ID = "person_id"
# The tables of a return that hold no record of anybody.
WITHOUT_RECORDS = frozenset({"return", "coverage", "declaration", LEDGER_RETURN.name})
WITHDRAWAL_REASONS: Mapping[str, str] = {
    "sent by mistake": "it should not have been sent, or not to here",
    "wrong throughout": "what is in it is wrong, and nothing right is to take its place yet",
    "no agreement": "it came without a sharing agreement that allows it",
    "test": "it was sent to try the way",
}


def receive(
    store: Path,
    files: Sequence[Path],
    adapter: str,
    sender: str,
    by: str,
    period: str,
    as_at: date | None = None,
    settings: Settings | None = None,
    tell: Tell = tell_nobody,
    *,
    mapping: Path | None = None,
    agreement: str | None = None,
    supersedes: str | None = None,
) -> tuple[str, Receipt]:
    """Take a return into the store, where it waits to be accepted by somebody else.

    Args:
        store: the store's folder; made when it is missing or empty.
        files: files, folders or zips.
        adapter: the layout they are in.
        sender: the agency or publisher they are from.
        by: who takes them in; declared, not proven.
        period: the period they were sent for.
        as_at: the day the files speak for, where they cannot say.
        settings: the choices of this run.
        tell: told of each step.
        mapping: a mapping file that lays them out, in place of an adapter.
        agreement: the sharing agreement that they come under, where the return does not name it itself.
        supersedes: the return that this one takes the place of, once it is accepted.

    Returns:
        The return's id and its receipt.

    Raises:
        FileRefused, StoreRefused, WrongWords: nothing was stored.
        KeyRefused: the records may only be stored sealed, and there is no key.
    """
    settings = settings or from_environment()
    sent_for = parse_period(period)
    must_be_named(by, "--by")
    must_be_named(sender, "--from")
    no_future(as_at, settings)
    layout = layout_for(adapter, mapping)
    layout_name = layout.name if mapping else adapter
    with open_engine(settings) as engine:
        sources = gather(files)
        before = _return_before(engine, store, layout_name, sender, sent_for, settings)
        checked = examined(engine, sources, layout, Said(as_at, sent_for, *before), settings, tell)
        names_its_agencies(checked)
        speaks_for_its_rows(checked.rows)
        answered = _answered_before(engine, store, kept_findings(checked), layout_name, sender, settings)
        receipt = full_receipt(checked, sources, settings, tell, files, outside(checked.rows, sent_for), answered)
        if receipt.verdict == NOTHING_ACCEPTED:
            named = ", ".join(str(file) for file in files)
            raise WrongWords(
                f"{named}: nothing in these files can be accepted ({counted(receipt.received, 'row')} received, "
                f"{sum(receipt.held.values()):,} held), so nothing was stored. 'onrecord check' shows why, row by row."
            )
        under = _agreement(engine, checked, layout, agreement)
        tell("Storing the return")
        described_by = layout.files if isinstance(layout, Layout) else ()
        originals = list(dict.fromkeys([*(source.path for source in sources), *described_by]))
        entry = _entry(checked.rows, receipt, layout_name, sender, by, period, settings)
        opened = Store.open_or_create(store, settings)
        opened.decide_to_seal(needed=under != PUBLISHED)
        replaced = _replaced(opened, supersedes, sender, layout_name)
        entry = replace(entry, agreement=under, supersedes=replaced, rules=rules_fingerprint())
        entry = opened.put(engine, entry, originals, _kept(engine, opened, checked, layout, sender), by)
    return entry.id, receipt


def _replaced(store: Store, supersedes: str | None, sender: str, layout: str) -> str:
    """The return that one takes the place of: a counting one, of the same sender in the same layout."""
    if supersedes is None:
        return ""
    old = store.find(supersedes)
    if not same_name(old.sender, sender) or old.adapter != layout:
        raise WrongWords(
            f"{old.id} is of {old.sender}, read as {old.adapter}: a return takes the place of one of its own sender in "
            "the same layout alone. Withdraw the other, if it is wrong."
        )
    if old.state != ACCEPTED:
        raise WrongWords(f"{old.id} is {old.state} and does not count, so nothing needs to take its place.")
    return old.id


def _agreement(engine: Engine, checked: Checked, layout: Layout | Adapter, said: str | None) -> str:
    """The sharing agreement that a return comes under. What is published, and counts alone, need none."""
    if (isinstance(layout, Adapter) and layout.published) or not set(checked.rows.tables) - WITHOUT_RECORDS:
        return PUBLISHED
    named = said
    if not named and (about := checked.rows.tables.get("return")) is not None:
        found = engine.to_pyarrow(about.select("sharing_agreement").limit(1)).to_pylist()
        named = found[0]["sharing_agreement"] if found else None
    if not named:
        raise WrongWords(
            "The return does not say under which sharing agreement it comes, so nobody could tell what it may be used "
            "for. Say so with --agreement REFERENCE, or in the column sharing_agreement of the record 'return'."
        )
    if named.strip().casefold() == PUBLISHED.casefold():
        raise WrongWords(
            f"{PUBLISHED} is no sharing agreement: which files are published follows from their layout. Name the "
            "agreement that the records come under."
        )
    return named.strip()


def _kept(engine: Engine, store: Store, checked: Checked, layout: Layout | Adapter, sender: str) -> dict[str, ir.Table]:
    """The tables that a store keeps of a return. What quotes a value is kept where it is sealed alone."""
    rows = checked.rows
    beside = {"agencies": rows.agencies, "coverage": rows.coverage, "findings": kept_findings(checked)}
    tables = dict(rows.tables)
    if rows.not_accepted is not None:
        beside["not_accepted"] = rows.not_accepted
    if store.is_sealed:
        beside |= held_rows(checked)
        if checked.written is not None:
            beside["findings_in_full"] = all_findings(checked)
        if isinstance(layout, Adapter) and layout.names_people:
            tables = {name: _with_pseudonyms(engine, store, table, sender) for name, table in tables.items()}
    return {**tables, **beside}


def _with_pseudonyms(engine: Engine, store: Store, rows: ir.Table, sender: str) -> ir.Table:
    """The agency's own identifiers of people replaced by keyed pseudonyms."""
    if PERSON_ID not in rows.columns:
        return rows
    known = [row[PERSON_ID] for row in engine.to_pyarrow(rows.select(PERSON_ID).distinct()).to_pylist()]
    given = [each for each in known if each is not None]
    if not given:
        return rows
    pairs = table_of([{"own": each, "made": store.pseudonym(each, sender)} for each in given])
    both = rows.left_join(pairs, rows[PERSON_ID] == pairs.own)
    return both.select(**{name: both.made if name == PERSON_ID else both[name] for name in rows.columns})


def receive_zero(
    store: Path,
    agencies: Sequence[str],
    sender: str,
    by: str,
    period: str,
    settings: Settings | None = None,
    *,
    adapter: str | None = None,
) -> tuple[str, Receipt]:
    """Take in that there was nothing in a period: a zero return without files. It waits for acceptance as any other.

    Args:
        store: the store's folder; made when it is missing or empty.
        agencies: the agencies that had nothing, as their returns name them.
        sender: who says so.
        by: who takes it in; declared, not proven.
        period: the period in which there was nothing.
        settings: the choices of this run.
        adapter: the layout of the sender's other returns; without it, that of its last accepted one.

    Returns:
        The return's id and its receipt.

    Raises:
        StoreRefused, WrongWords: nothing was stored.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    must_be_named(sender, "--from")
    if not agencies:
        raise WrongWords("A zero return says whose zero it is. Name each agency with --agency.")
    for agency in agencies:
        must_be_named(agency, "--agency")
    sent_for = parse_period(period)
    with open_engine(settings) as engine:
        known, last = _known_of(engine, store, sender, settings)
        layout = adapter_named(adapter).name if adapter else last.adapter if last else STANDARD.name
        named = [known.get(agency.strip()) or codelists.agency_named(agency) for agency in dict.fromkeys(agencies)]
        checked = nothing_received(named, sent_for, last.unit if last else "report", settings.now.date())
        receipt = receipt_of(checked)
        entry = _entry(checked.rows, receipt, layout, sender, by, period, settings)
        entry = replace(entry, agreement=PUBLISHED, rules=rules_fingerprint())
        opened = Store.open_or_create(store, settings)
        opened.decide_to_seal(needed=False)
        entry = opened.put(engine, entry, (), _kept(engine, opened, checked, STANDARD, sender), by)
    return entry.id, receipt


def _known_of(
    engine: Engine, folder: Path, sender: str, settings: Settings
) -> tuple[dict[str, dict[str, Any]], Return | None]:
    """The agencies that the store knows already, by identifier, and the sender's last accepted return."""
    if not Store.is_there(folder):
        return {}, None
    store = Store.open(folder, settings)
    accepted = store.accepted()
    rows = store.read(engine, accepted, "agencies")
    found = [] if rows is None else rows.order_by("return_no").to_pyarrow().to_pylist()
    own = [entry for entry in accepted if same_name(entry.sender, sender)]
    return {row["agency_id"]: row for row in found}, own[-1] if own else None


def _return_before(
    engine: Engine, folder: Path, adapter: str, sender: str, period: Period, settings: Settings
) -> tuple[Mapping[str, ir.Table] | None, Period | None]:
    """The last accepted return of the same sender in the same layout, for the rules that look back."""
    if not Store.is_there(folder):
        return None, None
    store = Store.open(folder, settings)
    own = [entry for entry in store.accepted() if same_name(entry.sender, sender) and entry.adapter == adapter]
    if not own:
        return None, None
    last = _comparable(own, period)
    with store.changing(store.act("read", last.id, purpose="compare")):
        pass
    names = [table.name for table in TABLES if table.name in last.receipt["tables"]]
    read = {name: store.read(engine, [last], name) for name in names}
    return {name: rows for name, rows in read.items() if rows is not None}, parse_period(last.period)


def _comparable(own: Sequence[Return], period: Period) -> Return:
    """The return to look back at: one of the same days, else the last one before them; of several, the latest."""
    periods = [(entry, parse_period(entry.period)) for entry in own]
    same = [entry for entry, each in periods if each.first_day <= period.last_day and period.first_day <= each.last_day]
    if same:
        return same[-1]
    return max(periods, key=lambda pair: (pair[1].last_day < period.first_day, pair[1].last_day, pair[0].number))[0]


def _answered_before(
    engine: Engine, folder: Path, findings: ir.Table, adapter: str, sender: str, settings: Settings
) -> list[Answered]:
    """The queries of a return that comes now which its sender answered, or promised to mend, in an earlier one."""
    if not Store.is_there(folder):
        return []
    store = Store.open(folder, settings)
    earlier = {each.id: each for each in store.all() if same_name(each.sender, sender) and each.adapter == adapter}
    held = asking.holding([answer.__dict__ for answer in store.rows_of("answers")], "", list(earlier))
    if not held:
        return []
    return [
        Answered(
            row["rule"],
            row["answer_key"],
            row["reason"],
            row["return_id"],
            row["findings"],
            row["promised"],
            None if row["answer_key"] else _answered_then(engine, store, earlier[row["return_id"]], held, row["rule"]),
        )
        for row in asking.by_answer(findings, held)
        if row["reason"] is not None
    ]


def _answered_then(
    engine: Engine, store: Store, entry: Return, held: Sequence[Mapping[str, Any]], rule: str
) -> int | None:
    """How many findings the answer to a whole rule answers in the return it was given for; None where none are kept."""
    found = store.read(engine, [entry], "findings") if entry.state != ERASED else None
    if found is None:
        return None
    answers = asking.by_answer(found.filter(found.rule == rule), held)
    return sum(int(row["findings"]) for row in answers if row["answer_key"] == "")


def _entry(rows: Rows, receipt: Receipt, adapter: str, sender: str, by: str, period: str, settings: Settings) -> Return:
    totals = receipt.for_the_store()
    return Return(
        id="",
        number=0,
        state=RECEIVED,
        adapter=adapter,
        sender=sender.strip(),
        period=period.strip(),
        received_by=by.strip(),
        received_at=settings.now.isoformat(timespec="seconds"),
        accepted_by=None,
        accepted_at=None,
        unit=rows.unit,
        counted_row=rows.counted_row,
        as_at=rows.as_at.isoformat(),
        first_day=receipt.first_day,
        last_day=receipt.last_day,
        received=totals["received"],
        accepted=totals["accepted"],
        held=totals["held"],
        out_of_scope=totals["out_of_scope"],
        not_reported=totals["not_reported"],
        standard_version=STANDARD_VERSION,
        code_version=__version__,
        receipt=totals,
    )


def accept(store: Path, return_id: str, by: str, settings: Settings | None = None) -> Return:
    """Accept a received return, so that it counts. The receiver may not accept; names are declared, not proven.

    Raises:
        NotPermitted: ``by`` is who received it.
        StoreRefused: there is no such store or return, or it is accepted already.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    opened = Store.open(store, settings)
    entry = opened.find(return_id)
    if entry.receipt["verdict"] == NOT_JUDGED:
        errored = [code for code, state in entry.receipt["rules"].items() if state == ERRORED]
        raise RuleErrored(
            f"{entry.id} was not wholly judged: {', '.join(errored) or 'a rule'} could not be "
            "run. That is a fault in onrecord, not in the return. Bring onrecord up to date and receive it again."
        )
    if same_name(entry.received_by, by):
        raise NotPermitted(
            f"{entry.id} was received by {entry.received_by}, who may not accept it as well. "
            "Ask somebody else to look at the receipt and accept it."
        )
    return opened.accept(entry, by)


def returns(store: Path, settings: Settings | None = None) -> list[Return]:
    """The returns in the store, in the order in which they came. Raises StoreRefused when there is no store."""
    return Store.open(store, settings or from_environment()).all()


def withdraw(store: Path, return_id: str, by: str, why: str, settings: Settings | None = None) -> Return:
    """Withdraw a return: it counts no longer. It stays in the store, and what was known before stays as it was.

    Args:
        store: the store's folder.
        return_id: the return.
        by: who withdraws it; declared, not proven.
        why: a key of ``WITHDRAWAL_REASONS``.
        settings: the choices of this run.

    Raises:
        StoreRefused: there is no such store or return, or it counts no more already.
        WrongWords: there is no such reason.
    """
    settings = settings or from_environment()
    must_be_named(by, "--by")
    if why not in WITHDRAWAL_REASONS:
        named = ", ".join(f"'{reason}'" for reason in WITHDRAWAL_REASONS)
        raise WrongWords(f"There is no reason {why!r} to withdraw a return. There are: {named}.")
    opened = Store.open(store, settings)
    entry = opened.find(return_id)
    act = opened.act("withdrawn", entry.id, by, why=why)
    return opened.step(entry, "withdraw", act, ended_at=act.at, ended_by=act.who, ended_why=why)
