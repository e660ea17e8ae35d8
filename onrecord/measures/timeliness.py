"""Timeliness: how long each step took, over all that waited for it, the live ones among them.

The steps are data: ``standard/measures/timeliness.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.cuts import Cut
from onrecord.pathways.durations import BEFORE_START, ENDED, OPEN, STEP, durations
from onrecord.pathways.history import History
from onrecord.pathways.standings import kept_places
from onrecord.standard.measures import measure_named

NAME = "timeliness"
DAYS = (7, 28, 90, 365)
LONGEST = DAYS[-1]
PARTS = {"with_step": STEP, "before_start": BEFORE_START, "ended_otherwise": ENDED, "still_open": OPEN}
WITHIN = tuple(f"{what}_{days}" for days in DAYS for what in ("within", "followed"))
QUANTILES = {"quarter_by": 4, "half_by": 2}
RECORDS = "records"


def timeliness(history: History, cut: Cut, window_days: int) -> Figures:
    """Count, for each step, who had it, who had not, and who had it within how many days of those followed so long.

    Args:
        history: the standard tables; ``report`` with ``as_at``.
        cut: what the figures are about.
        window_days: days without activity after which an open report is no longer live.

    Returns:
        Figures with the key ``step``, total ``n`` and its four parts; as memo the counts within and followed for each
        number of days, and the days by which a quarter and a half had the step (null where fewer did).
    """
    places = kept_places(history, window_days)
    rows: list[dict[str, Any]] = []
    for step, said in steps().items():
        laid = _with_rank(cut, cut.laid(durations(history, places, said)))
        rows += [{**row, "step": step} for row in cut.counted(laid, _counts(laid))]
    memo = (*WITHIN, *QUANTILES, RECORDS)
    about = cut.about(NAME, "cohort", None, measure_named(NAME).caveats)
    return cut.figures(about, _in_order(rows, cut), "n", tuple(PARTS), memo, keys=("step",))


def steps() -> dict[str, Mapping[str, Any]]:
    """The steps by name, in order."""
    return dict(measure_named(NAME).settings["steps"])


def _in_order(rows: list[dict[str, Any]], cut: Cut) -> list[dict[str, Any]]:
    names = list(steps())
    return sorted(rows, key=lambda row: (*(str(row.get(key)) for key in cut.keys), names.index(row["step"])))


def _with_rank(cut: Cut, laid: ir.Table) -> ir.Table:
    """Days to the step, and each one's place among those of its row that were followed for the longest time."""
    had = laid.outcome == STEP
    days = ibis.ifelse(had, laid.days, ibis.null("int64"))
    laid = laid.mutate(days=days, long=(laid.followed >= LONGEST) & (laid.outcome != BEFORE_START))
    within = laid.mutate(days_of_long=ibis.ifelse(laid.long & (laid.days <= LONGEST), laid.days, ibis.null("int64")))
    in_order = ibis.window(group_by=[*cut.grouped_by, "long"], order_by=ibis.asc("days_of_long", nulls_first=False))
    every = ibis.window(group_by=[*cut.grouped_by, "long"])
    return within.mutate(place=ibis.row_number().over(in_order) + 1, of=within.count().over(every))


def _counts(laid: ir.Table) -> dict[str, ir.IntegerScalar]:
    counts = {"n": laid.count(), **{name: (laid.outcome == what).sum() for name, what in PARTS.items()}}
    sound = laid.outcome != BEFORE_START
    for days in DAYS:
        followed = sound & (laid.followed >= days)
        counts[f"within_{days}"] = (followed & (laid.days <= days).fill_null(False)).sum()
        counts[f"followed_{days}"] = followed.sum()
    for name, share in QUANTILES.items():
        # The first place that holds the share of all: those that never had the step stand last, without a day.
        counts[name] = laid.days_of_long.min(where=laid.long & (laid.place * share >= laid.of))
    return {**counts, RECORDS: laid.count()}
