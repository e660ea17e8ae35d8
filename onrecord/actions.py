"""The verbs: check, receive, receive_zero, accept, returns, queries, answer, expect, expect_no_more, expected,
ledger, publish, demo, mapping_begin, mapping_test, standard_export, standard_letter, standard_kit.

Everything that changes or shows something goes through here: the command line and notebooks speak to this
file alone, and this file alone opens the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord import __version__
from onrecord.disclosure.policy import Policy, policy_named
from onrecord.disclosure.safe import protect
from onrecord.engine import Engine, open_engine, table_of
from onrecord.errors import FileRefused, NotCovered, NotPermitted, RuleErrored, StoreRefused, WrongWords
from onrecord.figures import Figures
from onrecord.intake import kit
from onrecord.intake.adapters import adapter_named
from onrecord.intake.check import ERRORED
from onrecord.intake.checked import Checked, period_of
from onrecord.intake.examine import STANDARD, Layout, Said, examine
from onrecord.intake.findings import kept_findings, touched_of, write_findings
from onrecord.intake.kit_reading import reading_cases
from onrecord.intake.mapping import begin, mapping_from, tried
from onrecord.intake.read import Source, gather
from onrecord.intake.receipt import (
    JSON,
    NOT_JUDGED,
    NOTHING_ACCEPTED,
    TEXT,
    ZERO_RETURN,
    Answered,
    Moved,
    Receipt,
    form_of,
    receipt_as,
    receipt_of,
)
from onrecord.intake.receipt.words import counted
from onrecord.intake.rows import Adapter, Rows
from onrecord.intake.zero import means_what_it_says, names_its_agencies, nothing_received
from onrecord.measures import queries as asking
from onrecord.measures.coverage import LEFT_OUT, Known, Nation, in_words, judged_at, nations, spoken_for
from onrecord.measures.declarations import Declared, declared
from onrecord.measures.effect import FOLLOWED, effect_of_held
from onrecord.measures.ledger import BY, REASON_PREFIX
from onrecord.measures.ledger import ledger as count_ledger
from onrecord.pathways.standings import History, report_standings
from onrecord.publish.site import RecordTable, write_site
from onrecord.publish.standard_pages import standard_pages
from onrecord.settings import Settings, from_environment
from onrecord.sources.ledger_returns import ledger_return_figures
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists, export
from onrecord.standard.letter import letter_files
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.records import IDENTITY, LEDGER_RETURN, TABLES
from onrecord.standard.rules import QUERY
from onrecord.store import expected as calendar
from onrecord.store.catalogue import RECEIVED, Answer, Expected, Return, same_name
from onrecord.store.returns import Store

Tell = Callable[[str], None]
# The forms of a receipt that a terminal can show; without a word, text.
PRINTED = (None, TEXT, JSON)
# Units of returns that hold no reports: nothing in them stands anywhere in the justice strand.
WITHOUT_LEDGER = ("assessment",)


def _silent(_: str) -> None:
    """Tell nobody."""


def _no_future(as_at: date | None, settings: Settings) -> None:
    if as_at is not None and as_at > settings.now.date():
        raise WrongWords(f"--as-at {as_at.isoformat()} lies in the future. Write the day the files speak for.")


def check(
    files: Sequence[Path],
    adapter: str = STANDARD.name,
    as_at: date | None = None,
    settings: Settings | None = None,
    tell: Tell = _silent,
    *,
    mapping: Path | None = None,
    previous: Sequence[Path] = (),
    previous_period: str | None = None,
    findings: Path | None = None,
) -> Receipt:
    """Read files and say what would become of every row, without a store.

    Args:
        files: files, folders or zips.
        adapter: the layout they are in, a name of ``onrecord.intake.adapters``.
        as_at: the day the files speak for, where they cannot say.
        settings: the choices of this run.
        tell: told of each step.
        mapping: a mapping file that lays them out, in place of an adapter.
        previous: files of the sender's return before, in the same layout, for the rules that look back.
        previous_period: the period of that return, where it does not say so itself.
        findings: a file to write every finding to (.csv or .parquet), or None.

    Raises:
        FileRefused: a file cannot be read as what it was said to be.
        WrongWords: there is no such adapter, or the words make no sense.
    """
    settings = settings or from_environment()
    _no_future(as_at, settings)
    with open_engine(settings) as engine:
        layout = _layout(adapter, mapping)
        said = Said(as_at, None, *_before(engine, layout, previous, previous_period, settings))
        sources = gather(files)
        checked = _examined(engine, sources, layout, said, settings, tell)
        if findings is not None:
            tell("Writing the findings")
            write_findings(checked, findings)
        return _receipt(checked, sources, settings, tell, _would_be_outside(checked))


def _would_be_outside(checked: Checked) -> list[str]:
    """What ``receive`` would say of days outside the period that the return names."""
    try:
        return [] if checked.period is None else _outside(checked.rows, checked.period)
    except WrongWords as refusal:
        return [f"It would not be received as it is. {refusal}"]


def receipt_form(out: Path | None, form: str | None = None, files: Sequence[Path] = ()) -> str:
    """The form a receipt is wanted in, said by name or by the ending of the file it is written to.

    Args:
        out: the file, or None to print it.
        form: the form (text, json, xlsx, html), or None.
        files: what was sent, which no receipt may take the place of.

    Raises:
        WrongWords: a form that cannot be printed has no file; or the file's name does not fit.
    """
    if out is None:
        if form in PRINTED:
            return form or TEXT
        raise WrongWords(f"A receipt as {form} is a file. Say where to write it, for instance --out receipt.{form}.")
    if any(out.resolve() == file.resolve() for file in files):
        raise WrongWords(f"{out}: this is the file to be checked. Give the receipt another name.")
    return form_of(out, form)


def write_receipt(receipt: Receipt, out: Path, form: str | None = None) -> None:
    """Write a receipt to a file, in place of an earlier one.

    Raises:
        WrongWords: the file's name does not fit the form, or it cannot be written.
    """
    content = receipt_as(receipt, form_of(out, form))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise WrongWords(
            f"{out}: the receipt cannot be written ({error.strerror}). Is it open in another program, or is the folder "
            "missing? Close it, or give another name."
        ) from error


def printed_receipt(receipt: Receipt, form: str = TEXT) -> str:
    """A receipt as text or JSON, to be printed."""
    return receipt_as(receipt, form).decode()


def _layout(adapter: str, mapping: Path | None) -> Layout | Adapter:
    return adapter_named(adapter) if mapping is None else mapping_from(mapping)


def _before(
    engine: Engine, layout: Layout | Adapter, files: Sequence[Path], period: str | None, settings: Settings
) -> tuple[Mapping[str, ir.Table] | None, Period | None]:
    """The return before, read from files, and its period."""
    if not files:
        return None, None
    if isinstance(layout, Adapter):
        raise WrongWords(
            f"Returns made with '{layout.name}' are not compared with the one before. Leave out --previous."
        )
    written = layout.lay_out(engine, gather(files), settings, "before")
    return written.records, parse_period(period) if period else period_of(written)


def _examined(
    engine: Engine,
    sources: Sequence[Source],
    layout: Layout | Adapter,
    said: Said,
    settings: Settings,
    tell: Tell,
) -> Checked:
    tell(f"Reading {len(sources):,} {'file' if len(sources) == 1 else 'files'}")
    checked = examine(engine, sources, layout, said, settings, tell)
    means_what_it_says(checked)
    return checked


def _receipt(
    checked: Checked,
    sources: Sequence[Source],
    settings: Settings,
    tell: Tell,
    notes: Sequence[str] = (),
    answered: Sequence[Answered] = (),
) -> Receipt:
    """The receipt, with what moves a published figure and by how much."""
    tell("Writing the receipt")
    files = list(dict.fromkeys(str(source.path) for source in sources))
    touched, moved = touched_of(checked), _moved(checked, settings)
    return receipt_of(checked, notes, touched, moved, answered, files=files, made_at=settings.now)


def _moved(checked: Checked, settings: Settings) -> list[Moved]:
    """The lines of the ledger that held rows move. None where nothing that a ledger is made of is held."""
    if "report" not in checked.views or "report_id" not in checked.views["report"].carried:
        return []
    views = {name: view for name, view in checked.views.items() if name in FOLLOWED and "report_id" in view.carried}
    held = {name: rows for name, rows in checked.held.items() if name in views}
    if not held:
        return []
    effect = effect_of_held(
        {name: view.typed for name, view in views.items()},
        held,
        checked.rows.tables["report"],
        checked.rows.as_at,
        settings.window_days,
    )
    return [Moved("ledger", line, without, with_held) for line, (without, with_held) in effect.items()]


def receive(
    store: Path,
    files: Sequence[Path],
    adapter: str,
    sender: str,
    by: str,
    period: str,
    as_at: date | None = None,
    settings: Settings | None = None,
    tell: Tell = _silent,
    *,
    mapping: Path | None = None,
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

    Returns:
        The return's id and its receipt.

    Raises:
        FileRefused, StoreRefused, WrongWords: nothing was stored.
        NotPermitted: the return holds what may only be stored sealed.
    """
    settings = settings or from_environment()
    sent_for = parse_period(period)
    _named(by, "--by")
    _named(sender, "--from")
    _no_future(as_at, settings)
    layout = _layout(adapter, mapping)
    layout_name = layout.name if mapping else adapter
    with open_engine(settings) as engine:
        sources = gather(files)
        said = Said(as_at, sent_for, *_return_before(engine, store, layout_name, sender, sent_for))
        checked = _examined(engine, sources, layout, said, settings, tell)
        _can_be_kept(checked)
        names_its_agencies(checked)
        _speaks_for_its_rows(checked.rows)
        answered = _answered_before(store, kept_findings(checked), layout_name, sender)
        receipt = _receipt(checked, sources, settings, tell, _outside(checked.rows, sent_for), answered)
        if receipt.verdict == NOTHING_ACCEPTED:
            named = ", ".join(str(file) for file in files)
            raise WrongWords(
                f"{named}: nothing in these files can be accepted ({counted(receipt.received, 'row')} received, "
                f"{sum(receipt.held.values()):,} held), so nothing was stored. 'onrecord check' shows why, row by row."
            )
        tell("Storing the return")
        described_by = layout.files if isinstance(layout, Layout) else ()
        originals = list(dict.fromkeys([*(source.path for source in sources), *described_by]))
        entry = _entry(checked.rows, receipt, layout_name, sender, by, period, settings)
        entry = Store.open_or_create(store).put(entry, originals, _kept(checked))
    return entry.id, receipt


