"""From what was written to standard rows: the rules are run, and every row received gets its one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from onrecord.engine import Engine, empty_text_table, table_of
from onrecord.intake.check import Judgement, Sent, View, judge
from onrecord.intake.check.values import with_every_column
from onrecord.intake.rows import Account, Held, Rows
from onrecord.intake.written import Written
from onrecord.settings import Settings
from onrecord.standard import STANDARD_VERSION, VERSIONS, codelists
from onrecord.standard.periods import Period, parse_period
from onrecord.standard.records import TABLES, table_named, tables_at
from onrecord.standard.rules import ERROR, Rule, all_rules
from onrecord.standard.schema import Table

LEANS = "leans_on_held"
HELD_SHOWN = 1000


@dataclass(frozen=True)
class Checked:
    """What was sent, judged.

    Attributes:
        rows: the standard rows that can be accepted, and where every row received went.
        judgement: how every rule went.
        views: record to all its rows, held ones among them.
        held: record to the numbers of its held rows.
        written: how the rows were written; None where an adapter read another layout.
        by_record: record to its account.
        zero_return: whether the sender says that there was nothing in the period, and sent nothing.
        says_nothing: whether the sender says so, whatever was sent.
        period: the period that the rows were judged by, if it is known.
    """

    rows: Rows
    judgement: Judgement
    views: Mapping[str, View]
    held: Mapping[str, ir.Table] = field(default_factory=dict)
    written: Written | None = None
    by_record: Mapping[str, Account] = field(default_factory=dict)
    zero_return: bool = False
    says_nothing: bool = False
    period: Period | None = None


def check_adapted(engine: Engine, rows: Rows, period: Period | None, rules: Sequence[Rule] | None = None) -> Checked:
    """Run the rules on what an adapter read. A layout without a column has left nothing out: its rules are skipped."""
    views = {name: _numbered(engine, name, table) for name, table in rows.tables.items()}
    judgement = judge(engine, Sent(views, period), rules if rules is not None else all_rules())
    return Checked(rows, judgement, views)


def check_written(
    engine: Engine,
    written: Written,
    as_at: date | None,
    period: Period | None,
    previous: Mapping[str, ir.Table] | None,
    previous_period: Period | None,
    settings: Settings,
    rules: Sequence[Rule] | None = None,
) -> Checked:
    """Run the rules on rows as they were written, and make standard rows of those that no error holds.

    Args:
        engine: an open engine.
        written: the rows.
        as_at: the day they speak for, where the sender declared one outside the return.
        period: the period they were sent for; without it, the one that the return names.
        previous: the tables of the return before, or None.
        previous_period: its period.
        settings: the choices of this run.
        rules: what must hold; without it, all rules.
    """
    views = {name: _complete(table_named(name), rows, name in written.plain) for name, rows in written.records.items()}
    about = _about_the_return(views)
    period = period or about.period
    before = None if previous is None else {name: _numbered(engine, name, rows) for name, rows in previous.items()}
    sent = Sent(views, period, before, previous_period)
    judgement = judge(engine, sent, _of_version(about.version, rules if rules is not None else all_rules()))
    held = _held(engine, judgement, views)
    by_record = {
        name: _account(engine, judgement, view, held.get(name), written.counts.get(name))
        for name, view in views.items()
    }
    account = _together(by_record, written)
    account.check()
    tables = {name: _accepted(view, held.get(name)) for name, view in views.items()}
    days = _days(tables)
    speaks_for = as_at or about.as_at or (period.last_day if period else None) or days[1] or settings.now.date()
    rows = Rows(
        tables=tables,
        agencies=_agencies(tables),
        coverage=_coverage(tables),
        account=account,
        held=_held_addresses(judgement, views, held, written),
        unit=_unit(views),
        counted_row="row",
        first_day=days[0],
        last_day=days[1],
        as_at=speaks_for,
        as_at_says=_as_at_says(as_at, about, period, days[1]),
        notes=(*_without_columns(written, judgement), *written.notes),
    )
    return Checked(rows, judgement, views, held, written, by_record, _is_zero(about, by_record), about.zero, period)


def _without_columns(written: Written, judgement: Judgement) -> list[str]:
    """A note for each column that was not sent, and that a rule misses: the cause of all its findings."""
    missed: dict[str, dict[str, int]] = {}
    for outcome in judgement.outcomes:
        record, field = outcome.rule.record, outcome.rule.field
        if outcome.fails and record in written.records and field not in written.records[record].columns:
            most = missed.setdefault(record, {})
            most[field] = max(outcome.fails, most.get(field, 0))
    return [
        f"{record} was sent without the column {field}, which {rows:,} of its rows need. Is its header misspelt, or "
        "was it left out? The findings about it come from that alone."
        for record, fields in missed.items()
        for field, rows in fields.items()
    ]


def _complete(record: Table, rows: ir.Table, plain: bool) -> View:
    """Every column of the record; those that were not sent are empty, and carried only where they have to be sent."""
    required = [field.name for field in record.fields if field.required]
    return View(record, with_every_column(record, rows), (*rows.columns, *required), plain=plain)


def _numbered(engine: Engine, name: str, rows: ir.Table) -> View:
    """Rows with numbers, put down once: numbers that are made anew for each question may not be the same."""
    if "row" in rows.columns:
        return View(table_named(name), rows)
    numbered = rows.mutate(row=ibis.row_number())
    return View(table_named(name), engine.create_table(gen_name("numbered"), numbered, temp=True))


def _unit(views: Mapping[str, View]) -> str:
    return next((unit for unit in ("report", "assessment") if unit in views), "report")


# ---------------------------------------------------------------- what the return says of itself


@dataclass(frozen=True)
class _Return:
    """What the return says of itself, where it can be read."""

    period: Period | None = None
    as_at: date | None = None
    version: str = STANDARD_VERSION
    zero: bool = False


def _is_zero(about: _Return, by_record: Mapping[str, Account]) -> bool:
    return about.zero and not any(by_record[name].received for name in ("report", "assessment") if name in by_record)


def _of_version(version: str, rules: Sequence[Rule]) -> list[Rule]:
    """The rules about what the return's version of the standard has."""
    columns = {table.name: set(table.columns) for table in tables_at(version)}
    return [rule for rule in rules if rule.field in columns.get(rule.record, ())]


