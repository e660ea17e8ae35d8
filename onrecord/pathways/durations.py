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

from onrecord.engine import table_of
from onrecord.pathways.history import STEP_BITS, STEPS, History, date_of, day_number, day_of, step_of
from onrecord.pathways.marks import Mark, leads_to, marked_by_step
from onrecord.pathways.standings import BY_SILENCE, rank_in
from onrecord.pathways.steps import steps
from onrecord.standard import codelists

RECEIVED = "received"
STEP, BEFORE_START, ENDED, OPEN = "step", "before start", "ended otherwise", "open"
DECIDED = {"standings": [standing.key for standing in codelists.standings()], "kinds": ["transferred"]}


def durations(history: History, places: ir.Table, step: Mapping[str, Any]) -> ir.Table:
    """The clock of one step.

    Args:
        history: the standard tables, the very ones of which ``places`` were made.
        places: where each report of it stands (``standings.report_places``). Who asks for several steps keeps them.
        step: ``from`` (``received``, or a mark) and ``to`` (a mark; ``crime`` or ``activity`` in place of one).

    Returns:
        ``agency_id``, ``received_date``, ``exit`` (the day the clock stops, or is looked at last), ``outcome`` (STEP,
        BEFORE_START, ENDED or OPEN), ``ended_as`` (for a step that is an outcome: the standing that it led to),
        ``days`` (from the day the clock starts to ``exit``) and ``followed`` (days from its start to the as-at).
    """
    rows = places.left_join(_told(history, step), "report_no")
    received, judged = day_number(rows.received_date), day_number(rows.as_at)
    rows = rows.mutate(entry=received if step["from"] == RECEIVED else rows.started, judged=judged)
    rows = rows.filter(rows.entry.notnull())
    is_open, had = rank_in(rows.place).isin(BY_SILENCE), rows.stopped.notnull()
    outcome = ibis.cases((had & (rows.stopped < rows.entry), BEFORE_START), (had, STEP), (is_open, OPEN), else_=ENDED)
    ended = ibis.greatest(ibis.coalesce(rows.last_decided, rows.judged), rows.entry)
    last = ibis.ifelse(had, rows.stopped, ibis.ifelse(is_open, rows.judged, ended))
    return rows.select(
        "agency_id",
        "received_date",
        exit=date_of(last),
        outcome=outcome,
        ended_as=ibis.ifelse(had, rows.stopped_as, ibis.null("string")),
        days=last - rows.entry,
        followed=rows.judged - rows.entry,
    )


def _told(history: History, step: Mapping[str, Any]) -> ir.Table:
    """For each report the day its clock started and stopped, by its events or its crimes."""
    marks = {"starts": _mark(step["from"]), "stops": _mark(step["to"]), "decides": DECIDED}
    event = history.told.mutate(step_no=step_of(history.told.order))
    event = marked_by_step(event, marks)
    known = event.filter(event.starts | event.stops | event.decides)
    day = day_of(known.order)
    # Of several outcomes of one day the one with the lowest rank is told: it is where the report stands that evening.
    first_stop = (day * STEPS + (STEPS - 1 - known.step_no)).min(where=known.stops)
    told = known.group_by("report_no").agg(
        started=day.min(where=known.starts),
        stop=first_stop,
        last_decided=day.max(where=known.decides),
    )
    if "crime" in step["to"]:
        told = _with_crimes(told, history)
    led_to = table_of([{"of_step": found.step_no, "stopped_as": leads_to(found)} for found in steps()])
    told = told.left_join(led_to, STEPS - 1 - step_of(told.stop) == led_to.of_step)
    return told.select("report_no", "stopped_as", "started", "last_decided", stopped=told.stop >> STEP_BITS)


def _mark(said: Mapping[str, Any] | str) -> Mark:
    """What starts or stops a clock as a mark; receipt and the recording of a crime are shown by no event."""
    if said == RECEIVED or "crime" in said:
        return {}
    if "activity" in said:
        kinds = codelists.load("event_kinds")
        return {"kinds": [row["kind"] for row in kinds if row["activity"] == "1" and row["effect"] != "receipt"]}
    assert not isinstance(said, str)
    return said


def _with_crimes(told: ir.Table, history: History) -> ir.Table:
    """The clock stopped by the first crime that was recorded."""
    crime = history.crime
    if crime is None:
        return told
    report = history.judged.select("report_no", "as_at", owner="report_id")
    known = crime.inner_join(report, crime.report_id == report.owner)
    known = known.filter(known.recorded_date <= known.as_at)
    # No step stops it: what it led to is none.
    first = known.group_by("report_no").agg(recorded=day_number(known.recorded_date.min()) * STEPS + STEPS - 1)
    both = told.outer_join(first, "report_no")
    return both.select(
        report_no=ibis.coalesce(both.report_no, both.report_no_right),
        started=both.started,
        stop=both.recorded,
        last_decided=both.last_decided,
    )
