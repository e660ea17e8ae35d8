"""Cohorts from a file of durations, without a store: which share has ended how, by when.

Nothing is kept. Every row of the file is used, or the file is refused with the rows to mend; a row that can say
nothing is counted aloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.actions.words import Tell, no_future, tell_nobody
from onrecord.engine import Engine, open_engine
from onrecord.errors import FileRefused, WrongWords
from onrecord.incidence.counts import Counts
from onrecord.incidence.curves import MINIMUM, curves
from onrecord.incidence.estimates import WHY_NOT, Estimates, estimates, summary
from onrecord.incidence.gray import Gray, gray
from onrecord.incidence.intervals import FORMS, LEVEL
from onrecord.incidence.periods import COHORT_BASIS, PERIOD_BASIS, WHY_THEY_DIFFER, Periods
from onrecord.intake.read import Sheet, gather, sheets, text_of
from onrecord.look.curves import MOST_LINES, Line, Mark, curve_panels
from onrecord.measures.cohorts import EVERY, by_period, counted, durations, never_at_risk, period_of
from onrecord.settings import Settings, from_environment

NOTHING_ENDED = "Every case is live: nothing has ended yet."
DAYS = (90.0, 180.0, 365.0)
ENTRY, EXIT, OUTCOME, RECEIVED, SETTLED, PERIOD = "entry", "exit", "outcome", "received", "settled", "period"
RECEIPT = "period of receipt"
OF_DURATIONS, OF_DAYS = (ENTRY, EXIT, OUTCOME), (RECEIVED, SETTLED, OUTCOME)


@dataclass(frozen=True)
class Wanted:
    """Which cohorts are asked for.

    Attributes:
        by: the columns that make the groups; ``period`` is the period of receipt, where the file has days.
        at: the times to read the curves at, in the unit of the durations.
        form: which interval, a key of ``FORMS``.
        level: of the intervals.
        minimum: how many must be at risk for a curve to begin.
        as_at: the day judged at, where the file has days.
        every: how long a period is, a key of ``EVERY``.
    """

    by: tuple[str, ...] = ()
    at: tuple[float, ...] = DAYS
    form: str = next(iter(FORMS))
    level: float = LEVEL
    minimum: int = MINIMUM
    as_at: date | None = None
    every: str = "year"


@dataclass(frozen=True)
class Cohorts:
    """What became of the cases of a file, by group.

    Attributes:
        wanted: what was asked for.
        found: the estimates.
        tests: Gray's test of each outcome; empty for one group.
        periods: the period ratio beside them, where the file has days.
        by_period: the estimates of the same periods as cohorts, where the file has days.
        read: how many rows the file has.
        set_aside: how many of them say nothing, by reason.
    """

    wanted: Wanted
    found: Estimates
    tests: tuple[Gray, ...]
    periods: Periods | None
    by_period: Estimates | None
    read: int
    set_aside: Mapping[str, int]

    @property
    def used(self) -> int:
        """How many rows the estimates rest on."""
        return self.read - sum(self.set_aside.values())

    def rows(self) -> list[dict[str, Any]]:
        """One row for each group, outcome and time."""
        return self.found.rows()

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain values."""
        made: dict[str, Any] = {
            "rows": self.rows(),
            "gray": [test.row() for test in self.tests],
            "groups": summary(self.found.curves),
            "basis": COHORT_BASIS,
            "interval": self.found.form,
            "level": self.found.level,
            "minimum_risk_set": self.wanted.minimum,
            "rows_read": self.read,
            "rows_used": self.used,
            "set_aside": dict(self.set_aside),
            "notes": self.notes(),
        }
        if self.wanted.as_at is not None:
            made["as_at"] = self.wanted.as_at.isoformat()
            made["periods"] = self.period_rows()
        return made

    def period_rows(self) -> list[dict[str, Any]]:
        """The period ratio of each period and outcome, and what became of the cohort received in it; or nothing."""
        if self.periods is None or self.by_period is None:
            return []
        cohort: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.by_period.rows():
            shown = {name: row[name] for name in ("time", "estimate", "low", "high", "reason")}
            cohort.setdefault((row["group"], row["outcome"]), []).append(shown)
        return [
            {**row, "basis": PERIOD_BASIS, "cohort": cohort.get((row["period"], row["outcome"]), [])}
            for row in self.periods.rows()
        ]

    def notes(self) -> list[str]:
        """Sentences that a reader must see."""
        if not self.found.curves.counts.outcomes:
            return [NOTHING_ENDED]
        notes = [f"{why}: {sentence}." for why, sentence in WHY_NOT.items() if (self.found.reason == why).any()]
        late = [group for group in summary(self.found.curves) if group["since"] is not None]
        notes += [
            f"{group['group']}: entry is delayed. The curve is about those still open at time {group['since']}, and "
            "begins there."
            for group in late
        ]
        if late and self.tests:
            notes.append(
                "With delayed entry Gray's test compares the groups from the latest of their beginnings on; its "
                "p-value has no outside witness there."
            )
        return notes + ([WHY_THEY_DIFFER] if self.periods is not None else [])

    def drawing(self) -> str:
        """The curves as SVG, a panel for each outcome.

        Raises:
            WrongWords: there are too many groups to tell apart, or nothing has ended.
        """
        counts = self.found.curves.counts
        if not counts.outcomes:
            raise WrongWords(f"{NOTHING_ENDED} There is nothing to draw.")
        if len(counts.groups) > MOST_LINES:
            raise WrongWords(
                f"{len(counts.groups)} groups are too many lines to tell apart: at most {MOST_LINES} are drawn. Take a "
                "column with fewer values in --by, or ask for --format table or csv."
            )
        panels = {
            outcome: [_line(self.found, group, place) for group in range(len(counts.groups))]
            for place, outcome in enumerate(counts.outcomes)
        }
        return str(curve_panels(panels, self.found.at.tolist(), self.found.level))


