"""Findings as a sender reads them: the sentence, the address, the value, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from onrecord.engine import empty_table, table_of
from onrecord.errors import WrongWords
from onrecord.intake.check import View
from onrecord.intake.check.values import VALUE
from onrecord.intake.checked import Checked
from onrecord.standard.findings import Address, Finding
from onrecord.standard.rules import ERROR, Rule

FORMULA = r"^[=+\-@\t\r]"
LONGEST_VALUE = 200
# A field named in a rule's sentence.
NAMED = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
NOTHING = "(empty)"
REPORT, ASSESSMENT = "report", "assessment"


def findings_of(checked: Checked, most_a_rule: int) -> list[Finding]:
    """The findings, rule by rule and row by row, no more than ``most_a_rule`` of each rule."""
    found = checked.judgement.findings
    ranked = found.mutate(place=ibis.row_number().over(ibis.window(group_by="rule", order_by=["row", "key"])))
    shown = ranked.filter(ranked.place < most_a_rule).drop("place")
    about_rows: list[Finding] = []
    for name, view in checked.views.items():
        places = _places(checked, name)
        if places:
            about_rows += _of_rows(checked, view, shown.filter(shown.row.notnull(), shown.rule.isin(places)))
    beside = shown.filter(shown.row.isnull()).order_by("rule", "key").to_pyarrow().to_pylist()
    about_none = [
        _finding(checked.judgement.outcomes[row["rule"]].rule, row["key"] or "", {}, row["value"]) for row in beside
    ]
    order = {outcome.rule.code: place for place, outcome in enumerate(checked.judgement.outcomes)}
    return sorted([*about_rows, *about_none], key=lambda finding: order[finding.rule])


def _places(checked: Checked, record: str) -> list[int]:
    outcomes = enumerate(checked.judgement.outcomes)
    return [place for place, outcome in outcomes if outcome.rule.record == record and outcome.fails]


def _of_rows(checked: Checked, view: View, found: ir.Table) -> list[Finding]:
    address = [name for name in ("sheet_no", "line") if name in view.rows.columns]
    view = view.filled
    texts = {f"text_{name}": view.text(name) for name in view.record.columns if name in view.carried}
    rows = view.rows.select(*address, row=view.rows.row.cast("int64"), **texts)
    rows = _with_addresses(checked, view, rows)
    joined = found.inner_join(rows, "row").order_by("rule", "row").to_pyarrow().to_pylist()
    return [_about_row(checked, view, row) for row in joined]


def _about_row(checked: Checked, view: View, row: Mapping[str, Any]) -> Finding:
    rule = checked.judgement.outcomes[row["rule"]].rule
    texts = {name: _short(row.get(f"text_{name}")) for name in view.record.columns}
    key = "/".join(texts[name] or "" for name in view.record.key)
    return _finding(rule, key, texts, _short(row["value"]) or texts[rule.field], _address(checked, rule, row))


def _with_addresses(checked: Checked, view: View, rows: ir.Table) -> ir.Table:
    """Rows of text with the ``file`` and ``line`` that an adapter read each from, where it can say."""
    addresses = checked.rows.addresses.get(view.record.name)
    if addresses is None:
        return rows
    keyed = {f"text_{name}": addresses[name] for name in view.record.key}
    return rows.left_join(addresses.select("file", "line", **keyed), list(keyed)).select(*rows.columns, "file", "line")


def _address(checked: Checked, rule: Rule, row: Mapping[str, Any]) -> Address:
    written = checked.written
    if written is None:
        return Address(row.get("file") or "", row=row.get("line"), column=rule.field)
    sheet = written.sheets[rule.record][row["sheet_no"]]
    column = written.headers.get((rule.record, rule.field), rule.field)
    return Address(sheet.source.shown, sheet.name, row["line"], column)


def _finding(
    rule: Rule, key: str, texts: Mapping[str, str | None], value: str | None, address: Address | None = None
) -> Finding:
    return Finding(
        rule=rule.code,
        rule_version=rule.version,
        severity=rule.severity,
        category=rule.category,
        record=rule.record,
        key=key,
        field=rule.field,
        address=address or Address(column=rule.field),
        value=value,
        sentence=said(rule.says, {**texts, "value": value, "key": key}),
        remedy=rule.remedy,
        measures=rule.moves,
    )


def said(sentence: str, texts: Mapping[str, str | None]) -> str:
    """A rule's sentence with values in it. A pair of braces that names no field stays as it is: forms have such."""
    return NAMED.sub(lambda found: _quoted(texts.get(found[1])), sentence)


