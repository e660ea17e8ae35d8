"""Runs the rules: every rule ends in one of five states, and what fails is a table of findings.

The rules that look at a row, and at the rows that share a key with it, are run together, in one pass a record: each
row is marked with the rules that apply to it and those it fails, and the marks are counted. What a row says by itself
is marked before the answers of other rows are laid beside it, so that joins carry marks and not text. Putting
expressions together takes longer than running them on a small return, so a plan is made once for every shape of return
and kept.

A rule that cannot be run is *errored*: that is the rule's fault, never the
sender's, and nothing is accepted until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from operator import add
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from onrecord.engine import (
    BITS,
    Engine,
    Marked,
    counted_by,
    empty_table,
    named,
    rows_of,
    statement,
    table_from,
    view_from,
    was_stopped,
)
from onrecord.errors import Interrupted
from onrecord.intake.check.lookup_forms import LOOKUP_FORMS
from onrecord.intake.check.lookups import Lookups
from onrecord.intake.check.row_forms import ROW_FORMS, Judged, RowForm, Subject
from onrecord.intake.check.set_forms import FOUND, SET_FORMS, Found
from onrecord.intake.check.values import ROW, MissingInput, Sent, View
from onrecord.standard.periods import Period
from onrecord.standard.rules import ERROR, Rule
from onrecord.standard.schema import Table

PASSED, FAILED, NOT_APPLICABLE, SKIPPED, ERRORED = "passed", "failed", "not applicable", "skipped", "errored"
STATES: Mapping[str, str] = {
    PASSED: "it applied to rows, and all of them pass",
    FAILED: "it applied to rows, and some of them fail",
    NOT_APPLICABLE: "no row has what it looks at",
    SKIPPED: "what it needs was not sent",
    ERRORED: "the rule could not be run: a fault in the rule, not in what was sent",
}
FINDINGS = {"rule": "int64", "row": "int64", "key": "string", "value": "string"}


@dataclass(frozen=True)
class Outcome:
    """How one rule went.

    Attributes:
        rule: the rule.
        state: one of ``STATES``.
        applies: rows it applies to.
        fails: findings.
        why: for a skipped or errored rule, what was missing or what went wrong; never a value.
    """

    rule: Rule
    state: str
    applies: int = 0
    fails: int = 0
    why: str = ""


@dataclass(frozen=True)
class Judgement:
    """How every rule went, and what failed.

    Attributes:
        outcomes: one for every rule, in order.
        findings: a table of the engine: rule (its place in ``outcomes``), row, key, value.
    """

    outcomes: tuple[Outcome, ...]
    findings: ir.Table

    @property
    def errored(self) -> tuple[Outcome, ...]:
        """The rules that could not be run."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == ERRORED)

    def held_rows(self, record: str) -> ir.Table:
        """The numbers of the rows of a record that a rule of severity *error* holds."""
        errors = [
            place
            for place, outcome in enumerate(self.outcomes)
            if outcome.rule.severity == ERROR and outcome.rule.record == record and outcome.fails
        ]
        found = self.findings
        return found.filter(found.rule.isin(errors), found.row.notnull()).select("row").distinct()


def no_findings() -> ir.Table:
    """The findings where there are none."""
    return empty_table(FINDINGS)


def judge(engine: Engine, sent: Sent, rules: Sequence[Rule]) -> Judgement:
    """Run rules on what was sent.

    Args:
        engine: an open engine, which holds the rows.
        sent: the rows.
        rules: what must hold.

    Returns:
        One outcome for every rule, and the findings.
    """
    shape = _shape(sent)
    for name, view in _named_rows(sent).items():
        named(engine, f"{WRITTEN_OF}{name}", view.rows)
        view_from(engine, name, _with_values(shape, name))
    outcomes: dict[int, Outcome] = {}
    found: list[ir.Table] = []
    by_record: dict[str, list[tuple[int, Rule]]] = {}
    for place, rule in enumerate(rules):
        by_record.setdefault(rule.record, []).append((place, rule))
    for record, placed in by_record.items():
        for forms in (MARKING_FORMS, SET_FORMS):
            chosen = tuple((place, rule) for place, rule in placed if rule.form in forms)
            done = _run(engine, shape, record, chosen)
            outcomes |= done.outcomes
            found += done.found
    return Judgement(tuple(outcomes[place] for place in range(len(rules))), _united(found) if found else no_findings())


