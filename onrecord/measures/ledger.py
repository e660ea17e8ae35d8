"""The ledger: how many reports stand where, at a date. Every report stands in exactly one place.

received = prosecuted + out of court + diverted + live + unaccounted + transferred + no further action
+ not a crime. Each column is a count of its own predicate; the identity is checked, never made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import ibis.expr.types as ir

from onrecord.figures import About, Figures, figures_from_rows
from onrecord.measures.coverage import ZERO, Row, in_words
from onrecord.pathways.standings import balance
from onrecord.standard import STANDARD_VERSION, codelists
from onrecord.standard.periods import Period, parse_period

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
    finest = ("agency_id", "month") if by == "month" else ("agency_id",)
    counts = _by_key(_with_month(standing, by), finest, _counts)
    repeats = _by_key(_with_month(duplicate, by), finest, lambda table: {"duplicates": table.count()})
    balance(sum(row["misplaced"] for row in counts.values()))
    whose = _with_words(agencies, [key for key in BY[by] if key != "month"], period)
    memo = [*MEMO, *(f"{REASON_PREFIX}{key}" for key, _ in codelists.reasons())]
    none = dict.fromkeys(("received", *codelists.standing_keys(), *memo), 0)
    rows = [
        {**none, **whose[key[0]], **repeats.get(key, {}), **counts.get(key, {}), **dict(zip(finest, key, strict=True))}
        for key in sorted(counts.keys() | repeats.keys() | _true_zeros(agencies, by, period))
    ]
    if by in ("nation", "month"):
        rows = [row | {"level": "nation"} for row in rows]
    records = sum(row["received"] + row["duplicates"] for row in rows)
    about = About("ledger", unit, "cohort", known_at, STANDARD_VERSION, "records", records=records)
    keys = (*BY[by], *ALWAYS)
    return figures_from_rows(about, keys, "received", codelists.standing_keys(), rows, memo).added(keys)


def _true_zeros(agencies: Sequence[Row], by: str, asked: Period | None) -> set[tuple[Any, ...]]:
    """The keys of agencies, or of their months, of which a zero return says that there was nothing."""
    keys: set[tuple[Any, ...]] = set()
    for agency in agencies:
        if agency.get("zero") and not agency.get("absent"):
            months = [month for month, state in agency["months"].items() if state == ZERO]
            shown = [month for month in months if _lies_in(parse_period(month), asked, agency["as_at"])]
            keys |= {(agency["agency_id"], month) if by == "month" else (agency["agency_id"],) for month in shown}
    return keys


def _lies_in(month: Period, asked: Period | None, as_at: date) -> bool:
    return month.first_day <= as_at and (asked is None or month.first_day in asked)


def _with_words(agencies: Sequence[Row], keys: Sequence[str], asked: Period | None) -> dict[str, Row]:
    """Each agency with the period and coverage of the figure that it is counted in."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for agency in agencies:
        groups.setdefault(tuple(agency[key] for key in keys), []).append(agency)
    return {
        agency["agency_id"]: {**agency, **in_words(group, agency["as_at"], asked)}
        for group in groups.values()
        if any(not agency.get("absent") for agency in group)
        for agency in group
    }


def _with_month(table: ir.Table, by: str) -> ir.Table:
    return table.mutate(month=table.received_date.strftime("%Y-%m")) if by == "month" else table


def _by_key(
    table: ir.Table, keys: Sequence[str], counts: Callable[[ir.Table], Mapping[str, ir.IntegerScalar]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Counts of a table, by the values of its key columns."""
    rows = table.group_by(list(keys)).agg(**counts(table)).to_pyarrow().to_pylist()
    return {tuple(row[key] for key in keys): row for row in rows}


def _counts(standing: ir.Table) -> dict[str, ir.IntegerScalar]:
    counts = {"received": standing.count(), "misplaced": standing.misplaced.sum()}
    counts |= {key: standing[f"is_{key}"].sum() for key in codelists.standing_keys()}
    counts["still_open"] = standing.has_open_lines.sum()
    counts["arrest_for_another_offence"] = (standing.detail == OTHER_ARREST).fill_null(False).sum()
    for key, _ in codelists.reasons():
        because = standing.is_unaccounted & (standing.reason == key).fill_null(False)
        counts[f"{REASON_PREFIX}{key}"] = because.sum()
    return counts
