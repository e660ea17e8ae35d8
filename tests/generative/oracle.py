"""Where every report stands, worked out slowly: the reference that the engine must agree with.

Lists, dictionaries and loops, one line of one report at a time, each event in its turn. It shares nothing
with the engine but the code lists. Whoever doubts a standing can follow it here with a finger.

A history is a dictionary of lists of rows, named as in the standard: ``report``, ``crime``,
``involvement``, ``event``; and ``covered``, the ids of the agencies inside the coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from onrecord.standard import codelists

Row = dict[str, Any]
Plain = dict[str, list[Any]]

FIRST, BETWEEN, LAST = 0, 1, 2
RANK = {row["key"]: int(row["rank"]) for row in codelists.load("standings")}
NAME = {rank: name for name, rank in RANK.items()}
KIND = {row["kind"]: row for row in codelists.load("event_kinds")}
STANDING_OF = {(row["scheme"], row["code"]): row["standing"] for row in codelists.load("outcomes")}
REASONS = [row["key"] for row in sorted(codelists.load("reasons"), key=lambda row: int(row["order"]))]


@dataclass(frozen=True)
class Stands:
    """Where a report stands: its standing, why if unaccounted, and whether formal action left a line open."""

    standing: str
    reason: str | None
    has_open_lines: bool


@dataclass
class Line:
    """One crime x suspect of a report, as the events told so far have left it."""

    crime: str | None
    suspect: str | None
    decided: str | None = None
    heard_since_charge: bool = False
    is_closed: bool = False
    acted_on: bool = False
    last_activity: date | None = None
    said_unavailable: date | None = None
    sent_unacknowledged: date | None = None


def stand(history: Plain, window_days: int, as_at: date) -> dict[str, Stands]:
    """Report id to where it stands. Repeats, and reports received after the as-at, are left out."""
    return {
        report["report_id"]: _stand_of(report, history, window_days, as_at)
        for report in history["report"]
        if report["duplicate_of"] is None and report["received_date"] <= as_at
    }


def _stand_of(report: Row, history: Plain, window_days: int, as_at: date) -> Stands:
    lines = _lines(report["report_id"], history)
    events = [
        event
        for event in history["event"]
        if event["report_id"] == report["report_id"]
        and event["event_date"] <= as_at
        and _is_a_step(event)
        # What names a crime or a suspect that the report does not have says nothing of it, acknowledgements too.
        and any(_falls_on(event, line) for line in lines)
    ]
    told = [(event, _waits(event, events, history["covered"])) for event in sorted(events, key=_turn)]
    places = []
    for line in lines:
        line.last_activity = report["received_date"]
        for event, waits in told:
            if _falls_on(event, line):
                _happen(line, event, waits)
        places.append(_place(line, report, window_days, as_at))
    return _lowest(places)


def _is_a_step(event: Row) -> bool:
    """Whether the step table holds it. What it does not hold moves nothing."""
    kind = KIND.get(event["kind"])
    if kind is None:
        return False
    return kind["effect"] != "by_outcome" or (event["outcome_scheme"], event["outcome_code"]) in STANDING_OF


def _lines(report_id: str, history: Plain) -> list[Line]:
    """A line for each crime x suspect, and one where there is no crime or no suspect."""
    crimes = {row["crime_id"] for row in history["crime"] if row["report_id"] == report_id}
    suspects = {
        row["person_id"] for row in history["involvement"] if row["report_id"] == report_id and row["role"] == "suspect"
    }
    return [Line(crime, suspect) for crime in crimes or {None} for suspect in suspects or {None}]


def _falls_on(event: Row, line: Line) -> bool:
    """What names no crime falls on every crime, what names no suspect on every suspect."""
    return event["crime_id"] in (None, line.crime) and event["person_id"] in (None, line.suspect)


def _decides(event: Row) -> str | None:
    """The standing that the event decides on, if it decides anything."""
    effect = KIND[event["kind"]]["effect"]
    if effect == "by_outcome":
        return STANDING_OF[event["outcome_scheme"], event["outcome_code"]]
    return "transferred" if effect == "transfers" else None


def _turn(event: Row) -> tuple[date, int, date, int, str]:
    """When it has its turn: by day, openings first and courts last, by day recorded, lowest rank last."""
    effect = KIND[event["kind"]]["effect"]
    turn = BETWEEN
    if effect in ("opens", "withdraws_charge"):
        turn = FIRST
    elif effect in ("hearing", "court"):
        turn = LAST
    decided = _decides(event)
    rank = RANK[decided] if decided else len(RANK) + 1
    return event["event_date"], turn, event["recorded_date"] or event["event_date"], -rank, event["event_id"]


def _waits(event: Row, events: list[Row], covered: list[str]) -> bool:
    """Whether it sends the report to a body inside the coverage that has not acknowledged it since."""
    if _decides(event) != "transferred" or event["counterpart"] not in covered:
        return False
    return not any(
        other["kind"] == "transfer acknowledged" and other["event_date"] >= event["event_date"] for other in events
    )


def _happen(line: Line, event: Row, waits: bool) -> None:
    """Move the line on by one event."""
    kind = KIND[event["kind"]]
    if kind["activity"] == "1":
        line.last_activity = max(line.last_activity or event["event_date"], event["event_date"])
        line.acted_on = line.acted_on or kind["kind"] != "received"
    if waits:
        line.sent_unacknowledged = event["event_date"]
    elif decided := _decides(event):
        _decide(line, decided)
    elif _opens(kind["effect"], line):
        line.decided, line.is_closed = None, False
    elif kind["effect"] in ("hearing", "court"):
        line.heard_since_charge = True
    elif kind["effect"] == "closes":
        line.is_closed = True
    elif kind["effect"] == "says_unavailable":
        line.said_unavailable = event["event_date"]


def _decide(line: Line, decided: str) -> None:
    if decided == "prosecuted":
        line.heard_since_charge = False
    if line.decided != "prosecuted":
        line.decided = decided


def _opens(effect: str, line: Line) -> bool:
    """A withdrawn charge opens the line only while its charge awaits the first hearing."""
    awaits_hearing = line.decided == "prosecuted" and not line.heard_since_charge
    return effect == "opens" or (effect == "withdraws_charge" and awaits_hearing)


def _place(line: Line, report: Row, window_days: int, as_at: date) -> tuple[int, int]:
    """The line's rank, and the place of its reason in the list of reasons (0 where it needs none)."""
    if line.decided:
        return RANK[line.decided], 0
    assert line.last_activity is not None
    last_sign = max(line.last_activity, line.sent_unacknowledged or line.last_activity)
    # Activity, or a transfer under way, is a later word than the status that was called unavailable.
    is_unavailable = line.said_unavailable is not None and last_sign <= line.said_unavailable
    if (as_at - last_sign).days <= window_days and not is_unavailable:
        return RANK["live"], 0
    return RANK["unaccounted"], REASONS.index(_reason(line, report, is_unavailable))


def _reason(line: Line, report: Row, is_unavailable: bool) -> str:
    """The first reason that fits."""
    if is_unavailable:
        return "status_unavailable"
    if not report["carries_activity"]:
        return "no_activity_carried"
    if line.is_closed:
        return "closed_without_outcome"
    if line.sent_unacknowledged:
        return "transfer_not_acknowledged"
    if report["vanished"]:
        return "vanished"
    return "silent" if line.acted_on else "never_acted_on"


def _lowest(places: list[tuple[int, int]]) -> Stands:
    """The report stands at the lowest rank among its lines, for the first reason among those."""
    rank, reason = min(places)
    ranks = {line_rank for line_rank, _ in places}
    is_formal = rank <= RANK["diverted"]
    return Stands(
        standing=NAME[rank],
        reason=REASONS[reason] if rank == RANK["unaccounted"] else None,
        has_open_lines=is_formal and bool(ranks & {RANK["live"], RANK["unaccounted"]}),
    )
