"""Cohorts: durations of cases become numbers by group and time, in one pass of the engine.

The basis is cohort: what became of those received together, however long ago. Beside it, from days instead of
durations, the numbers of the flow: what was dated in a period, whenever it was received.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from onrecord.incidence.counts import ENTERED, LIVE, Counts, Whole, counts_from
from onrecord.incidence.periods import Periods

ALL, NOT_STATED, BETWEEN = "all", "not stated", " / "
# The month in which a financial year begins.
APRIL = 4


def counted(durations: ir.Table, by: Sequence[str] = ()) -> Counts:
    """Count durations by group and time.

    Args:
        durations: one row a case: ``exit`` (a number, never null), ``entry`` (a number; null or 0 where the case was
            observed from its own beginning), ``outcome`` (text, null where it is live) and the columns of ``by``
            (text; null is a group of its own, "not stated").
        by: the columns that make the groups; none makes one group, "all".

    Returns:
        Every row is counted once. Rows must have exit after entry, or entry 0: see :func:`never_at_risk`.
    """
    keyed = durations.select(
        "outcome",
        group=_group(durations, by),
        entry=durations.entry.cast("float64").fill_null(0.0),
        exit=durations.exit.cast("float64"),
    )
    found = keyed.group_by("group", "entry", "exit", "outcome").agg(number=keyed.count()).to_pyarrow()
    groups, group = _numbered(found["group"])
    outcomes, what = _numbered(found["outcome"])
    entry, leaves = found["entry"].to_numpy(), found["exit"].to_numpy()
    number = found["number"].to_numpy().astype(np.int64)
    late = entry > 0
    from_start = np.zeros(len(groups), dtype=np.int64)
    np.add.at(from_start, group[~late], number[~late])
    return counts_from(
        groups,
        outcomes,
        np.concatenate([group, group[late]]),
        np.concatenate([leaves, entry[late]]),
        np.concatenate([what, np.full(int(late.sum()), ENTERED)]),
        np.concatenate([number, number[late]]),
        from_start,
    )


def never_at_risk(durations: ir.Table) -> ir.BooleanColumn:
    """Cases that come under observation late and leave it at that very time: no moment is left to see them in."""
    return (durations.entry > 0).fill_null(False) & (durations.exit <= durations.entry).fill_null(False)


def _group(table: ir.Table, by: Sequence[str]) -> ir.StringValue:
    columns = [table[name].cast("string").fill_null(NOT_STATED) for name in by]
    label = columns[0] if columns else ibis.literal(ALL)
    for column in columns[1:]:
        label = label + BETWEEN + column
    return label


def _numbered(column: pa.ChunkedArray) -> tuple[list[str], Whole]:
    """Distinct values in order, and for each row its value's place; a null is ``LIVE``."""
    encoded = column.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=lambda place: str(values[place]))
    places = np.full(len(values) + 1, LIVE, dtype=np.int64)
    places[order] = np.arange(len(values))
    written = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return [str(values[place]) for place in order], places[written]


# ---------------------------------------------------------------- from days


def period_of(day: ir.DateValue, every: str) -> ir.StringValue:
    """The period that a day lies in, as the standard writes it; ``every`` is a key of ``EVERY``."""
    return EVERY[every](day)


def _year(day: ir.DateValue) -> ir.StringValue:
    return day.strftime("%Y")


def _month(day: ir.DateValue) -> ir.StringValue:
    return day.strftime("%Y-%m")


def _financial_year(day: ir.DateValue) -> ir.StringValue:
    begins = day.year() - (day.month() < APRIL).cast("int32")
    return begins.cast("string") + "/" + ((begins + 1) % 100).cast("string").lpad(2, "0")


EVERY: Mapping[str, Callable[[ir.DateValue], ir.StringValue]] = {
    "year": _year,
    "financial-year": _financial_year,
    "month": _month,
}


def durations(cases: ir.Table, as_at: date, keep: Mapping[str, ir.Value] | None = None) -> ir.Table:
    """Days from receipt to outcome, or to the day judged at where there was none by then.

    Args:
        cases: ``received`` and ``settled`` (dates) and ``outcome`` of each; settled and outcome are null where it is
            live. Cases received after ``as_at`` are left out.
        as_at: the day judged at: what is dated later had not happened.
        keep: other columns that the result is to have, of ``cases``.
    """
    known = _as_at(cases, as_at)
    day = ibis.literal(as_at)
    return known.filter(cases.received <= day).select(
        entry=ibis.null("float64"),
        exit=ibis.coalesce(known.settled, day).delta(known.received, unit="day").cast("float64"),
        outcome=known.outcome,
        **(keep or {}),
    )


def _as_at(cases: ir.Table, as_at: date) -> ir.Table:
    """Cases as they stood at a day: an outcome dated later is none yet."""
    happened = (cases.settled <= ibis.literal(as_at)).fill_null(False)
    return cases.mutate(
        settled=happened.ifelse(cases.settled, ibis.null("date")),
        outcome=happened.ifelse(cases.outcome, ibis.null("string")),
    )


def by_period(cases: ir.Table, as_at: date, every: str = "year") -> Periods:
    """Received, ended and dated, by period: what a period ratio and the shares beside it are made of.

    Args:
        cases: as for :func:`durations`.
        as_at: the day judged at.
        every: how long a period is, a key of ``EVERY``.
    """
    known = _as_at(cases, as_at).filter(cases.received <= ibis.literal(as_at))
    received = known.group_by(period=period_of(known.received, every), outcome=known.outcome).agg(number=known.count())
    ended = known.filter(known.settled.notnull())
    dated = ended.group_by(period=period_of(ended.settled, every), outcome=ended.outcome).agg(number=ended.count())
    return Periods.of(received.to_pyarrow().to_pylist(), dated.to_pyarrow().to_pylist())