def _line(found: Estimates, group: int, outcome: int) -> Line:
    """One group's curve of an outcome, as far as it holds, with a mark at each time asked for."""
    counts = found.curves.counts
    own = slice(counts.first[group], counts.first[group + 1])
    begin = max(float(found.curves.start[group]), 0.0)
    until = min(float(found.curves.last[group]), float(found.curves.stop[group]))
    steps = [
        (float(time), float(share))
        for time, share in zip(counts.time[own], found.curves.share[own, outcome], strict=True)
        if time < found.curves.stop[group]
    ]
    marks = [
        Mark(float(time), *(float(values[group, place, outcome]) for values in (found.estimate, found.low, found.high)))
        for place, time in enumerate(found.at)
        if not found.reason[group, place]
    ]
    return Line(counts.groups[group], begin, until, steps, marks)


def cohorts(
    file: Path, wanted: Wanted | None = None, settings: Settings | None = None, tell: Tell = tell_nobody
) -> Cohorts:
    """Estimate which share of each group has ended with each outcome by each time.

    Args:
        file: a table with a row for each case: ``exit`` and ``outcome`` (empty = live), and ``entry`` where cases came
            under observation late; or ``received``, ``settled`` and ``outcome``, as days.
        wanted: what is asked for.
        settings: the choices of this run.
        tell: told of each step.

    Raises:
        FileRefused: the file cannot be read, lacks a column, or has rows that make no sense.
        WrongWords: what is asked for makes no sense.
    """
    settings, wanted = settings or from_environment(), wanted or Wanted()
    _check(wanted, settings)
    with open_engine(settings) as engine:
        tell("Reading")
        sheet = _the_sheet(engine, file, settings)
        has_days = _has_days(sheet, wanted)
        text = _text(engine, sheet, OF_DAYS if has_days else OF_DURATIONS, wanted, settings)
        read = _looked_over(sheet, text, DAY_FAULTS if has_days else DURATION_FAULTS)
        tell("Counting")
        if has_days:
            return _from_days(text, wanted, read)
        return _from_durations(text, wanted, read)


def _check(wanted: Wanted, settings: Settings) -> None:
    no_future(wanted.as_at, settings)
    if wanted.form not in FORMS:
        raise WrongWords(f"There is no interval {wanted.form!r}. Ask for one of: {', '.join(FORMS)}.")
    if wanted.every not in EVERY:
        raise WrongWords(f"There is no period {wanted.every!r}. Ask for one of: {', '.join(EVERY)}.")
    if wanted.minimum < 1:
        raise WrongWords("The minimum risk set is at least 1.")
    if not wanted.at or any(not 0 <= time < float("inf") for time in wanted.at):
        raise WrongWords("--at takes times from 0 on, in the unit of the durations: for instance --at 90,180,365.")


