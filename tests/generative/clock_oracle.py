"""Where every clock stands, worked out slowly, a day at a time: the reference that the engine must agree with.

Lists, dictionaries and loops. A working day is found by looking at the calendar's own rule again, day after day; it
shares nothing with the engine but the lists.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import holidays

from onrecord.pathways.clocks import Clock
from onrecord.standard import codelists

Row = dict[str, Any]
Plain = dict[str, list[Row]]
FREE = set(holidays.country_holidays("GB", subdiv="ENG", years=range(1990, 2050)))
STATE = {row["key"]: row["state"] for row in codelists.load("clock_states")}
ONE = timedelta(1)


@dataclass(frozen=True)
class Ran:
    """Where a clock stands on a thing: why, when it is due, and how many days have passed."""

    because: str
    due: date | None
    elapsed: int | None

    @property
    def state(self) -> str:
        """The state that the reason belongs to."""
        return STATE[self.because]


def run(clock: Clock, plain: Plain) -> dict[tuple[str | None, str], Ran]:
    """Report id and thing id to where the clock stands on it."""
    agencies = {row["agency_id"]: row for row in plain["agency"]}
    events: dict[str, list[Row]] = {}
    for row in plain["event"]:
        events.setdefault(row["report_id"], []).append(row)
    plain = {**plain, "events": [events]}
    found = {}
    for thing in _things(clock, plain):
        agency = agencies.get(thing["agency_id"])
        if agency:
            found[thing["report_id"], thing["thing_id"]] = _ran(clock, thing, agency, plain)
    return found


def _things(clock: Clock, plain: Plain) -> Iterator[Row]:
    record, _, what = clock.start.partition(".")
    stop = clock.stop.partition(".")[2]
    reports = {row["report_id"]: row for row in plain["report"]}
    for row in plain["assessment"] if record == "assessment" else []:
        waived = clock.waived_by and row[clock.waived_by.partition(".")[2]]
        yield {**row, "thing_id": row["assessment_id"], "start": row[what], "stop": row[stop], "waived": waived}
    for row in plain["crime"] if record == "report" else []:
        report = reports.get(row["report_id"])
        if report:
            yield {**report, "thing_id": row["crime_id"], "start": report[what], "stop": row[stop], "must": True}
    for row in plain["event"] if record == "event" else []:
        report = reports.get(row["report_id"])
        if report and row["kind"] in what.split(";"):
            yield {
                "report_id": row["report_id"],
                "thing_id": row["event_id"],
                "agency_id": row["agency_id"] or report["agency_id"],
                "start": row["event_date"],
                "stop": _first(plain, row["report_id"], stop.split(";"), row["event_date"]),
            }


def _first(plain: Plain, report: str, kinds: list[str], since: date) -> date | None:
    days = [
        row["event_date"]
        for row in plain["events"][0].get(report, [])
        if row["kind"] in kinds and row["event_date"] >= since
    ]
    return min(days, default=None)


def _ran(clock: Clock, thing: Row, agency: Row, plain: Plain) -> Ran:
    why = _why_not(clock, thing, agency)
    if why:
        return Ran(why, None, None)
    start, as_at = thing["start"], agency["as_at"]
    stop = thing["stop"] if thing["stop"] and thing["stop"] <= as_at else None
    pauses = _pauses(clock, thing, plain)
    due = _due(clock, thing, pauses)
    elapsed = _count(clock, start, stop or as_at, pauses)
    if clock.unit == "hours" and stop:
        return Ran(_by_hours(clock, thing, stop), due, elapsed)
    if stop:
        return Ran("breached" if _late(clock, thing, stop, pauses) else "met", due, elapsed)
    known_to = min(as_at, agency["covered_to"] or as_at)
    if not _late(clock, thing, as_at, pauses):
        return Ran("running", due, elapsed)
    return Ran("overdue" if _late(clock, thing, known_to, pauses) else "too_recent", due, elapsed)


def _why_not(clock: Clock, thing: Row, agency: Row) -> str | None:  # noqa: C901 - one line a reason
    start, stop, country = thing["start"], thing["stop"], agency["country"]
    inside = clock.nation.split(" and ")
    known = country in ("England", "Wales") or (country == "England and Wales" and len(inside) == 2)
    uncertain = country is None or (country == "England and Wales" and not known)
    if not uncertain and country not in [*inside, clock.nation]:
        return "other_nation"
    if start is None:
        return "start_missing" if clock.no_start == "cannot judge" else "never_started"
    if start > agency["as_at"]:
        return "not_begun"
    if (clock.valid_from and start < clock.valid_from) or (clock.valid_to and start > clock.valid_to):
        return "not_in_force"
    if thing.get("waived"):
        return "waived"
    if uncertain:
        return "nation_not_known"
    if thing.get("must") and thing["received_precision"] != "day":
        return "month_alone"
    if thing.get("must") and stop is None:
        return "stop_missing"
    if stop and stop < start and stop <= agency["as_at"]:
        return "wrong_order"
    if start.year < 1990:
        return "outside_calendar"
    return None


def _is_counted(clock: Clock, day: date, pauses: list[tuple[date, date]]) -> bool:
    if any(begins < day <= ends for begins, ends in pauses):
        return False
    return clock.unit != "working days" or (day.weekday() < 5 and day not in FREE)


def _count(clock: Clock, start: date, end: date, pauses: list[tuple[date, date]]) -> int:
    """The days after the start, up to and with the end, that count."""
    count = 0
    while start < end:
        start += ONE
        count += _is_counted(clock, start, pauses)
    return count


def _late(clock: Clock, thing: Row, day: date, pauses: list[tuple[date, date]]) -> bool:
    assert clock.limit
    if clock.unit in ("working days", "calendar days"):
        return _count(clock, thing["start"], day, pauses) > clock.limit
    due = _due(clock, thing, pauses)
    assert due
    return day > due


def _due(clock: Clock, thing: Row, pauses: list[tuple[date, date]]) -> date | None:
    """The day on which the last counted day of the limit falls."""
    assert clock.limit
    day: date = thing["start"]
    if clock.unit == "hours":
        begun = _time(thing) or time(23, 59)
        return (datetime.combine(day, begun) + timedelta(hours=clock.limit)).date()
    if clock.unit == "months":
        year, month = divmod(day.year * 12 + day.month - 1 + clock.limit, 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    left = clock.limit
    while left:
        day += ONE
        if day.year == 2050:
            return None
        left -= _is_counted(clock, day, pauses)
    return day


def _time(thing: Row) -> time | None:
    return time.fromisoformat(thing["received_time"]) if thing.get("received_time") else None


def _by_hours(clock: Clock, thing: Row, stop: date) -> str:
    """All minutes of the two days are tried, where the minute is not known."""
    assert clock.limit
    limit = timedelta(hours=clock.limit)
    known = _time(thing)
    begins = [datetime.combine(thing["start"], at) for at in ([known] if known else [time(0, 0), time(23, 59)])]
    ends = [datetime.combine(stop, at) for at in (time(0, 0), time(23, 59))]
    answers = {end - begin <= limit for begin in begins for end in ends}
    return "hours_needed" if len(answers) == 2 else "met" if answers == {True} else "breached"


def _pauses(clock: Clock, thing: Row, plain: Plain) -> list[tuple[date, date]]:
    if not clock.pause:
        return []
    begins, _, ends = clock.pause.partition(".")[2].partition("..")
    return [
        (row["event_date"], _first(plain, row["report_id"], [ends], row["event_date"]) or date(2049, 12, 31))
        for row in plain["events"][0].get(thing["report_id"], [])
        if row["kind"] == begins
    ]