def _quoted(value: str | None) -> str:
    return NOTHING if value is None else f"'{value}'"


def _short(value: str | None) -> str | None:
    if value is None or len(value) <= LONGEST_VALUE:
        return value
    return f"{value[:LONGEST_VALUE]}…"


# ---------------------------------------------------------------- what moves a figure


@dataclass(frozen=True)
class Touched:
    """A failed rule that moves a published figure.

    Attributes:
        rule, severity: which.
        findings: how many.
        reports: the reports that its findings may be about; None where they are about none. Where it is the report
            itself or its identifier that is at fault, every row may be about a report of its own.
        measures: the measures that it moves.
        unit: what is counted under ``reports``: assessments, where none of them names a report.
        holds: whether an error of it holds its rows: an adapter has placed its rows already, by their own faults.
    """

    rule: str
    severity: str
    findings: int
    reports: int | None
    measures: tuple[str, ...]
    unit: str = REPORT
    holds: bool = True


def touched_of(checked: Checked) -> list[Touched]:
    """The failed rules that move a published figure, errors first, and how many reports each is about."""
    reports: dict[int, tuple[int, str]] = {}
    for name, view in checked.views.items():
        if "report_id" in view.carried and (places := _places(checked, name)):
            reports |= _reports_by_rule(checked, view, places)
    touched = [
        Touched(
            outcome.rule.code,
            outcome.rule.severity,
            outcome.fails,
            reports.get(place, (None, REPORT))[0],
            outcome.rule.moves,
            reports.get(place, (None, REPORT))[1],
            checked.written is not None,
        )
        for place, outcome in enumerate(checked.judgement.outcomes)
        if outcome.fails and outcome.rule.moves
    ]
    return sorted(touched, key=lambda each: (each.severity != ERROR, -each.findings))


