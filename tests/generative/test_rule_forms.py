"""Every form of rule agrees with a plain oracle, row by row; and no rule that breaks passes or breaks another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from onrecord.engine import Engine, open_engine
from onrecord.intake.check import ERRORED, FAILED, NOT_APPLICABLE, PASSED, SKIPPED, STATES, Judgement, Sent, View, judge
from onrecord.intake.check.lookup_forms import LOOKUP_FORMS
from onrecord.intake.check.row_forms import ROW_FORMS
from onrecord.intake.check.set_forms import SET_FORMS
from onrecord.settings import Settings
from onrecord.standard import codelists
from onrecord.standard.periods import parse_period
from onrecord.standard.rules import Rule, all_rules
from onrecord.standard.schema import Field, FieldType, Table
from tests.generative.rule_oracle import ManyRows, OneRow, Row, World, of_many_rows, of_one_row

ROUNDS = settings(
    derandomize=True,
    max_examples=4,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
PERIOD, PREVIOUS = parse_period("2024"), parse_period("2023-07..2023-12")
FIELDS: Mapping[str, FieldType] = {
    "thing_id": "string", "other_id": "string", "twin_id": "string", "name": "string", "day": "date", "until": "date",
    "number": "integer", "part": "integer", "whole": "integer", "yes": "boolean", "clock": "time", "month": "month",
    "span": "period", "source": "string", "kinds": "string", "scheme": "string", "code": "string", "nhs": "string",
    "upn": "string", "few": "integer", "most": "integer", "sent": "string",
}  # fmt: skip


def _declared(name: str, fields: Mapping[str, FieldType], key: tuple[str, ...]) -> Table:
    made = tuple(
        Field(each, kind, each, source="test", refers_to="other" if each == "other_id" and name == "thing" else "")
        for each, kind in fields.items()
    )
    return Table(name, name, made, key=key, cannot={})


THING = _declared("thing", FIELDS, ("thing_id",))
OTHER_FIELDS: Mapping[str, FieldType] = {
    "other_id": "string", "name": "string", "kinds": "string", "when": "date", "born": "month", "yes": "boolean",
}  # fmt: skip
OTHER = _declared("other", OTHER_FIELDS, ("other_id",))
DECLARED = {"thing": THING, "other": OTHER}

# ---------------------------------------------------------------- made-up cells

SIGNS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ODD = st.one_of(
    st.text(SIGNS, max_size=6),
    st.sampled_from(
        ["a" * 99, "a" * 100, "a" * 101, "é" * 100, "😀" * 101, "line\nbreak", "tab\there", "\x7f", "\u2028", "unknown",
         "#N/A", "#REF!", "#NAME?", "#N/A ", "1.2E+08", "3e+5", "1E5", "12E+3",
         "1.E+2", "refused", "not asked", "Unknown", "a;b", "'", "%", "_", "\\", "^$", "NULL", "null", "None", "true"]
    ),
)  # fmt: skip
NAMES = st.sampled_from(["A", "B", "C", "D", "a", "É", "A ", "", "AA1", "BC-23"])
DAYS = st.one_of(
    st.dates(date(2023, 6, 1), date(2025, 2, 1)).map(str),
    st.dates(date(2023, 12, 20), date(2024, 1, 12)).map(str),
    st.sampled_from(
        ["2024-02-29", "2023-02-29", "2024-01-01", "2024-12-31", "2025-01-01", "2023-12-31", "0001-01-01", "9999-12-31",
         "0000-01-01", "10000-01-01", "2024-1-1", "2024/01/01", "2024-01-01 00:00", "2024-01-1 ", "-999-01-01",
         "+999-01-01", "infinity", "-infinity", "epoch", "today", "2024-13-01", "2024-00-10", "31/12/2024", "20240101",
         "２０２４-01-01", "2024-01-01T00:00:00", "2024-01-32", "2024-06-31", "2024‑01‑01", "0044-03-15 (BC)",
         "1.1.2024", "20-1-01-01", "2024-01-3x", "2024-01-3"]
    ),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(0, 12).map(str),
    st.sampled_from(
        ["1.5", "2.0", "1e2", "+3", "007", "0x10", "1_000", "1,000", "three", "9223372036854775807", "1 000", "٣", "1.",
         "9223372036854775808", ".5", "NaN", "inf", "--1", "½", "1e400", "0b1", "true", "4 ", "1e-1"]
    ),
)  # fmt: skip
SIGNED = st.one_of(NUMBERS, st.sampled_from(["-1", "-0", "-9223372036854775808"]))
SOURCES = st.sampled_from([*codelists.codes("report_sources"), "unknown", "refused", "1a", "nonsense", "1A;1B", "1A "])
KIND = st.sampled_from([*codelists.codes("settings")[:5], "unknown", "nonsense", "", " ", ".", "1.*"])
KINDS = st.lists(st.tuples(st.sampled_from(["", " ", "\t", "\n", "\xa0"]), KIND).map("".join), min_size=1, max_size=3)
MONTHS = st.one_of(
    st.integers(1, 12).map("2024-{:02}".format),
    st.sampled_from(
        ["2024-01", "2024-12", "2024-13", "2024-00", "2024-1", "24-01", "2024-01-01", "2024-0１", "2023-12", "2025-01"]
    ),
)
BORN = st.one_of(
    st.dates(date(2010, 1, 1), date(2025, 2, 1)).map("{:%Y-%m}".format),
    st.sampled_from(["0001-01", "9999-12", "2024-13", "unknown"]),
)
CELLS: Mapping[str, st.SearchStrategy[str]] = {
    "sent": st.lists(st.sampled_from([*codelists.codes("records"), "thing", " event ", "", "Report"])).map(";".join),
    "thing_id": NAMES, "other_id": NAMES, "twin_id": NAMES, "name": st.one_of(NAMES, ODD), "day": DAYS, "until": DAYS,
    "number": SIGNED, "part": NUMBERS, "whole": NUMBERS,
    "yes": st.sampled_from(["true", "false", "TRUE", "False", "tRuE", "1", "0", "yes", "no", "t", "f", "on"]),
    "clock": st.sampled_from(
        ["00:00", "23:59", "24:00", "9:30", "09:30", "09:60", "09:30:00", "noon", "０９:30", "09:30\n1"]
    ),
    "month": MONTHS, "when": DAYS, "born": BORN,
    "span": st.sampled_from(
        ["2024", "2024-01", "2023/24", "2023/25", "2023/23", "1999/00", "2099/00", "2024..2025", "2024-01..2024-06",
         "2022/23..2023/24", "2022/23..2023/25", "2024..2023", "2024-02..2024-01", "2024-04..2023/24",
         "2024-03..2023/24", "2023/24..2023", "2024..2024-01", "2024-01..2025..2026", "0000..2024", "9998/99", "2024..",
         "..2024", "0000", "2024-13", "2023/2024", "the spring"]
    ),
    "few": st.integers(0, 9).map(str), "most": st.integers(5, 9).map(str),
    "source": SOURCES, "kinds": KINDS.map(";".join),
    "scheme": st.sampled_from([*codelists.schemes("outcomes"), "none"]),
    "code": st.sampled_from([*codelists.codes("outcomes")[:12], "unknown", "nonsense", "\n"]),
    "nhs": st.one_of(
        st.from_regex("[0-9]{10}", fullmatch=True),
        st.sampled_from(["9434765919", "943476591", "943 476 5919", "９４３４７６５９１９"]),
    ),
    "upn": st.one_of(
        st.from_regex("[A-Z][0-9]{11}[0-9A-Z]", fullmatch=True),
        st.sampled_from(["H243278544154", "h243278544154", "H24327854415"])
    ),
}  # fmt: skip


def _rows(fields: Mapping[str, FieldType], most: int) -> st.SearchStrategy[list[Row]]:
    """Rows as reading leaves them: trimmed, and null where nothing is left; some fields are left empty."""
    cell = {name: st.one_of(st.none(), *[CELLS[name]] * 4) for name in fields}
    row = st.fixed_dictionaries(cell).map(
        lambda made: {name: ((text or "").strip() or None) for name, text in made.items()}
    )
    return st.lists(row, min_size=most // 2, max_size=most)


# ---------------------------------------------------------------- rules of every form

WORDS = ["A", "B"]
CONTROLS = re.compile("[\x00-\x1f\x7f]")
SPRING = {"at_least": "2024-01-01", "at_most": "2024-06-30"}
SOME_KINDS = [*codelists.codes("settings")[:2], "unknown"]
ROW_RULES: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    ("required", "name", {}),
    *[("type", name, {"type": kind}) for name, kind in FIELDS.items() if kind != "string"],
    ("text", "name", {"longest": "100"}),
    ("text", "name", {"longest": 2}),
    ("form", "name", {"pattern": "[A-Z]{2}-?[0-9]+"}),
    ("form", "name", {"pattern": "A|BC.*", "or": ["a", "unknown"]}),
    ("allowed", "source", {"code_list": "report_sources"}),
    ("allowed", "source", {"code_list": "report_sources", "not_known": True}),
    ("allowed", "kinds", {"code_list": "settings", "many": True}),
    ("allowed", "kinds", {"code_list": "settings", "many": True, "not_known": True}),
    ("allowed", "code", {"code_list": "outcomes", "scheme": "home-office"}),
    ("allowed", "code", {"code_list": "outcomes", "scheme_field": "scheme", "not_known": True}),
    ("range", "number", {"at_least": 0, "at_most": "7"}),
    ("range", "day", {"at_least": "2024-01-01"}),
    ("range", "month", {"at_most": "2024-06"}),
    ("order_of_dates", "until", {"first": "day", "then": "until"}),
    ("within_period", "day", {}),
    ("within_period", "day", {"ends": "last"}),
    ("within_period", "day", {"ends": "whole"}),
    ("within_period", "month", {}),
    ("within_period", "month", {"ends": "last"}),
    ("within_period", "month", {"ends": "whole"}),
    ("at_least_one", "name", {"fields": ["name", "source", "twin_id"]}),
    ("exactly_one_of", "name", {"fields": ["name", "twin_id"]}),
    ("at_most_one_of", "name", {"fields": ["name", "twin_id", "thing_id"]}),
    ("if_then", "name", {"if": {"name": {"given": True, "not": ["A"]}}, "then": {"twin_id": {"given": "true"}}}),
    ("if_then", "name", {"if": {"twin_id": {"is": WORDS}}, "then": {"name": {"is": WORDS}}}),
    ("if_then", "name", {"if": {"name": {"not": WORDS}}, "then": {"twin_id": {"given": "false"}}}),
    ("if_then", "number", {"if": {"day": SPRING}, "then": {"number": {"at_least": 3}}}),
    ("if_then", "kinds", {"if": {"kinds": {"has": SOME_KINDS}}, "then": {"yes": {"is": ["true"]}}}),
    ("if_then", "day", {"if": {"number": {"at_most": 5}}, "then": {"day": {"at_most": "2024-03-01"}}}),
    ("clock_limit", "day", {"start": "day", "stop": "until", "at_most": 90}),
    ("clock_limit", "day", {"start": "day", "stop": "until", "at_most": "45", "unit": "working days"}),
    ("clock_limit", "day", {"start": "day", "stop": "until", "at_most": 1, "unit": "working days"}),
    ("clock_limit", "day", {"start": "day", "stop": "period", "at_most": 45}),
    ("clock_limit", "day", {"start": "day", "stop": "period", "at_most": 45, "unit": "working days",
                            "only_if": {"until": {"given": False}, "yes": {"not": ["true"]}}}),
    ("clock_limit", "day", {"start": "day", "stop": "until", "at_most": 45, "only_if": {"name": {"is": WORDS}}}),
    ("checksum", "nhs", {"of": "nhs_number"}),
    ("checksum", "upn", {"of": "upn"}),
    ("sums_to", "whole", {"total": "whole", "parts": ["part"]}),
    ("sums_to", "whole", {"total": "whole", "parts": ["number"]}),
)  # fmt: skip
EXPRESSIONS: Mapping[str, Any] = {
    "fails": "(row.number > row.part) | text.name.isin(['A', 'B'])",
    "applies": "row.day.notnull()",
}
SET_RULES: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    ("unique", "thing_id", {"key": ["thing_id"]}),
    ("unique", "thing_id", {"key": ["thing_id", "day", "name"]}),
    ("refers_to", "other_id", {"other": "other", "here": ["other_id"], "there": ["other_id"]}),
    ("refers_to", "twin_id", {"other": "thing", "here": ["twin_id"], "there": ["thing_id"]}),
    ("refers_to", "other_id", {"other": "other", "here": ["other_id", "name"], "there": ["other_id", "name"]}),
    ("refers_to", "other_id", {"other": "other", "here": ["other_id"], "there": ["other_id"],
                               "where": {"when": SPRING, "yes": {"not": ["false"]}}}),
    ("order_across", "day", {"other": "other", "here": ["other_id"], "there": ["other_id"], "date": "when",
                             "order": "not before"}),
    ("order_across", "until", {"other": "other", "here": ["other_id"], "there": ["other_id"], "date": "when",
                               "order": "not after", "only_if": {"name": {"not": ["A"]}},
                               "where": {"kinds": {"given": True}}}),
    ("order_across", "day", {"other": "other", "here": [], "there": [], "date": "when", "order": "not after"}),
    ("order_across", "day", {"other": "thing", "here": ["twin_id", "most"], "there": ["thing_id", "most"],
                             "date": "until", "order": "not before", "where": {"until": SPRING}}),
    ("is_named_in", "other_id", {"here": ["other_id"], "any_of": [
        {"other": "other", "there": ["other_id"], "where": {"kinds": {"has": SOME_KINDS}}}]}),
    ("is_named_in", "twin_id", {"here": ["twin_id"], "only_if": {"kinds": {"given": True}}, "any_of": [
        {"other": "thing", "there": ["thing_id"], "where": {"yes": {"is": ["true"]}, "number": {"at_most": 4}}},
        {"other": "other", "there": ["other_id"], "where": {"when": {"given": True}}}]}),
    ("is_named_in", "twin_id", {"here": ["twin_id", "name"], "any_of": [
        {"other": "thing", "there": ["twin_id", "name"], "where": {"source": {"given": False}}},
        {"other": "thing", "there": ["thing_id", "name"]}]}),
    ("is_not_named_in", "other_id", {"other": "other", "here": ["other_id"], "there": ["other_id"]}),
    ("is_not_named_in", "other_id", {"other": "other", "here": ["other_id"], "there": ["other_id"],
                                     "where": {"yes": {"is": ["true"]}}, "only_if": {"name": {"not": WORDS}}}),
    ("is_not_named_in", "twin_id", {"other": "thing", "here": ["twin_id", "most"], "there": ["twin_id", "most"],
                                    "where": {"number": {"at_least": "2"}}}),
    ("agrees_with", "day", {"other": "other", "here": ["other_id"], "there": ["other_id"], "field": "when"}),
    ("agrees_with", "day", {"other": "other", "here": ["other_id"], "there": ["other_id"], "field": "born",
                            "signs": "3", "only_if": {"name": {"not": ["A"]}}}),
    ("agrees_with", "name", {"other": "thing", "here": ["twin_id"], "there": ["thing_id"], "field": "name",
                             "signs": 1}),
    ("age_agrees", "number", {"born": ["other", "other_id", "born"], "day": ["thing", "thing_id", "day"],
                              "years": "1"}),
    ("age_agrees", "part", {"born": ["other", "other_id", "born"], "day": ["other", "other_id", "when"], "years": 0}),
    ("rows_dated_in", "month", {"other": "other", "date": "when", "rows": "some", "month": "month"}),
    ("rows_dated_in", "month", {"other": "other", "date": "when", "rows": "none", "month": "month",
                                "only_if": {"name": {"not": WORDS}}}),
    ("rows_dated_in", "month", {"other": "other", "date": "when", "rows": "some"}),
    ("rows_dated_in", "month", {"other": "thing", "date": "until", "rows": "none",
                                "only_if": {"name": {"not": ["no such"]}}}),
    ("every_month", "month", {"by": "thing_id"}),
    ("in_force", "source", {"code_list": "report_sources", "date": "day"}),
    ("in_force", "kinds", {"code_list": "factors", "date": "day", "many": True}),
    ("in_force", "code", {"code_list": "outcomes", "date": "day", "scheme_field": "scheme"}),
    ("no_overlap", "day", {"by": "thing_id", "start": "day", "end": "until"}),
    ("vanished", "thing_id", {"key": ["thing_id", "name"], "date": "day"}),
    ("went_backwards", "name", {"of": "other_id", "field": "name", "words": ["A", "B"], "back": ["C"]}),
    ("changes_by_more_than", "thing_id", {"by": "thing_id", "percent": "50", "at_least": 2}),
    ("changes_by_more_than", "thing_id", {"by": "thing_id", "percent": "50", "at_least": 2, "sum_of": "part"}),
    ("changes_by_more_than", "other_id", {"by": "other_id", "percent": 20, "at_least": "5", "sum_of": "few"}),
    ("growing_share", "source", {"points": "2", "at_least": 5}),
    ("growing_share", "source", {"points": "2", "at_least": 5, "words": ["1a", "nonsense"]}),
    ("growing_share", "part", {"points": "2", "at_least": 5, "total": "whole"}),
    ("growing_share", "few", {"points": 1, "at_least": "5", "total": "most"}),
    ("unchanged", "name", {"key": ["thing_id"]}),
    ("unchanged", "day", {"key": ["thing_id", "other_id"]}),
    ("arrived_late", "day", {"key": ["thing_id"]}),
    ("arrived_late", "until", {"key": ["thing_id", "name"]}),
    ("at_most_rows", "thing_id", {"rows": "12"}),
    ("tables_sent", "sent", {}),
)  # fmt: skip
LOOK_BACK = frozenset(
    {"vanished", "went_backwards", "changes_by_more_than", "growing_share", "unchanged", "arrived_late"}
)


def _rule(number: int, form: str, name: str, parameters: Mapping[str, Any]) -> Rule:
    return replace(
        all_rules()[0], code=f"thing.{name}.{number}", record="thing", field=name, form=form, parameters=parameters
    )


RULES = [
    _rule(number, *each) for number, each in enumerate([*ROW_RULES, ("expression", "name", EXPRESSIONS), *SET_RULES])
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine(Settings(threads=2)) as opened:
        yield opened


def _view(engine: Engine, table: Table, rows: Sequence[Row]) -> View:
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in table.columns}
    numbers = pa.array(range(len(rows)), pa.int64())
    plain = not any(CONTROLS.search(cell) for row in rows for cell in row.values() if cell)
    return View(table, ibis.memtable(pa.table({"row": numbers, **columns})), plain=plain)


def _judged(engine: Engine, world: World, rules: Sequence[Rule]) -> Judgement:
    now, before = (
        {name: _view(engine, DECLARED[name], rows) for name, rows in tables.items()}
        for tables in (world.rows, world.before)
    )
    return judge(engine, Sent(now, world.period, before or None, world.previous_period), rules)


def _found(judgement: Judgement) -> dict[int, Counter[Any]]:
    found: dict[int, Counter[Any]] = {place: Counter() for place in range(len(judgement.outcomes))}
    for each in judgement.findings.to_pyarrow().to_pylist():
        found[each["rule"]][each["key"] if each["row"] is None else each["row"]] += 1
    return found


def _expected(rule: Rule, world: World) -> tuple[int, Counter[Any]]:
    if rule.form == "expression":
        applies, failing = zip(*[_expression(row) for row in world.rows["thing"]], strict=True)
        return sum(applies), Counter(number for number, fails in enumerate(failing) if fails)
    if rule.form in ROW_FORMS:
        judged = [of_one_row(rule.form, world, THING, rule.field, rule.parameters, row) for row in world.rows["thing"]]
        return sum(applies for applies, _ in judged), Counter(
            number for number, (_, fails) in enumerate(judged) if fails
        )
    applies, found = of_many_rows(rule.form, world, THING, rule.field, rule.parameters)
    return applies, Counter(found)


def _expression(row: Row) -> tuple[bool, bool]:
    """The expression of this file; where a part of it is not known, the other part decides or nothing fails."""
    one = OneRow(World(DECLARED, {}), THING, "name", row)
    number, part = one.value("number"), one.value("part")
    applies = one.value("day") is not None
    fails = row["name"] in WORDS or (number is not None and part is not None and number > part)
    return applies, applies and fails


def _without_controls(rows: Sequence[Row]) -> list[Row]:
    return [{name: cell and CONTROLS.sub("?", cell) for name, cell in row.items()} for row in rows]


@pytest.mark.parametrize("plain", [False, True])
@ROUNDS
@given(things=_rows(FIELDS, 60), others=_rows(OTHER_FIELDS, 12), before=_rows(FIELDS, 30))
def test_engine_and_oracle_agree(
    engine: Engine, things: list[Row], others: list[Row], before: list[Row], plain: bool
) -> None:
    if plain:
        things = _without_controls(things)
    world = World(DECLARED, {"thing": things, "other": others}, {"thing": before}, PERIOD, PREVIOUS)
    judgement = _judged(engine, world, RULES)
    found = _found(judgement)
    assert [odd for place in range(len(RULES)) if (odd := _disagreement(judgement, place, found[place], world))] == []


def _disagreement(judgement: Judgement, place: int, found: Counter[Any], world: World) -> tuple[object, ...]:
    """Where the engine says something else of a rule than the oracle, with some rows to look at; else nothing."""
    outcome = judgement.outcomes[place]
    applies, wrong = _expected(outcome.rule, world)
    state = FAILED if wrong else PASSED if applies else NOT_APPLICABLE
    if (found, outcome.state, outcome.applies, outcome.fails) == (wrong, state, applies, wrong.total()):
        return ()
    rows = world.rows["thing"]
    shown = [rows[each] if isinstance(each, int) else each for each in {**(found - wrong), **(wrong - found)}]
    return outcome, applies, wrong.total(), shown[:3]


def test_every_form_is_tried() -> None:
    tried = {form for form, *_ in [*ROW_RULES, *SET_RULES]} | {"expression"}
    known = {name.rstrip("_") for kind in (OneRow, ManyRows) for name in vars(kind)} | {"expression"}
    assert tried <= known
    assert {*ROW_FORMS, *LOOKUP_FORMS, *SET_FORMS} - tried == set()


# ---------------------------------------------------------------- states, and rules that break

GOOD: Row = MappingProxyType({**dict.fromkeys(FIELDS), "thing_id": "A", "name": "A", "day": "2024-01-01"})
BROKEN: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("expression", {"fails": "row.no_such_field > 1"}),
    ("expression", {"fails": "row.day > row.name.sqrt()"}),
    ("expression", {"fails": "1 +"}),
    ("expression", {"fails": "ibis.literal('x').cast('int64') > 0"}),
    ("expression", {"fails": "(row.name + 'x').cast('int64') > 0"}),
    ("expression", {"fails": "__import__('os')"}),
    ("required", {"no_such": "parameter"}),
    ("range", {"at_least": "no number"}),
    ("allowed", {"code_list": "no such list"}),
    ("unique", {"key": 3}),
    ("unique", {"no_such": "parameter"}),
    ("no_overlap", {"by": "name", "start": "name", "end": "day"}),
    ("at_most_rows", {"rows": "many"}),
    ("checksum", {"of": "nothing"}),
)


SOME = RULES[::4]


@pytest.fixture(scope="module")
def undisturbed(engine: Engine) -> dict[str, tuple[str, int, int]]:
    return _states(_judged(engine, _small(), SOME))


def _small() -> World:
    rows = [GOOD, {**GOOD, "name": None}, {**GOOD, "thing_id": "B", "number": "9", "day": "soon"}]
    return World(DECLARED, {"thing": rows, "other": []}, {"thing": rows}, PERIOD, PREVIOUS)


def _states(judgement: Judgement) -> dict[str, tuple[str, int, int]]:
    return {outcome.rule.code: (outcome.state, outcome.applies, outcome.fails) for outcome in judgement.outcomes}


@pytest.mark.parametrize(("form", "parameters"), BROKEN)
def test_a_rule_that_breaks_is_errored_alone(
    engine: Engine, undisturbed: dict[str, tuple[str, int, int]], form: str, parameters: Mapping[str, Any]
) -> None:
    """Whether it breaks when it is built or only in the engine; the others go as they went without it."""
    broken = replace(_rule(999, form, "number" if form == "range" else "name", parameters), code="broken")
    judgement = _judged(engine, _small(), [*SOME[:7], broken, *SOME[7:]])
    states = _states(judgement)
    assert states.pop("broken") == (ERRORED, 0, 0)
    assert states == undisturbed
    assert [outcome.rule.code for outcome in judgement.errored] == ["broken"]
    assert "'" not in judgement.errored[0].why


@ROUNDS
@given(
    chosen=st.lists(st.sampled_from([*range(len(RULES))]), unique=True, min_size=1, max_size=12),
    broken=st.lists(st.sampled_from(BROKEN), max_size=2),
    has_before=st.booleans(),
    has_other=st.booleans(),
)
def test_the_states_sum_to_all_rules(
    engine: Engine, chosen: list[int], broken: list[tuple[str, Mapping[str, Any]]], has_before: bool, has_other: bool
) -> None:
    world = _small()
    rows = world.rows if has_other else {"thing": world.rows["thing"]}
    world = replace(world, rows=rows, before=world.before if has_before else {})
    rules = [RULES[place] for place in chosen] + [
        _rule(1000 + place, form, "number" if form == "range" else "name", told)
        for place, (form, told) in enumerate(broken)
    ]
    outcomes = _judged(engine, world, rules).outcomes
    assert [outcome.rule for outcome in outcomes] == rules
    counted = Counter(outcome.state for outcome in outcomes)
    assert set(counted) <= set(STATES)
    assert counted.total() == len(rules)
    assert counted[ERRORED] == len(broken)
    leaning = [
        rule
        for rule in rules[: len(chosen)]
        if (rule.form in LOOK_BACK and not has_before) or (not has_other and _needs_other(rule))
    ]
    assert counted[SKIPPED] == len(leaning)


def _needs_other(rule: Rule) -> bool:
    told = rule.parameters
    if rule.form == "is_named_in":
        return all(place["other"] == "other" for place in told["any_of"])
    return rule.form in {"went_backwards", "age_agrees"} or told.get("other") == "other"
