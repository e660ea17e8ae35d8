"""Reports that were sent on from one agency to another, both of them inside the coverage: matched, and followed.

The two ends are two reports: one says whom it was sent to and when, the other whom it came from. They match where the
bodies agree, the second was received between the day the first was sent and the day it was acknowledged, and no
other report fits either end. What fits several is left unmatched: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from onrecord.pathways.history import History, counted_reports
from onrecord.pathways.marks import marked

SENT, ACKNOWLEDGED = {"kinds": ["transferred"], "standings": ["transferred"]}, {"kinds": ["transfer acknowledged"]}
SENT_HERE, LEADS_ON, CAME_ON, FIRST = "sent_here", "leads_on", "came_on", "first_received"
# How often one report may be sent on before its first receipt is no longer looked for.
HOPS = 5


def with_transfers(history: History, nation: ir.Table) -> History:
    """The history, each report with what matched transfers say of it.

    Args:
        history: the standard tables; ``report`` with ``as_at``.
        nation: ``agency_id`` and ``nation``: transfers are matched within a nation alone.

    Returns:
        As it was, where no report says that it came from elsewhere; else ``report`` with ``sent_here`` (it says so),
        ``leads_on`` (it was sent on, and the report it became is here), ``came_on`` (it is such a report) and
        ``first_received`` (the day of receipt at the first of its ends).
    """
    report = history.report
    if not (report.transferred_from.notnull()).any().fill_null(False).to_pyarrow().as_py():
        return history
    pair = matched(history, nation).cache()
    return replace(history, report=_joined(report, pair, _first_receipts(pair)))


def _joined(report: ir.Table, pair: ir.Table, first: ir.Table) -> ir.Table:
    sent_on = pair.select(sent_id="report_id")
    rows = report.left_join(sent_on, report.report_id == sent_on.sent_id)
    rows = rows.left_join(first, rows.report_id == first.end_id)
    found = rows.mutate(
        **{
            SENT_HERE: rows.transferred_from.notnull(),
            LEADS_ON: rows.sent_id.notnull(),
            CAME_ON: rows.end_id.notnull(),
            FIRST: ibis.coalesce(rows.first_day, rows.received_date),
        }
    )
    return found.drop("sent_id", "end_id", "first_day")


def matched(history: History, nation: ir.Table) -> ir.Table:
    """The pairs: ``report_id`` and ``received_date`` of the report sent on, ``next_id`` of what it became."""
    report = counted_reports(history.report)
    report = report.inner_join(nation, "agency_id")
    sent = _sent(report, history.event)
    taken = report.filter(report.transferred_from.notnull()).select(
        next_id="report_id",
        taken_by="agency_id",
        taken_from="transferred_from",
        taken_on="received_date",
        of_nation="nation",
    )
    fits = sent.inner_join(
        taken, [sent.to == taken.taken_by, sent.agency_id == taken.taken_from, sent.nation == taken.of_nation]
    )
    fits = fits.filter(fits.taken_on.between(fits.sent_on, fits.until), fits.next_id != fits.report_id)
    # Of one day, the order of names keeps two reports from leading to each other.
    fits = fits.filter((fits.received_date < fits.taken_on) | (fits.report_id < fits.next_id))
    of_one, of_other = ibis.window(group_by="report_id"), ibis.window(group_by="next_id")
    counted = fits.mutate(fit_one=fits.count().over(of_one), fit_other=fits.count().over(of_other))
    alone = counted.filter(counted.fit_one == 1, counted.fit_other == 1)
    return alone.select("report_id", "received_date", "next_id")


def _sent(report: ir.Table, event: ir.Table) -> ir.Table:
    """Reports that name a body they were sent to: ``to``, ``sent_on``, and ``until``, the last day it can have come."""
    judged = report.select(of="report_id", on="as_at")
    told = event.inner_join(judged, event.report_id == judged.of)
    told = marked(told.filter(told.event_date <= told.on), {"sends": SENT, "acknowledges": ACKNOWLEDGED})
    goes = told.sends & told.counterpart.notnull()
    day = told.event_date
    steps = told.group_by(step_of="report_id").agg(
        body=told.counterpart.argmax(day, where=goes),
        left_on=day.max(where=goes),
        known_on=day.max(where=told.acknowledges),
    )
    rows = report.left_join(steps, report.report_id == steps.step_of)
    sent_on = ibis.coalesce(rows.left_on, rows.received_date)
    known_on = ibis.coalesce(rows.transfer_acknowledged_date, rows.known_on)
    found = rows.select(
        "report_id",
        "agency_id",
        "nation",
        "received_date",
        to=ibis.coalesce(rows.body, rows.transferred_to),
        sent_on=sent_on,
        until=ibis.ifelse(known_on >= sent_on, known_on, rows.as_at).fill_null(rows.as_at),
    )
    return found.filter(found.to.notnull())


def _first_receipts(pair: ir.Table) -> ir.Table:
    """Each report that came on, with the day of receipt at the first of its ends."""
    first = pair.select(end_id="next_id", first_day="received_date")
    for _ in range(HOPS):
        step = pair.select(before="report_id", after="next_id")
        earlier = first.select(earlier_id="end_id", earlier_day="first_day")
        rows = first.left_join(step, first.end_id == step.after)
        rows = rows.left_join(earlier, rows.before == earlier.earlier_id)
        day = ibis.ifelse(rows.earlier_day.notnull(), ibis.least(rows.earlier_day, rows.first_day), rows.first_day)
        first = rows.select("end_id", first_day=day).cache()
    return first
