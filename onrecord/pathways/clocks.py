"""Clocks: how long something took, how long it may take, and where it stands at a date.

Clocks are data (``clocks.csv``): what starts one, what stops and what pauses it, its limit, whom it binds, where and
from when. Each runs on every thing of its kind (an assessment, a crime, an event), and ends in exactly one row of
``clock_states.csv``. How days, working days, months and hours are counted is written down in decision 16.

A clock whose facts the standard does not carry cannot run: :func:`unable` says so, one sentence each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache, reduce
from operator import add

import ibis
import ibis.expr.types as ir

from onrecord.engine import empty_table, table_of
from onrecord.errors import DoesNotBalance, WrongWords
from onrecord.standard import codelists
from onrecord.standard.schema import SEPARATOR
from onrecord.standard.working_days import calendar

HOURS, CALENDAR_DAYS, WORKING_DAYS, MONTHS = "hours", "calendar days", "working days", "months"
UNITS = (HOURS, CALENDAR_DAYS, WORKING_DAYS, MONTHS)
# The units in which a pause can be taken out.
PAUSED_IN = (CALENDAR_DAYS, WORKING_DAYS)
BOTH_NATIONS = "England and Wales"
MINUTES_OF_AN_HOUR, MINUTES_OF_A_DAY = 60, 1440
EPOCH = date(1900, 1, 1)
EVENT = "event"
# An event is called by its report as well: two senders may give the same number.
EVENT_KEY = ["report_id", "event_id"]
# A thing of a clock likewise.
THING_KEY = ["clock_no", "report_id", "thing_id"]
PAUSE = ".."
FOREVER = date(2049, 12, 31)
# Every row of a clock and a thing, before it is judged.
RUN = ("clock_no", "record", "thing_id", "report_id", "person_id", "agency_id", "start", "start_minute", "to_the_day",
       "stop", "must_stop", "waived")  # fmt: skip
ROW = ("clock", "record", "thing_id", "report_id", "person_id", "agency_id", "start", "due", "stop", "state", "because",
       "elapsed", "elapsed_unit", "as_at")  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """One row of ``clocks.csv``.

    Attributes:
        code: what it is called.
        label: the same in words.
        what_it_times: from what to what.
        start: ``record.field``, or ``event.`` and kinds with ``;`` between them.
        stop: likewise; of events the first on or after the start, of the same report.
        pause: ``event.`` and the kind that pauses it, ``..``, and the kind that lets it run on; or "".
        waived_by: ``record.field`` that says, where it is true, that none is needed; or "".
        no_start: the state of a thing without a start: *not applicable* or *cannot judge*.
        limit: how many units; None where none is laid down.
        unit: one of ``UNITS``.
        binds: whom.
        nation: where: England, Wales, or England and Wales.
        is_on: whether it runs unless said otherwise; what is not verified does not.
        lacks: what the standard does not carry, so that it cannot run; "" where it can.
        valid_from, valid_to: the first and the last day of a start that it binds, or None.
    """

    code: str
    label: str
    what_it_times: str
    start: str
    stop: str
    pause: str
    waived_by: str
    no_start: str
    limit: int | None
    unit: str
    binds: str
    nation: str
    is_on: bool
    lacks: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Facts:
    """What clocks run on: standard tables, some of which a source may lack.

    Attributes:
        agency: ``agency_id``, ``country`` (England, Wales, England and Wales, another; null where it is not known),
            ``as_at`` (the day at which its clocks are judged) and ``covered_to`` (the last day that its returns speak
            for). Things of other agencies are left out.
        report: the reports, or None.
        crime: the crimes, or None.
        assessment: the assessments, or None.
        event: the events, or None.
    """

    agency: ir.Table
    report: ir.Table | None = None
    crime: ir.Table | None = None
    assessment: ir.Table | None = None
    event: ir.Table | None = None


@cache
def clocks() -> tuple[Clock, ...]:
    """All clocks there are, in the order of their list."""
    return tuple(_clock_of(row) for row in codelists.load("clocks"))


def _clock_of(row: codelists.Row) -> Clock:
    words = ("code", "label", "what_it_times", "start", "stop", "pause", "waived_by", "no_start", "unit", "binds",
             "nation", "lacks")  # fmt: skip
    return Clock(
        **{word: row[word] for word in words},
        limit=int(row["limit"]) if row["limit"] else None,
        is_on=row["on"] == "1",
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
    )


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


def in_use(also: Sequence[str] = ()) -> tuple[Clock, ...]:
    """The clocks that are on, and those asked for by their codes.

    Raises:
        WrongWords: there is no such clock.
    """
    wanted = {code.casefold() for code in also}
    if unknown := wanted - {clock.code.casefold() for clock in clocks()}:
        raise WrongWords(
            f"There is no clock {', '.join(sorted(unknown)).upper()!r}. 'onrecord standard show clocks' lists them."
        )
    return tuple(clock for clock in clocks() if clock.is_on or clock.code.casefold() in wanted)


def unable(chosen: Sequence[Clock]) -> tuple[tuple[Clock, str], ...]:
    """The clocks that cannot run, each with the reason in a sentence."""
    return tuple(
        (clock, f"Cannot judge: the standard carries no {_no(clock.lacks)}.") for clock in chosen if clock.lacks
    )


def _no(lacks: str) -> str:
    """What is lacking after the word "no": without its article."""
    first, _, rest = lacks.partition(" ")
    return rest if first in ("a", "an", "the") else lacks


# ---------------------------------------------------------------- what a clock runs on


def run_clocks(facts: Facts, chosen: Sequence[Clock]) -> ir.Table:
    """One row for every clock and every thing that it could run on.

    Args:
        facts: the standard tables.
        chosen: the clocks; those that cannot run have no rows.

    Returns:
        A table with the columns of ``ROW``: ``thing_id`` is the id of an assessment, crime or event, as ``record``
        says; ``due`` is the last day of the limit (null while a pause lasts, or where it does not run); ``because`` is
        a key of ``clock_states.csv`` and ``state`` the state it belongs to; ``elapsed`` counts working days or calendar
        days (``elapsed_unit``) up to the stop, or the day it is judged at. Beside them ``holding``: how many states'
        predicates hold, which is 1 in every row (:func:`check`).
    """
    able = [clock for clock in chosen if not clock.lacks]
    runs = [_runs_of(number, clock, facts) for number, clock in enumerate(able)]
    found = [run for run in runs if run is not None]
    if not found:
        return empty_table(_schema())
    run = ibis.union(*found) if len(found) > 1 else found[0]
    run = run.inner_join(facts.agency.select("agency_id", "country", "as_at", "covered_to"), "agency_id")
    run = run.inner_join(_limits(able), "clock_no").cache()
    return _judged(_counted(run, _pauses(run, able, facts)))


def _schema() -> ibis.Schema:
    dates = dict.fromkeys(("start", "due", "stop", "as_at"), "date")
    return ibis.schema({**{name: dates.get(name, "string") for name in ROW}, "elapsed": "int64", "holding": "int64"})


def _limits(able: Sequence[Clock]) -> ir.Table:
    """What a row needs to know of its clock."""
    rows = [
        {
            "clock_no": number,
            "clock": clock.code,
            "at_most": clock.limit,
            "unit": clock.unit,
            "binds_england": "England" in clock.nation,
            "binds_wales": "Wales" in clock.nation,
            "starts_always": clock.no_start == "cannot judge",
            "valid_from": clock.valid_from or date.min,
            "valid_to": clock.valid_to or date.max,
        }
        for number, clock in enumerate(able)
    ]
    return table_of(rows)


def _runs_of(number: int, clock: Clock, facts: Facts) -> ir.Table | None:
    """The things a clock can run on, with the columns of ``RUN``; None where the source has none."""
    way = WAYS[clock.start.partition(".")[0], clock.stop.partition(".")[0]]
    made = way(clock, facts)
    if made is None:
        return None
    made = made.mutate(clock_no=ibis.literal(number, "int64"), record=ibis.literal(clock.stop.partition(".")[0]))
    return made.select(*RUN)


def _of_assessments(clock: Clock, facts: Facts) -> ir.Table | None:
    """Both days stand in the assessment."""
    if facts.assessment is None:
        return None
    row = facts.assessment
    return row.select(
        "report_id",
        "person_id",
        "agency_id",
        thing_id=row.assessment_id,
        start=row[_field(clock.start)],
        start_minute=ibis.null("int64"),
        to_the_day=ibis.literal(True),
        stop=row[_field(clock.stop)],
        must_stop=ibis.literal(False),
        waived=row[_field(clock.waived_by)].fill_null(False) if clock.waived_by else ibis.literal(False),
    )


def _of_crimes(clock: Clock, facts: Facts) -> ir.Table | None:
    """From the receipt of a report to each crime recorded from it."""
    if facts.report is None or facts.crime is None:
        return None
    report = facts.report.select("report_id", "agency_id", "received_date", "received_time", "received_precision")
    row = facts.crime.select("crime_id", "report_id", "child_id", "recorded_date").inner_join(report, "report_id")
    return row.select(
        "report_id",
        "agency_id",
        person_id=row.child_id,
        thing_id=row.crime_id,
        start=row[_field(clock.start)],
        start_minute=_minute(row.received_time),
        to_the_day=(row.received_precision == "day").fill_null(False),
        stop=row[_field(clock.stop)],
        must_stop=ibis.literal(True),
        waived=ibis.literal(False),
    )


def _of_events(clock: Clock, facts: Facts) -> ir.Table | None:
    """From an event to the first on or after it that stops the clock, of the same report."""
    if facts.report is None or facts.event is None:
        return None
    starts = facts.event.filter(facts.event.kind.isin(_kinds(clock.start)))
    starts = starts.select("event_id", "report_id", "person_id", own_agency=starts.agency_id, start=starts.event_date)
    stops = _first_after(starts, facts.event, _kinds(clock.stop))
    row = starts.left_join(stops, EVENT_KEY).drop(*[f"{name}_right" for name in EVENT_KEY])
    row = row.inner_join(facts.report.select("report_id", whose=facts.report.agency_id), "report_id")
    return row.select(
        "report_id",
        "person_id",
        "start",
        "stop",
        agency_id=ibis.coalesce(row.own_agency, row.whose),
        thing_id=row.event_id,
        start_minute=ibis.null("int64"),
        to_the_day=ibis.literal(True),
        must_stop=ibis.literal(False),
        waived=ibis.literal(False),
    )


def _first_after(starts: ir.Table, event: ir.Table, kinds: Sequence[str]) -> ir.Table:
    """The first day on or after each start on which an event of these kinds happened: ``EVENT_KEY`` and ``stop``."""
    other = event.filter(event.kind.isin(list(kinds))).select(owner=event.report_id, happened=event.event_date)
    pairs = starts.inner_join(other, [starts.report_id == other.owner, starts.start <= other.happened])
    return pairs.group_by(EVENT_KEY).agg(stop=pairs.happened.min())


Way = Callable[[Clock, Facts], ir.Table | None]
# The records that start and stop a clock, to how its things are found.
WAYS: dict[tuple[str, str], Way] = {
    ("assessment", "assessment"): _of_assessments,
    ("report", "crime"): _of_crimes,
    (EVENT, EVENT): _of_events,
}


def _field(written: str) -> str:
    return written.partition(".")[2]


def _kinds(written: str) -> list[str]:
    return _field(written).split(SEPARATOR)


def _minute(time: ir.StringValue) -> ir.IntegerValue:
    """The minute of the day of a time written as 23:59; null where there is none."""
    hour, minute = time.substr(0, 2).try_cast("int64"), time.substr(3, 2).try_cast("int64")
    return hour * MINUTES_OF_AN_HOUR + minute


# ---------------------------------------------------------------- how days are counted


@cache
def _calendar() -> ir.Table:
    """Every day of the calendar: ``day``, ``is_working``, ``number``. Made once: it is the same for every run."""
    return table_of([asdict(day) for day in calendar()])


def _counted(run: ir.Table, pause: ir.Table | None) -> ir.Table:
    """Runs with what they are judged by: the days counted to the end and to the last day known, and the due day."""
    stop = ibis.ifelse(run.stop <= run.as_at, run.stop, ibis.null("date"))
    known_to = ibis.least(run.as_at, ibis.coalesce(run.covered_to, run.as_at))
    run = run.mutate(stop=stop, stop_written=run.stop, end=ibis.coalesce(stop, run.as_at), known_to=known_to)
    for name in ("start", "end", "known_to"):
        run = _with_number(run, name)
    run = _with_paused(run, pause)
    working = run.unit == WORKING_DAYS
    run = run.mutate(
        elapsed=ibis.ifelse(working, run.end_no - run.start_no, _days(run.end, run.start)) - run.paused,
        elapsed_known=ibis.ifelse(working, run.known_to_no - run.start_no, _days(run.known_to, run.start))
        - run.paused_known,
    )
    return _with_due(run)


def _with_number(run: ir.Table, name: str) -> ir.Table:
    """The number of the working day that a day is, or follows; null outside the calendar."""
    days = _calendar()
    days = days.select(**{f"{name}_day": days.day, f"{name}_no": days.number})
    return run.left_join(days, run[name] == days[f"{name}_day"]).drop(f"{name}_day")


def _days(later: ir.DateValue, earlier: ir.DateValue) -> ir.IntegerValue:
    return later.delta(earlier, unit="day").cast("int64")


def _with_due(run: ir.Table) -> ir.Table:
    """The last day of the limit, by each unit's own way of counting."""
    days = _calendar()
    days = days.filter(days.is_working).select(due_no=days.number, by_working_days=days.day)
    last_no = ibis.ifelse(run.unit == WORKING_DAYS, run.start_no + run.at_most, ibis.null("int64"))
    run = run.mutate(last_no=last_no)
    run = run.left_join(days, run.last_no == days.due_no)
    late_start = _minutes(run.start) + ibis.coalesce(run.start_minute, MINUTES_OF_A_DAY - 1)
    last_minute = late_start + run.at_most * MINUTES_OF_AN_HOUR
    due = ibis.cases(
        (run.is_paused, run.due_paused),
        (run.unit == WORKING_DAYS, run.by_working_days),
        (run.unit == CALENDAR_DAYS, _later(run.start, run.at_most, "D")),
        (run.unit == MONTHS, _later(run.start, run.at_most, "M")),
        (run.unit == HOURS, _later(ibis.literal(EPOCH), last_minute // MINUTES_OF_A_DAY, "D")),
    )
    return run.mutate(due=due)


def _later(day: ir.DateValue, count: ir.IntegerValue, unit: str) -> ir.DateValue:
    """Some days or months later: after a month, the day of the same number, or the month's last."""
    return (day + count.as_interval(unit)).cast("date")


def _minutes(day: ir.DateValue) -> ir.IntegerValue:
    return _days(day, ibis.literal(EPOCH)) * MINUTES_OF_A_DAY


# ---------------------------------------------------------------- pauses


def _pauses(run: ir.Table, able: Sequence[Clock], facts: Facts) -> ir.Table | None:
    """The days on which each thing's clock stood still: ``THING_KEY``, ``day``, ``is_working``, once each.

    A pause takes in the days after it began, up to and with the day it ended.
    """
    made = [_pauses_of(number, clock, facts.event) for number, clock in enumerate(able) if clock.pause]
    found = [one for one in made if one is not None]
    if not found:
        return None
    pause = ibis.union(*found) if len(found) > 1 else found[0]
    days = _calendar().drop("number")
    still = pause.inner_join(days, [pause.pauses < days.day, pause.goes_on >= days.day])
    still = still.select("clock_no", "report_id", "day", "is_working").distinct()
    begun = run.select(*THING_KEY, "start")
    held = begun.inner_join(still, ["clock_no", "report_id"])
    return held.filter(held.day > held.start).select(*THING_KEY, "day", "is_working").cache()


def _pauses_of(number: int, clock: Clock, event: ir.Table | None) -> ir.Table | None:
    """When each report's pauses of one clock began and ended; one without an end goes on for ever."""
    if clock.unit not in PAUSED_IN:
        raise ValueError(f"{clock.code}: a clock in {clock.unit} cannot be paused.")
    if event is None:
        return None
    begins, _, ends = _field(clock.pause).partition(PAUSE)
    paused = event.filter(event.kind == begins).select("event_id", "report_id", start=event.event_date)
    row = paused.left_join(_first_after(paused, event, [ends]), EVENT_KEY)
    row = row.drop(*[f"{name}_right" for name in EVENT_KEY])
    return row.select(
        "report_id",
        clock_no=ibis.literal(number, "int64"),
        pauses=row.start,
        goes_on=ibis.coalesce(row.stop, ibis.literal(FOREVER)),
    )


def _with_paused(run: ir.Table, pause: ir.Table | None) -> ir.Table:
    """How many of a run's days it stood still, up to its end and up to the last day known; when it is then due."""
    if pause is None:
        zero = ibis.literal(0, "int64")
        return run.mutate(paused=zero, paused_known=zero, is_paused=ibis.literal(False), due_paused=ibis.null("date"))
    about = run.select(*THING_KEY, "end", "known_to", "unit", "at_most", "start")
    day = pause.inner_join(about, THING_KEY)
    counts = day.is_working | (day.unit == CALENDAR_DAYS)
    total = day.group_by(THING_KEY).agg(
        paused=(counts & (day.day <= day.end)).sum(), paused_known=(counts & (day.day <= day.known_to)).sum()
    )
    total = total.left_join(_due_after_pauses(about.semi_join(pause, THING_KEY), pause), THING_KEY)
    total = total.select(*THING_KEY, "paused", "paused_known", "due_paused", is_paused=ibis.literal(True))
    run = run.left_join(total, THING_KEY).drop(*[f"{name}_right" for name in THING_KEY])
    return run.mutate(
        paused=run.paused.fill_null(0),
        paused_known=run.paused_known.fill_null(0),
        is_paused=run.is_paused.fill_null(False),
    )


def _due_after_pauses(about: ir.Table, pause: ir.Table) -> ir.Table:
    """The day on which the limit is reached, the days that do not count left out."""
    days = _calendar().drop("number")
    every = about.inner_join(days, about.start < days.day)
    every = every.filter(every.is_working | (every.unit == CALENDAR_DAYS)).anti_join(pause, [*THING_KEY, "day"])
    in_order = ibis.window(group_by=THING_KEY, order_by="day")
    every = every.mutate(place=ibis.row_number().over(in_order) + 1)
    return every.filter(every.place == every.at_most).select(*THING_KEY, due_paused=every.day)


# ---------------------------------------------------------------- where each stands


def _judged(run: ir.Table) -> ir.Table:
    """Each run's reason, the state that it belongs to, and how many states hold."""
    why = _why_not(run)
    run = run.mutate(why_not=why).mutate(**_in_and_late(run))
    holds = _holds(run)
    found = ibis.cases(*[(holds[key], key) for key in holds], else_=ibis.null("string"))
    because = ibis.coalesce(run.why_not, found)
    states = [(row["key"], row["state"]) for row in codelists.load("clock_states")]
    due = ibis.ifelse(run.why_not.isnull() | (run.why_not == "hours_needed"), run.due, ibis.null("date"))
    runs = due.notnull() | run.is_paused & run.why_not.isnull()
    run = run.mutate(
        because=because,
        state=because.cases(*states, else_=ibis.null("string")),
        due=due,
        elapsed=ibis.ifelse(runs, run.elapsed, ibis.null("int64")),
        elapsed_unit=ibis.ifelse(run.unit == WORKING_DAYS, WORKING_DAYS, CALENDAR_DAYS),
        holding=run.why_not.notnull().cast("int64") + reduce(add, [hold.cast("int64") for hold in holds.values()]),
    )
    return run.select(*ROW, "holding")


def _why_not(run: ir.Table) -> ir.StringValue:
    """The first reason why a clock does not apply, or cannot be judged; null where it can."""
    bound = ibis.cases(
        (run.country == "England", run.binds_england),
        (run.country == "Wales", run.binds_wales),
        (run.country == BOTH_NATIONS, run.binds_england | run.binds_wales),
        else_=False,
    )
    both = run.binds_england & run.binds_wales
    uncertain = run.country.isnull() | ((run.country == BOTH_NATIONS) & ~both)
    return ibis.cases(
        (~uncertain & ~bound, "other_nation"),
        (run.start.isnull() & run.starts_always, "start_missing"),
        (run.start.isnull(), "never_started"),
        (run.start > run.as_at, "not_begun"),
        ((run.start < run.valid_from) | (run.start > run.valid_to), "not_in_force"),
        (run.waived, "waived"),
        (uncertain, "nation_not_known"),
        (~run.to_the_day, "month_alone"),
        (run.must_stop & run.stop_written.isnull(), "stop_missing"),
        ((run.stop < run.start).fill_null(False), "wrong_order"),
        (run.start_no.isnull() | run.end_no.isnull(), "outside_calendar"),
        (_needs_hours(run), "hours_needed"),
        else_=ibis.null("string"),
    )


def _took(run: ir.Table) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """The fewest and the most minutes that a clock of hours can have taken: of the stop only the day is known."""
    last = MINUTES_OF_A_DAY - 1
    earliest = _minutes(run.start) + ibis.coalesce(run.start_minute, 0)
    latest = _minutes(run.start) + ibis.coalesce(run.start_minute, last)
    return _minutes(run.stop) - latest, _minutes(run.stop) + last - earliest


def _needs_hours(run: ir.Table) -> ir.BooleanValue:
    fewest, most = _took(run)
    limit = run.at_most * MINUTES_OF_AN_HOUR
    return ((run.unit == HOURS) & (fewest <= limit) & (most > limit)).fill_null(False)


def _in_and_late(run: ir.Table) -> dict[str, ir.BooleanValue]:
    """Whether the limit holds, and whether it is passed, at the end and at the last day known: each by itself."""
    fewest, most = _took(run)
    limit = run.at_most * MINUTES_OF_AN_HOUR
    by_hours = (run.unit == HOURS) & run.stop.notnull()
    # Up to a day, hours and months are held against the day they are due; days against how many have passed.
    by_due = run.unit.isin([HOURS, MONTHS])
    return {
        "within": ibis.cases((by_hours, most <= limit), (by_due, run.end <= run.due), else_=run.elapsed <= run.at_most),
        "late": ibis.cases((by_hours, fewest > limit), (by_due, run.end > run.due), else_=run.elapsed > run.at_most),
        "late_known": ibis.ifelse(by_due, run.known_to > run.due, run.elapsed_known > run.at_most),
        "within_known": ibis.ifelse(by_due, run.known_to <= run.due, run.elapsed_known <= run.at_most),
    }


def _holds(run: ir.Table) -> dict[str, ir.BooleanValue]:
    """Each state's own predicate; none is what the others leave over."""
    judged, stopped = run.why_not.isnull(), run.stop.notnull()
    holds = {
        "met": stopped & run.within,
        "breached": stopped & run.late,
        "running": ~stopped & run.within,
        "overdue": ~stopped & run.late_known,
        "too_recent": ~stopped & run.late & run.within_known,
    }
    return {key: (judged & hold).fill_null(False) for key, hold in holds.items()}


def check(misplaced: int) -> None:
    """Raise DoesNotBalance when any clock ends in no state, or in more than one."""
    if misplaced:
        raise DoesNotBalance(
            f"{misplaced:,} clocks end in no state or in more than one. This is a fault in onrecord: no list was made. "
            "Please report it with the version you use."
        )
