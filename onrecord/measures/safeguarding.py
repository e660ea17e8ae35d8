"""Safeguarding: what was done for the child. Every report, or every child, stands in one place of the strand at a date.

Each column is a count of its own predicate; the identity is checked, never made. It is never added to the ledger of the
justice strand.
"""

from __future__ import annotations

import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import Counts, Cut
from onrecord.measures.ledger import REASON_PREFIX, each_once
from onrecord.pathways.safeguarding import (
    Help,
    places_of_children,
    reasons,
    report_standings,
    standing_keys,
    told_apart,
    unmatched,
)
from onrecord.pathways.standings import balance
from onrecord.pathways.subjects import CHILD
from onrecord.standard.measures import measure_named

NAME = "safeguarding"
RECEIVED, RECORDS = "received", "records"
BESIDE = ("duplicates", "still_open", "reports_naming_none", "unmatched_assessments", RECORDS)


def memo() -> tuple[str, ...]:
    """The columns that stand beside the standings."""
    return (*BESIDE, *(f"{REASON_PREFIX}{key}" for key in reasons()))


def safeguarding(known: Help, wanted: ir.Table, cut: Cut, window_days: int) -> Figures:
    """Count the reports, or the children, by what was done for the child.

    Args:
        known: the standard tables, of reports of every period: an assessment falls on the last report before it.
        wanted: the reports that are asked for, with agency_id, received_date, as_at and duplicate_of.
        cut: what the figures are about, and the unit: child, or report. Each cut is made anew: children do not add.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        Figures with total ``received``, the standings as parts, and as memo: duplicates, still_open (help was given,
        and another line is still open), reports_naming_none (no child), unmatched_assessments (of a child under a
        pseudonym that the report does not have), the reports behind (each with each child, where children are
        counted), and one ``because_<reason>`` for each reason of *unaccounted*.

    Raises:
        DoesNotBalance: one stands in no place or in more than one.
    """
    if cut.unit == CHILD:
        places = places_of_children(known, window_days).semi_join(wanted, "report_id")
        standing = told_apart(each_once(cut.laid(places), cut))
    else:
        places = report_standings(known, window_days).semi_join(wanted, "report_id")
        standing = cut.laid(places)
    counts = cut.counted(standing, _counts(standing, cut.unit))
    balance(sum(row.pop("misplaced") for row in counts))
    rows = cut.beside(counts, *_beside(known, wanted, cut))
    rows = cut.with_zeros(rows, dict.fromkeys((RECEIVED, *standing_keys(), *memo()), 0))
    about = cut.about(NAME, "cohort", sum(row[RECORDS] for row in rows), measure_named(NAME).caveats)
    return cut.figures(about, rows, RECEIVED, standing_keys(), memo())


def _counts(standing: ir.Table, unit: str) -> Counts:
    counts = {RECEIVED: standing.count(), "misplaced": standing.misplaced.sum()}
    counts |= {key: standing[f"is_{key}"].sum() for key in standing_keys()}
    counts |= {"still_open": standing.has_open_lines.sum()}
    counts |= {RECORDS: standing[RECORDS].sum() if unit == CHILD else standing.count()}
    because = {key: standing.is_unaccounted & (standing.reason == key).fill_null(False) for key in reasons()}
    return counts | {f"{REASON_PREFIX}{key}": holds.sum() for key, holds in because.items()}


def _beside(known: Help, wanted: ir.Table, cut: Cut) -> list[list[dict[str, object]]]:
    """What stands beside those who are counted: a list of rows each."""
    told = wanted.filter(wanted.received_date <= wanted.as_at)
    repeats, own = told.filter(told.duplicate_of.notnull()), told.filter(told.duplicate_of.isnull())
    if known.involvement is not None:
        own = own.anti_join(known.involvement.filter(known.involvement.role == CHILD), "report_id")
    loose = unmatched(known).semi_join(wanted, "report_id")
    beside = {"duplicates": repeats, "reports_naming_none": own, "unmatched_assessments": loose}
    laid = {name: cut.laid(rows) for name, rows in beside.items()}
    return [cut.counted(rows, {name: rows.count()}) for name, rows in laid.items()]
