"""The verbs: check, receive, accept, returns, ledger, publish, demo, standard_export.

Everything that changes or shows something goes through here: the command line and notebooks speak to this
file alone, and this file alone opens the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord import __version__
from onrecord.disclosure.policy import Policy, policy_named
from onrecord.disclosure.safe import protect
from onrecord.engine import Engine, open_engine, table_of
from onrecord.errors import NotPermitted, StoreRefused, WrongWords
from onrecord.figures import Figures
from onrecord.intake.adapters import adapter_named
from onrecord.intake.read import Source, gather
from onrecord.intake.receipt import NOTHING_ACCEPTED, Receipt, receipt_of
from onrecord.intake.rows import Adapter, Rows
from onrecord.measures.coverage import Nation, in_words, judged_at, nations
from onrecord.measures.ledger import BY, REASON_PREFIX
from onrecord.measures.ledger import ledger as count_ledger
from onrecord.pathways.standings import History, report_standings
from onrecord.publish.site import RecordTable, write_site
from onrecord.settings import Settings, from_environment
from onrecord.standard import STANDARD_VERSION, codelists, export
from onrecord.standard.periods import Period, parse_period
from onrecord.store.catalogue import RECEIVED, Return
from onrecord.store.returns import Store

Tell = Callable[[str], None]


def _silent(_: str) -> None:
    """Tell nobody."""


def _no_future(as_at: date | None, settings: Settings) -> None:
    if as_at is not None and as_at > settings.now.date():
        raise WrongWords(f"--as-at {as_at.isoformat()} lies in the future. Write the day the files speak for.")


def check(
    files: Sequence[Path],
    adapter: str,
    as_at: date | None = None,
    settings: Settings | None = None,
    tell: Tell = _silent,
) -> Receipt:
    """Read files and say what would become of every row, without a store.

    Args:
        files: CSV files, folders or zips.
        adapter: how to read them, a name of ``onrecord.intake.adapters``.
        as_at: the day the files speak for, where they cannot say.
        settings: the choices of this run.
        tell: told of each step.

    Raises:
        FileRefused: a file cannot be read as what it was said to be.
        WrongWords: there is no such adapter.
    """
    settings = settings or from_environment()
    _no_future(as_at, settings)
    with open_engine(settings) as engine:
        chosen = adapter_named(adapter)
        return receipt_of(_read(engine, gather(files), chosen, as_at, settings, tell))


def _read(
    engine: Engine, sources: Sequence[Source], adapter: Adapter, as_at: date | None, settings: Settings, tell: Tell
) -> Rows:
    tell(f"Reading {len(sources):,} {'file' if len(sources) == 1 else 'files'}")
    return adapter.read(engine, sources, as_at, settings)


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
) -> tuple[str, Receipt]:
    """Take a return into the store, where it waits to be accepted by somebody else.

    Args:
        store: the store's folder; made when it is missing or empty.
        files: CSV files, folders or zips.
        adapter: how to read them.
        sender: the agency or publisher they are from.
        by: who takes them in; declared, not proven.
        period: the period they were sent for.
        as_at: the day the files speak for, where they cannot say.
        settings: the choices of this run.
        tell: told of each step.

    Returns:
        The return's id and its receipt.

    Raises:
        FileRefused, StoreRefused, WrongWords: nothing was stored.
    """
    settings = settings or from_environment()
    sent_for = parse_period(period)
    _named(by, "--by")
    _named(sender, "--from")
    _no_future(as_at, settings)
    with open_engine(settings) as engine:
        sources = gather(files)
        rows = _read(engine, sources, adapter_named(adapter), as_at, settings, tell)
        _speaks_for_its_rows(rows)
        receipt = receipt_of(rows, _outside(rows, sent_for))
        if receipt.verdict == NOTHING_ACCEPTED:
            named = ", ".join(str(file) for file in files)
            raise WrongWords(
                f"{named}: no row of these files is in scope ({receipt.received:,} received), so there is nothing "
                "to store. 'onrecord check' shows why, row by row."
            )
        tell("Storing the return")
        originals = list(dict.fromkeys(source.path for source in sources))
        tables = {**rows.tables, "agencies": rows.agencies, "coverage": rows.coverage}
        entry = Store.open_or_create(store).put(
            _entry(rows, receipt, adapter, sender, by, period, settings), originals, tables
        )
    return entry.id, receipt


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
    totals = receipt.as_json()
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
    _named(by, "--by")
    opened = Store.open(store)
    entry = opened.find(return_id)
    if _same_person(entry.received_by, by):
        raise NotPermitted(
            f"{entry.id} was received by {entry.received_by}, who may not accept it as well. "
            "Ask somebody else to look at the receipt and accept it."
        )
    return opened.accept(entry, by.strip(), settings.now.isoformat(timespec="seconds"))


def _same_person(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def returns(store: Path) -> list[Return]:
    """The returns in the store, in the order in which they came. Raises StoreRefused when there is no store."""
    return Store.open(store).all()


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
    """

    figures: tuple[Figures, ...]
    covered: tuple[Nation, ...]
    window_days: int
    asked: Asked

    @property
    def not_reported(self) -> dict[str, tuple[str, ...]]:
        """Nation to the bodies whose source carries no outcomes: they have no ledger."""
        return {nation.name: nation.not_reporting for nation in self.covered if nation.not_reporting}

    def rows(self) -> list[dict[str, Any]]:
        """Every ledger as a dictionary: what it is about, the standings, and what stands beside them."""
        notes = {nation.name: list(nation.notes) for nation in self.covered}
        return [
            _ledger_row(figures, row, self.window_days) | {"notes": notes[row["nation"]]}
            for figures in self.figures
            for row in figures.rows()
        ]


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
    entries = opened.accepted()
    made: list[Figures] = []
    covered: list[Nation] = []
    with open_engine(settings) as engine:
        for unit in dict.fromkeys(entry.unit for entry in entries):
            tell(f"Following every {unit} to where it stands")
            chosen = [entry for entry in entries if entry.unit == unit]
            nations_of_unit = _covered(engine, opened, chosen)
            agencies = _agencies_judged(nations_of_unit, asked, settings)
            covered += nations_of_unit
            if agencies:
                made.append(_ledger_of(engine, opened, chosen, agencies, nations_of_unit, asked, settings))
    if asked.place is not None and not made:
        raise WrongWords(
            f"No accepted return holds a place called {asked.place!r}. 'onrecord ledger {store} --by area' names them."
        )
    return Ledgers(tuple(made), tuple(covered), settings.window_days, asked)


