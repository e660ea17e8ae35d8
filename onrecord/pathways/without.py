"""What is left of a return when one person is taken out of it, by law.

Her own rows go; so do the crimes done to her, and what happened in them; and a report that was about her alone goes
whole, with all that belongs to it and with every duplicate of it. A report that is about other children as well stays,
without her. A row that only points to her stays, and points to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from onrecord.engine import Engine

Tables = Mapping[str, ir.Table]
CHILD = "child"
REPORT, CRIME, INVOLVEMENT = "report", "crime", "involvement"
# Record to its field that names whom a row is about.
ABOUT: Mapping[str, str] = {
    "person": "person_id",
    "involvement": "person_id",
    "assessment": "person_id",
    "identity": "person_id",
    "crime": "child_id",
    "event": "person_id",
}
# Record to its field that points to a person whom the row is not about.
POINTS: Mapping[str, str] = {"involvement": "relationship_to"}
HELD = "held_"


@dataclass(frozen=True)
class Left:
    """What is left of a return.

    Attributes:
        tables: record to its rows.
        gone: record to how many of its rows went; those with none are not named.
        identifiers: the identifiers of all that went: the person's, and those of reports and crimes.
    """

    tables: dict[str, ir.Table]
    gone: dict[str, int]
    identifiers: frozenset[str]


def without_person(engine: Engine, tables: Tables, person: str) -> Left:
    """Take a person out of the tables of one return.

    Args:
        engine: the engine that the tables are in.
        tables: record to rows, typed or as text; held rows by the name ``held_`` and the record.
        person: the person's identifier, as the rows have it.
    """
    reports = _reports_about_alone(engine, tables, person)
    reports |= _repeats(engine, tables, reports)
    crimes = _ids(engine, tables.get(CRIME), "crime_id", lambda row: row.child_id == person, ("crime_id", "child_id"))
    left, gone = {}, {}
    for name, rows in tables.items():
        kept = _left_of(name.removeprefix(HELD), rows, person, reports, crimes)
        went = _count(engine, rows) - _count(engine, kept)
        left[name] = kept
        if went:
            gone[name] = went
    return Left(left, gone, frozenset({person, *reports, *crimes}))


def _left_of(record: str, rows: ir.Table, person: str, reports: frozenset[str], crimes: frozenset[str]) -> ir.Table:
    goes = []
    if record in ABOUT and ABOUT[record] in rows.columns:
        goes.append(rows[ABOUT[record]] == person)
    if "report_id" in rows.columns and reports:
        goes.append(rows.report_id.isin(sorted(reports)))
    if "crime_id" in rows.columns and crimes:
        goes.append(rows.crime_id.isin(sorted(crimes)))
    for condition in goes:
        rows = rows.filter(~condition.fill_null(False))
    if record in POINTS and (field := POINTS[record]) in rows.columns:
        rows = rows.mutate(**{field: ibis.ifelse(rows[field] == person, None, rows[field]).cast(rows[field].type())})
    return rows


def _reports_about_alone(engine: Engine, tables: Tables, person: str) -> frozenset[str]:
    """The reports in which this person is the only child."""
    children = [
        (rows, who)
        for rows, who in (
            (_children(tables.get(INVOLVEMENT)), "person_id"),
            (tables.get(CRIME), "child_id"),
        )
        if rows is not None and {"report_id", who} <= set(rows.columns)
    ]
    if not children:
        return frozenset()
    named = [
        rows.select("report_id", child=rows[who].cast("string")).filter(ibis._.child.notnull())
        for rows, who in children
    ]
    every = ibis.union(*named) if len(named) > 1 else named[0]
    per_report = every.group_by("report_id").agg(
        hers=(every.child == person).any(), others=(every.child != person).any()
    )
    alone = per_report.filter(per_report.hers, ~per_report.others)
    return _ids(engine, alone, "report_id", None, ("report_id",))


def _children(involvement: ir.Table | None) -> ir.Table | None:
    if involvement is None or "role" not in involvement.columns:
        return None
    return involvement.filter(involvement.role == CHILD)


def _repeats(engine: Engine, tables: Tables, reports: frozenset[str]) -> frozenset[str]:
    """The reports that repeat one of these."""
    if not reports:
        return frozenset()
    repeats = lambda row: row.duplicate_of.isin(sorted(reports))  # noqa: E731 - a condition, as others are
    return _ids(engine, tables.get(REPORT), "report_id", repeats, ("report_id", "duplicate_of"))


def _ids(engine: Engine, rows: ir.Table | None, field: str, where: object, needs: tuple[str, ...]) -> frozenset[str]:
    if rows is None or not set(needs) <= set(rows.columns):
        return frozenset()
    chosen = rows if where is None else rows.filter(where)
    found = engine.to_pyarrow(chosen.select(field).distinct()).to_pylist()
    return frozenset(row[field] for row in found if row[field] is not None)


def _count(engine: Engine, rows: ir.Table) -> int:
    return int(engine.to_pyarrow(rows.count()).as_py())
