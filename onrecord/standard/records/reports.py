"""Reports, the crimes recorded from them, and what happened."""

from __future__ import annotations

from onrecord.standard.records.asked_by import COCAD, IICSA_1, IICSA_NETWORKS, LEDGER, NO_STANDARD_METHOD, STANDARD
from onrecord.standard.schema import Field, Table

NO_REPORTS_IN_CIN = (
    "The census gives assessments, never reports received: the factor for exploitation, 11A, is known only at the end "
    "of an assessment."
)
NO_REPORTS_IN_903 = "The return holds children looked after and their placements, no reports."
NOT_IN_NIBRS = "The public files have no such item."
COUNTS_ALONE = "The published tables are counts by force, offence and quarter; they have no rows."
CANNOT = {
    "cin": NO_REPORTS_IN_CIN,
    "ssda903": NO_REPORTS_IN_903,
    "nibrs": NOT_IN_NIBRS,
    "home-office": COUNTS_ALONE,
}

REPORT = Table(
    "report",
    "An allegation or concern received by an agency.",
    (
        Field(
            "report_id",
            "string",
            "The sender's identifier of the report, unique in the store.",
            True,
            source=NO_STANDARD_METHOD,
            crosswalk={"nibrs": "agencies.ori and nibrs_incident.incident_id: an incident is read as a report"},
        ),
        Field(
            "agency_id",
            "string",
            "The agency that received it.",
            True,
            source=f"{IICSA_1}: social care and criminal justice agencies alike",
            crosswalk={"nibrs": "agencies.ori", "home-office": "force name, of counts"},
        ),
        Field(
            "received_date",
            "date",
            "The day of receipt; a month is written as its last day.",
            True,
            source=LEDGER,
            crosswalk={"nibrs": "nibrs_incident.incident_date: the day of the incident stands in for it"},
            cannot={
                "cin": "CINreferralDate is the day of a referral for any need; which referrals were about exploitation "
                "is known only from factor 11A at the end of an assessment."
            },
        ),
        Field(
            "received_precision",
            "string",
            "How exactly the day is known: day, month, or incident when only the day of the incident is published.",
            True,
            "received_precisions",
            source=LEDGER,
            crosswalk={"nibrs": "always incident"},
        ),
        Field("received_time", "time", "The time of receipt, as 23:59, for clocks that run in hours.", source=STANDARD),
        Field(
            "source",
            "string",
            "Who brought the concern.",
            code_list="report_sources",
            source=f"{STANDARD}; the codes of the CIN census",
            not_known=True,
            cannot={"cin": "ReferralSource has the same codes, of referrals for any need."},
        ),
        Field(
            "area_code",
            "string",
            "The area of the agency that received it, as the code of the statistics office.",
            source=f"{IICSA_1}: collated nationally, regionally and locally",
            crosswalk={"nibrs": "agencies.state_abbr or the first letters of ori", "home-office": "force, of counts"},
        ),
        Field(
            "concern",
            "string",
            "What the concern is: CSE, other CSA, not known.",
            True,
            "concerns",
            source=f"{IICSA_1}; {IICSA_NETWORKS}: exploitation apart from other abuse",
            crosswalk={"nibrs": "always not known", "home-office": "crimes flagged CSE or CSA, of counts"},
            cannot={"cin": "Factors 11A, 19B and 19C say it of an assessment that has ended, not of a report."},
        ),
        Field("concern_date", "date", "The day the concern was set to what it is now.", source=STANDARD),
        Field("concern_set_by", "string", "Who set it.", code_list="concern_setters", source=STANDARD, not_known=True),
        Field(
            "definition_version",
            "string",
            "The definition it was judged by.",
            code_list="definitions",
            source=f"{IICSA_NETWORKS}: definitions disputed and unevenly used",
            not_known=True,
        ),
        Field("criteria", "string", "What kind of abuse it is.", code_list="criteria", source=COCAD, many=True),
        Field(
            "network",
            "string",
            "Whether a network of exploiters is known or suspected.",
            code_list="network_states",
            source=IICSA_NETWORKS,
            cannot={"home-office": "The CSE flag on crimes cannot find networks."},
        ),
        Field(
            "network_definition",
            "string",
            "The definition of a network it was judged by.",
            code_list="network_definitions",
            source=IICSA_NETWORKS,
            not_known=True,
        ),
        Field(
            "settings",
            "string",
            "The kinds of place where it happened.",
            code_list="settings",
            source=f"{IICSA_1}: settings",
            crosswalk={"nibrs": "nibrs_location_type.location_code, by nibrs_offense.location_id"},
            many=True,
            open_list=True,
            not_known=True,
        ),
        Field(
            "contexts",
            "string",
            "The circumstances in which it happened.",
            code_list="contexts",
            source=f"{IICSA_1}: contexts",
            many=True,
            not_known=True,
            cannot={"cin": "Factors 10A, 12A, 13A and 24A say some of it, of an assessment that has ended."},
        ),
        Field(
            "occurred_from",
            "date",
            "The first day on which it is said to have happened.",
            source=STANDARD,
            crosswalk={"nibrs": "nibrs_incident.incident_date"},
        ),
        Field("occurred_to", "date", "The last day on which it is said to have happened.", source=STANDARD),
        Field(
            "occurred_precision",
            "string",
            "How exactly those days are known.",
            code_list="date_precisions",
            source=STANDARD,
            not_known=True,
        ),
        Field(
            "offence",
            "string",
            "The published category of offence, where the source gives one.",
            source=STANDARD,
            crosswalk={"home-office": "offence group, of counts"},
        ),
        Field(
            "duplicate_of",
            "string",
            "The report whose allegation this one repeats.",
            source=LEDGER,
            refers_to="report",
        ),
        Field("transferred_from", "string", "The agency that sent the report on to this one.", source=LEDGER),
        Field("transferred_to", "string", "The agency that this one sent the report on to.", source=LEDGER),
        Field(
            "transfer_acknowledged_date",
            "date",
            "The day the agency it was sent to said that it has it.",
            source=LEDGER,
        ),
        Field(
            "carries_activity",
            "boolean",
            "Whether the source records activity at all.",
            True,
            source=LEDGER,
            crosswalk={"nibrs": "always no", "home-office": "always no"},
        ),
        Field("vanished", "boolean", "Whether a later return of the sender no longer holds it.", True, source=LEDGER),
    ),
    key=("report_id",),
    cannot=CANNOT,
)

