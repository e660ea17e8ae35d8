"""Measures: one figure after another from the same look at the store, each as its declaration says.

What comes out is uncontrolled: for the store's holder only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onrecord.actions.opening import (
    Asked,
    Followed,
    Look,
    cut_of,
    digest_of,
    followed,
    history_of,
    look_at,
    must_count,
    no_such_place,
    what_is_known,
    written_down,
)
from onrecord.actions.words import Tell, tell_nobody
from onrecord.engine import open_engine, table_of
from onrecord.errors import WrongWords
from onrecord.figures import Figures
from onrecord.measures.attrition import attrition
from onrecord.measures.completeness import completeness
from onrecord.measures.coverage import Nation
from onrecord.measures.effect import FOLLOWED
from onrecord.measures.flow import flow
from onrecord.measures.operations import in_words as operations_in_words
from onrecord.measures.operations import operations
from onrecord.measures.outcomes_by_time import DAYS, cohorts
from onrecord.measures.outcomes_by_time import Shares as Shares
from onrecord.measures.protective_actions import protective_actions
from onrecord.measures.safeguarding import safeguarding
from onrecord.measures.timeliness import timeliness
from onrecord.pathways.latest import asked_for
from onrecord.pathways.safeguarding import within_senders
from onrecord.settings import Settings, from_environment
from onrecord.standard.measures import Measure, measure_named
from onrecord.store.agreements import COUNT
from onrecord.store.catalogue import Return, one_name

LEDGER = "ledger"


@dataclass(frozen=True)
class Measured:
    """A measure made from a store.

    Attributes:
        measure: its declaration.
        figures: a table for each unit of the returns: of counts or, for a measure that estimates, of shares.
        covered: the nations that the returns cover.
        asked: what was asked.
        known_at: the moment that it speaks of (UTC).
        window_days: the window within which an open report counts as live.
        silent: the agencies that are expected and sent nothing: *not reported*.
        without: accepted returns that hold none of what the measure counts.
        inputs: return id to the generation of it that went in.
    """

    measure: Measure
    figures: tuple[Figures | Shares, ...]
    covered: tuple[Nation, ...]
    asked: Asked
    known_at: str
    window_days: int
    silent: tuple[str, ...] = ()
    without: tuple[Return, ...] = ()
    inputs: Mapping[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The SHA-256 of the figures as JSON: what "byte for byte the same" is held against."""
        return digest_of(self.rows())

    @property
    def in_words(self) -> tuple[str, ...]:
        """What the figures come to, in sentences, for a measure that has such."""
        return tuple(
            sentence
            for figures in self.figures
            if isinstance(figures, Figures)
            for sentence in SAYS.get(self.measure.code, _nothing)(figures)
        )

    def rows(self) -> list[dict[str, Any]]:
        """Every row of the figures as a dictionary, with all that a figure says of itself."""
        notes = {nation.name: list(nation.notes) for nation in self.covered}
        return [
            {
                "measure": self.measure.code,
                "area": row.get("area") or row["nation"],
                **row,
                "unit": figures.about.unit,
                "basis": figures.about.basis,
                "window_days": self.window_days,
                "known_at": figures.about.known_at,
                "standard_version": figures.about.standard_version,
                "origin": figures.about.origin,
                "notes": [*figures.about.notes, *notes.get(row["nation"], [])],
            }
            for figures in self.figures
            for row in figures.rows()
        ]


def measure(
    store: Path,
    name: str,
    asked: Asked | None = None,
    settings: Settings | None = None,
    tell: Tell = tell_nobody,
    *,
    purpose: str = COUNT,
) -> Measured:
    """A measure of the accepted returns, uncontrolled: for the store's holder only. The ledger has a verb of its own.

    Raises:
        StoreRefused: there is no store; or what was known then cannot be made again, for some of it was erased.
        NotCovered: the day asked for is not covered.
        NotPermitted: a return may not be used for this, by its sharing agreement.
        WrongWords: there is no such measure, or it does not count the unit that is asked for.
        DoesNotBalance: the figures do not hang together as the measure says.
    """
    settings, asked = settings or from_environment(), asked or Asked()
    declared = _declared(name, asked)
    look = look_at(store, declared.code, asked, settings, purpose)
    made = _measured(look, declared, tell)
    written_down(look, made.digest, settings, window_days=made.window_days)
    return made