@dataclass
class _Done:
    """What came of some rules."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    found: list[ir.Table] = field(default_factory=list)


def _run(engine: Engine, shape: _Shape, record: str, placed: _Placed) -> _Done:
    """All of them in one go; where that breaks, one rule at a time finds the culprit."""
    if not placed:
        return _Done()
    plan = _plan(_narrowed(shape, record, placed), record, placed)
    done = _Done(dict(plan.outcomes))
    try:
        _carry_out(engine, plan, dict(placed), done)
    except (Interrupted, KeyboardInterrupt, MemoryError):
        raise
    except Exception as error:
        if was_stopped(error):
            raise
        if len(placed) == 1:
            ((place, rule),) = placed
            return _Done({place: _errored(rule, error)})
        done = _Done()
        for one in placed:
            alone = _run(engine, shape, record, (one,))
            done.outcomes |= alone.outcomes
            done.found += alone.found
    return done


def _errored(rule: Rule, error: Exception) -> Outcome:
    # Whatever a rule does wrong is the rule's. It is named by the kind of fault: a message may quote a value.
    return Outcome(rule, ERRORED, why=type(error).__name__)


def _carry_out(engine: Engine, plan: _Plan, rules: Mapping[int, Rule], done: _Done) -> None:
    if plan.marks:
        # The rows are marked, and the marks laid out, a finding a row.
        marked = Marked(MARKS, MARK, plan.fails)
        marked.put_down(engine, plan.marks, ROW)
        held = table_from(engine, gen_name("found"), marked.laid_out, FINDINGS)
        applies = marked.counted(engine, plan.applies)
    elif plan.failing:
        held = table_from(engine, gen_name("found"), plan.failing, FINDINGS)
        applies = {int(row["rule"]): int(row["applies"] or 0) for row in rows_of(engine, plan.counting)}
    else:
        return
    fails = counted_by(engine, held.get_name(), "rule")
    for place, count in applies.items():
        done.outcomes[place] = _outcome(rules[place], count, fails.get(place, 0))
    if fails:
        done.found.append(held)
    engine.drop_table(MARKS, force=True)


# ---------------------------------------------------------------- plans: made once for returns of one shape

_Placed = tuple[tuple[int, Rule], ...]
_RECORDS: dict[int, Table] = {}
# The forms that ask which records were sent at all.
LOOK_AT_ALL = frozenset({"tables_sent"})
ROWS_OF, BEFORE_OF, WRITTEN_OF = "rows_of_", "before_of_", "written_of_"
MARKING_FORMS: Mapping[str, RowForm] = {**ROW_FORMS, **LOOKUP_FORMS}
# The table of marks, and what its columns begin with.
MARKS, MARK = "marks", "mark_"


class _Schema(NamedTuple):
    """A view without its rows: the record's declaration is given by its number, for it cannot be a key itself."""

    name: str
    declared: int
    columns: ibis.Schema
    carried: frozenset[str]
    plain: bool

    @classmethod
    def of(cls, name: str, view: View) -> _Schema:
        """What is known of a view but for its rows."""
        return cls(name, _known(view.record), view.rows.schema(), view.carried, view.plain)

    def view(self, table: str) -> View:
        """The view of rows that are called by a name."""
        rows = ibis.table(self.columns, name=table)
        return View(_RECORDS[self.declared], rows, self.carried, plain=self.plain)


_Schemas = tuple[_Schema, ...]


@dataclass(frozen=True)
class _Shape:
    """What rules depend on but for the rows themselves: which columns were sent, for which period."""

    records: _Schemas
    period: Period | None
    previous: _Schemas | None
    previous_period: Period | None

    def written(self, name: str) -> View:
        """The rows of that name as they were written."""
        prefix, schemas = (ROWS_OF, self.records) if name.startswith(ROWS_OF) else (BEFORE_OF, self.previous or ())
        return next(each for each in schemas if f"{prefix}{each.name}" == name).view(f"{WRITTEN_OF}{name}")


def _narrowed(shape: _Shape, record: str, placed: _Placed) -> _Shape:
    """The shape without the records that none of these rules looks at: a plan then serves more returns."""
    if any(rule.form in LOOK_AT_ALL for _, rule in placed):
        return shape
    said = " ".join(str(rule.parameters) for _, rule in placed)
    own = next((_RECORDS[each.declared] for each in shape.records if each.name == record), None)
    leaned_on = {each.refers_to for each in own.fields} if own else set()

    def kept(schemas: _Schemas) -> _Schemas:
        return tuple(each for each in schemas if each.name in {record, *leaned_on} or f"'{each.name}'" in said)

    return replace(
        shape,
        records=kept(shape.records),
        previous=None if shape.previous is None else kept(shape.previous),
    )


