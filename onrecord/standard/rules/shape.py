"""What a rule is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "query"]
ERROR: Severity = "error"
QUERY: Severity = "query"
SEVERITIES: Mapping[Severity, str] = {
    ERROR: "the row is held until it is mended",
    QUERY: "the row is accepted; the sender is asked to mend it or to say why it is right",
}
Category = Literal["file", "field", "record", "across records", "across returns", "history"]
CATEGORIES: Mapping[Category, str] = {
    "file": "the file as a whole",
    "field": "one value by itself",
    "record": "the values of one row",
    "across records": "rows of several records, or several rows of one",
    "across returns": "this return beside the one before",
    "history": "what an earlier return said of the same records",
}
# Rows as text, the way a sender writes them; the key is a record's name.
Rows = Mapping[str, tuple[Mapping[str, str], ...]]


@dataclass(frozen=True)
class Example:
    """A small return that passes or fails a rule.

    Attributes:
        rows: record to its rows.
        previous: the same of the return before; empty where the rule does not look back.
        period: the period the return is sent for.
        changes: what was changed of the sound example, as the rule's file has it.
    """

    rows: Rows
    previous: Rows = field(default_factory=dict)
    period: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


# Two rules are the same only where they are one: what is made for a rule can then be kept for it.
@dataclass(frozen=True, eq=False)
class Rule:
    """One thing that must hold of what is sent.

    Attributes:
        code: ``record.field.what``, never used again for another meaning.
        version: raised when the meaning changes.
        severity: error (the row is held) or query (accepted, and asked about).
        category: how far the rule looks.
        record, field: what a finding points to.
        form: which of the forms it is; ``onrecord.intake.rules`` knows how each is judged.
        parameters: what the form needs.
        says: the sentence of a finding; ``{field}`` names a field's value, ``{value}`` the one pointed to.
        remedy: what the sender can do.
        citation: where the demand comes from.
        moves: the measures that a broken row moves.
        false_positives: when a finding may be wrong.
        passes, fails: two examples, which are its test.
        declared: whether it follows from the declaration of its field.
    """

    code: str
    version: int
    severity: Severity
    category: Category
    record: str
    field: str
    form: str
    parameters: Mapping[str, Any]
    says: str
    remedy: str
    citation: str
    moves: tuple[str, ...]
    false_positives: str
    passes: Example
    fails: Example
    declared: bool = False
