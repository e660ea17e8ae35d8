"""The core data set, version 1: nine records, and the parts of them that can have several rows.

Declared here once; intake, findings, exports and pages read it. Who asks for each field, and what today's
returns can fill of it, stands beside the field.
"""

from __future__ import annotations

from onrecord.standard.records.children_services import ASSESSMENT
from onrecord.standard.records.operations import OPERATION, OPERATION_REPORT
from onrecord.standard.records.people import IDENTITY, INVOLVEMENT, PERSON
from onrecord.standard.records.reports import CRIME, EVENT, REPORT
from onrecord.standard.records.returns import COVERAGE, DECLARATION, RETURN
from onrecord.standard.schema import Table

RECORDS = (RETURN, REPORT, CRIME, PERSON, INVOLVEMENT, ASSESSMENT, OPERATION, EVENT, IDENTITY)
PARTS = (COVERAGE, DECLARATION, OPERATION_REPORT)
TABLES = (*RECORDS, *PARTS)

__all__ = [
    "ASSESSMENT",
    "COVERAGE",
    "CRIME",
    "DECLARATION",
    "EVENT",
    "IDENTITY",
    "INVOLVEMENT",
    "OPERATION",
    "OPERATION_REPORT",
    "PARTS",
    "PERSON",
    "RECORDS",
    "REPORT",
    "RETURN",
    "TABLES",
    "table_named",
]


def table_named(name: str) -> Table:
    """The record, or part of one, called ``name``. Raises KeyError, naming those there are."""
    for table in TABLES:
        if table.name == name:
            return table
    raise KeyError(f"there is no record {name!r}; there are: {', '.join(table.name for table in TABLES)}")
