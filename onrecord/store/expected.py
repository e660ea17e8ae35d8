"""Who is expected to send when, and what came: the calendar of a store.

A period of a sender is *accepted*, or a *zero return*, when accepted returns speak for all its months and agencies;
*received*, when they do together with returns that wait; else it is *not yet due*, *due* or *overdue*. Only what is
accepted counts: in the coverage of a ledger what the other periods lack is *not reported*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from onrecord.errors import WrongWords
from onrecord.standard.periods import MONTHS_IN_YEAR, Period, months_between, parse_period, span_label
from onrecord.store.catalogue import ACCEPTED as ACCEPTED_RETURN
from onrecord.store.catalogue import Expected, Return, same_name

# Return number to the agencies and months that it speaks for.
Spoken = Mapping[int, frozenset[tuple[str, str]]]
# How long a period is: the months it has, and those it may begin in (none named: any).
EVERY: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "month": (1, ()),
    "quarter": (3, (1, 4, 7, 10)),
    "year": (12, (1,)),
    "financial-year": (12, (4,)),
}
DUE_DAYS, MOST_DUE_DAYS = 28, 3660
ACCEPTED, RECEIVED, ZERO_RETURN = "accepted", "received", "zero return"
DUE, OVERDUE, NOT_YET_DUE = "due", "overdue", "not yet due"
NOT_EXPECTED = "not expected"
# State of the calendar to what it means, and to the state of its months in the coverage of a ledger.
STATES: Mapping[str, tuple[str, str]] = {
    ACCEPTED: ("accepted returns speak for the whole period", "reported"),
    ZERO_RETURN: ("the sender says that there was nothing in the period: a true zero", "zero return"),
    RECEIVED: ("a return is there and waits to be accepted by somebody else", "not reported"),
    DUE: ("the period is over; the return may still come in time", "not reported"),
    OVERDUE: ("the day by which it was due has passed", "not reported"),
    NOT_YET_DUE: ("the period is not over", ""),
    NOT_EXPECTED: ("a return came that the calendar does not expect", ""),
}


@dataclass(frozen=True)
class Slot:
    """One period of one sender.

    Attributes:
        sender, period: whose and which, as the standard writes periods.
        state: a key of ``STATES``.
        due: the day by which it is due, ISO; "" where nothing is expected.
        days_overdue: days since then, where it is overdue.
        lacking: the agencies that accepted returns do not speak for in all its months.
        returns: the ids of the returns that speak for some of it.
        coverage: what the coverage of a ledger says of its months; "" where it says nothing yet.
    """

    sender: str
    period: str
    state: str
    due: str
    days_overdue: int | None
    lacking: tuple[str, ...]
    returns: tuple[str, ...]
    coverage: str


def checked_words(expected: Expected) -> Expected:
    """What is expected, once its words make sense: periods of the right length, in order.

    Raises:
        WrongWords: they do not.
    """
    if expected.every not in EVERY:
        raise WrongWords(f"Returns are expected every {', '.join(EVERY)}, not every {expected.every!r}.")
    first = _period_of(expected.every, expected.first, "--first")
    if expected.last and _period_of(expected.every, expected.last, "--last").last_day < first.last_day:
        raise WrongWords(f"--last {expected.last} lies before --first {expected.first}.")
    if not 0 <= expected.due_days <= MOST_DUE_DAYS:
        raise WrongWords(f"--due-days is {expected.due_days}. Write a number of days from 0 to {MOST_DUE_DAYS}.")
    if any(not agency.strip() for agency in expected.agencies):
        raise WrongWords("--agency is empty. Write the identifier that the agency has in the returns.")
    return expected


def _period_of(every: str, written: str, option: str) -> Period:
    months, begins = EVERY[every]
    period = parse_period(written)
    length = len(months_between(period.first_day, period.last_day))
    if length != months or (begins and period.first_day.month not in begins):
        raise WrongWords(f"{option} {written} is no {every.replace('-', ' ')}. Write it as {_example(every)}.")
    return period


def _example(every: str) -> str:
    return {"month": "2024-01", "quarter": "2024-01..2024-03", "year": "2024", "financial-year": "2024/25"}[every]


def still_expected(said: Sequence[Expected]) -> list[Expected]:
    """What is expected now, sender by sender: of all that was said of one, the last holds."""
    latest: dict[str, Expected] = {}
    for each in said:
        known = next((name for name in latest if same_name(name, each.sender)), each.sender)
        latest[known] = each
    return sorted((each for each in latest.values() if not each.ended), key=lambda each: each.sender.casefold())


def periods_of(expected: Expected, today: date) -> list[Period]:
    """The periods that a sender is expected to send for, up to the one that runs today."""
    months, _ = EVERY[expected.every]
    first = parse_period(expected.first).first_day
    last = parse_period(expected.last).last_day if expected.last else date.max
    found: list[Period] = []
    while first <= min(last, today):
        found.append(_from(first, months, expected.every))
        first = found[-1].last_day + timedelta(days=1)
    return found


def _from(first: date, months: int, every: str) -> Period:
    """The period of so many months that begins on a day."""
    number = first.year * MONTHS_IN_YEAR + first.month - 1 + months - 1
    month = f"{number // MONTHS_IN_YEAR}-{number % MONTHS_IN_YEAR + 1:02}"
    last = parse_period(month).last_day
    label = f"{first.year}/{last:%y}" if every == "financial-year" else span_label(first, last)
    return Period(label, first, last)


def calendar(
    said: Sequence[Expected], returns: Sequence[Return], spoken: Spoken, zero: frozenset[int], today: date
) -> list[Slot]:
    """Every period of every expected sender up to today, then what came without being expected.

    Where nobody said which agencies a sender speaks for, they are those that its returns speak for at all.

    Args:
        said: all that was said of who is expected.
        returns: all returns, in the order in which they came.
        spoken: what each of them speaks for.
        zero: the numbers of those that are zero returns.
        today: the day of the clock.
    """
    slots: list[Slot] = []
    placed: set[int] = set()
    for expected in still_expected(said):
        own = [entry for entry in returns if same_name(entry.sender, expected.sender)]
        named = {agency for entry in own for agency, _ in spoken.get(entry.number, ())}
        agencies = expected.agencies or tuple(sorted(named))
        for period in periods_of(expected, today):
            touching = [entry for entry in own if _months(parse_period(entry.period)) & _months(period)]
            placed |= {entry.number for entry in touching}
            came = _came(_wanted(agencies, period), touching, spoken, zero)
            slots.append(_slot(expected, period, touching, came, today))
    return slots + [_unexpected(entry) for entry in returns if entry.number not in placed]


def _months(period: Period) -> set[str]:
    return set(months_between(period.first_day, period.last_day))


def _wanted(agencies: Sequence[str], period: Period) -> set[tuple[str, str]]:
    return {(agency, month) for agency in agencies for month in _months(period)}


def _came(
    wanted: set[tuple[str, str]], own: Sequence[Return], spoken: Spoken, zero: frozenset[int]
) -> tuple[str | None, tuple[str, ...]]:
    """What the returns make of a period, or None where they do not fill it, and the agencies it lacks.

    Where two returns speak for one month, the later holds.
    """
    counted = [entry for entry in own if entry.state == ACCEPTED_RETURN]
    accepted = {pair: entry.number for entry in counted for pair in spoken.get(entry.number, ())}
    lacking = tuple(sorted({agency for agency, month in wanted if (agency, month) not in accepted}))
    if wanted and not lacking:
        return ZERO_RETURN if {accepted[pair] for pair in wanted} <= zero else ACCEPTED, ()
    every = {pair for entry in own for pair in spoken.get(entry.number, ())}
    return RECEIVED if wanted and wanted <= every else None, lacking


def _slot(
    expected: Expected, period: Period, own: Sequence[Return], came: tuple[str | None, tuple[str, ...]], today: date
) -> Slot:
    due = period.last_day + timedelta(days=expected.due_days)
    state = came[0] or _state_by_day(period, due, today)
    return Slot(
        sender=expected.sender,
        period=period.label,
        state=state,
        due=due.isoformat(),
        days_overdue=(today - due).days if state == OVERDUE else None,
        lacking=came[1],
        returns=tuple(entry.id for entry in own),
        coverage=STATES[state][1],
    )


def _state_by_day(period: Period, due: date, today: date) -> str:
    if today <= period.last_day:
        return NOT_YET_DUE
    return DUE if today <= due else OVERDUE


def _unexpected(entry: Return) -> Slot:
    return Slot(entry.sender, entry.period, NOT_EXPECTED, "", None, (), (entry.id,), "")


def agencies_expected(
    said: Sequence[Expected], returns: Sequence[Return], holds: Mapping[int, Sequence[str]], today: date
) -> dict[str, frozenset[str]]:
    """Agency to the months that it is expected in: of periods that are over.

    Where nobody said which agencies a sender speaks for, they are those that its returns name; a sender that sent
    nothing is taken to be its own agency.

    Args:
        said: all that was said of who is expected.
        returns: the returns that count.
        holds: return number to the agencies it speaks of.
        today: the day of the clock.
    """
    found: dict[str, frozenset[str]] = {}
    for expected in still_expected(said):
        over = [period for period in periods_of(expected, today) if period.last_day < today]
        months = frozenset(month for period in over for month in _months(period))
        sent = [entry for entry in returns if same_name(entry.sender, expected.sender)]
        named = [agency for entry in sent for agency in holds.get(entry.number, ())]
        for agency in dict.fromkeys(expected.agencies or named or (expected.sender,)):
            found[agency] = found.get(agency, frozenset()) | months
    return {agency: months for agency, months in found.items() if months}


def rows_of(slots: Sequence[Slot]) -> list[dict[str, Any]]:
    """The slots as dictionaries, for a machine."""
    return [{**slot.__dict__, "lacking": list(slot.lacking), "returns": list(slot.returns)} for slot in slots]


def next_step(slots: Sequence[Slot]) -> str:
    """What to do next, in a sentence: what is longest overdue first, then what waits, then what is due."""
    overdue = [slot for slot in slots if slot.state == OVERDUE]
    if overdue:
        worst = max(overdue, key=lambda slot: slot.days_overdue or 0)
        more = f" Overdue beside it: {len(overdue) - 1:,}." if len(overdue) > 1 else ""
        return f"Next: ask {worst.sender} for {worst.period}, {worst.days_overdue:,} days overdue.{more}"
    if waiting := [slot for slot in slots if slot.state == RECEIVED]:
        return f"Next: somebody looks at {waiting[0].returns[-1]} of {waiting[0].sender} and accepts it."
    if due := sorted((slot for slot in slots if slot.state == DUE), key=lambda slot: slot.due):
        return f"Next: {due[0].sender} sends {due[0].period} by {due[0].due}."
    return "Next: nothing is due."