# ---------------------------------------------------------------- the file


def _the_sheet(engine: Engine, file: Path, settings: Settings) -> Sheet:
    found = sheets(engine, gather([file]), settings)
    if len(found) > 1:
        raise FileRefused(f"{file}: it holds {len(found)} tables. Give one table with a row for each case.")
    return found[0]


def _has_days(sheet: Sheet, wanted: Wanted) -> bool:
    """Whether the file gives days rather than durations. Refuses what is neither, and words that do not fit."""
    columns = {column.lower() for column in sheet.columns}
    has_days = {RECEIVED, SETTLED} <= columns and EXIT not in columns
    needed = OF_DAYS if has_days else (EXIT, OUTCOME)
    missing = [name for name in needed if name not in columns]
    if missing:
        raise FileRefused(
            f"{sheet.shown}: it has no column {' and no column '.join(missing)}. Name the columns exit, outcome and, "
            "where cases came under observation late, entry; or received, settled and outcome."
        )
    if has_days and wanted.as_at is None:
        raise WrongWords(f"{sheet.shown} has days. Say which day its open cases are judged at: --as-at 2023-12-31.")
    if not has_days and wanted.as_at is not None:
        raise WrongWords(f"{sheet.shown} has durations, which know no day: leave out --as-at.")
    return has_days


def _text(engine: Engine, sheet: Sheet, columns: Sequence[str], wanted: Wanted, settings: Settings) -> ir.Table:
    """The columns of the file as text; those of ``by`` bear a mark, so that none meets another."""
    known = {column.lower() for column in sheet.columns}
    days = SETTLED in columns
    for name in wanted.by:
        if name.lower() in OF_DURATIONS + OF_DAYS:
            raise WrongWords(f"--by {name}: this column says when and how a case ends. Take one that says what it is.")
        if name.lower() not in known and not (days and name == PERIOD):
            others = [column for column in sheet.columns if column.lower() not in OF_DURATIONS + OF_DAYS]
            there = f"it has {', '.join(others)}" if others else "it has none that could make groups"
            raise WrongWords(f"--by {name}: {sheet.shown} has no such column; {there}.")
    names = {column: column for column in columns} | {_mark(name): name for name in wanted.by if name.lower() in known}
    return text_of(engine, "cases", [sheet], [names], settings)


def _mark(name: str) -> str:
    return f"by {name.lower()}"


# ---------------------------------------------------------------- what can be wrong with a row

Fault = tuple[Callable[[ir.Table], ir.BooleanValue], str]


def _number(column: ir.StringValue) -> ir.FloatingValue:
    """A column as numbers; null where it holds none, and where it holds one that no clock shows."""
    value = column.try_cast("float64")
    return (value.isnan() | value.isinf()).fill_null(False).ifelse(ibis.null("float64"), value)


def _day(column: ir.StringValue) -> ir.DateValue:
    """A column as days, where they are written 2024-01-31."""
    return column.re_search(r"^\d{4}-\d{2}-\d{2}$").ifelse(column, ibis.null("string")).try_cast("date")


def _is_no(read: Callable[[ir.StringValue], ir.Value], name: str) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda rows: rows[name].notnull() & read(rows[name]).isnull()


# What a row may not be, and what to do about it.
DURATION_FAULTS: tuple[Fault, ...] = (
    (
        lambda rows: rows.exit.isnull(),
        "there is no exit. Write how long the case was followed, whether it has ended or not",
    ),
    (_is_no(_number, EXIT), "exit is not a number. Write it as 12 or 12.5"),
    (_is_no(_number, ENTRY), "entry is not a number. Write it as 12 or 12.5, or leave it empty"),
    (lambda rows: _number(rows.exit) < 0, "exit lies below 0: the case ends before it begins. Look at its days"),
    (lambda rows: _number(rows.entry) < 0, "entry lies below 0. Write 0, or leave it empty, where a case was followed "
     "from its beginning"),
    (lambda rows: _number(rows.exit) < _number(rows.entry), "exit lies before entry. Look at its days"),
)  # fmt: skip
DAY_FAULTS: tuple[Fault, ...] = (
    (lambda rows: rows.received.isnull(), "there is no day of receipt. Write it under received, as 2024-01-31"),
    (_is_no(_day, RECEIVED), "received is not a day. Write it as 2024-01-31"),
    (_is_no(_day, SETTLED), "settled is not a day. Write it as 2024-01-31, or leave it empty where the case is live"),
    (lambda rows: _day(rows.settled) < _day(rows.received), "settled lies before received. Look at both"),
    (lambda rows: rows.settled.notnull() & rows.outcome.isnull(), "it is settled, and there is no outcome. Write the "
     "outcome, or leave settled empty"),
    (lambda rows: rows.settled.isnull() & rows.outcome.notnull(), "there is an outcome, and no day for it. Write the "
     "day under settled, or leave outcome empty"),
)  # fmt: skip