def _kept(checked: Checked) -> dict[str, ir.Table]:
    """The tables that a store keeps of a return."""
    rows = checked.rows
    beside = {"agencies": rows.agencies, "coverage": rows.coverage, "findings": kept_findings(checked)}
    return {**rows.tables, **beside}


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
    _named(by, "--by")
    _named(sender, "--from")
    if not agencies:
        raise WrongWords("A zero return says whose zero it is. Name each agency with --agency.")
    for agency in agencies:
        _named(agency, "--agency")
    sent_for = parse_period(period)
    with open_engine(settings) as engine:
        known, last = _known_of(engine, store, sender)
        layout = adapter_named(adapter).name if adapter else last.adapter if last else STANDARD.name
        named = [known.get(agency.strip()) or codelists.agency_named(agency) for agency in dict.fromkeys(agencies)]
        checked = nothing_received(named, sent_for, last.unit if last else "report", settings.now.date())
        receipt = receipt_of(checked)
        entry = _entry(checked.rows, receipt, layout, sender, by, period, settings)
        entry = Store.open_or_create(store).put(entry, (), _kept(checked))
    return entry.id, receipt


def _known_of(engine: Engine, folder: Path, sender: str) -> tuple[dict[str, dict[str, Any]], Return | None]:
    """The agencies that the store knows already, by identifier, and the sender's last accepted return."""
    if not Store.is_there(folder):
        return {}, None
    store = Store.open(folder)
    accepted = store.accepted()
    rows = store.read(engine, accepted, "agencies")
    found = [] if rows is None else rows.order_by("return_no").to_pyarrow().to_pylist()
    own = [entry for entry in accepted if same_name(entry.sender, sender)]
    return {row["agency_id"]: row for row in found}, own[-1] if own else None


