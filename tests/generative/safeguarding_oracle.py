"""Where every report stands in the safeguarding strand, worked out slowly: the reference for the engine.

One child of one report at a time, each step in its turn. It shares nothing with the engine but the lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from onrecord.standard import codelists
from tests.generative.oracle import Stands

Row = dict[str, Any]
Plain = dict[str, list[Row]]
STEPS = codelists.load("safeguarding_steps")
RANK = {row["key"]: int(row["rank"]) for row in codelists.load("safeguarding_standings")}
OPENS = ("opens", "begins")


@dataclass
class Line:
    """One child of a report, as the steps told so far have left it."""

    decided: str | None = None
    planned: bool = False
    helped: bool = False
    closed: bool = False
    active: date | None = None
    began: date | None = None
    ended: date | None = None


def stand(plain: Plain, window_days: int, as_at: date) -> dict[str, Stands]:
    """Report id to where it stands."""
    found = {}
    for report in plain["report"]:
        if report["duplicate_of"] is None and report["received_date"] <= as_at:
            places = [place(plain, report, child, window_days, as_at) for child in children(plain, report)]
            found[report["report_id"]] = _lowest(places)
    return found


def children(plain: Plain, report: Row) -> list[str | None]:
    """The children of a report, or one that nobody named."""
    named = {
        row["person_id"]
        for row in plain["involvement"]
        if row["report_id"] == report["report_id"] and row["role"] == "child"
    }
    return sorted(named) or [None]


def place(plain: Plain, report: Row, child: str | None, window_days: int, as_at: date) -> tuple[str, str | None]:
    """The standing of a child of a report, and the reason if it is unaccounted."""
    line = Line()
    told = [step for step in _steps(plain, report, child, as_at) if step[0] <= as_at]
    for day, step in sorted(told, key=_turn):
        _happen(line, day, step)
    if line.planned:
        return "plan_made", None
    if line.helped:
        return "helped_without_plan", None
    if line.decided:
        return line.decided, None
    last = max(report["received_date"], line.active or report["received_date"])
    if (as_at - last).days <= window_days:
        return "live", None
    return "unaccounted", _reason(line, report)


def _turn(told: tuple[date, Row]) -> tuple[date, bool, int]:
    day, step = told
    return day, step["effect"] not in OPENS, -RANK.get(step["standing"], 0)


def _happen(line: Line, day: date, step: Row) -> None:
    if step["activity"] == "1":
        line.active = day
    if step["effect"] in OPENS:
        line.decided, line.closed = None, False
    if step["effect"] == "begins":
        line.began = day
    if step["effect"] == "ends":
        line.ended = day
    if step["effect"] == "closes":
        line.closed = True
    if step["effect"] == "decides":
        line.planned = line.planned or step["standing"] == "plan_made"
        line.helped = line.helped or step["standing"] == "helped_without_plan"
        line.decided = step["standing"]


def _reason(line: Line, report: Row) -> str:
    if report["carries_safeguarding"] is False:
        return "no_safeguarding_carried"
    if line.closed:
        return "closed_without_reason"
    if report["vanished"]:
        return "vanished"
    if line.began:
        return "nothing_since_assessment" if line.ended and line.ended >= line.began else "assessment_not_ended"
    return "assessment_not_begun" if line.active else "nothing_for_the_child"


def _steps(plain: Plain, report: Row, child: str | None, as_at: date) -> Iterator[tuple[date, Row]]:
    for row in plain["assessment"]:
        if _falls_on(plain, row, report, child, as_at):
            yield from _days_of(row)
    named = children(plain, report)
    for row in plain["event"]:
        if row["report_id"] == report["report_id"] and (row["person_id"] not in named or row["person_id"] == child):
            for step in STEPS:
                if step["record"] == "event" and step["value"] == row["kind"]:
                    yield row["event_date"], step


def _days_of(row: Row) -> Iterator[tuple[date, Row]]:
    for step in STEPS:
        if step["record"] == "assessment" and row[step["field"]] and _has_the_value(step, row):
            yield row[step["field"]], step


def _has_the_value(step: Row, row: Row) -> bool:
    return not step["value_field"] or str(row[step["value_field"]]).lower() == step["value"].lower()


def _falls_on(plain: Plain, row: Row, report: Row, child: str | None, as_at: date) -> bool:
    if row["report_id"] is not None:
        return row["report_id"] == report["report_id"] and child in (None, row["person_id"])
    began = row["referral_date"] or row["start_date"]
    days = [
        other["received_date"]
        for other in plain["report"]
        if other["duplicate_of"] is None
        and other["received_date"] <= as_at
        and row["person_id"] in children(plain, other)
        and began
        and other["received_date"] <= began
    ]
    return child is not None and child == row["person_id"] and report["received_date"] == max(days, default=None)


def _lowest(places: list[tuple[str, str | None]]) -> Stands:
    order = [row["key"] for row in codelists.load("safeguarding_reasons")]
    standing, reason = min(places, key=lambda each: (RANK[each[0]], order.index(each[1]) if each[1] else 0))
    formal = RANK[standing] <= RANK["helped_without_plan"]
    return Stands(standing, reason, formal and any(each[0] in ("live", "unaccounted") for each in places))