def _ledger_of(
    engine: Engine,
    store: Store,
    entries: Sequence[Return],
    agencies: Sequence[Mapping[str, Any]],
    covered: Sequence[Nation],
    asked: Asked,
    settings: Settings,
) -> Figures:
    rows = {table: store.read(engine, entries, table) for table in ("report", "crime", "involvement", "event")}
    latest = _latest(rows, len(entries) > 1)
    report, event = latest["report"], latest["event"]
    if report is None or event is None:
        raise StoreRefused(
            f"{store.folder}: the returns hold no reports or no events. Were they made by another version?"
        )
    judged = table_of([{"agency_id": agency["agency_id"], "as_at": agency["as_at"]} for agency in agencies])
    report = _chosen(
        _with_vanished(report, entries, _agencies_held(engine, store, entries)).inner_join(judged, "agency_id"), asked
    )
    inside = table_of([{"agency_id": agency["agency_id"]} for nation in covered for agency in nation.agencies])
    history = History(report, latest["crime"], latest["involvement"], event, inside)
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


def _covered(engine: Engine, store: Store, entries: Sequence[Return]) -> list[Nation]:
    agencies = _rows_of(store, engine, entries, "agencies")
    months = _rows_of(store, engine, entries, "coverage")
    sent = {
        entry.number: {
            "as_at": date.fromisoformat(entry.as_at),
            "period": entry.period,
            "notes": entry.receipt["notes"],
        }
        for entry in entries
    }
    return nations(agencies.to_pyarrow().to_pylist(), months.to_pyarrow().to_pylist(), sent)


def _agencies_judged(covered: Sequence[Nation], asked: Asked, settings: Settings) -> list[dict[str, Any]]:
    """The agencies that have a ledger, each with the day of its nation's figure."""
    chosen = []
    for nation in covered:
        agencies = [row for row in nation.agencies if asked.place is None or _is_in(row, asked.place)]
        if agencies:
            as_at = judged_at(nation, asked.as_at, settings.now.date())
            chosen += [{**row, "as_at": as_at} for row in agencies]
    return chosen


def _is_in(agency: Mapping[str, Any], place: str) -> bool:
    return place.casefold() in {str(agency[key]).casefold() for key in ("nation", "area", "area_code", "agency_id")}


def _latest(rows: dict[str, ir.Table | None], several: bool) -> dict[str, ir.Table | None]:
    """Each report, with all that belongs to it, as the latest return that holds it has it."""
    report = rows["report"]
    if report is None or not several:
        return rows
    last = report.group_by("report_id").agg(return_no=report.return_no.max())
    return {
        name: table.semi_join(last, ["report_id", "return_no"]) if table is not None else None
        for name, table in rows.items()
    }


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
    entries = Store.open(store).accepted()
    # The figures are as known when the last return was accepted: the same returns make the same bytes.
    known = max((entry.accepted_at or "" for entry in entries), default="")
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
    labels = {"nation": nation.name, "agency": nation.name, **in_words(nation.agencies, nation.as_at)}
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


def standard_export(form: str, out: Path) -> list[Path]:
    """Write the standard in a form that others read.

    A file that is there and holds something else is left alone: it may be a template that somebody has filled in.

    Args:
        form: ``jsonschema``, ``datapackage``, ``csv`` (templates) or ``markdown``.
        out: the folder; made when it is missing.

    Returns:
        The files, in the order of the standard.

    Raises:
        WrongWords: there is no such form, ``out`` is no folder or cannot be written to, or a file in it would be
            overwritten.
    """
    if form not in export.FORMS:
        raise WrongWords(f"There is no form {form!r}. There are: {', '.join(export.FORMS)}.")
    made = {out / name: text.encode() for name, text in export.exported(form).items()}
    if out.exists() and not out.is_dir():
        raise WrongWords(f"{out}: this is a file. Give a folder.")
    for path, content in made.items():
        if path.exists() and (not path.is_file() or path.read_bytes() != content):
            raise WrongWords(f"{path}: there is something else under this name already. Give a new folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, content in made.items():
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