def _return_before(
    engine: Engine, folder: Path, adapter: str, sender: str, period: Period
) -> tuple[Mapping[str, ir.Table] | None, Period | None]:
    """The last accepted return of the same sender in the same layout, for the rules that look back."""
    if not Store.is_there(folder):
        return None, None
    store = Store.open(folder)
    own = [entry for entry in store.accepted() if same_name(entry.sender, sender) and entry.adapter == adapter]
    if not own:
        return None, None
    last = _comparable(own, period)
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


def _can_be_kept(checked: Checked) -> None:
    """Names and numbers of people wait until a store can seal them."""
    identity = checked.by_record.get(IDENTITY.name)
    if identity is not None and identity.received:
        raise NotPermitted(
            "The return holds the record identity, which may only be stored sealed, and this version of onrecord "
            "cannot seal yet. Leave the identity table out. 'onrecord check' checks it without storing anything."
        )


def _named(name: str, option: str) -> None:
    if not name.strip():
        raise WrongWords(f"{option} is empty. Write who it is: the name stands in the record.")


def _speaks_for_its_rows(rows: Rows) -> None:
    """Files that speak for a day before their own last report would leave it out of every ledger."""
    if rows.last_day is not None and rows.as_at < rows.last_day:
        raise WrongWords(
            f"--as-at {rows.as_at.isoformat()} lies before the last report in the files ({rows.last_day.isoformat()}). "
            "Write the day the files speak for."
        )


def _outside(rows: Rows, period: Period) -> list[str]:
    """A note when receipt days lie outside the period the return was sent for."""
    if rows.first_day is None or rows.last_day is None or (rows.first_day in period and rows.last_day in period):
        return []
    if rows.last_day < period.first_day or rows.first_day > period.last_day:
        raise WrongWords(
            f"No report in the files was received in {period.label}: they run from {rows.first_day} to "
            f"{rows.last_day}. Write the period they were sent for."
        )
    return [
        f"Some reports were received outside the period {period.label} "
        f"(they run from {rows.first_day} to {rows.last_day}). They were kept."
    ]


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


def standard_letter(body: str, period: str, out: Path) -> list[Path]:
    """Write the letter that asks a body for the ledger return, and the sheet to answer in.

    Args:
        body: the force or council.
        period: the months asked for.
        out: the folder to write to; a file that is there already is not overwritten.

    Raises:
        WrongWords: a word makes no sense, or a file is there already.
    """
    made = letter_files(body, period)
    if there := [name for name in made if (out / name).exists()]:
        raise WrongWords(f"{out / there[0]}: it is there already. Name another folder.")
    return [_written(out / name, content) for name, content in made.items()]


def standard_kit(out: Path, settings: Settings | None = None, tell: Tell = _silent) -> list[Path]:
    """Write the conformance kit: small returns, each with the receipt that every implementation must give.

    Args:
        out: the folder to write to; nothing in it is overwritten.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The files written.

    Raises:
        WrongWords: the folder holds something already.
    """
    settings = settings or from_environment()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WrongWords(f"{out}: there is something already. Name a new folder.")
    cases = [*kit.rule_cases(), *reading_cases()]
    written = [
        _written(out / kit.CASES_FILE, kit.cases_as_json(cases)),
        _written(out / kit.RULES_FILE, kit.rules_as_json()),
    ]
    for number, case in enumerate(cases, 1):
        tell(f"Case {number:,} of {len(cases):,}: {case.name}")
        folder = out / kit.CASES / case.name
        written += [_written(folder / name, content) for name, content in {**case.files, **case.before}.items()]
        given = kit.expected_as_text(kit_answer(folder, case.files, case.before, settings))
        written.append(_written(folder / kit.EXPECTED_FILE, given))
    return written


def kit_answer(
    folder: Path, files: Iterable[str], before: Iterable[str], settings: Settings | None = None
) -> dict[str, Any]:
    """What onrecord gives for one case of the kit.

    Args:
        folder: the case's folder.
        files: the names of the files that are sent.
        before: the names of the files of the return before.
        settings: the choices of this run.
    """
    settings = settings or from_environment()
    sent, earlier = ([folder / name for name in sorted(names)] for names in (files, before))
    try:
        with open_engine(settings) as engine:
            said = Said(None, None, *_before(engine, STANDARD, earlier, None, settings))
            return kit.expected(receipt_of(_examined(engine, gather(sent), STANDARD, said, settings, _silent)))
    except FileRefused as error:
        return kit.refused(error)


def _written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def accept(store: Path, return_id: str, by: str, settings: Settings | None = None) -> Return:
    """Accept a received return, so that it counts. The receiver may not accept; names are declared, not proven.

    Raises:
        NotPermitted: ``by`` is who received it.
        StoreRefused: there is no such store or return, or it is accepted already.
    """
    settings = settings or from_environment()
    _named(by, "--by")
    opened = Store.open(store)
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
    return opened.accept(entry, by.strip(), settings.now.isoformat(timespec="seconds"))


def returns(store: Path) -> list[Return]:
    """The returns in the store, in the order in which they came. Raises StoreRefused when there is no store."""
    return Store.open(store).all()


# ---------------------------------------------------------------- queries and their answers


