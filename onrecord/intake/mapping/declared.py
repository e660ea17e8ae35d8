"""What a mapping says, read and typed: tables, the records they make, and what each field is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Entries
from dataclasses import dataclass, field
from pathlib import Path

KEEP = "keep"
LEFT_OUT = "left_out_by_mapping"
MAKES_NO_RECORD = "makes_no_record"


@dataclass(frozen=True)
class Condition:
    """What must hold of a row.

    Attributes:
        kind: given, is, contains, all, any or not.
        column: the column it looks at; "" for all, any and not.
        words: what the column is, or contains.
        parts: the conditions that all, any and not are about.
        yes: for given, whether the cell is to hold something.
    """

    kind: str
    line: int
    column: str = ""
    words: tuple[str, ...] = ()
    parts: tuple[Condition, ...] = ()
    yes: bool = True

    def columns(self) -> Iterator[str]:
        """The columns it needs."""
        if self.column:
            yield self.column
        for part in self.parts:
            yield from part.columns()


@dataclass(frozen=True)
class Codes:
    """A code table: the sender's word, in lower case, to the standard's code."""

    codes: Entries[str, str]
    line: int
    otherwise: str = KEEP


@dataclass(frozen=True)
class Recipe:
    """What a field is made of.

    Attributes:
        kind: column, constant, list, join, first or part_number.
        line: where it stands in the mapping.
        text: the column, or the constant.
        parts: what a list, a join or a first is made of.
        between: what stands between the parts of a join.
        split: what stands between several values in the cell.
        reads: how the text is read (date, month, time, precision), and the formats in turn; "" where it is not.
        formats: those formats.
        codes: the code table, if any.
        yes_no: whether words for yes and no become true and false.
        prefix, suffix: what stands around a value.
        empty: what stands where there is no value; "" for nothing.
        when: what must hold of the row; else there is no value.
    """

    kind: str
    line: int
    text: str = ""
    parts: tuple[Recipe, ...] = ()
    between: str = ""
    split: str = ""
    reads: str = ""
    formats: tuple[str, ...] = ()
    codes: Codes | None = None
    yes_no: bool = False
    prefix: str = ""
    suffix: str = ""
    empty: str = ""
    when: Condition | None = None

    def columns(self) -> Iterator[str]:
        """The columns it needs, conditions included."""
        if self.kind == "column":
            yield self.text
        if self.when:
            yield from self.when.columns()
        for part in self.parts:
            yield from part.columns()

    def read_from(self) -> Iterator[str]:
        """The columns that its values come from."""
        if self.kind == "column":
            yield self.text
        for part in self.parts:
            yield from part.read_from()


@dataclass(frozen=True)
class Split:
    """Columns with several values in a cell: the row becomes one row a value."""

    columns: tuple[str, ...]
    by: str


@dataclass(frozen=True)
class Block:
    """One kind of record made from a row.

    Attributes:
        record: the record.
        line: where it stands in the mapping.
        fields: field to what it is made of.
        when: which rows make it; None for all.
        split: the columns whose values each make one, if any.
        distinct: whether rows that say the same of all fields stand once.
    """

    record: str
    line: int
    fields: Entries[str, Recipe]
    when: Condition | None = None
    split: Split | None = None
    distinct: bool = False

    def columns(self) -> Iterator[str]:
        """The columns it needs."""
        if self.when:
            yield from self.when.columns()
        if self.split:
            yield from self.split.columns
        for recipe in self.fields.values():
            yield from recipe.columns()


@dataclass(frozen=True)
class LeaveOut:
    """Rows that the standard does not count, and the reason."""

    when: Condition
    reason: str


@dataclass(frozen=True)
class TableMap:
    """One kind of table that is sent.

    Attributes:
        names: patterns for the names of its files, sheets or elements.
        line: where it stands in the mapping.
        blocks: the records that its rows make.
        leave_out: the rows that the standard does not count.
        optional: whether it may be missing.
        may_lack: columns that may be missing; they are then empty.
    """

    names: tuple[str, ...]
    line: int
    blocks: tuple[Block, ...]
    leave_out: tuple[LeaveOut, ...] = ()
    optional: bool = False
    may_lack: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs, each once, letter case aside, in the order of the mapping."""
        needed = [column for each in self.leave_out for column in each.when.columns()]
        needed += [column for block in self.blocks for column in block.columns()]
        return tuple({column.lower(): column for column in reversed(needed)}.values())[::-1]


@dataclass(frozen=True)
class Mapping:
    """A mapping file.

    Attributes:
        path: the file.
        name: what the layout is called in the record.
        version: the mapping's own version.
        standard: the version of the standard it is made to.
        tables: the tables it knows.
        files: the mapping file, and the code tables beside it.
        mark: the beginning of the SHA-256 of all of them.
    """

    path: Path
    name: str
    version: str
    standard: str
    tables: tuple[TableMap, ...]
    files: Sequence[Path] = field(default_factory=tuple)
    mark: str = ""
