"""Operations: what each took in and what became of it. Of those that ended it is counted how many led to what."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import table_of
from onrecord.figures import Figures
from onrecord.measures.attrition import stages_reached
from onrecord.measures.cuts import Cut
from onrecord.measures.protective_actions import actions_of
from onrecord.pathways.history import History
from onrecord.pathways.subjects import named_people
from onrecord.standard.measures import measure_named

NAME = "operations"
KEYS = ("operation", "operation_id", "kind", "partners", "started", "ended_on")
PARTS = ("running", "ended")
TAKEN_IN = ("reports", "children", "suspects", "protective_actions", "with_charge", "with_conviction")
MEMO = ("ended_with_charge", "ended_with_conviction", *TAKEN_IN, "records")
OWN = ("sender", "operation_id")


def operations(history: History, operation: ir.Table, took_in: ir.Table, cut: Cut) -> Figures:
    """One row an operation begun by the as-at: what it took in, and what became of it.

    Args:
        history: the standard tables, of reports of every period; ``report`` with ``as_at`` and ``sender``.
        operation: the operations, with ``sender``.
        took_in: which reports they took in, with ``sender``.
        cut: what the figures are about; the period and the month are those of the beginning.

    Returns:
        Figures with the operation's own keys, total ``operations`` (1 a row, so that rows can be added), parts
        ``running`` and ``ended``, and as memo what it took in.
    """
    report = history.report.filter(history.report.duplicate_of.isnull())
    taken = took_in.select(*OWN, "report_id").inner_join(
        report.select("report_id", "agency_id", "received_date", "as_at"), "report_id"
    )
    placed = _placed(operation, taken, cut)
    rows = placed.left_join(_became(history, taken, placed), OWN).drop("sender_right", "operation_id_right")
    ended = (rows.end_date <= rows.as_at).fill_null(False)
    laid = cut.laid(
        rows.select(
            "agency_id",
            "operation_id",
            "kind",
            operation=rows.name,
            partners=rows.partners.fill_null(""),
            started=rows.start_date.cast("string"),
            ended_on=ibis.ifelse(ended, rows.end_date, ibis.null("date")).cast("string").fill_null(""),
            received_date=rows.start_date,
            has_ended=ended,
            **{name: rows[name].fill_null(0) for name in TAKEN_IN},
        )
    )
    counted = cut.counted(laid, _counts(laid), KEYS)
    about = cut.about(NAME, "cohort", sum(row["records"] for row in counted), measure_named(NAME).caveats)
    return cut.figures(about, counted, "operations", PARTS, MEMO, keys=KEYS)


def in_words(figures: Figures) -> list[str]:
    """For each nation how many of the operations that ended led to a charge and to a conviction, in a sentence."""
    found: dict[str, dict[str, Any]] = {}
    for row in figures.rows():
        sums = found.setdefault(row["nation"], dict.fromkeys((*PARTS, *MEMO), 0))
        for name in sums:
            sums[name] += row[name]
    return [
        f"{nation}: {sums['ended_with_charge']:,} of {sums['ended']:,} operations that ended led to a charge, "
        f"{sums['ended_with_conviction']:,} to a conviction. {sums['running']:,} still running: not judged."
        for nation, sums in sorted(found.items())
    ]


def _placed(operation: ir.Table, taken: ir.Table, cut: Cut) -> ir.Table:
    """Each operation with the agency that it stands under and the day it is judged at; begun by then."""
    days = {agency["agency_id"]: agency["as_at"] for agency in cut.agencies if not agency.get("absent")}
    counted = table_of([{"of_agency": key, "judged_at": day} for key, day in days.items()])
    first = taken.group_by(OWN).agg(first_agency=taken.agency_id.argmin(taken.received_date))
    rows = operation.left_join(first, OWN).drop("sender_right", "operation_id_right")
    leads = rows.lead_agency_id.isin(list(days))
    rows = rows.mutate(agency_id=ibis.ifelse(leads, rows.lead_agency_id, rows.first_agency))
    rows = rows.inner_join(counted, rows.agency_id == counted.of_agency)
    begun = rows.filter(rows.start_date <= rows.judged_at)
    if cut.period is not None:
        begun = begun.filter(begun.start_date.between(cut.period.first_day, cut.period.last_day))
    return begun.select(*OWN, "agency_id", "name", "kind", "partners", "start_date", "end_date", as_at=begun.judged_at)


def _became(history: History, taken: ir.Table, placed: ir.Table) -> ir.Table:
    """What each operation took in and what became of it."""
    stages = stages_reached(history, "report").select("report_id", "with_charge", "with_conviction")
    of = taken.left_join(stages, "report_id").drop("report_id_right")
    counts = of.group_by(OWN).agg(
        reports=of.report_id.nunique(),
        with_charge=of.report_id.nunique(where=of.with_charge.fill_null(False)),
        with_conviction=of.report_id.nunique(where=of.with_conviction.fill_null(False)),
    )
    for unit, name in (("child", "children"), ("suspect", "suspects")):
        people = named_people(history, unit)
        named = taken.inner_join(people, taken.report_id == people.of_report)
        counted = named.group_by(OWN).agg(**{name: named.person_id.nunique()})
        counts = counts.left_join(counted, OWN).drop("sender_right", "operation_id_right")
    action = actions_of(history).select(of_report="report_id", on="received_date")
    during = taken.inner_join(action, taken.report_id == action.of_report)
    during = during.inner_join(placed.select(*OWN, "start_date", "end_date"), OWN)
    told = during.filter(during.on >= during.start_date, during.end_date.isnull() | (during.on <= during.end_date))
    acted = told.group_by(OWN).agg(protective_actions=told.count())
    return counts.left_join(acted, OWN).drop("sender_right", "operation_id_right")


def _counts(laid: ir.Table) -> dict[str, ir.IntegerScalar]:
    return {
        "operations": laid.count(),
        "running": (~laid.has_ended).sum(),
        "ended": laid.has_ended.sum(),
        "ended_with_charge": (laid.has_ended & (laid.with_charge > 0)).sum(),
        "ended_with_conviction": (laid.has_ended & (laid.with_conviction > 0)).sum(),
        **{name: laid[name].sum() for name in TAKEN_IN},
        "records": laid.reports.sum(),
    }
