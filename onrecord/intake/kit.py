"""The conformance kit: small returns with the receipt that every implementation of the standard must give.

A case is a folder: ``return.xml`` (one file, in the standard's simple XML; other formats where the case is about
reading), ``before.xml`` where the rules look back at an earlier return, and ``expected.json``. No Python is needed
to use them. The returns are the examples of the rules, so that each rule has a case that it alone finds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from onrecord.errors import OnrecordError
from onrecord.intake.check import PASSED
from onrecord.intake.receipt import Receipt
from onrecord.standard import STANDARD_VERSION
from onrecord.standard.export import LICENCE_FILE
from onrecord.standard.records import table_named
from onrecord.standard.rules import QUERY, Example, Rule, all_rules, sound_example
from onrecord.standard.rules.shape import Rows

RETURN_FILE, BEFORE_FILE, EXPECTED_FILE, RULES_FILE, CASES_FILE = (
    "return.xml",
    "before.xml",
    "expected.json",
    "rules.json",
    "cases.json",
)
# What stands beside the cases: what each form of a rule means, and the licence.
TEXTS = ("forms.md", LICENCE_FILE)
CASES = "cases"
SOUND = "sound"


@dataclass(frozen=True)
class Case:
    """One case of the kit.

    Attributes:
        name: its folder.
        says: what it is about.
        files: name to content, as they are sent.
        before: name to content of the return before.
    """

    name: str
    says: str
    files: Mapping[str, bytes]
    before: Mapping[str, bytes] = field(default_factory=dict)


def rule_cases() -> Iterator[Case]:
    """A sound return; for every error that is written out the return that it alone faults.

    Of the rules that follow from the declaration of a field, and of the queries, one of every kind: the others
    differ in the field and the words alone.
    """
    yield Case(SOUND, "A sound return: every rule that applies passes.", _files(sound_example()))
    kinds: set[tuple[str, str, str]] = set()
    for rule in all_rules():
        kind = (rule.form, rule.severity, str(rule.parameters.get("type", "")))
        if (rule.declared or rule.severity == QUERY) and kind in kinds:
            continue
        kinds.add(kind)
        yield _case(f"{rule.code}.fails", f"Fails {rule.code} and no other rule.", rule.fails)


def _case(name: str, says: str, example: Example) -> Case:
    before = {BEFORE_FILE: as_xml(_for(example.previous, example.period))} if example.previous else {}
    return Case(name, says, _files(example), before)


def _files(example: Example) -> dict[str, bytes]:
    return {RETURN_FILE: as_xml(_for(example.rows, example.period))}


def _for(rows: Rows, period: str) -> Rows:
    """The rows with the period in the return's own row, where an implementation finds it."""
    usual = sound_example().rows["return"][0]["period"]
    returns = tuple({**row, "period": period} if row.get("period") == usual else row for row in rows.get("return", ()))
    return {**rows, "return": returns}


def as_xml(rows: Rows) -> bytes:
    """Rows in the standard's simple XML: an element a row, named after its record; an element a field, empty or not."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<onrecord>"]
    for record, each in rows.items():
        for row in each:
            columns = table_named(record).columns
            fields = "".join(f"\n    {_element(name, row.get(name, ''))}" for name in columns)
            lines.append(f"  <{record}>{fields}\n  </{record}>")
    return "\n".join([*lines, "</onrecord>", ""]).encode()


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>"


def expected(receipt: Receipt) -> dict[str, Any]:
    """What an implementation must give for a case: the counts, the state of every rule that did not pass, the findings.

    A rule that is not named has passed. Sentences are left out: another implementation may find better words.
    """
    said = receipt.for_the_store()
    counts = {name: said[name] for name in ("verdict", "received", "accepted", "held", "out_of_scope")}
    by_record = {name: {"received": a["received"], "held": a["held"]} for name, a in said["by_record"].items()}
    return {
        **counts,
        "standard_version": STANDARD_VERSION,
        "by_record": by_record,
        "rules_not_passed": {code: state for code, state in sorted(said["rules"].items()) if state != PASSED},
        "findings": sorted((_finding(each) for each in receipt.findings), key=json.dumps),
    }


def _finding(finding: Any) -> dict[str, Any]:
    said = finding.as_json()
    address = {**said["address"], "file": Path(said["address"]["file"]).name}
    kept = ("rule", "rule_version", "severity", "record", "key", "field", "value")
    return {**{name: said[name] for name in kept}, "address": address}


def refused(error: OnrecordError) -> dict[str, Any]:
    """What an implementation must give for a file that cannot be read: a refusal. The words are its own."""
    return {"refused": True, "standard_version": STANDARD_VERSION, "exit_code": error.exit_code}


def rules_as_json() -> str:
    """Every rule as data, for those who implement it elsewhere."""
    return _as_text([_rule(rule) for rule in all_rules()])


def _rule(rule: Rule) -> dict[str, Any]:
    examples = {"passes": _example(rule.passes), "fails": _example(rule.fails)}
    return {**asdict(rule), "moves": list(rule.moves), **examples}


def _example(example: Example) -> dict[str, Any]:
    """An example as data: what it changes of the sound example, which the case ``sound`` holds whole."""
    return {"period": example.period, "changes": dict(example.changes)}


def cases_as_json(cases: Sequence[Case]) -> str:
    """The list of the cases."""
    return _as_text(
        [
            {"case": case.name, "says": case.says, "files": sorted(case.files), "before": sorted(case.before)}
            for case in cases
        ]
    )


def _as_text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def expected_as_text(value: Mapping[str, Any]) -> str:
    """An expected receipt as a file."""
    return _as_text(dict(value))