def _about_the_return(views: Mapping[str, View]) -> _Return:
    view = views.get("return")
    if view is None:
        return _Return()
    typed = view.typed.select("period", "as_at", "standard_version", "zero_return").limit(2).to_pyarrow().to_pylist()
    if len(typed) != 1:
        return _Return()
    (row,) = typed
    version = row["standard_version"] if row["standard_version"] in VERSIONS else STANDARD_VERSION
    period = parse_period(row["period"]) if row["period"] else None
    return _Return(period, row["as_at"], version, bool(row["zero_return"]))


def period_of(written: Written) -> Period | None:
    """The period that the return names, where it can be read."""
    return _about_the_return({name: View(table_named(name), rows) for name, rows in written.records.items()}).period


def _as_at_says(as_at: date | None, about: _Return, period: Period | None, last: date | None) -> str:
    if as_at:
        return "declared by the sender"
    if about.as_at:
        return "as the return says"
    if period:
        return "the last day of the period"
    return "the last day of receipt; the return does not say" if last else "today, for no day of receipt can be read"


# ---------------------------------------------------------------- where every row goes


def _held(engine: Engine, judgement: Judgement, views: Mapping[str, View]) -> dict[str, ir.Table]:
    """Record to its held rows: those an error holds, and those that lean on a held row of another record."""
    held: dict[str, ir.Table] = {}
    for table in _leaned_on_first(views):
        own = [judgement.held_rows(table.name)] if _has_errors(judgement, table.name) else []
        count = 0
        while (parts := [*own, *_leaning_rows(table, views, held)]) and (more := _put_down(engine, parts))[1] > count:
            held[table.name], count = more
            if table.name not in _refers(table, views):
                break
            # A row leans on one of its own record (a report that repeats another): those are found once more.
            own = [held[table.name]]
    return held


def _put_down(engine: Engine, parts: Sequence[ir.Table]) -> tuple[ir.Table, int]:
    every = ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0]
    kept = engine.create_table(gen_name("held"), every, temp=True)
    return kept, int(kept.count().to_pyarrow().as_py())


def _leaned_on_first(views: Mapping[str, View]) -> list[Table]:
    """The records, each after those that it refers to."""
    waiting = [table for table in TABLES if table.name in views]
    ordered: list[Table] = []
    while waiting:
        done = {table.name for table in ordered}
        ready = [table for table in waiting if _refers(table, views) - {table.name} <= done]
        ordered += ready
        waiting = [table for table in waiting if table not in ready]
    return ordered


def _refers(table: Table, views: Mapping[str, View]) -> set[str]:
    return {each.refers_to for each in table.fields if each.refers_to in views}


def _has_errors(judgement: Judgement, record: str) -> bool:
    return any(
        outcome.fails and outcome.rule.severity == ERROR and outcome.rule.record == record
        for outcome in judgement.outcomes
    )


def _leaning_rows(table: Table, views: Mapping[str, View], held: Mapping[str, ir.Table]) -> list[ir.Table]:
    view = views[table.name]
    found = []
    for each in table.fields:
        if each.refers_to not in held or each.name not in view.carried:
            continue
        other = views[each.refers_to]
        *shared, last = other.record.key
        if not {*shared} <= view.carried or not {*other.record.key} <= other.carried:
            continue
        names = [*shared, last]
        here = view.rows.select(
            "row", **{to: view.text(of) for to, of in zip(names, [*shared, each.name], strict=True)}
        )
        there = other.rows.semi_join(held[each.refers_to], "row").select(**{name: other.text(name) for name in names})
        found.append(here.semi_join(there, names).select(row=lambda row: row.row.cast("int64")))
    return found