def _nothing(_: Figures) -> Sequence[str]:
    return ()


def _declared(name: str, asked: Asked) -> Measure:
    if name not in WAYS:
        raise WrongWords(f"There is no measure {name!r}. There are: {LEDGER}, {', '.join(WAYS)}.")
    declared = measure_named(name)
    must_count(declared, asked.unit)
    if asked.at and name not in READ_AT:
        raise WrongWords(f"The measure {name} is not read at times: leave out --at.")
    if any(not 0 <= days < float("inf") for days in asked.at):
        raise WrongWords("--at takes days from 0 on: for instance --at 90,180,365.")
    return declared


def _measured(look: Look, declared: Measure, tell: Tell) -> Measured:
    made: list[Figures | Shares] = []
    covered: list[Nation] = []
    records = (*FOLLOWED, *ALSO.get(declared.code, ()))
    with open_engine(look.settings) as engine:
        known = what_is_known(engine, look)
        for nations_of_unit, rows in followed(engine, look, known, records, tell):
            covered += nations_of_unit
            if rows is not None:
                made.append(WAYS[declared.code](rows, look))
    if look.asked.place is not None and not made:
        no_such_place(look, covered, known)
    return Measured(
        measure=declared,
        figures=tuple(made),
        covered=tuple(covered),
        asked=look.asked,
        known_at=look.known_at,
        window_days=look.settings.window_days,
        silent=tuple(str(agency["agency"]) for agency in known.silent),
        without=look.without(records),
        inputs=look.inputs,
    )


def _completeness(rows: Followed, look: Look) -> Figures:
    return completeness(history_of(rows, look), rows.tables["person"], cut_of(rows, look, "row"))


def _timeliness(rows: Followed, look: Look) -> Figures:
    return timeliness(history_of(rows, look), cut_of(rows, look), look.settings.window_days)


def _attrition(rows: Followed, look: Look) -> Figures:
    return attrition(history_of(rows, look), cut_of(rows, look))


def _cohorts(rows: Followed, look: Look) -> Shares:
    history = history_of(rows, look, every_period=True)
    return cohorts(history, cut_of(rows, look), look.settings.window_days, look.asked.at or DAYS)


def _protective_actions(rows: Followed, look: Look) -> Figures:
    return protective_actions(history_of(rows, look, every_period=True), cut_of(rows, look))


def _operations(rows: Followed, look: Look) -> Figures:
    history = history_of(rows, look, every_period=True)
    return operations(
        history, rows.tables["operation"], rows.tables["operation_report"], cut_of(rows, look, "operation")
    )


def _flow(rows: Followed, look: Look) -> Figures:
    return flow(history_of(rows, look, every_period=True), cut_of(rows, look), look.settings.window_days)


def _safeguarding(rows: Followed, look: Look) -> Figures:
    # An assessment falls on the last report before it: also on one that was not asked for.
    report = rows.tables["report"].inner_join(rows.senders, "return_no")
    history = replace(history_of(rows, look, every_period=True), report=report)
    carrying = table_of([{"sender": one_name(entry.sender)} for entry in look.with_assessments] or [{"sender": ""}])
    known = within_senders(history, rows.tables["assessment"], carrying)
    wanted = asked_for(report, look.asked.within, look.asked.offence)
    return safeguarding(known, wanted, cut_of(rows, look), look.settings.window_days)


# Measures that are read at times after receipt.
READ_AT = ("cohorts",)
# What a measure reads beside reports, crimes, involvements and events.
ALSO: Mapping[str, tuple[str, ...]] = {
    "completeness": ("person",),
    "operations": ("operation", "operation_report"),
    "safeguarding": ("assessment",),
}
# A measure to how it is made; the ledger has a verb of its own.
WAYS: Mapping[str, Callable[[Followed, Look], Figures | Shares]] = {
    "attrition": _attrition,
    "cohorts": _cohorts,
    "timeliness": _timeliness,
    "completeness": _completeness,
    "operations": _operations,
    "protective actions": _protective_actions,
    "flow": _flow,
    "safeguarding": _safeguarding,
}
# A measure to what its figures come to, in sentences.
SAYS: Mapping[str, Callable[[Figures], Sequence[str]]] = {"operations": operations_in_words}
