"""A report's lines, one for each crime x suspect, and the events that fall on each.

A crime without a suspect has one line, as has a report without a crime and without a suspect. An event
that names no suspect falls on every line of its crime; with no crime, on every line of the report.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from onrecord.pathways.history import JUDGED_BY, History, numbered

SUSPECT = "suspect"


def key_of(history: History) -> str:
    """The column that tells lines apart."""
    return "report_no" if history.has_one_line_each else "line_no"


def lines(history: History) -> ir.Table:
    """The lines of all reports that are judged.

    Returns:
        A table ``line_no``, ``report_no``, ``report_id``, ``crime_id``, ``person_id`` (the last two null
        where there is none) and what a line is judged by. Where a report can have one line alone, it is that line,
        with all its columns, and goes by ``report_no``.
    """
    report, none = history.judged, ibis.null("string")
    if history.has_one_line_each:
        return report.mutate(crime_id=none, person_id=none)
    line = report.select("report_no", "report_id", *JUDGED_BY)
    if history.crime is None:
        line = line.mutate(crime_id=none)
    else:
        # Not made distinct, which is dear: a line that stands twice stands in the same place.
        found = history.crime.select("crime_id", owner="report_id")
        line = line.left_join(found, line.report_id == found.owner).drop("owner")
    if history.involvement is None:
        line = line.mutate(person_id=none)
    else:
        suspects = history.involvement.filter(history.involvement.role == SUSPECT)
        suspects = suspects.select("person_id", owner="report_id")
        line = line.left_join(suspects, line.report_id == suspects.owner).drop("owner")
    return numbered(line, "line_no")


def events_on_lines(line: ir.Table, history: History) -> ir.Table:
    """Each event once for every line it falls on: ``line_no``, ``report_no``, ``tells`` and ``order``.

    An event that names a crime or a suspect that its report does not have falls on no line. Where a report has one line
    alone, they are the events as they are kept, and the line goes by ``report_no``.
    """
    if history.has_one_line_each:
        return history.told
    event = history.told.filter(history.told.tells != 0).rename(named_crime="crime_id", named_person="person_id")
    joined = event.inner_join(line.select("line_no", "report_no", "crime_id", "person_id"), "report_no")
    same_crime = joined.named_crime.isnull() | (joined.named_crime == joined.crime_id).fill_null(False)
    same_person = joined.named_person.isnull() | (joined.named_person == joined.person_id).fill_null(False)
    return joined.filter(same_crime & same_person).select("line_no", "report_no", "tells", "order").cache()
