"""What every measure is made from: the accepted returns that may be counted, whom they cover, and the latest rows.

One look at a store is for one measure, one moment and one purpose. What comes out of :func:`followed` is what the
measures take: pseudonymous tables, and the agencies with the day of their figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord import __version__
from onrecord.actions.words import Tell, tell_nobody
from onrecord.engine import Engine, table_of
from onrecord.errors import NotCovered, StoreRefused, WrongWords
from onrecord.intake.receipt import ZERO_RETURN
from onrecord.measures.coverage import LEFT_OUT, Known, Nation, judged_at, nations
from onrecord.measures.cuts import BY, Cut
from onrecord.measures.declarations import Declared, declared
from onrecord.pathways.history import History
from onrecord.pathways.latest import Sent, asked_for, latest_by, latest_of, with_vanished
from onrecord.settings import Settings
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.measures import Measure
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.records import LEDGER_RETURN, table_named
from onrecord.store import expected as calendar
from onrecord.store.agreements import permitted
from onrecord.store.catalogue import Made, Return, one_name
from onrecord.store.returns import Store

ASSESSMENT, REPORT = "assessment", "report"
# Units of returns that hold no reports: nothing in them stands anywhere in the justice strand.
WITHOUT_LEDGER = (ASSESSMENT,)
# Records whose rows belong to no one report: each sender's own, as its latest return has them.
OF_NO_REPORT = frozenset({ASSESSMENT, "person", "operation", "operation_report"})


@dataclass(frozen=True)
class Asked:
    """Which figures are wanted.

    Attributes:
        by: nation, area, agency or month.
        as_at: the day to judge at, or None for the last day covered.
        period: only reports received in it, or None.
        offence: only this published category of offence, or None.
        place: only this nation or area, or None.
        known_at: only what was known at this moment (UTC), or None for all that is known now.
        unit: what is counted (report, child, suspect), or None for what the returns hold.
        at: days after receipt at which a measure that follows cohorts is read; none for its own.
    """

    by: str = "nation"
    as_at: date | None = None
    period: str | None = None
    offence: str | None = None
    place: str | None = None
    known_at: datetime | None = None
    unit: str | None = None
    at: Sequence[float] = ()

    def as_words(self) -> dict[str, Any]:
        """What was asked but for the moment, for the lineage of what was made."""
        words: dict[str, Any] = {"by": self.by, "period": self.period, "offence": self.offence, "place": self.place}
        words |= {"unit": self.unit} if self.unit else {}
        words |= {"at": list(self.at)} if self.at else {}
        return {**words, "as_at": self.as_at.isoformat() if self.as_at else None}

    @property
    def moment(self) -> str | None:
        """The moment of knowledge as it is written; None for now."""
        return None if self.known_at is None else self.known_at.isoformat(timespec="seconds")

    @property
    def within(self) -> Period | None:
        """The period of receipt that is asked for, read."""
        return None if self.period is None else parse_period(self.period)


@dataclass(frozen=True)
class Look:
    """One look at a store, for one measure.

    Attributes:
        store: the store.
        measure: the measure, a code of ``measures``.
        asked: what was asked.
        accepted: the returns that count, or counted at the moment that is asked for.
        settings: the choices of the run, with the moment that is asked for as now.
        purpose: what it is for, as sharing agreements call it.
    """

    store: Store
    measure: str
    asked: Asked
    accepted: tuple[Return, ...]
    settings: Settings
    purpose: str

    @property
    def known_at(self) -> str:
        """The moment that the figures speak of (UTC), ISO 8601."""
        return self.settings.now.isoformat(timespec="seconds")

    @property
    def inputs(self) -> dict[str, int]:
        """Return id to the generation of it that goes in."""
        return {entry.id: entry.generation for entry in self.accepted}

    @property
    def with_reports(self) -> list[Return]:
        """The returns that hold reports: others stand nowhere in the justice strand."""
        return [entry for entry in self.accepted if entry.unit not in WITHOUT_LEDGER and not counts_alone(entry)]

    @property
    def with_assessments(self) -> list[Return]:
        """The returns that hold assessments, with reports or alone."""
        return [entry for entry in self.accepted if ASSESSMENT in entry.receipt["tables"]]

    def groups(self, records: Iterable[str]) -> list[tuple[str, list[Return]]]:
        """The returns that are followed together, and what they count: those of one unit.

        Where assessments are read, the returns that hold nothing else go with the reports, and returns that count
        neither (crimes of files that name no child) are left out.
        """
        of_unit = {
            unit: [entry for entry in self.with_reports if entry.unit == unit]
            for unit in dict.fromkeys(entry.unit for entry in self.with_reports)
        }
        if ASSESSMENT not in records:
            return list(of_unit.items())
        reports = of_unit.get(REPORT, [])
        numbers = {entry.number for entry in (*reports, *self.with_assessments)}
        return [(REPORT, [entry for entry in self.accepted if entry.number in numbers])] if reports else []

    def without(self, records: Iterable[str]) -> tuple[Return, ...]:
        """The returns of records that hold nothing to be counted: what they hold is at most read beside."""
        followed = {entry.number for _, entries in self.groups(records) for entry in entries}
        counted = followed & {entry.number for entry in self.with_reports}
        return tuple(entry for entry in self.accepted if entry.number not in counted and not counts_alone(entry))


@dataclass(frozen=True)
class Followed:
    """The rows of one unit of returns, each report as its latest return has it.

    Attributes:
        unit: what the returns count: report or crime.
        agencies: the agencies of the figure, those absent among them, each with the day of its nation's figure.
        covered: the nations that the returns cover.
        tables: record to its rows; ``report`` has ``as_at``, the day at which each is judged, and those that belong to
            no one report have ``sender``.
        inside: ``agency_id`` of all agencies inside the coverage.
        senders: ``return_no`` and ``sender``: a sender's pseudonym of a person is the same in all its returns.
    """

    unit: str
    agencies: Sequence[Mapping[str, Any]]
    covered: Sequence[Nation]
    tables: Mapping[str, ir.Table]
    inside: ir.Table
    senders: ir.Table


def look_at(folder: Path, measure: str, asked: Asked, settings: Settings, purpose: str) -> Look:
    """Open a store for a measure.

    Raises:
        StoreRefused: there is no store; or what was known then cannot be made again, for some of it was erased.
        NotCovered: the day asked for was not known then.
        NotPermitted: a return may not be used for this, by its sharing agreement.
        WrongWords: there is no such cut.
    """
    if asked.by not in BY:
        raise WrongWords(f"A {measure} can be made by {', '.join(BY)}, not by {asked.by!r}.")
    store = Store.open(folder, settings)
    at_the_time = as_known(asked, settings)
    accepted = store.accepted(asked.moment)
    permitted(accepted, store.rows_of("agreements"), purpose, settings.now.date())
    say_what_was_erased_since(store, accepted, asked, settings)
    return Look(store, measure, asked, tuple(accepted), at_the_time, purpose)


def digest_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """The SHA-256 of figures as JSON: what "byte for byte the same" is held against."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def must_count(measure: Measure, unit: str | None) -> None:
    """Refuse a unit that a measure does not count. Raises WrongWords."""
    if unit is not None and unit not in measure.units:
        raise WrongWords(f"The measure {measure.code} counts {', '.join(measure.units)}, not {unit!r}.")


