"""Every rule is tried on its own two examples, among all the other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from onrecord.engine import Engine, open_engine
from onrecord.intake.check import ERRORED, FAILED, Judgement, Sent, View, judge
from onrecord.intake.check.lookup_forms import LOOKUP_FORMS
from onrecord.intake.check.row_forms import ROW_FORMS
from onrecord.intake.check.set_forms import SET_FORMS
from onrecord.intake.findings import NAMED
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.export import text_file
from onrecord.standard.periods import parse_period
from onrecord.standard.records import TABLES, table_named
from onrecord.standard.rules import Example, Rule, all_rules, sound_example
from onrecord.standard.rules.shape import Rows
from onrecord.standard.schema import Field

# Rules that weigh a whole table see every example in it; theirs are tried one at a time.
WHOLE_TABLE = frozenset(
    {
        "at_most_rows",
        "changes_by_more_than",
        "every_month",
        "growing_share",
        "tables_sent",
        "vanished",
        "went_backwards",
    }
)
RULES = {rule.code: rule for rule in all_rules()}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(Settings(threads=2)) as opened:
        yield opened


@cache
def _names_a_row(record: str) -> frozenset[str]:
    table = table_named(record)
    return frozenset({*table.key, *(field.name for field in table.fields if field.refers_to)}) - {
        "month",
        "role",
        "measure",
    }


def _as_read(record: str, rows: Sequence[Mapping[str, str]], examples: Sequence[int]) -> pa.Table:
    """Rows as they look when they have been read (an empty cell is null), with the number of their example."""
    columns = {
        name: pa.array([row.get(name) or None for row in rows], pa.string()) for name in table_named(record).columns
    }
    return pa.table(
        {"row": pa.array(range(len(rows)), pa.int64()), "example": pa.array(examples, pa.int64()), **columns}
    )


def _apart(record: str, row: Mapping[str, str], example: int) -> dict[str, str]:
    """The row with identifiers of its own, so that examples in one table do not meet."""
    apart = _names_a_row(record)
    return {name: f"{example}~{value}" if name in apart and value else value for name, value in row.items()}


def _together(examples: Sequence[Rows]) -> dict[str, View]:
    views = {}
    for table in TABLES:
        rows = [
            (_apart(table.name, row, number), number)
            for number, each in enumerate(examples)
            for row in each.get(table.name, ())
        ]
        if any(table.name in each for each in examples):
            views[table.name] = View(
                table, ibis.memtable(_as_read(table.name, [row for row, _ in rows], [number for _, number in rows]))
            )
    return views


def _that_can_tell(examples: Sequence[Example]) -> list[Rule]:
    """The rules that can find something in the examples.

    Where an example is by itself, those about a record that it changes, or that look at such a record, or back: the
    others see what they see in the sound example. Where examples stand together, those that do not count returns.
    """
    if len(examples) > 1:
        return [rule for rule in all_rules() if rule.form != "at_most_rows"]
    (example,) = examples
    changed = {name for name in table_names() if example.rows.get(name) != sound_example().rows.get(name)}
    if example.period != sound_example().period or (not changed and not example.previous):
        return list(all_rules())
    return [
        rule
        for rule in all_rules()
        if rule.record in changed
        or any(f"'{name}'" in str(rule.parameters) for name in changed)
        or (example.previous and rule.category in ("history", "across returns"))
    ]


def table_names() -> list[str]:
    return [table.name for table in TABLES]


def _judged(engine: Engine, examples: Sequence[Example]) -> tuple[Judgement, list[set[str]]]:
    """All rules on examples of one period; what failed in each of them."""
    period = parse_period(examples[0].period)
    views = _together([example.rows for example in examples])
    previous = _together([example.previous for example in examples]) if examples[0].previous else None
    judgement = judge(engine, Sent(views, period, previous, period), _that_can_tell(examples))
    failed: list[set[str]] = [set() for _ in examples]
    found = judgement.findings.to_pyarrow().to_pylist()
    for name, view in views.items():
        example = dict(zip(*view.rows.select("row", "example").to_pyarrow().to_pydict().values(), strict=True))
        for finding in found:
            rule = judgement.outcomes[finding["rule"]].rule
            if rule.record == name:
                failed[example[finding["row"]] if finding["row"] is not None else 0].add(rule.code)
    assert [outcome for outcome in judgement.outcomes if outcome.state == ERRORED] == []
    return judgement, failed


def _tried(engine: Engine, examples: Mapping[str, Example]) -> dict[str, set[str]]:
    """Rule to what failed in its example."""
    failed: dict[str, set[str]] = {}
    by_period: dict[str, list[str]] = {}
    for code, example in examples.items():
        if RULES[code].form in WHOLE_TABLE:
            failed[code] = _judged(engine, [example])[1][0]
        else:
            by_period.setdefault(example.period, []).append(code)
    for codes in by_period.values():
        failed |= dict(zip(codes, _judged(engine, [examples[code] for code in codes])[1], strict=True))
    return failed


@pytest.fixture(scope="module")
def failing(engine: Engine) -> dict[str, set[str]]:
    return _tried(engine, {code: rule.fails for code, rule in RULES.items()})


@pytest.fixture(scope="module")
def passing(engine: Engine) -> dict[str, set[str]]:
    return _tried(engine, {code: rule.passes for code, rule in RULES.items()})


def test_the_sound_example_passes_every_rule(engine: Engine) -> None:
    judgement, failed = _judged(engine, [sound_example()])
    assert failed == [set()]
    assert [outcome.rule.code for outcome in judgement.outcomes if outcome.state == FAILED] == []


@pytest.mark.parametrize("code", RULES)
def test_a_rule_alone_catches_its_failing_example(code: str, failing: dict[str, set[str]]) -> None:
    assert failing[code] == {code}


@pytest.mark.parametrize("code", RULES)
def test_nothing_is_found_in_a_passing_example(code: str, passing: dict[str, set[str]]) -> None:
    assert passing[code] == set()


@pytest.mark.parametrize("code", RULES)
def test_a_rule_applies_to_its_passing_example(code: str, engine: Engine) -> None:
    """One that looks at nothing passes nothing. The rule runs by itself."""
    rule, period = RULES[code], parse_period(RULES[code].passes.period)
    previous = _together([rule.passes.previous]) if rule.passes.previous else None
    (outcome,) = judge(engine, Sent(_together([rule.passes.rows]), period, previous, period), [rule]).outcomes
    assert (outcome.state, outcome.applies > 0) == ("passed", True)


def test_every_field_has_its_rules() -> None:
    ruled = {(rule.record, rule.field) for rule in all_rules()}
    assert [
        (table.name, field.name) for table in TABLES for field in table.fields if (table.name, field.name) not in ruled
    ] == []


def test_every_rule_has_a_form_and_every_form_a_rule() -> None:
    assert {rule.form for rule in all_rules()} == {*ROW_FORMS, *LOOKUP_FORMS, *SET_FORMS}


def test_a_rule_points_at_a_field_of_its_record() -> None:
    for rule in all_rules():
        assert rule.field in table_named(rule.record).columns, rule.code


@pytest.mark.parametrize("code", RULES)
def test_a_sentence_has_places_for_fields_of_the_record_alone(code: str) -> None:
    rule = RULES[code]
    places = set(NAMED.findall(rule.says))
    assert places <= {"value", "key", *table_named(rule.record).columns}


LONGEST_RULE = 15


def test_no_rule_with_its_examples_is_longer_than_a_page_can_bear() -> None:
    """A rule of one comparison takes 68 lines in a checker of today; here none takes more than fifteen."""
    folder = Path(str(files("onrecord.standard.rules")))
    lengths = {}
    for path in sorted(folder.glob("*.yaml")):
        lines = path.read_text(encoding="utf-8").splitlines()
        begins = [place for place, line in enumerate(lines) if line.startswith("- code:")]
        for begin, end in pairwise([*begins, len(lines)]):
            lengths[lines[begin].split()[-1]] = len([line for line in lines[begin:end] if line.strip()])
    assert len(lengths) > 200
    assert {code: length for code, length in lengths.items() if length > LONGEST_RULE} == {}


def test_every_measure_that_a_rule_names_is_in_the_list() -> None:
    assert {measure for rule in all_rules() for measure in rule.moves} <= set(codelists.codes("measures"))


BY_DATE = [
    (table.name, field)
    for table in TABLES
    for field in table.fields
    if field.code_list
    and any(
        row.get("verified") == "yes" and (row.get("valid_from") or row.get("valid_to"))
        for row in codelists.load(field.code_list)
        if not field.scheme or row["scheme"] == field.scheme
    )
]


@pytest.mark.parametrize(("record", "field"), BY_DATE)
def test_a_code_that_has_dates_is_judged_by_the_date_of_the_fact_or_said_not_to_be(record: str, field: Field) -> None:
    name = f"{record}.{field.name}"
    judged = f"{name}.in_force" in RULES or name == "involvement.factors"
    said = f"`{name}` was in force" in text_file("conformance.md").decode()
    assert judged != said


def test_every_kind_of_event_can_carry_an_outcome_or_is_named_by_a_rule_that_says_it_cannot() -> None:
    rules = ("on_another_kind", "on_a_protective_action")
    named = [kind for rule in rules for kind in RULES[f"event.outcome_code.{rule}"].parameters["if"]["kind"]["is"]]
    carry = [
        "outcome",
        "outcome withdrawn",
        "charge withdrawn",
        "court result",
        "transferred",
        "cancelled",
        "correction",
    ]
    assert sorted([*named, *carry]) == sorted(codelists.codes("event_kinds"))


def test_the_rules_about_factors_by_the_day_of_receipt_hold_what_the_list_holds() -> None:
    """Involvement has no day of its own: each rule is about the codes that begin or end on one day."""
    judged = set()
    for place in ("before_2020", "before_2021", "after_2020"):
        parameters = RULES[f"involvement.factors.{place}"].parameters
        ((limit, day),) = parameters["where"]["received_date"].items()
        step = timedelta(days=1 if limit == "at_most" else -1)
        column = "valid_from" if limit == "at_most" else "valid_to"
        first = (date.fromisoformat(day) + step).isoformat()
        judged |= {(code, column, first) for code in parameters["only_if"]["factors"]["has"]}
    listed = {
        (row["code"], column, row[column])
        for row in codelists.load("factors")
        for column in ("valid_from", "valid_to")
        if row["verified"] == "yes" and row[column]
    }
    assert judged == listed
