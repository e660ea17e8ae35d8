"""Completeness: which fields are filled, and why not where they are not; which months are missing.

Each record is read once, and all its fields are counted in that pass. Which fields are looked at follows from their
declaration (``not_known``), and from ``standard/measures/completeness.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.figures import Figures
from onrecord.measures.coverage import REPORTED, ZERO, state_of
from onrecord.measures.cuts import Cut
from onrecord.pathways.history import History, counted_reports
from onrecord.standard import codelists
from onrecord.standard.measures import measure_named
from onrecord.standard.periods import months_between, parse_period
from onrecord.standard.records import table_named
from onrecord.standard.schema import NOT_KNOWN

NAME = "completeness"
GIVEN, EMPTY, RECORDS = "given", "empty", "records"
PARTS = (GIVEN, "unknown", "refused", "not_asked", "not_yet_recorded", EMPTY)
KEYS = ("record", "field", "ethnicity_basis")
ETHNICITY, BASIS, NOT_SAID = "ethnicity", "ethnicity_basis", "no basis given"
OF_REPORTS = ("report", "crime", "event", "involvement")
ROLES = ("child", "suspect")
MONTHS = ("coverage", "month", "")


def completeness(history: History, person: ir.Table | None, cut: Cut) -> Figures:
    """Count, field by field, in how many rows it is filled, and why not in the others.

    Args:
        history: the standard tables; ``report`` with ``as_at`` and ``sender``.
        person: the people, each as the latest return has them, with ``sender``; or None.
        cut: what the figures are about; the month is that of receipt.

    Returns:
        Figures with the keys ``record``, ``field`` and ``ethnicity_basis``, total ``rows``, and a part for what is
        given, each of the four words, and nothing at all.
    """
    report = counted_reports(history.report).select("report_id", "agency_id", "received_date", "sender")
    rows = _months(cut)
    tables = {"report": counted_reports(history.report), "crime": history.crime, "event": history.event}
    tables["involvement"] = history.involvement
    for record in OF_REPORTS:
        if (table := tables[record]) is not None:
            own = table if record == "report" else _of_reports(report, table)
            rows += _counted(cut, record, own)
    if person is not None and history.involvement is not None:
        for role in ROLES:
            people = _people(report, history.involvement, person, role)
            rows += _counted(cut, f"person: {role}", people, once=True)
            rows += _by_basis(cut, f"person: {role}", people)
    about = cut.about(NAME, "cohort", None, measure_named(NAME).caveats)
    in_order = sorted(rows, key=lambda row: tuple(str(row.get(key)) for key in (*cut.keys, *KEYS)))
    return cut.figures(about, in_order, "rows", PARTS, (RECORDS,), keys=KEYS)


def fields_of(record: str) -> tuple[str, ...]:
    """The fields of a record that are looked at."""
    settings = measure_named(NAME).settings
    also = settings["also"].get(record, ())
    declared = table_named(record).fields
    may_be_missing = [field.name for field in declared if field.not_known]
    reasons = [name for name, reason in settings["reason_in"].items() if reason in {field.name for field in declared}]
    return tuple(dict.fromkeys([*may_be_missing, *reasons, *also]))


def _of_reports(report: ir.Table, table: ir.Table) -> ir.Table:
    """Rows of a record with the agency, day and sender of their report."""
    taken = [name for name in ("agency_id", "received_date", "sender") if name in table.columns]
    return table.drop(*taken).inner_join(report, "report_id")


def _people(report: ir.Table, involvement: ir.Table, person: ir.Table, role: str) -> ir.Table:
    """The people of a role, once for each report that names them, with the report's agency and day."""
    named = involvement.filter(involvement.role == role).select("report_id", "person_id").distinct()
    placed = named.inner_join(report, "report_id")
    return placed.inner_join(person, ["sender", "person_id"])


def _counted(cut: Cut, record: str, table: ir.Table, once: bool = False) -> list[dict[str, Any]]:
    """One pass over a record: each field's rows in each of the six ways, then a row of figures a field."""
    fields = [name for name in fields_of(record.partition(":")[0]) if name in table.columns]
    laid = cut.laid(table)
    if once:
        laid = laid.distinct(on=[*cut.grouped_by, "sender", "person_id"])
    counts = {f"{name}|{way}": (_way(laid, name) == way).sum() for name in fields for way in PARTS}
    found = cut.counted(laid, {"rows": laid.count(), **counts})
    return [_row_of(cut, row, record, name, "", row["rows"]) for row in found for name in fields]


def _row_of(cut: Cut, row: Mapping[str, Any], record: str, name: str, basis: str, count: int) -> dict[str, Any]:
    ways = {way: row[f"{name}|{way}"] for way in PARTS}
    where = {key: row[key] for key in cut.keys if key in row}
    return {**where, "record": record, "field": name, BASIS: basis, "rows": count, **ways, RECORDS: count}


def _by_basis(cut: Cut, record: str, people: ir.Table) -> list[dict[str, Any]]:
    """Ethnicity once more, apart by who said so."""
    laid = cut.laid(people).distinct(on=[*cut.grouped_by, "sender", "person_id"])
    laid = laid.mutate(**{BASIS: laid[BASIS].fill_null(NOT_SAID)})
    counts = {f"{ETHNICITY}|{way}": (_way(laid, ETHNICITY) == way).sum() for way in PARTS}
    found = cut.counted(laid, {"rows": laid.count(), **counts}, [BASIS])
    return [_row_of(cut, row, record, ETHNICITY, row[BASIS], row["rows"]) for row in found]


def _way(table: ir.Table, name: str) -> ir.StringValue:
    """In which of the six ways a field is filled or not."""
    settings = measure_named(NAME).settings
    value = table[name].cast("string")
    reason = table[settings["reason_in"][name]] if name in settings["reason_in"] else value
    other = settings["or_in"].get(name)
    has_other = table[other].notnull() if other in table.columns else ibis.literal(False)
    words = codelists.codes(NOT_KNOWN)
    why = [(reason == word, word.replace(" ", "_")) for word in words]
    given = (value.notnull() & ~value.isin(words)).fill_null(False) | has_other
    return ibis.cases((given, GIVEN), *[(is_word.fill_null(False), way) for is_word, way in why], else_=EMPTY)


def _months(cut: Cut) -> list[dict[str, Any]]:
    """How many months of each place were reported, of those in which its agencies are expected."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for agency in cut.agencies:
        if agency.get("absent") or not agency["months"]:
            continue
        place = cut.of_agency[agency["agency_id"]]
        for month in _months_of(place["period"], agency["as_at"]):
            state = state_of(agency, month)
            where = {**place, **({"month": month} if cut.by == "month" else {})}
            if state is not None:
                row = found.setdefault(tuple(where.items()), _none(where))
                way = GIVEN if state in (REPORTED, ZERO) else EMPTY if state == "not reported" else "unknown"
                row["rows"], row[way], row[RECORDS] = row["rows"] + 1, row[way] + 1, row[RECORDS] + 1
    return list(found.values())


def _months_of(label: str, as_at: Any) -> Sequence[str]:
    period = parse_period(label)
    return months_between(period.first_day, min(period.last_day, as_at))


def _none(where: Mapping[str, Any]) -> dict[str, Any]:
    counts = dict.fromkeys(("rows", *PARTS, RECORDS), 0)
    return {**where, **dict(zip(KEYS, MONTHS, strict=True)), **counts}
