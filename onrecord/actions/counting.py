"""Ledgers: accepted returns are followed to where they stand, and counted.

What comes out is uncontrolled: for the store's holder only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from onrecord.actions.opening import (
    WITHOUT_LEDGER,
    Asked,
    Followed,
    Look,
    cut_of,
    digest_of,
    followed,
    history_of,
    is_in,
    look_at,
    must_count,
    nations_of,
    no_such_place,
    said_by_senders,
    what_is_known,
    written_down,
)
from onrecord.actions.words import Tell, tell_nobody
from onrecord.engine import Engine, open_engine
from onrecord.figures import Figures
from onrecord.measures.coverage import LEFT_OUT, Nation
from onrecord.measures.effect import FOLLOWED
from onrecord.measures.ledger import REASON_PREFIX, ledger_of_people
from onrecord.measures.ledger import ledger as count_ledger
from onrecord.pathways.latest import asked_for
from onrecord.pathways.standings import report_places
from onrecord.pathways.subjects import PEOPLE, naming_none, places_of_people
from onrecord.pathways.transfers import FIRST, with_transfers
from onrecord.settings import Settings, from_environment
from onrecord.sources.ledger_returns import ledger_return_figures
from onrecord.standard import codelists
from onrecord.standard.measures import measure_named
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.records import LEDGER_RETURN
from onrecord.store.agreements import COUNT
from onrecord.store.catalogue import Return

LEDGER = "ledger"


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
        said_of_counts: agency to what its sender says of the ledger, a sentence; complete ones are not named.
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
    said_of_counts: Mapping[str, str] = field(default_factory=dict)
    known_at: str = ""
    inputs: Mapping[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The SHA-256 of the figures as JSON: what "byte for byte the same" is held against."""
        return digest_of(self.rows())

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
        counted = self.counted.rows() if self.counted else []
        return followed + [_counted_row(self.counted, row, self.said_of_counts) for row in counted if self.counted]


def _counted_row(figures: Figures, row: dict[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """One month of an agency that counted by itself, in the words of every other ledger."""
    says = said.get(row["agency_id"])
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
        "notes": [*figures.about.notes, *([says] if says else [])],
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
    must_count(measure_named(LEDGER), asked.unit)
    look = look_at(store, LEDGER, asked, settings, purpose)
    made = _ledgers_of(look, tell)
    written_down(look, made.digest, settings, window_days=made.window_days)
    return made


def _ledgers_of(look: Look, tell: Tell) -> Ledgers:
    """The ledgers of the returns that are looked at, at the moment that the settings call now."""
    made: list[Figures] = []
    covered: list[Nation] = []
    with open_engine(look.settings) as engine:
        known = what_is_known(engine, look)
        for nations_of_unit, rows in followed(engine, look, known, FOLLOWED, tell):
            covered += nations_of_unit
            if rows is not None:
                made.append(_ledger_of(rows, look))
        counted = _agency_counts(engine, look)
        said = _said_of_counts(engine, look) if counted else {}
    if look.asked.place is not None and not made and counted is None:
        no_such_place(look, covered, known)
    return Ledgers(
        figures=tuple(made),
        covered=tuple(covered),
        window_days=look.settings.window_days,
        asked=look.asked,
        without=tuple(entry for entry in look.accepted if entry.unit in WITHOUT_LEDGER),
        silent=tuple(str(agency["agency"]) for agency in known.silent),
        counted=counted,
        said_of_counts=said,
        known_at=look.known_at,
        inputs=look.inputs,
    )


def _ledger_of(rows: Followed, look: Look) -> Figures:
    if look.asked.unit in PEOPLE:
        return _ledger_of_people(rows, look, look.asked.unit)
    history = with_transfers(history_of(rows, look, every_period=True), nations_of(rows))
    period = look.asked.within
    if period is not None:
        history = replace(history, report=_received_in(history.report, period))
    places = report_places(history, look.settings.window_days)
    report = asked_for(history.report, period, None)
    duplicate = report.filter(report.duplicate_of.notnull(), report.received_date <= report.as_at)
    return count_ledger(places, duplicate, rows.agencies, look.asked.by, look.known_at, rows.unit, period)


def _received_in(report: ir.Table, period: Period) -> ir.Table:
    """The reports received in a period, here or, where a transfer is followed, at the first of its ends."""
    here = report.received_date.between(period.first_day, period.last_day)
    if FIRST not in report.columns:
        return report.filter(here)
    return report.filter(here | report[FIRST].between(period.first_day, period.last_day))


def _ledger_of_people(rows: Followed, look: Look, unit: str) -> Figures:
    history = history_of(rows, look)
    places = places_of_people(history, unit, look.settings.window_days)
    return ledger_of_people(places, naming_none(history, unit), cut_of(rows, look))


def _agency_counts(engine: Engine, look: Look) -> Figures | None:
    """The counts of ledger returns, as the latest return of each agency and month has them."""
    asked = look.asked
    rows = look.store.read(engine, look.accepted, LEDGER_RETURN.name)
    if rows is None or asked.offence is not None:
        return None
    last = rows.group_by("agency_id", "month").agg(return_no=rows.return_no.max())
    latest = rows.semi_join(last, ["agency_id", "month", "return_no"])
    if asked.period is not None:
        period = parse_period(asked.period)
        latest = latest.filter(latest.month.between(f"{period.first_day:%Y-%m}", f"{period.last_day:%Y-%m}"))
    if asked.as_at is not None:
        latest = latest.filter(latest.as_at == asked.as_at)
    figures = ledger_return_figures(latest.to_pyarrow(), look.known_at)
    if asked.place is not None:
        chosen = [row["agency_id"] for row in figures.rows() if is_in({"nation": "", **row}, asked.place)]
        figures = figures.where(agency_id=chosen[0]) if chosen else figures.where(agency_id="")
    return figures if figures.rows() else None


def _said_of_counts(engine: Engine, look: Look) -> dict[str, str]:
    """Agency to what its sender says of the ledger. Its own counts stand by themselves, and are shown all the same."""
    rows = look.store.rows(engine, look.accepted, LEDGER_RETURN.name)
    holds: dict[int, list[str]] = {}
    for row in rows.select("return_no", "agency_id").distinct().to_pyarrow().to_pylist():
        holds.setdefault(row["return_no"], []).append(codelists.agency_named(row["agency_id"])["agency_id"])
    says = said_by_senders(engine, look, holds)
    names = {agency: codelists.agency_named(agency)["agency"] for agency in (*says.left_out, *says.said)}
    out = {
        agency: f"{names[agency]}: left out of the ledger at its sender's word ({why}). Its own counts go into no sum."
        for agency, why in says.left_out.items()
    }
    return out | {
        agency: f"{names[agency]}: {why}, says its sender of the ledger." for agency, why in says.said.items()
    }
