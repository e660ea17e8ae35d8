"""Flow: open at start + received + reopened = settled + open at end. Each is counted by its own predicate.

Every report is judged twice, on the day before the period and on its last day; what lies between is what flowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.figures import Figures
from onrecord.measures.cuts import Cut
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_standings
from onrecord.standard import codelists
from onrecord.standard.measures import measure_named
from onrecord.standard.periods import Period, months_between, parse_period

NAME = "flow"
COMES_IN = ("open_at_start", "received", "reopened")
PARTS = ("settled", "open_at_end")
KEYS = ("first_day", "last_day")
DAY = timedelta(days=1)
# Agency to the first and the last day of what flows.
Spans = Mapping[str, tuple[date, date]]


def flow(history: History, cut: Cut, window_days: int) -> Figures:
    """Count what flowed in the period, or month by month in each month of it.

    Args:
        history: the standard tables, of reports of every period; ``report`` with ``as_at``, the last day to judge at.
        cut: what the figures are about; its period, or that of each place, is the one that is looked at.
        window_days: days without activity after which an open report is no longer live.

    Returns:
        Figures with the keys ``first_day`` and ``last_day``, total ``at_stake``, parts ``settled`` and
        ``open_at_end``; and as memo ``open_at_start``, ``received`` and ``reopened``, which add up to the same total.

    Raises:
        DoesNotBalance: the two sides differ.
    """
    rows: list[dict[str, Any]] = []
    whole = replace(cut, by="nation") if cut.by == "month" else cut
    for spans, where in _spans(cut, whole):
        laid = whole.laid(_moved(history, spans, window_days))
        found = whole.counted(laid, _counts(laid), KEYS)
        rows += [{**row, **where} for row in found]
    in_order = sorted(rows, key=lambda row: tuple(str(row.get(key)) for key in (*cut.keys, *KEYS)))
    about = cut.about(NAME, "flow", None, measure_named(NAME).caveats)
    return cut.figures(about, in_order, "at_stake", PARTS, (*COMES_IN, "records"), keys=KEYS, also=COMES_IN)


def _spans(cut: Cut, whole: Cut) -> Iterator[tuple[Spans, dict[str, str]]]:
    """The days of each agency's flow; one after the other where every month is one of its own."""
    days = {agency["agency_id"]: agency["as_at"] for agency in cut.agencies if not agency.get("absent")}
    periods = {key: parse_period(whole.of_agency[key]["period"]) for key in days}
    if cut.by != "month":
        yield {key: _within(periods[key], days[key]) for key in days if periods[key].first_day <= days[key]}, {}
        return
    first = min((period.first_day for period in periods.values()), default=None)
    last = max((min(periods[key].last_day, days[key]) for key in days), default=None)
    for month in months_between(first, last) if first and last else ():
        own = parse_period(month)
        inside = {key for key in days if own.first_day in periods[key] and own.first_day <= days[key]}
        if inside:
            yield {key: _within(own, days[key]) for key in inside}, {"month": month}


def _within(period: Period, as_at: date) -> tuple[date, date]:
    return period.first_day, min(period.last_day, as_at)


def _moved(history: History, spans: Spans, window_days: int) -> ir.Table:
    """Each report received by the last day: whether it was open before the first day, and whether it is at the end."""
    before = _open_at(history, {key: first - DAY for key, (first, _) in spans.items()}, window_days)
    after = _open_at(history, {key: last for key, (_, last) in spans.items()}, window_days)
    days = table_of(
        [
            {"of_agency": key, "first": first, "first_day": f"{first}", "last_day": f"{last}"}
            for key, (first, last) in spans.items()
        ]
    )
    earlier = before.select(earlier_id="report_id", was_open="is_open")
    rows = after.left_join(earlier, after.report_id == earlier.earlier_id)
    rows = rows.inner_join(days, rows.agency_id == days.of_agency)
    return rows.select(
        "report_id",
        "agency_id",
        "received_date",
        *KEYS,
        is_new=rows.received_date >= rows["first"],
        was_open=rows.was_open.fill_null(False),
        was_settled=(~rows.was_open).fill_null(False),
        is_open=rows.is_open,
        is_settled=rows.is_settled,
    )


def _open_at(history: History, days: Mapping[str, date], window_days: int) -> ir.Table:
    """The reports received by a day of their agency's, and whether each is open or settled on it."""
    judged = table_of([{"of_agency": key, "as_at": day} for key, day in days.items()])
    report = history.report.drop("as_at").inner_join(judged, history.report.agency_id == judged.of_agency)
    standing = report_standings(replace(history, report=report.drop("of_agency")), window_days)
    settled = [standing[f"is_{key}"] for key in _settled()]
    return standing.select(
        "report_id",
        "agency_id",
        "received_date",
        is_open=standing.is_live | standing.is_unaccounted,
        is_settled=ibis.or_(*settled),
    )


def _settled() -> list[str]:
    """The standings that are settled, as the merge tree of standings has it."""
    return [standing.key for standing in codelists.standings() if standing.merge_2 == "settled"]


def _counts(laid: ir.Table) -> dict[str, ir.IntegerScalar]:
    return {
        "at_stake": (laid.is_new | laid.was_open | (laid.was_settled & laid.is_open)).sum(),
        "open_at_start": laid.was_open.sum(),
        "received": laid.is_new.sum(),
        "reopened": (laid.was_settled & laid.is_open).sum(),
        "settled": ((laid.is_new | laid.was_open) & laid.is_settled).sum(),
        "open_at_end": laid.is_open.sum(),
        "records": laid.count(),
    }
