"""What became of a figure between two days of knowledge: received later = received earlier + late + entered scope
- left scope - found duplicate - removed. Each term is counted by its own predicate, and the identity is checked.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from onrecord.figures import About, Figures, figures_from_rows
from onrecord.standard import STANDARD_VERSION
from onrecord.standard.periods import Period

COMES_IN = ("received_earlier", "late", "entered_scope")
GOES_OUT = ("received_later", "left_scope", "found_duplicate", "removed")
ABSENT, COUNTED, OUTSIDE, DUPLICATE = "absent", "counted", "outside", "duplicate"


def in_scope(report: ir.Table, period: Period | None = None, concerns: Sequence[str] = ()) -> ir.Table:
    """Every report that is known, and what it is to a figure: counted, outside its scope, or a duplicate.

    Args:
        report: with report_id, received_date, concern, duplicate_of and ``as_at``.
        period: the period of receipt, or None for any.
        concerns: the concerns that are counted; none for all.

    Returns:
        ``report_id`` and ``state``.
    """
    counts = report.received_date <= report.as_at
    if period is not None:
        counts &= report.received_date.between(period.first_day, period.last_day)
    if concerns:
        counts &= report.concern.isin(list(concerns)).fill_null(False)
    state = ibis.cases((~counts, OUTSIDE), (report.duplicate_of.notnull(), DUPLICATE), else_=COUNTED)
    return report.select("report_id", state=state)


def revised(earlier: ir.Table, later: ir.Table, known_earlier: str, known_later: str, unit: str) -> Figures:
    """What lies between two counts of the same reports, as known at two moments.

    Args:
        earlier: what was known first, from :func:`in_scope`.
        later: what was known later.
        known_earlier: the first moment (UTC), ISO 8601.
        known_later: the later moment.
        unit: what a report is called.

    Returns:
        Figures of one row. Their total is what was received earlier, what came late, and what entered the scope (a
        report that is no longer called a duplicate among it); the same total is what is received now, what left the
        scope, what was found a duplicate, and what is there no more: withdrawn by its sender, or removed by law.

    Raises:
        DoesNotBalance: the two sides differ.
    """
    now = later.select(later_id="report_id", now="state")
    before = earlier.select("report_id", then="state")
    rows = before.outer_join(now, before.report_id == now.later_id)
    then, now_is = rows.then.fill_null(ABSENT), rows.now.fill_null(ABSENT)
    was, is_counted = then == COUNTED, now_is == COUNTED
    terms = {
        "at_stake": was | is_counted,
        "received_earlier": was,
        "late": (then == ABSENT) & is_counted,
        "entered_scope": then.isin([OUTSIDE, DUPLICATE]) & is_counted,
        "received_later": is_counted,
        "left_scope": was & (now_is == OUTSIDE),
        "found_duplicate": was & (now_is == DUPLICATE),
        "removed": was & (now_is == ABSENT),
    }
    (row,) = rows.agg(**{name: term.sum().fill_null(0) for name, term in terms.items()}).to_pyarrow().to_pylist()
    about = About("received", unit, "cohort", known_later, STANDARD_VERSION, "records", records=row["at_stake"])
    said = {**row, "known_earlier": known_earlier, "known_later": known_later}
    return figures_from_rows(
        about, ("known_earlier", "known_later"), "at_stake", GOES_OUT, [said], COMES_IN, also=COMES_IN
    )
