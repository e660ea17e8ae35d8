"""What a finding is: one shape everywhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from onrecord.standard.rules.shape import Category, Severity


@dataclass(frozen=True)
class Address:
    """Where a value stands: file, sheet, row and column, as the sender sees them; "" or None where there is none."""

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        parts = [self.file, self.sheet and f"sheet {self.sheet}", f"row {self.row}" if self.row is not None else ""]
        parts.append(self.column and f"column {self.column}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold, at one place. Its value is for the sender's eyes alone.

    Attributes:
        rule, rule_version: which rule found it.
        severity: error (the row is held) or query (accepted, and asked about).
        category: how far the rule looks.
        record, key: which record, and the identifiers that name the row, joined by "/".
        field: the field it points to.
        address: where that stands.
        value: what was sent there; None where it was empty.
        sentence: what is wrong.
        remedy: what to do.
        measures: the measures it moves.
    """

    rule: str
    rule_version: int
    severity: Severity
    category: Category
    record: str
    key: str
    field: str
    address: Address
    value: str | None
    sentence: str
    remedy: str
    measures: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The finding for a machine."""
        return {**asdict(self), "measures": list(self.measures)}