def _reports_by_rule(checked: Checked, view: View, places: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Rule to how many reports, or assessments that name none, its findings may be about."""
    found = checked.judgement.findings
    found = found.filter(found.rule.isin(places), found.row.notnull())
    rows = view.rows.select(row=view.rows.row.cast("int64"), report_id=view.text("report_id"))
    counted = found.inner_join(rows, "row").group_by("rule")
    each = counted.agg(
        rows=lambda row: row.row.nunique(),
        reports=lambda row: row.report_id.nunique(),
        named=lambda row: row.report_id.nunique() + row.row.nunique(where=row.report_id.isnull()),
    )
    outcomes = checked.judgement.outcomes
    return {
        row["rule"]: (
            row["rows" if _names_the_report(outcomes[row["rule"]].rule) else "named"],
            ASSESSMENT if view.record.name == ASSESSMENT and not row["reports"] else REPORT,
        )
        for row in each.to_pyarrow().to_pylist()
    }


def _names_the_report(rule: Rule) -> bool:
    return rule.record == REPORT or rule.field == "report_id"


# ---------------------------------------------------------------- all of them, in a file

COLUMNS = ("rule", "severity", "record", "key", "field", "file", "sheet", "line", "value", "sentence", "remedy")
ENDINGS = (".csv", ".parquet")


def write_findings(checked: Checked, path: Path) -> None:
    """Every finding, a row each, to a .csv or .parquet file, in the words of the receipt.

    Raises:
        WrongWords: the file's name ends in neither.
    """
    if path.suffix not in ENDINGS:
        raise WrongWords(f"{path}: findings are written as {' or '.join(ENDINGS)}. Name the file so.")
    table = all_findings(checked)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        # A cell that begins like a formula would be run by a spreadsheet.
        table.mutate(**{name: _harmless(table[name]) for name in ("key", "value", "file", "sheet", "sentence")}).to_csv(
            path
        )


def all_findings(checked: Checked) -> ir.Table:
    """Every finding, with the columns of ``COLUMNS``, unordered."""
    parts = [_listed(checked, view) for name, view in checked.views.items() if _places(checked, name)]
    rules = table_of(
        [
            {"rule_no": place, "rule": rule.code, "severity": rule.severity, "record": rule.record, "field": rule.field,
             "remedy": rule.remedy}
            for place, outcome in enumerate(checked.judgement.outcomes)
            for rule in [outcome.rule]
        ]
    )  # fmt: skip
    found = checked.judgement.findings
    about_none = found.filter(found.row.isnull())
    beside = about_none.select(
        rule_no="rule",
        key="key",
        file=ibis.null("string"),
        sheet=ibis.null("string"),
        line=ibis.null("int64"),
        value="value",
        sentence=_sentences(
            {place: outcome.rule for place, outcome in enumerate(checked.judgement.outcomes) if outcome.fails},
            about_none.rule,
            {"key": about_none.key, "value": about_none.value},
        ),
    )
    every = ibis.union(*parts, beside) if parts else beside
    return every.inner_join(rules, "rule_no").select(*COLUMNS)


def held_rows(checked: Checked) -> dict[str, ir.Table]:
    """The held rows of each record as they were written, with their sheet and line; named ``held_`` and the record."""
    found = {}
    for name, numbers in checked.held.items():
        rows = checked.views[name].rows.semi_join(numbers, "row")
        columns = [column for column in rows.columns if not column.startswith(VALUE)]
        found[f"held_{name}"] = rows.select(*columns)
    return found


def _listed(checked: Checked, view: View) -> ir.Table:
    """The findings about rows of one record, each with its address and the value it points to."""
    found = checked.judgement.findings
    places = _places(checked, view.record.name)
    own = found.filter(found.rule.isin(places), found.row.notnull()).select("rule", "row", found="value")
    keys = [view.text(name).fill_null("") for name in view.record.key if name in view.carried]
    rules = {place: checked.judgement.outcomes[place].rule for place in places}
    view = view.filled
    pointed = {name for rule in rules.values() for name in (rule.field, *NAMED.findall(rule.says))} & view.carried
    texts = {f"text_{name}": view.text(name) for name in pointed}
    key = ibis.literal("/").join(keys) if keys else ibis.literal("")
    address = {name: view.rows[name] for name in ("sheet_no", "line") if name in view.rows.columns}
    keys_apart = {} if checked.written else {f"text_{name}": view.text(name) for name in view.record.key}
    rows = view.rows.select(row=view.rows.row.cast("int64"), key=key, **address, **{**keys_apart, **texts})
    joined = own.inner_join(_with_addresses(checked, view, rows), "row")
    pointed_to = [
        (joined.rule == place, joined[f"text_{rule.field}"]) for place, rule in rules.items() if rule.field in pointed
    ]
    value = ibis.coalesce(joined.found, _one_of(pointed_to))
    sheets = checked.written.sheets[view.record.name] if checked.written else ()
    written = {name: joined[f"text_{name}"] for name in pointed}
    return joined.select(
        rule_no="rule",
        key="key",
        file=joined.file if "file" in joined.columns else _by_sheet(joined, [sheet.source.shown for sheet in sheets]),
        sheet=_by_sheet(joined, [sheet.name for sheet in sheets]),
        line=joined.line if "line" in joined.columns else ibis.null("int64"),
        value=value,
        sentence=_sentences(rules, joined.rule, {**written, "key": joined.key, "value": value}),
    )


def _sentences(
    rules: Mapping[int, Rule], number: ir.IntegerValue, texts: Mapping[str, ir.StringValue]
) -> ir.StringValue:
    """What ``said`` makes of each rule's sentence, in the engine: there may be millions of findings."""
    return _one_of([(number == place, _filled(rule.says, texts)) for place, rule in rules.items()])


def _filled(says: str, texts: Mapping[str, ir.StringValue]) -> ir.StringValue:
    # Every other part is the name of a field.
    between, named = NAMED.split(says)[::2], NAMED.split(says)[1::2]
    pieces = [ibis.literal(between[0])]
    for name, following in zip(named, between[1:], strict=True):
        pieces += [_quoted_in_engine(texts[name]) if name in texts else ibis.literal(NOTHING), ibis.literal(following)]
    return reduce(add, pieces)


def _quoted_in_engine(text: ir.StringValue) -> ir.StringValue:
    short = ibis.ifelse(text.length() > LONGEST_VALUE, text.substr(0, LONGEST_VALUE) + "…", text)
    return ibis.ifelse(text.isnull(), ibis.literal(NOTHING), ibis.literal("'") + short + "'")


def _one_of(pairs: Sequence[tuple[ir.BooleanValue, ir.StringValue]]) -> ir.StringValue:
    return ibis.cases(*pairs, else_=ibis.null("string")) if pairs else ibis.null("string")


def _by_sheet(rows: ir.Table, names: Sequence[str]) -> ir.StringValue:
    if not names:
        return ibis.null("string")
    return ibis.array([ibis.literal(name) for name in names])[rows.sheet_no]


def _harmless(text: ir.StringValue) -> ir.StringValue:
    return ibis.ifelse(text.re_search(FORMULA), ibis.literal("'") + text, text)


# ---------------------------------------------------------------- what the store keeps of them

KEPT = {
    "rule": "string",
    "rule_version": "int64",
    "severity": "string",
    "record": "string",
    "key": "string",
    "line": "int64",
}
LOOKS_BACK = "history"


def kept_findings(checked: Checked) -> ir.Table:
    """Every finding, with the columns of ``KEPT``: never a value, and no identifier of a row that is held.

    The key of a row that is accepted stands in the accepted rows too; that of a held row stands nowhere but in the
    file that was sent. A finding about something that no row of the return holds has its key from the earlier return.
    """
    if not checked.judgement.outcomes:
        return empty_table(KEPT)
    rules = table_of(
        [
            {
                "rule_no": place,
                "rule": outcome.rule.code,
                "rule_version": outcome.rule.version,
                "severity": outcome.rule.severity,
                "record": outcome.rule.record,
            }
            for place, outcome in enumerate(checked.judgement.outcomes)
        ]
    )
    parts = [_kept_of(checked, view) for name, view in checked.views.items() if _places(checked, name)]
    beside = checked.judgement.findings.filter(lambda found: found.row.isnull())
    key = ibis.ifelse(beside.rule.isin(_from_accepted_rows(checked)), beside.key, None)
    rest = beside.select(rule_no="rule", key=key, line=ibis.null("int64"))
    every = ibis.union(*parts, rest) if parts else rest
    return every.inner_join(rules, "rule_no").select(**{name: ibis._[name].cast(kind) for name, kind in KEPT.items()})


def _from_accepted_rows(checked: Checked) -> list[int]:
    """The rules whose findings beside the rows can name nothing but what was accepted, here or before."""
    return [
        place
        for place, outcome in enumerate(checked.judgement.outcomes)
        if outcome.rule.category == LOOKS_BACK or outcome.rule.record not in checked.held
    ]


def _kept_of(checked: Checked, view: View) -> ir.Table:
    """The findings about rows of one record."""
    found = checked.judgement.findings
    own = found.filter(found.rule.isin(_places(checked, view.record.name)), found.row.notnull())
    given = [view.text(name).fill_null("") for name in view.record.key if name in view.carried]
    key = ibis.literal("/").join(given) if given else ibis.null("string")
    line = view.rows.line.cast("int64") if "line" in view.rows.columns else ibis.null("int64")
    rows = view.rows.select(row=view.rows.row.cast("int64"), key=key, line=line)
    if view.record.name in checked.held:
        held = checked.held[view.record.name].select(held_row="row")
        rows = rows.left_join(held, rows.row == held.held_row)
        rows = rows.mutate(key=ibis.ifelse(rows.held_row.isnull(), rows.key, None)).drop("held_row")
    return own.select("rule", "row").inner_join(rows, "row").select(rule_no="rule", key="key", line="line")
