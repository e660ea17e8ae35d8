"""Whom a measure counts in each report: the report itself, its children, or its suspects.

A child is named by an involvement or by a crime done to it; a suspect by an involvement. What happened in a crime done
to another child says nothing of this one; an event that names another suspect says nothing of this one. People are
known by their sender's pseudonym, which is the same in all returns of that sender, and of no other.
"""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from onrecord.engine import empty_table
from onrecord.pathways.history import OF_A_REPORT, History, counted_reports, numbered
from onrecord.pathways.lines import SUSPECT, key_of, lines
from onrecord.pathways.standings import line_standings

REPORT, CHILD, SUSPECT_UNIT = "report", "child", "suspect"
PEOPLE = (CHILD, SUSPECT_UNIT)
NUMBER = "subject_no"


def subjects(history: History, unit: str) -> ir.Table:
    """One row for each report and each of those that are counted in it.

    Args:
        history: the standard tables; ``report`` with ``sender`` where people are counted.
        unit: report (or what the returns call it), child or suspect.

    Returns:
        The columns of ``OF_A_REPORT``, ``subject_no``, ``subject`` (one name through all reports of a sender) and
        ``person_id`` (null where the report itself is counted).
    """
    report = history.judged
    if unit not in PEOPLE:
        return numbered(report.select(*OF_A_REPORT, subject=report.report_id, person_id=ibis.null("string")), NUMBER)
    named = named_people(history, unit)
    people = report.inner_join(named, report.report_id == named.of_report)
    subject = people.sender + "/" + people.person_id
    return numbered(people.select(*OF_A_REPORT, subject=subject, person_id=people.person_id), NUMBER)


def named_people(history: History, unit: str) -> ir.Table:
    """Who is a child, or a suspect, of which report: ``of_report`` and ``person_id``, each pair once."""
    none = empty_table({"of_report": "string", "person_id": "string"})
    found = [none]
    if history.involvement is not None:
        role = SUSPECT if unit == SUSPECT_UNIT else CHILD
        involved = history.involvement.filter(history.involvement.role == role)
        found.append(involved.select(of_report=involved.report_id, person_id=involved.person_id))
    if history.crime is not None and unit == CHILD and "child_id" in history.crime.columns:
        done_to = history.crime.filter(history.crime.child_id.notnull())
        found.append(done_to.select(of_report=done_to.report_id, person_id=done_to.child_id))
    return ibis.union(*found, distinct=True) if len(found) > 1 else none


def naming_none(history: History, unit: str) -> ir.Table:
    """The reports that name no child, or no suspect: counted beside the people, and never among them."""
    named = named_people(history, unit).select(report_id="of_report").distinct()
    return counted_reports(history.report).anti_join(named, "report_id")


def places_of_people(history: History, unit: str, window_days: int) -> ir.Table:
    """Where each child, or suspect, stands in each report that names them.

    Args:
        history: the standard tables; ``report`` with ``as_at`` and ``sender``.
        unit: child or suspect.
        window_days: days without activity after which an open line is no longer live.

    Returns:
        One row for each person and report: agency_id, received_date, report_id, ``subject``, and over the lines that
        are theirs ``place`` (the least), ``misplaced`` and ``open_lines``.
    """
    subject = subjects(history, unit)
    found = _places(history, subject, unit, window_days)
    if unit != CHILD or history.crime is None:
        return found
    found = found.cache()
    # A child to whom none of the crimes of her report was done stands by what was done about the report itself.
    others = subject.anti_join(found, NUMBER).cache()
    if others.count().to_pyarrow().as_py() == 0:
        return found
    without = replace(history, report=history.report.semi_join(others, "report_id"), crime=None)
    return found.union(_places(without, others, unit, window_days))


def _places(history: History, subject: ir.Table, unit: str, window_days: int) -> ir.Table:
    """The places of those subjects of whom a line says something."""
    line = lines(history)
    judged = line_standings(line, history, window_days)
    key = key_of(history)
    whose = line.select(key, in_report="report_id", the_crime="crime_id", names="person_id")
    if unit == CHILD and history.crime is not None:
        crime = _for_children(history.crime).select("done_to", of="in_report", named="crime_id")
        whose = whose.left_join(crime, (whose.in_report == crime.of) & (whose.the_crime == crime.named))
        whose = whose.select(key, "in_report", "names", "done_to")
    else:
        whose = whose.mutate(done_to=ibis.null("string"))
    placed = whose.inner_join(judged, key)
    joined = subject.inner_join(placed, subject.report_id == placed.in_report)
    own = joined.filter(_says_of(joined, unit, joined.done_to, joined.names))
    return own.group_by(NUMBER, "subject", "report_id", "agency_id", "received_date").agg(
        place=own.place.min(),
        misplaced=(own.holding != 1).any(),
        open_lines=own.open_lines.any(),
    )


def crimes_of(subject: ir.Table, crime: ir.Table | None, unit: str) -> ir.Table:
    """The crimes of each subject: its columns and those of the crime; of a child, not those done to another child."""
    if crime is None:
        crime = empty_table({"report_id": "string", "crime_id": "string", "recorded_date": "date"})
    crime = _for_children(crime)
    joined = subject.inner_join(crime, subject.report_id == crime.in_report)
    return joined.filter(_says_of(joined, unit, joined.done_to, ibis.null("string")))


def events_of(subject: ir.Table, history: History, unit: str) -> ir.Table:
    """What happened to each subject by its as-at: its columns, ``kind``, ``event_date`` and the outcome's columns."""
    event = history.event.select(
        "crime_id", "kind", "event_date", "outcome_scheme", "outcome_code", in_report="report_id", names="person_id"
    )
    if unit == CHILD and history.crime is not None and "child_id" in history.crime.columns:
        crime = _for_children(history.crime).select("done_to", of="in_report", the_crime="crime_id")
        event = event.left_join(crime, (event.in_report == crime.of) & (event.crime_id == crime.the_crime))
        event = event.drop("of", "the_crime")
    else:
        event = event.mutate(done_to=ibis.null("string"))
    joined = subject.inner_join(event, subject.report_id == event.in_report)
    told = joined.filter(joined.event_date <= joined.as_at)
    return told.filter(_says_of(told, unit, told.done_to, told.names))


def _for_children(crime: ir.Table) -> ir.Table:
    done_to = crime.child_id if "child_id" in crime.columns else ibis.null("string")
    recorded = crime.recorded_date if "recorded_date" in crime.columns else ibis.null("date")
    return crime.select("crime_id", in_report=crime.report_id, done_to=done_to, recorded_date=recorded)


def _says_of(rows: ir.Table, unit: str, done_to: ir.StringValue, names: ir.StringValue) -> ir.BooleanValue:
    """Whether a crime or an event says something of the subject."""
    if unit == CHILD:
        return done_to.isnull() | (done_to == rows.person_id).fill_null(False)
    if unit == SUSPECT_UNIT:
        return names.isnull() | (names == rows.person_id).fill_null(False)
    return ibis.literal(True)
