"""A report's lines, one for each crime x suspect, and the events that fall on each.

A crime without a suspect has one line, as has a report without a crime and without a suspect. An event
that names no suspect falls on every line of its crime; with no crime, on every line of the report.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SUSPECT = "suspect"
JUDGED_BY = ("received_date", "as_at", "carries_activity", "vanished")


def counted_reports(report: ir.Table) -> ir.Table:
    """The reports received by their as-at that repeat no other."""
    return report.filter(report.received_date <= report.as_at, report.duplicate_of.isnull())


def numbered(table: ir.Table, name: str) -> ir.Table:
    """``table`` made once, with a whole number for each row: identifiers are long, and joins on them dear.

    The number is the engine's own of a row that it keeps: to count rows off one by one would take one core alone.
    """
    kept = table.cache()
    return kept.mutate(**{name: kept.rowid()})


def lines(report: ir.Table, crime: ir.Table | None, involvement: ir.Table | None) -> ir.Table:
    """The lines of all reports.

    Args:
        report: with ``report_id``, ``report_no`` and the columns of ``JUDGED_BY``.
        crime: with ``crime_id`` and ``report_id``, or None where the source records none.
        involvement: with ``report_id``, ``person_id``, ``role``, or None.

    Returns:
        A table ``line_no``, ``report_no``, ``report_id``, ``crime_id``, ``person_id`` (the last two null
        where there is none) and what a line is judged by. Where a report can have one line alone, it is that line,
        with all its columns.
    """
    if crime is None and involvement is None:
        none = ibis.null("string")
        return report.mutate(crime_id=none, person_id=none, line_no=report.report_no)
    line = report.select("report_no", "report_id", *JUDGED_BY)
    if crime is None:
        line = line.mutate(crime_id=ibis.null("string"))
    else:
        # Not made distinct, which is dear: a line that stands twice stands in the same place.
        found = crime.select("crime_id", owner=crime.report_id)
        line = line.left_join(found, line.report_id == found.owner).drop("owner")
    if involvement is None:
        line = line.mutate(person_id=ibis.null("string"))
    else:
        suspects = involvement.filter(involvement.role == SUSPECT)
        suspects = suspects.select("person_id", owner=suspects.report_id)
        line = line.left_join(suspects, line.report_id == suspects.owner).drop("owner")
    return numbered(line, "line_no")


def events_on_lines(line: ir.Table, event: ir.Table) -> ir.Table:
    """Each event once for every line it falls on, with the line's ``line_no``, ``report_no`` and ``as_at``.

    An event that names a crime or a suspect that its report does not have falls on no line.
    """
    event = event.rename(named_crime="crime_id", named_person="person_id", owner="report_id")
    line = line.select("line_no", "report_no", "report_id", "crime_id", "person_id", "as_at")
    joined = event.inner_join(line, event.owner == line.report_id)
    same_crime = joined.named_crime.isnull() | (joined.named_crime == joined.crime_id).fill_null(False)
    same_person = joined.named_person.isnull() | (joined.named_person == joined.person_id).fill_null(False)
    on_line = joined.filter(same_crime & same_person)
    return on_line.drop("named_crime", "named_person", "owner", "crime_id", "person_id", "report_id")