@lru_cache(maxsize=256)
def _sent_in(shape: _Shape) -> Sent:
    """The rows, and the values read from them, as tables that are known by name alone."""
    previous = None if shape.previous is None else _by_name(shape.previous, BEFORE_OF)
    return Sent(_by_name(shape.records, ROWS_OF), shape.period, previous, shape.previous_period)


def _shape(sent: Sent) -> _Shape:
    previous = None if sent.previous is None else _schemas(sent.previous)
    return _Shape(_schemas(sent.records), sent.period, previous, sent.previous_period)


def _schemas(views: Mapping[str, View]) -> _Schemas:
    return tuple(_Schema.of(name, view) for name, view in views.items())


def _by_name(schemas: _Schemas, prefix: str) -> dict[str, View]:
    views = {each.name: each.view("") for each in schemas}
    return {
        name: view.of(ibis.table(view.with_values.schema(), name=f"{prefix}{name}")) for name, view in views.items()
    }


def _known(record: Table) -> int:
    """The number of a declaration. It is kept, so that no other gets that number."""
    _RECORDS[id(record)] = record
    return id(record)


def _named_rows(sent: Sent) -> dict[str, View]:
    now = {f"{ROWS_OF}{name}": view for name, view in sent.records.items()}
    return now | {f"{BEFORE_OF}{name}": view for name, view in (sent.previous or {}).items()}


@dataclass(frozen=True)
class _Plan:
    """What to run for some rules of one record.

    Attributes:
        outcomes: the rules that need no run: skipped, or broken when they were put together.
        marks: for rules that mark rows, a statement that gives each row's number and its marks.
        applies: rule to the bit that says that it applies; several rules may share one.
        fails: rule to the bit that says that it fails.
        counting: for the others, a statement that gives each rule and how many rows it applies to.
        failing: a statement that gives the findings; empty where no rule is left to run.
    """

    outcomes: Mapping[int, Outcome]
    marks: str = ""
    applies: Mapping[int, int] = field(default_factory=dict)
    fails: Mapping[int, int] = field(default_factory=dict)
    counting: str = ""
    failing: str = ""


@lru_cache(maxsize=256)
def _with_values(shape: _Shape, name: str) -> str:
    """The statement that lays the values read from rows beside them."""
    return statement(shape.written(name).with_values)


@lru_cache(maxsize=4096)
def _plan(shape: _Shape, record: str, placed: _Placed) -> _Plan:
    """Put rules together. Making the statements takes far longer than running them on a small return."""
    sent = _sent_in(shape)
    view = sent.records.get(record)
    if view is None:
        return _Plan({place: Outcome(rule, SKIPPED, why=f"no table {record} was sent") for place, rule in placed})
    outcomes: dict[int, Outcome] = {}
    lookups = Lookups(sent, view)
    judged, asking = _put_together(placed, view, lookups, outcomes)
    in_rows = {place: each for place, each in judged.items() if isinstance(each, Judged)}
    in_sets = {place: each for place, each in judged.items() if isinstance(each, Found)}
    if in_rows:
        own = {place: each for place, each in in_rows.items() if place not in asking}
        return _marking(outcomes, lookups, own, tuple(each for each in placed if each[0] in asking))
    return _Plan(outcomes, counting=_all_of(_counted(in_sets)), failing=_all_of(_numbered(in_sets)))


def _put_together(
    placed: _Placed, view: View, lookups: Lookups, outcomes: dict[int, Outcome]
) -> tuple[dict[int, Judged | Found], set[int]]:
    """Each rule's expressions, and which of them ask other rows; those that cannot be had go to ``outcomes``."""
    forms: Mapping[str, Callable[..., Judged | Found]] = {**MARKING_FORMS, **SET_FORMS}
    judged: dict[int, Judged | Found] = {}
    asking: set[int] = set()
    for place, rule in placed:
        asked_before = lookups.asks
        try:
            seen = view.filled if rule.severity == ERROR else view
            judged[place] = forms[rule.form](Subject(seen, rule.field, lookups.sent, lookups), **rule.parameters)
        except MissingInput as missing:
            outcomes[place] = Outcome(rule, SKIPPED, why=str(missing))
        except Exception as error:
            outcomes[place] = _errored(rule, error)
        else:
            if lookups.asks > asked_before:
                asking.add(place)
    return judged, asking


