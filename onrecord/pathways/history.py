"""What is known of the reports, and what each event of theirs tells by the day they are judged at.

Reports are long names and events are many, so the two are put together once: from then on an event has the number of
its report, and what it tells in two whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir

from onrecord.pathways.steps import INSIDE, TRANSFERS, with_steps
from onrecord.standard.records import REPORT

EPOCH = date(1900, 1, 1)
# The room that a turn, a day and a step have in one number.
TURN_BITS, DAY_BITS, STEP_BITS = 2, 18, 10
STEPS = 2**STEP_BITS
# What a line is judged by.
JUDGED_BY = ("received_date", "as_at", "carries_activity", "vanished")
OF_A_REPORT = ("report_id", "agency_id", "received_date", "as_at")
# The fields of a report that have no say in where it stands: there are many, and to keep them is dear.
NOT_ASKED_FOR = REPORT.types.keys() - {*OF_A_REPORT, *JUDGED_BY}


@dataclass(frozen=True)
class History:
    """What is known of the reports: standard tables, some of which a source may lack.

    Attributes:
        report: the reports, with ``as_at``, the day at which each is to be judged.
        crime: the crimes, or None.
        involvement: who was what, or None.
        event: the events.
        covered: the ids (``agency_id``) of agencies inside the coverage: a transfer to one of them waits
            for an acknowledgement. None when no transfer names a body.
    """

    report: ir.Table
    crime: ir.Table | None
    involvement: ir.Table | None
    event: ir.Table
    covered: ir.Table | None = None

    @property
    def has_one_line_each(self) -> bool:
        """Whether a report can have one line alone: the source has neither crimes nor suspects."""
        return self.crime is None and self.involvement is None

    @cached_property
    def judged(self) -> ir.Table:
        """The reports received by their as-at that repeat no other, made once, with ``report_no``.

        Of the standard's fields they have those that say where a report stands, and all that others put beside them.
        """
        report = counted_reports(self.report)
        return numbered(report.select(*(name for name in report.columns if name not in NOT_ASKED_FOR)), "report_no")

    @cached_property
    def told(self) -> ir.Table:
        """The events of those reports up to their as-at, made once.

        They have ``report_no``, ``tells`` (bits, of which those of ``steps.py``) and ``order``: one number that sorts
        events by day, turn, day recorded and step. Its highest bits are the day, its lowest the step: so the greatest
        order of some events says all of the last one. Where a report can have several lines, ``crime_id`` and
        ``person_id`` say on which of them an event falls; else an event that names one of them tells nothing, for its
        line is not there. An event that no list has is left out.
        """
        return _told(self).cache()


def counted_reports(report: ir.Table) -> ir.Table:
    """The reports received by their as-at that repeat no other."""
    return report.filter(report.received_date <= report.as_at, report.duplicate_of.isnull())


def numbered(table: ir.Table, name: str) -> ir.Table:
    """``table`` made once, with a whole number for each row: identifiers are long, and joins on them dear.

    The number is the engine's own of a row that it keeps: to count rows off one by one would take one core alone.
    """
    kept = table.cache()
    return kept.mutate(**{name: kept.rowid()})


def _told(history: History) -> ir.Table:
    report = history.judged.select("report_no", "as_at", owner="report_id")
    # Of no report is anything asked after the last day that any is judged at: those events need not find theirs.
    event = history.event.filter(history.event.event_date <= report.as_at.max().as_scalar())
    event = _with_inside(with_steps(event), history.covered)
    event = event.filter(event.step_no.notnull())
    # All that is wanted of an event is made before its report is looked for: the less is carried there, the better.
    names_another = event.crime_id.notnull() | event.person_id.notnull()
    tells = ibis.ifelse(names_another & history.has_one_line_each, 0, event.tells).cast("int16")
    lines = () if history.has_one_line_each else ("crime_id", "person_id")
    event = event.select("report_id", "event_date", *lines, tells=tells, order=_order(event))
    joined = event.inner_join(report, event.report_id == report.owner)
    return joined.filter(joined.event_date <= joined.as_at).select("report_no", *lines, "tells", "order")


def _with_inside(event: ir.Table, covered: ir.Table | None) -> ir.Table:
    """Of a transfer to a body inside the coverage, the bits say so."""
    if covered is None:
        return event
    inside = covered.select(body=covered.agency_id).distinct()
    to = ibis.ifelse((event.tells & TRANSFERS) != 0, event.counterpart, ibis.null("string"))
    joined = event.left_join(inside, to == inside.body)
    return joined.mutate(tells=ibis.ifelse(joined.body.notnull(), joined.tells | INSIDE, joined.tells).cast("int16"))


def _order(event: ir.Table) -> ir.IntegerValue:
    day = day_number(event.event_date)
    # A day of recording beyond all others has no room of its own: it is the last.
    recorded = day_number(ibis.coalesce(event.recorded_date, event.event_date)).clip(upper=2**DAY_BITS - 1)
    return (((((day << TURN_BITS) | event.turn) << DAY_BITS) | recorded) << STEP_BITS) | event.step_no


def day_number(day: ir.DateValue) -> ir.IntegerValue:
    """Days since 1900: eighteen bits are enough until the year 2617. A day before 1900 is taken for its first."""
    return day.delta(EPOCH, unit="day").cast("int64").clip(lower=0)


def day_of(order: ir.IntegerValue) -> ir.IntegerValue:
    """The day (:func:`day_number`) of an event by its ``order``."""
    return order >> (TURN_BITS + DAY_BITS + STEP_BITS)


def step_of(order: ir.IntegerValue) -> ir.IntegerValue:
    """The number of an event's step by its ``order``."""
    return order & (STEPS - 1)


def date_of(day: ir.IntegerValue) -> ir.DateValue:
    """The date of a day number."""
    return (ibis.literal(EPOCH).cast("timestamp") + day.as_interval("D")).cast("date")
