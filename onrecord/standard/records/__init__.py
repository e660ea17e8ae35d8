"""The core data set: nine records, the parts of them that can have several rows, and a sheet of counts.

The first version is declared in the files beside this one; what later versions changed is read from
``onrecord.standard.versions``. The names here are the newest version. Intake, findings, exports and pages read them.
Who asks for each field, and what today's returns can fill of it, stands beside the field.
"""

from __future__ import annotations

from functools import cache

from onrecord.standard import STANDARD_VERSION, versions
from onrecord.standard.records import children_services, ledger_returns, operations, people, reports, returns
from onrecord.standard.schema import Table

FIRST_RECORDS = (
    returns.RETURN,
    reports.REPORT,
    reports.CRIME,
    people.PERSON,
    people.INVOLVEMENT,
    children_services.ASSESSMENT,
    operations.OPERATION,
    reports.EVENT,
    people.IDENTITY,
)
FIRST_PARTS = (returns.COVERAGE, returns.DECLARATION, operations.OPERATION_REPORT)
# What an agency that sends no records yet can send instead.
FIRST_FORMS_OF_COUNTS = (ledger_returns.LEDGER_RETURN,)
FIRST = (*FIRST_RECORDS, *FIRST_PARTS, *FIRST_FORMS_OF_COUNTS)


@cache
def tables_at(version: str) -> tuple[Table, ...]:
    """The records and their parts as they stand in a version of the standard.

    Raises:
        KeyError: there is no such version.
        ValueError: a change cannot be made to what came before.
    """
    return versions.with_changes(FIRST, versions.changes_up_to(version))


def table_at(version: str, name: str) -> Table:
    """The record, or part of one, called ``name`` in a version. Raises KeyError, naming those there are."""
    for table in tables_at(version):
        if table.name == name:
            return table
    raise KeyError(f"there is no record {name!r}; there are: {', '.join(table.name for table in tables_at(version))}")


def table_named(name: str) -> Table:
    """The record, or part of one, called ``name`` in the newest version. Raises KeyError, naming those there are."""
    return table_at(STANDARD_VERSION, name)


TABLES = tables_at(STANDARD_VERSION)
RECORDS = TABLES[: len(FIRST_RECORDS)]
PARTS = TABLES[len(FIRST_RECORDS) : len(FIRST_RECORDS) + len(FIRST_PARTS)]
FORMS_OF_COUNTS = TABLES[len(FIRST_RECORDS) + len(FIRST_PARTS) :]
RETURN, REPORT, CRIME, PERSON, INVOLVEMENT, ASSESSMENT, OPERATION, EVENT, IDENTITY = RECORDS
COVERAGE, DECLARATION, OPERATION_REPORT = PARTS
(LEDGER_RETURN,) = FORMS_OF_COUNTS

__all__ = [
    "ASSESSMENT",
    "COVERAGE",
    "CRIME",
    "DECLARATION",
    "EVENT",
    "FORMS_OF_COUNTS",
    "IDENTITY",
    "INVOLVEMENT",
    "LEDGER_RETURN",
    "OPERATION",
    "OPERATION_REPORT",
    "PARTS",
    "PERSON",
    "RECORDS",
    "REPORT",
    "RETURN",
    "TABLES",
    "table_at",
    "table_named",
    "tables_at",
]
