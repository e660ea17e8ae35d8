"""The ledger: how many reports stand where, at a date. Every report stands in exactly one place.

received = prosecuted + out of court + diverted + live + unaccounted + transferred + no further action
+ not a crime. Each column is a count of its own predicate; the identity is checked, never made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import Cut
from onrecord.pathways.standings import balance
from onrecord.standard import codelists
from onrecord.standard.periods import Period

MEMO = ("duplicates", "still_open", "arrest_for_another_offence")
REASON_PREFIX = "because_"
OTHER_ARREST = "cleared by arrest for another offence"


def ledger(
    standing: ir.Table,
    duplicate: ir.Table,
    agencies: Sequence[Mapping[str, Any]],
    by: str,
    known_at: str,
    unit: str,
    period: Period | None = None,
) -> Figures:
    """Count the reports by standing.

    Args:
        standing: one row a report with agency_id, received_date, ``is_<standing>``, ``misplaced``,
            ``has_open_lines``, ``detail`` and ``reason``.
        duplicate: the reports that repeat another, with agency_id and received_date.
        agencies: agency_id, agency, area_code, area, nation, level, as_at, months and declared of each agency; those
            that are absent among them are named in the coverage.
        by: nation, area, agency or month (a key of ``BY``).
        known_at: the moment whose knowledge this is.
        unit: what a row of ``standing`` is.
        period: the period of receipt that was asked for, if one was.

    Returns:
        Figures with keys (those of ``by``, then level, period, as_at, coverage), total ``received``, the
        standings as parts, and as memo: duplicates, still_open (formal action taken, and a line still open),
        arrests for another offence, and one ``because_<reason>`` for each reason of *unaccounted*. An agency whose
        sender says that there was nothing has its row: received 0.

    Raises:
        DoesNotBalance: a report stands in no place or in more than one.
    """
    cut = Cut(by, agencies, known_at, unit, period)
    laid, repeated = cut.laid(standing), cut.laid(duplicate)
    counts = cut.counted(laid, _counts(laid))
    repeats = cut.counted(repeated, {"duplicates": repeated.count()})
    balance(sum(row["misplaced"] for row in counts))
    memo = [*MEMO, *(f"{REASON_PREFIX}{key}" for key, _ in codelists.reasons())]
    none = dict.fromkeys(("received", *codelists.standing_keys(), *memo), 0)
    rows = cut.with_zeros(cut.beside(counts, repeats), none)
    about = cut.about("ledger", "cohort", sum(row["received"] + row["duplicates"] for row in rows))
    return cut.figures(about, rows, "received", codelists.standing_keys(), memo)


def _counts(standing: ir.Table) -> dict[str, ir.IntegerScalar]:
    counts = {"received": standing.count(), "misplaced": standing.misplaced.sum()}
    counts |= {key: standing[f"is_{key}"].sum() for key in codelists.standing_keys()}
    counts["still_open"] = standing.has_open_lines.sum()
    counts["arrest_for_another_offence"] = (standing.detail == OTHER_ARREST).fill_null(False).sum()
    for key, _ in codelists.reasons():
        because = standing.is_unaccounted & (standing.reason == key).fill_null(False)
        counts[f"{REASON_PREFIX}{key}"] = because.sum()
    return counts
