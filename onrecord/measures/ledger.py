"""The ledger: how many reports stand where, at a date. Every report stands in exactly one place.

received = prosecuted + out of court + diverted + live + unaccounted + transferred + no further action
+ not a crime. Each column is a count of its own predicate; the identity is checked, never made.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from onrecord.figures import About, Figures, figures_from_rows
from onrecord.pathways.standings import balance
from onrecord.standard import STANDARD_VERSION, codelists

BY: dict[str, tuple[str, ...]] = {
    "nation": ("nation",),
    "area": ("nation", "area", "area_code"),
    "agency": ("nation", "area", "area_code", "agency", "agency_id"),
    "month": ("nation", "month"),
}
ALWAYS = ("level", "period", "as_at", "coverage")
MEMO = ("duplicates", "still_open", "arrest_for_another_offence")
REASON_PREFIX = "because_"
OTHER_ARREST = "cleared by arrest for another offence"


def ledger(standing: ir.Table, duplicate: ir.Table, by: str, known_at: str, unit: str) -> Figures:
    """Count the reports by standing.

    Args:
        standing: one row a report with ``is_<standing>``, ``misplaced``, ``has_open_lines``, ``detail``,
            ``reason`` and the columns nation, area, area_code, agency, agency_id, month, level, period,
            as_at, coverage.
        duplicate: reports that repeat another, with the same columns to group by.
        by: nation, area, agency or month (a key of ``BY``).
        known_at: the moment whose knowledge this is.
        unit: what a row of ``standing`` is.

    Returns:
        Figures with keys (those of ``by``, then level, period, as_at, coverage), total ``received``, the standings as
        parts, and as memo: duplicates, still_open (formal action taken, and a line still open), arrests for
        another offence, and one ``because_<reason>`` for each reason of *unaccounted*.

    Raises:
        DoesNotBalance: a report stands in no place or in more than one.
    """
    keys = [*BY[by], *ALWAYS]
    if by in ("nation", "month"):
        standing, duplicate = (
            standing.mutate(level=ibis.literal("nation")),
            duplicate.mutate(level=ibis.literal("nation")),
        )
    counted = standing.group_by(keys).agg(**_counts(standing)).order_by(keys)
    rows = counted.to_pyarrow().to_pylist()
    balance(sum(row["misplaced"] for row in rows))
    repeats = {
        _key(row, keys): row["rows"]
        for row in duplicate.group_by(keys).agg(rows=duplicate.count()).to_pyarrow().to_pylist()
    }
    for row in rows:
        row["duplicates"] = repeats.get(_key(row, keys), 0)
    about = About(
        "ledger",
        unit,
        "cohort",
        known_at,
        STANDARD_VERSION,
        "records",
        records=sum(row["received"] + row["duplicates"] for row in rows),
    )
    memo = [*MEMO, *(f"{REASON_PREFIX}{key}" for key, _ in codelists.reasons())]
    return figures_from_rows(about, keys, "received", codelists.standing_keys(), rows, memo)


def _counts(standing: ir.Table) -> dict[str, ir.IntegerScalar]:
    counts = {"received": standing.count(), "misplaced": standing.misplaced.sum()}
    counts |= {key: standing[f"is_{key}"].sum() for key in codelists.standing_keys()}
    counts["still_open"] = standing.has_open_lines.sum()
    counts["arrest_for_another_offence"] = (standing.detail == OTHER_ARREST).fill_null(False).sum()
    for key, _ in codelists.reasons():
        because = standing.is_unaccounted & (standing.reason == key).fill_null(False)
        counts[f"{REASON_PREFIX}{key}"] = because.sum()
    return counts


def _key(row: dict[str, object], keys: Sequence[str]) -> tuple[object, ...]:
    return tuple(row[key] for key in keys)