def _marking(outcomes: dict[int, Outcome], lookups: Lookups, judged: Mapping[int, Judged], asking: _Placed) -> _Plan:
    """Mark each row with a bit for every condition under which rules apply, and one for every rule that it fails.

    The rules that ask are put together once more, when the answers to their questions lie beside the rows.
    """
    own = _Marks.of(judged)
    view = lookups.answered(own.columns)
    again, _ = _put_together(asking, view, lookups, outcomes)
    theirs = _Marks.of({place: each for place, each in again.items() if isinstance(each, Judged)}, own)
    if not own.fails and not theirs.fails:
        return _Plan(outcomes)
    rows = view.rows
    marks = {**{name: rows[name] for name in own.columns}, **theirs.columns}
    return _Plan(
        outcomes,
        statement(rows.select(row=rows[ROW].cast("int64"), **marks)),
        {**own.applies, **theirs.applies},
        {**own.fails, **theirs.fails},
    )


@dataclass(frozen=True)
class _Marks:
    """Columns of marks, and which bit in them is whose: one for every rule, and one for every condition.

    Attributes:
        columns: whole numbers, ``BITS`` marks in each, by name.
        applies: rule to the bit that says that it applies; several rules may share one.
        fails: rule to the bit that says that it fails.
    """

    columns: Mapping[str, ir.IntegerValue] = field(default_factory=dict)
    applies: Mapping[int, int] = field(default_factory=dict)
    fails: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, judged: Mapping[int, Judged], behind: _Marks | None = None) -> _Marks:
        """The marks of some rules, in columns of their own behind others.

        Whether a row fails is asked only where the rule applies to it, once for all the rules that apply alike.
        """
        columns: dict[str, ir.IntegerValue] = {}
        applies: dict[int, int] = {}
        fails: dict[int, int] = {}
        bit = _next_column(behind.fails) if behind else 0
        for condition, places in _applying_alike(judged):
            if bit % BITS + len(places) >= BITS:
                bit = _next_column(fails)
            applies |= dict.fromkeys(places, bit)
            fails |= {place: number for number, place in enumerate(places, bit + 1)}
            marks = reduce(add, [_mark(judged[place].fails, fails[place]) for place in places], _in_place(bit))
            marks = ibis.ifelse(condition, marks, 0)
            name = f"{MARK}{bit // BITS}"
            columns[name] = columns[name] + marks if name in columns else marks
            bit += 1 + len(places)
        return cls(columns, applies, fails)


def _next_column(bits: Mapping[int, int]) -> int:
    """The first bit of the column behind those that are taken."""
    return (max(bits.values()) // BITS + 1) * BITS if bits else 0


def _applying_alike(judged: Mapping[int, Judged]) -> list[tuple[ir.BooleanValue, list[int]]]:
    """Each condition under which rules apply, with those rules; no more of them than a column has marks for."""
    found: dict[Any, tuple[ir.BooleanValue, list[int]]] = {}
    for place, each in judged.items():
        found.setdefault(each.applies.op(), (each.applies, []))[1].append(place)
    most = BITS - 1
    return [
        (condition, places[first : first + most])
        for condition, places in found.values()
        for first in range(0, len(places), most)
    ]


def _mark(condition: ir.BooleanValue, bit: int) -> ir.IntegerValue:
    """The mark where a condition holds; where it is null, it does not."""
    return ibis.ifelse(condition, _in_place(bit), 0)


def _in_place(bit: int) -> ir.IntegerScalar:
    return ibis.literal(1 << bit % BITS, "int64")


def _all_of(tables: Sequence[ir.Table]) -> str:
    """One statement after the other: put together as one expression they would take many times as long to make."""
    return " UNION ALL ".join(f"({statement(table)})" for table in tables)


def _counted(found: Mapping[int, Found]) -> list[ir.Table]:
    return [
        each.applies.name("applies").as_table().mutate(rule=ibis.literal(place, "int64"))
        .select("rule", applies=lambda row: row.applies.cast("int64"))
        for place, each in found.items()
    ]  # fmt: skip


def _numbered(found: Mapping[int, Found]) -> list[ir.Table]:
    return [
        each.failing.select(*FOUND).mutate(rule=ibis.literal(place, "int64")).select(*FINDINGS)
        for place, each in found.items()
    ]


def _united(tables: Sequence[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def _outcome(rule: Rule, applies: int, fails: int) -> Outcome:
    state = FAILED if fails else PASSED if applies else NOT_APPLICABLE
    return Outcome(rule, state, applies, fails)