def _account(
    engine: Engine, judgement: Judgement, view: View, held: ir.Table | None, received: int | None = None
) -> Account:
    """The account of one record: a held row is counted under the first rule that holds it."""
    if received is None:
        received = int(view.rows.count().to_pyarrow().as_py())
    if held is None:
        return Account(received, received)
    errors = [
        place
        for place, outcome in enumerate(judgement.outcomes)
        if outcome.rule.record == view.record.name and outcome.rule.severity == ERROR and outcome.fails
    ]
    found = judgement.findings.filter(judgement.findings.rule.isin(errors))
    first = found.group_by("row").agg(rule=found.rule.min())
    by_rule = held.left_join(first, "row").group_by("rule").agg(rows=lambda joined: joined.count())
    reasons = {
        judgement.outcomes[row["rule"]].rule.code if row["rule"] is not None else LEANS: row["rows"]
        for row in by_rule.order_by("rule").to_pyarrow().to_pylist()
    }
    accepted = int(view.rows.anti_join(held, "row").count().to_pyarrow().as_py())
    return Account(received, accepted, reasons)


def _together(by_record: Mapping[str, Account], written: Written) -> Account:
    held: dict[str, int] = {}
    for account in by_record.values():
        for reason, rows in account.held.items():
            held[reason] = held.get(reason, 0) + rows
    return Account(
        received=sum(account.received for account in by_record.values()) + sum(written.left_out.values()),
        accepted=sum(account.accepted for account in by_record.values()),
        held=held,
        out_of_scope=dict(written.left_out),
    )


def _accepted(view: View, held: ir.Table | None) -> ir.Table:
    """The rows that can be accepted, every field of the record a value of its type."""
    rows = view.rows if held is None else view.rows.anti_join(held, "row")
    return view.of(rows).typed.drop("row")


def _held_addresses(
    judgement: Judgement, views: Mapping[str, View], held: Mapping[str, ir.Table], written: Written
) -> tuple[Held, ...]:
    shown: list[Held] = []
    for name, rows in held.items():
        left = HELD_SHOWN - len(shown)
        if left <= 0:
            break
        found = judgement.findings.filter(judgement.findings.rule.isin(_places(judgement, name))).semi_join(rows, "row")
        first = found.group_by("row").agg(rule=found.rule.min())
        listed = views[name].rows.semi_join(rows, "row").left_join(first, "row").select("sheet_no", "line", "rule")
        shown += [
            Held(
                written.sheets[name][row["sheet_no"]].shown,
                row["line"],
                judgement.outcomes[row["rule"]].rule.code if row["rule"] is not None else LEANS,
            )
            for row in listed.order_by("sheet_no", "line").limit(left).to_pyarrow().to_pylist()
        ]
    return tuple(shown)


def _places(judgement: Judgement, record: str) -> list[int]:
    return [
        place
        for place, outcome in enumerate(judgement.outcomes)
        if outcome.rule.record == record and outcome.rule.severity == ERROR
    ]


# ---------------------------------------------------------------- what the accepted rows cover


def _days(tables: Mapping[str, ir.Table]) -> tuple[date | None, date | None]:
    day = {"report": "received_date", "assessment": "start_date"}
    found = [
        tables[name].agg(first=tables[name][column].min(), last=tables[name][column].max()).to_pyarrow().to_pylist()[0]
        for name, column in day.items()
        if name in tables
    ]
    firsts = [row["first"] for row in found if row["first"] is not None]
    lasts = [row["last"] for row in found if row["last"] is not None]
    return min(firsts, default=None), max(lasts, default=None)


def _agencies(tables: Mapping[str, ir.Table]) -> ir.Table:
    """The agencies that the rows name; one that is in no list stands under its own identifier."""
    named = [
        tables[name].select("agency_id").filter(lambda row: row.agency_id.notnull())
        for name in ("report", "assessment", "coverage")
        if name in tables
    ]
    if not named:
        return empty_text_table(*codelists.AGENCY_COLUMNS).mutate(carries_outcomes=True)
    every = ibis.union(*named, distinct=True) if len(named) > 1 else named[0].distinct()
    known = table_of(codelists.agencies())
    found = every.left_join(known, "agency_id")
    return found.select(
        agency_id=found.agency_id,
        agency=ibis.coalesce(found.agency, found.agency_id),
        area_code=found.area_code,
        area=ibis.coalesce(found.area, found.agency_id),
        nation=ibis.coalesce(found.nation, "not stated"),
        level=ibis.coalesce(found.level, ""),
        carries_outcomes=ibis.literal(True),
    )


def _coverage(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Agency and month: as the return says, else the months that its rows are from."""
    if "coverage" in tables:
        return tables["coverage"].select("agency_id", "month", "state").distinct()
    if "report" not in tables:
        return empty_text_table("agency_id", "month", "state")
    months = tables["report"].select("agency_id", month=tables["report"].received_date.strftime("%Y-%m")).distinct()
    return months.mutate(state=ibis.literal("reported"))
