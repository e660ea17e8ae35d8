"""The rules: data, read once from the YAML files beside this one, and those that follow from the declaration.

A form of ``declared.yaml`` holds for every field that is declared so (required, of a code list, the key of
another record, …); a rule of ``<record>.yaml`` is written out. Both become the same :class:`Rule`, with a
sentence, a remedy, a citation, a passing and a failing example.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from onrecord.standard.records import TABLES
from onrecord.standard.rules.declared import declared_rules
from onrecord.standard.rules.examples import changed, read_yaml, sound_example
from onrecord.standard.rules.shape import CATEGORIES, ERROR, QUERY, SEVERITIES, Example, Rule

__all__ = [
    "CATEGORIES",
    "ERROR",
    "QUERY",
    "SEVERITIES",
    "Example",
    "Rule",
    "all_rules",
    "rule_named",
    "rules_fingerprint",
    "sound_example",
]
NEEDED = ("code", "severity", "category", "form", "says", "remedy", "citation", "fails")
MAY_STAND = frozenset({*NEEDED, "version", "moves", "false_positives", "passes"})


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, record by record: those of the declaration first, then those written out.

    Raises:
        ValueError: a rule is not written as a rule, or two have one code.
    """
    rules = (*declared_rules(), *_written_rules())
    codes = [rule.code for rule in rules]
    if twice := {code for code in codes if codes.count(code) > 1}:
        raise ValueError(f"these codes stand on two rules: {', '.join(sorted(twice))}")
    order = {table.name: place for place, table in enumerate(TABLES)}
    return tuple(sorted(rules, key=lambda rule: order[rule.record]))


def rule_named(code: str) -> Rule:
    """The rule with this code. Raises KeyError when there is none."""
    for rule in all_rules():
        if rule.code == code:
            return rule
    raise KeyError(f"there is no rule {code!r}")


@cache
def rules_fingerprint() -> str:
    """What the rules as they are today go by: any change of one changes it."""
    said = [
        [rule.code, rule.version, rule.severity, rule.form, rule.parameters, rule.record, rule.field]
        for rule in all_rules()
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _written_rules() -> Iterator[Rule]:
    for table in TABLES:
        for written in read_yaml(f"{table.name}.yaml") or ():
            yield _written(table.name, written)


def _written(record: str, written: Mapping[str, Any]) -> Rule:
    """A rule as it stands in a file. ``form`` is one form's name with what it needs: ``{range: {at_most: 120}}``."""
    code = written.get("code", "a rule without a code")
    missing = [name for name in NEEDED if name not in written]
    strange = [name for name in written if name not in MAY_STAND]
    if missing or strange:
        raise ValueError(f"{record}.yaml, {code}: missing {missing}, not of a rule {strange}")
    of, field, _ = code.split(".")
    ((form, parameters),) = written["form"].items()
    if of != record or written["severity"] not in SEVERITIES or written["category"] not in CATEGORIES:
        raise ValueError(f"{record}.yaml, {code}: its record, severity or category is none of the standard's")
    return Rule(
        code=code,
        version=int(written.get("version", 1)),
        severity=written["severity"],
        category=written["category"],
        record=record,
        field=field,
        form=form,
        parameters=parameters or {},
        says=written["says"],
        remedy=written["remedy"],
        citation=written["citation"],
        moves=tuple(written.get("moves", ())),
        false_positives=written.get("false_positives", ""),
        passes=changed(written.get("passes", {})),
        fails=changed(written["fails"]),
    )
