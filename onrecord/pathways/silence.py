"""What waits: reports on which nothing happens, limits that have run out, children reported again and again in vain.

A list for the agency that holds each, oldest first, with the reason. No score: nothing here says who is at risk, or
what matters more; it says since when nothing was done, by the words of ``worklist_reasons.csv``.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from onrecord.engine import empty_table
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_standings, unaccounted_reports
from onrecord.standard import codelists

CHILD = "child"
# Whose identifier a person's is, where that is known, and the identifier.
PERSON = ("sender", "person_id")
# "Again and again": a child of two reports is looked at already.
AGAIN = 2
# Where a report stands of which nothing came, by a decision.
IN_VAIN = ("no_further_action", "not_a_crime")
ROW = ("reason", "agency_id", "report_id", "thing_id", "person_id", "clock", "since", "times", "as_at")
OVERDUE, CLOCK_OVERDUE, REPORTED_AGAIN = "overdue", "clock_overdue", "reported_again"


def without_activity(history: History, window_days: int) -> ir.Table:
    """The reports that are not accounted for, each with the reason and the day of the last sign of life where it waits.

    A source that carries no activity at all has nobody to act on its silence: such reports are left out.

    Args:
        history: the standard tables; ``report.as_at`` says at which day each report is judged.
        window_days: days without activity after which an open report is no longer live.

    Returns:
        A table with the columns of ``ROW``.
    """
    report = unaccounted_reports(history, window_days)
    report = report.filter(report.reason.isin(list(codelists.labels("worklist_reasons"))))
    return _as_rows(report)


def overdue(ran: ir.Table) -> ir.Table:
    """The clocks of :func:`onrecord.pathways.clocks.run_clocks` that are overdue, since the day they were due."""
    late = ran.filter(ran.state == OVERDUE)
    return _as_rows(late.mutate(reason=ibis.literal(CLOCK_OVERDUE), since=late.due))


def reported_again(history: History, window_days: int) -> ir.Table:
    """Children of two reports or more each of which was closed without further action.

    Args:
        history: the standard tables. A child goes by ``person_id``, and ``sender`` where the involvement has it; who
            has linked the records of several senders puts the entity there.
        window_days: days without activity after which an open report is no longer live.

    Returns:
        One row a child, with the columns of ``ROW``: the latest of her reports, the agency that holds it, how many
        they are (``times``), and since when: the day the latest was received.
    """
    if history.involvement is None:
        return _none()
    standing = report_standings(history, window_days)
    person = [name for name in PERSON if name in history.involvement.columns]
    child = history.involvement.filter(history.involvement.role == CHILD).select("report_id", *person).distinct()
    in_vain = ibis.literal(False)
    for key in IN_VAIN:
        in_vain = in_vain | standing[f"is_{key}"]
    standing = standing.mutate(in_vain=in_vain).select("report_id", "agency_id", "received_date", "as_at", "in_vain")
    about = child.inner_join(standing, "report_id")
    each = about.group_by(person).agg(
        times=about.count(),
        all_in_vain=about.in_vain.all(),
        since=about.received_date.max(),
        report_id=about.report_id.argmax(about.received_date.strftime("%Y-%m-%d") + about.report_id),
    )
    again = each.filter(each.all_in_vain, each.times >= AGAIN)
    again = again.inner_join(standing.select("report_id", "agency_id", "as_at"), "report_id")
    return _as_rows(again.mutate(reason=ibis.literal(REPORTED_AGAIN)))


def _as_rows(table: ir.Table) -> ir.Table:
    """The columns of ``ROW``; what a table lacks is null."""
    lacking = {name: ibis.null("int64" if name == "times" else "string") for name in ROW if name not in table.columns}
    return table.mutate(**lacking).select(*ROW)


def _none() -> ir.Table:
    types = {"since": "date", "as_at": "date", "times": "int64"}
    return empty_table({name: types.get(name, "string") for name in ROW})


def in_order(*found: ir.Table) -> ir.Table:
    """All that waits, oldest first, with ``days``: how long by the day it is judged at."""
    every = ibis.union(*found) if len(found) > 1 else found[0]
    every = every.mutate(days=every.as_at.delta(every.since, unit="day").cast("int64"))
    return every.order_by(every.since, "agency_id", "reason", "report_id", "thing_id", "person_id", "clock")
