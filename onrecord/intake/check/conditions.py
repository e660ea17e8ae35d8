"""Conditions on a row, as rules state them under ``if``, ``then``, ``only_if`` and ``where``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import and_
from typing import Any

import ibis.expr.types as ir

from onrecord.intake.check.values import View
from onrecord.standard.schema import SEPARATOR

BLANK = "[ \\t\\n\\r\\v\\f]"


def holds(view: View, conditions: Mapping[str, Mapping[str, Any]]) -> ir.BooleanValue:
    """All of the conditions hold."""
    return reduce(and_, [_condition(view, name, each) for name, each in conditions.items()])


def rows_that(view: View, conditions: Mapping[str, Mapping[str, Any]] | None) -> View:
    """The rows of a record in which conditions hold."""
    return view.of(view.rows.filter(holds(view, conditions))) if conditions else view


def _condition(view: View, name: str, each: Mapping[str, Any]) -> ir.BooleanValue:
    """``given``: whether the field is there; ``is``, ``not``: words; ``has``: one of the words is among its parts;
    ``at_least``, ``at_most``: limits."""
    written = view.text(name)
    if view.record.field_named(name).type == "boolean":
        written = written.lower()
    tests: list[ir.BooleanValue] = []
    if "given" in each:
        tests.append(written.notnull() if str(each["given"]).lower() == "true" else written.isnull())
    if "is" in each:
        tests.append(written.notnull() & written.isin(list(each["is"])))
    if each.get("not"):
        tests.append(written.isnull() | written.notin(list(each["not"])))
    if "has" in each:
        tests.append(written.notnull() & has_one_of(written, each["has"]))
    value = view.value(name)
    if "at_least" in each:
        tests.append(value.notnull() & (value >= limit(value, each["at_least"])))
    if "at_most" in each:
        tests.append(value.notnull() & (value <= limit(value, each["at_most"])))
    return reduce(and_, tests)


def has_one_of(text: ir.StringValue, words: Sequence[str]) -> ir.BooleanValue:
    """One of the words is one of the cell's parts, blanks around it aside.

    A look for a pattern is dear. A cell that is a word needs none, nor does one that is too short to hold more.
    """
    pattern = f"(?:^|{SEPARATOR}){BLANK}*(?:{'|'.join(map(re.escape, words))}){BLANK}*(?:{SEPARATOR}|$)"
    holds_more = text.length() > min(map(len, words))
    return text.isin(list(words)) | (holds_more & text.re_search(pattern))


def limit(value: ir.Value, written: str) -> Any:
    """What a rule writes as a limit, as a value like the one it limits."""
    if value.type().is_integer():
        return int(written)
    return date.fromisoformat(written) if value.type().is_date() else written
