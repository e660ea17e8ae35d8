"""Protective actions: notices, orders, referrals and powers, each on the day it was taken. None is a prosecution.

Which kinds of events these are is data: ``standard/measures/protective_actions.yaml``.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import Cut
from onrecord.pathways.history import History
from onrecord.standard.measures import measure_named

NAME = "protective actions"
GROUPS = ("notices", "orders", "referrals", "powers")
MEMO = ("reports", "people", "records")


def protective_actions(history: History, cut: Cut) -> Figures:
    """Count the actions of each kind that are dated in the period, up to the as-at.

    Args:
        history: the standard tables, of reports of every period; ``report`` with ``as_at``.
        cut: what the figures are about; the month is that of the action.

    Returns:
        Figures with the key ``kind``, total ``actions``, the four groups as parts, and as memo the different reports
        and people, and the events behind.
    """
    laid = cut.laid(actions_of(history, cut))
    counts = {"actions": laid.count(), **{group: (laid.group == group).sum() for group in GROUPS}}
    counts |= {"reports": laid.report_id.nunique(), "people": laid.person_id.nunique(), "records": laid.count()}
    rows = cut.counted(laid, counts, ["kind"])
    about = cut.about(NAME, "flow", sum(row["records"] for row in rows), measure_named(NAME).caveats)
    return cut.figures(about, rows, "actions", GROUPS, MEMO, keys=("kind",))


def actions_of(history: History, cut: Cut | None = None) -> ir.Table:
    """The protective actions up to each report's as-at, with ``group``; ``received_date`` is the day of the action."""
    report = history.report.filter(history.report.duplicate_of.isnull()).select("report_id", "agency_id", "as_at")
    event = history.event.select("kind", "event_date", "person_id", of="report_id")
    event = event.filter(event.kind.isin(list(kinds())))
    joined = event.inner_join(report, event.of == report.report_id)
    told = joined.filter(joined.event_date <= joined.as_at)
    if cut is not None and cut.period is not None:
        told = told.filter(told.event_date.between(cut.period.first_day, cut.period.last_day))
    group = told.kind.cases(*kinds().items(), else_=ibis.null("string"))
    return told.select("report_id", "agency_id", "person_id", "kind", group=group, received_date=told.event_date)


def kinds() -> dict[str, str]:
    """Kind of event to the group of actions that it belongs to."""
    groups = measure_named(NAME).settings["groups"]
    return {kind: group for group in GROUPS for kind in groups[group]}
