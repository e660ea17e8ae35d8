"""By how much held rows move a ledger: the ledger of what was accepted, beside that of everything that was sent.

A report stands by its own rows alone, so only the reports that a held row is about are judged a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from onrecord.engine import empty_table
from onrecord.pathways.history import History
from onrecord.pathways.standings import report_standings
from onrecord.standard import codelists
from onrecord.standard.records import table_named

RECEIVED, DUPLICATES = "received", "duplicates"
# Reports that no held row is about; the others, without held rows and with them.
REST, GOOD, WITH_HELD = "rest", "good", "with held"
BETWEEN = "\x1f"
# What a ledger is made of, and the columns of it that say where a report stands.
FOLLOWED = {
    "report": ("report_id", "agency_id", "received_date", "duplicate_of", "carries_activity", "vanished"),
    "crime": ("report_id", "crime_id"),
    "involvement": ("report_id", "person_id", "role"),
    "event": (
        "event_id", "report_id", "crime_id", "person_id", "kind", "event_date", "recorded_date", "outcome_scheme",
        "outcome_code", "counterpart",
    ),
}  # fmt: skip
# Without these a row of the record cannot be followed at all; no row without them is accepted.
NEEDED = {
    "report": ("report_id", "agency_id", "received_date"),
    "crime": ("report_id", "crime_id"),
    "involvement": ("report_id", "person_id", "role"),
    "event": ("event_id", "report_id", "kind", "event_date"),
}
Tables = Mapping[str, ir.Table]


def effect_of_held(
    sent: Tables, held: Tables, accepted: ir.Table, as_at: date, window_days: int
) -> dict[str, tuple[int, int]]:
    """The lines of the ledger that held rows move: how many without them, and how many with them as they stand.

    Args:
        sent: typed rows with ``row``, their number, of the records in ``FOLLOWED``, held ones among them.
        held: record to a table of ``row``, the numbers of its held rows; at least one.
        accepted: the reports that none holds.
        as_at: the day to judge at.
        window_days: days without activity after which an open report is no longer live.
    """
    chosen = {name: rows.select("row", *FOLLOWED[name]) for name, rows in sent.items()}
    named = {name: rows.filter(rows.report_id.notnull()) for name, rows in chosen.items()}
    of_held = [named[name].semi_join(numbers, "row").select("report_id") for name, numbers in held.items()]
    about = (ibis.union(*of_held, distinct=True) if len(of_held) > 1 else of_held[0].distinct()).cache()
    touched = {name: rows.semi_join(about, "report_id").cache() for name, rows in named.items()}
    good = {name: rows.anti_join(held[name], "row") if name in held else rows for name, rows in touched.items()}
    with_held = _first_of_each(touched)
    inside = accepted.select("agency_id").distinct().cache()
    inside_with_held = inside.union(with_held["report"].select("agency_id"), distinct=True).cache()
    others = {name: rows.anti_join(about, "report_id") for name, rows in named.items()}
    counts = _counts({REST: others, GOOD: good, WITH_HELD: with_held}, inside, as_at, window_days)
    without = _sum(counts[REST], counts[GOOD])
    if _rows_in(inside_with_held) > _rows_in(inside):
        # Whether a transfer waits hangs on the agencies of all reports: every report is judged again.
        counts = _counts({REST: others, WITH_HELD: with_held}, inside_with_held, as_at, window_days)
    all_sent = _sum(counts[REST], counts[WITH_HELD])
    return {line: (count, all_sent[line]) for line, count in without.items() if count != all_sent[line]}


def _sum(some: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return {line: count + others[line] for line, count in some.items()}


def _rows_in(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def _counts(
    variants: Mapping[str, Tables], inside: ir.Table, as_at: date, window_days: int
) -> dict[str, dict[str, int]]:
    """The ledger of each variant in one line: ``received`` and each standing, by key.

    All are followed in one go, for to put the steps together takes longer than to follow a few reports.
    """
    rows = {name: _of_each(name, variants) for name in FOLLOWED if any(name in tables for tables in variants.values())}
    report = rows["report"].mutate(
        as_at=ibis.literal(as_at),
        carries_activity=rows["report"].carries_activity.fill_null(True),
        vanished=rows["report"].vanished.fill_null(False),
    )
    history = History(report, rows.get("crime"), rows.get("involvement"), rows.get("event", _none_of("event")), inside)
    standing = report_standings(history, window_days)
    sums = {key: standing[f"is_{key}"].sum() for key in codelists.standing_keys()}
    counted = standing.group_by("variant").agg(**{RECEIVED: standing.count()}, **sums).to_pyarrow().to_pylist()
    repeated = report.filter(report.duplicate_of.notnull(), report.received_date <= report.as_at)
    repeats = repeated.group_by("variant").agg(duplicates=repeated.count()).to_pyarrow().to_pylist()
    nothing = dict.fromkeys((RECEIVED, *codelists.standing_keys(), DUPLICATES), 0)
    found = {variant: dict(nothing) for variant in variants}
    for row in (*counted, *repeats):
        found[row.pop("variant")] |= {key: int(count or 0) for key, count in row.items()}
    return found


def _of_each(name: str, variants: Mapping[str, Tables]) -> ir.Table:
    """The rows of a record in every variant; a report that is in two of them is another in each."""
    parts = [
        tables[name]
        .select(*FOLLOWED[name])
        .mutate(report_id=lambda row, variant=variant: _own(variant, row.report_id), variant=ibis.literal(variant))
        for variant, tables in variants.items()
        if name in tables
    ]
    if name != "report":
        parts = [part.drop("variant") for part in parts]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _own(variant: str, report_id: ir.StringValue) -> ir.StringValue:
    """A report's name in a variant. Most reports are in one alone and keep their own: to make names is dear."""
    return BETWEEN + report_id if variant == WITH_HELD else report_id


def _first_of_each(tables: Tables) -> dict[str, ir.Table]:
    """The rows that can be followed; of two with one key the first stands."""
    return {name: _first_of(name, rows) for name, rows in tables.items() if name in FOLLOWED}


def _first_of(name: str, rows: ir.Table) -> ir.Table:
    followed = rows.filter(*(rows[column].notnull() for column in NEEDED[name]))
    first = ibis.row_number().over(ibis.window(group_by=list(table_named(name).key), order_by="row"))
    return followed.mutate(place=first).filter(lambda row: row.place == 0).drop("place")


def _none_of(name: str) -> ir.Table:
    return empty_table({column: table_named(name).types[column] for column in FOLLOWED[name]})
