"""Named operations, and the reports they took in."""

from __future__ import annotations

from onrecord.standard.records.asked_by import STANDARD
from onrecord.standard.schema import Field, Table

SEVEN = "Rotherham 2008 to 2013: seven operations named or announced, one of which led to convictions"
CANNOT = {
    "cin": "The census holds no operations.",
    "ssda903": "The return holds no operations.",
    "nibrs": "The public files hold no operations.",
    "home-office": "The published tables hold no operations.",
}

OPERATION = Table(
    "operation",
    "A named police or joint operation.",
    (
        Field("operation_id", "string", "The sender's identifier of the operation.", True, source=SEVEN),
        Field("name", "string", "The name it goes by. Never that of a person.", True, source=SEVEN),
        Field("lead_agency_id", "string", "The agency that leads it.", True, source=SEVEN),
        Field("partners", "string", "The other agencies in it.", source=SEVEN, many=True),
        Field("start_date", "date", "The day it began.", True, source=SEVEN),
        Field("end_date", "date", "The day it ended; none while it runs.", source=SEVEN),
        Field("kind", "string", "What it mainly did.", True, "operation_kinds", source=SEVEN),
    ),
    key=("operation_id",),
    cannot=CANNOT,
)

OPERATION_REPORT = Table(
    "operation_report",
    "A report that an operation took in.",
    (
        Field("operation_id", "string", "The operation.", True, source=SEVEN, refers_to="operation"),
        Field("report_id", "string", "The report.", True, source=SEVEN, refers_to="report"),
        Field("taken_in_date", "date", "The day the operation took it in.", source=STANDARD),
    ),
    key=("operation_id", "report_id"),
    cannot=CANNOT,
    part_of="operation",
)
