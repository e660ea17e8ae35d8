"""How long a step took, or how long it has been waited for: one row for each report whose clock started.

Nothing is left out because it is not finished: who has not had the step is followed up to the as-at, or to the last
decision where the report ended otherwise. So the rows can be counted as they are, or handed to any estimator that
takes entry, exit and what happened at the exit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.pathways.marks import LED_TO, Mark, marked
from onrecord.pathways.standings import History
from onrecord.standard import codelists

RECEIVED = "received"
STEP, BEFORE_START, ENDED, OPEN = "step", "before start", "ended otherwise", "open"
DECIDED = {"standings": [standing.key for standing in codelists.standings()], "kinds": ["transferred"]}
STILL_OPEN = ("live", "unaccounted")


def durations(history: History, standing: ir.Table, step: Mapping[str, Any]) -> ir.Table:
    """The clock of one step.

    Args:
        history: the standard tables of which ``standing`` was made.
        standing: the reports, and where each stands (``report_standings``): whether it is open still. It is read
            twice for each step, so it had better be kept (``cache``).
        step: ``from`` (``received``, or a mark) and ``to`` (a mark; ``crime`` or ``activity`` in place of one).

    Returns:
        ``report_id``, ``agency_id``, ``received_date``, ``entry`` (the day the clock starts), ``exit`` (the day it
        stops, or is looked at last), ``outcome`` (STEP, BEFORE_START, ENDED or OPEN), ``ended_as`` (for a step that is
        an outcome: the standing that it led to) and ``followed`` (days from entry to the as-at).
    """
    report = standing.select(
        "report_no",
        "report_id",
        "agency_id",
        "received_date",
        "as_at",
        is_open=standing.is_live | standing.is_unaccounted,
    )
    rows = report.left_join(_told(report, history, step), "report_no")
    entry = rows.received_date if step["from"] == RECEIVED else rows.started
    rows = rows.mutate(entry=entry).filter(lambda row: row.entry.notnull())
    had = rows.stopped.notnull()
    outcome = ibis.cases(
        (had & (rows.stopped < rows.entry), BEFORE_START), (had, STEP), (rows.is_open, OPEN), else_=ENDED
    )
    last = ibis.cases(
        (outcome == OPEN, rows.as_at),
        (outcome == ENDED, ibis.greatest(ibis.coalesce(rows.last_decided, rows.as_at), rows.entry)),
        else_=rows.stopped,
    )
    return rows.select(
        "report_id",
        "agency_id",
        "received_date",
        "entry",
        exit=last,
        outcome=outcome,
        ended_as=ibis.ifelse(had, rows.stopped_as, ibis.null("string")),
        followed=rows.as_at.delta(rows.entry, unit="day"),
    )


def _told(report: ir.Table, history: History, step: Mapping[str, Any]) -> ir.Table:
    """For each report the day its clock started and stopped, by its events or its crimes."""
    as_at = report.select("report_no", of="report_id", on="as_at")
    marks = {"starts": _mark(step["from"]), "stops": _mark(step["to"]), "decides": DECIDED}
    event = history.event.select("report_id", "kind", "event_date", "outcome_scheme", "outcome_code")
    event = marked(event, marks)
    telling = event.filter(event.starts | event.stops | event.decides).drop("kind", "outcome_scheme", "outcome_code")
    telling = telling.inner_join(as_at, telling.report_id == as_at.of)
    known = telling.filter(telling.event_date <= telling.on)
    day = known.event_date
    told = known.group_by("report_no").agg(
        started=day.min(where=known.starts),
        stopped=day.min(where=known.stops),
        stopped_as=known[LED_TO].argmin(day, where=known.stops),
        last_decided=day.max(where=known.decides),
    )
    return _with_crimes(told, history.crime, as_at) if "crime" in step["to"] else told


def _mark(said: Mapping[str, Any] | str) -> Mark:
    """What starts or stops a clock as a mark; receipt and the recording of a crime are shown by no event."""
    if said == RECEIVED or "crime" in said:
        return {}
    if "activity" in said:
        kinds = codelists.load("event_kinds")
        return {"kinds": [row["kind"] for row in kinds if row["activity"] == "1" and row["effect"] != "receipt"]}
    assert not isinstance(said, str)
    return said


def _with_crimes(told: ir.Table, crime: ir.Table | None, as_at: ir.Table) -> ir.Table:
    """The clock stopped by the first crime that was recorded."""
    if crime is None:
        return told
    known = crime.inner_join(as_at, crime.report_id == as_at.of)
    known = known.filter(known.recorded_date <= known.on)
    first = known.group_by("report_no").agg(first_recorded=known.recorded_date.min())
    both = told.outer_join(first, "report_no")
    return both.select(
        report_no=ibis.coalesce(both.report_no, both.report_no_right),
        started=both.started,
        stopped=both.first_recorded,
        stopped_as=ibis.null("string"),
        last_decided=both.last_decided,
    )
