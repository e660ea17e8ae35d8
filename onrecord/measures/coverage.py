"""Which agencies and months the figures cover, and the last day they speak for.

The last day an agency is covered is the latest day any of its returns speaks for; the last day a figure is
covered is the earliest of these over its agencies. A figure never takes in two nations: each has its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from onrecord.errors import NotCovered
from onrecord.standard.periods import Period, months_between, parse_period, span_label, together

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Nation:
    """The coverage of one nation (or state): one figure's worth.

    Attributes:
        name: the nation.
        agencies: rows of agencies whose source carries outcomes, each with ``months`` (YYYY-MM to state, empty
            where the source cannot say) and ``declared`` (the period its returns were sent for).
        not_reporting: names of bodies whose source carries none: *not reported*, no ledger.
        as_at: the last day that all its returns cover.
        return_nos: the numbers of the returns behind it.
        notes: what a reader must know of its sources, in sentences.
    """

    name: str
    agencies: tuple[Row, ...]
    not_reporting: tuple[str, ...]
    as_at: date
    return_nos: frozenset[int]
    notes: tuple[str, ...]


def nations(agencies: Iterable[Row], months: Iterable[Row], sent: Mapping[int, Row]) -> list[Nation]:
    """Group what the returns say of their agencies by nation.

    Args:
        agencies: agency_id, agency, area_code, area, nation, level, carries_outcomes, return_no.
        months: agency_id, month, state, return_no.
        sent: return number to as_at (date), period (label) and notes (sentences).

    Returns:
        The nations, by name. A nation none of whose bodies carries outcomes has no agencies.
    """
    by_nation: dict[str, list[Row]] = defaultdict(list)
    for agency in agencies:
        by_nation[agency["nation"]].append(agency)
    states = _latest_states(months)
    return [_nation(name, rows, states, sent) for name, rows in sorted(by_nation.items())]


def _latest_states(months: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Agency to month to state, as the latest return has it."""
    states: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(months, key=lambda row: row["return_no"]):
        states[row["agency_id"]][row["month"]] = row["state"]
    return states


def _nation(name: str, rows: Sequence[Row], states: Mapping[str, Mapping[str, str]], sent: Mapping[int, Row]) -> Nation:
    latest = {row["agency_id"]: row for row in sorted(rows, key=lambda row: row["return_no"])}
    carrying = tuple(row for row in latest.values() if row["carries_outcomes"])
    last_day: dict[str, date] = {}
    for row in rows:
        day = sent[row["return_no"]]["as_at"]
        last_day[row["agency_id"]] = max(day, last_day.get(row["agency_id"], day))
    behind = frozenset(row["return_no"] for row in rows)
    counted = carrying or tuple(latest.values())
    return Nation(
        name=name,
        agencies=tuple(_described(agency, rows, states, sent) for agency in carrying),
        not_reporting=tuple(sorted(row["agency"] for row in latest.values() if not row["carries_outcomes"])),
        as_at=min(last_day[row["agency_id"]] for row in counted),
        return_nos=behind,
        notes=tuple(dict.fromkeys(note for number in sorted(behind) for note in sent[number]["notes"])),
    )


def _described(
    agency: Row, rows: Sequence[Row], states: Mapping[str, Mapping[str, str]], sent: Mapping[int, Row]
) -> dict[str, Any]:
    """An agency with its months, and with the period that its own returns were sent for."""
    own = [parse_period(sent[row["return_no"]]["period"]) for row in rows if row["agency_id"] == agency["agency_id"]]
    return {**agency, "months": states.get(agency["agency_id"], {}), "declared": parse_period(together(own))}


def in_words(agencies: Sequence[Row], as_at: date, asked: Period | None = None) -> dict[str, str]:
    """The period and the coverage of a figure over these agencies: ``period`` and ``coverage``.

    The period runs from the first to the last month that any of them covers, no further than the as-at;
    where an agency's source cannot say which months it holds, from the period its returns were sent for.
    Every agency is expected in every month of it: "2 agencies, 7 of 8 agency-months reported".

    Args:
        agencies: rows of a Nation's agencies.
        as_at: the day of the figure.
        asked: the period asked for, if it was.
    """
    first, last = _first_and_last(agencies, as_at) if asked is None else (asked.first_day, asked.last_day)
    expected = months_between(first, last)
    stated = [agency["months"] for agency in agencies if agency["months"]]
    counted = f"{len(agencies):,} {'agency' if len(agencies) == 1 else 'agencies'}"
    if stated:
        reported = sum(months.get(month) in ("reported", "zero return") for months in stated for month in expected)
        counted += f", {reported:,} of {len(stated) * len(expected):,} agency-months reported"
    if len(stated) < len(agencies):
        counted += "; months not stated" if not stated else f"; months of {len(agencies) - len(stated)} not stated"
    return {"period": asked.label if asked else span_label(first, last), "coverage": counted}


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
