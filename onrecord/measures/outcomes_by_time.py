"""What became of the reports received in a period, by time since receipt: estimates, live reports censored.

The curve is Aalen and Johansen's (``incidence/curves.py``), over the days from receipt to the first outcome, made
anew for each place. A report that has none is followed up to the as-at and counts for as long as it was followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.figures import About
from onrecord.incidence.counts import Counts
from onrecord.incidence.curves import MINIMUM, curves
from onrecord.incidence.estimates import WHY_NOT, estimates, plain, summary
from onrecord.incidence.gray import Gray, gray
from onrecord.incidence.intervals import LEVEL, ON_SHARE
from onrecord.incidence.periods import WHY_THEY_DIFFER
from onrecord.measures.cohorts import BETWEEN, counted
from onrecord.measures.cuts import Cut
from onrecord.measures.timeliness import steps
from onrecord.pathways.durations import OPEN, STEP, durations
from onrecord.pathways.history import History
from onrecord.pathways.standings import kept_places
from onrecord.standard import codelists
from onrecord.standard.measures import measure_named

NAME = "cohorts"
TO_OUTCOME = "received to outcome"
NONE_YET, NOTHING_ENDED = "none yet", "nothing has ended yet"
DAYS = (90.0, 180.0, 365.0)
KEYS = ("outcome", "days")
COUNTS = ("received", "ended_so_far", "still_open", "day_in_doubt", "at_risk")
ESTIMATED = ("estimate", "std_error", "low", "high", "interval", "reason")
BESIDE = ("dated_in_period", "period_ratio")
RECORDS = "records"
Row = dict[str, Any]


@dataclass(frozen=True)
class Shares:
    """A table of estimated shares, with all that a table of figures says of itself. It holds no counts to publish.

    Attributes:
        about: what the table says of itself.
        keys: names of the columns that say what a row is about.
        found: the rows: keys, the counts behind them, the estimate or why there is none.
        tests: Gray's test of each outcome between the places; empty for one place.
        level: of the intervals.
    """

    about: About
    keys: tuple[str, ...]
    found: tuple[Mapping[str, Any], ...]
    tests: tuple[Gray, ...] = ()
    level: float = LEVEL

    def rows(self) -> list[Row]:
        """The rows as dictionaries, in order: place, outcome, time."""
        return [dict(row) for row in self.found]


def cohorts(history: History, cut: Cut, window_days: int, at: Sequence[float] = DAYS, minimum: int = MINIMUM) -> Shares:
    """Estimate which share of those received had ended with each outcome by each number of days.

    Args:
        history: the standard tables; ``report`` with ``as_at``, of every period: ``cut.period`` says which are the
            cohort, and what is dated in it, whenever it was received, makes the period ratio beside.
        cut: what the figures are about.
        window_days: days without activity after which an open report is no longer live.
        at: the days to read the curves at.
        minimum: how many must be at risk for a curve to begin.

    Returns:
        One row for each place, outcome that occurs in any, and number of days.
    """
    places = kept_places(history, window_days)
    laid = cut.laid(_told(durations(history, places, dict(steps()[TO_OUTCOME]))))
    cohort = laid.filter(_within(laid.received_date, cut)) if cut.period else laid
    sound = cohort.filter(~cohort.in_doubt)
    counts = counted(sound, cut.grouped_by)
    doubtful = {row["group"]: row["number"] for row in _numbers(cohort.filter(cohort.in_doubt), cut, ())}
    dated = _dated(laid, cut) if cut.period else None
    rows = _rows(counts, cut, at, doubtful, dated, minimum)
    reports = history.judged
    cohort_reports = reports.filter(_within(reports.received_date, cut)) if cut.period else reports
    records = int(cohort_reports.count().to_pyarrow().as_py())
    notes = [*measure_named(NAME).caveats, *_reasons(rows), *([WHY_THEY_DIFFER] if dated is not None else [])]
    tests = tuple(gray(counts, minimum)) if len(counts.groups) > 1 else ()
    return Shares(cut.about(NAME, "cohort", records, notes), (*cut.keys, *KEYS), tuple(rows), tests)


def _told(rows: ir.Table) -> ir.Table:
    """Days from receipt to the first outcome, or to the last look; an outcome dated before receipt is in doubt.

    So is one that stands and has no day: neither says how long it took.
    """
    ended = rows.outcome == STEP
    return rows.select(
        "agency_id",
        "received_date",
        ended_on=ibis.ifelse(ended, rows.exit, ibis.null("date")),
        entry=ibis.null("float64"),
        exit=rows.days.cast("float64"),
        in_doubt=~rows.outcome.isin([STEP, OPEN]),
        outcome=ibis.ifelse(ended, rows.ended_as, ibis.null("string")),
    )


def _within(day: ir.DateValue, cut: Cut) -> ir.BooleanValue:
    assert cut.period is not None
    return day.between(ibis.literal(cut.period.first_day), ibis.literal(cut.period.last_day))


def _numbers(rows: ir.Table, cut: Cut, also: Sequence[str]) -> list[Row]:
    """How many rows each group has, the group written as :func:`counted` writes it."""
    by = [*cut.grouped_by, *also]
    found = rows.group_by(by).agg(number=rows.count()).to_pyarrow().to_pylist()
    return [{**row, "group": BETWEEN.join(str(row[name]) for name in cut.grouped_by)} for row in found]


def _dated(laid: ir.Table, cut: Cut) -> dict[tuple[str, str], int]:
    """How many had their first outcome in the period, whenever they were received, by group and outcome."""
    if "month" in cut.grouped_by:
        laid = laid.mutate(month=laid.ended_on.strftime("%Y-%m"))
    ended = laid.filter(laid.ended_on.notnull(), _within(laid.ended_on, cut))
    return {(row["group"], row["outcome"]): row["number"] for row in _numbers(ended, cut, ["outcome"])}


def _rows(
    counts: Counts,
    cut: Cut,
    at: Sequence[float],
    doubtful: Mapping[str, int],
    dated: Mapping[tuple[str, str], int] | None,
    minimum: int,
) -> list[Row]:
    found = curves(counts, minimum)
    groups = {row["group"]: row for row in summary(found)}
    ended = {name: counts.sums(counts.ended[:, place]) for place, name in enumerate(counts.outcomes)}
    place_of = {name: place for place, name in enumerate(counts.groups)}
    rows = []
    for row in estimates(found, at, ON_SHARE, LEVEL).rows() or _nothing_ended(counts, at):
        group, outcome = row["group"], row["outcome"]
        in_doubt = doubtful.get(group, 0)
        received = groups[group]["cases"] + in_doubt
        of_period = None if dated is None else dated.get((group, outcome), 0)
        rows.append(
            {
                **_named(group, cut),
                "outcome": outcome,
                "days": row["time"],
                "received": received,
                "ended_so_far": int(ended[outcome][place_of[group]]) if outcome in ended else 0,
                "still_open": groups[group]["still_open"],
                "day_in_doubt": in_doubt,
                "at_risk": row["at_risk"],
                **{name: row[name] for name in ESTIMATED},
                "dated_in_period": of_period,
                "period_ratio": of_period / received if of_period is not None and received else None,
                RECORDS: received,
            }
        )
    order = [*codelists.standing_keys(), NONE_YET]
    keys = (*cut.grouped_by[1:], *(key for key in cut.keys if key != "month"))
    return sorted(rows, key=lambda row: (*(str(row[key]) for key in keys), order.index(row["outcome"]), row["days"]))


def _nothing_ended(counts: Counts, at: Sequence[float]) -> list[Row]:
    """A row for each place and time where no report has ended yet: there is nothing to estimate, and that is said."""
    none: Row = {**dict.fromkeys(ESTIMATED), "reason": NOTHING_ENDED}
    return [
        {"group": group, "outcome": NONE_YET, "time": plain(time), "at_risk": int(counts.at_risk_at(time)[place])}
        | none
        for place, group in enumerate(counts.groups)
        for time in map(float, at)
    ]


def _named(group: str, cut: Cut) -> Row:
    """The key columns of a group."""
    values = dict(zip(cut.grouped_by, group.split(BETWEEN), strict=True))
    place = cut.places[int(values.pop("place_no"))]
    return {**place, **values}


def _reasons(rows: Sequence[Row]) -> list[str]:
    """Why some estimates are missing, in sentences."""
    given = {row["reason"] for row in rows}
    return [f"{why}: {sentence}." for why, sentence in WHY_NOT.items() if why in given]