def _looked_over(sheet: Sheet, rows: ir.Table, faults: Sequence[Fault]) -> int:
    """How many rows there are. Refuses the file where one makes no sense, and says which: none is left out unsaid."""
    found: dict[str, ir.Scalar] = {"rows": rows.count()}
    for place, (is_faulty, _) in enumerate(faults):
        wrong = is_faulty(rows).fill_null(False)
        found |= {f"first {place}": rows.line.min(where=wrong), f"count {place}": wrong.sum()}
    answer = rows.aggregate(**found).to_pyarrow().to_pylist()[0]
    if not answer["rows"]:
        raise FileRefused(f"{sheet.shown}: it has a header and no rows. Give a row for each case.")
    sentences = [
        _at_fault(sheet, answer[f"first {place}"], answer[f"count {place}"], sentence)
        for place, (_, sentence) in enumerate(faults)
        if answer[f"count {place}"]
    ]
    if sentences:
        raise FileRefused(
            "\n".join([*sentences, "Nothing was counted, so that no row is lost: mend them and try again."])
        )
    return int(answer["rows"])


def _at_fault(sheet: Sheet, line: int, count: int, sentence: str) -> str:
    more = f" ({count:,} rows are so; this is the first)" if count > 1 else ""
    return f"{sheet.shown}, row {line:,}: {sentence}.{more}"


# ---------------------------------------------------------------- from rows to counts to curves


def _from_durations(text: ir.Table, wanted: Wanted, read: int) -> Cohorts:
    rows = text.mutate(entry=_number(text.entry), exit=_number(text.exit))
    unseen = never_at_risk(rows)
    unseen_count = int(rows.aggregate(unseen=unseen.sum()).to_pyarrow().to_pylist()[0]["unseen"])
    counts = counted(rows.filter(~unseen), [_mark(name) for name in wanted.by])
    aside = {"entered at the very time of its exit, so never at risk": unseen_count} if unseen_count else {}
    return Cohorts(wanted, _estimated(counts, wanted), _tested(counts, wanted), None, None, read, aside)


def _from_days(text: ir.Table, wanted: Wanted, read: int) -> Cohorts:
    assert wanted.as_at is not None
    cases = text.mutate(received=_day(text.received), settled=_day(text.settled))
    by = [_mark(name) for name in wanted.by or (PERIOD,)]
    period = period_of(cases.received, wanted.every)
    columns = {name: cases[name] if name in cases.columns else period for name in by} | {RECEIPT: period}
    rows = durations(cases, wanted.as_at, columns)
    counts = counted(rows, by)
    if not counts.groups:
        raise WrongWords("No case was received by that day. Ask for a later --as-at.")
    later = read - int(counts.cases.sum())
    aside = {f"received after {wanted.as_at.isoformat()}": later} if later else {}
    return Cohorts(
        wanted,
        _estimated(counts, wanted),
        _tested(counts, wanted),
        by_period(cases, wanted.as_at, wanted.every),
        _estimated(counted(rows, [RECEIPT]), wanted),
        read,
        aside,
    )


def _estimated(counts: Counts, wanted: Wanted) -> Estimates:
    return estimates(curves(counts, wanted.minimum), wanted.at, FORMS[wanted.form], wanted.level)


def _tested(counts: Counts, wanted: Wanted) -> tuple[Gray, ...]:
    return tuple(gray(counts, wanted.minimum)) if len(counts.groups) > 1 else ()