@dataclass(frozen=True)
class Queries:
    """The queries of one return, and how many of its sender's were answered.

    Attributes:
        entry: the return.
        rules: a row a rule that asks: rule, rule_version, record, queries, open, answered, answers, open_keys.
        here: queries, open, answered and answered_rate of the return.
        of_sender: the same over every return of the sender whose findings the store keeps.
    """

    entry: Return
    rules: tuple[dict[str, Any], ...]
    here: dict[str, Any]
    of_sender: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The queries for a machine."""
        return {
            "return": self.entry.id,
            "sender": self.entry.sender,
            "period": self.entry.period,
            **self.here,
            "of_sender": self.of_sender,
            "rules": list(self.rules),
        }


def queries(store: Path, return_id: str, settings: Settings | None = None) -> Queries:
    """The queries of a return, rule by rule, open or answered.

    Raises:
        StoreRefused: there is no such store or return, or its findings were not kept.
    """
    settings = settings or from_environment()
    opened = Store.open(store)
    entry = opened.find(return_id)
    own = [each for each in opened.all() if _of_one_hand(each, entry)]
    with open_engine(settings) as engine:
        rules = asking.by_rule(_findings_of(engine, opened, entry), _holding(opened, entry, own))
        counted = [
            row
            for each in own
            if "findings" in each.receipt["tables"]
            for row in asking.by_answer(_findings_of(engine, opened, each), _holding(opened, each, own))
        ]
    return Queries(entry, tuple(rules), _sum_of(rules), asking.rate(counted))


def _sum_of(rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    every, answered = sum(row["queries"] for row in rules), sum(row["answered"] for row in rules)
    return {
        "queries": every,
        "open": every - answered,
        "answered": answered,
        "answered_rate": asking.share(answered, every),
    }


def _of_one_hand(one: Return, other: Return) -> bool:
    """Whether two returns are of one sender, in one layout: what was answered in one may hold in the other."""
    return same_name(one.sender, other.sender) and one.adapter == other.adapter


def _holding(store: Store, entry: Return, own: Sequence[Return]) -> list[dict[str, Any]]:
    earlier = [each.id for each in own if each.number < entry.number]
    return asking.holding([answer.__dict__ for answer in store.answers()], entry.id, earlier)


def _findings_of(engine: Engine, store: Store, entry: Return) -> ir.Table:
    found = store.read(engine, [entry], "findings")
    if found is None:
        raise StoreRefused(
            f"{entry.id} was received by an earlier version of onrecord, which did not keep findings. Receive it again."
        )
    return found


def _answered_before(folder: Path, findings: ir.Table, adapter: str, sender: str) -> list[Answered]:
    """The queries of a return that comes now which its sender answered, or promised to mend, in an earlier one."""
    if not Store.is_there(folder):
        return []
    store = Store.open(folder)
    earlier = [each.id for each in store.all() if same_name(each.sender, sender) and each.adapter == adapter]
    held = asking.holding([answer.__dict__ for answer in store.answers()], "", earlier)
    if not held:
        return []
    return [
        Answered(row["rule"], row["answer_key"], row["reason"], row["return_id"], row["findings"], row["promised"])
        for row in asking.by_answer(findings, held)
        if row["reason"] is not None
    ]


def answer(
    store: Path, return_id: str, rule: str, reason: str, by: str, key: str = "", settings: Settings | None = None
) -> tuple[Answer, Queries]:
    """Write down why a query is right as it was sent. The answer is carried to the sender's next returns.

    Args:
        store: the store's folder.
        return_id: the return that the query was found in.
        rule: the code of the rule that asks.
        reason: a code of the list ``answer_reasons``.
        by: who says so; declared, not proven.
        key: the identifiers of one row, joined by "/"; "" answers every finding of the rule.
        settings: the choices of this run.

    Returns:
        The answer, and the queries of the return as they now stand.

    Raises:
        StoreRefused: there is no such store or return.
        WrongWords: the rule asks nothing there, or finds errors, which are mended and not answered; or there is no
            such reason.
    """
    settings = settings or from_environment()
    _named(by, "--by")
    if reason not in codelists.codes("answer_reasons"):
        there = ", ".join(f"'{code}'" for code in codelists.codes("answer_reasons"))
        raise WrongWords(f"There is no reason {reason!r}. There are: {there}.")
    opened = Store.open(store)
    entry = opened.find(return_id)
    with open_engine(settings) as engine:
        found = _query_asked(_findings_of(engine, opened, entry), entry, rule, key)
    given = Answer(
        number=0,
        sender=entry.sender,
        adapter=entry.adapter,
        rule=rule,
        rule_version=found["rule_version"],
        key=key,
        reason=reason,
        by=by.strip(),
        at=settings.now.isoformat(timespec="seconds"),
        return_id=entry.id,
    )
    opened.add_answer(given)
    return given, queries(store, return_id, settings)


def _query_asked(findings: ir.Table, entry: Return, rule: str, key: str) -> dict[str, Any]:
    """What a rule asks of a return; a letter where it asks nothing that can be answered."""
    found = asking.asked(findings, rule)
    where = f"'onrecord answer STORE {entry.id}' lists its queries."
    if not found:
        raise WrongWords(f"{entry.id} has no finding of a rule {rule!r}. {where}")
    if found[0]["severity"] != QUERY:
        raise WrongWords(
            f"{rule} is an error: its rows are held until they are mended and sent again. Only queries are answered."
        )
    if key and not asking.asked(findings, rule, key):
        raise WrongWords(f"{rule} asks nothing of a row with the key given with --key. {where}")
    return found[0]


# ---------------------------------------------------------------- who is expected to send


def expect(
    store: Path,
    sender: str,
    every: str,
    first: str,
    last: str = "",
    due_days: int = calendar.DUE_DAYS,
    agencies: Sequence[str] = (),
    settings: Settings | None = None,
) -> Expected:
    """Expect returns of a sender from now on.

    Args:
        store: the store's folder; made when it is missing or empty.
        sender: who, as its returns name it.
        every: month, quarter, year or financial-year.
        first, last: the first period, and the last; "" where there is no end.
        due_days: days after the end of a period by which its return is due.
        agencies: the agencies it speaks for; without them, those that its returns name.
        settings: the choices of this run.

    Raises:
        StoreRefused: the folder holds something else.
        WrongWords: the words make no sense, or the sender is expected already.
    """
    settings = settings or from_environment()
    _named(sender, "--add")
    at = settings.now.isoformat(timespec="seconds")
    named = tuple(codelists.agency_named(agency)["agency_id"] for agency in agencies)
    wanted = Expected(0, sender.strip(), every, first.strip(), last.strip(), due_days, named, False, at)
    calendar.checked_words(wanted)
    opened = Store.open_or_create(store)
    for each in calendar.still_expected(opened.expected()):
        if same_name(each.sender, sender):
            raise WrongWords(
                f"{each.sender} is expected already, every {each.every} from {each.first}. Remove it first: --remove."
            )
    opened.add_expected(wanted)
    return wanted


def expect_no_more(store: Path, sender: str, settings: Settings | None = None) -> Expected:
    """Expect nothing of a sender from now on. What was expected before stays written.

    Raises:
        StoreRefused: there is no store.
        WrongWords: nothing is expected of that sender.
    """
    settings = settings or from_environment()
    opened = Store.open(store)
    now = calendar.still_expected(opened.expected())
    for each in now:
        if same_name(each.sender, sender):
            opened.add_expected(replace(each, ended=True, at=settings.now.isoformat(timespec="seconds")))
            return each
    named = ", ".join(each.sender for each in now) or "nobody yet"
    raise WrongWords(f"Nothing is expected of {sender!r}. Expected are: {named}.")


def expected(store: Path, settings: Settings | None = None) -> tuple[list[dict[str, Any]], str]:
    """Every period of every expected sender up to today, and what came without being expected.

    Returns:
        A row a period (sender, period, state, due, days_overdue, lacking, returns, coverage), and what to do next.

    Raises:
        StoreRefused: there is no store.
    """
    settings = settings or from_environment()
    opened = Store.open(store)
    every = opened.all()
    with open_engine(settings) as engine:
        spoken = _spoken_for(engine, opened, every) if every else {}
    slots = calendar.calendar(opened.expected(), every, spoken, _zero_returns(every), settings.now.date())
    return calendar.rows_of(slots), calendar.next_step(slots)


def _spoken_for(engine: Engine, store: Store, entries: Sequence[Return]) -> dict[int, frozenset[tuple[str, str]]]:
    """Return number to the agencies and months that it speaks for."""
    agencies = _rows_of(store, engine, entries, "agencies").select("return_no", "agency_id").to_pyarrow().to_pylist()
    months = _rows_of(store, engine, entries, "coverage").to_pyarrow().to_pylist()
    return spoken_for(agencies, months, {entry.number: entry.period for entry in entries})


def _zero_returns(entries: Sequence[Return]) -> frozenset[int]:
    return frozenset(entry.number for entry in entries if entry.receipt["verdict"] == ZERO_RETURN)


# ---------------------------------------------------------------- ledgers


@dataclass(frozen=True)
class Asked:
    """Which ledger is wanted.

    Attributes:
        by: nation, area, agency or month.
        as_at: the day to judge at, or None for the last day covered.
        period: only reports received in it, or None.
        offence: only this published category of offence, or None.
        place: only this nation or area, or None.
    """

    by: str = "nation"
    as_at: date | None = None
    period: str | None = None
    offence: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Ledgers:
    """Ledgers made from a store, one table of figures a unit, and the bodies that have none.

    Attributes:
        figures: for each unit, its ledger.
        covered: the nations the returns cover, those without a ledger among them.
        window_days: the window within which an open report counts as live.
        asked: what was asked.
        without: accepted returns that hold no reports, and so have no ledger.
        silent: the agencies that are expected and sent nothing that was accepted: *not reported*.
        counted: what agencies counted themselves, from their ledger returns; None where there are none.
    """

    figures: tuple[Figures, ...]
    covered: tuple[Nation, ...]
    window_days: int
    asked: Asked
    without: tuple[Return, ...] = ()
    silent: tuple[str, ...] = ()
    counted: Figures | None = None

    @property
    def not_reported(self) -> dict[str, tuple[str, ...]]:
        """Nation to the bodies whose source carries no outcomes: they have no ledger."""
        return {nation.name: nation.not_reporting for nation in self.covered if nation.not_reporting}

    @property
    def left_out(self) -> dict[str, str]:
        """Agency to the reason why its sender wants it left out of the ledger."""
        absent = (agency for nation in self.covered for agency in nation.absent)
        return {agency["agency"]: agency["why"] for agency in absent if agency["absent"] == LEFT_OUT}

    def rows(self) -> list[dict[str, Any]]:
        """Every ledger as a dictionary: what it is about, the standings, and what stands beside them."""
        notes = {nation.name: list(nation.notes) for nation in self.covered}
        followed = [
            _ledger_row(figures, row, self.window_days) | {"notes": notes[row["nation"]]}
            for figures in self.figures
            for row in figures.rows()
        ]
        return followed + ([_counted_row(self.counted, row) for row in self.counted.rows()] if self.counted else [])


def _counted_row(figures: Figures, row: dict[str, Any]) -> dict[str, Any]:
    """One month of an agency that counted by itself, in the words of every other ledger."""
    return {
        "area": row["area"],
        "period": row["month"],
        "unit": figures.about.unit,
        "as_at": row["as_at"],
        "received": row[figures.total],
        **{part: row[part] for part in figures.parts},
        "of_which": {},
        "unaccounted_because": {},
        **{name: row[name] for name in ("area_code", "agency", "agency_id") if row.get(name)},
        "duplicates": row["duplicates"],
        "definition_version": row["definition_version"],
        "coverage": "this month of this agency",
        "basis": figures.about.basis,
        "strand": "justice",
        "window_days": None,
        "known_at": figures.about.known_at,
        "standard_version": figures.about.standard_version,
        "origin": figures.about.origin,
        "notes": list(figures.about.notes),
    }


def _ledger_row(figures: Figures, row: dict[str, Any], window_days: int) -> dict[str, Any]:
    because = {
        name.removeprefix(REASON_PREFIX): row[name]
        for name in figures.memo
        if name.startswith(REASON_PREFIX) and row[name]
    }
    shown = {
        "area": row.get("area") or row["nation"],
        "period": row.get("month") or row["period"],
        "unit": figures.about.unit,
        "as_at": row["as_at"],
        "received": row[figures.total],
        **{part: row[part] for part in figures.parts},
        "of_which": {name: row[name] for name in figures.memo if not name.startswith(REASON_PREFIX)},
        "unaccounted_because": because,
    }
    shown |= {name: row[name] for name in ("nation", "area_code", "agency", "agency_id") if row.get(name)}
    return shown | {
        "coverage": row["coverage"],
        "basis": figures.about.basis,
        "strand": "justice",
        "window_days": window_days,
        "known_at": figures.about.known_at,
        "standard_version": figures.about.standard_version,
        "origin": figures.about.origin,
    }


def ledger(store: Path, asked: Asked | None = None, settings: Settings | None = None, tell: Tell = _silent) -> Ledgers:
    """The ledgers of the accepted returns, uncontrolled: for the store's holder only.

    Raises:
        StoreRefused: there is no store.
        NotCovered: the day asked for is not covered.
        DoesNotBalance: a report stands in no place or in more than one.
    """
    settings, asked = settings or from_environment(), asked or Asked()
    if asked.by not in BY:
        raise WrongWords(f"A ledger can be made by {', '.join(BY)}, not by {asked.by!r}.")
    opened = Store.open(store)
    accepted = opened.accepted()
    entries = [entry for entry in accepted if entry.unit not in WITHOUT_LEDGER and not _counts_alone(entry)]
    without = tuple(entry for entry in accepted if entry.unit in WITHOUT_LEDGER)
    made: list[Figures] = []
    covered: list[Nation] = []
    with open_engine(settings) as engine:
        known = _known(engine, opened, accepted, settings)
        for unit in dict.fromkeys(entry.unit for entry in entries):
            tell(f"Following every {unit} to where it stands")
            chosen = [entry for entry in entries if entry.unit == unit]
            nations_of_unit = _covered(engine, opened, chosen, known)
            agencies = _agencies_judged(nations_of_unit, asked, settings)
            covered += nations_of_unit
            if any(not agency.get("absent") for agency in agencies):
                made.append(_ledger_of(engine, opened, chosen, agencies, nations_of_unit, asked, settings))
        counted = _agency_counts(engine, opened, accepted, asked, settings)
    if asked.place is not None and not made and counted is None:
        _no_such_place(store, asked.place, covered, known)
    silent = tuple(str(agency["agency"]) for agency in known.silent)
    return Ledgers(tuple(made), tuple(covered), settings.window_days, asked, without, silent, counted)


def _counts_alone(entry: Return) -> bool:
    """Whether a return holds counts that the agency made itself, and no records."""
    tables = entry.receipt["tables"]
    return LEDGER_RETURN.name in tables and not {"report", "assessment"} & set(tables)


def _agency_counts(
    engine: Engine, store: Store, accepted: Sequence[Return], asked: Asked, settings: Settings
) -> Figures | None:
    """The counts of ledger returns, as the latest return of each agency and month has them."""
    rows = store.read(engine, accepted, LEDGER_RETURN.name)
    if rows is None or asked.offence is not None:
        return None
    last = rows.group_by("agency_id", "month").agg(return_no=rows.return_no.max())
    latest = rows.semi_join(last, ["agency_id", "month", "return_no"])
    if asked.period is not None:
        period = parse_period(asked.period)
        latest = latest.filter(latest.month.between(f"{period.first_day:%Y-%m}", f"{period.last_day:%Y-%m}"))
    if asked.as_at is not None:
        latest = latest.filter(latest.as_at == asked.as_at)
    figures = ledger_return_figures(latest.to_pyarrow(), settings.now.isoformat(timespec="seconds"))
    if asked.place is not None:
        chosen = [row["agency_id"] for row in figures.rows() if _is_in({"nation": "", **row}, asked.place)]
        figures = figures.where(agency_id=chosen[0]) if chosen else figures.where(agency_id="")
    return figures if figures.rows() else None


def _no_such_place(store: Path, place: str, covered: Sequence[Nation], known: Known) -> None:
    """Say why a place has no ledger: it sent nothing, it is left out, or nobody knows it."""
    for agency in [agency for nation in covered for agency in nation.absent if agency["absent"] == LEFT_OUT]:
        if _is_in(agency, place):
            raise NotCovered(f"{agency['agency']}: left out of the ledger at its sender's word ({agency['why']}).")
    for agency in known.silent:
        if _is_in(agency, place):
            raise NotCovered(f"{agency['agency']}: not reported. It is expected, and no accepted return names it.")
    raise WrongWords(
        f"No accepted return holds a place called {place!r}. 'onrecord ledger {store} --by area' names them."
    )


def _known(engine: Engine, store: Store, accepted: Sequence[Return], settings: Settings) -> Known:
    """Who is expected, who of them sent nothing, and what senders declare of the ledger."""
    holds = _agencies_held(engine, store, accepted) if accepted else {}
    named = calendar.agencies_expected(store.expected(), accepted, holds, settings.now.date())
    held = {agency for agencies in holds.values() for agency in agencies}
    rows = {agency: {"agency_id": agency} if agency in held else codelists.agency_named(agency) for agency in named}
    says = _declared(engine, store, accepted, holds)
    return Known(
        expected={row["agency_id"]: named[agency] for agency, row in rows.items()},
        silent=tuple(row for row in rows.values() if row["agency_id"] not in held),
        left_out=says.left_out,
        said=says.said,
    )


def _declared(engine: Engine, store: Store, accepted: Sequence[Return], holds: Mapping[int, Sequence[str]]) -> Declared:
    rows = store.rows(engine, accepted, "declaration").to_pyarrow().to_pylist()
    senders = {entry.number: " ".join(entry.sender.split()).casefold() for entry in accepted}
    return declared("ledger", rows, senders, holds)


def _ledger_of(
    engine: Engine,
    store: Store,
    entries: Sequence[Return],
    agencies: Sequence[Mapping[str, Any]],
    covered: Sequence[Nation],
    asked: Asked,
    settings: Settings,
) -> Figures:
    agencies_counted = [agency for agency in agencies if not agency.get("absent")]
    rows = {table: store.rows(engine, entries, table) for table in FOLLOWED}
    latest = _latest(rows, len(entries) > 1)
    report = latest["report"]
    # A sender need not say what holds unless said otherwise.
    report = report.mutate(
        carries_activity=report.carries_activity.fill_null(True), vanished=report.vanished.fill_null(False)
    )
    judged = table_of([{"agency_id": agency["agency_id"], "as_at": agency["as_at"]} for agency in agencies_counted])
    report = _chosen(
        _with_vanished(report, entries, _agencies_held(engine, store, entries)).inner_join(judged, "agency_id"), asked
    )
    inside = table_of([{"agency_id": agency["agency_id"]} for nation in covered for agency in nation.agencies])
    history = History(report, latest["crime"], latest["involvement"], latest["event"], inside)
    standing = report_standings(history, settings.window_days)
    duplicate = report.filter(report.duplicate_of.notnull(), report.received_date <= report.as_at)
    known_at = settings.now.isoformat(timespec="seconds")
    period = parse_period(asked.period) if asked.period else None
    return count_ledger(standing, duplicate, agencies, asked.by, known_at, entries[0].unit, period)


def _rows_of(store: Store, engine: Engine, entries: Sequence[Return], table: str) -> ir.Table:
    """A table that every return has."""
    rows = store.read(engine, entries, table)
    if rows is None:
        raise StoreRefused(f"{store.folder}: no return holds the table '{table}'. Were they made by another version?")
    return rows


def _covered(engine: Engine, store: Store, entries: Sequence[Return], known: Known) -> list[Nation]:
    agencies = _rows_of(store, engine, entries, "agencies")
    months = _rows_of(store, engine, entries, "coverage")
    sent = {
        entry.number: {
            "as_at": date.fromisoformat(entry.as_at),
            "period": entry.period,
            "notes": entry.receipt["notes"],
            "zero": entry.receipt["verdict"] == ZERO_RETURN,
        }
        for entry in entries
    }
    return nations(agencies.to_pyarrow().to_pylist(), months.to_pyarrow().to_pylist(), sent, known)


def _agencies_judged(covered: Sequence[Nation], asked: Asked, settings: Settings) -> list[dict[str, Any]]:
    """The agencies that have a ledger and those absent from it, each with the day of its nation's figure."""
    chosen = []
    for nation in covered:
        every = (*nation.agencies, *nation.absent)
        agencies = [row for row in every if asked.place is None or _is_in(row, asked.place)]
        if any(not row.get("absent") for row in agencies):
            as_at = judged_at(nation, asked.as_at, settings.now.date())
            chosen += [{**row, "as_at": as_at} for row in agencies]
    return chosen