def written_down(look: Look, digest: str, settings: Settings, **depends_on: Any) -> None:
    """What was made, and what from. A store that may be read and not written is read all the same, and that is said.

    Args:
        look: the look at the store.
        digest: the SHA-256 of what was made.
        settings: the choices of the run, with its own moment as now.
        depends_on: what else the figures depend on.
    """
    kept = Made(
        number=0,
        what=look.measure,
        asked=look.asked.as_words(),
        known_at=look.known_at,
        inputs=look.inputs,
        settings=depends_on,
        code_version=__version__,
        standard_version=STANDARD_VERSION,
        seed=None,
        digest=digest,
        by=settings.who,
        at=settings.now.isoformat(timespec="seconds"),
    )
    try:
        act = look.store.act("counted", purpose=look.purpose, inputs=look.inputs, digest=digest)
        with look.store.changing(act) as (now, _):
            now.add("made", kept)
    except StoreRefused as refused:
        settings.notice(f"this look at the store could not be written into its trail. {refused}")


def followed(
    engine: Engine, look: Look, known: Known, records: Iterable[str], tell: Tell = tell_nobody
) -> Iterator[tuple[list[Nation], Followed | None]]:
    """For each unit of returns the nations that they cover, and their rows; None where every agency is absent.

    Args:
        engine: an open engine.
        look: the look at the store.
        known: what is known of the agencies beside their returns, from :func:`what_is_known`.
        records: the records that are needed.
        tell: told of each step.
    """
    records = tuple(records)
    for unit, entries in look.groups(records):
        tell(f"Following every {unit} to where it stands")
        covered = _covered(engine, look.store, entries, known)
        agencies = _agencies_judged(covered, look.asked, look.settings)
        counted = [agency for agency in agencies if not agency.get("absent")]
        yield covered, _followed(engine, look, unit, entries, agencies, covered, records) if counted else None