NO_CRIMES = {
    "cin": "The census holds no crimes.",
    "ssda903": "The return holds no crimes.",
    "nibrs": NOT_IN_NIBRS,
    "home-office": COUNTS_ALONE,
}

CRIME = Table(
    "crime",
    "A crime recorded from a report. A crime recorded from several reports has a row for each.",
    (
        Field(
            "crime_id",
            "string",
            "The sender's identifier of the crime, unique in its report.",
            True,
            source=NO_STANDARD_METHOD,
            crosswalk={"nibrs": "nibrs_offense.offense_id"},
        ),
        Field(
            "report_id",
            "string",
            "The report it was recorded from.",
            True,
            source=NO_STANDARD_METHOD,
            crosswalk={"nibrs": "nibrs_offense.incident_id"},
            refers_to="report",
        ),
        Field(
            "offence_code",
            "string",
            "The offence, as a code of the scheme. The offence alone cannot tell that the victim was a child.",
            code_list="offences",
            source=f"{IICSA_1}; the list holds the classes that bear most on abuse of children",
            crosswalk={
                "nibrs": "nibrs_offense.offense_code, in older releases by offense_type_id",
                "home-office": "offence class, of counts",
            },
            open_list=True,
            scheme_field="offence_scheme",
        ),
        Field(
            "offence_scheme",
            "string",
            "The scheme the code is from.",
            code_list="offence_schemes",
            source=f"{STANDARD}: class 106 is modern slavery in one scheme and gaming in another",
            crosswalk={"nibrs": "always nibrs", "home-office": "always home-office"},
        ),
        Field(
            "recorded_date",
            "date",
            "The day the crime was recorded.",
            source=LEDGER,
            crosswalk={"home-office": "quarter of recording, of counts"},
        ),
        Field(
            "child_id",
            "string",
            "The child it was done to.",
            source=IICSA_1,
            crosswalk={"nibrs": "nibrs_victim_offense.victim_id"},
            refers_to="person",
        ),
        Field("cancelled_date", "date", "The day it was cancelled.", source=LEDGER),
        Field(
            "cancelled_reason",
            "string",
            "Why it was cancelled: as no crime, as another force's, or as recorded in error.",
            code_list="outcomes",
            source=LEDGER,
            scheme="cancellation",
        ),
    ),
    key=("report_id", "crime_id"),
    cannot=NO_CRIMES,
)

EVENT = Table(
    "event",
    "Something that happened to a report, one of its crimes or one of its suspects.",
    (
        Field(
            "event_id",
            "string",
            "The sender's identifier of the event, unique in its return.",
            True,
            source=LEDGER,
            crosswalk={"nibrs": "nibrs_arrestee.arrestee_id, or the incident for a clearance"},
        ),
        Field(
            "report_id",
            "string",
            "The report it happened to.",
            True,
            source=LEDGER,
            crosswalk={"nibrs": "nibrs_arrestee.incident_id"},
            refers_to="report",
        ),
        Field("crime_id", "string", "The crime it names, if any.", source=LEDGER, refers_to="crime"),
        Field(
            "person_id",
            "string",
            "The suspect it names, if any.",
            source=LEDGER,
            refers_to="person",
            cannot={"nibrs": "The files do not say which offender an arrest was of."},
        ),
        Field("agency_id", "string", "The agency that did it, where it is not the one that received.", source=LEDGER),
        Field(
            "kind",
            "string",
            "What happened.",
            True,
            "event_kinds",
            source=LEDGER,
            crosswalk={"nibrs": "always outcome", "home-office": "always outcome"},
        ),
        Field(
            "event_date",
            "date",
            "The day it happened; a month is written as its last day.",
            True,
            source=LEDGER,
            crosswalk={
                "nibrs": "nibrs_arrestee.arrest_date, nibrs_incident.cleared_except_date",
                "home-office": "quarter of the outcome, of counts",
            },
        ),
        Field("recorded_date", "date", "The day it was written down.", source=LEDGER),
        Field(
            "outcome_scheme",
            "string",
            "The scheme of the outcome code.",
            code_list="outcome_schemes",
            source=f"{STANDARD}: codes start and stop, and each has its scheme",
            crosswalk={"nibrs": "always nibrs", "home-office": "always home-office"},
        ),
        Field(
            "outcome_code",
            "string",
            "The outcome, where the kind is one.",
            code_list="outcomes",
            source=LEDGER,
            crosswalk={
                "nibrs": "an arrest, or nibrs_cleared_except.cleared_except_code A to E",
                "home-office": "outcome 1 to 22, of counts; 0 is a row for what has none yet",
            },
            scheme_field="outcome_scheme",
        ),
        Field("counterpart", "string", "The agency a transfer goes to, if it is named.", source=LEDGER),
    ),
    key=("event_id",),
    cannot={
        "cin": "The census holds steps of children's services, read into assessment; no step of an investigation.",
        "ssda903": NO_REPORTS_IN_903,
        "nibrs": NOT_IN_NIBRS,
        "home-office": COUNTS_ALONE,
    },
)