def _is_in(agency: Mapping[str, Any], place: str) -> bool:
    return place.casefold() in {str(agency[key]).casefold() for key in ("nation", "area", "area_code", "agency_id")}


def _latest(rows: dict[str, ir.Table], several: bool) -> dict[str, ir.Table]:
    """Each report, with all that belongs to it, as the latest return that holds it has it."""
    if not several:
        return rows
    report = rows["report"]
    last = report.group_by("report_id").agg(return_no=report.return_no.max())
    return {name: table.semi_join(last, ["report_id", "return_no"]) for name, table in rows.items()}


def _agencies_held(engine: Engine, store: Store, entries: Sequence[Return]) -> dict[int, list[str]]:
    """Return number to the agencies it speaks of."""
    held: dict[int, list[str]] = {entry.number: [] for entry in entries}
    for row in _rows_of(store, engine, entries, "agencies").select("return_no", "agency_id").to_pyarrow().to_pylist():
        held[row["return_no"]].append(row["agency_id"])
    return held


def _with_vanished(report: ir.Table, entries: Sequence[Return], holds: Mapping[int, Sequence[str]]) -> ir.Table:
    """A report has vanished when a later return of its sender speaks of its agency and day, and no longer holds it.

    Each report stands here as its latest return has it, so that any later return of that period lacks it.

    Args:
        report: the reports, with ``return_no``.
        entries: the returns.
        holds: return number to the ids of the agencies it speaks of.
    """
    later = [
        {
            "return_no": earlier.number,
            "agency_id": agency_id,
            "first_day": period.first_day,
            "last_day": period.last_day,
        }
        for earlier in entries
        for entry in entries
        if entry.number > earlier.number and (entry.sender, entry.adapter) == (earlier.sender, earlier.adapter)
        for period in [parse_period(entry.period)]
        for agency_id in holds[entry.number]
    ]
    if not later:
        return report
    spoken_of = report.inner_join(table_of(later), ["return_no", "agency_id"])
    gone = spoken_of.filter(spoken_of.received_date.between(spoken_of.first_day, spoken_of.last_day))
    gone = gone.select(gone_id=gone.report_id).distinct()
    joined = report.left_join(gone, report.report_id == gone.gone_id)
    return joined.mutate(vanished=joined.vanished | joined.gone_id.notnull()).drop("gone_id")


