"""Which agencies and months the figures cover, and the last day they speak for.

The last day an agency is covered is the latest day any of its returns speaks for; the last day a figure is
covered is the earliest of these over its agencies. A figure never takes in two nations: each has its own.

Silence, none and left out are three things: an agency that is expected and sent nothing is *not reported*; a zero
return is a true zero; an agency whose sender asks to be left out has sent, and is not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from onrecord.errors import NotCovered
from onrecord.standard.periods import Period, months_between, parse_period, span_label, together

Row = Mapping[str, Any]
REPORTED, ZERO, NOT_REPORTED = "reported", "zero return", "not reported"
SILENT, LEFT_OUT = "silent", "left out"
NAMED = 5


@dataclass(frozen=True)
class Nation:
    """The coverage of one nation (or state): one figure's worth.

    Attributes:
        name: the nation.
        agencies: rows of agencies whose source carries outcomes, each with ``months`` (YYYY-MM to state, empty
            where the source cannot say), ``declared`` (the period its returns were sent for), ``expected`` (the
            months it is expected in; None where nobody said) and ``zero`` (whether it sent a zero return).
        not_reporting: names of bodies whose source carries none: *not reported*, no ledger.
        as_at: the last day that all its returns cover.
        return_nos: the numbers of the returns behind it.
        notes: what a reader must know of its sources, in sentences.
        absent: rows of agencies that are not counted, with ``absent``: SILENT, or LEFT_OUT and why.
    """

    name: str
    agencies: tuple[Row, ...]
    not_reporting: tuple[str, ...]
    as_at: date
    return_nos: frozenset[int]
    notes: tuple[str, ...]
    absent: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known of agencies beside their returns.

    Attributes:
        expected: agency to the months that it is expected in.
        silent: rows of the agencies that are expected and sent nothing at all.
        left_out: agency to the reason, in words, why its sender wants it left out.
        said: agency to what its sender says of its rows, in words, though they are counted.
    """

    expected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    silent: Sequence[Row] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = Known()


def nations(
    agencies: Iterable[Row], months: Iterable[Row], sent: Mapping[int, Row], known: Known = NOTHING_KNOWN
) -> list[Nation]:
    """Group what the returns say of their agencies by nation.

    Args:
        agencies: agency_id, agency, area_code, area, nation, level, carries_outcomes, return_no.
        months: agency_id, month, state, return_no.
        sent: return number to as_at (date), period (label), notes (sentences) and, where it is one, zero.
        known: who is expected, and what senders declared.

    Returns:
        The nations, by name. A nation none of whose bodies carries outcomes has no agencies.
    """
    by_nation: dict[str, list[Row]] = defaultdict(list)
    for agency in agencies:
        by_nation[agency["nation"]].append(agency)
    states = _latest_states(months)
    return [_nation(name, rows, states, sent, known) for name, rows in sorted(by_nation.items())]


