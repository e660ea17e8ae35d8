"""The ledger return: one sheet of counts, standings by month, with which an agency begins before it sends records."""

from __future__ import annotations

from onrecord.standard import codelists
from onrecord.standard.records.asked_by import IICSA_1, LEDGER, NO_STANDARD_METHOD, STANDARD
from onrecord.standard.schema import Field, Table

A_ZERO_IS_WRITTEN = "A zero is written as 0; a blank is no zero."
UNIT = "reports"

LEDGER_RETURN = Table(
    "ledger_return",
    "Counts of one agency and one month: the reports received in it, by where they stood on one day. The eight "
    "standings add up to the reports received.",
    (
        Field("agency_id", "string", "The agency that received the reports.", True, source=IICSA_1),
        Field("month", "month", "The month in which they were received, as 2013-04.", True, source=IICSA_1),
        Field("as_at", "date", "The day at which the standings are judged.", True, source=LEDGER),
        Field(
            "definition_version",
            "string",
            "The definition of exploitation by which the reports were counted.",
            True,
            "definitions",
            source=f"{STANDARD}: counts made by two definitions are not compared",
            not_known=True,
        ),
        Field(
            "received",
            "integer",
            f"The reports received in the month, duplicates left out. {A_ZERO_IS_WRITTEN}",
            True,
            source=NO_STANDARD_METHOD,
            unit=UNIT,
        ),
        *(
            Field(
                standing.key,
                "integer",
                f"Of the reports received, those that stood here: {standing.what_it_means} {A_ZERO_IS_WRITTEN}",
                True,
                source=LEDGER,
                unit=UNIT,
            )
            for standing in codelists.standings()
        ),
        Field(
            "duplicates",
            "integer",
            f"Reports that repeated an allegation already counted: beside the sum, never in it. {A_ZERO_IS_WRITTEN}",
            True,
            source=LEDGER,
            unit=UNIT,
        ),
    ),
    key=("agency_id", "month"),
    cannot={
        "cin": "The census holds assessments of children, not where reports stand.",
        "ssda903": "The return holds no reports.",
        "nibrs": "The files hold incidents, which are read as records and then counted.",
        "home-office": "The published tables count offences and outcomes, and do not join the two month by month.",
    },
)