def _chosen(report: ir.Table, asked: Asked) -> ir.Table:
    if asked.period is not None:
        period = parse_period(asked.period)
        report = report.filter(report.received_date.between(period.first_day, period.last_day))
    if asked.offence is not None:
        report = report.filter(report.offence.lower() == asked.offence.lower())
    return report


def publish(store: Path, out: Path, settings: Settings | None = None, tell: Tell = _silent) -> list[Path]:
    """Write the site: published figures, and the store's ledgers after disclosure control.

    Args:
        store: the store's folder.
        out: the site's folder; missing, empty, or a site made before.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The files written, the front page first.

    Raises:
        StoreRefused: there is no store.
        NotSafe: a table cannot be protected; nothing was written.
        WrongWords: ``out`` holds something else.
    """
    settings = settings or from_environment()
    opened = Store.open(store)
    entries = opened.accepted()
    # The figures are as known when the last return was accepted, or the calendar last changed: the same returns and
    # the same calendar make the same bytes.
    moments = [*(entry.accepted_at or "" for entry in entries), *(each.at for each in opened.expected())]
    known = max(moments, default="")
    as_known = replace(settings, now=datetime.fromisoformat(known)) if known else settings
    made = ledger(store, Asked(by="agency"), as_known, tell)
    tell("Protecting small counts")
    policy = policy_named()
    tables = [
        _record_table(figures, nation, entries, policy)
        for figures in made.figures
        for nation in made.covered
        if nation.name in {row["nation"] for row in figures.rows()}
    ]
    tell("Writing the site")
    return write_site(tables, policy, out)


