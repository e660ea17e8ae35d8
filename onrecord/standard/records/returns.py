"""The return: what one sender sends for one period, which months it covers and what it stands for."""

from __future__ import annotations

from onrecord.standard.records.asked_by import IICSA_1, LEDGER, STANDARD
from onrecord.standard.schema import Field, Table

NOT_ABOUT_ITSELF = {
    "cin": "The census says nothing of this about itself.",
    "ssda903": "The return says nothing of this about itself.",
    "nibrs": "The release says nothing of this about itself.",
    "home-office": "The published tables say nothing of this about themselves.",
}

RETURN = Table(
    "return",
    "What one sender sends for one period.",
    (
        Field("return_id", "string", "The receiver's number for the return.", True, source=STANDARD),
        Field("sender", "string", "The agency or publisher that sends it.", True, source=STANDARD),
        Field(
            "period",
            "period",
            "The period it is sent for: 2013, 2013-04, 2013/14 or a span such as 2018-11..2019-01.",
            True,
            source=f"{IICSA_1}: compiled regularly",
            crosswalk={
                "cin": "the census year, April to March",
                "ssda903": "the collection year, April to March",
                "nibrs": "data_year of the release",
                "home-office": "financial year and quarter of the tables",
            },
        ),
        Field("sent_date", "date", "The day it was sent.", True, source=f"{IICSA_1}: published regularly"),
        Field("as_at", "date", "The last day it speaks for.", True, source=LEDGER),
        Field("standard_version", "string", "The version of the standard it is made to.", True, source=STANDARD),
        Field("tables", "string", "The records it holds, by name.", True, source=STANDARD, many=True),
        Field(
            "zero_return",
            "boolean",
            "Whether the sender says that there was nothing in the whole period: a true zero.",
            True,
            source=LEDGER,
            crosswalk={"nibrs": "nibrs_month.reported_status Z, month by month"},
        ),
        Field(
            "sharing_agreement",
            "string",
            "The reference of the agreement under which it is shared.",
            source=STANDARD,
        ),
    ),
    key=("return_id",),
    cannot=NOT_ABOUT_ITSELF,
)

COVERAGE = Table(
    "coverage",
    "One agency and one month of a return: whether it is in.",
    (
        Field("return_id", "string", "The return.", True, source=STANDARD, refers_to="return"),
        Field(
            "agency_id",
            "string",
            "The agency.",
            True,
            source=LEDGER,
            crosswalk={
                "cin": "the local authority of the return",
                "ssda903": "the local authority of the return",
                "nibrs": "agencies.ori",
                "home-office": "force name",
            },
        ),
        Field(
            "month",
            "month",
            "The month, as 2013-04.",
            True,
            source=f"{IICSA_1}: compiled regularly",
            crosswalk={"nibrs": "nibrs_month.data_year and month_num"},
        ),
        Field(
            "state",
            "string",
            "Whether the month was reported. Silence and none are never the same.",
            True,
            "coverage_states",
            source=LEDGER,
            crosswalk={"nibrs": "nibrs_month.reported_status"},
        ),
    ),
    key=("return_id", "agency_id", "month"),
    cannot=NOT_ABOUT_ITSELF,
    part_of="return",
)

DECLARATION = Table(
    "declaration",
    "What a sender says about one measure: count us in, or leave us out, and why.",
    (
        Field("return_id", "string", "The return.", True, source=STANDARD, refers_to="return"),
        Field("measure", "string", "The measure, by its name in the standard.", True, source=STANDARD),
        Field("included", "boolean", "Whether the sender's rows may stand in the measure.", True, source=STANDARD),
        Field("reason", "string", "Why, shown beside the figure.", True, "declaration_reasons", source=STANDARD),
    ),
    key=("return_id", "measure"),
    cannot=NOT_ABOUT_ITSELF,
    part_of="return",
)
