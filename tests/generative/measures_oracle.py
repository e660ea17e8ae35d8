"""Attrition, flow and revisions counted the slow way, report by report, with nothing of the engine's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from onrecord.standard import codelists
from tests.generative.oracle import Plain, Row, stand

STANDING = {(row["scheme"], row["code"]): row["standing"] for row in codelists.load("outcomes")}
DETAIL = {(row["scheme"], row["code"]): row["detail"] for row in codelists.load("outcomes")}
OPEN = ("live", "unaccounted")
STAGES = ["recorded_as_crime", "suspect_identified", "arrested", "charged", "convicted"]
OWN = ["with_crime", "with_suspect", "with_arrest", "with_charge", "with_conviction"]
# What shows that somebody was identified, though nobody is named.
NAMES_SOMEBODY = (
    "evidential: child supports",
    "evidential: child does not support",
    "prevented: suspect died",
    "prevented: suspect under age",
    "prevented: suspect too ill",
    "prosecution declined",
    "in custody elsewhere",
)
ARRESTS = ("cleared by arrest", "cleared by arrest for another offence")
NO_CHARGE = (*ARRESTS, "taken into consideration")


def _counted(history: Plain, as_at: date) -> list[Row]:
    return [row for row in history["report"] if row["duplicate_of"] is None and row["received_date"] <= as_at]


def _code(event: Row) -> tuple[str | None, str | None]:
    carries = event["kind"] in ("outcome", "cancelled", "court result")
    return (event["outcome_scheme"], event["outcome_code"]) if carries else (None, None)


def attrition(history: Plain, as_at: date) -> dict[str, int]:
    """Received, who reached each stage, and who records each stage itself."""
    count: Counter[str] = Counter()
    for report in _counted(history, as_at):
        events = [
            event
            for event in history["event"]
            if event["report_id"] == report["report_id"] and event["event_date"] <= as_at
        ]
        own = [
            any(crime["report_id"] == report["report_id"] for crime in history["crime"]),
            _has_suspect(report, history) or any(_names_somebody(event) for event in events),
            any(event["kind"] == "arrest" or DETAIL.get(_code(event)) in ARRESTS for event in events),
            any(
                STANDING.get(_code(event)) == "prosecuted" and DETAIL[_code(event)] not in NO_CHARGE for event in events
            ),
            any(DETAIL.get(_code(event)) == "court: convicted" for event in events),
        ]
        count["received"] += 1
        for place, (stage, column) in enumerate(zip(STAGES, OWN, strict=True)):
            count[column] += own[place]
            count[stage] += any(own[place:])
    return {name: count[name] for name in ["received", *STAGES, *OWN]}


def _is_charge(code: tuple[str | None, str | None]) -> bool:
    return STANDING.get(code) == "prosecuted" and DETAIL[code] not in NO_CHARGE


def _has_suspect(report: Row, history: Plain) -> bool:
    return any(row["report_id"] == report["report_id"] and row["role"] == "suspect" for row in history["involvement"])


def _names_somebody(event: Row) -> bool:
    formal = STANDING.get(_code(event)) in ("prosecuted", "out_of_court", "diverted")
    return event["person_id"] is not None or formal or DETAIL.get(_code(event)) in NAMES_SOMEBODY


def flow(history: Plain, first: date, last: date, window_days: int) -> dict[str, int]:
    """What flowed in and out between two days, one report after the other."""
    before = stand(history, window_days, first - timedelta(days=1))
    after = stand(history, window_days, last)
    count: Counter[str] = Counter()
    for name, place in after.items():
        was, is_open = before.get(name), place.standing in OPEN
        if was is None:
            count["received"] += 1
        elif was.standing in OPEN:
            count["open_at_start"] += 1
        elif is_open:
            count["reopened"] += 1
        else:
            continue
        count["open_at_end" if is_open else "settled"] += 1
    return {name: count[name] for name in ("open_at_start", "received", "reopened", "settled", "open_at_end")}


def revised(then: dict[str, str], now: dict[str, str]) -> dict[str, int]:
    """What lies between two counts: report to counted, outside or duplicate, as known then and now."""
    count: Counter[str] = Counter()
    for name in then.keys() | now.keys():
        count.update(_terms(then.get(name), now.get(name)))
    terms = ("received_earlier", "late", "entered_scope", "received_later", "left_scope", "found_duplicate", "removed")
    return {term: count[term] for term in terms}


def _terms(before: str | None, after: str | None) -> Iterable[str]:
    if before == "counted":
        yield "received_earlier"
        if after != "counted":
            yield {None: "removed", "outside": "left_scope", "duplicate": "found_duplicate"}[after]
    if after == "counted":
        yield "received_later"
        if before != "counted":
            yield "late" if before is None else "entered_scope"