def _record_table(figures: Figures, nation: Nation, entries: Sequence[Return], policy: Policy) -> RecordTable:
    chosen = figures.where(nation=nation.name)
    behind = [entry for entry in entries if entry.number in nation.return_nos]
    senders = tuple(dict.fromkeys(f"{entry.sender}, {entry.period}, read as {entry.adapter}" for entry in behind))
    chosen = replace(chosen, about=replace(chosen.about, notes=nation.notes, sources=senders))
    labels = {
        "nation": nation.name,
        "agency": nation.name,
        **in_words((*nation.agencies, *nation.absent), nation.as_at),
    }
    safe = protect(chosen, policy, "nation", labels)
    ends_at_arrest = all(entry.adapter == "nibrs" for entry in behind)
    word = behind[0].counted_row if ends_at_arrest else figures.about.unit
    forces = f"{len(nation.agencies)} police {'force' if len(nation.agencies) == 1 else 'forces'}"
    return RecordTable(
        name=nation.name if ends_at_arrest else f"{nation.name}, {forces}",
        slug=_slug(nation.name),
        row_word="agency" if ends_at_arrest else "police force",
        unit=(word, f"{word}s"),
        figures=safe,
        reasons=_reasons(chosen),
        without=len(nation.agencies) - len(chosen.rows()),
        notes=nation.notes,
        ends_at_arrest=ends_at_arrest,
    )