def _followed(
    engine: Engine,
    look: Look,
    unit: str,
    entries: Sequence[Return],
    agencies: Sequence[Mapping[str, Any]],
    covered: Sequence[Nation],
    records: Iterable[str],
) -> Followed:
    senders = table_of([{"return_no": entry.number, "sender": one_name(entry.sender)} for entry in entries])
    rows = {name: look.store.rows(engine, entries, name) for name in records}
    belonging = {name: table for name, table in rows.items() if name not in OF_NO_REPORT}
    tables = latest_of(belonging, len(entries) > 1)
    for name in OF_NO_REPORT & rows.keys():
        tables[name] = latest_by(rows[name].inner_join(senders, "return_no"), ["sender", *table_named(name).key])
    counted = [agency for agency in agencies if not agency.get("absent")]
    judged = table_of([{"agency_id": agency["agency_id"], "as_at": agency["as_at"]} for agency in counted])
    report = reports_judged(engine, look.store, entries, tables["report"], judged)
    return Followed(
        unit=unit,
        agencies=agencies,
        covered=covered,
        tables={**tables, "report": report},
        inside=table_of([{"agency_id": agency["agency_id"]} for nation in covered for agency in nation.agencies]),
        senders=senders,
    )


def reports_judged(
    engine: Engine, store: Store, entries: Sequence[Return], report: ir.Table, judged: ir.Table
) -> ir.Table:
    """The reports of some agencies, each with the day that it is judged at, the vanished ones marked.

    Args:
        engine: an open engine.
        store: where the returns lie.
        entries: the returns that the reports are from.
        report: each report as its latest return has it.
        judged: ``agency_id`` and ``as_at`` of the agencies.
    """
    # A sender need not say what holds unless said otherwise.
    report = report.mutate(
        carries_activity=report.carries_activity.fill_null(True), vanished=report.vanished.fill_null(False)
    )
    return with_vanished(report, sent_by(engine, store, entries)).inner_join(judged, "agency_id")


def history_of(rows: Followed, look: Look, *, every_period: bool = False) -> History:
    """The rows that were asked for as a history: of the period, and with ``sender``, whose names people go by."""
    report = asked_for(rows.tables["report"], None if every_period else look.asked.within, look.asked.offence)
    report = report.inner_join(rows.senders, "return_no")
    return History(report, rows.tables["crime"], rows.tables["involvement"], rows.tables["event"], rows.inside)


def cut_of(rows: Followed, look: Look, unit: str | None = None) -> Cut:
    """What the figures are about; the unit is that of the returns unless the measure has its own."""
    unit = unit or look.asked.unit or rows.unit
    return Cut(look.asked.by, rows.agencies, look.known_at, unit, look.asked.within)


def nations_of(rows: Followed) -> ir.Table:
    """Agency to the nation it lies in: ``agency_id``, ``nation``."""
    counted = [agency for agency in rows.agencies if not agency.get("absent")]
    return table_of([{"agency_id": agency["agency_id"], "nation": agency["nation"]} for agency in counted])


def no_such_place(look: Look, covered: Sequence[Nation], known: Known) -> None:
    """Say why a place has no figures: it sent nothing, it is left out, or nobody knows it.

    Raises:
        NotCovered: it is known, and has none.
        WrongWords: nobody knows it.
    """
    place = look.asked.place or ""
    for agency in [agency for nation in covered for agency in nation.absent if agency["absent"] == LEFT_OUT]:
        if is_in(agency, place):
            raise NotCovered(
                f"{agency['agency']}: left out of the {look.measure} at its sender's word ({agency['why']})."
            )
    for agency in known.silent:
        if is_in(agency, place):
            raise NotCovered(f"{agency['agency']}: not reported. It is expected, and no accepted return names it.")
    raise WrongWords(
        f"No accepted return holds a place called {place!r}. "
        f"'onrecord ledger {look.store.folder} --by area' names them."
    )


def say_what_was_erased_since(store: Store, entries: Sequence[Return], asked: Asked, settings: Settings) -> None:
    """What was known at a moment cannot be shown any more where a person was erased since: that is said."""
    moment = asked.moment
    for erasure in store.rows_of("erasures") if moment else ():
        touched = [entry.id for entry in entries if entry.id in erasure.returns]
        if touched and erasure.at > moment:
            settings.notice(
                f"a person was erased from {', '.join(touched)} by law on {erasure.at} ({erasure.id}): what was known "
                f"at {moment} cannot be made again. These are the figures of what is left."
            )


