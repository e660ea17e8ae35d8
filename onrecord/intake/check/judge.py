"""Runs the rules: every rule ends in one of five states, and what fails is a table of findings.

The rules that look at one row are run together, in one pass a record. Putting expressions together takes longer
than running them on a small return, so a plan is made once for every shape of return and kept.

A rule that cannot be run is *errored*: that is the rule's fault, never the
sender's, and nothing is accepted until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from onrecord.engine import Engine, counted_by, named, rows_of, statement, table_from, was_stopped
from onrecord.errors import Interrupted
from onrecord.intake.check.row_forms import ROW_FORMS, Judged, Subject
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
    return ibis.memtable([], schema=FINDINGS)


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
        named(engine, name, view.rows)
    outcomes: dict[int, Outcome] = {}
    found: list[ir.Table] = []
    by_record: dict[str, list[tuple[int, Rule]]] = {}
    for place, rule in enumerate(rules):
        by_record.setdefault(rule.record, []).append((place, rule))
    for record, placed in by_record.items():
        if record in sent.records and (values := _values_of(shape, record)) is not None:
            table_from(engine, f"{VALUES_OF}{record}", *values)
        for forms in (frozenset(ROW_FORMS), frozenset(SET_FORMS)):
            chosen = tuple((place, rule) for place, rule in placed if rule.form in forms)
            done = _run(engine, shape, record, chosen)
            outcomes |= done.outcomes
            found += done.found
        # The values of millions of rows are not kept while other records are looked at.
        engine.drop_table(f"{VALUES_OF}{record}", force=True)
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
    plan = _plan(shape, record, placed)
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
    if not plan.failing:
        return
    applies = {int(row["rule"]): int(row["applies"] or 0) for row in rows_of(engine, plan.applies)}
    held = table_from(engine, gen_name("found"), plan.failing, FINDINGS)
    fails = counted_by(engine, held.get_name(), "rule")
    for place, count in applies.items():
        done.outcomes[place] = _outcome(rules[place], count, fails.get(place, 0))
    if fails:
        done.found.append(held)


# ---------------------------------------------------------------- plans: made once for returns of one shape

_Placed = tuple[tuple[int, Rule], ...]
# Of each record: its name, its declaration (by number), the columns that were sent.
_Schemas = tuple[tuple[str, int, ibis.Schema], ...]
_RECORDS: dict[int, Table] = {}
ROWS_OF, BEFORE_OF, VALUES_OF = "rows_of_", "before_of_", "values_of_"


@dataclass(frozen=True)
class _Shape:
    """What rules depend on but for the rows themselves: which columns were sent, for which period."""

    records: _Schemas
    period: Period | None
    previous: _Schemas | None
    previous_period: Period | None

    def sent(self) -> Sent:
        """The rows as tables that are known by name alone."""
        previous = None if self.previous is None else _by_name(self.previous, BEFORE_OF)
        return Sent(_by_name(self.records, ROWS_OF), self.period, previous, self.previous_period)


def _shape(sent: Sent) -> _Shape:
    previous = None if sent.previous is None else _schemas(sent.previous)
    return _Shape(_schemas(sent.records), sent.period, previous, sent.previous_period)


def _schemas(views: Mapping[str, View]) -> _Schemas:
    return tuple((name, _known(view.record), view.rows.schema()) for name, view in views.items())


def _by_name(schemas: _Schemas, prefix: str) -> dict[str, View]:
    return {name: View(_RECORDS[known], ibis.table(schema, name=f"{prefix}{name}")) for name, known, schema in schemas}


def _known(record: Table) -> int:
    """The number of a declaration, which cannot be a key itself. It is kept, so that no other gets that number."""
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
        applies: a statement that gives each rule and how many rows it applies to.
        failing: a statement that gives the findings; empty where no rule is left to run.
    """

    outcomes: Mapping[int, Outcome]
    applies: str = ""
    failing: str = ""


@lru_cache(maxsize=256)
def _values_of(shape: _Shape, record: str) -> tuple[str, Mapping[str, str]] | None:
    """The statement that reads the values of a record's rows, and the types of its columns."""
    values = shape.sent().records[record].values
    return None if values is None else (statement(values), {name: str(kind) for name, kind in values.schema().items()})


@lru_cache(maxsize=4096)
def _plan(shape: _Shape, record: str, placed: _Placed) -> _Plan:
    """Put rules together. Making the statements takes far longer than running them on a small return."""
    sent = shape.sent()
    view = sent.records.get(record)
    if view is None:
        return _Plan({place: Outcome(rule, SKIPPED, why=f"no table {record} was sent") for place, rule in placed})
    outcomes: dict[int, Outcome] = {}
    judged: dict[int, Judged | Found] = {}
    with_values = _with_values(view)
    for place, rule in placed:
        try:
            judged[place] = _judged(rule, with_values if rule.form in ROW_FORMS else view, sent)
        except MissingInput as missing:
            outcomes[place] = Outcome(rule, SKIPPED, why=str(missing))
        except Exception as error:
            outcomes[place] = _errored(rule, error)
    if not judged:
        return _Plan(outcomes)
    in_rows = {place: each for place, each in judged.items() if isinstance(each, Judged)}
    in_sets = {place: each for place, each in judged.items() if isinstance(each, Found)}
    if in_rows:
        return _Plan(
            outcomes, statement(_applies(with_values, in_rows)), statement(_failing_rows(with_values, in_rows))
        )
    return _Plan(outcomes, _all_of(_counted(in_sets)), _all_of(_numbered(in_sets)))


def _judged(rule: Rule, view: View, sent: Sent) -> Judged | Found:
    forms: Mapping[str, Callable[..., Judged | Found]] = {**ROW_FORMS, **SET_FORMS}
    return forms[rule.form](Subject(view, rule.field, sent), **rule.parameters)


def _with_values(view: View) -> View:
    """The rows with the values that were read from them beside."""
    values = view.values
    if values is None:
        return view
    read = ibis.table(values.schema(), name=f"{VALUES_OF}{view.record.name}")
    return View(view.record, view.rows.inner_join(read, ROW))


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


def _applies(view: View, judged: Mapping[int, Judged]) -> ir.Table:
    """Rule and to how many rows it applies. Most apply where a field is given, so many share one count."""
    conditions = {each.applies.op(): each.applies for each in judged.values()}
    names = {condition: f"applies_{number}" for number, condition in enumerate(conditions)}
    counts = view.rows.agg(**{names[key]: view.rows.count(where=applies) for key, applies in conditions.items()})
    pairs = [
        ibis.struct({"rule": ibis.literal(place, "int64"), "applies": counts[names[each.applies.op()]].cast("int64")})
        for place, each in judged.items()
    ]
    return counts.select(pair=ibis.array(pairs)).unnest("pair").unpack("pair")


def _failing_rows(view: View, judged: Mapping[int, Judged]) -> ir.Table:
    """A row a finding. Few rows fail at all: those are found first, then the list of the rules that each fails."""
    failed = {place: each.applies & each.fails for place, each in judged.items()}
    failing = view.rows.filter(reduce(or_, failed.values()))
    codes = ibis.array([ibis.ifelse(fails, ibis.literal(place, "int64"), None) for place, fails in failed.items()])
    listed = failing.select(row=view.rows[ROW].cast("int64"), rule=codes.filter(lambda code: code.notnull()))
    laid = listed.unnest("rule")
    return laid.select("rule", "row", key=ibis.null("string"), value=ibis.null("string"))