def _latest_states(months: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Agency to month to state, as the latest return has it."""
    states: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(months, key=lambda row: row["return_no"]):
        states[row["agency_id"]][row["month"]] = row["state"]
    return states


def _nation(
    name: str, rows: Sequence[Row], states: Mapping[str, Mapping[str, str]], sent: Mapping[int, Row], known: Known
) -> Nation:
    latest = {row["agency_id"]: row for row in sorted(rows, key=lambda row: row["return_no"])}
    carrying = tuple(row for row in latest.values() if row["carries_outcomes"])
    counted = tuple(row for row in carrying if row["agency_id"] not in known.left_out)
    last_day: dict[str, date] = {}
    for row in rows:
        day = sent[row["return_no"]]["as_at"]
        last_day[row["agency_id"]] = max(day, last_day.get(row["agency_id"], day))
    behind = frozenset(row["return_no"] for row in rows)
    notes = [note for number in sorted(behind) for note in sent[number]["notes"]]
    return Nation(
        name=name,
        agencies=tuple(_described(agency, rows, states, sent, known) for agency in counted),
        not_reporting=tuple(sorted(row["agency"] for row in latest.values() if not row["carries_outcomes"])),
        as_at=min(last_day[row["agency_id"]] for row in counted or tuple(latest.values())),
        return_nos=behind,
        notes=tuple(dict.fromkeys([*notes, *_what_senders_say(counted, known)])),
        absent=_absent(name, carrying, known),
    )


def _described(
    agency: Row, rows: Sequence[Row], states: Mapping[str, Mapping[str, str]], sent: Mapping[int, Row], known: Known
) -> dict[str, Any]:
    """An agency with its months, and with the period that its own returns were sent for."""
    own = [sent[row["return_no"]] for row in rows if row["agency_id"] == agency["agency_id"]]
    return {
        **agency,
        "months": states.get(agency["agency_id"], {}),
        "declared": parse_period(together([parse_period(each["period"]) for each in own])),
        "expected": known.expected.get(agency["agency_id"]),
        "zero": any(each.get("zero") for each in own),
    }


def _what_senders_say(agencies: Sequence[Row], known: Known) -> list[str]:
    return [
        f"{row['agency']}: {known.said[row['agency_id']]}, says its sender of the ledger."
        for row in agencies
        if row["agency_id"] in known.said
    ]


def _absent(nation: str, carrying: Sequence[Row], known: Known) -> tuple[Row, ...]:
    """The agencies that are not counted: those their senders want left out, and those that sent nothing."""
    out = [
        {**row, "absent": LEFT_OUT, "why": known.left_out[row["agency_id"]]}
        for row in carrying
        if row["agency_id"] in known.left_out
    ]
    silent = [{**row, "absent": SILENT, "why": NOT_REPORTED} for row in known.silent if row["nation"] == nation]
    return tuple({**row, "months": {}, "expected": known.expected.get(row["agency_id"])} for row in [*out, *silent])


def state_of(agency: Row, month: str) -> str | None:
    """The state of a month of an agency; None where it sent nothing, and nothing was expected.

    Where nobody said when an agency is expected, it is in every month.
    """
    expected = agency.get("expected")
    return agency["months"].get(month) or (NOT_REPORTED if expected is None or month in expected else None)


def spoken_for(
    agencies: Iterable[Row], months: Iterable[Row], periods: Mapping[int, str]
) -> dict[int, frozenset[tuple[str, str]]]:
    """Return number to the agencies and months that it speaks for; a month that it calls not reported is none.

    Args:
        agencies: agency_id and return_no.
        months: agency_id, month, state and return_no; an agency without a row is spoken for in the whole period.
        periods: return number to the period it was sent for.
    """
    stated: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in months:
        spoken = stated[row["return_no"], row["agency_id"]]
        if row["state"] != NOT_REPORTED:
            spoken.add(row["month"])
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for row in agencies:
        number, agency = row["return_no"], row["agency_id"]
        period = parse_period(periods[number])
        spoken = stated.get((number, agency), set(months_between(period.first_day, period.last_day)))
        found[number] |= {(agency, month) for month in spoken}
    return {number: frozenset(pairs) for number, pairs in found.items()}


def in_words(agencies: Sequence[Row], as_at: date, asked: Period | None = None) -> dict[str, str]:
    """The period and the coverage of a figure over these agencies: ``period`` and ``coverage``.

    The period runs from the first to the last month that any of them covers, no further than the as-at;
    where an agency's source cannot say which months it holds, from the period its returns were sent for.
    Every agency is expected in every month of it, unless the calendar says when it is:
    "2 agencies, 7 of 8 agency-months reported", "2 of 3 expected agencies (nothing from North Police), 4 of 6 …".

    Args:
        agencies: rows of a Nation's agencies; those that are absent among them are not counted but named.
        as_at: the day of the figure.
        asked: the period asked for, if it was.
    """
    counted = [agency for agency in agencies if not agency.get("absent")]
    silent = [agency for agency in agencies if agency.get("absent") == SILENT]
    first, last = _first_and_last(counted, as_at) if asked is None else (asked.first_day, asked.last_day)
    months = _months_in_words(counted, silent, months_between(first, last))
    out = [f"{agency['agency']} ({agency['why']})" for agency in agencies if agency.get("absent") == LEFT_OUT]
    left_out = f"; left out at the sender's word: {_listed(out)}" if out else ""
    return {
        "period": asked.label if asked else span_label(first, last),
        "coverage": _agencies_in_words(agencies, counted, silent) + months + left_out,
    }


def _agencies_in_words(agencies: Sequence[Row], counted: Sequence[Row], silent: Sequence[Row]) -> str:
    expected = sum(agency.get("expected") is not None for agency in agencies)
    if not expected:
        return f"{len(counted):,} {'agency' if len(counted) == 1 else 'agencies'}"
    there = sum(agency.get("expected") is not None for agency in counted)
    words = f"{there:,} of {expected:,} expected {'agency' if expected == 1 else 'agencies'}"
    if silent:
        words += f" (nothing from {_listed([agency['agency'] for agency in silent])})"
    return words + (f" and {len(counted) - there:,} more" if len(counted) > there else "")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _months_in_words(counted: Sequence[Row], silent: Sequence[Row], months: Sequence[str]) -> str:
    """How many agency-months were reported; months of a silent agency count as those of any other."""
    stated = [agency for agency in counted if agency["months"]]
    words = ""
    if stated:
        states = [state for agency in [*stated, *silent] for month in months if (state := state_of(agency, month))]
        zero = states.count(ZERO)
        words = f", {states.count(REPORTED) + zero:,} of {len(states):,} agency-months reported"
        if zero:
            words += f" ({zero:,} zero {'return' if zero == 1 else 'returns'})"
    if len(stated) < len(counted):
        words += "; months not stated" if not stated else f"; months of {len(counted) - len(stated)} not stated"
    return words


def _first_and_last(agencies: Sequence[Row], as_at: date) -> tuple[date, date]:
    firsts, lasts = [], []
    for agency in agencies:
        months = sorted(agency["months"]) or [f"{day:%Y-%m}" for day in _days(agency["declared"])]
        firsts.append(parse_period(months[0]).first_day)
        lasts.append(parse_period(months[-1]).last_day)
    return min(firsts), max(min(firsts), min(max(lasts), as_at))


def _days(period: Period) -> tuple[date, date]:
    return period.first_day, period.last_day


def judged_at(nation: Nation, asked: date | None, known_on: date) -> date:
    """The day at which a nation's reports are judged.

    Raises:
        NotCovered: the day asked for lies after the last day covered, or after the day of knowledge.
    """
    day = nation.as_at if asked is None else asked
    if day > nation.as_at:
        raise NotCovered(
            f"{nation.name}: the returns cover up to {nation.as_at.isoformat()}; {day.isoformat()} lies after that. "
            "Ask for that day or an earlier one, or name another place with --in."
        )
    if day > known_on:
        raise NotCovered(
            f"{nation.name}: {day.isoformat()} lies after the day of this knowledge, {known_on.isoformat()}. "
            "Ask for that day or an earlier one with --as-at."
        )
    return day