def as_known(asked: Asked, settings: Settings) -> Settings:
    """The settings of a run at the moment that is asked for."""
    if asked.known_at is None:
        return settings
    if asked.known_at > settings.now:
        raise WrongWords(f"--known-at {asked.moment} lies in the future. Write a day or a moment that has been.")
    if asked.as_at is not None and asked.as_at > asked.known_at.date():
        raise NotCovered(
            f"--as-at {asked.as_at.isoformat()} lies after --known-at {asked.moment}: what stood on a later day was "
            "not known then. Ask for an earlier day, or leave --known-at out."
        )
    return replace(settings, now=asked.known_at)


def counts_alone(entry: Return) -> bool:
    """Whether a return holds counts that the agency made itself, and no records."""
    tables = entry.receipt["tables"]
    return LEDGER_RETURN.name in tables and not {"report", "assessment"} & set(tables)


def what_is_known(engine: Engine, look: Look) -> Known:
    """Who is expected, who of them sent nothing, and what senders declare of the measure."""
    store, accepted, settings = look.store, look.accepted, look.settings
    holds = _agencies_held(engine, store, accepted) if accepted else {}
    at = settings.now.isoformat(timespec="seconds")
    said = [each for each in store.rows_of("expected") if each.at <= at]
    named = calendar.agencies_expected(said, accepted, holds, settings.now.date())
    held = {agency for agencies in holds.values() for agency in agencies}
    rows = {agency: {"agency_id": agency} if agency in held else codelists.agency_named(agency) for agency in named}
    says = said_by_senders(engine, look, holds)
    return Known(
        expected={row["agency_id"]: named[agency] for agency, row in rows.items()},
        silent=tuple(row for row in rows.values() if row["agency_id"] not in held),
        left_out=says.left_out,
        said=says.said,
    )


def said_by_senders(engine: Engine, look: Look, holds: Mapping[int, Sequence[str]]) -> Declared:
    """What senders declare of the measure, for the agencies that each return holds (return number to agencies)."""
    rows = look.store.rows(engine, look.accepted, "declaration").to_pyarrow().to_pylist()
    senders = {entry.number: one_name(entry.sender) for entry in look.accepted}
    return declared(look.measure, rows, senders, holds)


def rows_of(store: Store, engine: Engine, entries: Sequence[Return], table: str) -> ir.Table:
    """A table that every return has."""
    rows = store.read(engine, entries, table)
    if rows is None:
        raise StoreRefused(f"{store.folder}: no return holds the table '{table}'. Were they made by another version?")
    return rows


def _covered(engine: Engine, store: Store, entries: Sequence[Return], known: Known) -> list[Nation]:
    agencies = rows_of(store, engine, entries, "agencies")
    # Assessments are no outcomes. Where they are counted, whoever sends them is covered, and has its last day.
    alone = [entry.number for entry in entries if entry.unit in WITHOUT_LEDGER]
    agencies = agencies.mutate(carries_outcomes=agencies.carries_outcomes | agencies.return_no.isin(alone))
    months = rows_of(store, engine, entries, "coverage")
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
        agencies = [row for row in every if asked.place is None or is_in(row, asked.place)]
        if any(not row.get("absent") for row in agencies):
            as_at = judged_at(nation, asked.as_at, settings.now.date())
            chosen += [{**row, "as_at": as_at} for row in agencies]
    return chosen


def is_in(agency: Mapping[str, Any], place: str) -> bool:
    """Whether an agency is, or lies in, a place: a nation, an area by name or code, an agency by its identifier."""
    return place.casefold() in {str(agency[key]).casefold() for key in ("nation", "area", "area_code", "agency_id")}


def sent_by(engine: Engine, store: Store, entries: Sequence[Return]) -> list[Sent]:
    """What each return speaks of, and whose it is."""
    holds = _agencies_held(engine, store, entries)
    return [
        Sent(
            entry.number,
            (one_name(entry.sender), entry.adapter),
            parse_period(entry.period),
            holds[entry.number],
        )
        for entry in entries
    ]


def _agencies_held(engine: Engine, store: Store, entries: Sequence[Return]) -> dict[int, list[str]]:
    """Return number to the agencies it speaks of."""
    held: dict[int, list[str]] = {entry.number: [] for entry in entries}
    for row in rows_of(store, engine, entries, "agencies").select("return_no", "agency_id").to_pyarrow().to_pylist():
        held[row["return_no"]].append(row["agency_id"])
    return held