def _reasons(figures: Figures) -> tuple[str, ...]:
    """The reasons that occur. How often each does is not said: their counts would need protecting with the table."""
    occurring = {name for row in figures.rows() for name in figures.memo if row[name]}
    return tuple(label for key, label in codelists.reasons() if f"{REASON_PREFIX}{key}" in occurring)


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split())


def mapping_begin(files: Sequence[Path], out: Path, settings: Settings | None = None) -> Path:
    """Write the first draft of a mapping from the headers of files.

    Args:
        files: files, folders or zips, as they are exported.
        out: the file to write; one that is there is left alone.
        settings: the choices of this run.

    Returns:
        The file.

    Raises:
        FileRefused: a file cannot be read, or holds no table.
        WrongWords: there is something under that name already, or it cannot be written.
    """
    settings = settings or from_environment()
    with open_engine(settings) as engine:
        draft = begin(engine, gather(files), settings, out.stem)
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(draft)
    except FileExistsError:
        raise WrongWords(f"{out}: there is something under this name already. Give a new name.") from None
    except OSError as error:
        raise WrongWords(f"{out}: it cannot be written ({error.strerror}). Give another folder.") from None
    return out


def mapping_test(mapping: Path, files: Sequence[Path], settings: Settings | None = None) -> list[str]:
    """What a mapping finds in files, in lines, without running the rules.

    Raises:
        FileRefused: a file cannot be read, or lacks a table or column that the mapping reads.
        WrongWords: the mapping is none, or does not fit the standard.
    """
    settings = settings or from_environment()
    with open_engine(settings) as engine:
        return tried(mapping, engine, gather(files), settings)


def standard_export(form: str, out: Path, version: str = STANDARD_VERSION) -> list[Path]:
    """Write the standard in a form that others read.

    A file that is there and holds something else is left alone: it may be a template that somebody has filled in.

    Args:
        form: ``jsonschema``, ``datapackage``, ``csv`` or ``xlsx`` (templates), ``markdown`` or ``html``.
        out: the folder; made when it is missing.
        version: the version of the standard.

    Returns:
        The files, in the order of the standard.

    Raises:
        WrongWords: there is no such form or version, ``out`` is no folder or cannot be written to, or a file in it
            would be overwritten.
    """
    if form not in export.FORMS:
        raise WrongWords(f"There is no form {form!r}. There are: {', '.join(export.FORMS)}.")
    if version not in VERSIONS:
        raise WrongWords(f"There is no version {version!r} of the standard. There are: {', '.join(VERSIONS)}.")
    files = standard_pages(version) if form == export.HTML else export.exported(form, version)
    made = {out / name: content for name, content in files.items()}
    if out.exists() and not out.is_dir():
        raise WrongWords(f"{out}: this is a file. Give a folder.")
    for path, content in made.items():
        if path.exists() and (not path.is_file() or path.read_bytes() != content):
            raise WrongWords(f"{path}: there is something else under this name already. Give a new folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, content in made.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise WrongWords(f"{out}: cannot be written to ({error.strerror}). Give another folder.") from error
    return list(made)


@dataclass(frozen=True)
class Example:
    """One return of the demonstration: the files, and what is said of them.

    Attributes:
        files: a pattern under the folder of examples.
        adapter, sender, period: as for :func:`receive`.
        as_at: the day the files speak for, where they cannot say.
    """

    files: str
    adapter: str
    sender: str
    period: str
    as_at: date | None = None


# The street files were downloaded for a public snapshot of 22 December 2021; they do not say so themselves.
EXAMPLES = (
    Example("nibrs/AZ-2016.zip", "nibrs", "FBI", "2016"),
    Example("nibrs/LA-2019.zip", "nibrs", "FBI", "2019"),
    Example("nibrs/VT-2024.zip", "nibrs", "FBI", "2024"),
    Example(
        "police-uk/*-south-yorkshire-street.csv.gz",
        "police-uk",
        "South Yorkshire Police",
        "2018-10..2019-01",
        date(2021, 12, 22),
    ),
    Example(
        "police-uk/*-lancashire-street.csv.gz",
        "police-uk",
        "Lancashire Constabulary",
        "2018-11..2019-01",
        date(2021, 12, 22),
    ),
)


def demo(
    examples: Path, out: Path, settings: Settings | None = None, tell: Tell = _silent
) -> tuple[Ledgers, list[Path]]:
    """The main job on the real public data in ``examples``: receive, accept, count, publish.

    Args:
        examples: the folder with the example files.
        out: a folder for the store and the site; missing, empty, or one made by an earlier run.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The ledgers, and the site's files, the front page first.

    Raises:
        WrongWords: the examples are not there, or ``out`` holds something else.
    """
    settings = settings or from_environment()
    store, site = out / "store", out / "site"
    chosen = {example: sorted(examples.glob(example.files)) for example in EXAMPLES}
    for example, files in chosen.items():
        if not files:
            raise WrongWords(
                f"{examples / example.files}: the example files are not there. Run this from a clone of the "
                "repository, or name the folder with --examples."
            )
    _make_way(out, store)
    for example, files in chosen.items():
        tell(f"Receiving {example.sender}, {example.period}")
        return_id, _ = receive(
            store,
            files,
            example.adapter,
            example.sender,
            "the demonstration, as receiver",
            example.period,
            example.as_at,
            settings,
        )
        accept(store, return_id, "the demonstration, as second person", settings)
    made = ledger(store, settings=settings, tell=tell)
    return made, publish(store, site, settings, tell)


def _make_way(out: Path, store: Path) -> None:
    """Remove the store of an earlier demonstration; touch nothing else."""
    marker = out / "made-by-onrecord-demo.txt"
    if out.exists() and any(out.iterdir()) and not marker.is_file():
        raise WrongWords(f"{out}: this folder is not empty and was not made by 'onrecord demo'. Give a new folder.")
    shutil.rmtree(store, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    marker.write_text("Made by 'onrecord demo': the next run replaces the store and the site in here.\n")
