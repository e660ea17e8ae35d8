"""The records of the core data set that the main job needs, version 1.

Later records (person, assessment, operation, identity) join this file when something reads them.
"""

from __future__ import annotations

from onrecord.standard.schema import Field, Table

REPORT = Table(
    "report",
    "An allegation or concern received by an agency.",
    (
        Field("report_id", "string", "The sender's identifier of the report, unique in the store.", True),
        Field("agency_id", "string", "The agency that received it.", True),
        Field("received_date", "date", "The day of receipt; a month is written as its last day.", True),
        Field(
            "received_precision",
            "string",
            "How exactly the day is known: day, month, or incident when only the day of the incident is published.",
            True,
        ),
        Field("concern", "string", "What the concern is: CSE, other CSA, not known.", True),
        Field("offence", "string", "The published category of offence, where the source gives one."),
        Field("duplicate_of", "string", "The report whose allegation this one repeats."),
        Field("carries_activity", "boolean", "Whether the source records activity at all.", True),
        Field("vanished", "boolean", "Whether a later return of the sender no longer holds it.", True),
    ),
)

CRIME = Table(
    "crime",
    "A crime recorded from a report.",
    (
        Field("crime_id", "string", "The sender's identifier of the crime, unique in its report.", True),
        Field("report_id", "string", "The report it was recorded from.", True),
        Field("offence_code", "string", "The offence, as a code of the scheme."),
        Field("offence_scheme", "string", "The scheme the code is from."),
    ),
)

INVOLVEMENT = Table(
    "involvement",
    "Who was what in which report.",
    (
        Field("report_id", "string", "The report.", True),
        Field("person_id", "string", "The person, under the sender's pseudonym.", True),
        Field("role", "string", "child, suspect or other.", True),
    ),
)

EVENT = Table(
    "event",
    "Something that happened to a report, one of its crimes or one of its suspects.",
    (
        Field("event_id", "string", "The sender's identifier of the event, unique in its return.", True),
        Field("report_id", "string", "The report it happened to.", True),
        Field("crime_id", "string", "The crime it names, if any."),
        Field("person_id", "string", "The suspect it names, if any."),
        Field("kind", "string", "What happened.", True, "event_kinds"),
        Field("event_date", "date", "The day it happened; a month is written as its last day.", True),
        Field("recorded_date", "date", "The day it was written down."),
        Field("outcome_scheme", "string", "The scheme of the outcome code."),
        Field("outcome_code", "string", "The outcome, where the kind is one.", False, "outcomes"),
        Field("counterpart", "string", "The agency a transfer goes to, if it is named."),
    ),
)

RECORDS = (REPORT, CRIME, INVOLVEMENT, EVENT)
