"""Ledgers: accepted returns are followed to where they stand, and counted.

What comes out is uncontrolled: for the store's holder only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord import __version__
from onrecord.actions.words import Tell, tell_nobody
from onrecord.engine import Engine, open_engine, table_of
from onrecord.errors import NotCovered, StoreRefused, WrongWords
from onrecord.figures import Figures
from onrecord.intake.receipt import ZERO_RETURN
from onrecord.measures.coverage import LEFT_OUT, Known, Nation, judged_at, nations
from onrecord.measures.declarations import Declared, declared
from onrecord.measures.effect import FOLLOWED
from onrecord.measures.ledger import BY, REASON_PREFIX
from onrecord.measures.ledger import ledger as count_ledger
from onrecord.pathways.latest import Sent, asked_for, latest_of, with_vanished
from onrecord.pathways.standings import History, report_standings
from onrecord.settings import Settings, from_environment
from onrecord.sources.ledger_returns import ledger_return_figures
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.periods import parse_period
from onrecord.standard.records import LEDGER_RETURN
from onrecord.store import expected as calendar
from onrecord.store.agreements import COUNT, permitted
from onrecord.store.catalogue import Made, Return, one_name
from onrecord.store.returns import Store

# Units of returns that hold no reports: nothing in them stands anywhere in the justice strand.
WITHOUT_LEDGER = ("assessment",)


@dataclass(frozen=True)
class Asked:
    """Which ledger is wanted.

    Attributes:
        by: nation, area, agency or month.
        as_at: the day to judge at, or None for the last day covered.
        period: only reports received in it, or None.
        offence: only this published category of offence, or None.
        place: only this nation or area, or None.
        known_at: only what was known at this moment (UTC), or None for all that is known now.
    """

    by: str = "nation"
    as_at: date | None = None
    period: str | None = None
    offence: str | None = None
    place: str | None = None
    known_at: datetime | None = None

    def as_words(self) -> dict[str, Any]:
        """What was asked but for the moment, for the lineage of what was made."""
        words = {"by": self.by, "period": self.period, "offence": self.offence, "place": self.place}
        return {**words, "as_at": self.as_at.isoformat() if self.as_at else None}


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
        known_at: the moment that it speaks of (UTC).
        inputs: return id to the generation of it that went in.
    """

    figures: tuple[Figures, ...]
    covered: tuple[Nation, ...]
    window_days: int
    asked: Asked
    without: tuple[Return, ...] = ()
    silent: tuple[str, ...] = ()
    counted: Figures | None = None
    known_at: str = ""
    inputs: Mapping[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The SHA-256 of the figures as JSON: what "byte for byte the same" is held against."""
        return hashlib.sha256(json.dumps(self.rows(), sort_keys=True).encode()).hexdigest()

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


def ledger(
    store: Path,
    asked: Asked | None = None,
    settings: Settings | None = None,
    tell: Tell = tell_nobody,
    *,
    purpose: str = COUNT,
) -> Ledgers:
    """The ledgers of the accepted returns, uncontrolled: for the store's holder only.

    Raises:
        StoreRefused: there is no store; or what was known then cannot be made again, for some of it was erased.
        NotCovered: the day asked for is not covered.
        NotPermitted: a return may not be used for this, by its sharing agreement.
        DoesNotBalance: a report stands in no place or in more than one.
    """
    settings, asked = settings or from_environment(), asked or Asked()
    if asked.by not in BY:
        raise WrongWords(f"A ledger can be made by {', '.join(BY)}, not by {asked.by!r}.")
    opened = Store.open(store, settings)
    known = as_known(asked, settings)
    accepted = opened.accepted(moment_of(asked))
    permitted(accepted, opened.rows_of("agreements"), purpose, settings.now.date())
    say_what_was_erased_since(opened, accepted, asked, settings)
    made = _ledgers_of(opened, accepted, asked, known, tell)
    _written_down(opened, made, purpose, settings)
    return made


def say_what_was_erased_since(store: Store, entries: Sequence[Return], asked: Asked, settings: Settings) -> None:
    """What was known at a moment cannot be shown any more where a person was erased since: that is said."""
    moment = moment_of(asked)
    for erasure in store.rows_of("erasures") if moment else ():
        touched = [entry.id for entry in entries if entry.id in erasure.returns]
        if touched and erasure.at > moment:
            settings.notice(
                f"a person was erased from {', '.join(touched)} by law on {erasure.at} ({erasure.id}): what was known "
                f"at {moment} cannot be made again. These are the figures of what is left."
            )


def moment_of(asked: Asked) -> str | None:
    """The moment whose knowledge is asked for, as the catalogue writes it; None for all that is known now."""
    return None if asked.known_at is None else asked.known_at.isoformat(timespec="seconds")


def as_known(asked: Asked, settings: Settings) -> Settings:
    """The settings of a run at the moment that is asked for."""
    if asked.known_at is None:
        return settings
    if asked.known_at > settings.now:
        raise WrongWords(f"--known-at {moment_of(asked)} lies in the future. Write a day or a moment that has been.")
    if asked.as_at is not None and asked.as_at > asked.known_at.date():
        raise NotCovered(
            f"--as-at {asked.as_at.isoformat()} lies after --known-at {moment_of(asked)}: what stood on a later day "
            "was not known then. Ask for an earlier day, or leave --known-at out."
        )
    return replace(settings, now=asked.known_at)


def _written_down(store: Store, made: Ledgers, purpose: str, settings: Settings) -> None:
    """What was made, and what from. A store that may be read and not written is read all the same, and that is said."""
    kept = Made(
        number=0,
        what="ledger",
        asked=made.asked.as_words(),
        known_at=made.known_at,
        inputs=made.inputs,
        settings={"window_days": made.window_days},
        code_version=__version__,
        standard_version=STANDARD_VERSION,
        seed=None,
        digest=made.digest,
        by=settings.who,
        at=settings.now.isoformat(timespec="seconds"),
    )
    try:
        with store.changing(store.act("counted", purpose=purpose, inputs=made.inputs, digest=kept.digest)) as (now, _):
            now.add("made", kept)
    except StoreRefused as refused:
        settings.notice(f"this look at the store could not be written into its trail. {refused}")


def _ledgers_of(store: Store, accepted: Sequence[Return], asked: Asked, settings: Settings, tell: Tell) -> Ledgers:
    """The ledgers of some returns, at the moment that the settings call now."""
    entries = [entry for entry in accepted if entry.unit not in WITHOUT_LEDGER and not counts_alone(entry)]
    without = tuple(entry for entry in accepted if entry.unit in WITHOUT_LEDGER)
    made: list[Figures] = []
    covered: list[Nation] = []
    with open_engine(settings) as engine:
        known = _known(engine, store, accepted, settings)
        for unit in dict.fromkeys(entry.unit for entry in entries):
            tell(f"Following every {unit} to where it stands")
            chosen = [entry for entry in entries if entry.unit == unit]
            nations_of_unit = _covered(engine, store, chosen, known)
            agencies = _agencies_judged(nations_of_unit, asked, settings)
            covered += nations_of_unit
            if any(not agency.get("absent") for agency in agencies):
                made.append(_ledger_of(engine, store, chosen, agencies, nations_of_unit, asked, settings))
        counted = _agency_counts(engine, store, accepted, asked, settings)
    if asked.place is not None and not made and counted is None:
        _no_such_place(store.folder, asked.place, covered, known)
    return Ledgers(
        figures=tuple(made),
        covered=tuple(covered),
        window_days=settings.window_days,
        asked=asked,
        without=without,
        silent=tuple(str(agency["agency"]) for agency in known.silent),
        counted=counted,
        known_at=settings.now.isoformat(timespec="seconds"),
        inputs={entry.id: entry.generation for entry in accepted},
    )


def counts_alone(entry: Return) -> bool:
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
    at = settings.now.isoformat(timespec="seconds")
    said = [each for each in store.rows_of("expected") if each.at <= at]
    named = calendar.agencies_expected(said, accepted, holds, settings.now.date())
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
    senders = {entry.number: one_name(entry.sender) for entry in accepted}
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
    latest = latest_of(rows, len(entries) > 1)
    report = latest["report"]
    # A sender need not say what holds unless said otherwise.
    report = report.mutate(
        carries_activity=report.carries_activity.fill_null(True), vanished=report.vanished.fill_null(False)
    )
    judged = table_of([{"agency_id": agency["agency_id"], "as_at": agency["as_at"]} for agency in agencies_counted])
    report = with_vanished(report, sent_by(engine, store, entries)).inner_join(judged, "agency_id")
    period = parse_period(asked.period) if asked.period is not None else None
    report = asked_for(report, period, asked.offence)
    inside = table_of([{"agency_id": agency["agency_id"]} for nation in covered for agency in nation.agencies])
    history = History(report, latest["crime"], latest["involvement"], latest["event"], inside)
    standing = report_standings(history, settings.window_days)
    duplicate = report.filter(report.duplicate_of.notnull(), report.received_date <= report.as_at)
    known_at = settings.now.isoformat(timespec="seconds")
    return count_ledger(standing, duplicate, agencies, asked.by, known_at, entries[0].unit, period)


def rows_of(store: Store, engine: Engine, entries: Sequence[Return], table: str) -> ir.Table:
    """A table that every return has."""
    rows = store.read(engine, entries, table)
    if rows is None:
        raise StoreRefused(f"{store.folder}: no return holds the table '{table}'. Were they made by another version?")
    return rows


def _covered(engine: Engine, store: Store, entries: Sequence[Return], known: Known) -> list[Nation]:
    agencies = rows_of(store, engine, entries, "agencies")
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
        agencies = [row for row in every if asked.place is None or _is_in(row, asked.place)]
        if any(not row.get("absent") for row in agencies):
            as_at = judged_at(nation, asked.as_at, settings.now.date())
            chosen += [{**row, "as_at": as_at} for row in agencies]
    return chosen


def _is_in(agency: Mapping[str, Any], place: str) -> bool:
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
